/*
 * Mobile networks and their numbers, and what a row that names some comes to: beginnings of
 * numbers, as if each were a row with that prefix.  Where a longer prefix of another
 * network lies inside, the beginnings go around it.
 */
#include "gateway/config_build.h"

#include <stdlib.h>
#include <string.h>

#include "routing/number.h"

enum { MCC_DIGITS = 3, CODE_DIGITS_MIN = 5, CODE_DIGITS_MAX = 6 };

static bool is_digits(const char *text)
{
    return text[0] != '\0' && text[strspn(text, "0123456789")] == '\0';
}

/* ---- The sections -------------------------------------------------------- */

static int by_digits(const void *a, const void *b)
{
    const struct config_mobile_prefix *one = a, *other = b;

    return strcmp(one->digits, other->digits);
}

static void build_network(struct config_build *build, const struct config_node *node,
                          struct config_mobile_network *network)
{
    const struct config_entry *entry = config_node_entry(node, "prefixes");
    const size_t length = strlen(node->title);

    network->code = node->title;
    config_build_rows(build, node, network);
    if (!is_digits(node->title) || length < CODE_DIGITS_MIN || length > CODE_DIGITS_MAX)
        config_error_in(build->errors, node, NULL,
                        "a network is named by its MCC and MNC, 5 or 6 digits such as "
                        "\"26201\"");
    if (entry == NULL)
        return; /* told as required */
    for (size_t i = 0; i < entry->value_count; i++) {
        if (is_digits(entry->values[i]) && strlen(entry->values[i]) < NUMBER_SIZE)
            continue;
        config_error_in(build->errors, node, entry,
                        "prefixes must hold beginnings of numbers such as \"49151\"; not "
                        "'%.40s'",
                        entry->values[i]);
        return;
    }
    network->prefixes = (struct config_list){entry->values, entry->value_count};
}

static const struct config_node *node_of(const struct config_build *build,
                                         const struct config_mobile_network *network)
{
    const struct config_node *node = NULL;

    while ((node = config_node_child(build->root, "network", node)) != NULL)
        if (node->title == network->code)
            return node;
    return build->root;
}

/* In one order, so that what begins alike stands together. */
static void sort_prefixes(struct config_build *build)
{
    struct config *config = build->config;
    size_t count = 0;

    for (size_t i = 0; i < config->network_count; i++)
        count += config->networks[i].prefixes.count;
    config->mobile_prefixes =
        config_memory_take(build->memory, (count + 1) * sizeof(*config->mobile_prefixes));
    for (size_t i = 0; i < config->network_count; i++)
        for (size_t j = 0; j < config->networks[i].prefixes.count; j++)
            config->mobile_prefixes[config->mobile_prefix_count++] =
                (struct config_mobile_prefix){config->networks[i].prefixes.words[j],
                                              &config->networks[i]};
    qsort(config->mobile_prefixes, count, sizeof(*config->mobile_prefixes), by_digits);
    for (size_t i = 1; i < count; i++) {
        const struct config_mobile_prefix *one = &config->mobile_prefixes[i - 1];
        const struct config_mobile_prefix *other = &config->mobile_prefixes[i];

        if (strcmp(one->digits, other->digits) != 0)
            continue;
        if (other->network < one->network)
            one = other, other = &config->mobile_prefixes[i - 1];
        config_error_in(build->errors, node_of(build, other->network),
                        config_node_entry(node_of(build, other->network), "prefixes"),
                        "'%s' is a prefix of network '%s' already", other->digits,
                        one->network->code);
    }
}

void config_build_networks(struct config_build *build)
{
    struct config *config = build->config;
    const struct config_node *node = NULL;
    struct config_mobile_network *network = config->networks = config_build_take(
        build, build->root, "network", sizeof(*network), &config->network_count);

    for (; (node = config_node_child(build->root, "network", node)) != NULL; network++)
        build_network(build, node, network);
    sort_prefixes(build);
}

const struct config_mobile_network *config_network_of(const struct config *config,
                                                      const char *digits)
{
    char beginning[NUMBER_SIZE];

    for (size_t length = strnlen(digits, NUMBER_SIZE - 1); length > 0; length--) {
        const struct config_mobile_prefix sought = {beginning, NULL}, *found;

        memcpy(beginning, digits, length);
        beginning[length] = '\0';
        found = bsearch(&sought, config->mobile_prefixes, config->mobile_prefix_count,
                        sizeof(sought), by_digits);
        if (found != NULL)
            return found->network;
    }
    return NULL;
}

/* ---- Rows that name them ------------------------------------------------- */

struct spread {
    struct config_build *build;
    const char *code; /* of a network, or an MCC: all that begin with it */
    enum config_said_by said_by;
    struct config_reach *out;
    size_t room;
};

static bool is_meant(const char *code, const struct config_mobile_network *network)
{
    return strlen(code) == MCC_DIGITS ? strncmp(code, network->code, MCC_DIGITS) == 0
                                      : strcmp(code, network->code) == 0;
}

static void add_beginning(struct spread *spread, const char *digits)
{
    struct config_reach *reach = spread->out;

    if (reach->count == spread->room) {
        struct config_beginning *more;

        spread->room = spread->room * 2 + 8;
        more = config_memory_take(spread->build->memory, spread->room * sizeof(*more));
        if (reach->count > 0)
            memcpy(more, reach->beginnings, reach->count * sizeof(*more));
        reach->beginnings = more;
    }
    reach->beginnings[reach->count++] = (struct config_beginning){
        config_memory_text(spread->build->memory, digits), spread->said_by};
}

/* `first` to `last` (not included) are the prefixes that go on after `digits`. */
static void add_around_others(struct spread *spread, const char *digits, size_t first,
                              size_t last)
{
    const struct config_mobile_prefix *prefixes = spread->build->config->mobile_prefixes;
    const size_t length = strlen(digits);
    char longer[NUMBER_SIZE + 1];
    size_t other = first;

    while (other < last && is_meant(spread->code, prefixes[other].network))
        other++;
    if (other == last) {
        add_beginning(spread, digits);
        return;
    }
    memcpy(longer, digits, length);
    longer[length + 1] = '\0';
    for (char digit = '0'; digit <= '9'; digit++) {
        size_t end = first;

        while (end < last && prefixes[end].digits[length] == digit)
            end++;
        longer[length] = digit;
        /* A network's own prefix speaks for itself. */
        if (end == first || strcmp(prefixes[first].digits, longer) != 0)
            add_around_others(spread, longer, first, end);
        first = end;
    }
}

void config_reach_add(struct config_build *build, const char *code,
                      struct config_reach *reach)
{
    const struct config *config = build->config;
    struct spread spread = {
        build, code, strlen(code) == MCC_DIGITS ? CONFIG_BY_COUNTRY : CONFIG_BY_NETWORK,
        reach, reach->count};

    for (size_t i = 0; i < config->mobile_prefix_count; i++) {
        const char *digits = config->mobile_prefixes[i].digits;
        const size_t length = strlen(digits);
        size_t last = i + 1;

        if (!is_meant(code, config->mobile_prefixes[i].network))
            continue;
        while (last < config->mobile_prefix_count &&
               strncmp(config->mobile_prefixes[last].digits, digits, length) == 0)
            last++;
        add_around_others(&spread, digits, i + 1, last);
    }
}

static const char *const *codes_like(struct config_build *build, const char *code)
{
    const struct config *config = build->config;
    const char **names;

    if (strlen(code) != MCC_DIGITS)
        return config_build_titles(build, "network", "network");
    names = config_memory_take(build->memory, (config->network_count + 1) * sizeof(*names));
    for (size_t i = 0; i < config->network_count; i++) {
        char mcc[MCC_DIGITS + 1];

        snprintf(mcc, sizeof(mcc), "%.3s", config->networks[i].code);
        names[i] = config_memory_text(build->memory, mcc);
    }
    return names;
}

bool config_network_named(struct config_build *build, const struct config_node *node,
                          const struct config_entry *entry, const char *code)
{
    for (size_t i = 0; i < build->config->network_count; i++)
        if (is_meant(code, &build->config->networks[i]))
            return true;
    config_build_unknown(build, node, entry, "network", code, codes_like(build, code));
    return false;
}

void config_reach_build(struct config_build *build, const struct config_node *node,
                        const char *prefix, struct config_reach *out)
{
    const struct config_entry *entry = config_node_entry(node, "network");
    const bool has_networks = entry != NULL && entry->value_count > 0;

    if (!has_networks && prefix != NULL) {
        out->beginnings = config_memory_take(build->memory, sizeof(*out->beginnings));
        out->beginnings[out->count++] = (struct config_beginning){prefix, CONFIG_BY_PREFIX};
    }
    if (!has_networks)
        return;
    if (prefix != NULL && prefix[0] != '\0')
        config_error_in(build->errors, node, entry, "it says prefix too; one of them");
    out->networks = (struct config_list){entry->values, entry->value_count};
    for (size_t i = 0; i < entry->value_count; i++)
        if (config_network_named(build, node, entry, entry->values[i]))
            config_reach_add(build, entry->values[i], out);
}

static bool name_one_alike(const struct config_list *a, const struct config_list *b)
{
    for (size_t i = 0; i < a->count; i++)
        for (size_t j = 0; j < b->count; j++)
            if (strcmp(a->words[i], b->words[j]) == 0)
                return true;
    return a->count == 0 && b->count == 0;
}

bool config_reach_same(const struct config_reach *a, const char *a_prefix,
                       const struct config_reach *b, const char *b_prefix)
{
    return strcmp(a_prefix, b_prefix) == 0 && name_one_alike(&a->networks, &b->networks);
}
