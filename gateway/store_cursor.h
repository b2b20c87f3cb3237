/*
 * A table that is read once, from its beginning to its end, in the order of a key: several
 * of them side by side are a merge, in which nothing is looked up or remembered.
 */
#ifndef GATEWAY_STORE_CURSOR_H
#define GATEWAY_STORE_CURSOR_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct message;

struct store_cursor {
    sqlite3_stmt *statement;
    int key_column;
    int result;   /* SQLITE_ROW: it is on a row */
    uint64_t key; /* of the row; UINT64_MAX at the end */
};

/* On its first row.  `from` is bound to ?1, if there is one.  False and the reason. */
bool store_cursor_open(struct store_cursor *cursor, sqlite3 *database, const char *sql,
                       int key_column, uint64_t from, char *error, size_t error_size);
void store_cursor_next(struct store_cursor *cursor);
/* On the first row with this key or a later one; false when it has none. */
bool store_cursor_seek(struct store_cursor *cursor, uint64_t key);
/* One that is all zero may be closed.  False and the reason: its rows could not be read. */
bool store_cursor_close(struct store_cursor *cursor, char *error, size_t error_size);

/* What came late, rows of STORE_LATE_COLUMNS in the order of the messages, over the
 * attempts of the next one. */
void store_lay_late(struct store_cursor *late, struct message *message);

#endif
