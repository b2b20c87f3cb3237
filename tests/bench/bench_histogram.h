/*
 * Times, counted in buckets that grow with the time itself: a quantile read from
 * here is at most 1/64 (1.6 %) too high, from a nanosecond to centuries, and adding
 * a time costs a few instructions and no memory.
 */
#ifndef TESTS_BENCH_HISTOGRAM_H
#define TESTS_BENCH_HISTOGRAM_H

#include <stdint.h>

/* 128 buckets of one nanosecond, then 64 for each further doubling up to 2^63. */
#define BENCH_HISTOGRAM_BUCKETS 3712

/* All zero is an empty histogram. */
struct bench_histogram {
    uint64_t counts[BENCH_HISTOGRAM_BUCKETS];
    uint64_t total;
    int64_t max_ns;
};

/* A negative time (a clock that stepped) counts as 0. */
void bench_histogram_add(struct bench_histogram *histogram, int64_t time_ns);

/*
 * The time that `share` (0 to 1) of all the times do not pass, rounded up to the end
 * of its bucket and never above the longest; 0 when nothing was added.
 */
int64_t bench_histogram_quantile(const struct bench_histogram *histogram, double share);

#endif
