/*
 * What subscribers write, in the database: an operation is one row, and all of it is read
 * again at the start.
 */
#include "gateway/store_inbound.h"

#include "gateway/store_batch.h"
#include "gateway/store_database.h"
#include "gateway/store_rows.h"

/* --- applying ----------------------------------------------------------------------- */

bool store_apply_inbound_put(struct store_sqlite *store, struct store_record *record)
{
    const struct store_record_inbound *put = (const struct store_record_inbound *)record;
    const struct store_inbound *inbound = &put->inbound;
    const int64_t values[] = {(int64_t)inbound->id, inbound->account, inbound->channel,
                              inbound->state, inbound->at_ms};
    sqlite3_stmt *statement = store->statements[STATEMENT_INBOUND_PUT];

    store_note_id(store, inbound->id);
    store_bind_integers(statement, values, 5);
    sqlite3_bind_blob(statement, 6, put->bytes, (int)inbound->size, SQLITE_STATIC);
    return store_step(store, STATEMENT_INBOUND_PUT);
}

bool store_apply_inbound_gone(struct store_sqlite *store, struct store_record *record)
{
    const struct store_record_inbound *gone = (const struct store_record_inbound *)record;

    sqlite3_bind_int64(store->statements[STATEMENT_INBOUND_GONE], 1,
                       (int64_t)gone->inbound.id);
    return store_step(store, STATEMENT_INBOUND_GONE);
}

bool store_apply_mark(struct store_sqlite *store, struct store_record *record)
{
    const struct store_mark *mark = &((const struct store_record_mark *)record)->mark;
    const int64_t values[] = {mark->kind, mark->at_ms, (int64_t)mark->hash};

    store_bind_integers(store->statements[STATEMENT_MARK], values, 3);
    return store_step(store, STATEMENT_MARK);
}

bool store_apply_marks_gone(struct store_sqlite *store, struct store_record *record)
{
    const struct store_mark *mark = &((const struct store_record_mark *)record)->mark;
    const int64_t values[] = {mark->kind, mark->at_ms};

    store_bind_integers(store->statements[STATEMENT_MARKS_GONE], values, 2);
    return store_step(store, STATEMENT_MARKS_GONE);
}

static sqlite3_stmt *bind_optout(struct store_sqlite *store, enum store_statement which,
                                 const struct store_record_optout *optout)
{
    sqlite3_stmt *statement = store->statements[which];

    sqlite3_bind_int64(statement, 1, optout->account);
    sqlite3_bind_text(statement, 2, optout->number, -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 3, optout->sender, -1, SQLITE_STATIC);
    return statement;
}

bool store_apply_optout_put(struct store_sqlite *store, struct store_record *record)
{
    const struct store_record_optout *optout = (const struct store_record_optout *)record;
    sqlite3_stmt *statement = bind_optout(store, STATEMENT_OPTOUT_PUT, optout);

    sqlite3_bind_int64(statement, 4, optout->at_ms);
    sqlite3_bind_int64(statement, 5, (int64_t)optout->origin);
    return store_step(store, STATEMENT_OPTOUT_PUT);
}

bool store_apply_optout_gone(struct store_sqlite *store, struct store_record *record)
{
    (void)bind_optout(store, STATEMENT_OPTOUT_GONE,
                      (const struct store_record_optout *)record);
    return store_step(store, STATEMENT_OPTOUT_GONE);
}

/* --- loading ------------------------------------------------------------------------ */

struct load {
    const struct store_loader *loader;
    void *owner;
};

static void inbound(void *owner, sqlite3_stmt *row)
{
    const struct load *load = owner;
    const struct store_inbound it = {
        .id = (uint64_t)sqlite3_column_int64(row, 0),
        .account = (uint32_t)sqlite3_column_int64(row, 1),
        .channel = (uint32_t)sqlite3_column_int64(row, 2),
        .state = (enum store_inbound_state)sqlite3_column_int(row, 3),
        .at_ms = sqlite3_column_int64(row, 4),
        .bytes = sqlite3_column_blob(row, 5),
        .size = (uint32_t)sqlite3_column_bytes(row, 5),
    };

    if (it.size > 0 && it.size <= STORE_INBOUND_BYTES_MAX)
        load->loader->on_inbound(load->owner, &it);
}

static void mark(void *owner, sqlite3_stmt *row)
{
    const struct load *load = owner;
    const struct store_mark it = {
        .kind = (enum store_mark_kind)sqlite3_column_int(row, 0),
        .at_ms = sqlite3_column_int64(row, 1),
        .hash = (uint64_t)sqlite3_column_int64(row, 2),
    };

    load->loader->on_mark(load->owner, &it);
}

static void optout(void *owner, sqlite3_stmt *row)
{
    const struct load *load = owner;
    const struct store_optout it = {
        .account = (uint32_t)sqlite3_column_int64(row, 0),
        .number = (const char *)sqlite3_column_text(row, 1),
        .sender = (const char *)sqlite3_column_text(row, 2),
        .at_ms = sqlite3_column_int64(row, 3),
        .origin = (uint64_t)sqlite3_column_int64(row, 4),
    };

    load->loader->on_optout(load->owner, &it);
}

bool store_load_inbound(struct store_sqlite *store, const struct store_loader *loader,
                        void *owner, char *error, size_t error_size)
{
    struct load load = {loader, owner};

    return (loader->on_mark == NULL ||
            store_for_rows(store->database, "SELECT kind, at, hash FROM mark", 0, mark,
                           &load, error, error_size)) &&
           (loader->on_optout == NULL ||
            store_for_rows(store->database,
                           "SELECT account, number, sender, at, origin FROM optout", 0,
                           optout, &load, error, error_size)) &&
           (loader->on_inbound == NULL ||
            store_for_rows(store->database,
                           "SELECT id, account, channel, state, at, bytes FROM inbound"
                           " ORDER BY id",
                           0, inbound, &load, error, error_size));
}
