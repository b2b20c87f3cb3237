/* See store_late.h. */
#include "gateway/store_late.h"

#include <stdio.h>
#include <stdlib.h>

#include "gateway/ids.h"
#include "gateway/log.h"
#include "gateway/store_cursor.h"
#include "gateway/store_database.h"
#include "gateway/store_rows.h"

enum {
    DAY_MS = 24 * 3600 * 1000,
    MOMENT_MS = 3600 * 1000, /* nobody holds one for longer (store_view_hold) */
    LAID_AT_ONCE = 2000,     /* messages */
    FORGOTTEN_AT_ONCE = 20000,
};

/* Ids that were made on a day: from the first one on, before the other. */
struct span {
    uint64_t from;
    uint64_t to;
};

static struct span span_from(int64_t day_ms)
{
    return (struct span){ids_first_at(day_ms), ids_first_at(day_ms + DAY_MS)};
}

static bool is_any(const struct store_sqlite *store, const char *sql, const int64_t *values,
                   int count)
{
    char error[200];
    sqlite3_stmt *statement = store_prepare(store->database, sql, error, sizeof(error));
    bool found;

    if (statement == NULL)
        return false;
    store_bind_integers(statement, values, count);
    found = sqlite3_step(statement) == SQLITE_ROW;
    sqlite3_finalize(statement);
    return found;
}

/* By a clock that was set back it may have ended in a time to come.  What is further ahead
 * than is waited for is of a clock that was ahead: nothing is waited for. */
bool store_late_is_awaited(const struct store_sqlite *store, const char *day,
                           int64_t now_ms, int64_t late_window_ms)
{
    struct span span = span_from(store_day_start_ms(day));
    const int64_t values[] = {now_ms, late_window_ms, MOMENT_MS, (int64_t)span.from,
                              (int64_t)span.to};
    char sql[400];

    snprintf(
        sql, sizeof(sql),
        "SELECT 1 WHERE EXISTS (SELECT 1 FROM history WHERE day='%s'"
        " AND ended_at > ?1 - ?2 AND ended_at <= ?1 + ?2) OR EXISTS (SELECT 1 FROM late"
        " WHERE message >= ?4 AND message < ?5"
        " AND updated_at > ?1 - ?3 AND updated_at <= ?1)",
        day);
    return is_any(store, sql, values, 5);
}

/* --- laying ------------------------------------------------------------------------- */

/* Some of a day's, on their way into it. */
struct laying {
    struct store_sqlite *store;
    struct span span; /* what is left of the day */
    struct store_cursor late;
    sqlite3_stmt *find;
    sqlite3_stmt *set_aged;
    sqlite3_stmt *set_message;
    struct message message;
    uint8_t *octets; /* of its row */
    uint64_t laid[LAID_AT_ONCE];
    size_t count;
    int code; /* of SQLite: why it failed */
    char error[200];
};

static bool fail(struct laying *laying)
{
    laying->code = sqlite3_errcode(laying->store->database);
    snprintf(laying->error, sizeof(laying->error), "%s",
             sqlite3_errmsg(laying->store->database));
    return false;
}

static bool set_content(struct laying *laying, sqlite3_stmt *set, size_t size)
{
    int result;

    sqlite3_bind_int64(set, 1, (int64_t)laying->message.id);
    sqlite3_bind_blob(set, 2, laying->octets, (int)size, SQLITE_STATIC);
    result = sqlite3_step(set);
    sqlite3_reset(set);
    return result == SQLITE_DONE || fail(laying);
}

/* Of the two the row in `aged` is what is known. */
static bool write_message(struct laying *laying, const struct packed_bodies *bodies)
{
    size_t size;

    laying->octets = realloc(laying->octets, packed_most(&laying->message, bodies));
    if (laying->octets == NULL)
        abort();
    size = packed_write(&laying->message, bodies, laying->octets);
    sqlite3_reset(laying->find);
    return set_content(laying, laying->set_aged, size) &&
           (sqlite3_changes(laying->store->database) > 0 ||
            set_content(laying, laying->set_message, size));
}

/* The next one that something came late of; the cursor is behind it afterwards. */
static bool lay_message(struct laying *laying)
{
    uint64_t id = laying->late.key;
    struct packed_bodies bodies;
    bool is_read;
    int result;

    sqlite3_bind_int64(laying->find, 1, (int64_t)id);
    result = sqlite3_step(laying->find);
    is_read =
        result == SQLITE_ROW && store_read_message(laying->find, &laying->message, &bodies,
                                                   laying->error, sizeof(laying->error));
    if (is_read) {
        store_lay_late(&laying->late, &laying->message);
        if (!write_message(laying, &bodies))
            return false;
    } else {
        (void)store_cursor_seek(&laying->late, id + 1);
        sqlite3_reset(laying->find);
    }
    if (result == SQLITE_ROW && !is_read)
        log_error("store.damaged", "id=%llu", (unsigned long long)id);
    else if (result == SQLITE_ROW || result == SQLITE_DONE)
        laying->laid[laying->count++] = id;
    else
        return fail(laying);
    return true;
}

static bool open_statements(struct laying *laying)
{
    sqlite3 *database = laying->store->database;
    char *error = laying->error;
    size_t room = sizeof(laying->error);

    return store_cursor_open(&laying->late, database,
                             "SELECT " STORE_LATE_COLUMNS
                             " FROM main.late WHERE message>=?1 ORDER BY message, ordinal",
                             0, laying->span.from, error, room) &&
           (laying->find = store_prepare(
                database, "SELECT " STORE_MESSAGE_COLUMNS " FROM day.known WHERE id=?1",
                error, room)) != NULL &&
           (laying->set_aged =
                store_prepare(database, "UPDATE day.aged SET content=?2 WHERE id=?1", error,
                              room)) != NULL &&
           (laying->set_message =
                store_prepare(database, "UPDATE day.message SET content=?2 WHERE id=?1",
                              error, room)) != NULL;
}

static bool close_statements(struct laying *laying)
{
    bool ok;

    sqlite3_finalize(laying->find);
    sqlite3_finalize(laying->set_aged);
    sqlite3_finalize(laying->set_message);
    message_done(&laying->message);
    free(laying->octets);
    ok = store_cursor_close(&laying->late, laying->error, sizeof(laying->error));
    if (!ok)
        laying->code = laying->late.result;
    return ok;
}

/* `from` of what is left goes on. */
static bool lay_some(struct laying *laying)
{
    bool ok = open_statements(laying);

    while (ok && laying->late.key < laying->span.to && laying->count < LAID_AT_ONCE)
        ok = lay_message(laying);
    laying->span.from =
        laying->late.key < laying->span.to ? laying->late.key : laying->span.to;
    return close_statements(laying) && ok;
}

static bool copy_to_day(struct laying *laying, const char *day)
{
    sqlite3 *database = laying->store->database;
    char *error = laying->error;
    size_t room = sizeof(laying->error);

    bool ok = store_attach_day(laying->store, day, error, room) &&
              store_run(database, "BEGIN IMMEDIATE", error, room) && lay_some(laying) &&
              store_run(database, "COMMIT", error, room) &&
              store_use_up_log(database, "day", error, room);

    if (!ok && laying->code == SQLITE_OK)
        laying->code = sqlite3_errcode(database);
    return ok;
}

static bool take_out(const struct laying *laying)
{
    struct store_sqlite *store = laying->store;
    sqlite3_stmt *gone = store->statements[STATEMENT_LATE_GONE];
    bool ok = store_step(store, STATEMENT_BEGIN);

    for (size_t i = 0; ok && i < laying->count; i++) {
        sqlite3_bind_int64(gone, 1, (int64_t)laying->laid[i]);
        ok = store_step(store, STATEMENT_LATE_GONE);
    }
    return ok && store_step(store, STATEMENT_COMMIT);
}

/* A full disk leaves live.db as it was; after anything else it is not known how it is. */
static void give_up(struct store_sqlite *store)
{
    log_error("store.late", "reason=\"%s\"", sqlite3_errmsg(store->database));
    if (!store_gives_up_full(store->database))
        store->failed = true;
}

static bool is_damage(int code)
{
    code &= 0xFF; /* the others say more exactly where */
    return code == SQLITE_CORRUPT || code == SQLITE_NOTADB || code == SQLITE_ERROR;
}

enum store_laid store_late_lay(struct store_sqlite *store, const char *day, uint64_t *from)
{
    struct laying *laying;
    struct span span = span_from(store_day_start_ms(day));
    enum store_laid laid = STORE_LAID_NOT;
    bool copied;

    if (*from > span.from)
        span.from = *from;
    if (!is_any(store, "SELECT 1 FROM late WHERE message >= ?1 AND message < ?2 LIMIT 1",
                (const int64_t[]){(int64_t)span.from, (int64_t)span.to}, 2))
        return STORE_LAID_ALL;
    laying = calloc(1, sizeof(*laying));
    if (laying == NULL)
        abort();
    laying->store = store;
    laying->span = span;
    copied = copy_to_day(laying, day);
    if (!copied) {
        log_error("store.history", "day=%s reason=\"%s\"", day, laying->error);
        (void)store_gives_up_full(store->database);
    }
    sqlite3_exec(store->database, "DETACH day", NULL, NULL, NULL);
    if (!copied) {
        /* They lie over a damaged day as they did. */
        laid = is_damage(laying->code) ? STORE_LAID_ALL : STORE_LAID_NOT;
    } else if (!take_out(laying)) {
        give_up(store);
    } else {
        *from = laying->span.from;
        laid = STORE_LAID_SOME;
    }
    free(laying);
    return laid;
}

/* --- day by day --------------------------------------------------------------------- */

/* The first of the days, from this id on, that something came late of. */
static bool find_day(const struct store_sqlite *store, uint64_t from, struct span *out)
{
    char sql[100];
    int64_t id = 0;

    snprintf(sql, sizeof(sql),
             "SELECT coalesce(min(message), 0) FROM late WHERE message>=%lld",
             (long long)from);
    if (!store_ask_integer(store->database, sql, &id) || id == 0)
        return false;
    *out = span_from(ids_time_ms((uint64_t)id) / DAY_MS * DAY_MS);
    return true;
}

static bool forget_some(struct store_sqlite *store, const struct span *span)
{
    const int64_t values[] = {(int64_t)span->from, (int64_t)span->to, FORGOTTEN_AT_ONCE};

    store_bind_integers(store->statements[STATEMENT_LATE_FORGET], values, 3);
    if (store_step(store, STATEMENT_LATE_FORGET))
        return true;
    give_up(store);
    return false;
}

static bool is_closed(const struct store_sqlite *store, const char *day)
{
    char sql[100];

    snprintf(sql, sizeof(sql), "SELECT 1 FROM closed WHERE name='history/%s'", day);
    return is_any(store, sql, NULL, 0);
}

bool store_late_tend(struct store_sqlite *store, int64_t now_ms, int64_t late_window_ms)
{
    struct span span;
    char day[STORE_DAY_SIZE];

    while (find_day(store, store->late_next, &span)) {
        store_day_name(ids_time_ms(span.from), day);
        if (store_day_is_deleted(store->database, store->folder, day))
            return forget_some(store, &span);
        if (!is_closed(store, day) &&
            !store_late_is_awaited(store, day, now_ms, late_window_ms) &&
            store_late_lay(store, day, &store->late_next) == STORE_LAID_SOME)
            return true;
        if (store->failed)
            return false;
        store->late_next = span.to;
    }
    return false;
}
