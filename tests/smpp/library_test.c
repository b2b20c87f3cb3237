/*
 * The differential test: our codec against libsmpp34, over all of the library's domain
 * (mandatory fields; texts, lists and TLVs never reach it), octet by octet, both ways.
 */
#include "tests/test.h"

#include "smpp/library.h"
#include "tests/smpp/random_pdu.h"

enum { ROUNDS_PER_COMMAND = 2000 };

static struct random_pdu random_pdu = {.state = 0x51CE34};
static uint8_t ours[96 * 1024];
static uint8_t theirs[96 * 1024];

static void compare_once(uint32_t command, const char *name)
{
    const struct smpp_pdu *pdu = &random_pdu.pdu;
    struct smpp_pdu back;
    size_t size = smpp_pdu_encode(pdu, ours, sizeof(ours));

    CHECK(smpp_library_covers(pdu), name);
    CHECK(size > 0, name);
    CHECK_BYTES(theirs, smpp_library_pack(pdu, theirs, sizeof(theirs)), ours, size, name);

    CHECK_EQ(smpp_pdu_decode(theirs, size, &back), ESME_ROK, name);
    CHECK_EQ(back.command, command, name);
    CHECK(pdu_difference(pdu, &back) == NULL, name);
    CHECK(smpp_library_agrees(theirs, &back), name);
}

TEST(both_pack_the_same_octets_and_read_the_same_values)
{
    for (size_t i = 0; i < ROWS(every_command); i++)
        for (int round = 0; round < ROUNDS_PER_COMMAND; round++) {
            random_fill(&random_pdu, every_command[i], true);
            compare_once(every_command[i], smpp_command_name(every_command[i]));
        }
}

TEST(tlvs_stand_after_what_the_library_packed)
{
    for (size_t i = 0; i < ROWS(every_command); i++)
        for (int round = 0; round < 100; round++) {
            random_fill(&random_pdu, every_command[i], true);
            random_add_tlvs(&random_pdu, 20);
            compare_once(every_command[i], smpp_command_name(every_command[i]));
        }
}

TEST(every_status_of_3_4_is_the_same_in_both)
{
    static const uint32_t statuses[] = {
#define STATUS(value, name, meaning) value,
#include "smpp/status.def"
#undef STATUS
    };

    for (size_t i = 0; i < ROWS(statuses); i++) {
        smpp_pdu_init(&random_pdu.pdu, SMPP_GENERIC_NACK, statuses[i], 1);
        CHECK_EQ(smpp_library_covers(&random_pdu.pdu), statuses[i] < 0x100,
                 smpp_status_name(statuses[i]));
        if (statuses[i] < 0x100)
            compare_once(SMPP_GENERIC_NACK, smpp_status_name(statuses[i]));
    }
}

TEST(every_type_and_plan_of_number_of_3_4_is_the_same_in_both)
{
    unsigned types = 0;
    unsigned plans = 0;

    for (unsigned value = 0; value < 256; value++) {
        random_fill(&random_pdu, SMPP_QUERY_SM, true);
        random_pdu.pdu.source_ton = (uint8_t)value;
        random_pdu.pdu.source_npi = 0;
        if (smpp_library_covers(&random_pdu.pdu)) {
            compare_once(SMPP_QUERY_SM, "type of number");
            types++;
        }
        random_pdu.pdu.source_ton = 0;
        random_pdu.pdu.source_npi = (uint8_t)value;
        if (smpp_library_covers(&random_pdu.pdu)) {
            compare_once(SMPP_QUERY_SM, "numbering plan");
            plans++;
        }
    }
    assert_int_equal(types, 7);
    assert_int_equal(plans, 10);
}

TEST(a_string_is_covered_up_to_the_librarys_limit_and_not_beyond)
{
    static const uint8_t letters[300] = {[0 ... 299] = 'x'};
    static const struct {
        const char *row;
        uint32_t command;
        size_t member;
        uint32_t longest;
    } rows[] = {
        {"system_id",        SMPP_BIND_RECEIVER,      offsetof(struct smpp_pdu, system_id),     15},
        {"password",         SMPP_BIND_RECEIVER,      offsetof(struct smpp_pdu, password),      8 },
        {"system_type",      SMPP_BIND_RECEIVER,      offsetof(struct smpp_pdu, system_type),   12},
        {"address_range",    SMPP_BIND_RECEIVER,      offsetof(struct smpp_pdu, address_range), 40},
        {"message_id",       SMPP_CANCEL_SM,          offsetof(struct smpp_pdu, message_id),    64},
        {"service_type",     SMPP_CANCEL_SM,          offsetof(struct smpp_pdu, service_type),  5 },
        {"source",           SMPP_CANCEL_SM,          offsetof(struct smpp_pdu, source),        20},
        {"destination",      SMPP_CANCEL_SM,          offsetof(struct smpp_pdu, destination),   20},
        {"esme_addr",        SMPP_ALERT_NOTIFICATION, offsetof(struct smpp_pdu, destination),   64},
        {"outbind password", SMPP_OUTBIND,            offsetof(struct smpp_pdu, password),      8 },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct smpp_octets *string =
            (struct smpp_octets *)((char *)&random_pdu.pdu + rows[i].member);

        random_fill(&random_pdu, rows[i].command, true);
        *string = (struct smpp_octets){letters, rows[i].longest};
        compare_once(rows[i].command, rows[i].row);
        string->size++;
        CHECK(!smpp_library_covers(&random_pdu.pdu), rows[i].row);
        CHECK_EQ(smpp_library_pack(&random_pdu.pdu, theirs, sizeof(theirs)), 0,
                 rows[i].row);
    }
}

TEST(a_cold_pdu_has_the_same_octets_whoever_packs_it)
{
    static const uint32_t cold[] = {
        SMPP_BIND_RECEIVER,
        SMPP_BIND_TRANSMITTER,
        SMPP_BIND_TRANSCEIVER,
        SMPP_BIND_RECEIVER | SMPP_RESPONSE,
        SMPP_BIND_TRANSMITTER | SMPP_RESPONSE,
        SMPP_BIND_TRANSCEIVER | SMPP_RESPONSE,
        SMPP_OUTBIND,
        SMPP_QUERY_SM,
        SMPP_CANCEL_SM,
        SMPP_REPLACE_SM,
        SMPP_ALERT_NOTIFICATION,
    };
    unsigned outside = 0;

    for (size_t i = 0; i < ROWS(cold); i++)
        for (int round = 0; round < 500; round++) {
            const char *name = smpp_command_name(cold[i]);
            size_t size;

            random_fill(&random_pdu, cold[i], round % 2 == 0);
            random_add_tlvs(&random_pdu, 3);
            size = smpp_pdu_encode(&random_pdu.pdu, ours, sizeof(ours));
            CHECK(size > 0, name);
            CHECK_EQ(smpp_pdu_encoded_size(&random_pdu.pdu), size, name);
            CHECK_BYTES(theirs, smpp_library_encode_cold(&random_pdu.pdu, theirs, size),
                        ours, size, name);
            CHECK_EQ(smpp_library_encode_cold(&random_pdu.pdu, theirs, size - 1), 0, name);
            outside += !smpp_library_covers(&random_pdu.pdu);
        }
    assert_true(outside > 1000); /* both roads were gone */
}

TEST(binds_of_3_3_and_5_0_peers_are_packed_all_the_same)
{
    static const uint8_t versions[] = {0x00, 0x33, 0x50};

    for (size_t i = 0; i < ROWS(versions); i++) {
        struct smpp_pdu back;
        size_t size;

        random_fill(&random_pdu, SMPP_BIND_TRANSCEIVER, true);
        random_pdu.pdu.interface_version = versions[i];
        CHECK(!smpp_library_covers(&random_pdu.pdu), "bind");
        size = smpp_library_encode_cold(&random_pdu.pdu, theirs, sizeof(theirs));
        CHECK(size > 0, "bind");
        CHECK_EQ(smpp_pdu_decode(theirs, size, &back), ESME_ROK, "bind");
        CHECK_EQ(back.interface_version, versions[i], "bind");
    }
}

TEST(what_our_encoder_refuses_is_not_packed_by_the_library_either)
{
    static const uint8_t with_nul[] = {'a', 0, 'b'};
    static const uint8_t text[300];

    random_fill(&random_pdu, SMPP_REPLACE_SM, true);
    random_pdu.pdu.short_message = (struct smpp_octets){text, 255};
    assert_int_equal(smpp_library_encode_cold(&random_pdu.pdu, theirs, sizeof(theirs)), 0);

    random_fill(&random_pdu, SMPP_QUERY_SM, true);
    random_pdu.pdu.message_id = (struct smpp_octets){with_nul, sizeof(with_nul)};
    assert_int_equal(smpp_library_encode_cold(&random_pdu.pdu, theirs, sizeof(theirs)), 0);

    random_fill(&random_pdu, SMPP_REPLACE_SM, true);
    random_pdu.pdu.validity_period = (struct smpp_octets){(const uint8_t *)"12345", 5};
    assert_int_equal(smpp_library_encode_cold(&random_pdu.pdu, theirs, sizeof(theirs)), 0);
}

TEST(a_refused_bind_is_answered_with_the_header_alone)
{
    random_fill(&random_pdu, SMPP_BIND_TRANSCEIVER | SMPP_RESPONSE, true);
    random_pdu.pdu.status = ESME_RBINDFAIL;
    assert_false(smpp_library_covers(&random_pdu.pdu));
    assert_int_equal(smpp_library_encode_cold(&random_pdu.pdu, theirs, sizeof(theirs)),
                     SMPP_HEADER_SIZE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(both_pack_the_same_octets_and_read_the_same_values),
        RUN(tlvs_stand_after_what_the_library_packed),
        RUN(every_status_of_3_4_is_the_same_in_both),
        RUN(every_type_and_plan_of_number_of_3_4_is_the_same_in_both),
        RUN(a_string_is_covered_up_to_the_librarys_limit_and_not_beyond),
        RUN(a_cold_pdu_has_the_same_octets_whoever_packs_it),
        RUN(binds_of_3_3_and_5_0_peers_are_packed_all_the_same),
        RUN(what_our_encoder_refuses_is_not_packed_by_the_library_either),
        RUN(a_refused_bind_is_answered_with_the_header_alone),
    };

    return RUN_ALL(tests);
}
