/*
 * Text and octets of optional parameters; see the header.
 */
#include "gateway/tlv_form.h"

#include <string.h>

/* Octets of a number; 0: the form is none. */
static size_t number_size(enum config_tlv_form form)
{
    static const size_t sizes[] = {
        [CONFIG_TLV_INT1] = 1,
        [CONFIG_TLV_INT2] = 2,
        [CONFIG_TLV_INT4] = 4,
        [CONFIG_TLV_INT8] = 8,
    };

    return form < sizeof(sizes) / sizeof(sizes[0]) ? sizes[form] : 0;
}

static bool read_decimal(const char *text, uint64_t *out)
{
    uint64_t value = 0;

    if (*text == '\0')
        return false;
    for (; *text != '\0'; text++)
        if (*text < '0' || *text > '9' || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(*text - '0'), &value))
            return false;
    *out = value;
    return true;
}

static bool write_number(const char *text, size_t size, uint8_t *out)
{
    uint64_t value;

    if (!read_decimal(text, &value) || (size < 8 && value >> (8 * size) != 0))
        return false;
    for (size_t i = size; i > 0; value >>= 8)
        out[--i] = (uint8_t)value;
    return true;
}

static int hex_digit(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    digit |= 0x20;
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

static bool write_hex(const char *text, uint8_t *out, size_t room, uint16_t *out_size)
{
    size_t size = strlen(text) / 2;

    if (strlen(text) % 2 != 0 || size > room)
        return false;
    for (size_t i = 0; i < size; i++) {
        int high = hex_digit(text[2 * i]);
        int low = hex_digit(text[2 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    *out_size = (uint16_t)size;
    return true;
}

bool tlv_form_write(enum config_tlv_form form, const char *text, uint8_t *out, size_t room,
                    uint16_t *out_size)
{
    size_t size = number_size(form);

    if (form == CONFIG_TLV_HEX)
        return write_hex(text, out, room, out_size);
    if (size > 0) {
        if (size > room || !write_number(text, size, out))
            return false;
    } else {
        size = strlen(text) + (form == CONFIG_TLV_CSTRING);
        if (size > room || size > UINT16_MAX)
            return false;
        memcpy(out, text, size);
    }
    *out_size = (uint16_t)size;
    return true;
}

static size_t write_decimal(uint64_t value, char out[21])
{
    char digits[20];
    size_t first = sizeof(digits);

    do
        digits[--first] = (char)('0' + value % 10);
    while ((value /= 10) > 0);
    memcpy(out, digits + first, sizeof(digits) - first);
    out[sizeof(digits) - first] = '\0';
    return sizeof(digits) - first;
}

bool tlv_form_read(enum config_tlv_form form, const uint8_t *octets, size_t size, char *out,
                   size_t room)
{
    static const char digits[] = "0123456789ABCDEF";
    char decimal[21];
    uint64_t value = 0;

    if (form == CONFIG_TLV_HEX) {
        if (size * 2 >= room)
            return false;
        for (size_t i = 0; i < size; i++) {
            out[2 * i] = digits[octets[i] >> 4];
            out[2 * i + 1] = digits[octets[i] & 15];
        }
        out[2 * size] = '\0';
        return true;
    }
    if (number_size(form) > 0) {
        if (size == 0 || size > 8)
            return false;
        for (size_t i = 0; i < size; i++)
            value = value << 8 | octets[i];
        octets = (const uint8_t *)decimal;
        size = write_decimal(value, decimal);
    } else if (size > 0 && octets[size - 1] == '\0') {
        size--;
    }
    if (size >= room || (size > 0 && memchr(octets, '\0', size) != NULL))
        return false;
    if (size > 0)
        memcpy(out, octets, size);
    out[size] = '\0';
    return true;
}
