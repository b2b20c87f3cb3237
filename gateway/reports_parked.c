/*
 * Reports of nobody: in a list by their age and a table by their ids, each with a row in
 * the store, until somebody claims them or their time is over.
 */
#include "gateway/reports_pieces.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/config.h"
#include "gateway/gateway.h"
#include "gateway/table.h"

static uint64_t hash_of(const struct kept_report *report)
{
    return report->provider_id[0] ? reports_hash_of_id(report->channel, report->provider_id)
                                  : reports_hash_of_ref(report->channel, report->ref);
}

struct parked *reports_first_parked(const struct reports *reports, uint64_t hash)
{
    uint64_t value;

    if (!table_get(reports->parked_by_id, hash, &value))
        return NULL;
    return (struct parked *)(uintptr_t)value;
}

static void add_parked(struct reports *reports, struct parked *parked)
{
    struct parked *at = reports_first_parked(reports, parked->hash);

    parked->previous = reports->newest;
    if (reports->newest)
        reports->newest->next = parked;
    else
        reports->oldest = parked;
    reports->newest = parked;
    reports->parked_count++;
    if (at) {
        while (at->same)
            at = at->same;
        at->same = parked;
    } else if (!table_put(reports->parked_by_id, parked->hash,
                          (uint64_t)(uintptr_t)parked)) {
        abort();
    }
}

void reports_unpark(struct reports *reports, struct parked *parked)
{
    struct parked *first = reports_first_parked(reports, parked->hash);

    store_unpark(reports->gateway->store, parked->id);
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

void reports_park(struct reports *reports, const struct kept_report *report)
{
    struct gateway *gateway = reports->gateway;
    struct parked *parked = calloc(1, sizeof(*parked));
    struct store_parked row = {.channel = report->channel};

    if (parked == NULL)
        abort();
    if (reports->parked_count >= gateway->config->parked_max) {
        gateway->counters.reports_unmatched++;
        reports_unpark(reports, reports->oldest);
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

size_t reports_parked(const struct gateway *gateway)
{
    return gateway->reports->parked_count;
}

void reports_free_parked(struct reports *reports)
{
    while (reports->oldest) {
        struct parked *next = reports->oldest->next;

        free(reports->oldest);
        reports->oldest = next;
    }
}
