/* Phone numbers: what peers write, as digits. */
#include "routing/number.h"

#include <string.h>

enum { NUMBER_MIN_DIGITS = 3 };

bool number_normalise(const char *text, size_t length, char out[NUMBER_SIZE])
{
    char digits[NUMBER_SIZE];
    size_t count = 0;
    size_t at = 0;

    if (length > 0 && text[0] == '+')
        at = 1;
    else if (length > 2 && text[0] == '0' && text[1] == '0')
        at = 2;
    for (; at < length; at++) {
        char c = text[at];

        if (c == ' ' || c == '-' || c == '.' || c == '(' || c == ')')
            continue;
        if (c < '0' || c > '9' || count == NUMBER_SIZE - 1)
            return false;
        digits[count++] = c;
    }
    if (count < NUMBER_MIN_DIGITS)
        return false;
    memcpy(out, digits, count);
    out[count] = 0;
    return true;
}
