/*
 * Profiles at work: requests rendered and answers understood.  Nothing here allocates but
 * the reading of JSON.
 */
#include "gateway/profile.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/json.h"
#include "gateway/profile_pieces.h"

enum { ID_MAX = 512 }; /* of an id that is understood, with its NUL */

/* The caller's buffer; `full` once something did not fit. */
struct output {
    char *at;
    size_t room;
    bool full;
};

static void put(struct output *out, const char *bytes, size_t size)
{
    if (size > out->room) {
        out->full = true;
        return;
    }
    memcpy(out->at, bytes, size);
    out->at += size;
    out->room -= size;
}

/* How a value is written where it goes. */
typedef void escape_function(struct output *out, const char *text);

/* Octets that are not UTF-8 become U+FFFD. */
static void escape_json(struct output *out, const char *text)
{
    const char *end = text + strlen(text);

    while (text < end) {
        unsigned char octet = (unsigned char)*text;
        size_t size = json_character_size(text, (size_t)(end - text));
        char code[8];

        if (octet == '"' || octet == '\\') {
            put(out, "\\", 1);
            put(out, text, 1);
        } else if (octet < 0x20) {
            snprintf(code, sizeof(code), "\\u%04x", octet);
            put(out, code, 6);
        } else if (size == 0) {
            put(out, "\xEF\xBF\xBD", 3);
        } else {
            put(out, text, size);
        }
        text += size > 0 ? size : 1;
    }
}

/* RFC 3986 2.3: all but the unreserved characters. */
static void escape_percent(struct output *out, const char *text)
{
    for (; *text != '\0'; text++) {
        unsigned char octet = (unsigned char)*text;
        char code[4];

        if (isalnum(octet) || strchr("-._~", octet) != NULL) {
            put(out, text, 1);
        } else {
            snprintf(code, sizeof(code), "%%%02X", octet);
            put(out, code, 3);
        }
    }
}

/* A header cannot be escaped: what would end its line does not go out. */
static void escape_header(struct output *out, const char *text)
{
    for (const char *at = text; *at != '\0'; at++)
        if (iscntrl((unsigned char)*at))
            out->full = true;
    put(out, text, strlen(text));
}

static void put_place(struct output *out, enum profile_place place,
                      const struct profile_values *values, escape_function *escape)
{
    char ttl[24];

    switch (place) {
    case PROFILE_TO_PLUS:
        escape(out, "+");
        /* fall through */
    case PROFILE_TO:
        escape(out, values->to);
        break;
    case PROFILE_FROM:
        escape(out, values->from);
        break;
    case PROFILE_TEXT:
        escape(out, values->text);
        break;
    case PROFILE_REF:
        escape(out, values->ref);
        break;
    case PROFILE_TTL:
        snprintf(ttl, sizeof(ttl), "%lld", (long long)values->ttl_s);
        escape(out, ttl);
        break;
    case PROFILE_TOKEN:
        escape(out, values->token);
        break;
    default:
        assert(false);
    }
}

static void put_template(struct output *out, const struct profile_template *template,
                         const struct profile_values *values, escape_function *escape)
{
    for (size_t i = 0; i < template->count; i++) {
        const struct profile_piece *piece = &template->pieces[i];

        if (piece->place == PROFILE_LITERAL)
            put(out, piece->literal, piece->size);
        else
            put_place(out, piece->place, values, escape);
    }
}

static void put_end(struct output *out)
{
    put(out, "", 1);
}

static void render_token(const struct profile *profile, const struct profile_values *values,
                         struct output *out, struct profile_request *request)
{
    struct http_header *header;

    if (profile->auth == PROFILE_AUTH_NONE)
        return;
    header = &request->headers[request->header_count++];
    header->name = profile->auth_header;
    header->value = out->at;
    if (profile->auth == PROFILE_AUTH_BEARER) {
        header->name = "Authorization";
        put(out, "Bearer ", 7);
    }
    escape_header(out, values->token);
    put_end(out);
}

bool profile_render(const struct profile *profile, const struct profile_values *values,
                    char *buffer, size_t room, struct profile_request *request)
{
    struct output out = {buffer, room, strlen(values->text) > profile->text_max_bytes};

    request->url = out.at;
    put(&out, values->url, strlen(values->url));
    put_template(&out, &profile->path, values, escape_percent);
    put_end(&out);

    request->header_count = 0;
    request->headers[request->header_count++] =
        (struct http_header){"Content-Type", profile->content_type};
    render_token(profile, values, &out, request);
    for (size_t i = 0; i < profile->header_count; i++) {
        request->headers[request->header_count++] =
            (struct http_header){profile->headers[i].name, out.at};
        put_template(&out, &profile->headers[i].value, values, escape_header);
        put_end(&out);
    }

    request->body = out.at;
    put_template(&out, &profile->body, values,
                 profile->escape == PROFILE_ESCAPE_JSON ? escape_json : escape_percent);
    request->body_size = (size_t)(out.at - request->body);
    put_end(&out);
    return !out.full;
}

bool profile_text_at(const struct json_value *value, const char *path, char *out,
                     size_t room)
{
    if (path[0] == '\0' || !json_as_text(json_below(value, path), out, room) ||
        out[0] == '\0')
        return false;
    for (const char *at = out; *at != '\0'; at++)
        if (iscntrl((unsigned char)*at))
            return false;
    return true;
}

bool profile_id_at(const struct json_value *value, const char *path,
                   char out[ATTEMPT_PROVIDER_ID_SIZE])
{
    enum { DIGESTED = 16, BEGINNING = ATTEMPT_PROVIDER_ID_SIZE - 1 - 1 - 2 * DIGESTED };
    char whole[ID_MAX];
    uint8_t digest[32];
    char *at = out;
    size_t size;

    out[0] = '\0';
    if (!profile_text_at(value, path, whole, sizeof(whole)))
        return false;
    size = strlen(whole);
    if (size < ATTEMPT_PROVIDER_ID_SIZE) {
        memcpy(out, whole, size + 1);
        return true;
    }
    signature_digest(whole, size, digest);
    at += snprintf(out, ATTEMPT_PROVIDER_ID_SIZE, "%.*s~", BEGINNING, whole);
    for (size_t i = 0; i < DIGESTED; i++)
        at += snprintf(at, 3, "%02x", digest[i]);
    return true;
}

static bool answer_fits(const struct profile_answer *row, int http_status,
                        const struct json_document *document)
{
    char value[256];

    if (http_status < row->status_from || http_status > row->status_to)
        return false;
    if (row->member[0] == '\0')
        return true;
    if (document == NULL || json_at(document, row->member) == NULL)
        return false;
    return row->equals[0] == '\0' ||
           (json_as_text(json_at(document, row->member), value, sizeof(value)) &&
            strcmp(value, row->equals) == 0);
}

void profile_verdict(const struct profile *profile, int http_status, const void *body,
                     size_t body_size, struct profile_verdict *out)
{
    char error[128];
    struct json_document *document = json_parse(body, body_size, error, sizeof(error));

    *out = (struct profile_verdict){.verdict = VERDICT_UNSURE, .reason = REASON_UNKNOWN};
    for (size_t i = 0; i < profile->answer_count; i++) {
        const struct profile_answer *row = &profile->answers[i];

        if (answer_fits(row, http_status, document)) {
            out->verdict = row->verdict;
            out->reason = row->reason;
            break;
        }
    }
    if (out->verdict == VERDICT_OK && profile->id[0] != '\0' &&
        !profile_id_at(document ? json_at(document, "") : NULL, profile->id, out->id))
        *out =
            (struct profile_verdict){.verdict = VERDICT_UNSURE, .reason = REASON_UNKNOWN};
    json_document_free(document);
}
