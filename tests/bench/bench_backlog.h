/*
 * Submits that have to be made again: refused for now, or left unanswered by a lost
 * connection, or the parts of a message whose bind was lost between two of them.  First
 * in, first out; the capacity is the sum of all windows and of one message per bind,
 * because nothing new is begun while one waits here.
 */
#ifndef TESTS_BENCH_BACKLOG_H
#define TESTS_BENCH_BACKLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bench_due_submit {
    uint32_t unit;
    int64_t intended_ns;
};

struct bench_backlog {
    struct bench_due_submit *rows;
    size_t capacity;
    size_t first;
    size_t count;
};

void bench_backlog_init(struct bench_backlog *backlog, size_t capacity);
void bench_backlog_done(struct bench_backlog *backlog);

/* There must be room. */
void bench_backlog_put(struct bench_backlog *backlog, uint32_t unit, int64_t intended_ns);

/* False when it is empty. */
bool bench_backlog_take(struct bench_backlog *backlog, struct bench_due_submit *out_submit);

#endif
