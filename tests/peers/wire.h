/*
 * SMPP 3.4 as a peer speaks it: the few PDUs that a practice SMSC and a load
 * generator need, to and from octets.
 *
 * A reading of the specification of its own: it includes nothing of the product,
 * so that one misreading cannot sit on both ends of a test and look right.
 *
 * Writing appends to a buffer of the caller; a PDU that does not fit leaves the
 * buffer as it was.  Reading gives views into the caller's octets and never passes
 * their end.  Nothing allocates, nothing keeps state, no input ends the program.
 */
#ifndef TESTS_PEERS_WIRE_H
#define TESTS_PEERS_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    WIRE_HEADER_BYTES = 16,
    WIRE_PDU_MAX_BYTES = 80 * 1024, /* a longer command_length is not believed */
    WIRE_SHORT_MESSAGE_MAX_BYTES = 254,
    WIRE_VERSION_3_4 = 0x34,
};

/* command_id, 5.1.2.1 */
enum {
    WIRE_BIND_RECEIVER = 0x00000001,
    WIRE_BIND_TRANSMITTER = 0x00000002,
    WIRE_QUERY_SM = 0x00000003,
    WIRE_SUBMIT_SM = 0x00000004,
    WIRE_DELIVER_SM = 0x00000005,
    WIRE_UNBIND = 0x00000006,
    WIRE_REPLACE_SM = 0x00000007,
    WIRE_CANCEL_SM = 0x00000008,
    WIRE_BIND_TRANSCEIVER = 0x00000009,
    WIRE_ENQUIRE_LINK = 0x00000015,
    WIRE_SUBMIT_MULTI = 0x00000021,
    WIRE_DATA_SM = 0x00000103,
};
#define WIRE_RESPONSE     0x80000000u /* request | this = its response */
#define WIRE_GENERIC_NACK 0x80000000u

/* command_status, 5.1.3 */
enum {
    WIRE_OK = 0x00,
    WIRE_BAD_MESSAGE_LENGTH = 0x01,
    WIRE_BAD_COMMAND_LENGTH = 0x02,
    WIRE_BAD_COMMAND = 0x03,
    WIRE_BAD_STATE = 0x04,
    WIRE_ALREADY_BOUND = 0x05,
    WIRE_SYSTEM_ERROR = 0x08,
    WIRE_BAD_SOURCE = 0x0A,
    WIRE_BAD_DESTINATION = 0x0B,
    WIRE_BAD_MESSAGE_ID = 0x0C,
    WIRE_BIND_FAILED = 0x0D,
    WIRE_BAD_PASSWORD = 0x0E,
    WIRE_BAD_SYSTEM_ID = 0x0F,
    WIRE_CANCEL_FAILED = 0x11,
    WIRE_QUEUE_FULL = 0x14,
    WIRE_BAD_SERVICE_TYPE = 0x15,
    WIRE_SUBMIT_FAILED = 0x45,
    WIRE_BAD_SYSTEM_TYPE = 0x53,
    WIRE_THROTTLED = 0x58,
    WIRE_BAD_SCHEDULE = 0x61,
    WIRE_BAD_EXPIRY = 0x62,
    WIRE_RETRY_LATER = 0x64,
    WIRE_QUERY_FAILED = 0x67,
    WIRE_BAD_TLV_STREAM = 0xC0,
};

/* Tags of optional parameters, 5.3.2 */
enum {
    WIRE_TAG_RECEIPTED_MESSAGE_ID = 0x001E,
    WIRE_TAG_USER_MESSAGE_REFERENCE = 0x0204,
    WIRE_TAG_SAR_REFERENCE = 0x020C,
    WIRE_TAG_SAR_TOTAL = 0x020E,
    WIRE_TAG_SAR_NUMBER = 0x020F,
    WIRE_TAG_INTERFACE_VERSION = 0x0210,
    WIRE_TAG_NETWORK_ERROR_CODE = 0x0423,
    WIRE_TAG_MESSAGE_PAYLOAD = 0x0424,
    WIRE_TAG_MESSAGE_STATE = 0x0427,
};

/* message_state, 5.2.28 */
enum {
    WIRE_STATE_ENROUTE = 1,
    WIRE_STATE_DELIVERED = 2,
    WIRE_STATE_EXPIRED = 3,
    WIRE_STATE_DELETED = 4,
    WIRE_STATE_UNDELIVERABLE = 5,
    WIRE_STATE_ACCEPTED = 6,
    WIRE_STATE_UNKNOWN = 7,
    WIRE_STATE_REJECTED = 8,
};

/* Bits of esm_class (5.2.12) and registered_delivery (5.2.17). */
enum {
    WIRE_ESM_TYPE_MASK = 0x3C,
    WIRE_ESM_RECEIPT = 0x04,
    WIRE_ESM_NOTIFICATION = 0x20,
    WIRE_ESM_UDHI = 0x40,
    WIRE_REGISTERED_MASK = 0x03,
    WIRE_REGISTERED_ALWAYS = 0x01,
    WIRE_REGISTERED_ON_FAILURE = 0x02,
    WIRE_REGISTERED_NOTIFICATIONS = 0x10,
};

struct wire_header {
    uint32_t length; /* of the whole PDU, header included */
    uint32_t id;
    uint32_t status;
    uint32_t sequence;
};

/* Octets that belong to somebody else.  A C-octet string is without its NUL. */
struct wire_view {
    const uint8_t *at;
    size_t size;
};

struct wire_bind {
    struct wire_view system_id;
    struct wire_view password;
    struct wire_view system_type;
    uint8_t interface_version;
    uint8_t addr_ton;
    uint8_t addr_npi;
    struct wire_view address_range;
};

/* The common layout of submit_sm (4.4.1) and deliver_sm (4.6.1). */
struct wire_message {
    struct wire_view service_type;
    uint8_t source_ton;
    uint8_t source_npi;
    struct wire_view source;
    uint8_t destination_ton;
    uint8_t destination_npi;
    struct wire_view destination;
    uint8_t esm_class;
    uint8_t protocol_id;
    uint8_t priority;
    struct wire_view schedule;
    struct wire_view validity;
    uint8_t registered_delivery;
    uint8_t replace_if_present;
    uint8_t data_coding;
    uint8_t default_message_id;
    struct wire_view short_message; /* at most 254 octets */
    struct wire_view tlvs;          /* as on the wire; walk with wire_next_tlv() */
};

struct wire_tlv {
    uint16_t tag;
    struct wire_view value;
};

/* A view of a C string, without its NUL.  Lives as long as `string`. */
struct wire_view wire_view_of(const char *string);

bool wire_view_is(struct wire_view view, const char *string);

/*
 * Copies a view into `out` as a C string, cut to fit `size` (at least 1).  Octets
 * that would end the string early become '?'.
 */
void wire_view_copy(struct wire_view view, char *out, size_t size);

/* ---- Reading ---- */

enum wire_frame {
    WIRE_FRAME_WHOLE = 0,
    WIRE_FRAME_PARTIAL, /* read on */
    WIRE_FRAME_BROKEN,  /* command_length below 16 or above WIRE_PDU_MAX_BYTES */
};

/*
 * Looks at the beginning of a byte stream.  WHOLE: `out_header` is filled and its
 * `length` octets are there.  BROKEN: the stream cannot be followed any further;
 * `out_header` is filled as far as octets are there, else zero.
 */
enum wire_frame wire_read_header(const uint8_t *bytes, size_t size,
                                 struct wire_header *out_header);

/* Each takes a body (what follows the header).  Returns the status to answer, 0 = OK. */
uint32_t wire_read_bind(struct wire_view body, struct wire_bind *out_bind);
uint32_t wire_read_message(struct wire_view body, struct wire_message *out_message);

/*
 * The first C-octet string of a body: message_id of submit_sm_resp, system_id of a bind
 * response.  Empty for a body that is absent; what there is of one without its NUL.
 */
struct wire_view wire_read_id(struct wire_view body);

/*
 * Takes the next optional parameter off the front of `tlvs`.  False at the end; then
 * what is left in `tlvs` is 0 octets, or a remainder that is no parameter (0xC0).
 */
bool wire_next_tlv(struct wire_view *tlvs, struct wire_tlv *out_tlv);

/* The first parameter with that tag.  False when absent. */
bool wire_find_tlv(struct wire_view tlvs, uint16_t tag, struct wire_view *out_value);

/* The text of a message: message_payload when there is one, else short_message. */
struct wire_view wire_message_text(const struct wire_message *message);

/* ---- Writing ---- */

/* Appends at `at + used`; never beyond `capacity`. */
struct wire_buffer {
    uint8_t *at;
    size_t capacity;
    size_t used;
};

/* A PDU is opened, filled and closed; wire_close() tells whether all of it fitted. */
struct wire_pdu {
    struct wire_buffer *buffer;
    size_t start;
    bool overflow;
};

struct wire_pdu wire_open(struct wire_buffer *buffer, uint32_t id, uint32_t status,
                          uint32_t sequence);
void wire_add_byte(struct wire_pdu *pdu, uint8_t value);
void wire_add_bytes(struct wire_pdu *pdu, struct wire_view octets);
void wire_add_string(struct wire_pdu *pdu, struct wire_view string); /* adds the NUL */
void wire_add_tlv(struct wire_pdu *pdu, uint16_t tag, struct wire_view value);
void wire_add_tlv_byte(struct wire_pdu *pdu, uint16_t tag, uint8_t value);
void wire_add_tlv_short(struct wire_pdu *pdu, uint16_t tag, uint16_t value);
void wire_add_tlv_string(struct wire_pdu *pdu, uint16_t tag, struct wire_view string);

/* Sets command_length.  False, and the buffer as before wire_open(), if it did not fit. */
bool wire_close(struct wire_pdu *pdu) __attribute__((warn_unused_result));

/* The mandatory fields of a message, and its `tlvs` as they are; more may be added. */
void wire_add_message(struct wire_pdu *pdu, const struct wire_message *message);

/* Whole PDUs.  False when there is no room; nothing is written then. */
bool wire_write_bare(struct wire_buffer *buffer, uint32_t id, uint32_t status,
                     uint32_t sequence) __attribute__((warn_unused_result));
bool wire_write_bind(struct wire_buffer *buffer, uint32_t id, uint32_t sequence,
                     const struct wire_bind *bind) __attribute__((warn_unused_result));
bool wire_write_message(struct wire_buffer *buffer, uint32_t id, uint32_t sequence,
                        const struct wire_message *message)
    __attribute__((warn_unused_result));

/* A response whose body is one C-octet string; with status != 0 it has no body. */
bool wire_write_id_response(struct wire_buffer *buffer, uint32_t id, uint32_t status,
                            uint32_t sequence, struct wire_view string)
    __attribute__((warn_unused_result));

#endif
