/* See store_content.h. */
#include "tests/gateway/store_content.h"

#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "gateway/packed.h"

/* Where a field is; its size in octets. */
struct field {
    const char *name;
    size_t at;
    size_t size;
};

#define FIELD(name, type, member)                                                          \
    {                                                                                      \
        name, offsetof(struct type, member), sizeof(((struct type *)0)->member)            \
    }

static const struct field of_message[] = {
    FIELD("id", message, id),           FIELD("state", message, state),
    FIELD("end", message, end),         FIELD("ended_at", message, ended_at_ms),
    FIELD("held", message, held_micro), FIELD("charged", message, charged_micro),
    FIELD("cost", message, cost_micro), FIELD("attempts", message, attempt_count),
};

static const struct field of_attempt[] = {
    FIELD("id", attempt, id),
    FIELD("state", attempt, state),
    FIELD("charged", attempt, charged_micro),
    FIELD("cost", attempt, cost_micro),
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct content {
    struct message message;
    struct packed_bodies bodies;
};

/* The octets of the field that the arguments name; their count is `out_size`. */
static void *find(struct content *content, sqlite3_value **argv, int ordinal_at, int argc,
                  size_t *out_size)
{
    const char *name = (const char *)sqlite3_value_text(argv[1]);
    bool in_attempt = argc > ordinal_at;
    const struct field *fields = in_attempt ? of_attempt : of_message;
    size_t count = in_attempt ? COUNT(of_attempt) : COUNT(of_message);
    uint8_t *from = (uint8_t *)&content->message;

    if (!packed_read(sqlite3_value_blob(argv[0]), (size_t)sqlite3_value_bytes(argv[0]),
                     &content->message, &content->bodies))
        return NULL;
    if (in_attempt) {
        int ordinal = sqlite3_value_int(argv[ordinal_at]);

        if (ordinal < 1 || ordinal > content->message.attempt_count)
            return NULL;
        from = (uint8_t *)&content->message.attempts[ordinal - 1];
    }
    for (size_t i = 0; i < count; i++)
        if (strcmp(fields[i].name, name) == 0) {
            *out_size = fields[i].size;
            return from + fields[i].at;
        }
    return NULL;
}

static void field(sqlite3_context *out, int argc, sqlite3_value **argv)
{
    struct content content = {0};
    size_t size;
    const void *at = find(&content, argv, 2, argc, &size);
    int64_t value = 0;

    if (at) {
        memcpy(&value, at, size);
        sqlite3_result_int64(out, value);
    }
    message_done(&content.message);
}

static void with_field(sqlite3_context *out, int argc, sqlite3_value **argv)
{
    struct content content = {0};
    size_t size;
    void *at = find(&content, argv, 3, argc, &size);
    int64_t value = sqlite3_value_int64(argv[2]);
    uint8_t *octets;

    if (at == NULL) {
        sqlite3_result_error(out, "it has no such field", -1);
    } else {
        memcpy(at, &value, size);
        octets = malloc(packed_most(&content.message, &content.bodies));
        if (octets == NULL)
            abort();
        size = packed_write(&content.message, &content.bodies, octets);
        sqlite3_result_blob(out, octets, (int)size, free);
    }
    message_done(&content.message);
}

static void destination(sqlite3_context *out, int argc, sqlite3_value **argv)
{
    struct content content = {0};
    uint64_t submission = (uint64_t)sqlite3_value_int64(argv[1]);
    struct packed_bodies *bodies = &content.bodies;
    uint64_t message;

    (void)argc;
    if (packed_read(sqlite3_value_blob(argv[0]), (size_t)sqlite3_value_bytes(argv[0]),
                    &content.message, bodies)) {
        message = content.message.id;
        while (bodies->size > 0 && packed_first_body(message, bodies) != submission)
            (void)packed_take_body(bodies);
        struct body *body = packed_read_body(message, bodies);

        if (body)
            sqlite3_result_text(out, body->destination, -1, SQLITE_TRANSIENT);
        free(body);
    }
    message_done(&content.message);
}

void store_content_functions(sqlite3 *database)
{
    sqlite3_create_function(database, "field", 2, SQLITE_UTF8, NULL, field, NULL, NULL);
    sqlite3_create_function(database, "field", 3, SQLITE_UTF8, NULL, field, NULL, NULL);
    sqlite3_create_function(database, "with_field", 3, SQLITE_UTF8, NULL, with_field, NULL,
                            NULL);
    sqlite3_create_function(database, "with_field", 4, SQLITE_UTF8, NULL, with_field, NULL,
                            NULL);
    sqlite3_create_function(database, "destination", 2, SQLITE_UTF8, NULL, destination,
                            NULL, NULL);
}
