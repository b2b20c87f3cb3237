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

void store_message_integers(const struct message *message,
                            int64_t out[STORE_MESSAGE_INTEGERS])
{
    const int64_t integers[STORE_MESSAGE_INTEGERS] = {
        (int64_t)message->id,    message->account,        message->plan,
        message->pins,           message->state,          message->end,
        message->step,           message->flags,          message->segments,
        message->parts,          message->accepted_at_ms, message->start_at_ms,
        message->deadline_ms,    message->entered_at_ms,  message->ended_at_ms,
        message->held_micro,     message->charged_micro,  message->cost_micro,
        message->baseline_micro,
    };

    memcpy(out, integers, sizeof(integers));
}

void store_bind_message(sqlite3_stmt *statement, const struct message *message)
{
    int64_t integers[STORE_MESSAGE_INTEGERS];

    store_message_integers(message, integers);
    store_bind_integers(statement, integers, STORE_MESSAGE_INTEGERS);
}

void store_read_message(sqlite3_stmt *row, int first, struct message *out)
{
    int at = first;

    memset(out, 0, sizeof(*out));
    out->id = (uint64_t)sqlite3_column_int64(row, at++);
    out->account = (uint32_t)sqlite3_column_int64(row, at++);
    out->plan = (uint32_t)sqlite3_column_int64(row, at++);
    out->pins = (uint32_t)sqlite3_column_int64(row, at++);
    out->state = (uint8_t)sqlite3_column_int(row, at++);
    out->end = (uint8_t)sqlite3_column_int(row, at++);
    out->step = (uint8_t)sqlite3_column_int(row, at++);
    out->flags = (uint8_t)sqlite3_column_int(row, at++);
    out->segments = (uint16_t)sqlite3_column_int(row, at++);
    out->parts = (uint16_t)sqlite3_column_int(row, at++);
    out->accepted_at_ms = sqlite3_column_int64(row, at++);
    out->start_at_ms = sqlite3_column_int64(row, at++);
    out->deadline_ms = sqlite3_column_int64(row, at++);
    out->entered_at_ms = sqlite3_column_int64(row, at++);
    out->ended_at_ms = sqlite3_column_int64(row, at++);
    out->held_micro = sqlite3_column_int64(row, at++);
    out->charged_micro = sqlite3_column_int64(row, at++);
    out->cost_micro = sqlite3_column_int64(row, at++);
    out->baseline_micro = sqlite3_column_int64(row, at++);
}

/* The small fields of a body in two numbers, an octet each. */
static int64_t pack(const uint8_t octets[8])
{
    uint64_t packed = 0;

    for (int i = 0; i < 8; i++)
        packed = packed << 8 | octets[i];
    return (int64_t)packed;
}

static void unpack(int64_t packed, uint8_t octets[8])
{
    for (int i = 0; i < 8; i++)
        octets[i] = (uint8_t)((uint64_t)packed >> (56 - 8 * i));
}

void store_body_integers(const struct body *body, int64_t out[STORE_BODY_INTEGERS])
{
    const uint8_t fields[8] = {
        body->source_ton, body->source_npi,  body->destination_ton, body->destination_npi,
        body->esm_class,  body->protocol_id, body->priority_flag,   body->data_coding,
    };
    const uint8_t options[8] = {
        body->place,
        body->revision,
        body->header_size,
        (uint8_t)(body->from_api | body->id_form << 1),
        body->registered_delivery,
        body->has_user_message_reference,
        (uint8_t)(body->user_message_reference >> 8),
        (uint8_t)body->user_message_reference,
    };

    out[0] = (int64_t)body->id;
    out[1] = (int64_t)body->message;
    out[2] = (int64_t)((uint64_t)body->alias << 16 | body->number);
    out[6] = pack(fields);
    out[7] = pack(options);
    out[9] = (int64_t)((uint64_t)body->replaced_after_s << 24 | body->tlv_size);
}

void store_bind_body(sqlite3_stmt *statement, const struct body *body)
{
    int64_t integers[STORE_BODY_INTEGERS] = {0};

    store_body_integers(body, integers);
    store_bind_integers(statement, integers, STORE_BODY_INTEGERS);
    sqlite3_bind_text(statement, 1 + STORE_BODY_SOURCE, body->source, -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 1 + STORE_BODY_DESTINATION, body->destination, -1,
                      SQLITE_STATIC);
    sqlite3_bind_text(statement, 1 + STORE_BODY_SERVICE_TYPE, body->service_type, -1,
                      SQLITE_STATIC);
    sqlite3_bind_blob(statement, 1 + STORE_BODY_BYTES, body->bytes,
                      (int)(body->text_size + body->tlv_size), SQLITE_STATIC);
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

struct body *store_read_body(sqlite3_stmt *row, int first)
{
    size_t size = (size_t)sqlite3_column_bytes(row, first + 8);
    struct body *body = calloc(1, sizeof(*body) + size);
    uint8_t fields[8];
    uint8_t options[8];

    if (body == NULL)
        abort();
    body->id = (uint64_t)sqlite3_column_int64(row, first);
    body->message = (uint64_t)sqlite3_column_int64(row, first + 1);
    body->number = (uint16_t)sqlite3_column_int64(row, first + 2);
    body->alias = (uint32_t)((uint64_t)sqlite3_column_int64(row, first + 2) >> 16);
    read_text(row, first + 3, body->source, sizeof(body->source));
    read_text(row, first + 4, body->destination, sizeof(body->destination));
    read_text(row, first + 5, body->service_type, sizeof(body->service_type));
    unpack(sqlite3_column_int64(row, first + 6), fields);
    unpack(sqlite3_column_int64(row, first + 7), options);
    body->source_ton = fields[0];
    body->source_npi = fields[1];
    body->destination_ton = fields[2];
    body->destination_npi = fields[3];
    body->esm_class = fields[4];
    body->protocol_id = fields[5];
    body->priority_flag = fields[6];
    body->data_coding = fields[7];
    body->place = options[0];
    body->revision = options[1];
    body->header_size = options[2];
    body->from_api = options[3] & 1;
    body->id_form = options[3] >> 1;
    body->registered_delivery = options[4];
    body->has_user_message_reference = options[5] != 0;
    body->user_message_reference = (uint16_t)(options[6] << 8 | options[7]);
    body->tlv_size = (uint32_t)sqlite3_column_int64(row, first + 9) & 0xFFFFFF;
    body->replaced_after_s =
        (uint32_t)((uint64_t)sqlite3_column_int64(row, first + 9) >> 24);
    if (body->tlv_size > size)
        body->tlv_size = 0;
    body->text_size = (uint32_t)size - body->tlv_size;
    if (size > 0)
        memcpy(body->bytes, sqlite3_column_blob(row, first + 8), size);
    return body;
}

void store_attempt_integers(uint64_t message, const struct attempt *attempt,
                            int64_t out[STORE_ATTEMPT_INTEGERS])
{
    const int64_t integers[STORE_ATTEMPT_INTEGERS] = {
        (int64_t)message,     attempt->ordinal,
        (int64_t)attempt->id, (int64_t)attempt->anchor,
        attempt->channel,     attempt->segment,
        attempt->step,        attempt->number,
        attempt->state,       attempt->reason,
        attempt->flags,       attempt->code,
        attempt->sent_at_ms,  attempt->updated_at_ms,
        attempt->again_at_ms, attempt->charged_micro,
        attempt->cost_micro,
    };

    memcpy(out, integers, sizeof(integers));
}

void store_bind_attempt(sqlite3_stmt *statement, uint64_t message,
                        const struct attempt *attempt)
{
    int64_t integers[STORE_ATTEMPT_INTEGERS];

    store_attempt_integers(message, attempt, integers);
    store_bind_integers(statement, integers, STORE_ATTEMPT_INTEGERS);
    sqlite3_bind_text(statement, 1 + STORE_ATTEMPT_PROVIDER_ID, attempt->provider_id, -1,
                      SQLITE_STATIC);
}

uint64_t store_read_attempt(sqlite3_stmt *row, int first, struct attempt *out)
{
    int at = first;
    uint64_t message = (uint64_t)sqlite3_column_int64(row, at++);

    memset(out, 0, sizeof(*out));
    out->ordinal = (uint16_t)sqlite3_column_int(row, at++);
    out->id = (uint64_t)sqlite3_column_int64(row, at++);
    out->anchor = (uint64_t)sqlite3_column_int64(row, at++);
    out->channel = (uint32_t)sqlite3_column_int64(row, at++);
    out->segment = (uint16_t)sqlite3_column_int(row, at++);
    out->step = (uint8_t)sqlite3_column_int(row, at++);
    out->number = (uint8_t)sqlite3_column_int(row, at++);
    out->state = (uint8_t)sqlite3_column_int(row, at++);
    out->reason = (uint8_t)sqlite3_column_int(row, at++);
    out->flags = (uint16_t)sqlite3_column_int(row, at++);
    out->code = (uint32_t)sqlite3_column_int64(row, at++);
    out->sent_at_ms = sqlite3_column_int64(row, at++);
    out->updated_at_ms = sqlite3_column_int64(row, at++);
    out->again_at_ms = sqlite3_column_int64(row, at++);
    out->charged_micro = sqlite3_column_int64(row, at++);
    out->cost_micro = sqlite3_column_int64(row, at++);
    read_text(row, at, out->provider_id, sizeof(out->provider_id));
    return message;
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
