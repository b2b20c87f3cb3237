/*
 * How one character is read from an alphabet and written to it, for text.c: decoding,
 * encoding and measuring are each one loop over such a row, so that a bound is checked in
 * one place for all alphabets.
 *
 * The row of GSM has two tables (gsm.h); a language shift is a copy of that row with others
 * in their place.
 */
#ifndef SMPP_CHARACTERS_H
#define SMPP_CHARACTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "smpp/gsm.h"
#include "smpp/text.h"

/* Octets of one character, in UTF-8 and in every alphabet. */
enum { SMPP_CHARACTER_MAX_SIZE = 4 };

struct smpp_characters;

/*
 * Reads the character at `at` (at least one octet) and returns its octets; what means
 * nothing is read as U+FFFD with *invalid set.
 */
typedef size_t smpp_character_read(const struct smpp_characters *from, const uint8_t *at,
                                   size_t size, uint32_t *character, bool *invalid);

/* Writes a character and returns its octets; 0 if the alphabet does not have it. */
typedef size_t smpp_character_write(const struct smpp_characters *to, uint32_t character,
                                    uint8_t out[SMPP_CHARACTER_MAX_SIZE]);

struct smpp_characters {
    const char *name;
    uint8_t data_coding;
    uint8_t unit_size; /* octets of a unit */
    /* The characters below 0x80 whose octet is their own number, a bit each: most of
     * every text is copied by them alone.  They are the same in all languages. */
    uint64_t plain[2];
    smpp_character_read *read; /* NULL: it is not text */
    smpp_character_write *write;
    struct smpp_shift shift; /* GSM: the languages of its two tables */
};

static inline bool smpp_is_plain(const uint64_t plain[2], uint32_t octet)
{
    return octet < 0x80 && (plain[octet >> 6] >> (octet & 0x3F) & 1) != 0;
}

enum { SMPP_ALPHABETS = SMPP_ALPHABET_BINARY + 1 };

/* By enum smpp_alphabet. */
extern const struct smpp_characters smpp_characters[SMPP_ALPHABETS];

/* In the same shape, so that both directions are one loop. */
extern const struct smpp_characters smpp_characters_utf8;

#endif
