/*
 * Messages kept for review, in the database: a row each, read again at the start.
 */
#include <stdio.h>

#include "gateway/store_batch.h"
#include "gateway/store_database.h"
#include "gateway/store_rows.h"

bool store_apply_keep(struct store_sqlite *store, struct store_record *record)
{
    const struct store_kept *kept = &((const struct store_record_kept *)record)->kept;
    sqlite3_stmt *statement = store->statements[STATEMENT_KEEP];

    sqlite3_bind_int64(statement, 1, (int64_t)kept->message);
    sqlite3_bind_text(statement, 2, kept->rule, -1, SQLITE_STATIC);
    return store_step(store, STATEMENT_KEEP);
}

bool store_apply_unkeep(struct store_sqlite *store, struct store_record *record)
{
    const struct store_kept *kept = &((const struct store_record_kept *)record)->kept;

    sqlite3_bind_int64(store->statements[STATEMENT_UNKEEP], 1, (int64_t)kept->message);
    return store_step(store, STATEMENT_UNKEEP);
}

struct load {
    const struct store_loader *loader;
    void *owner;
};

static void kept(void *owner, sqlite3_stmt *row)
{
    const struct load *load = owner;
    struct store_kept it = {.message = (uint64_t)sqlite3_column_int64(row, 0)};
    const char *rule = (const char *)sqlite3_column_text(row, 1);

    snprintf(it.rule, sizeof(it.rule), "%s", rule != NULL ? rule : "");
    load->loader->on_kept(load->owner, &it);
}

bool store_load_kept(struct store_sqlite *store, const struct store_loader *loader,
                     void *owner, char *error, size_t error_size)
{
    struct load load = {loader, owner};

    return loader->on_kept == NULL ||
           store_for_rows(store->database,
                          "SELECT message, rule FROM kept ORDER BY message", 0, kept, &load,
                          error, error_size);
}
