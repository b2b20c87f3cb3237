/*
 * Whose report is it.  One table leads from (channel, id) to a message, for as long as a
 * late report may come; what it does not know is parked, and an attempt in doubt may claim
 * it.
 */
#include "gateway/reports_pieces.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/config.h"
#include "gateway/dispatch.h"
#include "gateway/gateway.h"
#include "gateway/log.h"
#include "gateway/table.h"

enum {
    UNPARKS_PER_SWEEP = 1000,
    CLAIMS_PER_SWEEP = 256,
    IDS_PER_MESSAGE = 4,
    SWEEP_MS = 100,
    TEXT_MATCH = 12, /* characters of the text that must be equal, as far as told */
};

/* An attempt in doubt, by its ids. */
struct doubt {
    struct doubt *next;
    uint64_t message;
    uint64_t attempt;
    uint32_t channel;
};

static void sweep(void *owner);

struct reports *reports_new(struct gateway *gateway)
{
    struct reports *reports = calloc(1, sizeof(*reports));

    if (reports == NULL)
        abort();
    reports->gateway = gateway;
    reports->learned_capacity = (size_t)gateway->config->max_messages * IDS_PER_MESSAGE;
    reports->ids = table_new(reports->learned_capacity);
    reports->parked_by_id = table_new(gateway->config->parked_max);
    reports->awaited = table_new((size_t)gateway->config->max_messages * 2);
    clock_arm_in(gateway->clock, &reports->sweep, SWEEP_MS, sweep, reports);
    return reports;
}

void reports_free(struct reports *reports)
{
    if (reports == NULL)
        return;
    clock_disarm(reports->gateway->clock, &reports->sweep);
    reports_free_parked(reports);
    while (reports->doubts) {
        struct doubt *next = reports->doubts->next;

        free(reports->doubts);
        reports->doubts = next;
    }
    reports_free_pending(reports);
    table_free(reports->ids);
    table_free(reports->parked_by_id);
    table_free(reports->awaited);
    free(reports->learned);
    free(reports);
}

/* --- matching ----------------------------------------------------------------------- */

struct attempt *reports_attempt_of(struct live *live, const struct kept_report *report)
{
    struct attempt *by_ref = NULL;

    for (uint16_t i = 0; i < live->message.attempt_count; i++) {
        struct attempt *attempt = &live->message.attempts[i];

        if (attempt->channel != report->channel)
            continue;
        if (report->provider_id[0] &&
            strcmp(attempt->provider_id, report->provider_id) == 0)
            return attempt;
        if (report->ref != 0 && attempt->anchor == report->ref &&
            !(attempt->flags & ATTEMPT_UNSENT))
            by_ref = attempt;
    }
    return by_ref;
}

static void note(struct gateway *gateway, struct live *live, struct attempt *attempt,
                 const struct kept_report *report)
{
    if (live->message.state == MESSAGE_ENDED)
        gateway->counters.reports_late++;
    dispatch_note(gateway, live, attempt, (enum attempt_event)report->event,
                  (enum reason)report->reason, report->code);
}

void reports_apply(struct gateway *gateway, struct live *live, struct attempt *attempt,
                   const struct kept_report *report)
{
    note(gateway, live, attempt, report);
    dispatch_review(gateway, live);
}

void reports_learn(struct gateway *gateway, struct live *live, struct attempt *attempt)
{
    struct reports *reports = gateway->reports;
    uint64_t hash = reports_hash_of_id(attempt->channel, attempt->provider_id);
    struct parked *parked;
    bool noted = false;

    reports_remember(reports, hash, live->message.id, gateway_now_ms(gateway));
    reports_settle(gateway, live, attempt);
    while ((parked = reports_first_parked(reports, hash)) != NULL) {
        struct kept_report report = parked->report;

        reports_unpark(reports, parked);
        gateway->counters.reports_early++;
        note(gateway, live, attempt, &report);
        noted = true;
    }
    /* All of them count before what they decide. */
    if (noted)
        dispatch_review(gateway, live);
}

/* As far as both tell it in plain ASCII. */
static bool same_text(const char *told, const struct body *body)
{
    if (body->data_coding != 0 || body->header_size != 0)
        return true;
    for (uint32_t i = 0; i < TEXT_MATCH && told[i] && i < body->text_size; i++) {
        if (body->bytes[i] < ' ' || body->bytes[i] > '~')
            return true;
        if ((uint8_t)told[i] != body->bytes[i])
            return false;
    }
    return true;
}

static bool fits(const struct gateway *gateway, const struct doubt *doubt,
                 const struct kept_report *report, struct live **out_live)
{
    struct live *live = live_find(gateway, doubt->message);
    const struct attempt *attempt =
        live ? message_attempt(&live->message, doubt->attempt) : NULL;
    const struct body *body;

    if (attempt == NULL || attempt->state != ATTEMPT_UNKNOWN || attempt->provider_id[0] ||
        doubt->channel != report->channel || report->destination[0] == 0)
        return false;
    body = live->bodies[0];
    if (strcmp(body->destination, report->destination) != 0 ||
        (report->source[0] && body->source[0] && strcmp(body->source, report->source) != 0))
        return false;
    if (!same_text(report->text, body))
        return false;
    *out_live = live;
    return true;
}

/* Drops doubts that are over; they are few. */
static void prune_doubts(struct reports *reports)
{
    struct doubt **place = &reports->doubts;

    while (*place) {
        struct doubt *doubt = *place;
        struct live *live = live_find(reports->gateway, doubt->message);
        struct attempt *attempt =
            live ? message_attempt(&live->message, doubt->attempt) : NULL;

        if (attempt && attempt->state == ATTEMPT_UNKNOWN && attempt->provider_id[0] == 0) {
            place = &doubt->next;
            continue;
        }
        *place = doubt->next;
        free(doubt);
    }
}

/*
 * In a decision: gives what is parked to the one attempt in doubt that it fits, if it is
 * exactly one.  True: it did, and `parked` is gone, others with the same id too.
 */
static bool claim(struct reports *reports, struct parked *parked)
{
    struct gateway *gateway = reports->gateway;
    struct kept_report report = parked->report;
    struct live *found = NULL;
    struct attempt *attempt;
    uint64_t attempt_id = 0;
    uint64_t anchor = 0;
    uint64_t fitting = 0;

    for (struct doubt *doubt = reports->doubts; doubt; doubt = doubt->next) {
        struct live *live;

        if (!fits(gateway, doubt, &report, &live))
            continue;
        fitting++;
        attempt = message_attempt(&live->message, doubt->attempt);
        /* Of several tries of one segment the newest, which comes first. */
        if (found == live && attempt->anchor == anchor)
            continue;
        if (found)
            return false;
        found = live;
        attempt_id = doubt->attempt;
        anchor = attempt->anchor;
    }
    if (found == NULL)
        return false;
    /* Another try to that number, whose answer may still name this very report. */
    if (reports_awaited(reports, &report) > fitting)
        return false;
    log_info("attempt.doubt_resolved", "id=%llu", (unsigned long long)found->message.id);
    attempt = message_attempt(&found->message, attempt_id);
    if (report.provider_id[0]) {
        memcpy(attempt->provider_id, report.provider_id, sizeof(attempt->provider_id));
        reports_learn(gateway, found, attempt);
    } else {
        reports_unpark(reports, parked);
        reports_apply(gateway, found, attempt, &report);
    }
    return true;
}

void reports_doubt(struct gateway *gateway, struct live *live, struct attempt *attempt)
{
    struct doubt *doubt = calloc(1, sizeof(*doubt));

    if (doubt == NULL)
        abort();
    *doubt = (struct doubt){gateway->reports->doubts, live->message.id, attempt->id,
                            attempt->channel};
    gateway->reports->doubts = doubt;
}

/* --- in ----------------------------------------------------------------------------- */

static void keep(const struct report_news *news, uint32_t channel, struct kept_report *out)
{
    memset(out, 0, sizeof(*out));
    out->ref = news->ref;
    out->channel = channel;
    out->code = news->code;
    out->event = news->event;
    out->reason = (uint8_t)news->reason;
    strncpy(out->provider_id, news->provider_id, sizeof(out->provider_id) - 1);
    strncpy(out->source, news->source, sizeof(out->source) - 1);
    strncpy(out->destination, news->destination, sizeof(out->destination) - 1);
    strncpy(out->text, news->text, sizeof(out->text) - 1);
}

bool reports_in(struct gateway *gateway, uint32_t channel, const struct report_news *news,
                const struct store_effect *acknowledge)
{
    struct reports *reports = gateway->reports;
    struct kept_report report;
    uint64_t message = 0;
    struct live *live = NULL;
    struct attempt *attempt = NULL;
    bool begun;

    gateway->counters.reports++;
    keep(news, channel, &report);
    if (reports_message_of(reports, &report, &message) &&
        (live = live_find(gateway, message)) == NULL)
        return reports_bring_back(reports, message, &report, acknowledge);
    begun = store_begin(gateway->store, STORE_CONTINUATION);
    assert(begun);
    if (live)
        attempt = reports_attempt_of(live, &report);
    if (attempt && attempt->provider_id[0] == 0 && report.provider_id[0]) {
        /* Known by our ref before the answer told its id. */
        memcpy(attempt->provider_id, report.provider_id, sizeof(attempt->provider_id));
        reports_learn(gateway, live, attempt);
        attempt = reports_attempt_of(live, &report);
    }
    if (attempt)
        reports_apply(gateway, live, attempt, &report);
    else
        reports_park(reports, &report);
    if (acknowledge)
        store_effect(gateway->store, acknowledge);
    store_end(gateway->store);
    return true;
}

/* Parked reports whose time is over go; others a doubt may claim. */
void reports_claim(struct gateway *gateway)
{
    struct reports *reports = gateway->reports;
    int64_t now_ms = gateway_now_ms(gateway);
    struct parked *next;
    unsigned unparks = 0;
    unsigned claims = 0;
    bool begun;

    prune_doubts(reports);
    if (reports->oldest == NULL)
        return;
    begun = store_begin(gateway->store, STORE_CONTINUATION);
    assert(begun);
    for (struct parked *parked = reports->oldest;; parked = next) {
        if (parked == NULL) {
            reports->claimed_up_to = 0; /* all were looked at: from the oldest again */
            break;
        }
        next = parked->next;
        if (parked->at_ms <= now_ms - gateway->config->parked_for_ms) {
            if (unparks++ == UNPARKS_PER_SWEEP)
                break;
            gateway->counters.reports_unmatched++;
            reports_unpark(reports, parked);
            continue;
        }
        if (reports->doubts == NULL)
            break;
        if (parked->id <= reports->claimed_up_to)
            continue;
        if (claims++ == CLAIMS_PER_SWEEP) {
            reports->claimed_up_to = parked->previous ? parked->previous->id : 0;
            break;
        }
        /* A claim takes others with the same id too: begin again. */
        if (claim(reports, parked))
            next = reports->oldest;
    }
    store_end(gateway->store);
}

static void sweep(void *owner)
{
    struct reports *reports = owner;
    struct gateway *gateway = reports->gateway;
    int64_t before_ms = gateway_now_ms(gateway) - gateway->config->late_window_ms;

    clock_arm_in(gateway->clock, &reports->sweep, SWEEP_MS, sweep, reports);
    reports_forget_ids(reports, before_ms);
    reports_claim(gateway);
}
