#include "gateway/duration_histogram.h"

#include "tests/test.h"

TEST(a_turn_counts_into_the_first_bucket_that_holds_it)
{
    static const struct {
        const char *row;
        int64_t us;
        size_t bucket;
    } rows[] = {
        {"a clock that stood still", 0,          0 },
        {"one that went back",       -5,         0 },
        {"short",                    64,         0 },
        {"just longer",              65,         1 },
        {"the second bound",         128,        1 },
        {"a millisecond",            1000,       4 },
        {"the last bound",           4194304,    16},
        {"longer than all",          4194305,    17},
        {"an hour",                  3600000000, 17},
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct duration_histogram histogram = {0};

        duration_histogram_add(&histogram, rows[i].us);
        for (size_t at = 0; at < DURATION_HISTOGRAM_BUCKETS; at++)
            CHECK_EQ(histogram.counts[at], at == rows[i].bucket, rows[i].row);
        CHECK_EQ(histogram.sum_us, rows[i].us > 0 ? rows[i].us : 0, rows[i].row);
    }
}

TEST(bounds_double_and_the_last_bucket_has_none)
{
    CHECK_EQ(duration_histogram_bound_us(0), DURATION_HISTOGRAM_FIRST_US, "the first");
    for (size_t i = 1; i < DURATION_HISTOGRAM_BUCKETS - 1; i++)
        CHECK_EQ(duration_histogram_bound_us(i), 2 * duration_histogram_bound_us(i - 1),
                 "the next");
    CHECK_EQ(duration_histogram_bound_us(DURATION_HISTOGRAM_BUCKETS - 1), 0, "the last");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(a_turn_counts_into_the_first_bucket_that_holds_it),
        RUN(bounds_double_and_the_last_bucket_has_none),
    };

    return RUN_ALL(tests);
}
