/*
 * A configuration as a whole: its sections in the order that matters (links and channels,
 * the plans that name them, the accounts that name plans, and what names accounts), then
 * the checks of all of it.
 */
#include "gateway/config_build.h"

#include <string.h>

#include "gateway/config_rows.h"

static const struct config_shape shapes[] = {
    {"global",       NULL,      false, NULL},
    {"network",      "global",  true,  NULL},
    {"listen",       "global",  true,  NULL},
    {"tls",          "listen",  false, NULL},
    {"http",         "global",  false, NULL},
    {"token",        "http",    true,  NULL},
    {"account",      "global",  true,  NULL},
    {"tlv",          "account", true,  NULL},
    {"link",         "global",  true,  NULL},
    {"sender",       "link",    false, NULL},
    {"on_status",    "link",    true,  NULL},
    {"source",       "link",    true,  NULL},
    {"destination",  "link",    true,  NULL},
    {"tls",          "link",    false, NULL},
    {"tlv",          "link",    true,  NULL},
    {"report_word",  "link",    true,  NULL},
    {"report_error", "link",    true,  NULL},
    {"channel",      "global",  true,  NULL},
    {"plan",         "global",  true,  NULL},
    {"step",         "plan",    true,  NULL},
    {"content",      "global",  true,  NULL},
    {"rule",         "global",  false, NULL},
    {"price",        "global",  false, NULL},
    {"inbound",      "global",  true,  NULL},
};

enum { SHAPES = sizeof(shapes) / sizeof(shapes[0]) };

static void build_listens(struct config_build *build)
{
    struct config *config = build->config;
    const struct config_node *node = NULL;
    struct config_listen *listen = config->listens = config_build_take(
        build, build->root, "listen", sizeof(*listen), &config->listen_count);

    for (; (node = config_node_child(build->root, "listen", node)) != NULL; listen++) {
        listen->name = config_build_name(build, node);
        config_build_rows(build, node, listen);
        config_tls_of_listen(build, node, listen);
    }
}

static void build_token(struct config_build *build, const struct config_node *node,
                        struct config_token *token)
{
    const struct config_entry *accounts = config_node_entry(node, "accounts");

    token->name = config_build_name(build, node);
    config_build_rows(build, node, token);
    token->value = config_secret(build, node, "value", "value_file");
    if (token->value == NULL || token->value[0] == '\0') {
        token->value = "";
        config_error_in(build->errors, node, NULL, "value or value_file is required");
    }
    if (accounts == NULL)
        return;
    token->accounts = accounts->values;
    token->account_count = accounts->value_count;
    for (size_t i = 0; i < accounts->value_count; i++) {
        if (strcmp(accounts->values[i], "*") == 0)
            token->all_accounts = true;
        else
            (void)config_build_account(build, node, accounts, accounts->values[i]);
    }
    if (token->all_accounts)
        token->account_count = 0;
}

static void build_http(struct config_build *build)
{
    struct config *config = build->config;
    const struct config_node *node = config_node_child(build->root, "http", NULL);
    const struct config_node *child = NULL;
    struct config_token *token;

    config->http.address.host = "";
    if (node == NULL)
        return;
    if (config_node_child(build->root, "http", node) != NULL)
        config_error_in(build->errors, config_node_child(build->root, "http", node), NULL,
                        "there is one already, on line %d", node->line);
    config_build_rows(build, node, &config->http);
    token = config->http.tokens =
        config_build_take(build, node, "token", sizeof(*token), &config->http.token_count);
    for (; (child = config_node_child(node, "token", child)) != NULL; token++)
        build_token(build, child, token);
}

static void build_global(struct config_build *build)
{
    struct config *config = build->config;
    const char *providers = config_build_word(build->root, "providers");
    const char *slash = strrchr(config->path, '/');
    size_t size =
        slash != NULL && slash > config->path ? (size_t)(slash - config->path) : 1;
    char *folder = config_memory_take(build->memory, size + 1);

    memcpy(folder, slash != NULL ? config->path : ".", size);
    config->folder = folder;
    config->providers = config_memory_path(build->memory, folder,
                                           providers != NULL ? providers : "providers", "");
    config_build_rows(build, build->root, config);
    config->private_networks = config_build_addresses(
        build, build->root, "private_networks", &config->private_network_count);
    config->private_ca = config_tls_path(build, build->root, "private_ca");
    config_permissions_build_global(build);
}

struct config *config_load(const char *path, struct config_errors *errors)
{
    struct config_memory *memory = config_memory_new();
    struct config_shape *grammar = config_memory_take(memory, sizeof(shapes));
    struct config_build build = {.memory = memory, .errors = errors};

    *errors = (struct config_errors){0};
    build.config = config_memory_take(memory, sizeof(*build.config));
    build.config->memory = memory;
    build.config->path = config_memory_text(memory, path);
    memcpy(grammar, shapes, sizeof(shapes));
    config_shapes_complete(memory, grammar, SHAPES, config_keys, config_key_count);
    build.root = config_tree_read(memory, path, grammar, SHAPES, errors);

    if (build.root != NULL) {
        build_global(&build);
        config_build_networks(&build);
        build_listens(&build);
        config_build_links(&build);
        config_build_channels(&build);
        config_build_plans(&build);
        config_build_accounts(&build);
        build_http(&build);
        config_build_contents(&build);
        config_build_rules(&build);
        config_build_prices(&build);
        config_build_inbounds(&build);
    }
    if (errors->count == 0)
        config_check(&build);
    if (errors->count > 0) {
        config_memory_free(memory);
        return NULL;
    }
    return build.config;
}

void config_free(struct config *config)
{
    if (config == NULL)
        return;
    config_free(config->adopted);
    config_memory_free(config->memory);
}

int config_find_account(const struct config *config, const char *name)
{
    for (size_t i = 0; i < config->account_count; i++)
        if (strcmp(config->accounts[i].name, name) == 0)
            return (int)i;
    return -1;
}

int config_find_link(const struct config *config, const char *name)
{
    for (size_t i = 0; i < config->link_count; i++)
        if (strcmp(config->links[i].name, name) == 0)
            return (int)i;
    return -1;
}

int config_find_plan(const struct config *config, const char *name)
{
    for (size_t i = 0; i < config->plan_count; i++)
        if (strcmp(config->plans[i].name, name) == 0)
            return (int)i;
    return -1;
}
