/*
 * Failures: a hash table with chains through an array of fixed size, and a list from the
 * most to the least recently used through the same entries.
 */
#include "gateway/failures.h"

#include <assert.h>
#include <stdlib.h>

enum { FORGET_AFTER_MS = 60000, WAIT_FIRST_MS = 1000, WAIT_LONGEST_MS = 60000 };

#define NONE UINT32_MAX

struct failure {
    uint64_t key;
    int64_t last_ms;
    int64_t until_ms;
    uint32_t count;
    uint32_t next_in_chain;
    uint32_t newer;
    uint32_t older;
};

struct failures {
    size_t capacity;
    size_t count;
    struct failure *entries;
    uint32_t *chains; /* as many as entries */
    uint32_t newest;
    uint32_t oldest;
    uint32_t unused; /* entries that were given back, chained by next_in_chain */
};

struct failures *failures_new(size_t capacity)
{
    struct failures *failures = calloc(1, sizeof(*failures));

    assert(capacity > 0 && capacity < NONE);
    if (failures == NULL)
        abort();
    failures->entries = calloc(capacity, sizeof(*failures->entries));
    failures->chains = calloc(capacity, sizeof(*failures->chains));
    if (failures->entries == NULL || failures->chains == NULL)
        abort();
    failures->capacity = capacity;
    for (size_t i = 0; i < capacity; i++) {
        failures->chains[i] = NONE;
        failures->entries[i].next_in_chain = i + 1 < capacity ? (uint32_t)i + 1 : NONE;
    }
    failures->newest = failures->oldest = NONE;
    return failures;
}

void failures_free(struct failures *failures)
{
    if (failures == NULL)
        return;
    free(failures->entries);
    free(failures->chains);
    free(failures);
}

static uint32_t *chain_of(struct failures *failures, uint64_t key)
{
    return &failures->chains[key % failures->capacity];
}

static uint32_t find(struct failures *failures, uint64_t key)
{
    uint32_t place = *chain_of(failures, key);

    while (place != NONE && failures->entries[place].key != key)
        place = failures->entries[place].next_in_chain;
    return place;
}

static void unlink_age(struct failures *failures, uint32_t place)
{
    const struct failure *entry = &failures->entries[place];

    if (entry->newer != NONE)
        failures->entries[entry->newer].older = entry->older;
    else
        failures->newest = entry->older;
    if (entry->older != NONE)
        failures->entries[entry->older].newer = entry->newer;
    else
        failures->oldest = entry->newer;
}

static void link_newest(struct failures *failures, uint32_t place)
{
    struct failure *entry = &failures->entries[place];

    entry->newer = NONE;
    entry->older = failures->newest;
    if (failures->newest != NONE)
        failures->entries[failures->newest].newer = place;
    else
        failures->oldest = place;
    failures->newest = place;
}

static void drop(struct failures *failures, uint32_t place)
{
    struct failure *entry = &failures->entries[place];
    uint32_t *link = chain_of(failures, entry->key);

    while (*link != place)
        link = &failures->entries[*link].next_in_chain;
    *link = entry->next_in_chain;
    unlink_age(failures, place);
    entry->next_in_chain = failures->unused;
    failures->unused = place;
    failures->count--;
}

/* A fresh entry for the key, the oldest one's if there is no other. */
static uint32_t make(struct failures *failures, uint64_t key)
{
    uint32_t *chain = chain_of(failures, key);
    uint32_t place;

    if (failures->unused == NONE)
        drop(failures, failures->oldest);
    place = failures->unused;
    failures->unused = failures->entries[place].next_in_chain;
    failures->entries[place] = (struct failure){.key = key, .next_in_chain = *chain};
    *chain = place;
    link_newest(failures, place);
    failures->count++;
    return place;
}

bool failures_waits(struct failures *failures, uint64_t key, int64_t now_ms)
{
    uint32_t place = find(failures, key);

    return place != NONE && now_ms < failures->entries[place].until_ms;
}

void failures_add(struct failures *failures, uint64_t key, unsigned free_count,
                  int64_t now_ms)
{
    uint32_t place = find(failures, key);
    struct failure *entry;
    int64_t wait_ms = WAIT_FIRST_MS;

    if (place == NONE) {
        place = make(failures, key);
    } else {
        unlink_age(failures, place);
        link_newest(failures, place);
    }
    entry = &failures->entries[place];
    if (now_ms - entry->last_ms > FORGET_AFTER_MS && now_ms >= entry->until_ms)
        entry->count = 0;
    entry->last_ms = now_ms;
    entry->count++;
    if (entry->count <= free_count)
        return;
    for (uint32_t i = free_count + 1; i < entry->count && wait_ms < WAIT_LONGEST_MS; i++)
        wait_ms *= 2;
    entry->until_ms = now_ms + (wait_ms < WAIT_LONGEST_MS ? wait_ms : WAIT_LONGEST_MS);
}

void failures_forget(struct failures *failures, uint64_t key)
{
    uint32_t place = find(failures, key);

    if (place != NONE)
        drop(failures, place);
}

size_t failures_count(const struct failures *failures)
{
    return failures->count;
}
