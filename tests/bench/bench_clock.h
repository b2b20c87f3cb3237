/* The one clock of a run. */
#ifndef TESTS_BENCH_CLOCK_H
#define TESTS_BENCH_CLOCK_H

#include <stdint.h>
#include <time.h>

#define BENCH_SECOND_NS 1000000000

/* Monotonic; greater than 0. */
static inline int64_t bench_clock_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * BENCH_SECOND_NS + now.tv_nsec;
}

#endif
