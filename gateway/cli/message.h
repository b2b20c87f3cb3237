/*
 * Commands about one message: its id, and of a submit_multi which of its messages.
 */
#ifndef GATEWAY_CLI_MESSAGE_H
#define GATEWAY_CLI_MESSAGE_H

#include "gateway/cli/commands.h"

struct message_command {
    const char *doc;
    const char *method;
    const char *below; /* what follows /v1/messages/ID */
    void (*print)(const struct json_value *answer, const char *deed);
    const char *deed; /* what was done, as the answer names the count of it; NULL */
};

/* Asks, and prints the answer unless it is wanted as JSON. */
enum cli_status message_command_run(const struct message_command *command, int argc,
                                    char **argv);

#endif
