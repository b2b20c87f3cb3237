/*
 * What the system says of this process.
 */
#ifndef GATEWAY_PROCESS_H
#define GATEWAY_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

struct process_facts {
    int64_t cpu_us;         /* of all threads, user and system */
    int64_t resident_bytes; /* -1: not known, also below */
    int64_t open_files;
};

struct process_facts process_read_facts(void);

/* How long the calling thread was ready to run and another had the processor, ever; 0 where
 * the system does not count it.  `waits` was opened by that thread. */
int process_open_waits(void);
int64_t process_waited_us(int waits);

/* Takes all the open files and sockets the system lets us have, and returns how many. */
uint64_t process_raise_open_files(void);

/* Whether a crash may leave a core file, and a debugger of our own user look in. */
void process_let_dump(bool may);

#endif
