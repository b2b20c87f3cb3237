/*
 * What a client submitted, as one row written once: addresses, the fields of the
 * submit_sm that go on unchanged, and the octets of the text.
 *
 * A message has one body; a long message that was collected has one for each part
 * that came, the first of them under the message's own id.
 */
#ifndef GATEWAY_BODY_H
#define GATEWAY_BODY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    BODY_ADDRESS_SIZE = 66,
    BODY_SERVICE_TYPE_SIZE = 6,
    BODY_BYTES_MAX = 65535,
    BODY_SHOWN_MAX = 80, /* octets of a text that a receipt shows, in any alphabet */
};

struct body {
    uint64_t id; /* of the submission: what the client was given */
    uint64_t message;
    uint32_t alias;  /* in its public id; 0: it has none */
    uint16_t number; /* of the part, from 1 */
    uint16_t user_message_reference;
    bool has_user_message_reference;
    uint8_t source_ton;
    uint8_t source_npi;
    uint8_t destination_ton;
    uint8_t destination_npi;
    uint8_t esm_class;
    uint8_t protocol_id;
    uint8_t priority_flag;
    uint8_t data_coding;
    uint8_t registered_delivery;
    uint8_t from_api;    /* `text` is UTF-8 and is ours to split and to encode */
    uint8_t header_size; /* octets of UDH at the head of the text */
    uint8_t id_form;     /* enum public_id_form */
    uint8_t place;       /* among those of one submit_multi, from 1; 0: it came alone */
    uint8_t revision;    /* how often it was replaced; wraps */
    bool is_head; /* in memory only: of the text no more than body_head_size() is here */
    uint32_t replaced_after_s; /* its submission, the last time; 0: it was not */
    uint16_t told;       /* in memory only: the notifications that were made (receipts.h) */
    char service_type[BODY_SERVICE_TYPE_SIZE];
    char source[BODY_ADDRESS_SIZE];
    char destination[BODY_ADDRESS_SIZE]; /* E.164 digits */
    uint32_t text_size;
    uint32_t tlv_size; /* TLVs that go on as they came, in wire form */
    uint8_t bytes[];   /* text, then TLVs */
};

struct smpp_part;
struct smpp_pdu;

/* Its TLVs into a PDU, borrowed; false: some do not fit. */
bool body_add_tlvs(const struct body *body, struct smpp_pdu *pdu)
    __attribute__((warn_unused_result));

/* Which part of a long message it is, by its header or its TLVs; false: it is none. */
bool body_part_of(const struct body *body, struct smpp_part *out);

/* Octets of its text that are always in memory: its header, and what a receipt shows. */
static inline uint32_t body_head_size(const struct body *body)
{
    uint32_t size = (uint32_t)body->header_size + BODY_SHOWN_MAX;

    return body->text_size < size ? body->text_size : size;
}

/* Of a body with this many octets behind it. */
static inline size_t body_size(uint32_t text_size, uint32_t tlv_size)
{
    return sizeof(struct body) + text_size + tlv_size;
}

#endif
