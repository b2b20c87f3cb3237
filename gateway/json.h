/*
 * JSON out and in.
 *
 * Out: an append-only writer into one growing buffer, no tree.  In: a strict reader for
 * what others sent, which collects what is wrong with a body as sentences a person can
 * act on.  What is read must be UTF-8, without duplicate keys and at most 32 deep.
 */
#ifndef GATEWAY_JSON_H
#define GATEWAY_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- Writing ------------------------------------------------------------- */

/* Zero it before the first use.  `bytes` holds `size` octets, without a NUL at the end. */
struct json_writer {
    char *bytes;
    size_t size;
    size_t room;
    uint64_t has_members; /* a bit per depth: a comma is due */
    unsigned depth;       /* at most 63 */
};

/* Empty again, with its memory kept. */
void json_writer_reset(struct json_writer *writer);
void json_writer_done(struct json_writer *writer);

/* `key` is NULL outside an object; it must be plain ASCII that needs no escape. */
void json_write_object(struct json_writer *writer, const char *key);
void json_write_object_end(struct json_writer *writer);
void json_write_array(struct json_writer *writer, const char *key);
void json_write_array_end(struct json_writer *writer);

/* Octets that are not UTF-8 become U+FFFD.  NULL is written as null. */
void json_write_string(struct json_writer *writer, const char *key, const char *text);
void json_write_octets(struct json_writer *writer, const char *key, const char *text,
                       size_t size);
void json_write_integer(struct json_writer *writer, const char *key, int64_t number);
void json_write_bool(struct json_writer *writer, const char *key, bool claim);
void json_write_null(struct json_writer *writer, const char *key);

/* "0.050000": micro-units as a decimal string of six places. */
void json_write_money(struct json_writer *writer, const char *key, int64_t micros);

/*
 * Octets of the character of UTF-8 at `octets`, where at least one is; 0 if it is none (RFC
 * 3629: no surrogates, nothing over U+10FFFF, no longer form than needed).
 */
size_t json_character_size(const char *octets, size_t size);

/* An id as a decimal string. */
void json_write_id(struct json_writer *writer, const char *key, uint64_t id);

/* "2026-11-21T22:40:01.123Z" from milliseconds since 1970; null for 0 and less: not known.
 */
void json_write_time(struct json_writer *writer, const char *key, int64_t wall_ms);

/* ---- Reading ------------------------------------------------------------- */

struct json_document;
struct json_value;

/*
 * NULL with a sentence in `error` when it is not one whole, strict JSON object or array.
 * Owned by the caller; nothing of `bytes` is kept.
 */
struct json_document *json_parse(const void *bytes, size_t size, char *error,
                                 size_t error_size);
void json_document_free(struct json_document *document); /* accepts NULL */

/*
 * Members of a top-level object, each asked for once by name (a literal).  What is missing
 * or of the wrong kind is remembered; the first fault is told by json_fault().
 */
enum json_need { JSON_NEEDED, JSON_OPTIONAL };

/* NULL when absent, or null.  A needed text must not be empty. */
const char *json_read_text(struct json_document *document, const char *key,
                           enum json_need need);

/*
 * `fallback` when absent.  `unit` is for the sentence ("seconds"), or NULL:
 * "validity" must be an integer of seconds from 1 to 604800.
 */
int64_t json_read_integer(struct json_document *document, const char *key,
                          enum json_need need, const char *unit, int64_t lowest,
                          int64_t highest, int64_t fallback);
bool json_read_bool(struct json_document *document, const char *key, enum json_need need,
                    bool fallback);

/*
 * NULL when every member asked for was right and no other was there; else a sentence such
 * as: "to" is missing.  Ask last.
 */
const char *json_fault(struct json_document *document);

/*
 * What lies at a path of keys and positions such as "messages.0.id"; NULL when nothing
 * does, or null.
 * "" is the whole document.  For answers and callbacks of others, where more is no fault.
 */
const struct json_value *json_at(const struct json_document *document, const char *path);
const struct json_value *json_below(const struct json_value *value, const char *path);

/* Elements of an array, 0 for anything else; and one of them, NULL behind the last. */
size_t json_length(const struct json_value *value);
const struct json_value *json_element(const struct json_value *value, size_t index);

/* NULL unless it is a string. */
const char *json_text(const struct json_value *value);

/*
 * A string, an integer or a bool as text, as providers write the same id in either way.
 * False when it is NULL, something else or does not fit.
 */
bool json_as_text(const struct json_value *value, char *out, size_t room)
    __attribute__((warn_unused_result));

/* False unless it is an integer of JSON. */
bool json_integer_of(const struct json_value *value, int64_t *out)
    __attribute__((warn_unused_result));

#endif
