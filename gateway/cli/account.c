/*
 * sluice account: stop one, let it go on, and what it has used of its limits.
 */
#include <stdio.h>
#include <string.h>

#include "gateway/cli/commands.h"
#include "gateway/cli/words.h"

static void print_limits(const struct json_value *value);
static void print_suspended(const struct json_value *value);
static void print_resumed(const struct json_value *value);

static const struct verb {
    const char *name;
    const char *path;
    bool is_post;
    void (*print)(const struct json_value *value);
} verbs[] = {
    {"limits",  "/limits",  false, print_limits   },
    {"suspend", "/suspend", true,  print_suspended},
    {"resume",  "/resume",  true,  print_resumed  },
};

static const struct argp_option options[] = {
    {"drop-queued", 'd', 0, 0, "With suspend: cancel what was not handed over yet", 1},
    {0           },
};

static const struct verb *find_verb(const char *name)
{
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
        if (strcmp(verbs[i].name, name) == 0)
            return &verbs[i];
    return NULL;
}

/* Numbers as they are, money as its text. */
static const char *amount(const struct json_value *value, const char *kind,
                          const char *member, char out[32])
{
    char path[64];

    snprintf(path, sizeof(path), "%s.%s", kind, member);
    if (strncmp(kind, "spend", 5) == 0)
        snprintf(out, 32, "%s", cli_text(value, path));
    else
        snprintf(out, 32, "%lld", (long long)cli_number(value, path));
    return out;
}

static void print_limits(const struct json_value *value)
{
    static const char *const kinds[] = {"parts_per_hour", "parts_per_day", "spend_per_hour",
                                        "spend_per_day"};
    char used[32], limit[32], path[64];
    const char *suspended = cli_text(value, "suspended_at");

    printf("account         %s%s%s\n", cli_text(value, "account"),
           *suspended ? ", suspended since " : "", suspended);
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        snprintf(path, sizeof(path), "%s.ends_at", kinds[i]);
        if (*cli_text(value, path) == '\0')
            printf("%-15s no limit\n", kinds[i]);
        else
            printf("%-15s %s of %s, until %s\n", kinds[i],
                   amount(value, kinds[i], "used", used),
                   amount(value, kinds[i], "limit", limit), cli_text(value, path));
    }
}

static void print_suspended(const struct json_value *value)
{
    printf("%s is suspended: %lld messages cancelled, %s %s returned\n",
           cli_text(value, "account"), (long long)cli_number(value, "cancelled"),
           cli_text(value, "returned"), cli_text(value, "currency"));
}

static void print_resumed(const struct json_value *value)
{
    printf("%s may send again\n", cli_text(value, "account"));
}

static enum cli_status run(const struct verb *verb, const struct cli_words *words)
{
    struct json_document *answer = NULL;
    struct json_writer body = {0};
    enum cli_status status = CLI_REFUSED;
    char path[512];

    json_write_object(&body, NULL);
    if (words->options['d'] != NULL)
        json_write_bool(&body, "drop_queued", true);
    json_write_object_end(&body);
    if (!cli_path(path, sizeof(path), "/v1/accounts/", words->words[1], verb->path))
        fprintf(stderr, "sluice: no account has such a name\n");
    else
        status = cli_ask(&words->target, path, verb->is_post ? &body : NULL, &answer);
    if (status == CLI_OK && !words->target.json)
        verb->print(json_at(answer, ""));
    json_document_free(answer);
    json_writer_done(&body);
    return status;
}

int account_command(int argc, char **argv)
{
    const struct cli_grammar grammar = {
        .options = options,
        .args_doc = "limits|suspend|resume ACCOUNT",
        .doc =
            "limits tells what an account has used of its parts and money in this hour and"
            " day. suspend stops it: its binds are closed and refused, its submissions"
            " refused, until resume. What is on its way goes on, unless --drop-queued"
            " cancels what the last step of its plan has not handed over.",
        .least = 2,
        .most = 2,
        .missing = "what about which account?",
        .over = "one account at a time",
    };
    struct cli_words words;
    const struct verb *verb;

    cli_words_read(&grammar, argc, argv, &words);
    verb = find_verb(words.words[0]);
    if (verb == NULL)
        fprintf(stderr,
                "sluice: what is '%s'? \"limits\", \"suspend\" and \"resume\" are known"
                " here\n",
                words.words[0]);
    else if (words.options['d'] != NULL && strcmp(verb->name, "suspend") != 0)
        fprintf(stderr, "sluice: --drop-queued goes with suspend\n");
    else
        return run(verb, &words);
    return CLI_USAGE;
}
