/*
 * Reports of nobody: in a list for each channel by their age, and in tables by their ids
 * and destinations, each with a row in the store, until somebody claims them or their time
 * is over.  When there are too many, the channel that has most of them loses its oldest:
 * who floods us pays with his own.
 */
#include "gateway/reports_pieces.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/gateway.h"
#include "gateway/log.h"
#include "gateway/log_share.h"
#include "gateway/table.h"
#include "routing/delivery.h"

enum {
    UNPARKS_PER_SWEEP = 1000,
    SAME_ID_MAX = 16,   /* reports with one id: what more is to be said of it? */
    DROPS_PER_PARK = 2, /* a limit that was lowered is reached little by little */
};

static struct parked *first_of(const struct table *table, uint64_t hash)
{
    uint64_t value;

    return table_get(table, hash, &value) ? (struct parked *)(uintptr_t)value : NULL;
}

struct parked *reports_first_parked(const struct reports *reports, uint64_t hash)
{
    return first_of(reports->parked_by_id, hash);
}

struct parked *reports_first_parked_for(const struct reports *reports, uint64_t hash)
{
    return first_of(reports->parked_by_destination, hash);
}

static void set_first(struct table *table, uint64_t hash, struct parked *parked)
{
    if (parked == NULL)
        table_remove(table, hash);
    else if (!table_put(table, hash, (uint64_t)(uintptr_t)parked))
        abort();
}

/* --- the same id, in the order of their coming -------------------------------------- */

static void chain_id(struct reports *reports, struct parked *parked)
{
    struct parked *at;

    parked->hash = reports_hash_of_report(reports, &parked->report);
    if (parked->hash == 0)
        return;
    at = first_of(reports->parked_by_id, parked->hash);
    if (at == NULL) {
        set_first(reports->parked_by_id, parked->hash, parked);
        return;
    }
    while (at->same)
        at = at->same;
    at->same = parked;
}

static void unchain_id(struct reports *reports, struct parked *parked)
{
    struct parked *at;

    if (parked->hash == 0)
        return;
    at = first_of(reports->parked_by_id, parked->hash);
    if (at == parked) {
        set_first(reports->parked_by_id, parked->hash, parked->same);
        return;
    }
    while (at->same != parked)
        at = at->same;
    at->same = parked->same;
}

/* --- the same destination, the newest first ----------------------------------------- */

static void chain_destination(struct reports *reports, struct parked *parked)
{
    struct parked *first;

    if (parked->report.destination[0] == 0)
        return;
    parked->destination_hash =
        reports_hash_of_destination(parked->report.channel, parked->report.destination);
    first = first_of(reports->parked_by_destination, parked->destination_hash);
    parked->older = first;
    if (first)
        first->newer = parked;
    set_first(reports->parked_by_destination, parked->destination_hash, parked);
}

static void unchain_destination(struct reports *reports, struct parked *parked)
{
    if (parked->destination_hash == 0)
        return;
    if (parked->older)
        parked->older->newer = parked->newer;
    if (parked->newer)
        parked->newer->older = parked->older;
    else
        set_first(reports->parked_by_destination, parked->destination_hash, parked->older);
}

/* ------------------------------------------------------------------------------------ */

static void add_parked(struct reports *reports, struct parked *parked)
{
    struct reports_channel *channel = reports_channel(reports, parked->report.channel);

    parked->previous = channel->newest;
    if (channel->newest)
        channel->newest->next = parked;
    else
        channel->oldest = parked;
    channel->newest = parked;
    channel->parked_count++;
    reports->parked_count++;
    chain_destination(reports, parked);
    chain_id(reports, parked);
}

void reports_unpark(struct reports *reports, struct parked *parked)
{
    struct reports_channel *channel = reports_channel(reports, parked->report.channel);

    store_unpark(reports->gateway->store, parked->id);
    unchain_id(reports, parked);
    unchain_destination(reports, parked);
    if (parked->previous)
        parked->previous->next = parked->next;
    else
        channel->oldest = parked->next;
    if (parked->next)
        parked->next->previous = parked->previous;
    else
        channel->newest = parked->previous;
    channel->parked_count--;
    reports->parked_count--;
    reports_mark_unread(reports, parked, 0);
    free(parked);
}

void reports_mark_unread(struct reports *reports, struct parked *parked, uint64_t message)
{
    reports->unread_count -= parked->unread != 0;
    reports->unread_count += message != 0;
    parked->unread = message;
}

/* Nobody came for it.  If we know whose it is, a person may see to it; but who says the
 * same of a message a thousand times does not fill the log. */
static void lose(struct reports *reports, struct parked *parked, const char *why)
{
    struct gateway *gateway = reports->gateway;

    if (parked->unread && log_share_take(&gateway->hooks_told, "report.untold",
                                         clock_mono_ms(gateway->clock)))
        log_error("report.lost", "message=%llu delivered=%s reason=\"%s\"",
                  (unsigned long long)parked->unread,
                  parked->report.event == ATTEMPT_EV_REPORT_DELIVERED ||
                          parked->report.event == ATTEMPT_EV_REPORT_READ
                      ? "yes"
                      : "no",
                  why);
    gateway->counters.reports_unmatched++;
    reports_unpark(reports, parked);
}

static void drop_oldest_of_most(struct reports *reports)
{
    struct reports_channel *most = NULL;

    for (uint32_t i = 1; i <= reports->channel_last; i++) {
        struct reports_channel *channel = reports->channels[i];

        if (channel && (most == NULL || channel->parked_count > most->parked_count))
            most = channel;
    }
    lose(reports, most->oldest, "as many reports wait as parked_max allows");
}

/* Of those with the id of one that comes: the first, if there are enough.  Of more, which a
 * rule has made one that was set since they came, no fewer are kept. */
static void drop_first_of_id(struct reports *reports, const struct kept_report *report)
{
    struct parked *first =
        first_of(reports->parked_by_id, reports_hash_of_report(reports, report));
    unsigned count = 0;

    for (const struct parked *at = first; at; at = at->same)
        count++;
    if (count < SAME_ID_MAX)
        return;
    lose(reports, first, "more of one message wait than are kept");
}

struct parked *reports_park(struct reports *reports, const struct kept_report *report)
{
    struct gateway *gateway = reports->gateway;
    struct store_parked row = {.channel = report->channel};
    struct parked *parked;

    /* It names nothing by which anybody could be found. */
    if (report->provider_id[0] == 0 && report->ref == 0 && report->destination[0] == 0) {
        gateway->counters.reports_unmatched++;
        return NULL;
    }
    parked = calloc(1, sizeof(*parked));
    if (parked == NULL)
        abort();
    for (unsigned i = 0;
         i < DROPS_PER_PARK && reports->parked_count >= gateway->config->parked_max; i++)
        drop_oldest_of_most(reports);
    drop_first_of_id(reports, report);
    parked->id = gateway_id(gateway);
    parked->at_ms = gateway_now_ms(gateway);
    parked->report = *report;
    add_parked(reports, parked);
    gateway->counters.reports_parked++;
    row.id = parked->id;
    row.at_ms = parked->at_ms;
    row.size = sizeof(*report);
    memcpy(row.bytes, report, sizeof(*report));
    store_park(gateway->store, &row);
    return parked;
}

void reports_expire_parked(struct reports *reports)
{
    struct gateway *gateway = reports->gateway;
    int64_t before_ms = gateway_now_ms(gateway) - gateway->config->parked_for_ms;
    unsigned unparks = 0;
    bool begun;

    if (reports->parked_count == 0)
        return;
    begun = store_begin(gateway->store, STORE_CONTINUATION);
    assert(begun);
    for (uint32_t i = 1; i <= reports->channel_last; i++) {
        struct reports_channel *channel = reports->channels[i];

        while (channel && channel->oldest && channel->oldest->at_ms <= before_ms &&
               unparks++ < UNPARKS_PER_SWEEP)
            lose(reports, channel->oldest, "its message could not be read in time");
    }
    store_end(gateway->store);
}

/* A row that cannot be read, of another version, is kept only until the first sweep. */
void reports_load(struct gateway *gateway, const struct store_parked *row)
{
    struct parked *parked = calloc(1, sizeof(*parked));
    uint64_t message;

    if (parked == NULL)
        abort();
    parked->id = row->id;
    if (row->size == sizeof(parked->report)) {
        parked->at_ms = row->at_ms;
        memcpy(&parked->report, row->bytes, sizeof(parked->report));
    }
    parked->report.channel = row->channel;
    add_parked(gateway->reports, parked);
    /* What ended is known by now, and only that. */
    if (reports_message_of(gateway->reports, &parked->report, &message))
        reports_mark_unread(gateway->reports, parked, message);
}

size_t reports_parked(const struct gateway *gateway)
{
    return gateway->reports->parked_count;
}

void reports_free_parked(struct reports *reports)
{
    for (uint32_t i = 1; i <= reports->channel_last; i++) {
        struct reports_channel *channel = reports->channels[i];

        while (channel && channel->oldest) {
            struct parked *next = channel->oldest->next;

            free(channel->oldest);
            channel->oldest = next;
        }
    }
}
