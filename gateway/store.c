/*
 * The loop's side of the store: fills batches, starts commits, runs effects.  A commit is
 * a frame of the journal (store_journal.c); what is in it reaches the tables later
 * (store_fold.c).
 */
#include "gateway/store_pieces.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/log.h"
#include "gateway/store_journal.h"
#include "gateway/store_sqlite.h"

enum {
    BEGINNINGS_PERCENT = 60, /* of the ring, and of the next batch */

    FAR = 6, /* effects until it runs */
    NEAR = 3,
};

/* --- batches ------------------------------------------------------------------------ */

static struct store_batch *batch_new(void)
{
    struct store_batch *batch = calloc(1, sizeof(*batch));

    if (batch == NULL || (batch->frame = malloc(STORE_FRAME_HEAD_BYTES + STORE_BATCH_BYTES +
                                                STORE_DECISION_BYTES)) == NULL)
        abort();
    batch->bytes = batch->frame + STORE_FRAME_HEAD_BYTES;
    return batch;
}

static void batch_free(struct store_batch *batch)
{
    free(batch->frame);
    free(batch->effects);
    free(batch);
}

static void batches_free(struct store_batch *batch)
{
    while (batch) {
        struct store_batch *next = batch->next;

        batch_free(batch);
        batch = next;
    }
}

static void append_batch(struct store *store)
{
    struct store_batch *batch = store->spare;

    if (batch)
        store->spare = batch->next;
    else
        batch = batch_new();
    batch->next = NULL;
    store->appended++;
    if (store->last) {
        store->last->next = batch;
    } else {
        store->first = batch;
        store->progress_ms = clock_mono_ms(store->clock);
    }
    store->last = batch;
}

/* The first batch is done: its memory is used again. */
static void recycle_first(struct store *store)
{
    struct store_batch *batch = store->first;

    store->first = batch->next;
    if (store->first == NULL)
        store->last = NULL;
    store->progress_ms = clock_mono_ms(store->clock);
    store->committed++;
    store->counters.waiting_operations -= batch->operations;
    store->counters.waiting_bytes -= batch->used;
    batch->used = 0;
    batch->operations = 0;
    batch->effect_count = 0;
    batch->awaited = false;
    batch->next = store->spare;
    store->spare = batch;
}

static bool is_full(const struct store_batch *batch)
{
    return batch->operations >= STORE_BATCH_OPERATIONS || batch->used >= STORE_BATCH_BYTES;
}

/* The batch that may be appended to: the last, unless it is full or being committed. */
static struct store_batch *open_batch(struct store *store)
{
    if (store->last == NULL || is_full(store->last) ||
        (store->in_flight && store->last == store->first))
        append_batch(store);
    return store->last;
}

/* --- committing --------------------------------------------------------------------- */

/* On a full disk the reserve is given back, and the batch has one more try. */
static bool append_to_journal(struct store *store, const struct store_batch *batch)
{
    char *error = store->commit_result.error;
    size_t error_size = sizeof(store->commit_result.error);
    enum store_applied applied =
        store_journal_append(store->journal, batch->frame, batch->used, error, error_size);

    if (applied == STORE_DISK_FULL && ftruncate(store->reserve_fd, 0) == 0)
        applied = store_journal_append(store->journal, batch->frame, batch->used, error,
                                       error_size);
    return applied == STORE_APPLIED;
}

static void run_commit(void *self)
{
    struct store *store = self;
    int64_t before_us = clock_precise_us(store->clock);

    store->commit_result.ok =
        store->first->operations == 0 || append_to_journal(store, store->first);
    if (store->commit_result.ok)
        store_window_append(store->filling, store->first);
    store->commit_result.us = clock_precise_us(store->clock) - before_us;
    store->commit_result.has_run = true;
}

void store_fail(struct store *store, const char *why)
{
    if (store->failed)
        return;
    store->failed = true;
    log_error("store.failed", "reason=\"%s\"", why);
    if (store->on_failure)
        store->on_failure(store->failure_owner, why);
}

static void tell_coming(const struct store *store, const struct store_batch *batch,
                        size_t at, bool is_near)
{
    if (at < batch->effect_count && batch->effects[at].place != 0)
        store->on_coming(store->coming_owner, batch->effects[at].place, is_near);
}

static void run_effects(struct store *store, struct store_batch *batch)
{
    store->counters.effects += batch->effect_count;
    for (size_t i = 0; i < batch->effect_count; i++) {
        if (store->on_coming) {
            tell_coming(store, batch, i + FAR, false);
            tell_coming(store, batch, i + NEAR, true);
        }
        batch->effects[i].run(store->effect_owner, &batch->effects[i]);
    }
}

static void count_commit(struct store *store, const struct store_batch *batch)
{
    struct store_counters *counters = &store->counters;
    int64_t us = store->commit_result.us;

    store->is_busy =
        batch->operations >= STORE_BATCH_OPERATIONS * (100 - BEGINNINGS_PERCENT) / 100;
    counters->commits++;
    counters->operations += batch->operations;
    counters->commit_us += us;
    if (us > counters->longest_commit_us)
        counters->longest_commit_us = us;
    duration_histogram_add(&counters->commit_times, us);
    counters->written_bytes = store_journal_written_bytes(store->journal);
    if (store->filling_bytes == 0)
        store->filling->since_ms = clock_mono_ms(store->clock);
    store->filling_bytes += batch->used;
    if (store_window_is_full(store))
        store->fold_is_urgent = true;
    counters->unfolded_bytes = store->filling_bytes + store->folding_bytes;
}

static void commit_is_done(void *self)
{
    struct store *store = self;
    struct store_batch *batch = store->first;

    if (!store->commit_result.ok) {
        store_fail(store, store->commit_result.error);
        return;
    }
    count_commit(store, batch);
    /* Effects append to the batches behind this one, which is still marked in flight. */
    run_effects(store, batch);
    store->in_flight = false;
    recycle_first(store);
    store_run_waiters(store);
    store_schedule(store);
    if (store->on_commit)
        store->on_commit(store->commit_owner);
}

static void start_commit(struct store *store)
{
    store->in_flight = true;
    store->one_may_go = false;
    clock_disarm(store->clock, &store->lazy);
    clock_disarm(store->clock, &store->idle);
    store_journal_release(store->journal, store->in_tables);
    store->commit_result.has_run = false;
    store->commit_job = (struct executor_job){run_commit, commit_is_done, store, NULL};
    if (!executor_submit(store->executor, EXECUTOR_STORE, &store->commit_job))
        store_fail(store, "the store's lane is full");
}

void store_take_turn(void *self)
{
    store_run_waiters(self);
    store_schedule(self);
}

void store_hold(struct store *store, bool held)
{
    store->held = held;
    store->one_may_go = false;
}

void store_let_one_go(struct store *store)
{
    store->one_may_go = true;
    store_take_turn(store);
}

static void on_lazy(void *owner)
{
    struct store *store = owner;

    if (!store->in_flight && !store->failed && store->first && !store_is_ahead(store))
        start_commit(store);
}

/* A window goes before the upkeep that is due, unless upkeep was made to wait for one. */
static void schedule_tables(struct store *store)
{
    if (store->table_work != STORE_TABLES_REST || store->loading)
        return;
    if (!(store->upkeep_was_last && store->filling_bytes > 0) &&
        store_start_upkeep(store, false))
        return;
    if (!store->in_flight)
        (void)store_start_fold(store, false);
}

static bool may_go(const struct store *store)
{
    return !store->held || store->one_may_go;
}

void store_schedule(struct store *store)
{
    if (store->failed)
        return;
    schedule_tables(store);
    if (store->in_flight || store->failed || store_is_ahead(store))
        return;
    if (store->first && (is_full(store->first) || (store->first->awaited && may_go(store))))
        start_commit(store);
    else if (store->first && !store->first->awaited && !clock_is_armed(&store->lazy))
        clock_arm_in(store->clock, &store->lazy, STORE_LAZY_MS, on_lazy, store);
    else if (store->first == NULL)
        store_await_idle(store);
}

/* --- life --------------------------------------------------------------------------- */

struct store *store_open(const struct store_config *config, struct clock *clock,
                         struct executor *executor, void *effect_owner, char *error,
                         size_t error_size)
{
    struct store *store = calloc(1, sizeof(*store));

    if (store == NULL || (store->folder = strdup(config->folder)) == NULL)
        abort();
    store->config = *config;
    store->config.folder = store->folder;
    store->clock = clock;
    store->executor = executor;
    store->effect_owner = effect_owner;
    store->lock_fd = -1;
    store->reserve_fd = -1;
    store->filling = &store->windows[0];
    if (!store_take_folder(store, error, error_size))
        goto fail;
    /* Before anything is written: on a full disk the reserve is what there is. */
    store_check_disk(store);
    store->sqlite = store_sqlite_open(store->folder, config->vfs, error, error_size);
    if (store->sqlite == NULL || !store_recover_journal(store, error, error_size))
        goto fail;
    return store;

fail:
    store_close(store);
    return NULL;
}

bool store_load(struct store *store, const struct store_loader *loader, void *owner,
                int64_t late_since_ms, char *error, size_t error_size)
{
    bool ok;

    store->loading = true;
    ok = store_sqlite_load(store->sqlite, store->executor, loader, owner, late_since_ms,
                           error, error_size);
    store->loading = false;
    if (!ok)
        return false;
    /* What ended before is moved to the history, also when nothing new comes. */
    store_await_idle(store);
    return true;
}

/* Nothing is decided any more: the rest becomes durable, and all of it goes into the
 * tables. */
static void finish(struct store *store)
{
    /* The batch that was given to the executor may have been committed there, or have
     * failed: what could not be synced is not synced again. */
    if (store->in_flight && store->commit_result.has_run) {
        if (store->commit_result.ok)
            recycle_first(store);
        else
            store_fail(store, store->commit_result.error);
    }
    store_journal_release(store->journal, store->in_tables);
    while (store->first && !store->failed) {
        run_commit(store);
        if (store->commit_result.ok)
            recycle_first(store);
        else
            store_fail(store, store->commit_result.error);
    }
    if (!store->failed && !store_fold_all(store))
        store_fail(store, store->table_result.error);
}

void store_close(struct store *store)
{
    if (store == NULL)
        return;
    clock_disarm(store->clock, &store->turn);
    clock_disarm(store->clock, &store->lazy);
    clock_disarm(store->clock, &store->fold);
    clock_disarm(store->clock, &store->idle);
    clock_disarm(store->clock, &store->disk);
    if (store->journal)
        finish(store);
    store_journal_close(store->journal);
    store_sqlite_close(store->sqlite, !store->failed);
    batches_free(store->first);
    batches_free(store->spare);
    for (size_t i = 0; i < 2; i++)
        free(store->windows[i].bytes);
    if (store->reserve_fd >= 0)
        close(store->reserve_fd);
    if (store->lock_fd >= 0)
        close(store->lock_fd);
    free(store->folder);
    free(store);
}

void store_on_failure(struct store *store, void (*failed)(void *owner, const char *why),
                      void *owner)
{
    store->on_failure = failed;
    store->failure_owner = owner;
}

void store_on_commit(struct store *store, void (*done)(void *owner), void *owner)
{
    store->on_commit = done;
    store->commit_owner = owner;
}

void store_on_coming(struct store *store,
                     void (*coming)(void *owner, uint32_t place, bool is_near), void *owner)
{
    store->on_coming = coming;
    store->coming_owner = owner;
}

/* --- decisions ---------------------------------------------------------------------- */

static bool has_room(const struct store *store, unsigned percent)
{
    return store->counters.waiting_operations <
               (uint64_t)store->config.ring_operations * percent / 100 &&
           store->counters.waiting_bytes < store->config.ring_bytes * percent / 100;
}

bool store_is_busy(const struct store *store)
{
    return store->is_busy;
}

bool store_tables_are_busy(const struct store *store)
{
    return store->table_work != STORE_TABLES_REST &&
           (store->table_work != STORE_TABLES_FOLD || store->spread.rest_percent == 0);
}

bool store_takes_beginnings(const struct store *store)
{
    uint32_t operations = store->counters.waiting_operations;
    uint64_t bytes = store->counters.waiting_bytes;

    if (store->in_flight) {
        operations -= store->first->operations;
        bytes -= store->first->used;
    }
    return operations < STORE_BATCH_OPERATIONS * BEGINNINGS_PERCENT / 100 &&
           bytes < STORE_BATCH_BYTES * BEGINNINGS_PERCENT / 100;
}

bool store_begin(struct store *store, enum store_share share)
{
    struct store_batch *batch;

    assert(!store->in_decision);
    if (share == STORE_BEGINNING &&
        (store->disk_is_low || store->failed || !has_room(store, BEGINNINGS_PERCENT))) {
        store->counters.begins_refused++;
        return false;
    }
    store->counters.begun += share == STORE_BEGINNING;
    batch = open_batch(store);
    store->in_decision = true;
    store->decision_start = batch->used;
    store->decision_operations = batch->operations;
    store->decision_effects = batch->effect_count;
    return true;
}

void store_end(struct store *store)
{
    struct store_batch *batch = store->last;
    size_t size = batch->used - store->decision_start;

    assert(store->in_decision);
    assert(size <= STORE_DECISION_BYTES);
    if (size > store->counters.largest_decision_bytes)
        store->counters.largest_decision_bytes = size;
    store->in_decision = false;
    store->counters.waiting_bytes += size;
    store->counters.waiting_operations += batch->operations - store->decision_operations;
    if (batch->effect_count > store->decision_effects) {
        batch->awaited = true;
        /* What was appended before is waited for with it: batches commit in order. */
        for (struct store_batch *b = store->first; b != batch; b = b->next)
            b->awaited = true;
        if (!store->in_flight && !clock_is_armed(&store->turn))
            clock_arm_in(store->clock, &store->turn, 0, store_take_turn, store);
    } else if (!store->in_flight && !clock_is_armed(&store->lazy)) {
        clock_arm_in(store->clock, &store->lazy, STORE_LAZY_MS, on_lazy, store);
    }
}

void store_cut(struct store *store)
{
    bool begun;

    assert(store->in_decision);
    if (store->last->used - store->decision_start < STORE_CUT_BYTES)
        return;
    store_end(store);
    begun = store_begin(store, STORE_CONTINUATION);
    assert(begun);
}

void store_effect(struct store *store, const struct store_effect *effect)
{
    struct store_batch *batch = store->last;

    assert(store->in_decision);
    if (batch->effect_count == batch->effect_capacity) {
        batch->effect_capacity = batch->effect_capacity ? batch->effect_capacity * 2 : 1024;
        batch->effects =
            realloc(batch->effects, batch->effect_capacity * sizeof(*batch->effects));
        if (batch->effects == NULL)
            abort();
    }
    batch->effects[batch->effect_count++] = *effect;
}

void store_barrier(struct store *store, const struct store_effect *effect)
{
    bool begun = store_begin(store, STORE_CONTINUATION);

    assert(begun);
    store_effect(store, effect);
    store_end(store);
}

/* --- questions ---------------------------------------------------------------------- */

bool store_is_congested(const struct store *store)
{
    return !has_room(store, 90);
}

bool store_disk_is_low(const struct store *store)
{
    return store->disk_is_low;
}

bool store_is_idle(const struct store *store)
{
    return store->first == NULL && store->table_work == STORE_TABLES_REST;
}

int64_t store_stalled_ms(const struct store *store)
{
    return store->first != NULL ? clock_mono_ms(store->clock) - store->progress_ms : 0;
}

const char *store_folder(const struct store *store)
{
    return store->folder;
}

const struct store_counters *store_counters(const struct store *store)
{
    return &store->counters;
}

uint64_t store_decided(const struct store *store)
{
    return store->counters.operations + store->counters.waiting_operations;
}
