/*
 * How a link binds, with the test as its operator at one place or at two.
 */
#include "gateway/channels/link.h"

#include <unistd.h>

#include "gateway/gateway.h"
#include "smpp/command.h"
#include "tests/gateway/lone_operator.h"
#include "tests/test.h"

static int listener;
static struct lone_gateway *lone;
static struct lone_line line;
static struct lone_line other;

static size_t bound(void)
{
    return link_bound(lone_gateway_of(lone)->links[0]);
}

/* The link has a first and a second host. */
static void open_two(int *second, const char *settings)
{
    char all[512];
    uint16_t port;

    *second = lone_line_listen(&port);
    snprintf(all, sizeof(all), "host = \"127.0.0.1\" hosts = {\"127.0.0.1:%u\"} %s", port,
             settings);
    lone = lone_operator_open(&listener, all, "");
}

static bool comes(struct lone_line *at, int to, int wait_ms)
{
    return lone_line_accept(at, lone, to, wait_ms);
}

static void refuse_bind(uint32_t status)
{
    struct smpp_pdu bind;

    lone_line_expect(&line, SMPP_BIND_TRANSCEIVER, &bind);
    lone_line_answer(&line, &bind, status);
    assert_true(lone_line_ends(&line, SOON_MS));
    lone_line_close(&line);
}

TEST(a_pair_is_a_transmitter_and_a_receiver)
{
    struct smpp_pdu pdu;
    uint64_t id;

    lone = lone_operator_open(&listener, HERE "bind = \"pair\"", "");
    lone_operator_bind(&line, lone, listener, SMPP_BIND_TRANSMITTER, 0x34);
    lone_operator_bind(&other, lone, listener, SMPP_BIND_RECEIVER, 0x34);
    lone_gateway_turn_for(lone, 20);
    CHECK_EQ(bound(), 2, "binds");
    id = lone_operator_submit(lone, "491700000001", "hello");
    lone_line_expect(&line, SMPP_SUBMIT_SM, &pdu);
    lone_line_take(&line, &pdu, "p1");
    lone_operator_report(&other, "p1", "DELIVRD");
    lone_line_expect(&other, SMPP_DELIVER_SM | SMPP_RESPONSE, &pdu);
    CHECK_EQ(pdu.status, ESME_ROK, "the answer to the receipt");
    lone_operator_check_end(lone, id, "delivered");
    lone_line_close(&line);
    lone_line_close(&other);
    close(listener);
    lone_gateway_free(lone);
}

TEST(half_a_pair_is_given_nothing)
{
    struct smpp_pdu pdu;

    lone = lone_operator_open(&listener, HERE "bind = \"pair\"", "");
    lone_operator_bind(&line, lone, listener, SMPP_BIND_TRANSMITTER, 0x34);
    lone_gateway_turn_for(lone, 20);
    CHECK_EQ(bound(), 1, "binds");
    lone_operator_submit(lone, "491700000001", "hello");
    CHECK(!lone_line_read(&line, &pdu, 100), "nobody would hear what is reported");
    lone_operator_bind(&other, lone, listener, SMPP_BIND_RECEIVER, 0x34);
    lone_line_expect(&line, SMPP_SUBMIT_SM, &pdu);
    lone_line_close(&line);
    lone_line_close(&other);
    close(listener);
    lone_gateway_free(lone);
}

TEST(a_bind_says_what_it_was_told_to_say)
{
    struct smpp_pdu bind;

    lone = lone_operator_open(&listener,
                              HERE "interface_version = \"3.3\" bind = \"transmitter\" "
                                   "system_type = \"VMA\" address_range = "
                                   "\"^49\" address_ton = 1 address_npi = 8",
                              "");
    assert_true(comes(&line, listener, SOON_MS));
    lone_line_expect(&line, SMPP_BIND_TRANSMITTER, &bind);
    CHECK_EQ(bind.interface_version, 0x33, "interface_version");
    CHECK_BYTES(bind.system_type.data, bind.system_type.size, "VMA", 3, "system_type");
    CHECK_BYTES(bind.address_range.data, bind.address_range.size, "^49", 3, "range");
    CHECK_EQ(bind.addr_ton, 1, "addr_ton");
    CHECK_EQ(bind.addr_npi, 8, "addr_npi");
    lone_line_close(&line);
    close(listener);
    lone_gateway_free(lone);
}

TEST(the_next_host_is_tried_at_once)
{
    int second;

    open_two(&second, QUICK);
    close(listener); /* what had come to it is reset */
    lone_operator_bind(&line, lone, second, SMPP_BIND_TRANSCEIVER, 0x34);
    lone_gateway_turn_for(lone, 20);
    CHECK_EQ(bound(), 1, "binds");
    lone_line_close(&line);
    close(second);
    lone_gateway_free(lone);
}

TEST(a_lost_bind_begins_with_the_first_host_again)
{
    int second;

    open_two(&second, QUICK);
    assert_true(comes(&line, listener, SOON_MS));
    lone_line_close(&line);
    lone_operator_bind(&line, lone, second, SMPP_BIND_TRANSCEIVER, 0x34);
    lone_gateway_turn_for(lone, 20);
    lone_line_close(&line);
    assert_true(comes(&line, listener, SOON_MS));
    lone_line_close(&line);
    close(second);
    close(listener);
    lone_gateway_free(lone);
}

TEST(a_refused_bind_waits_before_the_next_host)
{
    int second;

    open_two(&second, "reconnect_min = \"300ms\" reconnect_max = \"300ms\"");
    assert_true(comes(&line, listener, SOON_MS));
    refuse_bind(ESME_RINVPASWD);
    assert_false(comes(&line, second, 150));
    assert_true(comes(&line, second, SOON_MS));
    lone_line_close(&line);
    close(second);
    close(listener);
    lone_gateway_free(lone);
}

TEST(a_link_goes_back_to_its_first_host_without_losing_an_answer)
{
    struct smpp_pdu pdu;
    int second;
    uint64_t id;

    open_two(&second, QUICK "back_to_first = \"100ms\"");
    assert_true(comes(&line, listener, SOON_MS));
    lone_line_close(&line);
    lone_operator_bind(&other, lone, second, SMPP_BIND_TRANSCEIVER, 0x34);
    lone_gateway_turn_for(lone, 10);
    id = lone_operator_submit(lone, "491700000001", "hello");
    lone_line_expect(&other, SMPP_SUBMIT_SM, &pdu);
    /* The look that finds it there, then nothing: the answer is awaited. */
    assert_true(comes(&line, listener, SOON_MS));
    lone_line_close(&line);
    assert_false(comes(&line, listener, 60));
    lone_line_take(&other, &pdu, "h1");
    lone_line_expect(&other, SMPP_UNBIND, &pdu);
    lone_line_answer(&other, &pdu, ESME_ROK);
    assert_true(lone_line_ends(&other, SOON_MS));
    lone_line_close(&other);
    lone_operator_bind(&line, lone, listener, SMPP_BIND_TRANSCEIVER, 0x34);
    lone_operator_report(&line, "h1", "DELIVRD");
    lone_operator_check_end(lone, id, "delivered");
    CHECK_EQ(lone_gateway_of(lone)->counters.in_doubt, 0, "in doubt");
    lone_line_close(&line);
    close(second);
    close(listener);
    lone_gateway_free(lone);
}

TEST(who_is_bound_already_waits)
{
    lone = lone_operator_open(&listener, HERE "already_bound_wait = \"300ms\"", "");
    assert_true(comes(&line, listener, SOON_MS));
    refuse_bind(ESME_RALYBND);
    assert_false(comes(&line, listener, 250));
    assert_true(comes(&line, listener, SOON_MS));
    lone_line_close(&line);
    close(listener);
    lone_gateway_free(lone);
}

TEST(after_a_bind_that_was_lost_there_is_a_wait_and_after_a_try_another)
{
    lone = lone_operator_open_virtual(&listener, HERE "lost_wait = \"400ms\"", "");
    lone_operator_bind(&line, lone, listener, SMPP_BIND_TRANSCEIVER, 0x34);
    lone_gateway_turn_for(lone, 20);
    lone_line_close(&line);
    assert_false(comes(&line, listener, 380));
    assert_true(comes(&line, listener, SOON_MS));
    refuse_bind(ESME_RSYSERR);
    assert_true(comes(&line, listener, 200)); /* a failed try waits as long as always */
    lone_line_close(&line);
    close(listener);
    lone_gateway_free(lone);
}

TEST(a_busy_operator_is_asked_only_if_it_is_said)
{
    static const struct {
        const char *row;
        const char *settings;
        int wanted;
    } rows[] = {
        {"when silent", HERE "enquire_link = \"1s\"",                       0},
        {"always",      HERE "enquire_link = \"1s\" enquire_always = true", 2},
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct smpp_pdu pdu, noise;
        int asked = 0;

        lone = lone_operator_open(&listener, rows[i].settings, "");
        lone_operator_bind(&line, lone, listener, SMPP_BIND_TRANSCEIVER, 0x34);
        for (int n = 0; n < 12; n++) {
            smpp_pdu_init(&noise, SMPP_ENQUIRE_LINK, 0, 100 + (uint32_t)n);
            lone_line_send(&line, &noise);
            while (lone_line_read(&line, &pdu, 200))
                asked += pdu.command == SMPP_ENQUIRE_LINK;
        }
        CHECK_EQ(asked, rows[i].wanted, rows[i].row);
        lone_line_close(&line);
        close(listener);
        lone_gateway_free(lone);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(a_pair_is_a_transmitter_and_a_receiver),
        RUN(half_a_pair_is_given_nothing),
        RUN(a_bind_says_what_it_was_told_to_say),
        RUN(the_next_host_is_tried_at_once),
        RUN(a_lost_bind_begins_with_the_first_host_again),
        RUN(a_refused_bind_waits_before_the_next_host),
        RUN(a_link_goes_back_to_its_first_host_without_losing_an_answer),
        RUN(who_is_bound_already_waits),
        RUN(after_a_bind_that_was_lost_there_is_a_wait_and_after_a_try_another),
        RUN(a_busy_operator_is_asked_only_if_it_is_said),
    };

    return RUN_ALL(tests);
}
