/*
 * Text to value and back; see the header.
 */
#include "gateway/config_value.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>

#include "gateway/config.h"
#include "gateway/config_tree.h"

/* Multipliers of durations and sizes; the longest first, for printing. */
struct suffix {
    const char *name;
    int64_t factor;
};
static const struct suffix duration_suffixes[] = {
    {"d",  86400000},
    {"h",  3600000 },
    {"m",  60000   },
    {"s",  1000    },
    {"ms", 1       },
    {NULL, 0       },
};
static const struct suffix size_suffixes[] = {
    {"GiB", 1 << 30},
    {"MiB", 1 << 20},
    {"KiB", 1 << 10},
    {"",    1      },
    {NULL,  0      },
};

/* Digits alone; *out_end is behind them. */
static bool parse_digits(const char *text, int64_t *out, const char **out_end)
{
    int64_t value = 0;

    if (!isdigit((unsigned char)*text))
        return false;
    for (; isdigit((unsigned char)*text); text++)
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, *text - '0', &value))
            return false;
    *out = value;
    *out_end = text;
    return true;
}

static bool parse_suffixed(const char *text, const struct suffix *suffixes, int64_t *out)
{
    const char *end;
    int64_t value;

    if (!parse_digits(text, &value, &end))
        return false;
    for (; suffixes->name != NULL; suffixes++)
        if (strcmp(end, suffixes->name) == 0)
            return !__builtin_mul_overflow(value, suffixes->factor, out);
    return false;
}

static void print_suffixed(int64_t value, const struct suffix *suffixes, FILE *out)
{
    while (value % suffixes->factor != 0 || (value == 0 && suffixes->factor > 1000))
        suffixes++;
    fprintf(out, "%lld%s", (long long)(value / suffixes->factor), suffixes->name);
}

bool config_duration_parse(const char *text, int64_t *out_ms)
{
    return parse_suffixed(text, duration_suffixes, out_ms);
}

void config_duration_print(int64_t duration_ms, FILE *out)
{
    print_suffixed(duration_ms, duration_suffixes, out);
}

bool config_size_parse(const char *text, int64_t *out_bytes)
{
    return parse_suffixed(text, size_suffixes, out_bytes);
}

void config_size_print(int64_t size_bytes, FILE *out)
{
    print_suffixed(size_bytes, size_suffixes, out);
}

bool config_integer_parse(const char *text, int64_t *out)
{
    const char *end;
    int64_t value;

    if (!parse_digits(text, &value, &end) || *end != '\0')
        return false;
    *out = value;
    return true;
}

bool config_zone_parse(const char *text, int16_t *out_minutes)
{
    enum { FARTHEST = 14 * 60 };
    int minutes;

    if (strcmp(text, "UTC") == 0) {
        *out_minutes = 0;
        return true;
    }
    if ((text[0] != '+' && text[0] != '-') || strlen(text) != 6 || text[3] != ':')
        return false;
    for (int i = 1; i < 6; i++)
        if (i != 3 && !isdigit((unsigned char)text[i]))
            return false;
    if (text[4] > '5')
        return false;
    minutes =
        ((text[1] - '0') * 10 + text[2] - '0') * 60 + (text[4] - '0') * 10 + text[5] - '0';
    if (minutes > FARTHEST)
        return false;
    *out_minutes = (int16_t)(text[0] == '-' ? -minutes : minutes);
    return true;
}

void config_zone_print(int minutes, FILE *out)
{
    int size = minutes < 0 ? -minutes : minutes;

    if (minutes == 0)
        fputs("UTC", out);
    else
        fprintf(out, "%c%02d:%02d", minutes < 0 ? '-' : '+', size / 60, size % 60);
}

bool config_network_parse(const char *text, struct config_network *out)
{
    struct config_network network = {
        .address = {[10] = 0xFF, [11] = 0xFF},
          .bits = 128
    };
    char address[INET6_ADDRSTRLEN];
    size_t size = strcspn(text, "/");
    uint8_t before = 96; /* bits that stand before an IPv4 address */

    if (size >= sizeof(address))
        return false;
    memcpy(address, text, size);
    address[size] = '\0';
    if (inet_pton(AF_INET, address, network.address + 12) != 1) {
        before = 0;
        if (inet_pton(AF_INET6, address, network.address) != 1)
            return false;
    }
    if (text[size] == '/') {
        const char *end;
        int64_t bits;

        if (!parse_digits(text + size + 1, &bits, &end) || *end != '\0' ||
            bits > 128 - before)
            return false;
        network.bits = (uint8_t)(before + bits);
    }
    for (unsigned bit = network.bits; bit < 128; bit++)
        if (network.address[bit / 8] & (0x80 >> bit % 8))
            return false;
    *out = network;
    return true;
}

void config_network_print(const struct config_network *network, FILE *out)
{
    static const uint8_t mapped[12] = {[10] = 0xFF, [11] = 0xFF};
    char text[INET6_ADDRSTRLEN];
    bool is_ipv4 = network->bits >= 96 && memcmp(network->address, mapped, 12) == 0;

    if (is_ipv4)
        inet_ntop(AF_INET, network->address + 12, text, sizeof(text));
    else
        inet_ntop(AF_INET6, network->address, text, sizeof(text));
    fprintf(out, "\"%s/%d\"", text, network->bits - (is_ipv4 ? 96 : 0));
}

bool config_network_contains(const struct config_network *network,
                             const uint8_t address[16])
{
    size_t whole = network->bits / 8;
    uint8_t mask = (uint8_t)(0xFF00 >> network->bits % 8);

    return memcmp(network->address, address, whole) == 0 &&
           (whole == 16 || ((network->address[whole] ^ address[whole]) & mask) == 0);
}

bool config_address_parse(struct config_memory *memory, const char *text,
                          struct config_address *out)
{
    const char *colon = strrchr(text, ':');
    char host[256];
    const char *end;
    int64_t port;
    size_t size;

    if (colon == NULL || !parse_digits(colon + 1, &port, &end) || *end != '\0' ||
        port > 65535)
        return false;
    size = (size_t)(colon - text);
    if (text[0] == '[' && size > 2 && text[size - 1] == ']') {
        text++;
        size -= 2;
    } else if (memchr(text, ':', size) != NULL) {
        return false;
    }
    if (size == 0 || size >= sizeof(host))
        return false;
    memcpy(host, text, size);
    host[size] = '\0';
    out->host = config_memory_text(memory, host);
    out->port = (uint16_t)port;
    return true;
}

void config_text_print(const char *text, FILE *out)
{
    fputc('"', out);
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '\n':
            fputs("\\n", out);
            break;
        case '\r':
            fputs("\\r", out);
            break;
        case '\t':
            fputs("\\t", out);
            break;
        case '"':
        case '\\':
        case '$':
            fputc('\\', out);
            /* fall through */
        default:
            fputc(*text, out);
        }
    }
    fputc('"', out);
}
