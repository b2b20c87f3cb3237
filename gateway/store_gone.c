/* See store_gone.h. */
#include "gateway/store_gone.h"

#include <stdio.h>

#include "gateway/log.h"
#include "gateway/store_database.h"
#include "gateway/store_rows.h"

enum {
    LEAST = 16384,
    PER_ROW = 3, /* one in so many rows is to be gone: then a page has several */
    AT_ONCE = 20000,
};

bool store_gone_read(struct store_sqlite *store, char *error, size_t error_size)
{
    int64_t gone = 0;

    if (!store_ask_integer(store->database, "SELECT count(*) FROM gone", &gone)) {
        snprintf(error, error_size, "%s", sqlite3_errmsg(store->database));
        return false;
    }
    store->gone = (uint64_t)gone;
    return true;
}

bool store_gone_is_due(const struct store_sqlite *store, bool idle)
{
    return idle ? store->gone > 0
                : store->gone >= LEAST && store->gone >= store->living_rows / PER_ROW;
}

/* The last of the next ones behind the place where it stopped; 0: there is none. */
static bool find_last(const struct store_sqlite *store, uint64_t *out)
{
    sqlite3_stmt *statement = store->statements[STATEMENT_GONE_LAST];
    int result;

    sqlite3_bind_int64(statement, 1, (int64_t)store->swept);
    sqlite3_bind_int64(statement, 2, AT_ONCE);
    result = sqlite3_step(statement);
    *out = result == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(statement, 0) : 0;
    sqlite3_reset(statement);
    return result == SQLITE_ROW;
}

static bool take_out(struct store_sqlite *store, uint64_t last)
{
    const int64_t range[] = {(int64_t)store->swept, (int64_t)last};

    store_bind_integers(store->statements[STATEMENT_MESSAGES_SWEPT], range, 2);
    store_bind_integers(store->statements[STATEMENT_GONE_SWEPT], range, 2);
    return store_step(store, STATEMENT_BEGIN) &&
           store_step(store, STATEMENT_MESSAGES_SWEPT) &&
           store_step(store, STATEMENT_GONE_SWEPT) && store_step(store, STATEMENT_COMMIT);
}

bool store_gone_sweep(struct store_sqlite *store, bool *out_done)
{
    uint64_t last;
    uint64_t count;

    *out_done = false;
    if (!find_last(store, &last))
        return false;
    if (last == 0) {
        store->swept = 0;
        *out_done = true;
        return true;
    }
    if (!take_out(store, last)) {
        log_error("store.sweep", "reason=\"%s\"", sqlite3_errmsg(store->database));
        if (!sqlite3_get_autocommit(store->database) &&
            !store_step(store, STATEMENT_ROLLBACK))
            store->failed = true;
        return !store->failed;
    }
    count = (uint64_t)sqlite3_changes(store->database);
    store->gone -= count;
    store->living_rows -= count;
    store->swept = last;
    *out_done = true;
    return true;
}
