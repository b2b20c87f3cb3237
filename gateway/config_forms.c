/*
 * How a link writes addresses: the source and destination sections of link, one for each
 * form an address can have.
 */
#include "gateway/config_build.h"

#include <string.h>

#include "gateway/config_rows.h"

static const char *const names[CONFIG_FORMS] = {
    [CONFIG_FORM_INTERNATIONAL] = "international",
    [CONFIG_FORM_NATIONAL] = "national",
    [CONFIG_FORM_SHORT] = "short",
    [CONFIG_FORM_ALPHANUMERIC] = "alphanumeric",
};

static int form_named(const char *name)
{
    for (int i = 0; i < CONFIG_FORMS; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    return -1;
}

static void build_forms(struct config_build *build, const struct config_node *node,
                        const char *section, const struct config_link *link,
                        struct config_form *forms)
{
    const struct config_node *child = NULL;

    for (int i = 0; i < CONFIG_FORMS; i++)
        forms[i] = (struct config_form){.ton = CONFIG_AS_GIVEN, .npi = CONFIG_AS_GIVEN};
    while ((child = config_node_child(node, section, child)) != NULL) {
        int form = form_named(child->title);

        if (form < 0) {
            config_error_in(build->errors, child, NULL,
                            "a form is international, national, short or alphanumeric");
            continue;
        }
        config_build_rows(build, child, &forms[form]);
        forms[form].said = true;
        if (form == CONFIG_FORM_NATIONAL && link->country_code[0] == '\0')
            config_error_in(
                build->errors, child, NULL,
                "national numbers are those of country_code, which is not said");
    }
}

void config_forms_build(struct config_build *build, const struct config_node *node,
                        struct config_link *link)
{
    if (link->country_code[strspn(link->country_code, "0123456789")] != '\0')
        config_error_in(build->errors, node, config_node_entry(node, "country_code"),
                        "country_code is of digits, without '+'; not '%.20s'",
                        link->country_code);
    build_forms(build, node, "source", link, link->sources);
    build_forms(build, node, "destination", link, link->destinations);
}

static void print_forms(const char *section, const struct config_form *forms, FILE *out)
{
    for (int i = 0; i < CONFIG_FORMS; i++) {
        if (!forms[i].said)
            continue;
        fprintf(out, "  %s \"%s\" {\n", section, names[i]);
        config_section_print(config_keys, config_key_count, section, &forms[i], 4, out);
        fputs("  }\n", out);
    }
}

void config_forms_print(const struct config_link *link, FILE *out)
{
    print_forms("source", link->sources, out);
    print_forms("destination", link->destinations, out);
}
