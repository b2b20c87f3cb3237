/*
 * Messages that have ended.  Each stays for a moment, for who asks what became of it and
 * for what is told twice.  All stay equally long, so they go in the order in which they
 * came, and one timer serves them all.
 */
#include "gateway/live_pieces.h"

#include "gateway/dispatch.h"
#include "gateway/gateway.h"
#include "gateway/table.h"

enum {
    LINGER_MS = 1000,
    TOGETHER_MS = 20, /* those that end within this time go in one turn */
    GO_PER_TURN = 4096,
};

/* Nobody has touched them for a second. */
static void fetch_next(const struct gateway *gateway, const struct live *live)
{
    const struct live *next = live->here_next;

    if (next == NULL)
        return;
    table_prefetch(gateway->lives->by_id, next->message.id);
    live_prefetch_parts(next);
    if (next->here_next)
        live_prefetch(next->here_next);
}

static void forget_some(void *owner)
{
    struct gateway *gateway = owner;
    struct ended *ended = &gateway->lives->ended;
    int64_t before_ms = clock_mono_ms(gateway->clock) - LINGER_MS;
    struct live *live;

    for (unsigned looks = 0; (live = ended->list.first) &&
                             live->here_since_ms <= before_ms && looks < GO_PER_TURN;
         looks++) {
        fetch_next(gateway, live);
        if (dispatch_may_forget(gateway, live)) {
            live_forget(gateway, live);
        } else {
            live_list_remove(&ended->list, live);
            live_list_add(&ended->list, live, before_ms + LINGER_MS);
        }
    }
    if (live)
        clock_arm_in(gateway->clock, &ended->timer,
                     live->here_since_ms <= before_ms ? 0 : TOGETHER_MS, forget_some,
                     gateway);
}

void live_has_ended(struct gateway *gateway, struct live *live)
{
    struct ended *ended = &gateway->lives->ended;

    if (live->lingers)
        return;
    rest_remove(gateway, live);
    live->lingers = true;
    live_list_add(&ended->list, live, clock_mono_ms(gateway->clock));
    if (!clock_is_armed(&ended->timer))
        clock_arm_in(gateway->clock, &ended->timer, LINGER_MS, forget_some, gateway);
}

void ended_remove(struct gateway *gateway, struct live *live)
{
    live_list_remove(&gateway->lives->ended.list, live);
}

void ended_done(struct gateway *gateway)
{
    clock_disarm(gateway->clock, &gateway->lives->ended.timer);
}
