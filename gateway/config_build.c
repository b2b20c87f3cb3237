/*
 * The tree of a configuration made the struct: rows by config_rows.c, and here what one
 * section says of another by its name.  The order matters: links and channels, the plans
 * that name them, the accounts that name plans, and what names accounts.  Plans, rules and
 * prices are config_plans.c's.
 */
#include "gateway/config_build.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/config_rows.h"
#include "gateway/config_value.h"
#include "gateway/profile.h"
#include "routing/plan.h"
#include "routing/message.h"
#include "routing/number.h"
#include "smpp/gsm.h"

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

/* host and port, if they are said, then `hosts`. */
static void build_hosts(struct config_build *build, const struct config_node *node,
                        struct config_link *link)
{
    const struct config_entry *entry = config_node_entry(node, "hosts");
    size_t said = entry != NULL ? entry->value_count : 0;
    bool has_host = link->address.host != NULL && link->address.host[0] != '\0';

    link->hosts = config_memory_take(build->memory, (said + 1) * sizeof(*link->hosts));
    if (has_host)
        link->hosts[link->host_count++] = link->address;
    if (has_host && link->address.port == 0)
        config_error_in(build->errors, node, config_node_entry(node, "port"),
                        "host needs its port, 1 to 65535");
    else if (!has_host && (said == 0 || link->address.port != 0))
        config_error_in(build->errors, node, NULL, "host is required, or hosts alone");
    for (size_t i = 0; i < said; i++)
        if (!config_address_parse(build->memory, entry->values[i],
                                  &link->hosts[link->host_count++]))
            config_error_in(build->errors, node, entry,
                            "hosts must be host:port such as \"smsc2.example:2775\"; not "
                            "'%.40s'",
                            entry->values[i]);
}

static uint8_t language_of(const char *name)
{
    for (uint8_t language = 1; language < SMPP_LANGUAGES; language++)
        if (strcmp(smpp_language_name(language), name) == 0)
            return language;
    return SMPP_LANGUAGE_NONE;
}

static void build_languages(struct config_build *build, const struct config_node *node,
                            struct config_link *link)
{
    const struct config_entry *entry = config_node_entry(node, "languages");

    for (size_t i = 0; entry != NULL && i < entry->value_count; i++) {
        uint8_t language = language_of(entry->values[i]);

        if (language == SMPP_LANGUAGE_NONE)
            config_error_in(build->errors, node, entry,
                            "languages are turkish, spanish, portuguese; not '%.40s'",
                            entry->values[i]);
        else
            link->languages |= (uint8_t)(1u << language);
    }
}

static void build_senders(struct config_build *build, const struct config_node *node,
                          struct config_link *link)
{
    const struct config_node *child = NULL;
    struct config_sender *sender = link->senders =
        config_build_take(build, node, "sender", sizeof(*sender), &link->sender_count);

    for (; (child = config_node_child(node, "sender", child)) != NULL; sender++) {
        config_build_rows(build, child, sender);
        config_reach_build(build, child, sender->prefix, &sender->reach);
        sender->name = config_build_digits(build, sender->name);
    }
}

static void build_links(struct config_build *build)
{
    struct config *config = build->config;
    const struct config_node *node = NULL;
    struct config_link *link = config->links =
        config_build_take(build, build->root, "link", sizeof(*link), &config->link_count);

    for (; (node = config_node_child(build->root, "link", node)) != NULL; link++) {
        link->name = config_build_name(build, node);
        config_build_rows(build, node, link);
        build_hosts(build, node, link);
        link->password = config_secret(build, node, "password", "password_file");
        if (link->password == NULL)
            link->password = "";
        config_tls_of_link(build, node, link);
        build_languages(build, node, link);
        build_senders(build, node, link);
        config_on_status_build(build, node, link);
        config_on_report_build(build, node, link);
        config_receipts_build(build, node, link);
        config_link_tlvs_build(build, node, link);
        config_forms_build(build, node, link);
    }
    link = config->links;
    for (node = NULL; (node = config_node_child(build->root, "link", node)) != NULL; link++)
        config_reports_of_build(build, node, link);
}

/* Loaded once, however many channels name it. */
static const struct profile *profile_named(struct config_build *build,
                                           const struct config_channel *channel)
{
    const struct config *config = build->config;
    char path[1024];

    for (const struct config_channel *other = config->channels; other < channel; other++)
        if (other->profile != NULL &&
            strcmp(other->profile_name, channel->profile_name) == 0)
            return other->profile;
    snprintf(path, sizeof(path), "%s/%s.conf", config->providers, channel->profile_name);
    return profile_load(build->memory, path, channel->profile_name, build->errors);
}

static void build_channel(struct config_build *build, const struct config_node *node,
                          struct config_channel *channel)
{
    const char *label = config_build_word(node, "label");

    channel->name = config_build_name(build, node);
    config_build_rows(build, node, channel);
    channel->label = label != NULL ? label : channel->name;
    channel->token = config_secret(build, node, "token", "token_file");
    channel->key = config_secret(build, node, "key", "key_file");
    if (channel->token == NULL)
        channel->token = "";
    if (channel->key == NULL)
        channel->key = "";
    channel->profile_name = config_build_word(node, "profile");
    if (channel->profile_name == NULL)
        return; /* told as required */
    if (strchr(channel->profile_name, '/') != NULL) {
        config_error_in(build->errors, node, config_node_entry(node, "profile"),
                        "profile is the name of a file in the folder 'providers' names");
        return;
    }
    channel->profile = profile_named(build, channel);
    if (channel->profile == NULL)
        return;
    if (channel->timeout_ms == 0)
        channel->timeout_ms = channel->profile->timeout_ms;
    if (channel->ttl_min_ms == 0)
        channel->ttl_min_ms = channel->profile->ttl_min_ms;
    if (channel->profile->auth != PROFILE_AUTH_NONE && channel->token[0] == '\0')
        config_error_in(build->errors, node, NULL, "profile '%s' needs token or token_file",
                        channel->profile_name);
    if (channel->profile->signature_header[0] != '\0' && channel->key[0] == '\0')
        config_error_in(build->errors, node, NULL, "profile '%s' needs key or key_file",
                        channel->profile_name);
}

static void build_channels(struct config_build *build)
{
    struct config *config = build->config;
    const struct config_node *node = NULL;
    struct config_channel *channel = config->channels = config_build_take(
        build, build->root, "channel", sizeof(*channel), &config->channel_count);

    for (; (node = config_node_child(build->root, "channel", node)) != NULL; channel++) {
        build_channel(build, node, channel);
        if (config_find_link(config, channel->name) >= 0)
            config_error_in(build->errors, node, NULL,
                            "there is a link of this name; a step could mean both");
    }
}

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

static void build_allow_from(struct config_build *build, const struct config_node *node,
                             struct config_account *account)
{
    const struct config_entry *entry = config_node_entry(node, "allow_from");

    if (entry == NULL)
        return;
    account->allow_from = config_memory_take(
        build->memory, entry->value_count * sizeof(*account->allow_from));
    account->allow_from_count = entry->value_count;
    for (size_t i = 0; i < entry->value_count; i++)
        if (!config_network_parse(entry->values[i], &account->allow_from[i]))
            config_error_in(build->errors, node, entry,
                            "allow_from must hold networks such as \"192.0.2.0/24\" or "
                            "\"2001:db8::/32\"; not '%.60s'",
                            entry->values[i]);
}

static void build_accounts(struct config_build *build)
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
        build_allow_from(build, node, account);
        config_account_tlvs_build(build, node, account);
        config_permissions_build(build, node, account);
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
    char folder[1024];

    if (providers == NULL)
        providers = "providers";
    snprintf(folder, sizeof(folder), "%.*s", slash ? (int)(slash - config->path) : 1,
             slash ? config->path : ".");
    config->folder =
        config_memory_text(build->memory, slash == config->path ? "/" : folder);
    if (providers[0] == '/')
        snprintf(folder, sizeof(folder), "%s", providers);
    else
        snprintf(folder, sizeof(folder), "%s/%s", config->folder, providers);
    config->providers = config_memory_text(build->memory, folder);
    config_build_rows(build, build->root, config);
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
        build_links(&build);
        build_channels(&build);
        config_build_plans(&build);
        build_accounts(&build);
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
