/*
 * What an SMSC still has to do: answer a submit_sm later, send a report.  A pool of
 * fixed size, made once; a job is in exactly one place: the wheel (waiting for its
 * time), a queue (ready to go), or its owner's hands.
 *
 * No clock lives here: every call that depends on time is told the time, in monotonic
 * milliseconds that never go back.  Every call costs constant time but jobs_walk().
 */
#ifndef TESTS_PEERS_JOBS_H
#define TESTS_PEERS_JOBS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JOBS_LONGEST_WAIT_MS (4 * 3600 * 1000) /* a longer one is cut to this */

enum job_kind {
    JOB_ANSWER,  /* submit_sm_resp that is still owed */
    JOB_REPORT,  /* deliver_sm that is still owed, or sent and not acknowledged */
    JOB_MESSAGE, /* the same for a message of a subscriber; `id` says which */
};

enum {
    JOB_ADDRESS_BYTES = 20,
    JOB_TEXT_BYTES = 20, /* Appendix B quotes that much */
    JOB_ERROR_BYTES = 4,
};

struct job {
    uint32_t next; /* kept by jobs.c */
    uint32_t previous;
    uint32_t list;
    int64_t due_ms;

    enum job_kind kind;
    uint64_t id;       /* of the message */
    uint64_t link;     /* answer: on which link; report: where it was submitted, ... */
    uint64_t sent_on;  /* ... and where it is on its way, 0 = nowhere */
    uint32_t sequence; /* answer: of the submit_sm; report: of the deliver_sm */
    uint32_t status;   /* of the answer */
    uint32_t tries;
    uint32_t account;
    int64_t submitted_s; /* Unix time */
    uint8_t state;       /* message_state of the report */
    uint8_t format;      /* of its text */
    bool close_after;    /* the link goes down once the answer is written */
    bool short_id;       /* the peer speaks 3.3: at most eight characters */
    bool has_reference;
    uint16_t
        reference; /* user_message_reference of the submit_sm, repeated in the report */
    uint8_t source_ton, source_npi, destination_ton, destination_npi;
    uint8_t source_size, destination_size, text_size;
    uint8_t source[JOB_ADDRESS_BYTES];
    uint8_t destination[JOB_ADDRESS_BYTES];
    uint8_t text[JOB_TEXT_BYTES];
    char error[JOB_ERROR_BYTES]; /* three characters */
};

struct jobs;

/* Never NULL; release with jobs_free(), which takes all jobs along. */
struct jobs *jobs_new(size_t capacity, size_t queue_count);
void jobs_free(struct jobs *jobs);

/* A job in the caller's hands, all zero.  NULL when all are in use. */
struct job *jobs_take(struct jobs *jobs);

/* Takes it out of where it is and back into the pool. */
void jobs_give(struct jobs *jobs, struct job *job);

size_t jobs_spare(const struct jobs *jobs);
size_t jobs_in_use(const struct jobs *jobs);

/* These move a job from wherever it is.  It is due `wait_ms` from now. */
void jobs_wait(struct jobs *jobs, struct job *job, int64_t now_ms, int64_t wait_ms);
void jobs_queue(struct jobs *jobs, struct job *job, size_t queue);
void jobs_queue_first(struct jobs *jobs, struct job *job, size_t queue);

/* The head of a queue, still in it; NULL when empty. */
struct job *jobs_head(struct jobs *jobs, size_t queue);

/* The next one whose time has come, into the caller's hands; NULL when there is none. */
struct job *jobs_due(struct jobs *jobs, int64_t now_ms);

/* When to ask again: never later than the next due time; -1 when nothing waits. */
int64_t jobs_ask_at_ms(const struct jobs *jobs);

/* Names a job for as long as it is in use. */
uint32_t jobs_index(const struct jobs *jobs, const struct job *job);
struct job *jobs_at(struct jobs *jobs, uint32_t index);

/* Every job in use, once; start with NULL.  Slow: for rare questions. */
struct job *jobs_walk(struct jobs *jobs, const struct job *after);

#endif
