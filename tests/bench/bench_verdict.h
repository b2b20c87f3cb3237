/*
 * Whether a run was exact, and if not, why: one sentence for each thing that was wrong.
 */
#ifndef TESTS_BENCH_VERDICT_H
#define TESTS_BENCH_VERDICT_H

#include "tests/bench/bench_run.h"

#define BENCH_SENTENCES_MAX  64
#define BENCH_SENTENCE_BYTES 256
#define BENCH_LISTED_MAX     20

struct bench_verdict {
    char sentences[BENCH_SENTENCES_MAX][BENCH_SENTENCE_BYTES];
    unsigned count; /* 0: all is exact */
    uint64_t missing;
    uint64_t unknown; /* receipts for ids that were not given */

    /* The first entries of each kind. */
    const struct bench_entry *missing_entries[BENCH_LISTED_MAX];
    const struct bench_entry *unknown_entries[BENCH_LISTED_MAX];
};

void bench_verdict_find(struct bench_verdict *verdict, const struct bench_run *run);

#endif
