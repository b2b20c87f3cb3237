/* What a run is told as: to a person, as JSON, and as a list of ids. */
#ifndef TESTS_BENCH_REPORT_H
#define TESTS_BENCH_REPORT_H

#include <stdio.h>

#include "tests/bench/bench_run.h"
#include "tests/bench/bench_verdict.h"

void bench_report_text(FILE *file, const struct bench_run *run);

/* Each sentence of the verdict on a line, and the ids concerned. */
void bench_report_faults(FILE *file, const struct bench_run *run,
                         const struct bench_verdict *verdict);

void bench_report_json(FILE *file, const struct bench_run *run,
                       const struct bench_verdict *verdict);

/* A line of names, then one line per accepted id, with tabs between the fields. */
void bench_report_ids(FILE *file, const struct bench_run *run);

#endif
