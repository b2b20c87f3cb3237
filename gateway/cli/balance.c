/*
 * sluice balance: what an account has.
 */
#include <stdio.h>

#include "gateway/cli/commands.h"
#include "gateway/cli/words.h"

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
    const struct cli_grammar grammar = {
        .args_doc = "ACCOUNT",
        .doc = "What an account has: opening = available + held + charged.",
        .least = 1,
        .most = 1,
        .missing = "which account?",
        .over = "one account at a time",
    };
    struct cli_words words;
    char path[512];

    cli_words_read(&grammar, argc, argv, &words);
    if (cli_path(path, sizeof(path), "/v1/accounts/", words.words[0], "/balance"))
        return cli_words_show(&words, path, print_balance);
    fprintf(stderr, "sluice: no account has such a name\n");
    return CLI_REFUSED;
}
