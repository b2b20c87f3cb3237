/*
 * One row per alphabet: how a character is read from it and written to it, one at a
 * time.  Decoding, encoding and measuring are each one loop over such a row, so that a
 * bound is checked in one place for all alphabets.
 *
 * A GSM table is 128 characters; one that replaces the main table or the table behind
 * ESC (23.038 6.2.1.2) is one more such array.
 */
#include "smpp/text.h"

#include <assert.h>
#include <string.h>

enum {
    ESCAPE = 0x1B,
    REPLACEMENT = 0xFFFD,   /* what an input that means nothing decodes to */
    CHARACTER_MAX_SIZE = 4, /* octets of one character, in UTF-8 and in every alphabet */
};

/* 23.038 6.2.1. The place of ESC holds 0, which no code stands for. */
static const uint16_t gsm_main[128] = {
    0x0040, 0x00A3, 0x0024, 0x00A5, 0x00E8, 0x00E9, 0x00F9, 0x00EC, /* 00 */
    0x00F2, 0x00C7, 0x000A, 0x00D8, 0x00F8, 0x000D, 0x00C5, 0x00E5, /* 08 */
    0x0394, 0x005F, 0x03A6, 0x0393, 0x039B, 0x03A9, 0x03A0, 0x03A8, /* 10 */
    0x03A3, 0x0398, 0x039E, 0x0000, 0x00C6, 0x00E6, 0x00DF, 0x00C9, /* 18 */
    0x0020, 0x0021, 0x0022, 0x0023, 0x00A4, 0x0025, 0x0026, 0x0027, /* 20 */
    0x0028, 0x0029, 0x002A, 0x002B, 0x002C, 0x002D, 0x002E, 0x002F, /* 28 */
    0x0030, 0x0031, 0x0032, 0x0033, 0x0034, 0x0035, 0x0036, 0x0037, /* 30 */
    0x0038, 0x0039, 0x003A, 0x003B, 0x003C, 0x003D, 0x003E, 0x003F, /* 38 */
    0x00A1, 0x0041, 0x0042, 0x0043, 0x0044, 0x0045, 0x0046, 0x0047, /* 40 */
    0x0048, 0x0049, 0x004A, 0x004B, 0x004C, 0x004D, 0x004E, 0x004F, /* 48 */
    0x0050, 0x0051, 0x0052, 0x0053, 0x0054, 0x0055, 0x0056, 0x0057, /* 50 */
    0x0058, 0x0059, 0x005A, 0x00C4, 0x00D6, 0x00D1, 0x00DC, 0x00A7, /* 58 */
    0x00BF, 0x0061, 0x0062, 0x0063, 0x0064, 0x0065, 0x0066, 0x0067, /* 60 */
    0x0068, 0x0069, 0x006A, 0x006B, 0x006C, 0x006D, 0x006E, 0x006F, /* 68 */
    0x0070, 0x0071, 0x0072, 0x0073, 0x0074, 0x0075, 0x0076, 0x0077, /* 70 */
    0x0078, 0x0079, 0x007A, 0x00E4, 0x00F6, 0x00F1, 0x00FC, 0x00E0, /* 78 */
};

/* 23.038 6.2.1.1, by the code that follows ESC; 0 where the main table shows. */
static const uint16_t gsm_extension[128] = {
    [0x0A] = 0x000C, [0x14] = 0x005E, [ESCAPE] = 0x0020, [0x28] = 0x007B,
    [0x29] = 0x007D, [0x2F] = 0x005C, [0x3C] = 0x005B,   [0x3D] = 0x007E,
    [0x3E] = 0x005D, [0x40] = 0x007C, [0x65] = 0x20AC,
};

/*
 * Reads the character at `at` (at least one octet) and returns its octets; what means
 * nothing is read as REPLACEMENT with *invalid set.
 */
typedef size_t read_character(const uint8_t *at, size_t size, uint32_t *character,
                              bool *invalid);

/* Writes a character and returns its octets; 0 if the alphabet does not have it. */
typedef size_t write_character(uint32_t character, uint8_t out[CHARACTER_MAX_SIZE]);

static size_t read_invalid(size_t size, uint32_t *character, bool *invalid)
{
    *character = REPLACEMENT;
    *invalid = true;
    return size;
}

static size_t read_gsm(const uint8_t *at, size_t size, uint32_t *character, bool *invalid)
{
    if (at[0] >= 0x80)
        return read_invalid(1, character, invalid);
    if (at[0] != ESCAPE) {
        *character = gsm_main[at[0]];
        return 1;
    }
    if (size < 2 || at[1] >= 0x80) {
        *character = ' ';
        return 1;
    }
    *character = gsm_extension[at[1]] ? gsm_extension[at[1]] : gsm_main[at[1]];
    return 2;
}

/* The code of a character in a table, -1 if it is not there. */
static int find_code(const uint16_t table[128], uint32_t character)
{
    for (int code = 0; code < 128; code++) {
        if (table[code] == character)
            return code;
    }
    return -1;
}

static size_t write_gsm(uint32_t character, uint8_t out[CHARACTER_MAX_SIZE])
{
    int code;

    if (character == 0)
        return 0; /* what the tables hold where they have no character */
    if (character < 0x80 && gsm_main[character] == character) {
        out[0] = (uint8_t)character;
        return 1;
    }
    code = find_code(gsm_main, character);
    if (code >= 0) {
        out[0] = (uint8_t)code;
        return 1;
    }
    code = find_code(gsm_extension, character);
    if (code >= 0) {
        out[0] = ESCAPE;
        out[1] = (uint8_t)code;
        return 2;
    }
    return 0;
}

static size_t read_ascii(const uint8_t *at, size_t size, uint32_t *character, bool *invalid)
{
    (void)size;
    if (at[0] >= 0x80)
        return read_invalid(1, character, invalid);
    *character = at[0];
    return 1;
}

static size_t write_ascii(uint32_t character, uint8_t out[CHARACTER_MAX_SIZE])
{
    out[0] = (uint8_t)character;
    return character < 0x80 ? 1 : 0;
}

static size_t read_latin_1(const uint8_t *at, size_t size, uint32_t *character,
                           bool *invalid)
{
    (void)size;
    (void)invalid;
    *character = at[0];
    return 1;
}

static size_t write_latin_1(uint32_t character, uint8_t out[CHARACTER_MAX_SIZE])
{
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

static size_t read_iso_8859_5(const uint8_t *at, size_t size, uint32_t *character,
                              bool *invalid)
{
    (void)size;
    (void)invalid;
    *character = iso_8859_5_character(at[0]);
    return 1;
}

static size_t write_iso_8859_5(uint32_t character, uint8_t out[CHARACTER_MAX_SIZE])
{
    uint32_t octet = character;

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

static size_t read_ucs2(const uint8_t *at, size_t size, uint32_t *character, bool *invalid)
{
    uint32_t unit;

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

static size_t write_ucs2(uint32_t character, uint8_t out[CHARACTER_MAX_SIZE])
{
    if (character < 0x10000)
        return write_unit(character, out);
    character -= 0x10000;
    write_unit(0xD800 + (character >> 10), out);
    write_unit(0xDC00 + (character & 0x3FF), out + 2);
    return 4;
}

static size_t read_utf8(const uint8_t *at, size_t size, uint32_t *character, bool *invalid)
{
    /* By the number of octets: the least character that may take so many. */
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t length = at[0] < 0xE0 ? 2 : at[0] < 0xF0 ? 3 : 4;
    uint32_t value;

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

static size_t write_utf8(uint32_t character, uint8_t out[CHARACTER_MAX_SIZE])
{
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

static const struct alphabet {
    const char *name;
    uint8_t data_coding;
    uint8_t unit_size; /* octets of a unit */
    /* The characters below 0x80 whose octet is their own number, a bit each: most of
     * every text is copied by them alone. */
    uint64_t plain[2];
    read_character *read;
    write_character *write;
} alphabets[] = {
    [SMPP_ALPHABET_GSM] =
        {"gsm",        0x00, 1, {0xFFFFFFEF00002400, 0x07FFFFFE07FFFFFE}, read_gsm,     write_gsm       },
    [SMPP_ALPHABET_ASCII] =
        {"ascii",      0x01, 1, {UINT64_MAX, UINT64_MAX},                 read_ascii,   write_ascii     },
    [SMPP_ALPHABET_LATIN_1] =
        {"latin-1",    0x03, 1, {UINT64_MAX, UINT64_MAX},                 read_latin_1, write_latin_1   },
    [SMPP_ALPHABET_ISO_8859_5] = {"iso-8859-5",
                             0x06,               1,
                             {UINT64_MAX, UINT64_MAX},
                             read_iso_8859_5,                                                               write_iso_8859_5},
    [SMPP_ALPHABET_UCS2] = {"ucs-2",      0x08, 2, {0, 0},                                   read_ucs2,    write_ucs2      },
    [SMPP_ALPHABET_BINARY] = {"binary",     0x04, 1, {0, 0},                                   NULL,         NULL            },
};

/* UTF-8 in the same shape, so that both directions are one loop. */
static const struct alphabet utf8_alphabet = {
    "utf-8", 0, 1, {UINT64_MAX, UINT64_MAX},
       read_utf8, write_utf8
};

static const struct alphabet *alphabet_row(enum smpp_alphabet alphabet)
{
    assert((size_t)alphabet < sizeof(alphabets) / sizeof(alphabets[0]));
    return &alphabets[alphabet];
}

enum smpp_alphabet smpp_text_alphabet(uint8_t data_coding,
                                      enum smpp_alphabet default_alphabet)
{
    /* 23.038 4: bits 3-2 of 0x10-0x1F. */
    static const enum smpp_alphabet coded[] = {SMPP_ALPHABET_GSM, SMPP_ALPHABET_BINARY,
                                               SMPP_ALPHABET_UCS2, SMPP_ALPHABET_BINARY};

    if (data_coding == 0x00)
        return default_alphabet;
    for (size_t i = 0; i < sizeof(alphabets) / sizeof(alphabets[0]); i++) {
        if (data_coding == alphabets[i].data_coding)
            return (enum smpp_alphabet)i;
    }
    if (data_coding >> 4 == 0x1)
        return coded[data_coding >> 2 & 3];
    /* 0xF0-0xFF: bit 2 says 8 bits, bit 3 is reserved. */
    if (data_coding >= 0xF0 && (data_coding & 0x0C) == 0)
        return SMPP_ALPHABET_GSM;
    return SMPP_ALPHABET_BINARY;
}

int smpp_text_class(uint8_t data_coding)
{
    if (data_coding >> 4 == 0x1 || data_coding >> 4 == 0xF)
        return data_coding & 3;
    return -1;
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

static bool is_plain(const uint64_t plain[2], uint8_t octet)
{
    return octet < 0x80 && (plain[octet >> 6] >> (octet & 0x3F) & 1) != 0;
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
        read = from->read(in + done.read, size - done.read, &character, &invalid);
        written = to->write(character, in_place ? out + done.written : spare);
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

enum smpp_text_result smpp_text_decode(enum smpp_alphabet alphabet, const uint8_t *octets,
                                       size_t size, char *utf8, size_t room,
                                       struct smpp_text_progress *progress)
{
    const struct alphabet *from = alphabet_row(alphabet);
    enum smpp_text_result result;

    if (alphabet == SMPP_ALPHABET_BINARY) {
        *progress = (struct smpp_text_progress){0};
        return SMPP_TEXT_UNFIT;
    }
    result =
        convert(from, octets, size, &utf8_alphabet, (uint8_t *)utf8, room, false, progress);
    if (result == SMPP_TEXT_OK && progress->invalid > 0)
        result = SMPP_TEXT_INVALID;
    return result;
}

enum smpp_text_result smpp_text_encode(enum smpp_alphabet alphabet, const char *utf8,
                                       size_t size, uint8_t *octets, size_t room,
                                       struct smpp_text_progress *progress)
{
    const struct alphabet *to = alphabet_row(alphabet);

    if (alphabet == SMPP_ALPHABET_BINARY) {
        *progress = (struct smpp_text_progress){0};
        return SMPP_TEXT_UNFIT;
    }
    return convert(&utf8_alphabet, (const uint8_t *)utf8, size, to, octets, room, true,
                   progress);
}

size_t smpp_text_capacity(enum smpp_alphabet alphabet, size_t header_size)
{
    size_t octets;

    assert(header_size <= SMPP_USER_DATA_MAX_SIZE);
    octets = SMPP_USER_DATA_MAX_SIZE - header_size;
    if (alphabet == SMPP_ALPHABET_GSM)
        return octets * 8 / 7;
    return octets - octets % alphabet_row(alphabet)->unit_size;
}

enum smpp_text_result smpp_text_measure(enum smpp_alphabet alphabet, const char *utf8,
                                        size_t size, size_t header_size,
                                        struct smpp_text_measure *out_measure)
{
    const struct alphabet *to = alphabet_row(alphabet);
    const uint8_t *in = (const uint8_t *)utf8;
    size_t capacity = smpp_text_capacity(alphabet, header_size);
    size_t octets = 0;
    size_t used = 0; /* octets of the part being filled */
    size_t parts = 1;

    if (alphabet == SMPP_ALPHABET_BINARY)
        return SMPP_TEXT_UNFIT;
    for (size_t at = 0; at < size;) {
        size_t written = 1;

        if (is_plain(to->plain, in[at])) {
            at++;
        } else {
            uint8_t encoded[CHARACTER_MAX_SIZE];
            uint32_t character;
            bool invalid = false;

            at += read_utf8(in + at, size - at, &character, &invalid);
            if (invalid)
                return SMPP_TEXT_INVALID;
            written = to->write(character, encoded);
            if (written == 0)
                return SMPP_TEXT_UNFIT;
        }
        octets += written;
        if (used + written > capacity) {
            parts++;
            used = 0;
        }
        used += written;
    }
    if (octets <= smpp_text_capacity(alphabet, 0))
        parts = 1;
    *out_measure = (struct smpp_text_measure){octets / to->unit_size, octets, parts};
    return SMPP_TEXT_OK;
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

        at += read_utf8(in + at, size - at, &character, &invalid);
    }
    return !invalid;
}
