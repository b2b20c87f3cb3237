/*
 * The rows behind the limits of accounts: what they have used, which of them are
 * suspended, and what a repeated submission is told by.
 */
#include <string.h>

#include "gateway/store_batch.h"
#include "gateway/store_database.h"
#include "gateway/store_rows.h"

static bool run(struct store_sqlite *store, enum store_statement which,
                const int64_t *values, int count)
{
    sqlite3_stmt *statement = store->statements[which];
    bool done;

    store_bind_integers(statement, values, count);
    done = sqlite3_step(statement) == SQLITE_DONE;
    sqlite3_reset(statement);
    store->rows++;
    return done;
}

/* --- operations --------------------------------------------------------------------- */

static bool write_usage(struct store_sqlite *store, const struct store_usage *it)
{
    const struct usage *usage = &it->usage;
    const int64_t values[] = {
        it->account,
        usage->since_ms,
        usage->window[USAGE_PARTS_HOUR],
        usage->window[USAGE_PARTS_DAY],
        usage->used[USAGE_PARTS_HOUR],
        usage->used[USAGE_PARTS_DAY],
        usage->used[USAGE_SPEND_HOUR],
        usage->used[USAGE_SPEND_DAY],
    };

    return usage->since_ms == 0 ? run(store, STATEMENT_USAGE_GONE, values, 1)
                                : run(store, STATEMENT_USAGE_SET, values, 8);
}

bool store_flush_usages(struct store_sqlite *store)
{
    struct store_usages *usages = &store->usages;
    bool ok = true;

    for (size_t i = 0; ok && i < usages->count; i++)
        ok = write_usage(store, &usages->entries[i]);
    usages->count = 0;
    return ok;
}

bool store_apply_usage(struct store_sqlite *store, struct store_record *record)
{
    const struct store_usage *usage = &((const struct store_record_usage *)record)->usage;
    struct store_usages *usages = &store->usages;
    size_t at = 0;

    while (at < usages->count && usages->entries[at].account != usage->account)
        at++;
    if (at == STORE_USAGES_MAX) {
        if (!store_flush_usages(store))
            return false;
        at = 0;
    }
    usages->entries[at] = *usage;
    if (at == usages->count)
        usages->count++;
    return true;
}

bool store_apply_suspend(struct store_sqlite *store, struct store_record *record)
{
    const struct store_suspension *it =
        &((const struct store_record_suspend *)record)->suspension;
    const int64_t values[] = {it->account, it->since_ms};

    return it->since_ms == 0 ? run(store, STATEMENT_RESUME, values, 1)
                             : run(store, STATEMENT_SUSPEND, values, 2);
}

bool store_apply_duplicate(struct store_sqlite *store, struct store_record *record)
{
    const struct store_duplicate *it =
        &((const struct store_record_duplicate *)record)->duplicate;
    const int64_t values[] = {
        (int64_t)it->id, it->account, (int64_t)it->key, (int64_t)it->check, it->ended_at_ms,
        it->parts,       it->alias,   it->form,         it->named,          it->held_micro};

    return run(store, STATEMENT_DUPLICATE_SET, values, 10);
}

bool store_apply_duplicate_gone(struct store_sqlite *store, struct store_record *record)
{
    const int64_t id =
        (int64_t)((const struct store_record_duplicate *)record)->duplicate.id;

    return run(store, STATEMENT_DUPLICATE_GONE, &id, 1);
}

/* --- loading ------------------------------------------------------------------------ */

struct loading {
    const struct store_loader *loader;
    void *owner;
};

static void load_usage(void *owner, sqlite3_stmt *row)
{
    const struct loading *loading = owner;
    int64_t hour = sqlite3_column_int64(row, 2);
    int64_t day = sqlite3_column_int64(row, 3);
    const struct store_usage it = {
        .account = (uint32_t)sqlite3_column_int64(row, 0),
        .usage = {.since_ms = sqlite3_column_int64(row, 1),
                  .window = {hour, day, hour, day},
                  .used = {sqlite3_column_int64(row, 4), sqlite3_column_int64(row, 5),
                           sqlite3_column_int64(row, 6), sqlite3_column_int64(row, 7)}},
    };

    if (loading->loader->on_usage)
        loading->loader->on_usage(loading->owner, &it);
}

static void load_suspension(void *owner, sqlite3_stmt *row)
{
    const struct loading *loading = owner;
    const struct store_suspension it = {
        .account = (uint32_t)sqlite3_column_int64(row, 0),
        .since_ms = sqlite3_column_int64(row, 1),
    };

    if (loading->loader->on_suspension)
        loading->loader->on_suspension(loading->owner, &it);
}

static void load_duplicate(void *owner, sqlite3_stmt *row)
{
    const struct loading *loading = owner;
    const struct store_duplicate it = {
        .id = (uint64_t)sqlite3_column_int64(row, 0),
        .account = (uint32_t)sqlite3_column_int64(row, 1),
        .key = (uint64_t)sqlite3_column_int64(row, 2),
        .check = (uint64_t)sqlite3_column_int64(row, 3),
        .ended_at_ms = sqlite3_column_int64(row, 4),
        .parts = (uint32_t)sqlite3_column_int64(row, 5),
        .alias = (uint32_t)sqlite3_column_int64(row, 6),
        .form = (uint32_t)sqlite3_column_int64(row, 7),
        .named = sqlite3_column_int64(row, 8) != 0,
        .held_micro = sqlite3_column_int64(row, 9),
    };

    if (loading->loader->on_duplicate)
        loading->loader->on_duplicate(loading->owner, &it);
}

bool store_load_limits(struct store_sqlite *store, const struct store_loader *loader,
                       void *owner, char *error, size_t error_size)
{
    struct loading loading = {loader, owner};

    return store_for_rows(store->database,
                          "SELECT account, since, hour, day, parts_hour, parts_day,"
                          " spend_hour, spend_day FROM usage",
                          0, load_usage, &loading, error, error_size) &&
           store_for_rows(store->database, "SELECT account, since FROM suspension", 0,
                          load_suspension, &loading, error, error_size) &&
           store_for_rows(store->database,
                          "SELECT id, account, key, \"check\", ended_at, parts,"
                          " alias, form, named, held FROM duplicate ORDER BY ended_at, id",
                          0, load_duplicate, &loading, error, error_size);
}
