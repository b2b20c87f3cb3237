/*
 * Which addresses lie inside: an URL that a customer gave must not lead there.
 */
#ifndef GATEWAY_HTTP_ADDRESS_H
#define GATEWAY_HTTP_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

struct sockaddr;

/*
 * True for what the special-purpose registries of RFC 6890 keep out of the internet:
 * loopback, private, link-local, shared, multicast and reserved networks, also where an
 * IPv6 address stands for such an IPv4 one.  True for every family but the two of IP.
 */
bool http_address_is_private(const struct sockaddr *address);

/* As an IPv6 address, IPv4 as ::ffff:a.b.c.d; false: it is neither. */
bool http_address_as_ip6(const struct sockaddr *address, uint8_t out[16]);

#endif
