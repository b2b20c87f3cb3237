/*
 * What is known of tries: the ids and refs that lead to their messages, forgotten in the
 * order in which they were learned; and how many whose id is not known went to each
 * destination.
 */
#include "gateway/reports_pieces.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/gateway.h"
#include "gateway/table.h"

/* An id, and when it was learned. */
struct learned {
    uint64_t hash;
    uint64_t message;
    int64_t at_ms;
};

uint64_t reports_hash_of_id(uint32_t channel, const char *id)
{
    return table_hash((uint64_t)channel << 1, id, strlen(id));
}

uint64_t reports_hash_of_ref(uint32_t channel, uint64_t ref)
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
void reports_remember(struct reports *reports, uint64_t hash, uint64_t message,
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
    reports_remember(gateway->reports,
                     reports_hash_of_ref(attempt->channel, attempt->anchor),
                     live->message.id, gateway_now_ms(gateway));
}

bool reports_message_of(const struct reports *reports, const struct kept_report *report,
                        uint64_t *out_message)
{
    return (report->provider_id[0] &&
            table_get(reports->ids,
                      reports_hash_of_id(report->channel, report->provider_id),
                      out_message)) ||
           (report->ref &&
            table_get(reports->ids, reports_hash_of_ref(report->channel, report->ref),
                      out_message));
}

void reports_forget_ids(struct reports *reports, int64_t before_ms)
{
    while (reports->learned_count > 0 &&
           reports->learned[reports->learned_first].at_ms < before_ms)
        forget_oldest_id(reports);
}

void reports_load_late(struct gateway *gateway, uint64_t message,
                       const struct attempt *attempt)
{
    if (attempt->provider_id[0])
        reports_remember(gateway->reports,
                         reports_hash_of_id(attempt->channel, attempt->provider_id),
                         message, attempt->updated_at_ms);
}

size_t reports_ids(const struct gateway *gateway)
{
    return table_count(gateway->reports->ids);
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

uint64_t reports_awaited(const struct reports *reports, const struct kept_report *report)
{
    uint64_t count = 0;

    (void)!table_get(reports->awaited,
                     hash_of_destination(report->channel, report->destination), &count);
    return count;
}
