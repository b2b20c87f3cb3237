/*
 * A virtual table for each kind of rows, whose rows are those that have gathered: SQLite
 * asks for their columns, nothing is bound.  They are not known outside this connection.
 * Where ids follow one another, SQLite is told that of the first and counts the others
 * itself: it then does not look for each whether it is there.
 */
#include "gateway/store_bulk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/store_database.h"
#include "gateway/store_rows.h"

enum {
    AT_ONCE = 128, /* what was read a moment ago is still in the processor's cache */
    COLUMNS_MAX = STORE_POSTING_INTEGERS,
    TEXT_SIZE = 512, /* of a statement */
};

struct kind {
    const char *table;
    const char *columns; /* `id` is the first */
    bool ids_follow;     /* each is the one before and 1, and above all that are there */
    /* The row as integers; columns that are none are left alone. */
    void (*read)(const void *row, int64_t *integers);
    /* One that is none; false: it is an integer.  NULL: all are. */
    bool (*content)(const void *row, int column, sqlite3_context *out);
};

struct gathered {
    const struct kind *kind;
    sqlite3_stmt *insert;
    sqlite3_stmt *append; /* without ids; NULL: they do not follow one another */
    size_t first, end;    /* of the rows that a statement reads */
    size_t count;
    const void *rows[AT_ONCE];
};

struct store_bulk {
    struct gathered gathered[STORE_BULK_KINDS];
    int64_t postings[AT_ONCE][STORE_POSTING_INTEGERS];
};

/* --- kinds -------------------------------------------------------------------------- */

static void read_message(const void *row, int64_t *integers)
{
    const struct store_message_row *message = row;

    integers[0] = (int64_t)message->id;
    integers[1] = message->state;
    integers[2] = message->ended_at_ms;
}

static void read_posting(const void *row, int64_t *integers)
{
    memcpy(integers, row, STORE_POSTING_INTEGERS * sizeof(*integers));
}

static bool message_content(const void *row, int column, sqlite3_context *out)
{
    const struct store_message_row *message = row;

    if (column != 3)
        return false;
    sqlite3_result_blob(out, message->octets, (int)message->size, SQLITE_STATIC);
    return true;
}

#define MESSAGE_COLUMNS "id, state, ended_at, content"

static const struct kind kinds[STORE_BULK_KINDS] = {
    [STORE_BULK_MESSAGES] = {"message", MESSAGE_COLUMNS,       false, read_message,
                             message_content                                                       },
    [STORE_BULK_AGED] = {"aged",    MESSAGE_COLUMNS,       false, read_message, message_content},
    [STORE_BULK_POSTINGS] = {"posting", STORE_POSTING_COLUMNS, true,  read_posting, NULL           },
};

/* --- the virtual tables ------------------------------------------------------------- */

struct bulk_table {
    sqlite3_vtab base;
    const struct gathered *gathered;
};

struct bulk_cursor {
    sqlite3_vtab_cursor base;
    const struct gathered *gathered;
    size_t at;
    int64_t integers[COLUMNS_MAX]; /* of the row it is on */
};

static int bulk_connect(sqlite3 *database, void *aux, int argc, const char *const *argv,
                        sqlite3_vtab **out, char **error)
{
    const struct gathered *gathered = aux;
    struct bulk_table *table;
    char declaration[TEXT_SIZE];
    int result;

    (void)argc;
    (void)argv;
    (void)error;
    snprintf(declaration, sizeof(declaration), "CREATE TABLE x(%s)",
             gathered->kind->columns);
    result = sqlite3_declare_vtab(database, declaration);
    if (result != SQLITE_OK)
        return result;
    table = calloc(1, sizeof(*table));
    if (table == NULL)
        abort();
    table->gathered = gathered;
    *out = &table->base;
    return SQLITE_OK;
}

static int bulk_disconnect(sqlite3_vtab *table)
{
    free(table);
    return SQLITE_OK;
}

static int bulk_best_index(sqlite3_vtab *table, sqlite3_index_info *info)
{
    (void)table;
    info->estimatedCost = AT_ONCE;
    return SQLITE_OK;
}

static int bulk_open(sqlite3_vtab *table, sqlite3_vtab_cursor **out)
{
    struct bulk_cursor *cursor = calloc(1, sizeof(*cursor));

    if (cursor == NULL)
        abort();
    cursor->gathered = ((struct bulk_table *)table)->gathered;
    *out = &cursor->base;
    return SQLITE_OK;
}

static int bulk_close(sqlite3_vtab_cursor *cursor)
{
    free(cursor);
    return SQLITE_OK;
}

static void move_to(struct bulk_cursor *cursor, size_t at)
{
    cursor->at = at;
    if (at < cursor->gathered->end)
        cursor->gathered->kind->read(cursor->gathered->rows[at], cursor->integers);
}

static int bulk_filter(sqlite3_vtab_cursor *base, int index, const char *name, int argc,
                       sqlite3_value **argv)
{
    (void)index;
    (void)name;
    (void)argc;
    (void)argv;
    move_to((struct bulk_cursor *)base, ((struct bulk_cursor *)base)->gathered->first);
    return SQLITE_OK;
}

static int bulk_next(sqlite3_vtab_cursor *base)
{
    struct bulk_cursor *cursor = (struct bulk_cursor *)base;

    move_to(cursor, cursor->at + 1);
    return SQLITE_OK;
}

static int bulk_eof(sqlite3_vtab_cursor *base)
{
    struct bulk_cursor *cursor = (struct bulk_cursor *)base;

    return cursor->at >= cursor->gathered->end;
}

static int bulk_column(sqlite3_vtab_cursor *base, sqlite3_context *out, int column)
{
    struct bulk_cursor *cursor = (struct bulk_cursor *)base;
    const struct gathered *gathered = cursor->gathered;

    if (gathered->kind->content == NULL ||
        !gathered->kind->content(gathered->rows[cursor->at], column, out))
        sqlite3_result_int64(out, cursor->integers[column]);
    return SQLITE_OK;
}

static int bulk_rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *out)
{
    *out = (sqlite3_int64)((struct bulk_cursor *)base)->at;
    return SQLITE_OK;
}

static const sqlite3_module module = {
    .xConnect = bulk_connect,
    .xBestIndex = bulk_best_index,
    .xDisconnect = bulk_disconnect,
    .xOpen = bulk_open,
    .xClose = bulk_close,
    .xFilter = bulk_filter,
    .xNext = bulk_next,
    .xEof = bulk_eof,
    .xColumn = bulk_column,
    .xRowid = bulk_rowid,
};

/* --- gathering ---------------------------------------------------------------------- */

/* Of all columns from this one on. */
static sqlite3_stmt *prepare_insert(const struct kind *kind, const char *columns,
                                    sqlite3 *database, const char *conflict, char *error,
                                    size_t error_size)
{
    char insert[TEXT_SIZE];

    snprintf(insert, sizeof(insert), "INSERT OR %s INTO %s(%s) SELECT %s FROM bulk_%s",
             conflict, kind->table, columns, columns, kind->table);
    return store_prepare(database, insert, error, error_size);
}

static bool prepare(struct gathered *gathered, sqlite3 *database, const char *conflict,
                    char *error, size_t error_size)
{
    const struct kind *kind = gathered->kind;
    char name[20];

    snprintf(name, sizeof(name), "bulk_%s", kind->table);
    if (sqlite3_create_module(database, name, &module, gathered) != SQLITE_OK) {
        snprintf(error, error_size, "%s", sqlite3_errmsg(database));
        return false;
    }
    gathered->insert =
        prepare_insert(kind, kind->columns, database, conflict, error, error_size);
    if (kind->ids_follow)
        gathered->append = prepare_insert(kind, kind->columns + strlen("id, "), database,
                                          conflict, error, error_size);
    return gathered->insert != NULL && (gathered->append != NULL || !kind->ids_follow);
}

/* A message is what it is now; of the others one that is there is a failure. */
static const char *conflict_of(int kind)
{
    return kind == STORE_BULK_MESSAGES ? "REPLACE" : "FAIL";
}

struct store_bulk *store_bulk_new(sqlite3 *database, enum store_bulk_rows rows, char *error,
                                  size_t error_size)
{
    enum store_bulk_kind of_the_other =
        rows == STORE_BULK_IN_DAY ? STORE_BULK_POSTINGS : STORE_BULK_AGED;
    struct store_bulk *bulk = calloc(1, sizeof(*bulk));

    if (bulk == NULL)
        abort();
    for (int i = 0; i < STORE_BULK_KINDS; i++) {
        if (i == (int)of_the_other)
            continue;
        bulk->gathered[i].kind = &kinds[i];
        if (!prepare(&bulk->gathered[i], database, conflict_of(i), error, error_size)) {
            store_bulk_free(bulk);
            return NULL;
        }
    }
    return bulk;
}

void store_bulk_free(struct store_bulk *bulk)
{
    if (bulk == NULL)
        return;
    for (int i = 0; i < STORE_BULK_KINDS; i++) {
        sqlite3_finalize(bulk->gathered[i].insert);
        sqlite3_finalize(bulk->gathered[i].append);
    }
    free(bulk);
}

static bool write_rows(struct gathered *gathered, sqlite3_stmt *statement, size_t first,
                       size_t end)
{
    int result;

    gathered->first = first;
    gathered->end = end;
    result = sqlite3_step(statement);
    sqlite3_reset(statement);
    return result == SQLITE_DONE;
}

/* The last row has the id that it is to have: so have those between. */
static bool is_last_id(const struct gathered *gathered)
{
    int64_t integers[COLUMNS_MAX];

    gathered->kind->read(gathered->rows[gathered->end - 1], integers);
    return sqlite3_last_insert_rowid(sqlite3_db_handle(gathered->append)) == integers[0];
}

static bool write_gathered(struct gathered *gathered)
{
    size_t count = gathered->count;

    gathered->count = 0;
    if (gathered->append == NULL || count < 2)
        return count == 0 || write_rows(gathered, gathered->insert, 0, count);
    return write_rows(gathered, gathered->insert, 0, 1) &&
           write_rows(gathered, gathered->append, 1, count) && is_last_id(gathered);
}

bool store_bulk_add(struct store_bulk *bulk, enum store_bulk_kind kind, const void *row)
{
    struct gathered *gathered = &bulk->gathered[kind];

    if (kind == STORE_BULK_POSTINGS)
        row = memcpy(bulk->postings[gathered->count], row, sizeof(bulk->postings[0]));
    gathered->rows[gathered->count++] = row;
    return gathered->count < AT_ONCE || write_gathered(gathered);
}

bool store_bulk_write(struct store_bulk *bulk)
{
    for (int i = 0; i < STORE_BULK_KINDS; i++)
        if (!write_gathered(&bulk->gathered[i]))
            return false;
    return true;
}

void store_bulk_clear(struct store_bulk *bulk)
{
    for (int i = 0; i < STORE_BULK_KINDS; i++)
        bulk->gathered[i].count = 0;
}
