/*
 * How operators write a delivery receipt: SMPP 3.4 Appendix B gives one layout as an
 * example, and each operator has read it differently.  A row a dialect, by name; and a
 * row a habit of writing message ids one way in submit_sm_resp and another in reports.
 */
#ifndef TESTS_PEERS_RECEIPT_H
#define TESTS_PEERS_RECEIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/peers/wire.h"

enum {
    RECEIPT_TEXT_BYTES = 512, /* room for every text written here */
    RECEIPT_ID_BYTES = 40,
};

enum id_writing {
    ID_DECIMAL,
    ID_HEX,
    ID_HEX_UPPER,
    ID_PADDED, /* decimal, filled to 20 digits with zeros */
    ID_HEX_PADDED,
    ID_UUID,
};

struct id_form {
    const char *name;
    enum id_writing answer; /* in submit_sm_resp */
    enum id_writing text;   /* behind id: in a receipt */
    enum id_writing tlv;    /* in receipted_message_id */
    const char *help;
};

struct receipt_format {
    const char *name;
    const char *layout; /* %-letters: see receipt.c */
    int date_digits;    /* 10, 12 or 14 */
    unsigned flags;
    const char *help;
};

enum {
    RECEIPT_TLVS_ALWAYS = 1 << 0, /* the text alone names no message */
    RECEIPT_UCS2 = 1 << 1,        /* data_coding 8 */
    RECEIPT_PAYLOAD = 1 << 2,     /* text in message_payload */
    RECEIPT_UNTURNED = 1 << 3,    /* source and destination as submitted */
};

/* What one receipt says. */
struct receipt {
    struct wire_view id; /* as written in texts */
    struct wire_view source;
    struct wire_view destination;
    struct wire_view text; /* as submitted, first octets */
    uint8_t state;
    const char *error; /* three characters */
    int64_t submitted_s;
    int64_t done_s;
};

/* Dates of the last second asked for.  Begins as all zero. */
struct receipt_dates {
    int64_t second;
    char text[16]; /* YYYYMMDDhhmmss, UTC */
};

extern const struct id_form id_forms[];
extern const size_t id_form_count;
extern const struct receipt_format receipt_formats[];
extern const size_t receipt_format_count;

/* The row's number, or -1. */
int id_form_find(const char *name);
int receipt_format_find(const char *name);

/* Writes a NUL-ended id into `out` (RECEIPT_ID_BYTES); the size is without the NUL. */
size_t id_write(uint64_t id, enum id_writing writing, char *out);

/* DELIVRD and so on; UNKNOWN for a state that has no word. */
const char *receipt_word(uint8_t state);

/* Writes the text, no NUL, into `out` (RECEIPT_TEXT_BYTES). */
size_t receipt_write(const struct receipt_format *format, const struct receipt *receipt,
                     struct receipt_dates *dates, uint8_t *out);

#endif
