/* Parsing, printing and checked arithmetic of micro-units. */
#include "routing/money.h"

bool money_add(int64_t a, int64_t b, int64_t *out)
{
    int64_t sum;

    if (__builtin_add_overflow(a, b, &sum))
        return false;
    *out = sum;
    return true;
}

bool money_multiply(int64_t price, uint32_t count, int64_t *out)
{
    int64_t product;

    if (__builtin_mul_overflow(price, (int64_t)count, &product))
        return false;
    *out = product;
    return true;
}

bool money_parse(const char *text, int64_t *out)
{
    const char *at = text;
    bool negative = *at == '-';
    int64_t amount = 0;
    int decimals = -1; /* -1: the point has not come yet */
    int digits = 0;

    if (negative)
        at++;
    for (; *at; at++) {
        if (*at == '.' && decimals < 0 && digits > 0) {
            decimals = 0;
            continue;
        }
        if (*at < '0' || *at > '9' || decimals == 6)
            return false;
        if (__builtin_mul_overflow(amount, 10, &amount) ||
            __builtin_sub_overflow(amount, *at - '0', &amount))
            return false;
        digits++;
        if (decimals >= 0)
            decimals++;
    }
    if (digits == 0 || decimals == 0)
        return false;
    for (int i = decimals < 0 ? 0 : decimals; i < 6; i++)
        if (__builtin_mul_overflow(amount, 10, &amount))
            return false;
    /* Gathered as a negative number, which has one value more. */
    if (!negative && __builtin_sub_overflow((int64_t)0, amount, &amount))
        return false;
    *out = amount;
    return true;
}

char *money_format(int64_t amount, char *out)
{
    char digits[24];
    size_t count = 0;
    uint64_t left = amount < 0 ? 0 - (uint64_t)amount : (uint64_t)amount;
    char *at = out;

    while (left > 0 || count < 7) {
        digits[count++] = (char)('0' + left % 10);
        left /= 10;
    }
    if (amount < 0)
        *at++ = '-';
    while (count > 0) {
        *at++ = digits[--count];
        if (count == 6)
            *at++ = '.';
    }
    *at = 0;
    return out;
}
