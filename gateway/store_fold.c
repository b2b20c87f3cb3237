/*
 * From the journal to the tables.  What is durable gathers in a window, and goes into the
 * tables together: of a message that came and ended meanwhile only the outcome is written.
 */
#include "gateway/store_pieces.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/log.h"
#include "gateway/store_journal.h"
#include "gateway/store_sqlite.h"

enum {
    FOLD_BYTES = 32 * 1024 * 1024,  /* in the window: it is folded */
    AHEAD_BYTES = 64 * 1024 * 1024, /* and no more is added before that is done */
    FOLD_MS = 2000,                 /* after so long, or when nothing else is to be done */
};

/* --- windows ------------------------------------------------------------------------ */

static void window_append(struct store_window *window, const uint8_t *records, size_t size)
{
    if (size == 0)
        return;
    if (window->used + size > window->capacity) {
        window->capacity = (window->used + size) * 3 / 2;
        window->bytes = realloc(window->bytes, window->capacity);
        if (window->bytes == NULL)
            abort();
    }
    memcpy(window->bytes + window->used, records, size);
    window->used += size;
}

void store_window_append(struct store_window *window, const struct store_batch *batch)
{
    window_append(window, batch->bytes, batch->used);
}

/* --- folding ------------------------------------------------------------------------ */

/* On a full disk the reserve is given back, and the window has one more try. */
static bool apply(struct store *store, struct store_window *window)
{
    char *error = store->table_result.error;
    size_t error_size = sizeof(store->table_result.error);
    enum store_applied applied;

    applied = store_sqlite_apply(store->sqlite, window, error, error_size);
    if (applied == STORE_DISK_FULL && ftruncate(store->reserve_fd, 0) == 0) {
        window->again = true;
        applied = store_sqlite_apply(store->sqlite, window, error, error_size);
        window->again = false;
    }
    if (applied != STORE_APPLIED)
        return false;
    window->used = 0;
    return true;
}

/* On the thread of the tables. */
static void rest(void *owner)
{
    struct store *store = owner;
    int64_t now_us, rest_us;

    if (store->fold_is_urgent)
        return;
    now_us = clock_precise_us(store->clock);
    rest_us = spread_rest_us(&store->spread, now_us);
    if (rest_us == 0)
        return;
    executor_pause(store->executor, rest_us);
    spread_rested(&store->spread, now_us, clock_precise_us(store->clock));
}

static void run_fold(void *self)
{
    struct store *store = self;

    store->folding->rest = rest;
    store->folding->owner = store;
    store->table_result.ok = apply(store, store->folding);
    store->folding->rest = NULL;
    store->table_result.us = spread_end(&store->spread, clock_precise_us(store->clock));
    store->table_result.has_run = true;
}

static void note_folded(struct store *store)
{
    store->in_tables = store_sqlite_journal_sequence(store->sqlite);
    store->folded = store->folded_next;
    store->folding_bytes = 0;
    store->counters.unfolded_bytes = store->filling_bytes;
    store->counters.rows = store_sqlite_rows(store->sqlite);
    store->counters.moved = store_sqlite_in_history(store->sqlite);
    store->counters.folds++;
    store->counters.fold_us += store->table_result.us;
    if (store->table_result.us > store->counters.longest_fold_us)
        store->counters.longest_fold_us = store->table_result.us;
}

static void fold_is_done(void *self)
{
    struct store *store = self;

    store->table_work = STORE_TABLES_REST;
    store->upkeep_was_last = false;
    if (!store->table_result.ok) {
        store_fail(store, store->table_result.error);
        return;
    }
    note_folded(store);
    store_run_waiters(store);
    store_schedule(store);
}

static void on_fold_time(void *owner)
{
    store_schedule(owner);
}

bool store_window_is_full(const struct store *store)
{
    return store->filling_bytes >= FOLD_BYTES;
}

bool store_is_ahead(const struct store *store)
{
    return store->filling_bytes >= AHEAD_BYTES;
}

static bool wants_fold(const struct store *store, bool idle)
{
    return store->filling_bytes > 0 &&
           (idle || store_window_is_full(store) || store->waiters != NULL ||
            clock_mono_ms(store->clock) >= store->filling->since_ms + FOLD_MS);
}

static void swap_windows(struct store *store)
{
    store->folding = store->filling;
    store->filling = store->filling == store->windows ? store->windows + 1 : store->windows;
    store->folding->sequence = store_journal_sequence(store->journal);
    store->folding_bytes = store->filling_bytes;
    store->filling_bytes = 0;
    store->folded_next = store->committed;
    store->table_work = STORE_TABLES_FOLD;
    store->table_result.has_run = false;
    store->fold_is_urgent = store->waiters != NULL || store->upkeep_ended;
    spread_begin(&store->spread, clock_precise_us(store->clock),
                 (int64_t)store->folding_bytes,
                 (clock_mono_ms(store->clock) - store->folding->since_ms) * 1000);
}

bool store_start_fold(struct store *store, bool idle)
{
    assert(!store->in_flight && store->table_work == STORE_TABLES_REST);
    if (!wants_fold(store, idle)) {
        if (store->filling_bytes > 0 && !clock_is_armed(&store->fold))
            clock_arm_in(store->clock, &store->fold, FOLD_MS, on_fold_time, store);
        return false;
    }
    clock_disarm(store->clock, &store->fold);
    swap_windows(store);
    store->table_job = (struct executor_job){run_fold, fold_is_done, store, NULL};
    if (!executor_submit(store->executor, EXECUTOR_TABLES, &store->table_job))
        store_fail(store, "the lane of the tables is full");
    return true;
}

/* The one that was given to the executor may be in the tables already, or not. */
bool store_fold_all(struct store *store)
{
    if (store->table_work == STORE_TABLES_FOLD) {
        if (store->table_result.has_run && !store->table_result.ok)
            return false;
        store->table_work = STORE_TABLES_REST;
        if (!store->table_result.has_run && !apply(store, store->folding))
            return false;
    }
    if (store->filling->used == 0)
        return true;
    swap_windows(store);
    return apply(store, store->folding);
}

/* --- those who read the tables ------------------------------------------------------ */

void store_run_waiters(struct store *store)
{
    uint64_t in_tables =
        store->filling_bytes + store->folding_bytes == 0 ? store->committed : store->folded;
    struct store_waiter **link = &store->waiters;

    while (*link) {
        struct store_waiter *waiter = *link;

        if (waiter->batch > in_tables) {
            link = &waiter->next;
            continue;
        }
        *link = waiter->next;
        waiter->run(waiter->self);
    }
}

void store_settle(struct store *store, struct store_waiter *waiter)
{
    waiter->batch = store->first ? store->appended : store->committed;
    waiter->next = store->waiters;
    store->waiters = waiter;
    store->fold_is_urgent = true;
    for (struct store_batch *batch = store->first; batch; batch = batch->next)
        batch->awaited = true;
    if (!clock_is_armed(&store->turn))
        clock_arm_in(store->clock, &store->turn, 0, store_take_turn, store);
}

/* --- at the start ------------------------------------------------------------------- */

bool store_recover_journal(struct store *store, char *error, size_t error_size)
{
    uint64_t in_tables = store_sqlite_journal_sequence(store->sqlite);
    struct store_window window = {.again = true};
    uint64_t octets = 0;
    uint8_t *records;
    size_t size;
    bool ok = true;

    store->journal =
        store_journal_open(store->folder, store->config.vfs, in_tables, error, error_size);
    if (store->journal == NULL)
        return false;
    error[0] = '\0';
    while (ok && (records = store_journal_next(store->journal, &window.sequence, &size,
                                               error, error_size)) != NULL) {
        window_append(&window, records, size);
        free(records);
        octets += size;
        if (window.used >= FOLD_BYTES)
            ok = apply(store, &window);
    }
    if (ok && error[0] == '\0' && window.used > 0)
        ok = apply(store, &window);
    free(window.bytes);
    if (!ok)
        snprintf(error, error_size, "%s", store->table_result.error);
    if (!ok || error[0] != '\0')
        return false;
    store->in_tables = store_sqlite_journal_sequence(store->sqlite);
    store->counters.moved = store_sqlite_in_history(store->sqlite);
    if (octets > 0)
        log_info("store.journal_recovered", "batches=%zu octets=%llu",
                 store_journal_found(store->journal), (unsigned long long)octets);
    return true;
}
