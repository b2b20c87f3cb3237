/* The rules with the numbers of the catalogue, and room for one text. */
#include "gateway/content.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/catalog.h"
#include "gateway/config.h"
#include "gateway/gateway.h"
#include "gateway/translate.h"

struct contents {
    struct content_rule *rules;
    size_t count;
    char *text; /* TRANSLATE_TEXT_MAX octets; also folded in place */
};

static const enum content_action actions[] = {
    [CONFIG_CONTENT_PASS] = CONTENT_PASS,
    [CONFIG_CONTENT_DENY] = CONTENT_DENY,
    [CONFIG_CONTENT_REVIEW] = CONTENT_REVIEW,
};

static struct content_list list_of(const struct config_list *list)
{
    return (struct content_list){list->words, list->count};
}

static struct content_rule rule_of(const struct gateway *gateway,
                                   const struct config_content *config)
{
    struct content_rule rule = {
        .name = config->name,
        .account = (uint32_t)CONTENT_ANY_ACCOUNT,
        .texts = list_of(&config->texts),
        .domains = list_of(&config->domains),
        .domains_not = list_of(&config->domains_not),
        .class = CONTENT_SAME_CLASS,
        .action = actions[config->action],
    };

    if (!config->any_account)
        rule.account = catalog_account_at(gateway->catalog, config->account)->number;
    if (config->class != CONFIG_ANY_CLASS)
        rule.class = (uint8_t)config->class;
    if (config->has_plan)
        rule.plan = catalog_plan_at(gateway->catalog, config->plan)->id;
    return rule;
}

struct contents *contents_new(struct gateway *gateway)
{
    struct contents *contents = calloc(1, sizeof(*contents));
    size_t count = gateway->config->content_count;

    if (contents == NULL)
        abort();
    contents->count = count;
    if (count == 0)
        return contents;
    contents->rules = calloc(count, sizeof(*contents->rules));
    contents->text = malloc(TRANSLATE_TEXT_MAX);
    if (contents->rules == NULL || contents->text == NULL)
        abort();
    for (size_t i = 0; i < count; i++)
        contents->rules[i] = rule_of(gateway, &gateway->config->contents[i]);
    return contents;
}

void contents_free(struct contents *contents)
{
    if (contents == NULL)
        return;
    free(contents->rules);
    free(contents->text);
    free(contents);
}

static const struct content_rule *find(const struct contents *contents, uint32_t account,
                                       size_t size)
{
    /* A folded text is never longer than what it was made of. */
    size = content_fold(contents->text, size, contents->text);
    return content_find(contents->rules, contents->count, account, contents->text, size);
}

const struct content_rule *contents_judge(const struct gateway *gateway, uint32_t account,
                                          const struct body *body,
                                          enum smpp_alphabet alphabet)
{
    const struct contents *contents = gateway->contents;
    size_t size;

    if (contents->count == 0)
        return NULL;
    /* What is no text fits the rules that say nothing of it. */
    if (!translate_body_text(body, alphabet, contents->text, TRANSLATE_TEXT_MAX, &size))
        size = 0;
    return find(contents, account, size);
}

const struct content_rule *contents_judge_whole(const struct gateway *gateway,
                                                const struct live *live,
                                                enum smpp_alphabet alphabet)
{
    const struct contents *contents = gateway->contents;

    if (contents->count == 0 ||
        !translate_text(live, alphabet, contents->text, TRANSLATE_TEXT_MAX))
        return NULL;
    return find(contents, live->message.account, strlen(contents->text));
}
