/*
 * A message that nothing is done for is packed some time after it came, and comes back when
 * somebody asks for it, or when it is due.  Packing is done by a timer of its own: who has
 * found a message keeps it for his turn.
 */
#include "gateway/live_pieces.h"

#include <stdlib.h>

#include "gateway/catalog.h"
#include "gateway/dispatch.h"
#include "gateway/gateway.h"
#include "gateway/table.h"

enum {
    AFTER_MS = 2000, /* what ends within a moment is never packed */
    TURNS = 8,       /* in that time, when there is little to do */
    LOOKS_PER_TURN = 256,
    DUE_PER_TURN = 256,
    WORTH = 128, /* octets: what went as one short message stays as it is */
};

static void pack_some(void *owner);
static void wake_due(void *owner);

void rest_init(struct rest *rest)
{
    rest->after_ms = AFTER_MS;
    rest->worth = WORTH;
}

void rest_done(struct gateway *gateway)
{
    struct rest *rest = &gateway->lives->rest;

    clock_disarm(gateway->clock, &rest->turn);
    clock_disarm(gateway->clock, &rest->next_due);
    free(rest->due);
    free(rest->room.bytes);
    live_release(&rest->seen);
}

void lives_pack_after(struct gateway *gateway, int64_t after_ms)
{
    struct rest *rest = &gateway->lives->rest;

    rest->after_ms = after_ms;
    if (rest->here.first)
        clock_arm_in(gateway->clock, &rest->turn, after_ms, pack_some, gateway);
}

void lives_keep_texts_to(struct gateway *gateway, uint32_t octets)
{
    gateway->lives->rest.worth = octets;
}

const struct live_rest_counts *lives_rest(const struct gateway *gateway)
{
    return &gateway->lives->rest.counts;
}

/* --- when they are due: a heap ------------------------------------------------------- */

static void put_due(struct rest *rest, uint32_t place, struct rest_due due)
{
    rest->due[place] = due;
    due.resting->place = place;
}

static void settle_due(struct rest *rest, uint32_t place, struct rest_due due)
{
    for (; place > 1 && due.due_wall_ms < rest->due[place / 2].due_wall_ms; place /= 2)
        put_due(rest, place, rest->due[place / 2]);
    for (uint32_t child; (child = 2 * place) <= rest->due_used; place = child) {
        if (child < rest->due_used &&
            rest->due[child + 1].due_wall_ms < rest->due[child].due_wall_ms)
            child++;
        if (due.due_wall_ms <= rest->due[child].due_wall_ms)
            break;
        put_due(rest, place, rest->due[child]);
    }
    put_due(rest, place, due);
}

static void add_due(struct rest *rest, struct resting *resting, int64_t due_wall_ms)
{
    if (rest->due_used + 1 >= rest->due_room) {
        rest->due_room = rest->due_room ? rest->due_room * 2 : 64;
        rest->due = realloc(rest->due, rest->due_room * sizeof(*rest->due));
        if (rest->due == NULL)
            abort();
    }
    settle_due(rest, ++rest->due_used, (struct rest_due){due_wall_ms, resting});
}

/* INT64_MAX: it never was. */
static int64_t remove_due(struct rest *rest, const struct resting *resting)
{
    uint32_t place = resting->place;
    struct rest_due last;
    int64_t due_wall_ms;

    if (place == 0)
        return INT64_MAX;
    last = rest->due[rest->due_used];
    due_wall_ms = rest->due[place].due_wall_ms;
    if (place <= --rest->due_used)
        settle_due(rest, place, last);
    return due_wall_ms;
}

/* Never later than the first is due: who wakes too early looks again. */
static void arm_due(struct gateway *gateway)
{
    struct rest *rest = &gateway->lives->rest;
    int64_t delay_ms;

    if (rest->due_used == 0)
        return;
    delay_ms = rest->due[1].due_wall_ms - clock_wall_ms(gateway->clock);
    if (clock_is_armed(&rest->next_due) &&
        rest->next_due.due_ms <= clock_mono_ms(gateway->clock) + delay_ms)
        return;
    clock_arm_in(gateway->clock, &rest->next_due, delay_ms, wake_due, gateway);
}

static void wake_due(void *owner)
{
    struct gateway *gateway = owner;
    struct rest *rest = &gateway->lives->rest;

    for (unsigned i = 0; i < DUE_PER_TURN && rest->due_used > 0 &&
                         rest->due[1].due_wall_ms <= clock_wall_ms(gateway->clock);
         i++) {
        (void)rest_unpack(gateway, rest->due[1].resting);
        rest->counts.unpacked_due++;
    }
    arm_due(gateway);
}

void lives_clock_stepped(struct gateway *gateway)
{
    clock_disarm(gateway->clock, &gateway->lives->rest.next_due);
    arm_due(gateway);
}

/* --- those that are not packed ------------------------------------------------------- */

void rest_add(struct gateway *gateway, struct live *live)
{
    struct rest *rest = &gateway->lives->rest;

    live_list_add(&rest->here, live, clock_mono_ms(gateway->clock));
    if (!clock_is_armed(&rest->turn))
        clock_arm_in(gateway->clock, &rest->turn, rest->after_ms, pack_some, gateway);
}

void rest_remove(struct gateway *gateway, struct live *live)
{
    live_list_remove(&gateway->lives->rest.here, live);
}

struct live *live_first_here(const struct gateway *gateway)
{
    return gateway->lives->rest.here.first;
}

/* --- packing ------------------------------------------------------------------------- */

/* Nothing leads to it but its id and its place in a queue, and nothing is open or will be
 * done for a while. */
static bool only_waits(const struct gateway *gateway, const struct live *live)
{
    const struct message *message = &live->message;

    if (message->state == MESSAGE_ENDED || message->state == MESSAGE_COLLECTING ||
        live->thawed || live->looks > 0 || live->paired || live->set ||
        clock_is_armed(&live->collecting))
        return false;
    /* Nor one that is due in this turn or the next: it would be packed before it is heard.
     */
    if (clock_is_armed(&live->timer) &&
        live->timer.due_ms <=
            clock_mono_ms(gateway->clock) + gateway->lives->rest.after_ms + 1)
        return false;
    if (live->plan == NULL || live->plan != catalog_plan(gateway->catalog, message->plan) ||
        live->pins != catalog_pins(gateway->catalog, message->pins))
        return false;
    for (uint16_t i = 0; i < message->attempt_count; i++)
        if (message->attempts[i].flags & ATTEMPT_UNANSWERED)
            return false;
    return true;
}

bool live_pack(struct gateway *gateway, struct live *live)
{
    struct rest *rest = &gateway->lives->rest;
    struct resting *resting;

    if (!only_waits(gateway, live))
        return false;
    resting = resting_new(live, rest->worth, &rest->room);
    rest->counts.without_text += resting->has_heads;
    if (clock_is_armed(&live->timer)) {
        add_due(rest, resting,
                clock_wall_ms(gateway->clock) + live->timer.due_ms -
                    clock_mono_ms(gateway->clock));
        clock_disarm(gateway->clock, &live->timer);
        arm_due(gateway);
    }
    if (resting->is_queued)
        queue_move(&live->waiting, resting_waiting(resting), live_owner_at_rest(resting));
    rest_remove(gateway, live);
    live_rests(gateway, live->message.id, resting);
    live_give(gateway, live);
    rest->counts.packed++;
    rest->counts.packed_ever++;
    return true;
}

static void pack_some(void *owner)
{
    struct gateway *gateway = owner;
    struct rest *rest = &gateway->lives->rest;
    int64_t now_ms = clock_mono_ms(gateway->clock);
    int64_t delay_ms = rest->after_ms / TURNS;
    struct live *live;

    for (unsigned looks = 0;
         (live = rest->here.first) && live->here_since_ms + rest->after_ms <= now_ms;
         looks++) {
        if (looks == LOOKS_PER_TURN) {
            clock_arm_in(gateway->clock, &rest->turn, 1, pack_some, gateway);
            return;
        }
        if (live_pack(gateway, live))
            continue;
        rest_remove(gateway, live);
        live_list_add(&rest->here, live, now_ms);
        /* With no time to wait it comes again at once. */
        if (rest->after_ms == 0)
            break;
    }
    if (live && live->here_since_ms + rest->after_ms - now_ms > delay_ms)
        delay_ms = live->here_since_ms + rest->after_ms - now_ms;
    if (live)
        clock_arm_in(gateway->clock, &rest->turn, delay_ms > 0 ? delay_ms : 1, pack_some,
                     gateway);
}

/* --- and back ------------------------------------------------------------------------ */

static void wake(struct gateway *gateway, const struct resting *resting, struct live *out)
{
    resting_read(resting, out);
    out->gateway = gateway;
    out->plan = catalog_plan(gateway->catalog, out->message.plan);
    out->pins = catalog_pins(gateway->catalog, out->message.pins);
}

struct live *rest_unpack(struct gateway *gateway, struct resting *resting)
{
    struct rest *rest = &gateway->lives->rest;
    struct live *live = live_take(gateway);
    int64_t due_wall_ms = remove_due(rest, resting);

    wake(gateway, resting, live);
    rest->counts.without_text -= resting->has_heads;
    if (resting->is_queued)
        queue_move(resting_waiting(resting), &live->waiting, live);
    live_is_now(gateway, resting->id, live);
    rest_add(gateway, live);
    if (due_wall_ms != INT64_MAX)
        dispatch_look_at(gateway, live, due_wall_ms);
    free(resting);
    rest->counts.packed--;
    rest->counts.unpacked_ever++;
    return live;
}

const struct live *rest_look(struct gateway *gateway, const struct resting *resting)
{
    struct live *seen = &gateway->lives->rest.seen;

    live_release(seen);
    wake(gateway, resting, seen);
    return seen;
}
