#include "tests/bench/bench_options.h"

#include <argp.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/bench_ledger.h"

#define EXIT_USAGE 2

/* What --seconds without --rate and --capacity makes room for. */
#define IDS_PER_S 100000

const char *argp_program_version = "sluice-bench " PACKAGE_VERSION;

enum {
    KEY_ACCOUNT = 0x100,
    KEY_PASSWORD,
    KEY_PORT,
    KEY_SOURCE,
    KEY_TEXT,
    KEY_LENGTH,
    KEY_ALPHABET,
    KEY_PARTS,
    KEY_REGISTERED,
    KEY_DESTINATIONS,
    KEY_CAPACITY,
    KEY_WAIT,
    KEY_LINGER,
    KEY_RECONNECT,
    KEY_RESEND,
    KEY_RETRY,
    KEY_ACK_DELAY,
    KEY_NO_ACK,
    KEY_EXPECT,
    KEY_ALLOW,
    KEY_IDS,
    KEY_JSON,
    KEY_PID,
    KEY_METRICS,
    KEY_TOKEN,
    KEY_METRIC,
};

static const struct argp_option rows[] = {
    {NULL,                                                                              0, NULL, 0, "Where to:", 1},
    {"host",                                                                             'h', "HOST", 0, "Host to connect to (127.0.0.1)", 0},
    {"port",                                                                      KEY_PORT, "PORT", 0, "Its SMPP port (2775)", 0},
    {"account",                                                                                 KEY_ACCOUNT, "NAME", 0,
     "system_id to bind as (sms); repeat for several accounts", 0},
    {"password",  KEY_PASSWORD, "WORD", 0,
     "Password (secret08); the n-th belongs to the n-th account, the last to the rest", 0},
    {"binds",                                                                                'b', "N", 0, "Transceivers per account (1)", 0},
    {"window",                                                                                'w', "N", 0, "Submits unanswered at once, per bind (64)", 0},

    {NULL,                                                                            0, NULL, 0, "How much:", 2},
    {"messages",                                                                           'n', "N", 0, "Messages to send, all told (1000)", 0},
    {"seconds",                                                           's', "S", 0, "Send for S seconds; with --messages, what comes first", 0},
    {"rate",                                                                                 'r', "R", 0,
     "Start R messages per second, whatever the answers do; latency then counts from when "
     "a message should have been sent (default: as fast as the windows allow)", 0},
    {"capacity",KEY_CAPACITY, "N", 0, "Ids to keep room for; needed for long --seconds",
     0},

    {NULL,                                                                                0, NULL, 0, "What:", 3},
    {"destinations",                                                                                'd', "LIST", 0,
     "PATTERN[:SHARE][=STAT],...: each # is a digit of a counter, STAT the word its "
     "receipts must carry (7900#######)", 0},
    {"source",                                                                        KEY_SOURCE, "ADDRESS", 0, "Sender, digits or a name (Sluice)", 0},
    {"text",                                                                           KEY_TEXT, "TEXT", 0, "Text to send, in UTF-8", 0},
    {"length", KEY_LENGTH, "N", 0, "Or a text of N characters (40)", 0},
    {"alphabet",                                                                                 KEY_ALPHABET, "NAME", 0, "gsm, ascii, latin1 or ucs2 (gsm)", 0},
    {"parts",KEY_PARTS, "N", 0,
     "Cut into N parts with a UDH (as few as the text needs); each is a submit", 0},
    {"registered-delivery",                                                                                KEY_REGISTERED, "N", 0,
     "0 none, 1 always, 2 on failure, 3 on success; other bits are sent as they are (1)", 0},

    {NULL,                                                                                0, NULL, 0, "What is held against the other side:", 4},
    {"expect-stat",                                                                          KEY_EXPECT, "WORDS", 0,
     "Word of all receipts, or words with shares: DELIVRD:3,UNDELIV:1", 0},
    {"allow-status",                                                                              KEY_ALLOW, "CODE", 0,
     "A submit may be refused with this command_status (0x58), or with `any'; repeatable", 0},
    {"wait",                                      KEY_WAIT, "S", 0,
     "Give up when something is due and nothing has come for S seconds (30)", 0},
    {"linger",                                                                                 KEY_LINGER, "S", 0,
     "Stay S seconds after the last receipt due, for those too many (0.5)", 0},

    {NULL,     0, NULL, 0, "How it behaves:", 5},
    {"reconnect",                                                                                KEY_RECONNECT, NULL, 0,
     "Survive lost connections: bind again, ids given stay owed their receipts", 0},
    {"resend",                                                                                KEY_RESEND, NULL, 0, "Submit again what a lost connection left unanswered",
     0},
    {"retry",                                                                        KEY_RETRY, NULL, 0, "Submit again after 1 s what 0x58 or 0x14 refused", 0},
    {"receipt-ack-delay",                                                                              KEY_ACK_DELAY, "MS", 0, "Answer each receipt MS later (0)", 0},
    {"no-ack",                                              KEY_NO_ACK, NULL, 0, "Never answer a receipt", 0},

    {NULL,                                                                                 0, NULL, 0, "What is told:", 6},
    {"json",                    KEY_JSON, "FILE", 0, "Write all numbers as JSON; - is standard output", 0},
    {"ids",                                                                                KEY_IDS, "FILE", 0, "Write every accepted id with its times", 0},
    {"quiet",                                                                                'q', NULL, 0, "No report and no progress, only what is wrong", 0},
    {"pid",                                                                            KEY_PID, "PID", 0,
     "Report the processor time and memory of this process; repeatable", 0},
    {"metrics",                                                                              KEY_METRICS, "URL", 0,
     "Read Prometheus counters before and after; those of sluice_store_ are reported per "
     "message", 0},
    {"metrics-token",         KEY_TOKEN, "TOKEN", 0, "Bearer token for --metrics", 0},
    {"metric",                                                                                 KEY_METRIC, "NAME", 0, "Report these counters too; repeatable", 0},
    {0                                                                               },
};

static const char doc[] =
    "Sends SMPP load and holds the other side to its word: every id it gives must get "
    "exactly one final receipt, on the right account, after its response."
    "\vExit status: 0 when all is exact, 1 with a sentence for each thing that is not, 2 "
    "for a wrong command line.";

/* What has to wait until all options are known. */
struct reading {
    struct bench_options *options;
    const char *passwords[BENCH_ACCOUNTS_MAX];
    unsigned password_count;
    const char *text;
    unsigned length;
    unsigned parts;
    enum bench_alphabet alphabet;
};

static double number(struct argp_state *state, const char *name, const char *word,
                     double lowest, double highest)
{
    char *end;
    double value = strtod(word, &end);

    if (end == word || *end != '\0' || !(value >= lowest && value <= highest))
        argp_error(state, "--%s is a number from %.15g to %.15g, not `%s'", name, lowest,
                   highest, word);
    return value;
}

static uint32_t whole(struct argp_state *state, const char *name, const char *word,
                      double lowest, double highest)
{
    double value = number(state, name, word, lowest, highest);

    if (value != (double)(uint32_t)value)
        argp_error(state, "--%s is a whole number, not `%s'", name, word);
    return (uint32_t)value;
}

static int64_t seconds(struct argp_state *state, const char *name, const char *word)
{
    return (int64_t)(number(state, name, word, 0, 1e6) * 1e9);
}

static void need_room(struct argp_state *state, const char *name, unsigned count,
                      unsigned most)
{
    if (count == most)
        argp_error(state, "--%s is given more than %u times", name, most);
}

static void read_status(struct argp_state *state, struct bench_options *options,
                        const char *word)
{
    char *end;
    unsigned long status = strtoul(word, &end, 0);

    if (strcmp(word, "any") == 0) {
        options->any_status = true;
        return;
    }
    if (end == word || *end != '\0' || status == 0 || status > UINT32_MAX)
        argp_error(state, "--allow-status is a command_status such as 0x58, or any");
    need_room(state, "allow-status", options->allowed_status_count, BENCH_STATUSES_MAX);
    options->allowed_statuses[options->allowed_status_count++] = (uint32_t)status;
}

static void read_expected(struct argp_state *state, struct bench_options *options,
                          const char *list)
{
    while (*list) {
        size_t size = strcspn(list, ":,");
        enum bench_stat stat = bench_stat_from_word(list, size);
        char *end = (char *)list + size;
        unsigned long share = *end == ':' ? strtoul(end + 1, &end, 10) : 1;

        if (stat == BENCH_STAT_OTHER || share == 0 || share > 1000000 ||
            (*end != ',' && *end != '\0'))
            argp_error(state, "--expect-stat is a word such as DELIVRD, or words with "
                              "shares such as DELIVRD:3,UNDELIV:1");
        options->expected_shares[stat] += (uint32_t)share;
        options->expected_share_sum += (uint32_t)share;
        list = end + (*end == ',');
    }
}

static void read_destinations(struct argp_state *state, struct bench_options *options,
                              const char *list)
{
    const char *error = bench_destinations_read(list, &options->destinations);

    if (error)
        argp_error(state, "--destinations: %s", error);
}

/* The default of one is the absence of both. */
static void settle_amount(struct argp_state *state, struct bench_options *options)
{
    double parts = options->text.part_count;
    double sessions = (double)options->binds * options->account_count;

    if (options->messages == 0 && options->seconds == 0)
        options->messages = 1000;
    if (sessions > BENCH_SESSIONS_MAX)
        argp_error(state, "more than %d binds all told", BENCH_SESSIONS_MAX);

    /* Receipts for ids that were never given need room too. */
    double spare = 1000 + 4 * sessions * options->window;
    double per_s = options->rate_per_s > 0 ? options->rate_per_s : IDS_PER_S;
    double ids =
        options->messages ? options->messages * parts : options->seconds * per_s * parts;

    if (options->capacity == 0 && ids + spare > (double)BENCH_LEDGER_MAX) {
        if (options->messages)
            argp_error(state, "that is more than the %zu ids there is room for",
                       BENCH_LEDGER_MAX);
        ids = (double)BENCH_LEDGER_MAX - spare;
    }
    if (options->capacity == 0)
        options->capacity = (uint32_t)(ids + spare);
}

static void settle(struct argp_state *state, struct reading *reading)
{
    struct bench_options *options = reading->options;

    if (options->account_count == 0)
        options->accounts[options->account_count++].system_id = "sms";
    if (reading->password_count > options->account_count)
        argp_error(state, "there are more passwords than accounts");
    if (reading->password_count == 0)
        reading->passwords[reading->password_count++] = "secret08";
    for (unsigned i = 0; i < options->account_count; i++) {
        unsigned last = reading->password_count - 1;

        options->accounts[i].password = reading->passwords[i < last ? i : last];
    }

    const char *error = reading->text ? bench_text_cut(reading->text, reading->alphabet,
                                                       reading->parts, &options->text)
                                      : bench_text_fill(reading->length, reading->alphabet,
                                                        reading->parts, &options->text);

    if (error)
        argp_error(state, "%s", error);
    if (options->resend && !options->reconnect)
        argp_error(state, "--resend needs --reconnect");
    if (options->no_ack && options->ack_delay_ns > 0)
        argp_error(state, "--no-ack and --receipt-ack-delay exclude each other");
    settle_amount(state, options);
}

static error_t read_option(int key, char *word, struct argp_state *state)
{
    struct reading *reading = state->input;
    struct bench_options *options = reading->options;

    switch (key) {
    case 'h':
        options->host = word;
        break;
    case KEY_PORT:
        options->port = (uint16_t)whole(state, "port", word, 1, 65535);
        break;
    case KEY_ACCOUNT:
        need_room(state, "account", options->account_count, BENCH_ACCOUNTS_MAX);
        options->accounts[options->account_count++].system_id = word;
        break;
    case KEY_PASSWORD:
        need_room(state, "password", reading->password_count, BENCH_ACCOUNTS_MAX);
        reading->passwords[reading->password_count++] = word;
        break;
    case 'b':
        options->binds = whole(state, "binds", word, 1, BENCH_SESSIONS_MAX);
        break;
    case 'w':
        options->window = whole(state, "window", word, 1, 65536);
        break;
    case 'n':
        options->messages = whole(state, "messages", word, 1, BENCH_LEDGER_MAX);
        break;
    case 's':
        options->seconds = number(state, "seconds", word, 0.001, 1e6);
        break;
    case 'r':
        options->rate_per_s = number(state, "rate", word, 0.001, 1e7);
        break;
    case KEY_CAPACITY:
        options->capacity = whole(state, "capacity", word, 1, BENCH_LEDGER_MAX);
        break;
    case 'd':
        read_destinations(state, options, word);
        break;
    case KEY_SOURCE:
        if (strlen(word) > BENCH_NUMBER_MAX)
            argp_error(state, "--source has at most %d characters", BENCH_NUMBER_MAX);
        options->source = word;
        break;
    case KEY_TEXT:
        reading->text = word;
        break;
    case KEY_LENGTH:
        reading->length = whole(state, "length", word, 1, 39015);
        break;
    case KEY_ALPHABET:
        if (!bench_alphabet_from_name(word, &reading->alphabet))
            argp_error(state, "--alphabet is gsm, ascii, latin1 or ucs2, not `%s'", word);
        break;
    case KEY_PARTS:
        reading->parts = whole(state, "parts", word, 1, BENCH_PARTS_MAX);
        break;
    case KEY_REGISTERED:
        options->registered_delivery =
            (uint8_t)whole(state, "registered-delivery", word, 0, 255);
        break;
    case KEY_EXPECT:
        read_expected(state, options, word);
        break;
    case KEY_ALLOW:
        read_status(state, options, word);
        break;
    case KEY_WAIT:
        options->wait_ns = seconds(state, "wait", word);
        break;
    case KEY_LINGER:
        options->linger_ns = seconds(state, "linger", word);
        break;
    case KEY_RECONNECT:
        options->reconnect = true;
        break;
    case KEY_RESEND:
        options->resend = true;
        break;
    case KEY_RETRY:
        options->retry = true;
        break;
    case KEY_ACK_DELAY:
        options->ack_delay_ns =
            (int64_t)(number(state, "receipt-ack-delay", word, 0, 1e9) * 1e6);
        break;
    case KEY_NO_ACK:
        options->no_ack = true;
        break;
    case KEY_IDS:
        options->ids_path = word;
        break;
    case KEY_JSON:
        options->json_path = word;
        break;
    case 'q':
        options->quiet = true;
        break;
    case KEY_PID:
        need_room(state, "pid", options->pid_count, BENCH_PIDS_MAX);
        options->pids[options->pid_count++] = (pid_t)whole(state, "pid", word, 1, 1e9);
        break;
    case KEY_METRICS:
        options->metrics_url = word;
        break;
    case KEY_TOKEN:
        options->metrics_token = word;
        break;
    case KEY_METRIC:
        need_room(state, "metric", options->metric_count, BENCH_METRICS_MAX);
        options->metrics[options->metric_count++] = word;
        break;
    case ARGP_KEY_ARG:
        argp_error(state, "`%s' belongs to no option", word);
        break;
    case ARGP_KEY_END:
        settle(state, reading);
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

void bench_options_read(struct bench_options *options, int argc, char **argv)
{
    static const struct argp argp = {rows, read_option, NULL, doc, NULL, NULL, NULL};
    struct reading reading = {.options = options};

    *options = (struct bench_options){
        .host = "127.0.0.1",
        .port = 2775,
        .binds = 1,
        .window = 64,
        .source = "Sluice",
        .registered_delivery = 1,
        .wait_ns = 30000000000,
        .linger_ns = 500000000,
    };

    const char *error = bench_destinations_read("7900#######", &options->destinations);

    if (error)
        abort();
    argp_err_exit_status = EXIT_USAGE;
    argp_parse(&argp, argc, argv, 0, NULL, &reading);
}

bool bench_options_allow(const struct bench_options *options, uint32_t status)
{
    for (unsigned i = 0; i < options->allowed_status_count; i++) {
        if (options->allowed_statuses[i] == status)
            return true;
    }
    return options->any_status;
}
