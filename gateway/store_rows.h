/*
 * Rows of the database to structs and back; shared by who writes, loads, moves and
 * reads them.
 */
#ifndef GATEWAY_STORE_ROWS_H
#define GATEWAY_STORE_ROWS_H

#include <sqlite3.h>

#include "gateway/packed.h"
#include "routing/message.h"

/* Lists of columns, in the order in which they are read and bound. */
#define STORE_LATE_COLUMNS                                                                 \
    "message, ordinal, state, reason, flags, code, sent_at, updated_at, charged, cost,"    \
    " provider_id"

#define STORE_POSTING_COLUMNS                                                              \
    "id, at, kind, source, target, amount, currency, message, attempt"

enum { STORE_POSTING_INTEGERS = 9 };

/* From parameter 1 on. */
void store_bind_integers(sqlite3_stmt *statement, const int64_t *values, int count);

/*
 * Of a row of these columns.  The room of the attempts is used again from one to the next:
 * zero the message before its first use, message_done() it after the last.  The bodies are
 * valid until the statement goes on.  False and a sentence: it is not what was written.
 */
#define STORE_MESSAGE_COLUMNS "id, content"
bool store_read_message(sqlite3_stmt *row, struct message *out,
                        struct packed_bodies *out_bodies, char *error, size_t error_size)
    __attribute__((warn_unused_result));
/* A row of `late` over the attempt of its message and ordinal. */
void store_read_late(sqlite3_stmt *row, struct attempt *attempt);
/* `message` with the sums of its attempts, which are newer than its own row. */
void store_sum_attempts(struct message *message);

/* Prepares; NULL and a sentence when it cannot be. */
sqlite3_stmt *store_prepare(sqlite3 *database, const char *sql, char *error,
                            size_t error_size);
/* Calls `each` for every row; `parameter` is bound to ?1, if there is one. */
bool store_for_rows(sqlite3 *database, const char *sql, int64_t parameter,
                    void (*each)(void *owner, sqlite3_stmt *row), void *owner, char *error,
                    size_t error_size);
/* Runs text without rows; false and the reason. */
bool store_run(sqlite3 *database, const char *sql, char *error, size_t error_size);

/* The name of the history file of a day: "2026-11-21.db".  A message's day is its id's. */
enum { STORE_DAY_SIZE = 16 };
void store_day_name(int64_t at_ms, char out[STORE_DAY_SIZE]);
/* When the day of a name began. */
int64_t store_day_start_ms(const char *name);

#endif
