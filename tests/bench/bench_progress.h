/*
 * One line on a terminal that says how far a run is, drawn over itself.  Elsewhere
 * nothing is drawn.
 */
#ifndef TESTS_BENCH_PROGRESS_H
#define TESTS_BENCH_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct bench_progress {
    bool is_shown;
    int64_t drawn_ns;
    uint64_t drawn_accepted;
    double rate_per_s;
};

struct bench_progress_facts {
    double done; /* 0 to 1 */
    uint64_t accepted;
    uint64_t receipts;
    unsigned in_flight;
    unsigned window; /* of all binds together */
    int64_t elapsed_ns;
};

/* Shown only if standard error is a terminal and `is_wanted`. */
void bench_progress_begin(struct bench_progress *progress, bool is_wanted);

/* Draws at most five times a second. */
void bench_progress_draw(struct bench_progress *progress,
                         const struct bench_progress_facts *facts, int64_t now_ns);

/* Takes the line away. */
void bench_progress_end(struct bench_progress *progress);

#endif
