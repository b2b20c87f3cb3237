/*
 * The default tables are written out; a national one is the list of its differences, so
 * that it can be compared with annex A line by line.
 */
#include "smpp/gsm.h"

struct change {
    uint8_t code;
    uint16_t character;
};

struct smpp_gsm_table {
    const uint16_t *base; /* 128 characters */
    const struct change *changes;
    size_t change_count;
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
    [0x0A] = 0x000C, [0x14] = 0x005E, [SMPP_GSM_ESCAPE] = 0x0020,
    [0x28] = 0x007B, [0x29] = 0x007D, [0x2F] = 0x005C,
    [0x3C] = 0x005B, [0x3D] = 0x007E, [0x3E] = 0x005D,
    [0x40] = 0x007C, [0x65] = 0x20AC,
};

static const struct change turkish_locking[] = {
  /* A.3.1 */
    {0x04, 0x20AC},
    {0x07, 0x0131},
    {0x0B, 0x011E},
    {0x0C, 0x011F},
    {0x1C, 0x015E},
    {0x1D, 0x015F},
    {0x40, 0x0130},
    {0x60, 0x00E7},
};

static const struct change portuguese_locking[] = {
  /* A.3.3 */
    {0x04, 0x00EA},
    {0x06, 0x00FA},
    {0x07, 0x00ED},
    {0x08, 0x00F3},
    {0x09, 0x00E7},
    {0x0B, 0x00D4},
    {0x0C, 0x00F4},
    {0x0E, 0x00C1},
    {0x0F, 0x00E1},
    {0x12, 0x00AA},
    {0x13, 0x00C7},
    {0x14, 0x00C0},
    {0x15, 0x221E},
    {0x16, 0x005E},
    {0x17, 0x005C},
    {0x18, 0x20AC},
    {0x19, 0x00D3},
    {0x1A, 0x007C},
    {0x1C, 0x00C2},
    {0x1D, 0x00E2},
    {0x1E, 0x00CA},
    {0x24, 0x00BA},
    {0x40, 0x00CD},
    {0x5B, 0x00C3},
    {0x5C, 0x00D5},
    {0x5D, 0x00DA},
    {0x60, 0x007E},
    {0x7B, 0x00E3},
    {0x7C, 0x00F5},
    {0x7D, 0x0060},
};

static const struct change turkish_single[] = {
  /* A.2.1 */
    {0x47, 0x011E},
    {0x49, 0x0130},
    {0x53, 0x015E},
    {0x63, 0x00E7},
    {0x67, 0x011F},
    {0x69, 0x0131},
    {0x73, 0x015F},
};

static const struct change spanish_single[] = {
  /* A.2.2 */
    {0x09, 0x00E7},
    {0x41, 0x00C1},
    {0x49, 0x00CD},
    {0x4F, 0x00D3},
    {0x55, 0x00DA},
    {0x61, 0x00E1},
    {0x69, 0x00ED},
    {0x6F, 0x00F3},
    {0x75, 0x00FA},
};

static const struct change portuguese_single[] = {
  /* A.2.3 */
    {0x05, 0x00EA},
    {0x09, 0x00E7},
    {0x0B, 0x00D4},
    {0x0C, 0x00F4},
    {0x0E, 0x00C1},
    {0x0F, 0x00E1},
    {0x12, 0x03A6},
    {0x13, 0x0393},
    {0x15, 0x03A9},
    {0x16, 0x03A0},
    {0x17, 0x03A8},
    {0x18, 0x03A3},
    {0x19, 0x0398},
    {0x1F, 0x00CA},
    {0x41, 0x00C0},
    {0x49, 0x00CD},
    {0x4F, 0x00D3},
    {0x55, 0x00DA},
    {0x5B, 0x00C3},
    {0x5C, 0x00D5},
    {0x61, 0x00C2},
    {0x69, 0x00ED},
    {0x6F, 0x00F3},
    {0x75, 0x00FA},
    {0x7B, 0x00E3},
    {0x7C, 0x00F5},
    {0x7F, 0x00E2},
};

#define CHANGED(base, changes)                                                             \
    {                                                                                      \
        base, changes, sizeof(changes) / sizeof((changes)[0])                              \
    }

static const struct language {
    const char *name;
    struct smpp_gsm_table main;
    struct smpp_gsm_table extension;
} languages[SMPP_LANGUAGES] = {
    [SMPP_LANGUAGE_NONE] = {NULL,                  {gsm_main, NULL, 0}, {gsm_extension, NULL, 0}},
    [SMPP_LANGUAGE_TURKISH] = {            "turkish",         CHANGED(gsm_main,                      turkish_locking),
                            CHANGED(gsm_extension, turkish_single)},
    [SMPP_LANGUAGE_SPANISH] = {                                          "spanish",
                            {gsm_main, NULL, 0},
                            CHANGED(gsm_extension,                             spanish_single)},
    [SMPP_LANGUAGE_PORTUGUESE] = { "portuguese", CHANGED(gsm_main,  portuguese_locking),
                            CHANGED(gsm_extension, portuguese_single)},
};

static const struct language *language_row(uint8_t language)
{
    return &languages[language < SMPP_LANGUAGES ? language : SMPP_LANGUAGE_NONE];
}

const char *smpp_language_name(uint8_t language)
{
    return language_row(language)->name;
}

const struct smpp_gsm_table *smpp_gsm_main(uint8_t locking)
{
    return &language_row(locking)->main;
}

const struct smpp_gsm_table *smpp_gsm_extension(uint8_t single)
{
    return &language_row(single)->extension;
}

uint32_t smpp_gsm_character(const struct smpp_gsm_table *table, uint8_t code)
{
    for (size_t i = 0; i < table->change_count; i++)
        if (table->changes[i].code == code)
            return table->changes[i].character;
    return table->base[code];
}

int smpp_gsm_code(const struct smpp_gsm_table *table, uint32_t character)
{
    if (character == 0)
        return -1; /* what the tables hold where they have no character */
    for (int code = 0; code < 128; code++)
        if (table->base[code] == character &&
            smpp_gsm_character(table, (uint8_t)code) == character)
            return code;
    for (size_t i = 0; i < table->change_count; i++)
        if (table->changes[i].character == character)
            return table->changes[i].code;
    return -1;
}
