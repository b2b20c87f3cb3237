/* Submissions of SMPP: what a PDU says, and what it is answered. */
#include "gateway/intake_pieces.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/dictionary.h"
#include "gateway/dispatch.h"
#include "gateway/esme.h"
#include "gateway/gateway.h"
#include "gateway/replace.h"
#include "routing/number.h"
#include "smpp/command.h"
#include "smpp/parts.h"
#include "smpp/timestamp.h"

/* 3.4 5.2.12, 5.3.2.22: neither beside a header; the sar_ parameters all three or none. */
static bool is_at_odds(const struct smpp_pdu *pdu, uint16_t tag)
{
    struct smpp_part part;

    switch (tag) {
    case SMPP_TLV_SOURCE_PORT:
    case SMPP_TLV_DESTINATION_PORT:
        return (pdu->esm_class & SMPP_ESM_CLASS_UDHI) != 0;
    case SMPP_TLV_SAR_MSG_REF_NUM:
    case SMPP_TLV_SAR_TOTAL_SEGMENTS:
    case SMPP_TLV_SAR_SEGMENT_SEQNUM:
        return !smpp_part_read(pdu, &part) || part.kind != SMPP_PART_SAR;
    }
    return false;
}

/*
 * Standard TLVs go on as they came, where a submission (or, without an account, a delivery)
 * may carry them, and as often; the text and what is ours to tell do not.
 */
static bool goes_on(const struct config_account *account, const struct smpp_pdu *pdu,
                    const struct smpp_tlv *tlv)
{
    const struct smpp_tlv_rule *rule;

    switch (tlv->tag) {
    case SMPP_TLV_MESSAGE_PAYLOAD:
    case SMPP_TLV_QOS_TIME_TO_LIVE:
    case SMPP_TLV_RECEIPTED_MESSAGE_ID:
    case SMPP_TLV_MESSAGE_STATE:
        return false;
    }
    if (tlv->tag >= CONFIG_TLV_TAG_MIN)
        return account && dictionary_keeps(account, tlv->tag);
    rule = smpp_tlv_rule(tlv->tag);
    return rule != NULL && (account ? rule->submission : rule->delivery) != 0 &&
           (rule->repeatable || tlv == smpp_pdu_tlv(pdu, tlv->tag)) &&
           !is_at_odds(pdu, tlv->tag);
}

static uint32_t size_of_tlvs(const struct config_account *account,
                             const struct smpp_pdu *pdu)
{
    uint32_t size = 0;

    for (uint16_t i = 0; i < pdu->tlv_count; i++)
        if (goes_on(account, pdu, &pdu->tlvs[i]))
            size += 4u + pdu->tlvs[i].size;
    return size;
}

static void copy_tlvs(const struct config_account *account, const struct smpp_pdu *pdu,
                      uint8_t *out)
{
    for (uint16_t i = 0; i < pdu->tlv_count; i++) {
        const struct smpp_tlv *tlv = &pdu->tlvs[i];

        if (!goes_on(account, pdu, tlv))
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
    smpp_octets_text(pdu->service_type, body->service_type, sizeof(body->service_type));
    smpp_octets_text(pdu->source, body->source, sizeof(body->source));
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

    if (result == SMPP_TIMESTAMP_INVALID ||
        it->start_at_ms > it->now_ms + INTAKE_VALIDITY_MAX_MS)
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

/* data_sm has more room for it than the submit_sm that would carry it and the deliver_sm
 * that would tell of it (4.7.1, 4.4.1, 4.6.1). */
static uint32_t check_source(const struct smpp_pdu *pdu)
{
    return pdu->source.size < NUMBER_SIZE ? ESME_ROK : intake_status(INTAKE_BAD_SOURCE);
}

uint32_t intake_read(const struct smpp_pdu *pdu, struct submission *it)
{
    enum intake_result cause = INTAKE_BAD_SOURCE;
    uint32_t status = check_source(pdu);

    if (status == ESME_ROK) {
        cause = INTAKE_BAD_TIME;
        status = read_times(pdu, it);
    }
    if (status == ESME_ROK) {
        cause = INTAKE_BAD_TEXT;
        status = check_text(pdu);
    }
    if (status == ESME_ROK) {
        cause = read_dictionary(pdu, it);
        status = intake_status(cause);
    }
    if (status != ESME_ROK)
        intake_count_refusal(it, cause);
    return status;
}

static void answer_submit(void *owner, const struct store_effect *effect)
{
    struct gateway *gateway = owner;
    struct live *live = live_find_at(gateway, effect->place, effect->id);

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
    enum intake_result result = intake_permit(it);
    uint32_t status;

    if (result != INTAKE_OK) {
        free(it->body);
        intake_count_refusal(it, result);
        return intake_status(result);
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
                             it->account->config->over_rate_wait_ms,
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
    return intake_status(result);
}

static bool is_part_of_long(const struct body *body)
{
    struct smpp_part part;

    return (body->esm_class & SMPP_ESM_CLASS_UDHI) || body_part_of(body, &part);
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
    return intake_status(intake_accept(&it));
}
