#include "tests/test.h"

#include "tests/bench/bench_histogram.h"

/* A row of times, and what is read from them. */
static const struct {
    const char *row;
    int64_t times_ns[4];
    unsigned count;
    double share;
    int64_t expected_ns;
} quantiles[] = {
    {"nothing",                  {0},                       0, 0.5,  0        },
    {"one, the middle",          {77},                      1, 0.5,  77       },
    {"one, the end",             {77},                      1, 1,    77       },
    {"two, the middle",          {10, 20},                  2, 0.5,  10       },
    {"two, just beyond",         {10, 20},                  2, 0.51, 20       },
    {"four, the first",          {1, 2, 3, 4},              4, 0,    1        },
    {"four, three quarters",     {4, 3, 2, 1},              4, 0.75, 3        },
    {"a clock that stepped",     {-5},                      1, 1,    0        },
    {"the longest is exact",     {1000, 1000, 1000, 99999}, 4, 1,    99999    },
    {"the longest there can be", {INT64_MAX},               1, 1,    INT64_MAX},
};

TEST(a_quantile_is_the_time_that_its_share_does_not_pass)
{
    for (size_t i = 0; i < ROWS(quantiles); i++) {
        struct bench_histogram histogram = {.total = 0};

        for (unsigned j = 0; j < quantiles[i].count; j++)
            bench_histogram_add(&histogram, quantiles[i].times_ns[j]);
        CHECK_EQ(bench_histogram_quantile(&histogram, quantiles[i].share),
                 quantiles[i].expected_ns, quantiles[i].row);
    }
}

TEST(a_time_is_never_shown_shorter_and_at_most_one_64th_longer)
{
    for (int64_t time_ns = 1; time_ns < INT64_MAX / 3; time_ns += time_ns / 3 + 1) {
        struct bench_histogram histogram = {.total = 0};

        bench_histogram_add(&histogram, time_ns);
        bench_histogram_add(&histogram, INT64_MAX);

        int64_t shown_ns = bench_histogram_quantile(&histogram, 0.5);

        CHECK(shown_ns >= time_ns, "not shorter");
        CHECK(shown_ns - time_ns <= time_ns / 64, "at most 1/64 longer");
    }
}

TEST(a_thousand_times_are_read_in_their_order)
{
    struct bench_histogram histogram = {.total = 0};

    for (int64_t time_us = 1000; time_us > 0; time_us--)
        bench_histogram_add(&histogram, time_us * 1000);
    CHECK_EQ(histogram.total, 1000, "all are counted");
    CHECK_EQ(histogram.max_ns, 1000000, "the longest");
    CHECK(bench_histogram_quantile(&histogram, 0.99) >= 990000, "p99 not below");
    CHECK(bench_histogram_quantile(&histogram, 0.99) <= 1000000, "p99 not above all");
    CHECK(bench_histogram_quantile(&histogram, 0.5) < 510000, "the middle");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(a_quantile_is_the_time_that_its_share_does_not_pass),
        RUN(a_time_is_never_shown_shorter_and_at_most_one_64th_longer),
        RUN(a_thousand_times_are_read_in_their_order),
    };

    return RUN_ALL(tests);
}
