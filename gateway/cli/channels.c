/*
 * sluice channels: how each is now, and what went through it.
 */
#include <stdio.h>
#include <string.h>

#include "gateway/cli/commands.h"
#include "gateway/cli/words.h"

static const struct argp_option options[] = {
    {"from",                                                     'f', "TIME", 0, "Count messages accepted from then on (else of 24 hours)", 1},
    {"to",                                                    'e', "TIME", 0, "... and before then; a date, or a time of RFC 3339", 1},
    {0},
};

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

/* "/v1/stats/channels?from=...&to=..."; `from` and `to` may be NULL.  False: too long. */
static bool write_path(const char *from, const char *to, char *out, size_t room)
{
    char query[256] = "";

    if (from != NULL && !cli_path(query, sizeof(query), "?from=", from, ""))
        return false;
    if (!cli_path(out, room, "/v1/stats/channels", "", query))
        return false;
    return to == NULL || cli_path(out + strlen(out), room - strlen(out),
                                  from != NULL ? "&to=" : "?to=", to, "");
}

int channels_command(int argc, char **argv)
{
    const struct cli_grammar grammar = {
        .options = options,
        .doc = "How the channels are now, and how many tries of the period's messages were"
               " sent, accepted, delivered and failed there.",
    };
    struct cli_words words;
    char path[512];

    cli_words_read(&grammar, argc, argv, &words);
    if (write_path(words.options['f'], words.options['e'], path, sizeof(path)))
        return cli_words_show(&words, path, print_channels);
    fprintf(stderr, "sluice: these are no times\n");
    return CLI_REFUSED;
}
