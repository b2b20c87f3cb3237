/*
 * What a user data header says is read in one walk over its elements; a part is then
 * that header's concatenation or the three sar_ parameters, checked by the same rule.
 */
#include "smpp/parts.h"

#include <assert.h>

enum {
    ELEMENT_PART_8 = 0x00, /* 23.040 9.2.3.24.1 */
    ELEMENT_PORTS_8 = 0x04,
    ELEMENT_PORTS_16 = 0x05,
    ELEMENT_PART_16 = 0x08,
    ELEMENT_SINGLE_SHIFT = 0x24,
    ELEMENT_LOCKING_SHIFT = 0x25,
    ELEMENT_CARD_FIRST = 0x70,
    ELEMENT_CARD_LAST = 0x7F,
};

static uint16_t integer_16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

/* 23.040 9.2.3.24.1: a concatenation that contradicts itself is as if it were not there. */
static bool is_long_message(const struct smpp_part *part)
{
    return part->total >= 2 && part->number >= 1 && part->number <= part->total;
}

static void read_part(struct smpp_header *header, enum smpp_part_kind kind,
                      uint16_t reference, const uint8_t *total_and_number)
{
    struct smpp_part part = {kind, reference, total_and_number[0], total_and_number[1],
                             header->size};

    if (is_long_message(&part)) {
        header->part = part;
        header->is_part = true;
    }
}

static void read_part_8(struct smpp_header *header, const uint8_t *data)
{
    read_part(header, SMPP_PART_8, data[0], data + 1);
}

static void read_part_16(struct smpp_header *header, const uint8_t *data)
{
    read_part(header, SMPP_PART_16, integer_16(data), data + 2);
}

static void read_ports_8(struct smpp_header *header, const uint8_t *data)
{
    header->has_ports = true;
    header->ports = (struct smpp_ports){data[0], data[1]};
}

static void read_ports_16(struct smpp_header *header, const uint8_t *data)
{
    header->has_ports = true;
    header->ports = (struct smpp_ports){integer_16(data), integer_16(data + 2)};
}

static void read_single_shift(struct smpp_header *header, const uint8_t *data)
{
    header->shift.single = data[0];
}

static void read_locking_shift(struct smpp_header *header, const uint8_t *data)
{
    header->shift.locking = data[0];
}

/* The elements that are understood (23.040 9.2.3.24); all others are carried along. */
static const struct element {
    uint8_t id;
    uint8_t size;
    bool is_of_text; /* beside it the rest can be decoded as any text */
    void (*read)(struct smpp_header *header, const uint8_t *data);
} elements[] = {
    {ELEMENT_PART_8,        3, true,  read_part_8       },
    {ELEMENT_PART_16,       4, true,  read_part_16      },
    {ELEMENT_PORTS_8,       2, false, read_ports_8      },
    {ELEMENT_PORTS_16,      4, false, read_ports_16     },
    {ELEMENT_SINGLE_SHIFT,  1, true,  read_single_shift },
    {ELEMENT_LOCKING_SHIFT, 1, true,  read_locking_shift},
};

static void read_element(struct smpp_header *header, uint8_t id, const uint8_t *data,
                         uint8_t size)
{
    for (size_t i = 0; i < sizeof(elements) / sizeof(elements[0]); i++) {
        if (elements[i].id != id || elements[i].size != size)
            continue;
        elements[i].read(header, data);
        header->is_only_text = header->is_only_text && elements[i].is_of_text;
        return;
    }
    header->is_only_text = false;
    if (id >= ELEMENT_CARD_FIRST && id <= ELEMENT_CARD_LAST)
        header->is_for_card = true;
}

bool smpp_header_read(struct smpp_octets user_data, struct smpp_header *out_header)
{
    struct smpp_header header = {.is_only_text = true};
    size_t end;

    /* Octets, so a header that fills its length octet is too long for a short message. */
    if (user_data.size == 0 || user_data.data[0] >= SMPP_USER_DATA_MAX_SIZE)
        return false;
    end = user_data.data[0] + 1u;
    if (end > user_data.size)
        return false;
    header.size = (uint8_t)end;
    for (size_t at = 1; at < end;) {
        uint8_t size;

        if (end - at < 2)
            return false;
        size = user_data.data[at + 1];
        if (size > end - at - 2)
            return false;
        read_element(&header, user_data.data[at], user_data.data + at + 2, size);
        at += 2u + size;
    }
    *out_header = header;
    return true;
}

static bool read_sar(const struct smpp_pdu *pdu, struct smpp_part *out_part)
{
    const struct smpp_tlv *reference = smpp_pdu_tlv(pdu, SMPP_TLV_SAR_MSG_REF_NUM);
    const struct smpp_tlv *total = smpp_pdu_tlv(pdu, SMPP_TLV_SAR_TOTAL_SEGMENTS);
    const struct smpp_tlv *number = smpp_pdu_tlv(pdu, SMPP_TLV_SAR_SEGMENT_SEQNUM);
    struct smpp_part part = {.kind = SMPP_PART_SAR};

    if (reference == NULL || total == NULL || number == NULL)
        return false;
    if (reference->size != 2 || total->size != 1 || number->size != 1)
        return false;
    part.reference = integer_16(reference->value);
    part.total = total->value[0];
    part.number = number->value[0];
    if (!is_long_message(&part))
        return false;
    *out_part = part;
    return true;
}

bool smpp_part_read(const struct smpp_pdu *pdu, struct smpp_part *out_part)
{
    struct smpp_header header;

    /* 3.4 5.2.12: sar_ parameters have no meaning beside a header. */
    if ((pdu->esm_class & SMPP_ESM_CLASS_UDHI) == 0)
        return read_sar(pdu, out_part);
    if (!smpp_header_read(smpp_pdu_user_data(pdu), &header) || !header.is_part)
        return false;
    *out_part = header.part;
    return true;
}

bool smpp_ports_read(const struct smpp_pdu *pdu, struct smpp_ports *out_ports)
{
    const struct smpp_tlv *destination = smpp_pdu_tlv(pdu, SMPP_TLV_DESTINATION_PORT);
    const struct smpp_tlv *source = smpp_pdu_tlv(pdu, SMPP_TLV_SOURCE_PORT);

    if (destination == NULL || destination->size != 2)
        return false;
    out_ports->destination = integer_16(destination->value);
    out_ports->source = source != NULL && source->size == 2 ? integer_16(source->value) : 0;
    return true;
}

size_t smpp_part_write_header(const struct smpp_part *part,
                              uint8_t out[SMPP_PART_HEADER_MAX_SIZE])
{
    size_t size = 0;

    if (part->kind == SMPP_PART_SAR)
        return 0;
    out[size++] = (uint8_t)(smpp_part_header_size(part->kind) - 1);
    out[size++] = part->kind == SMPP_PART_8 ? ELEMENT_PART_8 : ELEMENT_PART_16;
    out[size++] = part->kind == SMPP_PART_8 ? 3 : 4;
    if (part->kind == SMPP_PART_16)
        out[size++] = (uint8_t)(part->reference >> 8);
    out[size++] = (uint8_t)part->reference;
    out[size++] = part->total;
    out[size++] = part->number;
    return size;
}

static size_t write_ports(const struct smpp_ports *ports, uint8_t *out)
{
    if (ports == NULL)
        return 0;
    out[0] = ELEMENT_PORTS_16;
    out[1] = 4;
    out[2] = (uint8_t)(ports->destination >> 8);
    out[3] = (uint8_t)ports->destination;
    out[4] = (uint8_t)(ports->source >> 8);
    out[5] = (uint8_t)ports->source;
    return SMPP_PORTS_SIZE;
}

static size_t write_shift(uint8_t element, uint8_t language, uint8_t *out)
{
    if (language == SMPP_LANGUAGE_NONE)
        return 0;
    out[0] = element;
    out[1] = 1;
    out[2] = language;
    return 3;
}

size_t smpp_header_write(const struct smpp_part *part, const struct smpp_ports *ports,
                         struct smpp_shift shift, uint8_t out[SMPP_HEADER_MAX_SIZE])
{
    size_t size = part != NULL ? smpp_part_write_header(part, out) : 0;

    if (size == 0)
        size = 1; /* the length octet */
    size += write_ports(ports, out + size);
    size += write_shift(ELEMENT_SINGLE_SHIFT, shift.single, out + size);
    size += write_shift(ELEMENT_LOCKING_SHIFT, shift.locking, out + size);
    out[0] = (uint8_t)(size - 1);
    return size > 1 ? size : 0;
}

size_t smpp_part_header_size(enum smpp_part_kind kind)
{
    return kind == SMPP_PART_16 ? 7 : 6;
}

bool smpp_part_add_sar(struct smpp_pdu *pdu, const struct smpp_part *part,
                       uint8_t values[4])
{
    values[0] = (uint8_t)(part->reference >> 8);
    values[1] = (uint8_t)part->reference;
    values[2] = part->total;
    values[3] = part->number;
    return smpp_pdu_add_tlv(pdu, SMPP_TLV_SAR_MSG_REF_NUM, values, 2) &&
           smpp_pdu_add_tlv(pdu, SMPP_TLV_SAR_TOTAL_SEGMENTS, values + 2, 1) &&
           smpp_pdu_add_tlv(pdu, SMPP_TLV_SAR_SEGMENT_SEQNUM, values + 3, 1);
}

/* Whether the last octet is an ESC that begins a pair; the first one begins a character. */
static bool ends_in_escape(const uint8_t *octets, size_t size)
{
    size_t escapes = 0;

    while (size > escapes && octets[size - escapes - 1] == SMPP_GSM_ESCAPE)
        escapes++;
    return escapes % 2 == 1;
}

size_t smpp_parts_torn(enum smpp_alphabet alphabet, const uint8_t *octets, size_t size)
{
    if (alphabet == SMPP_ALPHABET_GSM)
        return ends_in_escape(octets, size) ? 1 : 0;
    if (alphabet == SMPP_ALPHABET_UCS2 && size >= 2 && size % 2 == 0)
        return octets[size - 2] >> 2 == 0xD8 >> 2 ? 2 : 0;
    return 0;
}

/* `alone` is what one short message takes that is no part, `beside` what a part takes. */
static size_t split(enum smpp_alphabet alphabet, const uint8_t *octets, size_t size,
                    size_t alone, size_t beside, struct smpp_segment *segments,
                    size_t capacity)
{
    size_t room = size <= alone ? alone : beside;
    size_t count = 0;
    size_t start = 0;

    assert(room >= 4); /* or a surrogate pair would never fit */
    do {
        size_t end = size - start <= room ? size : start + room;

        if (count == capacity)
            return 0;
        if (end < size)
            end -= smpp_parts_torn(alphabet, octets + start, end - start);
        segments[count++] = (struct smpp_segment){(uint32_t)start, (uint32_t)(end - start)};
        start = end;
    } while (start < size);
    return count;
}

size_t smpp_parts_split(enum smpp_alphabet alphabet, const uint8_t *octets, size_t size,
                        size_t header_size, struct smpp_segment *segments, size_t capacity)
{
    return split(alphabet, octets, size, smpp_text_capacity(alphabet, 0),
                 smpp_text_capacity(alphabet, header_size), segments, capacity);
}

size_t smpp_parts_split_shifted(struct smpp_shift shift, const uint8_t *octets, size_t size,
                                size_t header_size, struct smpp_segment *segments,
                                size_t capacity)
{
    return split(SMPP_ALPHABET_GSM, octets, size, smpp_text_shifted_capacity(shift, 0),
                 smpp_text_shifted_capacity(shift, header_size), segments, capacity);
}
