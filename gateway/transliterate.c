/* One pass over the characters; each is a row of the table or stays what it is. */
#include "gateway/transliterate.h"

#include <stdint.h>
#include <string.h>

static const struct row {
    uint16_t capital; /* 0: a sign */
    uint16_t small;
    const char *latin;
} rows[] = {
#define LETTER(capital, small, latin) {capital, small, latin},
#define SIGN(character, latin)        {0, character, latin},
#include "gateway/transliterate.def"
#undef LETTER
#undef SIGN
};

/* The rows are of two and three octets: what is longer or ASCII is in none. */
static size_t character_at(const char *at, const char *end, uint32_t *out)
{
    const uint8_t *octets = (const uint8_t *)at;
    size_t left = (size_t)(end - at);

    *out = octets[0];
    if (octets[0] < 0x80)
        return 1;
    if (octets[0] < 0xE0 && left >= 2) {
        *out = (octets[0] & 0x1Fu) << 6 | (octets[1] & 0x3Fu);
        return 2;
    }
    if (octets[0] < 0xF0 && left >= 3) {
        *out = (octets[0] & 0x0Fu) << 12 | (octets[1] & 0x3Fu) << 6 | (octets[2] & 0x3Fu);
        return 3;
    }
    return left < 4 ? left : 4;
}

static const struct row *row_of(uint32_t character)
{
    if (character < 0x80)
        return NULL;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (rows[i].capital == character || rows[i].small == character)
            return &rows[i];
    return NULL;
}

enum letter_case { NO_LETTER, CAPITAL, SMALL };

static enum letter_case case_of(uint32_t character)
{
    const struct row *row = row_of(character);

    if (row != NULL && row->capital != 0)
        return row->capital == character ? CAPITAL : SMALL;
    if (character >= 'A' && character <= 'Z')
        return CAPITAL;
    return character >= 'a' && character <= 'z' ? SMALL : NO_LETTER;
}

/* A capital among capitals: the letter after it decides, at the end of a word the one
 * before. */
static bool is_among_capitals(enum letter_case before, const char *next, const char *end)
{
    uint32_t character;
    enum letter_case after = NO_LETTER;

    if (next < end) {
        character_at(next, end, &character);
        after = case_of(character);
    }
    return after == CAPITAL || (after == NO_LETTER && before == CAPITAL);
}

static char upper(char letter)
{
    return letter >= 'a' && letter <= 'z' ? (char)(letter - 'a' + 'A') : letter;
}

bool transliterate(const char *utf8, size_t size, char *out, size_t room, size_t *out_size)
{
    const char *end = utf8 + size;
    enum letter_case before = NO_LETTER;
    bool some = false;
    size_t used = 0;

    for (const char *at = utf8; at < end;) {
        uint32_t character;
        size_t length = character_at(at, end, &character);
        const struct row *row = row_of(character);
        enum letter_case its = case_of(character);
        const char *latin = row != NULL ? row->latin : at;
        size_t written = row != NULL ? strlen(latin) : length;

        if (written > room - used)
            return false;
        memcpy(out + used, latin, written);
        at += length;
        if (row != NULL && its == CAPITAL)
            for (size_t i = 0; i < written; i++)
                if (i == 0 || is_among_capitals(before, at, end))
                    out[used + i] = upper(out[used + i]);
        used += written;
        before = its;
        some = some || (row != NULL && its != NO_LETTER);
    }
    *out_size = used;
    return some;
}
