/*
 * Messages that are no longer in memory: one whose report came late is brought back from
 * the database, has its reports applied, and stays until the changes are durable.
 */
#include "gateway/reports_pieces.h"

#include <assert.h>
#include <stdlib.h>

#include "gateway/catalog.h"
#include "gateway/gateway.h"
#include "gateway/store_reader.h"

enum {
    THAWED_MS = 5000,      /* a message that was brought back stays in memory */
    PENDING_MAX = 4096,    /* reports that wait for a message to be brought back */
    PER_MESSAGE_MAX = 256, /* of one message: they are applied in one decision */
    UNREAD_AGAIN_MS = 2000,
    READS_MAX = 128, /* messages at once: the reader has half for what people ask */
};

/* A report whose message is being read from the database. */
struct pending {
    struct pending *next;
    uint64_t message;
    uint64_t parked; /* its row, if it has one already; 0: none */
    struct kept_report report;
    struct store_effect acknowledge;
};

static void brought_back(void *owner, uint64_t tag, struct stored_message *stored);

static bool bring_back(struct reports *reports, uint64_t message,
                       const struct kept_report *report,
                       const struct store_effect *acknowledge, uint64_t parked)
{
    struct pending *pending;
    struct pending **last = &reports->pending;
    unsigned same = 0;

    for (; *last; last = &(*last)->next)
        same += (*last)->message == message;
    if (reports->pending_count >= PENDING_MAX || same >= PER_MESSAGE_MAX ||
        (same == 0 && reports->reads == READS_MAX))
        return false;
    pending = calloc(1, sizeof(*pending));
    if (pending == NULL)
        abort();
    pending->message = message;
    pending->parked = parked;
    pending->report = *report;
    if (acknowledge)
        pending->acknowledge = *acknowledge;
    *last = pending;
    reports->pending_count++;
    if (same == 0 && !store_reader_message(reports->gateway->reader, message, brought_back,
                                           reports, message)) {
        *last = NULL;
        reports->pending_count--;
        free(pending);
        return false;
    }
    reports->reads += same == 0;
    return true;
}

bool reports_bring_back(struct reports *reports, uint64_t message,
                        const struct kept_report *report,
                        const struct store_effect *acknowledge)
{
    return bring_back(reports, message, report, acknowledge, 0);
}

void reports_park_late(struct reports *reports, uint64_t message,
                       const struct kept_report *report)
{
    bool begun = store_begin(reports->gateway->store, STORE_CONTINUATION);
    struct parked *parked;

    assert(begun);
    parked = reports_park(reports, report);
    assert(parked != NULL); /* something led to the message */
    reports_mark_unread(reports, parked, message);
    store_end(reports->gateway->store);
    /* Without room it is one of those that are tried again. */
    (void)bring_back(reports, message, report, NULL, parked->id);
}

void reports_try_unread(struct reports *reports)
{
    int64_t now_ms = clock_mono_ms(reports->gateway->clock);
    bool room = true;

    if (reports->unread_count == 0 || now_ms < reports->unread_at_ms)
        return;
    reports->unread_at_ms = now_ms + UNREAD_AGAIN_MS;
    for (uint32_t i = 1; i <= reports->channel_last && room; i++) {
        struct reports_channel *channel = reports->channels[i];

        for (struct parked *at = channel ? channel->oldest : NULL; at && room;
             at = at->next)
            room = at->unread == 0 ||
                   bring_back(reports, at->unread, &at->report, NULL, at->id);
    }
}

/* NULL when it names what is no longer known. */
static struct live *thaw(struct gateway *gateway, struct stored_message *stored)
{
    struct live *live;

    if (catalog_account(gateway->catalog, stored->message.account) == NULL ||
        catalog_plan(gateway->catalog, stored->message.plan) == NULL ||
        catalog_pins(gateway->catalog, stored->message.pins) == NULL)
        return NULL;
    live = live_new(gateway, stored->message.id, stored->bodies[0]);
    stored->bodies[0] = NULL;
    message_done(&live->message);
    live->message = stored->message;
    for (uint16_t i = 0; i < live->message.attempt_count; i++)
        live->message.attempts[i].flags &=
            (uint16_t) ~(ATTEMPT_AWAITED | ATTEMPT_UNANSWERED);
    stored->message.attempts = NULL;
    stored->message.attempt_count = 0;
    for (size_t i = 1; i < stored->body_count; i++) {
        live_join(gateway, live, stored->bodies[i]);
        stored->bodies[i] = NULL;
    }
    live->plan = catalog_name_plan(gateway->catalog, live->message.plan);
    live->pins = catalog_name_pins(gateway->catalog, live->message.pins);
    live->class = message_class(&live->message);
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

/* NULL: it has no row, or has none any more. */
static struct parked *parked_of(struct reports *reports, const struct pending *pending)
{
    struct parked *parked = NULL;

    if (pending->parked)
        parked = reports_first_parked(reports,
                                      reports_hash_of_report(reports, &pending->report));
    while (parked && parked->id != pending->parked)
        parked = parked->same;
    return parked;
}

/* In a decision; `live`: its message, NULL: there is none, or it could not be read. */
static void settle(struct reports *reports, const struct pending *pending,
                   struct live *live, bool failed)
{
    struct attempt *attempt = live ? reports_attempt_of(live, &pending->report) : NULL;
    struct parked *parked = parked_of(reports, pending);

    if (pending->parked && parked == NULL)
        return;
    if (attempt == NULL && (failed || live)) {
        /* Kept, at least for a while: it may be about another with the same id. */
        if (parked == NULL)
            parked = reports_park(reports, &pending->report);
        if (parked)
            reports_mark_unread(reports, parked, live ? 0 : pending->message);
        return;
    }
    if (parked)
        reports_unpark(reports, parked);
    if (attempt)
        reports_apply(reports->gateway, live, attempt, &pending->report);
    else
        reports->gateway->counters.reports_unmatched++;
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
    reports->reads--;
    if (live == NULL && stored->found && stored->message.state == MESSAGE_ENDED &&
        stored->body_count > 0)
        live = thaw(gateway, stored);
    while (*place) {
        struct pending *pending = *place;

        if (pending->message != tag) {
            place = &pending->next;
            continue;
        }
        *place = pending->next;
        reports->pending_count--;
        store_cut(gateway->store);
        settle(reports, pending, live, stored->failed);
        if (pending->acknowledge.run)
            store_effect(gateway->store, &pending->acknowledge);
        free(pending);
    }
    /* It stays until its changes are durable: who reads the rows before sees old ones. */
    if (live && live->thawed)
        store_effect(gateway->store, &durable);
    store_end(gateway->store);
}

void reports_free_pending(struct reports *reports)
{
    while (reports->pending) {
        struct pending *next = reports->pending->next;

        free(reports->pending);
        reports->pending = next;
    }
}
