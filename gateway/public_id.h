/*
 * The id of a submission as its account sees it: the same characters everywhere, in the
 * answer to the submit, in the text and the TLV of its receipt and in the API.
 *
 * All destinations of one submit_multi share one: that of the first.  Which form an id has
 * is written down with the submission, so that a change of the configuration does not
 * change ids that were given out.
 */
#ifndef GATEWAY_PUBLIC_ID_H
#define GATEWAY_PUBLIC_ID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/body.h"

enum { PUBLIC_ID_SIZE = 37 }; /* with its NUL */

/* The numbers are stored: never change one. */
enum public_id_form {
    PUBLIC_ID_DECIMAL = 0,
    PUBLIC_ID_HEX = 1,   /* 16 digits */
    PUBLIC_ID_UUID = 2,  /* version 8 of RFC 9562 */
    PUBLIC_ID_ALIAS = 3, /* 8 hexadecimal digits, as SMPP 3.3 had them; see aliases.h */
    PUBLIC_ID_FORMS
};

/* Of the whole submit_multi for one of its destinations, else the submission's own. */
uint64_t public_id_of(const struct body *body);

/* Returns the number of characters; `alias` is looked at for PUBLIC_ID_ALIAS only. */
size_t public_id_write(enum public_id_form form, uint64_t id, uint32_t alias,
                       char out[PUBLIC_ID_SIZE]);
size_t public_id_write_body(const struct body *body, char out[PUBLIC_ID_SIZE]);

/* What somebody says that an id is. */
struct public_id {
    uint64_t id; /* 0: it is an alias */
    uint32_t alias;
};

/*
 * Reads any of the forms, told apart by their length; 16 digits are hexadecimal unless
 * `expected` is PUBLIC_ID_DECIMAL.  Letters of either case, no NUL needed.  False: it is
 * none of them.
 */
bool public_id_read(const char *text, size_t size, enum public_id_form expected,
                    struct public_id *out) __attribute__((warn_unused_result));

#endif
