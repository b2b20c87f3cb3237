/*
 * Profiles read from their files: rows by config_rows.c, and here the templates, the table
 * of answers and the words of reports.
 */
#include "gateway/profile.h"

#include <ctype.h>
#include <string.h>

#include "gateway/config_rows.h"
#include "gateway/config_tree.h"
#include "gateway/config_value.h"
#include "gateway/profile_pieces.h"

#define STRUCT_profile struct profile
#define STRUCT_header  struct profile_header
#define STRUCT_answer  struct profile_answer
#define STRUCT_word    struct profile_word
#define STRUCT_cause   struct profile_cause

static const struct config_key keys[] = {
#define KEY(section, name, type, unit, fallback, lowest, highest, help)                    \
    {#section,                                                                             \
     #name,                                                                                \
     CONFIG_TYPE_##type,                                                                   \
     unit,                                                                                 \
     fallback,                                                                             \
     lowest,                                                                               \
     highest,                                                                              \
     OFFSET_##type(STRUCT_##section, name),                                                \
     help},
#include "gateway/profile_keys.def"
#undef KEY
};

static const struct config_shape shapes[] = {
    {"profile", NULL,      false, NULL},
    {"header",  "profile", true,  NULL},
    {"answer",  "profile", false, NULL},
    {"word",    "profile", true,  NULL},
    {"cause",   "profile", true,  NULL},
};

enum { KEYS = sizeof(keys) / sizeof(keys[0]), SHAPES = sizeof(shapes) / sizeof(shapes[0]) };

struct load {
    struct config_memory *memory;
    struct config_errors *errors;
    const struct config_node *root;
    struct profile *profile;
};

static void read_rows(struct load *load, const struct config_node *node, void *base)
{
    config_section_read(load->memory, keys, KEYS, node, base, load->errors);
}

static const char *const places[PROFILE_PLACES + 1] = {
    [PROFILE_LITERAL] = "", /* no placeholder has this name */
    [PROFILE_TO] = "to",       [PROFILE_TO_PLUS] = "to_plus", [PROFILE_FROM] = "from",
    [PROFILE_TEXT] = "text",   [PROFILE_REF] = "ref",         [PROFILE_TTL] = "ttl",
    [PROFILE_TOKEN] = "token",
};

/* The placeholder "{{name}}" at `at`; *out_end is behind it.  PROFILE_LITERAL after a
 * sentence. */
static enum profile_place read_place(struct load *load, const struct config_node *node,
                                     const struct config_entry *entry, const char *at,
                                     const char **out_end)
{
    const char *close = strstr(at, "}}");
    char name[32];
    const char *near;

    if (close == NULL) {
        config_error_in(load->errors, node, entry, "%s holds '{{' without its '}}'",
                        entry->name);
        *out_end = at + strlen(at);
        return PROFILE_LITERAL;
    }
    snprintf(name, sizeof(name), "%.*s", (int)(close - at - 2), at + 2);
    *out_end = close + 2;
    for (int place = PROFILE_LITERAL + 1; place < PROFILE_PLACES; place++)
        if (strcmp(places[place], name) == 0)
            return (enum profile_place)place;
    near = config_nearest(name, places + 1);
    config_error_in(load->errors, node, entry, "%s: there is no placeholder '{{%s}}'%s%s%s",
                    entry->name, name, near ? "; did you mean '{{" : "", near ? near : "",
                    near ? "}}'?" : "");
    return PROFILE_LITERAL;
}

/* The template under `key`; empty when it is not said. */
static void read_template(struct load *load, const struct config_node *node,
                          const char *key, struct profile_template *out)
{
    const struct config_entry *entry = config_node_entry(node, key);
    const char *at = entry != NULL ? entry->values[0] : "";
    /* At most a literal before each placeholder, and one at the end. */
    struct profile_piece *pieces =
        config_memory_take(load->memory, (strlen(at) / 2 + 1) * sizeof(*pieces));

    out->pieces = pieces;
    while (*at != '\0') {
        const char *open = strstr(at, "{{");
        size_t size = open != NULL ? (size_t)(open - at) : strlen(at);

        if (size > 0)
            pieces[out->count++] = (struct profile_piece){PROFILE_LITERAL, at, size};
        at += size;
        if (open != NULL)
            pieces[out->count++].place = read_place(load, node, entry, open, &at);
    }
}

/* A reason in our words; REASON_NONE when it is not said. */
static enum reason read_reason(struct load *load, const struct config_node *node,
                               const char *key)
{
    const struct config_entry *entry = config_node_entry(node, key);
    enum reason reason;

    if (entry == NULL)
        return REASON_NONE;
    reason = reason_find(entry->values[0]);
    if (reason == REASONS)
        config_error_in(load->errors, node, entry, "there is no reason '%s'",
                        entry->values[0]);
    return reason;
}

/* "404" or "4xx". */
static bool parse_statuses(const char *text, struct profile_answer *row)
{
    int64_t status;

    if (text[0] >= '1' && text[0] <= '5' && strcmp(text + 1, "xx") == 0) {
        row->status_from = (uint16_t)((text[0] - '0') * 100);
        row->status_to = row->status_from + 99;
        return true;
    }
    if (!config_integer_parse(text, &status) || status < 100 || status > 599)
        return false;
    row->status_from = row->status_to = (uint16_t)status;
    return true;
}

/* One row of the file is one row of the table for each of its statuses. */
static void load_answers(struct load *load)
{
    struct profile *profile = load->profile;
    const struct config_node *node = NULL;
    struct profile_answer *rows;
    size_t count = 0;

    while ((node = config_node_child(load->root, "answer", node)) != NULL) {
        const struct config_entry *statuses = config_node_entry(node, "status");

        count += statuses != NULL ? statuses->value_count : 0;
    }
    rows = config_memory_take(load->memory, (count + 1) * sizeof(*rows));
    profile->answers = rows;
    while ((node = config_node_child(load->root, "answer", node)) != NULL) {
        const struct config_entry *statuses = config_node_entry(node, "status");
        struct profile_answer row = {0};

        read_rows(load, node, &row);
        row.reason = read_reason(load, node, "reason");
        if (row.verdict != VERDICT_OK && row.reason == REASON_NONE)
            row.reason = REASON_UNKNOWN;
        for (size_t i = 0; statuses != NULL && i < statuses->value_count; i++) {
            if (!parse_statuses(statuses->values[i], &row))
                config_error_in(
                    load->errors, node, statuses,
                    "status must be 100 to 599 or a class such as 5xx; not '%.40s'",
                    statuses->values[i]);
            rows[profile->answer_count++] = row;
        }
    }
    if (count == 0)
        config_error_in(load->errors, load->root, NULL, "a profile needs answer rows");
}

static bool is_path_of_reports(const char *path)
{
    if (*path == '\0')
        return true;
    for (;;) {
        size_t size = strcspn(path, ".");

        if (size == 0 || size >= PROFILE_PATH_SIZE ||
            (size > 1 && memchr(path, '*', size) != NULL))
            return false;
        if (path[size] == '\0')
            return true;
        path += size + 1;
    }
}

static void load_reports(struct load *load)
{
    struct profile *profile = load->profile;
    const struct config_node *node = NULL;
    struct profile_word *words;
    struct profile_cause *causes;

    words = config_memory_take(load->memory, (config_node_count(load->root, "word") + 1) *
                                                 sizeof(*words));
    causes = config_memory_take(load->memory, (config_node_count(load->root, "cause") + 1) *
                                                  sizeof(*causes));
    profile->words = words;
    profile->causes = causes;
    while ((node = config_node_child(load->root, "word", node)) != NULL) {
        struct profile_word *word = &words[profile->word_count++];

        word->word = node->title;
        read_rows(load, node, word);
    }
    while ((node = config_node_child(load->root, "cause", node)) != NULL) {
        struct profile_cause *cause = &causes[profile->cause_count++];

        cause->word = node->title;
        read_rows(load, node, cause);
        cause->is = read_reason(load, node, "is");
    }
    if (profile->report_status[0] == '\0') {
        if (profile->proves != CONFIG_ACCEPTED)
            config_error_in(load->errors, load->root,
                            config_node_entry(load->root, "proves"),
                            "without report_status it proves no more than accepted");
        return;
    }
    if (profile->report_id[0] == '\0' && profile->report_ref[0] == '\0')
        config_error_in(load->errors, load->root,
                        config_node_entry(load->root, "report_status"),
                        "a report needs report_id or report_ref");
    if (profile->word_count == 0)
        config_error_in(load->errors, load->root,
                        config_node_entry(load->root, "report_status"),
                        "a report needs word sections");
    if (!is_path_of_reports(profile->report_each))
        config_error_in(load->errors, load->root,
                        config_node_entry(load->root, "report_each"),
                        "report_each is names, positions and * with dots between, as in "
                        "entry.*.statuses.*");
}

/* RFC 9110 5.1: a token. */
static bool is_header_name(const char *name)
{
    if (*name == '\0')
        return false;
    for (; *name != '\0'; name++)
        if (!isalnum((unsigned char)*name) && strchr("!#$%&'*+-.^_`|~", *name) == NULL)
            return false;
    return true;
}

static void load_headers(struct load *load)
{
    struct profile *profile = load->profile;
    const struct config_node *node = NULL;

    while ((node = config_node_child(load->root, "header", node)) != NULL) {
        struct profile_header *header;

        if (profile->header_count == PROFILE_HEADERS_MAX) {
            config_error_in(load->errors, node, NULL, "a profile has at most %d headers",
                            PROFILE_HEADERS_MAX);
            return;
        }
        header = &profile->headers[profile->header_count++];
        header->name = node->title;
        if (!is_header_name(header->name))
            config_error_in(load->errors, node, NULL, "this is not the name of a header");
        read_rows(load, node, header);
        read_template(load, node, "value", &header->value);
    }
    if (profile->auth == PROFILE_AUTH_HEADER && !is_header_name(profile->auth_header))
        config_error_in(load->errors, load->root, NULL,
                        "auth = \"header\" needs auth_header, the name of a header");
    if (strlen(profile->signature_prefix) > 32)
        config_error_in(load->errors, load->root,
                        config_node_entry(load->root, "signature_prefix"),
                        "signature_prefix is longer than 32 characters");
    if (profile->signature_time_header[0] != '\0' && profile->signature_header[0] == '\0')
        config_error_in(
            load->errors, load->root,
            config_node_entry(load->root, "signature_time_header"),
            "a time that nobody signs says nothing: signature_header is missing");
}

struct profile *profile_load(struct config_memory *memory, const char *path,
                             const char *name, struct config_errors *errors)
{
    struct config_shape *grammar = config_memory_take(memory, sizeof(shapes));
    size_t errors_before = errors->count;
    struct load load = {.memory = memory, .errors = errors};

    memcpy(grammar, shapes, sizeof(shapes));
    config_shapes_complete(memory, grammar, SHAPES, keys, KEYS);
    load.root = config_tree_read(memory, path, grammar, SHAPES, errors);
    if (load.root == NULL)
        return NULL;
    load.profile = config_memory_take(memory, sizeof(*load.profile));
    load.profile->name = config_memory_text(memory, name);
    read_rows(&load, load.root, load.profile);
    read_template(&load, load.root, "path", &load.profile->path);
    read_template(&load, load.root, "body", &load.profile->body);
    load_headers(&load);
    load_answers(&load);
    load_reports(&load);
    return errors->count == errors_before ? load.profile : NULL;
}
