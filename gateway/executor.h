/*
 * Run this there, complete it here.  The only place with locks: the core thread
 * gives a job to a lane, one of the lane's threads runs it, and its completion
 * runs on the core loop again.
 *
 * Jobs of the same lane with one thread run and complete in order.  In the
 * simulator jobs run inline after a virtual delay.
 */
#ifndef GATEWAY_EXECUTOR_H
#define GATEWAY_EXECUTOR_H

#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>

struct clock;
struct event_base;
struct executor;

enum executor_lane {
    EXECUTOR_STORE,  /* one thread: the only writer of the journal */
    EXECUTOR_TABLES, /* one thread: the only writer of the database */
    EXECUTOR_READER, /* one thread: a read-only connection, for what takes a moment */
    EXECUTOR_BOOKS,  /* one thread: another, for what may take minutes */
    EXECUTOR_POOL,   /* two threads: argon2, big bodies */
    EXECUTOR_NAMES,  /* two threads: names of hosts, of which each may take half a minute,
                        and is cut where it waits when the executor is freed */
    EXECUTOR_LANES,
};

/* Owned by who submits it, who leaves it alone until `complete` was called. */
struct executor_job {
    void (*run)(void *self);      /* on the lane's thread */
    void (*complete)(void *self); /* on the core loop */
    void *self;
    struct executor_job *next; /* the executor's */
};

struct executor *executor_new(struct event_base *base);

/*
 * Everything inline, from timers of the virtual clock: `run` after one delay(), `complete`
 * after another, so that there is a moment between them.  `delay_ms` may be NULL: no delay.
 */
struct executor *executor_new_inline(struct clock *clock, int64_t (*delay_ms)(void *owner),
                                     void *owner);

/*
 * Accepts NULL.  Waits for the running jobs, but for names; what was queued and not begun
 * is not run, and nothing is completed any more: the jobs are their owners' again.
 */
void executor_free(struct executor *executor);

/* False when 256 jobs of the lane wait to be begun; nothing has changed then. */
bool executor_submit(struct executor *executor, enum executor_lane lane,
                     struct executor_job *job) __attribute__((warn_unused_result));

/*
 * With threads: waits until a job is to be completed, which the core loop then does, or for
 * so long, or for a signal.
 */
void executor_wait(const struct executor *executor, int64_t at_most_us);

/* A job, on its thread, lets others go first for so long; inline it does not. */
void executor_pause(const struct executor *executor, int64_t us);

/*
 * What the core thread waits for.  Owned by who begins it, who leaves it alone until
 * executor_join() returns.  Inline it is run by that.
 */
struct executor_errand {
    void (*run)(void *self);
    void *self;
    struct executor_job job; /* the executor's, as all below */
    struct executor *executor;
    bool has_run;
};

/* As executor_submit(). */
bool executor_begin(struct executor *executor, enum executor_lane lane,
                    struct executor_errand *errand) __attribute__((warn_unused_result));
void executor_join(struct executor_errand *errand);

/* Submitted and not begun. */
size_t executor_waiting(const struct executor *executor, enum executor_lane lane);

#endif
