/*
 * POST /v1/messages: the answer goes out when the message is durable.
 */
#include "gateway/api_pieces.h"

#include <string.h>

#include "gateway/accounts.h"
#include "gateway/catalog.h"
#include "gateway/clock.h"
#include "gateway/limits.h"
#include "gateway/rfc3339.h"
#include "gateway/store.h"
#include "routing/ledger.h"

enum { VALIDITY_MAX_S = 30 * 24 * 3600, NAME_MAX_SIZE = 255 };

static const enum api_problem problem_of[INTAKE_RESULTS] = {
    [INTAKE_NO_ACCOUNT] = API_UNKNOWN_ACCOUNT,
    [INTAKE_BAD_SOURCE] = API_BAD_SOURCE,
    [INTAKE_BAD_DESTINATION] = API_BAD_DESTINATION,
    [INTAKE_BAD_TEXT] = API_BAD_TEXT,
    [INTAKE_BAD_TIME] = API_BAD_TIME,
    [INTAKE_NO_PLAN] = API_NO_PLAN,
    [INTAKE_NO_PRICE] = API_NO_PRICE,
    [INTAKE_NO_CLASS] = API_NO_CLASS,
    [INTAKE_DENIED] = API_DENIED,
    [INTAKE_NO_MONEY] = API_NO_MONEY,
    [INTAKE_RATE] = API_RATE,
    [INTAKE_FULL] = API_FULL,
    [INTAKE_OPTED_OUT] = API_OPTED_OUT,
    [INTAKE_SUSPENDED] = API_SUSPENDED,
    [INTAKE_DENIED_SOURCE] = API_DENIED_SOURCE,
    [INTAKE_DENIED_DATA_CODING] = API_DENIED_CONTENT,
    [INTAKE_DENIED_ESM_CLASS] = API_DENIED_CONTENT,
    [INTAKE_DENIED_PROTOCOL_ID] = API_DENIED_CONTENT,
    [INTAKE_DENIED_PORT] = API_DENIED_CONTENT,
    [INTAKE_DENIED_DESTINATION] = API_DENIED_DESTINATION,
    [INTAKE_DENIED_PREMIUM] = API_DENIED_PREMIUM,
    [INTAKE_PARTS_PER_HOUR] = API_PARTS_LIMIT,
    [INTAKE_PARTS_PER_DAY] = API_PARTS_LIMIT,
    [INTAKE_SPEND_PER_HOUR] = API_SPEND_LIMIT,
    [INTAKE_SPEND_PER_DAY] = API_SPEND_LIMIT,
    [INTAKE_RECIPIENT] = API_RECIPIENT_LIMIT,
    [INTAKE_OTHER] = API_OTHER_REQUEST,
};

static void tell_accepted(struct gateway *gateway, const struct store_effect *answer,
                          const struct intake_first *first)
{
    const struct account *account = catalog_account(gateway->catalog, first->account);
    struct json_writer *writer = api_writer(gateway);
    char currency[4];

    json_write_object(writer, NULL);
    json_write_string(writer, "id", first->id);
    json_write_integer(writer, "parts", first->parts);
    json_write_money(writer, "held", first->held_micro);
    json_write_string(writer, "currency",
                      ledger_currency_code(account->currency, currency));
    json_write_object_end(writer);
    api_answer(gateway, answer->target, 202);
}

static void answer_accepted(void *owner, const struct store_effect *effect)
{
    struct gateway *gateway = owner;
    /* It stays in memory for longer than this takes. */
    const struct live *live = live_find_submission(gateway, effect->id);
    const struct body *body = live_body(live, effect->id);
    char id[PUBLIC_ID_SIZE] = "";
    const struct intake_first accepted = {
        .id = id,
        .account = live->message.account,
        .parts = live->message.parts,
        .held_micro = intake_held(effect),
    };

    if (body != NULL)
        (void)public_id_write_body(body, id);
    if (!api_turn_ends(gateway, live, effect, &accepted, tell_accepted))
        tell_accepted(gateway, effect, &accepted);
}

static int64_t ms_until_rate(const struct gateway *gateway, const char *account)
{
    int index = config_find_account(gateway->config, account);

    return accounts_parts_due_ms(gateway->accounts, (uint32_t)index, 1,
                                 clock_mono_ms(gateway->clock));
}

/* How long it is no use to ask again; 0: it is no matter of time. */
static int64_t wait_ms(const struct gateway *gateway, const char *name,
                       enum intake_result result)
{
    const struct account *account = catalog_account_named(gateway->catalog, name);
    struct limits_facts limit;

    if (result == INTAKE_RATE)
        return ms_until_rate(gateway, name) + 1;
    if (result == INTAKE_FULL)
        return 1;
    if (result == INTAKE_RECIPIENT)
        return account->config->recipient_within_ms;
    if (result < INTAKE_PARTS_PER_HOUR || result > INTAKE_SPEND_PER_DAY ||
        !limits_facts(gateway, account, (enum usage_kind)(result - INTAKE_PARTS_PER_HOUR),
                      &limit))
        return 0;
    return limit.ends_ms - gateway_now_ms(gateway);
}

static void refuse_submit(struct api_call *call, const struct intake_request *submit,
                          enum intake_result result)
{
    const char *why = intake_result_text(result);
    struct gateway *gateway = call->gateway;
    int64_t ms = wait_ms(gateway, submit->account, result);

    if (ms > 0)
        api_refuse_for_now(gateway, call->request->id, problem_of[result],
                           (ms + 999) / 1000, why);
    else
        api_refuse(gateway, call->request->id, problem_of[result], NULL, "%s", why);
}

/* All of it points into the document.  NULL, or what is wrong. */
static const char *read_submit(struct json_document *document, struct intake_request *out)
{
    const char *schedule = json_read_text(document, "schedule", JSON_OPTIONAL);

    out->tell_first = tell_accepted;
    out->start_at_ms = 0;
    if (schedule != NULL && !rfc3339_read(schedule, &out->start_at_ms))
        return "\"schedule\" must be a time of RFC 3339";
    out->account = json_read_text(document, "account", JSON_NEEDED);
    out->from = json_read_text(document, "from", JSON_NEEDED);
    out->to = json_read_text(document, "to", JSON_NEEDED);
    out->text = json_read_text(document, "text", JSON_NEEDED);
    out->plan = json_read_text(document, "plan", JSON_OPTIONAL);
    out->validity_ms = 1000 * json_read_integer(document, "validity", JSON_OPTIONAL,
                                                "seconds", 1, VALIDITY_MAX_S, 0);
    return json_fault(document);
}

/* The Idempotency-Key of the request, NULL without one; false: it is none. */
static bool read_name(const struct api_call *call, const char **out)
{
    const char *name = http_request_header(call->request, "Idempotency-Key");

    *out = NULL;
    if (name == NULL || call->gateway->config->idempotency_keep_ms == 0)
        return true;
    for (const char *at = name; *at != '\0'; at++)
        if (*at < 0x20 || *at > 0x7E)
            return false;
    *out = name;
    return name[0] != '\0' && strlen(name) <= NAME_MAX_SIZE;
}

static void submit(struct api_call *call, struct json_document *document)
{
    const struct store_effect answer = {.run = answer_accepted,
                                        .target = call->request->id};
    struct intake_request request;
    const char *fault = read_submit(document, &request);
    enum intake_result result = INTAKE_NO_ACCOUNT;
    uint64_t id;

    if (fault != NULL) {
        api_refuse(call->gateway, call->request->id, API_BAD_BODY, NULL, "%s", fault);
        return;
    }
    if (!read_name(call, &request.name)) {
        api_refuse(call->gateway, call->request->id, API_BAD_KEY, NULL,
                   "Idempotency-Key must be 1 to %d characters that can be printed",
                   NAME_MAX_SIZE);
        return;
    }
    if (api_may_act_for(&call->asker, request.account))
        result = intake_api(call->gateway, &request, &answer, &id);
    if (result != INTAKE_OK)
        refuse_submit(call, &request, result);
}

void api_on_submit(struct api_call *call)
{
    char error[160];
    struct json_document *document =
        json_parse(call->request->body, call->request->body_size, error, sizeof(error));

    if (document == NULL) {
        api_refuse(call->gateway, call->request->id, API_BAD_BODY, NULL, "%s", error);
        return;
    }
    submit(call, document);
    json_document_free(document);
}
