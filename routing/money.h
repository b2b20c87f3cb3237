/*
 * Money: whole micro-units (10^-6) of one ISO 4217 currency, in 64 bits, with
 * checked arithmetic.  No floating point comes near it.
 */
#ifndef ROUTING_MONEY_H
#define ROUTING_MONEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    MONEY_UNITS = 1000000,
    MONEY_TEXT_SIZE = 24, /* "-9223372036854.775808" and its NUL */
};

/* False, and *out untouched, when the result does not fit. */
bool money_add(int64_t a, int64_t b, int64_t *out) __attribute__((warn_unused_result));
bool money_multiply(int64_t price, uint32_t count, int64_t *out)
    __attribute__((warn_unused_result));

/*
 * "0.05", "-12", "1000000.000000": at most six decimals, no exponent, no blanks.
 * False for anything else and for what does not fit.
 */
bool money_parse(const char *text, int64_t *out) __attribute__((warn_unused_result));

/* Always six decimals.  Returns `out`, which holds at least MONEY_TEXT_SIZE. */
char *money_format(int64_t amount, char *out);

#endif
