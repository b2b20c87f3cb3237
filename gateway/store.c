/*
 * The loop's side of the store: fills batches, starts commits, runs effects.  The
 * database itself is store_sqlite.c.
 */
#include "gateway/store.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "gateway/clock.h"
#include "gateway/executor.h"
#include "gateway/log.h"
#include "gateway/store_sqlite.h"

enum {
    CHECKPOINT_IDLE_BYTES = 4 * 1024 * 1024,
    CHECKPOINT_BYTES = 16 * 1024 * 1024,
    CHECKPOINT_RESTART_BYTES = 64 * 1024 * 1024,
    MOVE_BACKLOG = 200000, /* ended messages that wait for an idle moment; then they move anyhow */
    MOVE_AT_ONCE = 2000,
    IDLE_MS = 200,
    DISK_CHECK_MS = 1000,
    MOVE_AGAIN_MS = 10000, /* after the history could not be written */
};

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

static void schedule(struct store *store);

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

static void fail(struct store *store, const char *why)
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
        fail(store, store->job_error);
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
    schedule(store);
}

static void start_commit(struct store *store)
{
    store->in_flight = true;
    clock_disarm(store->clock, &store->lazy);
    store->job_has_run = false;
    store->job = (struct executor_job){run_commit, commit_is_done, store, NULL};
    if (!executor_submit(store->executor, EXECUTOR_STORE, &store->job))
        fail(store, "the store's lane is full");
}

/* --- upkeep: checkpoints and the move to the history, between two batches ----------- */

static void run_upkeep(void *self)
{
    struct store *store = self;
    int64_t before_us = clock_precise_us(store->clock);

    store->job_ok =
        store_sqlite_move(store->sqlite, store->upkeep_move, &store->upkeep_moved);
    if (store->job_ok && store->upkeep_checkpoint)
        store->job_ok = store_sqlite_checkpoint(store->sqlite, store->upkeep_restart);
    store->job_us = clock_precise_us(store->clock) - before_us;
}

static void upkeep_is_done(void *self)
{
    struct store *store = self;

    store->upkeep = false;
    store->upkeep_was_last = true;
    store->counters.moved += store->upkeep_moved;
    if (store->upkeep_move > 0 && store->upkeep_moved == 0)
        store->move_at_ms = clock_mono_ms(store->clock) + MOVE_AGAIN_MS;
    if (store->upkeep_checkpoint) {
        /* A reader may keep part of the log in use: it is tried again when there is more.
         */
        store->left_bytes = store_sqlite_wal_bytes(store->sqlite);
        store->counters.checkpoints++;
        if (store->job_us > store->counters.longest_checkpoint_us)
            store->counters.longest_checkpoint_us = store->job_us;
    }
    if (!store->job_ok) {
        fail(store, "a checkpoint or the move to the history failed");
        return;
    }
    schedule(store);
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
    return store->upkeep_checkpoint || store->upkeep_move > 0;
}

static void start_upkeep(struct store *store)
{
    store->upkeep = true;
    store->job = (struct executor_job){run_upkeep, upkeep_is_done, store, NULL};
    if (!executor_submit(store->executor, EXECUTOR_STORE, &store->job))
        fail(store, "the store's lane is full");
}

static void on_turn(void *owner)
{
    schedule(owner);
}

static void on_lazy(void *owner)
{
    struct store *store = owner;

    if (!store->in_flight && !store->upkeep && !store->failed && store->first)
        start_commit(store);
}

static void on_idle(void *owner)
{
    struct store *store = owner;

    if (store->in_flight || store->upkeep || store->failed || store->first)
        return;
    if (wants_upkeep(store, true))
        start_upkeep(store);
    else if (store_sqlite_ended(store->sqlite) > 0)
        clock_arm_in(store->clock, &store->idle, IDLE_MS, on_idle, store);
}

/* Starts what is to be done next, if nothing is running. */
static void schedule(struct store *store)
{
    if (store->in_flight || store->upkeep || store->failed)
        return;
    if (!(store->upkeep_was_last && store->first) && wants_upkeep(store, false))
        start_upkeep(store);
    else if (store->first && (store->first->awaited || is_full(store->first)))
        start_commit(store);
    else if (store->first && !clock_is_armed(&store->lazy))
        clock_arm_in(store->clock, &store->lazy, STORE_LAZY_MS, on_lazy, store);
    else if (store->first == NULL)
        clock_arm_in(store->clock, &store->idle, IDLE_MS, on_idle, store);
}

/* --- the disk ----------------------------------------------------------------------- */

/*
 * The reserve is a file that is given back when the disk is all but full: what was
 * accepted needs room to end.  Intake stops before, while it is still there.
 */
static void check_disk(void *owner)
{
    struct store *store = owner;
    uint64_t reserve = store->config.disk_reserve_bytes;
    struct statvfs stat;

    clock_arm_in(store->clock, &store->disk, DISK_CHECK_MS, check_disk, store);
    if (reserve == 0 || statvfs(store->folder, &stat) != 0)
        return;
    uint64_t free_bytes = (uint64_t)stat.f_bavail * stat.f_frsize;
    bool low = free_bytes < reserve;

    if (low != store->disk_is_low) {
        store->disk_is_low = low;
        if (low)
            log_error("store.disk_low", "free_bytes=%llu reserve_bytes=%llu intake=stopped",
                      (unsigned long long)free_bytes, (unsigned long long)reserve);
        else
            log_info("store.disk_ok", "free_bytes=%llu intake=open",
                     (unsigned long long)free_bytes);
    }
    if (free_bytes < reserve / 4)
        (void)!ftruncate(store->reserve_fd, 0);
    else if (free_bytes > 3 * reserve)
        (void)!fallocate(store->reserve_fd, 0, 0, (off_t)reserve);
}

/* --- life --------------------------------------------------------------------------- */

static char *path_in(const char *folder, const char *name)
{
    char *path = NULL;

    if (asprintf(&path, "%s/%s", folder, name) < 0)
        abort();
    return path;
}

/* Makes it if it is missing, and its name durable in the folder above. */
static bool make_folder(const char *path, char *error, size_t error_size)
{
    char *above;
    bool ok;
    int fd;

    if (mkdir(path, 0700) != 0) {
        if (errno == EEXIST)
            return true;
        snprintf(error, error_size, "state folder %s cannot be made: %s", path,
                 strerror(errno));
        return false;
    }
    above = path_in(path, "..");
    fd = open(above, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(above);
    ok = fd >= 0 && fsync(fd) == 0;
    if (!ok)
        snprintf(error, error_size, "state folder %s cannot be made durable: %s", path,
                 strerror(errno));
    if (fd >= 0)
        close(fd);
    return ok;
}

static int open_in(const char *folder, const char *name, char *error, size_t error_size)
{
    char *path = path_in(folder, name);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    if (fd < 0)
        snprintf(error, error_size, "state folder %s cannot be used: %s: %s", folder, name,
                 strerror(errno));
    free(path);
    return fd;
}

static bool take_folder(struct store *store, char *error, size_t error_size)
{
    char *history = path_in(store->folder, "history");
    bool ok = make_folder(store->folder, error, error_size);

    if (ok) {
        store->lock_fd = open_in(store->folder, "lock", error, error_size);
        ok = store->lock_fd >= 0;
    }
    if (ok && flock(store->lock_fd, LOCK_EX | LOCK_NB) != 0) {
        snprintf(error, error_size, "state folder %s is in use by another sluiced",
                 store->folder);
        ok = false;
    }
    ok = ok && make_folder(history, error, error_size);
    if (ok) {
        store->reserve_fd = open_in(store->folder, "reserve", error, error_size);
        ok = store->reserve_fd >= 0;
    }
    free(history);
    return ok;
}

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
    if (!take_folder(store, error, error_size))
        goto fail;
    store->sqlite = store_sqlite_open(store->folder, config->vfs, error, error_size);
    if (store->sqlite == NULL)
        goto fail;
    check_disk(store);
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
            fail(store, store->job_error);
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

static void *append(struct store *store, enum store_record_kind kind, size_t size)
{
    struct store_batch *batch = store->last;
    struct store_record *record = (struct store_record *)(batch->bytes + batch->used);

    assert(store->in_decision);
    size = (size + STORE_RECORD_ALIGNMENT - 1) & ~(size_t)(STORE_RECORD_ALIGNMENT - 1);
    assert(batch->used + size <= STORE_BATCH_BYTES + STORE_DECISION_BYTES);
    batch->used += size;
    batch->operations++;
    record->size = (uint32_t)size;
    record->kind = (uint16_t)kind;
    record->posting_count = 0;
    return record;
}

void store_accept(struct store *store, const struct message *message,
                  const struct body *body, const struct posting *hold)
{
    size_t size = body_size(body->text_size, body->tlv_size);
    struct store_record_message *record =
        append(store, STORE_RECORD_ACCEPT, sizeof(*record) + size);

    record->message = *message;
    if (hold) {
        record->head.posting_count = 1;
        record->posting = *hold;
    }
    memcpy(record + 1, body, size);
}

void store_join(struct store *store, const struct body *body)
{
    size_t size = body_size(body->text_size, body->tlv_size);
    struct store_record_body *record =
        append(store, STORE_RECORD_JOIN, offsetof(struct store_record_body, body) + size);

    memcpy(&record->body, body, size);
}

void store_message(struct store *store, const struct message *message,
                   const struct posting *release)
{
    struct store_record_message *record =
        append(store, STORE_RECORD_MESSAGE, sizeof(*record));

    record->message = *message;
    if (message->state != MESSAGE_ENDED) {
        /* What was charged and owed stands with the attempts, until the end sums it up. */
        record->message.held_micro += message->charged_micro;
        record->message.charged_micro = 0;
        record->message.cost_micro = 0;
    }
    if (release) {
        record->head.posting_count = 1;
        record->posting = *release;
    }
}

static struct store_record_attempt *append_attempt(struct store *store,
                                                   enum store_record_kind kind,
                                                   uint64_t message,
                                                   const struct attempt *attempt)
{
    struct store_record_attempt *record = append(store, kind, sizeof(*record));

    record->message = message;
    record->charged_before = 0;
    record->cost_before = 0;
    record->attempt = *attempt;
    return record;
}

void store_permit(struct store *store, uint64_t message, const struct attempt *attempt)
{
    append_attempt(store, STORE_RECORD_PERMIT, message, attempt);
}

void store_attempt(struct store *store, uint64_t message, const struct attempt *attempt,
                   int64_t charged_before, int64_t cost_before,
                   const struct posting *postings, size_t posting_count)
{
    struct store_record_attempt *record =
        append_attempt(store, STORE_RECORD_ATTEMPT, message, attempt);

    assert(posting_count <= STORE_POSTINGS_MAX);
    record->charged_before = charged_before;
    record->cost_before = cost_before;
    record->head.posting_count = (uint16_t)posting_count;
    for (size_t i = 0; i < posting_count; i++)
        record->postings[i] = postings[i];
}

void store_post(struct store *store, uint32_t account, const struct posting *opening)
{
    struct store_record_opening *record =
        append(store, STORE_RECORD_OPENING, sizeof(*record));

    record->account = account;
    record->posting = *opening;
}

void store_receipt_add(struct store *store, const struct store_receipt *receipt)
{
    size_t size = offsetof(struct store_receipt, bytes) + receipt->size;
    struct store_record_receipt *record =
        append(store, STORE_RECORD_RECEIPT_ADD,
               offsetof(struct store_record_receipt, receipt) + size);

    memcpy(&record->receipt, receipt, size);
}

void store_receipt_gone(struct store *store, uint64_t id, uint32_t account)
{
    struct store_record_receipt *record =
        append(store, STORE_RECORD_RECEIPT_GONE,
               offsetof(struct store_record_receipt, receipt.bytes));

    record->receipt.id = id;
    record->receipt.account = account;
}

void store_park(struct store *store, const struct store_parked *parked)
{
    size_t size = offsetof(struct store_parked, bytes) + parked->size;
    struct store_record_parked *record = append(
        store, STORE_RECORD_PARK, offsetof(struct store_record_parked, parked) + size);

    memcpy(&record->parked, parked, size);
}

void store_unpark(struct store *store, uint64_t id)
{
    struct store_record_parked *record = append(
        store, STORE_RECORD_UNPARK, offsetof(struct store_record_parked, parked.bytes));

    record->parked.id = id;
}

void store_define(struct store *store, const struct store_definition *definition)
{
    uint32_t name_size = (uint32_t)strlen(definition->name) + 1;
    struct store_record_define *record =
        append(store, STORE_RECORD_DEFINE, sizeof(*record) + name_size + definition->size);

    record->kind = definition->kind;
    record->number = definition->number;
    record->name_size = name_size;
    record->content_size = definition->size;
    memcpy(record->bytes, definition->name, name_size);
    if (definition->size > 0)
        memcpy(record->bytes + name_size, definition->content, definition->size);
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
