/*
 * The senders an account may name: patterns, any of which is enough.
 *
 *     "*"             whatever it is, also none at all
 *     "numeric"       any number
 *     "alphanumeric"  any name
 *     "+4479*"        numbers that begin so; without the star just this one
 *     "ACME*"         names that begin so; without the star just this one
 *
 * What reads as a number is one, whatever type of number came with it: a name of digits is
 * shown to people as a number.  Numbers are compared as digits, names letter by letter.
 */
#ifndef ROUTING_SOURCE_H
#define ROUTING_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

enum { SOURCE_PATTERN_SIZE = 22 }; /* 20 octets, a star and a NUL */

enum source_kind {
    SOURCE_ANY,
    SOURCE_ANY_NUMBER,
    SOURCE_ANY_NAME,
    SOURCE_NUMBER,
    SOURCE_NAME,
};

struct source_pattern {
    enum source_kind kind;
    bool is_beginning;
    char text[SOURCE_PATTERN_SIZE]; /* digits, or the name */
};

/* False when it is too long, or a star is not at its end. */
bool source_pattern_read(const char *text, struct source_pattern *out)
    __attribute__((warn_unused_result));

/* Whether any of the patterns fits. */
bool source_fits(const struct source_pattern *patterns, size_t count, const char *source);

#endif
