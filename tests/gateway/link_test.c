/*
 * A link as its operator sees it: the test is the operator, and answers by hand.
 */
#include "gateway/channels/link.h"

#include <sys/socket.h>
#include <unistd.h>

#include "gateway/channels/channel.h"
#include "gateway/executor.h"
#include "gateway/gateway.h"
#include "smpp/command.h"
#include "tests/gateway/hanging_name.h"
#include "tests/gateway/lone_operator.h"
#include "tests/test.h"

/* The operator, with the one bind of the link. */
static int listener;
static struct lone_gateway *lone;
static struct lone_line line;
static struct lone_line client;

static const struct gateway_counters *counters(void)
{
    return &lone_gateway_of(lone)->counters;
}

static void open_with(const char *settings)
{
    lone = lone_operator_open(&listener, settings, "");
}

static void accept_bind_on(struct lone_line *at, uint8_t version)
{
    lone_operator_bind(at, lone, listener, SMPP_BIND_TRANSCEIVER, version);
}

static void accept_bind(uint8_t version)
{
    accept_bind_on(&line, version);
}

static void begin(const char *settings)
{
    open_with(settings);
    accept_bind(0x34);
}

static void end(void)
{
    lone_line_close(&line);
    close(listener);
    lone_gateway_free(lone);
}

static void turn_for(int ms)
{
    lone_gateway_turn_for(lone, ms);
}

static uint64_t submit(const char *to)
{
    return lone_operator_submit(lone, to, "hello");
}

static void check_end(uint64_t id, const char *wanted)
{
    lone_operator_check_end(lone, id, wanted);
}

static void send_parameters(const char *id)
{
    uint8_t state = 2;
    struct smpp_pdu pdu;

    smpp_pdu_init(&pdu, SMPP_DELIVER_SM, 0, 7);
    pdu.esm_class = 0x04;
    assert_true(smpp_pdu_add_tlv(&pdu, SMPP_TLV_RECEIPTED_MESSAGE_ID, id,
                                 (uint16_t)(strlen(id) + 1)) &&
                smpp_pdu_add_tlv(&pdu, SMPP_TLV_MESSAGE_STATE, &state, 1));
    lone_line_send(&line, &pdu);
}

static void expect_deliver_answer(uint32_t status)
{
    struct smpp_pdu answer;

    lone_line_expect(&line, SMPP_DELIVER_SM | SMPP_RESPONSE, &answer);
    CHECK_EQ(answer.status, status, "the answer to the deliver_sm");
}

/* ---- The window and the rate ------------------------------------------------ */

TEST(no_more_than_the_window_is_unanswered)
{
    struct smpp_pdu first, other;

    begin(HERE "window = 2");
    submit("491700000001");
    submit("491700000002");
    submit("491700000003");
    lone_line_expect(&line, SMPP_SUBMIT_SM, &first);
    lone_line_take(&line, &first, "a");
    lone_line_expect(&line, SMPP_SUBMIT_SM, &other);
    lone_line_expect(&line, SMPP_SUBMIT_SM, &other);
    submit("491700000004");
    assert_false(lone_line_read(&line, &other, 150));
    end();
}

/* Takes what comes until it is silent. */
enum { SUBMITS_MAX = 16, PATIENCE_MS = 5000, SILENCE_MS = 60 };

/* So many, however slow the disk is, and what comes soon behind them. */
static int read_submits(struct smpp_pdu out[SUBMITS_MAX], int wanted)
{
    int count = 0;

    while (count < SUBMITS_MAX &&
           lone_line_read(&line, &out[count], count < wanted ? PATIENCE_MS : SILENCE_MS))
        count += out[count].command == SMPP_SUBMIT_SM;
    return count;
}

TEST(who_answers_late_is_given_less_and_who_answers_soon_is_given_it_back)
{
    static const struct {
        const char *row;
        const char *settings;
        int wanted;
    } rows[] = {
        {"adapted",     HERE "window = 8 response_timeout = \"2s\"",                      4},
        {"not adapted", HERE "window = 8 response_timeout = \"2s\" adapt_window = false",
         8                                                                                 },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct smpp_pdu seen[SUBMITS_MAX];
        struct link_facts facts;
        int count;

        lone = lone_operator_open_virtual(&listener, rows[i].settings, "");
        accept_bind(0x34);
        for (int n = 0; n < 40; n++)
            submit("491700000001");
        count = read_submits(seen, 8);
        CHECK_EQ(count, 8, "the window");
        turn_for(1100);
        for (int n = 0; n < count; n++)
            lone_line_take(&line, &seen[n], "a");
        count = read_submits(seen, rows[i].wanted);
        CHECK_EQ(count, rows[i].wanted, rows[i].row);
        link_look(lone_gateway_of(lone)->links[0], &facts);
        CHECK_EQ(facts.window, rows[i].wanted, rows[i].row);
        for (int round = 0; round < 2; round++) {
            for (int n = 0; n < count; n++)
                lone_line_take(&line, &seen[n], "a");
            count = read_submits(seen, 8);
        }
        CHECK_EQ(count, 8, "the whole window again");
        CHECK_EQ(counters()->in_doubt, 0, "in doubt");
        end();
    }
}

TEST(the_last_tenth_of_the_window_is_kept_for_transactional_messages)
{
    struct smpp_pdu pdu;
    int sent = 0;

    lone = lone_operator_open(&listener, HERE "window = 20",
                              "account \"adverts\" { password = \"p\" plan = \"dear\" "
                              "opening = \"100\" class = \"advertising\" }");
    accept_bind(0x34);
    turn_for(20);
    for (int i = 0; i < 25; i++)
        lone_operator_submit_as(lone, "adverts", "491700000001", "buy");
    while (lone_line_read(&line, &pdu, 30))
        sent++;
    CHECK_EQ(sent, 18, "adverts");
    submit("491700000002");
    submit("491700000002");
    submit("491700000002");
    while (lone_line_read(&line, &pdu, 30))
        sent++;
    CHECK_EQ(sent, 20, "and two of the others, at once");
    end();
}

TEST(no_more_than_the_rate_is_sent)
{
    struct smpp_pdu pdu;
    int sent = 0;

    begin(HERE "window = 100 tps = 5");
    for (int i = 0; i < 9; i++)
        submit("491700000001");
    while (lone_line_read(&line, &pdu, 30))
        sent++;
    assert_in_range(sent, 5, 7);
    while (sent < 9 && lone_line_read(&line, &pdu, SOON_MS))
        sent++;
    CHECK_EQ(sent, 9, "all in the end");
    end();
}

static void bind_client(void)
{
    struct smpp_pdu pdu;

    lone_line_connect(&client, lone);
    smpp_pdu_init(&pdu, SMPP_BIND_TRANSMITTER, 0, 1);
    pdu.system_id = (struct smpp_octets){(const uint8_t *)"direct", 6};
    pdu.password = (struct smpp_octets){(const uint8_t *)"p", 1};
    pdu.interface_version = 0x34;
    lone_line_send(&client, &pdu);
    lone_line_expect(&client, SMPP_BIND_TRANSMITTER | SMPP_RESPONSE, &pdu);
    CHECK_EQ(pdu.status, ESME_ROK, "the client's bind");
}

static void fill_submit(struct smpp_pdu *pdu, uint32_t sequence)
{
    smpp_pdu_init(pdu, SMPP_SUBMIT_SM, 0, sequence);
    pdu->source = (struct smpp_octets){(const uint8_t *)"4917", 4};
    pdu->destination = (struct smpp_octets){(const uint8_t *)"491700000001", 12};
    pdu->data_coding = 4;
}

TEST(a_place_that_was_not_used_goes_to_who_waits)
{
    static const uint8_t octets[300];
    struct smpp_pdu long_one, short_one, seen;

    open_with(HERE "window = 1");
    accept_bind(0x33); /* it takes no parameters, so no message_payload */
    turn_for(20);
    bind_client();
    fill_submit(&long_one, 2);
    assert_true(
        smpp_pdu_add_tlv(&long_one, SMPP_TLV_MESSAGE_PAYLOAD, octets, sizeof(octets)));
    fill_submit(&short_one, 3);
    short_one.short_message = (struct smpp_octets){octets, 10};
    lone_line_send(&client, &long_one);
    lone_line_send(&client, &short_one);
    lone_line_expect(&line, SMPP_SUBMIT_SM, &seen);
    CHECK_EQ(seen.short_message.size, 10, "the short one");
    lone_line_close(&client);
    end();
}

TEST(a_link_that_only_receives_is_given_nothing)
{
    struct smpp_pdu bind, answer;

    open_with(HERE "bind = \"receiver\"");
    assert_true(lone_line_accept(&line, lone, listener, SOON_MS));
    lone_line_expect(&line, SMPP_BIND_RECEIVER, &bind);
    smpp_pdu_init(&answer, SMPP_BIND_RECEIVER | SMPP_RESPONSE, 0, bind.sequence);
    lone_line_send(&line, &answer);
    turn_for(20);
    submit("491700000001");
    turn_for(200);
    CHECK_EQ(counters()->permits, 0, "permits");
    CHECK_EQ(link_bound(lone_gateway_of(lone)->links[0]), 1, "binds");
    end();
}

static int count_submits(struct lone_line *at)
{
    struct smpp_pdu pdu;
    int count = 0;

    while (lone_line_read(at, &pdu, 50))
        count += pdu.command == SMPP_SUBMIT_SM;
    return count;
}

TEST(long_messages_are_shared_by_the_binds_and_each_keeps_to_one)
{
    static struct lone_line other;
    char text[201];
    int on_one, on_other;

    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    open_with(HERE "connections = 2 window = 100");
    accept_bind(0x34);
    accept_bind_on(&other, 0x34);
    turn_for(20);
    for (int i = 0; i < 20; i++)
        lone_operator_submit(lone, "491700000001", text);
    on_one = count_submits(&line);
    on_other = count_submits(&other);
    CHECK_EQ(on_one + on_other, 40, "segments");
    CHECK_EQ(on_one % 2, 0, "whole messages");
    assert_in_range(on_one, 2, 38);
    lone_line_close(&other);
    end();
}

static void send_part(uint8_t reference, uint8_t number, bool sar)
{
    uint8_t values[4] = {0, reference, 3, number};
    const uint8_t octets[] = {5, 0, 3, reference, 3, number, 'x'};
    struct smpp_pdu pdu;

    fill_submit(&pdu, 2);
    pdu.short_message = (struct smpp_octets){octets + (sar ? 6 : 0), sar ? 1 : 7};
    if (sar)
        assert_true(smpp_pdu_add_tlv(&pdu, SMPP_TLV_SAR_MSG_REF_NUM, values, 2) &&
                    smpp_pdu_add_tlv(&pdu, SMPP_TLV_SAR_TOTAL_SEGMENTS, values + 2, 1) &&
                    smpp_pdu_add_tlv(&pdu, SMPP_TLV_SAR_SEGMENT_SEQNUM, values + 3, 1));
    else
        pdu.esm_class = 0x40;
    lone_line_send(&client, &pdu);
}

TEST(the_parts_a_client_has_cut_go_over_one_bind_in_order)
{
    enum { BINDS = 4, MESSAGES = 21 }; /* in turns they would not meet again */
    static struct lone_line binds[BINDS];

    for (int sar = 0; sar <= 1; sar++) {
        size_t at[MESSAGES] = {0};
        uint8_t last[MESSAGES] = {0};
        size_t used[BINDS] = {0};
        struct smpp_pdu pdu;

        open_with(HERE "connections = 4 window = 100");
        for (size_t i = 0; i < BINDS; i++)
            accept_bind_on(&binds[i], 0x34);
        turn_for(20);
        bind_client();
        for (uint8_t number = 1; number <= 3; number++)
            for (uint8_t reference = 0; reference < MESSAGES; reference++)
                send_part(reference, number, sar);
        for (size_t i = 0; i < BINDS; i++) {
            while (lone_line_read(&binds[i], &pdu, 50)) {
                const struct smpp_tlv *ref = smpp_pdu_tlv(&pdu, SMPP_TLV_SAR_MSG_REF_NUM);
                const struct smpp_tlv *seq =
                    smpp_pdu_tlv(&pdu, SMPP_TLV_SAR_SEGMENT_SEQNUM);
                size_t reference = sar ? smpp_tlv_integer(ref) : pdu.short_message.data[3];
                uint8_t number = sar ? seq->value[0] : pdu.short_message.data[5];

                CHECK_EQ(number, last[reference] + 1, "in order");
                CHECK(number == 1 || at[reference] == i, "on one bind");
                at[reference] = i;
                last[reference] = number;
                used[i] += number == 3;
            }
        }
        for (size_t i = 0; i < BINDS; i++)
            assert_in_range(used[i], 1, MESSAGES - BINDS + 1); /* shared by all */
        CHECK_EQ(used[0] + used[1] + used[2] + used[3], MESSAGES, "all of them");
        lone_line_close(&client);
        for (size_t i = 1; i < BINDS; i++)
            lone_line_close(&binds[i]);
        line = binds[0];
        end();
    }
}

/* One bind is full: they do not wait for it. */
TEST(a_part_whose_bind_is_full_goes_over_another)
{
    static struct lone_line other;
    struct smpp_pdu pdu;
    int sent = 0;

    open_with(HERE "connections = 2 window = 2");
    accept_bind(0x34);
    accept_bind_on(&other, 0x34);
    turn_for(20);
    bind_client();
    for (uint8_t number = 1; number <= 3; number++)
        send_part(7, number, false);
    send_part(7, 3, false);
    while (lone_line_read(&line, &pdu, 50))
        sent++;
    CHECK_EQ(sent, 2, "as many as the window takes");
    while (lone_line_read(&other, &pdu, 50))
        sent++;
    CHECK_EQ(sent, 4, "all of them");
    lone_line_close(&client);
    lone_line_close(&other);
    end();
}

/* ---- Refusals --------------------------------------------------------------- */

TEST(a_throttled_link_pauses_for_all_and_goes_on)
{
    struct smpp_pdu pdu;

    begin(HERE "on_status \"0x58\" { action = \"pause\" delays = {\"400ms\"} }");
    submit("491700000001");
    lone_line_expect(&line, SMPP_SUBMIT_SM, &pdu);
    lone_line_answer(&line, &pdu, ESME_RTHROTTLED);
    turn_for(20);
    submit("491700000002");
    assert_false(lone_line_read(&line, &pdu, 200));
    lone_line_expect(&line, SMPP_SUBMIT_SM, &pdu);
    lone_line_expect(&line, SMPP_SUBMIT_SM, &pdu);
    end();
}

TEST(a_full_queue_is_tried_again_after_each_delay_and_no_more)
{
    struct smpp_pdu pdu;
    uint64_t id;

    begin(HERE "on_status \"0x14\" { action = \"retry\" delays = {\"50ms\", \"100ms\"} }");
    id = submit("491700000001");
    for (int i = 0; i < 3; i++) {
        lone_line_expect(&line, SMPP_SUBMIT_SM, &pdu);
        lone_line_answer(&line, &pdu, ESME_RMSGQFUL);
    }
    assert_false(lone_line_read(&line, &pdu, 300));
    check_end(id, "undeliverable");
    end();
}

/* ---- Doubt ------------------------------------------------------------------ */

TEST(a_swallowed_response_is_in_doubt_and_sent_once_more)
{
    struct smpp_pdu pdu, enquiry;

    begin(HERE "response_timeout = \"400ms\" in_doubt_wait = \"50ms\"");
    submit("491700000001");
    lone_line_expect(&line, SMPP_SUBMIT_SM, &pdu);
    /* Is anybody there?  Nothing more is sent before that is known. */
    lone_line_expect(&line, SMPP_ENQUIRE_LINK, &enquiry);
    enquiry = (struct smpp_pdu){.command = enquiry.command, .sequence = enquiry.sequence};
    assert_false(lone_line_read(&line, &pdu, 150));
    lone_line_answer(&line, &enquiry, ESME_ROK);
    lone_line_expect(&line, SMPP_SUBMIT_SM, &pdu);
    CHECK_EQ(counters()->in_doubt, 1, "in doubt");
    CHECK_EQ(counters()->resends, 1, "resends");
    end();
}

TEST(what_never_left_our_buffer_is_not_in_doubt)
{
    enum { MESSAGES = 2000 };
    static const uint8_t octets[3000]; /* 6 MB: more than the kernel takes */
    struct smpp_pdu pdu;
    int small = 2048;
    uint16_t port;

    listener = lone_line_listen(&port);
    setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
    lone = lone_gateway_new_with(port, HERE "window = 5000", LONE_OPERATOR_ACCOUNT);
    accept_bind(0x34);
    turn_for(20);
    bind_client();
    for (uint32_t i = 0; i < MESSAGES; i++) {
        fill_submit(&pdu, 2 + i);
        assert_true(
            smpp_pdu_add_tlv(&pdu, SMPP_TLV_MESSAGE_PAYLOAD, octets, sizeof(octets)));
        lone_line_send(&client, &pdu);
        if (i % 20 == 0)
            while (lone_line_read(&client, &pdu, 1))
                ;
    }
    turn_for(100);
    lone_line_close(&line);
    turn_for(10);
    assert_true(counters()->verdicts[VERDICT_UNSURE] > 0);
    assert_true(counters()->verdicts[VERDICT_RETRY] > 0);
    CHECK_EQ(counters()->in_doubt, counters()->verdicts[VERDICT_UNSURE], "in doubt");
    accept_bind(0x34);
    lone_line_expect(&line, SMPP_SUBMIT_SM, &pdu);
    lone_line_close(&client);
    end();
}

TEST(a_report_in_the_operators_own_form_clears_a_doubt)
{
    struct smpp_pdu pdu;
    uint64_t id;

    begin(HERE "response_timeout = \"200ms\" in_doubt_wait = \"5s\" country_code = \"49\" "
               "national_prefix = \"0\" destination \"national\" { write = \"national\" } "
               "source \"alphanumeric\" { write = \"digits\" }");
    id = submit("491700000001");
    lone_line_expect(&line, SMPP_SUBMIT_SM, &pdu);
    CHECK_BYTES(pdu.destination.data, pdu.destination.size, "01700000001", 11, "written");
    lone_line_expect(&line, SMPP_ENQUIRE_LINK, &pdu);
    smpp_pdu_init(&pdu, SMPP_ENQUIRE_LINK | SMPP_RESPONSE, 0, pdu.sequence);
    lone_line_send(&line, &pdu);
    smpp_pdu_init(&pdu, SMPP_DELIVER_SM, 0, 9);
    pdu.esm_class = 0x04;
    pdu.source = (struct smpp_octets){(const uint8_t *)"01700000001", 11};
    pdu.destination = (struct smpp_octets){(const uint8_t *)"SHOP", 4};
    pdu.short_message = (struct smpp_octets){
        (const uint8_t *)"id:d1 sub:001 dlvrd:001 stat:DELIVRD err:000 text:", 50};
    lone_line_send(&line, &pdu);
    expect_deliver_answer(ESME_ROK);
    check_end(id, "delivered");
    CHECK_EQ(counters()->resends, 0, "resends");
    end();
}

/* ---- Reports ---------------------------------------------------------------- */

TEST(a_report_may_come_before_the_response)
{
    struct smpp_pdu submitted, kept;
    uint64_t id;

    begin(HERE);
    id = submit("491700000001");
    lone_line_expect(&line, SMPP_SUBMIT_SM, &submitted);
    smpp_pdu_init(&kept, SMPP_SUBMIT_SM, 0, submitted.sequence);
    lone_operator_report(&line, "x1", "DELIVRD");
    expect_deliver_answer(ESME_ROK);
    lone_line_take(&line, &kept, "x1");
    check_end(id, "delivered");
    CHECK_EQ(counters()->reports_early, 1, "early reports");
    end();
}

TEST(a_receipt_of_parameters_alone_counts)
{
    struct smpp_pdu pdu;
    uint64_t id;

    begin(HERE);
    id = submit("491700000001");
    lone_line_expect(&line, SMPP_SUBMIT_SM, &pdu);
    lone_line_take(&line, &pdu, "x2");
    send_parameters("x2");
    expect_deliver_answer(ESME_ROK);
    check_end(id, "delivered");
    end();
}

TEST(ids_of_receipts_are_read_by_the_rule_of_the_link)
{
    static const struct {
        const char *rule;
        const char *response;
        const char *receipt;
    } rows[] = {
        {"as-is",           "Ab01",     "Ab01"    },
        {"receipt-hex",     "12107289", "00B8BE19"},
        {"receipt-decimal", "b8be19",   "12107289"},
        {"any-case",        "Ab01",     "aB01"    },
        {"no-zeros",        "00042",    "42"      },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        char settings[256];
        struct smpp_pdu pdu;
        uint64_t id;

        snprintf(settings, sizeof(settings), HERE "id_rule = \"%s\"", rows[i].rule);
        begin(settings);
        id = submit("491700000001");
        lone_line_expect(&line, SMPP_SUBMIT_SM, &pdu);
        lone_line_take(&line, &pdu, rows[i].response);
        lone_operator_report(&line, rows[i].receipt, "DELIVRD");
        expect_deliver_answer(ESME_ROK);
        check_end(id, "delivered");
        end();
    }
}

static uint32_t submit_part(uint8_t esm_class, const void *text, size_t size)
{
    static const uint8_t reference[] = {0, 7}, total[] = {2}, number[] = {1};
    struct smpp_pdu pdu;

    smpp_pdu_init(&pdu, SMPP_SUBMIT_SM, 0, 2);
    pdu.esm_class = esm_class;
    pdu.source = (struct smpp_octets){(const uint8_t *)"Shop", 4};
    pdu.destination = (struct smpp_octets){(const uint8_t *)"491700000001", 12};
    pdu.short_message = (struct smpp_octets){text, (uint32_t)size};
    assert_true(smpp_pdu_add_tlv(&pdu, SMPP_TLV_SAR_MSG_REF_NUM, reference, 2));
    assert_true(smpp_pdu_add_tlv(&pdu, SMPP_TLV_SAR_TOTAL_SEGMENTS, total, 1));
    assert_true(smpp_pdu_add_tlv(&pdu, SMPP_TLV_SAR_SEGMENT_SEQNUM, number, 1));
    lone_line_send(&client, &pdu);
    lone_line_expect(&client, SMPP_SUBMIT_SM | SMPP_RESPONSE, &pdu);
    return pdu.status;
}

/* SMPP 3.4 5.2.12: a message says by its header or by its parameters which part it is. */
TEST(no_part_leaves_with_a_header_and_sar_parameters)
{
    static const uint8_t headed[] = {5, 0, 3, 7, 2, 1, 'a', 'b'};
    struct smpp_pdu seen;
    char text[200];

    memset(text, 'a', sizeof(text));
    begin(HERE);
    bind_client();
    CHECK_EQ(submit_part(0x00, text, 150), ESME_ROK, "by parameters");
    lone_line_expect(&line, SMPP_SUBMIT_SM, &seen);
    CHECK_EQ(seen.esm_class & 0x40, 0, "no header");
    CHECK(smpp_pdu_tlv(&seen, SMPP_TLV_SAR_MSG_REF_NUM) != NULL, "its parameters");
    CHECK_EQ(submit_part(0x40, headed, sizeof(headed)), ESME_ROK, "by its header");
    lone_line_expect(&line, SMPP_SUBMIT_SM, &seen);
    CHECK_EQ(seen.esm_class & 0x40, 0x40, "its header");
    CHECK(smpp_pdu_tlv(&seen, SMPP_TLV_SAR_MSG_REF_NUM) == NULL, "no reference");
    CHECK(smpp_pdu_tlv(&seen, SMPP_TLV_SAR_TOTAL_SEGMENTS) == NULL, "no total");
    CHECK(smpp_pdu_tlv(&seen, SMPP_TLV_SAR_SEGMENT_SEQNUM) == NULL, "no number");
    CHECK_EQ(submit_part(0x00, text, sizeof(text)), ESME_RINVMSGLEN,
             "a part of two short messages");
    lone_line_close(&client);
    end();
}

TEST(what_a_subscriber_writes_is_refused)
{
    struct smpp_pdu pdu;

    begin(HERE);
    smpp_pdu_init(&pdu, SMPP_DELIVER_SM, 0, 9);
    pdu.short_message = (struct smpp_octets){(const uint8_t *)"STOP", 4};
    lone_line_send(&line, &pdu);
    expect_deliver_answer(ESME_RX_R_APPN);
    end();
}

TEST(where_every_deliver_sm_must_be_answered_0_nothing_is_refused)
{
    struct link_facts facts;
    struct smpp_pdu pdu;

    begin(HERE "refuse_deliveries = false");
    smpp_pdu_init(&pdu, SMPP_DELIVER_SM, 0, 9);
    pdu.short_message = (struct smpp_octets){(const uint8_t *)"STOP", 4};
    lone_line_send(&line, &pdu);
    expect_deliver_answer(ESME_ROK);
    link_look(lone_gateway_of(lone)->links[0], &facts);
    CHECK_EQ(facts.unreceived, 1, "counted");
    end();
}

/* ---- Binds ------------------------------------------------------------------ */

TEST(an_operator_that_unbinds_is_given_nothing_more)
{
    struct smpp_pdu pdu;

    begin(HERE);
    smpp_pdu_init(&pdu, SMPP_UNBIND, 0, 5);
    lone_line_send(&line, &pdu);
    lone_line_expect(&line, SMPP_UNBIND | SMPP_RESPONSE, &pdu);
    submit("491700000001");
    turn_for(300);
    CHECK_EQ(counters()->permits, 0, "permits while it is gone");
    lone_line_close(&line);
    accept_bind(0x34);
    lone_line_expect(&line, SMPP_SUBMIT_SM, &pdu);
    end();
}

TEST(what_an_operator_answers_behind_its_unbind_is_heard)
{
    struct smpp_pdu submitted, kept, pdu;
    uint64_t id;

    begin(HERE);
    id = submit("491700000001");
    lone_line_expect(&line, SMPP_SUBMIT_SM, &submitted);
    smpp_pdu_init(&kept, SMPP_SUBMIT_SM, 0, submitted.sequence);
    smpp_pdu_init(&pdu, SMPP_UNBIND, 0, 5);
    lone_line_send(&line, &pdu);
    turn_for(50);
    lone_line_take(&line, &kept, "x1");
    lone_line_expect(&line, SMPP_UNBIND | SMPP_RESPONSE, &pdu);
    lone_line_close(&line);
    accept_bind(0x34);
    lone_operator_report(&line, "x1", "DELIVRD");
    check_end(id, "delivered");
    CHECK_EQ(counters()->in_doubt, 0, "in doubt");
    end();
}

TEST(who_is_refused_for_who_he_is_tries_more_and_more_slowly)
{
    static const uint32_t statuses[] = {ESME_RBINDFAIL, ESME_RINVPASWD, ESME_RINVSYSID};

    for (size_t row = 0; row < ROWS(statuses); row++) {
        const char *name = smpp_status_name(statuses[row]);
        struct smpp_pdu bind;
        int tries = 0;

        lone = lone_operator_open_virtual(&listener, HERE, "");
        for (int i = 0; i < 15; i++) {
            if (!lone_line_accept(&line, lone, listener, 100))
                continue;
            tries++;
            lone_line_expect(&line, SMPP_BIND_TRANSCEIVER, &bind);
            lone_line_answer(&line, &bind, statuses[row]);
            CHECK(lone_line_ends(&line, SOON_MS), name);
            lone_line_close(&line);
        }
        CHECK(tries >= 3 && tries <= 8, name);
        accept_bind(0x34);
        end();
    }
}

TEST(an_operator_may_be_known_by_its_name)
{
    begin("host = \"localhost\" reconnect_min = \"20ms\" reconnect_max = \"40ms\"");
    end();
}

static void is_done(void *done)
{
    *(bool *)done = true;
}

static void do_nothing(void *self)
{
    (void)self;
}

/* Clients' passwords are checked on the pool. */
TEST(operators_whose_names_nobody_answers_for_hold_up_no_client)
{
    bool done = false;
    struct executor_job job = {do_nothing, is_done, &done, NULL};

    lone = lone_operator_open(
        &listener, HERE,
        "link \"b\" { host = \"hangs-b\" port = 1 system_id = \"s\" password = \"p\" }\n"
        "link \"c\" { host = \"hangs-c\" port = 1 system_id = \"s\" password = \"p\" }\n"
        "link \"d\" { host = \"hangs-d\" port = 1 system_id = \"s\" password = \"p\" }\n");
    accept_bind(0x34);
    for (int i = 0; i < SOON_MS && hanging_name_count() < 2; i++)
        lone_gateway_turn(lone);
    CHECK(executor_submit(lone_gateway_of(lone)->executor, EXECUTOR_POOL, &job), "taken");
    for (int i = 0; i < SOON_MS && !done; i++)
        lone_gateway_turn(lone);
    CHECK(done && hanging_name_count() >= 2, "done while they hang");
    hanging_name_let_go();
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(no_more_than_the_window_is_unanswered),
        RUN(who_answers_late_is_given_less_and_who_answers_soon_is_given_it_back),
        RUN(the_last_tenth_of_the_window_is_kept_for_transactional_messages),
        RUN(no_more_than_the_rate_is_sent),
        RUN(a_place_that_was_not_used_goes_to_who_waits),
        RUN(a_link_that_only_receives_is_given_nothing),
        RUN(long_messages_are_shared_by_the_binds_and_each_keeps_to_one),
        RUN(the_parts_a_client_has_cut_go_over_one_bind_in_order),
        RUN(a_part_whose_bind_is_full_goes_over_another),
        RUN(a_throttled_link_pauses_for_all_and_goes_on),
        RUN(a_full_queue_is_tried_again_after_each_delay_and_no_more),
        RUN(a_swallowed_response_is_in_doubt_and_sent_once_more),
        RUN(a_report_in_the_operators_own_form_clears_a_doubt),
        RUN(what_never_left_our_buffer_is_not_in_doubt),
        RUN(a_report_may_come_before_the_response),
        RUN(a_receipt_of_parameters_alone_counts),
        RUN(ids_of_receipts_are_read_by_the_rule_of_the_link),
        RUN(no_part_leaves_with_a_header_and_sar_parameters),
        RUN(what_a_subscriber_writes_is_refused),
        RUN(where_every_deliver_sm_must_be_answered_0_nothing_is_refused),
        RUN(an_operator_that_unbinds_is_given_nothing_more),
        RUN(what_an_operator_answers_behind_its_unbind_is_heard),
        RUN(who_is_refused_for_who_he_is_tries_more_and_more_slowly),
        RUN(an_operator_may_be_known_by_its_name),
        RUN(operators_whose_names_nobody_answers_for_hold_up_no_client),
    };

    return RUN_ALL(tests);
}
