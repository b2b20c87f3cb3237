/*
 * sluice ledger verify: whether the books are right, by the database alone.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "gateway/cli/commands.h"

enum { PATIENCE_S = 24 * 3600 }; /* ten million postings take a minute or two */

struct arguments {
    struct cli_target target;
    bool verify;
};

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct arguments *arguments = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &arguments->target;
        return 0;
    case ARGP_KEY_ARG:
        if (strcmp(value, "verify") != 0 || arguments->verify)
            argp_error(state, "what is '%s'? \"verify\" is known here", value);
        arguments->verify = true;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "what about the ledger? \"verify\" is known here");
        return EINVAL;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void print_findings(const struct json_value *value)
{
    const struct json_value *sentence;

    printf("%s: %lld postings, %lld accounts of the ledger\n",
           cli_claim(value, "ok") ? "the ledger is right" : "THE LEDGER IS WRONG",
           (long long)cli_number(value, "postings"),
           (long long)cli_number(value, "accounts"));
    printf("ended messages with something held: %lld\n",
           (long long)cli_number(value, "ended_with_hold"));
    printf("charged attempts without their posting: %lld\n",
           (long long)cli_number(value, "attempts_without_posting"));
    for (size_t i = 0; (sentence = cli_element(value, "mismatches", i)) != NULL; i++)
        printf("  %s\n", json_text(sentence));
}

int ledger_command(int argc, char **argv)
{
    const struct argp argp = {
        .parser = parse,
        .args_doc = "verify",
        .doc = "Check all balances against their postings, in the database. Ends with 1 and"
               " names the mismatches when something is wrong.",
        .children = cli_children,
    };
    struct arguments arguments = {.target = cli_target_default()};
    struct json_document *answer = NULL;
    enum cli_status status;

    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    arguments.target.patience_s = PATIENCE_S;
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "reading every posting and every message ...\n");
    status = cli_ask(&arguments.target, "/v1/ledger/verify", NULL, &answer);
    if (status == CLI_OK && !arguments.target.json)
        print_findings(json_at(answer, ""));
    if (status == CLI_OK && !cli_claim(json_at(answer, ""), "ok"))
        status = CLI_REFUSED;
    json_document_free(answer);
    return status;
}
