/*
 * Whose report is it.  One table leads from (channel, id) to a message, for as long as a
 * late report may come; a message that is no longer in memory is brought back from the
 * database before its report is looked at.
 */
#include "gateway/reports.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/catalog.h"
#include "gateway/clock.h"
#include "gateway/config.h"
#include "gateway/dispatch.h"
#include "gateway/gateway.h"
#include "gateway/log.h"
#include "gateway/store_reader.h"
#include "gateway/table.h"
#include "routing/delivery.h"

enum {
    THAWED_MS = 5000, /* a message that was brought back stays in memory */
    UNPARKS_PER_SWEEP = 1000,
    CLAIMS_PER_SWEEP = 256,
    IDS_PER_MESSAGE = 4,
    SWEEP_MS = 100,
    PENDING_MAX = 4096, /* reports that wait for a message to be brought back */
    TEXT_MATCH = 12,    /* characters of the text that must be equal, as far as told */
};

/* A report with its strings, as it is parked and stored. */
struct kept_report {
    uint64_t ref;
    uint32_t channel;
    uint32_t code;
    uint8_t event;
    uint8_t reason;
    char provider_id[ATTEMPT_PROVIDER_ID_SIZE];
    char source[24];
    char destination[24];
    char text[24];
};

struct parked {
    struct parked *next; /* by age */
    struct parked *previous;
    struct parked *same; /* the same id, in the order of their coming */
    uint64_t id;
    uint64_t hash;
    int64_t at_ms; /* wall */
    struct kept_report report;
};

/* An attempt in doubt, by its ids. */
struct doubt {
    struct doubt *next;
    uint64_t message;
    uint64_t attempt;
    uint32_t channel;
};

/* A report whose message is being read from the database. */
struct pending {
    struct pending *next;
    uint64_t message;
    struct kept_report report;
    struct store_effect acknowledge;
};

/* Ids are forgotten in the order in which they were learned. */
struct learned {
    uint64_t hash;
    uint64_t message;
    int64_t at_ms;
};

struct reports {
    struct gateway *gateway;
    struct table *ids; /* hash of (channel, id) -> message */
    struct learned *learned;
    size_t learned_first;
    size_t learned_count;
    size_t learned_capacity;
    struct table *parked_by_id; /* hash -> struct parked */
    struct parked *oldest;
    struct parked *newest;
    size_t parked_count;
    uint64_t claimed_up_to; /* ids of parked reports: the sweep goes on behind it */
    struct doubt *doubts;
    struct table *awaited; /* hash of (channel, destination) -> tries without an id */
    struct pending *pending;
    size_t pending_count;
    struct clock_timer sweep;
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
    while (reports->oldest) {
        struct parked *next = reports->oldest->next;

        free(reports->oldest);
        reports->oldest = next;
    }
    while (reports->doubts) {
        struct doubt *next = reports->doubts->next;

        free(reports->doubts);
        reports->doubts = next;
    }
    while (reports->pending) {
        struct pending *next = reports->pending->next;

        free(reports->pending);
        reports->pending = next;
    }
    table_free(reports->ids);
    table_free(reports->parked_by_id);
    table_free(reports->awaited);
    free(reports->learned);
    free(reports);
}

/* --- ids ---------------------------------------------------------------------------- */

static uint64_t hash_of_id(uint32_t channel, const char *id)
{
    return table_hash((uint64_t)channel << 1, id, strlen(id));
}

static uint64_t hash_of_ref(uint32_t channel, uint64_t ref)
{
    return table_hash((uint64_t)channel << 1 | 1, &ref, sizeof(ref));
}

static void forget_oldest_id(struct reports *reports)
{
    struct learned *oldest = &reports->learned[reports->learned_first];
    uint64_t message;

    /* A provider may have used the id again since. */
    if (table_get(reports->ids, oldest->hash, &message) && message == oldest->message)
        table_remove(reports->ids, oldest->hash);
    reports->learned_first++;
    reports->learned_count--;
}

/* The ring is an array that is moved down when its head has become long. */
static void remember(struct reports *reports, uint64_t hash, uint64_t message,
                     int64_t at_ms)
{
    static const size_t step = 65536;
    size_t end = reports->learned_first + reports->learned_count;

    if (reports->learned_count >= reports->learned_capacity)
        forget_oldest_id(reports);
    if (reports->learned_first >= step && reports->learned_first > reports->learned_count) {
        memmove(reports->learned, reports->learned + reports->learned_first,
                reports->learned_count * sizeof(*reports->learned));
        reports->learned_first = 0;
        end = reports->learned_count;
    }
    if (end % step == 0) {
        reports->learned =
            realloc(reports->learned, (end + step) * sizeof(*reports->learned));
        if (reports->learned == NULL)
            abort();
    }
    if (!table_put(reports->ids, hash, message))
        return;
    reports->learned[end] = (struct learned){hash, message, at_ms};
    reports->learned_count++;
}

void reports_expect_ref(struct gateway *gateway, const struct live *live,
                        const struct attempt *attempt)
{
    remember(gateway->reports, hash_of_ref(attempt->channel, attempt->anchor),
             live->message.id, gateway_now_ms(gateway));
}

/* --- tries whose id is not known ---------------------------------------------------- */

static uint64_t hash_of_destination(uint32_t channel, const char *destination)
{
    return table_hash(~(uint64_t)channel, destination, strlen(destination));
}

void reports_await(struct gateway *gateway, const struct live *live,
                   struct attempt *attempt)
{
    uint64_t key = hash_of_destination(attempt->channel, live->bodies[0]->destination);
    uint64_t count = 0;

    if (attempt->flags & ATTEMPT_AWAITED)
        return;
    (void)!table_get(gateway->reports->awaited, key, &count);
    if (table_put(gateway->reports->awaited, key, count + 1))
        attempt->flags |= ATTEMPT_AWAITED;
}

void reports_settle(struct gateway *gateway, const struct live *live,
                    struct attempt *attempt)
{
    uint64_t key;
    uint64_t count = 0;

    if (!(attempt->flags & ATTEMPT_AWAITED))
        return;
    attempt->flags &= (uint16_t)~ATTEMPT_AWAITED;
    key = hash_of_destination(attempt->channel, live->bodies[0]->destination);
    (void)!table_get(gateway->reports->awaited, key, &count);
    if (count > 1)
        (void)!table_put(gateway->reports->awaited, key, count - 1);
    else
        table_remove(gateway->reports->awaited, key);
}

/* --- parking ------------------------------------------------------------------------ */

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

static uint64_t hash_of(const struct kept_report *report)
{
    return report->provider_id[0] ? hash_of_id(report->channel, report->provider_id)
                                  : hash_of_ref(report->channel, report->ref);
}

static void add_parked(struct reports *reports, struct parked *parked)
{
    uint64_t value;

    parked->previous = reports->newest;
    if (reports->newest)
        reports->newest->next = parked;
    else
        reports->oldest = parked;
    reports->newest = parked;
    reports->parked_count++;
    if (table_get(reports->parked_by_id, parked->hash, &value)) {
        struct parked *at = (struct parked *)(uintptr_t)value;

        while (at->same)
            at = at->same;
        at->same = parked;
    } else if (!table_put(reports->parked_by_id, parked->hash,
                          (uint64_t)(uintptr_t)parked)) {
        abort();
    }
}

/* In a decision: out of the lists, and its row goes. */
static void unpark(struct reports *reports, struct parked *parked)
{
    uint64_t value = 0;
    struct parked *first;

    store_unpark(reports->gateway->store, parked->id);
    (void)!table_get(reports->parked_by_id, parked->hash, &value);
    first = (struct parked *)(uintptr_t)value;
    if (first == parked) {
        table_remove(reports->parked_by_id, parked->hash);
        if (parked->same && !table_put(reports->parked_by_id, parked->hash,
                                       (uint64_t)(uintptr_t)parked->same))
            abort();
    } else {
        while (first->same != parked)
            first = first->same;
        first->same = parked->same;
    }
    if (parked->previous)
        parked->previous->next = parked->next;
    else
        reports->oldest = parked->next;
    if (parked->next)
        parked->next->previous = parked->previous;
    else
        reports->newest = parked->previous;
    reports->parked_count--;
    free(parked);
}

static void park(struct reports *reports, const struct kept_report *report)
{
    struct gateway *gateway = reports->gateway;
    struct parked *parked = calloc(1, sizeof(*parked));
    struct store_parked row = {.channel = report->channel};

    if (parked == NULL)
        abort();
    if (reports->parked_count >= gateway->config->parked_max) {
        gateway->counters.reports_unmatched++;
        unpark(reports, reports->oldest);
    }
    parked->id = gateway_id(gateway);
    parked->hash = hash_of(report);
    parked->at_ms = gateway_now_ms(gateway);
    parked->report = *report;
    add_parked(reports, parked);
    gateway->counters.reports_parked++;
    row.id = parked->id;
    row.at_ms = parked->at_ms;
    row.size = sizeof(*report);
    memcpy(row.bytes, report, sizeof(*report));
    store_park(gateway->store, &row);
}

void reports_load(struct gateway *gateway, const struct store_parked *row)
{
    struct parked *parked = calloc(1, sizeof(*parked));

    if (parked == NULL)
        abort();
    if (row->size != sizeof(parked->report) ||
        gateway->reports->parked_count >= gateway->config->parked_max) {
        free(parked);
        return;
    }
    parked->id = row->id;
    parked->at_ms = row->at_ms;
    memcpy(&parked->report, row->bytes, sizeof(parked->report));
    parked->hash = hash_of(&parked->report);
    add_parked(gateway->reports, parked);
}

void reports_load_late(struct gateway *gateway, uint64_t message,
                       const struct attempt *attempt)
{
    if (attempt->provider_id[0])
        remember(gateway->reports, hash_of_id(attempt->channel, attempt->provider_id),
                 message, attempt->updated_at_ms);
}

/* --- matching ----------------------------------------------------------------------- */

static struct attempt *attempt_of(struct live *live, const struct kept_report *report)
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

static void apply(struct gateway *gateway, struct live *live, struct attempt *attempt,
                  const struct kept_report *report)
{
    note(gateway, live, attempt, report);
    dispatch_review(gateway, live);
}

void reports_learn(struct gateway *gateway, struct live *live, struct attempt *attempt)
{
    struct reports *reports = gateway->reports;
    uint64_t hash = hash_of_id(attempt->channel, attempt->provider_id);
    bool noted = false;
    uint64_t value;

    remember(reports, hash, live->message.id, gateway_now_ms(gateway));
    reports_settle(gateway, live, attempt);
    while (table_get(reports->parked_by_id, hash, &value)) {
        struct parked *parked = (struct parked *)(uintptr_t)value;
        struct kept_report report = parked->report;

        unpark(reports, parked);
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
    uint64_t awaited = 0;

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
    (void)!table_get(reports->awaited,
                     hash_of_destination(report.channel, report.destination), &awaited);
    if (awaited > fitting)
        return false;
    log_info("attempt.doubt_resolved", "id=%llu", (unsigned long long)found->message.id);
    attempt = message_attempt(&found->message, attempt_id);
    if (report.provider_id[0]) {
        memcpy(attempt->provider_id, report.provider_id, sizeof(attempt->provider_id));
        reports_learn(gateway, found, attempt);
    } else {
        unpark(reports, parked);
        apply(gateway, found, attempt, &report);
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

/* --- messages that are no longer in memory ------------------------------------------ */

static void brought_back(void *owner, uint64_t tag, struct stored_message *stored);

static bool bring_back(struct reports *reports, uint64_t message,
                       const struct kept_report *report,
                       const struct store_effect *acknowledge)
{
    struct pending *pending;
    struct pending **last = &reports->pending;
    bool asked = false;

    if (reports->pending_count >= PENDING_MAX)
        return false;
    pending = calloc(1, sizeof(*pending));
    if (pending == NULL)
        abort();
    pending->message = message;
    pending->report = *report;
    if (acknowledge)
        pending->acknowledge = *acknowledge;
    for (; *last; last = &(*last)->next)
        asked = asked || (*last)->message == message;
    *last = pending;
    reports->pending_count++;
    if (!asked && !store_reader_message(reports->gateway->reader, message, brought_back,
                                        reports, message)) {
        *last = NULL;
        reports->pending_count--;
        free(pending);
        return false;
    }
    return true;
}

/* NULL when it names what is no longer known. */
static struct live *thaw(struct gateway *gateway, struct stored_message *stored)
{
    const struct account *account =
        catalog_account(gateway->catalog, stored->message.account);
    const struct plan *plan = catalog_plan(gateway->catalog, stored->message.plan);
    const struct price_pins *pins = catalog_pins(gateway->catalog, stored->message.pins);
    struct live *live;

    if (account == NULL || plan == NULL || pins == NULL)
        return NULL;
    live = live_new(gateway, stored->message.id, stored->bodies[0]);
    stored->bodies[0] = NULL;
    live->message = stored->message;
    stored->message.attempts = NULL;
    stored->message.attempt_count = 0;
    for (size_t i = 1; i < stored->body_count; i++) {
        live_join(gateway, live, stored->bodies[i]);
        stored->bodies[i] = NULL;
    }
    live->plan = plan;
    live->pins = pins;
    live->class = plan->class < QUEUE_CLASSES
                      ? plan->class
                      : (uint8_t)(account->config ? account->config->class : 0);
    live->thawed = true;
    return live;
}

static void forget_thawed(void *owner)
{
    struct live *live = owner;

    live_forget(live->gateway, live);
}

static void thawed_is_durable(void *owner, const struct store_effect *effect)
{
    struct gateway *gateway = owner;
    struct live *live = live_find(gateway, effect->target);

    if (live == NULL || !live->thawed)
        return;
    /* Few stay: late reports must not crowd out what lives. */
    clock_arm_in(gateway->clock, &live->timer,
                 lives_are_full(gateway->lives) ? 0 : THAWED_MS, forget_thawed, live);
}

static void brought_back(void *owner, uint64_t tag, struct stored_message *stored)
{
    struct reports *reports = owner;
    struct gateway *gateway = reports->gateway;
    struct live *live = live_find(gateway, tag);
    struct pending **place = &reports->pending;
    const struct store_effect durable = {.run = thawed_is_durable, .target = tag};
    bool begun = store_begin(gateway->store, STORE_CONTINUATION);

    assert(begun);
    if (live == NULL && stored->found && stored->message.state == MESSAGE_ENDED &&
        stored->body_count > 0)
        live = thaw(gateway, stored);
    while (*place) {
        struct pending *pending = *place;
        struct attempt *attempt;

        if (pending->message != tag) {
            place = &pending->next;
            continue;
        }
        *place = pending->next;
        reports->pending_count--;
        attempt = live ? attempt_of(live, &pending->report) : NULL;
        if (attempt)
            apply(gateway, live, attempt, &pending->report);
        else if (stored->failed)
            park(reports, &pending->report); /* kept, at least for a while */
        else
            gateway->counters.reports_unmatched++;
        if (pending->acknowledge.run)
            store_effect(gateway->store, &pending->acknowledge);
        free(pending);
    }
    /* It stays until its changes are durable: who reads the rows before sees old ones. */
    if (live && live->thawed)
        store_effect(gateway->store, &durable);
    store_end(gateway->store);
}

/* --- in ----------------------------------------------------------------------------- */

bool reports_in(struct gateway *gateway, uint32_t channel, const struct report_news *news,
                const struct store_effect *acknowledge)
{
    struct reports *reports = gateway->reports;
    struct kept_report report;
    uint64_t message = 0;
    struct live *live = NULL;
    struct attempt *attempt = NULL;
    bool known;
    bool begun;

    gateway->counters.reports++;
    keep(news, channel, &report);
    known =
        (report.provider_id[0] &&
         table_get(reports->ids, hash_of_id(channel, report.provider_id), &message)) ||
        (report.ref && table_get(reports->ids, hash_of_ref(channel, report.ref), &message));
    if (known && (live = live_find(gateway, message)) == NULL)
        return bring_back(reports, message, &report, acknowledge);
    begun = store_begin(gateway->store, STORE_CONTINUATION);
    assert(begun);
    if (live)
        attempt = attempt_of(live, &report);
    if (attempt && attempt->provider_id[0] == 0 && report.provider_id[0]) {
        /* Known by our ref before the answer told its id. */
        memcpy(attempt->provider_id, report.provider_id, sizeof(attempt->provider_id));
        reports_learn(gateway, live, attempt);
        attempt = attempt_of(live, &report);
    }
    if (attempt)
        apply(gateway, live, attempt, &report);
    else
        park(reports, &report);
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
            unpark(reports, parked);
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
    while (reports->learned_count > 0 &&
           reports->learned[reports->learned_first].at_ms < before_ms)
        forget_oldest_id(reports);
    reports_claim(gateway);
}

size_t reports_parked(const struct gateway *gateway)
{
    return gateway->reports->parked_count;
}

size_t reports_ids(const struct gateway *gateway)
{
    return table_count(gateway->reports->ids);
}
