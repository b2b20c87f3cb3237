#include "tests/simulation/dialect.h"

#include <assert.h>
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/simulation/world.h"

#define UNMARKED "unmarked_receipts = true"
#define COLUMNS                                                                            \
    "receipt_columns = {\"stat\", \"done date\", \"submit date\", \"err\", \"-\", "        \
    "\"id\"}\n"                                                                            \
    "  report_word \"00\" { is = \"delivered\" }\n"                                        \
    "  report_word \"11\" { is = \"failed\" reason = \"unreachable\" }\n"                  \
    "  report_word \"12\" { is = \"expired\" }\n"                                          \
    "  report_word \"20\" { is = \"sent\" }"

static const struct dialect dialects[DIALECTS] = {
    {"decimal",      "as-is",           "",       WRITING_DECIMAL,       WRITING_DECIMAL,
     LAYOUT_TEXT | LAYOUT_TLV | LAYOUT_ECHO                                                                              },
    {"tlv-only",     "as-is",           "",       WRITING_DECIMAL,       WRITING_DECIMAL,       LAYOUT_TLV               },
    {"mixed-case",   "as-is",           "",       WRITING_MIXED,         WRITING_MIXED,         LAYOUT_TEXT | LAYOUT_BARE},
    {"uuid-payload", "as-is",           "",       WRITING_UUID,          WRITING_UUID,
     LAYOUT_TEXT | LAYOUT_PAYLOAD | LAYOUT_ECHO                                                                          },
    {"hex-receipt",  "receipt-hex",     "",       WRITING_DECIMAL,       WRITING_HEX,
     LAYOUT_TEXT | LAYOUT_ECHO                                                                                           },
    {"hex-zeros",    "receipt-hex",     "",       WRITING_DECIMAL,       WRITING_HEX_ZEROS,
     LAYOUT_TEXT | LAYOUT_LOWER                                                                                          },
    {"hex-response", "receipt-decimal", "",       WRITING_HEX,           WRITING_DECIMAL,
     LAYOUT_TEXT | LAYOUT_UPPER | LAYOUT_ECHO                                                                            },
    {"hex-padded",   "receipt-decimal", "",       WRITING_HEX_ZEROS,     WRITING_DECIMAL_ZEROS,
     LAYOUT_TEXT | LAYOUT_TURNED | LAYOUT_ECHO                                                                           },
    {"any-case",     "any-case",        "",       WRITING_HEX_CAPITAL,   WRITING_HEX,
     LAYOUT_TEXT | LAYOUT_TLV                                                                                            },
    {"no-zeros",     "no-zeros",        "",       WRITING_DECIMAL_ZEROS, WRITING_DECIMAL,
     LAYOUT_TEXT | LAYOUT_ECHO                                                                                           },
    {"wide",         "as-is",           "",       WRITING_HEX,           WRITING_HEX,
     LAYOUT_TEXT | LAYOUT_WIDE | LAYOUT_ECHO                                                                             },
    {"plain",        "as-is",           UNMARKED, WRITING_DECIMAL,       WRITING_DECIMAL,
     LAYOUT_TEXT | LAYOUT_PLAIN | LAYOUT_ECHO                                                                            },
    {"swapped",      "as-is",           "",       WRITING_DECIMAL,       WRITING_DECIMAL,
     LAYOUT_TEXT | LAYOUT_SWAPPED | LAYOUT_ECHO                                                                          },
    {"list",         "receipt-hex",     COLUMNS,  WRITING_DECIMAL,       WRITING_HEX,           LAYOUT_LIST              },
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

/* The numbers of an operator's list. */
static const char *number_of_word(const char *word)
{
    static const struct {
        const char *word;
        const char *number;
    } rows[] = {
        {"DELIVRD", "00"},
        {"UNDELIV", "11"},
        {"REJECTD", "11"},
        {"EXPIRED", "12"}
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (strcmp(rows[i].word, word) == 0)
            return rows[i].number;
    return "20";
}

/* Octets of ASCII to UCS-2, in place. */
static size_t widen(char *text, size_t size)
{
    for (size_t i = size; i-- > 0;) {
        text[2 * i + 1] = text[i];
        text[2 * i] = 0;
    }
    return 2 * size;
}

size_t dialect_write_text(const struct dialect *dialect, const char *id, const char *word,
                          const char *message, char out[DIALECT_TEXT_SIZE])
{
    static const char dates[] = "submit date:2611161200 done date:2611161201";
    const char *text = dialect->layout & LAYOUT_ECHO ? message : "";
    char its_word[8];
    int size = 0;

    snprintf(its_word, sizeof(its_word), "%s", word);
    if (dialect->layout & LAYOUT_LOWER)
        change_case(its_word, tolower);
    if (dialect->layout & LAYOUT_LIST)
        size = snprintf(out, DIALECT_TEXT_SIZE, "%s,2611161201,2611161200,000,x,%s,,",
                        number_of_word(word), id);
    else if (dialect->layout & LAYOUT_BARE)
        size = snprintf(out, DIALECT_TEXT_SIZE, "id:%s stat:%s", id, its_word);
    else if (dialect->layout & LAYOUT_TURNED)
        size = snprintf(out, DIALECT_TEXT_SIZE,
                        "stat: %s id: %s err: 000 done date: 2611161201 submit date: "
                        "2611161200 dlvrd: 001 sub: 001 text: %s",
                        its_word, id, text);
    else if (dialect->layout & LAYOUT_UPPER)
        size =
            snprintf(out, DIALECT_TEXT_SIZE,
                     "ID:%s SUB:001 DLVRD:001 SUBMIT DATE:2611161200 DONE DATE:2611161201 "
                     "STAT:%s ERR:000 TEXT:%s",
                     id, its_word, text);
    else if (dialect->layout & LAYOUT_WIDE)
        size = snprintf(out, DIALECT_TEXT_SIZE / 2, "id:%s %s stat:%s err:000 text:%s", id,
                        dates, its_word, text);
    else if (dialect->layout & LAYOUT_TEXT)
        size = snprintf(out, DIALECT_TEXT_SIZE,
                        "id:%s sub:001 dlvrd:001 %s stat:%s err:000 text:%s", id, dates,
                        its_word, text);
    return dialect->layout & LAYOUT_WIDE ? widen(out, (size_t)size) : (size_t)size;
}
