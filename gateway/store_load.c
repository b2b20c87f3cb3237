/* Reads all that lives, once, when the daemon starts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/log.h"
#include "gateway/store_cursor.h"
#include "gateway/store_database.h"
#include "gateway/store_living.h"
#include "gateway/store_rows.h"

struct load {
    struct store_sqlite *store;
    const struct store_loader *loader;
    void *owner;
    int64_t late_since_ms;
    char *error;
    size_t error_size;
};

/* Calls `each` for every row; its owner is the load. */
static bool for_rows(const struct load *load, const char *sql, int64_t parameter,
                     void (*each)(void *owner, sqlite3_stmt *row))
{
    return store_for_rows(load->store->database, sql, parameter, each, (void *)load,
                          load->error, load->error_size);
}

static void definition(void *owner, sqlite3_stmt *row)
{
    const struct load *load = owner;
    const struct store_definition it = {
        .kind = (enum store_definition_kind)sqlite3_column_int(row, 0),
        .number = (uint32_t)sqlite3_column_int64(row, 1),
        .name = (const char *)sqlite3_column_text(row, 2),
        .content = sqlite3_column_blob(row, 3),
        .size = (uint32_t)sqlite3_column_bytes(row, 3),
    };

    load->loader->on_definition(load->owner, &it);
}

static void balance(void *owner, sqlite3_stmt *row)
{
    const struct load *load = owner;
    load->loader->on_balance(load->owner, (uint64_t)sqlite3_column_int64(row, 0),
                             (uint32_t)sqlite3_column_int64(row, 1),
                             sqlite3_column_int64(row, 2));
}

static void opening(void *owner, sqlite3_stmt *row)
{
    const struct load *load = owner;
    load->loader->on_opening(load->owner, (uint32_t)sqlite3_column_int64(row, 0),
                             sqlite3_column_int64(row, 1));
}

static void receipt(void *owner, sqlite3_stmt *row)
{
    const struct load *load = owner;
    struct store_receipt it = {
        .id = (uint64_t)sqlite3_column_int64(row, 0),
        .account = (uint32_t)sqlite3_column_int64(row, 1),
        .made_at_ms = sqlite3_column_int64(row, 2),
        .size = (uint16_t)sqlite3_column_bytes(row, 3),
    };

    if (it.size == 0 || it.size > sizeof(it.bytes))
        return;
    memcpy(it.bytes, sqlite3_column_blob(row, 3), it.size);
    load->loader->on_receipt(load->owner, &it);
}

static void parked(void *owner, sqlite3_stmt *row)
{
    const struct load *load = owner;
    struct store_parked it = {
        .id = (uint64_t)sqlite3_column_int64(row, 0),
        .channel = (uint32_t)sqlite3_column_int64(row, 1),
        .at_ms = sqlite3_column_int64(row, 2),
        .size = (uint16_t)sqlite3_column_bytes(row, 3),
    };

    if (it.size == 0 || it.size > sizeof(it.bytes))
        return;
    memcpy(it.bytes, sqlite3_column_blob(row, 3), it.size);
    load->loader->on_parked(load->owner, &it);
}

static void alias(void *owner, sqlite3_stmt *row)
{
    const struct load *load = owner;

    load->loader->on_alias(load->owner, (uint32_t)sqlite3_column_int64(row, 0),
                           (uint64_t)sqlite3_column_int64(row, 1));
}

/* Messages of a day and what came late, side by side, in the order of the messages. */
struct merge {
    struct store_cursor messages;
    struct store_cursor late;
    struct message message; /* the last one read */
    struct packed_bodies bodies;
};

/* Of one that has ended what may still be reported on. */
static void load_ended(const struct load *load, struct merge *merge)
{
    struct message *message = &merge->message;

    store_lay_late(&merge->late, message);
    for (uint16_t i = 0; i < message->attempt_count; i++)
        if (message->attempts[i].updated_at_ms >= load->late_since_ms)
            load->loader->on_late(load->owner, message->id, &message->attempts[i]);
}

/* One that is damaged is left out: nothing is known of it.  The check of the ledger names
 * it too. */
static bool next_message(struct merge *merge)
{
    bool read = false;

    while (!read && merge->messages.result == SQLITE_ROW) {
        char why[100];

        read = store_read_message(merge->messages.statement, &merge->message,
                                  &merge->bodies, why, sizeof(why));
        if (!read) {
            log_error("store.damaged", "id=%llu", (unsigned long long)merge->messages.key);
            store_cursor_next(&merge->messages);
        }
    }
    return read;
}

static bool open_merge(const struct load *load, struct merge *merge)
{
    static const char messages[] =
        "SELECT " STORE_MESSAGE_COLUMNS " FROM day.known ORDER BY id";
    static const char late[] =
        "SELECT " STORE_LATE_COLUMNS
        " FROM main.late WHERE message>=?1 ORDER BY message, ordinal";
    sqlite3 *database = load->store->database;

    return store_cursor_open(&merge->messages, database, messages, 0, 0, load->error,
                             load->error_size) &&
           store_cursor_open(&merge->late, database, late, 0, merge->messages.key,
                             load->error, load->error_size);
}

static bool close_merge(const struct load *load, struct merge *merge)
{
    bool ok = store_cursor_close(&merge->messages, load->error, load->error_size);

    ok = store_cursor_close(&merge->late, load->error, load->error_size) && ok;
    message_done(&merge->message);
    return ok;
}

/* The day is attached.  False, and why the day cannot be read. */
static bool load_late(const struct load *load, int *out_code)
{
    struct merge merge = {0};
    bool ok = open_merge(load, &merge);

    while (ok && next_message(&merge)) {
        load_ended(load, &merge);
        store_cursor_next(&merge.messages);
    }
    *out_code = merge.messages.statement ? merge.messages.result : SQLITE_ERROR;
    return close_merge(load, &merge) && ok;
}

/*
 * A day that is damaged does not keep the gateway from its work: late reports on what ended
 * then are unknown, and the check of the ledger names the file.
 */
static bool is_only_damaged(const struct load *load, const char *day, int code)
{
    /* A table or a column of another name is an error like any other. */
    if (code != SQLITE_CORRUPT && code != SQLITE_NOTADB && code != SQLITE_ERROR) {
        char why[200];

        snprintf(why, sizeof(why), "%s", load->error);
        snprintf(load->error, load->error_size, "history/%s cannot be read: %s", day, why);
        return false;
    }
    log_error("store.history",
              "day=%s reason=\"%s\" effect=\"late reports on it are unknown\"", day,
              load->error);
    sqlite3_exec(load->store->database, "DETACH day", NULL, NULL, NULL);
    return true;
}

static bool load_late_day(const struct load *load, const char *day)
{
    sqlite3 *database = load->store->database;
    char *attach;
    int code;
    bool ok;

    if (store_day_is_deleted(database, load->store->folder, day))
        return true;
    attach = sqlite3_mprintf("ATTACH '%q/history/%q' AS day", load->store->folder, day);
    ok = store_run(database, attach, load->error, load->error_size);
    code = sqlite3_errcode(database);
    ok = ok && load_late(load, &code) &&
         store_run(database, "DETACH day", load->error, load->error_size);
    sqlite3_free(attach);
    return ok || is_only_damaged(load, day, code);
}

struct days {
    char (*names)[STORE_DAY_SIZE];
    size_t count;
};

/* Days of the history on which messages ended that may still be reported on. */
static bool find_late_days(const struct load *load, struct days *out)
{
    sqlite3_stmt *statement =
        store_prepare(load->store->database, "SELECT day FROM history WHERE ended_at>=?1",
                      load->error, load->error_size);
    int result;

    if (statement == NULL)
        return false;
    sqlite3_bind_int64(statement, 1, load->late_since_ms);
    while ((result = sqlite3_step(statement)) == SQLITE_ROW) {
        out->names = realloc(out->names, (out->count + 1) * sizeof(*out->names));
        if (out->names == NULL)
            abort();
        snprintf(out->names[out->count++], STORE_DAY_SIZE, "%s",
                 (const char *)sqlite3_column_text(statement, 0));
    }
    if (result != SQLITE_DONE)
        snprintf(load->error, load->error_size, "%s",
                 sqlite3_errmsg(load->store->database));
    sqlite3_finalize(statement);
    return result == SQLITE_DONE;
}

static bool load_late_history(const struct load *load)
{
    struct days days = {NULL, 0};
    bool ok = find_late_days(load, &days);

    for (size_t i = 0; ok && i < days.count; i++)
        ok = load_late_day(load, days.names[i]);
    free(days.names);
    return ok;
}

bool store_sqlite_load(struct store_sqlite *store, struct executor *executor,
                       const struct store_loader *loader, void *owner,
                       int64_t late_since_ms, char *error, size_t error_size)
{
    const struct load load = {store, loader, owner, late_since_ms, error, error_size};
    bool ok;

    /* What ended in the journal was counted as it was folded; its row is read again. */
    store->ended_first = store->ended_count = 0;
    ok = for_rows(&load, "SELECT kind, number, name, content FROM definition", 0,
                  definition) &&
         for_rows(&load, "SELECT ledger, currency, amount FROM balance", 0, balance) &&
         for_rows(&load, "SELECT account, amount FROM opening", 0, opening) &&
         (loader->on_names == NULL || loader->on_names(owner, error, error_size)) &&
         load_late_history(&load) &&
         for_rows(&load, "SELECT id, channel, at, bytes FROM parked ORDER BY at, id", 0,
                  parked) &&
         store_load_living(store, executor, loader, owner, late_since_ms, error,
                           error_size) &&
         for_rows(&load,
                  "SELECT id, account, made_at, bytes FROM outbox ORDER BY made_at, id", 0,
                  receipt) &&
         store_load_inbound(store, loader, owner, error, error_size) &&
         store_load_kept(store, loader, owner, error, error_size) &&
         (loader->on_alias == NULL ||
          for_rows(&load, "SELECT alias, id FROM alias ORDER BY id, rowid", 0, alias)) &&
         store_load_limits(store, loader, owner, error, error_size);

    if (ok && loader->on_highest_id)
        loader->on_highest_id(owner, store->highest_id);
    return ok;
}
