/*
 * An HTTP channel's profile (conf/providers/NAME.conf): how a request is made, what an
 * answer and a report mean.  Tables and templates only: a new messenger is a new profile,
 * not new C.
 *
 * A profile is immutable once loaded and shared by all channels that name it; what
 * differs between these (url, token, key) comes in with the call.
 */
#ifndef GATEWAY_PROFILE_H
#define GATEWAY_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/channels/channel.h"
#include "gateway/config.h"
#include "gateway/http_server.h"
#include "gateway/signature.h"
#include "routing/message.h"

struct config_memory;
struct profile_piece;

enum profile_auth {
    PROFILE_AUTH_NONE,
    PROFILE_AUTH_BEARER, /* Authorization: Bearer TOKEN */
    PROFILE_AUTH_HEADER, /* auth_header: TOKEN */
};

/* How a body is written, and so how values in it are escaped. */
enum profile_escape { PROFILE_ESCAPE_JSON, PROFILE_ESCAPE_FORM };

/* What a report says of an attempt. */
enum profile_news {
    PROFILE_SENT,
    PROFILE_DELIVERED,
    PROFILE_READ,
    PROFILE_FAILED,
    PROFILE_EXPIRED,
};

/* Literals and placeholders; made when the profile is loaded. */
struct profile_template {
    const struct profile_piece *pieces;
    size_t count;
};

struct profile_header {
    const char *name;
    struct profile_template value;
};

/* One row of the table of answers; the first that fits counts. */
struct profile_answer {
    uint16_t status_from;
    uint16_t status_to;
    const char *member; /* path in the JSON body; "" = does not matter */
    const char *equals; /* its value as text; "" = it is enough that it is there */
    enum verdict verdict;
    enum reason reason;
};

struct profile_word {
    const char *word; /* the provider's */
    enum profile_news is;
};

struct profile_cause {
    const char *word; /* the provider's */
    enum reason is;
};

enum { PROFILE_HEADERS_MAX = 8, PROFILE_PATH_SIZE = 128 };

struct profile {
    const char *name;

    /* The request: POST to the channel's url followed by `path`. */
    enum profile_auth auth;
    const char *auth_header;
    const char *content_type;
    enum profile_escape escape;
    struct profile_template path;
    struct profile_template body;
    struct profile_header headers[PROFILE_HEADERS_MAX];
    size_t header_count;

    /* The answer. */
    const char *id; /* path of the provider's id; "" = it gives none */
    const struct profile_answer *answers;
    size_t answer_count;

    /* The report; without `report_status` there are none. */
    const char *report_each; /* path with stars to the reports of a body; "" = it is one */
    const char *report_id;   /* paths from there; "" = not there */
    const char *report_ref;
    const char *report_status;
    const char *report_reason;
    const struct profile_word *words;
    size_t word_count;
    const struct profile_cause *causes;
    size_t cause_count;
    const char *signature_header; /* "" = not signed */
    const char *signature_prefix;
    enum signature_hash signature_hash;
    enum signature_encoding signature_encoding;
    const char *signature_time_header; /* "" = no time is signed */
    const char *signature_time_separator;
    int64_t signature_max_age_ms;

    enum config_proof proves;
    bool repeats_safely; /* the provider takes {{ref}} as a key: a repeat is harmless */
    int64_t timeout_ms;
    int64_t ttl_min_ms;
    uint64_t text_max_bytes;
};

/*
 * Reads the file.  NULL with sentences in `errors` when anything is wrong; all of it
 * lives in `memory`.
 */
struct profile *profile_load(struct config_memory *memory, const char *path,
                             const char *name, struct config_errors *errors)
    __attribute__((warn_unused_result));

/* What the placeholders stand for.  All strings end with a NUL, and are never NULL. */
struct profile_values {
    const char *url;   /* of the channel */
    const char *token; /* of the channel */
    const char *to;    /* digits without '+'; {{to_plus}} puts it before them */
    const char *from;  /* the octets of a client, whatever they are */
    const char *text;  /* UTF-8 */
    const char *ref;
    int64_t ttl_s;
};

/* A request; everything points into the caller's buffer or the profile. */
struct profile_request {
    const char *url;
    const char *body;
    size_t body_size;
    struct http_header headers[PROFILE_HEADERS_MAX + 2];
    size_t header_count;
};

/*
 * Writes the request into `buffer`.  False when it does not fit, when the text is longer
 * than the provider takes, or when a value of a header holds a control character.
 */
bool profile_render(const struct profile *profile, const struct profile_values *values,
                    char *buffer, size_t room, struct profile_request *out)
    __attribute__((warn_unused_result));

struct profile_verdict {
    enum verdict verdict;
    enum reason reason;
    char id[ATTEMPT_PROVIDER_ID_SIZE]; /* the provider's, or what stands for one that is
                                          longer; "" without */
};

/*
 * What an answer means.  A positive answer without the id that the profile expects, and
 * whatever no row speaks of, is VERDICT_UNSURE.
 */
void profile_verdict(const struct profile *profile, int http_status, const void *body,
                     size_t body_size, struct profile_verdict *out);

struct profile_report {
    enum profile_news news;
    enum reason reason;                /* of failed and expired; else REASON_NONE */
    char id[ATTEMPT_PROVIDER_ID_SIZE]; /* "" without; id or ref is always there */
    char ref[ATTEMPT_PROVIDER_ID_SIZE];
};

enum profile_report_result {
    PROFILE_REPORT_OK = 0,
    PROFILE_REPORT_NONE,     /* this profile has no reports */
    PROFILE_REPORT_SYNTAX,   /* not JSON */
    PROFILE_REPORT_TOO_MANY, /* more than PROFILE_REPORTS_MAX */
    PROFILE_REPORT_NAMELESS, /* neither id nor ref */
    PROFILE_REPORT_STATUS,   /* no status, or one that no row speaks of */
};

enum { PROFILE_REPORTS_MAX = 1000 }; /* of one body */

/* One of them; `report` says something only if the result is PROFILE_REPORT_OK. */
typedef void profile_hear(void *owner, enum profile_report_result result,
                          const struct profile_report *report);

/*
 * Lets each report of a body be heard, in their order: exactly one without report_each, and
 * with it perhaps none.  Anything but PROFILE_REPORT_OK: none was.  The body is to be the
 * one whose signature was checked.
 */
enum profile_report_result profile_reports(const struct profile *profile, const void *body,
                                           size_t body_size, profile_hear *hear,
                                           void *owner) __attribute__((warn_unused_result));

/* What came with a report; a header that was not there is NULL. */
struct profile_signed {
    const void *body;
    size_t body_size;
    const char *signature;
    const char *time;
    int64_t now_ms; /* wall */
};

/* True when the profile asks for no signature, or when this one is right and, where a time
 * is signed, not too old and not of a time to come. */
bool profile_signature_ok(const struct profile *profile, const char *key,
                          const struct profile_signed *given)
    __attribute__((warn_unused_result));

#endif
