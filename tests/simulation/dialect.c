#include "tests/simulation/dialect.h"

#include <assert.h>
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/simulation/world.h"

static const struct dialect dialects[DIALECTS] = {
    {"decimal",      "as-is",           WRITING_DECIMAL,       WRITING_DECIMAL,       LAYOUT_TEXT | LAYOUT_TLV    },
    {"tlv-only",     "as-is",           WRITING_DECIMAL,       WRITING_DECIMAL,       LAYOUT_TLV                  },
    {"mixed-case",   "as-is",           WRITING_MIXED,         WRITING_MIXED,         LAYOUT_TEXT | LAYOUT_BARE   },
    {"uuid-payload", "as-is",           WRITING_UUID,          WRITING_UUID,          LAYOUT_TEXT | LAYOUT_PAYLOAD},
    {"hex-receipt",  "receipt-hex",     WRITING_DECIMAL,       WRITING_HEX,           LAYOUT_TEXT                 },
    {"hex-zeros",    "receipt-hex",     WRITING_DECIMAL,       WRITING_HEX_ZEROS,
     LAYOUT_TEXT | LAYOUT_LOWER                                                                                   },
    {"hex-response", "receipt-decimal", WRITING_HEX,           WRITING_DECIMAL,
     LAYOUT_TEXT | LAYOUT_UPPER                                                                                   },
    {"hex-padded",   "receipt-decimal", WRITING_HEX_ZEROS,     WRITING_DECIMAL_ZEROS,
     LAYOUT_TEXT | LAYOUT_TURNED                                                                                  },
    {"any-case",     "any-case",        WRITING_HEX_CAPITAL,   WRITING_HEX,           LAYOUT_TEXT | LAYOUT_TLV    },
    {"no-zeros",     "no-zeros",        WRITING_DECIMAL_ZEROS, WRITING_DECIMAL,       LAYOUT_TEXT                 },
};

const struct dialect *dialect_at(size_t index)
{
    assert(index < DIALECTS);
    return &dialects[index];
}

/* The decimal digits of a number, read as hexadecimal ones. */
static uint64_t reread(uint64_t number)
{
    char digits[24];

    snprintf(digits, sizeof(digits), "%" PRIu64, number);
    return strtoull(digits, NULL, 16);
}

/*
 * The numbers come in rows of three: in hex the first is written as the second is in
 * decimal, and the third as the first.
 */
static uint64_t number_of(uint64_t n)
{
    uint64_t second = 10000 + n / 3 * 7; /* never two rows with a number in common */
    uint64_t first = reread(second);

    return n % 3 == 0 ? first : n % 3 == 1 ? second : reread(first);
}

/* Of a row of three only the case of the letters differs. */
static void write_mixed(uint64_t n, char out[DIALECT_ID_SIZE])
{
    snprintf(out, DIALECT_ID_SIZE, "%cb%ca%" PRIu64, n % 3 == 0 ? 'B' : 'b',
             n % 3 == 1 ? 'A' : 'a', n / 3);
}

void dialect_write_id(enum writing writing, uint64_t n, char out[DIALECT_ID_SIZE])
{
    uint64_t number = number_of(n);

    switch (writing) {
    case WRITING_DECIMAL:
        snprintf(out, DIALECT_ID_SIZE, "%" PRIu64, number);
        break;
    case WRITING_HEX:
        snprintf(out, DIALECT_ID_SIZE, "%" PRIx64, number);
        break;
    case WRITING_HEX_CAPITAL:
        snprintf(out, DIALECT_ID_SIZE, "%" PRIX64, number);
        break;
    case WRITING_HEX_ZEROS:
        snprintf(out, DIALECT_ID_SIZE, "%010" PRIX64, number);
        break;
    case WRITING_DECIMAL_ZEROS:
        snprintf(out, DIALECT_ID_SIZE, "%012" PRIu64, number);
        break;
    case WRITING_MIXED:
        write_mixed(n, out);
        break;
    case WRITING_UUID:
        snprintf(out, DIALECT_ID_SIZE, "0b5a1c7e-5d2f-4e0a-9c1b-%012" PRIx64, number);
        break;
    }
}

static void change_case(char *text, int (*change)(int))
{
    for (; *text; text++)
        *text = (char)change((unsigned char)*text);
}

size_t dialect_write_text(const struct dialect *dialect, const char *id, const char *word,
                          char out[DIALECT_TEXT_SIZE])
{
    char its_word[8];
    int size;

    snprintf(its_word, sizeof(its_word), "%s", word);
    if (dialect->layout & LAYOUT_LOWER)
        change_case(its_word, tolower);
    if (!(dialect->layout & LAYOUT_TEXT))
        size = 0;
    else if (dialect->layout & LAYOUT_BARE)
        size = snprintf(out, DIALECT_TEXT_SIZE, "id:%s stat:%s", id, its_word);
    else if (dialect->layout & LAYOUT_TURNED)
        size = snprintf(out, DIALECT_TEXT_SIZE,
                        "stat: %s id: %s err: 000 done date: 2611161201 submit date: "
                        "2611161200 dlvrd: 001 sub: 001 text: id:1 stat:REJECTD",
                        its_word, id);
    else if (dialect->layout & LAYOUT_UPPER)
        size =
            snprintf(out, DIALECT_TEXT_SIZE,
                     "ID:%s SUB:001 DLVRD:001 SUBMIT DATE:2611161200 DONE DATE:2611161201 "
                     "STAT:%s ERR:000 TEXT:",
                     id, its_word);
    else
        size = snprintf(out, DIALECT_TEXT_SIZE,
                        "id:%s sub:001 dlvrd:001 submit date:2611161200 "
                        "done date:2611161201 stat:%s err:000 text:",
                        id, its_word);
    return (size_t)size;
}
