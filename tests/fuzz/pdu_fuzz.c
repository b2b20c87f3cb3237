/*
 * The codec under arbitrary octets.  What must hold for all of them:
 *
 * - nothing outside the input is read (the sanitizer watches);
 * - a response is never refused, unless its command is unknown;
 * - what was decoded can be encoded, in exactly the size foretold;
 * - decoding that gives the same PDU, encoding it again the same octets;
 * - what needed no tolerance comes back octet by octet.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "smpp/command.h"
#include "smpp/field.h"
#include "smpp/frame.h"
#include "smpp/pdu.h"
#include "smpp/wire.h"
#include "tests/fuzz/fuzz.h"

static void must(bool claim)
{
    if (!claim)
        abort();
}

static uint8_t *exactly(const uint8_t *data, size_t size)
{
    uint8_t *block = malloc(size > 0 ? size : 1);

    must(block != NULL);
    return size > 0 ? memcpy(block, data, size) : block;
}

static void same_octets(const void *a, size_t a_size, const void *b, size_t b_size)
{
    must(a_size == b_size);
    must(a_size == 0 || memcmp(a, b, a_size) == 0);
}

static void same_pdu(const struct smpp_pdu *a, const struct smpp_pdu *b)
{
    must(a->command == b->command && a->sequence == b->sequence);
    must(a->destination_count == b->destination_count && a->tlv_count == b->tlv_count);
    for (const struct smpp_field *field = smpp_fields_of(a->command);
         field->kind != SMPP_FIELD_END; field++) {
        const struct smpp_octets *x =
            (const struct smpp_octets *)((const char *)a + field->offset);
        const struct smpp_octets *y =
            (const struct smpp_octets *)((const char *)b + field->offset);

        if (field->kind == SMPP_FIELD_INTEGER)
            must(*(const uint8_t *)x == *(const uint8_t *)y);
        else
            same_octets(x->data, x->size, y->data, y->size);
    }
    for (size_t i = 0; i < a->tlv_count; i++) {
        must(a->tlvs[i].tag == b->tlvs[i].tag);
        same_octets(a->tlvs[i].value, a->tlvs[i].size, b->tlvs[i].value, b->tlvs[i].size);
    }
}

static void walk_list(const struct smpp_pdu *pdu)
{
    struct smpp_destination one;
    size_t cursor = 0;
    unsigned count = 0;

    while (smpp_pdu_destination(pdu, &cursor, &one))
        count++;
    must(count == pdu->destination_count && cursor == pdu->destinations.size);
}

static void check_pdu(const uint8_t *data, size_t size)
{
    static struct smpp_pdu pdu;
    static struct smpp_pdu back;
    uint32_t status = smpp_pdu_decode(data, size, &pdu);
    bool response = (pdu.command & SMPP_RESPONSE) != 0;
    size_t room;
    uint8_t *out;
    uint8_t *again;

    must(pdu.tlv_count <= SMPP_PDU_TLV_CAPACITY);
    if (status != ESME_ROK) {
        must(!response || status == ESME_RINVCMDID || status == ESME_RINVCMDLEN);
        must(!response || size < SMPP_HEADER_SIZE || pdu.length != size ||
             status == ESME_RINVCMDID);
        return;
    }
    walk_list(&pdu);
    room = smpp_pdu_encoded_size(&pdu);
    out = malloc(room);
    again = malloc(room);
    must(out != NULL && again != NULL);

    must(smpp_pdu_encode(&pdu, out, room) == room);
    if (pdu.tolerated == 0 && (response || pdu.status == ESME_ROK))
        same_octets(out, room, data, size);
    must(smpp_pdu_decode(out, room, &back) == ESME_ROK);
    if (!response || pdu.status == ESME_ROK)
        same_pdu(&pdu, &back);
    must(smpp_pdu_encode(&back, again, room) == room);
    same_octets(out, room, again, room);
    free(out);
    free(again);
}

/* As a stream: whole PDUs are taken off the front until nothing or a broken one is left. */
static void check_stream(const uint8_t *data, size_t size, size_t max_size)
{
    size_t taken = 0;
    size_t frame_size;

    while (smpp_frame_cut(data + taken, size - taken, max_size, &frame_size) ==
           SMPP_FRAME_PDU) {
        uint8_t *frame = exactly(data + taken, frame_size);

        must(frame_size >= SMPP_HEADER_SIZE && frame_size <= max_size);
        must(frame_size <= size - taken);
        check_pdu(frame, frame_size);
        free(frame);
        taken += frame_size;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *whole = exactly(data, size);

    check_stream(data, size, SMPP_BIND_MAX_SIZE);
    check_stream(data, size, SMPP_PDU_MAX_SIZE);
    check_pdu(data, size);
    if (size >= SMPP_HEADER_SIZE) { /* once more with the length it should have */
        smpp_wire_put_32(whole, (uint32_t)size);
        check_pdu(whole, size);
    }
    free(whole);
    return 0;
}
