/*
 * A hash table from 64-bit keys to 64-bit values, open addressing, growing
 * up to a capacity given at creation, a little with each new key.  Key 0 is not allowed.
 */
#ifndef GATEWAY_TABLE_H
#define GATEWAY_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct table;

/* Never NULL.  At most `capacity` entries: then table_put() refuses. */
struct table *table_new(size_t capacity);
void table_free(struct table *table);

/* Room for so many keys, made now: it does not grow before there are more. */
void table_reserve(struct table *table, size_t keys);

/* A key that is there gets the new value; false when the table is full. */
bool table_put(struct table *table, uint64_t key, uint64_t value)
    __attribute__((warn_unused_result));
bool table_get(const struct table *table, uint64_t key, uint64_t *out);
/* It is about to be asked for: the memory is told. */
void table_prefetch(const struct table *table, uint64_t key);
/* All of it; the room is kept. */
void table_clear(struct table *table);
/* Harmless when it is not there. */
void table_remove(struct table *table, uint64_t key);
size_t table_count(const struct table *table);

/* Each entry once, in no order that matters, as long as none comes or goes; values may
 * change.  `at` starts at 0, and is of no use once one has come: the places may be others.
 * False at the end. */
bool table_next(const struct table *table, size_t *at, uint64_t *out_key,
                uint64_t *out_value);

/* A well-mixed number of some octets and a seed; never 0. */
uint64_t table_hash(uint64_t seed, const void *octets, size_t size);

#endif
