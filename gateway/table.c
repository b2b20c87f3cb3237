/* Linear probing; a removal closes the gap, so that no tombstones gather. */
#include "gateway/table.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { LARGE_PAGE_BYTES = 2 * 1024 * 1024 };

struct entry {
    uint64_t key;
    uint64_t value;
};

struct table {
    struct entry *entries;
    size_t mask;
    size_t count;
    size_t capacity;
};

static uint64_t mix(uint64_t value)
{
    value ^= value >> 33;
    value *= 0xff51afd7ed558ccdULL;
    value ^= value >> 33;
    value *= 0xc4ceb9fe1a85ec53ULL;
    value ^= value >> 33;
    return value;
}

uint64_t table_hash(uint64_t seed, const void *octets, size_t size)
{
    const uint8_t *at = octets;
    uint64_t hash = mix(seed + size);

    while (size >= 8) {
        uint64_t word;

        memcpy(&word, at, 8);
        hash = mix(hash ^ word) + 0x9e3779b97f4a7c15ULL;
        at += 8;
        size -= 8;
    }
    if (size > 0) {
        uint64_t word = 0;

        memcpy(&word, at, size);
        hash = mix(hash ^ word);
    }
    return hash ? hash : 1;
}

/* A look at any place is a look at any page: with large ones the processor knows them. */
static struct entry *entries_new(size_t count)
{
    size_t size = count * sizeof(struct entry);
    struct entry *entries;

    if (size < LARGE_PAGE_BYTES) {
        entries = calloc(count, sizeof(*entries));
        if (entries == NULL)
            abort();
        return entries;
    }
    entries = aligned_alloc(LARGE_PAGE_BYTES, size);
    if (entries == NULL)
        abort();
    (void)madvise(entries, size, MADV_HUGEPAGE); /* without them it is slower */
    memset(entries, 0, size);
    return entries;
}

struct table *table_new(size_t capacity)
{
    struct table *table = calloc(1, sizeof(*table));

    if (table == NULL)
        abort();
    table->entries = entries_new(64);
    table->mask = 63;
    table->capacity = capacity;
    return table;
}

void table_free(struct table *table)
{
    if (table == NULL)
        return;
    free(table->entries);
    free(table);
}

static size_t place(const struct table *table, uint64_t key)
{
    size_t at = mix(key) & table->mask;

    while (table->entries[at].key != 0 && table->entries[at].key != key)
        at = (at + 1) & table->mask;
    return at;
}

static void resize(struct table *table, size_t count)
{
    struct entry *old = table->entries;
    size_t old_count = table->mask + 1;

    table->entries = entries_new(count);
    table->mask = count - 1;
    for (size_t i = 0; i < old_count; i++)
        if (old[i].key != 0)
            table->entries[place(table, old[i].key)] = old[i];
    free(old);
}

void table_reserve(struct table *table, size_t keys)
{
    size_t count = table->mask + 1;

    while (keys * 3 > (count - 1) * 2)
        count *= 2;
    if (count > table->mask + 1)
        resize(table, count);
}

bool table_put(struct table *table, uint64_t key, uint64_t value)
{
    size_t at = place(table, key);

    if (table->entries[at].key == 0) {
        if (table->count >= table->capacity)
            return false;
        if (table->count * 3 >= table->mask * 2) {
            resize(table, (table->mask + 1) * 2);
            at = place(table, key);
        }
        table->count++;
    }
    table->entries[at] = (struct entry){key, value};
    return true;
}

bool table_get(const struct table *table, uint64_t key, uint64_t *out)
{
    size_t at;

    if (table->count == 0)
        return false;
    at = place(table, key);
    if (table->entries[at].key == 0)
        return false;
    *out = table->entries[at].value;
    return true;
}

void table_prefetch(const struct table *table, uint64_t key)
{
    __builtin_prefetch(&table->entries[mix(key) & table->mask]);
}

void table_remove(struct table *table, uint64_t key)
{
    size_t gap = place(table, key);

    if (table->entries[gap].key == 0)
        return;
    for (size_t at = (gap + 1) & table->mask; table->entries[at].key != 0;
         at = (at + 1) & table->mask) {
        size_t home = mix(table->entries[at].key) & table->mask;

        /* It may move into the gap unless its home lies between the gap and itself. */
        if (((at - home) & table->mask) < ((at - gap) & table->mask))
            continue;
        table->entries[gap] = table->entries[at];
        gap = at;
    }
    table->entries[gap].key = 0;
    table->count--;
}

void table_clear(struct table *table)
{
    memset(table->entries, 0, (table->mask + 1) * sizeof(*table->entries));
    table->count = 0;
}

size_t table_count(const struct table *table)
{
    return table->count;
}

bool table_next(const struct table *table, size_t *at, uint64_t *out_key,
                uint64_t *out_value)
{
    for (; *at <= table->mask; (*at)++) {
        if (table->entries[*at].key == 0)
            continue;
        *out_key = table->entries[*at].key;
        *out_value = table->entries[*at].value;
        (*at)++;
        return true;
    }
    return false;
}
