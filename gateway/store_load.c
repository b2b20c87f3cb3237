/* Reads all that lives, once, when the daemon starts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/log.h"
#include "gateway/store_cursor.h"
#include "gateway/store_database.h"
#include "gateway/store_rows.h"

enum { PROGRESS_EVERY = 100000 };

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

static void ended(void *owner, sqlite3_stmt *row)
{
    const struct load *load = owner;
    store_sqlite_add_ended(load->store, (uint64_t)sqlite3_column_int64(row, 0));
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

static void late(void *owner, sqlite3_stmt *row)
{
    const struct load *load = owner;
    struct attempt attempt;
    uint64_t message = store_read_attempt(row, 0, &attempt);

    load->loader->on_late(load->owner, message, &attempt);
}

static void alias(void *owner, sqlite3_stmt *row)
{
    const struct load *load = owner;

    load->loader->on_alias(load->owner, (uint32_t)sqlite3_column_int64(row, 0),
                           (uint64_t)sqlite3_column_int64(row, 1));
}

/* Tables side by side, in the order of their messages. */
struct merge {
    struct store_cursor messages;
    struct store_cursor bodies; /* of the submission a message began with, */
    struct store_cursor parts;  /* and of those that joined it */
    struct store_cursor attempts;
};

static void load_bodies(const struct load *load, struct store_cursor *bodies,
                        uint64_t message)
{
    for (bool more = store_cursor_seek(bodies, message); more;
         more = bodies->key == message) {
        struct body *body = store_read_body(bodies->statement, 0);

        load->loader->on_body(load->owner, body);
        free(body);
        store_cursor_next(bodies);
    }
}

static void load_attempts(const struct load *load, struct store_cursor *attempts,
                          uint64_t message)
{
    for (bool more = store_cursor_seek(attempts, message); more;
         more = attempts->key == message) {
        struct attempt attempt;

        store_read_attempt(attempts->statement, 0, &attempt);
        load->loader->on_attempt(load->owner, message, &attempt);
        store_cursor_next(attempts);
    }
}

static void load_message(const struct load *load, struct merge *merge)
{
    struct message message;

    store_read_message(merge->messages.statement, 0, &message);
    load->loader->on_message(load->owner, &message);
    load_bodies(load, &merge->bodies, message.id);
    load_bodies(load, &merge->parts, message.id);
    load_attempts(load, &merge->attempts, message.id);
    load->loader->on_loaded(load->owner, message.id);
}

static bool open_merge(const struct load *load, struct merge *merge)
{
    static const char messages[] =
        "SELECT " STORE_MESSAGE_COLUMNS " FROM message WHERE state<>5 ORDER BY id";
    static const char bodies[] =
        "SELECT " STORE_BODY_COLUMNS " FROM body WHERE id=message ORDER BY id";
    static const char parts[] =
        "SELECT " STORE_BODY_COLUMNS " FROM body WHERE id<>message ORDER BY message, id";
    static const char attempts[] =
        "SELECT " STORE_ATTEMPT_COLUMNS " FROM attempt ORDER BY message, ordinal";
    sqlite3 *database = load->store->database;

    return store_cursor_open(&merge->messages, database, messages, 0, 0, load->error,
                             load->error_size) &&
           store_cursor_open(&merge->bodies, database, bodies, 1, 0, load->error,
                             load->error_size) &&
           store_cursor_open(&merge->parts, database, parts, 1, 0, load->error,
                             load->error_size) &&
           store_cursor_open(&merge->attempts, database, attempts, 0, 0, load->error,
                             load->error_size);
}

static bool load_messages(const struct load *load)
{
    struct merge merge = {0};
    struct store_cursor *const cursors[] = {&merge.messages, &merge.bodies, &merge.parts,
                                            &merge.attempts};
    uint64_t count = 0;
    bool ok = open_merge(load, &merge);

    while (ok && merge.messages.result == SQLITE_ROW) {
        load_message(load, &merge);
        if (++count % PROGRESS_EVERY == 0)
            load->loader->on_progress(load->owner, count);
        store_cursor_next(&merge.messages);
    }
    for (size_t i = 0; i < sizeof(cursors) / sizeof(cursors[0]); i++)
        ok = store_cursor_close(cursors[i], load->error, load->error_size) && ok;
    return ok;
}

/* Attempts of messages that have ended, from their table and what lies over it. */
#define LATE_ATTEMPTS(schema)                                                              \
    "SELECT message, ordinal, a.id, a.anchor, a.channel, a.segment, a.step, a.number,"     \
    " ifnull(l.state, a.state), ifnull(l.reason, a.reason), ifnull(l.flags, a.flags),"     \
    " ifnull(l.code, a.code), ifnull(l.sent_at, a.sent_at),"                               \
    " ifnull(l.updated_at, a.updated_at) AS updated, a.again_at,"                          \
    " ifnull(l.charged, a.charged), ifnull(l.cost, a.cost),"                               \
    " ifnull(l.provider_id, a.provider_id)"                                                \
    " FROM " schema ".attempt AS a LEFT JOIN main.late AS l USING(message, ordinal)"       \
    " WHERE updated>=?1"

/*
 * A day that is damaged does not keep the gateway from its work: late reports on what ended
 * then are unknown, and the check of the ledger names the file.
 */
static bool is_only_damaged(const struct load *load, const char *day)
{
    int code = sqlite3_errcode(load->store->database);

    if (code != SQLITE_CORRUPT && code != SQLITE_NOTADB) {
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
    sqlite3_vfs *vfs = NULL;
    char path[4200];
    char *attach;
    int exists = 0;
    bool ok;

    snprintf(path, sizeof(path), "%s/history/%s", load->store->folder, day);
    sqlite3_file_control(database, "main", SQLITE_FCNTL_VFS_POINTER, &vfs);
    if (vfs->xAccess(vfs, path, SQLITE_ACCESS_EXISTS, &exists) == SQLITE_OK && !exists)
        return true;
    attach = sqlite3_mprintf("ATTACH %Q AS day", path);
    ok = store_run(database, attach, load->error, load->error_size) &&
         for_rows(load, LATE_ATTEMPTS("day"), load->late_since_ms, late) &&
         store_run(database, "DETACH day", load->error, load->error_size);
    sqlite3_free(attach);
    return ok || is_only_damaged(load, day);
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

bool store_sqlite_load(struct store_sqlite *store, const struct store_loader *loader,
                       void *owner, int64_t late_since_ms, char *error, size_t error_size)
{
    const struct load load = {store, loader, owner, late_since_ms, error, error_size};
    bool ok;

    /* What ended in the journal was counted as it was folded; its row is read again. */
    store->ended_first = store->ended_count = 0;
    ok = for_rows(&load, "SELECT kind, number, name, content FROM definition", 0,
                  definition) &&
         for_rows(&load, "SELECT ledger, currency, amount FROM balance", 0, balance) &&
         for_rows(&load, "SELECT account, amount FROM opening", 0, opening) &&
         for_rows(&load, "SELECT id FROM message WHERE state=5 ORDER BY id", 0, ended) &&
         load_messages(&load) &&
         for_rows(
             &load,
             LATE_ATTEMPTS("main") " AND message IN (SELECT id FROM message WHERE state=5)",
             late_since_ms, late) &&
         load_late_history(&load) &&
         for_rows(&load,
                  "SELECT id, account, made_at, bytes FROM outbox ORDER BY made_at, id", 0,
                  receipt) &&
         for_rows(&load, "SELECT id, channel, at, bytes FROM parked ORDER BY at, id", 0,
                  parked) &&
         store_load_inbound(store, loader, owner, error, error_size) &&
         store_load_kept(store, loader, owner, error, error_size) &&
         (loader->on_alias == NULL ||
          for_rows(&load, "SELECT alias, id FROM alias ORDER BY id, rowid", 0, alias)) &&
         store_load_limits(store, loader, owner, error, error_size);

    if (ok && loader->on_highest_id)
        loader->on_highest_id(owner, store->highest_id);
    return ok;
}
