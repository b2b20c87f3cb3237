#include "tests/test.h"

#include "tests/bench/bench_metrics.h"

static const char page[] = "# HELP sluice_store_commits_total Commits.\n"
                           "# TYPE sluice_store_commits_total counter\n"
                           "sluice_store_commits_total 12\n"
                           "# TYPE sluice_store_ops_total counter\n"
                           "sluice_store_ops_total{kind=\"a b\"} 3\r\n"
                           "sluice_store_ops_total{kind=\"c\"} 1e3 1700000000\n"
                           "# TYPE sluice_store_wal_bytes gauge\n"
                           "sluice_store_wal_bytes 4096\n"
                           "# TYPE sluice_store_turn_seconds histogram\n"
                           "sluice_store_turn_seconds_bucket{le=\"1\"} 7\n"
                           "sluice_store_turn_seconds_sum 0.5\n"
                           "sluice_store_turn_seconds_count 7\n"
                           "# TYPE other_total counter\n"
                           "other_total 1\n"
                           "# TYPE wanted_total counter\n"
                           "wanted_total 5\n"
                           "wanted_total_not 6\n"
                           "sluice_store_cut";

static const struct {
    const char *name;
    double value;
} expected[] = {
    {"sluice_store_commits_total",           12  },
    {"sluice_store_ops_total{kind=\"a b\"}", 3   },
    {"sluice_store_ops_total{kind=\"c\"}",   1000},
    {"sluice_store_turn_seconds_sum",        0.5 },
    {"sluice_store_turn_seconds_count",      7   },
    {"wanted_total",                         5   },
};

static struct bench_metrics read_page(void)
{
    static const char *const names[] = {"wanted_total"};
    struct bench_metrics metrics;

    bench_metrics_read(&(struct bench_metrics_source){"", NULL, names, 1}, page, &metrics);
    return metrics;
}

TEST(counters_of_the_store_and_those_asked_for_are_read)
{
    struct bench_metrics metrics = read_page();

    CHECK_EQ(metrics.count, ROWS(expected), "no more and no fewer");
    for (size_t i = 0; i < ROWS(expected); i++) {
        CHECK_STR(metrics.rows[i].name, expected[i].name, "name");
        CHECK(metrics.rows[i].value == expected[i].value, expected[i].name);
    }
}

TEST(growth_is_the_difference_to_the_same_row_before)
{
    struct bench_metrics before = read_page();
    struct bench_metric after = {"sluice_store_ops_total{kind=\"c\"}", 1500};
    struct bench_metric fresh = {"sluice_store_ops_total{kind=\"new\"}", 8};

    CHECK(bench_metrics_growth(&before, &after) == 500, "there before");
    CHECK(bench_metrics_growth(&before, &fresh) == 8, "not there before");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(counters_of_the_store_and_those_asked_for_are_read),
        RUN(growth_is_the_difference_to_the_same_row_before),
    };

    return RUN_ALL(tests);
}
