/*
 * The 7-bit tables of 3GPP TS 23.038: the default alphabet with its extension (6.2.1),
 * and the national ones that a user data header may put in their place (6.2.1.2, annex
 * A).  A code is a septet, a character a number of Unicode.
 */
#ifndef SMPP_GSM_H
#define SMPP_GSM_H

#include <stddef.h>
#include <stdint.h>

enum { SMPP_GSM_ESCAPE = 0x1B };

/* National language identifiers (6.2.1.2.4); others are taken for 0, the default. */
enum smpp_language {
    SMPP_LANGUAGE_NONE = 0,
    SMPP_LANGUAGE_TURKISH = 1,
    SMPP_LANGUAGE_SPANISH = 2, /* a single shift table only: A.3.2 is void */
    SMPP_LANGUAGE_PORTUGUESE = 3,
    SMPP_LANGUAGES
};

/* "turkish", "spanish", "portuguese"; NULL for all others. */
const char *smpp_language_name(uint8_t language);

/* The languages in the place of the default tables; {0, 0} is none. */
struct smpp_shift {
    uint8_t locking; /* of the main table */
    uint8_t single;  /* of the table behind ESC */
};

/* One table: the default one and what a language changes in it. */
struct smpp_gsm_table;

const struct smpp_gsm_table *smpp_gsm_main(uint8_t locking);
const struct smpp_gsm_table *smpp_gsm_extension(uint8_t single);

/* The character of a code below 128; 0 where there is none, as at the place of ESC. */
uint32_t smpp_gsm_character(const struct smpp_gsm_table *table, uint8_t code);

/* The code of a character, -1 if the table does not have it. */
int smpp_gsm_code(const struct smpp_gsm_table *table, uint32_t character);

#endif
