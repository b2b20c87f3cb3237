/*
 * Who the messages go to: number patterns with shares, so that a peer that acts by
 * number can be made to do each thing a known number of times.
 *
 * A list is `PATTERN[:SHARE][=STAT],...`.  Each `#` of a pattern is a digit of that
 * pattern's own counter, which starts at 0.  Of every (sum of the shares) messages in
 * a row each pattern gets its share.  STAT is the word its receipts must carry.
 */
#ifndef TESTS_BENCH_DESTINATION_H
#define TESTS_BENCH_DESTINATION_H

#include <stddef.h>
#include <stdint.h>

#include "tests/bench/bench_stat.h"

#define BENCH_DESTINATIONS_MAX 64

/* The longest destination_addr of SMPP 3.4, without its NUL. */
#define BENCH_NUMBER_MAX 20

struct bench_destination {
    char pattern[BENCH_NUMBER_MAX + 1];
    uint32_t share;
    uint32_t share_before; /* of the patterns before this one */
    enum bench_stat expected;
};

struct bench_destinations {
    struct bench_destination rows[BENCH_DESTINATIONS_MAX];
    unsigned count;
    uint32_t share_sum;
};

/* NULL when read; else why not, as a sentence to show. */
const char *bench_destinations_read(const char *list, struct bench_destinations *out);

/* Which row message `message` goes to, and the counter of that row. */
unsigned bench_destinations_row(const struct bench_destinations *destinations,
                                uint32_t message, uint32_t *out_counter);

/* Writes the digits of `counter` over those octets of `number` where the pattern has #. */
void bench_destination_fill(const char *pattern, uint32_t counter, char *number);

#endif
