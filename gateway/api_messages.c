/*
 * Messages over the API: sent, and asked about.  One that is not in memory has ended,
 * and is asked of the reader.
 */
#include "gateway/api_pieces.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/accounts.h"
#include "gateway/aliases.h"
#include "gateway/body.h"
#include "gateway/cancel.h"
#include "gateway/catalog.h"
#include "gateway/clock.h"
#include "gateway/ids.h"
#include "gateway/intake.h"
#include "gateway/limits.h"
#include "gateway/public_id.h"
#include "gateway/receipts.h"
#include "gateway/rfc3339.h"
#include "gateway/store.h"
#include "gateway/store_reader.h"
#include "routing/ledger.h"
#include "routing/number.h"
#include "smpp/pdu.h"

enum { VALIDITY_MAX_S = 30 * 24 * 3600, NAME_MAX_SIZE = 255 };

/* ---- Sending ------------------------------------------------------------- */

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

static void answer_accepted(void *owner, const struct store_effect *effect)
{
    struct gateway *gateway = owner;
    /* It stays in memory for longer than this takes. */
    const struct live *live = live_find_submission(gateway, effect->id);
    const struct account *account =
        catalog_account(gateway->catalog, live->message.account);
    struct json_writer *writer = api_writer(gateway);
    char currency[4];

    json_write_object(writer, NULL);
    api_write_public_id(writer, "id", live_body(live, effect->id));
    json_write_integer(writer, "parts", live->message.parts);
    json_write_money(writer, "held", intake_held(effect));
    json_write_string(writer, "currency",
                      ledger_currency_code(account->currency, currency));
    json_write_object_end(writer);
    api_answer(gateway, effect->target, 202);
}

static void answer_repeated(struct gateway *gateway, const struct store_effect *answer,
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

    out->tell_first = answer_repeated;
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

/* ---- Telling ------------------------------------------------------------- */

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

void api_write_public_id(struct json_writer *writer, const char *key,
                         const struct body *body)
{
    char id[PUBLIC_ID_SIZE] = "";

    if (body != NULL)
        (void)public_id_write_body(body, id);
    json_write_string(writer, key, id);
}

/* The one that was asked for. */
static const struct body *body_asked_for(const struct api_message *it)
{
    for (size_t i = 0; i < it->body_count; i++)
        if (it->bodies[i]->id == it->submission)
            return it->bodies[i];
    return it->body_count > 0 ? it->bodies[0] : NULL;
}

void api_write_message(struct gateway *gateway, struct json_writer *writer,
                       const struct api_message *it, const struct api_asker *asker)
{
    const struct message *message = it->message;
    const struct account *account = catalog_account(gateway->catalog, message->account);
    char currency[4];

    api_write_public_id(writer, "id", body_asked_for(it));
    json_write_array(writer, "submissions");
    for (size_t i = 0; i < it->body_count; i++)
        api_write_public_id(writer, NULL, it->bodies[i]);
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

/* ---- Asking -------------------------------------------------------------- */

static void refuse_unknown(struct gateway *gateway, uint64_t request)
{
    api_refuse(gateway, request, API_UNKNOWN_MESSAGE, NULL,
               "no message has this id, or it is another account's");
}

static void write_answer(struct api_question *question, const struct api_message *it)
{
    struct json_writer *writer = api_writer(question->gateway);

    json_write_object(writer, NULL);
    api_write_message(question->gateway, writer, it, &question->asker);
    if (question->wish == API_TRACE)
        api_write_story(question->gateway, writer, it);
    json_write_object_end(writer);
}

/* What is done to all messages of an id. */
static const struct {
    const char *member; /* of the answer: how many it was done to */
    const char *none;   /* why it was done to none */
} deeds[] = {
    [API_CANCEL] = {"cancelled", "it has ended, or all of it is submitted"      },
    [API_RETELL] = {"told",      "it has not ended, or no receipt was asked for"},
};

static bool is_deed(const struct api_question *question)
{
    return question->wish == API_CANCEL || question->wish == API_RETELL;
}

/* All have been seen. */
static void answer_deed(struct api_question *question)
{
    struct gateway *gateway = question->gateway;
    struct json_writer *writer = api_writer(gateway);

    if (question->count == 0) {
        api_refuse(gateway, question->request,
                   question->wish == API_CANCEL ? API_TOO_LATE : API_NOTHING_TO_TELL, NULL,
                   "%s", deeds[question->wish].none);
    } else {
        json_write_object(writer, NULL);
        json_write_string(writer, "id", question->given);
        json_write_integer(writer, deeds[question->wish].member, question->count);
        json_write_object_end(writer);
        api_answer_when_durable(gateway, question->request);
    }
}

static void end_question(struct api_question *question)
{
    if (is_deed(question) && question->found)
        answer_deed(question);
    else if (!question->found)
        refuse_unknown(question->gateway, question->request);
    api_question_free(question);
}

/* It is one of those that the id names, and the asker's to see. */
static bool is_meant(const struct api_question *question, uint32_t account,
                     const struct body *body)
{
    const struct account *its = catalog_account(question->gateway->catalog, account);

    return its != NULL && api_may_act_for(&question->asker, its->name) &&
           (question->place == 0 || (body->place == question->place + 1 &&
                                     public_id_of(body) == question->submission));
}

static bool tell_again(struct gateway *gateway, const struct api_message *it,
                       const struct body *body)
{
    const struct live ended = {.message = *it->message,
                               .plan = it->plan,
                               .bodies = it->bodies,
                               .body_count = (uint16_t)it->body_count};

    return receipts_tell_again(gateway, &ended, body);
}

/* True when there may be another one; `live` is NULL for one from the database. */
static bool see(struct api_question *question, struct live *live,
                const struct api_message *it, const struct body *body)
{
    bool chosen = question->to[0] == '\0' || strcmp(question->to, body->destination) == 0;

    if (!is_meant(question, it->message->account, body))
        return false;
    if (chosen) {
        question->found = true;
        if (question->wish == API_CANCEL) {
            question->count += live != NULL && cancel_message(question->gateway, live);
        } else if (question->wish == API_RETELL) {
            question->count += tell_again(question->gateway, it, body);
        } else {
            write_answer(question, it);
            if (live != NULL)
                api_answer_when_durable(question->gateway, question->request);
            else
                api_answer(question->gateway, question->request, 200);
            return false;
        }
    }
    return body->place == ++question->place && question->place < SMPP_DESTINATIONS_MAX;
}

static void look(struct api_question *question);

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

    if (stored->failed) {
        api_refuse_unread(gateway, question->request);
        api_question_free(question);
    } else if (stored->found && stored->body_count > 0 &&
               see(question, NULL, &it, body_asked_for(&it))) {
        look(question);
    } else {
        end_question(question);
    }
}

/*
 * From one message of the id to the next: in memory, or it has ended and is asked of the
 * reader, whose answer goes on.
 */
static void look(struct api_question *question)
{
    struct gateway *gateway = question->gateway;
    bool more = true;

    while (more) {
        uint64_t id = ids_after(question->submission, question->place);
        struct live *live = live_find_submission(gateway, id);

        if (live == NULL) {
            api_question_asked(question, store_reader_message(gateway->reader, id,
                                                              on_stored, question, id));
            return;
        }
        const struct api_message it = {id, &live->message, live->plan, live->bodies,
                                       live->body_count};

        more = see(question, live, &it, live_body(live, id));
    }
    end_question(question);
}

/* `to` of the query chooses among those of a submit_multi; false: it is no number. */
static bool read_to(struct api_call *call, char out[NUMBER_SIZE])
{
    char text[64];

    if (!http_request_query(call->request, "to", text, sizeof(text)))
        return true;
    return number_normalise(text, strlen(text), out);
}

static void ask(struct api_call *call, enum api_wish wish)
{
    struct gateway *gateway = call->gateway;
    struct api_question *question = api_question_new(call);
    struct public_id id;

    question->wish = wish;
    memcpy(question->given, call->name, sizeof(question->given));
    if (!read_to(call, question->to)) {
        api_refuse(gateway, question->request, API_BAD_QUERY, NULL,
                   "\"to\" must be a phone number");
        api_question_free(question);
        return;
    }
    if (public_id_read(call->name, strlen(call->name), PUBLIC_ID_HEX, &id))
        question->submission = aliases_resolve(gateway, &id);
    if (question->submission != 0)
        look(question);
    else
        end_question(question);
}

void api_on_message(struct api_call *call)
{
    ask(call, API_MESSAGE);
}

void api_on_trace(struct api_call *call)
{
    ask(call, API_TRACE);
}

void api_on_cancel(struct api_call *call)
{
    ask(call, API_CANCEL);
}

void api_on_retell(struct api_call *call)
{
    if (store_is_congested(call->gateway->store))
        api_refuse_for_now(call->gateway, call->request->id, API_FULL, 1,
                           "the store is behind, ask again later");
    else
        ask(call, API_RETELL);
}
