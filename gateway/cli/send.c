/*
 * sluice send: one message, its text from the command line or standard input.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/cli/commands.h"

enum { TEXT_MAX = 64 * 1024 };

struct arguments {
    struct cli_target target;
    const char *account;
    const char *from;
    const char *to;
    const char *plan;
    const char *text;
    const char *schedule;
    long validity_s;
};

static const struct argp_option options[] = {
    {"account",                      'a', "NAME", 0, "Account that sends and pays", 1},
    {"from",                        'f', "SENDER", 0, "A number, or a name of at most 20 characters", 1},
    {"to", 'r', "NUMBER", 0, "The recipient, as E.164", 1},
    {"plan",                              'p', "NAME", 0, "The plan to follow, if not the account's", 1},
    {"validity",    'v', "SECONDS", 0, "Not to be sent any more after so long", 1},
    {"schedule",                             's' + 256, "TIME", 0, "Not to be sent before this time of RFC 3339", 1},
    {0                            },
};

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    char *end;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &arguments->target;
        return 0;
    case 'a':
        arguments->account = value;
        return 0;
    case 'f':
        arguments->from = value;
        return 0;
    case 'r':
        arguments->to = value;
        return 0;
    case 'p':
        arguments->plan = value;
        return 0;
    case 's' + 256:
        arguments->schedule = value;
        return 0;
    case 'v':
        errno = 0;
        arguments->validity_s = strtol(value, &end, 10);
        if (errno != 0 || *end != '\0' || arguments->validity_s < 1)
            argp_error(state, "'%s' is no number of seconds", value);
        return 0;
    case ARGP_KEY_ARG:
        if (arguments->text != NULL)
            argp_error(state, "what is '%s'? A text with blanks needs quotes", value);
        arguments->text = value;
        return 0;
    case ARGP_KEY_END:
        if (arguments->account == NULL || arguments->from == NULL || arguments->to == NULL)
            argp_error(state, "--account, --from and --to are needed");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* All of standard input, less one newline at its end. */
static char *read_text(void)
{
    char *text = malloc(TEXT_MAX);
    size_t size;

    if (text == NULL)
        abort();
    size = fread(text, 1, TEXT_MAX - 1, stdin);
    if (size > 0 && text[size - 1] == '\n')
        size--;
    text[size] = '\0';
    return text;
}

static void write_request(struct json_writer *writer, const struct arguments *arguments,
                          const char *text)
{
    json_write_object(writer, NULL);
    json_write_string(writer, "account", arguments->account);
    json_write_string(writer, "from", arguments->from);
    json_write_string(writer, "to", arguments->to);
    json_write_string(writer, "text", text);
    if (arguments->plan != NULL)
        json_write_string(writer, "plan", arguments->plan);
    if (arguments->schedule != NULL)
        json_write_string(writer, "schedule", arguments->schedule);
    if (arguments->validity_s > 0)
        json_write_integer(writer, "validity", arguments->validity_s);
    json_write_object_end(writer);
}

int send_command(int argc, char **argv)
{
    const struct argp argp = {
        .options = options,
        .parser = parse,
        .args_doc = "[TEXT]",
        .doc = "Send a message; without TEXT, or with -, its text is read from standard"
               " input. Prints its id once it is durable.",
        .children = cli_children,
    };
    struct arguments arguments = {.target = cli_target_default()};
    struct json_writer writer = {0};
    struct json_document *answer = NULL;
    char *typed = NULL;
    enum cli_status status;

    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    if (arguments.text == NULL || strcmp(arguments.text, "-") == 0)
        typed = read_text();
    write_request(&writer, &arguments, typed != NULL ? typed : arguments.text);
    status = cli_ask(&arguments.target, "/v1/messages", &writer, &answer);
    if (status == CLI_OK && !arguments.target.json) {
        const struct json_value *value = json_at(answer, "");

        printf("%s accepted: parts %lld, held %s %s\n", cli_text(value, "id"),
               (long long)cli_number(value, "parts"), cli_text(value, "held"),
               cli_text(value, "currency"));
    }
    json_document_free(answer);
    json_writer_done(&writer);
    free(typed);
    return status;
}
