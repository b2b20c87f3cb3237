/*
 * Which names a link takes: rows of a table, the most precise that fits.  A link without
 * rows takes all of them.
 */
#ifndef ROUTING_SENDER_H
#define ROUTING_SENDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SENDER_ANY_CLASS = UINT32_MAX,
    SENDER_ROWS_MAX = 1000, /* of one link */
};

struct sender_row {
    const char *name;   /* "*": every name; a number as digits */
    const char *prefix; /* of the destination's digits; "" fits all */
    uint32_t class;     /* or SENDER_ANY_CLASS */
    bool refused;
    const char *becomes; /* "": it stays what it is */
};

enum sender_answer { SENDER_STAYS, SENDER_REPLACED, SENDER_REFUSED };

/*
 * A row with the name before one for every name, then the longest prefix, then the class;
 * of equals the first.  Letters of ASCII are compared without their case, numbers as digits,
 * however they are written.  *out_becomes is set with SENDER_REPLACED.
 */
enum sender_answer sender_find(const struct sender_row *rows, size_t count,
                               const char *name, uint32_t class, const char *destination,
                               const char **out_becomes);

#endif
