/*
 * The channels: how each is now, and what went through it in a period.
 */
#include "gateway/api_pieces.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/catalog.h"
#include "gateway/channels/link.h"
#include "gateway/dispatch.h"
#include "gateway/reports.h"
#include "gateway/store_reader.h"

enum { DAY_MS = 24 * 3600 * 1000 };

const char *api_channel_label(const struct gateway *gateway, uint32_t channel)
{
    for (size_t i = 0; i < gateway->config->channel_count; i++)
        if (catalog_messenger(gateway->catalog, i) == channel)
            return gateway->config->channels[i].label;
    return catalog_channel_name(gateway->catalog, channel);
}

void api_write_channel_facts(struct gateway *gateway, struct json_writer *writer,
                             uint32_t channel, const struct dispatch_channel_facts *facts)
{
    static const char *const verdicts[] = {
        [VERDICT_OK] = "ok",           [VERDICT_RETRY] = "retry",   [VERDICT_NEXT] = "next",
        [VERDICT_SUSPEND] = "suspend", [VERDICT_UNSURE] = "unsure",
    };
    const struct link *link = link_of_channel(gateway, channel);
    struct link_facts state;

    json_write_string(writer, "channel", catalog_channel_name(gateway->catalog, channel));
    json_write_string(writer, "label", api_channel_label(gateway, channel));
    json_write_string(writer, "kind",
                      catalog_traits(gateway->catalog)[channel].is_link ? "link" : "http");
    json_write_bool(writer, "up", facts->up);
    json_write_bool(writer, "suspended", facts->suspended);
    json_write_integer(writer, "queued", (int64_t)facts->queued);
    json_write_integer(writer, "open", facts->open);
    json_write_integer(writer, "room", facts->room);
    json_write_integer(writer, "capacity", facts->capacity);
    if (link) {
        link_look(link, &state);
        json_write_string(writer, "state", state.state);
        json_write_string(writer, "host", state.host);
        json_write_integer(writer, "binds", state.bound);
        json_write_integer(writer, "binds_wanted", state.wanted);
        json_write_string(writer, "id_rule", reports_id_rule(gateway, channel));
        json_write_integer(writer, "rate", state.per_s);
        json_write_integer(writer, "window", state.window);
        json_write_integer(writer, "binds_refused", (int64_t)state.binds_refused);
        json_write_integer(writer, "alarms", (int64_t)state.alarms);
    }
    json_write_integer(writer, "unreported", (int64_t)facts->unreported);
    json_write_object(writer, "verdicts");
    for (size_t i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++)
        json_write_integer(writer, verdicts[i], (int64_t)facts->verdicts[i]);
    json_write_object_end(writer);
}

/* The currency of all accounts; "" when there are several: their sums mean nothing. */
static const char *only_currency(const struct config *config)
{
    const char *currency = "";

    for (size_t i = 0; i < config->account_count; i++) {
        if (i > 0 && strcmp(config->accounts[i].currency, currency) != 0)
            return "";
        currency = config->accounts[i].currency;
    }
    return currency;
}

static void write_funnel(struct json_writer *writer, const struct statement_line *line,
                         bool one_currency)
{
    json_write_integer(writer, "attempts", line->attempts);
    json_write_integer(writer, "sent", line->sent);
    json_write_integer(writer, "accepted", line->accepted);
    json_write_integer(writer, "delivered", line->delivered);
    json_write_integer(writer, "failed", line->failed);
    if (one_currency) {
        json_write_money(writer, "charged", line->charged_micro);
        json_write_money(writer, "cost", line->cost_micro);
    } else {
        json_write_null(writer, "charged");
        json_write_null(writer, "cost");
    }
}

static const struct statement_line *line_of(const struct statement *statement,
                                            uint32_t channel)
{
    static const struct statement_line nothing;

    for (size_t i = 0; i < statement->line_count; i++)
        if (statement->lines[i].channel == channel)
            return &statement->lines[i];
    return &nothing;
}

static void on_statement(void *owner, uint64_t tag, const struct statement *statement)
{
    struct api_question *question = owner;
    struct gateway *gateway = question->gateway;
    const char *currency = only_currency(gateway->config);
    struct json_writer *writer = api_writer(gateway);
    struct dispatch_channel_facts facts;

    (void)tag;
    if (statement->failed) {
        api_refuse_unread(gateway, question->request);
        api_question_free(question);
        return;
    }
    json_write_object(writer, NULL);
    json_write_time(writer, "from", question->from_ms);
    json_write_time(writer, "to", question->to_ms);
    json_write_string(writer, "currency", currency[0] != '\0' ? currency : NULL);
    json_write_array(writer, "channels");
    for (uint32_t i = 0; dispatch_next_channel(gateway, &i, &facts);) {
        json_write_object(writer, NULL);
        api_write_channel_facts(gateway, writer, i, &facts);
        write_funnel(writer, line_of(statement, i), currency[0] != '\0');
        json_write_object_end(writer);
    }
    json_write_array_end(writer);
    json_write_object_end(writer);
    api_answer(gateway, question->request, 200);
    api_question_free(question);
}

void api_on_channels(struct api_call *call)
{
    struct api_question *question = api_question_new(call);

    if (!api_read_period(call, question, DAY_MS))
        return;
    api_question_asked(question,
                       store_reader_statement(call->gateway->reader, 0, question->from_ms,
                                              question->to_ms, on_statement, question, 0));
}
