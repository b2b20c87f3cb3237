/* Dialects of the delivery receipt.  See receipt.h. */
#include "tests/peers/receipt.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/peers/random.h"

const struct id_form id_forms[] = {
    {"decimal",     ID_DECIMAL,   ID_DECIMAL,    ID_DECIMAL,    "1795301429000001"         },
    {"hex",         ID_HEX,       ID_HEX,        ID_HEX,        "660d3c5a40c41"            },
    {"hex-upper",   ID_HEX_UPPER, ID_HEX_UPPER,  ID_HEX_UPPER,  "660D3C5A40C41"            },
    {"uuid",        ID_UUID,      ID_UUID,       ID_UUID,       "digits 8-4-4-4-12"        },
    {"padded",      ID_PADDED,    ID_PADDED,     ID_PADDED,     "decimal, 20 digits"       },
    {"hex-decimal", ID_HEX,       ID_DECIMAL,    ID_HEX,        "decimal in the text alone"},
    {"decimal-hex", ID_DECIMAL,   ID_HEX,        ID_HEX,        "hexadecimal in reports"   },
    {"upper-lower", ID_HEX_UPPER, ID_HEX,        ID_HEX,        "small letters in reports" },
    {"padded-bare", ID_PADDED,    ID_DECIMAL,    ID_DECIMAL,    "no zeros in reports"      },
    {"bare-padded", ID_HEX_UPPER, ID_HEX_PADDED, ID_HEX_PADDED, "zeros in reports"         },
};
const size_t id_form_count = sizeof(id_forms) / sizeof(id_forms[0]);

/*
 * %i id; %s submit date; %d done date; %w state as a word, %l the same in small letters,
 * %n as two digits (00 delivered, 01 not); %v messages delivered, as 000 or 001;
 * %e error; %t first 20 octets of the text, %k first 12; %f source, %o destination.
 */
#define DATES    "submit date:%s done date:%d "
#define STANDARD "id:%i sub:001 dlvrd:%v " DATES "stat:%w err:%e text:%t"
#define LOWER    "id:%i sub:001 dlvrd:%v " DATES "stat:%l err:%e text:%t"
#define UPPER    "ID:%i SUB:001 DLVRD:%v SUBMIT DATE:%s DONE DATE:%d STAT:%w ERR:%e TEXT:%t"
#define CAPITAL  "id:%i sub:001 dlvrd:%v " DATES "stat:%w err:%e Text:%t"
#define LONG     "id:%i sub:001 dlvrd:%v " DATES "stat:%w err:0%e text:%t"
#define SHORT    "id:%i sub:1 dlvrd:1 " DATES "stat:%w err:0 text:"
#define ORDER    "stat:%w id:%i err:%e done date:%d submit date:%s dlvrd:%v sub:001 text:%t"
#define SPACED                                                                             \
    "id: %i sub: 001 dlvrd: %v submit date: %s done date: %d stat: %w err: %e text: %t"
#define TWELVE   "id:%i sub:001 dlvrd:%v " DATES "stat:%w err:%e text:%k"
#define INJECTED "id:%i sub:001 dlvrd:%v " DATES "stat:%w err:%e text:id:123 stat:REJECTD"
#define NO_SUB   "id:%i " DATES "stat:%w err:%e"
#define NO_TEXT  "id:%i sub:001 dlvrd:%v " DATES "stat:%w err:%e"

const struct receipt_format receipt_formats[] = {
    {"standard",     STANDARD,             10, 0,                   "Appendix B"                           },
    {"seconds",      STANDARD,             12, 0,                   "12-digit dates"                       },
    {"century",      STANDARD,             14, 0,                   "14-digit dates"                       },
    {"no-sub",       NO_SUB,               10, 0,                   "no sub, dlvrd and text"               },
    {"lower",        LOWER,                10, 0,                   "the state in small letters"           },
    {"upper",        UPPER,                10, 0,                   "the words in capitals"                },
    {"capital-text", CAPITAL,              10, 0,                   "Text: with a capital"                 },
    {"long-error",   LONG,                 10, 0,                   "err of four characters"               },
    {"short-error",  SHORT,                10, 0,                   "one-digit sub, dlvrd and err, no text"},
    {"reordered",    ORDER,                10, 0,                   "another order"                        },
    {"spaced",       SPACED,               10, 0,                   "a space behind each colon"            },
    {"bare",         "id:%i stat:%w",      10, 0,                   "id and stat alone"                    },
    {"short-text",   TWELVE,               10, 0,                   "12 characters of text"                },
    {"injected",     INJECTED,             10, 0,                   "a text that looks like a receipt"     },
    {"csv",          "%n,%d,%s,%e,%o,%f,", 10, RECEIPT_TLVS_ALWAYS, "no words; id in the TLV"              },
    {"tlv",          "",                   10, RECEIPT_TLVS_ALWAYS, "no text at all, TLVs alone"           },
    {"ucs2",         NO_TEXT,              10, RECEIPT_UCS2,        "UCS-2, data_coding 8"                 },
    {"payload",      STANDARD,             10, RECEIPT_PAYLOAD,     "text in message_payload"              },
    {"unturned",     STANDARD,             10, RECEIPT_UNTURNED,    "addresses not exchanged"              },
};
const size_t receipt_format_count = sizeof(receipt_formats) / sizeof(receipt_formats[0]);

int id_form_find(const char *name)
{
    for (size_t i = 0; i < id_form_count; i++) {
        if (strcmp(id_forms[i].name, name) == 0)
            return (int)i;
    }
    return -1;
}

int receipt_format_find(const char *name)
{
    for (size_t i = 0; i < receipt_format_count; i++) {
        if (strcmp(receipt_formats[i].name, name) == 0)
            return (int)i;
    }
    return -1;
}

/* The lowest `count` digits of a number in a base of at most 16. */
static void put_digits(uint64_t number, unsigned base, const char *digits, char *out,
                       size_t count)
{
    while (count-- > 0) {
        out[count] = digits[number % base];
        number /= base;
    }
}

static size_t digits_needed(uint64_t number, unsigned base)
{
    size_t count = 1;

    while ((number /= base) > 0)
        count++;
    return count;
}

static size_t write_uuid(uint64_t id, char *out)
{
    static const size_t groups[] = {8, 4, 4, 4, 12};
    char digits[32];
    const char *from = digits;
    char *at = out;

    put_digits(random_mix(id), 16, "0123456789abcdef", digits, 16);
    put_digits(id, 16, "0123456789abcdef", digits + 16, 16);
    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        if (i > 0)
            *at++ = '-';
        memcpy(at, from, groups[i]);
        from += groups[i];
        at += groups[i];
    }
    *at = 0;
    return (size_t)(at - out);
}

size_t id_write(uint64_t id, enum id_writing writing, char *out)
{
    unsigned base = writing == ID_DECIMAL || writing == ID_PADDED ? 10 : 16;
    bool upper = writing == ID_HEX_UPPER || writing == ID_HEX_PADDED;
    size_t count = digits_needed(id, base);

    if (writing == ID_UUID)
        return write_uuid(id, out);
    if (writing == ID_PADDED)
        count = 20;
    if (writing == ID_HEX_PADDED)
        count = 16;
    put_digits(id, base, upper ? "0123456789ABCDEF" : "0123456789abcdef", out, count);
    out[count] = 0;
    return count;
}

const char *receipt_word(uint8_t state)
{
    static const char *const words[] = {"UNKNOWN", "ENROUTE", "DELIVRD",
                                        "EXPIRED", "DELETED", "UNDELIV",
                                        "ACCEPTD", "UNKNOWN", "REJECTD"};

    return words[state < sizeof(words) / sizeof(words[0]) ? state : 0];
}

/* The last `digits` of YYYYMMDDhhmmss; 10 leave out century and seconds. */
static struct wire_view date_of(int64_t second, int digits, struct receipt_dates *dates)
{
    size_t from = digits == 14 ? 0 : 2;
    size_t to = digits == 10 ? 12 : 14;

    if (second != dates->second) {
        time_t when = (time_t)second;
        struct tm tm;

        if (gmtime_r(&when, &tm) == NULL)
            abort();
        put_digits((uint64_t)tm.tm_year + 1900, 10, "0123456789", dates->text, 4);
        put_digits((uint64_t)tm.tm_mon + 1, 10, "0123456789", dates->text + 4, 2);
        put_digits((uint64_t)tm.tm_mday, 10, "0123456789", dates->text + 6, 2);
        put_digits((uint64_t)tm.tm_hour, 10, "0123456789", dates->text + 8, 2);
        put_digits((uint64_t)tm.tm_min, 10, "0123456789", dates->text + 10, 2);
        put_digits((uint64_t)tm.tm_sec, 10, "0123456789", dates->text + 12, 2);
        dates->second = second;
    }
    return (struct wire_view){(const uint8_t *)dates->text + from, to - from};
}

static struct wire_view cut(struct wire_view view, size_t size)
{
    return (struct wire_view){view.at, view.size < size ? view.size : size};
}

/* What a %-letter stands for. */
static struct wire_view value_of(char letter, const struct receipt_format *format,
                                 const struct receipt *receipt, struct receipt_dates *dates)
{
    bool delivered = receipt->state == WIRE_STATE_DELIVERED;

    switch (letter) {
    case 'i':
        return receipt->id;
    case 's':
        return date_of(receipt->submitted_s, format->date_digits, dates);
    case 'd':
        return date_of(receipt->done_s, format->date_digits, dates);
    case 'w':
    case 'l':
        return wire_view_of(receipt_word(receipt->state));
    case 'n':
        return wire_view_of(delivered ? "00" : "01");
    case 'v':
        return wire_view_of(delivered ? "001" : "000");
    case 'e':
        return wire_view_of(receipt->error);
    case 't':
        return cut(receipt->text, 20);
    case 'k':
        return cut(receipt->text, 12);
    case 'f':
        return receipt->source;
    case 'o':
        return receipt->destination;
    }
    abort();
}

static size_t widen(uint8_t *text, size_t size)
{
    for (size_t i = size; i-- > 0;) {
        text[2 * i + 1] = text[i];
        text[2 * i] = 0;
    }
    return 2 * size;
}

size_t receipt_write(const struct receipt_format *format, const struct receipt *receipt,
                     struct receipt_dates *dates, uint8_t *out)
{
    uint8_t *at = out;

    /* No layout grows beyond 220 octets, so RECEIPT_TEXT_BYTES holds it twice. */
    for (const char *from = format->layout; *from != 0; from++) {
        struct wire_view value;

        if (*from != '%') {
            *at++ = (uint8_t)*from;
            continue;
        }
        value = value_of(*++from, format, receipt, dates);
        for (size_t i = 0; i < value.size; i++)
            *at++ = *from == 'l' ? (uint8_t)tolower(value.at[i]) : value.at[i];
    }
    if (format->flags & RECEIPT_UCS2)
        return widen(out, (size_t)(at - out));
    return (size_t)(at - out);
}
