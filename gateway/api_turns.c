/*
 * Turns of the API's clients.  A connection has one request at a time: who has sent a
 * message and is to wait for his next turn (turnstile.h) has his answer then.
 */
#include "gateway/api_pieces.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/public_id.h"
#include "gateway/store.h"
#include "gateway/turnstile.h"

struct waiting {
    struct turnstile_place place;
    struct gateway *gateway;
    struct store_effect answer;
    struct intake_first accepted;
    char id[PUBLIC_ID_SIZE];
    intake_told *tell;
};

static void begin_turn(void *owner)
{
    struct waiting *waiting = owner;

    waiting->tell(waiting->gateway, &waiting->answer, &waiting->accepted);
    free(waiting);
}

bool api_turn_ends(struct gateway *gateway, const struct live *live,
                   const struct store_effect *answer, const struct intake_first *accepted,
                   intake_told *tell)
{
    enum turnstile_line line = turnstile_line_for(gateway, live);
    struct waiting *waiting;

    if (line == TURNSTILE_NONE)
        return false;
    waiting = calloc(1, sizeof(*waiting));
    if (waiting == NULL)
        abort();
    waiting->gateway = gateway;
    waiting->answer = *answer;
    waiting->accepted = *accepted;
    memcpy(waiting->id, accepted->id, strlen(accepted->id) + 1);
    waiting->accepted.id = waiting->id;
    waiting->tell = tell;
    if (turnstile_wait(gateway->turnstile, &waiting->place, line, begin_turn, waiting))
        return true;
    free(waiting);
    return false;
}
