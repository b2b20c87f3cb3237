/*
 * The subcommands: rows of commands.def.
 */
#ifndef GATEWAY_CLI_COMMANDS_H
#define GATEWAY_CLI_COMMANDS_H

#include "gateway/cli/cli.h"

#define COMMAND(name, function, summary) int function(int argc, char **argv);
#include "gateway/cli/commands.def"
#undef COMMAND

#endif
