/*
 * The walk is a merge: every table has messages in the order of their ids, so that each
 * is read once from its beginning to its end, and nothing is looked up or remembered.
 */
#include "gateway/store_walk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/store_cursor.h"

const struct store_walk_days store_walk_all = {"", "9999"};

/* --- connections -------------------------------------------------------------------- */

enum { STEPS_BETWEEN_LOOKS = 10000 }; /* of SQLite's machine, whether the end has come */

static int has_ended(void *ended)
{
    return atomic_load((atomic_bool *)ended);
}

static sqlite3 *open_read_only(const struct store_view *view, const char *path, char *error,
                               size_t error_size)
{
    sqlite3 *database = NULL;

    if (sqlite3_open_v2(path, &database, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX,
                        view->vfs) == SQLITE_OK) {
        sqlite3_progress_handler(database, STEPS_BETWEEN_LOOKS, has_ended,
                                 (void *)&view->ended);
        return database;
    }
    snprintf(error, error_size, "%s cannot be read: %s", path, sqlite3_errmsg(database));
    sqlite3_close(database);
    return NULL;
}

bool store_view_open(struct store_view *view, const char *folder, const char *vfs,
                     char *error, size_t error_size)
{
    char path[4096];

    *view = (struct store_view){.folder = strdup(folder), .vfs = vfs ? strdup(vfs) : NULL};
    if (view->folder == NULL || (vfs && view->vfs == NULL))
        abort();
    snprintf(path, sizeof(path), "%s/live.db", folder);
    view->live = open_read_only(view, path, error, error_size);
    return view->live != NULL;
}

void store_view_close(struct store_view *view)
{
    sqlite3_close(view->live);
    free(view->folder);
    free(view->vfs);
}

void store_view_end(struct store_view *view)
{
    atomic_store(&view->ended, true);
}

/* A file that is being made is not known yet.  False: live.db cannot be read. */
static bool is_known_day(const struct store_view *view, const char *day, bool *out,
                         char *error, size_t error_size)
{
    sqlite3_stmt *statement =
        store_prepare(view->live, "SELECT 1 FROM history WHERE day=?1", error, error_size);
    int result;

    if (statement == NULL)
        return false;
    sqlite3_bind_text(statement, 1, day, -1, SQLITE_STATIC);
    result = sqlite3_step(statement);
    *out = result == SQLITE_ROW;
    if (result != SQLITE_ROW && result != SQLITE_DONE)
        snprintf(error, error_size, "%s", sqlite3_errmsg(view->live));
    sqlite3_finalize(statement);
    return result == SQLITE_ROW || result == SQLITE_DONE;
}

sqlite3 *store_view_open_day(const struct store_view *view, const char day[STORE_DAY_SIZE],
                             char *error, size_t error_size)
{
    sqlite3_vfs *vfs = sqlite3_vfs_find(view->vfs);
    char path[4096];
    int exists = 0;
    bool known;

    error[0] = 0;
    if (!is_known_day(view, day, &known, error, error_size) || !known)
        return NULL;
    snprintf(path, sizeof(path), "%s/history/%s", view->folder, day);
    if (vfs->xAccess(vfs, path, SQLITE_ACCESS_EXISTS, &exists) == SQLITE_OK && !exists)
        return NULL;
    return open_read_only(view, path, error, error_size);
}

bool store_view_hold(const struct store_view *view, char *error, size_t error_size)
{
    if (atomic_load(&view->ended)) {
        snprintf(error, error_size, "it is about to be closed");
        return false;
    }
    /* A transaction sees the moment of its first reading. */
    return store_run(view->live, "BEGIN; SELECT 1 FROM meta", error, error_size);
}

void store_view_let_go(const struct store_view *view)
{
    if (!sqlite3_get_autocommit(view->live))
        sqlite3_exec(view->live, "ROLLBACK", NULL, NULL, NULL);
}

/* --- the walk ----------------------------------------------------------------------- */

struct walk {
    const struct store_view *view;
    void (*visit)(void *owner, const struct message *message);
    void *owner;
    struct message message; /* its attempts are used again for the next one */
    uint64_t highest_id;    /* of what live.db knows at the moment it is held */
    char *error;
    size_t error_size;
};

/* From message `from` on. */
static bool open_cursor(struct walk *walk, struct store_cursor *cursor, sqlite3 *database,
                        const char *sql, uint64_t from)
{
    return store_cursor_open(cursor, database, sql, 0, from, walk->error, walk->error_size);
}

static bool close_cursor(struct walk *walk, struct store_cursor *cursor)
{
    return store_cursor_close(cursor, walk->error, walk->error_size);
}

/* False: one of them is not what was written. */
static bool walk_messages(struct walk *walk, struct store_cursor *messages,
                          struct store_cursor *late, struct store_cursor *living)
{
    for (; messages->result == SQLITE_ROW; store_cursor_next(messages)) {
        struct packed_bodies bodies;

        /* It was copied and not deleted yet: who lives is newer.  Or it came and ended
         * after the moment we look at. */
        if (living &&
            (store_cursor_seek(living, messages->key) || messages->key > walk->highest_id))
            continue;
        if (!store_read_message(messages->statement, &walk->message, &bodies, walk->error,
                                walk->error_size))
            return false;
        if (late)
            store_lay_late(late, &walk->message);
        store_sum_attempts(&walk->message);
        walk->visit(walk->owner, &walk->message);
    }
    return true;
}

static const char messages_sql[] =
    "SELECT " STORE_MESSAGE_COLUMNS " FROM known WHERE id>=?1 ORDER BY id";
static const char late_sql[] =
    "SELECT " STORE_LATE_COLUMNS " FROM late WHERE message>=?1 ORDER BY message, ordinal";
static const char living_sql[] = "SELECT id FROM known WHERE id>=?1 ORDER BY id";

static void read_highest_id(void *owner, sqlite3_stmt *row)
{
    *(uint64_t *)owner = (uint64_t)sqlite3_column_int64(row, 0);
}

static bool walk_live(struct walk *walk)
{
    sqlite3 *live = walk->view->live;
    struct store_cursor messages = {0};
    bool ok =
        store_for_rows(live, "SELECT value FROM meta WHERE key='highest_id'", 0,
                       read_highest_id, &walk->highest_id, walk->error, walk->error_size) &&
        open_cursor(walk, &messages, live, messages_sql, 0) &&
        walk_messages(walk, &messages, NULL, NULL);

    return close_cursor(walk, &messages) && ok;
}

static bool walk_day(struct walk *walk, const char day[STORE_DAY_SIZE])
{
    sqlite3 *live = walk->view->live;
    sqlite3 *history = store_view_open_day(walk->view, day, walk->error, walk->error_size);
    struct store_cursor messages = {0};
    struct store_cursor late = {0};
    struct store_cursor living = {0};
    bool ok;

    if (history == NULL)
        return walk->error[0] == 0;
    ok = store_run(history, "BEGIN", walk->error, walk->error_size) &&
         open_cursor(walk, &messages, history, messages_sql, 0) &&
         open_cursor(walk, &late, live, late_sql, messages.key) &&
         open_cursor(walk, &living, live, living_sql, messages.key) &&
         walk_messages(walk, &messages, &late, &living);
    ok = close_cursor(walk, &messages) && ok;
    ok = close_cursor(walk, &late) && ok;
    ok = close_cursor(walk, &living) && ok;
    sqlite3_close(history);
    return ok;
}

static bool walk_history(struct walk *walk, const struct store_walk_days *days)
{
    sqlite3_stmt *statement = store_prepare(
        walk->view->live, "SELECT day FROM history WHERE day>=?1 AND day<=?2 ORDER BY day",
        walk->error, walk->error_size);
    bool ok = statement != NULL;
    int result = SQLITE_DONE;

    if (!ok)
        return false;
    sqlite3_bind_text(statement, 1, days->from, -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 2, days->to, -1, SQLITE_STATIC);
    while (ok && (result = sqlite3_step(statement)) == SQLITE_ROW) {
        char day[STORE_DAY_SIZE];

        snprintf(day, sizeof(day), "%s", (const char *)sqlite3_column_text(statement, 0));
        ok = walk_day(walk, day);
    }
    if (ok && result != SQLITE_DONE) {
        snprintf(walk->error, walk->error_size, "%s", sqlite3_errmsg(walk->view->live));
        ok = false;
    }
    sqlite3_finalize(statement);
    return ok;
}

bool store_walk(const struct store_view *view, const struct store_walk_days *days,
                void (*visit)(void *owner, const struct message *message), void *owner,
                char *error, size_t error_size)
{
    struct walk walk = {.view = view,
                        .visit = visit,
                        .owner = owner,
                        .error = error,
                        .error_size = error_size};
    bool ok = walk_live(&walk) && walk_history(&walk, days);

    message_done(&walk.message);
    return ok;
}
