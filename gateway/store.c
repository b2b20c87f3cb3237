/*
 * The loop's side of the store: fills batches, starts commits, runs effects.  The
 * database itself is store_sqlite.c.
 */
#include "gateway/store_pieces.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/log.h"
#include "gateway/store_sqlite.h"

/* --- batches ------------------------------------------------------------------------ */

static struct store_batch *batch_new(void)
{
    struct store_batch *batch = calloc(1, sizeof(*batch));

    if (batch == NULL ||
        (batch->bytes = malloc(STORE_BATCH_BYTES + STORE_DECISION_BYTES)) == NULL)
        abort();
    return batch;
}

static void batch_free(struct store_batch *batch)
{
    free(batch->bytes);
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
    if (store->last)
        store->last->next = batch;
    else
        store->first = batch;
    store->last = batch;
}

/* The first batch is done: its memory is used again. */
static void recycle_first(struct store *store)
{
    struct store_batch *batch = store->first;

    store->first = batch->next;
    if (store->first == NULL)
        store->last = NULL;
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
static enum store_applied apply(struct store *store)
{
    enum store_applied applied = store_sqlite_apply(
        store->sqlite, store->first, store->job_error, sizeof(store->job_error));

    if (applied != STORE_DISK_FULL || ftruncate(store->reserve_fd, 0) != 0)
        return applied;
    return store_sqlite_apply(store->sqlite, store->first, store->job_error,
                              sizeof(store->job_error));
}

static void run_commit(void *self)
{
    struct store *store = self;
    int64_t before_us = clock_precise_us(store->clock);

    store->job_ok = apply(store) == STORE_APPLIED;
    store->job_us = clock_precise_us(store->clock) - before_us;
    store->job_has_run = true;
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

static void run_effects(struct store *store, struct store_batch *batch)
{
    store->counters.effects += batch->effect_count;
    for (size_t i = 0; i < batch->effect_count; i++)
        batch->effects[i].run(store->effect_owner, &batch->effects[i]);
}

static void commit_is_done(void *self)
{
    struct store *store = self;
    struct store_batch *batch = store->first;

    if (!store->job_ok) {
        store_fail(store, store->job_error);
        return;
    }
    store->counters.commits++;
    store->counters.operations += batch->operations;
    store->counters.rows = store_sqlite_rows(store->sqlite);
    store->counters.commit_us += store->job_us;
    if (store->job_us > store->counters.longest_commit_us)
        store->counters.longest_commit_us = store->job_us;
    store->counters.wal_bytes = store_sqlite_written_bytes(store->sqlite);
    /* Effects append to the batches behind this one, which is still marked in flight. */
    run_effects(store, batch);
    store->in_flight = false;
    store->upkeep_was_last = false;
    recycle_first(store);
    store_schedule(store);
}

static void start_commit(struct store *store)
{
    store->in_flight = true;
    clock_disarm(store->clock, &store->lazy);
    store->job_has_run = false;
    store->job = (struct executor_job){run_commit, commit_is_done, store, NULL};
    if (!executor_submit(store->executor, EXECUTOR_STORE, &store->job))
        store_fail(store, "the store's lane is full");
}

static void on_turn(void *owner)
{
    store_schedule(owner);
}

static void on_lazy(void *owner)
{
    struct store *store = owner;

    if (!store->in_flight && !store->upkeep && !store->failed && store->first)
        start_commit(store);
}

void store_schedule(struct store *store)
{
    if (store->in_flight || store->upkeep || store->failed)
        return;
    if (!(store->upkeep_was_last && store->first) && store_start_upkeep(store, false))
        return;
    if (store->first && (store->first->awaited || is_full(store->first)))
        start_commit(store);
    else if (store->first && !clock_is_armed(&store->lazy))
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
    if (!store_take_folder(store, error, error_size))
        goto fail;
    store->sqlite = store_sqlite_open(store->folder, config->vfs, error, error_size);
    if (store->sqlite == NULL)
        goto fail;
    store_check_disk(store);
    return store;

fail:
    store_close(store);
    return NULL;
}

bool store_load(struct store *store, const struct store_loader *loader, void *owner,
                int64_t late_since_ms, char *error, size_t error_size)
{
    return store_sqlite_load(store->sqlite, loader, owner, late_since_ms, error,
                             error_size);
}

void store_close(struct store *store)
{
    if (store == NULL)
        return;
    clock_disarm(store->clock, &store->turn);
    clock_disarm(store->clock, &store->lazy);
    clock_disarm(store->clock, &store->idle);
    clock_disarm(store->clock, &store->disk);
    /* The batch that was given to the executor may have been committed there. */
    if (store->in_flight && store->job_has_run && store->job_ok)
        recycle_first(store);
    while (store->sqlite && store->first && !store->failed) {
        run_commit(store);
        if (!store->job_ok)
            store_fail(store, store->job_error);
        else
            recycle_first(store);
    }
    store_sqlite_close(store->sqlite);
    batches_free(store->first);
    batches_free(store->spare);
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

/* --- decisions ---------------------------------------------------------------------- */

static bool has_room(const struct store *store, unsigned percent)
{
    return store->counters.waiting_operations <
               (uint64_t)store->config.ring_operations * percent / 100 &&
           store->counters.waiting_bytes < store->config.ring_bytes * percent / 100;
}

bool store_begin(struct store *store, enum store_share share)
{
    struct store_batch *batch;

    assert(!store->in_decision);
    if (share == STORE_BEGINNING &&
        (store->disk_is_low || store->failed || !has_room(store, 60))) {
        store->counters.begins_refused++;
        return false;
    }
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

    assert(store->in_decision);
    assert(batch->used - store->decision_start <= STORE_DECISION_BYTES);
    store->in_decision = false;
    store->counters.waiting_bytes += batch->used - store->decision_start;
    store->counters.waiting_operations += batch->operations - store->decision_operations;
    if (batch->effect_count > store->decision_effects) {
        batch->awaited = true;
        /* What was appended before is waited for with it: batches commit in order. */
        for (struct store_batch *b = store->first; b != batch; b = b->next)
            b->awaited = true;
        if (!store->in_flight && !clock_is_armed(&store->turn))
            clock_arm_in(store->clock, &store->turn, 0, on_turn, store);
    } else if (!store->in_flight && !clock_is_armed(&store->lazy)) {
        clock_arm_in(store->clock, &store->lazy, STORE_LAZY_MS, on_lazy, store);
    }
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
    return store->first == NULL;
}

const char *store_folder(const struct store *store)
{
    return store->folder;
}

const struct store_counters *store_counters(const struct store *store)
{
    return &store->counters;
}
