#include "smpp/pdu.h"

#include <string.h>

#include "smpp/command.h"
#include "smpp/destination.h"
#include "smpp/field.h"
#include "smpp/wire.h"

enum { TIME_SIZE = 16 };

/* esm_class, message type (5.2.12): what only an SMSC sends. */
enum { TYPE_MASK = 0x3C, TYPE_RECEIPT = 0x04, TYPE_INTERMEDIATE = 0x20 };

static bool is_response(uint32_t command)
{
    return (command & SMPP_RESPONSE) != 0;
}

/* ---- in ---- */

/* How much is refused; pdu.h says of whom. */
enum severity {
    STRICT,  /* a submission: all that is wrong */
    LENIENT, /* what an SMSC sends: not a TLV's length, not a few octets at the end */
    LIBERAL, /* a response, or no body expected: nothing */
};

static enum severity severity_of(const struct smpp_pdu *pdu,
                                 const struct smpp_field *fields)
{
    uint8_t type = pdu->esm_class & TYPE_MASK;

    if (is_response(pdu->command) || fields->kind == SMPP_FIELD_END)
        return LIBERAL;
    switch (pdu->command) {
    case SMPP_DELIVER_SM:
    case SMPP_ALERT_NOTIFICATION:
        return LENIENT;
    case SMPP_DATA_SM:
        return type == TYPE_RECEIPT || type == TYPE_INTERMEDIATE ? LENIENT : STRICT;
    }
    return STRICT;
}

/* The count is at *at; the list behind it is checked here, so that later walks need not. */
static uint32_t read_list(const struct smpp_field *field, struct smpp_pdu *pdu,
                          const uint8_t **at, const uint8_t *end)
{
    const uint8_t *list = *at + 1;
    unsigned count = **at;
    size_t size = 0;

    if (count > field->limit || (count == 0 && !is_response(pdu->command)))
        return field->status;
    for (unsigned i = 0; i < count; i++) {
        struct smpp_destination destination;
        size_t taken;
        uint32_t status = smpp_destination_read(
            pdu->command, list + size, (size_t)(end - list) - size, &destination, &taken);

        if (status != ESME_ROK)
            return status;
        size += taken;
    }
    pdu->destination_count = (uint16_t)count;
    pdu->destinations = (struct smpp_octets){list, (uint32_t)size};
    *at = list + size;
    return ESME_ROK;
}

/*
 * Reads the fields of the rows from *at on.  When one is wrong its status is returned,
 * with *field and *at standing on it.
 */
static uint32_t read_fields(const struct smpp_field **field, struct smpp_pdu *pdu,
                            const uint8_t **at, const uint8_t *end)
{
    const struct smpp_field *row = *field;
    const uint8_t *next = *at;
    uint32_t status = ESME_ROK;

    for (; row->kind != SMPP_FIELD_END; row++) {
        void *member = (char *)pdu + row->offset;
        struct smpp_octets *octets = member;
        size_t room = (size_t)(end - next);
        size_t size;

        if (room == 0) {
            status = ESME_RINVCMDLEN;
            break;
        }
        if (row->kind == SMPP_FIELD_INTEGER) {
            if (*next > row->limit) {
                status = row->status;
                break;
            }
            *(uint8_t *)member = *next++;
        } else if (row->kind == SMPP_FIELD_STRING || row->kind == SMPP_FIELD_TIME) {
            room = room < row->limit ? room : row->limit;
            size = smpp_wire_string_size(next, room);
            if (size == room ||
                (row->kind == SMPP_FIELD_TIME && size != 0 && size != TIME_SIZE)) {
                status = row->status;
                break;
            }
            *octets = (struct smpp_octets){next, (uint32_t)size};
            next += size + 1;
        } else if (row->kind == SMPP_FIELD_TEXT) {
            size = *next;
            if (size > row->limit || size > room - 1) {
                status = row->status;
                break;
            }
            *octets = (struct smpp_octets){next + 1, (uint32_t)size};
            next += size + 1;
        } else {
            status = read_list(row, pdu, &next, end);
            if (status != ESME_ROK)
                break;
        }
    }
    *field = row;
    *at = next;
    return status;
}

/*
 * A response whose field *field, at *at, cannot be read: takes a last string without its
 * NUL, steps over a string that is too long, gives up the rest of the fields otherwise.
 */
static void recover_field(const struct smpp_field **field, struct smpp_pdu *pdu,
                          const uint8_t **at, const uint8_t *end)
{
    const struct smpp_field *row = *field;
    size_t room = (size_t)(end - *at);
    size_t size = smpp_wire_string_size(*at, room);

    if (row->kind == SMPP_FIELD_STRING && size == room && room > 0 && room < row->limit) {
        struct smpp_octets *octets = (struct smpp_octets *)((char *)pdu + row->offset);

        *octets = (struct smpp_octets){*at, (uint32_t)size};
        pdu->tolerated |= SMPP_TOLERATED_NO_NUL;
        *at = end;
        *field = row + 1;
        return;
    }
    pdu->tolerated |= SMPP_TOLERATED_BAD_FIELD;
    if (row->kind == SMPP_FIELD_STRING && size < room) {
        *at += size + 1;
        *field = row + 1;
        return;
    }
    *at = end;
    while ((*field)->kind != SMPP_FIELD_END)
        (*field)++;
}

static void read_response(const struct smpp_field *field, struct smpp_pdu *pdu,
                          const uint8_t **at, const uint8_t *end)
{
    if (*at == end) {
        if (pdu->status == ESME_ROK && field->kind != SMPP_FIELD_END)
            pdu->tolerated |= SMPP_TOLERATED_NO_BODY;
        return;
    }
    if (pdu->status != ESME_ROK)
        pdu->tolerated |= SMPP_TOLERATED_BODY_OF_ERROR;
    while (read_fields(&field, pdu, at, end) != ESME_ROK)
        recover_field(&field, pdu, at, end);
}

static uint32_t read_tlvs(struct smpp_pdu *pdu, const uint8_t *at, const uint8_t *end,
                          enum severity severity)
{
    while (end - at >= SMPP_TLV_HEADER_SIZE) {
        struct smpp_tlv tlv = {smpp_wire_get_16(at), smpp_wire_get_16(at + 2),
                               at + SMPP_TLV_HEADER_SIZE};
        const struct smpp_tlv_rule *rule;

        if (tlv.size > end - tlv.value || pdu->tlv_count == SMPP_PDU_TLV_CAPACITY) {
            if (severity != LIBERAL)
                return ESME_RINVOPTPARSTREAM;
            pdu->tolerated |= SMPP_TOLERATED_TLV_STREAM;
            return ESME_ROK;
        }
        at = tlv.value + tlv.size;

        rule = smpp_tlv_rule(tlv.tag);
        if (rule != NULL && !smpp_tlv_size_fits(rule, tlv.size)) {
            if (severity == STRICT)
                return ESME_RINVPARLEN;
            pdu->tolerated |= SMPP_TOLERATED_TLV_LENGTH;
            continue;
        }
        if (rule != NULL && !rule->repeatable && smpp_pdu_tlv(pdu, tlv.tag) != NULL)
            pdu->tolerated |= SMPP_TOLERATED_TLV_TWICE;
        pdu->tlvs[pdu->tlv_count++] = tlv;
    }
    if (at != end) {
        if (severity == STRICT)
            return ESME_RINVOPTPARSTREAM;
        pdu->tolerated |= SMPP_TOLERATED_TRAILING;
    }
    return ESME_ROK;
}

void smpp_octets_text(struct smpp_octets from, char *out, size_t room)
{
    size_t size = from.size < room - 1 ? from.size : room - 1;

    if (size > 0)
        memcpy(out, from.data, size);
    out[size] = '\0';
}

void smpp_pdu_init(struct smpp_pdu *pdu, uint32_t command, uint32_t status,
                   uint32_t sequence)
{
    enum { HEAD_SIZE = offsetof(struct smpp_pdu, tlvs), PIECE_SIZE = 64 };
    char *head = (char *)pdu;
    size_t at;

    /* In pieces small enough to become plain stores: clearing the whole head at once
     * is compiled to a string instruction that takes as long as half the decoding. */
    for (at = 0; at + PIECE_SIZE <= HEAD_SIZE; at += PIECE_SIZE)
        memset(head + at, 0, PIECE_SIZE);
    memset(head + at, 0, HEAD_SIZE % PIECE_SIZE);
    pdu->command = command;
    pdu->status = status;
    pdu->sequence = sequence;
}

uint32_t smpp_pdu_decode(const uint8_t *data, size_t size, struct smpp_pdu *pdu)
{
    const struct smpp_field *fields;
    const uint8_t *at;
    const uint8_t *end = data + size;

    if (size < SMPP_HEADER_SIZE) {
        smpp_pdu_init(pdu, 0, 0, 0);
        return ESME_RINVCMDLEN;
    }
    smpp_pdu_init(pdu, smpp_wire_get_32(data + 4), smpp_wire_get_32(data + 8),
                  smpp_wire_get_32(data + 12));
    pdu->length = smpp_wire_get_32(data);
    if (pdu->length != size)
        return ESME_RINVCMDLEN;
    fields = smpp_fields_of(pdu->command);
    if (fields == NULL)
        return ESME_RINVCMDID;

    at = data + SMPP_HEADER_SIZE;
    if (is_response(pdu->command)) {
        read_response(fields, pdu, &at, end);
    } else {
        const struct smpp_field *field = fields;
        uint32_t status = read_fields(&field, pdu, &at, end);

        if (status != ESME_ROK)
            return status;
    }
    if (at == end)
        return ESME_ROK;
    if (fields->kind == SMPP_FIELD_END)
        pdu->tolerated |= SMPP_TOLERATED_TRAILING;
    return read_tlvs(pdu, at, end, severity_of(pdu, fields));
}

/* ---- out ---- */

void smpp_pdu_encode_header(uint32_t command, uint32_t status, uint32_t sequence,
                            uint8_t out[SMPP_HEADER_SIZE])
{
    smpp_wire_put_32(out, SMPP_HEADER_SIZE);
    smpp_wire_put_32(out + 4, command);
    smpp_wire_put_32(out + 8, status);
    smpp_wire_put_32(out + 12, sequence);
}

static bool has_body(const struct smpp_pdu *pdu)
{
    return !is_response(pdu->command) || pdu->status == ESME_ROK;
}

size_t smpp_pdu_encoded_size(const struct smpp_pdu *pdu)
{
    const struct smpp_field *field = smpp_fields_of(pdu->command);
    size_t size = SMPP_HEADER_SIZE;

    if (field == NULL || !has_body(pdu))
        return size;
    for (; field->kind != SMPP_FIELD_END; field++) {
        const struct smpp_octets *octets =
            (const struct smpp_octets *)((const char *)pdu + field->offset);

        size += field->kind == SMPP_FIELD_INTEGER ? 1 : octets->size + 1;
    }
    for (size_t i = 0; i < pdu->tlv_count; i++)
        size += SMPP_TLV_HEADER_SIZE + pdu->tlvs[i].size;
    return size;
}

/* True when the list holds exactly the number of entries it says, all of them sound. */
static bool list_is_sound(const struct smpp_pdu *pdu)
{
    struct smpp_destination destination;
    size_t cursor = 0;
    unsigned count = 0;

    while (smpp_pdu_destination(pdu, &cursor, &destination))
        count++;
    return cursor == pdu->destinations.size && count == pdu->destination_count &&
           (count > 0 || is_response(pdu->command));
}

/* The position after the fields; NULL when one passes its limit or the room. */
static uint8_t *write_fields(const struct smpp_field *field, const struct smpp_pdu *pdu,
                             uint8_t *at, const uint8_t *end)
{
    for (; field->kind != SMPP_FIELD_END; field++) {
        const void *member = (const char *)pdu + field->offset;
        const struct smpp_octets *octets = member;

        if (field->kind == SMPP_FIELD_INTEGER) {
            if (at == end || *(const uint8_t *)member > field->limit)
                return NULL;
            *at++ = *(const uint8_t *)member;
            continue;
        }
        if (octets->size >= (size_t)(end - at))
            return NULL;
        if (field->kind == SMPP_FIELD_STRING || field->kind == SMPP_FIELD_TIME) {
            if (octets->size >= field->limit)
                return NULL;
            if (field->kind == SMPP_FIELD_TIME && octets->size != 0 &&
                octets->size != TIME_SIZE)
                return NULL;
            if (!smpp_wire_put_string(at, octets->data, octets->size))
                return NULL;
            at += octets->size;
            *at++ = 0;
        } else if (field->kind == SMPP_FIELD_TEXT) {
            if (octets->size > field->limit)
                return NULL;
            *at++ = (uint8_t)octets->size;
            at = smpp_wire_put_octets(at, octets->data, octets->size);
        } else {
            if (pdu->destination_count > field->limit || !list_is_sound(pdu))
                return NULL;
            *at++ = (uint8_t)pdu->destination_count;
            at = smpp_wire_put_octets(at, octets->data, octets->size);
        }
    }
    return at;
}

size_t smpp_pdu_encode(const struct smpp_pdu *pdu, uint8_t *out, size_t room)
{
    const struct smpp_field *fields = smpp_fields_of(pdu->command);
    uint8_t *at = out + SMPP_HEADER_SIZE;
    const uint8_t *end = out + room;

    if (fields == NULL || room < SMPP_HEADER_SIZE)
        return 0;
    smpp_pdu_encode_header(pdu->command, is_response(pdu->command) ? pdu->status : ESME_ROK,
                           pdu->sequence, out);
    if (!has_body(pdu))
        return SMPP_HEADER_SIZE;
    at = write_fields(fields, pdu, at, end);
    if (at == NULL)
        return 0;
    at = smpp_tlv_write(pdu->tlvs, pdu->tlv_count, at, end);
    if (at == NULL)
        return 0;
    smpp_wire_put_32(out, (uint32_t)(at - out));
    return (size_t)(at - out);
}

/* ---- what is in it ---- */

bool smpp_pdu_destination(const struct smpp_pdu *pdu, size_t *cursor,
                          struct smpp_destination *out)
{
    size_t taken;

    if (*cursor >= pdu->destinations.size)
        return false;
    if (smpp_destination_read(pdu->command, pdu->destinations.data + *cursor,
                              pdu->destinations.size - *cursor, out, &taken) != ESME_ROK)
        return false;
    *cursor += taken;
    return true;
}

const struct smpp_tlv *smpp_pdu_tlv(const struct smpp_pdu *pdu, uint16_t tag)
{
    for (size_t i = 0; i < pdu->tlv_count; i++)
        if (pdu->tlvs[i].tag == tag)
            return &pdu->tlvs[i];
    return NULL;
}

struct smpp_octets smpp_pdu_tlv_text(const struct smpp_pdu *pdu, uint16_t tag)
{
    const struct smpp_tlv *tlv = smpp_pdu_tlv(pdu, tag);

    if (tlv == NULL)
        return (struct smpp_octets){NULL, 0};
    return (struct smpp_octets){tlv->value,
                                (uint32_t)smpp_wire_string_size(tlv->value, tlv->size)};
}

bool smpp_pdu_add_tlv(struct smpp_pdu *pdu, uint16_t tag, const void *value, uint16_t size)
{
    const struct smpp_tlv_rule *rule = smpp_tlv_rule(tag);

    if (pdu->tlv_count == SMPP_PDU_TLV_CAPACITY)
        return false;
    if (rule != NULL && !smpp_tlv_size_fits(rule, size))
        return false;
    pdu->tlvs[pdu->tlv_count++] = (struct smpp_tlv){tag, size, value};
    return true;
}

struct smpp_octets smpp_pdu_user_data(const struct smpp_pdu *pdu)
{
    const struct smpp_tlv *payload = smpp_pdu_tlv(pdu, SMPP_TLV_MESSAGE_PAYLOAD);

    if (payload == NULL || payload->size == 0)
        return pdu->short_message;
    return (struct smpp_octets){payload->value, payload->size};
}
