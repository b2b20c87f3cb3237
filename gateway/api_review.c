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

/* The accounts whose messages the asker may see, of those that have any. */
static size_t list_accounts(const struct api_call *call, uint32_t *out)
{
    const struct gateway *gateway = call->gateway;
    size_t count = 0;

    if (call->asker.rank == API_ALL) {
        out[0] = REVIEW_ALL;
        return 1;
    }
    for (uint32_t i = 1; i <= catalog_account_count(gateway->catalog); i++) {
        const struct account *account = catalog_account(gateway->catalog, i);

        if (account != NULL && review_count(gateway, i) > 0 &&
            api_may_act_for(&call->asker, account->name))
            out[count++] = i;
    }
    return count;
}

void api_on_review(struct api_call *call)
{
    struct gateway *gateway = call->gateway;
    struct json_writer *writer = api_writer(gateway);
    size_t room = catalog_account_count(gateway->catalog) + 1;
    uint32_t *accounts = calloc(room, sizeof(*accounts));
    struct review_told told[LISTED_MAX];
    size_t account_count, told_count;
    size_t kept = 0;

    if (accounts == NULL)
        abort();
    account_count = list_accounts(call, accounts);
    told_count = review_list(gateway, accounts, account_count, told, LISTED_MAX);
    for (size_t i = 0; i < account_count; i++)
        kept += review_count(gateway, accounts[i]);
    free(accounts);

    json_write_object(writer, NULL);
    json_write_array(writer, "messages");
    for (size_t i = 0; i < told_count; i++)
        write_kept(gateway, writer, live_find(gateway, told[i].message), told[i].rule);
    json_write_array_end(writer);
    json_write_integer(writer, "kept", (int64_t)kept);
    json_write_object_end(writer);
    api_answer_when_durable(gateway, call->request->id);
}

static void answer_decision(struct api_call *call, const char *decision,
                            bool (*decide)(struct gateway *gateway, uint64_t message))
{
    struct gateway *gateway = call->gateway;
    struct json_writer *writer;
    uint64_t id;

    if (!api_read_id(call->name, &id) || kept_for(call, id) == NULL || !decide(gateway, id)) {
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
