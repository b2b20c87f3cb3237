/* Numbers to characters and back. */
#include "gateway/public_id.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "gateway/ids.h"

enum { ALIAS_DIGITS = 8, HEX_DIGITS = 16, UUID_SIZE = 36, DECIMAL_MAX = 19 };

uint64_t public_id_of(const struct body *body)
{
    return body->place > 1 ? ids_before(body->id, body->place - 1u) : body->id;
}

static size_t write_decimal(uint64_t id, char *out)
{
    char digits[PUBLIC_ID_SIZE];
    size_t first = sizeof(digits) - 1;

    digits[first] = 0;
    do
        digits[--first] = (char)('0' + id % 10);
    while ((id /= 10) > 0);
    memcpy(out, digits + first, sizeof(digits) - first);
    return sizeof(digits) - 1 - first;
}

/* 56 bits that follow from the id: a UUID with others is none of ours. */
static uint64_t check_of(uint64_t id)
{
    return id * 0x9E3779B97F4A7C15ULL >> 8;
}

static size_t write_uuid(uint64_t id, char *out)
{
    uint64_t check = check_of(id);

    return (size_t)snprintf(out, PUBLIC_ID_SIZE,
                            "%08" PRIx64 "-%04" PRIx64 "-8%03" PRIx64 "-8%" PRIx64
                            "%02" PRIx64 "-%012" PRIx64,
                            id >> 32, id >> 16 & 0xFFFF, id >> 4 & 0xFFF, id & 0xF,
                            check >> 48, check & 0xFFFFFFFFFFFF);
}

size_t public_id_write(enum public_id_form form, uint64_t id, uint32_t alias,
                       char out[PUBLIC_ID_SIZE])
{
    switch (form) {
    case PUBLIC_ID_HEX:
        return (size_t)snprintf(out, PUBLIC_ID_SIZE, "%016" PRIX64, id);
    case PUBLIC_ID_UUID:
        return write_uuid(id, out);
    case PUBLIC_ID_ALIAS:
        return (size_t)snprintf(out, PUBLIC_ID_SIZE, "%08" PRIX32, alias);
    default:
        return write_decimal(id, out);
    }
}

size_t public_id_write_body(const struct body *body, char out[PUBLIC_ID_SIZE])
{
    return public_id_write((enum public_id_form)body->id_form, public_id_of(body),
                           body->alias, out);
}

static int digit_of(char character, unsigned base)
{
    char letter = character | 0x20;

    if (character >= '0' && character <= '9')
        return character - '0';
    return base == 16 && letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

/* All of it must be digits and fit; false otherwise. */
static bool read_digits(const char *text, size_t size, unsigned base, uint64_t *out)
{
    uint64_t value = 0;

    for (size_t i = 0; i < size; i++) {
        int digit = digit_of(text[i], base);

        if (digit < 0 || __builtin_mul_overflow(value, base, &value) ||
            __builtin_add_overflow(value, (unsigned)digit, &value))
            return false;
    }
    *out = value;
    return size > 0 && value <= INT64_MAX;
}

static bool read_uuid(const char *text, uint64_t *out)
{
    char again[PUBLIC_ID_SIZE];
    uint64_t parts[4];

    if (!read_digits(text, 8, 16, &parts[0]) || !read_digits(text + 9, 4, 16, &parts[1]) ||
        !read_digits(text + 15, 3, 16, &parts[2]) ||
        !read_digits(text + 20, 1, 16, &parts[3]))
        return false;
    *out = parts[0] << 32 | parts[1] << 16 | parts[2] << 4 | parts[3];
    write_uuid(*out, again);
    return strncasecmp(text, again, UUID_SIZE) == 0;
}

bool public_id_read(const char *text, size_t size, enum public_id_form expected,
                    struct public_id *out)
{
    struct public_id it = {0};
    uint64_t alias;

    if (size == UUID_SIZE) {
        if (!read_uuid(text, &it.id))
            return false;
    } else if (size == HEX_DIGITS && expected != PUBLIC_ID_DECIMAL) {
        if (!read_digits(text, size, 16, &it.id))
            return false;
    } else if (size == ALIAS_DIGITS) {
        if (!read_digits(text, size, 16, &alias) || alias == 0)
            return false;
        it.alias = (uint32_t)alias;
    } else if (size > DECIMAL_MAX || !read_digits(text, size, 10, &it.id)) {
        return false;
    }
    if (it.id == 0 && it.alias == 0)
        return false;
    *out = it;
    return true;
}
