/*
 * What a run is made of while it lasts.  Private to bench_run.c (phases and the loop),
 * bench_sender.c (what is submitted next) and bench_tally.c (what comes back).
 */
#ifndef TESTS_BENCH_RUNNER_H
#define TESTS_BENCH_RUNNER_H

#include <event2/event.h>

#include "tests/bench/bench_backlog.h"
#include "tests/bench/bench_clock.h"
#include "tests/bench/bench_progress.h"
#include "tests/bench/bench_run.h"
#include "tests/bench/bench_session.h"

/* How long a bind pauses that was told so by 0x58 or 0x14. */
#define BENCH_RETRY_NS BENCH_SECOND_NS

/* The first wait before a lost bind comes again; it doubles up to the last. */
#define BENCH_BACKOFF_FIRST_NS (BENCH_SECOND_NS / 10)
#define BENCH_BACKOFF_LAST_NS  (2LL * BENCH_SECOND_NS)

enum bench_phase {
    BENCH_PHASE_BINDING,
    BENCH_PHASE_SENDING,
    BENCH_PHASE_WAITING,   /* for answers and receipts that are due */
    BENCH_PHASE_LINGERING, /* for receipts that are not */
    BENCH_PHASE_UNBINDING,
    BENCH_PHASE_OVER,
};

/* A session and what it has to do next. */
struct bench_seat {
    struct bench_session *session;
    bool is_dead;                 /* lost, and not to come back */
    int64_t connect_ns;           /* when to connect; 0: not waiting for that */
    int64_t backoff_ns;           /* before the connect after the next */
    int64_t paused_until_ns;      /* the other side asked for a pause */
    struct bench_due_submit next; /* the next part of the message begun here */
    unsigned parts_left;
};

/* A turn costs what happens in it, not what there is: there may be ten thousand binds. */
struct bench_runner {
    struct bench_run *run;
    const struct bench_options *options;
    struct event_base *base;
    struct bench_seat *seats;
    unsigned seat_count;
    unsigned first_seat;             /* whose turn it is to be served first */
    unsigned unconnected;            /* seats that wait for when to connect */
    unsigned dead;                   /* seats that are */
    unsigned parts_left;             /* of all seats */
    bool none_due;                   /* no new message may begin in this turn */
    struct bench_session *unflushed; /* that have something to write */
    enum bench_phase phase;
    unsigned bound;
    unsigned in_flight;
    uint32_t next_message;
    enum bench_stat expected; /* of all receipts; NONE: any */
    struct bench_backlog backlog;
    int64_t lost_ns[BENCH_ACCOUNTS_MAX];
    int64_t end_ns;      /* of sending; INT64_MAX: by number */
    int64_t activity_ns; /* when there last was progress */
    int64_t phase_end_ns;
    bool is_interrupted_twice;
    struct bench_progress progress;
};

/* ---- bench_tally.c ---- */

extern const struct bench_session_ops bench_tally_ops;

/* ---- bench_sender.c ---- */

/* When message `message` should go out.  Only with a rate. */
int64_t bench_sender_intended_ns(const struct bench_runner *runner, uint32_t message);

/* Submits all that may go out now. */
void bench_sender_submit(struct bench_runner *runner, int64_t now_ns);

/* Nothing is left to be submitted, now or later. */
bool bench_sender_is_done(const struct bench_runner *runner, int64_t now_ns);

#endif
