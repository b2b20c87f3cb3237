/*
 * The effective configuration as a file again: rows print themselves, and what
 * is put in place by hand is printed by hand here.
 */
#include "gateway/config.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/config_build.h"
#include "gateway/config_rows.h"
#include "gateway/config_value.h"
#include "routing/message.h"
#include "smpp/gsm.h"

static void print_rows(const char *section, const void *base, int indent, FILE *out)
{
    config_section_print(config_keys, config_key_count, section, base, indent, out);
}

static void print_word(const char *name, const char *value, int indent, FILE *out)
{
    fprintf(out, "%*s%s = ", indent, "", name);
    config_text_print(value, out);
    fputc('\n', out);
}

/* NULL and "" are not there. */
static void print_secret(const char *name, const char *value, int indent, FILE *out)
{
    if (value != NULL && value[0] != '\0')
        print_word(name, CONFIG_MASK, indent, out);
}

static void print_list(const char *name, const struct config_list *list, int indent,
                       FILE *out)
{
    fprintf(out, "%*s%s = {", indent, "", name);
    for (size_t i = 0; i < list->count; i++) {
        fputs(i > 0 ? ", " : "", out);
        config_text_print(list->words[i], out);
    }
    fputs("}\n", out);
}

static void print_addresses(const char *name, const struct config_network *networks,
                            size_t count, int indent, FILE *out)
{
    fprintf(out, "%*s%s = {", indent, "", name);
    for (size_t i = 0; i < count; i++) {
        fputs(i > 0 ? ", " : "", out);
        config_network_print(&networks[i], out);
    }
    fputs("}\n", out);
}

/* What was said instead of a prefix. */
static void print_reach(const struct config_reach *reach, int indent, FILE *out)
{
    if (reach->networks.count > 0)
        print_list("network", &reach->networks, indent, out);
}

static void print_global(const struct config *config, FILE *out)
{
    char *folder = realpath(config->providers, NULL);

    print_rows("global", config, 0, out);
    print_word("providers", folder != NULL ? folder : config->providers, 0, out);
    free(folder);
    print_list("destinations", &config->destinations, 0, out);
    print_list("premium_ranges", &config->premium_ranges, 0, out);
    print_addresses("private_networks", config->private_networks,
                    config->private_network_count, 0, out);
    if (config->private_ca[0] != '\0')
        print_word("private_ca", config->private_ca, 0, out);
}

static void print_http(const struct config *config, FILE *out)
{
    const struct config_http *http = &config->http;

    if (http->address.host[0] == '\0')
        return;
    fputs("\nhttp {\n", out);
    print_rows("http", http, 2, out);
    for (size_t i = 0; i < http->token_count; i++) {
        const struct config_token *token = &http->tokens[i];

        fprintf(out, "  token \"%s\" {\n", token->name);
        print_rows("token", token, 4, out);
        print_secret("value", token->value, 4, out);
        fprintf(out, "    accounts = {%s", token->all_accounts ? "\"*\"" : "");
        for (size_t j = 0; j < token->account_count; j++)
            fprintf(out, "%s\"%s\"", j > 0 ? ", " : "", token->accounts[j]);
        fputs("}\n  }\n", out);
    }
    fputs("}\n", out);
}

static void print_tlvs(const struct config_tlvs *tlvs, FILE *out)
{
    for (size_t i = 0; i < tlvs->count; i++) {
        const struct config_tlv *tlv = &tlvs->list[i];

        fprintf(out, "  tlv \"0x%04X\" {\n", tlv->tag);
        print_rows("tlv", tlv, 4, out);
        for (size_t j = 0; j < tlv->value_count; j++) {
            char pair[512];

            snprintf(pair, sizeof(pair), "%s = %s", tlv->values[j].wire,
                     tlv->values[j].word);
            fputs(j > 0 ? ", " : "    values = {", out);
            config_text_print(pair, out);
        }
        fputs(tlv->value_count > 0 ? "}\n  }\n" : "  }\n", out);
    }
}

static void print_classes(const struct config_account *account, FILE *out)
{
    const char *comma = "";
    const char *name;

    fputs("  classes = {", out);
    for (uint8_t i = 0; (name = message_class_name(i)) != NULL; i++) {
        if (!(account->classes & 1u << i))
            continue;
        fprintf(out, "%s\"%s\"", comma, name);
        comma = ", ";
    }
    fputs("}\n", out);
}

static void print_account(const struct config *config, const struct config_account *account,
                          FILE *out)
{
    fprintf(out, "\naccount \"%s\" {\n", account->name);
    print_word("system_id", account->system_id, 2, out);
    print_secret("password", account->password, 2, out);
    print_secret("password_hash", account->password_hash, 2, out);
    print_word("plan", config->plans[account->plan].name, 2, out);
    fputs("  plans = {", out);
    for (size_t i = 0; i < account->plan_count; i++)
        fprintf(out, "%s\"%s\"", i > 0 ? ", " : "", config->plans[account->plans[i]].name);
    fputs("}\n", out);
    print_classes(account, out);
    print_rows("account", account, 2, out);
    print_list("destinations", &account->destinations, 2, out);
    print_list("sources", &account->sources, 2, out);
    print_list("data_codings", &account->data_codings, 2, out);
    print_list("esm_classes", &account->esm_classes, 2, out);
    print_list("protocol_ids", &account->protocol_ids, 2, out);
    print_list("ports", &account->ports, 2, out);
    print_addresses("allow_from", account->allow_from, account->allow_from_count, 2, out);
    print_tlvs(&account->tlvs, out);
    fputs("}\n", out);
}

static void print_on_status(const char *title, const struct config_on_status *row,
                            FILE *out)
{
    fprintf(out, "  on_status \"%s\" {\n", title);
    print_rows("on_status", row, 4, out);
    if (row->delay_count > 0) {
        fputs("    delays = {", out);
        for (size_t i = 0; i < row->delay_count; i++) {
            fputs(i > 0 ? ", \"" : "\"", out);
            config_duration_print(row->delays_ms[i], out);
            fputc('"', out);
        }
        fputs("}\n", out);
    }
    fputs("  }\n", out);
}

static void print_address(const struct config_address *address, FILE *out)
{
    fprintf(out, strchr(address->host, ':') ? "\"[%s]:%u\"" : "\"%s:%u\"", address->host,
            address->port);
}

static void print_hosts(const struct config_link *link, FILE *out)
{
    size_t first = link->address.host[0] != '\0';

    if (first == link->host_count)
        return;
    fputs("  hosts = {", out);
    for (size_t i = first; i < link->host_count; i++) {
        fputs(i > first ? ", " : "", out);
        print_address(&link->hosts[i], out);
    }
    fputs("}\n", out);
}

static void print_receipts(const struct config_link *link, FILE *out)
{
    const struct smpp_receipt_form *form = &link->receipt_form;

    if (form->column_count > 0) {
        fputs("  receipt_columns = {", out);
        for (uint8_t i = 0; i < form->column_count; i++)
            fprintf(out, "%s\"%s\"", i > 0 ? ", " : "",
                    config_receipt_column_name(form->columns[i]));
        fputs("}\n", out);
    }
    for (size_t i = 0; i < link->report_word_count; i++) {
        const struct config_report_word *row = &link->report_words[i];

        fputs("  report_word ", out);
        config_text_print(row->word, out);
        fputs(" {\n", out);
        print_rows("report_word", row, 4, out);
        if (row->reason != REASON_NONE)
            print_word("reason", reason_name(row->reason), 4, out);
        fputs("  }\n", out);
    }
    for (size_t i = 0; i < link->report_error_count; i++) {
        fputs("  report_error ", out);
        config_text_print(link->report_errors[i].error, out);
        fputs(" {\n", out);
        print_word("reason", reason_name(link->report_errors[i].reason), 4, out);
        fputs("  }\n", out);
    }
}

static void print_languages(const struct config_link *link, FILE *out)
{
    const char *comma = "";

    fputs("  languages = {", out);
    for (uint8_t language = 1; language < SMPP_LANGUAGES; language++) {
        if (!(link->languages & 1u << language))
            continue;
        fprintf(out, "%s\"%s\"", comma, smpp_language_name(language));
        comma = ", ";
    }
    fputs("}\n", out);
}

static void print_link(const struct config *config, const struct config_link *link,
                       FILE *out)
{
    fprintf(out, "\nlink \"%s\" {\n", link->name);
    print_rows("link", link, 2, out);
    print_hosts(link, out);
    config_on_report_print(&link->on_report, out);
    config_forms_print(link, out);
    print_secret("password", link->password, 2, out);
    if (link->bind == CONFIG_RECEIVER)
        print_word("reports_of", config->links[link->reports_of].name, 2, out);
    config_tls_print(&link->tls, true, 2, out);
    print_receipts(link, out);
    print_languages(link, out);
    for (size_t i = 0; i < link->sender_count; i++) {
        fputs("  sender {\n", out);
        print_rows("sender", &link->senders[i], 4, out);
        print_reach(&link->senders[i].reach, 4, out);
        fputs("  }\n", out);
    }
    for (size_t i = 0; i < link->on_status_count; i++) {
        char title[16];

        snprintf(title, sizeof(title), "0x%02X", link->on_status[i].status);
        print_on_status(title, &link->on_status[i], out);
    }
    print_on_status("other", &link->on_other, out);
    print_tlvs(&link->tlvs, out);
    fputs("}\n", out);
}

static void print_channel(const struct config_channel *channel, FILE *out)
{
    fprintf(out, "\nchannel \"%s\" {\n", channel->name);
    print_word("profile", channel->profile_name, 2, out);
    print_word("label", channel->label, 2, out);
    print_rows("channel", channel, 2, out);
    print_secret("token", channel->token, 2, out);
    print_secret("key", channel->key, 2, out);
    fputs("}\n", out);
}

static void print_plan(const struct config_plan *plan, FILE *out)
{
    fprintf(out, "\nplan \"%s\" {\n  order = \"manual\"\n", plan->name);
    print_rows("plan", plan, 2, out);
    for (size_t i = 0; i < plan->step_count; i++) {
        const struct config_step *step = &plan->steps[i];

        fprintf(out, "  step \"%s\" {\n    channels = {", step->name);
        for (size_t j = 0; j < step->way_count; j++) {
            fprintf(out, "%s\"%s", j > 0 ? ", " : "", step->ways[j].name);
            if (step->choose == CONFIG_CHOOSE_WEIGHT)
                fprintf(out, ":%u", step->ways[j].weight);
            fputc('"', out);
        }
        fputs("}\n", out);
        print_rows("step", step, 4, out);
        fputs("  }\n", out);
    }
    fputs("}\n", out);
}

static void print_words(const char *name, const struct config_words *words, FILE *out)
{
    fprintf(out, "  %s = {%s", name, words->count == 0 ? "\"\"" : "");
    for (size_t i = 0; i < words->count; i++) {
        fputs(i > 0 ? ", " : "", out);
        config_text_print(words->said[i], out);
    }
    fputs("}\n", out);
}

static void print_inbound(const struct config *config, const struct config_inbound *inbound,
                          FILE *out)
{
    fprintf(out, "\ninbound \"%s\" {\n", inbound->name);
    print_word("link", inbound->any_link ? "*" : config->links[inbound->link].name, 2, out);
    print_word("account", config->accounts[inbound->account].name, 2, out);
    print_rows("inbound", inbound, 2, out);
    print_secret("webhook_secret", inbound->webhook_secret, 2, out);
    print_words("stop_words", &inbound->stop_words, out);
    print_words("start_words", &inbound->start_words, out);
    fputs("}\n", out);
}

void config_print(const struct config *config, FILE *out)
{
    print_global(config, out);
    for (size_t i = 0; i < config->network_count; i++) {
        fprintf(out, "\nnetwork \"%s\" {\n", config->networks[i].code);
        print_rows("network", &config->networks[i], 2, out);
        print_list("prefixes", &config->networks[i].prefixes, 2, out);
        fputs("}\n", out);
    }
    for (size_t i = 0; i < config->listen_count; i++) {
        fprintf(out, "\nlisten \"%s\" {\n", config->listens[i].name);
        print_rows("listen", &config->listens[i], 2, out);
        config_tls_print(&config->listens[i].tls, false, 2, out);
        fputs("}\n", out);
    }
    print_http(config, out);
    for (size_t i = 0; i < config->account_count; i++)
        print_account(config, &config->accounts[i], out);
    for (size_t i = 0; i < config->link_count; i++)
        print_link(config, &config->links[i], out);
    for (size_t i = 0; i < config->channel_count; i++)
        print_channel(&config->channels[i], out);
    for (size_t i = 0; i < config->plan_count; i++)
        print_plan(&config->plans[i], out);
    config_print_contents(config, out);
    for (size_t i = 0; i < config->rule_count; i++) {
        const struct config_rule *rule = &config->rules[i];

        fputs("\nrule {\n", out);
        print_word("account",
                   rule->any_account ? "*" : config->accounts[rule->account].name, 2, out);
        print_rows("rule", rule, 2, out);
        print_reach(&rule->reach, 2, out);
        print_word("plan", config->plans[rule->plan].name, 2, out);
        fputs("}\n", out);
    }
    for (size_t i = 0; i < config->price_count; i++) {
        const struct config_price *price = &config->prices[i];

        fputs("\nprice {\n", out);
        if (price->side == CONFIG_SELL)
            print_word("account",
                       price->any_account ? "*" : config->accounts[price->account].name, 2,
                       out);
        print_word("channel", price->channel.name[0] != '\0' ? price->channel.name : "*", 2,
                   out);
        print_rows("price", price, 2, out);
        print_reach(&price->reach, 2, out);
        fputs("}\n", out);
    }
    for (size_t i = 0; i < config->inbound_count; i++)
        print_inbound(config, &config->inbounds[i], out);
}
