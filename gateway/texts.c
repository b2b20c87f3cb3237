/*
 * A message is read as the tables have it now: when it only waited for long it is in them.
 * What is not there yet, or another revision, is read once more when they have all.
 */
#include "gateway/texts.h"

#include <assert.h>
#include <stdlib.h>

#include "gateway/dispatch.h"
#include "gateway/gateway.h"
#include "gateway/log.h"
#include "gateway/store.h"
#include "gateway/store_reader.h"

enum {
    READS_MAX = 64,           /* at once: the reader has the rest for what people ask */
    READS_TRANSACTIONAL = 16, /* of these nobody else's */
    LOOKS_MAX = 3,            /* at one message */
};

struct texts {
    struct texts_counts counts;
};

struct texts *texts_new(void)
{
    struct texts *texts = calloc(1, sizeof(*texts));

    if (texts == NULL)
        abort();
    return texts;
}

void texts_free(struct texts *texts)
{
    free(texts);
}

const struct texts_counts *texts_counts(const struct gateway *gateway)
{
    return &gateway->texts->counts;
}

bool texts_are_here(const struct live *live)
{
    for (uint16_t i = 0; i < live->body_count; i++)
        if (live->bodies[i]->is_head)
            return false;
    return true;
}

bool texts_have_room(const struct gateway *gateway, uint8_t class)
{
    size_t max = class == QUEUE_TRANSACTIONAL ? READS_MAX : READS_MAX - READS_TRANSACTIONAL;

    return gateway->texts->counts.reading < max;
}

/* --- reading ------------------------------------------------------------------------ */

static void come(void *owner, uint64_t message, struct stored_message *stored);

static bool look(struct gateway *gateway, struct live *live)
{
    bool asked = live->looks == 0 ? store_reader_look(gateway->reader, live->message.id,
                                                      come, gateway, live->message.id)
                                  : store_reader_message(gateway->reader, live->message.id,
                                                         come, gateway, live->message.id);

    gateway->texts->counts.again += asked && live->looks > 0;
    live->looks += asked;
    return asked;
}

bool texts_fetch(struct gateway *gateway, struct live *live)
{
    if (!texts_have_room(gateway, live->class) || !look(gateway, live))
        return false;
    gateway->texts->counts.reading++;
    return true;
}

/* NULL: it is not there as it was submitted or replaced. */
static struct body **find(const struct stored_message *stored, const struct body *head)
{
    for (size_t i = 0; i < stored->body_count; i++) {
        struct body *body = stored->bodies[i];

        if (body && body->id == head->id && body->revision == head->revision)
            return &stored->bodies[i];
    }
    return NULL;
}

/* False: some are missing. */
static bool take(struct live *live, struct stored_message *stored)
{
    for (uint16_t i = 0; i < live->body_count; i++) {
        struct body *head = live->bodies[i];
        struct body **found = head->is_head ? find(stored, head) : NULL;

        if (head->is_head && found == NULL)
            return false;
        if (found == NULL)
            continue;
        live->bodies[i] = *found;
        live->bodies[i]->told = head->told;
        *found = NULL;
        free(head);
    }
    return true;
}

/* In a decision: nothing can be sent of it. */
static void lose(struct gateway *gateway, struct live *live)
{
    gateway->texts->counts.lost++;
    log_error("text.lost", "id=%llu", (unsigned long long)live->message.id);
    dispatch_end(gateway, live, MESSAGE_UNKNOWN);
}

/* In a decision. */
static void go_on(struct gateway *gateway, struct live *live, bool here)
{
    if (here) {
        gateway->texts->counts.read++;
        dispatch_go_on(gateway, live);
    } else if (live->looks == LOOKS_MAX) {
        lose(gateway, live);
    } else {
        dispatch_review_soon(gateway, live); /* the reader took no further question */
    }
    live->looks = 0;
}

static void come(void *owner, uint64_t message, struct stored_message *stored)
{
    struct gateway *gateway = owner;
    struct live *live = live_find(gateway, message);
    bool wanted = live && live->message.state != MESSAGE_ENDED;
    bool here = wanted && take(live, stored);
    bool begun;

    if (wanted && !here && live->looks < LOOKS_MAX && look(gateway, live))
        return;
    gateway->texts->counts.reading--;
    if (!wanted) {
        gateway->texts->counts.unwanted++;
        return;
    }
    begun = store_begin(gateway->store, STORE_CONTINUATION);
    assert(begun);
    go_on(gateway, live, here);
    store_end(gateway->store);
}
