/*
 * A table from account and number to their entries, and for each account a list, the newest
 * first.
 */
#include "gateway/optouts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/catalog.h"
#include "gateway/gateway.h"
#include "gateway/store.h"
#include "gateway/table.h"
#include "routing/number.h"

enum {
    OPTOUTS_MAX = 16 * 1024 * 1024,
    SENDERS_MAX = 64, /* of one number for an account; all of them may go in one decision */
    PLACES = 64,
};

struct entry {
    struct store_optout optout; /* first: it is given out */
    struct entry *same;         /* another of the same hash */
    struct entry *newer;        /* of the account */
    struct entry *older;
    char number[NUMBER_SIZE];
    char sender[];
};

/* Where a page of the list ended. */
struct place {
    uint32_t account;
    char number[NUMBER_SIZE]; /* of its last entry, which may have gone; "": no place */
    char sender[STORE_OPTOUT_SENDER_SIZE];
    struct entry *next; /* NULL: the end */
};

struct optouts {
    struct place places[PLACES]; /* the latest ones */
    size_t next_place;
    struct table *by_number;
    struct entry **newest; /* by account number */
    size_t count;
};

struct optouts *optouts_new(void)
{
    struct optouts *optouts = calloc(1, sizeof(*optouts));

    if (optouts == NULL || (optouts->newest = calloc(CATALOG_ACCOUNTS_MAX + 1,
                                                     sizeof(*optouts->newest))) == NULL)
        abort();
    optouts->by_number = table_new(OPTOUTS_MAX);
    return optouts;
}

void optouts_free(struct optouts *optouts)
{
    if (optouts == NULL)
        return;
    for (size_t i = 0; i <= CATALOG_ACCOUNTS_MAX; i++)
        for (struct entry *entry = optouts->newest[i], *older; entry; entry = older) {
            older = entry->older;
            free(entry);
        }
    table_free(optouts->by_number);
    free(optouts->newest);
    free(optouts);
}

static uint64_t key_of(uint32_t account, const char *number)
{
    return table_hash(account, number, strlen(number));
}

static struct entry *chain_of(const struct optouts *optouts, uint64_t key)
{
    uint64_t value;

    return table_get(optouts->by_number, key, &value) ? (struct entry *)(uintptr_t)value
                                                      : NULL;
}

static bool is_of(const struct entry *entry, uint32_t account, const char *number)
{
    return entry->optout.account == account && strcmp(entry->number, number) == 0;
}

/* A number as digits, however it is written; a name as it is. */
static const char *sender_form(const char *sender, char digits[NUMBER_SIZE])
{
    return number_normalise(sender, strlen(sender), digits) ? digits : sender;
}

/* --- changing ----------------------------------------------------------------------- */

static bool add(struct optouts *optouts, const struct store_optout *optout)
{
    uint64_t key = key_of(optout->account, optout->number);
    size_t sender_size = strlen(optout->sender) + 1;
    struct entry **newest = &optouts->newest[optout->account];
    struct entry *entry;

    if (optouts->count == OPTOUTS_MAX)
        return false;
    entry = calloc(1, sizeof(*entry) + sender_size);
    if (entry == NULL)
        abort();
    entry->optout = *optout;
    memcpy(entry->number, optout->number, strlen(optout->number) + 1);
    memcpy(entry->sender, optout->sender, sender_size);
    entry->optout.number = entry->number;
    entry->optout.sender = entry->sender;
    entry->same = chain_of(optouts, key);
    entry->older = *newest;
    if (*newest)
        (*newest)->newer = entry;
    *newest = entry;
    optouts->count++;
    if (!table_put(optouts->by_number, key, (uint64_t)(uintptr_t)entry))
        abort();
    return true;
}

void optouts_load(struct gateway *gateway, const struct store_optout *optout)
{
    if (optout->account <= CATALOG_ACCOUNTS_MAX && strlen(optout->number) < NUMBER_SIZE)
        (void)add(gateway->optouts, optout);
}

static bool has_stopped_many(const struct optouts *optouts, uint32_t account,
                             const char *number)
{
    size_t count = 0;

    for (const struct entry *entry = chain_of(optouts, key_of(account, number)); entry;
         entry = entry->same)
        count += is_of(entry, account, number);
    return count >= SENDERS_MAX;
}

bool optouts_put(struct gateway *gateway, const struct store_optout *optout)
{
    struct optouts *optouts = gateway->optouts;
    char digits[NUMBER_SIZE];
    struct store_optout it = *optout;

    it.sender = sender_form(it.sender, digits);
    if (optouts_find(gateway, it.account, it.number, it.sender))
        return true;
    if (it.sender[0] != '\0' && has_stopped_many(optouts, it.account, it.number)) {
        it.sender = "";
        if (optouts_find(gateway, it.account, it.number, it.sender))
            return true;
    }
    if (!add(optouts, &it))
        return false;
    store_optout_put(gateway->store, &it);
    return true;
}

static void leave_list(struct optouts *optouts, struct entry *entry)
{
    for (size_t i = 0; i < PLACES; i++)
        if (optouts->places[i].next == entry)
            optouts->places[i].next = entry->older;
    if (entry->newer)
        entry->newer->older = entry->older;
    else
        optouts->newest[entry->optout.account] = entry->older;
    if (entry->older)
        entry->older->newer = entry->newer;
}

size_t optouts_remove(struct gateway *gateway, uint32_t account, const char *number,
                      const char *sender)
{
    struct optouts *optouts = gateway->optouts;
    uint64_t key = key_of(account, number);
    struct entry *first = chain_of(optouts, key);
    struct entry **at = &first;
    char digits[NUMBER_SIZE];
    size_t removed = 0;

    if (first == NULL)
        return 0;
    if (sender)
        sender = sender_form(sender, digits);
    while (*at) {
        struct entry *entry = *at;

        if (!is_of(entry, account, number) ||
            (sender && strcmp(entry->sender, sender) != 0)) {
            at = &entry->same;
            continue;
        }
        *at = entry->same;
        leave_list(optouts, entry);
        store_optout_gone(gateway->store, account, number, entry->sender);
        free(entry);
        optouts->count--;
        removed++;
    }
    if (first == NULL)
        table_remove(optouts->by_number, key);
    else if (!table_put(optouts->by_number, key, (uint64_t)(uintptr_t)first))
        abort();
    return removed;
}

/* --- questions ---------------------------------------------------------------------- */

bool optouts_forbid(const struct gateway *gateway, uint32_t account, uint8_t class,
                    const char *sender, const char *number)
{
    const struct optouts *optouts = gateway->optouts;
    const struct account *its;
    char digits[NUMBER_SIZE];

    if (optouts->count == 0)
        return false;
    its = catalog_account(gateway->catalog, account);
    if (class == CONFIG_TRANSACTIONAL &&
        (its->config == NULL || its->config->transactional_after_stop))
        return false;
    for (const struct entry *entry = chain_of(optouts, key_of(account, number)); entry;
         entry = entry->same)
        if (is_of(entry, account, number) &&
            (entry->sender[0] == 0 ||
             strcmp(entry->sender, sender_form(sender, digits)) == 0))
            return true;
    return false;
}

size_t optouts_count(const struct gateway *gateway)
{
    return gateway->optouts->count;
}

const struct store_optout *optouts_next(const struct gateway *gateway, uint32_t account,
                                        const struct store_optout *after)
{
    const struct entry *entry =
        after ? ((const struct entry *)after)->older : gateway->optouts->newest[account];

    return entry ? &entry->optout : NULL;
}

const struct store_optout *optouts_find(const struct gateway *gateway, uint32_t account,
                                        const char *number, const char *sender)
{
    char digits[NUMBER_SIZE];

    if (sender)
        sender = sender_form(sender, digits);
    for (const struct entry *entry = chain_of(gateway->optouts, key_of(account, number));
         entry; entry = entry->same)
        if (is_of(entry, account, number) &&
            (sender == NULL || strcmp(entry->sender, sender) == 0))
            return &entry->optout;
    return NULL;
}

static struct place *place_of(struct optouts *optouts, uint32_t account, const char *number,
                              const char *sender)
{
    for (size_t i = 0; i < PLACES; i++) {
        struct place *place = &optouts->places[i];

        if (place->account == account && number[0] != '\0' &&
            strcmp(place->number, number) == 0 && strcmp(place->sender, sender) == 0)
            return place;
    }
    return NULL;
}

void optouts_end_page(struct gateway *gateway, const struct store_optout *last)
{
    struct optouts *optouts = gateway->optouts;
    struct place *place = place_of(optouts, last->account, last->number, last->sender);

    if (place == NULL)
        place = &optouts->places[optouts->next_place++ % PLACES];
    place->account = last->account;
    snprintf(place->number, sizeof(place->number), "%s", last->number);
    snprintf(place->sender, sizeof(place->sender), "%s", last->sender);
    place->next = ((const struct entry *)last)->older;
}

bool optouts_next_page(const struct gateway *gateway, uint32_t account, const char *number,
                       const char *sender, const struct store_optout **out)
{
    const struct store_optout *last = optouts_find(gateway, account, number, sender);
    const struct place *place;
    char digits[NUMBER_SIZE];

    *out = NULL;
    if (last != NULL) {
        *out = optouts_next(gateway, account, last);
        return true;
    }
    place = place_of(gateway->optouts, account, number, sender_form(sender, digits));
    if (place != NULL && place->next != NULL)
        *out = &place->next->optout;
    return place != NULL;
}
