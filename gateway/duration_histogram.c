#include "gateway/duration_histogram.h"

int64_t duration_histogram_bound_us(size_t bucket)
{
    if (bucket >= DURATION_HISTOGRAM_BUCKETS - 1)
        return 0;
    return (int64_t)DURATION_HISTOGRAM_FIRST_US << bucket;
}

void duration_histogram_add(struct duration_histogram *histogram, int64_t us)
{
    uint64_t duration_us = us > 0 ? (uint64_t)us : 0;
    size_t bucket = 0;

    while (bucket < DURATION_HISTOGRAM_BUCKETS - 1 &&
           duration_us > (uint64_t)duration_histogram_bound_us(bucket))
        bucket++;
    histogram->counts[bucket]++;
    histogram->sum_us += duration_us;
}
