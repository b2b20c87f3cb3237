/* A list by age, and a table to find them in. */
#include "gateway/review.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "gateway/config.h"
#include "gateway/dispatch.h"
#include "gateway/gateway.h"
#include "gateway/log.h"
#include "gateway/table.h"

struct kept {
    struct store_kept row;
    struct kept *previous;
    struct kept *next;
};

struct review {
    struct table *by_message;
    struct kept *oldest;
    struct kept *newest;
};

struct review *review_new(void)
{
    struct review *review = calloc(1, sizeof(*review));

    if (review == NULL)
        abort();
    /* The bound is review_max, which may be lower than what was kept under another. */
    review->by_message = table_new(SIZE_MAX);
    return review;
}

void review_free(struct review *review)
{
    if (review == NULL)
        return;
    while (review->oldest != NULL) {
        struct kept *next = review->oldest->next;

        free(review->oldest);
        review->oldest = next;
    }
    table_free(review->by_message);
    free(review);
}

bool review_is_full(const struct gateway *gateway)
{
    return review_count(gateway) >= gateway->config->review_max;
}

size_t review_count(const struct gateway *gateway)
{
    return table_count(gateway->review->by_message);
}

static struct kept *find(const struct gateway *gateway, uint64_t message)
{
    uint64_t value;

    if (!table_get(gateway->review->by_message, message, &value))
        return NULL;
    return (struct kept *)(uintptr_t)value;
}

static void add(struct gateway *gateway, const struct store_kept *row)
{
    struct review *review = gateway->review;
    struct kept *kept = calloc(1, sizeof(*kept));

    if (kept == NULL ||
        !table_put(review->by_message, row->message, (uint64_t)(uintptr_t)kept))
        abort();
    kept->row = *row;
    kept->previous = review->newest;
    if (review->newest != NULL)
        review->newest->next = kept;
    else
        review->oldest = kept;
    review->newest = kept;
}

static void take_out(struct gateway *gateway, struct kept *kept)
{
    struct review *review = gateway->review;

    table_remove(review->by_message, kept->row.message);
    if (kept->previous != NULL)
        kept->previous->next = kept->next;
    else
        review->oldest = kept->next;
    if (kept->next != NULL)
        kept->next->previous = kept->previous;
    else
        review->newest = kept->previous;
    free(kept);
}

void review_keep(struct gateway *gateway, struct live *live, const char *rule)
{
    struct store_kept row = {.message = live->message.id};

    assert(find(gateway, live->message.id) == NULL);
    live->message.flags &= (uint8_t)~MESSAGE_REVIEWED;
    live->message.flags |= MESSAGE_KEPT;
    snprintf(row.rule, sizeof(row.rule), "%s", rule);
    add(gateway, &row);
    store_keep(gateway->store, &row);
}

void review_load(struct gateway *gateway, const struct store_kept *kept)
{
    add(gateway, kept);
}

void review_forget(struct gateway *gateway, struct live *live)
{
    struct kept *kept = find(gateway, live->message.id);

    if (kept == NULL)
        return;
    take_out(gateway, kept);
    store_unkeep(gateway->store, live->message.id);
}

/* In a decision: it is kept no longer; NULL: it was not. */
static struct live *decide(struct gateway *gateway, uint64_t message, const char *word)
{
    struct live *live = live_find(gateway, message);

    if (live == NULL || find(gateway, message) == NULL)
        return NULL;
    log_info("review.decided", "id=%llu decision=%s", (unsigned long long)message, word);
    review_forget(gateway, live);
    live->message.flags |= MESSAGE_REVIEWED;
    return live;
}

static void begin(struct gateway *gateway)
{
    bool begun = store_begin(gateway->store, STORE_CONTINUATION);

    assert(begun);
}

bool review_release(struct gateway *gateway, uint64_t message)
{
    struct live *live;

    begin(gateway);
    live = decide(gateway, message, "release");
    if (live != NULL) {
        gateway->counters.review_released++;
        live->message.flags &= (uint8_t)~MESSAGE_KEPT;
        /* The time to enter its first step begins now. */
        live->message.entered_at_ms = gateway_now_ms(gateway);
        store_message(gateway->store, &live->message, NULL);
        dispatch_review(gateway, live);
    }
    store_end(gateway->store);
    return live != NULL;
}

bool review_drop(struct gateway *gateway, uint64_t message)
{
    struct live *live;

    begin(gateway);
    live = decide(gateway, message, "drop");
    if (live != NULL) {
        gateway->counters.review_dropped++;
        dispatch_end(gateway, live, MESSAGE_REJECTED);
    }
    store_end(gateway->store);
    return live != NULL;
}

static uint64_t told(const struct kept *kept, const char **out_rule)
{
    if (kept == NULL)
        return 0;
    *out_rule = kept->row.rule;
    return kept->row.message;
}

uint64_t review_oldest(const struct gateway *gateway, const char **out_rule)
{
    return told(gateway->review->oldest, out_rule);
}

uint64_t review_next(const struct gateway *gateway, uint64_t message, const char **out_rule)
{
    const struct kept *kept = find(gateway, message);

    return told(kept != NULL ? kept->next : NULL, out_rule);
}
