/*
 * The forms of a subscriber's message: a row of the store, the deliver_sm that is made of
 * it, and its text.  Octets stay as they came; only what is read is decoded.
 */
#include "gateway/inbound_pieces.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/esme.h"
#include "gateway/gateway.h"
#include "gateway/live.h"
#include "gateway/translate.h"
#include "smpp/command.h"
#include "smpp/receipt.h"

enum {
    VERSION = 1,
    SHORT_MESSAGE_MAX = 254,
    /* SMPP 3.4 5.2.12 */
    ESM_CLASS_TYPE = 0x3C,
    ESM_CLASS_CONVERSATION_ABORT = 0x18,
    ESM_CLASS_KEPT = SMPP_ESM_CLASS_UDHI | 0x80, /* and the reply path; not the mode */
};

/* A row: this, then source, destination, service_type, text and TLVs. */
struct packed {
    uint32_t text_size;
    uint32_t tlv_size;
    uint8_t version;
    uint8_t source_ton;
    uint8_t source_npi;
    uint8_t destination_ton;
    uint8_t destination_npi;
    uint8_t esm_class;
    uint8_t protocol_id;
    uint8_t priority_flag;
    uint8_t data_coding;
    uint8_t header_size;
    uint8_t source_size;
    uint8_t destination_size;
    uint8_t service_type_size;
};

static uint8_t *append(uint8_t *at, const void *octets, size_t size)
{
    memcpy(at, octets, size);
    return at + size;
}

size_t inbound_pack(const struct body *body, uint8_t out[INBOUND_PACKED_MAX])
{
    const struct packed packed = {
        .text_size = body->text_size,
        .tlv_size = body->tlv_size,
        .version = VERSION,
        .source_ton = body->source_ton,
        .source_npi = body->source_npi,
        .destination_ton = body->destination_ton,
        .destination_npi = body->destination_npi,
        .esm_class = body->esm_class,
        .protocol_id = body->protocol_id,
        .priority_flag = body->priority_flag,
        .data_coding = body->data_coding,
        .header_size = body->header_size,
        .source_size = (uint8_t)strlen(body->source),
        .destination_size = (uint8_t)strlen(body->destination),
        .service_type_size = (uint8_t)strlen(body->service_type),
    };
    uint8_t *at = out;

    assert(body->text_size + body->tlv_size <= INBOUND_OCTETS_MAX);
    at = append(at, &packed, sizeof(packed));
    at = append(at, body->source, packed.source_size);
    at = append(at, body->destination, packed.destination_size);
    at = append(at, body->service_type, packed.service_type_size);
    at = append(at, body->bytes, body->text_size + body->tlv_size);
    return (size_t)(at - out);
}

static const uint8_t *take_text(const uint8_t *at, char *out, size_t size)
{
    memcpy(out, at, size);
    out[size] = 0;
    return at + size;
}

struct body *inbound_unpack(uint64_t id, const uint8_t *bytes, size_t size)
{
    const uint8_t *at = bytes + sizeof(struct packed);
    struct packed packed;
    struct body *body;

    if (size < sizeof(packed))
        return NULL;
    memcpy(&packed, bytes, sizeof(packed));
    if (packed.version != VERSION || packed.source_size >= BODY_ADDRESS_SIZE ||
        packed.destination_size >= BODY_ADDRESS_SIZE ||
        packed.service_type_size >= BODY_SERVICE_TYPE_SIZE ||
        packed.text_size > INBOUND_OCTETS_MAX || packed.tlv_size > INBOUND_OCTETS_MAX ||
        packed.header_size > packed.text_size ||
        size != sizeof(packed) + packed.source_size + packed.destination_size +
                    packed.service_type_size + packed.text_size + packed.tlv_size)
        return NULL;
    body = live_body_new(packed.text_size, packed.tlv_size);
    body->id = id;
    body->source_ton = packed.source_ton;
    body->source_npi = packed.source_npi;
    body->destination_ton = packed.destination_ton;
    body->destination_npi = packed.destination_npi;
    body->esm_class = packed.esm_class;
    body->protocol_id = packed.protocol_id;
    body->priority_flag = packed.priority_flag;
    body->data_coding = packed.data_coding;
    body->header_size = packed.header_size;
    at = take_text(at, body->source, packed.source_size);
    at = take_text(at, body->destination, packed.destination_size);
    at = take_text(at, body->service_type, packed.service_type_size);
    memcpy(body->bytes, at, packed.text_size + packed.tlv_size);
    return body;
}

/* --- as a deliver_sm ---------------------------------------------------------------- */

static struct smpp_octets view(const void *data, size_t size)
{
    return (struct smpp_octets){data, (uint32_t)size};
}

static struct smpp_octets view_of(const char *text)
{
    return view(text, strlen(text));
}

/* An acknowledgement of the recipient stays one, and an abort; all else is a message. */
static uint8_t kept_esm_class(uint8_t esm_class)
{
    uint8_t type = esm_class & ESM_CLASS_TYPE;
    bool is_told =
        smpp_esm_class_is_acknowledgement(type) || type == ESM_CLASS_CONVERSATION_ABORT;

    return (esm_class & ESM_CLASS_KEPT) | (is_told ? type : 0);
}

/* False: it cannot be said so. */
static bool fill_deliver(const struct body *body, struct smpp_pdu *pdu)
{
    smpp_pdu_init(pdu, SMPP_DELIVER_SM, 0, 0);
    pdu->service_type = view_of(body->service_type);
    pdu->source_ton = body->source_ton;
    pdu->source_npi = body->source_npi;
    pdu->source = view_of(body->source);
    pdu->destination_ton = body->destination_ton;
    pdu->destination_npi = body->destination_npi;
    pdu->destination = view_of(body->destination);
    pdu->esm_class = kept_esm_class(body->esm_class);
    pdu->protocol_id = body->protocol_id;
    pdu->priority_flag = body->priority_flag;
    pdu->data_coding = body->data_coding;
    if (!body_add_tlvs(body, pdu))
        return false;
    if (body->text_size <= SHORT_MESSAGE_MAX)
        pdu->short_message = view(body->bytes, body->text_size);
    else
        return smpp_pdu_add_tlv(pdu, SMPP_TLV_MESSAGE_PAYLOAD, body->bytes,
                                (uint16_t)body->text_size);
    return true;
}

enum outbox_sent inbound_send(struct gateway *gateway, const struct outbox_letter *letter,
                              bool others)
{
    struct body *body = inbound_unpack(letter->id, letter->bytes, letter->size);
    enum outbox_sent sent = OUTBOX_CANNOT;
    struct smpp_pdu pdu;

    if (body && fill_deliver(body, &pdu))
        sent = esmes_deliver(gateway, letter->account, letter->origin, others, &pdu,
                             letter->id);
    free(body);
    return sent;
}

/* --- as text ------------------------------------------------------------------------ */

/* What data_coding 0 means to the operator. */
static enum smpp_alphabet default_alphabet(const struct gateway *gateway, uint32_t link)
{
    const struct config_link *config = inbound_link(gateway, link);

    return config ? translate_alphabet(config->default_alphabet) : SMPP_ALPHABET_GSM;
}

/* Nothing, or what stands beside a text: its place in a long one, and its tables. */
static bool read_header(const struct body *body, struct smpp_header *out)
{
    *out = (struct smpp_header){.is_only_text = true};
    return !(body->esm_class & SMPP_ESM_CLASS_UDHI) ||
           (smpp_header_read(view(body->bytes, body->text_size), out) && out->is_only_text);
}

static bool decode(const struct gateway *gateway, uint32_t link, const struct body *body,
                   char *out, size_t room, size_t *out_size)
{
    struct smpp_header header;

    return read_header(body, &header) &&
           translate_body_text(body, default_alphabet(gateway, link), out, room, out_size);
}

bool inbound_text(const struct gateway *gateway, uint32_t link, const struct body *body,
                  char *out, size_t room)
{
    size_t size;

    if (!decode(gateway, link, body, out, room - 1, &size))
        return false;
    out[size] = 0;
    return true;
}

/* Of one alphabet, with nothing in their headers but their place. */
static bool are_alike(const struct inbound_message *message)
{
    for (size_t i = 0; i < message->part_count; i++) {
        struct smpp_header header;

        if (message->parts[i]->data_coding != message->parts[0]->data_coding ||
            !read_header(message->parts[i], &header) || header.shift.single != 0 ||
            header.shift.locking != 0)
            return false;
    }
    return true;
}

struct body *inbound_join(const struct inbound_message *message)
{
    const struct body *first = message->parts[0];
    uint32_t size = 0;
    struct body *whole;

    if (message->part_count != message->total || !are_alike(message))
        return NULL;
    for (size_t i = 0; i < message->part_count; i++)
        size += message->parts[i]->text_size - message->parts[i]->header_size;
    whole = live_body_new(size, 0);
    memcpy(whole, first, sizeof(*whole));
    whole->text_size = size;
    whole->tlv_size = 0;
    whole->header_size = 0;
    whole->esm_class &= (uint8_t)~SMPP_ESM_CLASS_UDHI;
    size = 0;
    for (size_t i = 0; i < message->part_count; i++) {
        const struct body *part = message->parts[i];

        memcpy(whole->bytes + size, part->bytes + part->header_size,
               part->text_size - part->header_size);
        size += part->text_size - part->header_size;
    }
    return whole;
}

char *inbound_message_text(const struct gateway *gateway,
                           const struct inbound_message *message)
{
    /* As one, a letter that was cut in two is whole again. */
    struct body *whole = inbound_join(message);
    const struct body *const one[] = {whole};
    const struct body *const *parts =
        whole ? one : (const struct body *const *)message->parts;
    size_t count = whole ? 1 : message->part_count;
    size_t room = 1;
    size_t used = 0;
    char *text;

    for (size_t i = 0; i < count; i++)
        room += (size_t)parts[i]->text_size * SMPP_TEXT_DECODED_GROWTH;
    text = malloc(room);
    if (text == NULL)
        abort();
    for (size_t i = 0; text && i < count; i++) {
        size_t size = 0;

        if (decode(gateway, message->link, parts[i], text + used, room - 1 - used, &size)) {
            used += size;
        } else {
            free(text);
            text = NULL;
        }
    }
    free(whole);
    if (text)
        text[used] = 0;
    return text;
}
