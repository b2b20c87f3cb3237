/*
 * What stands on the command line of a subcommand: its words, its options, and, with them,
 * which daemon is meant.
 */
#ifndef GATEWAY_CLI_WORDS_H
#define GATEWAY_CLI_WORDS_H

#include "gateway/cli/cli.h"

enum { CLI_WORDS_MAX = 1001 };

/* What a subcommand takes. */
struct cli_grammar {
    const struct argp_option *options; /* by one letter each; NULL: only those of all */
    const char *args_doc;
    const char *doc;
    size_t least; /* words */
    size_t most;
    const char *missing; /* said where there are fewer */
    const char *over;    /* and where there are more; NULL: that nobody knows what it is */
};

struct cli_words {
    struct cli_target target;
    size_t count;
    const char *words[CLI_WORDS_MAX];
    const char *options['z' + 1]; /* by their letter: the value, "" of a flag; NULL: none */
};

/* Ends the process with CLI_USAGE where they are not as the grammar has them. */
void cli_words_read(const struct cli_grammar *grammar, int argc, char **argv,
                    struct cli_words *out);

/* A GET, printed unless its answer is wanted as it is. */
enum cli_status cli_words_show(const struct cli_words *words, const char *path,
                               void (*print)(const struct json_value *answer));

#endif
