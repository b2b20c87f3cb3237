/*
 * The door.  In order: is it well formed, is there room, is the sender within his rate,
 * which plan, what may it cost, does he have it; then one decision records all of it,
 * with the permit of the first try if a slot is free.
 */
#include "gateway/intake_pieces.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/accounts.h"
#include "gateway/aliases.h"
#include "gateway/catalog.h"
#include "gateway/clock.h"
#include "gateway/collector.h"
#include "gateway/config.h"
#include "gateway/content.h"
#include "gateway/dictionary.h"
#include "gateway/dispatch.h"
#include "gateway/esme.h"
#include "gateway/gateway.h"
#include "gateway/ids.h"
#include "gateway/limits.h"
#include "gateway/money_moves.h"
#include "gateway/optouts.h"
#include "gateway/pairs.h"
#include "gateway/public_id.h"
#include "gateway/replace.h"
#include "gateway/review.h"
#include "gateway/source.h"
#include "gateway/translate.h"
#include "routing/number.h"
#include "smpp/command.h"
#include "smpp/timestamp.h"

static const int64_t validity_max_ms = 366LL * 24 * 3600 * 1000;

/* clang-format off */
static const struct {
    uint32_t status;
    const char *cause;
    const char *text;
} results[INTAKE_RESULTS] = {
    [INTAKE_OK] = {ESME_ROK, "none", "accepted"},
    [INTAKE_NO_ACCOUNT] = {ESME_RSYSERR, "no_account", "there is no such account"},
    [INTAKE_BAD_SOURCE] = {ESME_RINVSRCADR, "bad_source",
        "the sender is longer than 20 characters"},
    [INTAKE_BAD_DESTINATION] = {ESME_RINVDSTADR, "bad_destination",
        "the recipient is not a phone number"},
    [INTAKE_BAD_TEXT] = {ESME_RINVMSGLEN, "bad_text",
        "the text is too long or not what it claims to be"},
    [INTAKE_BAD_TIME] = {ESME_RINVEXPIRY, "bad_time", "the validity is over already"},
    [INTAKE_NO_PLAN] = {ESME_RINVSERTYP, "no_plan",
        "there is no such plan for this account"},
    [INTAKE_NO_PRICE] = {ESME_RINVDSTADR, "no_price",
        "no step of the plan has a price for this recipient"},
    [INTAKE_NO_CLASS] = {ESME_RX_R_APPN, "class",
        "the account may not send messages of this class"},
    [INTAKE_DENIED] = {ESME_RX_R_APPN, "content",
        "the content of the message is not allowed"},
    [INTAKE_NO_MONEY] = {ESME_RSUBMITFAIL, "money",
        "the balance does not cover what the plan may cost"},
    [INTAKE_RATE] = {ESME_RTHROTTLED, "rate", "the account's rate is exceeded"},
    [INTAKE_FULL] = {ESME_RMSGQFUL, "full", "the gateway is full, try again later"},
    [INTAKE_OPTED_OUT] = {ESME_ROPTEDOUT, "opted_out", "the recipient has opted out"},
    [INTAKE_LONG_REFERENCE] = {ESME_RINVPARLEN, "long_reference",
        "what is to come back is longer than 128 octets"},
    [INTAKE_NO_SUCH_PLAN] = {ESME_RINVOPTPARAMVAL, "plan",
        "the parameter names no plan of this account"},
    [INTAKE_SUSPENDED] = {INTAKE_RSUSPENDED, "suspended", "the account is suspended"},
    [INTAKE_DENIED_SOURCE] = {ESME_RINVSRCADR, "source",
        "the account may not send as this sender"},
    [INTAKE_DENIED_DATA_CODING] = {INTAKE_RDATACODING, "data_coding",
        "the account may not use this data_coding"},
    [INTAKE_DENIED_ESM_CLASS] = {ESME_RINVESMCLASS, "esm_class",
        "the account may not use this esm_class"},
    [INTAKE_DENIED_PROTOCOL_ID] = {INTAKE_RPROTOCOLID, "protocol_id",
        "the account may not use this protocol_id"},
    [INTAKE_DENIED_PORT] = {INTAKE_RPORT, "port",
        "the account may not address this port"},
    [INTAKE_DENIED_DESTINATION] = {ESME_RINVDSTADR, "destination",
        "the account may not send to this country or range"},
    [INTAKE_DENIED_PREMIUM] = {INTAKE_RPREMIUM, "premium",
        "the account may not send to premium numbers"},
    [INTAKE_PARTS_PER_HOUR] = {INTAKE_RPARTS, "parts_per_hour",
        "the account has used up its parts of this hour"},
    [INTAKE_PARTS_PER_DAY] = {INTAKE_RPARTS, "parts_per_day",
        "the account has used up its parts of this day"},
    [INTAKE_SPEND_PER_HOUR] = {INTAKE_RSPEND, "spend_per_hour",
        "the account has spent what it may in this hour"},
    [INTAKE_SPEND_PER_DAY] = {INTAKE_RSPEND, "spend_per_day",
        "the account has spent what it may on this day"},
    [INTAKE_RECIPIENT] = {INTAKE_RRECIPIENT, "recipient",
        "this recipient had too many messages of the account already"},
};
/* clang-format on */

static_assert(INTAKE_DENIED_PREMIUM - INTAKE_DENIED_SOURCE ==
                      PERMISSION_PREMIUM - PERMISSION_SOURCE &&
                  INTAKE_SPEND_PER_DAY - INTAKE_PARTS_PER_HOUR == USAGE_SPEND_DAY,
              "in the order of what is asked");
static_assert(INTAKE_RESULTS <= sizeof(((struct gateway_counters *)0)->refused) /
                                    sizeof(((struct gateway_counters *)0)->refused[0]),
              "a counter each");

const char *intake_result_text(enum intake_result result)
{
    return results[result].text;
}

const char *intake_result_cause(enum intake_result result)
{
    return results[result].cause;
}

void intake_count_refusal(struct submission *it, enum intake_result result)
{
    it->account->refused++;
    it->gateway->counters.refused[result]++;
}

/* --- may it ------------------------------------------------------------------------- */

static enum intake_result permit(const struct submission *it)
{
    enum permission permission;

    if (it->account->suspended_since_ms != 0)
        return INTAKE_SUSPENDED;
    permission = limits_permit(it->gateway, it->account, it->body, it->is_reply);
    return permission == PERMISSION_OK
               ? INTAKE_OK
               : (enum intake_result)(INTAKE_DENIED_SOURCE + permission -
                                      PERMISSION_SOURCE);
}

/* --- which plan --------------------------------------------------------------------- */

/* What the content rules make of it: its class, its plan, whether it may pass. */
static enum intake_result judge(struct submission *it, uint8_t *out_class)
{
    const struct content_rule *rule;

    /* What is sent in reply is the configuration's own. */
    if (it->is_reply)
        return INTAKE_OK;
    rule = contents_judge(it->gateway, it->account->number, it->body,
                          translate_alphabet_of(it->account));

    if (rule == NULL)
        return INTAKE_OK;
    if (rule->plan != 0)
        it->plan = catalog_plan(it->gateway->catalog, rule->plan);
    *out_class = rule->class;
    if (rule->action == CONTENT_REVIEW)
        it->kept_by = rule->name;
    return rule->action == CONTENT_DENY ? INTAKE_DENIED : INTAKE_OK;
}

static enum intake_result choose_plan(struct submission *it)
{
    size_t count;
    const struct rule *rules = catalog_rules(it->gateway->catalog, &count);
    const struct config_account *config = it->account->config;
    uint8_t class = CONTENT_SAME_CLASS;
    enum intake_result result = judge(it, &class);
    const struct rule_facts facts = {
        .account = it->account->number,
        .class = class != CONTENT_SAME_CLASS ? class : (uint32_t)config->class,
        .service_type = it->body->service_type,
        .source = it->body->source,
        .destination = it->body->destination,
    };

    if (it->plan == NULL) {
        uint32_t otherwise = catalog_plan_at(it->gateway->catalog, config->plan)->id;

        it->plan =
            catalog_plan(it->gateway->catalog, rule_find(rules, count, &facts, otherwise));
    }
    it->class = it->plan->class < QUEUE_CLASSES ? it->plan->class : (uint8_t)config->class;
    if (class != CONTENT_SAME_CLASS)
        it->class = class;
    if (result == INTAKE_OK && !(config->classes & 1u << it->class))
        result = INTAKE_NO_CLASS;
    return result;
}

/* Some step shows class 0 to the person as any text. */
static bool shows_flash(const struct plan *plan)
{
    for (uint8_t i = 0; i < plan->step_count; i++)
        if (plan->steps[i].flash_as_text)
            return true;
    return false;
}

static enum intake_result measure(struct submission *it)
{
    enum smpp_alphabet alphabet = translate_alphabet_of(it->account);
    const struct config_link *link = catalog_form_link(it->gateway->catalog, it->plan);
    const struct translate_form form = translate_form_of(link);

    it->in_latin = translate_wants_latin(it->account, link, it->body);
    if (!translate_count(it->body, alphabet, &form, it->in_latin, &it->segments,
                         &it->parts))
        return INTAKE_BAD_TEXT;
    it->is_text = translate_is_text(it->body, alphabet);
    it->is_part = it->plan->collects &&
                  (it->is_text ||
                   (shows_flash(it->plan) && translate_is_flash(it->body, alphabet))) &&
                  !it->body->from_api && it->segments == 1 && it->parts == 1 &&
                  it->start_at_ms <= it->now_ms && collector_part_of(it->body, &it->part);
    return INTAKE_OK;
}

/* --- recording ---------------------------------------------------------------------- */

static void fill_message(const struct submission *it, struct live *live, uint32_t parts,
                         int64_t hold)
{
    struct message *message = &live->message;

    live->plan = it->plan;
    live->pins = catalog_pins(it->gateway->catalog, it->pins);
    live->class = it->class;
    live->origin = it->session;
    message->account = it->account->number;
    message->plan = it->plan->id;
    message->pins = it->pins;
    message->accepted_at_ms = it->now_ms;
    message->entered_at_ms = it->now_ms;
    message->deadline_ms = (it->start_at_ms > it->now_ms ? it->start_at_ms : it->now_ms) +
                           it->plan->deadline_ms;
    if (it->deadline_ms && it->deadline_ms < message->deadline_ms)
        message->deadline_ms = it->deadline_ms;
    message->held_micro = hold;
    message->segments = it->segments;
    message->parts = (uint16_t)parts;
    message->baseline_micro = money_baseline(it->gateway, it->plan, live->pins, parts);
    message->state = MESSAGE_WAITING;
    if (!it->is_text)
        message->flags |= MESSAGE_BINARY;
    if (it->in_latin) {
        message->flags |= MESSAGE_TRANSLITERATED;
        it->gateway->counters.transliterated++;
    }
    message->flags |= message_class_flags(it->class);
    if (it->is_reply)
        message->flags |= MESSAGE_REPLY;
    if (it->start_at_ms > it->now_ms) {
        message->state = MESSAGE_SCHEDULED;
        message->start_at_ms = it->start_at_ms;
    }
    if (it->is_part) {
        message->flags |= MESSAGE_COLLECTED;
        message->state = MESSAGE_COLLECTING;
        message->start_at_ms = it->now_ms + it->plan->collect_within_ms;
        if (message->start_at_ms > message->deadline_ms)
            message->start_at_ms = message->deadline_ms;
    }
}

static enum public_id_form form_of(const struct submission *it)
{
    const struct config_account *config = it->account->config;

    return config->short_ids && esmes_is_old(it->gateway, it->session) ? PUBLIC_ID_ALIAS
                                                                       : config->message_id;
}

/* Its id, in the account's form; all of a submit_multi share that of the first. */
static void name_submission(struct submission *it)
{
    struct multi *multi = it->multi;
    struct body *body = it->body;

    body->id =
        multi ? ids_after(multi->first_id, multi->accepted) : gateway_id(it->gateway);
    body->id_form = (uint8_t)form_of(it);
    if (multi)
        body->place = (uint8_t)++multi->accepted;
    if (body->id_form == PUBLIC_ID_ALIAS)
        body->alias = multi && multi->accepted > 1 ? multi->alias
                                                   : aliases_give(it->gateway, body->id);
    if (multi)
        multi->alias = body->alias;
}

static void answer_when_durable(struct submission *it)
{
    it->answer.id = it->body->id;
    if (it->answer.run)
        store_effect(it->gateway->store, &it->answer);
}

/* A message of its own, or the first part of one. */
static enum intake_result begin_message(struct submission *it)
{
    struct gateway *gateway = it->gateway;
    uint32_t parts = it->is_part ? it->part.total : it->parts;
    struct posting posting;
    enum usage_kind over;
    struct live *live;
    int64_t hold;

    it->pins = catalog_pin(gateway->catalog, gateway->store, it->plan, it->account->number,
                           it->class, it->body->destination);
    if (it->pins == 0 ||
        !price_worst_case(catalog_pins(gateway->catalog, it->pins), parts, &hold))
        return INTAKE_NO_PRICE;
    if (!limits_recipient_fits(gateway, it->account, it->body->destination))
        return INTAKE_RECIPIENT;
    over = limits_ask(gateway, it->account, parts, hold);
    if (over != USAGE_FITS)
        return (enum intake_result)(INTAKE_PARTS_PER_HOUR + over);
    if (!balance_hold(&it->account->balance, hold))
        return INTAKE_NO_MONEY;
    name_submission(it);
    it->body->message = it->body->id;
    it->body->number = it->is_part ? it->part.number : 1;
    live = live_new(gateway, it->body->id, it->body);
    fill_message(it, live, parts, hold);
    /* A long message is judged when it is whole. */
    if (it->kept_by && !it->is_part)
        review_keep(gateway, live, it->kept_by);
    if (hold > 0) {
        posting = ledger_posting(POSTING_HOLD, it->account->number, hold);
        posting.currency = it->account->currency;
        posting.message = live->message.id;
    }
    store_accept(gateway->store, &live->message, it->body, hold > 0 ? &posting : NULL);
    limits_count(gateway, it->account, parts, hold, it->body->destination);
    intake_remember(it);
    pairs_note(gateway, live);
    answer_when_durable(it);
    if (it->is_part)
        collector_open(gateway, live, &it->part);
    else if (it->multi == NULL)
        dispatch_review(gateway, live);
    return INTAKE_OK;
}

static void join_message(struct submission *it, struct live *live)
{
    name_submission(it);
    intake_remember(it);
    answer_when_durable(it);
    if (!it->is_text)
        live->message.flags |= MESSAGE_BINARY;
    collector_join(it->gateway, live, it->body, &it->part);
}

static enum intake_result record(struct submission *it)
{
    struct gateway *gateway = it->gateway;
    struct live *live = NULL;
    enum intake_result result = INTAKE_OK;
    bool in_decision = it->multi != NULL || it->is_reply;

    if ((it->kept_by && review_is_full(gateway)) || lives_are_full(gateway->lives) ||
        (form_of(it) == PUBLIC_ID_ALIAS && !aliases_have_room(gateway)) ||
        (!in_decision && !store_begin(gateway->store, STORE_BEGINNING)))
        return INTAKE_FULL;
    if (it->is_part)
        live = collector_find(gateway, it->account->number, it->body, &it->part);
    if (live)
        join_message(it, live);
    else
        result = begin_message(it);
    if (!in_decision)
        store_end(gateway->store);
    return result;
}

enum intake_result intake_accept(struct submission *it)
{
    struct accounts *accounts = it->gateway->accounts;
    enum intake_result result;
    uint32_t index = (uint32_t)it->account_index;

    result = permit(it);
    if (result == INTAKE_OK)
        result = choose_plan(it);
    if (result == INTAKE_OK)
        result = measure(it);
    if (result == INTAKE_OK && !it->is_reply &&
        optouts_forbid(it->gateway, it->account->number, it->class, it->body->source,
                       it->body->destination))
        result = INTAKE_OPTED_OUT;
    if (result == INTAKE_OK && intake_answer_as_first(it)) {
        free(it->body);
        return INTAKE_OK;
    }
    if (result == INTAKE_OK && !accounts_take_parts(accounts, index, it->parts,
                                                    clock_mono_ms(it->gateway->clock))) {
        result = INTAKE_RATE;
    } else if (result == INTAKE_OK) {
        result = record(it);
        if (result != INTAKE_OK)
            accounts_give_parts(accounts, index, it->parts);
    }
    if (result != INTAKE_OK) {
        free(it->body);
        intake_count_refusal(it, result);
        return result;
    }
    it->account->accepted++;
    it->gateway->counters.accepted++;
    return INTAKE_OK;
}

/* --- SMPP --------------------------------------------------------------------------- */

static void copy_text(struct smpp_octets from, char *out, size_t room)
{
    size_t size = from.size < room - 1 ? from.size : room - 1;

    memcpy(out, from.data, size);
    out[size] = 0;
}

/* Standard TLVs go on as they came; the text and what is ours to tell do not. */
static bool goes_on(const struct config_account *account, const struct smpp_tlv *tlv)
{
    if (tlv->tag >= CONFIG_TLV_TAG_MIN)
        return account && dictionary_keeps(account, tlv->tag);
    return tlv->tag != SMPP_TLV_MESSAGE_PAYLOAD && tlv->tag != SMPP_TLV_QOS_TIME_TO_LIVE &&
           tlv->tag != SMPP_TLV_RECEIPTED_MESSAGE_ID && tlv->tag != SMPP_TLV_MESSAGE_STATE;
}

static uint32_t size_of_tlvs(const struct config_account *account,
                             const struct smpp_pdu *pdu)
{
    uint32_t size = 0;

    for (uint16_t i = 0; i < pdu->tlv_count; i++)
        if (goes_on(account, &pdu->tlvs[i]))
            size += 4u + pdu->tlvs[i].size;
    return size;
}

static void copy_tlvs(const struct config_account *account, const struct smpp_pdu *pdu,
                      uint8_t *out)
{
    for (uint16_t i = 0; i < pdu->tlv_count; i++) {
        const struct smpp_tlv *tlv = &pdu->tlvs[i];

        if (!goes_on(account, tlv))
            continue;
        *out++ = (uint8_t)(tlv->tag >> 8);
        *out++ = (uint8_t)tlv->tag;
        *out++ = (uint8_t)(tlv->size >> 8);
        *out++ = (uint8_t)tlv->size;
        memcpy(out, tlv->value, tlv->size);
        out += tlv->size;
    }
}

struct body *intake_body(const struct config_account *account, const struct smpp_pdu *pdu,
                         const char *destination)
{
    struct smpp_octets text = smpp_pdu_user_data(pdu);
    const struct smpp_tlv *reference = smpp_pdu_tlv(pdu, SMPP_TLV_USER_MESSAGE_REFERENCE);
    struct body *body = live_body_new(text.size, size_of_tlvs(account, pdu));
    struct smpp_header header;

    body->source_ton = pdu->source_ton;
    body->source_npi = pdu->source_npi;
    body->destination_ton = pdu->destination_ton;
    body->destination_npi = pdu->destination_npi;
    body->esm_class = pdu->esm_class;
    body->protocol_id = pdu->protocol_id;
    body->priority_flag = pdu->priority_flag;
    body->data_coding = pdu->data_coding;
    body->registered_delivery = pdu->registered_delivery;
    if (reference && reference->size == 2) {
        body->has_user_message_reference = true;
        body->user_message_reference = (uint16_t)smpp_tlv_integer(reference);
    }
    if ((pdu->esm_class & SMPP_ESM_CLASS_UDHI) && smpp_header_read(text, &header))
        body->header_size = header.size;
    copy_text(pdu->service_type, body->service_type, sizeof(body->service_type));
    copy_text(pdu->source, body->source, sizeof(body->source));
    memcpy(body->destination, destination, strlen(destination) + 1);
    memcpy(body->bytes, text.data, text.size);
    copy_tlvs(account, pdu, body->bytes + text.size);
    return body;
}

/* Seconds from now on; in data_sm it is the validity, and 5.0 lets it prevail elsewhere. */
static bool read_time_to_live(const struct smpp_pdu *pdu, int64_t now_ms, int64_t *out_ms)
{
    const struct smpp_tlv *tlv = smpp_pdu_tlv(pdu, SMPP_TLV_QOS_TIME_TO_LIVE);

    if (tlv == NULL || tlv->size != 4 || smpp_tlv_integer(tlv) == 0)
        return false;
    *out_ms = now_ms + (int64_t)smpp_tlv_integer(tlv) * 1000;
    return true;
}

static uint32_t read_times(const struct smpp_pdu *pdu, struct submission *it)
{
    enum smpp_timestamp_result result =
        smpp_timestamp_read(pdu->schedule_delivery_time.data,
                            pdu->schedule_delivery_time.size, it->now_ms, &it->start_at_ms);

    if (result == SMPP_TIMESTAMP_INVALID || it->start_at_ms > it->now_ms + validity_max_ms)
        return ESME_RINVSCHED;
    result = smpp_timestamp_read(pdu->validity_period.data, pdu->validity_period.size,
                                 it->now_ms, &it->deadline_ms);
    if (read_time_to_live(pdu, it->now_ms, &it->deadline_ms))
        result = SMPP_TIMESTAMP_OK;
    if (result == SMPP_TIMESTAMP_INVALID ||
        (result == SMPP_TIMESTAMP_OK &&
         (it->deadline_ms <= it->now_ms || it->deadline_ms <= it->start_at_ms)))
        return ESME_RINVEXPIRY;
    return ESME_ROK;
}

/* What the account's dictionary makes of the vendor's parameters. */
static enum intake_result read_dictionary(const struct smpp_pdu *submit,
                                          struct submission *it)
{
    size_t plan;

    if (it->account->config->tlvs.count == 0)
        return INTAKE_OK;
    if (!dictionary_fits(it->account->config, submit))
        return INTAKE_LONG_REFERENCE;
    switch (dictionary_plan(it->gateway->config, it->account->config, submit, &plan)) {
    case DICTIONARY_PLAN:
        it->plan = catalog_plan_at(it->gateway->catalog, plan);
        return INTAKE_OK;
    case DICTIONARY_REFUSED:
        return INTAKE_NO_SUCH_PLAN;
    default:
        return INTAKE_OK;
    }
}

/* There are no canned messages (5.2.20), and data_sm has its text in a TLV (4.7.1). */
static uint32_t check_text(const struct smpp_pdu *pdu)
{
    if (pdu->sm_default_msg_id != 0)
        return ESME_RINVDFTMSGID;
    return pdu->command == SMPP_DATA_SM &&
                   smpp_pdu_tlv(pdu, SMPP_TLV_MESSAGE_PAYLOAD) == NULL
               ? ESME_RMISSINGOPTPARAM
               : ESME_ROK;
}

uint32_t intake_read(const struct smpp_pdu *pdu, struct submission *it)
{
    enum intake_result cause = INTAKE_BAD_TIME;
    uint32_t status = read_times(pdu, it);

    if (status == ESME_ROK) {
        cause = INTAKE_BAD_TEXT;
        status = check_text(pdu);
    }
    if (status == ESME_ROK) {
        cause = read_dictionary(pdu, it);
        status = results[cause].status;
    }
    if (status != ESME_ROK)
        intake_count_refusal(it, cause);
    return status;
}

uint32_t intake_status(enum intake_result result)
{
    return results[result].status;
}

static void answer_submit(void *owner, const struct store_effect *effect)
{
    struct gateway *gateway = owner;
    struct live *live = live_find_submission(gateway, effect->id);

    char id[PUBLIC_ID_SIZE];

    assert(live);
    live->responded_at_ms = clock_mono_ms(gateway->clock);
    (void)public_id_write_body(live_body(live, effect->id), id);
    esmes_answer(gateway, effect->target, effect->number, effect->extra, id);
}

static void tell_first(struct gateway *gateway, const struct store_effect *answer,
                       const struct intake_first *first)
{
    esmes_answer(gateway, answer->target, answer->number, answer->extra, first->id);
}

/* In a decision: the message becomes what the body says; INTAKE_NO_MONEY changes nothing.
 */
static enum intake_result replace(struct submission *it, struct live *live,
                                  struct replacement *replacement)
{
    struct gateway *gateway = it->gateway;

    if (!replace_hold(gateway, it->account->number, replacement->more_parts,
                      replacement->more_micro))
        return INTAKE_NO_MONEY;
    replace_apply(gateway, live, replacement);
    it->answer.id = live->bodies[0]->id;
    store_effect(gateway->store, &it->answer);
    dispatch_review(gateway, live);
    return INTAKE_OK;
}

/*
 * replace_if_present: the message that waits takes the new text and times, and the answer
 * is its id.  What it has and a new one would not (its plan, its prices) stays.
 */
static uint32_t replace_present(struct submission *it, struct live *live)
{
    struct gateway *gateway = it->gateway;
    uint32_t index = (uint32_t)it->account_index;
    struct replacement replacement = {
        .body = it->body, .start_at_ms = it->start_at_ms, .deadline_ms = it->deadline_ms};
    enum intake_result result = permit(it);
    uint32_t status;

    if (result != INTAKE_OK) {
        free(it->body);
        intake_count_refusal(it, result);
        return results[result].status;
    }
    result = INTAKE_FULL;
    replace_name(live, it->body);
    status = replace_measure(gateway, live, &replacement);
    if (status != ESME_ROK) {
        free(it->body);
        intake_count_refusal(it, INTAKE_BAD_TEXT);
        return status;
    }
    if (!accounts_take_parts(gateway->accounts, index, replacement.parts,
                             clock_mono_ms(gateway->clock))) {
        result = INTAKE_RATE;
    } else {
        if (store_begin(gateway->store, STORE_BEGINNING)) {
            result = replace(it, live, &replacement);
            store_end(gateway->store);
        }
        if (result != INTAKE_OK)
            accounts_give_parts(gateway->accounts, index, replacement.parts);
    }
    free(replacement.body);
    if (result != INTAKE_OK)
        intake_count_refusal(it, result);
    else
        gateway->counters.operations.replaced++;
    return results[result].status;
}

static bool is_part_of_long(const struct body *body)
{
    struct smpp_part part;

    return (body->esm_class & SMPP_ESM_CLASS_UDHI) || collector_part_of(body, &part);
}

uint32_t intake_submit(struct gateway *gateway, size_t account, uint64_t session,
                       const struct smpp_pdu *submit)
{
    struct submission it = {
        .gateway = gateway,
        .account = catalog_account_at(gateway->catalog, account),
        .account_index = account,
        .session = session,
        .now_ms = gateway_now_ms(gateway),
        .answer = {.run = answer_submit,
                   .target = session,
                   .number = submit->sequence,
                   .extra = submit->command},
        .tell_first = tell_first,
    };
    char destination[NUMBER_SIZE];
    struct live *live;
    uint32_t status;

    gateway->counters.submits++;
    if (gateway->draining)
        return ESME_RSYSERR;
    if (!number_normalise((const char *)submit->destination.data, submit->destination.size,
                          destination)) {
        intake_count_refusal(&it, INTAKE_BAD_DESTINATION);
        return ESME_RINVDSTADR;
    }
    status = intake_read(submit, &it);
    if (status != ESME_ROK)
        return status;
    it.body = intake_body(it.account->config, submit, destination);
    if (submit->replace_if_present && !is_part_of_long(it.body) &&
        (live = replace_find(gateway, it.account->number, it.body)) != NULL)
        return replace_present(&it, live);
    return results[intake_accept(&it)].status;
}

/* --- API ---------------------------------------------------------------------------- */

static bool is_granted(const struct config_account *account, int plan)
{
    for (size_t i = 0; i < account->plan_count; i++)
        if (account->plans[i] == (size_t)plan)
            return true;
    return false;
}

static void set_source(struct body *body, const char *from)
{
    struct source source;

    source_read(from, &source);
    body->source_ton = source.ton;
    body->source_npi = source.npi;
    memcpy(body->source, source.address, sizeof(body->source));
}

/* A message of the API, or a reply; `it` says by which of the two. */
static enum intake_result take_request(struct submission *it,
                                       const struct intake_request *request)
{
    struct gateway *gateway = it->gateway;
    int index = config_find_account(gateway->config, request->account);
    size_t size = strlen(request->text);
    char destination[NUMBER_SIZE];

    gateway->counters.submits++;
    if (index < 0)
        return INTAKE_NO_ACCOUNT;
    if (gateway->draining)
        return INTAKE_FULL;
    it->account_index = (size_t)index;
    it->account = catalog_account_at(gateway->catalog, it->account_index);
    it->now_ms = gateway_now_ms(gateway);
    if (request->validity_ms < 0 || request->validity_ms > validity_max_ms ||
        request->start_at_ms > it->now_ms + validity_max_ms ||
        (request->validity_ms && request->start_at_ms >= it->now_ms + request->validity_ms))
        return INTAKE_BAD_TIME;
    if (strlen(request->from) >= NUMBER_SIZE)
        return INTAKE_BAD_SOURCE;
    if (!number_normalise(request->to, strlen(request->to), destination))
        return INTAKE_BAD_DESTINATION;
    if (size > BODY_BYTES_MAX || !smpp_text_is_utf8(request->text, size))
        return INTAKE_BAD_TEXT;
    if (request->plan) {
        int plan = config_find_plan(gateway->config, request->plan);

        if (plan < 0 || !is_granted(it->account->config, plan))
            return INTAKE_NO_PLAN;
        it->plan = catalog_plan_at(gateway->catalog, (size_t)plan);
    }
    it->start_at_ms = request->start_at_ms;
    if (request->validity_ms)
        it->deadline_ms = it->now_ms + request->validity_ms;
    it->body = live_body_new((uint32_t)size, 0);
    it->body->from_api = 1;
    it->body->destination_ton = 1;
    it->body->destination_npi = 1;
    set_source(it->body, request->from);
    memcpy(it->body->destination, destination, strlen(destination) + 1);
    memcpy(it->body->bytes, request->text, size);
    return intake_accept(it);
}

enum intake_result intake_api(struct gateway *gateway, const struct intake_request *request,
                              const struct store_effect *answer, uint64_t *out_id)
{
    struct submission it = {
        .gateway = gateway, .answer = *answer, .tell_first = request->tell_first};
    enum intake_result result = take_request(&it, request);

    if (result == INTAKE_OK)
        *out_id = it.answer.id;
    return result;
}

enum intake_result intake_reply(struct gateway *gateway,
                                const struct intake_request *request)
{
    struct submission it = {.gateway = gateway, .is_reply = true};

    return take_request(&it, request);
}
