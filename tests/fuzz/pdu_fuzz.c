/*
 * The codec under arbitrary octets.  What must hold for all of them:
 *
 * - nothing outside the input is read (the sanitizer watches);
 * - a response is never refused, unless its command is unknown;
 * - what was decoded can be encoded, in exactly the size foretold;
 * - decoding that gives the same PDU, encoding it again the same octets;
 * - what needed no tolerance comes back octet by octet;
 * - what libsmpp34 covers it packs, and reads, as we do;
 * - a list of destinations can be written again, entry by entry;
 * - a PDU with a field that no peer may send is not written.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "smpp/command.h"
#include "smpp/destination.h"
#include "smpp/field.h"
#include "smpp/frame.h"
#include "smpp/library.h"
#include "smpp/operation.h"
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

/* It is written as it was read; with less room, or what no list may hold, not at all. */
static void check_entry(uint32_t command, struct smpp_destination one,
                        const uint8_t *octets, size_t size)
{
    uint8_t written[SMPP_DESTINATION_MAX_SIZE];

    same_octets(written, smpp_destination_write(command, &one, written, sizeof(written)),
                octets, size);
    must(smpp_destination_write(command, &one, written, size - 1) == 0);
    one.address = (struct smpp_octets){(const uint8_t *)"\0", 1};
    must(smpp_destination_write(command, &one, written, sizeof(written)) == 0);
    one.address.size = UINT8_MAX;
    must(smpp_destination_write(command, &one, written, sizeof(written)) == 0);
    one.flag = UINT8_MAX;
    must(smpp_destination_write(command, &one, written, sizeof(written)) == 0);
}

static void walk_list(const struct smpp_pdu *pdu)
{
    struct smpp_destination one;
    size_t cursor = 0;
    size_t before = 0;
    unsigned count = 0;

    while (smpp_pdu_destination(pdu, &cursor, &one)) {
        check_entry(pdu->command, one, pdu->destinations.data + before, cursor - before);
        before = cursor;
        count++;
    }
    must(count == pdu->destination_count && cursor == pdu->destinations.size);
}

/* What is said of a PDU beside its octets. */
static void check_names(const struct smpp_pdu *pdu)
{
    enum { NO_TAG = 0xFFFF };
    const struct smpp_operation *operation = smpp_operation(pdu->command);
    struct smpp_octets text = smpp_pdu_user_data(pdu);

    must((smpp_command_name(pdu->command) != NULL) ==
         (smpp_fields_of(pdu->command) != NULL));
    must(operation == NULL || operation->command == pdu->command);
    must(smpp_status_name(pdu->status) != NULL);
    must(smpp_pdu_tlv_text(pdu, NO_TAG).size == 0 || smpp_pdu_tlv(pdu, NO_TAG) != NULL);
    must(text.size == 0 || text.data != NULL);
    for (size_t i = 0; i < pdu->tlv_count; i++) {
        const struct smpp_tlv *tlv = &pdu->tlvs[i];
        struct smpp_octets value = smpp_pdu_tlv_text(pdu, tlv->tag);

        must(smpp_pdu_tlv(pdu, tlv->tag) <= tlv);
        must(value.size == 0 || memchr(value.data, 0, value.size) == NULL);
        must(tlv->size < 4 || smpp_tlv_integer(tlv) == 0 || tlv->size == 4);
    }
}

/* The library does not find in `octets`, which are `sound`, what is not there. */
static void check_disagreement(const struct smpp_pdu *sound, const uint8_t *octets)
{
    static const uint8_t stars[UINT8_MAX] = {[0 ... UINT8_MAX - 1] = '*'};
    struct smpp_pdu other = *sound;

    other.sequence ^= 0x80000000;
    must(!smpp_library_agrees(octets, &other));
    other = *sound;
    other.status = ESME_RSYSERR;
    must(sound->status == other.status || !smpp_library_agrees(octets, &other));
    for (const struct smpp_field *field = smpp_fields_of(sound->command);
         field->kind != SMPP_FIELD_END; field++) {
        struct smpp_octets *string;

        other = *sound;
        string = (struct smpp_octets *)((char *)&other + field->offset);
        if (field->kind == SMPP_FIELD_STRING && string->size > 0 &&
            string->data[0] != '*') {
            string->data = stars;
            must(!smpp_library_agrees(octets, &other));
        }
    }
}

/* `octets` is `pdu`, as we encode it and decode it. */
static void check_library(const struct smpp_pdu *pdu, const uint8_t *octets, size_t size)
{
    uint8_t *theirs = malloc(size);

    must(theirs != NULL);
    same_octets(theirs, smpp_library_encode_cold(pdu, theirs, size), octets, size);
    if (smpp_library_covers(pdu)) {
        same_octets(theirs, smpp_library_pack(pdu, theirs, size), octets, size);
        must(smpp_library_agrees(octets, pdu));
        check_disagreement(pdu, octets);
    }
    must(smpp_library_pack(pdu, theirs, size - 1) == 0);
    free(theirs);
}

static bool is_refused(const struct smpp_pdu *pdu)
{
    static uint8_t out[SMPP_PDU_MAX_SIZE + 2 * UINT8_MAX];

    return smpp_pdu_encode(pdu, out, sizeof(out)) == 0;
}

/* A command nobody knows, and a parameter of no size it may have. */
static void check_unknown(const struct smpp_pdu *sound)
{
    enum { NO_COMMAND = 0x7FFF };
    uint8_t octets[SMPP_HEADER_SIZE] = {0};
    struct smpp_pdu broken = *sound;

    must(!smpp_pdu_add_tlv(&broken, SMPP_TLV_SAR_MSG_REF_NUM, octets, 1));
    broken.command = NO_COMMAND;
    must(is_refused(&broken) && !smpp_library_covers(&broken));
    must(smpp_pdu_encoded_size(&broken) == SMPP_HEADER_SIZE);
    must(smpp_library_encode_cold(&broken, octets, sizeof(octets)) == 0);
}

/* Each field in turn is too long or too large, or holds a NUL. */
static void check_refused(const struct smpp_pdu *sound)
{
    static const uint8_t letters[UINT8_MAX + 1] = {[0 ... UINT8_MAX] = 'a'};
    static const uint8_t nul[16];

    for (const struct smpp_field *field = smpp_fields_of(sound->command);
         field->kind != SMPP_FIELD_END; field++) {
        struct smpp_pdu broken = *sound;
        void *member = (char *)&broken + field->offset;
        struct smpp_octets *octets = member;

        if (field->kind == SMPP_FIELD_LIST) {
            broken.destination_count++; /* the library sees no lists */
            must(is_refused(&broken));
            broken.destination_count = UINT8_MAX + 1;
            must(is_refused(&broken));
            continue;
        }
        if (field->kind == SMPP_FIELD_INTEGER && field->limit == UINT8_MAX)
            continue;
        if (field->kind == SMPP_FIELD_INTEGER)
            *(uint8_t *)member = UINT8_MAX;
        else
            *octets = (struct smpp_octets){letters, field->limit + 1u};
        must(is_refused(&broken) && !smpp_library_covers(&broken));
        if (field->kind == SMPP_FIELD_STRING || field->kind == SMPP_FIELD_TIME) {
            *octets = (struct smpp_octets){nul, field->kind == SMPP_FIELD_TIME ? 16 : 1};
            must(is_refused(&broken) && !smpp_library_covers(&broken));
        }
        if (field->kind == SMPP_FIELD_TIME) {
            *octets = (struct smpp_octets){letters, 1};
            must(is_refused(&broken) && !smpp_library_covers(&broken));
        }
    }
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
    check_names(&pdu);
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
    must(smpp_pdu_encode(&pdu, again, room - 1) == 0);
    check_library(&back, out, room);
    check_unknown(&back);
    if (!response || pdu.status == ESME_ROK)
        check_refused(&back);
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
