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
#include "gateway/spread.h"
#include "gateway/store.h"
#include "gateway/store_batch.h"

struct store_journal;
struct store_sqlite;

/* What is done with the tables; one thing at a time. */
enum store_table_work { STORE_TABLES_REST, STORE_TABLES_FOLD, STORE_TABLES_UPKEEP };

struct store {
    struct store_journal *journal;
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
    int64_t progress_ms; /* the first came to be the first */
    bool in_flight;
    bool held;       /* no commit begins by itself, unless its batch is full, */
    bool one_may_go; /* or it is the first since they were let go */
    bool in_decision;
    bool is_busy; /* the last batch would have filled the share of continuations */
    bool disk_is_low;
    bool failed;
    bool loading; /* the tables are read: nothing else is done with them */
    size_t decision_start;
    uint32_t decision_operations;
    size_t decision_effects;

    /* What is durable and not in the tables: one window is filled, the other is folded. */
    struct store_window windows[2];
    struct store_window *filling;
    struct store_window *folding;
    uint64_t filling_bytes; /* the loop's own count of what is in them */
    uint64_t folding_bytes;
    enum store_table_work table_work;
    struct spread spread;        /* of a fold; its thread's while it runs */
    _Atomic bool fold_is_urgent; /* it takes no rests */
    bool upkeep_was_last;        /* a window comes before the next one */
    bool upkeep_ended;           /* none is begun any more */
    uint64_t appended;           /* batches, by number: the last one that was begun, */
    uint64_t committed;          /* that is durable, */
    uint64_t folded;             /* and that is in the tables */
    uint64_t folded_next;        /* when the window that is on its way is */
    uint64_t in_tables; /* as the journal counts: its last frame that is in the tables */
    struct store_waiter *waiters;

    struct executor_job commit_job;
    struct executor_job table_job;
    struct clock_timer turn; /* the end of this turn of the loop */
    struct clock_timer lazy;
    struct clock_timer fold;
    struct clock_timer idle;
    struct clock_timer disk;

    uint64_t left_bytes;  /* of the log, by the last checkpoint */
    int64_t move_at_ms;   /* what moves or is taken out: not before */
    int64_t period_at_ms; /* postings: not before */
    size_t upkeep_move;   /* how many messages at most */

    /* Written by the thread while a job runs, read by the loop after it. */
    struct store_job_result {
        bool has_run;
        bool ok;
        char error[256];
        int64_t us;
    } commit_result, table_result;
    bool upkeep_restart;
    bool upkeep_checkpoint;
    bool upkeep_close;
    int64_t upkeep_now_ms; /* wall */
    bool upkeep_sweep;
    bool upkeep_swept;
    bool upkeep_period;
    bool upkeep_period_ok;
    size_t upkeep_moved;

    void (*on_failure)(void *owner, const char *why);
    void *failure_owner;
    void (*on_commit)(void *owner);
    void *commit_owner;
    void (*on_coming)(void *owner, uint32_t place, bool is_near);
    void *coming_owner;
    struct store_counters counters;
};

/* Starts what is to be done next, unless it waits for what is running. */
void store_schedule(struct store *store);
/* The same, and those who wait are asked, as the timer `turn` does. */
void store_take_turn(void *self);

/* Nothing is written any more; said once. */
void store_fail(struct store *store, const char *why);

/* --- from the journal to the tables (store_fold.c) ---------------------------------- */

/* Opens the journal; what it holds is put into the tables. */
bool store_recover_journal(struct store *store, char *error, size_t error_size);

/* Appends a durable batch to the window that is being filled; on the store's thread. */
void store_window_append(struct store_window *window, const struct store_batch *batch);

/* No commit is on its way and the tables rest: starts a fold if there is reason to. */
bool store_start_fold(struct store *store, bool idle);
/* The window that is being filled would be folded now. */
bool store_window_is_full(const struct store *store);
/* The journal is so far ahead that the next commit waits for the tables. */
bool store_is_ahead(const struct store *store);
/* All that is durable, at once and inline; false and `table_result` says why. */
bool store_fold_all(struct store *store);
/* Runs those whose batches are in the tables. */
void store_run_waiters(struct store *store);

/* --- upkeep (store_upkeep.c) -------------------------------------------------------- */

/* The tables rest: starts what is due, which is more when there is nothing else to do. */
bool store_start_upkeep(struct store *store, bool idle);

/* There is nothing to commit: upkeep begins unless something comes. */
void store_await_idle(struct store *store);

/* --- the folder (store_folder.c) ---------------------------------------------------- */

/* Makes what is missing of it and locks it; false and the reason. */
bool store_take_folder(struct store *store, char *error, size_t error_size);

/* Now, and from then on by its timer. */
void store_check_disk(void *self);

#endif
