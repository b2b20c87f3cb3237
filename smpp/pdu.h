/*
 * One SMPP PDU as a struct: bytes in, views out; a struct in, bytes out.
 *
 * The decoder makes one pass, allocates nothing and keeps no state: every string
 * is a view into the caller's bytes and lives exactly as long as they do.  The
 * encoder writes the same struct back.  Both walk the same rows: command.def
 * lists, for each command, its mandatory fields in the order of SMPP 3.4
 * chapter 4, with kind, limit and the status that answers a wrong value.
 */
#ifndef SMPP_PDU_H
#define SMPP_PDU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "smpp/tlv.h"

enum {
    SMPP_HEADER_SIZE = 16,
    SMPP_PDU_MAX_SIZE = 80 * 1024, /* 64 K of message_payload and the rest */
    SMPP_BIND_MAX_SIZE = 1024,     /* what an unbound peer may send at once */
    SMPP_PDU_TLV_CAPACITY = 64,
    SMPP_DESTINATIONS_MAX = 255, /* 3.4 5.2.24: 254, 5.0: 255 */
};

/* A view: `size` octets, without a terminating NUL; borrowed. */
struct smpp_octets {
    const uint8_t *data;
    uint32_t size;
};

/* As a string with its NUL, as much as there is room for. */
void smpp_octets_text(struct smpp_octets from, char *out, size_t room);

/* A destination of submit_multi, or a failure of submit_multi_resp. */
struct smpp_destination {
    uint8_t flag; /* 1 SME address, 2 distribution list (5.2.25) */
    uint8_t ton;
    uint8_t npi;
    struct smpp_octets address; /* or the name of the list */
    uint32_t error_status;      /* submit_multi_resp only */
};

/*
 * All fields any command has.  A command fills those of its rows; the others are
 * zero.  `sm_length` is short_message.size; number_of_dests and no_unsuccess are
 * destination_count.
 */
struct smpp_pdu {
    uint32_t length; /* command_length */
    uint32_t command;
    uint32_t status;
    uint32_t sequence;

    struct smpp_octets system_id;
    struct smpp_octets password;
    struct smpp_octets system_type;
    struct smpp_octets address_range;
    struct smpp_octets service_type;
    struct smpp_octets source;
    struct smpp_octets destination; /* also esme_addr of alert_notification */
    struct smpp_octets message_id;
    struct smpp_octets schedule_delivery_time;
    struct smpp_octets validity_period;
    struct smpp_octets final_date;
    struct smpp_octets short_message;

    uint8_t interface_version;
    uint8_t addr_ton;
    uint8_t addr_npi;
    uint8_t source_ton;
    uint8_t source_npi;
    uint8_t destination_ton;
    uint8_t destination_npi;
    uint8_t esm_class;
    uint8_t protocol_id;
    uint8_t priority_flag;
    uint8_t registered_delivery;
    uint8_t replace_if_present;
    uint8_t data_coding;
    uint8_t sm_default_msg_id;
    uint8_t message_state;
    uint8_t error_code;

    /* Tolerances used while decoding (SMPP_TOLERATED_ bits), for the counters. */
    uint16_t tolerated;
    uint16_t destination_count;
    uint16_t tlv_count;

    /* submit_multi and its response: the raw list, walked with smpp_pdu_destination(). */
    struct smpp_octets destinations;

    struct smpp_tlv tlvs[SMPP_PDU_TLV_CAPACITY];
};

enum {
    SMPP_TOLERATED_NO_BODY = 1 << 0,       /* a response without its body */
    SMPP_TOLERATED_BODY_OF_ERROR = 1 << 1, /* an error response with a body */
    SMPP_TOLERATED_NO_NUL = 1 << 2,   /* the last string of a response ends with the PDU */
    SMPP_TOLERATED_TRAILING = 1 << 3, /* octets after a header-only PDU or response */
    SMPP_TOLERATED_TLV_LENGTH = 1 << 4, /* wrong TLV length: TLV left out, see below */
    SMPP_TOLERATED_TLV_TWICE = 1 << 5,  /* the first one counts */
    SMPP_TOLERATED_TLV_STREAM = 1 << 6, /* TLVs of a response past its end or the 64th */
    SMPP_TOLERATED_BAD_FIELD = 1 << 7,  /* a response's field that cannot be read: empty */
};

/* Makes an empty PDU of the command; the TLV array is not touched, so this is cheap. */
void smpp_pdu_init(struct smpp_pdu *pdu, uint32_t command, uint32_t status,
                   uint32_t sequence);

/*
 * Decodes exactly one PDU of `size` octets (size == its command_length, as
 * smpp/frame.h cuts it).  Returns 0 (ESME_ROK), or the command_status that
 * answers what is wrong: ESME_RINVCMDID for an unknown command (the caller
 * answers it with generic_nack), ESME_RINVCMDLEN where the body ends before a
 * field, the field's own status otherwise.  The header is always filled, the
 * fields before the wrong one are too.
 *
 * How much is refused depends on who waits for the answer:
 * - a request is refused for every wrong field, TLV stream and known TLV's length;
 * - one that only an SMSC sends (deliver_sm, alert_notification, a data_sm whose
 *   esm_class says receipt) is not lost for a TLV's length or 1-3 octets at the end;
 * - responses and header-only commands are never refused: whatever cannot be read is
 *   left empty and marked in `tolerated`; the status is kept whatever it is.
 */
uint32_t smpp_pdu_decode(const uint8_t *data, size_t size, struct smpp_pdu *pdu)
    __attribute__((warn_unused_result));

/* The bytes smpp_pdu_encode() will need, command_length included. */
size_t smpp_pdu_encoded_size(const struct smpp_pdu *pdu);

/*
 * Writes the PDU; `length` is computed, not read, and the status of a request is 0.
 * Returns the octets written, 0 when `room` is too small, the command is unknown, or a
 * field passes its limit or holds a NUL (a bug or a value the caller had to check
 * first).  A response with an error status is written header only.  The TLVs are
 * written in order.
 */
size_t smpp_pdu_encode(const struct smpp_pdu *pdu, uint8_t *out, size_t room)
    __attribute__((warn_unused_result));

/* Header-only PDUs: error responses, generic_nack, enquire_link, unbind. Writes 16 octets.
 */
void smpp_pdu_encode_header(uint32_t command, uint32_t status, uint32_t sequence,
                            uint8_t out[SMPP_HEADER_SIZE]);

/*
 * The next destination of submit_multi (or failure of submit_multi_resp); `cursor`
 * starts at 0 and is moved.  False at the end of the list.  A list is built with
 * smpp_destination_write() of smpp/destination.h.
 */
bool smpp_pdu_destination(const struct smpp_pdu *pdu, size_t *cursor,
                          struct smpp_destination *out);

/* The first TLV with this tag, NULL if there is none. */
const struct smpp_tlv *smpp_pdu_tlv(const struct smpp_pdu *pdu, uint16_t tag);

/* The value of the first TLV with this tag, without its NUL; size 0 if there is none. */
struct smpp_octets smpp_pdu_tlv_text(const struct smpp_pdu *pdu, uint16_t tag);

/*
 * Appends a TLV (value borrowed until encoded); false when the PDU already has its 64 or
 * the tag is known and this is no size of it.
 */
bool smpp_pdu_add_tlv(struct smpp_pdu *pdu, uint16_t tag, const void *value, uint16_t size)
    __attribute__((warn_unused_result));

/*
 * The text of the message: message_payload, or short_message where that is absent or empty.
 * 3.4 5.3.2.32 forbids both; of both, 5.0 4.7.26 takes message_payload.
 */
struct smpp_octets smpp_pdu_user_data(const struct smpp_pdu *pdu);

#endif
