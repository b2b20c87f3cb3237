/*
 * What subscribers wrote that is nobody's, and who has opted out: looked at, and changed by
 * hand.
 */
#include "gateway/api_pieces.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/catalog.h"
#include "gateway/inbound.h"
#include "gateway/optouts.h"
#include "gateway/store.h"
#include "routing/number.h"

enum { PAGE = 1000, SHOWN_TEXT = 4096 };

/* ---- Nobody's ------------------------------------------------------------ */

static void write_unrouted(struct gateway *gateway, struct json_writer *writer,
                           const struct inbound_unrouted *it)
{
    char text[SHOWN_TEXT];
    bool is_text = inbound_text(gateway, it->link, it->body, text, sizeof(text));

    json_write_object(writer, NULL);
    json_write_id(writer, "id", it->id);
    json_write_string(writer, "link", catalog_channel_name(gateway->catalog, it->link));
    json_write_string(writer, "from", it->body->source);
    json_write_string(writer, "to", it->body->destination);
    json_write_string(writer, "text", is_text ? text : NULL);
    json_write_integer(writer, "data_coding", it->body->data_coding);
    json_write_time(writer, "received_at", it->at_ms);
    json_write_object_end(writer);
}

/* Where the page before ended; false: it has been refused. */
static bool read_after(struct api_call *call, uint64_t *out)
{
    char text[32];
    enum api_given given = api_read_query(call, "after", text, sizeof(text));

    if (given != API_GIVEN)
        return given == API_ABSENT;
    if (api_read_id(text, out))
        return true;
    api_refuse(call->gateway, call->request->id, API_BAD_QUERY, NULL,
               "\"after\" must be an id of the list");
    return false;
}

void api_on_inbound(struct api_call *call)
{
    struct gateway *gateway = call->gateway;
    struct inbound_unrouted it = {0};
    struct json_writer *writer;
    size_t count = 0;

    if (!read_after(call, &it.id))
        return;
    writer = api_writer(gateway);
    json_write_object(writer, NULL);
    json_write_integer(writer, "waiting", (int64_t)inbound_waiting(gateway));
    json_write_integer(writer, "unrouted", (int64_t)inbound_unrouted_count(gateway));
    json_write_array(writer, "messages");
    while (count < PAGE && inbound_unrouted_next(gateway, it.id, &it)) {
        write_unrouted(gateway, writer, &it);
        count++;
    }
    json_write_array_end(writer);
    json_write_object_end(writer);
    api_answer_when_durable(gateway, call->request->id);
}

static void answer_nothing(void *owner, const struct store_effect *effect)
{
    api_answer_octets(owner, effect->target, 200, "application/json", "{}", 2);
}

/* The decision can be recorded now; else it is answered that it cannot. */
static bool may_decide(struct api_call *call)
{
    if (store_begin(call->gateway->store, STORE_BEGINNING))
        return true;
    api_refuse_for_now(call->gateway, call->request->id, API_FULL, 1,
                       "the store is behind, try again later");
    return false;
}

static void end_decision(struct api_call *call)
{
    const struct store_effect answer = {.run = answer_nothing, .target = call->request->id};

    store_effect(call->gateway->store, &answer);
    store_end(call->gateway->store);
}

void api_on_inbound_drop(struct api_call *call)
{
    uint64_t id;
    bool dropped;

    if (!may_decide(call))
        return;
    dropped = api_read_id(call->name, &id) && inbound_unrouted_drop(call->gateway, id);
    if (dropped) {
        end_decision(call);
        return;
    }
    store_end(call->gateway->store);
    api_refuse(call->gateway, call->request->id, API_UNKNOWN_INBOUND, NULL,
               "no message of a subscriber that is nobody's has the id %s", call->name);
}

/* ---- Opted out ----------------------------------------------------------- */

/* The account and the number of the path; false: it has been refused. */
static bool read_path(struct api_call *call, struct account **out, char number[NUMBER_SIZE])
{
    *out = api_find_account(call);
    if (*out == NULL)
        return false;
    if (number_normalise(call->item, strlen(call->item), number))
        return true;
    api_refuse(call->gateway, call->request->id, API_BAD_DESTINATION, NULL,
               "%s is not a phone number", call->item);
    return false;
}

/* The sender that the query names into `room`, else NULL; false: it has been refused. */
static bool read_sender(struct api_call *call, char room[STORE_OPTOUT_SENDER_SIZE],
                        const char **out)
{
    enum api_given given = api_read_query(call, "sender", room, STORE_OPTOUT_SENDER_SIZE);

    *out = given == API_GIVEN ? room : NULL;
    return given != API_UNREADABLE;
}

static void write_optout(struct json_writer *writer, const struct store_optout *optout)
{
    json_write_object(writer, NULL);
    json_write_string(writer, "number", optout->number);
    json_write_string(writer, "sender", optout->sender[0] != '\0' ? optout->sender : NULL);
    json_write_time(writer, "since", optout->at_ms);
    if (optout->origin != 0)
        json_write_id(writer, "origin", optout->origin);
    else
        json_write_null(writer, "origin");
    json_write_object_end(writer);
}

/* The newest first; behind the number, and sender, that the query names. */
void api_on_optouts(struct api_call *call)
{
    struct gateway *gateway = call->gateway;
    const struct account *account = api_find_account(call);
    const struct store_optout *optout, *last = NULL;
    struct json_writer *writer;
    char room[STORE_OPTOUT_SENDER_SIZE];
    char after[NUMBER_SIZE];
    enum api_given given;
    const char *sender;
    size_t count = 0;

    if (account == NULL || !read_sender(call, room, &sender))
        return;
    given = api_read_query(call, "after", after, sizeof(after));
    if (given == API_UNREADABLE)
        return;
    if (given == API_ABSENT || after[0] == '\0') {
        optout = optouts_next(gateway, account->number, NULL);
    } else if (!optouts_next_page(gateway, account->number, after, sender ? sender : "",
                                  &optout)) {
        api_refuse(gateway, call->request->id, API_UNKNOWN_OPTOUT, NULL,
                   "no page ended with %s: begin again", after);
        return;
    }
    writer = api_writer(gateway);
    json_write_object(writer, NULL);
    json_write_string(writer, "account", account->name);
    json_write_array(writer, "optouts");
    for (; optout != NULL && count < PAGE; count++) {
        write_optout(writer, optout);
        last = optout;
        optout = optouts_next(gateway, account->number, last);
    }
    if (last != NULL)
        optouts_end_page(gateway, last);
    json_write_array_end(writer);
    json_write_object_end(writer);
    api_answer_when_durable(gateway, call->request->id);
}

static void refuse_unknown(struct api_call *call)
{
    api_refuse(call->gateway, call->request->id, API_UNKNOWN_OPTOUT, NULL,
               "%s has not opted out", call->item);
}

void api_on_optout(struct api_call *call)
{
    char room[STORE_OPTOUT_SENDER_SIZE];
    const struct store_optout *optout;
    struct json_writer *writer;
    struct account *account;
    char number[NUMBER_SIZE];
    const char *sender;

    if (!read_path(call, &account, number) || !read_sender(call, room, &sender))
        return;
    optout = optouts_find(call->gateway, account->number, number, sender);
    if (optout == NULL) {
        refuse_unknown(call);
        return;
    }
    writer = api_writer(call->gateway);
    write_optout(writer, optout);
    api_answer_when_durable(call->gateway, call->request->id);
}

void api_on_optout_put(struct api_call *call)
{
    char room[STORE_OPTOUT_SENDER_SIZE];
    char number[NUMBER_SIZE];
    struct account *account;
    const char *sender;
    struct store_optout optout = {.at_ms = gateway_now_ms(call->gateway), .number = number};

    if (!read_path(call, &account, number) || !read_sender(call, room, &sender) ||
        !may_decide(call))
        return;
    optout.account = account->number;
    optout.sender = sender ? sender : "";
    if (optouts_put(call->gateway, &optout)) {
        end_decision(call);
        return;
    }
    store_end(call->gateway->store);
    api_refuse_for_now(call->gateway, call->request->id, API_FULL, 3600,
                       "the opt-out list is full");
}

void api_on_optout_delete(struct api_call *call)
{
    char room[STORE_OPTOUT_SENDER_SIZE];
    char number[NUMBER_SIZE];
    struct account *account;
    const char *sender;
    size_t removed;

    if (!read_path(call, &account, number) || !read_sender(call, room, &sender) ||
        !may_decide(call))
        return;
    removed = optouts_remove(call->gateway, account->number, number, sender);
    if (removed > 0) {
        end_decision(call);
        return;
    }
    store_end(call->gateway->store);
    refuse_unknown(call);
}
