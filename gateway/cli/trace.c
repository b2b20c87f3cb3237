/*
 * sluice trace: the story of one message.
 */
#include <stdio.h>

#include "gateway/cli/message.h"
#include "gateway/cli/story.h"

static void print(const struct json_value *answer, const char *deed)
{
    (void)deed;
    story_print(answer, stdout);
}

int trace_command(int argc, char **argv)
{
    const struct message_command command = {
        .doc =
            "Tell what became of a message: each step, its channel, how long it took, why"
            " it was left, and what it cost.",
        .method = "GET",
        .below = "/trace",
        .print = print,
    };

    return message_command_run(&command, argc, argv);
}
