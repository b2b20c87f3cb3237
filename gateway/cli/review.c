/*
 * sluice review: what is kept for somebody to look at, and the decision on it.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "gateway/cli/commands.h"

enum { IDS_MAX = 1000 };

struct arguments {
    struct cli_target target;
    const char *verb;
    const char *ids[IDS_MAX];
    size_t id_count;
};

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct arguments *arguments = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &arguments->target;
        return 0;
    case ARGP_KEY_ARG:
        if (arguments->verb == NULL)
            arguments->verb = value;
        else if (arguments->id_count == IDS_MAX)
            argp_error(state, "at most %d at a time", IDS_MAX);
        else
            arguments->ids[arguments->id_count++] = value;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "list, release ID or drop ID?");
        return EINVAL;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void print_kept(const struct json_value *value)
{
    const struct json_value *kept;
    size_t listed = 0;

    for (; (kept = cli_element(value, "messages", listed)) != NULL; listed++)
        printf("%s  %s  %s, from %s to %s, %lld parts, until %s\n    %s\n",
               cli_text(kept, "id"), cli_text(kept, "rule"), cli_text(kept, "account"),
               cli_text(kept, "from"), cli_text(kept, "to"),
               (long long)cli_number(kept, "parts"), cli_text(kept, "deadline"),
               cli_text(kept, "text"));
    if (listed == 0)
        printf("nothing is kept for review\n");
    else if (cli_number(value, "kept") > (int64_t)listed)
        printf("... and %lld more\n",
               (long long)cli_number(value, "kept") - (long long)listed);
}

static enum cli_status list(const struct arguments *arguments)
{
    struct json_document *answer = NULL;
    enum cli_status status = cli_ask(&arguments->target, "/v1/review", NULL, &answer);

    if (status == CLI_OK && !arguments->target.json)
        print_kept(json_at(answer, ""));
    json_document_free(answer);
    return status;
}

static enum cli_status decide(const struct arguments *arguments, const char *id)
{
    struct json_document *answer = NULL;
    struct json_writer nothing = {0};
    enum cli_status status = CLI_REFUSED;
    char after[32];
    char path[256];

    snprintf(after, sizeof(after), "/%s", arguments->verb);
    json_write_object(&nothing, NULL);
    json_write_object_end(&nothing);
    if (!cli_path(path, sizeof(path), "/v1/review/", id, after))
        fprintf(stderr, "sluice: no message has such an id\n");
    else
        status = cli_ask(&arguments->target, path, &nothing, &answer);
    if (status == CLI_OK && !arguments->target.json)
        printf("%s %s\n", id, cli_text(json_at(answer, ""), "review"));
    json_document_free(answer);
    json_writer_done(&nothing);
    return status;
}

int review_command(int argc, char **argv)
{
    const struct argp argp = {
        .parser = parse,
        .args_doc = "list\nrelease ID...\ndrop ID...",
        .doc = "Messages that a content rule keeps for review: what they say, and whether"
               " they are sent or dropped.",
        .children = cli_children,
    };
    struct arguments arguments = {.target = cli_target_default()};
    enum cli_status status = CLI_OK;

    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    if (strcmp(arguments.verb, "list") == 0 && arguments.id_count == 0)
        return list(&arguments);
    if ((strcmp(arguments.verb, "release") != 0 && strcmp(arguments.verb, "drop") != 0) ||
        arguments.id_count == 0) {
        fprintf(stderr, "sluice: review list, review release ID... or review drop ID...\n");
        return CLI_USAGE;
    }
    for (size_t i = 0; i < arguments.id_count && status != CLI_UNREACHABLE; i++) {
        enum cli_status one = decide(&arguments, arguments.ids[i]);

        status = one != CLI_OK ? one : status;
    }
    return status;
}
