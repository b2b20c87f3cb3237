/*
 * A few counters of a Prometheus page: those whose names begin with sluice_store_, and
 * those that are asked for.  Fetched over plain HTTP, before and after a run.
 */
#ifndef TESTS_BENCH_METRICS_H
#define TESTS_BENCH_METRICS_H

#include <stddef.h>

#define BENCH_METRIC_ROWS_MAX   256
#define BENCH_METRIC_NAME_BYTES 160

struct bench_metric {
    char name[BENCH_METRIC_NAME_BYTES]; /* with its labels, as on the page */
    double value;
};

struct bench_metrics {
    struct bench_metric rows[BENCH_METRIC_ROWS_MAX];
    unsigned count;
};

struct bench_metrics_source {
    const char *url;          /* http://HOST[:PORT]/PATH */
    const char *token;        /* NULL: none */
    const char *const *names; /* wanted besides */
    unsigned name_count;
};

/* Waits for the answer, 5 s at most.  NULL when read; else why not, as a sentence. */
const char *bench_metrics_fetch(const struct bench_metrics_source *source,
                                struct bench_metrics *out_metrics);

/* Picks the rows out of a page; gauges and the buckets of histograms are left out. */
void bench_metrics_read(const struct bench_metrics_source *source, const char *page,
                        struct bench_metrics *out_metrics);

/* How much the row named `name` has grown; a row that was not there counts from 0. */
double bench_metrics_growth(const struct bench_metrics *before,
                            const struct bench_metric *after);

#endif
