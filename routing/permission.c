/* What an account may send. */
#include "routing/permission.h"

#include <string.h>

#include "routing/country.h"
#include "routing/prefix.h"

enum { SIM_DATA_DOWNLOAD = 0x7F };

void octet_set_add(struct octet_set *set, uint8_t first, uint8_t last)
{
    for (unsigned value = first; value <= last; value++)
        set->bits[value / 64] |= 1ULL << value % 64;
}

bool octet_set_has(const struct octet_set *set, uint8_t value)
{
    return set->bits[value / 64] >> value % 64 & 1;
}

/*
 * 3GPP TS 23.038 4: class 2 is for the card.  A class is told by 0xF0-0xFF, and by
 * 0x00-0x7F where bit 4 is set.
 */
static bool is_class_2(unsigned data_coding)
{
    bool has_class = data_coding >= 0xF0 || (data_coding < 0x80 && (data_coding & 0x10));

    return has_class && (data_coding & 3) == 2;
}

void permission_add_safe_data_codings(struct octet_set *set)
{
    for (unsigned value = 0; value <= 0xFF; value++)
        if (!is_class_2(value))
            octet_set_add(set, (uint8_t)value, (uint8_t)value);
}

/*
 * 3GPP TS 23.040 9.2.3.9: not type 0 (0x40, which nobody is shown), ANSI-136 R-DATA,
 * ME data download, ME de-personalisation and (U)SIM data download.
 */
void permission_add_safe_protocol_ids(struct octet_set *set)
{
    octet_set_add(set, 0x00, 0x3F);
    octet_set_add(set, 0x41, 0x7B);
    octet_set_add(set, 0x80, 0xFF);
}

/*
 * All but WTA (2805, 2923), WAP push (2948, 2949), WSP and WTP (9200-9203), and the ports
 * of over-the-air settings (49996, 49999).
 */
const struct port_range *permission_safe_ports(size_t *out_count)
{
    static const struct port_range ranges[] = {
        {0,     2804 },
        {2806,  2922 },
        {2924,  2947 },
        {2950,  9199 },
        {9204,  49995},
        {49997, 49998},
        {50000, 65535},
    };

    *out_count = sizeof(ranges) / sizeof(ranges[0]);
    return ranges;
}

static bool may_use_port(const struct permissions *permissions, uint16_t port)
{
    for (size_t i = 0; i < permissions->port_count; i++)
        if (port >= permissions->ports[i].first && port <= permissions->ports[i].last)
            return true;
    return false;
}

static enum permission ask_content(const struct permissions *permissions,
                                   const struct permission_facts *facts)
{
    if (!octet_set_has(&permissions->esm_classes, facts->esm_class))
        return PERMISSION_ESM_CLASS;
    if (!octet_set_has(&permissions->protocol_ids, facts->protocol_id) ||
        (facts->to_card && !octet_set_has(&permissions->protocol_ids, SIM_DATA_DOWNLOAD)))
        return PERMISSION_PROTOCOL_ID;
    if (!octet_set_has(&permissions->data_codings, facts->data_coding))
        return PERMISSION_DATA_CODING;
    if (facts->has_port && !may_use_port(permissions, facts->port))
        return PERMISSION_PORT;
    return PERMISSION_OK;
}

static bool may_reach(const struct permissions *permissions, const char *digits,
                      const struct permission_maps *maps)
{
    uint16_t country;

    if (permissions->every_destination)
        return true;
    for (size_t i = 0; i < permissions->prefix_count; i++)
        if (strncmp(digits, permissions->prefixes[i], strlen(permissions->prefixes[i])) ==
            0)
            return true;
    country = country_of(maps->countries, digits);
    for (size_t i = 0; i < permissions->country_count; i++)
        if (country == permissions->countries[i])
            return true;
    return false;
}

enum permission permission_ask(const struct permissions *permissions,
                               const struct permission_facts *facts,
                               const struct permission_maps *maps)
{
    enum permission content;
    uint32_t premium;

    if (facts->source != NULL &&
        !source_fits(permissions->sources, permissions->source_count, facts->source))
        return PERMISSION_SOURCE;
    if (!facts->is_our_text && (content = ask_content(permissions, facts)) != PERMISSION_OK)
        return content;
    if (!may_reach(permissions, facts->destination, maps))
        return PERMISSION_DESTINATION;
    if (!permissions->premium &&
        prefix_map_find(maps->premium, facts->destination, &premium))
        return PERMISSION_PREMIUM;
    return PERMISSION_OK;
}
