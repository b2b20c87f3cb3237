/*
 * One row per alphabet: how a character is read from it and written to it, one at a
 * time.  Decoding, encoding and measuring are each one loop over such a row, so that a
 * bound is checked in one place for all alphabets.
 *
 * The row of GSM has two tables (gsm.h); a language shift is a copy of that row with
 * others in their place.
 */
#include "smpp/text.h"

#include <assert.h>
#include <string.h>

enum {
    REPLACEMENT = 0xFFFD,   /* what an input that means nothing decodes to */
    CHARACTER_MAX_SIZE = 4, /* octets of one character, in UTF-8 and in every alphabet */
};

struct alphabet;

/*
 * Reads the character at `at` (at least one octet) and returns its octets; what means
 * nothing is read as REPLACEMENT with *invalid set.
 */
typedef size_t read_character(const struct alphabet *alphabet, const uint8_t *at,
                              size_t size, uint32_t *character, bool *invalid);

/* Writes a character and returns its octets; 0 if the alphabet does not have it. */
typedef size_t write_character(const struct alphabet *alphabet, uint32_t character,
                               uint8_t out[CHARACTER_MAX_SIZE]);

struct alphabet {
    const char *name;
    uint8_t data_coding;
    uint8_t unit_size; /* octets of a unit */
    /* The characters below 0x80 whose octet is their own number, a bit each: most of
     * every text is copied by them alone.  They are the same in all languages. */
    uint64_t plain[2];
    read_character *read;
    write_character *write;
    struct smpp_shift shift; /* GSM: the languages of its two tables */
};

static size_t read_invalid(size_t size, uint32_t *character, bool *invalid)
{
    *character = REPLACEMENT;
    *invalid = true;
    return size;
}

static size_t read_gsm(const struct alphabet *alphabet, const uint8_t *at, size_t size,
                       uint32_t *character, bool *invalid)
{
    const struct smpp_gsm_table *main = smpp_gsm_main(alphabet->shift.locking);

    if (at[0] >= 0x80)
        return read_invalid(1, character, invalid);
    if (at[0] != SMPP_GSM_ESCAPE) {
        *character = smpp_gsm_character(main, at[0]);
        return 1;
    }
    if (size < 2 || at[1] >= 0x80) {
        *character = ' ';
        return 1;
    }
    *character = smpp_gsm_character(smpp_gsm_extension(alphabet->shift.single), at[1]);
    if (*character == 0)
        *character = smpp_gsm_character(main, at[1]);
    return 2;
}

static bool is_plain(const uint64_t plain[2], uint32_t octet)
{
    return octet < 0x80 && (plain[octet >> 6] >> (octet & 0x3F) & 1) != 0;
}

static size_t write_gsm(const struct alphabet *alphabet, uint32_t character,
                        uint8_t out[CHARACTER_MAX_SIZE])
{
    int code;

    if (is_plain(alphabet->plain, character)) {
        out[0] = (uint8_t)character;
        return 1;
    }
    code = smpp_gsm_code(smpp_gsm_main(alphabet->shift.locking), character);
    if (code >= 0) {
        out[0] = (uint8_t)code;
        return 1;
    }
    code = smpp_gsm_code(smpp_gsm_extension(alphabet->shift.single), character);
    if (code >= 0) {
        out[0] = SMPP_GSM_ESCAPE;
        out[1] = (uint8_t)code;
        return 2;
    }
    return 0;
}

static size_t read_ascii(const struct alphabet *alphabet, const uint8_t *at, size_t size,
                         uint32_t *character, bool *invalid)
{
    (void)alphabet;
    (void)size;
    if (at[0] >= 0x80)
        return read_invalid(1, character, invalid);
    *character = at[0];
    return 1;
}

static size_t write_ascii(const struct alphabet *alphabet, uint32_t character,
                          uint8_t out[CHARACTER_MAX_SIZE])
{
    (void)alphabet;
    out[0] = (uint8_t)character;
    return character < 0x80 ? 1 : 0;
}

static size_t read_latin_1(const struct alphabet *alphabet, const uint8_t *at, size_t size,
                           uint32_t *character, bool *invalid)
{
    (void)alphabet;
    (void)size;
    (void)invalid;
    *character = at[0];
    return 1;
}

static size_t write_latin_1(const struct alphabet *alphabet, uint32_t character,
                            uint8_t out[CHARACTER_MAX_SIZE])
{
    (void)alphabet;
    out[0] = (uint8_t)character;
    return character < 0x100 ? 1 : 0;
}

/* From 0xA1 on ISO-8859-5 runs in step with U+0401, but for these three. */
static uint32_t iso_8859_5_character(uint8_t octet)
{
    if (octet <= 0xA0 || octet == 0xAD)
        return octet;
    if (octet == 0xF0)
        return 0x2116;
    if (octet == 0xFD)
        return 0x00A7;
    return 0x0400 + (octet - 0xA0u);
}

static size_t read_iso_8859_5(const struct alphabet *alphabet, const uint8_t *at,
                              size_t size, uint32_t *character, bool *invalid)
{
    (void)alphabet;
    (void)size;
    (void)invalid;
    *character = iso_8859_5_character(at[0]);
    return 1;
}

static size_t write_iso_8859_5(const struct alphabet *alphabet, uint32_t character,
                               uint8_t out[CHARACTER_MAX_SIZE])
{
    uint32_t octet = character;

    (void)alphabet;
    if (character == 0x2116)
        octet = 0xF0;
    else if (character == 0x00A7)
        octet = 0xFD;
    else if (character > 0x0400 && character < 0x0460)
        octet = character - 0x0400 + 0xA0;
    out[0] = (uint8_t)octet;
    return octet < 0x100 && iso_8859_5_character(out[0]) == character ? 1 : 0;
}

static uint32_t unit_at(const uint8_t *at)
{
    return (uint32_t)at[0] << 8 | at[1];
}

static bool is_high_surrogate(uint32_t unit)
{
    return unit >= 0xD800 && unit < 0xDC00;
}

static bool is_low_surrogate(uint32_t unit)
{
    return unit >= 0xDC00 && unit < 0xE000;
}

static size_t read_ucs2(const struct alphabet *alphabet, const uint8_t *at, size_t size,
                        uint32_t *character, bool *invalid)
{
    uint32_t unit;

    (void)alphabet;
    if (size < 2)
        return read_invalid(1, character, invalid);
    unit = unit_at(at);
    if (!is_high_surrogate(unit) && !is_low_surrogate(unit)) {
        *character = unit;
        return 2;
    }
    if (is_low_surrogate(unit) || size < 4 || !is_low_surrogate(unit_at(at + 2)))
        return read_invalid(2, character, invalid);
    *character = 0x10000 + ((unit - 0xD800) << 10) + (unit_at(at + 2) - 0xDC00);
    return 4;
}

static size_t write_unit(uint32_t unit, uint8_t *out)
{
    out[0] = (uint8_t)(unit >> 8);
    out[1] = (uint8_t)unit;
    return 2;
}

static size_t write_ucs2(const struct alphabet *alphabet, uint32_t character,
                         uint8_t out[CHARACTER_MAX_SIZE])
{
    (void)alphabet;
    if (character < 0x10000)
        return write_unit(character, out);
    character -= 0x10000;
    write_unit(0xD800 + (character >> 10), out);
    write_unit(0xDC00 + (character & 0x3FF), out + 2);
    return 4;
}

static size_t read_utf8(const struct alphabet *alphabet, const uint8_t *at, size_t size,
                        uint32_t *character, bool *invalid)
{
    /* By the number of octets: the least character that may take so many. */
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t length = at[0] < 0xE0 ? 2 : at[0] < 0xF0 ? 3 : 4;
    uint32_t value;

    (void)alphabet;
    if (at[0] < 0x80) {
        *character = at[0];
        return 1;
    }
    if (at[0] < 0xC0 || at[0] >= 0xF8 || length > size)
        return read_invalid(1, character, invalid);
    value = at[0] & (0x7Fu >> length);
    for (size_t i = 1; i < length; i++) {
        if ((at[i] & 0xC0) != 0x80)
            return read_invalid(1, character, invalid);
        value = value << 6 | (at[i] & 0x3F);
    }
    if (value < least[length] || value > 0x10FFFF || (value >= 0xD800 && value < 0xE000))
        return read_invalid(1, character, invalid);
    *character = value;
    return length;
}

static size_t write_utf8(const struct alphabet *alphabet, uint32_t character,
                         uint8_t out[CHARACTER_MAX_SIZE])
{
    (void)alphabet;
    if (character < 0x80) {
        out[0] = (uint8_t)character;
        return 1;
    }
    if (character < 0x800) {
        out[0] = (uint8_t)(0xC0 | character >> 6);
        out[1] = (uint8_t)(0x80 | (character & 0x3F));
        return 2;
    }
    if (character < 0x10000) {
        out[0] = (uint8_t)(0xE0 | character >> 12);
        out[1] = (uint8_t)(0x80 | (character >> 6 & 0x3F));
        out[2] = (uint8_t)(0x80 | (character & 0x3F));
        return 3;
    }
    out[0] = (uint8_t)(0xF0 | character >> 18);
    out[1] = (uint8_t)(0x80 | (character >> 12 & 0x3F));
    out[2] = (uint8_t)(0x80 | (character >> 6 & 0x3F));
    out[3] = (uint8_t)(0x80 | (character & 0x3F));
    return 4;
}

static const struct alphabet alphabets[] = {
    [SMPP_ALPHABET_GSM] = {.name = "gsm",
                           .data_coding = 0x00,
                           .unit_size = 1,
                           .plain = {0xFFFFFFEF00002400, 0x07FFFFFE07FFFFFE},
                           .read = read_gsm,
                           .write = write_gsm},
    [SMPP_ALPHABET_ASCII] = {.name = "ascii",
                           .data_coding = 0x01,
                           .unit_size = 1,
                           .plain = {UINT64_MAX, UINT64_MAX},
                           .read = read_ascii,
                           .write = write_ascii},
    [SMPP_ALPHABET_LATIN_1] = {.name = "latin-1",
                           .data_coding = 0x03,
                           .unit_size = 1,
                           .plain = {UINT64_MAX, UINT64_MAX},
                           .read = read_latin_1,
                           .write = write_latin_1},
    [SMPP_ALPHABET_ISO_8859_5] = {.name = "iso-8859-5",
                           .data_coding = 0x06,
                           .unit_size = 1,
                           .plain = {UINT64_MAX, UINT64_MAX},
                           .read = read_iso_8859_5,
                           .write = write_iso_8859_5},
    [SMPP_ALPHABET_UCS2] = {.name = "ucs-2",
                           .data_coding = 0x08,
                           .unit_size = 2,
                           .read = read_ucs2,
                           .write = write_ucs2},
    [SMPP_ALPHABET_BINARY] = {.name = "binary",                    .data_coding = 0x04,            .unit_size = 1                     },
};

/* UTF-8 in the same shape, so that both directions are one loop. */
static const struct alphabet utf8_alphabet = {
    .name = "utf-8",
    .unit_size = 1,
    .plain = {UINT64_MAX, UINT64_MAX},
    .read = read_utf8,
    .write = write_utf8
};

static const struct alphabet *alphabet_row(enum smpp_alphabet alphabet)
{
    assert((size_t)alphabet < sizeof(alphabets) / sizeof(alphabets[0]));
    return &alphabets[alphabet];
}

/*
 * 23.038 4, by the high four bits: the groups beyond those that SMPP gives numbers of its
 * own (0x00-0x0F).  In the general groups bits 3-2 are the alphabet; 0x40-0x7F only adds
 * that the message is to be deleted after it was read.
 */
static const struct coding_group {
    uint8_t first;
    uint8_t last;
    enum { CODED, COMPRESSED, RESERVED, WAITING_GSM, WAITING_UCS2, CLASSED } kind;
    bool has_class; /* bits 1-0 */
} coding_groups[] = {
    {0x10, 0x1F, CODED,        true },
    {0x20, 0x2F, COMPRESSED,   false},
    {0x30, 0x3F, COMPRESSED,   true },
    {0x40, 0x4F, CODED,        false},
    {0x50, 0x5F, CODED,        true },
    {0x60, 0x6F, COMPRESSED,   false},
    {0x70, 0x7F, COMPRESSED,   true },
    {0x80, 0xBF, RESERVED,     false},
    {0xC0, 0xDF, WAITING_GSM,  false},
    {0xE0, 0xEF, WAITING_UCS2, false},
    {0xF0, 0xFF, CLASSED,      true },
};

/* NULL: one of SMPP's own. */
static const struct coding_group *group_of(uint8_t data_coding)
{
    for (size_t i = 0; i < sizeof(coding_groups) / sizeof(coding_groups[0]); i++)
        if (data_coding >= coding_groups[i].first && data_coding <= coding_groups[i].last)
            return &coding_groups[i];
    return NULL;
}

static enum smpp_alphabet alphabet_in_group(const struct coding_group *group,
                                            uint8_t data_coding)
{
    static const enum smpp_alphabet coded[] = {SMPP_ALPHABET_GSM, SMPP_ALPHABET_BINARY,
                                               SMPP_ALPHABET_UCS2, SMPP_ALPHABET_BINARY};

    switch (group->kind) {
    case CODED:
        return coded[data_coding >> 2 & 3];
    case WAITING_GSM:
        return SMPP_ALPHABET_GSM;
    case WAITING_UCS2:
        return SMPP_ALPHABET_UCS2;
    case CLASSED: /* bit 2 says 8 bits, bit 3 is reserved */
        return data_coding & 0x0C ? SMPP_ALPHABET_BINARY : SMPP_ALPHABET_GSM;
    case COMPRESSED:
    case RESERVED:
        break;
    }
    return SMPP_ALPHABET_BINARY;
}

enum smpp_alphabet smpp_text_alphabet(uint8_t data_coding,
                                      enum smpp_alphabet default_alphabet)
{
    const struct coding_group *group = group_of(data_coding);

    if (data_coding == 0x00)
        return default_alphabet;
    if (group != NULL)
        return alphabet_in_group(group, data_coding);
    for (size_t i = 0; i < sizeof(alphabets) / sizeof(alphabets[0]); i++) {
        if (data_coding == alphabets[i].data_coding)
            return (enum smpp_alphabet)i;
    }
    return SMPP_ALPHABET_BINARY;
}

int smpp_text_class(uint8_t data_coding)
{
    const struct coding_group *group = group_of(data_coding);

    return group != NULL && group->has_class ? data_coding & 3 : -1;
}

bool smpp_text_is_waiting(uint8_t data_coding)
{
    return data_coding >= 0xC0 && data_coding <= 0xEF;
}

uint8_t smpp_text_data_coding(enum smpp_alphabet alphabet)
{
    return alphabet_row(alphabet)->data_coding;
}

const char *smpp_text_alphabet_name(enum smpp_alphabet alphabet)
{
    return alphabet_row(alphabet)->name;
}

bool smpp_text_alphabet_find(const char *name, enum smpp_alphabet *out_alphabet)
{
    for (size_t i = 0; i < sizeof(alphabets) / sizeof(alphabets[0]); i++) {
        if (strcmp(name, alphabets[i].name) == 0) {
            *out_alphabet = (enum smpp_alphabet)i;
            return true;
        }
    }
    return false;
}

/* Copies octets while they are plain and fit; returns how many. */
static size_t copy_plain(const uint64_t plain[2], const uint8_t *in, size_t size,
                         uint8_t *out, size_t room)
{
    size_t most = size < room ? size : room;
    size_t count = 0;

    while (count < most && is_plain(plain, in[count])) {
        out[count] = in[count];
        count++;
    }
    return count;
}

/*
 * Copies text from one alphabet to the other while both have it.  Stops at what means
 * nothing if `strict`, else replaces and counts it.
 */
static enum smpp_text_result convert(const struct alphabet *from, const uint8_t *in,
                                     size_t size, const struct alphabet *to, uint8_t *out,
                                     size_t room, bool strict,
                                     struct smpp_text_progress *progress)
{
    /* A plain octet is itself in both: in GSM and UTF-8, say. */
    const uint64_t plain[2] = {from->plain[0] & to->plain[0],
                               from->plain[1] & to->plain[1]};
    enum smpp_text_result result = SMPP_TEXT_OK;
    struct smpp_text_progress done = {0};

    while (done.read < size && result == SMPP_TEXT_OK) {
        uint8_t spare[CHARACTER_MAX_SIZE];
        size_t copied = copy_plain(plain, in + done.read, size - done.read,
                                   out + done.written, room - done.written);
        uint32_t character;
        bool invalid = false;
        bool in_place;
        size_t read;
        size_t written;

        done.read += copied;
        done.written += copied;
        if (done.read == size)
            break;
        in_place = room - done.written >= sizeof(spare);
        read = from->read(from, in + done.read, size - done.read, &character, &invalid);
        written = to->write(to, character, in_place ? out + done.written : spare);
        if (invalid && strict) {
            result = SMPP_TEXT_INVALID;
        } else if (written == 0) {
            result = SMPP_TEXT_UNFIT;
        } else if (written > room - done.written) {
            result = SMPP_TEXT_NO_ROOM;
        } else {
            if (!in_place)
                memcpy(out + done.written, spare, written);
            done.written += written;
            done.read += read;
            done.invalid += invalid;
        }
    }
    *progress = done;
    return result;
}

/* The row of GSM with the tables of these languages. */
static struct alphabet shifted_row(struct smpp_shift shift)
{
    struct alphabet row = alphabets[SMPP_ALPHABET_GSM];

    row.shift = shift;
    return row;
}

static enum smpp_text_result decode(const struct alphabet *from, const uint8_t *octets,
                                    size_t size, char *utf8, size_t room,
                                    struct smpp_text_progress *progress)
{
    enum smpp_text_result result =
        convert(from, octets, size, &utf8_alphabet, (uint8_t *)utf8, room, false, progress);

    return result == SMPP_TEXT_OK && progress->invalid > 0 ? SMPP_TEXT_INVALID : result;
}

enum smpp_text_result smpp_text_decode(enum smpp_alphabet alphabet, const uint8_t *octets,
                                       size_t size, char *utf8, size_t room,
                                       struct smpp_text_progress *progress)
{
    if (alphabet == SMPP_ALPHABET_BINARY) {
        *progress = (struct smpp_text_progress){0};
        return SMPP_TEXT_UNFIT;
    }
    return decode(alphabet_row(alphabet), octets, size, utf8, room, progress);
}

enum smpp_text_result smpp_text_decode_shifted(struct smpp_shift shift,
                                               const uint8_t *octets, size_t size,
                                               char *utf8, size_t room,
                                               struct smpp_text_progress *progress)
{
    const struct alphabet from = shifted_row(shift);

    return decode(&from, octets, size, utf8, room, progress);
}

enum smpp_text_result smpp_text_encode(enum smpp_alphabet alphabet, const char *utf8,
                                       size_t size, uint8_t *octets, size_t room,
                                       struct smpp_text_progress *progress)
{
    if (alphabet == SMPP_ALPHABET_BINARY) {
        *progress = (struct smpp_text_progress){0};
        return SMPP_TEXT_UNFIT;
    }
    return convert(&utf8_alphabet, (const uint8_t *)utf8, size, alphabet_row(alphabet),
                   octets, room, true, progress);
}

enum smpp_text_result smpp_text_encode_shifted(struct smpp_shift shift, const char *utf8,
                                               size_t size, uint8_t *octets, size_t room,
                                               struct smpp_text_progress *progress)
{
    const struct alphabet to = shifted_row(shift);

    return convert(&utf8_alphabet, (const uint8_t *)utf8, size, &to, octets, room, true,
                   progress);
}

size_t smpp_text_capacity(enum smpp_alphabet alphabet, size_t header_size)
{
    size_t octets;

    assert(header_size <= SMPP_USER_DATA_MAX_SIZE);
    octets = SMPP_USER_DATA_MAX_SIZE - header_size;
    if (alphabet == SMPP_ALPHABET_GSM || alphabet == SMPP_ALPHABET_ASCII)
        return octets * 8 /
               7; /* IA5 goes on the air as the alphabet of GSM, of 7 bits too */
    return octets - octets % alphabet_row(alphabet)->unit_size;
}

/* `alone` is what one short message takes that is not a part of a longer text, `beside`
 * what a part takes. */
static enum smpp_text_result measure(const struct alphabet *to, const char *utf8,
                                     size_t size, size_t alone, size_t beside,
                                     struct smpp_text_measure *out_measure)
{
    const uint8_t *in = (const uint8_t *)utf8;
    size_t octets = 0;
    size_t used = 0; /* octets of the part being filled */
    size_t parts = 1;

    for (size_t at = 0; at < size;) {
        size_t written = 1;

        if (is_plain(to->plain, in[at])) {
            at++;
        } else {
            uint8_t encoded[CHARACTER_MAX_SIZE];
            uint32_t character;
            bool invalid = false;

            at += read_utf8(&utf8_alphabet, in + at, size - at, &character, &invalid);
            if (invalid)
                return SMPP_TEXT_INVALID;
            written = to->write(to, character, encoded);
            if (written == 0)
                return SMPP_TEXT_UNFIT;
        }
        octets += written;
        if (used + written > beside) {
            parts++;
            used = 0;
        }
        used += written;
    }
    if (octets <= alone)
        parts = 1;
    *out_measure = (struct smpp_text_measure){octets / to->unit_size, octets, parts};
    return SMPP_TEXT_OK;
}

enum smpp_text_result smpp_text_measure(enum smpp_alphabet alphabet, const char *utf8,
                                        size_t size, size_t header_size,
                                        struct smpp_text_measure *out_measure)
{
    if (alphabet == SMPP_ALPHABET_BINARY)
        return SMPP_TEXT_UNFIT;
    return measure(alphabet_row(alphabet), utf8, size, smpp_text_capacity(alphabet, 0),
                   smpp_text_capacity(alphabet, header_size), out_measure);
}

size_t smpp_text_shifted_capacity(struct smpp_shift shift, size_t header_size)
{
    enum { ELEMENT_SIZE = 3, LENGTH_SIZE = 1 };
    size_t size =
        (shift.single != 0 ? ELEMENT_SIZE : 0) + (shift.locking != 0 ? ELEMENT_SIZE : 0);

    if (size > 0 && header_size == 0)
        size += LENGTH_SIZE;
    return smpp_text_capacity(SMPP_ALPHABET_GSM, header_size + size);
}

enum smpp_text_result smpp_text_measure_shifted(struct smpp_shift shift, const char *utf8,
                                                size_t size, size_t header_size,
                                                struct smpp_text_measure *out_measure)
{
    const struct alphabet to = shifted_row(shift);

    return measure(&to, utf8, size, smpp_text_shifted_capacity(shift, 0),
                   smpp_text_shifted_capacity(shift, header_size), out_measure);
}

enum smpp_alphabet smpp_text_best_alphabet(const char *utf8, size_t size)
{
    struct smpp_text_measure measure;

    if (smpp_text_measure(SMPP_ALPHABET_GSM, utf8, size, 0, &measure) == SMPP_TEXT_OK)
        return SMPP_ALPHABET_GSM;
    return SMPP_ALPHABET_UCS2;
}

bool smpp_text_is_utf8(const char *text, size_t size)
{
    const uint8_t *in = (const uint8_t *)text;
    bool invalid = false;

    for (size_t at = 0; at < size && !invalid;) {
        uint32_t character;

        at += read_utf8(&utf8_alphabet, in + at, size - at, &character, &invalid);
    }
    return !invalid;
}
