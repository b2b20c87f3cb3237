/*
 * Whatever octets are called a user data header, the three sar_ parameters of a part, or
 * the two of ports.  The first octet says the size of the value of each parameter, the
 * second the national tables; the rest is the user data.  What was read is written, and
 * reads back as the same.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "smpp/parts.h"
#include "tests/fuzz/fuzz.h"

static void check_part(const struct smpp_part *part)
{
    assert(part->total >= 2 && part->number >= 1 && part->number <= part->total);
}

static void same_part(const struct smpp_part *a, const struct smpp_part *b)
{
    assert(a->kind == b->kind && a->reference == b->reference);
    assert(a->total == b->total && a->number == b->number);
}

/* With ports, if they are not NULL, and the tables `shift` beside it, as a header or as
 * parameters. */
static void check_written(const struct smpp_part *part, const struct smpp_ports *ports,
                          struct smpp_shift shift)
{
    uint8_t octets[SMPP_HEADER_MAX_SIZE];
    uint8_t values[4];
    struct smpp_pdu pdu = {0};
    struct smpp_header header;
    struct smpp_part back;
    size_t size = smpp_header_write(part, ports, shift, octets);

    assert(size <= sizeof(octets));
    if (size > 0) {
        assert(smpp_header_read((struct smpp_octets){octets, (uint32_t)size}, &header));
        assert(header.size == size && header.is_only_text == (ports == NULL));
        assert(header.has_ports == (ports != NULL));
        if (header.has_ports)
            assert(header.ports.destination == ports->destination &&
                   header.ports.source == ports->source);
        assert(header.shift.single == shift.single);
        assert(header.shift.locking == shift.locking);
        assert(header.is_part == (part != NULL && part->kind != SMPP_PART_SAR));
        if (header.is_part)
            same_part(part, &header.part);
    }
    if (part != NULL && part->kind == SMPP_PART_SAR) {
        assert(smpp_part_add_sar(&pdu, part, values));
        assert(smpp_part_read(&pdu, &back));
        same_part(part, &back);
        pdu.tlv_count = SMPP_PDU_TLV_CAPACITY;
        assert(!smpp_part_add_sar(&pdu, part, values));
    }
}

static void check_header(struct smpp_octets user_data, struct smpp_shift shift)
{
    struct smpp_pdu pdu = {.esm_class = SMPP_ESM_CLASS_UDHI, .short_message = user_data};
    struct smpp_header header;
    struct smpp_part part;

    if (!smpp_header_read(user_data, &header)) {
        assert(!smpp_part_read(&pdu, &part));
        return;
    }
    assert(header.size == user_data.data[0] + 1 && header.size <= user_data.size);
    assert(!header.is_only_text || (!header.has_ports && !header.is_for_card));
    assert(smpp_part_read(&pdu, &part) == header.is_part);
    if (header.is_part) {
        check_part(&part);
        same_part(&part, &header.part);
        assert(part.header_size == header.size);
        check_written(&part, NULL, shift);
        check_written(&part, NULL, header.shift);
    }
    if (header.has_ports)
        check_written(header.is_part ? &part : NULL, &header.ports, shift);
}

/* Puts `count` parameters with these tags at the head of `values` into the PDU: two bits of
 * `sizes` for each, 3 for one that is not there. */
static void add_tlvs(struct smpp_pdu *pdu, const uint16_t *tags, size_t count,
                     unsigned sizes, struct smpp_octets values)
{
    for (size_t i = 0; i < count; i++, sizes >>= 2) {
        uint16_t size = sizes & 3;

        if (size == 3 || size > values.size)
            continue;
        pdu->tlvs[pdu->tlv_count++] = (struct smpp_tlv){tags[i], size, values.data};
        values.data += size;
        values.size -= size;
    }
}

static void check_sar(unsigned sizes, struct smpp_octets values, struct smpp_shift shift)
{
    static const uint16_t tags[] = {SMPP_TLV_SAR_MSG_REF_NUM, SMPP_TLV_SAR_TOTAL_SEGMENTS,
                                    SMPP_TLV_SAR_SEGMENT_SEQNUM};
    struct smpp_pdu pdu = {0};
    struct smpp_part part;

    add_tlvs(&pdu, tags, sizeof(tags) / sizeof(tags[0]), sizes, values);
    if (smpp_part_read(&pdu, &part)) {
        check_part(&part);
        assert(part.kind == SMPP_PART_SAR && part.header_size == 0);
        check_written(&part, NULL, shift);
    }
}

static void check_ports(unsigned sizes, struct smpp_octets values, struct smpp_shift shift)
{
    static const uint16_t tags[] = {SMPP_TLV_DESTINATION_PORT, SMPP_TLV_SOURCE_PORT};
    struct smpp_pdu pdu = {0};
    struct smpp_ports ports;

    add_tlvs(&pdu, tags, sizeof(tags) / sizeof(tags[0]), sizes, values);
    if (smpp_ports_read(&pdu, &ports))
        check_written(NULL, &ports, shift);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct smpp_octets rest;
    struct smpp_shift shift;

    if (size < 2)
        return 0;
    rest = (struct smpp_octets){data + 2, (uint32_t)(size - 2)};
    shift = (struct smpp_shift){data[1] & 15, data[1] >> 4};
    check_header(rest, shift);
    check_sar(data[0], rest, shift);
    check_ports(data[0], rest, shift);
    check_written(NULL, NULL, shift);
    return 0;
}
