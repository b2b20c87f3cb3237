/* Upkeep: checkpoints, the move to the history and its closing, between two windows of the
 * journal. */
#include "gateway/store_pieces.h"

#include "gateway/store_closed.h"
#include "gateway/store_gone.h"
#include "gateway/store_period.h"
#include "gateway/store_sqlite.h"

enum {
    CHECKPOINT_IDLE_BYTES = 4 * 1024 * 1024,
    CHECKPOINT_BYTES = 16 * 1024 * 1024,
    CHECKPOINT_RESTART_BYTES = 64 * 1024 * 1024,
    MOVE_BACKLOG =
        200000, /* ended messages that wait for an idle moment; then they move anyhow */
    MOVE_AT_ONCE = 2000,
    IDLE_MS = 200,
    MOVE_AGAIN_MS = 10000, /* after the history, or live.db, could not be written */
};

static void run_upkeep(void *self)
{
    struct store *store = self;
    int64_t before_us = clock_precise_us(store->clock);

    store->table_result.ok =
        store_sqlite_move(store->sqlite, store->upkeep_move, &store->upkeep_moved);
    if (store->table_result.ok && store->upkeep_sweep)
        store->table_result.ok = store_gone_sweep(store->sqlite, &store->upkeep_swept);
    if (store->table_result.ok && store->upkeep_checkpoint)
        store->table_result.ok =
            store_sqlite_checkpoint(store->sqlite, store->upkeep_restart);
    if (store->table_result.ok && store->upkeep_close)
        store->table_result.ok = store_close_some(store->sqlite, store->upkeep_now_ms,
                                                  store->config.late_window_ms);
    if (store->table_result.ok && store->upkeep_period)
        store->table_result.ok = store_period_move(store->sqlite, &store->upkeep_period_ok);
    store->table_result.us = clock_precise_us(store->clock) - before_us;
}

static void upkeep_is_done(void *self)
{
    struct store *store = self;

    store->table_work = STORE_TABLES_REST;
    store->upkeep_was_last = true;
    store->counters.moved = store_sqlite_in_history(store->sqlite);
    if ((store->upkeep_move > 0 && store->upkeep_moved == 0) ||
        (store->upkeep_sweep && !store->upkeep_swept))
        store->move_at_ms = clock_mono_ms(store->clock) + MOVE_AGAIN_MS;
    if (store->upkeep_period && !store->upkeep_period_ok)
        store->period_at_ms = clock_mono_ms(store->clock) + MOVE_AGAIN_MS;
    if (store->upkeep_checkpoint) {
        /* A reader may keep part of the log in use: it is tried again when there is more.
         */
        store->left_bytes = store_sqlite_wal_bytes(store->sqlite);
        store->counters.checkpoints++;
        if (store->table_result.us > store->counters.longest_checkpoint_us)
            store->counters.longest_checkpoint_us = store->table_result.us;
    }
    if (!store->table_result.ok) {
        store_fail(store, "a checkpoint, or the move to the history, failed");
        return;
    }
    store_schedule(store);
}

/* Decides what there is to be done; false: nothing. */
static bool wants_upkeep(struct store *store, bool idle)
{
    uint64_t wal_bytes = store_sqlite_wal_bytes(store->sqlite);
    size_t ended = store_sqlite_ended(store->sqlite);
    bool may_move = !store->disk_is_low && clock_mono_ms(store->clock) >= store->move_at_ms;

    if (wal_bytes < store->left_bytes)
        store->left_bytes = wal_bytes;
    store->upkeep_checkpoint =
        wal_bytes > store->left_bytes + (idle ? CHECKPOINT_IDLE_BYTES : CHECKPOINT_BYTES);
    store->upkeep_restart =
        store->upkeep_checkpoint &&
        store_sqlite_log_bytes(store->sqlite) > CHECKPOINT_RESTART_BYTES;
    store->upkeep_move = may_move && ended > (idle ? 0 : MOVE_BACKLOG) ? MOVE_AT_ONCE : 0;
    store->upkeep_sweep = may_move && store_gone_is_due(store->sqlite, idle);
    store->upkeep_close = may_move && store_closed_is_due(store->sqlite);
    store->upkeep_now_ms = clock_wall_ms(store->clock);
    store->upkeep_period = may_move && clock_mono_ms(store->clock) >= store->period_at_ms &&
                           store_period_is_due(store->sqlite);
    return store->upkeep_checkpoint || store->upkeep_move > 0 || store->upkeep_sweep ||
           store->upkeep_close || store->upkeep_period;
}

void store_end_upkeep(struct store *store)
{
    store->upkeep_ended = true;
    store->fold_is_urgent = true;
}

bool store_start_upkeep(struct store *store, bool idle)
{
    if (store->upkeep_ended || !wants_upkeep(store, idle))
        return false;
    store->table_work = STORE_TABLES_UPKEEP;
    store->table_job = (struct executor_job){run_upkeep, upkeep_is_done, store, NULL};
    if (!executor_submit(store->executor, EXECUTOR_TABLES, &store->table_job))
        store_fail(store, "the lane of the tables is full");
    return true;
}

static void on_idle(void *owner)
{
    struct store *store = owner;

    if (store->in_flight || store->failed || store->first || store->loading ||
        store->table_work != STORE_TABLES_REST)
        return;
    if (!store_start_fold(store, true) && !store_start_upkeep(store, true) &&
        (store_sqlite_ended(store->sqlite) > 0 || store_gone_is_due(store->sqlite, true)))
        store_await_idle(store);
}

void store_await_idle(struct store *store)
{
    if (!clock_is_armed(&store->idle))
        clock_arm_in(store->clock, &store->idle, IDLE_MS, on_idle, store);
}
