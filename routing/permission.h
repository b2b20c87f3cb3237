/*
 * What an account may send, and where to: one question per submission, with the first
 * reason why not.
 *
 * "Safe" is what an account may send unless it is told otherwise: everything but what
 * programs a phone or its card instead of telling a person something (over-the-air
 * settings, SIM data download, class 2, silent messages).
 */
#ifndef ROUTING_PERMISSION_H
#define ROUTING_PERMISSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "routing/source.h"

struct prefix_map;

/* Values of one octet. */
struct octet_set {
    uint64_t bits[4];
};

void octet_set_add(struct octet_set *set, uint8_t first, uint8_t last);
bool octet_set_has(const struct octet_set *set, uint8_t value);

/* Application ports (3GPP TS 23.040 9.2.3.24.3 and 4), both included. */
struct port_range {
    uint16_t first;
    uint16_t last;
};

struct permissions {
    const struct source_pattern *sources;
    size_t source_count;
    struct octet_set data_codings;
    struct octet_set esm_classes;
    struct octet_set protocol_ids;
    const struct port_range *ports; /* destination ports */
    size_t port_count;
    bool every_destination;
    const uint16_t *countries; /* country_code() */
    size_t country_count;
    const char **prefixes; /* digits */
    size_t prefix_count;
    bool premium;
};

/* The safe values added to a set; of ports the ranges, *out_count of them. */
void permission_add_safe_data_codings(struct octet_set *set);
void permission_add_safe_protocol_ids(struct octet_set *set);
const struct port_range *permission_safe_ports(size_t *out_count);

/* A submission.  Its content is not asked about when it is text of which we make the PDU.
 */
struct permission_facts {
    const char *source;      /* NULL: it is not the account's choice */
    const char *destination; /* digits */
    bool is_our_text;
    uint8_t data_coding;
    uint8_t esm_class;
    uint8_t protocol_id;
    bool has_port;
    uint16_t port;
    bool to_card; /* an element or parameter addresses the SIM: as protocol id 0x7F */
};

/* The world: country_map_new(), and the beginnings of premium numbers. */
struct permission_maps {
    const struct prefix_map *countries;
    const struct prefix_map *premium;
};

enum permission {
    PERMISSION_OK = 0,
    PERMISSION_SOURCE,
    PERMISSION_DATA_CODING,
    PERMISSION_ESM_CLASS,
    PERMISSION_PROTOCOL_ID,
    PERMISSION_PORT,
    PERMISSION_DESTINATION,
    PERMISSION_PREMIUM,
    PERMISSIONS
};

enum permission permission_ask(const struct permissions *permissions,
                               const struct permission_facts *facts,
                               const struct permission_maps *maps);

#endif
