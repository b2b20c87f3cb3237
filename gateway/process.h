/*
 * What the system says of this process.
 */
#ifndef GATEWAY_PROCESS_H
#define GATEWAY_PROCESS_H

#include <stdint.h>

struct process_facts {
    int64_t cpu_us;         /* of all threads, user and system */
    int64_t resident_bytes; /* -1: not known, also below */
    int64_t open_files;
};

struct process_facts process_read_facts(void);

#endif
