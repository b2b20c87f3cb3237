/*
 * Messages over the API: sent, and asked about.  One that is not in memory has ended,
 * and is asked of the reader.
 */
#include "gateway/api_pieces.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/accounts.h"
#include "gateway/body.h"
#include "gateway/catalog.h"
#include "gateway/clock.h"
#include "gateway/intake.h"
#include "gateway/store.h"
#include "gateway/store_reader.h"
#include "routing/ledger.h"

enum { VALIDITY_MAX_S = 30 * 24 * 3600 };

/* ---- Sending ------------------------------------------------------------- */

static const enum api_problem problem_of[INTAKE_RESULTS] = {
    [INTAKE_NO_ACCOUNT] = API_UNKNOWN_ACCOUNT,
    [INTAKE_BAD_SOURCE] = API_BAD_SOURCE,
    [INTAKE_BAD_DESTINATION] = API_BAD_DESTINATION,
    [INTAKE_BAD_TEXT] = API_BAD_TEXT,
    [INTAKE_BAD_TIME] = API_BAD_TIME,
    [INTAKE_NO_PLAN] = API_NO_PLAN,
    [INTAKE_NO_PRICE] = API_NO_PRICE,
    [INTAKE_NO_MONEY] = API_NO_MONEY,
    [INTAKE_RATE] = API_RATE,
    [INTAKE_FULL] = API_FULL,
    [INTAKE_OPTED_OUT] = API_OPTED_OUT,
};

static void answer_accepted(void *owner, const struct store_effect *effect)
{
    struct gateway *gateway = owner;
    const struct live *live = live_find_submission(gateway, effect->id);
    struct json_writer *writer = api_writer(gateway);
    char currency[4];

    json_write_object(writer, NULL);
    json_write_id(writer, "id", effect->id);
    /* It stays in memory for longer than this takes; the id alone would do. */
    if (live != NULL) {
        const struct account *account =
            catalog_account(gateway->catalog, live->message.account);

        json_write_integer(writer, "parts", live->message.parts);
        json_write_money(writer, "held", live->message.held_micro);
        json_write_string(writer, "currency",
                          ledger_currency_code(account->currency, currency));
    }
    json_write_object_end(writer);
    api_answer(gateway, effect->target, 202);
}

static int64_t seconds_until_rate(const struct gateway *gateway, const char *account)
{
    int index = config_find_account(gateway->config, account);
    int64_t due_ms = accounts_parts_due_ms(gateway->accounts, (uint32_t)index, 1,
                                           clock_mono_ms(gateway->clock));

    return due_ms > 1000 ? (due_ms + 999) / 1000 : 1;
}

static void refuse_submit(struct api_call *call, const struct intake_request *submit,
                          enum intake_result result)
{
    const char *why = intake_result_text(result);
    struct gateway *gateway = call->gateway;
    uint64_t request = call->request->id;

    if (result == INTAKE_RATE)
        api_refuse_for_now(gateway, request, API_RATE,
                           seconds_until_rate(gateway, submit->account), why);
    else if (result == INTAKE_FULL)
        api_refuse_for_now(gateway, request, API_FULL, 1, why);
    else
        api_refuse(gateway, request, problem_of[result], NULL, "%s", why);
}

/* All of it points into the document. */
static const char *read_submit(struct json_document *document, struct intake_request *out)
{
    out->account = json_read_text(document, "account", JSON_NEEDED);
    out->from = json_read_text(document, "from", JSON_NEEDED);
    out->to = json_read_text(document, "to", JSON_NEEDED);
    out->text = json_read_text(document, "text", JSON_NEEDED);
    out->plan = json_read_text(document, "plan", JSON_OPTIONAL);
    out->validity_ms = 1000 * json_read_integer(document, "validity", JSON_OPTIONAL,
                                                "seconds", 1, VALIDITY_MAX_S, 0);
    return json_fault(document);
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

/* ---- Asking -------------------------------------------------------------- */

static void write_attempt(struct gateway *gateway, struct json_writer *writer,
                          const struct api_message *it, const struct attempt *attempt,
                          const struct api_asker *asker)
{
    bool known = it->plan != NULL && attempt->step < it->plan->step_count;

    json_write_object(writer, NULL);
    json_write_string(writer, "step", known ? it->plan->steps[attempt->step].name : NULL);
    json_write_string(writer, "channel",
                      catalog_channel_name(gateway->catalog, attempt->channel));
    json_write_integer(writer, "segment", attempt->segment);
    json_write_integer(writer, "try", attempt->number);
    json_write_string(writer, "state",
                      attempt_state_name((enum attempt_state)attempt->state));
    json_write_string(
        writer, "reason",
        attempt->reason != REASON_NONE ? reason_name((enum reason)attempt->reason) : NULL);
    json_write_string(writer, "provider_id",
                      attempt->provider_id[0] != '\0' ? attempt->provider_id : NULL);
    json_write_time(writer, "sent_at", attempt->sent_at_ms);
    json_write_time(writer, "updated_at", attempt->updated_at_ms);
    json_write_money(writer, "charged", attempt->charged_micro);
    api_write_cost(writer, "cost", asker, attempt->cost_micro);
    json_write_object_end(writer);
}

void api_write_message(struct gateway *gateway, struct json_writer *writer,
                       const struct api_message *it, const struct api_asker *asker)
{
    const struct message *message = it->message;
    const struct account *account = catalog_account(gateway->catalog, message->account);
    char currency[4];

    json_write_id(writer, "id", it->submission);
    json_write_array(writer, "submissions");
    for (size_t i = 0; i < it->body_count; i++)
        json_write_id(writer, NULL, it->bodies[i]->id);
    json_write_array_end(writer);
    json_write_string(writer, "account", account->name);
    json_write_string(writer, "from", it->body_count > 0 ? it->bodies[0]->source : NULL);
    json_write_string(writer, "to", it->body_count > 0 ? it->bodies[0]->destination : NULL);
    json_write_string(writer, "state",
                      message_state_name((enum message_state)message->state));
    json_write_string(writer, "end",
                      message->end != MESSAGE_END_NONE
                          ? message_end_name((enum message_end)message->end)
                          : NULL);
    json_write_time(writer, "accepted_at", message->accepted_at_ms);
    json_write_time(writer, "ended_at", message->ended_at_ms);
    json_write_integer(writer, "parts", message->parts);
    json_write_money(writer, "charged", message->charged_micro);
    api_write_cost(writer, "cost", asker, message->cost_micro);
    json_write_string(writer, "currency",
                      ledger_currency_code(account->currency, currency));
    json_write_array(writer, "attempts");
    for (size_t i = 0; i < message->attempt_count; i++)
        write_attempt(gateway, writer, it, &message->attempts[i], asker);
    json_write_array_end(writer);
}

/* False: there is none that the asker may see. */
static bool write_answer(struct gateway *gateway, const struct api_message *it,
                         const struct api_asker *asker, bool whole_story)
{
    const struct account *account = catalog_account(gateway->catalog, it->message->account);
    struct json_writer *writer = api_writer(gateway);

    if (account == NULL || !api_may_act_for(asker, account->name))
        return false;
    json_write_object(writer, NULL);
    api_write_message(gateway, writer, it, asker);
    if (whole_story)
        api_write_story(gateway, writer, it);
    json_write_object_end(writer);
    return true;
}

static void refuse_unknown(struct gateway *gateway, uint64_t request)
{
    api_refuse(gateway, request, API_UNKNOWN_MESSAGE, NULL,
               "no message has this id, or it is another account's");
}

static void on_stored(void *owner, uint64_t tag, struct stored_message *stored)
{
    struct api_question *question = owner;
    struct gateway *gateway = question->gateway;
    const struct api_message it = {
        .submission = tag,
        .message = &stored->message,
        .plan = catalog_plan(gateway->catalog, stored->message.plan),
        .bodies = stored->bodies,
        .body_count = stored->body_count,
    };

    if (stored->failed)
        api_refuse_unread(gateway, question->request);
    else if (stored->found &&
             write_answer(gateway, &it, &question->asker, question->whole_story))
        api_answer(gateway, question->request, 200);
    else
        refuse_unknown(gateway, question->request);
    api_question_free(question);
}

/* A decimal number as we write it. */
static bool read_id(const char *text, uint64_t *out)
{
    char *end;
    size_t size = strlen(text);

    if (size == 0 || size > 19 || strspn(text, "0123456789") != size)
        return false;
    *out = strtoull(text, &end, 10);
    return true;
}

static void answer_message(struct api_call *call, bool whole_story)
{
    struct gateway *gateway = call->gateway;
    struct api_question *question;
    struct live *live;
    uint64_t id;

    if (!read_id(call->name, &id)) {
        refuse_unknown(gateway, call->request->id);
        return;
    }
    live = live_find_submission(gateway, id);
    if (live != NULL) {
        const struct api_message it = {id, &live->message, live->plan, live->bodies,
                                       live->body_count};

        if (write_answer(gateway, &it, &call->asker, whole_story))
            api_answer_when_durable(gateway, call->request->id);
        else
            refuse_unknown(gateway, call->request->id);
        return;
    }
    question = api_question_new(call);
    question->whole_story = whole_story;
    api_question_asked(question,
                       store_reader_message(gateway->reader, id, on_stored, question, id));
}

void api_on_message(struct api_call *call)
{
    answer_message(call, false);
}

void api_on_trace(struct api_call *call)
{
    answer_message(call, true);
}
