/*
 * Messages over the API: told, traced, cancelled, their receipts told again.  One that is
 * not in memory has ended, and is asked of the reader.
 */
#include "gateway/api_pieces.h"

#include <string.h>

#include "gateway/aliases.h"
#include "gateway/body.h"
#include "gateway/cancel.h"
#include "gateway/catalog.h"
#include "gateway/ids.h"
#include "gateway/public_id.h"
#include "gateway/receipts.h"
#include "gateway/store.h"
#include "gateway/store_reader.h"
#include "routing/ledger.h"
#include "routing/number.h"
#include "smpp/pdu.h"

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

/* `to` of the query chooses among those of a submit_multi; false: it has been refused. */
static bool read_to(struct api_call *call, char out[NUMBER_SIZE])
{
    char text[64];
    enum api_given given = api_read_query(call, "to", text, sizeof(text));

    if (given == API_ABSENT)
        return true;
    if (given == API_UNREADABLE)
        return false;
    if (number_normalise(text, strlen(text), out))
        return true;
    api_refuse(call->gateway, call->request->id, API_BAD_QUERY, NULL,
               "\"to\" must be a phone number");
    return false;
}

static void ask(struct api_call *call, enum api_wish wish)
{
    struct gateway *gateway = call->gateway;
    struct api_question *question = api_question_new(call);
    struct public_id id;

    question->wish = wish;
    memcpy(question->given, call->name, sizeof(question->given));
    if (!read_to(call, question->to)) {
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
