/* Arguments, the question and the answer are the same for each of them. */
#include "gateway/cli/message.h"

#include <errno.h>
#include <stdio.h>

struct arguments {
    struct cli_target target;
    const char *id;
    const char *to;
};

static const struct argp_option options[] = {
    {"to",      'r', "NUMBER", 0, "Of those of one submit_multi: the one to this number", 1},
    {0},
};

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct arguments *arguments = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &arguments->target;
        return 0;
    case 'r':
        arguments->to = value;
        return 0;
    case ARGP_KEY_ARG:
        if (arguments->id != NULL)
            argp_error(state, "one message at a time");
        arguments->id = value;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "which message? Its id is in the answer to the submit");
        return EINVAL;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

enum cli_status message_command_run(const struct message_command *command, int argc,
                                    char **argv)
{
    const struct argp argp = {
        .options = options,
        .parser = parse,
        .args_doc = "ID",
        .doc = command->doc,
        .children = cli_children,
    };
    struct arguments arguments = {.target = cli_target_default()};
    struct json_document *answer = NULL;
    enum cli_status status = CLI_REFUSED;
    char path[256];

    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    if (!cli_message_path(path, sizeof(path), arguments.id, command->below, arguments.to))
        fprintf(stderr, "sluice: no message has such an id\n");
    else
        status = cli_ask_to(&arguments.target, command->method, path, NULL, &answer);
    if (status == CLI_OK && !arguments.target.json)
        command->print(json_at(answer, ""), command->deed);
    json_document_free(answer);
    return status;
}
