/*
 * The writer builds no tree: it appends.  The reader is jansson's, behind what we are
 * stricter in and the sentences it does not have.
 */
#include "gateway/json.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#define DEPTH_MAX 32

/* Members of one object that are asked for by name. */
#define ASKED_MAX 32

/* ---- Writing ------------------------------------------------------------- */

void json_writer_reset(struct json_writer *writer)
{
    writer->size = 0;
    writer->has_members = 0;
    writer->depth = 0;
}

void json_writer_done(struct json_writer *writer)
{
    free(writer->bytes);
    *writer = (struct json_writer){0};
}

static char *room_for(struct json_writer *writer, size_t more)
{
    if (more > writer->room - writer->size) {
        writer->room = (writer->size + more) * 2;
        writer->bytes = realloc(writer->bytes, writer->room);
        if (writer->bytes == NULL)
            abort();
    }
    return writer->bytes + writer->size;
}

static void append(struct json_writer *writer, const char *octets, size_t size)
{
    memcpy(room_for(writer, size), octets, size);
    writer->size += size;
}

/* The comma and the key before a value. */
static void begin_value(struct json_writer *writer, const char *key)
{
    uint64_t here = UINT64_C(1) << writer->depth;

    if (writer->has_members & here)
        append(writer, ",", 1);
    writer->has_members |= here;
    if (key != NULL) {
        append(writer, "\"", 1);
        append(writer, key, strlen(key));
        append(writer, "\":", 2);
    }
}

static void open_value(struct json_writer *writer, const char *key, const char *bracket)
{
    begin_value(writer, key);
    append(writer, bracket, 1);
    writer->depth++;
    assert(writer->depth < 64);
    writer->has_members &= ~(UINT64_C(1) << writer->depth);
}

static void close_value(struct json_writer *writer, const char *bracket)
{
    assert(writer->depth > 0);
    writer->depth--;
    append(writer, bracket, 1);
}

void json_write_object(struct json_writer *writer, const char *key)
{
    open_value(writer, key, "{");
}

void json_write_object_end(struct json_writer *writer)
{
    close_value(writer, "}");
}

void json_write_array(struct json_writer *writer, const char *key)
{
    open_value(writer, key, "[");
}

void json_write_array_end(struct json_writer *writer)
{
    close_value(writer, "]");
}

size_t json_character_size(const char *octets, size_t size)
{
    static const struct {
        uint8_t first_low, first_high, second_low, second_high;
        size_t size;
    } rows[] = {
        {0x00, 0x7F, 0,    0,    1},
        {0xC2, 0xDF, 0x80, 0xBF, 2},
        {0xE0, 0xE0, 0xA0, 0xBF, 3},
        {0xE1, 0xEC, 0x80, 0xBF, 3},
        {0xED, 0xED, 0x80, 0x9F, 3},
        {0xEE, 0xEF, 0x80, 0xBF, 3},
        {0xF0, 0xF0, 0x90, 0xBF, 4},
        {0xF1, 0xF3, 0x80, 0xBF, 4},
        {0xF4, 0xF4, 0x80, 0x8F, 4},
    };
    const uint8_t *text = (const uint8_t *)octets;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (text[0] < rows[i].first_low || text[0] > rows[i].first_high)
            continue;
        if (rows[i].size > size)
            return 0;
        if (rows[i].size > 1 &&
            (text[1] < rows[i].second_low || text[1] > rows[i].second_high))
            return 0;
        for (size_t at = 2; at < rows[i].size; at++)
            if (text[at] < 0x80 || text[at] > 0xBF)
                return 0;
        return rows[i].size;
    }
    return 0;
}

static void append_escape(struct json_writer *writer, uint8_t octet)
{
    static const char octets[] = "\"\\\n\r\t\b\f";
    static const char letters[] = "\"\\nrtbf";
    const char *found = octet != 0 ? strchr(octets, octet) : NULL;
    char escape[8];

    if (found != NULL)
        snprintf(escape, sizeof(escape), "\\%c", letters[found - octets]);
    else
        snprintf(escape, sizeof(escape), "\\u%04x", octet);
    append(writer, escape, strlen(escape));
}

void json_write_octets(struct json_writer *writer, const char *key, const char *text,
                       size_t size)
{
    size_t plain = 0; /* octets before `at` that need nothing, not appended yet */
    size_t at = 0;

    begin_value(writer, key);
    append(writer, "\"", 1);
    while (at < size) {
        uint8_t octet = (uint8_t)text[at];
        size_t step =
            octet >= 0x20 && octet < 0x7F ? 1 : json_character_size(text + at, size - at);

        if (step > 0 && octet >= 0x20 && octet != '"' && octet != '\\') {
            plain += step;
            at += step;
            continue;
        }
        append(writer, text + at - plain, plain);
        plain = 0;
        if (step > 0)
            append_escape(writer, octet);
        else
            append(writer, "\xEF\xBF\xBD", 3);
        at++;
    }
    append(writer, text + at - plain, plain);
    append(writer, "\"", 1);
}

void json_write_string(struct json_writer *writer, const char *key, const char *text)
{
    if (text == NULL)
        json_write_null(writer, key);
    else
        json_write_octets(writer, key, text, strlen(text));
}

static void write_formatted(struct json_writer *writer, const char *key, const char *format,
                            ...) __attribute__((format(printf, 3, 4)));

static void write_formatted(struct json_writer *writer, const char *key, const char *format,
                            ...)
{
    char text[64];
    va_list values;
    int size;

    va_start(values, format);
    size = vsnprintf(text, sizeof(text), format, values);
    va_end(values);
    assert(size > 0 && (size_t)size < sizeof(text));
    begin_value(writer, key);
    append(writer, text, (size_t)size);
}

void json_write_integer(struct json_writer *writer, const char *key, int64_t number)
{
    write_formatted(writer, key, "%" PRId64, number);
}

void json_write_bool(struct json_writer *writer, const char *key, bool claim)
{
    begin_value(writer, key);
    append(writer, claim ? "true" : "false", claim ? 4 : 5);
}

void json_write_null(struct json_writer *writer, const char *key)
{
    begin_value(writer, key);
    append(writer, "null", 4);
}

void json_write_money(struct json_writer *writer, const char *key, int64_t micros)
{
    /* Of the lowest number too: its absolute value has no int64_t. */
    uint64_t absolute = micros < 0 ? 0 - (uint64_t)micros : (uint64_t)micros;

    write_formatted(writer, key, "\"%s%" PRIu64 ".%06" PRIu64 "\"", micros < 0 ? "-" : "",
                    absolute / 1000000, absolute % 1000000);
}

void json_write_id(struct json_writer *writer, const char *key, uint64_t id)
{
    write_formatted(writer, key, "\"%" PRIu64 "\"", id);
}

void json_write_time(struct json_writer *writer, const char *key, int64_t wall_ms)
{
    time_t wall_s = (time_t)(wall_ms / 1000);
    struct tm date;
    char text[40];

    if (wall_ms <= 0 || gmtime_r(&wall_s, &date) == NULL || date.tm_year > 8099) {
        json_write_null(writer, key);
        return;
    }
    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &date);
    write_formatted(writer, key, "\"%s.%03dZ\"", text, (int)(wall_ms % 1000));
}

/* ---- Reading ------------------------------------------------------------- */

/* jansson's values are ours under another name. */
struct json_document {
    json_t *root;
    const char *asked[ASKED_MAX];
    size_t asked_count;
    char fault[160];
};

/* jansson's own bound is 2,048, and its parser calls itself. */
static bool is_too_deep(const char *bytes, size_t size)
{
    size_t depth = 0;
    bool in_string = false;

    for (size_t i = 0; i < size; i++) {
        char c = bytes[i];

        if (in_string && c == '\\')
            i++;
        else if (c == '"')
            in_string = !in_string;
        else if (!in_string && (c == '{' || c == '['))
            depth++;
        else if (!in_string && (c == '}' || c == ']') && depth > 0)
            depth--;
        if (depth > DEPTH_MAX)
            return true;
    }
    return false;
}

struct json_document *json_parse(const void *bytes, size_t size, char *error,
                                 size_t error_size)
{
    struct json_document *document;
    json_error_t fault;
    json_t *root;

    if (is_too_deep(bytes, size)) {
        snprintf(error, error_size, "JSON nested deeper than %d", DEPTH_MAX);
        return NULL;
    }
    root = json_loadb(bytes, size, JSON_REJECT_DUPLICATES, &fault);
    if (root == NULL) {
        snprintf(error, error_size, "not JSON: %s at line %d", fault.text, fault.line);
        return NULL;
    }
    document = calloc(1, sizeof(*document));
    if (document == NULL)
        abort();
    document->root = root;
    return document;
}

void json_document_free(struct json_document *document)
{
    if (document == NULL)
        return;
    json_decref(document->root);
    free(document);
}

/* The first fault stays. */
static void set_fault(struct json_document *document, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void set_fault(struct json_document *document, const char *format, ...)
{
    va_list values;

    if (document->fault[0] != '\0')
        return;
    va_start(values, format);
    vsnprintf(document->fault, sizeof(document->fault), format, values);
    va_end(values);
}

/* NULL also for null, which says the same as saying nothing. */
static json_t *ask(struct json_document *document, const char *key, enum json_need need)
{
    json_t *value = json_object_get(document->root, key);

    assert(document->asked_count < ASKED_MAX);
    document->asked[document->asked_count++] = key;
    if (json_is_null(value))
        value = NULL;
    if (value == NULL && need == JSON_NEEDED)
        set_fault(document, "\"%s\" is missing", key);
    return value;
}

const char *json_read_text(struct json_document *document, const char *key,
                           enum json_need need)
{
    json_t *value = ask(document, key, need);

    if (value == NULL)
        return NULL;
    if (!json_is_string(value)) {
        set_fault(document, "\"%s\" must be a string", key);
        return NULL;
    }
    if (need == JSON_NEEDED && json_string_length(value) == 0) {
        set_fault(document, "\"%s\" is empty", key);
        return NULL;
    }
    return json_string_value(value);
}

int64_t json_read_integer(struct json_document *document, const char *key,
                          enum json_need need, const char *unit, int64_t lowest,
                          int64_t highest, int64_t fallback)
{
    json_t *value = ask(document, key, need);

    if (value == NULL)
        return fallback;
    if (!json_is_integer(value) || json_integer_value(value) < lowest ||
        json_integer_value(value) > highest) {
        set_fault(document, "\"%s\" must be an integer%s%s from %" PRId64 " to %" PRId64,
                  key, unit != NULL ? " of " : "", unit != NULL ? unit : "", lowest,
                  highest);
        return fallback;
    }
    return json_integer_value(value);
}

bool json_read_bool(struct json_document *document, const char *key, enum json_need need,
                    bool fallback)
{
    json_t *value = ask(document, key, need);

    if (value == NULL)
        return fallback;
    if (!json_is_boolean(value)) {
        set_fault(document, "\"%s\" must be true or false", key);
        return fallback;
    }
    return json_is_true(value);
}

static bool was_asked(const struct json_document *document, const char *key)
{
    for (size_t i = 0; i < document->asked_count; i++)
        if (strcmp(document->asked[i], key) == 0)
            return true;
    return false;
}

const char *json_fault(struct json_document *document)
{
    const char *key;
    json_t *value;

    if (!json_is_object(document->root))
        return "the body must be a JSON object";
    json_object_foreach(document->root, key, value) if (!was_asked(document, key))
        set_fault(document, "\"%.64s\" is not known here", key);
    return document->fault[0] != '\0' ? document->fault : NULL;
}

/* ---- Looking around ------------------------------------------------------ */

static const json_t *jansson_of(const struct json_value *value)
{
    return (const json_t *)value;
}

static const json_t *member_of(const json_t *value, const char *name, size_t size)
{
    char key[128];
    char *end;
    unsigned long position;

    if (size == 0 || size >= sizeof(key))
        return NULL;
    memcpy(key, name, size);
    key[size] = '\0';
    if (json_is_object(value))
        return json_object_get(value, key);
    if (key[0] < '0' || key[0] > '9')
        return NULL;
    position = strtoul(key, &end, 10);
    return *end == '\0' ? json_array_get(value, position) : NULL;
}

const struct json_value *json_below(const struct json_value *value, const char *path)
{
    const json_t *at = jansson_of(value);

    while (at != NULL && *path != '\0') {
        size_t size = strcspn(path, ".");

        at = member_of(at, path, size);
        path += size;
        path += *path == '.';
    }
    return json_is_null(at) ? NULL : (const struct json_value *)at;
}

const struct json_value *json_at(const struct json_document *document, const char *path)
{
    return json_below((const struct json_value *)document->root, path);
}

size_t json_length(const struct json_value *value)
{
    return json_array_size(jansson_of(value));
}

const struct json_value *json_element(const struct json_value *value, size_t index)
{
    return (const struct json_value *)json_array_get(jansson_of(value), index);
}

const char *json_text(const struct json_value *value)
{
    return json_string_value(jansson_of(value));
}

bool json_integer_of(const struct json_value *value, int64_t *out)
{
    if (!json_is_integer(jansson_of(value)))
        return false;
    *out = json_integer_value(jansson_of(value));
    return true;
}

bool json_as_text(const struct json_value *value, char *out, size_t room)
{
    const json_t *from = jansson_of(value);
    char number[24];
    const char *text = json_string_value(from);

    if (json_is_boolean(from))
        text = json_is_true(from) ? "true" : "false";
    if (json_is_integer(from)) {
        snprintf(number, sizeof(number), "%" PRId64, (int64_t)json_integer_value(from));
        text = number;
    }
    if (text == NULL || strlen(text) >= room)
        return false;
    memcpy(out, text, strlen(text) + 1);
    return true;
}
