/*
 * Permits: a try that is wanted asks the gate and its channel, is skipped, queued or
 * permitted, and is handed over once its permit is durable.
 */
#include "gateway/dispatch_pieces.h"

#include <assert.h>

#include "gateway/collector.h"
#include "gateway/config.h"
#include "gateway/gateway.h"
#include "gateway/log.h"
#include "gateway/money_moves.h"
#include "gateway/optouts.h"
#include "gateway/pairs.h"
#include "gateway/receipts.h"
#include "gateway/reports.h"
#include "gateway/senders.h"
#include "gateway/store.h"
#include "gateway/texts.h"
#include "gateway/translate.h"
#include "routing/gate.h"
#include "routing/recall.h"

enum { RETURNED_MS = 100, UNDER_COST_MS = 3600 * 1000 };

static enum smpp_alphabet account_alphabet(const struct gateway *gateway,
                                           const struct live *live)
{
    return translate_alphabet_of(catalog_account(gateway->catalog, live->message.account));
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

/*
 * The segment in the plan's form; but a link that is alone in its step, so that it gets all
 * of them, cuts them its own way where that makes as many.
 */
static bool fill_segment(struct gateway *gateway, const struct live *live,
                         const struct attempt *attempt, const struct config_link *link,
                         struct translated *segment)
{
    enum smpp_alphabet account = account_alphabet(gateway, live);
    enum smpp_alphabet alphabet = translate_alphabet(link->default_alphabet);
    struct translate_form form =
        translate_form_of(catalog_form_link(gateway->catalog, live->plan));
    uint8_t *scratch = gateway->dispatch->octets;

    if (live->message.segments > 1 && live->plan->steps[attempt->step].way_count == 1 &&
        link->split != form.split && link->split != CONFIG_PAYLOAD) {
        struct translate_form own = form;

        own.split = link->split;
        if (translate_segment(live, attempt->segment, account, &own, alphabet, scratch,
                              segment))
            return true;
    }
    return translate_segment(live, attempt->segment, account, &form, alphabet, scratch,
                             segment);
}

/* Fills in what the channel is to carry; false: it cannot be made. */
static bool fill_handover(struct gateway *gateway, struct live *live,
                          const struct attempt *attempt, struct handover *out,
                          struct translated *segment)
{
    struct dispatch *dispatch = gateway->dispatch;
    bool is_link = catalog_traits(gateway->catalog)[attempt->channel].is_link;

    assert(texts_are_here(live));
    *out = (struct handover){
        .message = live->message.id,
        .place = live->place,
        .attempt = attempt->id,
        .ref = attempt->anchor,
        .body = live->bodies[0],
        .ttl_ms = time_left_ms(live, attempt, is_link, gateway_now_ms(gateway))};
    if (!is_link) {
        out->text = dispatch->text;
        return translate_text(live, account_alphabet(gateway, live), dispatch->text,
                              TRANSLATE_TEXT_MAX);
    }
    const struct config_link *link =
        catalog_link_config(gateway->catalog, attempt->channel);

    if (!fill_segment(gateway, live, attempt, link, segment))
        return false;
    out->body = segment->body;
    if (senders_find(gateway, attempt->channel, out->body->source, live->class,
                     out->body->destination, &out->sender) == SENDER_REPLACED)
        gateway->counters.senders_replaced++;
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
    struct channel *channel = dispatch_channel_at(gateway, attempt->channel);
    bool begun = store_begin(gateway->store, STORE_CONTINUATION);

    assert(begun);
    if (channel->probe == attempt->id)
        channel->probe = 0;
    attempt->flags &= (uint16_t)~ATTEMPT_UNANSWERED;
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
    struct live *live = live_find_at(gateway, effect->place, effect->target);
    struct attempt *attempt = live ? message_attempt(&live->message, effect->id) : NULL;
    struct channel *channel = dispatch_channel_at(gateway, effect->extra);
    struct translated segment;
    struct handover handover;
    enum channel_send sent;

    assert(attempt && channel);
    backlog_permit_durable(&channel->backlog);
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
    else
        backlog_sent(&channel->backlog, clock_mono_ms(gateway->clock));
    if (live->paired && !recall_may_stop(&live->message, live->plan))
        pairs_forget(gateway, live);
    /* The step's own time begins now. */
    dispatch_arm_by(gateway, live,
                    attempt->sent_at_ms + live->plan->steps[attempt->step].within_ms);
}

static void permit(struct gateway *gateway, struct live *live, struct channel *channel,
                   const struct delivery_decision *decision, uint32_t slot)
{
    struct attempt *attempt = message_add_attempt(&live->message);
    struct store_effect effect = {
        .run = hand_over, .target = live->message.id, .place = live->place};

    attempt->id = gateway_id(gateway);
    attempt->anchor = decision->anchor ? decision->anchor : attempt->id;
    attempt->channel = channel->number;
    attempt->segment = decision->segment;
    attempt->step = live->message.step;
    attempt->number = decision->try_number;
    attempt->state = ATTEMPT_INTENT;
    attempt->flags = ATTEMPT_UNANSWERED;
    attempt->updated_at_ms = gateway_now_ms(gateway);
    money_fix_cost(gateway, live, attempt);
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
    backlog_permit(&channel->backlog);
    store_permit(gateway->store, live->message.id, attempt);
    store_effect(gateway->store, &effect);
}

bool dispatch_may_take(const struct channel *channel, uint8_t class)
{
    uint32_t room;

    if (class == QUEUE_TRANSACTIONAL)
        return true;
    room = channel->ops->room(channel->self);
    return room > (room + channel->ops->open(channel->self)) / 10;
}

/* An operator said of an earlier step that no SMS reaches this number. */
static bool is_bad_number(const struct gateway *gateway, const struct message *message)
{
    const struct channel_traits *traits = catalog_traits(gateway->catalog);

    for (uint16_t i = message->attempt_count; i > 0; i--) {
        const struct attempt *attempt = &message->attempts[i - 1];

        if (attempt->step != message->step && traits[attempt->channel].is_link)
            return attempt->state == ATTEMPT_FAILED && attempt->reason == REASON_NO_ADDRESS;
    }
    return false;
}

/* All parts of a long message have come. */
static bool is_whole(const struct live *live)
{
    struct smpp_part part;

    return !(live->message.flags & MESSAGE_COLLECTED) ||
           (body_part_of(live->bodies[0], &part) &&
            part.total == translate_distinct_parts(live));
}

/* What a channel that is no link may show of it in this step. */
static bool is_text_for_step(const struct gateway *gateway, const struct live *live)
{
    enum smpp_alphabet alphabet;

    if (!(live->message.flags & MESSAGE_BINARY))
        return true;
    if (!live->plan->steps[live->message.step].flash_as_text)
        return false;
    alphabet = account_alphabet(gateway, live);
    for (uint16_t i = 0; i < live->body_count; i++)
        if (!translate_is_text(live->bodies[i], alphabet) &&
            !translate_is_flash(live->bodies[i], alphabet))
            return false;
    return is_whole(live);
}

/* The link does not take this name for this number and class. */
static bool is_sender_refused(struct gateway *gateway, const struct live *live,
                              uint32_t channel)
{
    const char *becomes;

    if (senders_find(gateway, channel, live->bodies[0]->source, live->class,
                     live->bodies[0]->destination, &becomes) != SENDER_REFUSED)
        return false;
    gateway->counters.senders_refused++;
    return true;
}

static int64_t margin_floor(const struct gateway *gateway, uint32_t number)
{
    const struct account *account = catalog_account(gateway->catalog, number);

    return account->config ? account->config->margin_floor_micro : 0;
}

static struct gate_verdict ask_gate(struct gateway *gateway, struct live *live,
                                    const struct channel *channel, uint64_t anchor_id)
{
    const struct attempt *anchor = message_attempt(&live->message, anchor_id);
    const struct message *message = &live->message;
    bool is_link = catalog_traits(gateway->catalog)[channel->number].is_link;
    struct gate_facts facts = {
        .now_ms = clock_mono_ms(gateway->clock),
        .has_address = live->bodies[0]->destination[0] != 0 &&
                       !(is_link && is_bad_number(gateway, message)),
        .is_text = is_text_for_step(gateway, live),
        .needs_text = !is_link,
        .suspended = channel->suspended_until_ms != 0,
        .probe_at_ms = channel->probe ? INT64_MAX : channel->suspended_until_ms,
        .held_micro = message->held_micro + money_step_charged(message),
        .margin_floor_micro = margin_floor(gateway, message->account),
        .opted_out = !(message->flags & MESSAGE_REPLY) &&
                     optouts_forbid(gateway, message->account, live->class,
                                    live->bodies[0]->source, live->bodies[0]->destination),
        .sender_refused = is_sender_refused(gateway, live, channel->number),
    };

    facts.deadline_ms =
        facts.now_ms + (message->deadline_ms - clock_wall_ms(gateway->clock));
    facts.has_price = money_step_prices(gateway, live, channel->number, &facts.sell_micro,
                                        &facts.buy_micro);
    /* A segment that an earlier try was charged for costs its sender nothing more. */
    if (anchor && anchor->charged_micro > 0)
        facts.sell_micro = facts.buy_micro = facts.margin_floor_micro = 0;
    return gate_ask(&facts);
}

/* Somebody should look at the prices; once an hour is enough. */
static void tell_under_cost(struct channel *channel, const struct live *live)
{
    struct gateway *gateway = channel->gateway;
    int64_t now_ms = clock_mono_ms(gateway->clock);

    gateway->counters.steps_under_cost++;
    if (now_ms < channel->under_cost_after_ms)
        return;
    channel->under_cost_after_ms = now_ms + UNDER_COST_MS;
    log_warning("step.under_cost", "id=%llu account=%s plan=%s channel=%s",
                (unsigned long long)live->message.id,
                catalog_account(gateway->catalog, live->message.account)->name,
                live->plan->name, catalog_channel_name(gateway->catalog, channel->number));
}

void dispatch_skip(struct gateway *gateway, struct live *live, uint32_t channel,
                   enum reason reason)
{
    struct attempt *attempt = delivery_skip_step(
        &live->message, channel, gateway_id(gateway), reason, gateway_now_ms(gateway));

    store_permit(gateway->store, live->message.id, attempt);
}

static const struct channel *channel_of(const struct gateway *gateway,
                                        const struct queue *queue)
{
    for (uint32_t i = 1; i <= catalog_channel_count(gateway->catalog); i++) {
        const struct channel *channel = dispatch_channel_at(gateway, i);

        if (channel && channel->queue == queue)
            return channel;
    }
    return NULL;
}

bool dispatch_is_behind(const struct gateway *gateway, const struct live *live)
{
    const struct channel *channel;
    uint32_t open;

    if (live->waiting.queue == NULL)
        return false;
    channel = channel_of(gateway, live->waiting.queue);
    if (channel == NULL || dispatch_room_of(channel) > 0)
        return false;
    open = channel->ops->open(channel->self);
    return open > 0 && queue_length(channel->queue) >= open;
}

void dispatch_enqueue(struct channel *channel, struct live *live)
{
    if (live->looks > 0)
        queue_add_first(channel->queue, &live->waiting, live->class, live->message.account,
                        live);
    else
        queue_add(channel->queue, &live->waiting, live->class, live->message.account, live);
}

/* Nobody waits whose turn it is before: the others may not take what room there is. */
static bool goes_before_all(const struct channel *channel, const struct live *live)
{
    return queue_length(channel->queue) == 0 ||
           (live->class == QUEUE_TRANSACTIONAL &&
            queue_class_length(channel->queue, QUEUE_TRANSACTIONAL) == 0 &&
            !dispatch_may_take(channel, QUEUE_TRANSACTIONAL + 1));
}

/*
 * Segments of a text keep to one bind, in order.  So do the parts that a client has cut,
 * each a message of its own, as far as there is room: some phones put them together as they
 * come, but none is to wait for another.
 */
static bool reserve(struct channel *channel, const struct live *live, uint32_t *out_slot)
{
    const struct body *body = live->bodies[0];
    uint64_t together = live->message.id;
    enum channel_way way = CHANNEL_ANY_WAY;
    struct smpp_part part;

    if (live->message.segments > 1) {
        way = CHANNEL_SAME_WAY;
    } else if ((body->header_size > 0 || body->tlv_size > 0) && body_part_of(body, &part)) {
        way = CHANNEL_SAME_WAY_IF_ROOM;
        together = collector_key(live->message.account, body, &part);
    }
    return !dispatch_is_held_back(channel) &&
           channel->ops->reserve(channel->self, together, way, out_slot);
}

/* It is next, but for its texts: it waits for them in no queue. */
static bool fetch_texts(struct channel *channel, struct live *live)
{
    if (dispatch_room_of(channel) == 0)
        return false;
    if (!texts_fetch(channel->gateway, live)) {
        dispatch_room_in(channel, DISPATCH_READING_MS);
        return false;
    }
    live->chosen = channel->number;
    queue_remove(&live->waiting);
    return true;
}

bool dispatch_try(struct gateway *gateway, struct live *live,
                  const struct delivery_decision *decision, bool queued_first)
{
    struct channel *channel = dispatch_choose_way(gateway, live, decision);
    struct gate_verdict gate;
    bool is_next;
    uint32_t slot;

    if (live->waiting.queue && (channel == NULL || live->waiting.queue != channel->queue))
        queue_remove(&live->waiting);
    if (channel == NULL) {
        dispatch_skip(gateway, live, decision->channel, REASON_CHANNEL_GONE);
        return true;
    }
    gate = ask_gate(gateway, live, channel, decision->anchor);
    if (gate.answer == GATE_SKIP) {
        queue_remove(&live->waiting);
        if (gate.under_cost)
            tell_under_cost(channel, live);
        dispatch_skip(gateway, live, channel->number, gate.reason);
        return true;
    }
    is_next = (queued_first || goes_before_all(channel, live)) &&
              dispatch_may_take(channel, live->class) && !gateway->draining;
    if (!texts_are_here(live)) {
        if (live->looks > 0 || (is_next && fetch_texts(channel, live)))
            return false;
    } else if (is_next && reserve(channel, live, &slot)) {
        queue_remove(&live->waiting);
        permit(gateway, live, channel, decision, slot);
        if (channel->suspended_until_ms != 0)
            channel->probe = live->message.attempts[live->message.attempt_count - 1].id;
        return true;
    }
    if (live->waiting.queue == NULL)
        dispatch_enqueue(channel, live);
    dispatch_look_for_room(channel);
    if (!channel->ops->is_up(channel->self))
        receipts_notify(gateway, live, live->message.step,
                        catalog_traits(gateway->catalog)[channel->number].is_link
                            ? decision->segment
                            : 0,
                        RECEIPTS_WAITING, 0);
    return false;
}
