/*
 * sluice cancel: a message that is wanted no more.  sluice receipt: what became of one is
 * told once more.
 */
#include <stdio.h>

#include "gateway/cli/message.h"

/* How many of them. */
static void print(const struct json_value *answer, const char *deed)
{
    printf("%s %s: %lld\n", cli_text(answer, "id"), deed,
           (long long)cli_number(answer, deed));
}

int cancel_command(int argc, char **argv)
{
    const struct message_command command = {
        .doc =
            "End a message of which something is not submitted yet: nothing more is sent,"
            " what is held for it is returned, its sender is told DELETED. All of a"
            " submit_multi, unless --to chooses one.",
        .method = "DELETE",
        .below = "",
        .print = print,
        .deed = "cancelled",
    };

    return message_command_run(&command, argc, argv);
}

int receipt_command(int argc, char **argv)
{
    const struct message_command command = {
        .doc = "Tell the receipt of a message that has ended to its account once more, also"
               " when it was acknowledged. All of a submit_multi, unless --to chooses one.",
        .method = "POST",
        .below = "/receipt",
        .print = print,
        .deed = "told",
    };

    return message_command_run(&command, argc, argv);
}
