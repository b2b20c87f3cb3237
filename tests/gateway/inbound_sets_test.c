/* What subscribers write in parts, and how much of it. */
#include "gateway/inbound.h"

#include <unistd.h>

#include "gateway/outbox.h"
#include "smpp/command.h"
#include "tests/gateway/inbound_scene.h"
#include "tests/test.h"

/* ---- Long ones ------------------------------------------------------------ */

/* 23.040 9.2.3.24.1 and .8, by hand. */
static void write_part_8(uint8_t reference, uint8_t total, uint8_t number, const char *text)
{
    uint8_t octets[160] = {5, 0x00, 3, reference, total, number};
    const struct written it = {"79161234567", "12345",          0x40, 0,
                               octets,        6 + strlen(text), NULL, 0};

    memcpy(octets + 6, text, strlen(text));
    scene_write_deliver(&it);
    scene_expect_answer(ESME_ROK);
}

static void write_part_16(uint8_t reference, uint8_t total, uint8_t number,
                          const char *text)
{
    uint8_t octets[160] = {6, 0x08, 4, 0x01, reference, total, number};
    const struct written it = {"79161234567", "12345",          0x40, 0,
                               octets,        7 + strlen(text), NULL, 0};

    memcpy(octets + 7, text, strlen(text));
    scene_write_deliver(&it);
    scene_expect_answer(ESME_ROK);
}

/* SMPP 3.4 5.3.2.22 to .24. */
static void write_part_sar(uint8_t reference, uint8_t total, uint8_t number,
                           const char *text)
{
    const uint8_t tlvs[] = {0x02, 0x0C, 0,     2,    0,    reference, 0x02, 0x0E,
                            0,    1,    total, 0x02, 0x0F, 0,         1,    number};
    const struct written it = {"79161234567", "12345",      0,    0,
                               text,          strlen(text), tlvs, sizeof(tlvs)};

    scene_write_deliver(&it);
    scene_expect_answer(ESME_ROK);
}

static const struct {
    const char *row;
    void (*write)(uint8_t reference, uint8_t total, uint8_t number, const char *text);
    uint8_t esm_class;
    size_t header_size;
    bool sar;
} kinds[] = {
    {"8 bits",  write_part_8,   0x40, 6, false},
    {"16 bits", write_part_16,  0x40, 7, false},
    {"sar",     write_part_sar, 0,    0, true },
};

TEST(the_parts_of_a_long_message_come_together_in_order_whatever_they_are)
{
    static const char *const texts[] = {"join the ", "club of ", "friends"};
    struct smpp_pdu pdu;

    for (size_t i = 0; i < ROWS(kinds); i++) {
        scene_begin(ACCOUNTS JOIN ALL);
        scene_bind_client(&scene.shop, "shop", 0x34);
        kinds[i].write(7, 3, 3, texts[2]);
        kinds[i].write(7, 3, 1, texts[0]);
        scene_expect_nothing(&scene.shop);
        kinds[i].write(7, 3, 2, texts[1]);
        for (uint8_t number = 1; number <= 3; number++) {
            const char *text = texts[number - 1];

            lone_line_expect(&scene.shop, SMPP_DELIVER_SM, &pdu);
            CHECK_EQ(pdu.esm_class, kinds[i].esm_class, kinds[i].row);
            CHECK_BYTES(pdu.short_message.data + kinds[i].header_size,
                        pdu.short_message.size - kinds[i].header_size, text, strlen(text),
                        kinds[i].row);
            if (kinds[i].sar)
                CHECK_EQ(smpp_pdu_tlv(&pdu, 0x020F)->value[0], number, kinds[i].row);
            else
                CHECK_EQ(pdu.short_message.data[kinds[i].header_size - 1], number,
                         kinds[i].row);
            lone_line_answer(&scene.shop, &pdu, ESME_ROK);
        }
        scene_end();
    }
}

TEST(who_wishes_so_gets_a_long_message_whole)
{
    struct smpp_octets data;
    struct smpp_pdu pdu;

    for (size_t i = 0; i < ROWS(kinds); i++) {
        scene_begin(ACCOUNTS JOIN ALL);
        scene_bind_client(&scene.bank, "bank", 0x34);
        kinds[i].write(9, 2, 2, "the other");
        kinds[i].write(9, 2, 1, "this and ");
        lone_line_expect(&scene.bank, SMPP_DELIVER_SM, &pdu);
        data = smpp_pdu_user_data(&pdu);
        CHECK_BYTES(data.data, data.size, "this and the other", 18, kinds[i].row);
        CHECK_EQ(pdu.esm_class, 0, kinds[i].row);
        assert_null(smpp_pdu_tlv(&pdu, 0x020C));
        lone_line_answer(&scene.bank, &pdu, ESME_ROK);
        scene_expect_nothing(&scene.bank);
        CHECK_EQ(inbound_waiting(lone_gateway_of(scene.lone)), 0, "rows left");
        scene_end();
    }
}

/* 23.038 6.2.1.2: a header of one part names its tables for that part. */
TEST(parts_in_national_letters_keep_the_headers_that_say_so)
{
    static const uint8_t parts[2][10] = {
        {8, 0x00, 3, 5, 2, 1, 0x25, 1, 1, 0x40},
        {8, 0x00, 3, 5, 2, 2, 0x25, 1, 1, 0x0B}
    };
    struct smpp_pdu pdu;

    scene_begin(ACCOUNTS ALL);
    scene_bind_client(&scene.bank, "bank", 0x34);
    for (size_t i = 0; i < 2; i++) {
        const struct written it = {"79161234567", "12345",          0x40, 0,
                                   parts[i],      sizeof(parts[i]), NULL, 0};

        scene_write_deliver(&it);
        scene_expect_answer(ESME_ROK);
    }
    for (size_t i = 0; i < 2; i++) {
        lone_line_expect(&scene.bank, SMPP_DELIVER_SM, &pdu);
        CHECK_EQ(pdu.esm_class, 0x40, "esm_class");
        CHECK_BYTES(pdu.short_message.data, pdu.short_message.size, parts[i],
                    sizeof(parts[i]), "a part");
        lone_line_answer(&scene.bank, &pdu, ESME_ROK);
    }
    scene_end();
}

TEST(a_part_that_does_not_come_holds_the_others_for_a_time)
{
    struct smpp_pdu pdu;

    scene_begin("inbound_collect_within = \"100ms\"\n" ACCOUNTS ALL);
    scene_bind_client(&scene.bank, "bank", 0x34);
    write_part_8(7, 3, 1, "one");
    write_part_8(7, 3, 3, "three");
    lone_line_expect(&scene.bank, SMPP_DELIVER_SM, &pdu);
    CHECK_BYTES(pdu.short_message.data, pdu.short_message.size, "\5\0\3\7\3\1one", 9,
                "the first");
    lone_line_answer(&scene.bank, &pdu, ESME_ROK);
    lone_line_expect(&scene.bank, SMPP_DELIVER_SM, &pdu);
    CHECK_BYTES(pdu.short_message.data, pdu.short_message.size, "\5\0\3\7\3\3three", 11,
                "the third");
    lone_line_answer(&scene.bank, &pdu, ESME_ROK);
    CHECK_EQ(scene_counters()->inbound_incomplete, 1, "incomplete");
    scene_end();
}

TEST(a_reference_that_is_used_again_is_another_message)
{
    struct smpp_octets data;
    struct smpp_pdu pdu;

    scene_begin(ACCOUNTS ALL);
    scene_bind_client(&scene.bank, "bank", 0x34);
    write_part_8(7, 2, 1, "old");
    write_part_8(7, 2, 1, "old"); /* the operator repeats it */
    write_part_8(7, 2, 1, "new ");
    lone_line_expect(&scene.bank, SMPP_DELIVER_SM, &pdu);
    CHECK_BYTES(pdu.short_message.data, pdu.short_message.size, "\5\0\3\7\2\1old", 9,
                "what came of the old one");
    lone_line_answer(&scene.bank, &pdu, ESME_ROK);
    write_part_8(7, 2, 2, "one");
    lone_line_expect(&scene.bank, SMPP_DELIVER_SM, &pdu);
    data = smpp_pdu_user_data(&pdu);
    CHECK_BYTES(data.data, data.size, "new one", 7, "the new one");
    scene_end();
}

/* ---- Bounds ---------------------------------------------------------------- */

#define HOOK                                                                               \
    "inbound \"hook\" { to = \"12345\" account = \"shop\" webhook = "                      \
    "\"http://127.0.0.1:1\" "                                                              \
    "}\n"

/* Octets of IA5 of which each takes six in JSON. */
static void write_controls(size_t size)
{
    static uint8_t tlvs[4 + 0xFFFF];
    const struct written it = {.from = "79161234567",
                               .to = "12345",
                               .data_coding = 1,
                               .tlvs = tlvs,
                               .tlv_size = 4 + size};

    memset(tlvs, 0x01, sizeof(tlvs));
    tlvs[0] = 0x04; /* message_payload */
    tlvs[1] = 0x24;
    tlvs[2] = (uint8_t)(size >> 8);
    tlvs[3] = (uint8_t)size;
    scene_write_deliver(&it);
}

TEST(what_is_longer_than_a_post_may_be_is_refused)
{
    scene_begin(ACCOUNTS HOOK);
    write_controls(20 * 1024);
    scene_expect_answer(ESME_ROK);
    write_controls(20 * 1024 + 1);
    scene_expect_answer(0x66);
    write_controls(0xFFFF);
    scene_expect_answer(0x66);
    CHECK_EQ(outbox_waiting(lone_gateway_of(scene.lone), LETTER_HOOK), 1, "posts");
    assert_in_range(outbox_bytes(lone_gateway_of(scene.lone), LETTER_HOOK), 6 * 20 * 1024,
                    128 * 1024);
    scene_end();
}

TEST(as_many_parts_as_are_collected_fit_into_one_decision)
{
    enum { MOST = 64, CALLBACK_SIZE = 4 + 19 };
    static const uint8_t callback_num[CALLBACK_SIZE] = {0x03, 0x81, 0, 19, 1, 1, 1};
    uint8_t octets[254] = {5, 0x00, 3, 9, MOST, 1};
    const struct written it = {.from = "79161234567",
                               .to = "12345",
                               .esm_class = 0x40,
                               .data_coding = 1,
                               .octets = octets,
                               .size = sizeof(octets)};
    uint8_t tlvs[12 * CALLBACK_SIZE];
    struct written laden = it;

    laden.tlvs = tlvs;
    laden.tlv_size = sizeof(tlvs);
    scene_begin("inbound_collect_within = \"100ms\"\n" ACCOUNTS HOOK);
    memset(octets + 6, 0x01, sizeof(octets) - 6);
    for (uint8_t number = 1; number < MOST; number++) {
        octets[5] = number;
        scene_write_deliver(&it);
        scene_expect_answer(ESME_ROK);
    }
    for (int i = 0; i < 150; i++)
        lone_gateway_turn(scene.lone);
    CHECK_EQ(outbox_waiting(lone_gateway_of(scene.lone), LETTER_HOOK), MOST - 1, "posts");
    octets[4] = MOST + 1; /* of more parts than are collected: a message of its own */
    scene_write_deliver(&it);
    scene_expect_answer(ESME_ROK);
    CHECK_EQ(outbox_waiting(lone_gateway_of(scene.lone), LETTER_HOOK), MOST, "posts");
    octets[5] = 1;
    octets[4] = 2; /* and so is one with more parameters than a part has */
    for (size_t at = 0; at < sizeof(tlvs); at += CALLBACK_SIZE)
        memcpy(tlvs + at, callback_num, CALLBACK_SIZE);
    scene_write_deliver(&laden);
    scene_expect_answer(ESME_ROK);
    CHECK_EQ(outbox_waiting(lone_gateway_of(scene.lone), LETTER_HOOK), MOST + 1, "posts");
    scene_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(the_parts_of_a_long_message_come_together_in_order_whatever_they_are),
        RUN(who_wishes_so_gets_a_long_message_whole),
        RUN(parts_in_national_letters_keep_the_headers_that_say_so),
        RUN(a_part_that_does_not_come_holds_the_others_for_a_time),
        RUN(a_reference_that_is_used_again_is_another_message),
        RUN(what_is_longer_than_a_post_may_be_is_refused),
        RUN(as_many_parts_as_are_collected_fit_into_one_decision),
    };

    return RUN_ALL(tests);
}
