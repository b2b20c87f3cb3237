/*
 * sluice balance: what an account has.
 */
#include <errno.h>
#include <stdio.h>

#include "gateway/cli/commands.h"

struct arguments {
    struct cli_target target;
    const char *account;
};

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct arguments *arguments = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &arguments->target;
        return 0;
    case ARGP_KEY_ARG:
        if (arguments->account != NULL)
            argp_error(state, "one account at a time");
        arguments->account = value;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "which account?");
        return EINVAL;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void print_balance(const struct json_value *value)
{
    static const char *const rows[] = {"opening", "available", "held", "charged"};

    printf("account    %s\n", cli_text(value, "account"));
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        printf("%-10s %18s %s\n", rows[i], cli_text(value, rows[i]),
               cli_text(value, "currency"));
}

int balance_command(int argc, char **argv)
{
    const struct argp argp = {
        .parser = parse,
        .args_doc = "ACCOUNT",
        .doc = "What an account has: opening = available + held + charged.",
        .children = cli_children,
    };
    struct arguments arguments = {.target = cli_target_default()};
    struct json_document *answer = NULL;
    enum cli_status status = CLI_REFUSED;
    char path[512];

    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    if (!cli_path(path, sizeof(path), "/v1/accounts/", arguments.account, "/balance"))
        fprintf(stderr, "sluice: no account has such a name\n");
    else
        status = cli_ask(&arguments.target, path, NULL, &answer);
    if (status == CLI_OK && !arguments.target.json)
        print_balance(json_at(answer, ""));
    json_document_free(answer);
    return status;
}
