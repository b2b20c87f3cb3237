/* Digests of blocks: made once, a little at a time, and compared. */
#include "gateway/store_closed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/digest.h"
#include "gateway/ids.h"
#include "gateway/log.h"
#include "gateway/store_database.h"
#include "gateway/store_late.h"
#include "gateway/store_rows.h"

enum {
    BLOCK_BYTES = 1024 * 1024, /* what a sentence can name */
    PIECE_BYTES = 64 * 1024,   /* SQLite's systems take less than 128 KiB at a time */
    BLOCKS_AT_ONCE = 4,        /* a few milliseconds, and the disk's */
    PROGRESS_BLOCKS = 1024,
    ON_ITS_WAY_MS = 10 * 60 * 1000,
};

/* --- files -------------------------------------------------------------------------- */

/* An ordinary file of the state folder, on the disk that SQLite was given. */
struct raw_file {
    sqlite3_file *file;
    char path[4200]; /* and a second NUL, at which SQLite's systems may look */
    sqlite3_int64 size;
};

static void raw_close(struct raw_file *raw)
{
    if (raw->file && raw->file->pMethods)
        raw->file->pMethods->xClose(raw->file);
    free(raw->file);
    raw->file = NULL;
}

/* `out_there` false: there is no such file.  False: it cannot be read. */
static bool raw_open(struct raw_file *raw, sqlite3_vfs *vfs, const char *folder,
                     const char *name, bool *out_there)
{
    int there = 0;
    bool ok;

    memset(raw, 0, sizeof(*raw));
    snprintf(raw->path, sizeof(raw->path) - 1, "%s/%s", folder, name);
    ok = vfs->xAccess(vfs, raw->path, SQLITE_ACCESS_EXISTS, &there) == SQLITE_OK;
    *out_there = there != 0;
    if (!ok || !there)
        return ok;
    raw->file = calloc(1, (size_t)vfs->szOsFile);
    if (raw->file == NULL)
        abort();
    if (vfs->xOpen(vfs, raw->path, raw->file, SQLITE_OPEN_READONLY | SQLITE_OPEN_MAIN_DB,
                   NULL) == SQLITE_OK &&
        raw->file->pMethods->xFileSize(raw->file, &raw->size) == SQLITE_OK)
        return true;
    raw_close(raw);
    return false;
}

static int64_t blocks_of(int64_t size)
{
    return (size + BLOCK_BYTES - 1) / BLOCK_BYTES;
}

/* Of the block that begins at `at`; a block in another's place is another one. */
static bool digest_block(const struct raw_file *raw, int64_t at, uint64_t *out)
{
    static const uint64_t first = 1;
    int64_t end = raw->size - at < BLOCK_BYTES ? raw->size : at + BLOCK_BYTES;
    uint64_t digest = digest_add((uint64_t)at, &first, sizeof(first));
    uint8_t *piece = malloc(PIECE_BYTES);
    bool ok = true;

    if (piece == NULL)
        abort();
    while (ok && at < end) {
        int count = (int)(end - at < PIECE_BYTES ? end - at : PIECE_BYTES);

        ok = raw->file->pMethods->xRead(raw->file, piece, count, at) == SQLITE_OK;
        digest = digest_add(digest, piece, (size_t)count);
        at += count;
    }
    free(piece);
    *out = digest;
    return ok;
}

/* --- closing ------------------------------------------------------------------------ */

/* One that is being read to be closed. */
struct store_closing {
    char day[STORE_DAY_SIZE];
    uint64_t late_from; /* where what came late goes on */
    bool is_complete;   /* nothing is written into it any more */
    struct raw_file raw;
    int64_t blocks; /* that are done */
    uint64_t *digests;
};

static void name_of_day(const char *day, char out[40])
{
    snprintf(out, 40, "history/%s", day);
}

void store_closed_done(struct store_sqlite *store)
{
    if (store->closing == NULL)
        return;
    raw_close(&store->closing->raw);
    free(store->closing->digests);
    free(store->closing);
    store->closing = NULL;
}

/*
 * Ids never go back: no message will be of an earlier day than the last one is.  A while
 * for one that got its id and is on its way.
 */
static void newest_day(const struct store_sqlite *store, char out[STORE_DAY_SIZE])
{
    store_day_name(ids_time_ms(store->highest_id) - ON_ITS_WAY_MS, out);
}

void store_read_closed(struct store_sqlite *store)
{
    sqlite3_stmt *statement = NULL;

    if (sqlite3_prepare_v2(store->database,
                           "SELECT substr(max(name), 9) FROM closed WHERE name LIKE"
                           " 'history/%'",
                           -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW &&
        sqlite3_column_type(statement, 0) != SQLITE_NULL)
        store_day_close_up_to(store->day, (const char *)sqlite3_column_text(statement, 0));
    sqlite3_finalize(statement);
}

bool store_closed_is_due(const struct store_sqlite *store)
{
    char day[STORE_DAY_SIZE];

    if (store->closing != NULL || store->closed_unsure)
        return true;
    newest_day(store, day);
    return strcmp(day, store->closed_day) != 0;
}

/* The first day that nothing which lives is of, nor before, and which is not closed, nor
 * was tried for nothing. */
static bool find_day(struct store_sqlite *store, char out[STORE_DAY_SIZE])
{
    char before[STORE_DAY_SIZE];
    char day[STORE_DAY_SIZE];
    char error[200];
    sqlite3_stmt *statement;
    int64_t oldest = 0;
    bool found;

    newest_day(store, before);
    if (!store_ask_integer(store->database,
                           "SELECT coalesce((SELECT id FROM known ORDER BY id LIMIT 1), 0)",
                           &oldest))
        return false;
    if (oldest != 0) {
        store_day_name(ids_time_ms((uint64_t)oldest), day);
        if (strcmp(day, before) < 0)
            memcpy(before, day, sizeof(before));
    }
    statement =
        store_prepare(store->database,
                      "SELECT day FROM history WHERE day < ?1 AND day > ?2 AND NOT EXISTS"
                      " (SELECT 1 FROM closed WHERE name = 'history/' || day)"
                      " ORDER BY day LIMIT 1",
                      error, sizeof(error));
    if (statement == NULL)
        return false;
    sqlite3_bind_text(statement, 1, before, -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 2, store->closed_tried, -1, SQLITE_STATIC);
    found = sqlite3_step(statement) == SQLITE_ROW;
    if (found)
        snprintf(out, STORE_DAY_SIZE, "%s",
                 (const char *)sqlite3_column_text(statement, 0));
    sqlite3_finalize(statement);
    return found;
}

/* An empty log that is not synced may be there again, whole, after a power cut. */
static bool sync_log(sqlite3_vfs *vfs, const char *folder, const char *day)
{
    struct raw_file log = {.file = calloc(1, (size_t)vfs->szOsFile)};
    bool ok;

    if (log.file == NULL)
        abort();
    snprintf(log.path, sizeof(log.path) - 1, "%s/history/%s-wal", folder, day);
    ok = vfs->xOpen(vfs, log.path, log.file, SQLITE_OPEN_READWRITE | SQLITE_OPEN_WAL,
                    NULL) == SQLITE_OK &&
         log.file->pMethods->xFileSize(log.file, &log.size) == SQLITE_OK && log.size == 0 &&
         log.file->pMethods->xSync(log.file, SQLITE_SYNC_NORMAL) == SQLITE_OK;
    raw_close(&log);
    return ok;
}

/* Its log is used up: all of it is in the one file.  False: not now. */
static bool use_up_log(struct store_sqlite *store, sqlite3_vfs *vfs, const char *day)
{
    char *attach = sqlite3_mprintf("ATTACH '%q/history/%q' AS day", store->folder, day);
    char error[200];
    bool ok = store_run(store->database, attach, error, sizeof(error)) &&
              sqlite3_wal_checkpoint_v2(store->database, "day", SQLITE_CHECKPOINT_TRUNCATE,
                                        NULL, NULL) == SQLITE_OK &&
              sync_log(vfs, store->folder, day);

    sqlite3_free(attach);
    sqlite3_exec(store->database, "DETACH day", NULL, NULL, NULL);
    return ok;
}

/* A row of what was read; without a file, that it is gone. */
static bool note_closed(struct store_sqlite *store)
{
    const struct store_closing *closing = store->closing;
    char error[200] = "";
    char name[40];
    sqlite3_stmt *statement = store_prepare(
        store->database, "INSERT OR REPLACE INTO closed(name, size, digests) VALUES(?,?,?)",
        error, sizeof(error));
    int result;

    if (statement == NULL)
        return false;
    name_of_day(closing->day, name);
    store_day_close_up_to(store->day, closing->day);
    sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
    sqlite3_bind_int64(statement, 2, closing->raw.size);
    sqlite3_bind_blob(statement, 3, closing->digests,
                      (int)((size_t)closing->blocks * sizeof(uint64_t)), SQLITE_STATIC);
    result = sqlite3_step(statement);
    sqlite3_finalize(statement);
    if (result == SQLITE_DONE)
        log_info("store.closed", "name=%s octets=%lld", name, (long long)closing->raw.size);
    else
        log_error("store.closed", "name=%s reason=\"%s\"", name, sqlite3_errstr(result));
    store->failed = store->failed || (result != SQLITE_DONE && result != SQLITE_FULL);
    return result == SQLITE_DONE;
}

/* False: there is none, or it cannot be done now; it is looked for again when there is
 * reason to. */
static bool begin(struct store_sqlite *store, int64_t now_ms, int64_t late_window_ms)
{
    struct store_closing *closing = calloc(1, sizeof(*closing));

    if (closing == NULL)
        abort();
    store->closing = closing;
    return find_day(store, closing->day) &&
           !store_late_is_awaited(store, closing->day, now_ms, late_window_ms);
}

/* What came late is in it; then it is opened, if it is there.  False: not now. */
static bool complete(struct store_sqlite *store)
{
    struct store_closing *closing = store->closing;
    sqlite3_vfs *vfs = NULL;
    enum store_laid laid;
    char name[40];
    bool there = false;

    name_of_day(closing->day, name);
    sqlite3_file_control(store->database, "main", SQLITE_FCNTL_VFS_POINTER, &vfs);
    if (!raw_open(&closing->raw, vfs, store->folder, name, &there))
        return false;
    raw_close(&closing->raw);
    laid =
        there ? store_late_lay(store, closing->day, &closing->late_from) : STORE_LAID_ALL;
    closing->is_complete = laid == STORE_LAID_ALL;
    if (!there || laid != STORE_LAID_ALL)
        return laid != STORE_LAID_NOT;
    if (!use_up_log(store, vfs, closing->day) ||
        !raw_open(&closing->raw, vfs, store->folder, name, &there) || !there)
        return false;
    closing->digests = calloc((size_t)blocks_of(closing->raw.size) + 1, sizeof(uint64_t));
    if (closing->digests == NULL)
        abort();
    return true;
}

/* When a new day has begun all are looked at again, also what was tried for nothing. */
static void look_from_now(struct store_sqlite *store)
{
    char day[STORE_DAY_SIZE];

    newest_day(store, day);
    if (strcmp(day, store->closed_day) != 0) {
        store->closed_tried[0] = '\0';
        store->late_next = 0;
    }
    memcpy(store->closed_day, day, sizeof(day));
}

/* Others need not wait. */
static void pass_over(struct store_sqlite *store)
{
    memcpy(store->closed_tried, store->closing->day, sizeof(store->closed_tried));
    store->closed_unsure = true;
    store_closed_done(store);
}

bool store_close_some(struct store_sqlite *store, int64_t now_ms, int64_t late_window_ms)
{
    struct store_closing *closing = store->closing;
    int64_t end;
    bool ok = true;

    if (closing == NULL) {
        look_from_now(store);
        store->closed_unsure = store_late_tend(store, now_ms, late_window_ms);
        if (store->closed_unsure || store->failed)
            return !store->failed;
        if (!begin(store, now_ms, late_window_ms)) {
            store_closed_done(store);
            return true;
        }
        closing = store->closing;
    }
    if (!closing->is_complete) {
        if (!complete(store))
            pass_over(store);
        return !store->failed;
    }
    end = blocks_of(closing->raw.size);
    for (int i = 0; ok && i < BLOCKS_AT_ONCE && closing->blocks < end; i++) {
        ok = digest_block(&closing->raw, closing->blocks * BLOCK_BYTES,
                          &closing->digests[closing->blocks]);
        closing->blocks += ok;
    }
    if (ok && closing->blocks < end)
        return true;
    if (!ok) {
        log_error("store.closed", "name=history/%s reason=\"it cannot be read\"",
                  closing->day);
        pass_over(store);
        return true;
    }
    /* There may be another one. */
    store->closed_unsure = note_closed(store);
    store_closed_done(store);
    return !store->failed;
}

bool store_closed_reopen(struct store_sqlite *store, const char *day)
{
    char error[200];
    char name[40];
    sqlite3_stmt *statement;
    bool ok;

    if (store->closing && strcmp(store->closing->day, day) == 0)
        store_closed_done(store);
    store->closed_unsure = true;
    store->closed_tried[0] = '\0';
    statement = store_prepare(store->database, "DELETE FROM closed WHERE name=?1", error,
                              sizeof(error));
    if (statement == NULL)
        return false;
    name_of_day(day, name);
    sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
    ok = sqlite3_step(statement) == SQLITE_DONE;
    sqlite3_finalize(statement);
    return ok;
}

/* --- checking ----------------------------------------------------------------------- */

struct check {
    const struct store_view *view;
    sqlite3_vfs *vfs;
    void (*tell)(void *owner, const char *sentence);
    void *owner;
    int64_t count;
};

static void tell(struct check *check, const char *name, const char *what)
{
    char sentence[200];

    snprintf(sentence, sizeof(sentence), "%.60s: %s", name, what);
    check->tell(check->owner, sentence);
}

/* Neighbours are named together. */
static void compare_blocks(struct check *check, const char *name,
                           const struct raw_file *raw, const uint8_t *digests,
                           int64_t count)
{
    int64_t wrong_from = -1;
    char what[120];

    for (int64_t i = 0; i <= count; i++) {
        uint64_t digest = 0;
        uint64_t noted = 0;
        bool wrong = false;

        if (i < count) {
            memcpy(&noted, digests + (size_t)i * sizeof(noted), sizeof(noted));
            wrong = !digest_block(raw, i * BLOCK_BYTES, &digest) || digest != noted;
        }
        if (i > 0 && i % PROGRESS_BLOCKS == 0)
            log_info("store.verify", "name=%s octets=%lld of=%lld", name,
                     (long long)(i * BLOCK_BYTES), (long long)raw->size);
        if (wrong && wrong_from < 0)
            wrong_from = i;
        if (wrong || wrong_from < 0)
            continue;
        snprintf(what, sizeof(what), "octets %lld to %lld are not what was written",
                 (long long)(wrong_from * BLOCK_BYTES),
                 (long long)(i * BLOCK_BYTES < raw->size ? i * BLOCK_BYTES : raw->size) -
                     1);
        tell(check, name, what);
        wrong_from = -1;
    }
}

/* Something beside it that would be read with it. */
static void look_for_log(struct check *check, const char *name)
{
    struct raw_file raw;
    char log[80];
    bool there;

    snprintf(log, sizeof(log), "%.60s-wal", name);
    if (!raw_open(&raw, check->vfs, check->view->folder, log, &there) ||
        (there && raw.size > 0))
        tell(check, log, "it has come after the database was closed");
    raw_close(&raw);
}

static void check_one(void *owner, sqlite3_stmt *row)
{
    struct check *check = owner;
    const char *name = (const char *)sqlite3_column_text(row, 0);
    int64_t size = sqlite3_column_int64(row, 1);
    int64_t count = sqlite3_column_bytes(row, 2) / (int64_t)sizeof(uint64_t);
    struct raw_file raw;
    char what[120];
    bool there;

    if (!raw_open(&raw, check->vfs, check->view->folder, name, &there)) {
        tell(check, name, "it cannot be read");
        return;
    }
    if (!there)
        return;
    /* It was away when it was to be closed: it comes from a copy. */
    if (sqlite3_column_type(row, 2) == SQLITE_NULL) {
        raw_close(&raw);
        return;
    }
    check->count++;
    if (raw.size != size || count != blocks_of(size)) {
        snprintf(what, sizeof(what), "it has %lld octets, and had %lld when it was closed",
                 (long long)raw.size, (long long)size);
        tell(check, name, what);
    } else {
        compare_blocks(check, name, &raw, sqlite3_column_blob(row, 2), count);
    }
    raw_close(&raw);
    look_for_log(check, name);
}

bool store_check_closed(const struct store_view *view,
                        void (*tell_it)(void *owner, const char *sentence), void *owner,
                        int64_t *out_count, char *error, size_t error_size)
{
    struct check check = {view, sqlite3_vfs_find(view->vfs), tell_it, owner, 0};
    bool ok =
        store_for_rows(view->live, "SELECT name, size, digests FROM closed ORDER BY name",
                       0, check_one, &check, error, error_size);

    *out_count = check.count;
    return ok;
}
