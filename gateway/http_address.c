#include "gateway/http_address.h"

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

struct network {
    uint8_t octets[16];
    unsigned bits;
};

static const struct network ip4_networks[] = {
    {{0},            8 }, /* this host */
    {{10},           8 }, /* private */
    {{100, 64},      10}, /* shared by a provider's customers */
    {{127},          8 }, /* loopback */
    {{169, 254},     16}, /* link-local */
    {{172, 16},      12}, /* private */
    {{192, 0, 0},    24}, /* protocol assignments */
    {{192, 0, 2},    24}, /* documentation */
    {{192, 88, 99},  24}, /* 6to4 relay */
    {{192, 168},     16}, /* private */
    {{198, 18},      15}, /* benchmarks */
    {{198, 51, 100}, 24}, /* documentation */
    {{203, 0, 113},  24}, /* documentation */
    {{224},          3 }, /* multicast and reserved, to the end */
};

static const struct network ip6_networks[] = {
    {{0},                                  96}, /* unspecified, loopback, IPv4-compatible */
    {{0x01, 0x00},                         64}, /* discard */
    {{0x20, 0x01, 0x0d, 0xb8},             32}, /* documentation */
    {{0x20, 0x01},                         23}, /* protocol assignments, Teredo among them */
    {{0x3f, 0xff},                         20}, /* documentation */
    {{0xfc},                               7 }, /* unique local */
    {{0xfe, 0x80},                         10}, /* link-local */
    {{0xfe, 0xc0},                         10}, /* site-local */
    {{0xff},                               8 }, /* multicast */
    {{0x00, 0x64, 0xff, 0x9b, 0x00, 0x01}, 48}, /* local translation */
};

/* IPv6 networks whose addresses stand for an IPv4 one, and where in them that is. */
static const struct {
    struct network network;
    size_t at;
} ip4_inside[] = {
    {{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96}, 12}, /* mapped */
    {{{0x00, 0x64, 0xff, 0x9b}, 96},                   12}, /* translated */
    {{{0x20, 0x02}, 16},                               2 }, /* 6to4 */
};

static bool is_within(const uint8_t *octets, const struct network *network)
{
    size_t whole = network->bits / 8;
    unsigned rest = network->bits % 8;
    uint8_t mask = (uint8_t)(0xFF << (8 - rest));

    if (memcmp(octets, network->octets, whole) != 0)
        return false;
    return rest == 0 || (octets[whole] & mask) == (network->octets[whole] & mask);
}

static bool is_within_any(const uint8_t *octets, const struct network *networks,
                          size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (is_within(octets, &networks[i]))
            return true;
    return false;
}

static bool is_private_ip4(const uint8_t *octets)
{
    return is_within_any(octets, ip4_networks,
                         sizeof(ip4_networks) / sizeof(ip4_networks[0]));
}

static bool is_private_ip6(const uint8_t *octets)
{
    for (size_t i = 0; i < sizeof(ip4_inside) / sizeof(ip4_inside[0]); i++)
        if (is_within(octets, &ip4_inside[i].network))
            return is_private_ip4(octets + ip4_inside[i].at);
    return is_within_any(octets, ip6_networks,
                         sizeof(ip6_networks) / sizeof(ip6_networks[0]));
}

bool http_address_is_private(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *ip4 = (const struct sockaddr_in *)address;

        return is_private_ip4((const uint8_t *)&ip4->sin_addr);
    }
    if (address->sa_family == AF_INET6) {
        const struct sockaddr_in6 *ip6 = (const struct sockaddr_in6 *)address;

        return is_private_ip6(ip6->sin6_addr.s6_addr);
    }
    return true;
}

bool http_address_as_ip6(const struct sockaddr *address, uint8_t out[16])
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

    if (address->sa_family == AF_INET) {
        memcpy(out, mapped, sizeof(mapped));
        memcpy(out + 12, &((const struct sockaddr_in *)address)->sin_addr, 4);
    } else if (address->sa_family == AF_INET6) {
        memcpy(out, &((const struct sockaddr_in6 *)address)->sin6_addr, 16);
    }
    return address->sa_family == AF_INET || address->sa_family == AF_INET6;
}
