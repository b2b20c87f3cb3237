/*
 * Opens live.db, uses up its log and remembers which messages have ended.  What is
 * written to it is store_apply.c.
 */
#include "gateway/store_sqlite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/store_closed.h"
#include "gateway/store_database.h"
#include "gateway/store_gone.h"
#include "gateway/store_messages.h"
#include "gateway/store_rows.h"
#include "gateway/store_schema.h"
#include "routing/plan.h"
#include "routing/price.h"

/*
 * Written to the disk as they are: a store of another form must be refused, and what is
 * read of one with an older journal would be nonsense.
 */
_Static_assert(sizeof(void *) != 8 ||
                   (sizeof(struct store_record_message) == 176 &&
                    sizeof(struct store_record_attempt) == 192 &&
                    sizeof(struct body) == 192 && sizeof(struct store_record_usage) == 88 &&
                    sizeof(struct store_record_duplicate) == 72 &&
                    sizeof(struct store_record_optout) == 128 &&
                    sizeof(struct store_record_mark) == 32 &&
                    sizeof(struct store_record_inbound) == 56 &&
                    sizeof(struct store_record_alias) == 24 && sizeof(struct plan) == 888 &&
                    sizeof(struct price_pins) == 1040 &&
                    sizeof(struct channel_traits) == 24),
               "a struct that is stored has changed: it needs a new STORE_SCHEMA_VERSION");

enum { FRAME_HEADER_BYTES = 24 }; /* of a page in the log */

/* --- the log and what ended --------------------------------------------------------- */

static int on_wal(void *self, sqlite3 *database, const char *name, int pages)
{
    struct store_sqlite *store = self;

    (void)database;
    if (strcmp(name, "main") != 0)
        return SQLITE_OK;
    /* It begins at its head again when all of it is in the database and nobody reads it. */
    if (pages < store->wal_pages)
        store->wal_pages = store->wal_pages_done = 0;
    store->written_pages += (uint64_t)(pages - store->wal_pages);
    store->wal_pages = pages;
    return SQLITE_OK;
}

uint64_t store_sqlite_wal_bytes(const struct store_sqlite *store)
{
    return (uint64_t)(store->wal_pages - store->wal_pages_done) *
           (uint64_t)store->page_size;
}

uint64_t store_sqlite_log_bytes(const struct store_sqlite *store)
{
    return (uint64_t)store->wal_pages * (uint64_t)store->page_size;
}

uint64_t store_sqlite_written_bytes(const struct store_sqlite *store)
{
    return store->written_pages * (uint64_t)(store->page_size + FRAME_HEADER_BYTES);
}

bool store_sqlite_checkpoint(struct store_sqlite *store, bool restart)
{
    int pages = -1;
    int done = -1;
    int result = sqlite3_wal_checkpoint_v2(
        store->database, "main",
        restart ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE, &pages, &done);

    /* A reader, or a full disk, may keep the log from being used up: not a failure, the
     * next one goes on. */
    if (result != SQLITE_OK && result != SQLITE_BUSY && result != SQLITE_FULL) {
        store->failed = true;
        return false;
    }
    if (pages >= 0 && done >= 0) {
        store->wal_pages = pages;
        store->wal_pages_done = done;
    }
    return true;
}

void store_sqlite_add_ended(struct store_sqlite *store, uint64_t id)
{
    if (store->ended_count == store->ended_capacity) {
        size_t capacity = store->ended_capacity ? store->ended_capacity * 2 : 4096;
        uint64_t *ring = malloc(capacity * sizeof(*ring));

        if (ring == NULL)
            abort();
        for (size_t i = 0; i < store->ended_count; i++)
            ring[i] = store->ended[(store->ended_first + i) % store->ended_capacity];
        free(store->ended);
        store->ended = ring;
        store->ended_first = 0;
        store->ended_capacity = capacity;
    }
    store->ended[(store->ended_first + store->ended_count) % store->ended_capacity] = id;
    store->ended_count++;
}

uint64_t store_sqlite_in_history(const struct store_sqlite *store)
{
    return store->in_history;
}

size_t store_sqlite_ended(const struct store_sqlite *store)
{
    return store->ended_count;
}

uint64_t store_sqlite_journal_sequence(const struct store_sqlite *store)
{
    return store->journal_sequence;
}

uint64_t store_sqlite_rows(const struct store_sqlite *store)
{
    return store->rows;
}

/* --- opening ------------------------------------------------------------------------ */

bool store_ask_integer(sqlite3 *database, const char *sql, int64_t *out)
{
    sqlite3_stmt *statement;
    bool found = false;

    if (sqlite3_prepare_v2(database, sql, -1, &statement, NULL) != SQLITE_OK)
        return false;
    if (sqlite3_step(statement) == SQLITE_ROW) {
        *out = sqlite3_column_int64(statement, 0);
        found = true;
    }
    sqlite3_finalize(statement);
    return found;
}

bool store_gives_up_full(sqlite3 *database)
{
    bool full = sqlite3_errcode(database) == SQLITE_FULL;

    if (!sqlite3_get_autocommit(database))
        sqlite3_exec(database, "ROLLBACK", NULL, NULL, NULL);
    return full && sqlite3_get_autocommit(database);
}

/* Asks for the mode and reads back what it got: a file system may refuse it in silence. */
bool store_set_durable(sqlite3 *database, const char *schema, char *error,
                       size_t error_size)
{
    char sql[100];
    sqlite3_stmt *statement;
    int64_t synchronous = 0;
    bool ok;

    snprintf(sql, sizeof(sql), "PRAGMA %s.journal_mode=WAL", schema);
    statement = store_prepare(database, sql, error, error_size);
    if (statement == NULL)
        return false;
    /* The row comes first; whether it is true is known at the end. */
    ok = sqlite3_step(statement) == SQLITE_ROW &&
         strcmp((const char *)sqlite3_column_text(statement, 0), "wal") == 0 &&
         sqlite3_step(statement) == SQLITE_DONE;
    sqlite3_finalize(statement);
    if (!ok) {
        snprintf(error, error_size, "it cannot have a write-ahead log: %s",
                 sqlite3_errmsg(database));
        return false;
    }
    snprintf(sql, sizeof(sql), "PRAGMA %s.synchronous=FULL", schema);
    if (!store_run(database, sql, error, error_size))
        return false;
    snprintf(sql, sizeof(sql), "PRAGMA %s.synchronous", schema);
    if (!store_ask_integer(database, sql, &synchronous) || synchronous != 2) {
        snprintf(error, error_size, "its commits cannot be made durable");
        return false;
    }
    return true;
}

bool store_use_up_log(sqlite3 *database, const char *schema, char *error, size_t error_size)
{
    int result =
        sqlite3_wal_checkpoint_v2(database, schema, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);

    if (result == SQLITE_OK || result == SQLITE_BUSY)
        return true;
    snprintf(error, error_size, "%s", sqlite3_errmsg(database));
    return false;
}

/* A file that is not ours is left as it was found.  `out_empty`: it has no tables yet. */
static bool check_schema(struct store_sqlite *store, bool *out_empty, char *error,
                         size_t error_size)
{
    int64_t tables = 0;
    int64_t version = 0;

    if (!store_ask_integer(store->database, "SELECT count(*) FROM sqlite_master",
                           &tables)) {
        snprintf(error, error_size, "%s", sqlite3_errmsg(store->database));
        return false;
    }
    *out_empty = tables == 0;
    if (tables == 0 ||
        (store_ask_integer(store->database, "SELECT value FROM meta WHERE key='schema'",
                           &version) &&
         version == atoi(STORE_SCHEMA_VERSION)))
        return true;
    snprintf(error, error_size,
             "its schema is %lld, this sluiced knows " STORE_SCHEMA_VERSION
             ": start the sluiced that wrote it, or give this one a folder of its own",
             (long long)version);
    return false;
}

/* What somebody can do about it. */
static const char *advice(sqlite3 *database)
{
    int code = sqlite3_errcode(database);

    return code == SQLITE_CORRUPT || code == SQLITE_NOTADB
               ? ": it is damaged; keep the folder as it is, and put a copy of the file "
                 "in its place (COPIES in sluiced(8))"
               : "";
}

/* All tables or none. */
static bool make_tables(struct store_sqlite *store, char *error, size_t error_size)
{
    char schema[4096];
    bool ok;

    snprintf(schema, sizeof(schema), STORE_SCHEMA_MESSAGES, "", "");
    ok = store_run(store->database, "BEGIN IMMEDIATE", error, error_size) &&
         store_run(store->database, schema, error, error_size) &&
         store_run(store->database, STORE_SCHEMA_LIVE, error, error_size) &&
         store_run(store->database,
                   "INSERT INTO meta(key, value) VALUES('schema', '" STORE_SCHEMA_VERSION
                   "'), ('highest_id', '0'), ('journal', '0')",
                   error, error_size) &&
         store_run(store->database, "COMMIT", error, error_size);
    if (!sqlite3_get_autocommit(store->database))
        sqlite3_exec(store->database, "ROLLBACK", NULL, NULL, NULL);
    return ok;
}

/*
 * What was in the tables for certain is there.  This comes before anything is done to their
 * log, so that it can still be put right.
 */
static bool reaches_head(struct store_sqlite *store, char *error, size_t error_size)
{
    uint64_t head = store_head_found(store->head).sequence;
    int64_t sequence = 0;

    /* Without tables it stays 0. */
    (void)store_ask_integer(store->database, "SELECT value FROM meta WHERE key='journal'",
                            &sequence);
    if ((uint64_t)sequence >= head)
        return true;
    /* Its log is not touched when it is closed. */
    store->failed = true;
    snprintf(
        error, error_size,
        "it ends with batch %lld, and batch %llu was in it: its log, live.db-wal, was"
        " shortened, removed or replaced, or this is an older copy. Put the right files"
        " back; or, to go on with what is there, move %s away. See COPIES in sluiced(8)",
        (long long)sequence, (unsigned long long)head, store_head_path(store->head));
    return false;
}

static bool set_up(struct store_sqlite *store, char *error, size_t error_size)
{
    bool empty;

    return check_schema(store, &empty, error, error_size) &&
           reaches_head(store, error, error_size) &&
           store_set_durable(store->database, "main", error, error_size) &&
           store_run(store->database,
                     "PRAGMA wal_autocheckpoint=0; PRAGMA cache_size=-65536;"
                     "PRAGMA journal_size_limit=67108864;"
                     "PRAGMA temp_store=MEMORY; PRAGMA foreign_keys=OFF;",
                     error, error_size) &&
           store_use_up_log(store->database, "main", error, error_size) &&
           (!empty || make_tables(store, error, error_size));
}

static bool read_counters(struct store_sqlite *store, char *error, size_t error_size)
{
    int64_t page_size = 0;
    int64_t highest = 0;
    int64_t journal = 0;

    if (!store_ask_integer(store->database, "PRAGMA page_size", &page_size) ||
        !store_ask_integer(store->database, "SELECT value FROM meta WHERE key='highest_id'",
                           &highest) ||
        !store_ask_integer(store->database, "SELECT value FROM meta WHERE key='journal'",
                           &journal)) {
        snprintf(error, error_size, "%s", sqlite3_errmsg(store->database));
        return false;
    }
    store->page_size = (int)page_size;
    store->highest_id = store->highest_recorded = (uint64_t)highest;
    store->journal_sequence = (uint64_t)journal;
    return store_read_chain(store, error, error_size) &&
           store_gone_read(store, error, error_size);
}

struct store_sqlite *store_sqlite_open(const char *folder, const char *vfs, char *error,
                                       size_t error_size)
{
    struct store_sqlite *store = calloc(1, sizeof(*store));
    char path[4096];
    char why[512] = "";
    int result;

    if (store == NULL || (store->folder = strdup(folder)) == NULL)
        abort();
    store->day = store_day_new(store->folder, vfs);
    store->messages = store_messages_new();
    store->coming = store_coming_new();
    store->head = store_head_open(folder, "live.head", vfs, error, error_size);
    if (store->head == NULL) {
        store_sqlite_close(store, true);
        return NULL;
    }
    snprintf(path, sizeof(path), "%s/live.db", folder);
    /* Its account of memory costs a lock at each allocation; refused once it is in use. */
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    result = sqlite3_open_v2(
        path, &store->database,
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, vfs);
    if (result != SQLITE_OK)
        snprintf(why, sizeof(why), "%s", sqlite3_errmsg(store->database));
    if (result != SQLITE_OK || !set_up(store, why, sizeof(why)) ||
        !read_counters(store, why, sizeof(why)) ||
        !store_prepare_statements(store, why, sizeof(why)) ||
        (store->bulk = store_bulk_new(store->database, STORE_BULK_IN_LIVE, why,
                                      sizeof(why))) == NULL) {
        snprintf(error, error_size, "%s cannot be opened: %s%s", path, why,
                 advice(store->database));
        store_sqlite_close(store, true);
        return NULL;
    }
    store_read_closed(store);
    sqlite3_wal_hook(store->database, on_wal, store);
    return store;
}

void store_sqlite_close(struct store_sqlite *store, bool well)
{
    if (store == NULL)
        return;
    for (size_t i = 0; i < STATEMENTS; i++)
        sqlite3_finalize(store->statements[i]);
    store_bulk_free(store->bulk);
    store_messages_free(store->messages);
    store_coming_free(store->coming);
    store_day_close(store->day, well && !store->failed);
    if (store->database && (store->failed || !well))
        sqlite3_db_config(store->database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    store_closed_done(store);
    sqlite3_close(store->database);
    store_head_close(store->head);
    free(store->ended);
    free(store->folder);
    free(store);
}
