/*
 * The text that is sent, in the octets of one alphabet, cut into the parts of a long
 * message.  Reads UTF-8; a character the alphabet lacks is refused, never replaced.
 */
#ifndef TESTS_BENCH_TEXT_H
#define TESTS_BENCH_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BENCH_PARTS_MAX 255

/* The most octets of one part: a single GSM message, one character an octet. */
#define BENCH_PART_BYTES_MAX 160

enum bench_alphabet {
    BENCH_ALPHABET_GSM,    /* data_coding 0, GSM 03.38, one character an octet */
    BENCH_ALPHABET_ASCII,  /* data_coding 1 */
    BENCH_ALPHABET_LATIN1, /* data_coding 3 */
    BENCH_ALPHABET_UCS2,   /* data_coding 8, UTF-16 */
};

struct bench_part {
    uint8_t octets[BENCH_PART_BYTES_MAX];
    size_t size;
};

struct bench_text {
    uint8_t data_coding;
    unsigned part_count;
    struct bench_part parts[BENCH_PARTS_MAX];
};

/* "gsm", "ascii", "latin1", "ucs2".  False for another name. */
bool bench_alphabet_from_name(const char *name, enum bench_alphabet *out_alphabet);

/*
 * Cuts `text` into `part_count` parts of about equal size, or, if that is 0, into as
 * few as hold it.  NULL when done; else why not, as a sentence to show.
 */
const char *bench_text_cut(const char *text, enum bench_alphabet alphabet,
                           unsigned part_count, struct bench_text *out_text);

/*
 * The same of a text made up here: `length` characters, or, if that is 0, enough to
 * need `part_count` parts (40 characters for one).
 */
const char *bench_text_fill(unsigned length, enum bench_alphabet alphabet,
                            unsigned part_count, struct bench_text *out_text);

#endif
