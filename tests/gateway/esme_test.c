/*
 * Sessions as a client sees them: the test is the client, and behind the gateway the
 * operator too.
 */
#include "gateway/esme.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "gateway/clock.h"
#include "gateway/gateway.h"
#include "gateway/store.h"
#include "smpp/command.h"
#include "tests/gateway/lone_line.h"
#include "tests/test.h"

enum { SOON_MS = 3000, LIMIT_MS = 4000 };

static const char sections[] =
    "account \"few\" { password = \"p\" plan = \"dear\" opening = \"1000\" binds = 2 }\n"
    "account \"eager\" { password = \"p\" plan = \"dear\" opening = \"1000\" tps = 20\n"
    "  burst = 1 over_rate_wait = \"200ms\" }";

static int listener;
static struct lone_gateway *lone;
static struct lone_line operator;
static struct lone_line lines[3];

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static const char here[] = "host = \"127.0.0.1\"";
static const char with_one_slot[] = "host = \"127.0.0.1\" window = 1";

static void begin_with(bool is_virtual, const char *link)
{
    uint16_t port;

    listener = lone_line_listen(&port);
    lone = is_virtual ? lone_gateway_new_virtual(port, link, sections)
                      : lone_gateway_new_with(port, link, sections);
    for (size_t i = 0; i < ROWS(lines); i++)
        lines[i].fd = -1;
}

static void begin(void)
{
    begin_with(false, here);
}

static void end(void)
{
    for (size_t i = 0; i < ROWS(lines); i++)
        if (lines[i].fd >= 0)
            lone_line_close(&lines[i]);
    close(listener);
    lone_gateway_free(lone);
}

static void send_bind(struct lone_line *line, uint32_t command, const char *system_id,
                      const char *password)
{
    struct smpp_pdu pdu;

    lone_line_connect(line, lone);
    smpp_pdu_init(&pdu, command, 0, 1);
    pdu.system_id =
        (struct smpp_octets){(const uint8_t *)system_id, (uint32_t)strlen(system_id)};
    pdu.password =
        (struct smpp_octets){(const uint8_t *)password, (uint32_t)strlen(password)};
    pdu.interface_version = 0x34;
    lone_line_send(line, &pdu);
}

static void bind_line(struct lone_line *line, uint32_t command)
{
    struct smpp_pdu answer;

    send_bind(line, command, "few", "p");
    lone_line_expect(line, command | SMPP_RESPONSE, &answer);
    CHECK_EQ(answer.status, ESME_ROK, "the bind");
}

static size_t bound(void)
{
    return accounts_binds(lone_gateway_of(lone)->accounts, 3);
}

/* ---- Passwords --------------------------------------------------------------- */

TEST(a_wrong_password_and_an_unknown_name_look_alike_and_close)
{
    static const struct {
        const char *system_id;
        const char *password;
    } rows[] = {
        {"few",    "q"},
        {"nobody", "p"},
        {"few",    "" },
        {"FEW",    "p"},
    };

    begin();
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct smpp_pdu answer;

        send_bind(&lines[0], SMPP_BIND_TRANSCEIVER, rows[i].system_id, rows[i].password);
        lone_line_expect(&lines[0], SMPP_BIND_TRANSCEIVER | SMPP_RESPONSE, &answer);
        CHECK_EQ(answer.status, ESME_RINVPASWD, rows[i].system_id);
        CHECK(lone_line_ends(&lines[0], SOON_MS), rows[i].system_id);
        lone_line_close(&lines[0]);
    }
    end();
}

/* ---- The bind limit ---------------------------------------------------------- */

static void answer_question(struct lone_line *line)
{
    struct smpp_pdu question;

    lone_line_expect(line, SMPP_ENQUIRE_LINK, &question);
    lone_line_answer(line, &question, ESME_ROK);
}

TEST(at_the_limit_those_who_answer_keep_their_places)
{
    struct smpp_pdu answer;

    begin();
    bind_line(&lines[0], SMPP_BIND_TRANSCEIVER);
    bind_line(&lines[1], SMPP_BIND_TRANSMITTER);
    send_bind(&lines[2], SMPP_BIND_TRANSCEIVER, "few", "p");
    answer_question(&lines[0]);
    answer_question(&lines[1]);
    lone_line_expect(&lines[2], SMPP_BIND_TRANSCEIVER | SMPP_RESPONSE, &answer);
    CHECK_EQ(answer.status, ESME_RALYBND, "the third bind");
    assert_true(lone_line_ends(&lines[2], SOON_MS));
    CHECK_EQ(bound(), 2, "binds");
    end();
}

TEST(at_the_limit_who_is_silent_loses_his_place)
{
    int64_t began_ms;
    struct smpp_pdu answer;

    begin();
    bind_line(&lines[0], SMPP_BIND_TRANSCEIVER);
    bind_line(&lines[1], SMPP_BIND_TRANSCEIVER);
    began_ms = now_ms();
    send_bind(&lines[2], SMPP_BIND_TRANSCEIVER, "few", "p");
    answer_question(&lines[0]);
    assert_true(lone_line_read(&lines[2], &answer, LIMIT_MS));
    CHECK_EQ(answer.status, ESME_ROK, "the third bind");
    assert_in_range(now_ms() - began_ms, 2900, LIMIT_MS);
    assert_true(lone_line_ends(&lines[1], SOON_MS));
    CHECK_EQ(bound(), 2, "binds");
    end();
}

/* Asks without end and hears nothing, until no more can be sent. */
static void choke(struct lone_line *line)
{
    uint8_t questions[4096] = {0};

    for (size_t i = 0; i < sizeof(questions); i += 16) {
        questions[i + 3] = 16;
        questions[i + 7] = SMPP_ENQUIRE_LINK;
        questions[i + 15] = 1;
    }
    for (int stuck = 0; stuck < 100;) {
        if (send(line->fd, questions, sizeof(questions), MSG_NOSIGNAL) > 0)
            stuck = 0;
        else
            stuck++;
        lone_gateway_turn(lone);
    }
}

TEST(at_the_limit_who_does_not_read_loses_his_place_in_time)
{
    int small = 4096;
    struct smpp_pdu answer;

    begin();
    bind_line(&lines[0], SMPP_BIND_TRANSCEIVER);
    bind_line(&lines[1], SMPP_BIND_TRANSCEIVER);
    setsockopt(lines[1].fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
    choke(&lines[1]);
    send_bind(&lines[2], SMPP_BIND_TRANSCEIVER, "few", "p");
    answer_question(&lines[0]);
    assert_true(lone_line_read(&lines[2], &answer, LIMIT_MS));
    CHECK_EQ(answer.status, ESME_ROK, "the third bind");
    CHECK_EQ(bound(), 2, "binds");
    end();
}

TEST(those_who_come_later_are_answered_with_the_first)
{
    struct lone_line *late = &(struct lone_line){.fd = -1};
    struct smpp_pdu answer;

    begin();
    bind_line(&lines[0], SMPP_BIND_TRANSCEIVER);
    bind_line(&lines[1], SMPP_BIND_TRANSCEIVER);
    send_bind(&lines[2], SMPP_BIND_TRANSCEIVER, "few", "p");
    answer_question(&lines[0]);
    send_bind(late, SMPP_BIND_TRANSCEIVER, "few", "p");
    assert_false(lone_line_read(&lines[0], &answer, 100));
    answer_question(&lines[1]);
    lone_line_expect(&lines[2], SMPP_BIND_TRANSCEIVER | SMPP_RESPONSE, &answer);
    CHECK_EQ(answer.status, ESME_RALYBND, "the third bind");
    lone_line_expect(late, SMPP_BIND_TRANSCEIVER | SMPP_RESPONSE, &answer);
    CHECK_EQ(answer.status, ESME_RALYBND, "the fourth bind");
    lone_line_close(late);
    end();
}

TEST(who_leaves_makes_room_at_once)
{
    struct smpp_pdu pdu;

    begin();
    bind_line(&lines[0], SMPP_BIND_TRANSCEIVER);
    bind_line(&lines[1], SMPP_BIND_TRANSCEIVER);
    lone_line_close(&lines[1]);
    send_bind(&lines[2], SMPP_BIND_TRANSCEIVER, "few", "p");
    lone_line_expect(&lines[2], SMPP_BIND_TRANSCEIVER | SMPP_RESPONSE, &pdu);
    CHECK_EQ(pdu.status, ESME_ROK, "the third bind");
    end();
}

/* ---- Answers and receipts ---------------------------------------------------- */

static void bind_operator(void)
{
    struct smpp_pdu bind;

    assert_true(lone_line_accept(&operator, lone, listener, SOON_MS));
    lone_line_expect(&operator, SMPP_BIND_TRANSCEIVER, &bind);
    lone_line_answer(&operator, & bind, ESME_ROK);
}

static void submit(struct lone_line *line)
{
    struct smpp_pdu pdu;

    smpp_pdu_init(&pdu, SMPP_SUBMIT_SM, 0, 2);
    pdu.destination = (struct smpp_octets){(const uint8_t *)"491700000001", 12};
    pdu.registered_delivery = 1;
    pdu.short_message = (struct smpp_octets){(const uint8_t *)"hello", 5};
    lone_line_send(line, &pdu);
}

/* The operator takes the message, and reports it in the same moment. */
static void deliver_at_once(void)
{
    static const char text[] = "id:op1 sub:001 dlvrd:001 stat:DELIVRD err:000 text:";
    struct smpp_pdu pdu;

    lone_line_expect(&operator, SMPP_SUBMIT_SM, &pdu);
    lone_line_take(&operator, & pdu, "op1");
    smpp_pdu_init(&pdu, SMPP_DELIVER_SM, 0, 1);
    pdu.esm_class = 0x04;
    pdu.short_message = (struct smpp_octets){(const uint8_t *)text, sizeof(text) - 1};
    lone_line_send(&operator, & pdu);
}

static void keep_id(const struct smpp_pdu *response, char out[32])
{
    CHECK_EQ(response->status, ESME_ROK, "the answer");
    assert_in_range(response->message_id.size, 1, 31);
    memcpy(out, response->message_id.data, response->message_id.size);
    out[response->message_id.size] = '\0';
}

static void check_receipt(const struct smpp_pdu *receipt, const char *id)
{
    const struct smpp_tlv *told = smpp_pdu_tlv(receipt, SMPP_TLV_RECEIPTED_MESSAGE_ID);
    char head[48];

    snprintf(head, sizeof(head), "id:%s sub:", id);
    assert_in_range(receipt->short_message.size, strlen(head), 254);
    CHECK_BYTES(receipt->short_message.data, strlen(head), head, strlen(head), "the text");
    assert_non_null(told);
    CHECK_BYTES(told->value, strlen(id), id, strlen(id), "the parameter");
}

TEST(the_answer_comes_before_the_receipt_and_both_tell_one_id)
{
    struct smpp_pdu pdu;
    char id[32];

    begin();
    bind_operator();
    bind_line(&lines[0], SMPP_BIND_TRANSCEIVER);
    submit(&lines[0]);
    deliver_at_once();
    lone_line_expect(&lines[0], SMPP_SUBMIT_SM | SMPP_RESPONSE, &pdu);
    keep_id(&pdu, id);
    lone_line_expect(&lines[0], SMPP_DELIVER_SM, &pdu);
    check_receipt(&pdu, id);
    lone_line_close(&operator);
    end();
}

TEST(over_another_bind_a_receipt_comes_100_ms_after_the_answer)
{
    struct smpp_pdu pdu;
    int64_t answered_ms;
    char id[32];

    begin();
    bind_operator();
    bind_line(&lines[0], SMPP_BIND_TRANSMITTER);
    bind_line(&lines[1], SMPP_BIND_RECEIVER);
    submit(&lines[0]);
    lone_line_expect(&lines[0], SMPP_SUBMIT_SM | SMPP_RESPONSE, &pdu);
    answered_ms = now_ms();
    keep_id(&pdu, id);
    deliver_at_once();
    lone_line_expect(&lines[1], SMPP_DELIVER_SM, &pdu);
    check_receipt(&pdu, id);
    assert_in_range(now_ms() - answered_ms, 90, 1000);
    lone_line_close(&operator);
    end();
}

TEST(a_receipt_without_an_answer_goes_to_who_binds_next)
{
    struct smpp_pdu pdu;
    char id[32];

    begin();
    bind_operator();
    bind_line(&lines[0], SMPP_BIND_TRANSCEIVER);
    submit(&lines[0]);
    lone_line_expect(&lines[0], SMPP_SUBMIT_SM | SMPP_RESPONSE, &pdu);
    keep_id(&pdu, id);
    deliver_at_once();
    lone_line_expect(&lines[0], SMPP_DELIVER_SM, &pdu);
    lone_line_close(&lines[0]);
    bind_line(&lines[1], SMPP_BIND_TRANSCEIVER);
    lone_line_expect(&lines[1], SMPP_DELIVER_SM, &pdu);
    check_receipt(&pdu, id);
    lone_line_close(&operator);
    end();
}

/* ---- Over the rate ------------------------------------------------------------ */

static void bind_eager(struct lone_line *line)
{
    struct smpp_pdu answer;

    send_bind(line, SMPP_BIND_TRANSMITTER, "eager", "p");
    lone_line_expect(line, SMPP_BIND_TRANSMITTER | SMPP_RESPONSE, &answer);
    CHECK_EQ(answer.status, ESME_ROK, "the bind");
}

static void expect_status(struct lone_line *line, uint32_t status, const char *row)
{
    struct smpp_pdu answer;

    lone_line_expect(line, SMPP_SUBMIT_SM | SMPP_RESPONSE, &answer);
    CHECK_EQ(answer.status, status, row);
}

/* A part each 50 ms. */
TEST(a_small_excess_waits_and_nothing_is_refused)
{
    enum { SUBMITS = 12, FIRST_WAITS = 2 };
    int64_t began_ms;
    int64_t took_ms;
    struct esme_counters counters;

    begin_with(true, here);
    bind_eager(&lines[0]);
    began_ms = clock_mono_ms(lone_gateway_of(lone)->clock);
    for (int i = 0; i < SUBMITS; i++)
        submit(&lines[0]);
    for (int i = 0; i < SUBMITS; i++)
        expect_status(&lines[0], ESME_ROK, "each one");
    took_ms = clock_mono_ms(lone_gateway_of(lone)->clock) - began_ms;
    assert_in_range(took_ms, (SUBMITS - FIRST_WAITS) * 50, SOON_MS);
    esmes_counters(lone_gateway_of(lone), &counters);
    assert_in_range(counters.held, SUBMITS - FIRST_WAITS, SUBMITS);
    end();
}

/* Eight parts are worked off in 350 ms; nobody may wait for more than 200. */
TEST(what_would_have_to_wait_too_long_is_refused_and_holds_nobody)
{
    static const uint8_t octets[1000];
    struct smpp_pdu pdu, answer;

    begin_with(true, here);
    bind_eager(&lines[0]);
    bind_eager(&lines[1]);
    smpp_pdu_init(&pdu, SMPP_SUBMIT_SM, 0, 2);
    pdu.destination = (struct smpp_octets){(const uint8_t *)"491700000001", 12};
    pdu.data_coding = 4;
    assert_true(smpp_pdu_add_tlv(&pdu, SMPP_TLV_MESSAGE_PAYLOAD, octets, sizeof(octets)));
    lone_line_send(&lines[0], &pdu);
    expect_status(&lines[0], ESME_ROK, "a full bucket lends what it does not hold");
    submit(&lines[1]);
    expect_status(&lines[1], ESME_RTHROTTLED, "too long");
    smpp_pdu_init(&pdu, SMPP_ENQUIRE_LINK, 0, 3);
    lone_line_send(&lines[1], &pdu);
    assert_true(lone_line_read(&lines[1], &answer, 100));
    CHECK_EQ(answer.command, SMPP_ENQUIRE_LINK | SMPP_RESPONSE, "it is heard");
    submit(&lines[0]);
    expect_status(&lines[0], ESME_ROK, "when its time has come");
    end();
}

/* ---- Turns ------------------------------------------------------------------- */

enum { MANY = 40, BEGINNINGS = STORE_BATCH_OPERATIONS * 60 / 100 };

/* So much goes with the next commit, before anybody submits. */
static void fill_store(unsigned operations)
{
    struct store *store = lone_gateway_of(lone)->store;
    const struct store_parked parked = {.id = 1, .channel = 1, .size = 1, .at_ms = 1};

    for (unsigned i = 0; i < operations; i++) {
        assert_true(store_begin(store, STORE_CONTINUATION));
        store_park(store, &parked);
        store_end(store);
    }
}

static uint64_t turns_ended(void)
{
    struct esme_counters counters;

    esmes_counters(lone_gateway_of(lone), &counters);
    return counters.turns_ended;
}

/* What of many submits that come together is taken before a commit is done. */
static uint64_t taken_at_once(void)
{
    const struct gateway_counters *counters = &lone_gateway_of(lone)->counters;
    uint64_t before = counters->accepted;

    for (int i = 0; i < MANY; i++)
        submit(&lines[0]);
    while (counters->accepted == before)
        lone_gateway_turn(lone);
    return counters->accepted - before;
}

TEST(when_the_next_commit_is_full_a_session_waits_for_it)
{
    begin_with(true, here);
    bind_line(&lines[0], SMPP_BIND_TRANSMITTER);
    fill_store(BEGINNINGS - 1);
    assert_int_equal(taken_at_once(), 1);
    for (int i = 0; i < MANY; i++)
        expect_status(&lines[0], ESME_ROK, "each one");
    assert_int_equal(turns_ended(), 1);
    assert_int_equal(taken_at_once(), MANY);
    end();
}

TEST(a_machine_that_is_busy_does_not_take_what_would_only_queue)
{
    struct smpp_pdu answer;

    begin_with(true, with_one_slot);
    bind_operator();
    bind_line(&lines[0], SMPP_BIND_TRANSCEIVER);
    submit(&lines[0]);
    lone_line_expect(&operator, SMPP_SUBMIT_SM, &answer);
    expect_status(&lines[0], ESME_ROK, "it has the only slot");
    submit(&lines[0]);
    expect_status(&lines[0], ESME_ROK, "it waits for the slot");
    assert_int_equal(turns_ended(), 0);
    fill_store(STORE_BATCH_OPERATIONS - BEGINNINGS);
    submit(&lines[0]);
    expect_status(&lines[0], ESME_ROK, "its commit is of a busy machine");
    assert_int_equal(taken_at_once(), 1);
    for (int i = 0; i < MANY; i++)
        expect_status(&lines[0], ESME_ROK, "each one");
    assert_int_equal(taken_at_once(), MANY);
    lone_line_close(&operator);
    end();
}

/* The slot is taken, and one waits for it: what comes now waits behind a whole window. */
static void begin_behind(void)
{
    begin_with(true, with_one_slot);
    bind_operator();
    bind_line(&lines[0], SMPP_BIND_TRANSCEIVER);
    for (int i = 0; i < 2; i++) {
        submit(&lines[0]);
        expect_status(&lines[0], ESME_ROK, "it is taken");
    }
}

enum { PATIENCE_MS = 3000 };

/* At least so many are accepted, and no more than `freely`, and one in 5 ms of the time
 * that it took. */
static void check_accepted(uint64_t least, uint64_t freely)
{
    const struct gateway *gateway = lone_gateway_of(lone);
    uint64_t before = gateway->counters.accepted;
    int64_t begin_ms = clock_mono_ms(gateway->clock);
    int64_t took_ms;

    while (gateway->counters.accepted - before < least &&
           clock_mono_ms(gateway->clock) < begin_ms + PATIENCE_MS)
        lone_gateway_turn(lone);
    took_ms = clock_mono_ms(gateway->clock) - begin_ms;
    assert_in_range(gateway->counters.accepted - before, least,
                    freely + (uint64_t)took_ms / 5 + 1);
}

static void let_pass(int64_t ms)
{
    const struct clock *clock = lone_gateway_of(lone)->clock;

    for (int64_t until_ms = clock_mono_ms(clock) + ms; clock_mono_ms(clock) < until_ms;)
        lone_gateway_turn(lone);
}

TEST(a_loop_without_time_takes_as_many_as_have_left_the_queue)
{
    struct smpp_pdu request;

    begin_behind();
    lone_gateway_of(lone)->strain.is_short = true;
    for (int i = 0; i < MANY; i++)
        submit(&lines[0]);
    check_accepted(4, 1);
    for (int i = 0; i < 5; i++) {
        lone_line_expect(&operator, SMPP_SUBMIT_SM, &request);
        lone_line_answer(&operator, & request, ESME_ROK);
    }
    check_accepted(5, 5);
    lone_gateway_of(lone)->strain.is_short = false;
    check_accepted(MANY / 2, MANY);
    lone_line_close(&operator);
    end();
}

/* Until the answer, of a message over the API. */
static int64_t api_takes_ms(void)
{
    int64_t before_ms = clock_mono_ms(lone_gateway_of(lone)->clock);

    assert_int_equal(lone_gateway_ask(lone, "admin-token", "POST", "/v1/messages", "",
                                      "{\"account\":\"few\",\"from\":\"Shop\","
                                      "\"to\":\"79001234567\",\"text\":\"hello\"}")
                         .status,
                     202);
    return clock_mono_ms(lone_gateway_of(lone)->clock) - before_ms;
}

TEST(a_client_of_the_api_waits_for_its_turn_too)
{
    int64_t usual_ms;
    int64_t again_ms = INT64_MAX;

    begin_behind();
    usual_ms = api_takes_ms();
    lone_gateway_of(lone)->strain.is_short = true;
    for (int i = 0; i < 3; i++)
        submit(&lines[0]);
    let_pass(1);
    assert_in_range(api_takes_ms(), usual_ms + 3, PATIENCE_MS);
    lone_gateway_of(lone)->strain.is_short = false;
    let_pass(10);
    /* Other programs may take a moment of it, but not each time. */
    for (int i = 0; i < 20 && again_ms >= usual_ms + 3; i++)
        again_ms = api_takes_ms();
    assert_true(again_ms < usual_ms + 3);
    lone_line_close(&operator);
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(a_wrong_password_and_an_unknown_name_look_alike_and_close),
        RUN(at_the_limit_those_who_answer_keep_their_places),
        RUN(at_the_limit_who_is_silent_loses_his_place),
        RUN(at_the_limit_who_does_not_read_loses_his_place_in_time),
        RUN(those_who_come_later_are_answered_with_the_first),
        RUN(who_leaves_makes_room_at_once),
        RUN(the_answer_comes_before_the_receipt_and_both_tell_one_id),
        RUN(over_another_bind_a_receipt_comes_100_ms_after_the_answer),
        RUN(a_receipt_without_an_answer_goes_to_who_binds_next),
        RUN(a_small_excess_waits_and_nothing_is_refused),
        RUN(what_would_have_to_wait_too_long_is_refused_and_holds_nobody),
        RUN(when_the_next_commit_is_full_a_session_waits_for_it),
        RUN(a_machine_that_is_busy_does_not_take_what_would_only_queue),
        RUN(a_loop_without_time_takes_as_many_as_have_left_the_queue),
        RUN(a_client_of_the_api_waits_for_its_turn_too),
    };

    return RUN_ALL(tests);
}
