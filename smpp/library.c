#include "smpp/library.h"

#include <string.h>

#include "smpp/command.h"
#include "smpp/field.h"
#include "smpp/wire.h"

#include <smpp34.h>
#include <smpp34_structs.h>
#include <smpp34_params.h>

enum {
    PACK_MAX_SIZE = 512, /* the longest mandatory part, data_sm's, is far below */
    NAME_SIZE = SMALL_BUFF,
};

/* ---- the two tables say the same ---- */

#define STATUS(value, name, meaning)                                                       \
    _Static_assert(value == name, "status differs: " #name);
#include "smpp/status.def"
#undef STATUS

/* Our limits as the sizes of members, which is how the library keeps its own. */
/* clang-format off */
#define COMMAND(number, name) enum { OUR_##name = number }; struct name##_limits {
#define FIELD(kind, member, limit, status) char member[(limit) + 1];
#define END char end; };
/* clang-format on */
#include "smpp/command.def"
#undef COMMAND
#undef FIELD
#undef END

#define SIZE_OF(type, member) sizeof(((type *)0)->member)
#define LIMIT_OF(name, ours)  (SIZE_OF(struct name##_limits, ours) - 1)

#define COMMAND(name, id, cold)                                                            \
    _Static_assert(OUR_##name == id, "command differs: " #name);                           \
    _Static_assert(sizeof(name##_t) <= PACK_MAX_SIZE, "too large: " #name);
#define STRING(name, ours, theirs)                                                         \
    _Static_assert(LIMIT_OF(name, ours) == SIZE_OF(name##_t, theirs), #name "." #ours);
#define NARROW(name, ours, theirs)                                                         \
    _Static_assert(LIMIT_OF(name, ours) > SIZE_OF(name##_t, theirs), #name "." #ours);
#define OCTET(name, ours, theirs)                                                          \
    _Static_assert(SIZE_OF(name##_t, theirs) == 1, #name "." #ours);
#define TON     OCTET
#define NPI     OCTET
#define VERSION OCTET
#define COUNT   OCTET
#define END
#include "smpp/library.def"
#undef COMMAND
#undef STRING
#undef NARROW
#undef OCTET
#undef TON
#undef NPI
#undef VERSION
#undef COUNT
#undef END

_Static_assert(SMPP_TLV_DEST_ADDR_SUBUNIT == TLVID_dest_addr_subunit, "tag");
_Static_assert(SMPP_TLV_RECEIPTED_MESSAGE_ID == TLVID_receipted_message_id, "tag");
_Static_assert(SMPP_TLV_USER_MESSAGE_REFERENCE == TLVID_user_message_reference, "tag");
_Static_assert(SMPP_TLV_SOURCE_PORT == TLVID_source_port, "tag");
_Static_assert(SMPP_TLV_DESTINATION_PORT == TLVID_destination_port, "tag");
_Static_assert(SMPP_TLV_SAR_MSG_REF_NUM == TLVID_sar_msg_ref_num, "tag");
_Static_assert(SMPP_TLV_SAR_TOTAL_SEGMENTS == TLVID_sar_total_segments, "tag");
_Static_assert(SMPP_TLV_SAR_SEGMENT_SEQNUM == TLVID_sar_segment_seqnum, "tag");
_Static_assert(SMPP_TLV_SC_INTERFACE_VERSION == TLVID_sc_interface_version, "tag");
_Static_assert(SMPP_TLV_NETWORK_ERROR_CODE == TLVID_network_error_code, "tag");
_Static_assert(SMPP_TLV_MESSAGE_PAYLOAD == TLVID_message_payload, "tag");
_Static_assert(SMPP_TLV_MORE_MESSAGES_TO_SEND == TLVID_more_messages_to_send, "tag");
_Static_assert(SMPP_TLV_MESSAGE_STATE == TLVID_message_state, "tag");

/* ---- library.def as data ---- */

enum place_kind {
    PLACE_STRING,
    PLACE_OCTET,
    PLACE_TON,
    PLACE_NPI,
    PLACE_VERSION,
    PLACE_COUNT
};

/* Where a field stands in the library's struct; same order as the rows of field.h. */
struct place {
    uint8_t kind;
    uint16_t offset;
    uint16_t size;
};

struct command {
    bool cold;
    size_t struct_size;
    const struct place *places;
};

#define PLACE(kind, name, theirs)                                                          \
    {kind, offsetof(name##_t, theirs), SIZE_OF(name##_t, theirs)},
/* clang-format off */
#define COMMAND(name, id, cold) static const struct place name##_places[] = {
#define STRING(name, ours, theirs) PLACE(PLACE_STRING, name, theirs)
#define NARROW(name, ours, theirs) PLACE(PLACE_STRING, name, theirs)
#define OCTET(name, ours, theirs) PLACE(PLACE_OCTET, name, theirs)
#define TON(name, ours, theirs) PLACE(PLACE_TON, name, theirs)
#define NPI(name, ours, theirs) PLACE(PLACE_NPI, name, theirs)
#define VERSION(name, ours, theirs) PLACE(PLACE_VERSION, name, theirs)
#define COUNT(name, ours, theirs) PLACE(PLACE_COUNT, name, theirs)
#define END {0}};
/* clang-format on */
#include "smpp/library.def"
#undef COMMAND
#undef STRING
#undef NARROW
#undef OCTET
#undef TON
#undef NPI
#undef VERSION
#undef COUNT
#undef END

static bool find_command(uint32_t id, struct command *out)
{
    switch (id) {
#define COMMAND(name, id, cold)                                                            \
    case id:                                                                               \
        *out = (struct command){cold, sizeof(name##_t), name##_places};                    \
        return true;
#define STRING(name, ours, theirs)
#define NARROW(name, ours, theirs)
#define OCTET(name, ours, theirs)
#define TON(name, ours, theirs)
#define NPI(name, ours, theirs)
#define VERSION(name, ours, theirs)
#define COUNT(name, ours, theirs)
#define END
#include "smpp/library.def"
    }
    return false;
}

static const void *member_of(const struct smpp_pdu *pdu, const struct smpp_field *field)
{
    return (const char *)pdu + field->offset;
}

/* The count before a text or a list. */
static size_t count_of(const struct smpp_pdu *pdu, const struct smpp_field *field)
{
    const struct smpp_octets *octets = member_of(pdu, field);

    return field->kind == SMPP_FIELD_LIST ? pdu->destination_count : octets->size;
}

/* ---- its domain ---- */

static bool covers_octet(const struct place *place, uint8_t value)
{
    char name[NAME_SIZE] = "";

    switch (place->kind) {
    case PLACE_TON:
        return str_addr_ton(value, name)[0] != '\0';
    case PLACE_NPI:
        return str_addr_npi(value, name)[0] != '\0';
    case PLACE_VERSION:
        return value == SMPP_VERSION;
    }
    return true;
}

static bool covers_string(const struct smpp_field *field, const struct place *place,
                          const struct smpp_octets *string)
{
    enum { TIME_SIZE = 16 };

    if (string->size >= place->size)
        return false;
    if (field->kind == SMPP_FIELD_TIME && string->size != 0 && string->size != TIME_SIZE)
        return false;
    return smpp_wire_string_size(string->data, string->size) == string->size;
}

bool smpp_library_covers(const struct smpp_pdu *pdu)
{
    const struct smpp_field *field = smpp_fields_of(pdu->command);
    const struct place *place;
    struct command command;
    char name[NAME_SIZE] = "";

    if (field == NULL || !find_command(pdu->command, &command) || pdu->sequence == 0)
        return false;
    if (str_command_status(pdu->status, name)[0] == '\0')
        return false;
    if (pdu->status != ESME_ROK && field->kind != SMPP_FIELD_END)
        return false;
    for (place = command.places; field->kind != SMPP_FIELD_END; field++, place++) {
        const void *member = member_of(pdu, field);

        if (place->kind == PLACE_COUNT) {
            if (count_of(pdu, field) > field->limit)
                return false;
        } else if (field->kind == SMPP_FIELD_INTEGER) {
            uint8_t value = *(const uint8_t *)member;

            if (value > field->limit || !covers_octet(place, value))
                return false;
        } else if (!covers_string(field, place, member)) {
            return false;
        }
    }
    return true;
}

/* ---- out ---- */

/* Packs header and mandatory fields, counts as 0; the octets, 0 when it refuses. */
static size_t pack_fields(const struct smpp_pdu *pdu, const struct command *command,
                          uint8_t out[PACK_MAX_SIZE])
{
    union {
        generic_nack_t header;
        uint8_t octets[PACK_MAX_SIZE];
    } theirs;
    const struct smpp_field *field = smpp_fields_of(pdu->command);
    const struct place *place = command->places;
    int size = 0;

    memset(&theirs, 0, command->struct_size);
    theirs.header.command_id = pdu->command;
    theirs.header.command_status = pdu->status;
    theirs.header.sequence_number = pdu->sequence;
    for (; field->kind != SMPP_FIELD_END; field++, place++) {
        const void *member = member_of(pdu, field);
        uint8_t *there = theirs.octets + place->offset;

        if (place->kind == PLACE_COUNT)
            continue;
        if (field->kind == SMPP_FIELD_INTEGER) {
            *there = *(const uint8_t *)member;
        } else {
            const struct smpp_octets *string = member;

            smpp_wire_put_octets(there, string->data, string->size);
        }
    }
    if (smpp34_pack(pdu->command, out, PACK_MAX_SIZE, &size, &theirs) != 0 || size < 0)
        return 0;
    return (size_t)size;
}

/*
 * Copies what the library packed to `at`, field by field, with our texts and lists where
 * it has a count of 0.
 */
static uint8_t *merge_fields(const struct smpp_pdu *pdu, const struct command *command,
                             const uint8_t *packed, uint8_t *at)
{
    const struct smpp_field *field = smpp_fields_of(pdu->command);
    const struct place *place = command->places;

    at = smpp_wire_put_octets(at, packed, SMPP_HEADER_SIZE);
    packed += SMPP_HEADER_SIZE;
    for (; field->kind != SMPP_FIELD_END; field++, place++) {
        const struct smpp_octets *octets = member_of(pdu, field);

        if (place->kind == PLACE_COUNT) {
            *at++ = (uint8_t)count_of(pdu, field);
            at = smpp_wire_put_octets(at, octets->data, octets->size);
            packed++;
        } else {
            size_t size = field->kind == SMPP_FIELD_INTEGER ? 1 : octets->size + 1;

            at = smpp_wire_put_octets(at, packed, size);
            packed += size;
        }
    }
    return at;
}

/* The size of the library's packing: ours without what it does not see. */
static size_t packed_size(const struct smpp_pdu *pdu)
{
    const struct smpp_field *field = smpp_fields_of(pdu->command);
    size_t size = smpp_pdu_encoded_size(pdu);

    for (; field->kind != SMPP_FIELD_END; field++)
        if (field->kind == SMPP_FIELD_TEXT || field->kind == SMPP_FIELD_LIST)
            size -= ((const struct smpp_octets *)member_of(pdu, field))->size;
    for (size_t i = 0; i < pdu->tlv_count; i++)
        size -= SMPP_TLV_HEADER_SIZE + pdu->tlvs[i].size;
    return size;
}

size_t smpp_library_pack(const struct smpp_pdu *pdu, uint8_t *out, size_t room)
{
    uint8_t packed[PACK_MAX_SIZE];
    size_t size = smpp_pdu_encoded_size(pdu);
    struct command command;
    uint8_t *at;

    if (!smpp_library_covers(pdu) || !find_command(pdu->command, &command) || room < size)
        return 0;
    if (pack_fields(pdu, &command, packed) != packed_size(pdu))
        return 0;
    at = merge_fields(pdu, &command, packed, out);
    at = smpp_tlv_write(pdu->tlvs, pdu->tlv_count, at, out + room);
    if (at == NULL)
        return 0;
    smpp_wire_put_32(out, (uint32_t)size);
    return size;
}

size_t smpp_library_encode_cold(const struct smpp_pdu *pdu, uint8_t *out, size_t room)
{
    struct command command;

    if (find_command(pdu->command, &command) && command.cold) {
        size_t size = smpp_library_pack(pdu, out, room);

        if (size > 0)
            return size;
    }
    return smpp_pdu_encode(pdu, out, room);
}

/* ---- in ---- */

/* The mandatory part of `data`, counts as 0 and what they count cut out: its size. */
static size_t cut_fields(const uint8_t *data, const struct smpp_pdu *pdu,
                         const struct command *command, uint8_t out[PACK_MAX_SIZE])
{
    const struct smpp_field *field = smpp_fields_of(pdu->command);
    const struct place *place = command->places;
    uint8_t *at = smpp_wire_put_octets(out, data, SMPP_HEADER_SIZE);

    data += SMPP_HEADER_SIZE;
    for (; field->kind != SMPP_FIELD_END; field++, place++) {
        const struct smpp_octets *octets = member_of(pdu, field);
        size_t size = field->kind == SMPP_FIELD_INTEGER ? 1 : octets->size + 1;

        if (place->kind == PLACE_COUNT)
            *at++ = 0;
        else
            at = smpp_wire_put_octets(at, data, size);
        data += size;
    }
    smpp_wire_put_32(out, (uint32_t)(at - out));
    return (size_t)(at - out);
}

static bool same_field(const struct smpp_field *field, const void *ours,
                       const uint8_t *theirs)
{
    const struct smpp_octets *string = ours;

    if (field->kind == SMPP_FIELD_INTEGER)
        return *(const uint8_t *)ours == *theirs;
    return memcmp(theirs, string->data, string->size) == 0 && theirs[string->size] == 0;
}

bool smpp_library_agrees(const uint8_t *data, const struct smpp_pdu *pdu)
{
    union {
        generic_nack_t header;
        uint8_t octets[PACK_MAX_SIZE];
    } theirs;
    const struct smpp_field *field = smpp_fields_of(pdu->command);
    const struct place *place;
    struct command command;
    uint8_t cut[PACK_MAX_SIZE];
    size_t size;

    if (!smpp_library_covers(pdu) || !find_command(pdu->command, &command))
        return false;
    size = cut_fields(data, pdu, &command, cut);
    memset(&theirs, 0, command.struct_size);
    if (smpp34_unpack(pdu->command, &theirs, cut, (int)size) != 0)
        return false;
    if (theirs.header.command_id != pdu->command ||
        theirs.header.command_status != pdu->status ||
        theirs.header.sequence_number != pdu->sequence)
        return false;
    for (place = command.places; field->kind != SMPP_FIELD_END; field++, place++)
        if (place->kind != PLACE_COUNT &&
            !same_field(field, member_of(pdu, field), theirs.octets + place->offset))
            return false;
    return true;
}
