/* SMPP 3.4 octets for the practice peers.  See wire.h; paragraphs are of SMPP 3.4. */
#include "tests/peers/wire.h"

#include <string.h>

struct wire_view wire_view_of(const char *string)
{
    return (struct wire_view){(const uint8_t *)string, strlen(string)};
}

bool wire_view_is(struct wire_view view, const char *string)
{
    return view.size == strlen(string) &&
           (view.size == 0 || memcmp(view.at, string, view.size) == 0);
}

void wire_view_copy(struct wire_view view, char *out, size_t size)
{
    size_t length = view.size < size ? view.size : size - 1;

    for (size_t i = 0; i < length; i++)
        out[i] = view.at[i] != 0 ? (char)view.at[i] : '?';
    out[length] = 0;
}

/* ---- Reading ---- */

/* What is left of a body.  Once `bad`, everything read is empty. */
struct cursor {
    struct wire_view left;
    bool bad;
};

static uint32_t get_long(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static uint16_t get_short(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static struct wire_view take_bytes(struct cursor *cursor, size_t size)
{
    struct wire_view taken = {cursor->left.at, size};

    if (cursor->bad || size > cursor->left.size) {
        cursor->bad = true;
        return (struct wire_view){NULL, 0};
    }
    if (size > 0)
        cursor->left.at += size;
    cursor->left.size -= size;
    return taken;
}

static uint8_t take_byte(struct cursor *cursor)
{
    struct wire_view taken = take_bytes(cursor, 1);

    return taken.size == 1 ? taken.at[0] : 0;
}

/* `max_bytes` counts the NUL, as the tables of chapter 4 do. */
static struct wire_view take_string(struct cursor *cursor, size_t max_bytes)
{
    size_t reach = cursor->left.size < max_bytes ? cursor->left.size : max_bytes;
    const uint8_t *end = NULL;
    struct wire_view taken;

    if (!cursor->bad && reach > 0)
        end = memchr(cursor->left.at, 0, reach);
    if (end == NULL) {
        cursor->bad = true;
        return (struct wire_view){NULL, 0};
    }
    taken = take_bytes(cursor, (size_t)(end - cursor->left.at) + 1);
    taken.size--;
    return taken;
}

enum wire_frame wire_read_header(const uint8_t *bytes, size_t size,
                                 struct wire_header *out_header)
{
    struct wire_header header = {0};

    if (size < 4)
        return WIRE_FRAME_PARTIAL;
    header.length = get_long(bytes);
    if (size >= WIRE_HEADER_BYTES) {
        header.id = get_long(bytes + 4);
        header.status = get_long(bytes + 8);
        header.sequence = get_long(bytes + 12);
    }
    if (header.length < WIRE_HEADER_BYTES || header.length > WIRE_PDU_MAX_BYTES) {
        *out_header = header;
        return WIRE_FRAME_BROKEN;
    }
    if (size < header.length)
        return WIRE_FRAME_PARTIAL;
    *out_header = header;
    return WIRE_FRAME_WHOLE;
}

/* 4.1.1, 4.1.3, 4.1.5: the three binds are alike. */
uint32_t wire_read_bind(struct wire_view body, struct wire_bind *out_bind)
{
    struct cursor cursor = {body, false};
    struct wire_bind bind;

    bind.system_id = take_string(&cursor, 16);
    if (cursor.bad)
        return WIRE_BAD_SYSTEM_ID;
    bind.password = take_string(&cursor, 9);
    if (cursor.bad)
        return WIRE_BAD_PASSWORD;
    bind.system_type = take_string(&cursor, 13);
    if (cursor.bad)
        return WIRE_BAD_SYSTEM_TYPE;
    bind.interface_version = take_byte(&cursor);
    bind.addr_ton = take_byte(&cursor);
    bind.addr_npi = take_byte(&cursor);
    bind.address_range = take_string(&cursor, 41);
    if (cursor.bad)
        return WIRE_BIND_FAILED;
    *out_bind = bind;
    return WIRE_OK;
}

/* 7.1.1: a time is absent (one NUL) or 16 characters. */
static bool is_time(const struct cursor *cursor, struct wire_view time)
{
    return !cursor->bad && (time.size == 0 || time.size == 16);
}

/* 4.4.1, 4.6.1 */
uint32_t wire_read_message(struct wire_view body, struct wire_message *out_message)
{
    struct cursor cursor = {body, false};
    struct wire_message message;
    size_t length;

    message.service_type = take_string(&cursor, 6);
    if (cursor.bad)
        return WIRE_BAD_SERVICE_TYPE;
    message.source_ton = take_byte(&cursor);
    message.source_npi = take_byte(&cursor);
    message.source = take_string(&cursor, 21);
    if (cursor.bad)
        return WIRE_BAD_SOURCE;
    message.destination_ton = take_byte(&cursor);
    message.destination_npi = take_byte(&cursor);
    message.destination = take_string(&cursor, 21);
    if (cursor.bad)
        return WIRE_BAD_DESTINATION;
    message.esm_class = take_byte(&cursor);
    message.protocol_id = take_byte(&cursor);
    message.priority = take_byte(&cursor);
    message.schedule = take_string(&cursor, 17);
    if (!is_time(&cursor, message.schedule))
        return WIRE_BAD_SCHEDULE;
    message.validity = take_string(&cursor, 17);
    if (!is_time(&cursor, message.validity))
        return WIRE_BAD_EXPIRY;
    message.registered_delivery = take_byte(&cursor);
    message.replace_if_present = take_byte(&cursor);
    message.data_coding = take_byte(&cursor);
    message.default_message_id = take_byte(&cursor);
    length = take_byte(&cursor);
    message.short_message = take_bytes(&cursor, length);
    if (cursor.bad || length > WIRE_SHORT_MESSAGE_MAX_BYTES)
        return WIRE_BAD_MESSAGE_LENGTH;
    message.tlvs = cursor.left;
    *out_message = message;
    return WIRE_OK;
}

struct wire_view wire_read_id(struct wire_view body)
{
    const uint8_t *end = body.size > 0 ? memchr(body.at, 0, body.size) : NULL;

    return (struct wire_view){body.at, end != NULL ? (size_t)(end - body.at) : body.size};
}

/* 3.2.4.1: tag, length of the value, value. */
bool wire_next_tlv(struct wire_view *tlvs, struct wire_tlv *out_tlv)
{
    size_t length;

    if (tlvs->size < 4)
        return false;
    length = get_short(tlvs->at + 2);
    if (length > tlvs->size - 4)
        return false;
    out_tlv->tag = get_short(tlvs->at);
    out_tlv->value = (struct wire_view){tlvs->at + 4, length};
    tlvs->at += 4 + length;
    tlvs->size -= 4 + length;
    return true;
}

bool wire_find_tlv(struct wire_view tlvs, uint16_t tag, struct wire_view *out_value)
{
    struct wire_tlv tlv;

    while (wire_next_tlv(&tlvs, &tlv)) {
        if (tlv.tag == tag) {
            *out_value = tlv.value;
            return true;
        }
    }
    return false;
}

struct wire_view wire_message_text(const struct wire_message *message)
{
    struct wire_view text = message->short_message;

    /* 3.2.3: message_payload stands in for short_message, whose length is then 0. */
    if (text.size == 0)
        (void)wire_find_tlv(message->tlvs, WIRE_TAG_MESSAGE_PAYLOAD, &text);
    return text;
}

/* ---- Writing ---- */

static void put_long(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 24);
    at[1] = (uint8_t)(value >> 16);
    at[2] = (uint8_t)(value >> 8);
    at[3] = (uint8_t)value;
}

/* Room for `size` more octets, or NULL and the PDU is lost. */
static uint8_t *reserve(struct wire_pdu *pdu, size_t size)
{
    struct wire_buffer *buffer = pdu->buffer;
    uint8_t *at;

    if (pdu->overflow || buffer->capacity - buffer->used < size) {
        pdu->overflow = true;
        return NULL;
    }
    at = buffer->at + buffer->used;
    buffer->used += size;
    return at;
}

struct wire_pdu wire_open(struct wire_buffer *buffer, uint32_t id, uint32_t status,
                          uint32_t sequence)
{
    struct wire_pdu pdu = {buffer, buffer->used, false};
    uint8_t *at = reserve(&pdu, WIRE_HEADER_BYTES);

    if (at != NULL) {
        put_long(at, WIRE_HEADER_BYTES);
        put_long(at + 4, id);
        put_long(at + 8, status);
        put_long(at + 12, sequence);
    }
    return pdu;
}

bool wire_close(struct wire_pdu *pdu)
{
    struct wire_buffer *buffer = pdu->buffer;

    if (pdu->overflow) {
        buffer->used = pdu->start;
        return false;
    }
    put_long(buffer->at + pdu->start, (uint32_t)(buffer->used - pdu->start));
    return true;
}

void wire_add_byte(struct wire_pdu *pdu, uint8_t value)
{
    wire_add_bytes(pdu, (struct wire_view){&value, 1});
}

void wire_add_bytes(struct wire_pdu *pdu, struct wire_view octets)
{
    uint8_t *at = reserve(pdu, octets.size);

    if (at != NULL && octets.size > 0)
        memcpy(at, octets.at, octets.size);
}

void wire_add_string(struct wire_pdu *pdu, struct wire_view string)
{
    wire_add_bytes(pdu, string);
    wire_add_byte(pdu, 0);
}

static void add_tlv_header(struct wire_pdu *pdu, uint16_t tag, size_t length)
{
    uint8_t header[4];

    if (length > UINT16_MAX) {
        pdu->overflow = true;
        return;
    }
    put_long(header, (uint32_t)tag << 16 | (uint32_t)length);
    wire_add_bytes(pdu, (struct wire_view){header, sizeof(header)});
}

void wire_add_tlv(struct wire_pdu *pdu, uint16_t tag, struct wire_view value)
{
    add_tlv_header(pdu, tag, value.size);
    wire_add_bytes(pdu, value);
}

void wire_add_tlv_byte(struct wire_pdu *pdu, uint16_t tag, uint8_t value)
{
    wire_add_tlv(pdu, tag, (struct wire_view){&value, 1});
}

void wire_add_tlv_short(struct wire_pdu *pdu, uint16_t tag, uint16_t value)
{
    uint8_t octets[2] = {(uint8_t)(value >> 8), (uint8_t)value};

    wire_add_tlv(pdu, tag, (struct wire_view){octets, sizeof(octets)});
}

void wire_add_tlv_string(struct wire_pdu *pdu, uint16_t tag, struct wire_view string)
{
    add_tlv_header(pdu, tag, string.size + 1);
    wire_add_string(pdu, string);
}

void wire_add_message(struct wire_pdu *pdu, const struct wire_message *message)
{
    if (message->short_message.size > WIRE_SHORT_MESSAGE_MAX_BYTES) {
        pdu->overflow = true;
        return;
    }
    wire_add_string(pdu, message->service_type);
    wire_add_byte(pdu, message->source_ton);
    wire_add_byte(pdu, message->source_npi);
    wire_add_string(pdu, message->source);
    wire_add_byte(pdu, message->destination_ton);
    wire_add_byte(pdu, message->destination_npi);
    wire_add_string(pdu, message->destination);
    wire_add_byte(pdu, message->esm_class);
    wire_add_byte(pdu, message->protocol_id);
    wire_add_byte(pdu, message->priority);
    wire_add_string(pdu, message->schedule);
    wire_add_string(pdu, message->validity);
    wire_add_byte(pdu, message->registered_delivery);
    wire_add_byte(pdu, message->replace_if_present);
    wire_add_byte(pdu, message->data_coding);
    wire_add_byte(pdu, message->default_message_id);
    wire_add_byte(pdu, (uint8_t)message->short_message.size);
    wire_add_bytes(pdu, message->short_message);
    wire_add_bytes(pdu, message->tlvs);
}

bool wire_write_bare(struct wire_buffer *buffer, uint32_t id, uint32_t status,
                     uint32_t sequence)
{
    struct wire_pdu pdu = wire_open(buffer, id, status, sequence);

    return wire_close(&pdu);
}

bool wire_write_bind(struct wire_buffer *buffer, uint32_t id, uint32_t sequence,
                     const struct wire_bind *bind)
{
    struct wire_pdu pdu = wire_open(buffer, id, WIRE_OK, sequence);

    wire_add_string(&pdu, bind->system_id);
    wire_add_string(&pdu, bind->password);
    wire_add_string(&pdu, bind->system_type);
    wire_add_byte(&pdu, bind->interface_version);
    wire_add_byte(&pdu, bind->addr_ton);
    wire_add_byte(&pdu, bind->addr_npi);
    wire_add_string(&pdu, bind->address_range);
    return wire_close(&pdu);
}

bool wire_write_message(struct wire_buffer *buffer, uint32_t id, uint32_t sequence,
                        const struct wire_message *message)
{
    struct wire_pdu pdu = wire_open(buffer, id, WIRE_OK, sequence);

    wire_add_message(&pdu, message);
    return wire_close(&pdu);
}

bool wire_write_id_response(struct wire_buffer *buffer, uint32_t id, uint32_t status,
                            uint32_t sequence, struct wire_view string)
{
    struct wire_pdu pdu = wire_open(buffer, id, status, sequence);

    if (status == WIRE_OK)
        wire_add_string(&pdu, string);
    return wire_close(&pdu);
}
