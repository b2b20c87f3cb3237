/* Senders against patterns. */
#include "routing/source.h"

#include <string.h>

#include "routing/number.h"

static const struct {
    const char *word;
    enum source_kind kind;
} words[] = {
    {"*",            SOURCE_ANY       },
    {"numeric",      SOURCE_ANY_NUMBER},
    {"alphanumeric", SOURCE_ANY_NAME  },
};

static bool read_word(const char *text, struct source_pattern *out)
{
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(words[i].word, text) != 0)
            continue;
        *out = (struct source_pattern){.kind = words[i].kind};
        return true;
    }
    return false;
}

/* A beginning may be shorter than a whole number. */
static bool read_number(const char *text, struct source_pattern *pattern)
{
    if (!pattern->is_beginning)
        return number_normalise(text, strlen(text), pattern->text);
    if (text[0] == '+')
        text++;
    else if (text[0] == '0' && text[1] == '0')
        text += 2;
    if (*text == '\0' || text[strspn(text, "0123456789")] != '\0')
        return false;
    memcpy(pattern->text, text, strlen(text) + 1);
    return true;
}

bool source_pattern_read(const char *text, struct source_pattern *out)
{
    struct source_pattern pattern = {.kind = SOURCE_NUMBER};
    char plain[SOURCE_PATTERN_SIZE];
    size_t size = strlen(text);
    const char *star = strchr(text, '*');

    if (read_word(text, out))
        return true;
    if (size >= SOURCE_PATTERN_SIZE || (star != NULL && star[1] != '\0'))
        return false;
    memcpy(plain, text, size + 1);
    if (star != NULL) {
        pattern.is_beginning = true;
        plain[size - 1] = '\0';
    }
    if (strlen(plain) >= NUMBER_SIZE)
        return false;
    if (!read_number(plain, &pattern)) {
        pattern.kind = SOURCE_NAME;
        memcpy(pattern.text, plain, strlen(plain) + 1);
    }
    *out = pattern;
    return true;
}

static bool fits(const struct source_pattern *pattern, const char *source,
                 const char *digits)
{
    const char *text = pattern->kind == SOURCE_NUMBER ? digits : source;

    switch (pattern->kind) {
    case SOURCE_ANY:
        return true;
    case SOURCE_ANY_NUMBER:
        return *digits != '\0';
    case SOURCE_ANY_NAME:
        return *digits == '\0' && *source != '\0';
    case SOURCE_NUMBER:
        if (*digits == '\0')
            return false;
        break;
    case SOURCE_NAME:
        if (*digits != '\0')
            return false;
        break;
    }
    return pattern->is_beginning ? strncmp(text, pattern->text, strlen(pattern->text)) == 0
                                 : strcmp(text, pattern->text) == 0;
}

bool source_fits(const struct source_pattern *patterns, size_t count, const char *source)
{
    char digits[NUMBER_SIZE];

    if (count == 1 && patterns[0].kind == SOURCE_ANY)
        return true;
    if (!number_normalise(source, strlen(source), digits))
        digits[0] = '\0';
    for (size_t i = 0; i < count; i++)
        if (fits(&patterns[i], source, digits))
            return true;
    return false;
}
