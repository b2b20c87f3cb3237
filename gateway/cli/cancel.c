/*
 * sluice cancel: a message that is wanted no more.  sluice receipt: what became of one is
 * told once more.
 */
#include <errno.h>
#include <stdio.h>

#include "gateway/cli/commands.h"

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

/* Asks it of the message the arguments name; `deed` counts in the answer, and is said. */
static int ask_for(int argc, char **argv, const char *doc, const char *method,
                   const char *after, const char *deed)
{
    const struct argp argp = {
        .options = options,
        .parser = parse,
        .args_doc = "ID",
        .doc = doc,
        .children = cli_children,
    };
    struct arguments arguments = {.target = cli_target_default()};
    struct json_document *answer = NULL;
    enum cli_status status = CLI_REFUSED;
    char path[256];

    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    if (!cli_message_path(path, sizeof(path), arguments.id, after, arguments.to))
        fprintf(stderr, "sluice: no message has such an id\n");
    else
        status = cli_ask_to(&arguments.target, method, path, NULL, &answer);
    if (status == CLI_OK && !arguments.target.json)
        printf("%s %s: %lld\n", cli_text(json_at(answer, ""), "id"), deed,
               (long long)cli_number(json_at(answer, ""), deed));
    json_document_free(answer);
    return status;
}

int cancel_command(int argc, char **argv)
{
    return ask_for(argc, argv,
                   "End a message of which something is not submitted yet: nothing more is"
                   " sent, what is held for it is returned, its sender is told DELETED. All"
                   " of a submit_multi, unless --to chooses one.",
                   "DELETE", "", "cancelled");
}

int receipt_command(int argc, char **argv)
{
    return ask_for(argc, argv,
                   "Tell the receipt of a message that has ended to its account once more,"
                   " also when it was acknowledged. All of a submit_multi, unless --to"
                   " chooses one.",
                   "POST", "/receipt", "told");
}
