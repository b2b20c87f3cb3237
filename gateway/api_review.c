/*
 * Messages kept for review: listed, released, dropped.
 */
#include "gateway/api_pieces.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/catalog.h"
#include "gateway/content.h"
#include "gateway/review.h"
#include "gateway/translate.h"

enum { LISTED_MAX = 500, TEXT_SIZE = 4096 };

/* NULL: it is kept no more, or not the asker's to see. */
static const struct live *kept_for(const struct api_call *call, uint64_t id)
{
    const struct live *live = live_find(call->gateway, id);
    const struct account *account =
        live ? catalog_account(call->gateway->catalog, live->message.account) : NULL;

    return account && api_may_act_for(&call->asker, account->name) ? live : NULL;
}

static void write_kept(struct gateway *gateway, struct json_writer *writer,
                       const struct live *live, const char *rule)
{
    const struct account *account =
        catalog_account(gateway->catalog, live->message.account);
    char text[TEXT_SIZE];

    json_write_object(writer, NULL);
    json_write_id(writer, "id", live->message.id);
    json_write_string(writer, "account", account->name);
    json_write_string(writer, "from", live->bodies[0]->source);
    json_write_string(writer, "to", live->bodies[0]->destination);
    json_write_string(writer, "rule", rule);
    json_write_string(
        writer, "text",
        translate_text(live, translate_alphabet_of(account), text, sizeof(text)) ? text
                                                                                 : NULL);
    json_write_integer(writer, "parts", live->message.parts);
    json_write_money(writer, "held", live->message.held_micro);
    json_write_time(writer, "accepted_at", live->message.accepted_at_ms);
    json_write_time(writer, "deadline", live->message.deadline_ms);
    json_write_object_end(writer);
}

void api_on_review(struct api_call *call)
{
    struct gateway *gateway = call->gateway;
    struct json_writer *writer = api_writer(gateway);
    const char *rule = "";
    bool sees_all = call->asker.rank == API_ALL;
    size_t kept = 0; /* of those that the asker may see */

    json_write_object(writer, NULL);
    json_write_array(writer, "messages");
    for (uint64_t id = review_oldest(gateway, &rule);
         id != 0 && !(sees_all && kept == LISTED_MAX);
         id = review_next(gateway, id, &rule)) {
        const struct live *live = kept_for(call, id);

        if (live != NULL && kept++ < LISTED_MAX)
            write_kept(gateway, writer, live, rule);
    }
    json_write_array_end(writer);
    json_write_integer(writer, "kept", (int64_t)(sees_all ? review_count(gateway) : kept));
    json_write_object_end(writer);
    api_answer_when_durable(gateway, call->request->id);
}

/* A decimal number, as the list has it. */
static bool read_id(const char *text, uint64_t *out)
{
    size_t size = strlen(text);

    if (size == 0 || size > 19 || strspn(text, "0123456789") != size)
        return false;
    *out = strtoull(text, NULL, 10);
    return true;
}

static void answer_decision(struct api_call *call, const char *decision,
                            bool (*decide)(struct gateway *gateway, uint64_t message))
{
    struct gateway *gateway = call->gateway;
    struct json_writer *writer;
    uint64_t id;

    if (!read_id(call->name, &id) || kept_for(call, id) == NULL || !decide(gateway, id)) {
        api_refuse(gateway, call->request->id, API_UNKNOWN_MESSAGE, NULL,
                   "no message of this id is kept for review");
        return;
    }
    writer = api_writer(gateway);
    json_write_object(writer, NULL);
    json_write_id(writer, "id", id);
    json_write_string(writer, "review", decision);
    json_write_object_end(writer);
    api_answer_when_durable(gateway, call->request->id);
}

void api_on_review_release(struct api_call *call)
{
    answer_decision(call, "released", review_release);
}

void api_on_review_drop(struct api_call *call)
{
    answer_decision(call, "dropped", review_drop);
}
