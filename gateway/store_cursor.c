/* See store_cursor.h. */
#include "gateway/store_cursor.h"

#include <stdio.h>

#include "gateway/store_rows.h"

void store_cursor_next(struct store_cursor *cursor)
{
    cursor->result = sqlite3_step(cursor->statement);
    cursor->key =
        cursor->result == SQLITE_ROW
            ? (uint64_t)sqlite3_column_int64(cursor->statement, cursor->key_column)
            : UINT64_MAX;
}

bool store_cursor_open(struct store_cursor *cursor, sqlite3 *database, const char *sql,
                       int key_column, uint64_t from, char *error, size_t error_size)
{
    *cursor = (struct store_cursor){.key_column = key_column};
    cursor->statement = store_prepare(database, sql, error, error_size);
    if (cursor->statement == NULL)
        return false;
    sqlite3_bind_int64(cursor->statement, 1, (int64_t)from);
    store_cursor_next(cursor);
    return true;
}

bool store_cursor_seek(struct store_cursor *cursor, uint64_t key)
{
    while (cursor->key < key)
        store_cursor_next(cursor);
    return cursor->key == key;
}

bool store_cursor_close(struct store_cursor *cursor, char *error, size_t error_size)
{
    bool ok = cursor->result == SQLITE_DONE || cursor->result == SQLITE_ROW;

    if (cursor->statement == NULL)
        return true;
    if (!ok)
        snprintf(error, error_size, "%s", sqlite3_errstr(cursor->result));
    sqlite3_finalize(cursor->statement);
    return ok;
}

void store_lay_late(struct store_cursor *late, struct message *message)
{
    for (bool more = store_cursor_seek(late, message->id); more;
         more = late->key == message->id) {
        int ordinal = sqlite3_column_int(late->statement, 1);

        if (ordinal >= 1 && ordinal <= message->attempt_count)
            store_read_late(late->statement, &message->attempts[ordinal - 1]);
        store_cursor_next(late);
    }
}
