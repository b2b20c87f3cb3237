/*
 * The shape of a messenger's HTTP API: where a request carries what, how an answer and a
 * callback are written and signed.  A new messenger to practise on is a new row.
 */
#ifndef TESTS_PEERS_PROFILE_H
#define TESTS_PEERS_PROFILE_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

enum { PROFILE_WORDS_MAX = 8 };

/* A status of ours by the provider's own word; no row, and ours is used. */
struct profile_word {
    const char *ours;
    const char *theirs;
};

struct profile {
    const char *name;
    const char *path;        /* POST goes here; * is any run of characters */
    const char *auth_header; /* carries auth_prefix and the token */
    const char *auth_prefix;
    const char *to; /* fields of the request, as member.member */
    const char *text;
    const char *ref;
    const char *ttl;      /* NULL: the messenger has none */
    const char *answer;   /* templates: %i id, %r ref, %t recipient, %e error code, ... */
    const char *error;    /* ... %s status, %u Unix seconds, %m Unix milliseconds, ... */
    const char *callback; /* ... %x reason; each as the inside of a JSON string */
    const char *signature_header;
    const char *signature_prefix; /* before the hexadecimal HMAC-SHA256 of the body */
    struct profile_word words[PROFILE_WORDS_MAX];
    const char *help;
};

extern const struct profile profiles[];
extern const size_t profile_count;

/* NULL when there is no such row. */
const struct profile *profile_find(const char *name);

/* What the letters of a template stand for; NULL is empty. */
struct profile_values {
    const char *id;
    const char *ref;
    const char *to;
    const char *status;
    const char *reason;
    int code;
};

/* The text of a string or number at `path` in a request; false when it is not there. */
bool profile_read(const json_t *request, const char *path, char *out, size_t size);

/* Fills a template.  The size, without the NUL; cut to fit `size`. */
size_t profile_write(const struct profile *profile, const char *layout,
                     const struct profile_values *values, char *out, size_t size);

#endif
