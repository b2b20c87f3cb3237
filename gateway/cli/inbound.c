/*
 * sluice inbound: what subscribers wrote that is nobody's.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "gateway/cli/commands.h"

struct arguments {
    struct cli_target target;
    const char *words[2]; /* what to do, the id */
    size_t count;
};

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct arguments *arguments = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &arguments->target;
        return 0;
    case ARGP_KEY_ARG:
        if (arguments->count == 2)
            argp_error(state, "what is '%s'?", value);
        arguments->words[arguments->count++] = value;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void print_messages(const struct json_value *value)
{
    const struct json_value *message;

    printf("%lld wait, %lld of them are nobody's\n",
           (long long)cli_number(value, "waiting"),
           (long long)cli_number(value, "unrouted"));
    for (size_t i = 0; (message = cli_element(value, "messages", i)) != NULL; i++)
        printf("%-20s %-24s %-10s %s -> %s: %s\n", cli_text(message, "id"),
               cli_text(message, "received_at"), cli_text(message, "link"),
               cli_text(message, "from"), cli_text(message, "to"),
               cli_text(message, "text"));
}

static enum cli_status list(const struct cli_target *target)
{
    struct json_document *answer = NULL;
    enum cli_status status = cli_ask(target, "/v1/inbound", NULL, &answer);

    if (status == CLI_OK && !target->json)
        print_messages(json_at(answer, ""));
    json_document_free(answer);
    return status;
}

static enum cli_status drop(const struct cli_target *target, const char *id)
{
    struct json_document *answer = NULL;
    enum cli_status status = CLI_REFUSED;
    char path[256];

    if (cli_path(path, sizeof(path), "/v1/inbound/", id, ""))
        status = cli_ask_to(target, "DELETE", path, NULL, &answer);
    json_document_free(answer);
    return status;
}

int inbound_command(int argc, char **argv)
{
    const struct argp argp = {
        .parser = parse,
        .args_doc = "list\ndrop ID",
        .doc = "What subscribers wrote that is nobody's: list it, or forget one.",
        .children = cli_children,
    };
    struct arguments arguments = {.target = cli_target_default()};

    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    if (arguments.count == 1 && strcmp(arguments.words[0], "list") == 0)
        return list(&arguments.target);
    if (arguments.count == 2 && strcmp(arguments.words[0], "drop") == 0)
        return drop(&arguments.target, arguments.words[1]);
    fprintf(stderr, "sluice: inbound takes list, or drop ID\n");
    return CLI_USAGE;
}
