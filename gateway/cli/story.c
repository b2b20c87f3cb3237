#include "gateway/cli/story.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/cli/cli.h"

enum { LINE_SIZE = 320 };

/* One thing that happened. */
struct event {
    int64_t at_ms;
    size_t order; /* of equal times */
    char step[40];
    char line[LINE_SIZE];
};

/* Octets of a sender's name that are shown. */
enum { SENDER_SIZE = 128 };

struct story {
    const struct json_value *trace;
    const char *currency;
    struct event *events;
    size_t count;
    size_t room;
};

static void tell(struct story *story, int64_t at_ms, const char *step, const char *line,
                 ...) __attribute__((format(printf, 4, 5)));

static void tell(struct story *story, int64_t at_ms, const char *step, const char *line,
                 ...)
{
    struct event *event;
    va_list values;

    if (story->count == story->room) {
        story->room = story->room != 0 ? story->room * 2 : 16;
        story->events = realloc(story->events, story->room * sizeof(*story->events));
        if (story->events == NULL)
            abort();
    }
    event = &story->events[story->count];
    event->at_ms = at_ms;
    event->order = story->count++;
    snprintf(event->step, sizeof(event->step), "%s", step);
    va_start(values, line);
    vsnprintf(event->line, sizeof(event->line), line, values);
    va_end(values);
    cli_tame(event->line);
}

static int compare_events(const void *left, const void *right)
{
    const struct event *a = left, *b = right;

    if (a->at_ms != b->at_ms)
        return a->at_ms < b->at_ms ? -1 : 1;
    return a->order < b->order ? -1 : 1;
}

static bool is_money(const char *amount)
{
    return amount[0] != '\0' && strcmp(amount, "0.000000") != 0;
}

/* ---- Attempts ------------------------------------------------------------ */

static bool has_mark(const struct json_value *more, const char *mark)
{
    const struct json_value *word;

    for (size_t i = 0; (word = cli_element(more, "marks", i)) != NULL; i++)
        if (strcmp(json_text(word), mark) == 0)
            return true;
    return false;
}

/* A messenger gets one text, a link each segment on its own. */
static bool has_segments(const struct story *story, const char *step)
{
    const struct json_value *attempt;

    for (size_t i = 0; (attempt = cli_element(story->trace, "attempts", i)) != NULL; i++)
        if (cli_number(attempt, "segment") > 1 &&
            strcmp(cli_text(attempt, "step"), step) == 0)
            return true;
    return false;
}

/* ", segment 2, try 3": where there is more than one. */
static const char *which_try(const struct story *story, const struct json_value *attempt,
                             char out[64])
{
    size_t used = 0;

    out[0] = '\0';
    if (has_segments(story, cli_text(attempt, "step")))
        used =
            (size_t)snprintf(out, 64, ", segment %" PRId64, cli_number(attempt, "segment"));
    if (cli_number(attempt, "try") > 1)
        snprintf(out + used, 64 - used, ", try %" PRId64, cli_number(attempt, "try"));
    return out;
}

static void tell_handover(struct story *story, const struct json_value *attempt,
                          const struct json_value *more)
{
    const char *id = cli_text(attempt, "provider_id");
    const char *sender = cli_text(more, "sender");
    char which[64];

    tell(story, cli_time_ms(attempt, "sent_at"), cli_text(attempt, "step"),
         "handed over to %s%s%s%s%s%s", cli_text(attempt, "channel"),
         which_try(story, attempt, which), sender[0] != '\0' ? " as from " : "", sender,
         id[0] != '\0' ? ", its id " : "", id);
}

/* What the state means to a person. */
static const char *meaning_of(const char *state, bool in_doubt)
{
    static const struct {
        const char *state;
        const char *meaning;
    } rows[] = {
        {"intent",    "about to be handed over"                  },
        {"sent",      "waits for the channel's answer"           },
        {"accepted",  "accepted by the channel, no more is known"},
        {"delivered", "delivered"                                },
        {"read",      "read"                                     },
        {"clicked",   "clicked"                                  },
        {"failed",    "failed"                                   },
        {"expired",   "expired there"                            },
        {"unknown",   "its fate stayed unknown"                  },
    };

    if (in_doubt)
        return "in doubt: it was sent and no answer came";
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (strcmp(rows[i].state, state) == 0)
            return rows[i].meaning;
    return state;
}

/* ", segment 2: unreachable (code 8); charged 0.050000 EUR, cost 0.030000" */
static void write_details(const struct story *story, const struct json_value *attempt,
                          const struct json_value *more, char out[LINE_SIZE])
{
    const char *reason = cli_text(attempt, "reason");
    const char *charged = cli_text(attempt, "charged");
    const char *cost = cli_text(attempt, "cost");
    int64_t code = cli_number(more, "code");
    char number[40] = "", which[64];

    if (code != 0)
        snprintf(number, sizeof(number), " (code %" PRId64 ")", code);
    snprintf(out, LINE_SIZE, "%s%s%s%s%s%s%s%s%s%s", which_try(story, attempt, which),
             reason[0] != '\0' ? ": " : "", reason, number,
             is_money(charged) ? "; charged " : "", is_money(charged) ? charged : "",
             is_money(charged) ? " " : "", is_money(charged) ? story->currency : "",
             is_money(cost) ? "; cost " : "", is_money(cost) ? cost : "");
}

static void tell_attempt(struct story *story, const struct json_value *attempt,
                         const struct json_value *more)
{
    char details[LINE_SIZE];

    if (cli_time_ms(attempt, "sent_at") != 0)
        tell_handover(story, attempt, more);
    write_details(story, attempt, more, details);
    if (has_mark(more, "permit returned"))
        tell(story, cli_time_ms(attempt, "updated_at"), cli_text(attempt, "step"),
             "not sent by %s after all%.200s", cli_text(attempt, "channel"), details);
    else if (has_mark(more, "never sent"))
        tell(story, cli_time_ms(attempt, "updated_at"), cli_text(attempt, "step"),
             "could not be tried%.200s", details);
    else
        tell(story, cli_time_ms(attempt, "updated_at"), cli_text(attempt, "step"),
             "%s%.200s%s%s",
             meaning_of(cli_text(attempt, "state"), has_mark(more, "in doubt")), details,
             has_mark(more, "to be tried again") ? "; to be tried again" : "",
             has_mark(more, "contradicted") ? "; a later report says it failed" : "");
}

static void tell_all_attempts(struct story *story)
{
    const struct json_value *attempt;

    for (size_t i = 0; (attempt = cli_element(story->trace, "attempts", i)) != NULL; i++)
        tell_attempt(story, attempt, cli_element(story->trace, "tries", i));
}

/* ---- Steps that were waited out ------------------------------------------ */

/* When the step was handed over first, and whether it got as far as it should. */
static int64_t begin_of_step(const struct story *story, const char *name)
{
    const struct json_value *attempt;

    for (size_t i = 0; (attempt = cli_element(story->trace, "attempts", i)) != NULL; i++)
        if (strcmp(cli_text(attempt, "step"), name) == 0 &&
            cli_time_ms(attempt, "sent_at") != 0)
            return cli_time_ms(attempt, "sent_at");
    return 0;
}

static bool failed_in_step(const struct story *story, const char *name)
{
    const struct json_value *attempt;
    bool failed = false;

    for (size_t i = 0; (attempt = cli_element(story->trace, "attempts", i)) != NULL; i++)
        if (strcmp(cli_text(attempt, "step"), name) == 0)
            failed = strcmp(cli_text(attempt, "state"), "failed") == 0 ||
                     strcmp(cli_text(attempt, "state"), "expired") == 0;
    return failed;
}

/* A step that was left although nothing failed: its time was over. */
static void tell_silence(struct story *story)
{
    const struct json_value *step, *next;

    for (size_t i = 0; (step = cli_element(story->trace, "steps", i)) != NULL &&
                       (next = cli_element(story->trace, "steps", i + 1)) != NULL;
         i++) {
        int64_t begin_ms = begin_of_step(story, cli_text(step, "name"));
        int64_t next_ms = begin_of_step(story, cli_text(next, "name"));
        int64_t over_ms = begin_ms + cli_number(step, "within_ms");
        char span[CLI_SPAN_SIZE];

        if (begin_ms != 0 && next_ms >= over_ms &&
            !failed_in_step(story, cli_text(step, "name")))
            tell(story, over_ms, cli_text(step, "name"), "not %s within %s: on to step %s",
                 cli_text(step, "until"), cli_span(cli_number(step, "within_ms"), span),
                 cli_text(next, "name"));
    }
}

/* ---- The whole ----------------------------------------------------------- */

static void print_head(const struct story *story, FILE *out)
{
    const struct json_value *trace = story->trace;
    const char *network = cli_text(trace, "network.code");
    const char *name = cli_text(trace, "network.name");
    const struct json_value *step;
    char from[SENDER_SIZE];

    fprintf(out, "message %s of account %s, from %s to %s", cli_text(trace, "id"),
            cli_text(trace, "account"), cli_shown(trace, "from", from, sizeof(from)),
            cli_text(trace, "to"));
    if (network[0] != '\0')
        fprintf(out, " in network %s%s%s", network, name[0] != '\0' ? " " : "", name);
    fprintf(out, "\n");
    fprintf(out, "plan %s:", cli_text(trace, "plan"));
    for (size_t i = 0; (step = cli_element(trace, "steps", i)) != NULL; i++) {
        const char *amount = cli_text(step, "price.amount");

        fprintf(out, "%s %s", i > 0 ? "," : "", cli_text(step, "name"));
        if (amount[0] != '\0')
            fprintf(out, " (%s per %s on %s)", amount, cli_text(step, "price.per"),
                    cli_text(step, "price.on"));
        else
            fprintf(out, " (not sold)");
    }
    fprintf(out, "\n");
    if (cli_text(trace, "review")[0] != '\0')
        fprintf(out, "%s by review\n", cli_text(trace, "review"));
    if (cli_claim(trace, "transliterated"))
        fprintf(out, "over links in Latin letters, to save a part\n");
    fprintf(out, "\n");
}

static void print_events(struct story *story, int64_t accepted_ms, FILE *out)
{
    if (story->count > 0)
        qsort(story->events, story->count, sizeof(*story->events), compare_events);
    for (size_t i = 0; i < story->count; i++)
        fprintf(out, "%+10.3f s  %-12s %s\n",
                (double)(story->events[i].at_ms - accepted_ms) / 1000,
                story->events[i].step, story->events[i].line);
}

static void print_receipts(const struct story *story, FILE *out)
{
    const struct json_value *receipt;

    for (size_t i = 0; (receipt = cli_element(story->trace, "receipts", i)) != NULL; i++) {
        const char *end = cli_text(receipt, "end");
        bool is_wanted = strcmp(cli_text(receipt, "asked"), "never") != 0;

        fprintf(out, "receipt of %s: ", cli_text(receipt, "submission"));
        if (!is_wanted)
            fprintf(out, "not asked for\n");
        else
            fprintf(out, "asked for %s; %s%s\n", cli_text(receipt, "asked"),
                    end[0] != '\0' ? "the end to tell is " : "not due yet", end);
    }
}

static void print_money(const struct story *story, FILE *out)
{
    const struct json_value *trace = story->trace;
    const char *cost = cli_text(trace, "cost");

    fprintf(out, "\nparts %" PRId64 ", charged %s %s, held %s%s%s; by SMS alone %s\n",
            cli_number(trace, "parts"), cli_text(trace, "charged"), story->currency,
            cli_text(trace, "held"), cost[0] != '\0' ? ", cost " : "", cost,
            cli_text(trace, "baseline"));
}

void story_print(const struct json_value *trace, FILE *out)
{
    struct story story = {.trace = trace, .currency = cli_text(trace, "currency")};
    int64_t accepted_ms = cli_time_ms(trace, "accepted_at");
    const char *end = cli_text(trace, "end");

    tell(&story, accepted_ms, "", "accepted at %s", cli_text(trace, "accepted_at"));
    tell_silence(&story);
    tell_all_attempts(&story);
    if (end[0] != '\0')
        tell(&story, cli_time_ms(trace, "ended_at"), "", "ended: %s", end);
    print_head(&story, out);
    print_events(&story, accepted_ms, out);
    if (end[0] == '\0')
        fprintf(out, "%12s  now: %s, at the latest until %s\n", "",
                cli_text(trace, "state"), cli_text(trace, "deadline"));
    print_money(&story, out);
    print_receipts(&story, out);
    free(story.events);
}
