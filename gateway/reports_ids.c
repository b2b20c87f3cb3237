/*
 * The ids and refs that lead to messages, forgotten in the order in which they were
 * learned.
 */
#include "gateway/reports_pieces.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/catalog.h"
#include "gateway/gateway.h"
#include "gateway/live.h"
#include "gateway/table.h"

enum { LOOKS = 4 /* at the oldest, for each that is learned when there is no room */ };

/* An id, and when it was learned: there are as many as messages in the window. */
struct learned {
    uint64_t hash;
    uint32_t message; /* folded */
    uint32_t at_s;
};

static uint32_t fold(uint64_t message)
{
    return (uint32_t)(message ^ message >> 32);
}

static uint64_t hash_of_key(uint32_t channel, const char *key)
{
    return table_hash((uint64_t)channel << 1, key, strlen(key));
}

uint64_t reports_hash_of_answer(struct reports *reports, uint32_t channel, const char *id)
{
    char key[REPORTS_KEY_SIZE];

    reports_key_of_answer(reports_channel(reports, channel)->rule, id, key);
    return hash_of_key(channel, key);
}

uint64_t reports_hash_of_report(struct reports *reports, const struct kept_report *report)
{
    char key[REPORTS_KEY_SIZE];

    if (report->provider_id[0] == 0)
        return report->ref ? reports_hash_of_ref(report->channel, report->ref) : 0;
    reports_key_of_report(reports_channel(reports, report->channel)->rule,
                          report->provider_id, key);
    return hash_of_key(report->channel, key);
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
    if (table_get(reports->ids, oldest->hash, &message) && fold(message) == oldest->message)
        table_remove(reports->ids, oldest->hash);
    reports->learned_first++;
    reports->learned_count--;
}

/* The ring is an array that is moved down when its head has become long. */
static void add_newest(struct reports *reports, struct learned newest)
{
    static const size_t step = 65536;
    size_t end = reports->learned_first + reports->learned_count;

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
    reports->learned[end] = newest;
    reports->learned_count++;
}

/* A message lives that is meant by it. */
static bool is_needed(const struct reports *reports, const struct learned *learned)
{
    uint64_t message;

    return table_get(reports->ids, learned->hash, &message) &&
           fold(message) == learned->message && live_goes_on(reports->gateway, message);
}

/* The oldest goes; that of a message that lives is as good as new: its report is still to
 * come. */
static void forget_or_renew_oldest(struct reports *reports)
{
    struct learned oldest = reports->learned[reports->learned_first];

    if (!is_needed(reports, &oldest)) {
        forget_oldest_id(reports);
        return;
    }
    reports->learned_first++;
    reports->learned_count--;
    oldest.at_s = (uint32_t)(gateway_now_ms(reports->gateway) / 1000);
    add_newest(reports, oldest);
}

/* Of many in a row that are needed there may for a while be more than there is room for. */
void reports_remember(struct reports *reports, uint64_t hash, uint64_t message,
                      int64_t at_ms)
{
    for (int i = 0; i < LOOKS && reports->learned_count >= reports->learned_capacity; i++)
        forget_or_renew_oldest(reports);
    if (!table_put(reports->ids, hash, message))
        abort();
    add_newest(reports, (struct learned){hash, fold(message), (uint32_t)(at_ms / 1000)});
}

void reports_expect_ref(struct gateway *gateway, const struct live *live,
                        const struct attempt *attempt)
{
    reports_remember(gateway->reports,
                     reports_hash_of_ref(attempt->channel, attempt->anchor),
                     live->message.id, gateway_now_ms(gateway));
}

bool reports_message_of(struct reports *reports, const struct kept_report *report,
                        uint64_t *out_message)
{
    return (report->provider_id[0] &&
            table_get(reports->ids, reports_hash_of_report(reports, report),
                      out_message)) ||
           (report->ref &&
            table_get(reports->ids, reports_hash_of_ref(report->channel, report->ref),
                      out_message));
}

void reports_forget_ids(struct reports *reports, int64_t before_ms)
{
    for (size_t count = reports->learned_count; count > 0; count--) {
        if (reports->learned[reports->learned_first].at_s * INT64_C(1000) >= before_ms)
            return;
        forget_or_renew_oldest(reports);
    }
}

void reports_expect(struct gateway *gateway, size_t messages)
{
    struct reports *reports = gateway->reports;

    table_reserve(reports->ids, messages < reports->learned_capacity
                                    ? messages
                                    : reports->learned_capacity);
}

void reports_load_late(struct gateway *gateway, uint64_t message,
                       const struct attempt *attempt)
{
    struct reports *reports = gateway->reports;

    if (attempt->flags & ATTEMPT_UNSENT)
        return;
    if (attempt->provider_id[0])
        reports_remember(
            reports,
            reports_hash_of_answer(reports, attempt->channel, attempt->provider_id),
            message, attempt->updated_at_ms);
    if (!catalog_traits(gateway->catalog)[attempt->channel].is_link)
        reports_remember(reports, reports_hash_of_ref(attempt->channel, attempt->anchor),
                         message, attempt->updated_at_ms);
}

size_t reports_ids(const struct gateway *gateway)
{
    return table_count(gateway->reports->ids);
}
