#include "gateway/cli/words.h"

#include <assert.h>
#include <string.h>

struct reading {
    const struct cli_grammar *grammar;
    struct cli_words *words;
};

static void add_word(struct reading *reading, const char *word, struct argp_state *state)
{
    struct cli_words *words = reading->words;

    if (words->count < reading->grammar->most)
        words->words[words->count++] = word;
    else if (reading->grammar->over != NULL)
        argp_error(state, "%s", reading->grammar->over);
    else
        argp_error(state, "what is '%s'?", word);
}

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct reading *reading = state->input;
    struct cli_words *words = reading->words;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &words->target;
        return 0;
    case ARGP_KEY_ARG:
        add_word(reading, value, state);
        return 0;
    case ARGP_KEY_END:
        if (words->count < reading->grammar->least)
            argp_error(state, "%s", reading->grammar->missing);
        return 0;
    default:
        if (key <= 0 || (size_t)key >= sizeof(words->options) / sizeof(words->options[0]))
            return ARGP_ERR_UNKNOWN;
        words->options[key] = value != NULL ? value : "";
        return 0;
    }
}

void cli_words_read(const struct cli_grammar *grammar, int argc, char **argv,
                    struct cli_words *out)
{
    const struct argp argp = {
        .options = grammar->options,
        .parser = parse,
        .args_doc = grammar->args_doc,
        .doc = grammar->doc,
        .children = cli_children,
    };
    struct reading reading = {grammar, out};

    assert(grammar->most <= CLI_WORDS_MAX);
    memset(out, 0, sizeof(*out));
    out->target = cli_target_default();
    argp_parse(&argp, argc, argv, 0, NULL, &reading);
}

enum cli_status cli_words_show(const struct cli_words *words, const char *path,
                               void (*print)(const struct json_value *answer))
{
    struct json_document *answer = NULL;
    enum cli_status status = cli_ask(&words->target, path, NULL, &answer);

    if (status == CLI_OK && !words->target.json)
        print(json_at(answer, ""));
    json_document_free(answer);
    return status;
}
