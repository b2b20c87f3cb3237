/*
 * A file that cannot be written is logged and let go: what ends then goes into live.db and
 * is moved later (store_history.c).
 */
#include "gateway/store_day.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/ids.h"
#include "gateway/log.h"
#include "gateway/store_database.h"
#include "gateway/store_rows.h"
#include "gateway/store_schema.h"

enum { PATH_SIZE = 4200, DAY_MS = 24 * 3600 * 1000 };

struct store_day {
    const char *folder;
    const char *vfs;
    sqlite3 *database; /* NULL: none is open */
    struct store_bulk *bulk;
    sqlite3_stmt *add_part;
    sqlite3_stmt *remove_aged;
    char name[STORE_DAY_SIZE];
    int64_t number;              /* of the day it is the name of, since 1970 */
    char closed[STORE_DAY_SIZE]; /* this one, and those before */
    bool in_window;              /* a transaction has begun */
    bool again;                  /* what it says may be there already */
    bool failed;
    struct store_day_sum sum;
};

struct store_day *store_day_new(const char *folder, const char *vfs)
{
    struct store_day *day = calloc(1, sizeof(*day));

    if (day == NULL)
        abort();
    day->folder = folder;
    day->vfs = vfs;
    return day;
}

static void let_go(struct store_day *day, bool well)
{
    store_bulk_free(day->bulk);
    sqlite3_finalize(day->add_part);
    sqlite3_finalize(day->remove_aged);
    if (day->database && !well)
        sqlite3_db_config(day->database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    sqlite3_close(day->database);
    day->bulk = NULL;
    day->add_part = NULL;
    day->remove_aged = NULL;
    day->database = NULL;
    day->in_window = false;
}

void store_day_close(struct store_day *day, bool well)
{
    if (day == NULL)
        return;
    let_go(day, well);
    free(day);
}

static void fail(struct store_day *day, const char *reason)
{
    log_error("store.history", "day=%s reason=\"%s\"", day->name, reason);
    let_go(day, false);
    day->failed = true;
}

bool store_day_prepare(sqlite3 *database, const char *schema, char *error,
                       size_t error_size)
{
    char tables[2048];
    char dot[16];

    snprintf(dot, sizeof(dot), "%s.", schema);
    snprintf(tables, sizeof(tables), STORE_SCHEMA_MESSAGES STORE_SCHEMA_AGED, dot, dot, dot,
             dot, dot);
    return store_set_durable(database, schema, error, error_size) &&
           store_use_up_log(database, schema, error, error_size) &&
           store_run(database, tables, error, error_size);
}

bool store_day_is_deleted(sqlite3 *database, const char *folder, const char *name)
{
    sqlite3_vfs *vfs = NULL;
    char path[PATH_SIZE];
    int exists = 0;

    sqlite3_file_control(database, "main", SQLITE_FCNTL_VFS_POINTER, &vfs);
    snprintf(path, sizeof(path), "%s/history/%s", folder, name);
    return vfs->xAccess(vfs, path, SQLITE_ACCESS_EXISTS, &exists) == SQLITE_OK && !exists;
}

static bool open_file(struct store_day *day, char *error, size_t error_size)
{
    char path[PATH_SIZE];

    snprintf(path, sizeof(path), "%s/history/%s", day->folder, day->name);
    if (sqlite3_open_v2(path, &day->database,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                        day->vfs) != SQLITE_OK) {
        snprintf(error, error_size, "%s", sqlite3_errmsg(day->database));
        return false;
    }
    return store_run(day->database, "PRAGMA temp_store=MEMORY", error, error_size) &&
           store_day_prepare(day->database, "main", error, error_size) &&
           (day->bulk = store_bulk_new(day->database, STORE_BULK_IN_DAY, error,
                                       error_size)) != NULL &&
           (day->add_part = store_prepare(
                day->database, "INSERT OR REPLACE INTO part(id, message) VALUES(?,?)",
                error, error_size)) != NULL &&
           (day->remove_aged = store_prepare(day->database, "DELETE FROM aged WHERE id=?",
                                             error, error_size)) != NULL;
}

void store_day_begin(struct store_day *day, bool again)
{
    day->again = again;
    day->sum = (struct store_day_sum){.name = day->name};
}

void store_day_close_up_to(struct store_day *day, const char *name)
{
    snprintf(day->closed, sizeof(day->closed), "%s", name);
}

bool store_day_takes(struct store_day *day, uint64_t message)
{
    char name[STORE_DAY_SIZE];
    char error[200] = "";
    int64_t number = ids_time_ms(message) / DAY_MS;

    if (day->failed)
        return false;
    if (day->in_window)
        return number == day->number;
    store_day_name(ids_time_ms(message), name);
    if (strcmp(name, day->closed) <= 0)
        return false;
    if (day->database && (strcmp(name, day->name) != 0 ||
                          store_day_is_deleted(day->database, day->folder, day->name)))
        let_go(day, true);
    memcpy(day->name, name, sizeof(name));
    day->number = number;
    if ((day->database == NULL && !open_file(day, error, sizeof(error))) ||
        !store_run(day->database, "BEGIN IMMEDIATE", error, sizeof(error))) {
        fail(day, error);
        return false;
    }
    day->in_window = true;
    return true;
}

static bool run(sqlite3_stmt *statement)
{
    int result = sqlite3_step(statement);

    sqlite3_reset(statement);
    return result == SQLITE_DONE;
}

/* One that may be there already, in either table, has one place: that of its id. */
static bool add(struct store_day *day, const struct store_message_row *row, bool lived)
{
    if (day->again) {
        sqlite3_bind_int64(day->remove_aged, 1, (int64_t)row->id);
        if (!run(day->remove_aged))
            return false;
    }
    return store_bulk_add(
        day->bulk, lived && !day->again ? STORE_BULK_AGED : STORE_BULK_MESSAGES, row);
}

bool store_day_add(struct store_day *day, const struct store_message_row *row, bool lived)
{
    if (add(day, row, lived))
        return true;
    fail(day, sqlite3_errmsg(day->database));
    return false;
}

bool store_day_add_part(struct store_day *day, const int64_t values[2])
{
    store_bind_integers(day->add_part, values, 2);
    if (run(day->add_part))
        return true;
    fail(day, sqlite3_errmsg(day->database));
    return false;
}

void store_day_count(struct store_day *day, int64_t ended_at_ms)
{
    day->sum.messages++;
    if (ended_at_ms > day->sum.ended_at_ms)
        day->sum.ended_at_ms = ended_at_ms;
}

const struct store_day_sum *store_day_sum(const struct store_day *day)
{
    return &day->sum;
}

bool store_day_commit(struct store_day *day)
{
    if (!day->in_window)
        return true;
    if (!store_bulk_write(day->bulk) ||
        sqlite3_exec(day->database, "COMMIT", NULL, NULL, NULL) != SQLITE_OK) {
        fail(day, sqlite3_errmsg(day->database));
        return false;
    }
    day->in_window = false;
    return true;
}

void store_day_roll_back(struct store_day *day)
{
    if (!day->in_window)
        return;
    store_bulk_clear(day->bulk);
    day->in_window = false;
    if (sqlite3_exec(day->database, "ROLLBACK", NULL, NULL, NULL) != SQLITE_OK &&
        !sqlite3_get_autocommit(day->database))
        fail(day, sqlite3_errmsg(day->database));
}

bool store_day_has_failed(const struct store_day *day)
{
    return day->failed;
}

void store_day_forgive(struct store_day *day)
{
    day->failed = false;
}
