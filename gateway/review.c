/*
 * A table to find them in, and lists by age: one of all, and one of each account, so that
 * whoever may see few of them does not walk past the others.
 */
#include "gateway/review.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/config.h"
#include "gateway/dispatch.h"
#include "gateway/gateway.h"
#include "gateway/log.h"
#include "gateway/table.h"

/* The lists that a message is on. */
enum { OF_ALL, OF_ACCOUNT, LISTS };

struct kept {
    struct store_kept row;
    uint32_t account;
    uint64_t turn; /* lower than that of all who came after */
    struct {
        struct kept *previous;
        struct kept *next;
    } beside[LISTS];
};

struct list {
    struct kept *oldest;
    struct kept *newest;
    size_t count;
};

struct review {
    struct table *by_message;
    struct list *lists; /* by number of account; REVIEW_ALL: of all */
    size_t list_count;
    uint64_t turns;
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

static const struct list *list_of(const struct review *review, uint32_t account)
{
    static const struct list none;

    return account < review->list_count ? &review->lists[account] : &none;
}

void review_free(struct review *review)
{
    struct kept *next;

    if (review == NULL)
        return;
    for (struct kept *at = list_of(review, REVIEW_ALL)->oldest; at != NULL; at = next) {
        next = at->beside[OF_ALL].next;
        free(at);
    }
    free(review->lists);
    table_free(review->by_message);
    free(review);
}

bool review_is_full(const struct gateway *gateway)
{
    return review_count(gateway, REVIEW_ALL) >= gateway->config->review_max;
}

size_t review_count(const struct gateway *gateway, uint32_t account)
{
    return list_of(gateway->review, account)->count;
}

static struct kept *find(const struct gateway *gateway, uint64_t message)
{
    uint64_t value;

    if (!table_get(gateway->review->by_message, message, &value))
        return NULL;
    return (struct kept *)(uintptr_t)value;
}

static void make_room(struct review *review, uint32_t account)
{
    size_t count = review->list_count > 0 ? review->list_count : 16;

    if (account < review->list_count)
        return;
    while (count <= account)
        count *= 2;
    review->lists = realloc(review->lists, count * sizeof(*review->lists));
    if (review->lists == NULL)
        abort();
    memset(review->lists + review->list_count, 0,
           (count - review->list_count) * sizeof(*review->lists));
    review->list_count = count;
}

static void append(struct list *list, struct kept *kept, int which)
{
    kept->beside[which].previous = list->newest;
    if (list->newest != NULL)
        list->newest->beside[which].next = kept;
    else
        list->oldest = kept;
    list->newest = kept;
    list->count++;
}

static void unlink_from(struct list *list, struct kept *kept, int which)
{
    struct kept *previous = kept->beside[which].previous;
    struct kept *next = kept->beside[which].next;

    if (previous != NULL)
        previous->beside[which].next = next;
    else
        list->oldest = next;
    if (next != NULL)
        next->beside[which].previous = previous;
    else
        list->newest = previous;
    list->count--;
}

static void add(struct review *review, uint32_t account, const struct store_kept *row)
{
    struct kept *kept = calloc(1, sizeof(*kept));

    assert(account != REVIEW_ALL);
    if (kept == NULL ||
        !table_put(review->by_message, row->message, (uint64_t)(uintptr_t)kept))
        abort();
    make_room(review, account);
    kept->row = *row;
    kept->account = account;
    kept->turn = ++review->turns;
    append(&review->lists[REVIEW_ALL], kept, OF_ALL);
    append(&review->lists[account], kept, OF_ACCOUNT);
}

static void take_out(struct review *review, struct kept *kept)
{
    table_remove(review->by_message, kept->row.message);
    unlink_from(&review->lists[REVIEW_ALL], kept, OF_ALL);
    unlink_from(&review->lists[kept->account], kept, OF_ACCOUNT);
    free(kept);
}

void review_keep(struct gateway *gateway, struct live *live, const char *rule)
{
    struct store_kept row = {.message = live->message.id};

    assert(find(gateway, live->message.id) == NULL);
    live->message.flags &= (uint8_t)~MESSAGE_REVIEWED;
    live->message.flags |= MESSAGE_KEPT;
    snprintf(row.rule, sizeof(row.rule), "%s", rule);
    add(gateway->review, live->message.account, &row);
    store_keep(gateway->store, &row);
}

void review_load(struct gateway *gateway, uint32_t account, const struct store_kept *kept)
{
    add(gateway->review, account, kept);
}

void review_forget(struct gateway *gateway, struct live *live)
{
    struct kept *kept = find(gateway, live->message.id);

    if (kept == NULL)
        return;
    take_out(gateway->review, kept);
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

/* --- listing ------------------------------------------------------------------------ */

/* A heap: the one at 0 was kept before all others. */
static void sift_down(const struct kept **heads, size_t count, size_t at)
{
    const struct kept *head = heads[at];

    for (size_t below; (below = 2 * at + 1) < count; at = below) {
        if (below + 1 < count && heads[below + 1]->turn < heads[below]->turn)
            below++;
        if (head->turn < heads[below]->turn)
            break;
        heads[at] = heads[below];
    }
    heads[at] = head;
}

size_t review_list(const struct gateway *gateway, const uint32_t *accounts,
                   size_t account_count, struct review_told *out, size_t room)
{
    /* The first of each account that is not told yet. */
    const struct kept **heads = calloc(account_count + 1, sizeof(*heads));
    int which = account_count > 0 && accounts[0] == REVIEW_ALL ? OF_ALL : OF_ACCOUNT;
    size_t count = 0;
    size_t told = 0;

    if (heads == NULL)
        abort();
    for (size_t i = 0; i < account_count; i++)
        if (review_count(gateway, accounts[i]) > 0)
            heads[count++] = list_of(gateway->review, accounts[i])->oldest;
    for (size_t i = count / 2; i-- > 0;)
        sift_down(heads, count, i);
    for (; count > 0 && told < room; told++) {
        const struct kept *next;

        out[told] = (struct review_told){heads[0]->row.message, heads[0]->row.rule};
        next = heads[0]->beside[which].next;
        heads[0] = next != NULL ? next : heads[--count];
        if (count > 0)
            sift_down(heads, count, 0);
    }
    free(heads);
    return told;
}
