/*
 * Phone numbers as digits, without `+`: E.164, short codes, and what SMPP allows beyond.
 */
#ifndef ROUTING_NUMBER_H
#define ROUTING_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NUMBER_SIZE = 21 }; /* 20 octets of an SMPP address and a NUL */

/*
 * A destination as peers write it ("+49 170 ...", "0049...", "(7) 900-...") as digits
 * in `out`.  Blanks, dashes, dots and brackets are dropped, one leading `+` or `00` too.
 * False when anything else is there, or fewer than 3 or more than 20 digits.
 */
bool number_normalise(const char *text, size_t length, char out[NUMBER_SIZE])
    __attribute__((warn_unused_result));

#endif
