/*
 * Accounts of a configuration: the plans and classes granted to them, and the networks they
 * come from.  Their passwords, permissions and parameters have files of their own
 * (config_build.h).
 */
#include "gateway/config_build.h"

#include <string.h>

#include "gateway/config_value.h"
#include "routing/message.h"

static void build_granted_plans(struct config_build *build, const struct config_node *node,
                                struct config_account *account)
{
    const struct config_entry *entry = config_node_entry(node, "plans");
    const size_t said = entry != NULL ? entry->value_count : 0;
    const size_t all = build->config->plan_count;

    account->plans =
        config_memory_take(build->memory, (said + all + 1) * sizeof(*account->plans));
    account->plans[account->plan_count++] = account->plan;
    for (size_t i = 0; i < said; i++) {
        if (strcmp(entry->values[i], "*") == 0) {
            account->plan_count = 1;
            for (size_t j = 0; j < all; j++)
                if (j != account->plan)
                    account->plans[account->plan_count++] = j;
            return;
        }
        size_t plan = config_build_plan(build, node, entry, entry->values[i]);

        if (plan != account->plan)
            account->plans[account->plan_count++] = plan;
    }
}

/* The class of this name, told when there is none. */
static uint8_t granted_class(struct config_build *build, const struct config_node *node,
                             const struct config_entry *entry, const char *name)
{
    const char *names[CONFIG_CLASSES + 1] = {NULL};

    for (uint8_t i = 0; (names[i] = message_class_name(i)) != NULL; i++)
        if (strcmp(names[i], name) == 0)
            return (uint8_t)(1u << i);
    config_build_unknown(build, node, entry, "class", name, names);
    return 0;
}

/* Its own class always; what is not told follows from its plans. */
static void build_granted_classes(struct config_build *build,
                                  const struct config_node *node,
                                  struct config_account *account)
{
    const struct config_entry *entry = config_node_entry(node, "classes");

    account->classes = (uint8_t)(1u << account->class);
    for (size_t i = 0; entry == NULL && i < account->plan_count; i++) {
        enum config_class class = build->config->plans[account->plans[i]].class;

        if (class != CONFIG_ANY_CLASS)
            account->classes |= (uint8_t)(1u << class);
    }
    for (size_t i = 0; entry != NULL && i < entry->value_count; i++)
        account->classes |= granted_class(build, node, entry, entry->values[i]);
}

void config_build_accounts(struct config_build *build)
{
    struct config *config = build->config;
    const struct config_node *node = NULL;
    struct config_account *account = config->accounts = config_build_take(
        build, build->root, "account", sizeof(*account), &config->account_count);

    for (; (node = config_node_child(build->root, "account", node)) != NULL; account++) {
        const char *system_id = config_build_word(node, "system_id");
        const char *plan = config_build_word(node, "plan");

        account->name = config_build_name(build, node);
        account->system_id = system_id != NULL ? system_id : account->name;
        config_build_rows(build, node, account);
        if (account->burst == 0)
            account->burst = account->tps;
        if (account->class == CONFIG_ANY_CLASS)
            config_error_in(build->errors, node, config_node_entry(node, "class"),
                            "class cannot be any here");
        if (plan != NULL)
            account->plan =
                config_build_plan(build, node, config_node_entry(node, "plan"), plan);
        config_account_password(build, node, account);
        build_granted_plans(build, node, account);
        build_granted_classes(build, node, account);
        account->allow_from =
            config_build_addresses(build, node, "allow_from", &account->allow_from_count);
        config_account_tlvs_build(build, node, account);
        config_permissions_build(build, node, account);
    }
}
