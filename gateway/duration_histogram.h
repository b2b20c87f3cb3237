/*
 * How long something took each time, in buckets that double: from 64 microseconds to
 * 4 seconds, and longer.
 */
#ifndef GATEWAY_DURATION_HISTOGRAM_H
#define GATEWAY_DURATION_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

enum { DURATION_HISTOGRAM_BUCKETS = 18, DURATION_HISTOGRAM_FIRST_US = 64 };

/* Zero it before the first use. */
struct duration_histogram {
    uint64_t counts[DURATION_HISTOGRAM_BUCKETS]; /* the last: longer than all bounds */
    uint64_t sum_us;
};

void duration_histogram_add(struct duration_histogram *histogram, int64_t us);

/* The highest duration that counts into the bucket; 0 for the last: none. */
int64_t duration_histogram_bound_us(size_t bucket);

#endif
