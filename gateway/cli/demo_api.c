#include "gateway/cli/demo_api.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "gateway/cli/call.h"
#include "gateway/cli/cli.h"
#include "gateway/cli/demo_stage.h"
#include "routing/money.h"

/* ---- Asking --------------------------------------------------------------- */

/* Ctrl-C is heeded between two questions, so none may take long. */
enum { PATIENCE_S = 3 };

static struct json_document *ask_quietly(const struct demo_stage *stage, const char *path,
                                         char *error, size_t error_size)
{
    const struct timeval patience = {.tv_sec = PATIENCE_S};
    struct json_document *document = NULL;
    struct call_answer answer = {0};
    int fd = call_connect_unix(stage->socket, error, error_size);

    if (fd < 0)
        return NULL;
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    if (!call_exchange(fd, "GET", path, NULL, NULL, 0, &answer, error, error_size))
        return NULL;
    if (answer.status == 200)
        document = json_parse(answer.body, answer.size, error, error_size);
    else
        snprintf(error, error_size, "status %d: %s", answer.status, answer.body);
    call_answer_done(&answer);
    return document;
}

static struct json_document *ask(const struct demo_stage *stage, const char *path)
{
    char error[512];
    struct json_document *answer = ask_quietly(stage, path, error, sizeof(error));

    if (answer == NULL)
        fprintf(stderr, "sluice demo: sluiced was asked for %s: %s\n", path, error);
    return answer;
}

/* ---- Channels ------------------------------------------------------------- */

/* The element of a list whose member `key` is `text`, or NULL. */
static const struct json_value *find(const struct json_value *list, const char *key,
                                     const char *text)
{
    const struct json_value *one;

    for (size_t i = 0; (one = cli_element(list, "", i)) != NULL; i++)
        if (strcmp(cli_text(one, key), text) == 0)
            return one;
    return NULL;
}

static int64_t money_at(const struct json_value *value, const char *path)
{
    int64_t amount = 0;

    (void)!money_parse(cli_text(value, path), &amount);
    return amount;
}

static struct demo_line line_of(const struct json_value *row)
{
    bool is_link = strcmp(cli_text(row, "kind"), "link") == 0;
    struct demo_line line = {
        .up = cli_claim(row, "up"),
        .attempts = cli_number(row, "attempts"),
        .delivered = cli_number(row, "delivered"),
        .failed = cli_number(row, "failed"),
        .charged_micro = money_at(row, "charged"),
    };

    snprintf(line.label, sizeof(line.label), is_link ? "SMS (%s)" : "%s",
             cli_text(row, "label"));
    return line;
}

static void read_lines(const struct json_document *answer,
                       struct demo_line out[DEMO_CHANNELS])
{
    const struct json_value *rows = json_at(answer, "channels");

    for (int i = 0; i < DEMO_CHANNELS; i++)
        out[i] = line_of(find(rows, "channel", demo_channel_name(i)));
}

bool demo_api_is_ready(const struct demo_stage *stage)
{
    char error[512];
    struct json_document *answer =
        ask_quietly(stage, "/v1/stats/channels", error, sizeof(error));
    struct demo_line lines[DEMO_CHANNELS];
    bool ready = answer != NULL;

    if (ready)
        read_lines(answer, lines);
    for (int i = 0; i < DEMO_CHANNELS && ready; i++)
        ready = lines[i].up;
    json_document_free(answer);
    return ready;
}

bool demo_api_lines(const struct demo_stage *stage, struct demo_line out[DEMO_CHANNELS])
{
    struct json_document *answer = ask(stage, "/v1/stats/channels");

    if (answer == NULL)
        return false;
    read_lines(answer, out);
    json_document_free(answer);
    return true;
}

/* ---- Money ---------------------------------------------------------------- */

static int64_t count_ends(const struct json_value *statement)
{
    static const char *const ends[] = {
        "ends.delivered", "ends.accepted",  "ends.undeliverable", "ends.expired",
        "ends.rejected",  "ends.cancelled", "ends.unknown",
    };
    int64_t sum = 0;

    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
        sum += cli_number(statement, ends[i]);
    return sum;
}

bool demo_api_statement(const struct demo_stage *stage, struct demo_statement *out)
{
    struct json_document *answer = ask(stage, "/v1/accounts/shop/statement");
    const struct json_value *top;

    if (answer == NULL)
        return false;
    top = json_at(answer, "");
    *out = (struct demo_statement){
        .messages = cli_number(top, "messages"),
        .ended = count_ends(top),
        .delivered = cli_number(top, "ends.delivered"),
        .charged_micro = money_at(top, "charged"),
        .refunded_micro = money_at(top, "refunded"),
        .baseline_micro = money_at(top, "baseline"),
        .saved_micro = money_at(top, "saved"),
    };
    snprintf(out->currency, sizeof(out->currency), "%s", cli_text(top, "currency"));
    json_document_free(answer);
    return true;
}

bool demo_api_ledger(const struct demo_stage *stage, struct demo_ledger *out)
{
    struct json_document *answer = ask(stage, "/v1/ledger/verify");

    if (answer == NULL)
        return false;
    *out = (struct demo_ledger){
        .ok = cli_claim(json_at(answer, ""), "ok"),
        .postings = cli_number(json_at(answer, ""), "postings"),
        .mismatches = (int64_t)json_length(json_at(answer, "mismatches")),
    };
    json_document_free(answer);
    return true;
}

/* ---- Messages and receipts ------------------------------------------------ */

bool demo_api_receipts(const struct demo_stage *stage, int64_t *out_acknowledged)
{
    struct json_document *answer = ask(stage, "/v1/status");

    if (answer == NULL)
        return false;
    *out_acknowledged = cli_number(json_at(answer, "receipts"), "acknowledged");
    json_document_free(answer);
    return true;
}

static bool was_reached(const struct json_value *attempt)
{
    const char *state = cli_text(attempt, "state");

    return strcmp(state, "delivered") == 0 || strcmp(state, "read") == 0 ||
           strcmp(state, "clicked") == 0;
}

static void read_message(const struct json_document *answer, struct demo_message *out)
{
    const struct json_value *top = json_at(answer, "");
    const struct json_value *one;

    *out = (struct demo_message){
        .parts = cli_number(top, "parts"),
        .charged_micro = money_at(top, "charged"),
        .baseline_micro = money_at(top, "baseline"),
    };
    snprintf(out->to, sizeof(out->to), "%s", cli_text(top, "to"));
    for (size_t i = 0; (one = cli_element(top, "attempts", i)) != NULL; i++)
        if (was_reached(one))
            snprintf(out->reached_by, sizeof(out->reached_by), "%s",
                     cli_text(one, "channel"));
    for (size_t i = 0; (one = cli_element(top, "steps", i)) != NULL; i++)
        for (int channel = 0; channel < DEMO_CHANNELS; channel++)
            if (strcmp(cli_text(one, "channels.0"), demo_channel_name(channel)) == 0)
                out->price_micro[channel] = money_at(one, "price.amount");
}

bool demo_api_message(const struct demo_stage *stage, const char *id,
                      struct demo_message *out)
{
    struct json_document *answer;
    char path[96];

    snprintf(path, sizeof(path), "/v1/messages/%s/trace", id);
    answer = ask(stage, path);
    if (answer == NULL)
        return false;
    read_message(answer, out);
    json_document_free(answer);
    return true;
}
