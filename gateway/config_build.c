/*
 * What those who build sections share: their rows by config_rows.c, and what one section
 * says of another by its name.
 */
#include "gateway/config_build.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/config_rows.h"
#include "gateway/config_value.h"
#include "routing/plan.h"
#include "routing/number.h"

/* The section's rows into `base`. */
void config_build_rows(struct config_build *build, const struct config_node *node,
                       void *base)
{
    config_section_read(build->memory, config_keys, config_key_count, node, base,
                        build->errors);
}

/* Names go into log lines, metrics and paths. */
const char *config_build_name(struct config_build *build, const struct config_node *node)
{
    size_t size = strlen(node->title);

    if (size == 0 || size >= PLAN_NAME_SIZE)
        config_error_in(build->errors, node, NULL, "a name has 1 to %d characters",
                        PLAN_NAME_SIZE - 1);
    for (const char *at = node->title; *at != '\0'; at++) {
        if (!isalnum((unsigned char)*at) && strchr("._-", *at) == NULL) {
            config_error_in(build->errors, node, NULL,
                            "a name is of letters, digits, '.', '_' and '-'");
            break;
        }
    }
    return node->title;
}

/* The value of a WORD row, NULL when it is not said. */
const char *config_build_word(const struct config_node *node, const char *key)
{
    const struct config_entry *entry = config_node_entry(node, key);

    return entry != NULL ? entry->values[0] : NULL;
}

const char *config_build_digits(struct config_build *build, const char *name)
{
    char digits[NUMBER_SIZE];

    return name != NULL && number_normalise(name, strlen(name), digits)
               ? config_memory_text(build->memory, digits)
               : name;
}

void *config_build_take(struct config_build *build, const struct config_node *parent,
                        const char *section, size_t size, size_t *out_count)
{
    *out_count = config_node_count(parent, section);
    return config_memory_take(build->memory, (*out_count + 1) * size);
}

/* Tells that `name`, said by `entry`, is none of `names` (NULL-terminated). */
void config_build_unknown(struct config_build *build, const struct config_node *node,
                          const struct config_entry *entry, const char *kind,
                          const char *name, const char *const *names)
{
    const char *near = config_nearest(name, names);

    config_error_in(build->errors, node, entry, "there is no %s '%s'%s%s%s", kind, name,
                    near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

/* The titles of the file's sections of one or two kinds, for suggestions. */
const char *const *config_build_titles(struct config_build *build, const char *section,
                                       const char *other)
{
    const struct config_node *root = build->root;
    size_t count = config_node_count(root, section) + config_node_count(root, other),
           used = 0;
    const char **names = config_memory_take(build->memory, (count + 1) * sizeof(*names));
    const char *const kinds[] = {section, other};

    for (size_t i = 0; i < 2 && (i == 0 || strcmp(section, other) != 0); i++) {
        const struct config_node *node = NULL;

        while ((node = config_node_child(root, kinds[i], node)) != NULL)
            names[used++] = node->title;
    }
    return names;
}

/* The index of the plan that `entry` names; 0 after a sentence. */
size_t config_build_plan(struct config_build *build, const struct config_node *node,
                         const struct config_entry *entry, const char *name)
{
    int index = config_find_plan(build->config, name);

    if (index >= 0)
        return (size_t)index;
    config_build_unknown(build, node, entry, "plan", name,
                         config_build_titles(build, "plan", "plan"));
    return 0;
}

size_t config_build_account(struct config_build *build, const struct config_node *node,
                            const struct config_entry *entry, const char *name)
{
    int index = config_find_account(build->config, name);

    if (index >= 0)
        return (size_t)index;
    config_build_unknown(build, node, entry, "account", name,
                         config_build_titles(build, "account", "account"));
    return 0;
}

struct config_network *config_build_addresses(struct config_build *build,
                                              const struct config_node *node,
                                              const char *key, size_t *out_count)
{
    const struct config_entry *entry = config_node_entry(node, key);
    struct config_network *networks;

    *out_count = entry != NULL ? entry->value_count : 0;
    if (entry == NULL)
        return NULL;
    networks = config_memory_take(build->memory, entry->value_count * sizeof(*networks));
    for (size_t i = 0; i < entry->value_count; i++)
        if (!config_network_parse(entry->values[i], &networks[i]))
            config_error_in(build->errors, node, entry,
                            "%s must hold networks such as \"192.0.2.0/24\" or "
                            "\"2001:db8::/32\"; not '%.60s'",
                            key, entry->values[i]);
    return networks;
}
