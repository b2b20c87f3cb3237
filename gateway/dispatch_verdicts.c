/*
 * What is said of a try: by its channel in answer, in time or late, and by its reports; and
 * what that costs.
 */
#include "gateway/dispatch_pieces.h"

#include <assert.h>
#include <string.h>

#include "gateway/clock.h"
#include "gateway/config.h"
#include "gateway/gateway.h"
#include "gateway/log.h"
#include "gateway/money_moves.h"
#include "gateway/pairs.h"
#include "gateway/receipts.h"
#include "gateway/reports.h"
#include "gateway/store.h"
#include "routing/code.h"

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
        if (log_share_take(&gateway->doubts_told, "attempt.untold",
                           clock_mono_ms(gateway->clock)))
            log_info("attempt.in_doubt", "id=%llu channel=%s try=%u",
                     (unsigned long long)live->message.id,
                     catalog_channel_name(gateway->catalog, attempt->channel),
                     attempt->number);
    }
    if (news->next_way)
        attempt->flags |= ATTEMPT_NEXT_WAY;
}

/* The account hears of it if it asked for news on the way. */
static void notify(struct gateway *gateway, struct live *live,
                   const struct attempt *attempt)
{
    bool is_link = catalog_traits(gateway->catalog)[attempt->channel].is_link;
    uint16_t segment = is_link ? attempt->segment : 0;

    if (attempt->state == ATTEMPT_ACCEPTED)
        receipts_notify(gateway, live, attempt->step, segment, RECEIPTS_ACCEPTED, 0);
    else if (attempt->flags & ATTEMPT_RETRY)
        receipts_notify(gateway, live, attempt->step, segment, RECEIPTS_WAITING,
                        attempt->code);
}

/* A decision of its own. */
static void take_verdict(struct gateway *gateway, struct live *live,
                         struct attempt *attempt, const struct verdict_news *news)
{
    uint64_t attempt_id = attempt->id;
    bool begun = store_begin(gateway->store, STORE_CONTINUATION);

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
    /* Nobody has it, for a new try or another way: it may be stopped again. */
    if (attempt->state == ATTEMPT_FAILED)
        pairs_note(gateway, live);
    notify(gateway, live, attempt);
    money_record_attempt(gateway, live, attempt);
    if (attempt->state != ATTEMPT_UNKNOWN && !reports_lacks_id(attempt))
        reports_settle(gateway, live, attempt);
    if (attempt->provider_id[0])
        reports_learn(gateway, live, attempt);
    /* The array may have moved: a report that was parked can have begun a new step. */
    attempt = message_attempt(&live->message, attempt_id);
    if ((attempt->flags & ATTEMPT_IN_DOUBT) || reports_lacks_id(attempt))
        reports_doubt(gateway, live, attempt);
    dispatch_review(gateway, live);
    store_end(gateway->store);
}

void dispatch_verdict(struct gateway *gateway, uint64_t message, uint64_t attempt_id,
                      const struct verdict_news *news)
{
    struct live *live = live_find_at(gateway, news->place, message);
    struct attempt *attempt = live ? message_attempt(&live->message, attempt_id) : NULL;
    struct channel *channel;

    assert(attempt);
    attempt->flags &= (uint16_t)~ATTEMPT_UNANSWERED;
    channel = dispatch_channel_at(gateway, attempt->channel);
    gateway->counters.verdicts[news->verdict]++;
    channel->verdicts[news->verdict]++;
    if (channel->suspended_until_ms != 0 || news->verdict == VERDICT_SUSPEND)
        suspend(channel, attempt_id, news);
    if (attempt->state == ATTEMPT_SENT && news->verdict != VERDICT_OK &&
        news->verdict != VERDICT_UNSURE)
        dispatch_refused(channel, attempt);
    take_verdict(gateway, live, attempt, news);
}

void dispatch_verdict_late(struct gateway *gateway, uint64_t message, uint64_t attempt_id,
                           const struct verdict_news *news)
{
    struct live *live = live_find_at(gateway, news->place, message);
    struct attempt *attempt = live ? message_attempt(&live->message, attempt_id) : NULL;

    gateway->counters.answers_late++;
    if (attempt == NULL)
        return;
    if (attempt->flags & ATTEMPT_IN_DOUBT) {
        gateway->counters.in_doubt_resolved++;
        if (log_share_take(&gateway->doubts_told, "attempt.untold",
                           clock_mono_ms(gateway->clock)))
            log_info("attempt.doubt_resolved", "id=%llu",
                     (unsigned long long)live->message.id);
    }
    take_verdict(gateway, live, attempt, news);
}

/* --- reports ------------------------------------------------------------------------ */

/* A reported failure of which the link says that another one of the step may do better. */
static bool goes_on(const struct gateway *gateway, const struct attempt *attempt)
{
    const struct config_link *link =
        catalog_link_config(gateway->catalog, attempt->channel);
    enum config_cause cause = attempt->state == ATTEMPT_EXPIRED   ? CONFIG_EXPIRED
                              : attempt->reason == REASON_BLOCKED ? CONFIG_REJECTED
                                                                  : CONFIG_UNDELIVERED;

    return link && config_link_goes_on(link, cause, code_number(attempt->code));
}

void dispatch_note(struct gateway *gateway, struct live *live, struct attempt *attempt,
                   enum attempt_event event, enum reason reason, uint32_t code)
{
    uint16_t flags_before = attempt->flags;
    bool other_delivered = delivery_best(&live->message) >= ATTEMPT_DELIVERED &&
                           attempt->state < ATTEMPT_DELIVERED;
    bool was_open = attempt->state <= ATTEMPT_ACCEPTED || attempt->state == ATTEMPT_UNKNOWN;

    if ((flags_before & ATTEMPT_IN_DOUBT) && event >= ATTEMPT_EV_REPORT_ACCEPTED)
        gateway->counters.in_doubt_resolved++;
    if (delivery_apply(attempt, event, reason, gateway_now_ms(gateway))) {
        if (code)
            attempt->code = code;
        if (was_open && event >= ATTEMPT_EV_REPORT_DELIVERED)
            dispatch_heard(gateway, live, attempt);
        if ((event == ATTEMPT_EV_REPORT_FAILED || event == ATTEMPT_EV_REPORT_EXPIRED) &&
            goes_on(gateway, attempt))
            attempt->flags |= ATTEMPT_NEXT_WAY;
        if (other_delivered && attempt->state >= ATTEMPT_DELIVERED &&
            attempt->state <= ATTEMPT_CLICKED && live->message.segments == 1)
            gateway->counters.duplicate_deliveries++;
    } else if (event >= ATTEMPT_EV_REPORT_DELIVERED && event <= ATTEMPT_EV_REPORT_EXPIRED &&
               !(attempt->flags & ATTEMPT_CONTRADICTED)) {
        gateway->counters.reports_repeated++;
    }
    if ((attempt->flags & ATTEMPT_CONTRADICTED) && !(flags_before & ATTEMPT_CONTRADICTED))
        gateway->counters.reports_contradictory++;
    notify(gateway, live, attempt);
    money_record_attempt(gateway, live, attempt);
}
