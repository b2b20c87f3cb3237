/*
 * The dispatcher.  Everything it does for a message is one pass: ask routing, act, ask
 * again until nothing is left to do now; then one timer for the next moment.
 */
#include "gateway/dispatch.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/catalog.h"
#include "gateway/clock.h"
#include "gateway/collector.h"
#include "gateway/gateway.h"
#include "gateway/log.h"
#include "gateway/money_moves.h"
#include "gateway/receipts.h"
#include "gateway/reports.h"
#include "gateway/store.h"
#include "gateway/translate.h"
#include "routing/gate.h"

enum {
    LINGER_MS = 1000,       /* an ended message stays in memory */
    THAWED_MS = 60 * 1000,  /* one that was brought back */
    PERMITS_PER_TURN = 512, /* of one channel, then the others have theirs */
    CONGESTED_MS = 50,      /* until the store is asked again */
    RETURNED_MS = 100,
    BLOCKED_MAX = 64,      /* messages of a queue that are passed over in one turn */
    PERMITS_PER_PASS = 64, /* of one message in one decision */
};

struct channel {
    struct gateway *gateway;
    uint32_t number;
    const struct channel_ops *ops;
    void *self;
    struct queue *queue;
    int64_t suspended_until_ms; /* monotonic; 0: it is not */
    uint64_t probe;             /* after a suspension: the one try that is on its way */
    struct clock_timer more;    /* the rest of a long pump */
    uint64_t verdicts[5];
};

struct dispatch {
    struct gateway *gateway;
    struct channel *channels[CATALOG_CHANNELS_MAX + 1];
    uint8_t *octets; /* for a segment on its way out */
    char *text;
};

struct dispatch *dispatch_new(struct gateway *gateway)
{
    struct dispatch *dispatch = calloc(1, sizeof(*dispatch));

    if (dispatch == NULL || (dispatch->octets = malloc(TRANSLATE_SEGMENT_MAX)) == NULL ||
        (dispatch->text = malloc(TRANSLATE_TEXT_MAX)) == NULL)
        abort();
    dispatch->gateway = gateway;
    return dispatch;
}

void dispatch_free(struct dispatch *dispatch)
{
    if (dispatch == NULL)
        return;
    for (size_t i = 0; i <= CATALOG_CHANNELS_MAX; i++) {
        struct channel *channel = dispatch->channels[i];

        if (channel == NULL)
            continue;
        clock_disarm(dispatch->gateway->clock, &channel->more);
        channel->ops->close(channel->self);
        queue_free(channel->queue);
        free(channel);
    }
    free(dispatch->octets);
    free(dispatch->text);
    free(dispatch);
}

void dispatch_add_channel(struct gateway *gateway, uint32_t number,
                          const struct channel_ops *ops, void *self)
{
    struct channel *channel = calloc(1, sizeof(*channel));

    if (channel == NULL)
        abort();
    channel->gateway = gateway;
    channel->number = number;
    channel->ops = ops;
    channel->self = self;
    channel->queue = queue_new();
    gateway->dispatch->channels[number] = channel;
}

static struct channel *channel_at(const struct gateway *gateway, uint32_t number)
{
    return number <= CATALOG_CHANNELS_MAX ? gateway->dispatch->channels[number] : NULL;
}

/* --- timers ------------------------------------------------------------------------- */

static void on_due(void *owner);

/* Wall time to a monotonic timer. */
static void arm(struct gateway *gateway, struct live *live, int64_t due_wall_ms)
{
    if (due_wall_ms == INT64_MAX) {
        clock_disarm(gateway->clock, &live->timer);
        return;
    }
    clock_arm_in(gateway->clock, &live->timer, due_wall_ms - clock_wall_ms(gateway->clock),
                 on_due, live);
}

/* Not later than this. */
static void arm_by(struct gateway *gateway, struct live *live, int64_t due_wall_ms)
{
    int64_t due_ms = clock_mono_ms(gateway->clock) + due_wall_ms - gateway_now_ms(gateway);

    if (!clock_is_armed(&live->timer) || live->timer.due_ms > due_ms)
        arm(gateway, live, due_wall_ms);
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

    /* Nobody is harmed by a timer that waits for the disk. */
    if (store_is_congested(gateway->store)) {
        clock_arm_in(gateway->clock, &live->timer, CONGESTED_MS, on_due, live);
        return;
    }
    /* A report may be here that makes a new try needless. */
    if (is_in_doubt(&live->message))
        reports_claim(gateway);
    begun = store_begin(gateway->store, STORE_CONTINUATION);
    assert(begun);
    dispatch_review(gateway, live);
    store_end(gateway->store);
}

void dispatch_rearm(struct gateway *gateway)
{
    struct live *live;

    for (size_t at = 0; (live = live_next(gateway, &at)) != NULL;)
        if (live->message.state != MESSAGE_ENDED && clock_is_armed(&live->timer))
            clock_arm_in(gateway->clock, &live->timer, 0, on_due, live);
}

/* --- the end ------------------------------------------------------------------------ */

static void on_forget(void *owner)
{
    struct live *live = owner;
    struct gateway *gateway = live->gateway;

    /* What ended without knowing may be told late; until then its reports are not others'.
     */
    if (delivery_in_flight(&live->message) ||
        (is_in_doubt(&live->message) &&
         gateway_now_ms(gateway) <
             live->message.ended_at_ms + gateway->config->parked_for_ms))
        clock_arm_in(gateway->clock, &live->timer, LINGER_MS, on_forget, live);
    else
        live_forget(gateway, live);
}

/* The end is durable: from now on it need not be remembered here. */
static void end_is_durable(void *owner, const struct store_effect *effect)
{
    struct gateway *gateway = owner;
    struct live *live = live_find(gateway, effect->target);

    if (live)
        clock_arm_in(gateway->clock, &live->timer, live->thawed ? THAWED_MS : LINGER_MS,
                     on_forget, live);
}

void dispatch_end(struct gateway *gateway, struct live *live, enum message_end end)
{
    struct message *message = &live->message;
    const struct store_effect durable = {.run = end_is_durable, .target = message->id};

    collector_forget(gateway, live);
    message->state = MESSAGE_ENDED;
    message->end = (uint8_t)end;
    message->ended_at_ms = gateway_now_ms(gateway);
    gateway->counters.ends[end]++;
    queue_remove(&live->waiting);
    clock_disarm(gateway->clock, &live->timer);
    money_record_end(gateway, live);
    receipts_make(gateway, live);
    store_effect(gateway->store, &durable);
}

/* --- permits ------------------------------------------------------------------------ */

static enum smpp_alphabet account_alphabet(const struct gateway *gateway,
                                           const struct live *live)
{
    const struct account *account =
        catalog_account(gateway->catalog, live->message.account);

    return account->config ? translate_alphabet(account->config->default_alphabet)
                           : SMPP_ALPHABET_GSM;
}

static const struct config_link *link_config(const struct gateway *gateway,
                                             uint32_t channel)
{
    for (size_t i = 0; i < gateway->config->link_count; i++)
        if (catalog_link(gateway->catalog, i) == channel)
            return &gateway->config->links[i];
    return NULL;
}

/* What is left of the attempt's step; the last one has until the deadline. */
static int64_t time_left_ms(const struct live *live, const struct attempt *attempt,
                            bool is_link, int64_t now_ms)
{
    const struct message *message = &live->message;
    int64_t end_ms = delivery_step_end_ms(message, live->plan, attempt->step);

    if (is_link && attempt->step + 1 == live->plan->step_count)
        end_ms = message->deadline_ms;
    else if (end_ms == INT64_MAX)
        end_ms = now_ms + live->plan->steps[attempt->step].within_ms;
    if (end_ms > message->deadline_ms)
        end_ms = message->deadline_ms;
    return end_ms - now_ms;
}

/* Fills in what the channel is to carry; false: it cannot be made. */
static bool fill_handover(struct gateway *gateway, struct live *live,
                          const struct attempt *attempt, struct handover *out,
                          struct translated *segment)
{
    struct dispatch *dispatch = gateway->dispatch;
    bool is_link = catalog_traits(gateway->catalog)[attempt->channel].is_link;

    *out = (struct handover){
        .message = live->message.id,
        .attempt = attempt->id,
        .ref = attempt->anchor,
        .body = live->bodies[0],
        .ttl_ms = time_left_ms(live, attempt, is_link, gateway_now_ms(gateway))};
    if (!is_link) {
        out->text = dispatch->text;
        return translate_text(live, account_alphabet(gateway, live), dispatch->text,
                              TRANSLATE_TEXT_MAX);
    }
    const struct config_link *link = link_config(gateway, attempt->channel);

    if (!translate_segment(live, attempt->segment, account_alphabet(gateway, live),
                           translate_alphabet(link->default_alphabet),
                           catalog_split(gateway->catalog, live->plan), dispatch->octets,
                           segment))
        return false;
    out->body = segment->body;
    out->esm_class = segment->esm_class;
    out->data_coding = segment->data_coding;
    out->octets = segment->octets;
    out->octet_count = segment->octet_count;
    out->sar = segment->has_sar ? &segment->sar : NULL;
    return true;
}

/*
 * The permit came to nothing, certainly: it goes back for a new try, or (REFUSED) this
 * can never be said here.
 */
static void give_up_permit(struct gateway *gateway, struct live *live,
                           struct attempt *attempt, enum attempt_event event,
                           enum reason reason)
{
    struct channel *channel = channel_at(gateway, attempt->channel);
    bool begun = store_begin(gateway->store, STORE_CONTINUATION);

    assert(begun);
    if (channel->probe == attempt->id)
        channel->probe = 0;
    gateway->counters.permits_returned++;
    delivery_apply(attempt, event, reason, gateway_now_ms(gateway));
    /* A channel that is up and still took nothing is given a moment. */
    attempt->again_at_ms =
        channel->ops->is_up(channel->self) ? gateway_now_ms(gateway) + RETURNED_MS : 0;
    money_record_attempt(gateway, live, attempt);
    if (live->message.state != MESSAGE_ENDED)
        dispatch_review(gateway, live);
    store_end(gateway->store);
}

/* The permit is durable: out with it. */
static void hand_over(void *owner, const struct store_effect *effect)
{
    struct gateway *gateway = owner;
    struct live *live = live_find(gateway, effect->target);
    struct attempt *attempt = live ? message_attempt(&live->message, effect->id) : NULL;
    struct channel *channel = channel_at(gateway, effect->extra);
    struct translated segment;
    struct handover handover;
    enum channel_send sent;

    assert(attempt && channel);
    if (!delivery_still_wanted(&live->message, live->plan, catalog_traits(gateway->catalog),
                               attempt, gateway_now_ms(gateway))) {
        channel->ops->unreserve(channel->self, effect->number);
        give_up_permit(gateway, live, attempt, ATTEMPT_EV_RETURNED, REASON_NONE);
        return;
    }
    if (!fill_handover(gateway, live, attempt, &handover, &segment)) {
        channel->ops->unreserve(channel->self, effect->number);
        give_up_permit(gateway, live, attempt, ATTEMPT_EV_REFUSED, REASON_CONTENT);
        return;
    }
    handover.slot = effect->number;
    sent = channel->ops->send(channel->self, &handover);
    if (sent != CHANNEL_SENT) {
        bool never = sent == CHANNEL_CANNOT;

        give_up_permit(gateway, live, attempt,
                       never ? ATTEMPT_EV_REFUSED : ATTEMPT_EV_RETURNED,
                       never ? REASON_CONTENT : REASON_PROVIDER_DOWN);
        return;
    }
    attempt->sent_at_ms = gateway_now_ms(gateway);
    delivery_apply(attempt, ATTEMPT_EV_HANDED_OVER, REASON_NONE, attempt->sent_at_ms);
    if (catalog_traits(gateway->catalog)[attempt->channel].is_link)
        reports_await(gateway, live, attempt);
    /* The step's own time begins now. */
    arm_by(gateway, live, attempt->sent_at_ms + live->plan->steps[attempt->step].within_ms);
}

static void permit(struct gateway *gateway, struct live *live, struct channel *channel,
                   const struct delivery_decision *decision, uint32_t slot)
{
    struct attempt *attempt = message_add_attempt(&live->message);
    struct store_effect effect = {.run = hand_over, .target = live->message.id};

    attempt->id = gateway_id(gateway);
    attempt->anchor = decision->anchor ? decision->anchor : attempt->id;
    attempt->channel = channel->number;
    attempt->segment = decision->segment;
    attempt->step = live->message.step;
    attempt->number = decision->try_number;
    attempt->state = ATTEMPT_INTENT;
    attempt->updated_at_ms = gateway_now_ms(gateway);
    effect.id = attempt->id;
    effect.number = slot;
    effect.extra = channel->number;
    gateway->counters.permits++;
    if (attempt->ordinal > 1 &&
        live->message.attempts[attempt->ordinal - 2].state == ATTEMPT_UNKNOWN &&
        live->message.attempts[attempt->ordinal - 2].anchor == attempt->anchor)
        gateway->counters.resends++;
    if (!catalog_traits(gateway->catalog)[channel->number].is_link)
        reports_expect_ref(gateway, live, attempt);
    store_permit(gateway->store, live->message.id, attempt);
    store_effect(gateway->store, &effect);
}

/* The last tenth of what a channel can hold is kept for transactional messages. */
static bool may_take(const struct channel *channel, uint8_t class)
{
    uint32_t room = channel->ops->room(channel->self);

    return class == QUEUE_TRANSACTIONAL ||
           room > (room + channel->ops->open(channel->self)) / 10;
}

static struct gate_verdict ask_gate(struct gateway *gateway, struct live *live,
                                    const struct channel *channel, uint64_t anchor_id)
{
    const struct attempt *anchor = message_attempt(&live->message, anchor_id);
    const struct message *message = &live->message;
    struct gate_facts facts = {
        .now_ms = clock_mono_ms(gateway->clock),
        .has_address = live->bodies[0]->destination[0] != 0,
        .is_text = !(message->flags & MESSAGE_BINARY),
        .needs_text = !catalog_traits(gateway->catalog)[channel->number].is_link,
        .suspended = channel->suspended_until_ms != 0,
        .probe_at_ms = channel->probe ? INT64_MAX : channel->suspended_until_ms,
        .held_micro = message->held_micro,
    };

    facts.deadline_ms =
        facts.now_ms + (message->deadline_ms - clock_wall_ms(gateway->clock));
    facts.has_price = money_step_prices(gateway, live, channel->number, &facts.sell_micro,
                                        &facts.buy_micro);
    /* A segment that an earlier try was charged for costs its sender nothing more. */
    if (anchor && anchor->charged_micro > 0)
        facts.sell_micro = facts.buy_micro = 0;
    return gate_ask(&facts);
}

static void skip(struct gateway *gateway, struct live *live, uint32_t channel,
                 enum reason reason)
{
    struct attempt *attempt = delivery_skip_step(
        &live->message, channel, gateway_id(gateway), reason, gateway_now_ms(gateway));

    store_permit(gateway->store, live->message.id, attempt);
}

/* Of a group the first that is up; of channels that are all down the first. */
static struct channel *choose_way(const struct gateway *gateway,
                                  const struct delivery_decision *decision)
{
    for (uint8_t i = 0; i < decision->channel_count; i++)
        if (dispatch_channel_is_up(gateway, decision->channels[i]))
            return channel_at(gateway, decision->channels[i]);
    return channel_at(gateway, decision->channel);
}

/*
 * A try is wanted.  True: something changed and routing is to be asked again; false: it
 * waits in the queue of its channel.
 */
static bool try_to_send(struct gateway *gateway, struct live *live,
                        const struct delivery_decision *decision, bool queued_first)
{
    struct channel *channel = choose_way(gateway, decision);
    struct gate_verdict gate;
    uint32_t slot;

    if (live->waiting.queue && (channel == NULL || live->waiting.queue != channel->queue))
        queue_remove(&live->waiting);
    if (channel == NULL) {
        skip(gateway, live, decision->channel, REASON_CHANNEL_GONE);
        return true;
    }
    gate = ask_gate(gateway, live, channel, decision->anchor);
    if (gate.answer == GATE_SKIP) {
        queue_remove(&live->waiting);
        skip(gateway, live, channel->number, gate.reason);
        return true;
    }
    if ((queued_first || queue_length(channel->queue) == 0) &&
        may_take(channel, live->class) && !gateway->draining &&
        channel->ops->reserve(channel->self, live->message.id, live->message.segments > 1,
                              &slot)) {
        queue_remove(&live->waiting);
        permit(gateway, live, channel, decision, slot);
        if (channel->suspended_until_ms != 0)
            channel->probe = live->message.attempts[live->message.attempt_count - 1].id;
        return true;
    }
    if (live->waiting.queue == NULL)
        queue_add(channel->queue, &live->waiting, live->class, live->message.account, live);
    return false;
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
            skip(gateway, live, decision.channel, decision.unsent_reason);
            continue;
        }
        if (!decision.send) {
            queue_remove(&live->waiting);
            break;
        }
        if (!try_to_send(gateway, live, &decision, queued_first))
            break;
        queued_first = false;
        if (++permits == PERMITS_PER_PASS) {
            decision.due_ms = gateway_now_ms(gateway);
            break;
        }
    }
    if (entered)
        store_message(gateway->store, &live->message, NULL);
    arm(gateway, live, decision.due_ms);
}

void dispatch_review(struct gateway *gateway, struct live *live)
{
    if (live->message.state != MESSAGE_ENDED)
        review(gateway, live, false);
}

static void on_more(void *owner)
{
    struct channel *channel = owner;

    dispatch_room(channel->gateway, channel->number);
}

void dispatch_room(struct gateway *gateway, uint32_t number)
{
    struct channel *channel = channel_at(gateway, number);
    struct queue_entry *entry;
    unsigned permits = 0;
    unsigned blocked = 0;

    if (channel == NULL || gateway->draining)
        return;
    while (channel->ops->room(channel->self) > 0) {
        bool all = may_take(channel, QUEUE_TRANSACTIONAL + 1);
        bool congested = store_is_congested(gateway->store);
        uint16_t tries;
        struct live *live;

        entry = queue_first(channel->queue, all ? -1 : QUEUE_TRANSACTIONAL);
        if (entry == NULL)
            return;
        if (congested || permits++ == PERMITS_PER_TURN) {
            clock_arm_in(gateway->clock, &channel->more, congested ? CONGESTED_MS : 0,
                         on_more, channel);
            return;
        }
        live = entry->owner;
        tries = live->message.attempt_count;
        queue_turn(entry);
        bool begun = store_begin(gateway->store, STORE_CONTINUATION);

        assert(begun);
        review(gateway, live, true);
        store_end(gateway->store);
        if (live->waiting.queue != channel->queue || live->message.attempt_count != tries)
            continue;
        /* No slot after all: the rate is used up, or the bind it is pinned to is full, and
         * then others may pass it. */
        if (live->message.segments == 1 || ++blocked == BLOCKED_MAX ||
            blocked >= queue_length(channel->queue))
            return;
        queue_remove(&live->waiting);
        queue_add(channel->queue, &live->waiting, live->class, live->message.account, live);
    }
}

/* --- verdicts ----------------------------------------------------------------------- */

static const enum attempt_event verdict_events[] = {
    [VERDICT_OK] = ATTEMPT_EV_OK,         [VERDICT_RETRY] = ATTEMPT_EV_RETRY,
    [VERDICT_NEXT] = ATTEMPT_EV_REFUSED,  [VERDICT_SUSPEND] = ATTEMPT_EV_REFUSED,
    [VERDICT_UNSURE] = ATTEMPT_EV_UNSURE,
};

/* Only the probe's verdict lifts a suspension: others were sent before it. */
static void suspend(struct channel *channel, uint64_t attempt,
                    const struct verdict_news *news)
{
    struct gateway *gateway = channel->gateway;
    bool is_probe = channel->probe == attempt;

    if (is_probe)
        channel->probe = 0;
    if (news->verdict == VERDICT_SUSPEND) {
        if (channel->suspended_until_ms == 0)
            log_error("channel.suspended", "channel=%s code=%u for_ms=%lld",
                      catalog_channel_name(gateway->catalog, channel->number), news->code,
                      (long long)news->retry_after_ms);
        channel->suspended_until_ms = clock_mono_ms(gateway->clock) + news->retry_after_ms;
    } else if (is_probe) {
        log_info("channel.resumed", "channel=%s",
                 catalog_channel_name(gateway->catalog, channel->number));
        channel->suspended_until_ms = 0;
    }
}

static void note_verdict(struct gateway *gateway, struct live *live,
                         struct attempt *attempt, const struct verdict_news *news)
{
    int64_t now_ms = gateway_now_ms(gateway);
    const struct channel_traits *traits =
        &catalog_traits(gateway->catalog)[attempt->channel];

    attempt->code = news->code ? news->code : attempt->code;
    if (news->verdict == VERDICT_RETRY)
        attempt->again_at_ms = now_ms + news->retry_after_ms;
    if (news->verdict == VERDICT_UNSURE) {
        attempt->again_at_ms = now_ms + traits->in_doubt_wait_ms;
        gateway->counters.in_doubt++;
        log_info("attempt.in_doubt", "id=%llu channel=%s try=%u",
                 (unsigned long long)live->message.id,
                 catalog_channel_name(gateway->catalog, attempt->channel), attempt->number);
    }
    if (news->next_way)
        attempt->flags |= ATTEMPT_NEXT_WAY;
}

void dispatch_verdict(struct gateway *gateway, uint64_t message, uint64_t attempt_id,
                      const struct verdict_news *news)
{
    struct live *live = live_find(gateway, message);
    struct attempt *attempt = live ? message_attempt(&live->message, attempt_id) : NULL;
    struct channel *channel;
    bool begun;

    assert(attempt);
    channel = channel_at(gateway, attempt->channel);
    gateway->counters.verdicts[news->verdict]++;
    channel->verdicts[news->verdict]++;
    if (channel->suspended_until_ms != 0 || news->verdict == VERDICT_SUSPEND)
        suspend(channel, attempt_id, news);
    begun = store_begin(gateway->store, STORE_CONTINUATION);
    assert(begun);
    note_verdict(gateway, live, attempt, news);
    delivery_apply(attempt, verdict_events[news->verdict], news->reason,
                   gateway_now_ms(gateway));
    if (news->verdict == VERDICT_OK && news->provider_id && *news->provider_id) {
        size_t size = strlen(news->provider_id);

        if (size >= sizeof(attempt->provider_id))
            size = sizeof(attempt->provider_id) - 1;
        memcpy(attempt->provider_id, news->provider_id, size);
        attempt->provider_id[size] = 0;
    }
    money_record_attempt(gateway, live, attempt);
    if (attempt->state != ATTEMPT_UNKNOWN)
        reports_settle(gateway, live, attempt);
    if (attempt->provider_id[0])
        reports_learn(gateway, live, attempt);
    /* The array may have moved: a report that was parked can have begun a new step. */
    attempt = message_attempt(&live->message, attempt_id);
    if (attempt->flags & ATTEMPT_IN_DOUBT)
        reports_doubt(gateway, live, attempt);
    dispatch_review(gateway, live);
    store_end(gateway->store);
}

void dispatch_note(struct gateway *gateway, struct live *live, struct attempt *attempt,
                   enum attempt_event event, enum reason reason, uint32_t code)
{
    uint16_t flags_before = attempt->flags;
    bool other_delivered = delivery_best(&live->message) >= ATTEMPT_DELIVERED &&
                           attempt->state < ATTEMPT_DELIVERED;

    if ((flags_before & ATTEMPT_IN_DOUBT) && event >= ATTEMPT_EV_REPORT_ACCEPTED)
        gateway->counters.in_doubt_resolved++;
    if (delivery_apply(attempt, event, reason, gateway_now_ms(gateway))) {
        if (code)
            attempt->code = code;
        if (other_delivered && attempt->state >= ATTEMPT_DELIVERED &&
            attempt->state <= ATTEMPT_CLICKED && live->message.segments == 1)
            gateway->counters.duplicate_deliveries++;
    }
    if ((attempt->flags & ATTEMPT_CONTRADICTED) && !(flags_before & ATTEMPT_CONTRADICTED))
        gateway->counters.reports_contradictory++;
    money_record_attempt(gateway, live, attempt);
}

/* --- questions and the end of all --------------------------------------------------- */

bool dispatch_channel_is_up(const struct gateway *gateway, uint32_t number)
{
    const struct channel *channel = channel_at(gateway, number);

    return channel && channel->ops->is_up(channel->self);
}

void dispatch_channel_facts(const struct gateway *gateway, uint32_t number,
                            struct dispatch_channel_facts *out)
{
    const struct channel *channel = channel_at(gateway, number);

    *out = (struct dispatch_channel_facts){0};
    if (channel == NULL)
        return;
    out->exists = true;
    out->up = channel->ops->is_up(channel->self);
    out->suspended = channel->suspended_until_ms != 0;
    out->room = channel->ops->room(channel->self);
    out->capacity = channel->ops->capacity(channel->self);
    out->open = channel->ops->open(channel->self);
    out->queued = queue_length(channel->queue);
    memcpy(out->verdicts, channel->verdicts, sizeof(out->verdicts));
}

size_t dispatch_queued(const struct gateway *gateway)
{
    size_t queued = 0;

    for (size_t i = 0; i <= CATALOG_CHANNELS_MAX; i++)
        if (gateway->dispatch->channels[i])
            queued += queue_length(gateway->dispatch->channels[i]->queue);
    return queued;
}

void dispatch_drain(struct gateway *gateway)
{
    for (size_t i = 0; i <= CATALOG_CHANNELS_MAX; i++) {
        struct channel *channel = gateway->dispatch->channels[i];

        if (channel)
            channel->ops->drain(channel->self);
    }
}

bool dispatch_is_drained(const struct gateway *gateway)
{
    for (size_t i = 0; i <= CATALOG_CHANNELS_MAX; i++) {
        const struct channel *channel = gateway->dispatch->channels[i];

        if (channel && channel->ops->open(channel->self) > 0)
            return false;
    }
    return true;
}
