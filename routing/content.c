/* Each piece of a pattern is sought behind the one before: no way is gone back. */
#include "routing/content.h"

#include <ctype.h>
#include <string.h>

/* --- folding ------------------------------------------------------------------------ */

/* Capitals that lie `to` below their small letters; `pairs`: each second one is a small. */
static const struct {
    uint32_t first;
    uint32_t last;
    uint32_t to;
    bool pairs;
} capitals[] = {
    {0x0041, 0x005A, 32, false}, /* ASCII */
    {0x00C0, 0x00D6, 32, false}, /* Latin-1 */
    {0x00D8, 0x00DE, 32, false},
    {0x0100, 0x012F, 1,  true }, /* Latin extended */
    {0x0132, 0x0137, 1,  true },
    {0x014A, 0x0177, 1,  true },
    {0x0391, 0x03A1, 32, false}, /* Greek */
    {0x03A3, 0x03A9, 32, false},
    {0x0400, 0x040F, 80, false}, /* Cyrillic */
    {0x0410, 0x042F, 32, false},
    {0x0460, 0x0481, 1,  true },
    {0x048A, 0x04BF, 1,  true },
    {0x04D0, 0x052F, 1,  true },
};

static uint32_t small_letter(uint32_t character)
{
    if (character == 0x0130 || character == 0x0131)
        return 'i'; /* with a dot, and without */
    for (size_t i = 0; i < sizeof(capitals) / sizeof(capitals[0]); i++)
        if (character >= capitals[i].first && character <= capitals[i].last)
            return capitals[i].pairs ? character | 1 : character + capitals[i].to;
    return character;
}

static bool is_white(uint32_t character)
{
    return character == ' ' || (character >= '\t' && character <= '\r') ||
           character == 0x00A0 || (character >= 0x2000 && character <= 0x200A) ||
           character == 0x2028 || character == 0x2029 || character == 0x202F ||
           character == 0x3000;
}

static bool is_invisible(uint32_t character)
{
    return character == 0x00AD || (character >= 0x200B && character <= 0x200F) ||
           (character >= 0x2060 && character <= 0x2064) || character == 0xFEFF;
}

/* One character of at most three octets; what is longer or no UTF-8 is 0 of `*length`. */
static uint32_t character_at(const char *utf8, size_t size, size_t *length)
{
    const uint8_t *at = (const uint8_t *)utf8;

    *length = 1;
    if (at[0] < 0x80)
        return at[0];
    if (at[0] >= 0xC0 && at[0] < 0xE0 && size >= 2) {
        *length = 2;
        return (at[0] & 0x1Fu) << 6 | (at[1] & 0x3Fu);
    }
    if (at[0] >= 0xE0 && at[0] < 0xF0 && size >= 3) {
        *length = 3;
        return (at[0] & 0x0Fu) << 12 | (at[1] & 0x3Fu) << 6 | (at[2] & 0x3Fu);
    }
    return 0;
}

/* A small letter of a row above: of one octet or two. */
static size_t write_small(uint32_t character, char *out)
{
    if (character < 0x80) {
        out[0] = (char)character;
        return 1;
    }
    out[0] = (char)(0xC0 | character >> 6);
    out[1] = (char)(0x80 | (character & 0x3F));
    return 2;
}

size_t content_fold(const char *utf8, size_t size, char *out)
{
    size_t used = 0;

    for (size_t at = 0; at < size;) {
        size_t length;
        uint32_t character = character_at(utf8 + at, size - at, &length);
        uint32_t small = small_letter(character);

        if (is_white(character)) {
            if (used == 0 || out[used - 1] != ' ')
                out[used++] = ' ';
        } else if (small != character) {
            used += write_small(small, out + used);
        } else if (!is_invisible(character)) {
            memmove(out + used, utf8 + at, length);
            used += length;
        }
        at += length;
    }
    return used;
}

/* --- text --------------------------------------------------------------------------- */

bool content_text_fits(const char *pattern, const char *text, size_t size)
{
    const char *end = text + size;

    while (*pattern != 0) {
        size_t length = strcspn(pattern, "*");

        if (length > 0) {
            text = memmem(text, (size_t)(end - text), pattern, length);
            if (text == NULL)
                return false;
            text += length;
        }
        pattern += length + (pattern[length] == '*');
    }
    return true;
}

/* --- hosts -------------------------------------------------------------------------- */

static bool is_of_host(char octet)
{
    return isalnum((unsigned char)octet) || octet == '-' || octet == '.' ||
           (unsigned char)octet >= 0x80;
}

/* Two labels at least, none of them empty, the last one of letters (or xn--). */
static bool is_host(const char *host, size_t size)
{
    const char *dot = memrchr(host, '.', size);
    const char *top = dot != NULL ? dot + 1 : host;
    size_t top_size = (size_t)(host + size - top);

    if (dot == NULL || host[0] == '.' || top_size < 2 ||
        memmem(host, size, "..", 2) != NULL)
        return false;
    if (top_size > 4 && memcmp(top, "xn--", 4) == 0)
        return true;
    for (size_t i = 0; i < top_size; i++)
        if (isdigit((unsigned char)top[i]) || top[i] == '-')
            return false;
    return true;
}

/* Behind "://" any host is one, numeric too. */
static bool is_of_url(const char *text, const char *host)
{
    return host - text >= 3 && memcmp(host - 3, "://", 3) == 0;
}

bool content_next_host(const char *text, size_t size, size_t *at, const char **out_host,
                       size_t *out_size)
{
    while (*at < size) {
        const char *host = text + *at;
        size_t length = 0;
        size_t host_size;

        while (*at + length < size && is_of_host(host[length]))
            length++;
        *at += length > 0 ? length : 1;
        host_size = length;
        while (host_size > 0 && host[host_size - 1] == '.')
            host_size--; /* the end of a sentence */
        if (host_size == 0 || !(is_host(host, host_size) || is_of_url(text, host)))
            continue;
        *out_host = host;
        *out_size = host_size;
        return true;
    }
    return false;
}

static bool is_below(const char *host, size_t size, const char *domain)
{
    size_t length = strlen(domain);

    if (strcmp(domain, "*") == 0)
        return true;
    if (size < length || memcmp(host + size - length, domain, length) != 0)
        return false;
    return size == length || host[size - length - 1] == '.';
}

static bool is_below_one(const char *host, size_t size, const struct content_list *domains)
{
    for (size_t i = 0; i < domains->count; i++)
        if (is_below(host, size, domains->strings[i]))
            return true;
    return false;
}

/* Some host is below one of the domains, or (`below` false) below none of them. */
static bool has_host(const char *text, size_t size, const struct content_list *domains,
                     bool below)
{
    const char *host;
    size_t host_size;

    for (size_t at = 0; content_next_host(text, size, &at, &host, &host_size);)
        if (is_below_one(host, host_size, domains) == below)
            return true;
    return false;
}

/* --- rules -------------------------------------------------------------------------- */

static bool has_text(const char *text, size_t size, const struct content_list *patterns)
{
    for (size_t i = 0; i < patterns->count; i++)
        if (content_text_fits(patterns->strings[i], text, size))
            return true;
    return false;
}

static bool fits(const struct content_rule *rule, uint32_t account, const char *text,
                 size_t size)
{
    return (rule->account == CONTENT_ANY_ACCOUNT || rule->account == account) &&
           (rule->texts.count == 0 || has_text(text, size, &rule->texts)) &&
           (rule->domains.count == 0 || has_host(text, size, &rule->domains, true)) &&
           (rule->domains_not.count == 0 ||
            has_host(text, size, &rule->domains_not, false));
}

const struct content_rule *content_find(const struct content_rule *rules, size_t count,
                                        uint32_t account, const char *text, size_t size)
{
    for (size_t i = 0; i < count; i++)
        if (fits(&rules[i], account, text, size))
            return &rules[i];
    return NULL;
}
