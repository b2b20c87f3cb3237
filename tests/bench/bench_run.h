/*
 * One run: binds, sends what the options say, waits for every answer and receipt that
 * is due, and knows at the end what happened.  One thread, one loop.
 */
#ifndef TESTS_BENCH_RUN_H
#define TESTS_BENCH_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/bench/bench_histogram.h"
#include "tests/bench/bench_ledger.h"
#include "tests/bench/bench_metrics.h"
#include "tests/bench/bench_options.h"
#include "tests/bench/bench_process.h"
#include "tests/bench/bench_script.h"

#define BENCH_REASON_BYTES 128

struct bench_status_count {
    uint32_t status;
    uint64_t count;
};

/* What happened that the ledger does not know. */
struct bench_run_counts {
    uint64_t submits; /* sent, each time anew */
    uint64_t refused; /* answered with a status; of these retried later: */
    uint64_t retried;
    uint64_t unanswered;     /* a lost connection swallowed the answer */
    uint64_t resent;         /* of these submitted again */
    uint64_t never_answered; /* no answer although the connection stood */
    uint64_t intermediate;   /* notifications on the way */
    uint64_t others;         /* deliver_sm that are no receipts */
    uint64_t ids_differ;
    uint64_t stats_differ;
    uint64_t connections_lost;
    uint64_t connects_failed; /* attempts that did not become a bind */
    uint64_t wrongs;          /* PDUs no correct peer sends */
    char first_loss[BENCH_REASON_BYTES];
    char first_failure[BENCH_REASON_BYTES];
    char first_wrong[BENCH_REASON_BYTES];
    struct bench_status_count statuses[BENCH_STATUSES_MAX];
    unsigned status_count;
    uint64_t other_statuses; /* more kinds than the table holds */
};

struct bench_process_use {
    bool is_known;
    double cpu_s;
    uint64_t rss_bytes;
    uint64_t peak_rss_bytes;
};

struct bench_run {
    const struct bench_options *options;
    struct bench_script *script;
    struct bench_ledger *ledger;
    struct bench_run_counts counts;
    struct bench_histogram response_ns;
    struct bench_histogram receipt_ns;
    double started_at_s; /* wall clock, seconds since 1970, at started_ns */
    int64_t started_ns;  /* first submit; 0: there was none */
    int64_t last_response_ns;
    int64_t last_receipt_ns;
    bool gave_up;     /* something due did not come in time */
    bool stopped;     /* by a signal */
    bool out_of_room; /* the ledger could not take more ids */
    struct bench_process_use processes[BENCH_PIDS_MAX];
    struct bench_process_use own;
    struct bench_metrics metrics_before;
    struct bench_metrics metrics_after;
    const char *metrics_error; /* NULL: read, or not asked for */
};

/* Does all of it.  NULL when the run took place; else why it could not begin. */
const char *bench_run(struct bench_run *run, const struct bench_options *options);

void bench_run_done(struct bench_run *run);

#endif
