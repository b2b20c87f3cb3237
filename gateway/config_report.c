/*
 * on_report of a link: which reported failures the next link of the step may do better.
 */
#include "gateway/config_build.h"

#include <string.h>

#include "gateway/config_value.h"

static const char *const causes[CONFIG_CAUSES] = {
    [CONFIG_UNDELIVERED] = "undelivered",
    [CONFIG_REJECTED] = "rejected",
    [CONFIG_EXPIRED] = "expired",
};

static bool read_cause(const char *word, struct config_on_report *out)
{
    for (size_t i = 0; i < CONFIG_CAUSES; i++)
        if (strcmp(causes[i], word) == 0)
            return out->causes[i] = true;
    return false;
}

void config_on_report_build(struct config_build *build, const struct config_node *node,
                            struct config_link *link)
{
    const struct config_entry *entry = config_node_entry(node, "on_report");
    struct config_on_report *out = &link->on_report;
    size_t said = entry != NULL ? entry->value_count : 0;

    out->codes = config_memory_take(build->memory, (said + 1) * sizeof(*out->codes));
    for (size_t i = 0; i < said; i++) {
        int64_t code;

        if (read_cause(entry->values[i], out))
            continue;
        if (!config_integer_parse(entry->values[i], &code) || code < 1 || code > UINT32_MAX)
            config_error_in(build->errors, node, entry,
                            "on_report takes undelivered, rejected, expired and codes of "
                            "the operator; not '%.40s'",
                            entry->values[i]);
        else
            out->codes[out->code_count++] = (uint32_t)code;
    }
}

bool config_link_goes_on(const struct config_link *link, enum config_cause cause,
                         uint32_t code)
{
    for (size_t i = 0; i < link->on_report.code_count; i++)
        if (link->on_report.codes[i] == code)
            return true;
    return link->on_report.causes[cause];
}

void config_on_report_print(const struct config_on_report *on_report, FILE *out)
{
    const char *between = "";

    fputs("  on_report = {", out);
    for (size_t i = 0; i < CONFIG_CAUSES; i++) {
        if (!on_report->causes[i])
            continue;
        fprintf(out, "%s\"%s\"", between, causes[i]);
        between = ", ";
    }
    for (size_t i = 0; i < on_report->code_count; i++) {
        fprintf(out, "%s\"%u\"", between, on_report->codes[i]);
        between = ", ";
    }
    fputs("}\n", out);
}
