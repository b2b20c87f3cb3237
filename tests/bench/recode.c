#include "tests/bench/recode.h"

#include <string.h>

#include <smpp34.h>
#include <smpp34_structs.h>
#include <smpp34_params.h>

/* ---- With libsmpp34 ---- */

/* Everything the library can decode into. */
union pdu {
    bind_receiver_t bind;
    bind_receiver_resp_t bind_resp;
    submit_sm_t submit_sm;
    submit_sm_resp_t submit_sm_resp;
    deliver_sm_t deliver_sm;
    data_sm_t data_sm;
    query_sm_t query_sm;
    query_sm_resp_t query_sm_resp;
    cancel_sm_t cancel_sm;
    replace_sm_t replace_sm;
    submit_multi_t submit_multi;
    submit_multi_resp_t submit_multi_resp;
    alert_notification_t alert_notification;
    outbind_t outbind;
};

static void put_long(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 24);
    at[1] = (uint8_t)(value >> 16);
    at[2] = (uint8_t)(value >> 8);
    at[3] = (uint8_t)value;
}

static struct wire_view body_of(const uint8_t *pdu, const struct wire_header *header)
{
    return (struct wire_view){pdu + WIRE_HEADER_BYTES, header->length - WIRE_HEADER_BYTES};
}

static bool is_bind_response(uint32_t id)
{
    return id == (WIRE_BIND_RECEIVER | WIRE_RESPONSE) ||
           id == (WIRE_BIND_TRANSMITTER | WIRE_RESPONSE) ||
           id == (WIRE_BIND_TRANSCEIVER | WIRE_RESPONSE);
}

/* Octets of optional parameters at the end of a PDU.  False when it cannot be read. */
static bool measure_optional(const uint8_t *pdu, const struct wire_header *header,
                             size_t *out_bytes)
{
    struct wire_view body = body_of(pdu, header);
    struct wire_message message;

    *out_bytes = 0;
    if (header->id == WIRE_SUBMIT_SM || header->id == WIRE_DELIVER_SM) {
        if (wire_read_message(body, &message) != WIRE_OK)
            return false;
        *out_bytes = message.tlvs.size;
    } else if (is_bind_response(header->id) && body.size > 0) {
        *out_bytes = body.size - (wire_read_id(body).size + 1);
    }
    return true;
}

size_t recode_with_library(uint8_t *pdu, const struct wire_header *header, uint8_t *out,
                           size_t room)
{
    union pdu fields;
    size_t optional;
    int size = 0;

    /* An octet more than it is long: the encoder wants that much. */
    if (room < header->length + 1 || !measure_optional(pdu, header, &optional))
        return 0;

    uint32_t mandatory = header->length - (uint32_t)optional;

    memset(&fields, 0, sizeof(fields));
    put_long(pdu, mandatory);
    if (smpp34_unpack2(&fields, pdu, (int)mandatory) != 0 ||
        smpp34_pack2(out, (int)(room - optional), &size, &fields) != 0)
        return 0;
    memcpy(out + size, pdu + mandatory, optional);
    put_long(out, (uint32_t)((size_t)size + optional));
    return (size_t)size + optional;
}

/* ---- With the peers' ---- */

size_t recode_with_wire(uint8_t *pdu, const struct wire_header *header, uint8_t *out,
                        size_t room)
{
    struct wire_buffer buffer = {out, room, 0};
    struct wire_view body = body_of(pdu, header);
    struct wire_pdu written =
        wire_open(&buffer, header->id, header->status, header->sequence);

    if (header->id == WIRE_SUBMIT_SM || header->id == WIRE_DELIVER_SM) {
        struct wire_message message;

        if (wire_read_message(body, &message) != WIRE_OK)
            return 0;
        wire_add_message(&written, &message);
    } else if (header->id & WIRE_RESPONSE && body.size > 0) {
        struct wire_view id = wire_read_id(body);
        size_t taken = id.size + 1;

        if (taken > body.size)
            return 0;
        wire_add_string(&written, id);
        wire_add_bytes(&written, (struct wire_view){body.at + taken, body.size - taken});
    } else {
        wire_add_bytes(&written, body);
    }
    return wire_close(&written) ? buffer.used : 0;
}
