/*
 * How the receipts of a link's operator are read: their columns, and what its own words and
 * errors mean.
 */
#include "gateway/config_build.h"

#include <string.h>
#include <strings.h>

#include "gateway/config_rows.h"

static const char *const columns[] = {
    [SMPP_COLUMN_OTHER] = "-",
    [SMPP_COLUMN_ID] = "id",
    [SMPP_COLUMN_STATE] = "stat",
    [SMPP_COLUMN_DONE] = "done date",
    [SMPP_COLUMN_SUBMITTED] = "submit date",
    [SMPP_COLUMN_ERROR] = "err",
    [SMPP_COLUMN_TEXT] = "text",
};

enum { COLUMNS = sizeof(columns) / sizeof(columns[0]) };

const char *config_receipt_column_name(uint8_t column)
{
    return columns[column];
}

static void read_columns(struct config_build *build, const struct config_node *node,
                         struct smpp_receipt_form *form)
{
    const struct config_entry *entry = config_node_entry(node, "receipt_columns");
    size_t count = entry != NULL ? entry->value_count : 0;
    bool has_state = count == 0;

    if (count > SMPP_RECEIPT_COLUMNS_MAX) {
        config_error_in(build->errors, node, entry, "receipt_columns has at most %d values",
                        SMPP_RECEIPT_COLUMNS_MAX);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        uint8_t column = 0;

        while (column < COLUMNS && strcmp(columns[column], entry->values[i]) != 0)
            column++;
        if (column == COLUMNS)
            config_error_in(
                build->errors, node, entry,
                "a column is one of id, stat, done date, submit date, err, text, "
                "or - for what does not matter; not '%.40s'",
                entry->values[i]);
        has_state = has_state || column == SMPP_COLUMN_STATE;
        form->columns[form->column_count++] = column;
    }
    if (!has_state)
        config_error_in(build->errors, node, entry, "receipt_columns has no stat");
}

/* REASON_NONE when it is not said. */
static enum reason read_reason(struct config_build *build, const struct config_node *node)
{
    const struct config_entry *entry = config_node_entry(node, "reason");
    enum reason reason;

    if (entry == NULL)
        return REASON_NONE;
    reason = reason_find(entry->values[0]);
    if (reason == REASONS || reason == REASON_NONE)
        config_error_in(build->errors, node, entry, "there is no reason '%s'",
                        entry->values[0]);
    return reason;
}

static void check_title(struct config_build *build, const struct config_node *node)
{
    const struct config_node *other = NULL;

    if (node->title[0] == '\0' || strpbrk(node->title, " ,;|") != NULL)
        config_error_in(build->errors, node, NULL, "a receipt holds no such word");
    while ((other = config_node_child(node->parent, node->section, other)) != node)
        if (strcasecmp(other->title, node->title) == 0)
            config_error_in(build->errors, node, NULL, "this word has a section already");
}

static void read_words(struct config_build *build, const struct config_node *node,
                       struct config_link *link)
{
    const struct config_node *child = NULL;
    struct config_report_word *row = link->report_words = config_build_take(
        build, node, "report_word", sizeof(*row), &link->report_word_count);

    for (; (child = config_node_child(node, "report_word", child)) != NULL; row++) {
        config_build_rows(build, child, row);
        check_title(build, child);
        row->word = child->title;
        row->reason = read_reason(build, child);
    }
}

static void read_errors(struct config_build *build, const struct config_node *node,
                        struct config_link *link)
{
    const struct config_node *child = NULL;
    struct config_report_error *row = link->report_errors = config_build_take(
        build, node, "report_error", sizeof(*row), &link->report_error_count);

    for (; (child = config_node_child(node, "report_error", child)) != NULL; row++) {
        config_build_rows(build, child, row);
        check_title(build, child);
        row->error = child->title;
        while (row->error[0] == '0' && row->error[1] != '\0')
            row->error++;
        row->reason = read_reason(build, child);
    }
}

void config_receipts_build(struct config_build *build, const struct config_node *node,
                           struct config_link *link)
{
    link->receipt_form.unmarked = link->unmarked_receipts;
    read_columns(build, node, &link->receipt_form);
    read_words(build, node, link);
    read_errors(build, node, link);
}

/* Its own, unless it only receives. */
void config_reports_of_build(struct config_build *build, const struct config_node *node,
                             struct config_link *link)
{
    const struct config_entry *entry = config_node_entry(node, "reports_of");
    int index;

    link->reports_of = (size_t)(link - build->config->links);
    if (entry == NULL || entry->values[0][0] == '\0')
        return;
    index = config_find_link(build->config, entry->values[0]);
    if (index < 0)
        config_build_unknown(build, node, entry, "link", entry->values[0],
                             config_build_titles(build, "link", "link"));
    else if ((size_t)index != link->reports_of && link->bind != CONFIG_RECEIVER)
        config_error_in(build->errors, node, entry,
                        "reports_of is for bind = \"receiver\"");
    else
        link->reports_of = (size_t)index;
}
