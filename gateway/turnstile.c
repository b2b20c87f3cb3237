#include "gateway/turnstile.h"

#include <stdlib.h>

#include "gateway/clock.h"
#include "gateway/dispatch.h"
#include "gateway/gateway.h"
#include "gateway/store.h"

enum {
    LIMIT_MS = 1000, /* nobody waits longer */
    AGAIN_MS = 5,    /* one goes on, also when nothing leaves the queues */
};

struct turnstile {
    struct gateway *gateway;
    struct turnstile_place *first[TURNSTILE_LINES];
    struct turnstile_place *last[TURNSTILE_LINES];
    struct clock_timer limit; /* of a commit */
    struct clock_timer again;
    uint64_t permits;    /* when it was opened last */
    bool commit_is_late; /* nobody waits for it */
};

/* --- lines -------------------------------------------------------------------------- */

static void add_last(struct turnstile *turnstile, struct turnstile_place *place)
{
    struct turnstile_place **last = &turnstile->last[place->line];

    place->next = NULL;
    place->prev = *last;
    *(*last ? &(*last)->next : &turnstile->first[place->line]) = place;
    *last = place;
}

void turnstile_leave(struct turnstile *turnstile, struct turnstile_place *place)
{
    enum turnstile_line line = place->line;

    if (line == TURNSTILE_NONE)
        return;
    *(place->prev ? &place->prev->next : &turnstile->first[line]) = place->next;
    *(place->next ? &place->next->prev : &turnstile->last[line]) = place->prev;
    place->line = TURNSTILE_NONE;
}

static bool pass_first(struct turnstile *turnstile, enum turnstile_line line)
{
    struct turnstile_place *place = turnstile->first[line];

    if (place == NULL)
        return false;
    turnstile_leave(turnstile, place);
    place->pass(place->owner);
    return true;
}

static void pass_all(struct turnstile *turnstile)
{
    for (enum turnstile_line line = TURNSTILE_COMMIT; line < TURNSTILE_LINES; line++)
        while (pass_first(turnstile, line))
            ;
}

/* --- opening ------------------------------------------------------------------------ */

static bool machine_is_busy(const struct gateway *gateway)
{
    return gateway->strain.is_short || store_is_busy(gateway->store);
}

static bool first_waits_too_long(const struct turnstile *turnstile)
{
    const struct turnstile_place *first = turnstile->first[TURNSTILE_ROOM];

    return first && clock_mono_ms(turnstile->gateway->clock) >= first->since_ms + LIMIT_MS;
}

/* As many as have left the queues meanwhile, and `least`; all when there is time again. */
static void make_room(struct turnstile *turnstile, uint64_t least)
{
    struct gateway *gateway = turnstile->gateway;
    uint64_t room = gateway->counters.permits - turnstile->permits;

    turnstile->permits = gateway->counters.permits;
    if (!machine_is_busy(gateway))
        room = UINT64_MAX;
    else if (room < least)
        room = least;
    for (; room > 0 || first_waits_too_long(turnstile); room -= room > 0)
        if (!pass_first(turnstile, TURNSTILE_ROOM))
            return;
}

static void open_again(void *owner)
{
    struct turnstile *turnstile = owner;

    make_room(turnstile, 1);
    if (turnstile->first[TURNSTILE_ROOM])
        clock_arm_in(turnstile->gateway->clock, &turnstile->again, AGAIN_MS, open_again,
                     turnstile);
}

static void on_commit(void *owner)
{
    struct turnstile *turnstile = owner;

    turnstile->commit_is_late = false;
    clock_disarm(turnstile->gateway->clock, &turnstile->limit);
    while (pass_first(turnstile, TURNSTILE_COMMIT))
        ;
    make_room(turnstile, 0);
}

/* The disk is slow: from now on they hear that the queue is full when it is. */
static void on_limit(void *owner)
{
    struct turnstile *turnstile = owner;

    turnstile->commit_is_late = true;
    pass_all(turnstile);
}

/* --- life --------------------------------------------------------------------------- */

struct turnstile *turnstile_new(struct gateway *gateway)
{
    struct turnstile *turnstile = calloc(1, sizeof(*turnstile));

    if (turnstile == NULL)
        abort();
    turnstile->gateway = gateway;
    store_on_commit(gateway->store, on_commit, turnstile);
    return turnstile;
}

void turnstile_free(struct turnstile *turnstile)
{
    if (turnstile == NULL)
        return;
    pass_all(turnstile);
    store_on_commit(turnstile->gateway->store, NULL, NULL);
    clock_disarm(turnstile->gateway->clock, &turnstile->limit);
    clock_disarm(turnstile->gateway->clock, &turnstile->again);
    free(turnstile);
}

enum turnstile_line turnstile_line_for(const struct gateway *gateway,
                                       const struct live *live)
{
    if (!store_takes_beginnings(gateway->store))
        return TURNSTILE_COMMIT;
    if (live && machine_is_busy(gateway) && dispatch_is_behind(gateway, live))
        return TURNSTILE_ROOM;
    return TURNSTILE_NONE;
}

bool turnstile_wait(struct turnstile *turnstile, struct turnstile_place *place,
                    enum turnstile_line line, void (*pass)(void *owner), void *owner)
{
    struct clock *clock = turnstile->gateway->clock;

    if (place->line != TURNSTILE_NONE || turnstile->commit_is_late)
        return false;
    if (line == TURNSTILE_COMMIT && !clock_is_armed(&turnstile->limit))
        clock_arm_in(clock, &turnstile->limit, LIMIT_MS, on_limit, turnstile);
    if (line == TURNSTILE_ROOM && !clock_is_armed(&turnstile->again))
        clock_arm_in(clock, &turnstile->again, AGAIN_MS, open_again, turnstile);
    place->line = line;
    place->since_ms = clock_mono_ms(clock);
    place->pass = pass;
    place->owner = owner;
    add_last(turnstile, place);
    return true;
}
