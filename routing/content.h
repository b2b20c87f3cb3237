/*
 * What a text is about, and what is therefore done with it: rules in their order, the first
 * that fits.
 *
 * Patterns are literals with `*` between them and are looked for anywhere in the text;
 * matching takes time in proportion to the text and the patterns, whatever they are.
 */
#ifndef ROUTING_CONTENT_H
#define ROUTING_CONTENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    CONTENT_ANY_ACCOUNT = UINT32_MAX,
    CONTENT_SAME_CLASS = UINT8_MAX,
    CONTENT_PATTERN_MAX = 200, /* octets */
};

enum content_action { CONTENT_PASS, CONTENT_DENY, CONTENT_REVIEW };

/* Strings in the form of content_fold(). */
struct content_list {
    const char *const *strings;
    size_t count;
};

/* Fits when all that it says of a message does; an empty list says nothing. */
struct content_rule {
    const char *name;
    uint32_t account;          /* or CONTENT_ANY_ACCOUNT */
    struct content_list texts; /* one of these patterns is in the text */
    /* The text has an address on the web, and its host ... */
    struct content_list domains;     /* is, or is below, one of these; "*": any */
    struct content_list domains_not; /* is none of these nor below */
    uint8_t class;                   /* its class is this; CONTENT_SAME_CLASS */
    uint32_t plan;                   /* it takes this plan; 0: as otherwise */
    enum content_action action;
};

/*
 * Writes UTF-8 so that what looks alike is alike: small letters, one space for each run of
 * white space, nothing for soft hyphens and characters without width.  Never longer than
 * the text, which `out` may be itself; no NUL is written.  Returns the size.
 */
size_t content_fold(const char *utf8, size_t size, char *out);

/* Whether a pattern is in a folded text. */
bool content_text_fits(const char *pattern, const char *text, size_t size);

/* The next host that a folded text names from *at on, as `http://HOST/`, `www.HOST` or a
 * bare name with a top-level domain; *at moves behind it.  False: there is none. */
bool content_next_host(const char *text, size_t size, size_t *at, const char **out_host,
                       size_t *out_size);

/* The first rule that fits a folded text; NULL: none does. */
const struct content_rule *content_find(const struct content_rule *rules, size_t count,
                                        uint32_t account, const char *text, size_t size);

#endif
