/*
 * The dispatcher.  Everything it does for a message is one pass: ask routing, act, ask
 * again until nothing is left to do now; then one timer for the next moment.
 */
#include "gateway/dispatch_pieces.h"

#include <assert.h>

#include "gateway/clock.h"
#include "gateway/collector.h"
#include "gateway/duplicates.h"
#include "gateway/gateway.h"
#include "gateway/money_moves.h"
#include "gateway/pairs.h"
#include "gateway/receipts.h"
#include "gateway/reports.h"
#include "gateway/review.h"
#include "gateway/store.h"
#include "gateway/texts.h"

enum {
    PERMITS_PER_TURN = 512, /* of one channel, then the others have theirs */
    CONGESTED_MS = 50,      /* until the store is asked again */
    BLOCKED_MAX = 64,       /* messages of a queue that are passed over in one turn */
    PERMITS_PER_PASS = 64,  /* of one message in one decision */
};

/* --- timers ------------------------------------------------------------------------- */

static void on_due(void *owner);

/* Wall time to a monotonic timer. */
void dispatch_look_at(struct gateway *gateway, struct live *live, int64_t due_wall_ms)
{
    if (due_wall_ms == INT64_MAX) {
        clock_disarm(gateway->clock, &live->timer);
        return;
    }
    clock_arm_in(gateway->clock, &live->timer, due_wall_ms - clock_wall_ms(gateway->clock),
                 on_due, live);
}

void dispatch_arm_by(struct gateway *gateway, struct live *live, int64_t due_wall_ms)
{
    int64_t due_ms = clock_mono_ms(gateway->clock) + due_wall_ms - gateway_now_ms(gateway);

    if (!clock_is_armed(&live->timer) || live->timer.due_ms > due_ms)
        dispatch_look_at(gateway, live, due_wall_ms);
}

/* In doubt on a link that is down: its report cannot come yet, and nothing comes after it.
 */
static void hold_doubts(struct gateway *gateway, struct live *live)
{
    const struct channel_traits *traits = catalog_traits(gateway->catalog);
    int64_t now_ms = gateway_now_ms(gateway);

    for (uint16_t i = 0; i < live->message.attempt_count; i++) {
        struct attempt *attempt = &live->message.attempts[i];

        if ((attempt->flags & ATTEMPT_IN_DOUBT) && traits[attempt->channel].is_link &&
            attempt->step + 1 == live->plan->step_count &&
            !dispatch_channel_is_up(gateway, attempt->channel))
            attempt->again_at_ms = now_ms + traits[attempt->channel].in_doubt_wait_ms;
    }
}

/* Some submit_sm was never answered: a report without a known id may be its own. */
static bool is_in_doubt(const struct message *message)
{
    for (uint16_t i = 0; i < message->attempt_count; i++)
        if (message->attempts[i].state == ATTEMPT_UNKNOWN &&
            (message->attempts[i].flags & ATTEMPT_AWAITED))
            return true;
    return false;
}

static void on_due(void *owner)
{
    struct live *live = owner;
    struct gateway *gateway = live->gateway;
    bool begun;

    /* Nobody is harmed by a timer that waits for the disk, and at the start for all. */
    if (!gateway->recovered || store_is_congested(gateway->store)) {
        clock_arm_in(gateway->clock, &live->timer, CONGESTED_MS, on_due, live);
        return;
    }
    /* A report may be here that makes a new try needless, or tells its end. */
    reports_claim_for(gateway, live);
    begun = store_begin(gateway->store, STORE_CONTINUATION);
    assert(begun);
    dispatch_review(gateway, live);
    store_end(gateway->store);
}

void dispatch_rearm(struct gateway *gateway)
{
    for (struct live *live = live_first_here(gateway); live; live = live->here_next)
        if (live->message.state != MESSAGE_ENDED && clock_is_armed(&live->timer))
            clock_arm_in(gateway->clock, &live->timer, 0, on_due, live);
    lives_clock_stepped(gateway);
}

/* --- the end ------------------------------------------------------------------------ */

bool dispatch_may_forget(const struct gateway *gateway, const struct live *live)
{
    return !delivery_in_flight(&live->message) &&
           !(is_in_doubt(&live->message) &&
             gateway_now_ms(gateway) <
                 live->message.ended_at_ms + gateway->config->parked_for_ms);
}

/* The end is durable: from now on it need not be remembered here. */
static void end_is_durable(void *owner, const struct store_effect *effect)
{
    struct gateway *gateway = owner;
    struct live *live = live_find_at(gateway, effect->place, effect->target);

    if (live)
        live_has_ended(gateway, live);
}

/* A channel that could have told more has not: it is closed by rule. */
static void count_unreported(struct gateway *gateway, const struct message *message)
{
    const struct channel_traits *traits = catalog_traits(gateway->catalog);

    for (uint16_t i = 0; i < message->attempt_count; i++) {
        const struct attempt *attempt = &message->attempts[i];
        struct channel *channel = dispatch_channel_at(gateway, attempt->channel);

        if (channel && attempt->state == ATTEMPT_ACCEPTED &&
            traits[attempt->channel].proves > ATTEMPT_ACCEPTED)
            channel->unreported++;
    }
}

void dispatch_end(struct gateway *gateway, struct live *live, enum message_end end)
{
    struct message *message = &live->message;
    const struct store_effect durable = {
        .run = end_is_durable, .target = message->id, .place = live->place};

    collector_forget(gateway, live);
    pairs_forget(gateway, live);
    review_forget(gateway, live);
    message->state = MESSAGE_ENDED;
    message->end = (uint8_t)end;
    message->ended_at_ms = gateway_now_ms(gateway);
    gateway->counters.ends[end]++;
    if (end == MESSAGE_EXPIRED || end == MESSAGE_UNKNOWN)
        count_unreported(gateway, message);
    queue_remove(&live->waiting);
    clock_disarm(gateway->clock, &live->timer);
    money_record_end(gateway, live);
    receipts_make(gateway, live);
    duplicates_ended(gateway, live);
    catalog_pins_ended(gateway->catalog, gateway->store, message->pins,
                       message->ended_at_ms);
    catalog_plan_ended(gateway->catalog, gateway->store, message->plan,
                       message->ended_at_ms);
    store_effect(gateway->store, &durable);
}

/* --- the pass ----------------------------------------------------------------------- */

static void review(struct gateway *gateway, struct live *live, bool queued_first)
{
    const struct channel_traits *traits = catalog_traits(gateway->catalog);
    struct delivery_decision decision;
    unsigned permits = 0;
    bool entered = false;

    hold_doubts(gateway, live);
    for (;;) {
        delivery_decide(&live->message, live->plan, traits, gateway_now_ms(gateway),
                        &decision);
        entered = entered || decision.entered_step;
        if (decision.end) {
            dispatch_end(gateway, live, decision.end);
            return;
        }
        if (decision.entered_step)
            queue_remove(&live->waiting);
        if (decision.unsent) {
            dispatch_skip(gateway, live, decision.channel, decision.unsent_reason);
            continue;
        }
        if (!decision.send) {
            queue_remove(&live->waiting);
            break;
        }
        if (!dispatch_try(gateway, live, &decision, queued_first))
            break;
        queued_first = false;
        if (++permits == PERMITS_PER_PASS) {
            decision.due_ms = gateway_now_ms(gateway);
            break;
        }
    }
    if (entered)
        store_message(gateway->store, &live->message, NULL);
    dispatch_look_at(gateway, live, decision.due_ms);
}

bool dispatch_wait(struct gateway *gateway, struct live *live)
{
    struct delivery_decision decision;
    struct message message = live->message;

    delivery_decide(&message, live->plan, catalog_traits(gateway->catalog),
                    gateway_now_ms(gateway), &decision);
    if (decision.end || decision.send || decision.unsent || decision.entered_step)
        return false;
    live->message.state = message.state;
    dispatch_look_at(gateway, live, decision.due_ms);
    return true;
}

void dispatch_review(struct gateway *gateway, struct live *live)
{
    if (live->message.state != MESSAGE_ENDED)
        review(gateway, live, false);
}

/* It left its queue when its turn came, and pays for it now. */
void dispatch_go_on(struct gateway *gateway, struct live *live)
{
    uint64_t permits_before = gateway->counters.permits;
    const struct message *message = &live->message;
    const struct channel *channel;

    if (message->state == MESSAGE_ENDED)
        return;
    review(gateway, live, true);
    if (gateway->counters.permits == permits_before)
        return;
    channel =
        dispatch_channel_at(gateway, message->attempts[message->attempt_count - 1].channel);
    if (channel)
        queue_pay(channel->queue, live->class, message->account,
                  (uint32_t)(gateway->counters.permits - permits_before));
}

void dispatch_review_soon(struct gateway *gateway, struct live *live)
{
    if (live->message.state != MESSAGE_ENDED)
        clock_arm_in(gateway->clock, &live->timer, 0, on_due, live);
}

static void on_more(void *owner)
{
    struct channel *channel = owner;

    dispatch_room(channel->gateway, channel->number);
}

void dispatch_room_in(struct channel *channel, int64_t delay_ms)
{
    clock_arm_in(channel->gateway->clock, &channel->more, delay_ms, on_more, channel);
}

void dispatch_room(struct gateway *gateway, uint32_t number)
{
    struct channel *channel = dispatch_channel_at(gateway, number);
    struct queue_entry *entry;
    unsigned permits = 0;
    unsigned blocked = 0;

    if (channel == NULL || gateway->draining)
        return;
    while (dispatch_room_of(channel) > 0) {
        bool reads = texts_have_room(gateway, QUEUE_TRANSACTIONAL + 1);
        bool all = reads && dispatch_may_take(channel, QUEUE_TRANSACTIONAL + 1);
        bool congested = store_is_congested(gateway->store);
        uint64_t permits_before = gateway->counters.permits;
        uint16_t tries;
        struct live *live;

        entry = queue_first(channel->queue, all ? -1 : QUEUE_TRANSACTIONAL);
        if (entry == NULL) {
            if (!reads && queue_length(channel->queue) > 0)
                dispatch_room_in(channel, DISPATCH_READING_MS);
            return;
        }
        if (congested || permits++ == PERMITS_PER_TURN) {
            dispatch_room_in(channel, congested ? CONGESTED_MS : 0);
            return;
        }
        live = live_waiting(gateway, entry);
        tries = live->message.attempt_count;
        bool begun = store_begin(gateway->store, STORE_CONTINUATION);

        assert(begun);
        review(gateway, live, true);
        store_end(gateway->store);
        queue_pay(channel->queue, live->class, live->message.account,
                  (uint32_t)(gateway->counters.permits - permits_before));
        if (live->waiting.queue != channel->queue || live->message.attempt_count != tries)
            continue;
        /* As many texts as may be are being read. */
        if (!texts_are_here(live))
            return;
        /* No slot after all: the rate is used up, or the bind it is pinned to is full, and
         * then others may pass it. */
        if (live->message.segments == 1 || ++blocked == BLOCKED_MAX ||
            blocked >= queue_length(channel->queue))
            return;
        queue_remove(&live->waiting);
        dispatch_enqueue(channel, live);
    }
    dispatch_look_for_room(channel);
}
