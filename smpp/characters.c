/* One row per alphabet, of GSM with the tables of gsm.h. */
#include "smpp/characters.h"

enum { REPLACEMENT = 0xFFFD }; /* what an input that means nothing decodes to */

static size_t read_invalid(size_t size, uint32_t *character, bool *invalid)
{
    *character = REPLACEMENT;
    *invalid = true;
    return size;
}

static size_t read_gsm(const struct smpp_characters *alphabet, const uint8_t *at,
                       size_t size, uint32_t *character, bool *invalid)
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

static size_t write_gsm(const struct smpp_characters *alphabet, uint32_t character,
                        uint8_t out[SMPP_CHARACTER_MAX_SIZE])
{
    int code;

    if (smpp_is_plain(alphabet->plain, character)) {
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

static size_t read_ascii(const struct smpp_characters *alphabet, const uint8_t *at,
                         size_t size, uint32_t *character, bool *invalid)
{
    (void)alphabet;
    (void)size;
    if (at[0] >= 0x80)
        return read_invalid(1, character, invalid);
    *character = at[0];
    return 1;
}

static size_t write_ascii(const struct smpp_characters *alphabet, uint32_t character,
                          uint8_t out[SMPP_CHARACTER_MAX_SIZE])
{
    (void)alphabet;
    out[0] = (uint8_t)character;
    return character < 0x80 ? 1 : 0;
}

static size_t read_latin_1(const struct smpp_characters *alphabet, const uint8_t *at,
                           size_t size, uint32_t *character, bool *invalid)
{
    (void)alphabet;
    (void)size;
    (void)invalid;
    *character = at[0];
    return 1;
}

static size_t write_latin_1(const struct smpp_characters *alphabet, uint32_t character,
                            uint8_t out[SMPP_CHARACTER_MAX_SIZE])
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

static size_t read_iso_8859_5(const struct smpp_characters *alphabet, const uint8_t *at,
                              size_t size, uint32_t *character, bool *invalid)
{
    (void)alphabet;
    (void)size;
    (void)invalid;
    *character = iso_8859_5_character(at[0]);
    return 1;
}

static size_t write_iso_8859_5(const struct smpp_characters *alphabet, uint32_t character,
                               uint8_t out[SMPP_CHARACTER_MAX_SIZE])
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

static size_t read_ucs2(const struct smpp_characters *alphabet, const uint8_t *at,
                        size_t size, uint32_t *character, bool *invalid)
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

static size_t write_ucs2(const struct smpp_characters *alphabet, uint32_t character,
                         uint8_t out[SMPP_CHARACTER_MAX_SIZE])
{
    (void)alphabet;
    if (character < 0x10000)
        return write_unit(character, out);
    character -= 0x10000;
    write_unit(0xD800 + (character >> 10), out);
    write_unit(0xDC00 + (character & 0x3FF), out + 2);
    return 4;
}

static size_t read_utf8(const struct smpp_characters *alphabet, const uint8_t *at,
                        size_t size, uint32_t *character, bool *invalid)
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

static size_t write_utf8(const struct smpp_characters *alphabet, uint32_t character,
                         uint8_t out[SMPP_CHARACTER_MAX_SIZE])
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

const struct smpp_characters smpp_characters[SMPP_ALPHABETS] = {
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

const struct smpp_characters smpp_characters_utf8 = {
    .name = "utf-8",
    .unit_size = 1,
    .plain = {UINT64_MAX, UINT64_MAX},
    .read = read_utf8,
    .write = write_utf8
};
