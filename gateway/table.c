/*
 * Linear probing; a removal closes the gap, so that no tombstones gather.  A table that
 * grows moves a few entries for each new one: with millions of them nobody could wait for
 * all.  What is put is put into the new places; the old ones are emptied from a free place
 * onwards, a run of neighbours at a time, so that the runs that are left are whole.
 */
#include "gateway/table.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
    LARGE_PAGE_BYTES = 2 * 1024 * 1024,
    PLACES_FIRST = 64,
    MOVED_AT_ONCE = 8, /* places that are emptied for a new entry, and the rest of a run */
};

struct entry {
    uint64_t key; /* 0: the place is free */
    uint64_t value;
};

struct places {
    struct entry *entries;
    size_t mask;
};

struct table {
    struct places now;
    struct places old; /* what has not been moved yet; without entries: all has */
    size_t emptied;    /* of the old places, from `old_first` */
    size_t old_first;
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

/* A look at any place is a look at any page: with large ones the processor knows them.
 * They are zeroed one by one as they are used. */
static struct places places_new(size_t count)
{
    size_t size = count * sizeof(struct entry);
    struct places places = {.mask = count - 1};

    if (size < LARGE_PAGE_BYTES) {
        places.entries = calloc(count, sizeof(*places.entries));
        if (places.entries == NULL)
            abort();
        return places;
    }
    places.entries =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (places.entries == MAP_FAILED)
        abort();
    (void)madvise(places.entries, size, MADV_HUGEPAGE); /* without them it is slower */
    return places;
}

static void places_free(struct places *places)
{
    size_t size = (places->mask + 1) * sizeof(struct entry);

    if (places->entries != NULL && size >= LARGE_PAGE_BYTES)
        munmap(places->entries, size);
    else
        free(places->entries);
    *places = (struct places){0};
}

struct table *table_new(size_t capacity)
{
    struct table *table = calloc(1, sizeof(*table));

    if (table == NULL)
        abort();
    table->now = places_new(PLACES_FIRST);
    table->capacity = capacity;
    return table;
}

void table_free(struct table *table)
{
    if (table == NULL)
        return;
    places_free(&table->now);
    places_free(&table->old);
    free(table);
}

/* --- places ------------------------------------------------------------------------- */

/* Where the key is, or would be. */
static struct entry *find(const struct places *places, uint64_t key)
{
    size_t at = mix(key) & places->mask;

    while (places->entries[at].key != 0 && places->entries[at].key != key)
        at = (at + 1) & places->mask;
    return &places->entries[at];
}

static struct entry *find_old(const struct table *table, uint64_t key)
{
    struct entry *entry = table->old.entries != NULL ? find(&table->old, key) : NULL;

    return entry != NULL && entry->key != 0 ? entry : NULL;
}

/* So many old places at least are emptied, up to the end of a run. */
static void move_some(struct table *table, size_t least)
{
    struct places *old = &table->old;
    bool was_free = false;

    if (old->entries == NULL)
        return;
    for (size_t moved = 0; table->emptied <= old->mask && (moved < least || !was_free);
         moved++) {
        struct entry *entry =
            &old->entries[(table->old_first + table->emptied++) & old->mask];

        was_free = entry->key == 0;
        if (was_free)
            continue;
        *find(&table->now, entry->key) = *entry;
        entry->key = 0;
    }
    if (table->emptied > old->mask)
        places_free(old);
}

/* To so many places. */
static void grow(struct table *table, size_t count)
{
    move_some(table, SIZE_MAX);
    table->old = table->now;
    table->now = places_new(count);
    table->emptied = 0;
    table->old_first = 0;
    while (table->old.entries[table->old_first].key != 0)
        table->old_first++;
}

void table_reserve(struct table *table, size_t keys)
{
    size_t count = table->now.mask + 1;

    while (keys * 3 > (count - 1) * 2)
        count *= 2;
    if (count == table->now.mask + 1)
        return;
    grow(table, count);
    move_some(table, SIZE_MAX);
}

/* For one more; true: others have moved. */
static bool make_place(struct table *table)
{
    bool moves = table->old.entries != NULL;

    move_some(table, MOVED_AT_ONCE);
    if (table->count * 3 < table->now.mask * 2)
        return moves;
    grow(table, (table->now.mask + 1) * 2);
    return true;
}

/* --- entries ------------------------------------------------------------------------ */

bool table_put(struct table *table, uint64_t key, uint64_t value)
{
    struct entry *entry;
    struct entry *old;

    entry = find(&table->now, key);
    if (entry->key == 0) {
        old = find_old(table, key);
        if (old != NULL) {
            old->value = value;
            return true;
        }
        if (table->count >= table->capacity)
            return false;
        if (make_place(table))
            entry = find(&table->now, key);
        table->count++;
    }
    *entry = (struct entry){key, value};
    return true;
}

bool table_get(const struct table *table, uint64_t key, uint64_t *out)
{
    const struct entry *entry;

    if (table->count == 0)
        return false;
    entry = find(&table->now, key);
    if (entry->key == 0)
        entry = find_old(table, key);
    if (entry == NULL)
        return false;
    *out = entry->value;
    return true;
}

void table_prefetch(const struct table *table, uint64_t key)
{
    __builtin_prefetch(&table->now.entries[mix(key) & table->now.mask]);
}

static void remove_from(struct places *places, struct entry *entry)
{
    struct entry *entries = places->entries;
    size_t gap = (size_t)(entry - entries);

    for (size_t at = (gap + 1) & places->mask; entries[at].key != 0;
         at = (at + 1) & places->mask) {
        size_t home = mix(entries[at].key) & places->mask;

        /* It may move into the gap unless its home lies between the gap and itself. */
        if (((at - home) & places->mask) < ((at - gap) & places->mask))
            continue;
        entries[gap] = entries[at];
        gap = at;
    }
    entries[gap].key = 0;
}

void table_remove(struct table *table, uint64_t key)
{
    struct entry *entry = find(&table->now, key);

    if (entry->key != 0) {
        remove_from(&table->now, entry);
    } else {
        entry = find_old(table, key);
        if (entry == NULL)
            return;
        remove_from(&table->old, entry);
    }
    table->count--;
}

void table_clear(struct table *table)
{
    places_free(&table->old);
    memset(table->now.entries, 0, (table->now.mask + 1) * sizeof(*table->now.entries));
    table->count = 0;
}

size_t table_count(const struct table *table)
{
    return table->count;
}

/* The old places come first. */
bool table_next(const struct table *table, size_t *at, uint64_t *out_key,
                uint64_t *out_value)
{
    size_t old_count = table->old.entries != NULL ? table->old.mask + 1 : 0;

    for (; *at <= old_count + table->now.mask; (*at)++) {
        const struct entry *entry = *at < old_count ? &table->old.entries[*at]
                                                    : &table->now.entries[*at - old_count];

        if (entry->key == 0)
            continue;
        *out_key = entry->key;
        *out_value = entry->value;
        (*at)++;
        return true;
    }
    return false;
}
