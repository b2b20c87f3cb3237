/*
 * What SMPP 3.4 says of PDUs, held against the codec, paragraph by paragraph.
 *
 * The octets are written down from the text of the specification, field after field, not
 * made by our encoder: a misreading in one would otherwise hide in the other.  A row is
 * decoded and looked at; what is right and needed no tolerance must also be encoded to
 * the very same octets.  Each row is then cut at every octet, and joined with every other
 * row up to every octet of that: it must be read as when it came alone.
 *
 */
#include "tests/conformance/clauses.h"

#include <ctype.h>

#include "smpp/command.h"
#include "smpp/frame.h"
#include "smpp/pdu.h"

enum { OCTETS_MAX = 4096 };

/* ---- what a row looks at ---- */

static bool is(struct smpp_octets octets, const char *text)
{
    return octets.size == strlen(text) &&
           (octets.size == 0 || memcmp(octets.data, text, octets.size) == 0);
}

/* `size` times the same letter. */
static bool is_run(struct smpp_octets octets, char letter, size_t size)
{
    for (size_t i = 0; i < octets.size; i++)
        if (octets.data[i] != (uint8_t)letter)
            return false;
    return octets.size == size;
}

static bool source_is(const struct smpp_pdu *pdu, uint8_t ton, uint8_t npi,
                      const char *address)
{
    return pdu->source_ton == ton && pdu->source_npi == npi && is(pdu->source, address);
}

static bool destination_is(const struct smpp_pdu *pdu, uint8_t ton, uint8_t npi,
                           const char *address)
{
    return pdu->destination_ton == ton && pdu->destination_npi == npi &&
           is(pdu->destination, address);
}

static bool tlv_is(const struct smpp_pdu *pdu, uint16_t tag, size_t size, uint32_t value)
{
    const struct smpp_tlv *tlv = smpp_pdu_tlv(pdu, tag);

    return tlv != NULL && tlv->size == size && smpp_tlv_integer(tlv) == value;
}

/* The next entry of a list. */
static bool next_is(const struct smpp_pdu *pdu, size_t *cursor, uint8_t flag, uint8_t ton,
                    uint8_t npi, const char *address, uint32_t error_status)
{
    struct smpp_destination one;

    return smpp_pdu_destination(pdu, cursor, &one) && one.flag == flag && one.ton == ton &&
           one.npi == npi && is(one.address, address) && one.error_status == error_status;
}

static bool throttled(const struct smpp_pdu *pdu)
{
    return pdu->status == 0x58 && pdu->message_id.size == 0 &&
           (pdu->sequence == 0x7FFFFFFF || pdu->sequence == 1);
}

static bool is_enquire_link(const struct smpp_pdu *pdu)
{
    return pdu->command == 0x15 && (pdu->sequence == 1 || pdu->sequence == 0x80000000);
}

static bool nack_77(const struct smpp_pdu *pdu)
{
    return pdu->command == 0x80000000 && pdu->status == 3 && pdu->sequence == 77;
}

static bool bind_fields(const struct smpp_pdu *pdu)
{
    return is(pdu->system_id, "ESME1") && is(pdu->password, "secret08") &&
           is(pdu->system_type, "VMS") && pdu->interface_version == 0x34 &&
           pdu->addr_ton == 1 && pdu->addr_npi == 1 && is(pdu->address_range, "^79");
}

static bool bind_empty(const struct smpp_pdu *pdu)
{
    return is(pdu->system_id, "") && is(pdu->password, "") && is(pdu->system_type, "") &&
           pdu->interface_version == 0x34 && is(pdu->address_range, "");
}

static bool bind_33(const struct smpp_pdu *pdu)
{
    return pdu->interface_version == 0x33 && is(pdu->address_range, "^79");
}

static bool bind_resp(const struct smpp_pdu *pdu)
{
    return is(pdu->system_id, "SMSC1") && tlv_is(pdu, 0x0210, 1, 0x34);
}

static bool bind_failed(const struct smpp_pdu *pdu)
{
    return pdu->status == 0x0D && is(pdu->system_id, "") && pdu->tlv_count == 0;
}

static bool outbind_fields(const struct smpp_pdu *pdu)
{
    return is(pdu->system_id, "SMSC1") && is(pdu->password, "secret08");
}

static bool submit_fields(const struct smpp_pdu *pdu)
{
    return is(pdu->service_type, "CMT") && source_is(pdu, 5, 0, "SHOP") &&
           destination_is(pdu, 1, 1, "79161234567") && pdu->esm_class == 0x43 &&
           pdu->protocol_id == 0x7F && pdu->priority_flag == 3 &&
           is(pdu->schedule_delivery_time, "260731143000008+") &&
           is(pdu->validity_period, "000007000000000R") &&
           pdu->registered_delivery == 0x11 && pdu->replace_if_present == 1 &&
           pdu->data_coding == 8 && pdu->sm_default_msg_id == 0xFE &&
           is(pdu->short_message, "hello");
}

static bool submit_empty(const struct smpp_pdu *pdu)
{
    return is(pdu->service_type, "") && source_is(pdu, 0, 0, "") &&
           destination_is(pdu, 0, 0, "") && is(pdu->schedule_delivery_time, "") &&
           is(pdu->validity_period, "") && is(pdu->short_message, "");
}

static bool text_nuls(const struct smpp_pdu *pdu)
{
    return pdu->short_message.size == 3 && memcmp(pdu->short_message.data, "\0a", 3) == 0;
}

static bool message_id(const struct smpp_pdu *pdu)
{
    return is(pdu->message_id, "3A5F");
}

static bool message_id_none(const struct smpp_pdu *pdu)
{
    return is(pdu->message_id, "");
}

static bool multi_fields(const struct smpp_pdu *pdu)
{
    size_t cursor = 0;

    return source_is(pdu, 5, 0, "SHOP") && pdu->destination_count == 3 &&
           next_is(pdu, &cursor, 1, 1, 1, "79161234567", 0) &&
           next_is(pdu, &cursor, 2, 0, 0, "friends", 0) &&
           next_is(pdu, &cursor, 1, 2, 8, "9161234567", 0) && pdu->esm_class == 0x40 &&
           pdu->registered_delivery == 1 && pdu->data_coding == 4 &&
           is(pdu->short_message, "hi");
}

static bool multi_254(const struct smpp_pdu *pdu)
{
    size_t cursor = 0;
    size_t count = 0;

    while (next_is(pdu, &cursor, 1, 1, 1, "7", 0))
        count++;
    return count == 254 && pdu->destination_count == 254 && is(pdu->short_message, "hi");
}

static bool list_20(const struct smpp_pdu *pdu)
{
    size_t cursor = 0;

    return next_is(pdu, &cursor, 2, 0, 0, "llllllllllllllllllll", 0);
}

static bool multi_resp_none(const struct smpp_pdu *pdu)
{
    return is(pdu->message_id, "77") && pdu->destination_count == 0;
}

static bool multi_resp_two(const struct smpp_pdu *pdu)
{
    size_t cursor = 0;

    return is(pdu->message_id, "77") && pdu->destination_count == 2 &&
           next_is(pdu, &cursor, 1, 1, 1, "79160000001", 0x0B) &&
           next_is(pdu, &cursor, 1, 2, 8, "916", 0x58);
}

static bool deliver_fields(const struct smpp_pdu *pdu)
{
    return source_is(pdu, 1, 1, "79161234567") && destination_is(pdu, 0, 1, "1234") &&
           pdu->esm_class == 4 && pdu->data_coding == 3 && is(pdu->short_message, "id:123");
}

static bool receipt_id(const struct smpp_pdu *pdu)
{
    return is(smpp_pdu_tlv_text(pdu, 0x001E), "123") && pdu->tlv_count == 1;
}

static bool receipt_tlvs(const struct smpp_pdu *pdu)
{
    return is(smpp_pdu_tlv_text(pdu, 0x001E), "123") && tlv_is(pdu, 0x0427, 1, 2);
}

static bool data_fields(const struct smpp_pdu *pdu)
{
    return is(pdu->service_type, "WAP") && pdu->source_ton == 1 && pdu->source_npi == 1 &&
           is_run(pdu->source, '7', 64) && pdu->destination_ton == 2 &&
           pdu->destination_npi == 8 && is_run(pdu->destination, '9', 64) &&
           pdu->esm_class == 2 && pdu->registered_delivery == 1 && pdu->data_coding == 4 &&
           is(smpp_pdu_user_data(pdu), "abc");
}

static bool data_resp(const struct smpp_pdu *pdu)
{
    const struct smpp_tlv *error = smpp_pdu_tlv(pdu, 0x0423);

    return is(pdu->message_id, "3A5F") && tlv_is(pdu, 0x0425, 1, 2) && error != NULL &&
           error->size == 3 && memcmp(error->value, "\3\0\1", 3) == 0;
}

static bool query_fields(const struct smpp_pdu *pdu)
{
    return is(pdu->message_id, "3A5F") && source_is(pdu, 1, 1, "79161234567");
}

static bool query_resp(const struct smpp_pdu *pdu)
{
    return is(pdu->message_id, "3A5F") && is(pdu->final_date, "260731143000008+") &&
           pdu->message_state == 2 && pdu->error_code == 7;
}

static bool query_resp_12(const struct smpp_pdu *pdu)
{
    return is(pdu->final_date, "260731143000") && pdu->message_state == 2;
}

static bool cancel_fields(const struct smpp_pdu *pdu)
{
    return is(pdu->service_type, "CMT") && is(pdu->message_id, "3A5F") &&
           source_is(pdu, 5, 0, "SHOP") && destination_is(pdu, 1, 1, "79161234567");
}

static bool replace_fields(const struct smpp_pdu *pdu)
{
    return is(pdu->message_id, "3A5F") && source_is(pdu, 5, 0, "SHOP") &&
           is(pdu->schedule_delivery_time, "260731143000008+") &&
           is(pdu->validity_period, "000007000000000R") && pdu->registered_delivery == 1 &&
           pdu->sm_default_msg_id == 9 && is(pdu->short_message, "new");
}

static bool alert_fields(const struct smpp_pdu *pdu)
{
    return source_is(pdu, 1, 1, "79161234567") && destination_is(pdu, 0, 1, "1234") &&
           tlv_is(pdu, 0x0422, 1, 2);
}

static bool tlvs_any_order(const struct smpp_pdu *pdu)
{
    return is(smpp_pdu_user_data(pdu), "hi") && tlv_is(pdu, 0x020C, 2, 0x1234) &&
           tlv_is(pdu, 0x0005, 1, 1) && pdu->tlvs[0].tag == 0x0424;
}

static bool reference_7(const struct smpp_pdu *pdu)
{
    return tlv_is(pdu, 0x0204, 2, 7) && pdu->tlv_count == 2;
}

static bool reference_of_five(const struct smpp_pdu *pdu)
{
    return tlv_is(pdu, 0x0204, 2, 7) && pdu->tlv_count == 5;
}

static bool callbacks(const struct smpp_pdu *pdu)
{
    return pdu->tlv_count == 2 &&
           memcmp(pdu->tlvs[0].value,
                  "\1\1\1"
                  "11",
                  5) == 0 &&
           memcmp(pdu->tlvs[1].value,
                  "\1\1\1"
                  "22",
                  5) == 0;
}

static bool alert_tlv(const struct smpp_pdu *pdu)
{
    return tlv_is(pdu, 0x130C, 0, 0);
}

static bool payload_300(const struct smpp_pdu *pdu)
{
    return is_run(smpp_pdu_user_data(pdu), 'b', 300);
}

/* ---- the requirements ---- */

static const struct row {
    const char *paragraph;
    const char *requirement;
    const char *octets;
    uint32_t status;
    unsigned tolerated;
    bool (*check)(const struct smpp_pdu *); /* NULL: nothing more to see */
} rows[] = {
#define ROW(...) {__VA_ARGS__},
#include "tests/conformance/pdu_rows.def"
#undef ROW
};

/* command_length alone (3.2.2, 4.3); the frame is PDU, MORE or BROKEN. */
static const struct cut_row {
    const char *paragraph;
    const char *requirement;
    const char *octets;
    size_t max_size;
    enum smpp_frame expected;
} cuts[] = {
    {"3.2.2", "16 is the shortest command_length",            "00000010 00000015 00000000 00000001",
     SMPP_PDU_MAX_SIZE,                                                                                                  SMPP_FRAME_PDU },
    {"3.2.2", "a PDU ends where the next begins",
     "00000010 00000015 00000000 00000001 00000010",                                                 SMPP_PDU_MAX_SIZE,  SMPP_FRAME_PDU },
    {"3.2.2", "a body that is late is waited for",            "00000014 00000015 00000000 00000001",
     SMPP_PDU_MAX_SIZE,                                                                                                  SMPP_FRAME_MORE},
    {"3.2.1", "3 octets are not enough to judge",             "000000",                              SMPP_PDU_MAX_SIZE,
     SMPP_FRAME_MORE                                                                                                                    },
    {"4.3",   "command_length 15 is corrupt",                 "0000000f",                            SMPP_PDU_MAX_SIZE,
     SMPP_FRAME_BROKEN                                                                                                                  },
    {"4.3",   "command_length 4 is corrupt",                  "00000004",                            SMPP_PDU_MAX_SIZE,
     SMPP_FRAME_BROKEN                                                                                                                  },
    {"4.3",   "command_length 0 is corrupt",                  "00000000",                            SMPP_PDU_MAX_SIZE,
     SMPP_FRAME_BROKEN                                                                                                                  },
    {"4.3",   "command_length 0x7FFFFFFF is corrupt at once", "7fffffff",                            SMPP_PDU_MAX_SIZE,
     SMPP_FRAME_BROKEN                                                                                                                  },
    {"4.3",   "an unbound peer is allowed less",              "00000401",                            SMPP_BIND_MAX_SIZE,
     SMPP_FRAME_BROKEN                                                                                                                  },
};

/* ---- holding them ---- */

static size_t parse_octets(const char *text, uint8_t *out)
{
    size_t size = 0;

    while (*text != '\0') {
        size_t start = size;
        size_t word;
        unsigned octet;

        for (; isxdigit((unsigned char)*text); text += 2) {
            if (sscanf(text, "%2x", &octet) != 1)
                abort();
            out[size++] = (uint8_t)octet;
        }
        word = size - start;
        if (*text == 'x') {
            char *end;

            for (long times = strtol(text + 1, &end, 10); times > 1; times--, size += word)
                memcpy(out + size, out + start, word);
            text = end;
        }
        while (*text == ' ')
            text++;
    }
    return size;
}

static const char *hold_row(const struct row *row, const uint8_t *octets, size_t size)
{
    static struct smpp_pdu pdu;
    static uint8_t again[OCTETS_MAX];
    size_t frame_size;

    if (smpp_frame_cut(octets, size, SMPP_PDU_MAX_SIZE, &frame_size) != SMPP_FRAME_PDU ||
        frame_size != size)
        return "command_length of the row is wrong";
    if (smpp_pdu_decode(octets, size, &pdu) != row->status)
        return "another status";
    if (row->status != ESME_ROK)
        return NULL;
    if (pdu.tolerated != row->tolerated)
        return "other tolerances";
    if (row->check != NULL && !row->check(&pdu))
        return "other values";
    if (row->tolerated != 0 || ((pdu.command & SMPP_RESPONSE) == 0 && pdu.status != 0))
        return NULL;
    if (smpp_pdu_encode(&pdu, again, sizeof(again)) != size ||
        memcmp(again, octets, size) != 0)
        return "encoded to other octets";
    return NULL;
}

static const char *hold_cut(const struct cut_row *row)
{
    uint8_t octets[OCTETS_MAX];
    size_t size = parse_octets(row->octets, octets);
    size_t frame_size;

    return smpp_frame_cut(octets, size, row->max_size, &frame_size) == row->expected
               ? NULL
               : "cut otherwise";
}

/* ---- cut and joined at every octet ---- */

/* All that the decoder says of a PDU: its values as their octets. */
struct outcome {
    uint32_t status;
    unsigned tolerated;
    size_t size;
    uint8_t octets[OCTETS_MAX];
};

struct stream {
    size_t size;
    uint8_t octets[OCTETS_MAX];
    struct outcome alone;
};

/* In a block of its own, so that a sanitizer sees an octet too many being read. */
static uint8_t *copy_of(const uint8_t *octets, size_t size)
{
    uint8_t *copy = malloc(size);

    if (copy == NULL && size > 0)
        abort();
    if (size > 0)
        memcpy(copy, octets, size);
    return copy;
}

static void decode(const uint8_t *octets, size_t size, struct outcome *out)
{
    static struct smpp_pdu pdu;

    memset(out, 0, sizeof(*out));
    out->status = smpp_pdu_decode(octets, size, &pdu);
    if (out->status != ESME_ROK)
        return;
    out->tolerated = pdu.tolerated;
    out->size = smpp_pdu_encode(&pdu, out->octets, sizeof(out->octets));
}

/* The PDU at the front of `octets` must be this one. */
static bool is_at_front(const struct stream *wanted, const uint8_t *octets, size_t size)
{
    static struct outcome outcome;
    size_t frame_size;

    if (smpp_frame_cut(octets, size, SMPP_PDU_MAX_SIZE, &frame_size) != SMPP_FRAME_PDU ||
        frame_size != wanted->size)
        return false;
    decode(octets, frame_size, &outcome);
    return memcmp(&outcome, &wanted->alone, sizeof(outcome)) == 0;
}

/* Before its last octet has come there is no PDU; then there is this one. */
static const char *hold_every_cut(const struct stream *one)
{
    for (size_t cut = 0; cut <= one->size; cut++) {
        uint8_t *first = copy_of(one->octets, cut);
        size_t frame_size;
        bool right = cut == one->size ? is_at_front(one, first, cut)
                                      : smpp_frame_cut(first, cut, SMPP_PDU_MAX_SIZE,
                                                       &frame_size) == SMPP_FRAME_MORE;

        free(first);
        if (!right)
            return "another PDU, or too early";
    }
    return NULL;
}

/* With any part of any other PDU behind it, it is the same one. */
static const char *hold_every_join(const struct stream *one, const struct stream *others,
                                   size_t count)
{
    static uint8_t both[2 * OCTETS_MAX];

    memcpy(both, one->octets, one->size);
    for (size_t i = 0; i < count; i++) {
        uint8_t *joined;
        bool right;

        memcpy(both + one->size, others[i].octets, others[i].size);
        for (size_t more = 0; more < others[i].size; more++) {
            size_t frame_size;

            if (smpp_frame_cut(both, one->size + more, SMPP_PDU_MAX_SIZE, &frame_size) !=
                    SMPP_FRAME_PDU ||
                frame_size != one->size)
                return "cut otherwise";
        }
        joined = copy_of(both, one->size + others[i].size);
        right = is_at_front(one, joined, one->size + others[i].size) &&
                is_at_front(&others[i], joined + one->size, others[i].size);
        free(joined);
        if (!right)
            return "another PDU";
    }
    return NULL;
}

/* A row for each command that can be right. */
static const char *hold_all_commands(const struct stream *streams, size_t count)
{
    static const uint32_t commands[] = {
#define COMMAND(id, name) (id),
#define FIELD(...)
#define END
#include "smpp/command.def"
#undef COMMAND
#undef FIELD
#undef END
    };

    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        bool found = false;

        for (size_t n = 0; n < count && !found; n++) {
            const uint8_t *at = streams[n].octets + 4;

            found =
                streams[n].alone.status == ESME_ROK &&
                ((uint32_t)at[0] << 24 | at[1] << 16 | at[2] << 8 | at[3]) == commands[i];
        }
        if (!found)
            return "a command has no row";
    }
    return NULL;
}

/* ---- as clauses ---- */

enum { COUNT = ROWS(rows) };
static struct stream streams[COUNT];

static void check(const char *fault)
{
    if (fault != NULL)
        fail_msg("%s", fault);
}

static void hold_length(const void *row)
{
    check(hold_cut(row));
}

static void hold(const void *row)
{
    const struct stream *one = &streams[(const struct row *)row - rows];

    check(hold_row(row, one->octets, one->size));
}

CLAUSE(every_command_has_a_row)
{
    check(hold_all_commands(streams, COUNT));
}

CLAUSE(a_PDU_cut_at_any_octet_is_the_same_PDU)
{
    for (size_t i = 0; i < COUNT; i++)
        check(hold_every_cut(&streams[i]));
}

CLAUSE(joined_with_any_part_of_any_other_PDU_it_is_the_same)
{
    for (size_t i = 0; i < COUNT; i++)
        check(hold_every_join(&streams[i], streams, COUNT));
}

int main(void)
{
    static struct clauses clauses;

    for (size_t i = 0; i < COUNT; i++) {
        streams[i].size = parse_octets(rows[i].octets, streams[i].octets);
        decode(streams[i].octets, streams[i].size, &streams[i].alone);
    }
    for (size_t i = 0; i < ROWS(cuts); i++)
        clauses_add(&clauses, cuts[i].paragraph, cuts[i].requirement, "", hold_length,
                    &cuts[i]);
    for (size_t i = 0; i < COUNT; i++)
        clauses_add(&clauses, rows[i].paragraph, rows[i].requirement, "", hold, &rows[i]);
    CLAUSES_ADD_NAMED(&clauses, "5.1.2.1", every_command_has_a_row);
    CLAUSES_ADD_NAMED(&clauses, "3.2.1", a_PDU_cut_at_any_octet_is_the_same_PDU);
    CLAUSES_ADD_NAMED(&clauses, "3.2.1",
                      joined_with_any_part_of_any_other_PDU_it_is_the_same);
    return clauses_run(&clauses);
}
