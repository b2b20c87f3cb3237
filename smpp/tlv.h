/*
 * Optional parameters (SMPP 3.4 5.3, 5.0 4.8) as views, and the table of the known
 * tags: name, kind and lengths.
 */
#ifndef SMPP_TLV_H
#define SMPP_TLV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct smpp_tlv {
    uint16_t tag;
    uint16_t size;        /* of the value */
    const uint8_t *value; /* borrowed from the PDU's bytes, or from who added it */
};

enum {
    SMPP_TLV_DEST_ADDR_SUBUNIT = 0x0005,
    SMPP_TLV_QOS_TIME_TO_LIVE = 0x0017,
    SMPP_TLV_PAYLOAD_TYPE = 0x0019,
    SMPP_TLV_RECEIPTED_MESSAGE_ID = 0x001E,
    SMPP_TLV_MS_MSG_WAIT_FACILITIES = 0x0030,
    SMPP_TLV_USER_MESSAGE_REFERENCE = 0x0204,
    SMPP_TLV_SOURCE_PORT = 0x020A,
    SMPP_TLV_DESTINATION_PORT = 0x020B,
    SMPP_TLV_SAR_MSG_REF_NUM = 0x020C,
    SMPP_TLV_SAR_TOTAL_SEGMENTS = 0x020E,
    SMPP_TLV_SAR_SEGMENT_SEQNUM = 0x020F,
    SMPP_TLV_SC_INTERFACE_VERSION = 0x0210,
    SMPP_TLV_NETWORK_ERROR_CODE = 0x0423,
    SMPP_TLV_MESSAGE_PAYLOAD = 0x0424,
    SMPP_TLV_MORE_MESSAGES_TO_SEND = 0x0426,
    SMPP_TLV_MESSAGE_STATE = 0x0427,
    SMPP_TLV_CONGESTION_STATE = 0x0428,
    SMPP_TLV_USSD_SERVICE_OP = 0x0501,
    SMPP_TLV_ITS_SESSION_INFO = 0x1383,
};

enum { SMPP_TLV_HEADER_SIZE = 4 }; /* tag and length */

enum smpp_tlv_kind { SMPP_TLV_INTEGER, SMPP_TLV_OCTETS, SMPP_TLV_STRING };

/* What the specification says of one tag. */
struct smpp_tlv_rule {
    uint16_t tag;
    enum smpp_tlv_kind kind;
    uint16_t min_size; /* of the value, in octets; strings count their NUL */
    uint16_t max_size;
    bool repeatable;    /* may stand more than once in a PDU */
    uint8_t submission; /* the first version whose submit_sm may carry it; 0: none */
    uint8_t delivery;   /* the same of deliver_sm */
    const char *name;
};

/* NULL for a tag neither 3.4 nor 5.0 knows. */
const struct smpp_tlv_rule *smpp_tlv_rule(uint16_t tag);

/* Integers are exactly of min_size or max_size, the others anything between. */
bool smpp_tlv_size_fits(const struct smpp_tlv_rule *rule, uint16_t size);

/*
 * Writes the TLVs one after the other from `at` on; the position after them, NULL when
 * they do not fit before `end`.
 */
uint8_t *smpp_tlv_write(const struct smpp_tlv *tlvs, size_t count, uint8_t *at,
                        const uint8_t *end) __attribute__((warn_unused_result));

/* The value of an integer TLV of 1, 2 or 4 octets, big-endian; 0 for other sizes. */
uint32_t smpp_tlv_integer(const struct smpp_tlv *tlv);

#endif
