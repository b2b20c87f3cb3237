/*
 * How long the turns of the loop took, in buckets that double: from 64 microseconds to
 * 4 seconds, and longer.
 */
#ifndef GATEWAY_LOOP_HISTOGRAM_H
#define GATEWAY_LOOP_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

enum { LOOP_HISTOGRAM_BUCKETS = 18, LOOP_HISTOGRAM_FIRST_US = 64 };

/* Zero it before the first use. */
struct loop_histogram {
    uint64_t counts[LOOP_HISTOGRAM_BUCKETS]; /* the last: longer than all bounds */
    uint64_t sum_us;
};

void loop_histogram_add(struct loop_histogram *histogram, int64_t us);

/* The highest duration that counts into the bucket; 0 for the last: none. */
int64_t loop_histogram_bound_us(size_t bucket);

#endif
