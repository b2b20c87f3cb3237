/* The form of a sender is told by what it is made of. */
#include "gateway/source.h"

#include <stdio.h>
#include <string.h>

#include "routing/number.h"

void source_read(const char *text, struct source *out)
{
    enum {
        SHORT_CODE_DIGITS = 6,
        INTERNATIONAL = 1,
        NETWORK = 3,
        ALPHANUMERIC = 5,
        ISDN = 1
    };
    char digits[NUMBER_SIZE];

    if (!number_normalise(text, strlen(text), digits)) {
        *out = (struct source){.ton = ALPHANUMERIC};
        snprintf(out->address, sizeof(out->address), "%s", text);
        return;
    }
    *out = (struct source){.ton = INTERNATIONAL, .npi = ISDN};
    if (strlen(digits) <= SHORT_CODE_DIGITS)
        *out = (struct source){.ton = NETWORK};
    snprintf(out->address, sizeof(out->address), "%s", digits);
}
