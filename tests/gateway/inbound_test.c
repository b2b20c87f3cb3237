/*
 * What subscribers write, on its way from the operator to the account: whose it is, and
 * that it comes once.
 */
#include "gateway/inbound.h"

#include <unistd.h>

#include "gateway/inbound_pieces.h"
#include "gateway/outbox.h"
#include "gateway/table.h"
#include "smpp/command.h"
#include "tests/gateway/inbound_scene.h"
#include "tests/test.h"

static void scene_expect_text(struct lone_line *line, const char *text)
{
    struct smpp_pdu pdu;

    lone_line_expect(line, SMPP_DELIVER_SM, &pdu);
    CHECK_BYTES(pdu.short_message.data, pdu.short_message.size, text, strlen(text), text);
    lone_line_answer(line, &pdu, ESME_ROK);
}

/* ---- Octets ---------------------------------------------------------------- */

TEST(a_message_comes_to_its_account_octet_for_octet)
{
    /* A UDH with ports, and a privacy_indicator and a user_message_reference. */
    static const uint8_t octets[] = {6, 0x05, 4, 0x0B, 0x84, 0x23, 0xF0, 1, 2, 0, 0xFF};
    static const uint8_t tlvs[] = {0x02, 0x01, 0, 1, 3, 0x02, 0x04, 0, 2, 0x12, 0x34};
    const struct written it = {"79161234567", "12345",        0x40, 0x04,
                               octets,        sizeof(octets), tlvs, sizeof(tlvs)};
    const struct smpp_tlv *tlv;
    struct smpp_pdu pdu;

    scene_begin(ACCOUNTS ALL);
    scene_bind_client(&scene.bank, "bank", 0x34);
    scene_write_deliver(&it);
    scene_expect_answer(ESME_ROK);
    lone_line_expect(&scene.bank, SMPP_DELIVER_SM, &pdu);
    CHECK_EQ(pdu.source_ton, 1, "source TON");
    CHECK_EQ(pdu.source_npi, 1, "source NPI");
    CHECK_EQ(pdu.destination_ton, 3, "destination TON");
    CHECK_EQ(pdu.destination_npi, 0, "destination NPI");
    CHECK_BYTES(pdu.source.data, pdu.source.size, "79161234567", 11, "source");
    CHECK_BYTES(pdu.destination.data, pdu.destination.size, "12345", 5, "destination");
    CHECK_EQ(pdu.esm_class, 0x40, "esm_class");
    CHECK_EQ(pdu.data_coding, 0x04, "data_coding");
    CHECK_EQ(pdu.registered_delivery, 0, "registered_delivery");
    CHECK_BYTES(pdu.short_message.data, pdu.short_message.size, octets, sizeof(octets),
                "octets");
    tlv = smpp_pdu_tlv(&pdu, 0x0201);
    assert_non_null(tlv);
    CHECK_EQ(tlv->value[0], 3, "privacy_indicator");
    tlv = smpp_pdu_tlv(&pdu, 0x0204);
    assert_non_null(tlv);
    CHECK_BYTES(tlv->value, tlv->size, "\x12\x34", 2, "user_message_reference");
    scene_end();
}

TEST(a_payload_is_passed_on_and_a_peer_of_3_3_does_not_stop_what_is_behind_it)
{
    static uint8_t tlvs[4 + 300] = {0x04, 0x24, 300 >> 8, 300 & 0xFF};
    const struct written it = {
        .from = "79161234567", .to = "12345", .tlvs = tlvs, .tlv_size = sizeof(tlvs)};
    struct smpp_octets data;
    struct smpp_pdu pdu;

    memset(tlvs + 4, 'x', 300);
    scene_begin(ACCOUNTS ALL);
    scene_bind_client(&scene.bank, "bank", 0x33);
    scene_write_deliver(&it);
    scene_expect_answer(ESME_ROK);
    scene_write_taken("79161234567", "short");
    scene_expect_text(&scene.bank, "short");
    scene_expect_nothing(&scene.bank);
    CHECK_EQ(outbox_waiting(lone_gateway_of(scene.lone), LETTER_INBOUND), 1, "waits");
    lone_line_close(&scene.bank);
    scene_end();
    scene_begin(ACCOUNTS ALL);
    scene_bind_client(&scene.bank, "bank", 0x34);
    scene_write_deliver(&it);
    scene_expect_answer(ESME_ROK);
    lone_line_expect(&scene.bank, SMPP_DELIVER_SM, &pdu);
    data = smpp_pdu_user_data(&pdu);
    CHECK_BYTES(data.data, data.size, tlvs + 4, 300, "the payload");
    scene_end();
}

/* ---- Whose ----------------------------------------------------------------- */

TEST(the_first_word_leads_to_the_account)
{
    scene_begin(ACCOUNTS JOIN ALL);
    scene_bind_client(&scene.shop, "shop", 0x34);
    scene_bind_client(&scene.bank, "bank", 0x34);
    scene_write_taken("79161234567", "join us");
    scene_expect_text(&scene.shop, "join us");
    scene_write_taken("79161234567", "joining");
    scene_expect_text(&scene.bank, "joining");
    scene_expect_nothing(&scene.shop);
    scene_end();
}

TEST(what_is_nobodys_is_refused_and_counted)
{
    const struct written it = {.from = "7916", .to = "54321", .octets = "hi", .size = 2};

    scene_begin(ACCOUNTS JOIN);
    scene_write_text("79161234567", "hello");
    scene_expect_answer(0x66);
    scene_write_deliver(&it);
    scene_expect_answer(0x66);
    CHECK_EQ(scene_counters()->inbound_refused, 2, "refused");
    CHECK_EQ(inbound_waiting(lone_gateway_of(scene.lone)), 0, "kept");
    scene_end();
}

TEST(what_is_nobodys_is_kept_for_people_where_that_is_wished)
{
    struct inbound_unrouted first, none;
    struct lone_answer answer;
    char path[64];

    scene_begin("inbound_unroutable = \"keep\"\n" ACCOUNTS JOIN);
    scene_write_taken("79161234567", "hello");
    assert_true(inbound_unrouted_next(lone_gateway_of(scene.lone), 0, &first));
    assert_false(inbound_unrouted_next(lone_gateway_of(scene.lone), first.id, &none));
    CHECK_EQ(scene_counters()->inbound_unroutable, 1, "counted");
    answer = lone_gateway_ask(scene.lone, "admin-token", "GET", "/v1/inbound", "", NULL);
    CHECK_EQ(answer.status, 200, "the list");
    CHECK(strstr(answer.body, "\"text\":\"hello\"") != NULL, answer.body);
    answer =
        lone_gateway_ask(scene.lone, "admin-token", "GET", "/v1/inbound?after=x", "", NULL);
    CHECK_EQ(answer.status, 400, "behind what is no id");
    snprintf(path, sizeof(path), "/v1/inbound/%llux", (unsigned long long)first.id);
    answer = lone_gateway_ask(scene.lone, "admin-token", "DELETE", path, "", NULL);
    CHECK_EQ(answer.status, 404, "no id");
    snprintf(path, sizeof(path), "/v1/inbound/%llu", (unsigned long long)first.id);
    answer = lone_gateway_ask(scene.lone, "admin-token", "DELETE", path, "", NULL);
    CHECK_EQ(answer.status, 200, "dropped");
    answer = lone_gateway_ask(scene.lone, "admin-token", "DELETE", path, "", NULL);
    CHECK_EQ(answer.status, 404, "dropped again");
    CHECK_EQ(inbound_waiting(lone_gateway_of(scene.lone)), 0, "left");
    scene_end();
}

TEST(what_is_written_in_national_letters_is_read_so)
{
    /* Turkish, by a locking shift (23.038 A.3.1). */
    static const uint8_t octets[] = {3, 0x25, 1, 1, 0x40, 0x0B};
    const struct written it = {"79161234567", "12345",        0x40, 0,
                               octets,        sizeof(octets), NULL, 0};
    struct lone_answer answer;

    scene_begin("inbound_unroutable = \"keep\"\n" ACCOUNTS JOIN);
    scene_write_deliver(&it);
    scene_expect_answer(ESME_ROK);
    answer = lone_gateway_ask(scene.lone, "admin-token", "GET", "/v1/inbound", "", NULL);
    CHECK_EQ(answer.status, 200, "the list");
    CHECK(strstr(answer.body, "\"text\":\"\xC4\xB0\xC4\x9E\"") != NULL, answer.body);
    scene_end();
}

TEST(when_all_that_may_be_kept_is_the_operator_is_told_to_come_again)
{
    char from[16];

    scene_begin("inbound_max = 100\n" ACCOUNTS ALL);
    for (int i = 0; i < 100; i++) {
        snprintf(from, sizeof(from), "7916%07d", i);
        scene_write_taken(from, "hello");
    }
    scene_write_text("79170000000", "hello");
    scene_expect_answer(0x14);
    CHECK_EQ(scene_counters()->inbound_full, 1, "counted");
    scene_bind_client(&scene.bank, "bank", 0x34);
    for (int i = 0; i < 100; i++)
        scene_expect_text(&scene.bank, "hello");
    scene_write_taken("79170000000", "hello");
    scene_expect_text(&scene.bank, "hello");
    scene_end();
}

#define SHOP_HOOK                                                                          \
    "account \"hooked\" { password = \"p\" plan = \"dear\" opening = \"1\" }\n"            \
    "inbound \"hook\" { to = \"12345\" account = \"hooked\" webhook = "                   \
    "\"http://127.0.0.1:%u/\" }\n"

/* Nothing more is written, and no session of the account comes. */
TEST(what_a_webhook_did_not_take_is_posted_again_after_the_next_start)
{
    enum { NOBODY = 1 };
    struct lone_line hook;
    char sections[512];
    uint16_t port, hook_port;
    int hook_listener = lone_line_listen(&hook_port);

    snprintf(sections, sizeof(sections), SHOP_HOOK, NOBODY);
    scene_begin(sections);
    scene_write_taken("79161234567", "hello");
    lone_line_stay(&scene.op, 50);
    CHECK_EQ(inbound_waiting(lone_gateway_of(scene.lone)), 1, "kept");
    lone_line_close(&scene.op);
    scene.op.fd = -1;
    close(scene.listener);
    scene.listener = lone_line_listen(&port);
    snprintf(sections, sizeof(sections), SHOP_HOOK, hook_port);
    lone_gateway_start_again(scene.lone, port, HERE, sections);
    assert_true(lone_line_accept(&hook, scene.lone, hook_listener, 2000));
    lone_line_close(&hook);
    close(hook_listener);
    scene_end();
}

/* All are posted at once, to webhooks of which nobody is there. */
TEST(more_may_be_kept_than_a_bound_that_was_lowered_since)
{
    enum { HOOKED = 16, EACH = 8 };
    char sections[8192], from[16], to[16];
    size_t size = 0;
    uint16_t port;

    for (int i = 0; i < HOOKED; i++)
        size += (size_t)snprintf(
            sections + size, sizeof(sections) - size,
            "account \"a%d\" { password = \"p\" plan = \"dear\" opening = \"1\" }\n"
            "inbound \"i%d\" { to = \"12%02d\" account = \"a%d\" webhook = "
            "\"http://127.0.0.1:1/\" }\n",
            i, i, i, i);
    scene_begin(sections);
    for (int i = 0; i < HOOKED * EACH; i++) {
        const struct written it = {
            .from = from, .to = to, .octets = "hello", .size = sizeof("hello") - 1};

        snprintf(from, sizeof(from), "7916%07d", i);
        snprintf(to, sizeof(to), "12%02d", i / EACH);
        scene_write_deliver(&it);
        scene_expect_answer(ESME_ROK);
    }
    snprintf(sections + size, sizeof(sections) - size, "inbound_max = 100\n");
    lone_line_close(&scene.op);
    close(scene.listener);
    scene.listener = lone_line_listen(&port);
    lone_gateway_start_again(scene.lone, port, HERE, sections);
    scene_bind_operator();
    CHECK_EQ(inbound_waiting(lone_gateway_of(scene.lone)), HOOKED * EACH, "kept");
    scene_end();
}

/* ---- Again ----------------------------------------------------------------- */

TEST(what_the_operator_repeats_on_a_new_session_is_taken_once)
{
    scene_begin(ACCOUNTS ALL);
    scene_bind_client(&scene.bank, "bank", 0x34);
    scene_write_taken("79161234567", "once");
    scene_expect_text(&scene.bank, "once");
    lone_line_close(&scene.op);
    scene_bind_operator();
    scene_write_taken("79161234567", "once");
    scene_expect_nothing(&scene.bank);
    CHECK_EQ(scene_counters()->inbound_repeated, 1, "repeated");
    scene_end();
}

TEST(what_somebody_writes_again_is_told_again)
{
    scene_begin(ACCOUNTS ALL);
    scene_bind_client(&scene.bank, "bank", 0x34);
    scene_write_taken("79161234567", "yes");
    scene_expect_text(&scene.bank, "yes");
    scene_write_taken("79161234567", "yes");
    scene_expect_text(&scene.bank, "yes");
    scene_end();
}

/* The table of those that were answered in time is as full as it can be. */
TEST(what_somebody_writes_again_is_told_again_after_a_million_messages)
{
    struct inbound *inbound;

    scene_begin(ACCOUNTS ALL);
    inbound = lone_gateway_of(scene.lone)->inbound;
    for (uint64_t hash = 1; hash <= 1 << 20; hash++)
        assert_true(table_put(inbound->answered, hash, 1));
    scene_bind_client(&scene.bank, "bank", 0x34);
    for (int i = 0; i < 3; i++) {
        scene_write_taken("79161234567", "yes");
        scene_expect_text(&scene.bank, "yes");
    }
    CHECK_EQ(scene_counters()->inbound_repeated, 0, "repeated");
    scene_end();
}

TEST(it_is_kept_until_the_account_has_acknowledged_it)
{
    struct smpp_pdu pdu;

    scene_begin(ACCOUNTS ALL);
    scene_write_taken("79161234567", "hello");
    scene_bind_client(&scene.bank, "bank", 0x34);
    lone_line_expect(&scene.bank, SMPP_DELIVER_SM, &pdu);
    lone_line_close(&scene.bank);
    scene_bind_client(&scene.bank, "bank", 0x34);
    scene_expect_text(&scene.bank, "hello");
    for (int i = 0; i < 50; i++)
        lone_gateway_turn(scene.lone);
    CHECK_EQ(inbound_waiting(lone_gateway_of(scene.lone)), 0, "waits");
    CHECK_EQ(scene_counters()->inbound_delivered, 1, "delivered");
    CHECK_EQ(scene_counters()->inbound_again, 1, "again");
    scene_end();
}

TEST(acknowledgements_of_the_recipient_come_as_such)
{
    /* A receipted_message_id, which is the operator's, and a user_message_reference. */
    static const uint8_t tlvs[] = {0x00, 0x1E, 0, 2, '7', 0, 0x02, 0x04, 0, 2, 0x12, 0x34};
    static const struct {
        const char *row;
        uint8_t esm_class;
        uint8_t told;
    } rows[] = {
        {"of his telephone",      0x08, 0x08},
        {"by hand",               0x10, 0x10},
        {"with a reply path",     0x90, 0x90},
        {"any mode",              0x0B, 0x08},
        {"what nobody knows yet", 0x24, 0x00},
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        bool named = rows[i].told != 0; /* with all others it would be a receipt */
        const struct written it = {
            "79161234567",           "12345", rows[i].esm_class, 0, "read", 4, tlvs,
            named ? sizeof(tlvs) : 0};
        const struct smpp_tlv *reference;
        struct smpp_pdu pdu;

        scene_begin(ACCOUNTS ALL);
        scene_bind_client(&scene.bank, "bank", 0x34);
        scene_write_deliver(&it);
        scene_expect_answer(ESME_ROK);
        lone_line_expect(&scene.bank, SMPP_DELIVER_SM, &pdu);
        CHECK_EQ(pdu.esm_class, rows[i].told, rows[i].row);
        CHECK_BYTES(pdu.short_message.data, pdu.short_message.size, "read", 4, rows[i].row);
        reference = smpp_pdu_tlv(&pdu, SMPP_TLV_USER_MESSAGE_REFERENCE);
        CHECK_EQ(reference != NULL && smpp_tlv_integer(reference) == 0x1234, named,
                 rows[i].row);
        CHECK(smpp_pdu_tlv(&pdu, SMPP_TLV_RECEIPTED_MESSAGE_ID) == NULL, rows[i].row);
        scene_end();
    }
}

/* ---- Beside receipts ------------------------------------------------------- */

static void report_delivery(uint32_t submit, const char *id)
{
    char text[96];
    struct smpp_pdu pdu;

    smpp_pdu_init(&pdu, SMPP_SUBMIT_SM, 0, submit);
    lone_line_take(&scene.op, &pdu, id);
    snprintf(text, sizeof(text), "id:%s sub:001 dlvrd:001 stat:DELIVRD err:000 text:", id);
    smpp_pdu_init(&pdu, SMPP_DELIVER_SM, 0, ++scene.sequence);
    pdu.esm_class = 0x04;
    pdu.short_message = (struct smpp_octets){(const uint8_t *)text, (uint32_t)strlen(text)};
    lone_line_send(&scene.op, &pdu);
    scene_expect_answer(ESME_ROK);
}

TEST(it_does_not_wait_behind_all_the_receipts_of_the_account)
{
    struct smpp_pdu pdu;
    bool came = false;
    char id[8];

    scene_begin(ACCOUNTS ALL);
    lone_line_connect(&scene.bank, scene.lone);
    smpp_pdu_init(&pdu, SMPP_BIND_TRANSMITTER, 0, 1);
    pdu.system_id = (struct smpp_octets){(const uint8_t *)"bank", 4};
    pdu.password = (struct smpp_octets){(const uint8_t *)"p", 1};
    pdu.interface_version = 0x34;
    lone_line_send(&scene.bank, &pdu);
    lone_line_expect(&scene.bank, SMPP_BIND_TRANSMITTER | SMPP_RESPONSE, &pdu);
    for (uint32_t i = 0; i < 8; i++) {
        smpp_pdu_init(&pdu, SMPP_SUBMIT_SM, 0, 2 + i);
        pdu.destination = (struct smpp_octets){(const uint8_t *)"491700000001", 12};
        pdu.registered_delivery = 1;
        lone_line_send(&scene.bank, &pdu);
        lone_line_expect(&scene.op, SMPP_SUBMIT_SM, &pdu);
        snprintf(id, sizeof(id), "%u", i);
        report_delivery(pdu.sequence, id);
    }
    lone_line_close(&scene.bank);
    scene_write_taken("79161234567", "me too");
    CHECK_EQ(outbox_waiting(lone_gateway_of(scene.lone), LETTER_RECEIPT), 8, "receipts");
    for (int i = 0; i < 120; i++) /* they may go to another bind after 100 ms */
        lone_gateway_turn(scene.lone);
    scene_bind_client(&scene.bank, "bank", 0x34);
    for (int i = 0; i < 2; i++) {
        lone_line_expect(&scene.bank, SMPP_DELIVER_SM, &pdu);
        came = came || (pdu.esm_class & 0x04) == 0;
    }
    CHECK(came, "among the first two");
    scene_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(a_message_comes_to_its_account_octet_for_octet),
        RUN(a_payload_is_passed_on_and_a_peer_of_3_3_does_not_stop_what_is_behind_it),
        RUN(the_first_word_leads_to_the_account),
        RUN(what_is_nobodys_is_refused_and_counted),
        RUN(what_is_nobodys_is_kept_for_people_where_that_is_wished),
        RUN(what_is_written_in_national_letters_is_read_so),
        RUN(when_all_that_may_be_kept_is_the_operator_is_told_to_come_again),
        RUN(what_a_webhook_did_not_take_is_posted_again_after_the_next_start),
        RUN(more_may_be_kept_than_a_bound_that_was_lowered_since),
        RUN(what_the_operator_repeats_on_a_new_session_is_taken_once),
        RUN(what_somebody_writes_again_is_told_again),
        RUN(what_somebody_writes_again_is_told_again_after_a_million_messages),
        RUN(it_is_kept_until_the_account_has_acknowledged_it),
        RUN(acknowledgements_of_the_recipient_come_as_such),
        RUN(it_does_not_wait_behind_all_the_receipts_of_the_account),
    };

    return RUN_ALL(tests);
}
