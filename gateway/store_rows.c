/* Rows to structs and back. */
#include "gateway/store_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void store_bind_integers(sqlite3_stmt *statement, const int64_t *values, int count)
{
    for (int i = 0; i < count; i++)
        sqlite3_bind_int64(statement, i + 1, values[i]);
}

bool store_read_message(sqlite3_stmt *row, struct message *out,
                        struct packed_bodies *out_bodies, char *error, size_t error_size)
{
    const uint8_t *octets = sqlite3_column_blob(row, 1);
    uint64_t id = (uint64_t)sqlite3_column_int64(row, 0);

    if (packed_read(octets, (size_t)sqlite3_column_bytes(row, 1), out, out_bodies) &&
        out->id == id)
        return true;
    snprintf(error, error_size, "what is written of message %llu is damaged",
             (unsigned long long)id);
    return false;
}

static void read_text(sqlite3_stmt *row, int column, char *out, size_t room)
{
    const unsigned char *text = sqlite3_column_text(row, column);
    size_t size = text ? (size_t)sqlite3_column_bytes(row, column) : 0;

    if (size > room - 1)
        size = room - 1;
    if (size > 0)
        memcpy(out, text, size);
    out[size] = '\0';
}

void store_read_late(sqlite3_stmt *row, struct attempt *attempt)
{
    attempt->state = (uint8_t)sqlite3_column_int(row, 2);
    attempt->reason = (uint8_t)sqlite3_column_int(row, 3);
    attempt->flags = (uint16_t)sqlite3_column_int(row, 4);
    attempt->code = (uint32_t)sqlite3_column_int64(row, 5);
    attempt->sent_at_ms = sqlite3_column_int64(row, 6);
    attempt->updated_at_ms = sqlite3_column_int64(row, 7);
    attempt->charged_micro = sqlite3_column_int64(row, 8);
    attempt->cost_micro = sqlite3_column_int64(row, 9);
    read_text(row, 10, attempt->provider_id, sizeof(attempt->provider_id));
}

/*
 * A capture changes the attempt's row alone: what has been captured since the message's
 * own row was written is held no longer.
 */
void store_sum_attempts(struct message *message)
{
    int64_t charged = 0;
    int64_t cost = 0;

    for (uint16_t i = 0; i < message->attempt_count; i++) {
        const struct attempt *attempt = &message->attempts[i];

        (void)!__builtin_add_overflow(charged, attempt->charged_micro, &charged);
        (void)!__builtin_add_overflow(cost, attempt->cost_micro, &cost);
    }
    if (message->state != MESSAGE_ENDED)
        message->held_micro -= charged - message->charged_micro;
    message->charged_micro = charged;
    message->cost_micro = cost;
}

sqlite3_stmt *store_prepare(sqlite3 *database, const char *sql, char *error,
                            size_t error_size)
{
    sqlite3_stmt *statement = NULL;

    if (sqlite3_prepare_v3(database, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement,
                           NULL) != SQLITE_OK) {
        snprintf(error, error_size, "%s", sqlite3_errmsg(database));
        return NULL;
    }
    return statement;
}

bool store_run(sqlite3 *database, const char *sql, char *error, size_t error_size)
{
    if (sqlite3_exec(database, sql, NULL, NULL, NULL) != SQLITE_OK) {
        snprintf(error, error_size, "%s", sqlite3_errmsg(database));
        return false;
    }
    return true;
}

bool store_for_rows(sqlite3 *database, const char *sql, int64_t parameter,
                    void (*each)(void *owner, sqlite3_stmt *row), void *owner, char *error,
                    size_t error_size)
{
    sqlite3_stmt *statement = store_prepare(database, sql, error, error_size);
    int result;

    if (statement == NULL)
        return false;
    sqlite3_bind_int64(statement, 1, parameter);
    while ((result = sqlite3_step(statement)) == SQLITE_ROW)
        each(owner, statement);
    if (result != SQLITE_DONE)
        snprintf(error, error_size, "%s", sqlite3_errmsg(database));
    sqlite3_finalize(statement);
    return result == SQLITE_DONE;
}

void store_day_name(int64_t at_ms, char out[STORE_DAY_SIZE])
{
    time_t seconds = (time_t)(at_ms / 1000);
    struct tm day;

    gmtime_r(&seconds, &day);
    strftime(out, STORE_DAY_SIZE, "%Y-%m-%d.db", &day);
}

int64_t store_day_start_ms(const char *name)
{
    struct tm day = {0};

    (void)strptime(name, "%Y-%m-%d", &day);
    return (int64_t)timegm(&day) * 1000;
}
