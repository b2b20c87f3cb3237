/*
 * Inbound sections of the configuration: whose subscribers' messages are, and the words
 * with which they opt out.
 */
#include "gateway/config_build.h"

#include <string.h>

#include "gateway/signature.h"
#include "routing/keyword.h"
#include "routing/number.h"

enum { WEBHOOK_KEY_MIN = 24 };

static const char *const usual_stop_words[] = {
    "STOP",  "STOPALL", "STOPP", "UNSUBSCRIBE", "OPTOUT",
    "ARRET", "BAJA",    "СТОП",  "ОТПИСАТЬСЯ",
};
static const char *const usual_start_words[] = {"START", "UNSTOP", "СТАРТ"};

/* The common form of a word; "" after a sentence when it is no single word. */
static const char *fold(struct config_build *build, const struct config_node *node,
                        const struct config_entry *entry, const char *word)
{
    char first[KEYWORD_SIZE];
    bool is_long = keyword_read(word, strlen(word), first);

    if (is_long || first[0] == '\0' || strpbrk(word, " \t\r\n") != NULL) {
        config_error_in(build->errors, node, entry,
                        "'%.40s' is not one word of at most %d letters", word,
                        (KEYWORD_SIZE - 1) / 2);
        return "";
    }
    return config_memory_text(build->memory, first);
}

static struct config_words fold_all(struct config_build *build,
                                    const struct config_node *node,
                                    const struct config_entry *entry,
                                    const char *const *words, size_t count)
{
    const char **folded = config_memory_take(build->memory, (count + 1) * sizeof(*folded));

    for (size_t i = 0; i < count; i++)
        folded[i] = fold(build, node, entry, words[i]);
    return (struct config_words){words, folded, count};
}

static struct config_words words_of(struct config_build *build,
                                    const struct config_node *node, const char *key,
                                    const char *const *usual, size_t usual_count)
{
    const struct config_entry *entry = config_node_entry(node, key);

    if (entry == NULL)
        return fold_all(build, node, NULL, usual, usual_count);
    if (entry->value_count == 1 && entry->values[0][0] == '\0')
        return (struct config_words){0};
    return fold_all(build, node, entry, entry->values, entry->value_count);
}

/* "12345", "4479*", "*": digits, and whether more may follow. */
static void build_number(struct config_build *build, const struct config_node *node,
                         struct config_inbound *inbound)
{
    size_t size = strlen(inbound->to);
    char digits[NUMBER_SIZE];

    inbound->to_digits = "";
    inbound->to_is_prefix = size > 0 && inbound->to[size - 1] == '*';
    size -= inbound->to_is_prefix;
    if (size == 0)
        return;
    if (inbound->to_is_prefix && size < NUMBER_SIZE &&
        strspn(inbound->to, "0123456789") == size) {
        memcpy(digits, inbound->to, size);
        digits[size] = '\0';
    } else if (inbound->to_is_prefix || !number_normalise(inbound->to, size, digits)) {
        config_error_in(build->errors, node, config_node_entry(node, "to"),
                        "to is a number such as \"12345\", or how it begins such as "
                        "\"4479*\"; not '%.40s'",
                        inbound->to);
        return;
    }
    inbound->to_digits = config_memory_text(build->memory, digits);
}

static void build_link(struct config_build *build, const struct config_node *node,
                       struct config_inbound *inbound)
{
    const char *link = config_build_word(node, "link");
    int index;

    inbound->any_link = link == NULL || strcmp(link, "*") == 0;
    if (inbound->any_link)
        return;
    index = config_find_link(build->config, link);
    if (index >= 0)
        inbound->link = (size_t)index;
    else
        config_build_unknown(build, node, config_node_entry(node, "link"), "link", link,
                             config_build_titles(build, "link", "link"));
}

static void build_webhook(struct config_build *build, const struct config_node *node,
                          struct config_inbound *inbound)
{
    inbound->webhook_secret =
        config_secret(build, node, "webhook_secret", "webhook_secret_file");
    if (inbound->webhook_secret == NULL)
        inbound->webhook_secret = "";
    if (inbound->webhook_secret[0] != '\0' &&
        !signature_key_read(inbound->webhook_secret, WEBHOOK_KEY_MIN,
                            sizeof(inbound->webhook_key), inbound->webhook_key,
                            &inbound->webhook_key_size))
        config_error_in(build->errors, node, config_node_entry(node, "webhook_secret"),
                        "webhook_secret is \"whsec_\" and the base64 of %d to %d octets",
                        WEBHOOK_KEY_MIN, CONFIG_WEBHOOK_KEY_MAX);
}

void config_build_inbounds(struct config_build *build)
{
    struct config *config = build->config;
    const struct config_node *node = NULL;
    struct config_inbound *inbound = config->inbounds = config_build_take(
        build, build->root, "inbound", sizeof(*inbound), &config->inbound_count);

    for (; (node = config_node_child(build->root, "inbound", node)) != NULL; inbound++) {
        const char *account = config_build_word(node, "account");

        inbound->name = config_build_name(build, node);
        config_build_rows(build, node, inbound);
        build_number(build, node, inbound);
        build_link(build, node, inbound);
        build_webhook(build, node, inbound);
        inbound->folded =
            inbound->keyword[0] != '\0'
                ? fold(build, node, config_node_entry(node, "keyword"), inbound->keyword)
                : "";
        inbound->stop_words =
            words_of(build, node, "stop_words", usual_stop_words,
                     sizeof(usual_stop_words) / sizeof(usual_stop_words[0]));
        inbound->start_words =
            words_of(build, node, "start_words", usual_start_words,
                     sizeof(usual_start_words) / sizeof(usual_start_words[0]));
        if (account != NULL)
            inbound->account = config_build_account(
                build, node, config_node_entry(node, "account"), account);
    }
}

/* What the first takes the second never sees. */
static bool covers(const struct config_inbound *first, const struct config_inbound *second)
{
    return (first->any_link || (!second->any_link && first->link == second->link)) &&
           (first->folded[0] == '\0' || strcmp(first->folded, second->folded) == 0) &&
           (first->to_is_prefix || first->to_digits[0] == '\0'
                ? strncmp(second->to_digits, first->to_digits, strlen(first->to_digits)) ==
                      0
                : !second->to_is_prefix &&
                      strcmp(second->to_digits, first->to_digits) == 0);
}

void config_check_inbounds(struct config_build *build)
{
    const struct config *config = build->config;
    const struct config_node *node = NULL;

    for (size_t i = 0; (node = config_node_child(build->root, "inbound", node)) != NULL;
         i++) {
        const struct config_inbound *inbound = &config->inbounds[i];
        bool plain = strncmp(inbound->webhook, "http://", 7) == 0;

        if (inbound->webhook[0] != '\0' && !plain &&
            strncmp(inbound->webhook, "https://", 8) != 0)
            config_error_in(build->errors, node, config_node_entry(node, "webhook"),
                            "webhook must begin with https:// or http://");
        else if (plain && !config->practice)
            config_warning_in(
                build->errors, node, config_node_entry(node, "webhook"),
                "webhook is not encrypted; every text can be read on the way");
        if (inbound->webhook[0] != '\0' && inbound->webhook_secret[0] == '\0')
            config_warning_in(build->errors, node, config_node_entry(node, "webhook"),
                              "without webhook_secret nobody can tell our posts from "
                              "those of others");
        for (size_t j = 0; j < i; j++)
            if (covers(&config->inbounds[j], inbound)) {
                config_warning_in(build->errors, node, NULL,
                                  "inbound '%s' before it takes all of its messages",
                                  config->inbounds[j].name);
                break;
            }
    }
}
