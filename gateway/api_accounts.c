/*
 * What an account has, and what became of its money in a period.
 */
#include "gateway/api_pieces.h"

#include <stdlib.h>

#include "gateway/catalog.h"
#include "gateway/store_reader.h"
#include "routing/ledger.h"

struct account *api_find_account(struct api_call *call)
{
    struct account *account = api_account_for(call->gateway, &call->asker, call->name);

    if (account == NULL)
        api_refuse(call->gateway, call->request->id, API_UNKNOWN_ACCOUNT, NULL,
                   "no account of yours has the name %s", call->name);
    return account;
}

void api_on_balance(struct api_call *call)
{
    const struct account *account = api_find_account(call);
    struct json_writer *writer;
    const struct balance *balance;
    char currency[4];

    if (account == NULL)
        return;
    balance = &account->balance;
    writer = api_writer(call->gateway);
    json_write_object(writer, NULL);
    json_write_string(writer, "account", account->name);
    json_write_string(writer, "currency",
                      ledger_currency_code(account->currency, currency));
    json_write_money(writer, "opening", balance->opening);
    json_write_money(writer, "available", balance->available);
    json_write_money(writer, "held", balance->held);
    json_write_money(writer, "charged",
                     balance->opening - balance->available - balance->held);
    json_write_object_end(writer);
    api_answer_when_durable(call->gateway, call->request->id);
}

/* ---- Statement ----------------------------------------------------------- */

static void write_ends(struct json_writer *writer, const struct statement *statement)
{
    json_write_object(writer, "ends");
    for (int end = MESSAGE_DELIVERED; end <= MESSAGE_UNKNOWN; end++)
        json_write_integer(writer, message_end_name((enum message_end)end),
                           statement->ends[end]);
    json_write_object_end(writer);
}

static void write_line(struct gateway *gateway, struct json_writer *writer,
                       const struct statement_line *line, const struct api_asker *asker)
{
    json_write_object(writer, NULL);
    json_write_string(writer, "channel",
                      catalog_channel_name(gateway->catalog, line->channel));
    json_write_string(writer, "label", api_channel_label(gateway, line->channel));
    json_write_integer(writer, "attempts", line->attempts);
    json_write_integer(writer, "sent", line->sent);
    json_write_integer(writer, "accepted", line->accepted);
    json_write_integer(writer, "delivered", line->delivered);
    json_write_integer(writer, "failed", line->failed);
    json_write_money(writer, "charged", line->charged_micro);
    api_write_cost(writer, "cost", asker, line->cost_micro);
    json_write_object_end(writer);
}

static void write_sums(struct json_writer *writer, const struct statement *statement,
                       const struct api_asker *asker)
{
    int64_t paid = statement->charged_micro - statement->refunded_micro;

    json_write_integer(writer, "messages", statement->messages);
    json_write_integer(writer, "parts", statement->parts);
    write_ends(writer, statement);
    json_write_money(writer, "charged", statement->charged_micro);
    json_write_money(writer, "refunded", statement->refunded_micro);
    json_write_money(writer, "absorbed", statement->absorbed_micro);
    api_write_cost(writer, "cost", asker, statement->cost_micro);
    api_write_cost(writer, "margin", asker, paid - statement->cost_micro);
    json_write_money(writer, "baseline", statement->baseline_micro);
    json_write_money(writer, "saved", statement->baseline_micro - paid);
}

static void on_statement(void *owner, uint64_t tag, const struct statement *statement)
{
    struct api_question *question = owner;
    struct gateway *gateway = question->gateway;
    const struct account *account = catalog_account(gateway->catalog, question->account);
    struct json_writer *writer = api_writer(gateway);
    char currency[4];

    (void)tag;
    if (statement->failed) {
        api_refuse_unread(gateway, question->request);
        api_question_free(question);
        return;
    }
    json_write_object(writer, NULL);
    json_write_string(writer, "account", account->name);
    json_write_string(writer, "currency",
                      ledger_currency_code(account->currency, currency));
    json_write_time(writer, "from", question->from_ms);
    json_write_time(writer, "to", question->to_ms);
    write_sums(writer, statement, &question->asker);
    json_write_array(writer, "channels");
    for (size_t i = 0; i < statement->line_count; i++)
        write_line(gateway, writer, &statement->lines[i], &question->asker);
    json_write_array_end(writer);
    json_write_object_end(writer);
    api_answer(gateway, question->request, 200);
    api_question_free(question);
}

void api_on_statement(struct api_call *call)
{
    const struct account *account = api_find_account(call);
    struct api_question *question;

    if (account == NULL)
        return;
    question = api_question_new(call);
    question->account = account->number;
    if (!api_read_period(call, question, 0))
        return;
    api_question_asked(question,
                       store_reader_statement(call->gateway->reader, account->number,
                                              question->from_ms, question->to_ms,
                                              on_statement, question, 0));
}
