/*
 * Rows of the database to structs and back; shared by who writes, loads, moves and
 * reads them.
 */
#ifndef GATEWAY_STORE_ROWS_H
#define GATEWAY_STORE_ROWS_H

#include <sqlite3.h>

#include "gateway/body.h"
#include "routing/message.h"

/* Lists of columns, in the order in which the functions below read and bind them. */
#define STORE_MESSAGE_COLUMNS                                                              \
    "id, account, plan, pins, state, \"end\", step, flags, segments, parts, accepted_at,"  \
    " start_at, deadline, entered_at, ended_at, held, charged, cost, baseline"
#define STORE_BODY_COLUMNS                                                                 \
    "id, message, number, source, destination, service_type, fields, options, bytes,"      \
    " tlv_size"
#define STORE_ATTEMPT_COLUMNS                                                              \
    "message, ordinal, id, anchor, channel, segment, step, number, state, reason, flags,"  \
    " code, sent_at, updated_at, again_at, charged, cost, provider_id"
#define STORE_LATE_COLUMNS                                                                 \
    "message, ordinal, state, reason, flags, code, sent_at, updated_at, charged, cost,"    \
    " provider_id"

#define STORE_POSTING_COLUMNS                                                              \
    "id, at, kind, source, target, amount, currency, message, attempt"

/* Of the columns of each list, those that are integers are at their place in an array. */
enum {
    STORE_MESSAGE_INTEGERS = 19,
    STORE_BODY_INTEGERS = 10,
    STORE_ATTEMPT_INTEGERS = 17,
    STORE_POSTING_INTEGERS = 9,
};
/* And these are texts and blobs. */
enum {
    STORE_BODY_SOURCE = 3,
    STORE_BODY_DESTINATION = 4,
    STORE_BODY_SERVICE_TYPE = 5,
    STORE_BODY_BYTES = 8,
    STORE_ATTEMPT_PROVIDER_ID = 17,
};

void store_message_integers(const struct message *message,
                            int64_t out[STORE_MESSAGE_INTEGERS]);
void store_body_integers(const struct body *body, int64_t out[STORE_BODY_INTEGERS]);
void store_attempt_integers(uint64_t message, const struct attempt *attempt,
                            int64_t out[STORE_ATTEMPT_INTEGERS]);

/* Binds from parameter 1 on; texts and blobs are borrowed until the statement is reset. */
void store_bind_message(sqlite3_stmt *statement, const struct message *message);
void store_bind_body(sqlite3_stmt *statement, const struct body *body);
void store_bind_attempt(sqlite3_stmt *statement, uint64_t message,
                        const struct attempt *attempt);
void store_bind_integers(sqlite3_stmt *statement, const int64_t *values, int count);

/* Reads from column `first` on.  `attempts` of the message are left alone (NULL, 0). */
void store_read_message(sqlite3_stmt *row, int first, struct message *out);
/* From malloc(); aborts without memory. */
struct body *store_read_body(sqlite3_stmt *row, int first);
uint64_t store_read_attempt(sqlite3_stmt *row, int first, struct attempt *out);
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

#endif
