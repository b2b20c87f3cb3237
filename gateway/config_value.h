/*
 * Values as they are written in a configuration: text to number and back, all checked,
 * none through floating point.  Money is routing/money.h's.
 */
#ifndef GATEWAY_CONFIG_VALUE_H
#define GATEWAY_CONFIG_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct config_address;
struct config_memory;
struct config_network;

/* In double quotes, escaped so that it reads back as it is. */
void config_text_print(const char *text, FILE *out);

/* "200ms", "45s", "5m", "24h", "7d". */
bool config_duration_parse(const char *text, int64_t *out_ms)
    __attribute__((warn_unused_result));
void config_duration_print(int64_t duration_ms, FILE *out);

/* "262144", "64KiB", "64MiB", "1GiB". */
bool config_size_parse(const char *text, int64_t *out_bytes)
    __attribute__((warn_unused_result));
void config_size_print(int64_t size_bytes, FILE *out);

/* Decimal digits and nothing else. */
bool config_integer_parse(const char *text, int64_t *out)
    __attribute__((warn_unused_result));

/* "UTC", "+03:00", "-05:30": minutes east of UTC, at most 14 hours either way. */
bool config_zone_parse(const char *text, int16_t *out_minutes)
    __attribute__((warn_unused_result));
void config_zone_print(int minutes, FILE *out);

/* "192.0.2.0/24", "2001:db8::/32", an address alone is one host; no bits beside the
 * network's. */
bool config_network_parse(const char *text, struct config_network *out)
    __attribute__((warn_unused_result));
void config_network_print(const struct config_network *network, FILE *out);

/* "127.0.0.1:2775", "[::1]:2775", "localhost:2775". */
bool config_address_parse(struct config_memory *memory, const char *text,
                          struct config_address *out) __attribute__((warn_unused_result));

#endif
