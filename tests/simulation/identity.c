#include "tests/simulation/identity.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* In a pattern: D a decimal digit, X a hexadecimal one in capitals, x in small letters. */
static const struct {
    const char *name;
    const char *pattern; /* NULL: 1 to 19 decimal digits */
} forms[IDENTITIES] = {
    {"decimal", NULL                                  },
    {"hex",     "XXXXXXXXXXXXXXXX"                    },
    {"uuid",    "xxxxxxxx-xxxx-8xxx-8xxx-xxxxxxxxxxxx"},
    {"alias",   "XXXXXXXX"                            },
};

const char *identity_name(unsigned form)
{
    assert(form < IDENTITIES);
    return forms[form].name;
}

static bool fits(char what, char pattern)
{
    switch (pattern) {
    case 'X':
        return what && strchr("0123456789ABCDEF", what) != NULL;
    case 'x':
        return what && strchr("0123456789abcdef", what) != NULL;
    default:
        return what == pattern;
    }
}

bool identity_is_sound(unsigned form, const char *id)
{
    const char *pattern = forms[form].pattern;
    size_t size = strlen(id);

    if (pattern == NULL)
        return size >= 1 && size <= 19 && id[0] != '0' && strspn(id, "0123456789") == size;
    if (size != strlen(pattern))
        return false;
    for (size_t i = 0; i < size; i++)
        if (!fits(id[i], pattern[i]))
            return false;
    return true;
}

/* The first 64 bits of the number without those that say which version it is. */
static uint64_t uuid_number(const char *id)
{
    return strtoull(id, NULL, 16) << 32 | strtoull(id + 9, NULL, 16) << 16 |
           (strtoull(id + 15, NULL, 16) & 0xFFF) << 4 |
           (strtoull((const char[]){id[20], 0}, NULL, 16));
}

uint64_t identity_number(unsigned form, const char *id)
{
    if (!identity_is_sound(form, id))
        return 0;
    if (strcmp(forms[form].name, "uuid") == 0)
        return uuid_number(id);
    return strtoull(id, NULL, forms[form].pattern ? 16 : 10);
}

bool identity_is_alias(unsigned form)
{
    return strcmp(forms[form].name, "alias") == 0;
}
