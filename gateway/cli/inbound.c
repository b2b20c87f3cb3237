/*
 * sluice inbound: what subscribers wrote that is nobody's.
 */
#include <stdio.h>
#include <string.h>

#include "gateway/cli/commands.h"
#include "gateway/cli/words.h"

enum { ADDRESS_SIZE = 128, TEXT_SIZE = 8192 };

static void print_messages(const struct json_value *value)
{
    const struct json_value *message;
    char from[ADDRESS_SIZE], to[ADDRESS_SIZE], text[TEXT_SIZE];

    printf("%lld wait, %lld of them are nobody's\n",
           (long long)cli_number(value, "waiting"),
           (long long)cli_number(value, "unrouted"));
    for (size_t i = 0; (message = cli_element(value, "messages", i)) != NULL; i++)
        printf("%-20s %-24s %-10s %s -> %s: %s\n", cli_text(message, "id"),
               cli_text(message, "received_at"), cli_text(message, "link"),
               cli_shown(message, "from", from, sizeof(from)),
               cli_shown(message, "to", to, sizeof(to)),
               cli_shown(message, "text", text, sizeof(text)));
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
    const struct cli_grammar grammar = {
        .args_doc = "list\ndrop ID",
        .doc = "What subscribers wrote that is nobody's: list it, or forget one.",
        .most = 2,
    };
    struct cli_words words;

    cli_words_read(&grammar, argc, argv, &words);
    if (words.count == 1 && strcmp(words.words[0], "list") == 0)
        return cli_words_show(&words, "/v1/inbound", print_messages);
    if (words.count == 2 && strcmp(words.words[0], "drop") == 0)
        return drop(&words.target, words.words[1]);
    fprintf(stderr, "sluice: inbound takes list, or drop ID\n");
    return CLI_USAGE;
}
