/*
 * A bucket is the leading 7 bits of a time: their number and their position.  The
 * first two doublings need no position, so bucket and time are the same there.
 */
#include "tests/bench/bench_histogram.h"

#include <assert.h>

#define SUB_BITS 6

static unsigned bucket_of(uint64_t time_ns)
{
    if (time_ns < 2u << SUB_BITS)
        return (unsigned)time_ns;

    unsigned shift = 63u - (unsigned)__builtin_clzll(time_ns) - SUB_BITS;

    return (shift << SUB_BITS) + (unsigned)(time_ns >> shift);
}

static int64_t last_of(unsigned bucket)
{
    if (bucket < 2u << SUB_BITS)
        return bucket;

    unsigned shift = (bucket >> SUB_BITS) - 1;
    uint64_t leading = bucket - (shift << SUB_BITS);

    return (int64_t)(((leading + 1) << shift) - 1);
}

void bench_histogram_add(struct bench_histogram *histogram, int64_t time_ns)
{
    if (time_ns < 0)
        time_ns = 0;
    histogram->counts[bucket_of((uint64_t)time_ns)]++;
    histogram->total++;
    if (time_ns > histogram->max_ns)
        histogram->max_ns = time_ns;
}

int64_t bench_histogram_quantile(const struct bench_histogram *histogram, double share)
{
    assert(share >= 0 && share <= 1);

    double exact = (double)histogram->total * share;
    uint64_t wanted = (uint64_t)exact;
    uint64_t seen = 0;

    if ((double)wanted < exact)
        wanted++;
    for (unsigned bucket = 0; bucket < BENCH_HISTOGRAM_BUCKETS; bucket++) {
        seen += histogram->counts[bucket];
        if (seen >= wanted && seen > 0) {
            int64_t last_ns = last_of(bucket);

            return last_ns < histogram->max_ns ? last_ns : histogram->max_ns;
        }
    }
    return 0;
}
