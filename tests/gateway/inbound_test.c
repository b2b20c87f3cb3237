/*
 * What subscribers write, on its way from the operator to the account: the test is both,
 * and the octets of the operator are written by the tables of SMPP 3.4 4.6.1.
 */
#include "gateway/inbound.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/catalog.h"
#include "gateway/config.h"
#include "gateway/gateway.h"
#include "gateway/intake.h"
#include "gateway/optouts.h"
#include "gateway/outbox.h"
#include "gateway/store.h"
#include "smpp/command.h"
#include "tests/gateway/lone_line.h"
#include "tests/test.h"

enum { SOON_MS = 3000, QUIET_MS = 150 };

#define HERE "host = \"127.0.0.1\" reconnect_min = \"20ms\" reconnect_max = \"40ms\""
#define ACCOUNTS                                                                           \
    "account \"shop\" { password = \"p\" plan = \"dear\" opening = \"1000\" class = "      \
    "\"advertising\" }\n"                                                                  \
    "account \"bank\" { password = \"p\" plan = \"dear\" opening = \"1000\" inbound_as = " \
    "\"payload\" }\n"
#define JOIN "inbound \"join\" { to = \"12345\" keyword = \"JOIN\" account = \"shop\" }\n"
#define ALL  "inbound \"all\" { to = \"12345\" account = \"bank\" }\n"

static int listener;
static struct lone_gateway *lone;
static struct lone_line op, shop, bank;
static uint32_t sequence;

/* What we submit meanwhile; the last of it is kept. */
static struct {
    unsigned count;
    uint32_t sequence;
    char to[24];
    char from[24];
    char text[64];
} submitted;

static const struct gateway_counters *counters(void)
{
    return &lone_gateway_of(lone)->counters;
}

static void bind_operator(void)
{
    struct smpp_pdu bind;

    assert_true(lone_line_accept(&op, lone, listener, SOON_MS));
    lone_line_expect(&op, SMPP_BIND_TRANSCEIVER, &bind);
    lone_line_answer(&op, &bind, ESME_ROK);
}

static void begin(const char *sections)
{
    uint16_t port;

    listener = lone_line_listen(&port);
    lone = lone_gateway_new_with(port, HERE, sections);
    op.fd = shop.fd = bank.fd = -1;
    submitted.count = 0;
    bind_operator();
}

static void end(void)
{
    struct lone_line *const lines[] = {&op, &shop, &bank};

    for (size_t i = 0; i < ROWS(lines); i++)
        if (lines[i]->fd >= 0)
            lone_line_close(lines[i]);
    close(listener);
    lone_gateway_free(lone);
}

static void bind_client(struct lone_line *line, const char *name, uint8_t version)
{
    struct smpp_pdu pdu;

    lone_line_connect(line, lone);
    smpp_pdu_init(&pdu, SMPP_BIND_RECEIVER, 0, 1);
    pdu.system_id = (struct smpp_octets){(const uint8_t *)name, (uint32_t)strlen(name)};
    pdu.password = (struct smpp_octets){(const uint8_t *)"p", 1};
    pdu.interface_version = version;
    lone_line_send(line, &pdu);
    lone_line_expect(line, SMPP_BIND_RECEIVER | SMPP_RESPONSE, &pdu);
    CHECK_EQ(pdu.status, ESME_ROK, name);
}

/* ---- The operator's octets ------------------------------------------------- */

struct written {
    const char *from;
    const char *to;
    uint8_t esm_class;
    uint8_t data_coding;
    const void *octets;
    size_t size;
    const void *tlvs; /* on the wire */
    size_t tlv_size;
};

static size_t put_text(uint8_t *out, size_t at, const char *text)
{
    size_t size = strlen(text) + 1;

    memcpy(out + at, text, size);
    return at + size;
}

/* A deliver_sm by 4.6.1, field by field. */
static void write_deliver(const struct written *it)
{
    static uint8_t out[80 * 1024];
    size_t at = 12;

    memset(out, 0, 16);
    out[7] = 0x05; /* deliver_sm */

    sequence++;
    out[at++] = 0;
    out[at++] = 0;
    out[at++] = (uint8_t)(sequence >> 8);
    out[at++] = (uint8_t)sequence;
    out[at++] = 0; /* service_type */
    out[at++] = 1; /* source_addr_ton: international */
    out[at++] = 1; /* source_addr_npi: E.164 */
    at = put_text(out, at, it->from);
    out[at++] = 3; /* dest_addr_ton: network specific */
    out[at++] = 0; /* dest_addr_npi: unknown */
    at = put_text(out, at, it->to);
    out[at++] = it->esm_class;
    out[at++] = 0; /* protocol_id */
    out[at++] = 0; /* priority_flag */
    out[at++] = 0; /* schedule_delivery_time */
    out[at++] = 0; /* validity_period */
    out[at++] = 0; /* registered_delivery */
    out[at++] = 0; /* replace_if_present_flag */
    out[at++] = it->data_coding;
    out[at++] = 0; /* sm_default_msg_id */
    out[at++] = (uint8_t)it->size;
    if (it->size > 0)
        memcpy(out + at, it->octets, it->size);
    at += it->size;
    if (it->tlv_size > 0)
        memcpy(out + at, it->tlvs, it->tlv_size);
    at += it->tlv_size;
    out[1] = (uint8_t)(at >> 16);
    out[2] = (uint8_t)(at >> 8);
    out[3] = (uint8_t)at;
    assert_int_equal(send(op.fd, out, at, MSG_NOSIGNAL), at);
}

static void copy(struct smpp_octets octets, char *out, size_t room)
{
    snprintf(out, room, "%.*s", (int)octets.size, (const char *)octets.data);
}

static void note_submit(const struct smpp_pdu *pdu)
{
    submitted.count++;
    submitted.sequence = pdu->sequence;
    copy(pdu->source, submitted.from, sizeof(submitted.from));
    copy(pdu->destination, submitted.to, sizeof(submitted.to));
    copy(pdu->short_message, submitted.text, sizeof(submitted.text));
}

static void expect_answer(uint32_t status)
{
    struct smpp_pdu answer;

    do {
        if (!lone_line_read(&op, &answer, SOON_MS))
            fail_msg("no answer came");
        if (answer.command == SMPP_SUBMIT_SM)
            note_submit(&answer);
    } while (answer.command == SMPP_SUBMIT_SM);
    CHECK_EQ(answer.command, SMPP_DELIVER_SM | SMPP_RESPONSE, "to the operator");
    CHECK_EQ(answer.status, status, "the answer to the operator");
    CHECK_EQ(answer.sequence, sequence, "its number");
}

static void write_text(const char *from, const char *text)
{
    const struct written it = {
        .from = from, .to = "12345", .octets = text, .size = strlen(text)};

    write_deliver(&it);
}

static void written_and_taken(const char *from, const char *text)
{
    write_text(from, text);
    expect_answer(ESME_ROK);
}

static void expect_text(struct lone_line *line, const char *text)
{
    struct smpp_pdu pdu;

    lone_line_expect(line, SMPP_DELIVER_SM, &pdu);
    CHECK_BYTES(pdu.short_message.data, pdu.short_message.size, text, strlen(text), text);
    lone_line_answer(line, &pdu, ESME_ROK);
}

static void expect_nothing(struct lone_line *line)
{
    struct smpp_pdu pdu;

    assert_false(lone_line_read(line, &pdu, QUIET_MS));
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

    begin(ACCOUNTS ALL);
    bind_client(&bank, "bank", 0x34);
    write_deliver(&it);
    expect_answer(ESME_ROK);
    lone_line_expect(&bank, SMPP_DELIVER_SM, &pdu);
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
    end();
}

TEST(a_payload_is_passed_on_and_a_peer_of_3_3_does_not_stop_what_is_behind_it)
{
    static uint8_t tlvs[4 + 300] = {0x04, 0x24, 300 >> 8, 300 & 0xFF};
    const struct written it = {
        .from = "79161234567", .to = "12345", .tlvs = tlvs, .tlv_size = sizeof(tlvs)};
    struct smpp_octets data;
    struct smpp_pdu pdu;

    memset(tlvs + 4, 'x', 300);
    begin(ACCOUNTS ALL);
    bind_client(&bank, "bank", 0x33);
    write_deliver(&it);
    expect_answer(ESME_ROK);
    written_and_taken("79161234567", "short");
    expect_text(&bank, "short");
    expect_nothing(&bank);
    CHECK_EQ(outbox_waiting(lone_gateway_of(lone), LETTER_INBOUND), 1, "waits");
    lone_line_close(&bank);
    end();
    begin(ACCOUNTS ALL);
    bind_client(&bank, "bank", 0x34);
    write_deliver(&it);
    expect_answer(ESME_ROK);
    lone_line_expect(&bank, SMPP_DELIVER_SM, &pdu);
    data = smpp_pdu_user_data(&pdu);
    CHECK_BYTES(data.data, data.size, tlvs + 4, 300, "the payload");
    end();
}

/* ---- Whose ----------------------------------------------------------------- */

TEST(the_first_word_leads_to_the_account)
{
    begin(ACCOUNTS JOIN ALL);
    bind_client(&shop, "shop", 0x34);
    bind_client(&bank, "bank", 0x34);
    written_and_taken("79161234567", "join us");
    expect_text(&shop, "join us");
    written_and_taken("79161234567", "joining");
    expect_text(&bank, "joining");
    expect_nothing(&shop);
    end();
}

TEST(what_is_nobodys_is_refused_and_counted)
{
    const struct written it = {.from = "7916", .to = "54321", .octets = "hi", .size = 2};

    begin(ACCOUNTS JOIN);
    write_text("79161234567", "hello");
    expect_answer(0x66);
    write_deliver(&it);
    expect_answer(0x66);
    CHECK_EQ(counters()->inbound_refused, 2, "refused");
    CHECK_EQ(inbound_waiting(lone_gateway_of(lone)), 0, "kept");
    end();
}

TEST(what_is_nobodys_is_kept_for_people_where_that_is_wished)
{
    struct inbound_unrouted first, none;
    struct lone_answer answer;
    char path[64];

    begin("inbound_unroutable = \"keep\"\n" ACCOUNTS JOIN);
    written_and_taken("79161234567", "hello");
    assert_true(inbound_unrouted_next(lone_gateway_of(lone), 0, &first));
    assert_false(inbound_unrouted_next(lone_gateway_of(lone), first.id, &none));
    CHECK_EQ(counters()->inbound_unroutable, 1, "counted");
    answer = lone_gateway_ask(lone, "admin-token", "GET", "/v1/inbound", "", NULL);
    CHECK_EQ(answer.status, 200, "the list");
    CHECK(strstr(answer.body, "\"text\":\"hello\"") != NULL, answer.body);
    snprintf(path, sizeof(path), "/v1/inbound/%llu", (unsigned long long)first.id);
    answer = lone_gateway_ask(lone, "admin-token", "DELETE", path, "", NULL);
    CHECK_EQ(answer.status, 200, "dropped");
    answer = lone_gateway_ask(lone, "admin-token", "DELETE", path, "", NULL);
    CHECK_EQ(answer.status, 404, "dropped again");
    CHECK_EQ(inbound_waiting(lone_gateway_of(lone)), 0, "left");
    end();
}

TEST(when_all_that_may_be_kept_is_the_operator_is_told_to_come_again)
{
    char from[16];

    begin("inbound_max = 100\n" ACCOUNTS ALL);
    for (int i = 0; i < 100; i++) {
        snprintf(from, sizeof(from), "7916%07d", i);
        written_and_taken(from, "hello");
    }
    write_text("79170000000", "hello");
    expect_answer(0x14);
    CHECK_EQ(counters()->inbound_full, 1, "counted");
    bind_client(&bank, "bank", 0x34);
    for (int i = 0; i < 100; i++)
        expect_text(&bank, "hello");
    written_and_taken("79170000000", "hello");
    expect_text(&bank, "hello");
    end();
}

/* ---- Again ----------------------------------------------------------------- */

TEST(what_the_operator_repeats_on_a_new_session_is_taken_once)
{
    begin(ACCOUNTS ALL);
    bind_client(&bank, "bank", 0x34);
    written_and_taken("79161234567", "once");
    expect_text(&bank, "once");
    lone_line_close(&op);
    bind_operator();
    written_and_taken("79161234567", "once");
    expect_nothing(&bank);
    CHECK_EQ(counters()->inbound_repeated, 1, "repeated");
    end();
}

TEST(what_somebody_writes_again_is_told_again)
{
    begin(ACCOUNTS ALL);
    bind_client(&bank, "bank", 0x34);
    written_and_taken("79161234567", "yes");
    expect_text(&bank, "yes");
    written_and_taken("79161234567", "yes");
    expect_text(&bank, "yes");
    end();
}

TEST(it_is_kept_until_the_account_has_acknowledged_it)
{
    struct smpp_pdu pdu;

    begin(ACCOUNTS ALL);
    written_and_taken("79161234567", "hello");
    bind_client(&bank, "bank", 0x34);
    lone_line_expect(&bank, SMPP_DELIVER_SM, &pdu);
    lone_line_close(&bank);
    bind_client(&bank, "bank", 0x34);
    expect_text(&bank, "hello");
    for (int i = 0; i < 50; i++)
        lone_gateway_turn(lone);
    CHECK_EQ(inbound_waiting(lone_gateway_of(lone)), 0, "waits");
    CHECK_EQ(counters()->inbound_delivered, 1, "delivered");
    CHECK_EQ(counters()->inbound_again, 1, "again");
    end();
}

/* ---- Long ones ------------------------------------------------------------ */

/* 23.040 9.2.3.24.1 and .8, by hand. */
static void write_part_8(uint8_t reference, uint8_t total, uint8_t number, const char *text)
{
    uint8_t octets[160] = {5, 0x00, 3, reference, total, number};
    const struct written it = {"79161234567", "12345",          0x40, 0,
                               octets,        6 + strlen(text), NULL, 0};

    memcpy(octets + 6, text, strlen(text));
    write_deliver(&it);
    expect_answer(ESME_ROK);
}

static void write_part_16(uint8_t reference, uint8_t total, uint8_t number,
                          const char *text)
{
    uint8_t octets[160] = {6, 0x08, 4, 0x01, reference, total, number};
    const struct written it = {"79161234567", "12345",          0x40, 0,
                               octets,        7 + strlen(text), NULL, 0};

    memcpy(octets + 7, text, strlen(text));
    write_deliver(&it);
    expect_answer(ESME_ROK);
}

/* SMPP 3.4 5.3.2.22 to .24. */
static void write_part_sar(uint8_t reference, uint8_t total, uint8_t number,
                           const char *text)
{
    const uint8_t tlvs[] = {0x02, 0x0C, 0,     2,    0,    reference, 0x02, 0x0E,
                            0,    1,    total, 0x02, 0x0F, 0,         1,    number};
    const struct written it = {"79161234567", "12345",      0,    0,
                               text,          strlen(text), tlvs, sizeof(tlvs)};

    write_deliver(&it);
    expect_answer(ESME_ROK);
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

        begin(ACCOUNTS ALL);
        bind_client(&bank, "bank", 0x34);
        write_deliver(&it);
        expect_answer(ESME_ROK);
        lone_line_expect(&bank, SMPP_DELIVER_SM, &pdu);
        CHECK_EQ(pdu.esm_class, rows[i].told, rows[i].row);
        CHECK_BYTES(pdu.short_message.data, pdu.short_message.size, "read", 4, rows[i].row);
        reference = smpp_pdu_tlv(&pdu, SMPP_TLV_USER_MESSAGE_REFERENCE);
        CHECK_EQ(reference != NULL && smpp_tlv_integer(reference) == 0x1234, named,
                 rows[i].row);
        CHECK(smpp_pdu_tlv(&pdu, SMPP_TLV_RECEIPTED_MESSAGE_ID) == NULL, rows[i].row);
        end();
    }
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
        begin(ACCOUNTS JOIN ALL);
        bind_client(&shop, "shop", 0x34);
        kinds[i].write(7, 3, 3, texts[2]);
        kinds[i].write(7, 3, 1, texts[0]);
        expect_nothing(&shop);
        kinds[i].write(7, 3, 2, texts[1]);
        for (uint8_t number = 1; number <= 3; number++) {
            const char *text = texts[number - 1];

            lone_line_expect(&shop, SMPP_DELIVER_SM, &pdu);
            CHECK_EQ(pdu.esm_class, kinds[i].esm_class, kinds[i].row);
            CHECK_BYTES(pdu.short_message.data + kinds[i].header_size,
                        pdu.short_message.size - kinds[i].header_size, text, strlen(text),
                        kinds[i].row);
            if (kinds[i].sar)
                CHECK_EQ(smpp_pdu_tlv(&pdu, 0x020F)->value[0], number, kinds[i].row);
            else
                CHECK_EQ(pdu.short_message.data[kinds[i].header_size - 1], number,
                         kinds[i].row);
            lone_line_answer(&shop, &pdu, ESME_ROK);
        }
        end();
    }
}

TEST(who_wishes_so_gets_a_long_message_whole)
{
    struct smpp_octets data;
    struct smpp_pdu pdu;

    for (size_t i = 0; i < ROWS(kinds); i++) {
        begin(ACCOUNTS JOIN ALL);
        bind_client(&bank, "bank", 0x34);
        kinds[i].write(9, 2, 2, "the other");
        kinds[i].write(9, 2, 1, "this and ");
        lone_line_expect(&bank, SMPP_DELIVER_SM, &pdu);
        data = smpp_pdu_user_data(&pdu);
        CHECK_BYTES(data.data, data.size, "this and the other", 18, kinds[i].row);
        CHECK_EQ(pdu.esm_class, 0, kinds[i].row);
        assert_null(smpp_pdu_tlv(&pdu, 0x020C));
        lone_line_answer(&bank, &pdu, ESME_ROK);
        expect_nothing(&bank);
        CHECK_EQ(inbound_waiting(lone_gateway_of(lone)), 0, "rows left");
        end();
    }
}

TEST(a_part_that_does_not_come_holds_the_others_for_a_time)
{
    struct smpp_pdu pdu;

    begin("inbound_collect_within = \"100ms\"\n" ACCOUNTS ALL);
    bind_client(&bank, "bank", 0x34);
    write_part_8(7, 3, 1, "one");
    write_part_8(7, 3, 3, "three");
    lone_line_expect(&bank, SMPP_DELIVER_SM, &pdu);
    CHECK_BYTES(pdu.short_message.data, pdu.short_message.size, "\5\0\3\7\3\1one", 9,
                "the first");
    lone_line_answer(&bank, &pdu, ESME_ROK);
    lone_line_expect(&bank, SMPP_DELIVER_SM, &pdu);
    CHECK_BYTES(pdu.short_message.data, pdu.short_message.size, "\5\0\3\7\3\3three", 11,
                "the third");
    lone_line_answer(&bank, &pdu, ESME_ROK);
    CHECK_EQ(counters()->inbound_incomplete, 1, "incomplete");
    end();
}

TEST(a_reference_that_is_used_again_is_another_message)
{
    struct smpp_octets data;
    struct smpp_pdu pdu;

    begin(ACCOUNTS ALL);
    bind_client(&bank, "bank", 0x34);
    write_part_8(7, 2, 1, "old");
    write_part_8(7, 2, 1, "old"); /* the operator repeats it */
    write_part_8(7, 2, 1, "new ");
    lone_line_expect(&bank, SMPP_DELIVER_SM, &pdu);
    CHECK_BYTES(pdu.short_message.data, pdu.short_message.size, "\5\0\3\7\2\1old", 9,
                "what came of the old one");
    lone_line_answer(&bank, &pdu, ESME_ROK);
    write_part_8(7, 2, 2, "one");
    lone_line_expect(&bank, SMPP_DELIVER_SM, &pdu);
    data = smpp_pdu_user_data(&pdu);
    CHECK_BYTES(data.data, data.size, "new one", 7, "the new one");
    end();
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
    write_deliver(&it);
}

TEST(what_is_longer_than_a_post_may_be_is_refused)
{
    begin(ACCOUNTS HOOK);
    write_controls(20 * 1024);
    expect_answer(ESME_ROK);
    write_controls(20 * 1024 + 1);
    expect_answer(0x66);
    write_controls(0xFFFF);
    expect_answer(0x66);
    CHECK_EQ(outbox_waiting(lone_gateway_of(lone), LETTER_HOOK), 1, "posts");
    assert_in_range(outbox_bytes(lone_gateway_of(lone), LETTER_HOOK), 6 * 20 * 1024,
                    128 * 1024);
    end();
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
    begin("inbound_collect_within = \"100ms\"\n" ACCOUNTS HOOK);
    memset(octets + 6, 0x01, sizeof(octets) - 6);
    for (uint8_t number = 1; number < MOST; number++) {
        octets[5] = number;
        write_deliver(&it);
        expect_answer(ESME_ROK);
    }
    for (int i = 0; i < 150; i++)
        lone_gateway_turn(lone);
    CHECK_EQ(outbox_waiting(lone_gateway_of(lone), LETTER_HOOK), MOST - 1, "posts");
    octets[4] = MOST + 1; /* of more parts than are collected: a message of its own */
    write_deliver(&it);
    expect_answer(ESME_ROK);
    CHECK_EQ(outbox_waiting(lone_gateway_of(lone), LETTER_HOOK), MOST, "posts");
    octets[5] = 1;
    octets[4] = 2; /* and so is one with more parameters than a part has */
    for (size_t at = 0; at < sizeof(tlvs); at += CALLBACK_SIZE)
        memcpy(tlvs + at, callback_num, CALLBACK_SIZE);
    write_deliver(&laden);
    expect_answer(ESME_ROK);
    CHECK_EQ(outbox_waiting(lone_gateway_of(lone), LETTER_HOOK), MOST + 1, "posts");
    end();
}

/* ---- Wishes ---------------------------------------------------------------- */

/* The status of an advert of the shop to this number. */
static int send_advert(const char *to)
{
    char body[256];

    snprintf(body, sizeof(body),
             "{\"account\":\"shop\",\"from\":\"Shop\",\"to\":\"%s\",\"text\":\"Buy\"}", to);
    return lone_gateway_ask(lone, "admin-token", "POST", "/v1/messages", "", body).status;
}

TEST(a_stop_reaches_the_list_and_a_start_takes_it_off_again)
{
    begin(ACCOUNTS JOIN ALL);
    CHECK_EQ(send_advert("79161234567"), 202, "before");
    written_and_taken("79161234567", "STOP");
    CHECK_EQ(send_advert("79161234567"), 403, "after");
    CHECK_EQ(send_advert("79161234568"), 202, "to somebody else");
    CHECK_EQ(optouts_count(lone_gateway_of(lone)), 2, "both accounts of the number");
    CHECK_EQ(counters()->refused[INTAKE_OPTED_OUT], 1, "counted");
    written_and_taken("79161234567", "Start");
    CHECK_EQ(send_advert("79161234567"), 202, "after a start");
    end();
}

/* The end of a message, as the API says it, once it has one. */
static void check_end(const char *path, const char *wanted)
{
    for (int i = 0; i < 300; i++) {
        struct lone_answer answer =
            lone_gateway_ask(lone, "admin-token", "GET", path, "", NULL);

        if (strstr(answer.body, "\"state\":\"ended\"") != NULL) {
            CHECK(strstr(answer.body, wanted) != NULL, answer.body);
            return;
        }
        lone_gateway_turn(lone);
    }
    fail_msg("it did not end");
}

TEST(who_opts_out_while_a_message_waits_does_not_get_it)
{
    struct smpp_pdu first, other;
    struct lone_answer answer;
    char path[64];

    begin(ACCOUNTS JOIN);
    for (int i = 0; i < 9; i++) /* all that adverts may have of a window of 10 */
        CHECK_EQ(send_advert("79160000000"), 202, "those before it");
    answer = lone_gateway_ask(lone, "admin-token", "POST", "/v1/messages", "",
                              "{\"account\":\"shop\",\"from\":\"Shop\",\"to\":"
                              "\"79161234567\",\"text\":\"Buy\"}");
    CHECK_EQ(answer.status, 202, "accepted");
    snprintf(path, sizeof(path), "/v1/messages/%llu",
             strtoull(strstr(answer.body, "\"id\":\"") + 6, NULL, 10));
    for (int i = 0; i < 9; i++) {
        lone_line_expect(&op, SMPP_SUBMIT_SM, &other);
        if (i == 0)
            first = other;
    }
    write_text("79161234567", "stop");
    expect_answer(ESME_ROK);
    lone_line_take(&op, &first, "1");
    check_end(path, "\"reason\":\"opted_out\"");
    end();
}

TEST(transactional_messages_go_on_unless_the_account_says_otherwise)
{
    static const char *const rows[][2] = {
        {"account \"otp\" { password = \"p\" plan = \"dear\" opening = \"1000\" }\n",
         "202"                                                                             },
        {"account \"otp\" { password = \"p\" plan = \"dear\" opening = \"1000\" "
         "transactional_after_stop = false }\n",                             "403"},
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        char sections[512];

        snprintf(sections, sizeof(sections),
                 "%sinbound \"all\" { to = \"12345\" account = \"otp\" }\n", rows[i][0]);
        begin(sections);
        written_and_taken("79161234567", "STOP");
        CHECK_EQ(lone_gateway_ask(lone, "admin-token", "POST", "/v1/messages", "",
                                  "{\"account\":\"otp\",\"from\":\"Otp\",\"to\":"
                                  "\"79161234567\",\"text\":\"1234\"}")
                     .status,
                 atoi(rows[i][1]), rows[i][1]);
        end();
    }
}

TEST(a_stop_may_be_for_the_number_written_to_alone)
{
    begin(ACCOUNTS "inbound \"all\" { to = \"12345\" account = \"shop\" opt_out = "
                   "\"sender\" }\n");
    written_and_taken("79161234567", "STOP");
    CHECK_EQ(send_advert("79161234567"), 202, "from the name");
    CHECK_EQ(lone_gateway_ask(lone, "admin-token", "POST", "/v1/messages", "",
                              "{\"account\":\"shop\",\"from\":\"12345\",\"to\":"
                              "\"79161234567\",\"text\":\"Buy\"}")
                 .status,
             403, "from the number");
    end();
}

/* One decision takes them all off again: it is bounded because they are. */
TEST(who_stops_very_many_senders_of_an_account_stops_all)
{
    struct gateway *gateway;
    char sender[16];
    const struct store_optout optout = {
        .account = 1, .number = "79161234567", .sender = sender};

    begin(ACCOUNTS "inbound \"all\" { to = \"12345\" account = \"shop\" opt_out = "
                   "\"sender\" }\n");
    gateway = lone_gateway_of(lone);
    for (unsigned i = 0; i < 3000; i++) {
        snprintf(sender, sizeof(sender), "Shop%u", i);
        assert_true(store_begin(gateway->store, STORE_CONTINUATION));
        assert_true(optouts_put(gateway, &optout));
        store_end(gateway->store);
    }
    CHECK_EQ(optouts_count(gateway), 65, "64 senders, and all of them");
    assert_true(optouts_forbid(gateway, 1, CONFIG_ADVERTISING, "Other", "79161234567"));
    assert_false(optouts_forbid(gateway, 1, CONFIG_ADVERTISING, "Other", "79161234568"));
    assert_true(store_begin(gateway->store, STORE_CONTINUATION));
    CHECK_EQ(optouts_remove(gateway, 1, "79161234567", NULL), 65, "taken off");
    store_end(gateway->store);
    CHECK_EQ(optouts_count(gateway), 0, "left");
    end();
}

/* What is taken off is more than fits into one decision. */
TEST(a_start_is_for_very_many_accounts_that_share_the_number)
{
    enum { ACCOUNTS_HERE = 60, SENDERS_EACH = 64 };
    static char sections[ACCOUNTS_HERE * 160];
    struct gateway *gateway;
    char sender[16];
    struct store_optout optout = {.number = "79161234567", .sender = sender};
    size_t used = 0;

    for (int i = 0; i < ACCOUNTS_HERE; i++)
        used += (size_t)snprintf(
            sections + used, sizeof(sections) - used,
            "account \"a%d\" { password = \"p\" plan = \"dear\" opening = \"1\" }\n"
            "inbound \"i%d\" { to = \"12345\" account = \"a%d\" }\n",
            i, i, i);
    begin(sections);
    gateway = lone_gateway_of(lone);
    for (int i = 0; i < ACCOUNTS_HERE; i++) {
        char name[16];

        snprintf(name, sizeof(name), "a%d", i);
        optout.account = catalog_account_named(gateway->catalog, name)->number;
        assert_true(store_begin(gateway->store, STORE_CONTINUATION));
        for (int j = 0; j < SENDERS_EACH; j++) {
            snprintf(sender, sizeof(sender), "Shop%d", j);
            assert_true(optouts_put(gateway, &optout));
        }
        store_end(gateway->store);
    }
    CHECK_EQ(optouts_count(gateway), ACCOUNTS_HERE * SENDERS_EACH, "before");
    written_and_taken("79161234567", "START");
    CHECK_EQ(optouts_count(gateway), 0, "after");
    end();
}

/* ---- Replies ------------------------------------------------------------ */

#define REPLY                                                                              \
    "inbound \"all\" { to = \"12345\" account = \"shop\" reply = \"Thank you\" "           \
    "stop_reply = \"Never again\" }\n"

static void expect_reply(const char *to, const char *text)
{
    struct smpp_pdu pdu;

    if (submitted.count == 0) {
        lone_line_expect(&op, SMPP_SUBMIT_SM, &pdu);
        note_submit(&pdu);
    }
    CHECK_EQ(submitted.count, 1, text);
    CHECK_STR(submitted.to, to, text);
    CHECK_STR(submitted.from, "12345", text);
    CHECK_STR(submitted.text, text, text);
    submitted.count = 0;
}

TEST(a_writer_is_answered_once_in_a_time)
{
    begin(ACCOUNTS REPLY);
    written_and_taken("79161234567", "hello");
    expect_reply("79161234567", "Thank you");
    written_and_taken("79161234567", "hello again");
    expect_nothing(&op);
    CHECK_EQ(submitted.count, 0, "a second reply");
    written_and_taken("79161234568", "hello");
    expect_reply("79161234568", "Thank you");
    CHECK_EQ(counters()->inbound_replied, 2, "replies");
    CHECK_EQ(counters()->inbound_unreplied, 1, "not given");
    CHECK_EQ(counters()->accepted, 2, "messages of the account");
    end();
}

/* Nothing that the account may not do by itself keeps it from answering, but its country.
 */
TEST(a_reply_is_no_repetition_and_has_no_sender_of_the_accounts_choice)
{
    begin("account \"shop\" { password = \"p\" plan = \"dear\" opening = \"1000\""
          " dedupe_within = \"1h\" sources = {\"ACME\"} destinations = {\"RU\"} }\n" REPLY);
    written_and_taken("79161234567", "hello");
    expect_reply("79161234567", "Thank you");
    written_and_taken("79161234568", "hello");
    expect_reply("79161234568", "Thank you");
    written_and_taken("4917012345678", "hello");
    expect_nothing(&op);
    CHECK_EQ(counters()->refused[INTAKE_DENIED_DESTINATION], 1, "another country");
    CHECK_EQ(counters()->accepted, 2, "messages of the account");
    end();
}

TEST(who_stops_is_told_so_and_nothing_more)
{
    begin(ACCOUNTS REPLY);
    written_and_taken("79161234567", "STOP");
    expect_reply("79161234567", "Never again");
    CHECK_EQ(send_advert("79161234567"), 403, "an advert");
    end();
}

TEST(what_is_no_person_is_not_answered)
{
    static const char *const machines[] = {"900", "12345", "Bank", "123456"};

    for (size_t i = 0; i < ROWS(machines); i++) {
        begin(ACCOUNTS REPLY);
        written_and_taken(machines[i], "hello");
        expect_nothing(&op);
        CHECK_EQ(submitted.count, 0, machines[i]);
        CHECK_EQ(counters()->inbound_replied, 0, machines[i]);
        end();
    }
}

TEST(what_is_a_report_is_not_answered_though_it_is_not_marked)
{
    static const char text[] = "id:1 sub:001 dlvrd:001 stat:DELIVRD err:000 text:";
    const struct written ack = {.from = "79161234567",
                                .to = "12345",
                                .esm_class = 0x08,
                                .octets = "read",
                                .size = 4};

    begin(ACCOUNTS REPLY);
    written_and_taken("79161234567", text);
    write_deliver(&ack);
    expect_answer(ESME_ROK);
    expect_nothing(&op);
    CHECK_EQ(submitted.count, 0, "replies");
    CHECK_EQ(counters()->inbound_unreplied, 2, "withheld");
    end();
}

/* ---- Beside receipts ------------------------------------------------------- */

static void report_delivery(uint32_t submit, const char *id)
{
    char text[96];
    struct smpp_pdu pdu;

    smpp_pdu_init(&pdu, SMPP_SUBMIT_SM, 0, submit);
    lone_line_take(&op, &pdu, id);
    snprintf(text, sizeof(text), "id:%s sub:001 dlvrd:001 stat:DELIVRD err:000 text:", id);
    smpp_pdu_init(&pdu, SMPP_DELIVER_SM, 0, ++sequence);
    pdu.esm_class = 0x04;
    pdu.short_message = (struct smpp_octets){(const uint8_t *)text, (uint32_t)strlen(text)};
    lone_line_send(&op, &pdu);
    expect_answer(ESME_ROK);
}

TEST(it_does_not_wait_behind_all_the_receipts_of_the_account)
{
    struct smpp_pdu pdu;
    bool came = false;
    char id[8];

    begin(ACCOUNTS ALL);
    lone_line_connect(&bank, lone);
    smpp_pdu_init(&pdu, SMPP_BIND_TRANSMITTER, 0, 1);
    pdu.system_id = (struct smpp_octets){(const uint8_t *)"bank", 4};
    pdu.password = (struct smpp_octets){(const uint8_t *)"p", 1};
    pdu.interface_version = 0x34;
    lone_line_send(&bank, &pdu);
    lone_line_expect(&bank, SMPP_BIND_TRANSMITTER | SMPP_RESPONSE, &pdu);
    for (uint32_t i = 0; i < 8; i++) {
        smpp_pdu_init(&pdu, SMPP_SUBMIT_SM, 0, 2 + i);
        pdu.destination = (struct smpp_octets){(const uint8_t *)"491700000001", 12};
        pdu.registered_delivery = 1;
        lone_line_send(&bank, &pdu);
        lone_line_expect(&op, SMPP_SUBMIT_SM, &pdu);
        snprintf(id, sizeof(id), "%u", i);
        report_delivery(pdu.sequence, id);
    }
    lone_line_close(&bank);
    written_and_taken("79161234567", "me too");
    CHECK_EQ(outbox_waiting(lone_gateway_of(lone), LETTER_RECEIPT), 8, "receipts");
    for (int i = 0; i < 120; i++) /* they may go to another bind after 100 ms */
        lone_gateway_turn(lone);
    bind_client(&bank, "bank", 0x34);
    for (int i = 0; i < 2; i++) {
        lone_line_expect(&bank, SMPP_DELIVER_SM, &pdu);
        came = came || (pdu.esm_class & 0x04) == 0;
    }
    CHECK(came, "among the first two");
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(a_message_comes_to_its_account_octet_for_octet),
        RUN(a_payload_is_passed_on_and_a_peer_of_3_3_does_not_stop_what_is_behind_it),
        RUN(the_first_word_leads_to_the_account),
        RUN(what_is_nobodys_is_refused_and_counted),
        RUN(what_is_nobodys_is_kept_for_people_where_that_is_wished),
        RUN(when_all_that_may_be_kept_is_the_operator_is_told_to_come_again),
        RUN(what_the_operator_repeats_on_a_new_session_is_taken_once),
        RUN(what_somebody_writes_again_is_told_again),
        RUN(it_is_kept_until_the_account_has_acknowledged_it),
        RUN(acknowledgements_of_the_recipient_come_as_such),
        RUN(the_parts_of_a_long_message_come_together_in_order_whatever_they_are),
        RUN(who_wishes_so_gets_a_long_message_whole),
        RUN(a_part_that_does_not_come_holds_the_others_for_a_time),
        RUN(a_reference_that_is_used_again_is_another_message),
        RUN(what_is_longer_than_a_post_may_be_is_refused),
        RUN(as_many_parts_as_are_collected_fit_into_one_decision),
        RUN(a_stop_reaches_the_list_and_a_start_takes_it_off_again),
        RUN(who_opts_out_while_a_message_waits_does_not_get_it),
        RUN(transactional_messages_go_on_unless_the_account_says_otherwise),
        RUN(a_stop_may_be_for_the_number_written_to_alone),
        RUN(who_stops_very_many_senders_of_an_account_stops_all),
        RUN(a_start_is_for_very_many_accounts_that_share_the_number),
        RUN(a_writer_is_answered_once_in_a_time),
        RUN(a_reply_is_no_repetition_and_has_no_sender_of_the_accounts_choice),
        RUN(who_stops_is_told_so_and_nothing_more),
        RUN(what_is_no_person_is_not_answered),
        RUN(what_is_a_report_is_not_answered_though_it_is_not_marked),
        RUN(it_does_not_wait_behind_all_the_receipts_of_the_account),
    };

    return RUN_ALL(tests);
}
