/*
 * sluice: the operator's command.  Which subcommand is meant; each is a file of its own.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "gateway/cli/commands.h"

static const struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *summary;
} commands[] = {
#define COMMAND(name, function, summary) {name, function, summary},
#include "gateway/cli/commands.def"
#undef COMMAND
};

enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static void print_help(FILE *out)
{
    fprintf(out, "Usage: sluice COMMAND [OPTION...]\n"
                 "Ask the gateway that runs on this machine, or one with --url.\n\n");
    for (size_t i = 0; i < COMMANDS; i++)
        fprintf(out, "  %-14s %s\n", commands[i].name, commands[i].summary);
    fprintf(out, "\n\"sluice COMMAND --help\" says more. See sluice(1).\n");
}

static bool is_any_of(const char *word, const char *first, const char *second)
{
    return strcmp(word, first) == 0 || strcmp(word, second) == 0;
}

int main(int argc, char **argv)
{
    char name[64];

    signal(SIGPIPE, SIG_IGN);
    if (argc < 2) {
        print_help(stderr);
        return CLI_USAGE;
    }
    if (is_any_of(argv[1], "--help", "-h") || is_any_of(argv[1], "help", "-?")) {
        print_help(stdout);
        return CLI_OK;
    }
    if (is_any_of(argv[1], "--version", "-V")) {
        printf("sluice " PACKAGE_VERSION "\n");
        return CLI_OK;
    }
    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(argv[1], commands[i].name) != 0)
            continue;
        snprintf(name, sizeof(name), "sluice %s", commands[i].name);
        argv[1] = name;
        return commands[i].run(argc - 1, argv + 1);
    }
    fprintf(stderr, "sluice: there is no command '%s'; \"sluice --help\" names them all\n",
            argv[1]);
    return CLI_USAGE;
}
