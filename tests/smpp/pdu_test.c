#include "tests/test.h"

#include <stdlib.h>

#include "smpp/command.h"
#include "smpp/wire.h"
#include "tests/smpp/random_pdu.h"

static struct random_pdu random_pdu = {.state = 0x5EED};
static uint8_t first[96 * 1024];
static uint8_t second[96 * 1024];

/* A PDU under construction, so that a row may say just what is special about it. */
struct draft {
    uint8_t octets[2048];
    size_t size;
};

static void add(struct draft *draft, const void *octets, size_t size)
{
    smpp_wire_put_octets(draft->octets + draft->size, octets, size);
    draft->size += size;
    smpp_wire_put_32(draft->octets, (uint32_t)draft->size);
}

static struct draft draft_of(uint32_t command, uint32_t status, const void *body,
                             size_t size)
{
    struct draft draft = {.size = SMPP_HEADER_SIZE};

    smpp_pdu_encode_header(command, status, 7, draft.octets);
    add(&draft, body, size);
    return draft;
}

static void add_tlv(struct draft *draft, uint16_t tag, uint16_t size)
{
    static const uint8_t value[256] = {[0 ... 255] = 'v'};
    uint8_t header[SMPP_TLV_HEADER_SIZE];

    smpp_wire_put_16(header, tag);
    smpp_wire_put_16(header + 2, size);
    add(draft, header, sizeof(header));
    add(draft, value, size);
}

/* Decodes from a block of exactly its size, so that a sanitizer sees an octet too many. */
static uint32_t decode(const struct draft *draft, struct smpp_pdu *out)
{
    uint8_t *block = malloc(draft->size);
    uint32_t status;

    if (block == NULL)
        abort();
    memcpy(block, draft->octets, draft->size);
    status = smpp_pdu_decode(block, draft->size, out);
    free(block);
    return status;
}

#define EMPTY_SUBMIT "\0\0\0\0\1\1" /* service_type, source, ton and npi of the other */
#define SUBMIT_BODY  EMPTY_SUBMIT "123\0\0\0\0\0\0\0\0\0\0\0"
#define BODY(text)   (text), sizeof(text) - 1

/* ---- round trips ---- */

TEST(what_is_encoded_decodes_to_the_same)
{
    for (size_t i = 0; i < ROWS(every_command); i++) {
        const char *name = smpp_command_name(every_command[i]);

        for (int round = 0; round < 1000; round++) {
            struct smpp_pdu back;
            size_t size;

            random_fill(&random_pdu, every_command[i], false);
            random_add_tlvs(&random_pdu, round % 3 == 0 ? 64 : 4);
            size = smpp_pdu_encode(&random_pdu.pdu, first, sizeof(first));
            CHECK(size > 0, name);
            CHECK_EQ(smpp_pdu_encoded_size(&random_pdu.pdu), size, name);
            CHECK_EQ(smpp_pdu_decode(first, size, &back), ESME_ROK, name);
            CHECK(pdu_difference(&random_pdu.pdu, &back) == NULL, name);
            CHECK_BYTES(second, smpp_pdu_encode(&back, second, sizeof(second)), first, size,
                        name);
        }
    }
}

TEST(no_octet_too_many_is_written)
{
    for (size_t i = 0; i < ROWS(every_command); i++) {
        const char *name = smpp_command_name(every_command[i]);
        size_t size;

        random_fill(&random_pdu, every_command[i], false);
        random_add_tlvs(&random_pdu, 2);
        size = smpp_pdu_encoded_size(&random_pdu.pdu);
        for (size_t room = 0; room < size; room++) {
            memset(first, 0xEE, size + 1);
            CHECK_EQ(smpp_pdu_encode(&random_pdu.pdu, first, room), 0, name);
            CHECK_EQ(first[room], 0xEE, name);
        }
        memset(first, 0xEE, size + 1);
        CHECK_EQ(smpp_pdu_encode(&random_pdu.pdu, first, size), size, name);
        CHECK_EQ(first[size], 0xEE, name);
    }
}

TEST(a_request_cut_short_is_refused_and_nothing_past_its_end_is_read)
{
    for (size_t i = 0; i < ROWS(every_command); i++) {
        const char *name = smpp_command_name(every_command[i]);
        bool refusable = !(every_command[i] & SMPP_RESPONSE);
        struct draft draft;
        struct smpp_pdu pdu;
        size_t whole;

        do {
            random_fill(&random_pdu, every_command[i], false);
            whole = smpp_pdu_encode(&random_pdu.pdu, draft.octets, sizeof(draft.octets));
        } while (whole == 0); /* too large a list */
        for (draft.size = SMPP_HEADER_SIZE; draft.size < whole; draft.size++) {
            smpp_wire_put_32(draft.octets, (uint32_t)draft.size);
            CHECK_EQ(decode(&draft, &pdu) != ESME_ROK, refusable, name);
            CHECK_EQ(pdu.sequence, random_pdu.pdu.sequence, name);
        }
    }
}

/* ---- the header ---- */

TEST(a_length_that_is_not_the_size_is_refused)
{
    struct draft draft = draft_of(SMPP_SUBMIT_SM, 0, BODY(SUBMIT_BODY));
    struct smpp_pdu pdu;

    assert_int_equal(decode(&draft, &pdu), ESME_ROK);
    smpp_wire_put_32(draft.octets, (uint32_t)draft.size + 1);
    assert_int_equal(decode(&draft, &pdu), ESME_RINVCMDLEN);
    assert_int_equal(pdu.sequence, 7);
    draft.size = SMPP_HEADER_SIZE - 1;
    assert_int_equal(decode(&draft, &pdu), ESME_RINVCMDLEN);
}

TEST(an_unknown_command_keeps_its_sequence_for_the_nack)
{
    static const uint32_t unknown[] = {0x0,        0xA,        0x22,       0x111,
                                       0x10200,    0x8000000A, 0x8000000B, 0x80000102,
                                       0xFFFFFFFF, 0x80000111};

    for (size_t i = 0; i < ROWS(unknown); i++) {
        struct draft draft = draft_of(unknown[i], 0, BODY("abc"));
        struct smpp_pdu pdu;

        CHECK_EQ(decode(&draft, &pdu), ESME_RINVCMDID, "unknown");
        CHECK_EQ(pdu.sequence, 7, "unknown");
        CHECK_EQ(pdu.command, unknown[i], "unknown");
        CHECK(smpp_command_name(unknown[i]) == NULL, "unknown");
        CHECK_EQ(smpp_pdu_encode(&pdu, first, sizeof(first)), 0, "unknown");
    }
}

TEST(a_decoded_pdu_holds_nothing_of_the_one_before)
{
    struct draft submit = draft_of(SMPP_SUBMIT_SM, 0, BODY(SUBMIT_BODY));
    struct draft link = draft_of(SMPP_ENQUIRE_LINK, 0, NULL, 0);
    struct smpp_pdu pdu;

    memset(&pdu, 0xEE, sizeof(pdu));
    add_tlv(&submit, 0x1400, 3);
    assert_int_equal(decode(&submit, &pdu), ESME_ROK);
    assert_int_equal(pdu.tlv_count, 1);
    assert_int_equal(pdu.password.size, 0);
    assert_int_equal(decode(&link, &pdu), ESME_ROK);
    assert_int_equal(pdu.tlv_count, 0);
    assert_int_equal(pdu.destination.size, 0);
    assert_int_equal(pdu.tolerated, 0);
}

TEST(a_request_is_written_with_status_0)
{
    smpp_pdu_init(&random_pdu.pdu, SMPP_ENQUIRE_LINK, ESME_RSYSERR, 9);
    assert_int_equal(smpp_pdu_encode(&random_pdu.pdu, first, sizeof(first)), 16);
    assert_int_equal(smpp_wire_get_32(first + 8), 0);
}

/* ---- responses ---- */

TEST(responses_are_never_refused)
{
    static const struct {
        const char *row;
        uint32_t command;
        uint32_t status;
        const char *body;
        size_t size;
        const char *message_id;
        unsigned tolerated;
    } rows[] = {
        {"an id",                                                                     0x80000004, 0,                                                                                                                                                                                BODY("abc\0"),                                                                                                                                                                                                                             "abc",0                             },
        {"no body",                                                                   0x80000004, 0,                                                                                                                                                                                "",                                                                                                                                                                                                                                        0,"",                             SMPP_TOLERATED_NO_BODY},
        {"an error without body",                                                                           0x80000004,                                                               0x58,                                                                                                                                                           "",                                                                                                                                                                                                                                                                                                                                  0,"",0},
        {"an error with a NUL",                                                                          0x80000004,                                                                                    0x58,                                                                                                                                                                                                                                                BODY("\0"),                                                                                                                                                                                                                                                                                                                                                                                                      "",
         SMPP_TOLERATED_BODY_OF_ERROR                                                                                                                                                                                                                  },
        {"an error with an id",                                                0x80000004,                                                          0x58,                                                                                                                                                                                                                      BODY("abc\0"),                                                                                                                                                                                                                                                                                                                                                                                                      "abc",
         SMPP_TOLERATED_BODY_OF_ERROR},
        {"a vendor's status",                                                0x80000004,                                                          0x4FF,                                                                                                                                                                                                                        "",                                                                                                                                                                                                                                                                                                                                                                                                        0,"",                                                                                                                                                                                                                             0},
        {"a reserved status",                                                                         0x80000004,                                                                                  0xFFFFFFFF,                                                                                                                                                                                                                                                                  "",                                                                                                                                                                                                                                                                                                                                                                                                                                                                                         0,                                                              "",0},
        {"no NUL at the end",                                                                          0x80000004,                                                                                  0,                                                                                                                                                                                                                                                                 BODY("abc"),                  "abc",SMPP_TOLERATED_NO_NUL},
        {"64 characters and no NUL",                                                                0x80000004,                                                                     0,
         BODY("1234567890123456789012345678901234567890123456789012345678901234"),
         "1234567890123456789012345678901234567890123456789012345678901234",                                                                                                                                                                                                                             SMPP_TOLERATED_NO_NUL                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                        },
        {"65 characters",    0x80000004,                      0,
         BODY("12345678901234567890123456789012345678901234567890123456789012345\0"),                                                                                                                                                                                                                                                                                                                                                                                                                          "",
         SMPP_TOLERATED_BAD_FIELD},
        {"65 characters and no NUL", 0x80000004,         0,
         BODY("12345678901234567890123456789012345678901234567890123456789012345"),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                           "",
         SMPP_TOLERATED_BAD_FIELD                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                             },
        {"3 octets behind",   0x80000004,           0,                                                                                                                                                                                                                                                  BODY("abc\0xyz"),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                           "abc",
         SMPP_TOLERATED_TRAILING},
        {"a TLV longer than the rest",                                                           0x80000004,                                                                0,                                                                                                                                                                                                                                                   BODY("abc\0\x14\0\0\x9xyz"),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                            "abc",
         SMPP_TOLERATED_TLV_STREAM                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                           },
        {"a TLV of a wrong length",                                                0x80000004,                                                     0,                                                                                                                                                                                                                                                 BODY("abc\0\x4\x27\0\x2xy"),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                          "abc",
         SMPP_TOLERATED_TLV_LENGTH},
        {"deliver_sm_resp without body",                                                0x80000005,                                                     0,                                                                                                                                                                                                                                                 "",                                                                                                                                                                                                                                                                                                                                                                                                                                                                                          0,"",                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       SMPP_TOLERATED_NO_BODY},
        {"deliver_sm_resp with an id",                                                                         0x80000005,                                                                                  0,                BODY("abc\0"),"abc",0},
        {"bind_transceiver_resp, error",                                                                          0x80000009,0xD,                                                                                                                                                  "",                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                 0,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                    "",                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                           0},
        {"query_sm_resp, half",                                                                        0x80000003,                                                                                           0,                                                                                                                         BODY("abc\0\0"),"abc",
         SMPP_TOLERATED_BAD_FIELD},
        {"submit_multi_resp, half a list",0x80000021,0,
         BODY("abc\0\x2\1\1xyz\0\0\0\0\xB"),                                                                                                                                                                                                                                                                                                                                                                                                                                                                       "abc",SMPP_TOLERATED_BAD_FIELD                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                             },
        {"cancel_sm_resp with something",                                                                        0x80000008,                                                                                                                                                                         0,                                                                                                                                                                                                                                        BODY("\0"),      "",
         SMPP_TOLERATED_TRAILING},
        {"generic_nack with something",0x80000000,3,BODY("\0\0\0\0\0"),"",
         SMPP_TOLERATED_BODY_OF_ERROR | SMPP_TOLERATED_TRAILING                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                             },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct draft draft =
            draft_of(rows[i].command, rows[i].status, rows[i].body, rows[i].size);
        struct smpp_pdu pdu;

        CHECK_EQ(smpp_pdu_decode(draft.octets, draft.size, &pdu), ESME_ROK, rows[i].row);
        CHECK_EQ(pdu.status, rows[i].status, rows[i].row);
        CHECK_EQ(pdu.tolerated, rows[i].tolerated, rows[i].row);
        CHECK_EQ(pdu.message_id.size, strlen(rows[i].message_id), rows[i].row);
        if (pdu.message_id.size > 0)
            CHECK_BYTES(pdu.message_id.data, pdu.message_id.size, rows[i].message_id,
                        pdu.message_id.size, rows[i].row);
    }
}

TEST(a_system_id_that_is_too_long_does_not_hide_the_version_behind_it)
{
    struct draft draft =
        draft_of(0x80000009, 0, BODY("a.rather.long.system.id\0\x2\x10\0\1\x34"));
    struct smpp_pdu pdu;

    assert_int_equal(smpp_pdu_decode(draft.octets, draft.size, &pdu), ESME_ROK);
    assert_int_equal(pdu.tolerated, SMPP_TOLERATED_BAD_FIELD);
    assert_int_equal(pdu.system_id.size, 0);
    assert_int_equal(smpp_tlv_integer(smpp_pdu_tlv(&pdu, SMPP_TLV_SC_INTERFACE_VERSION)),
                     0x34);
}

TEST(an_error_is_written_without_a_body)
{
    random_fill(&random_pdu, SMPP_SUBMIT_SM | SMPP_RESPONSE, false);
    random_pdu.pdu.status = ESME_RTHROTTLED;
    assert_int_equal(smpp_pdu_encoded_size(&random_pdu.pdu), 16);
    assert_int_equal(smpp_pdu_encode(&random_pdu.pdu, first, 16), 16);
    assert_int_equal(smpp_wire_get_32(first), 16);
    assert_int_equal(smpp_wire_get_32(first + 8), ESME_RTHROTTLED);
}

/* ---- TLVs ---- */

TEST(a_wrong_tlv_costs_a_submission_its_acceptance_but_no_receipt)
{
    enum what { SUBMIT, DELIVER, RECEIPT, NEWS, DATA, ALERT };
    static const struct {
        const char *row;
        enum what what;
        uint16_t tag;
        uint16_t size;
        size_t behind; /* octets that are no TLV */
        uint32_t status;
        unsigned tolerated;
        unsigned kept;
    } rows[] = {
        {"submit: right",         SUBMIT,  0x0204, 2, 0, 0,                     0,                         1},
        {"submit: length",        SUBMIT,  0x0204, 1, 0, ESME_RINVPARLEN,       0,                         0},
        {"submit: unknown tag",   SUBMIT,  0x1403, 9, 0, 0,                     0,                         1},
        {"submit: 1 octet",       SUBMIT,  0x0204, 2, 1, ESME_RINVOPTPARSTREAM, 0,                         1},
        {"submit: 3 octets",      SUBMIT,  0x0204, 2, 3, ESME_RINVOPTPARSTREAM, 0,                         1},
        {"submit: past the end",  SUBMIT,  0x0204, 2, 4, ESME_RINVOPTPARSTREAM, 0,                         1},
        {"deliver: length",       DELIVER, 0x0427, 2, 0, 0,                     SMPP_TOLERATED_TLV_LENGTH, 0},
        {"deliver: 1 octet",      DELIVER, 0x0427, 1, 1, 0,                     SMPP_TOLERATED_TRAILING,   1},
        {"deliver: past the end", DELIVER, 0x0427, 1, 4, ESME_RINVOPTPARSTREAM, 0,                         1},
        {"data: length",          DATA,    0x0427, 2, 0, ESME_RINVPARLEN,       0,                         0},
        {"data: 1 octet",         DATA,    0x0427, 1, 1, ESME_RINVOPTPARSTREAM, 0,                         1},
        {"receipt: length",       RECEIPT, 0x0427, 2, 0, 0,                     SMPP_TOLERATED_TLV_LENGTH, 0},
        {"receipt: 1 octet",      RECEIPT, 0x0427, 1, 1, 0,                     SMPP_TOLERATED_TRAILING,   1},
        {"intermediate: length",  NEWS,    0x0427, 2, 0, 0,                     SMPP_TOLERATED_TLV_LENGTH, 0},
        {"alert: length",         ALERT,   0x0422, 2, 0, 0,                     SMPP_TOLERATED_TLV_LENGTH, 0},
        {"alert: 1 octet",        ALERT,   0x0422, 1, 1, 0,                     SMPP_TOLERATED_TRAILING,   1},
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct smpp_pdu pdu;
        struct draft draft;

        switch (rows[i].what) {
        case SUBMIT:
            draft = draft_of(SMPP_SUBMIT_SM, 0, BODY(SUBMIT_BODY));
            break;
        case DELIVER:
            draft = draft_of(SMPP_DELIVER_SM, 0, BODY(SUBMIT_BODY));
            break;
        case RECEIPT:
            draft = draft_of(SMPP_DATA_SM, 0, BODY(EMPTY_SUBMIT "123\0\x4\0\0"));
            break;
        case NEWS:
            draft = draft_of(SMPP_DATA_SM, 0, BODY(EMPTY_SUBMIT "123\0\x20\0\0"));
            break;
        case ALERT:
            draft = draft_of(SMPP_ALERT_NOTIFICATION, 0, BODY("\1\1\0\0\0\0"));
            break;
        case DATA:
            draft = draft_of(SMPP_DATA_SM, 0, BODY(EMPTY_SUBMIT "123\0\0\0\0"));
            break;
        }
        add_tlv(&draft, rows[i].tag, rows[i].size);
        add(&draft, "\xFF\xFF\xFF\xFF", rows[i].behind);
        CHECK_EQ(decode(&draft, &pdu), rows[i].status, rows[i].row);
        CHECK_EQ(pdu.tolerated, rows[i].tolerated, rows[i].row);
        CHECK_EQ(pdu.tlv_count, rows[i].kept, rows[i].row);
    }
}

TEST(the_65th_tlv_is_refused_in_a_request_and_left_out_of_a_response)
{
    static const struct {
        uint32_t command;
        uint32_t status;
        unsigned tolerated;
    } rows[] = {
        {SMPP_SUBMIT_SM,               ESME_RINVOPTPARSTREAM, 0                        },
        {SMPP_DELIVER_SM,              ESME_RINVOPTPARSTREAM, 0                        },
        {SMPP_DATA_SM | SMPP_RESPONSE, ESME_ROK,              SMPP_TOLERATED_TLV_STREAM},
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        const char *name = smpp_command_name(rows[i].command);
        struct smpp_pdu pdu;
        struct draft draft = rows[i].command & SMPP_RESPONSE
                                 ? draft_of(rows[i].command, 0, BODY("id\0"))
                                 : draft_of(rows[i].command, 0, BODY(SUBMIT_BODY));

        for (unsigned count = 0; count < SMPP_PDU_TLV_CAPACITY; count++)
            add_tlv(&draft, (uint16_t)(0x1400 + count), 1);
        CHECK_EQ(decode(&draft, &pdu), ESME_ROK, name);
        CHECK_EQ(pdu.tlv_count, SMPP_PDU_TLV_CAPACITY, name);
        add_tlv(&draft, 0x1500, 1);
        CHECK_EQ(decode(&draft, &pdu), rows[i].status, name);
        CHECK_EQ(pdu.tolerated, rows[i].tolerated, name);
        CHECK_EQ(pdu.tlv_count, SMPP_PDU_TLV_CAPACITY, name);
        CHECK_EQ(pdu.tlvs[63].tag, 0x143F, name);
    }
}

TEST(of_two_tlvs_with_one_tag_the_first_counts_and_it_is_noted)
{
    struct draft draft = draft_of(SMPP_SUBMIT_SM, 0, BODY(SUBMIT_BODY));
    struct smpp_pdu pdu;

    add(&draft, "\x2\x4\0\2\0\1", 6);
    add(&draft, "\x2\x4\0\2\0\2", 6);
    assert_int_equal(smpp_pdu_decode(draft.octets, draft.size, &pdu), ESME_ROK);
    assert_int_equal(pdu.tolerated, SMPP_TOLERATED_TLV_TWICE);
    assert_int_equal(smpp_tlv_integer(smpp_pdu_tlv(&pdu, 0x0204)), 1);
    assert_int_equal(pdu.tlv_count, 2);

    draft = draft_of(SMPP_SUBMIT_SM, 0, BODY(SUBMIT_BODY));
    add_tlv(&draft, 0x0381, 9); /* callback_num may be repeated */
    add_tlv(&draft, 0x0381, 9);
    add_tlv(&draft, 0x1403, 1); /* and nobody knows of a vendor's */
    add_tlv(&draft, 0x1403, 1);
    assert_int_equal(decode(&draft, &pdu), ESME_ROK);
    assert_int_equal(pdu.tolerated, 0);
    assert_int_equal(pdu.tlv_count, 4);
}

TEST(a_tlv_is_added_while_there_is_room_and_its_size_is_right)
{
    struct smpp_pdu pdu;

    smpp_pdu_init(&pdu, SMPP_SUBMIT_SM, 0, 1);
    assert_false(smpp_pdu_add_tlv(&pdu, SMPP_TLV_USER_MESSAGE_REFERENCE, "a", 1));
    assert_int_equal(pdu.tlv_count, 0);
    for (unsigned count = 0; count < SMPP_PDU_TLV_CAPACITY; count++)
        assert_true(smpp_pdu_add_tlv(&pdu, SMPP_TLV_USER_MESSAGE_REFERENCE, "ab", 2));
    assert_false(smpp_pdu_add_tlv(&pdu, SMPP_TLV_USER_MESSAGE_REFERENCE, "ab", 2));
    assert_int_equal(pdu.tlv_count, SMPP_PDU_TLV_CAPACITY);
}

TEST(the_text_of_a_tlv_ends_before_its_nul_if_it_has_one)
{
    struct smpp_pdu pdu;
    struct smpp_octets text;

    smpp_pdu_init(&pdu, SMPP_DELIVER_SM, 0, 1);
    assert_int_equal(smpp_pdu_tlv_text(&pdu, SMPP_TLV_RECEIPTED_MESSAGE_ID).size, 0);
    assert_true(smpp_pdu_add_tlv(&pdu, SMPP_TLV_RECEIPTED_MESSAGE_ID, "12ab", 5));
    text = smpp_pdu_tlv_text(&pdu, SMPP_TLV_RECEIPTED_MESSAGE_ID);
    CHECK_BYTES(text.data, text.size, "12ab", 4, "with NUL");
    pdu.tlvs[0].size = 3;
    text = smpp_pdu_tlv_text(&pdu, SMPP_TLV_RECEIPTED_MESSAGE_ID);
    CHECK_BYTES(text.data, text.size, "12a", 3, "without");
}

TEST(the_user_data_is_the_payload_or_else_the_short_message)
{
    struct smpp_pdu pdu;
    struct smpp_octets text;

    smpp_pdu_init(&pdu, SMPP_SUBMIT_SM, 0, 1);
    assert_int_equal(smpp_pdu_user_data(&pdu).size, 0);
    assert_true(smpp_pdu_add_tlv(&pdu, SMPP_TLV_MESSAGE_PAYLOAD, "payload", 7));
    text = smpp_pdu_user_data(&pdu);
    CHECK_BYTES(text.data, text.size, "payload", 7, "payload");
    pdu.short_message = (struct smpp_octets){(const uint8_t *)"short", 5};
    text = smpp_pdu_user_data(&pdu);
    CHECK_BYTES(text.data, text.size, "payload", 7, "both");
    pdu.tlvs[0].size = 0;
    text = smpp_pdu_user_data(&pdu);
    CHECK_BYTES(text.data, text.size, "short", 5, "an empty payload");
}

/* ---- lists ---- */

TEST(destinations_come_out_as_they_went_in)
{
    static const struct smpp_destination given[] = {
        {1, 1, 1, {(const uint8_t *)"79161234567", 11}, 0},
        {2, 0, 0, {(const uint8_t *)"friends", 7},      0},
        {1, 5, 0, {NULL, 0},                            0},
    };
    uint8_t list[100];
    struct smpp_destination one;
    struct smpp_pdu back;
    size_t cursor = 0;
    size_t size = 0;

    random_fill(&random_pdu, SMPP_SUBMIT_MULTI, true);
    for (size_t i = 0; i < ROWS(given); i++)
        size += smpp_destination_write(SMPP_SUBMIT_MULTI, &given[i], list + size,
                                       sizeof(list) - size);
    random_pdu.pdu.destinations = (struct smpp_octets){list, (uint32_t)size};
    random_pdu.pdu.destination_count = ROWS(given);
    size = smpp_pdu_encode(&random_pdu.pdu, first, sizeof(first));
    assert_true(size > 0);
    assert_int_equal(smpp_pdu_decode(first, size, &back), ESME_ROK);
    assert_int_equal(back.destination_count, ROWS(given));
    for (size_t i = 0; i < ROWS(given); i++) {
        assert_true(smpp_pdu_destination(&back, &cursor, &one));
        assert_int_equal(one.flag, given[i].flag);
        assert_int_equal(one.ton, given[i].ton);
        assert_int_equal(one.address.size, given[i].address.size);
        if (one.address.size > 0)
            CHECK_BYTES(one.address.data, one.address.size, given[i].address.data,
                        given[i].address.size, "address");
    }
    assert_false(smpp_pdu_destination(&back, &cursor, &one));
}

TEST(a_list_that_does_not_hold_what_its_count_says_is_not_written)
{
    static const uint8_t list[] = {1, 1, 1, '7', 0, 2, 'x', 0};

    random_fill(&random_pdu, SMPP_SUBMIT_MULTI, true);
    random_pdu.pdu.destinations = (struct smpp_octets){list, sizeof(list)};
    random_pdu.pdu.destination_count = 2;
    assert_true(smpp_pdu_encode(&random_pdu.pdu, first, sizeof(first)) > 0);
    random_pdu.pdu.destination_count = 1;
    assert_int_equal(smpp_pdu_encode(&random_pdu.pdu, first, sizeof(first)), 0);
    random_pdu.pdu.destination_count = 3;
    assert_int_equal(smpp_pdu_encode(&random_pdu.pdu, first, sizeof(first)), 0);
    random_pdu.pdu.destination_count = 2;
    random_pdu.pdu.destinations.size--;
    assert_int_equal(smpp_pdu_encode(&random_pdu.pdu, first, sizeof(first)), 0);
    random_pdu.pdu.destination_count = 0;
    random_pdu.pdu.destinations.size = 0;
    assert_int_equal(smpp_pdu_encode(&random_pdu.pdu, first, sizeof(first)), 0);
}

TEST(an_entry_is_written_whole_or_not_at_all)
{
    static const uint8_t address[30] = "123456789012345678901";
    struct smpp_destination one = {
        .flag = SMPP_DESTINATION_SME, .address = {address, 20},
             .error_status = 0x0B
    };
    uint8_t out[SMPP_DESTINATION_MAX_SIZE];

    assert_int_equal(smpp_destination_write(SMPP_SUBMIT_MULTI, &one, out, sizeof(out)), 24);
    assert_int_equal(smpp_destination_write(SMPP_SUBMIT_MULTI, &one, out, 23), 0);
    assert_int_equal(
        smpp_destination_write(SMPP_SUBMIT_MULTI | SMPP_RESPONSE, &one, out, sizeof(out)),
        27);
    one.address.size = 21;
    assert_int_equal(smpp_destination_write(SMPP_SUBMIT_MULTI, &one, out, sizeof(out)), 0);
    one.address = (struct smpp_octets){(const uint8_t *)"a\0b", 3};
    assert_int_equal(smpp_destination_write(SMPP_SUBMIT_MULTI, &one, out, sizeof(out)), 0);
    one.address.size = 1;
    one.flag = 3;
    assert_int_equal(smpp_destination_write(SMPP_SUBMIT_MULTI, &one, out, sizeof(out)), 0);
}

/* ---- limits, in and out ---- */

/* Every STRING and TIME of every command: as long as allowed, and one more. */
TEST(a_string_at_its_limit_passes_and_a_longer_one_gets_its_own_status)
{
    static const uint8_t letters[300] = {[0 ... 299] = 'x'};

    for (size_t i = 0; i < ROWS(every_command); i++) {
        const struct smpp_field *field = smpp_fields_of(every_command[i]);
        const char *name = smpp_command_name(every_command[i]);

        for (; field->kind != SMPP_FIELD_END; field++) {
            struct smpp_octets *string =
                (struct smpp_octets *)((char *)&random_pdu.pdu + field->offset);
            struct smpp_pdu back;
            size_t size;
            size_t before = SMPP_HEADER_SIZE;

            if (field->kind != SMPP_FIELD_STRING && field->kind != SMPP_FIELD_TIME)
                continue;
            random_fill(&random_pdu, every_command[i], true);
            *string = (struct smpp_octets){letters, field->limit - 1u};
            size = smpp_pdu_encode(&random_pdu.pdu, first, sizeof(first));
            CHECK(size > 0, name);
            CHECK_EQ(smpp_pdu_decode(first, size, &back), ESME_ROK, name);

            /* One more letter, put in where the string begins. */
            before =
                (size_t)(((struct smpp_octets *)((char *)&back + field->offset))->data -
                         first);
            memmove(first + before + 1, first + before, size - before);
            first[before] = 'x';
            smpp_wire_put_32(first, (uint32_t)size + 1);
            if (every_command[i] & SMPP_RESPONSE) {
                CHECK_EQ(smpp_pdu_decode(first, size + 1, &back), ESME_ROK, name);
                CHECK_EQ(back.tolerated, SMPP_TOLERATED_BAD_FIELD, name);
            } else {
                CHECK_EQ(smpp_pdu_decode(first, size + 1, &back), field->status, name);
            }
            string->size++;
            CHECK_EQ(smpp_pdu_encode(&random_pdu.pdu, first, sizeof(first)), 0, name);
        }
    }
}

TEST(an_integer_above_its_limit_gets_its_own_status)
{
    for (size_t i = 0; i < ROWS(every_command); i++) {
        const struct smpp_field *field = smpp_fields_of(every_command[i]);
        const char *name = smpp_command_name(every_command[i]);

        for (; field->kind != SMPP_FIELD_END; field++) {
            uint8_t *value = (uint8_t *)&random_pdu.pdu + field->offset;

            if (field->kind != SMPP_FIELD_INTEGER || field->limit == 255)
                continue;
            random_fill(&random_pdu, every_command[i], true);
            *value = field->limit;
            CHECK(smpp_pdu_encode(&random_pdu.pdu, first, sizeof(first)) > 0, name);
            (*value)++;
            CHECK_EQ(smpp_pdu_encode(&random_pdu.pdu, first, sizeof(first)), 0, name);
        }
    }
}

TEST(a_nul_inside_a_string_is_not_written)
{
    random_fill(&random_pdu, SMPP_SUBMIT_SM, true);
    assert_true(smpp_pdu_encode(&random_pdu.pdu, first, sizeof(first)) > 0);
    for (size_t at = 0; at < 20; at++) {
        uint8_t address[20] = "12345678901234567890";

        address[at] = 0;
        random_pdu.pdu.source = (struct smpp_octets){address, sizeof(address)};
        assert_int_equal(smpp_pdu_encode(&random_pdu.pdu, first, sizeof(first)), 0);
    }
}

TEST(a_text_of_254_octets_passes_and_255_do_not)
{
    static const uint8_t text[255];

    random_fill(&random_pdu, SMPP_SUBMIT_SM, true);
    random_pdu.pdu.short_message = (struct smpp_octets){text, 254};
    assert_true(smpp_pdu_encode(&random_pdu.pdu, first, sizeof(first)) > 0);
    random_pdu.pdu.short_message.size = 255;
    assert_int_equal(smpp_pdu_encode(&random_pdu.pdu, first, sizeof(first)), 0);
}

TEST(a_payload_of_64_k_fits_the_largest_pdu)
{
    static const uint8_t payload[65535];
    struct smpp_pdu pdu;
    struct smpp_pdu back;
    size_t size;

    smpp_pdu_init(&pdu, SMPP_DATA_SM, 0, 1);
    assert_true(smpp_pdu_add_tlv(&pdu, SMPP_TLV_MESSAGE_PAYLOAD, payload, sizeof(payload)));
    size = smpp_pdu_encode(&pdu, first, SMPP_PDU_MAX_SIZE);
    assert_true(size > 65535);
    assert_int_equal(smpp_pdu_decode(first, size, &back), ESME_ROK);
    assert_int_equal(smpp_pdu_user_data(&back).size, 65535);
}

/* ---- names ---- */

TEST(commands_and_statuses_have_their_names)
{
    assert_string_equal(smpp_command_name(SMPP_SUBMIT_SM), "submit_sm");
    assert_string_equal(smpp_command_name(0x80000000), "generic_nack");
    assert_string_equal(smpp_command_name(0x80000103), "data_sm_resp");
    assert_null(smpp_command_name(0x80000102));
    assert_string_equal(smpp_status_name(0), "ESME_ROK");
    assert_string_equal(smpp_status_name(0x58), "ESME_RTHROTTLED");
    assert_string_equal(smpp_status_name(0x400), "vendor");
    assert_string_equal(smpp_status_name(0x4FF), "vendor");
    assert_string_equal(smpp_status_name(0x500), "reserved");
    assert_string_equal(smpp_status_name(0x09), "reserved");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(what_is_encoded_decodes_to_the_same),
        RUN(no_octet_too_many_is_written),
        RUN(a_request_cut_short_is_refused_and_nothing_past_its_end_is_read),
        RUN(a_length_that_is_not_the_size_is_refused),
        RUN(an_unknown_command_keeps_its_sequence_for_the_nack),
        RUN(a_decoded_pdu_holds_nothing_of_the_one_before),
        RUN(a_request_is_written_with_status_0),
        RUN(responses_are_never_refused),
        RUN(a_system_id_that_is_too_long_does_not_hide_the_version_behind_it),
        RUN(an_error_is_written_without_a_body),
        RUN(a_wrong_tlv_costs_a_submission_its_acceptance_but_no_receipt),
        RUN(the_65th_tlv_is_refused_in_a_request_and_left_out_of_a_response),
        RUN(of_two_tlvs_with_one_tag_the_first_counts_and_it_is_noted),
        RUN(a_tlv_is_added_while_there_is_room_and_its_size_is_right),
        RUN(the_text_of_a_tlv_ends_before_its_nul_if_it_has_one),
        RUN(the_user_data_is_the_payload_or_else_the_short_message),
        RUN(destinations_come_out_as_they_went_in),
        RUN(a_list_that_does_not_hold_what_its_count_says_is_not_written),
        RUN(an_entry_is_written_whole_or_not_at_all),
        RUN(a_string_at_its_limit_passes_and_a_longer_one_gets_its_own_status),
        RUN(an_integer_above_its_limit_gets_its_own_status),
        RUN(a_nul_inside_a_string_is_not_written),
        RUN(a_text_of_254_octets_passes_and_255_do_not),
        RUN(a_payload_of_64_k_fits_the_largest_pdu),
        RUN(commands_and_statuses_have_their_names),
    };

    return RUN_ALL(tests);
}
