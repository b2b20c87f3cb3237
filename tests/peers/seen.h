/*
 * A bounded set of 64-bit fingerprints: has this been here before?  When it is full
 * it takes no more and says so, so that a count of duplicates is never silently short.
 */
#ifndef TESTS_PEERS_SEEN_H
#define TESTS_PEERS_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct seen {
    uint64_t *slots; /* 0 = free; a power of two of them, at most half used */
    size_t slot_count;
    size_t capacity;
    uint64_t distinct;
    uint64_t duplicates;
    uint64_t untracked; /* came after the set was full, and were not in it */
};

/* Release with seen_done(). */
void seen_init(struct seen *seen, size_t capacity);
void seen_done(struct seen *seen);

/* Counts it.  True when it was there before. */
bool seen_add(struct seen *seen, uint64_t fingerprint);

#define SEEN_START 0xCBF29CE484222325u

/* Folds octets into a fingerprint that began as SEEN_START. */
uint64_t seen_fold(uint64_t fingerprint, const void *octets, size_t size);

#endif
