/* A table from the hash of a pair to a list that runs through the messages themselves. */
#include "gateway/pairs.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/catalog.h"
#include "gateway/gateway.h"
#include "gateway/table.h"
#include "routing/recall.h"

struct pairs {
    struct table *heads; /* hash -> struct live */
    uint8_t listed[CATALOG_ACCOUNTS_MAX / 8 + 1];
};

struct pairs *pairs_new(size_t capacity)
{
    struct pairs *pairs = calloc(1, sizeof(*pairs));

    if (pairs == NULL)
        abort();
    pairs->heads = table_new(2 * capacity);
    return pairs;
}

void pairs_free(struct pairs *pairs)
{
    if (pairs == NULL)
        return;
    table_free(pairs->heads);
    free(pairs);
}

static uint64_t key_of(uint32_t account, const char *source, const char *destination)
{
    return table_hash(table_hash(account, source, strlen(source) + 1), destination,
                      strlen(destination));
}

static uint64_t key_of_live(const struct live *live)
{
    return key_of(live->message.account, live->bodies[0]->source,
                  live->bodies[0]->destination);
}

static bool is_listed(const struct pairs *pairs, uint32_t account)
{
    return (pairs->listed[account / 8] >> account % 8 & 1) != 0;
}

static bool same_pair(const struct live *live, uint32_t account, const char *source,
                      const char *destination)
{
    return live->message.account == account &&
           strcmp(live->bodies[0]->source, source) == 0 &&
           strcmp(live->bodies[0]->destination, destination) == 0;
}

static struct live *head_of(const struct pairs *pairs, uint64_t key)
{
    uint64_t value;

    return table_get(pairs->heads, key, &value) ? (struct live *)(uintptr_t)value : NULL;
}

void pairs_note(struct gateway *gateway, struct live *live)
{
    struct pairs *pairs = gateway->pairs;
    struct live *head;
    uint64_t key;

    if (!is_listed(pairs, live->message.account) || live->paired || live->plan == NULL ||
        live->body_count == 0 || !recall_may_stop(&live->message, live->plan))
        return;
    key = key_of_live(live);
    head = head_of(pairs, key);
    /* Two pairs with one hash: the second is not listed while the first one lives. */
    if ((head && !same_pair(head, live->message.account, live->bodies[0]->source,
                            live->bodies[0]->destination)) ||
        !table_put(pairs->heads, key, (uint64_t)(uintptr_t)live))
        return;
    live->paired = true;
    live->pair_previous = NULL;
    live->pair_next = head;
    if (head)
        head->pair_previous = live;
}

void pairs_forget(struct gateway *gateway, struct live *live)
{
    struct pairs *pairs = gateway->pairs;

    if (!live->paired)
        return;
    live->paired = false;
    if (live->pair_next)
        live->pair_next->pair_previous = live->pair_previous;
    if (live->pair_previous)
        live->pair_previous->pair_next = live->pair_next;
    else if (live->pair_next == NULL)
        table_remove(pairs->heads, key_of_live(live));
    else
        (void)!table_put(pairs->heads, key_of_live(live),
                         (uint64_t)(uintptr_t)live->pair_next);
}

/* All that lives is looked at once, at the account's first request. */
static void list_account(struct gateway *gateway, uint32_t account)
{
    const struct live *seen;

    gateway->pairs->listed[account / 8] |= (uint8_t)(1u << account % 8);
    for (size_t at = 0; (seen = live_look_next(gateway, &at)) != NULL;)
        if (seen->message.account == account && seen->plan &&
            recall_may_stop(&seen->message, seen->plan))
            pairs_note(gateway, live_find(gateway, seen->message.id));
}

struct live *pairs_first(struct gateway *gateway, uint32_t account, const char *source,
                         const char *destination)
{
    struct live *head;

    if (!is_listed(gateway->pairs, account))
        list_account(gateway, account);
    head = head_of(gateway->pairs, key_of(account, source, destination));
    return head && same_pair(head, account, source, destination) ? head : NULL;
}

struct live *pairs_next(const struct live *live)
{
    return live->pair_next;
}
