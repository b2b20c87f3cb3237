/* Arguments, the question and the answer are the same for each of them. */
#include "gateway/cli/message.h"

#include <stdio.h>

#include "gateway/cli/words.h"

static const struct argp_option options[] = {
    {"to",      'r', "NUMBER", 0, "Of those of one submit_multi: the one to this number", 1},
    {0},
};

enum cli_status message_command_run(const struct message_command *command, int argc,
                                    char **argv)
{
    const struct cli_grammar grammar = {
        .options = options,
        .args_doc = "ID",
        .doc = command->doc,
        .least = 1,
        .most = 1,
        .missing = "which message? Its id is in the answer to the submit",
        .over = "one message at a time",
    };
    struct cli_words words;
    struct json_document *answer = NULL;
    enum cli_status status = CLI_REFUSED;
    char path[256];

    cli_words_read(&grammar, argc, argv, &words);
    if (!cli_message_path(path, sizeof(path), words.words[0], command->below,
                          words.options['r']))
        fprintf(stderr, "sluice: no message has such an id\n");
    else
        status = cli_ask_to(&words.target, command->method, path, NULL, &answer);
    if (status == CLI_OK && !words.target.json)
        command->print(json_at(answer, ""), command->deed);
    json_document_free(answer);
    return status;
}
