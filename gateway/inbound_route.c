/*
 * To whom a subscriber's message goes: the section that takes it, the forms its account has
 * it in, and what the writer wishes.  What is nobody's is kept for people.
 */
#include "gateway/inbound_pieces.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/catalog.h"
#include "gateway/gateway.h"
#include "gateway/log.h"
#include "gateway/optouts.h"
#include "routing/keyword.h"
#include "routing/number.h"

void inbound_put_row(struct gateway *gateway, uint64_t id, uint32_t account, uint32_t link,
                     int64_t at_ms, enum store_inbound_state state, const uint8_t *bytes,
                     size_t size)
{
    const struct store_inbound row = {id,    account, link,          state,
                                      at_ms, bytes,   (uint32_t)size};

    store_inbound_put(gateway->store, &row);
}

static void put_letter(struct gateway *gateway, enum letter_kind kind, uint64_t id,
                       uint32_t account, const struct inbound_message *message,
                       const uint8_t *bytes, size_t size)
{
    const struct outbox_letter letter = {
        .kind = kind,
        .id = id,
        .account = account,
        .made_at_ms = message->at_ms,
        .bytes = bytes,
        .size = (uint32_t)size,
    };

    inbound_put_row(gateway, id, account, message->link, message->at_ms,
                    kind == LETTER_HOOK ? STORE_INBOUND_HOOK : STORE_INBOUND_LETTER, bytes,
                    size);
    outbox_add(gateway, &letter);
}

static void put_body(struct gateway *gateway, uint32_t account,
                     const struct inbound_message *message, const struct body *body)
{
    uint8_t bytes[INBOUND_PACKED_MAX];
    size_t size = inbound_pack(body, bytes);

    put_letter(gateway, LETTER_INBOUND, body->id, account, message, bytes, size);
}

/* One row stands for all parts: the first part's. */
static void drop_other_parts(struct gateway *gateway, const struct inbound_message *message)
{
    for (size_t i = 1; message->stored && i < message->part_count; i++)
        store_inbound_gone(gateway->store, message->parts[i]->id);
}

static void give_by_smpp(struct gateway *gateway, const struct config_account *config,
                         uint32_t account, const struct inbound_message *message)
{
    struct body *whole = NULL;

    if (message->total > 1 && config->inbound_as == CONFIG_AS_PAYLOAD)
        whole = inbound_join(message);
    if (whole) {
        put_body(gateway, account, message, whole);
        drop_other_parts(gateway, message);
    }
    for (size_t i = 0; whole == NULL && i < message->part_count; i++)
        put_body(gateway, account, message, message->parts[i]);
    free(whole);
}

static void post_one(struct gateway *gateway, const struct config_inbound *section,
                     uint32_t account, const struct inbound_message *message)
{
    char *text = inbound_message_text(gateway, message);
    char keyword[KEYWORD_SIZE] = "";
    uint8_t *row;
    size_t size;

    if (text)
        (void)keyword_read(text, strlen(text), keyword);
    row = inbound_hook_row(gateway, section, message, text, keyword, &size);
    put_letter(gateway, LETTER_HOOK, message->parts[0]->id, account, message, row, size);
    free(row);
    free(text);
}

static void give_by_webhook(struct gateway *gateway, const struct config_inbound *section,
                            uint32_t account, const struct inbound_message *message)
{
    if (message->part_count == message->total) {
        post_one(gateway, section, account, message);
        drop_other_parts(gateway, message);
        return;
    }
    for (size_t i = 0; i < message->part_count; i++) {
        struct inbound_message part = *message;

        part.parts = &message->parts[i];
        part.part_count = 1;
        post_one(gateway, section, account, &part);
    }
}

static void change_optout(struct gateway *gateway, const struct config_inbound *section,
                          enum inbound_wish wish, const struct inbound_message *message)
{
    const struct body *body = message->parts[0];
    bool of_sender = section->opt_out == CONFIG_OPT_OUT_SENDER;
    char number[NUMBER_SIZE];
    const struct store_optout optout = {
        .account = catalog_account_at(gateway->catalog, section->account)->number,
        .at_ms = message->at_ms,
        .origin = body->id,
        .number = number,
        .sender = of_sender ? body->destination : "",
    };

    if (!number_normalise(body->source, strlen(body->source), number))
        return;
    if (wish == INBOUND_START) {
        (void)optouts_remove(gateway, optout.account, number,
                             of_sender ? optout.sender : NULL);
        return;
    }
    if (optouts_put(gateway, &optout))
        gateway->counters.inbound_stops++;
    else
        log_error("optout.full", "account=%s id=%llu",
                  gateway->config->accounts[section->account].name,
                  (unsigned long long)body->id);
}

/* A STOP to a number that several share is meant for all of them. */
static void heed_wishes(struct gateway *gateway, const struct inbound_facts *facts,
                        const struct inbound_message *message)
{
    for (size_t i = 0; i < gateway->config->inbound_count; i++) {
        const struct inbound_rule *rule = &gateway->inbound->rules[i];
        enum inbound_wish wish;

        if (!inbound_reaches(rule, facts))
            continue;
        wish = inbound_wish(rule, facts);
        if (wish == INBOUND_NO_WISH)
            continue;
        store_cut(gateway->store);
        change_optout(gateway, &gateway->config->inbounds[i], wish, message);
    }
}

/* The first word, if the first part is here and is text. */
static void read_keyword(const struct gateway *gateway,
                         const struct inbound_message *message, char out[KEYWORD_SIZE])
{
    struct inbound_message first = *message;
    struct smpp_part part;
    char *text;

    out[0] = '\0';
    if (message->total > 1 && (!body_part_of(message->parts[0], &part) || part.number != 1))
        return;
    if (message->part_count != message->total)
        first.part_count = 1;
    text = inbound_message_text(gateway, &first);
    if (text)
        (void)keyword_read(text, strlen(text), out);
    free(text);
}

/* Index of the section it belongs to; -1: nobody's. */
int inbound_find_section(const struct gateway *gateway,
                         const struct inbound_message *message, char to[BODY_ADDRESS_SIZE],
                         char keyword[KEYWORD_SIZE], struct inbound_facts *out)
{
    const struct body *body = message->parts[0];
    char digits[NUMBER_SIZE];

    if (number_normalise(body->destination, strlen(body->destination), digits))
        memcpy(to, digits, strlen(digits) + 1);
    else
        memcpy(to, body->destination, strlen(body->destination) + 1);
    read_keyword(gateway, message, keyword);
    *out = (struct inbound_facts){to, message->link, keyword};
    return inbound_find(gateway->inbound->rules, gateway->config->inbound_count, out);
}

static void keep_for_people(struct gateway *gateway, const struct inbound_message *message)
{
    gateway->counters.inbound_unroutable++;
    for (size_t i = 0; i < message->part_count; i++) {
        const struct body *body = message->parts[i];
        uint8_t bytes[INBOUND_PACKED_MAX];
        size_t size = inbound_pack(body, bytes);
        struct body *copy = inbound_unpack(body->id, bytes, size);

        inbound_put_row(gateway, body->id, 0, message->link, message->at_ms,
                        STORE_INBOUND_UNROUTED, bytes, size);
        inbound_keep_unrouted(gateway->inbound, message->link, message->at_ms, copy);
    }
}

void inbound_give(struct gateway *gateway, int index, const struct inbound_facts *facts,
                  const struct inbound_message *message)
{
    const struct config_inbound *section = &gateway->config->inbounds[index];
    const struct config_account *config = &gateway->config->accounts[section->account];
    uint32_t account = catalog_account_at(gateway->catalog, section->account)->number;

    /* First: of many wishes some may be durable alone, and are heeded again. */
    heed_wishes(gateway, facts, message);
    if (section->webhook[0] != '\0')
        give_by_webhook(gateway, section, account, message);
    else
        give_by_smpp(gateway, config, account, message);
    inbound_reply(gateway, section, inbound_wish(&gateway->inbound->rules[index], facts),
                  message->parts[0]);
}

void inbound_settle(struct gateway *gateway, const struct inbound_message *message)
{
    char to[BODY_ADDRESS_SIZE], keyword[KEYWORD_SIZE];
    struct inbound_facts facts;
    int index = inbound_find_section(gateway, message, to, keyword, &facts);

    if (index >= 0)
        inbound_give(gateway, index, &facts, message);
    else
        keep_for_people(gateway, message);
}
