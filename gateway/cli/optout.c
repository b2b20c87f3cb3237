/*
 * sluice optout: who wants nothing more of an account.
 */
#include <stdio.h>
#include <string.h>

#include "gateway/cli/commands.h"
#include "gateway/cli/words.h"

static const struct argp_option options[] = {
    {"sender",  'S', "SENDER", 0, "Only what this sender of the account sends", 1},
    {0},
};

/* What can be done, and the method that does it. */
static const struct {
    const char *word;
    const char *method;
    size_t count; /* of words, itself included */
} actions[] = {
    {"list",   "GET",    2},
    {"add",    "PUT",    3},
    {"remove", "DELETE", 3},
};

/* A page, printed; the number behind which the next one begins is the last of it. */
static size_t print_page(const struct json_value *value, char *last, size_t last_size,
                         char *last_sender, size_t sender_size)
{
    const struct json_value *optout;
    size_t count = 0;

    for (; (optout = cli_element(value, "optouts", count)) != NULL; count++) {
        const char *sender = cli_text(optout, "sender");
        char shown[128];

        printf("%-20s %-24s %s\n", cli_text(optout, "number"), cli_text(optout, "since"),
               sender[0] != '\0' ? cli_shown(optout, "sender", shown, sizeof(shown)) : "*");
        snprintf(last, last_size, "%s", cli_text(optout, "number"));
        snprintf(last_sender, sender_size, "%s", sender);
    }
    return count;
}

static enum cli_status list(const struct cli_words *words)
{
    char last[32] = "", last_sender[80] = "";
    enum cli_status status;
    size_t count;

    do {
        struct json_document *answer = NULL;
        char query[160], path[512];

        if (!cli_path(query, sizeof(query), "/optouts?after=", last, "&sender=") ||
            !cli_path(query + strlen(query), sizeof(query) - strlen(query), "", last_sender,
                      "") ||
            !cli_path(path, sizeof(path), "/v1/accounts/", words->words[1],
                      last[0] != '\0' ? query : "/optouts")) {
            fprintf(stderr, "sluice: no account has such a name\n");
            return CLI_REFUSED;
        }
        status = cli_ask(&words->target, path, NULL, &answer);
        count = status == CLI_OK && !words->target.json
                    ? print_page(json_at(answer, ""), last, sizeof(last), last_sender,
                                 sizeof(last_sender))
                    : 0;
        json_document_free(answer);
    } while (count > 0);
    return status;
}

static enum cli_status change(const struct cli_words *words, const char *method)
{
    struct json_document *answer = NULL;
    enum cli_status status = CLI_REFUSED;
    char number[128], query[256] = "", path[512];

    if ((words->options['S'] != NULL &&
         !cli_path(query, sizeof(query), "?sender=", words->options['S'], "")) ||
        !cli_path(number, sizeof(number), "/optouts/", words->words[2], "") ||
        !cli_path(path, sizeof(path), "/v1/accounts/", words->words[1], number) ||
        strlen(path) + strlen(query) >= sizeof(path)) {
        fprintf(stderr, "sluice: no account has such a name, and nobody such a number\n");
        return status;
    }
    memcpy(path + strlen(path), query, strlen(query) + 1);
    status = cli_ask_to(&words->target, method, path, NULL, &answer);
    json_document_free(answer);
    return status;
}

int optout_command(int argc, char **argv)
{
    const struct cli_grammar grammar = {
        .options = options,
        .args_doc = "list ACCOUNT\nadd ACCOUNT NUMBER\nremove ACCOUNT NUMBER",
        .doc = "Who wants nothing more of an account: list them, add one, remove one.",
        .most = 3,
    };
    struct cli_words words;

    cli_words_read(&grammar, argc, argv, &words);
    for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
        if (words.count == actions[i].count && strcmp(words.words[0], actions[i].word) == 0)
            return i == 0 ? list(&words) : change(&words, actions[i].method);
    fprintf(stderr,
            "sluice: optout takes list ACCOUNT, add ACCOUNT NUMBER or remove ACCOUNT "
            "NUMBER\n");
    return CLI_USAGE;
}
