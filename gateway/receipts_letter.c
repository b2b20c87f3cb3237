/*
 * What a receipt says: whether one is wanted and of which state, its row in the store, and
 * the deliver_sm that is made of the row.  On its way it is in the outbox.
 */
#include "gateway/receipts_pieces.h"

#include <assert.h>
#include <string.h>

#include "gateway/catalog.h"
#include "gateway/config.h"
#include "gateway/esme.h"
#include "gateway/gateway.h"
#include "gateway/public_id.h"
#include "gateway/translate.h"
#include "routing/code.h"
#include "routing/delivery.h"
#include "smpp/command.h"
#include "smpp/receipt.h"

/* A receipt's row: this, then source, destination, the head of the text, and facts. */
struct packed {
    int64_t submitted_ms;
    int64_t done_ms;
    uint32_t code;
    uint16_t user_message_reference;
    uint8_t version;
    uint8_t has_user_message_reference;
    uint8_t state; /* enum smpp_message_state */
    uint8_t source_ton;
    uint8_t source_npi;
    uint8_t destination_ton;
    uint8_t destination_npi;
    uint8_t source_size;
    uint8_t destination_size;
    uint8_t text_size;
    uint8_t id_form;
    uint32_t alias;
    uint64_t public_id;
};

static enum smpp_message_state state_of(enum message_end end, const struct account *account)
{
    static const enum smpp_message_state states[] = {
        [MESSAGE_DELIVERED] = SMPP_STATE_DELIVERED,
        [MESSAGE_ACCEPTED] = SMPP_STATE_ACCEPTED,
        [MESSAGE_UNDELIVERABLE] = SMPP_STATE_UNDELIVERABLE,
        [MESSAGE_EXPIRED] = SMPP_STATE_EXPIRED,
        [MESSAGE_REJECTED] = SMPP_STATE_REJECTED,
        [MESSAGE_CANCELLED] = SMPP_STATE_DELETED,
        [MESSAGE_UNKNOWN] = SMPP_STATE_UNKNOWN,
    };

    if (end == MESSAGE_ACCEPTED && account->config) {
        if (account->config->accepted_as == CONFIG_AS_DELIVRD)
            return SMPP_STATE_DELIVERED;
        if (account->config->accepted_as == CONFIG_AS_UNKNOWN)
            return SMPP_STATE_UNKNOWN;
    }
    return states[end];
}

/* SMPP 3.4 5.2.17, 5.0 4.7.21: none, both, on failure only, on success only. */
static bool is_wanted(const struct body *body, enum smpp_message_state state)
{
    bool success = state == SMPP_STATE_DELIVERED || state == SMPP_STATE_ACCEPTED;

    switch (body->registered_delivery & 0x03) {
    case 1:
        return true;
    case 2:
        return !success;
    case 3:
        return success;
    default:
        return false;
    }
}

/* The code of the last try of the submission's segment that has one. */
static uint32_t code_of(const struct message *message, uint16_t segment)
{
    uint32_t code = 0;

    for (uint16_t i = 0; i < message->attempt_count; i++)
        if (message->attempts[i].code &&
            (message->segments == 1 || message->attempts[i].segment == segment))
            code = message->attempts[i].code;
    return code;
}

/* That of the message, or of its own segment. */
static enum message_end end_of(const struct gateway *gateway, const struct live *live,
                               const struct body *body)
{
    if ((live->message.flags & MESSAGE_COLLECTED) && live->plan)
        return delivery_segment_end(&live->message, live->plan,
                                    catalog_traits(gateway->catalog),
                                    translate_body_segment(live, body));
    return (enum message_end)live->message.end;
}

uint32_t receipts_code(const struct gateway *gateway, const struct live *live,
                       const struct body *body)
{
    enum message_end end = end_of(gateway, live, body);

    /* Of an earlier try: the operator has taken it since. */
    if (end == MESSAGE_DELIVERED || end == MESSAGE_ACCEPTED)
        return 0;
    return code_of(&live->message, translate_body_segment(live, body));
}

enum smpp_message_state receipts_state(const struct gateway *gateway,
                                       const struct live *live, const struct body *body)
{
    return state_of(end_of(gateway, live, body),
                    catalog_account(gateway->catalog, live->message.account));
}

static void pack(const struct gateway *gateway, const struct live *live,
                 const struct body *body, enum smpp_message_state state, uint32_t code,
                 int64_t now_ms, struct store_receipt *row)
{
    const struct account *account =
        catalog_account(gateway->catalog, live->message.account);
    struct packed packed = {
        .version = 2,
        /* Appendix B: of a message that was replaced, when that was. */
        .submitted_ms = live_submitted_ms(live, body) + body->replaced_after_s * INT64_C(1000),
        .done_ms = now_ms,
        .code = code,
        .state = (uint8_t)state,
        .user_message_reference = body->user_message_reference,
        .has_user_message_reference = body->has_user_message_reference,
        .source_ton = body->source_ton,
        .source_npi = body->source_npi,
        .destination_ton = body->destination_ton,
        .destination_npi = body->destination_npi,
        .source_size = (uint8_t)strlen(body->source),
        .destination_size = (uint8_t)strlen(body->destination),
        .id_form = body->id_form,
        .alias = body->alias,
        .public_id = public_id_of(body),
    };
    enum smpp_alphabet alphabet =
        account->config ? translate_alphabet(account->config->default_alphabet)
                        : SMPP_ALPHABET_GSM;
    char text[TRANSLATE_HEAD_SIZE];
    uint8_t *at = row->bytes;

    translate_head(body, alphabet, text);
    packed.text_size = (uint8_t)strlen(text);
    memcpy(at, &packed, sizeof(packed));
    at += sizeof(packed);
    memcpy(at, body->source, packed.source_size);
    at += packed.source_size;
    memcpy(at, body->destination, packed.destination_size);
    at += packed.destination_size;
    memcpy(at, text, packed.text_size);
    at += packed.text_size;
    at += receipts_pack_facts(gateway, live, body, at,
                              (size_t)(row->bytes + sizeof(row->bytes) - at));
    row->id = body->id;
    row->account = live->message.account;
    row->made_at_ms = now_ms;
    row->size = (uint16_t)(at - row->bytes);
}

bool receipts_write_row(const struct gateway *gateway, const struct live *live,
                        const struct body *body, struct store_receipt *row)
{
    enum smpp_message_state state = receipts_state(gateway, live, body);

    if (!is_wanted(body, state))
        return false;
    pack(gateway, live, body, state, receipts_code(gateway, live, body),
         live->message.ended_at_ms, row);
    return true;
}

void receipts_write_notice(const struct gateway *gateway, const struct live *live,
                           const struct body *body, uint32_t code,
                           struct store_receipt *row)
{
    pack(gateway, live, body, SMPP_STATE_ENROUTE, code, gateway_now_ms(gateway), row);
}

static struct smpp_octets view(const void *data, size_t size)
{
    return (struct smpp_octets){data, (uint32_t)size};
}

/* From the recipient to the sender (3.4 2.11). */
static void write_addresses(const struct packed *packed, const uint8_t *at,
                            struct smpp_pdu *pdu)
{
    pdu->source_ton = packed->destination_ton;
    pdu->source_npi = packed->destination_npi;
    pdu->destination_ton = packed->source_ton;
    pdu->destination_npi = packed->source_npi;
    pdu->destination = view(at, packed->source_size);
    pdu->source = view(at + packed->source_size, packed->destination_size);
}

/* In decimal; of a code with more digits the last ones. */
static struct smpp_octets write_error(uint32_t code, uint32_t digits,
                                      char out[SMPP_RECEIPT_ERROR_MAX_SIZE])
{
    for (uint32_t i = digits; i > 0; code /= 10)
        out[--i] = (char)('0' + code % 10);
    return view(out, digits);
}

static void write_text(const struct account *account, const struct packed *packed,
                       struct smpp_octets head, size_t id_size, struct letter *letter)
{
    static const struct config_account nobody = {
        .receipt_date_digits = 10, .receipt_text_length = 20, .receipt_err_digits = 3};
    const struct config_account *form = account->config ? account->config : &nobody;
    const struct smpp_receipt_facts facts = {
        .id = view(letter->id, id_size),
        .state = (enum smpp_message_state)packed->state,
        .error = write_error(code_number(packed->code), form->receipt_err_digits, letter->error),
        .submitted_ms = packed->submitted_ms,
        .done_ms = packed->done_ms,
        .text = head,
        .text_length = (uint8_t)form->receipt_text_length,
        .date_digits = (uint8_t)form->receipt_date_digits,
        .error_digits = (uint8_t)form->receipt_err_digits,
        .zone_minutes = form->receipt_zone_minutes,
        .latin_1 = form->default_alphabet == CONFIG_LATIN1,
    };

    letter->pdu.short_message =
        view(letter->text, smpp_receipt_write(&facts, letter->text));
}

/* 3.4 4.6.1: which message, what became of it, and what its sender called it. */
static void add_tlvs(const struct packed *packed, size_t id_size, struct letter *letter)
{
    struct smpp_pdu *pdu = &letter->pdu;
    uint32_t number = code_number(packed->code);
    bool added;

    letter->state = packed->state;
    added = smpp_pdu_add_tlv(pdu, SMPP_TLV_RECEIPTED_MESSAGE_ID, letter->id,
                             (uint16_t)(id_size + 1)) &&
            smpp_pdu_add_tlv(pdu, SMPP_TLV_MESSAGE_STATE, &letter->state, 1);
    if (number != 0 && number <= UINT16_MAX) {
        letter->network_error[0] = code_network(packed->code); /* 5.3.2.31 */
        letter->network_error[1] = (uint8_t)(number >> 8);
        letter->network_error[2] = (uint8_t)number;
        added = added && smpp_pdu_add_tlv(pdu, SMPP_TLV_NETWORK_ERROR_CODE,
                                          letter->network_error, 3);
    }
    if (packed->has_user_message_reference) {
        letter->reference[0] = (uint8_t)(packed->user_message_reference >> 8);
        letter->reference[1] = (uint8_t)packed->user_message_reference;
        added = added && smpp_pdu_add_tlv(pdu, SMPP_TLV_USER_MESSAGE_REFERENCE,
                                          letter->reference, 2);
    }
    assert(added);
}

/* As the submit was answered, unless the account reads the ids of receipts otherwise: what
 * is compared as a number is the same number in each form. */
static size_t write_id(const struct account *account, const struct packed *packed,
                       char out[PUBLIC_ID_SIZE])
{
    enum public_id_form form = (enum public_id_form)packed->id_form;
    uint64_t id = form == PUBLIC_ID_ALIAS ? packed->alias : packed->public_id;

    if (account->config && account->config->receipt_id != PUBLIC_ID_FORMS)
        form = account->config->receipt_id;
    return public_id_write(form, id, packed->alias, out);
}

void receipts_write_letter(const struct gateway *gateway, uint32_t account,
                           const uint8_t *bytes, size_t size, struct letter *letter)
{
    const struct account *its = catalog_account(gateway->catalog, account);
    struct packed packed;
    const uint8_t *at = bytes + sizeof(packed);
    size_t id_size;

    memcpy(&packed, bytes, sizeof(packed));
    id_size = write_id(its, &packed, letter->id);
    smpp_pdu_init(&letter->pdu, SMPP_DELIVER_SM, 0, 0);
    /* 3.4 5.2.12: an intermediate notification, or a receipt. */
    letter->pdu.esm_class = packed.state == SMPP_STATE_ENROUTE ? 0x20 : 0x04;
    write_addresses(&packed, at, &letter->pdu);
    at += packed.source_size + packed.destination_size;
    write_text(its, &packed, view(at, packed.text_size), id_size, letter);
    if (its->config == NULL || its->config->receipt_tlvs)
        add_tlvs(&packed, id_size, letter);
    at += packed.text_size;
    if (its->config && at < bytes + size)
        receipts_write_facts(its->config, at, (size_t)(bytes + size - at), letter);
}

/* --- to the outbox and out of it ----------------------------------------------------- */

static struct outbox_letter letter_of(const struct store_receipt *row)
{
    return (struct outbox_letter){
        .kind = LETTER_RECEIPT,
        .id = row->id,
        .submission = row->id,
        .account = row->account,
        .made_at_ms = row->made_at_ms,
        .bytes = row->bytes,
        .size = row->size,
    };
}

void receipts_make(struct gateway *gateway, struct live *live)
{
    for (uint16_t i = 0; i < live->body_count; i++) {
        struct store_receipt row;
        struct outbox_letter letter;

        if (!receipts_write_row(gateway, live, live->bodies[i], &row))
            continue;
        letter = letter_of(&row);
        letter.origin = live->origin;
        letter.place = live->place;
        letter.responded_at_ms = live->responded_at_ms;
        store_receipt_add(gateway->store, &row);
        outbox_add(gateway, &letter);
    }
}

bool receipts_tell_again(struct gateway *gateway, const struct live *live,
                         const struct body *body)
{
    struct store_receipt row;
    struct outbox_letter letter;
    bool begun;

    if (live->message.state != MESSAGE_ENDED ||
        !receipts_write_row(gateway, live, body, &row))
        return false;
    if (outbox_holds(gateway, row.id))
        return true;
    begun = store_begin(gateway->store, STORE_CONTINUATION);
    assert(begun);
    row.made_at_ms = gateway_now_ms(gateway); /* it is kept as long as a new one */
    letter = letter_of(&row);
    store_receipt_add(gateway->store, &row);
    outbox_add(gateway, &letter);
    store_end(gateway->store);
    gateway->counters.receipts_retold++;
    return true;
}

void receipts_load(struct gateway *gateway, const struct store_receipt *row)
{
    const struct outbox_letter letter = letter_of(row);

    outbox_load(gateway, &letter);
}

enum outbox_sent receipts_send(struct gateway *gateway, const struct outbox_letter *it,
                               bool others)
{
    struct letter letter;

    receipts_write_letter(gateway, it->account, it->bytes, it->size, &letter);
    return esmes_deliver(gateway, it->account, it->origin, others, &letter.pdu, it->id);
}
