/*
 * The channels of a step that has several: which one takes a message, and what becomes of
 * those that wait for one that is no longer there.
 */
#include "gateway/dispatch_pieces.h"

#include <assert.h>
#include <stdlib.h>

#include "gateway/gateway.h"
#include "gateway/money_moves.h"
#include "gateway/store.h"
#include "routing/group.h"

enum { CONGESTED_MS = 50, MOVES_PER_TURN = 512 };

/* Of one version of a plan; no two have the same remainder of their numbers. */
struct dispatch_turns {
    struct group_turns steps[PLAN_STEPS_MAX];
};

static struct group_turns *turns_of(struct dispatch *dispatch, const struct live *live)
{
    struct dispatch_turns **turns = &dispatch->turns[live->plan->id % CATALOG_PLANS_MAX];

    if (*turns == NULL && (*turns = calloc(1, sizeof(**turns))) == NULL)
        abort();
    return &(*turns)->steps[live->message.step];
}

static bool takes(const struct channel *channel)
{
    return channel && channel->ops->is_up(channel->self) &&
           (channel->ops->is_held_up == NULL || !channel->ops->is_held_up(channel->self));
}

/* Where it waits in the queue or for its texts, else where it was tried last in this step.
 */
static uint32_t kept_channel(const struct gateway *gateway, const struct live *live,
                             const struct delivery_decision *decision)
{
    const struct message *message = &live->message;

    for (uint8_t i = 0; live->waiting.queue && i < decision->channel_count; i++) {
        const struct channel *channel = dispatch_channel_at(gateway, decision->channels[i]);

        if (channel && channel->queue == live->waiting.queue)
            return decision->channels[i];
    }
    if (live->looks > 0)
        return live->chosen;
    for (uint16_t i = message->attempt_count; i > 0; i--)
        if (message->attempts[i - 1].step == message->step)
            return message->attempts[i - 1].channel;
    return 0;
}

static struct channel *choose(struct gateway *gateway, struct live *live,
                              const struct delivery_decision *decision)
{
    const struct plan_step *step = &live->plan->steps[live->message.step];
    uint32_t kept = kept_channel(gateway, live, decision);
    struct group_facts facts = {.kept = plan_way_of(step, kept)};
    int way;

    for (uint8_t i = 0; i < decision->channel_count; i++) {
        uint32_t channel = decision->channels[i];

        way = plan_way_of(step, channel);
        if (!takes(dispatch_channel_at(gateway, channel)))
            continue;
        facts.open |= 1u << way;
        if (step->choice == PLAN_CHEAPEST &&
            !money_buy_price(gateway, live, channel, &facts.buy_micro[way]))
            facts.buy_micro[way] = INT64_MAX;
    }
    way = group_choose(step, &facts, turns_of(gateway->dispatch, live));
    return way >= 0 ? dispatch_channel_at(gateway, step->ways[way]) : NULL;
}

struct channel *dispatch_choose_way(struct gateway *gateway, struct live *live,
                                    const struct delivery_decision *decision)
{
    struct channel *channel = NULL;

    if (decision->channel_count > 1)
        channel = choose(gateway, live, decision);
    /* None is up: it waits for one that exists, and goes on when another comes up. */
    for (uint8_t i = 0; channel == NULL && i < decision->channel_count; i++)
        channel = dispatch_channel_at(gateway, decision->channels[i]);
    return channel;
}

/* --- moving ------------------------------------------------------------------------- */

static void move_on(void *owner);
static void move(struct channel *channel);

static void arm_move(struct channel *channel, int64_t delay_ms)
{
    clock_arm_in(channel->gateway->clock, &channel->move, delay_ms, move_on, channel);
}

/* In order; who finds no other way comes back to the channel's own queue. */
static void move_on(void *owner)
{
    struct channel *channel = owner;
    struct gateway *gateway = channel->gateway;
    struct queue_entry *entry;

    for (unsigned count = 0; (entry = queue_first(channel->moving, -1)) != NULL; count++) {
        const struct live *seen = live_look_waiting(gateway, entry);
        void *whose = entry->owner;
        struct live *live;
        bool begun;

        if (store_is_congested(gateway->store)) {
            arm_move(channel, CONGESTED_MS);
            return;
        }
        if (count == MOVES_PER_TURN) {
            arm_move(channel, 0);
            return;
        }
        if (seen->plan->steps[seen->message.step].way_count == 1) {
            queue_remove(entry);
            queue_add(channel->queue, entry, seen->class, seen->message.account, whose);
            continue;
        }
        live = live_waiting(gateway, entry);
        queue_remove(&live->waiting);
        begun = store_begin(gateway->store, STORE_CONTINUATION);
        assert(begun);
        dispatch_review(gateway, live);
        store_end(gateway->store);
    }
    queue_free(channel->moving);
    channel->moving = NULL;
    if (channel->move_again && !takes(channel))
        move(channel);
    channel->move_again = false;
    dispatch_room(gateway, channel->number);
}

static void move(struct channel *channel)
{
    if (queue_length(channel->queue) == 0)
        return;
    if (channel->moving) {
        channel->move_again = true;
        return;
    }
    channel->moving = channel->queue;
    channel->queue = queue_new();
    arm_move(channel, 0);
}

void dispatch_way_changed(struct gateway *gateway, uint32_t number)
{
    struct channel *changed = dispatch_channel_at(gateway, number);

    if (changed == NULL || gateway->draining)
        return;
    if (!takes(changed)) {
        move(changed);
        return;
    }
    for (uint32_t i = 1; i <= catalog_channel_count(gateway->catalog); i++) {
        struct channel *channel = dispatch_channel_at(gateway, i);

        if (channel && channel != changed && !takes(channel))
            move(channel);
    }
}

void dispatch_ways_free(struct dispatch *dispatch)
{
    for (size_t i = 0; i < CATALOG_PLANS_MAX; i++)
        free(dispatch->turns[i]);
}
