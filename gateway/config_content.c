/*
 * Content rules: their patterns are folded once, as every text is that they are held
 * against.
 */
#include "gateway/config_build.h"

#include <string.h>

#include "gateway/config_rows.h"
#include "gateway/config_value.h"
#include "routing/content.h"

static const char *folded(struct config_build *build, const char *pattern)
{
    char out[CONTENT_PATTERN_MAX + 1];
    size_t size = content_fold(pattern, strlen(pattern), out);

    out[size] = '\0';
    return config_memory_text(build->memory, out);
}

/* "*.example" and ".example" are written for "example": all below it is meant anyway. */
static const char *domain_of(const char *text)
{
    if (strncmp(text, "*.", 2) == 0)
        return text + 2;
    return text[0] == '.' ? text + 1 : text;
}

static void build_list(struct config_build *build, const struct config_node *node,
                       const char *key, bool of_domains, struct config_list *out)
{
    const struct config_entry *entry = config_node_entry(node, key);
    const char **strings;

    if (entry == NULL)
        return;
    strings = config_memory_take(build->memory, entry->value_count * sizeof(*strings));
    for (size_t i = 0; i < entry->value_count; i++) {
        const char *text = of_domains ? domain_of(entry->values[i]) : entry->values[i];
        size_t size = strlen(text);

        if (size > 0 && size <= CONTENT_PATTERN_MAX) {
            strings[i] = folded(build, text);
            continue;
        }
        strings[i] = "";
        config_error_in(build->errors, node, entry, "%s must hold 1 to %d octets each", key,
                        CONTENT_PATTERN_MAX);
    }
    *out = (struct config_list){strings, entry->value_count};
}

static void build_content(struct config_build *build, const struct config_node *node,
                          struct config_content *content)
{
    const char *account = config_build_word(node, "account");
    const char *plan = config_build_word(node, "plan");

    content->name = config_build_name(build, node);
    config_build_rows(build, node, content);
    content->any_account = account == NULL || strcmp(account, "*") == 0;
    if (!content->any_account)
        content->account =
            config_build_account(build, node, config_node_entry(node, "account"), account);
    content->has_plan = plan != NULL;
    if (plan != NULL)
        content->plan =
            config_build_plan(build, node, config_node_entry(node, "plan"), plan);
    build_list(build, node, "text", false, &content->texts);
    build_list(build, node, "domains", true, &content->domains);
    build_list(build, node, "domains_not", true, &content->domains_not);
    if (content->action == CONFIG_CONTENT_DENY &&
        (content->has_plan || content->class != CONFIG_ANY_CLASS))
        config_error_in(build->errors, node, config_node_entry(node, "action"),
                        "what is denied has neither class nor plan");
}

void config_build_contents(struct config_build *build)
{
    struct config *config = build->config;
    const struct config_node *node = NULL;
    struct config_content *content = config->contents = config_build_take(
        build, build->root, "content", sizeof(*content), &config->content_count);

    for (; (node = config_node_child(build->root, "content", node)) != NULL; content++)
        build_content(build, node, content);
}

static void print_list(const char *key, const struct config_list *list, FILE *out)
{
    if (list->count == 0)
        return;
    fprintf(out, "  %s = {", key);
    for (size_t i = 0; i < list->count; i++) {
        fputs(i > 0 ? ", " : "", out);
        config_text_print(list->words[i], out);
    }
    fputs("}\n", out);
}

void config_print_contents(const struct config *config, FILE *out)
{
    for (size_t i = 0; i < config->content_count; i++) {
        const struct config_content *content = &config->contents[i];

        fprintf(out, "\ncontent \"%s\" {\n  account = ", content->name);
        config_text_print(
            content->any_account ? "*" : config->accounts[content->account].name, out);
        fputc('\n', out);
        print_list("text", &content->texts, out);
        print_list("domains", &content->domains, out);
        print_list("domains_not", &content->domains_not, out);
        if (content->has_plan)
            fprintf(out, "  plan = \"%s\"\n", config->plans[content->plan].name);
        config_section_print(config_keys, config_key_count, "content", content, 2, out);
        fputs("}\n", out);
    }
}
