/*
 * The ways in which operators write message ids and receipts, one per seed.
 * Each gives ids that could be mistaken for one another: of three in a row, each is
 * written like another one of them would be in the other base.
 */
#ifndef TESTS_SIMULATION_DIALECT_H
#define TESTS_SIMULATION_DIALECT_H

#include <stddef.h>
#include <stdint.h>

enum { DIALECTS = 14, DIALECT_ID_SIZE = 40, DIALECT_TEXT_SIZE = 256 };

struct dialect;

/* How a number is written. */
enum writing {
    WRITING_DECIMAL,
    WRITING_HEX,
    WRITING_HEX_CAPITAL,
    WRITING_HEX_ZEROS,     /* capitals, ten digits */
    WRITING_DECIMAL_ZEROS, /* twelve digits */
    WRITING_MIXED,         /* letters whose case tells two ids apart */
    WRITING_UUID,
};

enum {
    LAYOUT_TEXT = 1 << 0,     /* the text names the message */
    LAYOUT_TLV = 1 << 1,      /* receipted_message_id and message_state do */
    LAYOUT_LOWER = 1 << 2,    /* stat:delivrd */
    LAYOUT_UPPER = 1 << 3,    /* ID:1 STAT:DELIVRD */
    LAYOUT_BARE = 1 << 4,     /* id and stat alone */
    LAYOUT_TURNED = 1 << 5,   /* in another order, spaced */
    LAYOUT_PAYLOAD = 1 << 6,  /* in message_payload */
    LAYOUT_ECHO = 1 << 7,     /* with the first characters of the message */
    LAYOUT_WIDE = 1 << 8,     /* in UCS-2 */
    LAYOUT_PLAIN = 1 << 9,    /* esm_class says nothing of a receipt */
    LAYOUT_SWAPPED = 1 << 10, /* source and destination as submitted */
    LAYOUT_LIST = 1 << 11,    /* values without names */
};

const struct dialect *dialect_at(size_t index);

/* The n-th id of this operator, n from 0. */
void dialect_write_id(enum writing writing, uint64_t n, char out[DIALECT_ID_SIZE]);

/* `word` is one of Appendix B, `message` how the message begins.  Returns the size of the
 * text, which may be 0. */
size_t dialect_write_text(const struct dialect *dialect, const char *id, const char *word,
                          const char *message, char out[DIALECT_TEXT_SIZE]);

#endif
