/*
 * Links of a configuration: their operators' hosts, and the senders and languages that they
 * know.  What else a link says has files of its own (config_build.h).
 */
#include "gateway/config_build.h"

#include <string.h>

#include "gateway/config_value.h"
#include "smpp/gsm.h"

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

void config_build_links(struct config_build *build)
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
