/*
 * What the parts of the loop's side of the store share: store.c holds decisions, batches
 * and commits, store_records.c what a decision appends, store_upkeep.c what is done between
 * two batches, store_folder.c the state folder and the disk.  Only they include this.
 */
#ifndef GATEWAY_STORE_PIECES_H
#define GATEWAY_STORE_PIECES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/clock.h"
#include "gateway/executor.h"
#include "gateway/store.h"
#include "gateway/store_batch.h"

struct store_sqlite;

struct store {
    struct store_sqlite *sqlite;
    struct clock *clock;
    struct executor *executor;
    void *effect_owner;
    struct store_config config;
    char *folder;
    int lock_fd;
    int reserve_fd;

    /* first ... last: the first may be in flight, the last is being filled. */
    struct store_batch *first;
    struct store_batch *last;
    struct store_batch *spare;
    bool in_flight;
    bool upkeep;
    bool upkeep_was_last; /* a batch comes before the next one */
    bool in_decision;
    bool disk_is_low;
    bool failed;
    size_t decision_start;
    uint32_t decision_operations;
    size_t decision_effects;

    struct executor_job job;
    struct clock_timer turn; /* the end of this turn of the loop */
    struct clock_timer lazy;
    struct clock_timer idle;
    struct clock_timer disk;

    uint64_t left_bytes; /* of the log, by the last checkpoint */
    int64_t move_at_ms;  /* not before */
    size_t upkeep_move;  /* how many messages at most */

    /* Written by the store thread while a job runs, read by the loop after it. */
    bool job_has_run;
    bool job_ok;
    char job_error[256];
    int64_t job_us;
    bool upkeep_restart;
    bool upkeep_checkpoint;
    size_t upkeep_moved;

    void (*on_failure)(void *owner, const char *why);
    void *failure_owner;
    struct store_counters counters;
};

/* Starts what is to be done next, if nothing is running. */
void store_schedule(struct store *store);

/* Nothing is written any more; said once. */
void store_fail(struct store *store, const char *why);

/* --- upkeep (store_upkeep.c) -------------------------------------------------------- */

/* Nothing runs: starts what is due, which is more when there is nothing else to do. */
bool store_start_upkeep(struct store *store, bool idle);

/* There is nothing to commit: upkeep begins unless something comes. */
void store_await_idle(struct store *store);

/* --- the folder (store_folder.c) ---------------------------------------------------- */

/* Makes what is missing of it and locks it; false and the reason. */
bool store_take_folder(struct store *store, char *error, size_t error_size);

/* Now, and from then on by its timer. */
void store_check_disk(void *self);

#endif
