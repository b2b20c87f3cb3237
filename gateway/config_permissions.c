/*
 * What the lists of an account mean: where it may send, from whom, and what content; and
 * its limits.  Lists are of words and ranges; each list has one table of its words.
 */
#include "gateway/config_build.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/config_rows.h"
#include "routing/country.h"
#include "routing/number.h"

/* What the list says, or what its row says instead. */
static struct config_list words_of(struct config_build *build,
                                   const struct config_node *node, const char *key)
{
    const struct config_entry *entry = config_node_entry(node, key);
    struct config_list words = {0};

    if (entry != NULL)
        return (struct config_list){entry->values, entry->value_count};
    words.words = config_memory_take(build->memory, sizeof(*words.words));
    for (size_t i = 0; i < config_key_count; i++)
        if (strcmp(config_keys[i].section, node->section) == 0 &&
            strcmp(config_keys[i].name, key) == 0)
            words.words[words.count++] = config_keys[i].fallback;
    return words;
}

/* ---- Values and ranges --------------------------------------------------- */

/* Goes on behind it. */
static bool read_value(const char **at, unsigned *out)
{
    bool is_hex = strncmp(*at, "0x", 2) == 0;
    const char *begin = is_hex ? *at + 2 : *at;
    char *end;
    unsigned long value = strtoul(begin, &end, is_hex ? 16 : 10);

    if (!isxdigit((unsigned char)*begin) || end == begin || end - begin > 5)
        return false;
    *at = end;
    *out = (unsigned)value;
    return true;
}

/* "0xF2", "16", "0x10-0x1F"; false for anything else or above `highest`. */
static bool read_range(const char *text, unsigned highest, unsigned *out_first,
                       unsigned *out_last)
{
    unsigned first, last;

    if (!read_value(&text, &first))
        return false;
    last = first;
    if (*text == '-') {
        text++;
        if (!read_value(&text, &last))
            return false;
    }
    if (*text != '\0' || first > last || last > highest)
        return false;
    *out_first = first;
    *out_last = last;
    return true;
}

static void tell_range(struct config_build *build, const struct config_node *node,
                       const char *key, const char *word)
{
    config_error_in(build->errors, node, config_node_entry(node, key),
                    "%s must hold values such as \"0x08\", ranges such as \"0x10-0x1F\", "
                    "safe or \"*\"; not '%.40s'",
                    key, word);
}

static void add_every(struct octet_set *set)
{
    octet_set_add(set, 0x00, 0xFF);
}

static struct config_list build_octets(struct config_build *build,
                                       const struct config_node *node, const char *key,
                                       void (*add_safe)(struct octet_set *),
                                       struct octet_set *out)
{
    struct config_list words = words_of(build, node, key);
    unsigned first, last;

    for (size_t i = 0; i < words.count; i++) {
        if (strcmp(words.words[i], "*") == 0)
            add_every(out);
        else if (strcmp(words.words[i], "safe") == 0)
            add_safe(out);
        else if (read_range(words.words[i], 0xFF, &first, &last))
            octet_set_add(out, (uint8_t)first, (uint8_t)last);
        else
            tell_range(build, node, key, words.words[i]);
    }
    return words;
}

static void build_ports(struct config_build *build, const struct config_node *node,
                        struct config_account *account)
{
    struct config_list words = words_of(build, node, "ports");
    size_t safe_count;
    const struct port_range *safe = permission_safe_ports(&safe_count);
    struct port_range *ranges =
        config_memory_take(build->memory, words.count * (safe_count + 1) * sizeof(*ranges));
    size_t used = 0;
    unsigned first, last;

    for (size_t i = 0; i < words.count; i++) {
        if (strcmp(words.words[i], "*") == 0) {
            ranges[used++] = (struct port_range){0, 0xFFFF};
        } else if (strcmp(words.words[i], "safe") == 0) {
            memcpy(ranges + used, safe, safe_count * sizeof(*safe));
            used += safe_count;
        } else if (read_range(words.words[i], 0xFFFF, &first, &last)) {
            ranges[used++] = (struct port_range){(uint16_t)first, (uint16_t)last};
        } else {
            tell_range(build, node, "ports", words.words[i]);
        }
    }
    account->ports = words;
    account->permissions.ports = ranges;
    account->permissions.port_count = used;
}

/* ---- Senders and recipients ---------------------------------------------- */

static void build_sources(struct config_build *build, const struct config_node *node,
                          struct config_account *account)
{
    struct config_list words = words_of(build, node, "sources");
    struct source_pattern *patterns =
        config_memory_take(build->memory, words.count * sizeof(*patterns));

    for (size_t i = 0; i < words.count; i++)
        if (!source_pattern_read(words.words[i], &patterns[i]))
            config_error_in(build->errors, node, config_node_entry(node, "sources"),
                            "sources must hold at most 20 characters each, such as "
                            "\"ACME*\" or \"+4479*\", a star only at the end; not '%.40s'",
                            words.words[i]);
    account->sources = words;
    account->permissions.sources = patterns;
    account->permissions.source_count = words.count;
}

/* "+4479", "4479": digits; NULL for anything else. */
static const char *read_beginning(const char *word)
{
    if (*word == '+')
        word++;
    if (*word == '\0' || strlen(word) >= NUMBER_SIZE ||
        word[strspn(word, "0123456789")] != '\0')
        return NULL;
    return word;
}

static void check_country(struct config_build *build, const struct config_node *node,
                          const char *country)
{
    if (country[0] != '\0' && country_code(country) == COUNTRY_NONE)
        config_error_in(build->errors, node, config_node_entry(node, "country"),
                        "country must be a code of two letters such as \"DE\"; not '%.40s'",
                        country);
}

#define NETWORK_WORD "network:"

/* The prefixes of a network; room stays for one of each other word. */
static void add_network(struct config_build *build, const struct config_node *node,
                        struct config_account *account, const char *code)
{
    struct permissions *permissions = &account->permissions;
    struct config_reach reach = {0};
    const char **prefixes;

    if (!config_network_named(build, node, config_node_entry(node, "destinations"), code))
        return;
    config_reach_add(build, code, &reach);
    prefixes = config_memory_take(build->memory, (permissions->prefix_count + reach.count +
                                                  account->destinations.count) *
                                                     sizeof(*prefixes));
    memcpy(prefixes, permissions->prefixes, permissions->prefix_count * sizeof(*prefixes));
    for (size_t i = 0; i < reach.count; i++)
        prefixes[permissions->prefix_count + i] = reach.beginnings[i].digits;
    permissions->prefixes = prefixes;
    permissions->prefix_count += reach.count;
}

static void build_destination(struct config_build *build, const struct config_node *node,
                              struct config_account *account, uint16_t *countries,
                              const char *word)
{
    struct permissions *permissions = &account->permissions;
    const struct config_entry *entry = config_node_entry(node, "destinations");
    const char *beginning = read_beginning(word);

    if (strcmp(word, "*") == 0)
        permissions->every_destination = true;
    else if (strncmp(word, NETWORK_WORD, strlen(NETWORK_WORD)) == 0)
        add_network(build, node, account, word + strlen(NETWORK_WORD));
    else if (beginning != NULL)
        permissions->prefixes[permissions->prefix_count++] = beginning;
    else if (strcmp(word, "home") == 0 && account->country[0] != '\0')
        countries[permissions->country_count++] = country_code(account->country);
    else if (strcmp(word, "home") == 0)
        config_error_in(build->errors, node, entry,
                        "it may send to its home only, and has none: say country = \"DE\" "
                        "(or what it is), or destinations = {\"*\"}");
    else if (country_code(word) != COUNTRY_NONE)
        countries[permissions->country_count++] = country_code(word);
    else
        config_error_in(build->errors, node, entry,
                        "destinations must hold home, codes of countries such as \"DE\", "
                        "networks such as \"network:26201\", beginnings of numbers such as "
                        "\"+4479\", or \"*\"; not '%.40s'",
                        word);
}

static void build_destinations(struct config_build *build, const struct config_node *node,
                               struct config_account *account)
{
    struct config_list words = config_node_entry(node, "destinations") != NULL
                                   ? words_of(build, node, "destinations")
                                   : build->config->destinations;
    uint16_t *countries =
        config_memory_take(build->memory, words.count * sizeof(*countries));

    if (account->country[0] == '\0')
        account->country = build->config->country;
    check_country(build, node, account->country);
    account->destinations = words;
    account->permissions.countries = countries;
    account->permissions.prefixes = config_memory_take(
        build->memory, words.count * sizeof(*account->permissions.prefixes));
    account->permissions.premium = account->premium;
    for (size_t i = 0; i < words.count; i++)
        build_destination(build, node, account, countries, words.words[i]);
}

/* ---- All of it ----------------------------------------------------------- */

void config_permissions_build(struct config_build *build, const struct config_node *node,
                              struct config_account *account)
{
    struct permissions *permissions = &account->permissions;

    build_sources(build, node, account);
    account->data_codings =
        build_octets(build, node, "data_codings", permission_add_safe_data_codings,
                     &permissions->data_codings);
    account->esm_classes =
        build_octets(build, node, "esm_classes", add_every, &permissions->esm_classes);
    account->protocol_ids =
        build_octets(build, node, "protocol_ids", permission_add_safe_protocol_ids,
                     &permissions->protocol_ids);
    build_ports(build, node, account);
    build_destinations(build, node, account);
    account->limits.of[USAGE_PARTS_HOUR] = account->parts_per_hour;
    account->limits.of[USAGE_PARTS_DAY] = account->parts_per_day;
    account->limits.of[USAGE_SPEND_HOUR] = account->spend_per_hour_micro;
    account->limits.of[USAGE_SPEND_DAY] = account->spend_per_day_micro;
}

void config_permissions_build_global(struct config_build *build)
{
    struct config *config = build->config;

    check_country(build, build->root, config->country);
    config->destinations = words_of(build, build->root, "destinations");
    config->premium_ranges = words_of(build, build->root, "premium_ranges");
    config->premium_prefixes = config_memory_take(
        build->memory, config->premium_ranges.count * sizeof(*config->premium_prefixes));
    for (size_t i = 0; i < config->premium_ranges.count; i++) {
        const char *word = config->premium_ranges.words[i];
        const char *beginning = read_beginning(word);

        if (strcmp(word, "known") == 0)
            config->premium_known = true;
        else if (beginning != NULL)
            config->premium_prefixes[config->premium_prefix_count++] = beginning;
        else if (strcmp(word, "none") != 0)
            config_error_in(build->errors, build->root,
                            config_node_entry(build->root, "premium_ranges"),
                            "premium_ranges must hold known, none or beginnings of numbers "
                            "such as \"+4490\"; not '%.40s'",
                            word);
    }
}
