/*
 * A program that the demo runs beside itself: in a process group of its own, so that
 * Ctrl-C reaches the demo alone, with what it says in a file.  It does not outlive the
 * demo, however that ends.
 */
#ifndef GATEWAY_CLI_DEMO_CHILD_H
#define GATEWAY_CLI_DEMO_CHILD_H

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

struct demo_child {
    const char *name; /* borrowed */
    pid_t pid;        /* 0: not running */
    int status;       /* as of wait(2), once it has ended */
    char log_path[PATH_MAX];
};

/*
 * Starts `program` with `arguments` (arguments[0] is its name, the last is NULL).  False,
 * with errno, when there can be no process; a program that cannot be run says so in its
 * log and ends with 127.
 */
bool demo_child_start(struct demo_child *child, const char *program,
                      const char *const *arguments, const char *folder)
    __attribute__((warn_unused_result));

/* False once it has ended; `status` is set then. */
bool demo_child_runs(struct demo_child *child);

/* SIGTERM; after `grace_ms` SIGKILL.  Nothing if it does not run. */
void demo_child_end(struct demo_child *child, int grace_ms);

/* "status 1", "signal 9 (Killed)", into `out`. */
void demo_child_how_it_ended(const struct demo_child *child, char *out, size_t room);

/* The last lines of what it said, indented. */
void demo_child_print_log(const struct demo_child *child, FILE *out);

#endif
