#include "tests/bench/bench_text.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* What one character may take: an escape and a code, or a surrogate pair. */
#define CHARACTER_BYTES_MAX 4

/* 3GPP TS 23.038, 6.2.1: the character of each code; 0x1B is the escape. */
static const uint16_t gsm_basic[128] = {
    0x0040, 0x00A3, 0x0024, 0x00A5, 0x00E8, 0x00E9, 0x00F9, 0x00EC, 0x00F2, 0x00C7, 0x000A,
    0x00D8, 0x00F8, 0x000D, 0x00C5, 0x00E5, 0x0394, 0x005F, 0x03A6, 0x0393, 0x039B, 0x03A9,
    0x03A0, 0x03A8, 0x03A3, 0x0398, 0x039E, 0xFFFF, 0x00C6, 0x00E6, 0x00DF, 0x00C9, 0x0020,
    0x0021, 0x0022, 0x0023, 0x00A4, 0x0025, 0x0026, 0x0027, 0x0028, 0x0029, 0x002A, 0x002B,
    0x002C, 0x002D, 0x002E, 0x002F, 0x0030, 0x0031, 0x0032, 0x0033, 0x0034, 0x0035, 0x0036,
    0x0037, 0x0038, 0x0039, 0x003A, 0x003B, 0x003C, 0x003D, 0x003E, 0x003F, 0x00A1, 0x0041,
    0x0042, 0x0043, 0x0044, 0x0045, 0x0046, 0x0047, 0x0048, 0x0049, 0x004A, 0x004B, 0x004C,
    0x004D, 0x004E, 0x004F, 0x0050, 0x0051, 0x0052, 0x0053, 0x0054, 0x0055, 0x0056, 0x0057,
    0x0058, 0x0059, 0x005A, 0x00C4, 0x00D6, 0x00D1, 0x00DC, 0x00A7, 0x00BF, 0x0061, 0x0062,
    0x0063, 0x0064, 0x0065, 0x0066, 0x0067, 0x0068, 0x0069, 0x006A, 0x006B, 0x006C, 0x006D,
    0x006E, 0x006F, 0x0070, 0x0071, 0x0072, 0x0073, 0x0074, 0x0075, 0x0076, 0x0077, 0x0078,
    0x0079, 0x007A, 0x00E4, 0x00F6, 0x00F1, 0x00FC, 0x00E0,
};

/* 6.2.1.1: the characters that follow an escape. */
static const struct {
    uint16_t character;
    uint8_t code;
} gsm_extension[] = {
    {0x000C, 0x0A},
    {0x005E, 0x14},
    {0x007B, 0x28},
    {0x007D, 0x29},
    {0x005C, 0x2F},
    {0x005B, 0x3C},
    {0x007E, 0x3D},
    {0x005D, 0x3E},
    {0x007C, 0x40},
    {0x20AC, 0x65},
};

static size_t put_gsm(uint32_t character, uint8_t out[CHARACTER_BYTES_MAX])
{
    for (unsigned code = 0; code < 128; code++) {
        if (gsm_basic[code] == character && code != 0x1B) {
            out[0] = (uint8_t)code;
            return 1;
        }
    }
    for (size_t i = 0; i < sizeof(gsm_extension) / sizeof(gsm_extension[0]); i++) {
        if (gsm_extension[i].character == character) {
            out[0] = 0x1B;
            out[1] = gsm_extension[i].code;
            return 2;
        }
    }
    return 0;
}

static size_t put_ascii(uint32_t character, uint8_t out[CHARACTER_BYTES_MAX])
{
    out[0] = (uint8_t)character;
    return character < 0x80;
}

static size_t put_latin1(uint32_t character, uint8_t out[CHARACTER_BYTES_MAX])
{
    out[0] = (uint8_t)character;
    return character < 0x100;
}

static size_t put_ucs2(uint32_t character, uint8_t out[CHARACTER_BYTES_MAX])
{
    uint32_t units = character;

    if (character >= 0x10000) {
        uint32_t rest = character - 0x10000;

        units = (0xD800 + (rest >> 10)) << 16 | (0xDC00 + (rest & 0x3FF));
        out[0] = (uint8_t)(units >> 24);
        out[1] = (uint8_t)(units >> 16);
        out += 2;
    }
    out[0] = (uint8_t)(units >> 8);
    out[1] = (uint8_t)units;
    return character >= 0x10000 ? 4 : 2;
}

/* How much one message, and one part beside its 6 octets of header, can hold. */
static const struct {
    const char *name;
    uint8_t data_coding;
    size_t single_bytes;
    size_t part_bytes;
    size_t (*put)(uint32_t character, uint8_t out[CHARACTER_BYTES_MAX]); /* 0: lacks it */
} alphabets[] = {
    [BENCH_ALPHABET_GSM] = {"gsm",    0, 160, 153, put_gsm   },
    [BENCH_ALPHABET_ASCII] = {"ascii",  1, 140, 134, put_ascii },
    [BENCH_ALPHABET_LATIN1] = {"latin1", 3, 140, 134, put_latin1},
    [BENCH_ALPHABET_UCS2] = {"ucs2",   8, 140, 134, put_ucs2  },
};

bool bench_alphabet_from_name(const char *name, enum bench_alphabet *out_alphabet)
{
    for (size_t i = 0; i < sizeof(alphabets) / sizeof(alphabets[0]); i++) {
        if (strcmp(alphabets[i].name, name) == 0) {
            *out_alphabet = (enum bench_alphabet)i;
            return true;
        }
    }
    return false;
}

/* Takes one character off `text`.  False for what is not UTF-8. */
static bool take_character(const char **text, uint32_t *out_character)
{
    const uint8_t *at = (const uint8_t *)*text;
    unsigned more = at[0] < 0x80 ? 0 : at[0] < 0xE0 ? 1 : at[0] < 0xF0 ? 2 : 3;
    static const uint32_t lowest[] = {0, 0x80, 0x800, 0x10000};
    uint32_t character = more == 0 ? at[0] : at[0] & (0x3Fu >> more);

    if ((at[0] >= 0x80 && at[0] < 0xC2) || at[0] > 0xF4)
        return false;
    for (unsigned i = 1; i <= more; i++) {
        if ((at[i] & 0xC0) != 0x80)
            return false;
        character = character << 6 | (at[i] & 0x3F);
    }
    if (character < lowest[more] || character > 0x10FFFF ||
        (character >= 0xD800 && character < 0xE000))
        return false;
    *text += more + 1;
    *out_character = character;
    return true;
}

/* The octets of a whole text; `starts[i]` says whether a character starts at `i`. */
struct encoded {
    uint8_t *octets;
    bool *starts;
    size_t size;
};

static const char *encode(const char *text, enum bench_alphabet alphabet,
                          struct encoded *out)
{
    while (*text) {
        uint32_t character;
        uint8_t octets[CHARACTER_BYTES_MAX];

        if (!take_character(&text, &character))
            return "the text is not UTF-8";

        size_t size = alphabets[alphabet].put(character, octets);

        if (size == 0)
            return "the alphabet lacks a character of the text";
        memcpy(out->octets + out->size, octets, size);
        out->starts[out->size] = true;
        out->size += size;
    }
    out->starts[out->size] = true;
    return NULL;
}

/*
 * Parts of at most `limit` octets, as few as that allows, none ending inside a
 * character.  Returns their number, or BENCH_PARTS_MAX + 1 if there would be more.
 */
static unsigned cut(const struct encoded *text, size_t limit, struct bench_part *out_parts)
{
    unsigned count = 0;
    size_t start = 0;

    do {
        size_t end = text->size - start <= limit ? text->size : start + limit;

        while (!text->starts[end])
            end--;
        if (count == BENCH_PARTS_MAX || (end == start && end < text->size))
            return BENCH_PARTS_MAX + 1;
        out_parts[count].size = end - start;
        memcpy(out_parts[count].octets, text->octets + start, end - start);
        count++;
        start = end;
    } while (start < text->size);
    return count;
}

static const char *cut_encoded(const struct encoded *text, enum bench_alphabet alphabet,
                               unsigned part_count, struct bench_text *out_text)
{
    size_t single = alphabets[alphabet].single_bytes;
    size_t most = alphabets[alphabet].part_bytes;

    if (part_count <= 1 && text->size <= single) {
        out_text->part_count = cut(text, single, out_text->parts);
        return NULL;
    }
    if (part_count == 1)
        return "the text does not fit into one message";

    /* The smallest limit that needs no more parts than wanted makes them about equal. */
    size_t limit = part_count == 0 ? most : text->size / part_count;
    unsigned count;

    if (limit == 0)
        return "the text is too short for that many parts";
    if (limit > most)
        return "the text is too long for that many parts";
    do
        count = cut(text, limit, out_text->parts);
    while (part_count != 0 && count > part_count && limit++ < most);
    if (count > BENCH_PARTS_MAX || (part_count != 0 && count > part_count))
        return "the text is too long for that many parts";
    if (part_count != 0 && count < part_count)
        return "the text is too short for that many parts";
    out_text->part_count = count;
    return NULL;
}

const char *bench_text_cut(const char *text, enum bench_alphabet alphabet,
                           unsigned part_count, struct bench_text *out_text)
{
    size_t room = CHARACTER_BYTES_MAX * (strlen(text) + 1);
    struct encoded encoded = {.octets = calloc(room, 1), .starts = calloc(room, 1)};

    if (!encoded.octets || !encoded.starts)
        abort();
    assert(part_count <= BENCH_PARTS_MAX);
    out_text->data_coding = alphabets[alphabet].data_coding;

    const char *error = encode(text, alphabet, &encoded);

    if (!error)
        error = cut_encoded(&encoded, alphabet, part_count, out_text);
    free(encoded.octets);
    free(encoded.starts);
    return error;
}

const char *bench_text_fill(unsigned length, enum bench_alphabet alphabet,
                            unsigned part_count, struct bench_text *out_text)
{
    static const char filler[] = "The quick brown fox jumps over the lazy dog. ";
    size_t bytes = alphabet == BENCH_ALPHABET_UCS2 ? 2 : 1;

    if (length == 0)
        length = part_count <= 1
                     ? 40
                     : (unsigned)(part_count * alphabets[alphabet].part_bytes / bytes) - 20;

    char *text = malloc(length + 1);

    if (!text)
        abort();
    for (unsigned i = 0; i < length; i++)
        text[i] = filler[i % (sizeof(filler) - 1)];
    text[length] = '\0';

    const char *error = bench_text_cut(text, alphabet, part_count, out_text);

    free(text);
    return error;
}
