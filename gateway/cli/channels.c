/*
 * sluice channels: how each is now, and what went through it.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "gateway/cli/commands.h"

struct arguments {
    struct cli_target target;
    const char *from;
    const char *to;
};

static const struct argp_option options[] = {
    {"from",                                                     'f', "TIME", 0, "Count messages accepted from then on (else of 24 hours)", 1},
    {"to",                                                    'e', "TIME", 0, "... and before then; a date, or a time of RFC 3339", 1},
    {0},
};

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct arguments *arguments = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &arguments->target;
        return 0;
    case 'f':
        arguments->from = value;
        return 0;
    case 'e':
        arguments->to = value;
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "what is '%s'?", value);
        return EINVAL;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void print_line(const struct json_value *channel)
{
    const char *of_link = cli_text(channel, "state");
    const char *state = cli_claim(channel, "suspended") ? "suspended"
                        : of_link[0] != '\0'            ? of_link
                        : cli_claim(channel, "up")      ? "up"
                                                        : "down";
    const char *charged = cli_text(channel, "charged");

    printf("%-16s %-5s %-9s %8lld %6lld %9lld %9lld %9lld %9lld %16s\n",
           cli_text(channel, "channel"), cli_text(channel, "kind"), state,
           (long long)cli_number(channel, "queued"), (long long)cli_number(channel, "open"),
           (long long)cli_number(channel, "sent"),
           (long long)cli_number(channel, "accepted"),
           (long long)cli_number(channel, "delivered"),
           (long long)cli_number(channel, "failed"), charged[0] != '\0' ? charged : "-");
}

static void print_channels(const struct json_value *value)
{
    const struct json_value *channel;

    printf("from %s to %s, money in %s\n", cli_text(value, "from"), cli_text(value, "to"),
           cli_text(value, "currency")[0] != '\0' ? cli_text(value, "currency")
                                                  : "several currencies");
    printf("%-16s %-5s %-9s %8s %6s %9s %9s %9s %9s %16s\n", "channel", "kind", "state",
           "queued", "open", "sent", "accepted", "delivered", "failed", "charged");
    for (size_t i = 0; (channel = cli_element(value, "channels", i)) != NULL; i++)
        print_line(channel);
}

/* "/v1/stats/channels?from=...&to=..."; false: too long. */
static bool write_path(const struct arguments *arguments, char *out, size_t room)
{
    char query[256] = "";

    if (arguments->from != NULL &&
        !cli_path(query, sizeof(query), "?from=", arguments->from, ""))
        return false;
    if (!cli_path(out, room, "/v1/stats/channels", "", query))
        return false;
    return arguments->to == NULL ||
           cli_path(out + strlen(out), room - strlen(out),
                    arguments->from != NULL ? "&to=" : "?to=", arguments->to, "");
}

int channels_command(int argc, char **argv)
{
    const struct argp argp = {
        .options = options,
        .parser = parse,
        .doc = "How the channels are now, and how many tries of the period's messages were"
               " sent, accepted, delivered and failed there.",
        .children = cli_children,
    };
    struct arguments arguments = {.target = cli_target_default()};
    struct json_document *answer = NULL;
    enum cli_status status = CLI_REFUSED;
    char path[512];

    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    if (!write_path(&arguments, path, sizeof(path)))
        fprintf(stderr, "sluice: these are no times\n");
    else
        status = cli_ask(&arguments.target, path, NULL, &answer);
    if (status == CLI_OK && !arguments.target.json)
        print_channels(json_at(answer, ""));
    json_document_free(answer);
    return status;
}
