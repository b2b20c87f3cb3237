/*
 * As messages to the history: first they are durable there, then they are deleted here;
 * interrupted at any point it is simply done again.
 */
#include "gateway/store_period.h"

#include <stdio.h>
#include <string.h>

#include "gateway/ids.h"
#include "gateway/log.h"
#include "gateway/store_chain.h"
#include "gateway/store_database.h"
#include "gateway/store_rows.h"
#include "gateway/store_schema.h"

enum { LINKS_AT_ONCE = 16, NAME_SIZE = 24, MONTH_LENGTH = 7 };

/* --- moving ------------------------------------------------------------------------- */

/* "2026-11" */
static void month_of(int64_t at_ms, char out[STORE_DAY_SIZE])
{
    store_day_name(at_ms, out);
    out[MONTH_LENGTH] = '\0';
}

static void newest_month(const struct store_sqlite *store, char out[STORE_DAY_SIZE])
{
    month_of(ids_time_ms(store->highest_id), out);
}

bool store_period_is_due(const struct store_sqlite *store)
{
    char month[STORE_DAY_SIZE];

    newest_month(store, month);
    return store->period_unsure || strcmp(month, store->period_month) != 0;
}

struct links {
    char month[STORE_DAY_SIZE];
    struct store_link links[LINKS_AT_ONCE]; /* `digest` is not read */
    int64_t at_ms[LINKS_AT_ONCE];           /* of the newest posting of each */
    int count;
};

static void read_link(void *owner, sqlite3_stmt *row)
{
    struct links *links = owner;

    links->links[links->count] = (struct store_link){.first = sqlite3_column_int64(row, 0),
                                                     .last = sqlite3_column_int64(row, 1)};
    links->at_ms[links->count++] = sqlite3_column_int64(row, 2);
}

static void read_month(void *owner, sqlite3_stmt *row)
{
    const char *name = (const char *)sqlite3_column_text(row, 0);

    if (name)
        snprintf(owner, STORE_DAY_SIZE, "%.7s", name + strlen("ledger/"));
}

/*
 * The first links that are full and still here, of one month that is over; none is put
 * before one that was moved already, whatever the clock has said.
 */
static bool choose(struct store_sqlite *store, struct links *out, char *error,
                   size_t error_size)
{
    char newest[STORE_DAY_SIZE];
    char before[STORE_DAY_SIZE] = "";
    char month[STORE_DAY_SIZE];
    int same = 0;

    *out = (struct links){0};
    newest_month(store, newest);
    if (!store_for_rows(store->database, "SELECT max(name) FROM period", 0, read_month,
                        before, error, error_size) ||
        !store_for_rows(store->database,
                        "SELECT first, last, (SELECT max(at) FROM posting WHERE id BETWEEN"
                        " first AND last) FROM chain WHERE first >="
                        " (SELECT coalesce(min(id), 0) FROM posting)"
                        " AND first < (SELECT max(first) FROM chain)"
                        " ORDER BY first LIMIT ?1",
                        LINKS_AT_ONCE, read_link, out, error, error_size))
        return false;
    for (; same < out->count; same++) {
        month_of(out->at_ms[same], month);
        if (strcmp(month, before) < 0)
            memcpy(month, before, sizeof(month));
        if (same == 0)
            memcpy(out->month, month, sizeof(month));
        if (strcmp(month, newest) >= 0 || strcmp(month, out->month) != 0)
            break;
    }
    out->count = same;
    return true;
}

static bool run_for(sqlite3 *database, const char *sql, const struct links *links,
                    char *error, size_t error_size)
{
    sqlite3_stmt *statement = store_prepare(database, sql, error, error_size);
    char name[NAME_SIZE + STORE_DAY_SIZE];
    bool ok;

    if (statement == NULL)
        return false;
    snprintf(name, sizeof(name), "ledger/%s.db", links->month);
    sqlite3_bind_int64(statement, 1, links->links[0].first);
    sqlite3_bind_int64(statement, 2, links->links[links->count - 1].last);
    sqlite3_bind_text(statement, 3, name, -1, SQLITE_STATIC);
    ok = sqlite3_step(statement) == SQLITE_DONE;
    if (!ok)
        snprintf(error, error_size, "%s", sqlite3_errmsg(database));
    sqlite3_finalize(statement);
    return ok;
}

static bool copy(struct store_sqlite *store, const struct links *links, char *error,
                 size_t error_size)
{
    char *attach =
        sqlite3_mprintf("ATTACH '%q/ledger/%q.db' AS period", store->folder, links->month);
    bool ok = store_run(store->database, attach, error, error_size) &&
              store_set_durable(store->database, "period", error, error_size) &&
              store_use_up_log(store->database, "period", error, error_size) &&
              store_run(store->database,
                        "CREATE TABLE IF NOT EXISTS period." STORE_SCHEMA_POSTING, error,
                        error_size) &&
              run_for(store->database,
                      "INSERT OR REPLACE INTO period.posting SELECT * FROM main.posting"
                      " WHERE id BETWEEN ?1 AND ?2",
                      links, error, error_size) &&
              store_use_up_log(store->database, "period", error, error_size);

    sqlite3_free(attach);
    sqlite3_exec(store->database, "DETACH period", NULL, NULL, NULL);
    return ok;
}

/* `out_full`: nothing has changed. */
static bool delete_copied(struct store_sqlite *store, const struct links *links,
                          bool *out_full, char *error, size_t error_size)
{
    bool ok = store_run(store->database, "BEGIN IMMEDIATE", error, error_size) &&
              run_for(store->database,
                      "INSERT INTO period(name, first, last) VALUES(?3, ?1, ?2)"
                      " ON CONFLICT(name) DO UPDATE SET last = ?2",
                      links, error, error_size) &&
              run_for(store->database, "DELETE FROM posting WHERE id BETWEEN ?1 AND ?2",
                      links, error, error_size) &&
              store_run(store->database, "COMMIT", error, error_size);

    *out_full = !ok && store_gives_up_full(store->database);
    return ok;
}

bool store_period_move(struct store_sqlite *store, bool *out_ok)
{
    char error[200] = "";
    struct links links;
    bool full = false;
    bool copied;
    bool ok = true;

    newest_month(store, store->period_month);
    store->period_unsure = false;
    *out_ok = true;
    if (!choose(store, &links, error, sizeof(error))) {
        log_error("store.period", "reason=\"%s\"", error);
        store->failed = true;
        return false;
    }
    if (links.count == 0)
        return true;
    copied = copy(store, &links, error, sizeof(error));
    if (copied)
        ok = delete_copied(store, &links, &full, error, sizeof(error));
    if (!copied || !ok)
        log_error("store.period", "month=%s reason=\"%s\"", links.month, error);
    *out_ok = copied && ok;
    store->period_unsure = true;
    ok = ok || full;
    store->failed = store->failed || !ok;
    return ok;
}

/* --- reading ------------------------------------------------------------------------ */

/* ?1: the kind. */
#define SELECT "SELECT " STORE_POSTING_COLUMNS " FROM posting WHERE (?1=0 OR kind=?1)"

struct reading {
    const struct store_view *view;
    int kind;
    void (*each)(void *owner, sqlite3_stmt *row);
    void (*tell)(void *owner, const char *sentence);
    void *owner;
    char *error;
    size_t error_size;
    bool ok;
};

static void read_period(void *owner, sqlite3_stmt *row)
{
    struct reading *reading = owner;
    const char *name = (const char *)sqlite3_column_text(row, 0);
    int64_t first = sqlite3_column_int64(row, 1);
    int64_t last = sqlite3_column_int64(row, 2);
    char path[4200];
    char sentence[160];
    char sql[300];
    sqlite3 *database = NULL;

    snprintf(path, sizeof(path), "%s/%s", reading->view->folder, name);
    if (sqlite3_open_v2(path, &database, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX,
                        reading->view->vfs) != SQLITE_OK) {
        snprintf(sentence, sizeof(sentence),
                 "%.60s with postings %lld to %lld is not there", name, (long long)first,
                 (long long)last);
        reading->tell(reading->owner, sentence);
    } else {
        snprintf(sql, sizeof(sql), SELECT " AND id BETWEEN %lld AND %lld ORDER BY id",
                 (long long)first, (long long)last);
        reading->ok = store_for_rows(database, sql, reading->kind, reading->each,
                                     reading->owner, reading->error, reading->error_size) &&
                      reading->ok;
    }
    sqlite3_close(database);
}

bool store_for_postings(const struct store_view *view, int kind,
                        void (*each)(void *owner, sqlite3_stmt *row),
                        void (*tell)(void *owner, const char *sentence), void *owner,
                        char *error, size_t error_size)
{
    struct reading reading = {view, kind, each, tell, owner, error, error_size, true};

    return store_for_rows(view->live, "SELECT name, first, last FROM period ORDER BY first",
                          0, read_period, &reading, error, error_size) &&
           reading.ok &&
           store_for_rows(view->live, SELECT " ORDER BY id", kind, each, owner, error,
                          error_size);
}
