/*
 * sluice review: what is kept for somebody to look at, and the decision on it.
 */
#include <stdio.h>
#include <string.h>

#include "gateway/cli/commands.h"
#include "gateway/cli/words.h"

enum { ADDRESS_SIZE = 128, TEXT_SIZE = 8192 };

static void print_kept(const struct json_value *value)
{
    const struct json_value *kept;
    char from[ADDRESS_SIZE], text[TEXT_SIZE];
    size_t listed = 0;

    for (; (kept = cli_element(value, "messages", listed)) != NULL; listed++)
        printf("%s  %s  %s, from %s to %s, %lld parts, until %s\n    %s\n",
               cli_text(kept, "id"), cli_text(kept, "rule"), cli_text(kept, "account"),
               cli_shown(kept, "from", from, sizeof(from)), cli_text(kept, "to"),
               (long long)cli_number(kept, "parts"), cli_text(kept, "deadline"),
               cli_shown(kept, "text", text, sizeof(text)));
    if (listed == 0)
        printf("nothing is kept for review\n");
    else if (cli_number(value, "kept") > (int64_t)listed)
        printf("... and %lld more\n",
               (long long)cli_number(value, "kept") - (long long)listed);
}

static enum cli_status decide(const struct cli_words *words, const char *id)
{
    struct json_document *answer = NULL;
    struct json_writer nothing = {0};
    enum cli_status status = CLI_REFUSED;
    char after[32];
    char path[256];

    snprintf(after, sizeof(after), "/%s", words->words[0]);
    json_write_object(&nothing, NULL);
    json_write_object_end(&nothing);
    if (!cli_path(path, sizeof(path), "/v1/review/", id, after))
        fprintf(stderr, "sluice: no message has such an id\n");
    else
        status = cli_ask(&words->target, path, &nothing, &answer);
    if (status == CLI_OK && !words->target.json)
        printf("%s %s\n", id, cli_text(json_at(answer, ""), "review"));
    json_document_free(answer);
    json_writer_done(&nothing);
    return status;
}

int review_command(int argc, char **argv)
{
    const struct cli_grammar grammar = {
        .args_doc = "list\nrelease ID...\ndrop ID...",
        .doc = "Messages that a content rule keeps for review: what they say, and whether"
               " they are sent or dropped.",
        .least = 1,
        .most = CLI_WORDS_MAX,
        .missing = "list, release ID or drop ID?",
        .over = "at most 1000 at a time",
    };
    struct cli_words words;
    enum cli_status status = CLI_OK;

    cli_words_read(&grammar, argc, argv, &words);
    if (strcmp(words.words[0], "list") == 0 && words.count == 1)
        return cli_words_show(&words, "/v1/review", print_kept);
    if ((strcmp(words.words[0], "release") != 0 && strcmp(words.words[0], "drop") != 0) ||
        words.count == 1) {
        fprintf(stderr, "sluice: review list, review release ID... or review drop ID...\n");
        return CLI_USAGE;
    }
    for (size_t i = 1; i < words.count && status != CLI_UNREACHABLE; i++) {
        enum cli_status one = decide(&words, words.words[i]);

        status = one != CLI_OK ? one : status;
    }
    return status;
}
