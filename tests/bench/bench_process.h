/* What a process of this machine has used, as the kernel counts it. */
#ifndef TESTS_BENCH_PROCESS_H
#define TESTS_BENCH_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct bench_process {
    double cpu_s; /* user and system, all threads */
    uint64_t rss_bytes;
    uint64_t peak_rss_bytes;
};

/* False when there is no such process. */
bool bench_process_read(pid_t pid, struct bench_process *out_process);

#endif
