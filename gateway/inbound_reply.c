/*
 * Replies to what subscribers write: messages of the account, by its plan and at its cost.
 * Two machines that answer each other must not go on for ever: a writer gets a reply once
 * in a time, and only who can be a person gets one.
 */
#include "gateway/inbound_pieces.h"

#include <string.h>

#include "gateway/clock.h"
#include "gateway/gateway.h"
#include "gateway/intake.h"
#include "gateway/log.h"
#include "gateway/marks.h"
#include "gateway/table.h"
#include "routing/number.h"

enum {
    PERSON_DIGITS = 7,     /* fewer are a service's */
    ESM_CLASS_TYPE = 0x3C, /* 3.4 5.2.12: an acknowledgement or report, unless 0 */
};

static const char *text_for(const struct config_inbound *section, enum inbound_wish wish)
{
    if (wish == INBOUND_STOP)
        return section->stop_reply;
    return wish == INBOUND_START ? section->start_reply : section->reply;
}

/* The writer is one of our own numbers. */
static bool is_ours(const struct gateway *gateway, const char *number)
{
    for (size_t i = 0; i < gateway->config->inbound_count; i++) {
        const struct inbound_rule *rule = &gateway->inbound->rules[i];
        const struct inbound_facts facts = {number, rule->channel, ""};

        if (*rule->to != '\0' && inbound_reaches(rule, &facts))
            return true;
    }
    return false;
}

static bool holds(const struct body *body, const char *word)
{
    return memmem(body->bytes, body->text_size, word, strlen(word)) != NULL;
}

/* Some operators do not mark their receipts: answering them would go round for ever. */
static bool looks_like_report(const struct body *body)
{
    return (body->esm_class & ESM_CLASS_TYPE) != 0 ||
           (holds(body, "id:") && holds(body, "stat:"));
}

static uint64_t hash_of(const struct config_inbound *section, const char *text,
                        const char *to)
{
    uint64_t hash = table_hash(STORE_MARK_REPLY, section->name, strlen(section->name) + 1);

    hash = table_hash(hash, text, strlen(text) + 1);
    return table_hash(hash, to, strlen(to));
}

void inbound_reply(struct gateway *gateway, const struct config_inbound *section,
                   enum inbound_wish wish, const struct body *body)
{
    const char *text = text_for(section, wish);
    struct intake_request request = {
        .account = gateway->config->accounts[section->account].name,
        .from = body->destination,
        .text = text,
    };
    char to[NUMBER_SIZE];
    enum intake_result result;
    uint64_t hash;

    if (*text == '\0' || gateway->draining)
        return;
    if (body->source_ton == 5 || looks_like_report(body) ||
        !number_normalise(body->source, strlen(body->source), to) ||
        strlen(to) < PERSON_DIGITS || is_ours(gateway, to)) {
        gateway->counters.inbound_unreplied++;
        return;
    }
    hash = hash_of(section, text, to);
    if (marks_seen(gateway, STORE_MARK_REPLY, hash, section->reply_every_ms)) {
        gateway->counters.inbound_unreplied++;
        return;
    }
    request.to = to;
    result = intake_reply(gateway, &request);
    if (result != INTAKE_OK) {
        gateway->counters.inbound_unreplied++;
        if (log_share_take(&gateway->posts_told, "inbound.untold",
                           clock_mono_ms(gateway->clock)))
            log_warning("inbound.not_replied", "inbound=%s reason=\"%s\"", section->name,
                        intake_result_text(result));
        return;
    }
    marks_note(gateway, STORE_MARK_REPLY, hash);
    gateway->counters.inbound_replied++;
}
