/* The first word of a text, folded character by character. */
#include "routing/keyword.h"

#include <stdint.h>
#include <string.h>

/*
 * U+00C0 to U+017F without case and marks, two octets of ASCII for each: letters that are
 * two (ß, æ) become both; a blank stands for nothing, two for what is no letter.
 */
static const char latin[] =
    /* 00C0 */ "a a a a a a aec e e e e i i i i "
               /* 00D0 */ "d n o o o o o   o u u u u y thss"
               /* 00E0 */ "a a a a a a aec e e e e i i i i "
               /* 00F0 */ "d n o o o o o   o u u u u y thy "
               /* 0100 */ "a a a a a a c c c c c c c c d d "
               /* 0110 */ "d d e e e e e e e e e e g g g g "
               /* 0120 */ "g g g g h h h h i i i i i i i i "
               /* 0130 */ "i i ijijj j k k k l l l l l l l "
               /* 0140 */ "l l l n n n n n n n n n o o o o "
               /* 0150 */ "o o oeoer r r r r r s s s s s s "
               /* 0160 */ "s s t t t t t t u u u u u u u u "
               /* 0170 */ "u u u u w w y y y z z z z z z s ";

/* One character of UTF-8; what is not well formed is one octet, as U+FFFD. */
static uint32_t next_character(const char **at, const char *end)
{
    uint8_t first = (uint8_t) * (*at)++;
    unsigned more = first >= 0xF0 ? 3 : (first >= 0xE0 ? 2 : 1);
    uint32_t value = first & (0x3Fu >> more);

    if (first < 0x80)
        return first;
    if (first < 0xC2 || first > 0xF4 || (size_t)(end - *at) < more)
        return 0xFFFD;
    for (unsigned i = 0; i < more; i++) {
        uint8_t octet = (uint8_t)(*at)[i];

        if ((octet & 0xC0) != 0x80)
            return 0xFFFD;
        value = value << 6 | (octet & 0x3F);
    }
    *at += more;
    return value;
}

/* Ranges of what is neither letter nor digit above U+007F. */
static const struct {
    uint32_t first;
    uint32_t last;
} signs[] =
    {
        {0x0080,  0x00BF  }, /* controls, Latin-1 punctuation */
        {0x00D7,  0x00D7  },
        {0x00F7,  0x00F7  },
        {0x2000,  0x2BFF  }, /* punctuation, currencies, arrows, symbols */
        {0x3000,  0x3020  },
        {0xFE00,  0xFE6F  }, /* variations, small forms */
        {0xFEFF,  0xFEFF  },
        {0xFF00,  0xFF0F  },
        {0xFFF0,  0xFFFF  },
        {0x1F000, 0x1FAFF }, /* emoji */
        {0xE0000, 0xFFFFFF},
};

static bool is_of_word(uint32_t c)
{
    if (c < 0x80)
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
        if (c >= signs[i].first && c <= signs[i].last)
            return false;
    return true;
}

static uint32_t fold(uint32_t c)
{
    if (c >= 'A' && c <= 'Z')
        return c + 'a' - 'A';
    if ((c >= 0x0391 && c <= 0x03A9) || (c >= 0x0410 && c <= 0x042F))
        return c + 0x20;
    if (c == 0x0401 || c == 0x0451)
        return 0x0435; /* YO is written as IE */
    if (c >= 0x0400 && c <= 0x040F)
        return c + 0x50;
    return c;
}

/* The folded form of a character; its size. */
static size_t write_folded(uint32_t c, char out[4])
{
    if (c >= 0x00C0 && c <= 0x017F) {
        const char *row = latin + 2 * (c - 0x00C0);

        memcpy(out, row, 2);
        return row[1] == ' ' ? 1 : 2;
    }
    c = fold(c);
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xC0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3F));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xE0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3F));
        out[2] = (char)(0x80 | (c & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3F));
    out[2] = (char)(0x80 | (c >> 6 & 0x3F));
    out[3] = (char)(0x80 | (c & 0x3F));
    return 4;
}

/* U+0300 to U+036F: the mark of a letter that is written as two characters. */
static bool is_mark(uint32_t c)
{
    return c >= 0x0300 && c <= 0x036F;
}

bool keyword_read(const char *text, size_t size, char out[KEYWORD_SIZE])
{
    const char *end = text + size;
    size_t used = 0;
    size_t whole = 0; /* without joints at its end */
    bool is_long = false;

    while (text < end) {
        uint32_t c = next_character(&text, end);
        bool joint = used > 0 && (c == '-' || c == '_');
        char folded[4];
        size_t count;

        if (is_mark(c))
            continue;
        if (!joint && !is_of_word(c)) {
            if (used > 0)
                break;
            continue;
        }
        count = write_folded(c, folded);
        if (used + count >= KEYWORD_SIZE) {
            is_long = true;
            break;
        }
        memcpy(out + used, folded, count);
        used += count;
        if (!joint)
            whole = used;
    }
    out[whole] = 0;
    return is_long;
}
