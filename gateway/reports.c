/*
 * Whose report is it.  One table leads from (channel, id) to a message, for as long as a
 * late report may come; what it does not know, or what is addressed to somebody else, is
 * parked, and an attempt in doubt may claim it.
 */
#include "gateway/reports_pieces.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/catalog.h"
#include "gateway/dispatch.h"
#include "gateway/gateway.h"
#include "gateway/table.h"

enum {
    IDS_PER_MESSAGE = 4,
    SWEEP_MS = 100,
    DIGITS_COMPARED = 7, /* the last ones: peers write numbers with and without prefixes */
};

static void sweep(void *owner);

struct reports *reports_new(struct gateway *gateway)
{
    struct reports *reports = calloc(1, sizeof(*reports));

    if (reports == NULL)
        abort();
    reports->gateway = gateway;
    reports->learned_capacity = (size_t)gateway->config->max_messages * IDS_PER_MESSAGE;
    reports->ids = table_new(SIZE_MAX); /* its bound is what is learned */
    reports->parked_by_id = table_new(SIZE_MAX);
    reports->parked_by_destination = table_new(SIZE_MAX);
    reports->awaited = reports_awaited_new();
    reports->channels = calloc(CATALOG_CHANNELS_MAX + 1, sizeof(*reports->channels));
    if (reports->channels == NULL)
        abort();
    clock_arm_in(gateway->clock, &reports->sweep, SWEEP_MS, sweep, reports);
    return reports;
}

void reports_free(struct reports *reports)
{
    if (reports == NULL)
        return;
    clock_disarm(reports->gateway->clock, &reports->sweep);
    reports_free_parked(reports);
    reports_free_pending(reports);
    table_free(reports->ids);
    table_free(reports->parked_by_id);
    table_free(reports->parked_by_destination);
    reports_awaited_free(reports->awaited);
    reports_free_channels(reports);
    free(reports->learned);
    free(reports);
}

/* --- matching ----------------------------------------------------------------------- */

/* The last digits of a number; false: it has not so many, or is none. */
static bool last_digits(const char *number, const char **out)
{
    size_t size = strlen(number);

    if (size < DIGITS_COMPARED ||
        strspn(number + (*number == '+'), "0123456789") + (*number == '+') != size)
        return false;
    *out = number + size - DIGITS_COMPARED;
    return true;
}

static bool same_digits(const char *a, const char *b)
{
    return last_digits(a, &a) && last_digits(b, &b) && strcmp(a, b) == 0;
}

/* It names numbers, and the recipient's is not among them, in either place. */
static bool is_addressed_otherwise(const struct kept_report *report,
                                   const struct body *body)
{
    const char *const told[] = {report->destination, report->source};
    const char *digits;
    bool others = false;

    if (!last_digits(body->destination, &digits))
        return false;
    for (size_t i = 0; i < 2; i++) {
        if (!last_digits(told[i], &digits) || same_digits(told[i], body->source))
            continue;
        if (same_digits(told[i], body->destination))
            return false;
        others = true;
    }
    return others;
}

/* A provider may use an id again, or one of its platforms another's. */
static bool speaks_against(struct gateway *gateway, const struct kept_report *report,
                           const struct body *body)
{
    const struct reports_channel *channel =
        reports_channel(gateway->reports, report->channel);

    if (channel->link == NULL || channel->link->receipt_address == CONFIG_RECEIPT_IGNORED ||
        !is_addressed_otherwise(report, body))
        return false;
    gateway->counters.reports_misaddressed++;
    return true;
}

struct attempt *reports_attempt_of(struct live *live, const struct kept_report *report)
{
    struct reports *reports = live->gateway->reports;
    enum config_id_rule rule = reports_channel(reports, report->channel)->rule;
    struct attempt *by_ref = NULL;
    char key[REPORTS_KEY_SIZE];

    reports_key_of_report(rule, report->provider_id, key);
    for (uint16_t i = 0; i < live->message.attempt_count; i++) {
        struct attempt *attempt = &live->message.attempts[i];
        char its_key[REPORTS_KEY_SIZE];

        if (attempt->channel != report->channel)
            continue;
        if (key[0] && attempt->provider_id[0]) {
            reports_key_of_answer(rule, attempt->provider_id, its_key);
            if (strcmp(its_key, key) == 0)
                return speaks_against(live->gateway, report, live->bodies[0]) ? NULL
                                                                              : attempt;
        }
        if (report->ref != 0 && attempt->anchor == report->ref &&
            !(attempt->flags & ATTEMPT_UNSENT))
            by_ref = attempt;
    }
    return by_ref;
}

static void note(struct gateway *gateway, struct live *live, struct attempt *attempt,
                 const struct kept_report *report)
{
    bool speaks = reports_part_speaks(gateway->reports, live, attempt);

    if (live->message.state == MESSAGE_ENDED)
        gateway->counters.reports_late++;
    dispatch_note(gateway, live, attempt,
                  speaks ? (enum attempt_event)report->event : ATTEMPT_EV_REPORT_ACCEPTED,
                  speaks ? (enum reason)report->reason : REASON_NONE, report->code);
    if (speaks)
        reports_tell_parts(gateway->reports, live, attempt, report);
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
    uint64_t hash = reports_hash_of_answer(reports, attempt->channel, attempt->provider_id);
    struct parked *parked = reports_first_parked(reports, hash);
    uint64_t id = attempt->id;
    bool noted = false;

    reports_remember(reports, hash, live->message.id, gateway_now_ms(gateway));
    reports_learner_hear(reports_channel(reports, attempt->channel), attempt->provider_id,
                         live->bodies[0]->destination);
    reports_settle(gateway, live, attempt);
    while (parked) {
        struct parked *next = parked->same;
        struct kept_report report = parked->report;

        store_cut(gateway->store);
        if (!speaks_against(gateway, &report, live->bodies[0])) {
            reports_unpark(reports, parked);
            gateway->counters.reports_early++;
            note(gateway, live, message_attempt(&live->message, id), &report);
            noted = true;
        }
        parked = next;
    }
    /* All of them count before what they decide. */
    if (reports_inherit(reports, live, message_attempt(&live->message, id)) || noted)
        dispatch_review(gateway, live);
}

bool reports_recall(struct gateway *gateway, const struct live *live)
{
    const struct channel_traits *traits = catalog_traits(gateway->catalog);
    const struct message *message = &live->message;
    struct reports *reports = gateway->reports;

    for (uint16_t i = 0; i < message->attempt_count; i++)
        if (reports_may_inherit(reports, &message->attempts[i]))
            return false;
    for (uint16_t i = 0; i < message->attempt_count; i++) {
        const struct attempt *attempt = &message->attempts[i];

        if (attempt->provider_id[0])
            reports_remember(
                reports,
                reports_hash_of_answer(reports, attempt->channel, attempt->provider_id),
                message->id, gateway_now_ms(gateway));
        if (!traits[attempt->channel].is_link && !(attempt->flags & ATTEMPT_UNSENT))
            reports_expect_ref(gateway, live, attempt);
    }
    return true;
}

/* --- in ----------------------------------------------------------------------------- */

static void keep(const struct report_news *news, uint32_t channel, struct kept_report *out)
{
    memset(out, 0, sizeof(*out));
    out->ref = news->ref;
    out->channel = channel;
    out->code = news->code;
    out->user_message_reference = news->user_message_reference;
    out->has_user_message_reference = news->has_user_message_reference;
    out->event = news->event;
    out->reason = (uint8_t)news->reason;
    strncpy(out->provider_id, news->provider_id, sizeof(out->provider_id) - 1);
    strncpy(out->source, news->source, sizeof(out->source) - 1);
    strncpy(out->destination, news->destination, sizeof(out->destination) - 1);
    strncpy(out->text, news->text, sizeof(out->text) - 1);
}

/* `live`: the message its id leads to; NULL: to none. */
static void settle_or_park(struct reports *reports, struct live *live,
                           const struct kept_report *report)
{
    struct gateway *gateway = reports->gateway;
    struct attempt *attempt = live ? reports_attempt_of(live, report) : NULL;
    struct parked *parked;

    if (attempt && attempt->provider_id[0] == 0 && report->provider_id[0]) {
        /* Known by our ref before the answer told its id. */
        memcpy(attempt->provider_id, report->provider_id, sizeof(attempt->provider_id));
        reports_learn(gateway, live, attempt);
        attempt = reports_attempt_of(live, report);
    }
    if (attempt) {
        reports_apply(gateway, live, attempt, report);
        return;
    }
    reports_learner_puzzle(reports, report);
    parked = reports_park(reports, report);
    if (parked)
        reports_claim_new(reports, parked);
}

void reports_settle_or_park(struct reports *reports, const struct kept_report *report)
{
    uint64_t message;
    bool known = reports_message_of(reports, report, &message);

    settle_or_park(reports, known ? live_find(reports->gateway, message) : NULL, report);
}

/* False: its message is not in memory; nothing was done. */
static bool hear(struct gateway *gateway, uint32_t channel, const struct report_news *news,
                 const struct store_effect *acknowledge, struct kept_report *out,
                 uint64_t *out_message)
{
    struct reports *reports = gateway->reports;
    struct live *live = NULL;
    bool begun;

    gateway->counters.reports++;
    keep(news, channel, out);
    if (reports_message_of(reports, out, out_message) &&
        (live = live_find(gateway, *out_message)) == NULL)
        return false;
    begun = store_begin(gateway->store, STORE_CONTINUATION);
    assert(begun);
    settle_or_park(reports, live, out);
    if (acknowledge)
        store_effect(gateway->store, acknowledge);
    store_end(gateway->store);
    return true;
}

bool reports_in(struct gateway *gateway, uint32_t channel, const struct report_news *news,
                const struct store_effect *acknowledge)
{
    struct kept_report report;
    uint64_t message;

    return hear(gateway, channel, news, acknowledge, &report, &message) ||
           reports_bring_back(gateway->reports, message, &report, acknowledge);
}

void reports_take(struct gateway *gateway, uint32_t channel, const struct report_news *news)
{
    struct kept_report report;
    uint64_t message;

    if (!hear(gateway, channel, news, NULL, &report, &message))
        reports_park_late(gateway->reports, message, &report);
}

static void sweep(void *owner)
{
    struct reports *reports = owner;
    struct gateway *gateway = reports->gateway;
    int64_t before_ms = gateway_now_ms(gateway) - gateway->config->late_window_ms;

    clock_arm_in(gateway->clock, &reports->sweep, SWEEP_MS, sweep, reports);
    /* Those they are about may still come. */
    if (!gateway->recovered)
        return;
    reports_forget_ids(reports, before_ms);
    reports_expire_parked(reports);
    reports_follow_rules(reports);
    reports_try_unread(reports);
    reports_claim(gateway);
}
