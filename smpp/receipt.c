/*
 * The text of Appendix B is written by copying its fixed pieces; there is one such text
 * for each message that went through, so nothing here formats.
 *
 * Read, it is taken as tokens: a name of the table and a colon at the start of a word, a
 * value up to the next separator.  Everything else is stepped over.
 */
#include "smpp/receipt.h"

#include <assert.h>
#include <string.h>

#include "smpp/parts.h"
#include "smpp/text.h"
#include "smpp/timestamp.h"

enum {
    ESM_CLASS_KIND = 0x3C, /* 3.4 5.2.12: bits 5-2 */
    ESM_CLASS_RECEIPT = 0x04,
    ESM_CLASS_DELIVERED = 0x08, /* by the recipient's telephone or application */
    ESM_CLASS_CONFIRMED = 0x10, /* by the recipient */
    ESM_CLASS_INTERMEDIATE = 0x20,
    WORD_SIZE = 7,
    ERROR_DIGITS_DEFAULT = 3,
};

/* Appendix B, table B-2; it has no word for the first two and the last. */
static const char words[][WORD_SIZE + 1] = {
    [SMPP_STATE_SCHEDULED] = "SCHEDLD", [SMPP_STATE_ENROUTE] = "ENROUTE",
    [SMPP_STATE_DELIVERED] = "DELIVRD", [SMPP_STATE_EXPIRED] = "EXPIRED",
    [SMPP_STATE_DELETED] = "DELETED",   [SMPP_STATE_UNDELIVERABLE] = "UNDELIV",
    [SMPP_STATE_ACCEPTED] = "ACCEPTD",  [SMPP_STATE_UNKNOWN] = "UNKNOWN",
    [SMPP_STATE_REJECTED] = "REJECTD",  [SMPP_STATE_SKIPPED] = "SKIPPED",
};

/* What some peers write instead. */
static const struct {
    const char *word;
    enum smpp_message_state state;
} other_words[] = {
    {"ACKED",         SMPP_STATE_ACCEPTED     }, /* the operator's centre has it */
    {"BUFFRED",       SMPP_STATE_ACCEPTED     },
    {"BUFFERD",       SMPP_STATE_ACCEPTED     },
    {"ACCEPTED",      SMPP_STATE_ACCEPTED     },
    {"SUBMITD",       SMPP_STATE_ENROUTE      },
    {"ENQUEUD",       SMPP_STATE_ENROUTE      },
    {"STAGED",        SMPP_STATE_ENROUTE      },
    {"DELIVERED",     SMPP_STATE_DELIVERED    },
    {"UNDELIVERED",   SMPP_STATE_UNDELIVERABLE},
    {"UNDELIVERABLE", SMPP_STATE_UNDELIVERABLE},
    {"FAILED",        SMPP_STATE_UNDELIVERABLE},
    {"NOROUTE",       SMPP_STATE_UNDELIVERABLE},
    {"BLIST",         SMPP_STATE_REJECTED     }, /* the recipient is on a list not to be written to */
    {"REJECTED",      SMPP_STATE_REJECTED     },
    {"PDLIVRD",       SMPP_STATE_UNKNOWN      }, /* some parts arrived, which ones is not said */
};

static uint8_t lower(uint8_t letter)
{
    return letter >= 'A' && letter <= 'Z' ? (uint8_t)(letter + ('a' - 'A')) : letter;
}

static bool equals_ignoring_case(struct smpp_octets view, const char *word)
{
    size_t size = strlen(word);

    if (view.size != size)
        return false;
    for (size_t i = 0; i < size; i++) {
        if (lower(view.data[i]) != lower((uint8_t)word[i]))
            return false;
    }
    return true;
}

const char *smpp_receipt_word(enum smpp_message_state state)
{
    if (state < SMPP_STATE_SCHEDULED || state > SMPP_STATE_SKIPPED)
        return words[SMPP_STATE_UNKNOWN];
    return words[state];
}

enum smpp_message_state smpp_receipt_state(struct smpp_octets word)
{
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (equals_ignoring_case(word, words[i]))
            return (enum smpp_message_state)i;
    }
    for (size_t i = 0; i < sizeof(other_words) / sizeof(other_words[0]); i++) {
        if (equals_ignoring_case(word, other_words[i].word))
            return other_words[i].state;
    }
    return SMPP_STATE_NONE;
}

/* ---- Writing --------------------------------------------------------------------- */

static char *put(char *at, const void *octets, size_t size)
{
    memcpy(at, octets, size);
    return at + size;
}

#define PUT(at, literal) put(at, literal, sizeof(literal) - 1)

static char *put_view(char *at, struct smpp_octets view, size_t most)
{
    size_t size = view.size < most ? view.size : most;

    return size > 0 ? put(at, view.data, size) : at;
}

static char *put_error(char *at, struct smpp_octets error, size_t digits)
{
    if (digits == 0)
        digits = ERROR_DIGITS_DEFAULT;
    if (digits > SMPP_RECEIPT_ERROR_MAX_SIZE)
        digits = SMPP_RECEIPT_ERROR_MAX_SIZE;
    for (size_t size = error.size; size < digits; size++)
        *at++ = '0';
    return put_view(at, error, SMPP_RECEIPT_ERROR_MAX_SIZE);
}

/* What one octet says of the character of UTF-8 that begins at `i`. */
static char octet_of(struct smpp_octets text, size_t i, bool latin_1)
{
    uint8_t octet = text.data[i];

    if (octet == '\n' || octet == '\r')
        return ' ';
    if (octet >= ' ' && octet <= '~')
        return (char)octet;
    /* U+00A0 to U+00FF are C2 A0 to C3 BF. */
    if (latin_1 && i + 1 < text.size && (octet == 0xC3 || octet == 0xC2) &&
        text.data[i + 1] >= (octet == 0xC2 ? 0xA0 : 0x80))
        return (char)(octet == 0xC3 ? text.data[i + 1] + 0x40 : text.data[i + 1]);
    return '?';
}

/* One octet for each character of the text, up to `end`. */
static char *put_text(char *at, const char *end, const struct smpp_receipt_facts *facts)
{
    const struct smpp_octets text = facts->text;
    size_t length = facts->text_length;

    for (size_t i = 0; i < text.size && length > 0 && at < end; i++) {
        if ((text.data[i] & 0xC0) == 0x80)
            continue; /* the rest of a character that has its octet */
        *at++ = octet_of(text, i, facts->latin_1);
        length--;
    }
    return at;
}

static char *put_date(char *at, const struct smpp_receipt_facts *facts, int64_t epoch_ms)
{
    return at + smpp_timestamp_write_date(epoch_ms + facts->zone_minutes * (int64_t)60000,
                                          facts->date_digits, at);
}

size_t smpp_receipt_write(const struct smpp_receipt_facts *facts,
                          char out[SMPP_RECEIPT_MAX_SIZE])
{
    char *at = out;

    at = PUT(at, "id:");
    at = put_view(at, facts->id, SMPP_RECEIPT_ID_MAX_SIZE);
    if (facts->state == SMPP_STATE_DELIVERED)
        at = PUT(at, " sub:001 dlvrd:001 submit date:");
    else
        at = PUT(at, " sub:001 dlvrd:000 submit date:");
    at = put_date(at, facts, facts->submitted_ms);
    at = PUT(at, " done date:");
    at = put_date(at, facts, facts->done_ms);
    at = PUT(at, " stat:");
    at = put(at, smpp_receipt_word(facts->state), WORD_SIZE);
    at = PUT(at, " err:");
    at = put_error(at, facts->error, facts->error_digits);
    at = PUT(at, " text:");
    at = put_text(at, out + SMPP_RECEIPT_MAX_SIZE, facts);
    return (size_t)(at - out);
}

/* ---- Reading the text ------------------------------------------------------------ */

enum field {
    FIELD_ID,
    FIELD_SUBMIT_DATE,
    FIELD_DONE_DATE,
    FIELD_WORD,
    FIELD_ERROR,
    FIELD_TEXT,
    FIELD_OTHER, /* known, so that it is no value of another; not kept */
    FIELDS = FIELD_OTHER,
};

/* In the order of Appendix B.  A space stands for a space, '_', '-' or nothing. */
static const struct {
    const char *name;
    enum field field;
} names[] = {
    {"id",          FIELD_ID         },
    {"sub",         FIELD_OTHER      },
    {"dlvrd",       FIELD_OTHER      },
    {"submit date", FIELD_SUBMIT_DATE},
    {"done date",   FIELD_DONE_DATE  },
    {"stat",        FIELD_WORD       },
    {"status",      FIELD_WORD       },
    {"err",         FIELD_ERROR      },
    {"error",       FIELD_ERROR      },
    {"text",        FIELD_TEXT       },
};

static bool is_separator(uint8_t octet)
{
    return octet <= ' ' || octet == ',' || octet == ';';
}

/* The octets of "name:" at the start of the text, 0 if it starts otherwise. */
static size_t match_name(const char *name, struct smpp_octets text)
{
    size_t at = 0;

    for (; *name != '\0'; name++) {
        if (at == text.size)
            return 0;
        if (*name == ' ') {
            if (text.data[at] == ' ' || text.data[at] == '_' || text.data[at] == '-')
                at++;
        } else if (lower(text.data[at++]) != (uint8_t)*name) {
            return 0;
        }
    }
    return at < text.size && text.data[at] == ':' ? at + 1 : 0;
}

/* `next` is the row that is looked at first, and then the one behind the row found. */
static size_t find_name(struct smpp_octets text, size_t *next, enum field *field)
{
    static const size_t count = sizeof(names) / sizeof(names[0]);
    uint8_t first = text.size > 0 ? lower(text.data[0]) : 0;

    if (first < 'a' || first > 'z')
        return 0;
    for (size_t i = 0, row = *next; i < count; i++, row++) {
        size_t size;

        row = row < count ? row : 0;
        size = first == (uint8_t)names[row].name[0] ? match_name(names[row].name, text) : 0;
        if (size > 0) {
            *next = row + 1;
            *field = names[row].field;
            return size;
        }
    }
    return 0;
}

static struct smpp_octets after(struct smpp_octets view, size_t size)
{
    return (struct smpp_octets){view.data + size, view.size - (uint32_t)size};
}

static size_t token_size(struct smpp_octets text)
{
    size_t size = 0;

    while (size < text.size && !is_separator(text.data[size]))
        size++;
    return size;
}

/* The value at the start of the text; spaces before it, and none at all, are common. */
static struct smpp_octets read_value(struct smpp_octets text, size_t next)
{
    enum field field;

    while (text.size > 0 && text.data[0] == ' ')
        text = after(text, 1);
    if (find_name(text, &next, &field) > 0)
        text.size = 0;
    text.size = (uint32_t)token_size(text);
    return text;
}

/* Whether a token is a word of Appendix B, letter for letter: prose never is. */
static bool is_bare_word(struct smpp_octets token)
{
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (token.size == WORD_SIZE && memcmp(token.data, words[i], WORD_SIZE) == 0)
            return true;
    }
    return false;
}

static void read_named(struct smpp_octets text, struct smpp_octets fields[FIELDS])
{
    struct smpp_octets bare_word = {0};
    size_t next = 0;

    while (text.size > 0) {
        enum field field;
        size_t size = find_name(text, &next, &field);
        struct smpp_octets token;

        if (size > 0 && field == FIELD_TEXT) {
            fields[FIELD_TEXT] = after(text, size);
            break;
        }
        if (size > 0) {
            token = read_value(after(text, size), next);
            if (field < FIELDS && fields[field].size == 0)
                fields[field] = token;
        } else {
            token = (struct smpp_octets){text.data, (uint32_t)token_size(text)};
            if (is_bare_word(token) && bare_word.size == 0)
                bare_word = token;
        }
        text = after(text, (size_t)(token.data - text.data) + token.size);
        while (text.size > 0 && is_separator(text.data[0]))
            text = after(text, 1);
    }
    if (fields[FIELD_ID].size > 0 && fields[FIELD_WORD].size == 0)
        fields[FIELD_WORD] = bare_word;
}

static bool is_bar(uint8_t octet)
{
    return octet == ',' || octet == ';' || octet == '|';
}

/* What stands before the next separator of a list, without the spaces around it. */
static struct smpp_octets next_value(struct smpp_octets *list)
{
    struct smpp_octets value = *list;

    value.size = 0;
    while (value.size < list->size && !is_bar(list->data[value.size]))
        value.size++;
    *list = after(*list, value.size < list->size ? value.size + 1 : value.size);
    while (value.size > 0 && value.data[0] <= ' ')
        value = after(value, 1);
    while (value.size > 0 && value.data[value.size - 1] <= ' ')
        value.size--;
    return value;
}

static const enum field column_fields[] = {
    [SMPP_COLUMN_OTHER] = FIELD_OTHER,
    [SMPP_COLUMN_ID] = FIELD_ID,
    [SMPP_COLUMN_STATE] = FIELD_WORD,
    [SMPP_COLUMN_DONE] = FIELD_DONE_DATE,
    [SMPP_COLUMN_SUBMITTED] = FIELD_SUBMIT_DATE,
    [SMPP_COLUMN_ERROR] = FIELD_ERROR,
    [SMPP_COLUMN_TEXT] = FIELD_TEXT,
};

/* Values without any name.  Dates must be where they belong: other texts have commas too.
 */
static void read_values(struct smpp_octets text, const struct smpp_receipt_form *form,
                        struct smpp_octets fields[FIELDS])
{
    static const uint8_t usual[] = {SMPP_COLUMN_STATE, SMPP_COLUMN_DONE,
                                    SMPP_COLUMN_SUBMITTED, SMPP_COLUMN_ERROR};
    const uint8_t *columns = form->column_count > 0 ? form->columns : usual;
    size_t count = form->column_count > 0 ? form->column_count : sizeof(usual);
    struct smpp_octets values[FIELDS] = {{0}};
    bool dated = false;

    for (size_t i = 0; i < count; i++) {
        enum field field = column_fields[columns[i]];
        struct smpp_octets value = next_value(&text);
        int64_t ms;

        if (field == FIELD_DONE_DATE || field == FIELD_SUBMIT_DATE) {
            if (!smpp_timestamp_read_date(value.data, value.size, &ms))
                return;
            dated = true;
        }
        if (field < FIELDS)
            values[field] = value;
    }
    if (dated || form->column_count > 0)
        memcpy(fields, values, sizeof(values));
}

/* ---- Reading the PDU ------------------------------------------------------------- */

/* The text without its header, in an alphabet whose letters are ASCII. */
static struct smpp_octets receipt_text(const struct smpp_pdu *pdu, char *scratch,
                                       size_t scratch_size)
{
    struct smpp_octets text = smpp_pdu_user_data(pdu);
    struct smpp_text_progress progress;
    struct smpp_header header;

    if ((pdu->esm_class & SMPP_ESM_CLASS_UDHI) != 0 && smpp_header_read(text, &header))
        text = after(text, header.size);
    /* By its first octet: many send ASCII and say UCS-2, and no name begins with 0. */
    if (text.size < 2 || text.data[0] != 0)
        return text;
    smpp_text_decode(SMPP_ALPHABET_UCS2, text.data, text.size, scratch, scratch_size,
                     &progress);
    return (struct smpp_octets){(const uint8_t *)scratch, (uint32_t)progress.written};
}

/* A C-octet string, whether its NUL was sent or not. */
static struct smpp_octets tlv_string(const struct smpp_tlv *tlv)
{
    struct smpp_octets view = {tlv->value, tlv->size};

    while (view.size > 0 && view.data[view.size - 1] <= ' ')
        view.size--;
    return view;
}

static enum smpp_message_state tlv_state(const struct smpp_tlv *tlv)
{
    uint32_t state = smpp_tlv_integer(tlv);

    if (tlv->size != 1 || state > SMPP_STATE_SKIPPED)
        return SMPP_STATE_NONE;
    return (enum smpp_message_state)state;
}

enum { ERROR_DIGITS = 5 };

/* 3.4 5.3.2.31: a network type and a number.  Some send the number's digits instead. */
static void read_network_error(const struct smpp_tlv *tlv, char digits[ERROR_DIGITS],
                               struct smpp_receipt *receipt)
{
    unsigned code;
    size_t first = ERROR_DIGITS;

    if (tlv->size >= 3 && tlv->value[0] >= '0') {
        receipt->error = tlv_string(tlv);
        return;
    }
    if (tlv->size != 3)
        return;
    code = (unsigned)tlv->value[1] << 8 | tlv->value[2];
    while (code > 0 || first > ERROR_DIGITS - 3) {
        digits[--first] = (char)('0' + code % 10);
        code /= 10;
    }
    receipt->network_type = tlv->value[0];
    receipt->error = (struct smpp_octets){(const uint8_t *)digits + first,
                                          (uint32_t)(ERROR_DIGITS - first)};
}

bool smpp_esm_class_is_acknowledgement(uint8_t esm_class)
{
    uint8_t kind = esm_class & ESM_CLASS_KIND;

    return kind == ESM_CLASS_DELIVERED || kind == ESM_CLASS_CONFIRMED;
}

/* By esm_class or parameters.  An acknowledgement of the recipient may name what it is
 * about, too, but has no state. */
static bool is_marked(const struct smpp_pdu *deliver)
{
    uint8_t kind = deliver->esm_class & ESM_CLASS_KIND;

    return kind == ESM_CLASS_RECEIPT || kind == ESM_CLASS_INTERMEDIATE ||
           (smpp_pdu_tlv(deliver, SMPP_TLV_RECEIPTED_MESSAGE_ID) != NULL &&
            (!smpp_esm_class_is_acknowledgement(deliver->esm_class) ||
             smpp_pdu_tlv(deliver, SMPP_TLV_MESSAGE_STATE) != NULL));
}

/* What no subscriber writes by chance. */
static bool looks_like_receipt(const struct smpp_octets fields[FIELDS])
{
    return fields[FIELD_ID].size > 0 && fields[FIELD_WORD].size > 0 &&
           (fields[FIELD_DONE_DATE].size > 0 || fields[FIELD_SUBMIT_DATE].size > 0);
}

static void read_parameters(const struct smpp_pdu *deliver, char digits[ERROR_DIGITS],
                            struct smpp_receipt *receipt)
{
    const struct smpp_tlv *id = smpp_pdu_tlv(deliver, SMPP_TLV_RECEIPTED_MESSAGE_ID);
    const struct smpp_tlv *state = smpp_pdu_tlv(deliver, SMPP_TLV_MESSAGE_STATE);
    const struct smpp_tlv *error = smpp_pdu_tlv(deliver, SMPP_TLV_NETWORK_ERROR_CODE);

    if (id != NULL)
        receipt->id = tlv_string(id);
    if (receipt->id.size == 0)
        receipt->id = receipt->text_id;
    if (state != NULL)
        receipt->state = tlv_state(state);
    if (receipt->state == SMPP_STATE_NONE)
        receipt->state = smpp_receipt_state(receipt->word);
    if (error != NULL)
        read_network_error(error, digits, receipt);
}

bool smpp_receipt_read(const struct smpp_pdu *deliver, const struct smpp_receipt_form *form,
                       char *scratch, size_t scratch_size, struct smpp_receipt *out_receipt)
{
    static const struct smpp_receipt_form nothing;
    uint8_t kind = deliver->esm_class & ESM_CLASS_KIND;
    bool marked = is_marked(deliver);
    struct smpp_octets fields[FIELDS] = {{0}};
    struct smpp_receipt receipt = {.state = SMPP_STATE_NONE};
    struct smpp_octets text;

    assert(scratch_size >= SMPP_RECEIPT_SCRATCH_SIZE);
    if (form == NULL)
        form = &nothing;
    if (!marked && (!form->unmarked || kind != 0))
        return false;
    text = receipt_text(deliver, scratch + ERROR_DIGITS, scratch_size - ERROR_DIGITS);
    read_named(text, fields);
    if (text.size > 0 && fields[FIELD_ID].size == 0 && fields[FIELD_WORD].size == 0 &&
        fields[FIELD_TEXT].data == NULL)
        read_values(text, form, fields);
    if (!marked && !looks_like_receipt(fields))
        return false;

    receipt.is_intermediate = kind == ESM_CLASS_INTERMEDIATE;
    receipt.text_id = fields[FIELD_ID];
    receipt.word = fields[FIELD_WORD];
    receipt.error = fields[FIELD_ERROR];
    receipt.submit_date = fields[FIELD_SUBMIT_DATE];
    receipt.done_date = fields[FIELD_DONE_DATE];
    receipt.text = fields[FIELD_TEXT];
    read_parameters(deliver, scratch, &receipt);
    *out_receipt = receipt;
    return true;
}

/* ---- Ids ------------------------------------------------------------------------- */

static int hex_digit(uint8_t octet)
{
    uint8_t letter = lower(octet);

    if (octet >= '0' && octet <= '9')
        return octet - '0';
    return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

/* False unless it is a hexadecimal number of at most 16 digits. */
static bool read_hex(struct smpp_octets digits, uint64_t *value)
{
    if (digits.size > 16)
        return false;
    *value = 0;
    for (size_t i = 0; i < digits.size; i++) {
        int digit = hex_digit(digits.data[i]);

        if (digit < 0)
            return false;
        *value = *value << 4 | (uint64_t)digit;
    }
    return true;
}

static size_t write_decimal(uint64_t value, char *out)
{
    char digits[20];
    size_t first = sizeof(digits);

    do {
        digits[--first] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    memcpy(out, digits + first, sizeof(digits) - first);
    return sizeof(digits) - first;
}

size_t smpp_receipt_id_canonical(enum smpp_id_form form, struct smpp_octets id,
                                 char out[SMPP_RECEIPT_ID_MAX_SIZE])
{
    uint64_t value;

    if (id.size == 0 || id.size > SMPP_RECEIPT_ID_MAX_SIZE)
        return 0;
    if (form == SMPP_ID_AS_IS) {
        memcpy(out, id.data, id.size);
        return id.size;
    }
    while (id.size > 1 && id.data[0] == '0')
        id = after(id, 1);
    if (form == SMPP_ID_HEX && read_hex(id, &value))
        return write_decimal(value, out);
    for (size_t i = 0; i < id.size; i++)
        out[i] = (char)lower(id.data[i]);
    return id.size;
}
