/*
 * What can be said of a configuration only as a whole: things that exclude each other,
 * and things that are allowed and still likely mistakes.
 */
#include "gateway/config_build.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "gateway/profile.h"
#include "routing/sender.h"
#include "smpp/conn.h"

/* SMPP 3.4 5.2.1 to 5.2.7, without the NUL; of passwords what the field may hold. */
enum {
    SYSTEM_ID_MAX = 15,
    PASSWORD_MAX = 64,
    SYSTEM_TYPE_MAX = 12,
    ADDRESS_RANGE_MAX = 40,
    SERVICE_TYPE_MAX = 5,
    NATIONAL_PREFIX_MAX = 3,
    SENDER_MAX = 20, /* 5.2.8 */
};

/* The section that made element `index` of its kind. */
static const struct config_node *node_of(const struct config_build *build,
                                         const char *section, size_t index)
{
    const struct config_node *node = config_node_child(build->root, section, NULL);

    while (index-- > 0)
        node = config_node_child(build->root, section, node);
    return node;
}

static void check_address(struct config_build *build, const struct config_node *node,
                          const struct config_address *address)
{
    const struct config_entry *entry = config_node_entry(node, "address");
    struct in_addr ipv4;
    struct in6_addr ipv6;
    bool loopback;

    if (inet_pton(AF_INET, address->host, &ipv4) == 1) {
        loopback = ntohl(ipv4.s_addr) >> 24 == 127;
    } else if (inet_pton(AF_INET6, address->host, &ipv6) == 1) {
        loopback = IN6_IS_ADDR_LOOPBACK(&ipv6);
    } else {
        config_error_in(build->errors, node, entry,
                        "address must be numeric, such as 127.0.0.1; not '%s'",
                        address->host);
        return;
    }
    if (build->config->practice && !loopback)
        config_error_in(build->errors, node, entry,
                        "in practice a listener must be on loopback (127.0.0.1 or ::1); "
                        "not on %s",
                        address->host);
}

static bool same_address(const struct config_address *a, const struct config_address *b)
{
    return a->port != 0 && a->port == b->port && strcmp(a->host, b->host) == 0;
}

static void check_listeners(struct config_build *build)
{
    const struct config *config = build->config;
    const struct config_node *http = config_node_child(build->root, "http", NULL);

    for (size_t i = 0; i < config->listen_count; i++) {
        const struct config_listen *listen = &config->listens[i];
        const struct config_node *node = node_of(build, "listen", i);

        check_address(build, node, &listen->address);
        for (size_t j = 0; j < i; j++)
            if (same_address(&listen->address, &config->listens[j].address))
                config_error_in(build->errors, node, NULL, "listen '%s' has this address",
                                config->listens[j].name);
        if (http != NULL && same_address(&listen->address, &config->http.address))
            config_error_in(build->errors, node, NULL, "http has this address");
    }
    if (http != NULL)
        check_address(build, http, &config->http.address);
    else if (config->listen_count == 0)
        config_warning_at(build->errors, config->path, 0,
                          "nothing listens: there is neither a listen nor an http section");
}

static void check_tokens(struct config_build *build)
{
    const struct config_http *http = &build->config->http;
    const struct config_node *section = config_node_child(build->root, "http", NULL);
    const struct config_node *node = NULL;

    for (size_t i = 0; i < http->token_count; i++) {
        node = config_node_child(section, "token", node);
        for (size_t j = 0; j < i; j++)
            if (strcmp(http->tokens[i].value, http->tokens[j].value) == 0)
                config_error_in(build->errors, node, NULL, "token '%s' has the same value",
                                http->tokens[j].name);
        if (!http->tokens[i].all_accounts && http->tokens[i].account_count == 0)
            config_warning_in(build->errors, node, NULL,
                              "it may act for no account; accounts = {\"*\"} is all");
    }
}

static bool asks_for_certificates(const struct config *config)
{
    for (size_t i = 0; i < config->listen_count; i++)
        if (config->listens[i].tls.on && config->listens[i].tls.verify != CONFIG_VERIFY_NO)
            return true;
    return false;
}

static void check_accounts(struct config_build *build)
{
    const struct config *config = build->config;
    bool plain = false;

    for (size_t i = 0; i < config->account_count; i++) {
        const struct config_account *account = &config->accounts[i];
        const struct config_node *node = node_of(build, "account", i);

        plain = plain || account->password != NULL;
        if (account->client_certificate[0] != '\0' && !asks_for_certificates(config))
            config_error_in(build->errors, node,
                            config_node_entry(node, "client_certificate"),
                            "no listener asks clients for a certificate: none has tls with "
                            "client_ca");
        config_tls_check_name(build, node, "client_certificate");
        if (account->window > SMPP_CONN_WINDOW_MAX)
            config_warning_in(build->errors, node, config_node_entry(node, "window"),
                              "window has no effect above %d: of more submits the answers "
                              "would not fit into what is kept for a client that does not "
                              "read",
                              SMPP_CONN_WINDOW_MAX);
        if (strlen(account->system_id) > SYSTEM_ID_MAX)
            config_error_in(build->errors, node, config_node_entry(node, "system_id"),
                            "system_id '%s' is longer than %d characters",
                            account->system_id, SYSTEM_ID_MAX);
        if (account->receipt_date_digits % 2 != 0)
            config_error_in(build->errors, node,
                            config_node_entry(node, "receipt_date_digits"),
                            "receipt_date_digits is 10, 12 or 14; not %u",
                            account->receipt_date_digits);
        for (size_t j = 0; j < i; j++)
            if (strcmp(account->system_id, config->accounts[j].system_id) == 0)
                config_error_in(build->errors, node, NULL,
                                "account '%s' has the same system_id",
                                config->accounts[j].name);
    }
    if (plain)
        config_warning_in(
            build->errors, build->root, config_node_entry(build->root, "practice"),
            "practice: plain passwords are in use; never let real traffic in");
}

static void check_text_of_link(struct config_build *build, const struct config_node *node,
                               const char *key, const char *text, size_t longest)
{
    if (strlen(text) > longest)
        config_error_in(build->errors, node, config_node_entry(node, key),
                        "%s is longer than %zu characters", key, longest);
}

static bool is_digits(const char *text)
{
    return text[strspn(text, "0123456789")] == '\0';
}

static void check_prefix(struct config_build *build, const struct config_node *node,
                         const char *prefix)
{
    if (!is_digits(prefix))
        config_error_in(build->errors, node, config_node_entry(node, "prefix"),
                        "prefix is of digits, without '+'; not '%.40s'", prefix);
}

static bool same_sender(const struct config_sender *a, const struct config_sender *b)
{
    return a->class == b->class && strcasecmp(a->name, b->name) == 0 &&
           config_reach_same(&a->reach, a->prefix, &b->reach, b->prefix);
}

static void check_senders(struct config_build *build, const struct config_link *link,
                          const struct config_node *parent)
{
    const struct config_node *node = NULL;
    size_t rows = 0;

    for (size_t i = 0; i < link->sender_count; i++)
        rows += link->senders[i].reach.count;
    if (rows > SENDER_ROWS_MAX)
        config_error_in(build->errors, parent, NULL,
                        "a link has at most %d sender rows, each prefix of a network being "
                        "one",
                        SENDER_ROWS_MAX);
    for (size_t i = 0; (node = config_node_child(parent, "sender", node)) != NULL; i++) {
        const struct config_sender *sender = &link->senders[i];

        if (sender->prefix == NULL || sender->name == NULL)
            continue; /* told as required */
        check_prefix(build, node, sender->prefix);
        if (sender->refuse && sender->becomes[0] != '\0')
            config_error_in(build->errors, node, config_node_entry(node, "becomes"),
                            "what is refused becomes nothing else");
        if (strlen(sender->becomes) > SENDER_MAX || strlen(sender->name) > SENDER_MAX)
            config_error_in(build->errors, node, NULL, "a sender has at most %d characters",
                            SENDER_MAX);
        for (size_t j = 0; j < i; j++)
            if (same_sender(sender, &link->senders[j]))
                config_error_in(build->errors, node, NULL,
                                "there is a row for the same name, %s and class",
                                sender->reach.networks.count > 0 ? "network" : "prefix");
    }
}

/* Another link receives what is reported of this one. */
static bool is_heard(const struct config *config, size_t link)
{
    for (size_t i = 0; i < config->link_count; i++)
        if (i != link && config->links[i].reports_of == link)
            return true;
    return false;
}

static void check_links(struct config_build *build)
{
    const struct config *config = build->config;

    for (size_t i = 0; i < config->link_count; i++) {
        const struct config_link *link = &config->links[i];
        const struct config_node *node = node_of(build, "link", i);

        if (link->reconnect_min_ms > link->reconnect_max_ms)
            config_error_in(build->errors, node, config_node_entry(node, "reconnect_max"),
                            "reconnect_max is shorter than reconnect_min");
        if (strlen(link->system_id) > SYSTEM_ID_MAX)
            config_error_in(build->errors, node, config_node_entry(node, "system_id"),
                            "system_id is longer than %d characters", SYSTEM_ID_MAX);
        check_text_of_link(build, node, "password", link->password, PASSWORD_MAX);
        check_text_of_link(build, node, "system_type", link->system_type, SYSTEM_TYPE_MAX);
        check_text_of_link(build, node, "address_range", link->address_range,
                           ADDRESS_RANGE_MAX);
        check_text_of_link(build, node, "service_type", link->service_type,
                           SERVICE_TYPE_MAX);
        check_text_of_link(build, node, "national_prefix", link->national_prefix,
                           NATIONAL_PREFIX_MAX);
        if (link->interface_version == CONFIG_SMPP_3_3 && link->bind == CONFIG_TRANSCEIVER)
            config_warning_in(build->errors, node,
                              config_node_entry(node, "interface_version"),
                              "SMPP 3.3 has no bind_transceiver; most such operators want "
                              "bind = \"pair\"");
        if (link->interface_version == CONFIG_SMPP_3_3 && link->split == CONFIG_PAYLOAD)
            config_error_in(build->errors, node, config_node_entry(node, "split"),
                            "SMPP 3.3 has no message_payload; say udh8 or udh16");
        check_senders(build, link, node);
        if (link->bind == CONFIG_TRANSMITTER && link->receipts && !is_heard(config, i))
            config_warning_in(
                build->errors, node, config_node_entry(node, "bind"),
                "a transmitter hears no receipts; say receipts = false, or have a "
                "receiver with reports_of = \"%s\"",
                link->name);
    }
}

static void check_channels(struct config_build *build)
{
    for (size_t i = 0; i < build->config->channel_count; i++) {
        const struct profile *profile = build->config->channels[i].profile;
        const char *url = build->config->channels[i].url;
        const struct config_node *node = node_of(build, "channel", i);
        bool plain = strncmp(url, "http://", 7) == 0;

        if (!plain && strncmp(url, "https://", 8) != 0)
            config_error_in(build->errors, node, config_node_entry(node, "url"),
                            "url must begin with https:// or http://");
        else if (plain && !build->config->practice)
            config_warning_in(
                build->errors, node, config_node_entry(node, "url"),
                "url is not encrypted; the token and every text can be read on "
                "the way");
        if (profile != NULL && profile->report_status[0] != '\0' &&
            profile->signature_header[0] == '\0')
            config_warning_in(build->errors, node, config_node_entry(node, "profile"),
                              "its reports are not signed: whoever can reach the hook is "
                              "believed");
    }
}

static bool may_take(const struct config_account *account, size_t plan)
{
    for (size_t i = 0; i < account->plan_count; i++)
        if (account->plans[i] == plan)
            return true;
    return false;
}

/* Some destination at least has a price. */
static bool has_sell_price(const struct config *config, size_t account,
                           const struct config_plan *plan, const struct config_way *way)
{
    const struct config_account *buyer = &config->accounts[account];
    enum config_class class = plan->class == CONFIG_ANY_CLASS ? buyer->class : plan->class;

    for (size_t i = 0; i < config->price_count; i++) {
        const struct config_price *price = &config->prices[i];

        if (price->side == CONFIG_SELL &&
            (price->any_account || price->account == account) &&
            (price->channel.name[0] == '\0' ||
             strcmp(price->channel.name, way->name) == 0) &&
            (price->class == CONFIG_ANY_CLASS || price->class == class) &&
            strcmp(price->currency, buyer->currency) == 0)
            return true;
    }
    return false;
}

/* One sentence per step and channel, naming the first account that would miss the price. */
static void check_step_prices(struct config_build *build, size_t plan, size_t step,
                              const struct config_node *node)
{
    const struct config *config = build->config;
    const struct config_step *said = &config->plans[plan].steps[step];

    for (size_t i = 0; i < said->way_count; i++) {
        for (size_t account = 0; account < config->account_count; account++) {
            if (!may_take(&config->accounts[account], plan) ||
                has_sell_price(config, account, &config->plans[plan], &said->ways[i]))
                continue;
            config_warning_in(build->errors, node, NULL,
                              "no sell price in %s for account '%s' on '%s'; the step is "
                              "skipped for it",
                              config->accounts[account].currency,
                              config->accounts[account].name, said->ways[i].name);
            break;
        }
    }
}

/* Whose form all texts of the plan are cut in: catalog_form_link(). */
static const struct config_link *form_link(const struct config *config,
                                           const struct config_plan *plan)
{
    for (size_t i = plan->step_count; i > 0; i--)
        if (plan->steps[i - 1].way_count > 0 && plan->steps[i - 1].ways[0].is_link)
            return &config->links[plan->steps[i - 1].ways[0].index];
    return NULL;
}

/* Mostly (dispatch_permit.c): it gets all parts, and about as many as the other would. */
static bool cuts_its_own_way(const struct config_step *step, const struct config_link *link,
                             const struct config_link *form)
{
    return step->way_count == 1 && link->split != CONFIG_PAYLOAD &&
           form->split != CONFIG_PAYLOAD;
}

static void check_forms(struct config_build *build, const struct config_plan *plan,
                        const struct config_step *step, const struct config_node *node)
{
    const struct config_link *form = form_link(build->config, plan);

    for (size_t i = 0; i < step->way_count; i++) {
        const struct config_link *link;

        if (!step->ways[i].is_link)
            continue;
        link = &build->config->links[step->ways[i].index];
        if (form != NULL &&
            ((link->split != form->split && !cuts_its_own_way(step, link, form)) ||
             link->languages != form->languages))
            config_warning_in(
                build->errors, node, NULL,
                "link '%s' gets long texts as link '%s' has them: the links of a plan "
                "share the languages of the first one in its last step, and those of a "
                "step its split",
                link->name, form->name);
    }
}

static void check_plans(struct config_build *build)
{
    for (size_t i = 0; i < build->config->plan_count; i++) {
        const struct config_node *plan = node_of(build, "plan", i);
        const struct config_node *step = NULL;

        for (size_t j = 0; (step = config_node_child(plan, "step", step)) != NULL; j++) {
            check_step_prices(build, i, j, step);
            check_forms(build, &build->config->plans[i], &build->config->plans[i].steps[j],
                        step);
        }
    }
}

static int compare_indexes(size_t a, size_t b)
{
    return a < b ? -1 : a > b;
}

/* 0: they are of the same, but for the networks they name. */
static int compare_reach(const struct config_price *a, const struct config_price *b)
{
    int result = strcmp(a->prefix, b->prefix);

    if (result == 0)
        result = strcmp(a->channel.name, b->channel.name);
    if (result == 0)
        result = strcmp(a->currency, b->currency);
    if (result == 0)
        result = compare_indexes(a->any_account ? SIZE_MAX : a->account,
                                 b->any_account ? SIZE_MAX : b->account);
    if (result == 0)
        result = compare_indexes(a->side, b->side);
    return result != 0 ? result : compare_indexes(a->class, b->class);
}

/* Those of the same beside each other, in the order of the file. */
static int compare_prices(const void *left, const void *right)
{
    const struct config_price *a = *(const struct config_price *const *)left;
    const struct config_price *b = *(const struct config_price *const *)right;
    int result = compare_reach(a, b);

    return result != 0 ? result : compare_indexes((size_t)a, (size_t)b);
}

/* Sorted, because a price list may have tens of thousands of rows, and is read again while
 * the gateway runs. */
static void check_prices_differ(struct config_build *build)
{
    const struct config *config = build->config;
    const struct config_price **rows = config_memory_take(
        build->memory, (config->price_count + 1) * sizeof(const struct config_price *));
    size_t first = 0; /* of those of the same */

    for (size_t i = 0; i < config->price_count; i++)
        rows[i] = &config->prices[i];
    qsort(rows, config->price_count, sizeof(const struct config_price *), compare_prices);
    for (size_t i = 1; i < config->price_count; i++) {
        if (compare_reach(rows[first], rows[i]) != 0)
            first = i;
        for (size_t j = first; j < i; j++) {
            if (!config_reach_same(&rows[i]->reach, rows[i]->prefix, &rows[j]->reach,
                                   rows[j]->prefix))
                continue;
            config_error_in(
                build->errors, node_of(build, "price", (size_t)(rows[i] - config->prices)),
                NULL, "the same is priced already, on line %d",
                node_of(build, "price", (size_t)(rows[j] - config->prices))->line);
            break;
        }
    }
}

/* What nobody will ever prove is never billed: it would be free without saying so. */
static void check_event(struct config_build *build, const struct config_node *node,
                        const struct config_price *price)
{
    static const struct {
        const char *name;
        enum config_proof needs;
    } events[] = {
        [CONFIG_ON_SUBMIT] = {"submit",    CONFIG_ACCEPTED },
        [CONFIG_ON_ACCEPTED] = {"accepted",  CONFIG_ACCEPTED },
        [CONFIG_ON_DELIVERED] = {"delivered", CONFIG_DELIVERED},
        [CONFIG_ON_READ] = {"read",      CONFIG_READ     },
    };

    if (price->channel.name[0] == '\0' ||
        config_proof_of(build->config, &price->channel) >= events[price->billed].needs)
        return;
    config_warning_in(build->errors, node, config_node_entry(node, "on"),
                      "'%s' cannot prove that something was %s: it is never billed",
                      price->channel.name, events[price->billed].name);
}

static void check_rules_and_prices(struct config_build *build)
{
    const struct config *config = build->config;
    const struct config_node *node = NULL;

    for (size_t i = 0; (node = config_node_child(build->root, "rule", node)) != NULL; i++)
        check_prefix(build, node, config->rules[i].prefix);
    for (size_t i = 0; (node = config_node_child(build->root, "price", node)) != NULL;
         i++) {
        check_prefix(build, node, config->prices[i].prefix);
        check_event(build, node, &config->prices[i]);
    }
    check_prices_differ(build);
}

void config_check(struct config_build *build)
{
    check_listeners(build);
    check_tokens(build);
    check_accounts(build);
    check_links(build);
    check_channels(build);
    check_plans(build);
    check_rules_and_prices(build);
    config_check_inbounds(build);
}
