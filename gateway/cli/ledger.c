/*
 * sluice ledger verify: whether the books are right, by the database alone.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "gateway/cli/commands.h"
#include "gateway/cli/words.h"

enum { PATIENCE_S = 24 * 3600 }; /* ten million postings take a minute or two */

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
    const struct cli_grammar grammar = {
        .args_doc = "verify",
        .doc = "Check all balances against their postings, in the database. Ends with 1 and"
               " names the mismatches when something is wrong.",
        .least = 1,
        .most = 1,
        .missing = "what about the ledger? \"verify\" is known here",
    };
    struct cli_words words;
    struct json_document *answer = NULL;
    enum cli_status status;

    cli_words_read(&grammar, argc, argv, &words);
    if (strcmp(words.words[0], "verify") != 0) {
        fprintf(stderr, "sluice: what is '%s'? \"verify\" is known here\n", words.words[0]);
        return CLI_USAGE;
    }
    words.target.patience_s = PATIENCE_S;
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "reading every posting and every message ...\n");
    status = cli_ask(&words.target, "/v1/ledger/verify", NULL, &answer);
    if (status == CLI_OK && !words.target.json)
        print_findings(json_at(answer, ""));
    if (status == CLI_OK && !cli_claim(json_at(answer, ""), "ok"))
        status = CLI_REFUSED;
    json_document_free(answer);
    return status;
}
