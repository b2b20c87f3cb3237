/*
 * What a link makes of its operator's refusals; the test is the operator.
 */
#include "gateway/channels/link.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "gateway/gateway.h"
#include "routing/message.h"
#include "smpp/command.h"
#include "tests/gateway/lone_operator.h"
#include "tests/test.h"

static int listener;
static struct lone_gateway *lone;
static struct lone_line line;

static void begin_with(const char *settings, const char *sections)
{
    lone = lone_operator_open(&listener, settings, sections);
    lone_operator_bind(&line, lone, listener, SMPP_BIND_TRANSCEIVER, 0x34);
    lone_gateway_turn_for(lone, 20);
}

static void begin(const char *settings)
{
    begin_with(settings, "");
}

static void end(void)
{
    lone_line_close(&line);
    close(listener);
    lone_gateway_free(lone);
}

static uint64_t submit(void)
{
    return lone_operator_submit(lone, "491700000001", "hello");
}

static void refuse(uint32_t status)
{
    struct smpp_pdu pdu;

    lone_line_expect(&line, SMPP_SUBMIT_SM, &pdu);
    lone_line_answer(&line, &pdu, status);
}

static bool is_silent(int ms)
{
    struct smpp_pdu pdu;

    return !lone_line_read(&line, &pdu, ms);
}

static struct link_facts look(void)
{
    struct link_facts facts;

    link_look(lone_gateway_of(lone)->links[0], &facts);
    return facts;
}

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* How long this thread was ready and others had the processors. */
static int64_t starved_ms(void)
{
    FILE *file = fopen("/proc/thread-self/schedstat", "r");
    long long ran_ns = 0;
    long long waited_ns = 0;

    assert_non_null(file);
    assert_int_equal(fscanf(file, "%lld %lld", &ran_ns, &waited_ns), 2);
    fclose(file);
    return waited_ns / 1000000;
}

TEST(a_pause_doubles_while_nothing_is_taken)
{
    static const int longest_ms[] = {100, 200, 400, 400};
    struct smpp_pdu pdu;
    uint64_t id;

    begin(HERE "adapt_rate = false on_status \"0x58\" { action = \"pause\" delays = "
               "{\"100ms\", \"400ms\"} }");
    id = submit();
    refuse(ESME_RTHROTTLED);
    for (size_t i = 0; i < ROWS(longest_ms); i++) {
        int64_t from_ms = now_ms();
        int64_t before_ms = starved_ms();

        lone_line_expect(&line, SMPP_SUBMIT_SM, &pdu);
        assert_in_range(now_ms() - from_ms, longest_ms[i] - 10,
                        longest_ms[i] + 90 + starved_ms() - before_ms);
        if (i + 1 < ROWS(longest_ms))
            lone_line_answer(&line, &pdu, ESME_RTHROTTLED);
    }
    lone_line_take(&line, &pdu, "a");
    lone_gateway_turn_for(lone, 10);
    submit();
    refuse(ESME_RTHROTTLED);
    assert_false(is_silent(250)); /* 100 ms again: something was taken */
    CHECK_EQ(look().throttled, 5, "counted");
    lone_operator_report(&line, "a", "DELIVRD");
    lone_operator_check_end(lone, id, "delivered");
    end();
}

TEST(a_throttled_link_goes_slower_and_climbs_back)
{
    struct smpp_pdu pdu;

    begin(HERE
          "window = 100 on_status \"0x58\" { action = \"pause\" delays = {\"10ms\"} }");
    for (int i = 0; i < 40; i++)
        submit();
    for (int i = 0; i < 39; i++) {
        lone_line_expect(&line, SMPP_SUBMIT_SM, &pdu);
        lone_line_take(&line, &pdu, "a");
    }
    refuse(ESME_RTHROTTLED);
    lone_gateway_turn_for(lone, 5);
    assert_in_range(look().per_s, 1,
                    29); /* three quarters of what a second took, or less */
    CHECK(look().rate_is_lowered, "lowered");
    lone_gateway_turn_for(lone, 1200);
    submit();
    lone_line_expect(&line, SMPP_SUBMIT_SM, &pdu);
    lone_line_expect(&line, SMPP_SUBMIT_SM, &pdu);
    assert_in_range(look().per_s, 2, 32);
    end();
}

static void take_congested(uint8_t congestion)
{
    struct smpp_pdu seen, answer;

    submit();
    lone_line_expect(&line, SMPP_SUBMIT_SM, &seen);
    smpp_pdu_init(&answer, SMPP_SUBMIT_SM | SMPP_RESPONSE, ESME_ROK, seen.sequence);
    answer.message_id = (struct smpp_octets){(const uint8_t *)"a", 1};
    assert_true(smpp_pdu_add_tlv(&answer, SMPP_TLV_CONGESTION_STATE, &congestion, 1));
    lone_line_send(&line, &answer);
    lone_gateway_turn_for(lone, 5);
}

/* 5.0 4.8.4.18: 90 and more is nearly too much. */
TEST(an_operator_that_tells_congestion_is_given_less)
{
    static const struct {
        const char *row;
        const char *settings;
        uint8_t told;
        bool lowered;
        uint64_t counted;
    } rows[] = {
        {"well used",  HERE,                      89,  false, 0 },
        {"nearly",     HERE,                      90,  true,  13},
        {"all of it",  HERE,                      100, true,  13},
        {"not heeded", HERE "adapt_rate = false", 100, false, 13},
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        lone = lone_operator_open_virtual(&listener, rows[i].settings, "");
        lone_operator_bind(&line, lone, listener, SMPP_BIND_TRANSCEIVER, 0x34);
        lone_gateway_turn_for(lone, 20);
        for (int n = 0; n < 12; n++)
            take_congested(rows[i].told);
        lone_gateway_turn_for(lone, 1000);
        take_congested(rows[i].told);
        CHECK_EQ(look().rate_is_lowered, rows[i].lowered, rows[i].row);
        assert_in_range(look().per_s, rows[i].lowered, rows[i].lowered ? 9 : 0);
        CHECK_EQ(look().congested, rows[i].counted, rows[i].row);
        CHECK_EQ(look().throttled, 0, "no pause");
        end();
    }
}

TEST(a_link_may_keep_its_rate)
{
    begin(HERE "adapt_rate = false on_status \"0x58\" { action = \"pause\" delays = "
               "{\"10ms\"} }");
    submit();
    refuse(ESME_RTHROTTLED);
    lone_gateway_turn_for(lone, 5);
    CHECK_EQ(look().per_s, 0, "no limit");
    end();
}

TEST(a_wrong_state_makes_the_bind_anew)
{
    struct smpp_pdu pdu;
    uint64_t id;

    begin(HERE "window = 2");
    id = submit();
    submit();
    lone_line_expect(&line, SMPP_SUBMIT_SM, &pdu);
    lone_line_answer(&line, &pdu, ESME_RINVBNDSTS);
    lone_line_expect(&line, SMPP_SUBMIT_SM, &pdu);
    lone_gateway_turn_for(lone, 50);
    lone_line_take(&line, &pdu, "b"); /* waited for, then goodbye */
    lone_line_expect(&line, SMPP_UNBIND, &pdu);
    lone_line_answer(&line, &pdu, ESME_ROK);
    assert_true(lone_line_ends(&line, SOON_MS));
    lone_line_close(&line);
    lone_operator_bind(&line, lone, listener, SMPP_BIND_TRANSCEIVER, 0x34);
    lone_line_expect(&line, SMPP_SUBMIT_SM, &pdu);
    lone_line_take(&line, &pdu, "a");
    lone_operator_report(&line, "a", "DELIVRD");
    lone_operator_check_end(lone, id, "delivered");
    CHECK_EQ(lone_gateway_of(lone)->counters.in_doubt, 0, "in doubt");
    CHECK_EQ(look().alarms, 1, "alarms");
    end();
}

static const char two_steps[] =
    "account \"twice\" { password = \"p\" plan = \"twice\" opening = \"10\" }\n"
    "plan \"twice\" {\n"
    "  step \"a\" { channels = {\"smsc\"} within = \"60s\" }\n"
    "  step \"b\" { channels = {\"smsc\"} }\n"
    "}\n";

TEST(a_number_no_sms_reaches_is_not_tried_again)
{
    static const struct {
        const char *row;
        uint32_t status;
        bool again;
    } rows[] = {
        {"a bad number", ESME_RINVDSTADR, false},
        {"a bad source", ESME_RINVSRCADR, true },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        uint64_t id;

        begin_with(HERE, two_steps);
        id = lone_operator_submit_as(lone, "twice", "491700000001", "hello");
        refuse(rows[i].status);
        CHECK_EQ(is_silent(100), !rows[i].again, rows[i].row);
        if (!rows[i].again)
            lone_operator_check_end(lone, id, "undeliverable");
        end();
    }
}

TEST(what_speaks_of_our_configuration_is_an_alarm)
{
    static const uint32_t statuses[] = {
        ESME_RINVSERTYP,       ESME_RINVESMCLASS,    ESME_RINVSRCTON,
        ESME_RINVSRCNPI,       ESME_RINVDSTTON,      ESME_RINVDSTNPI,
        ESME_RMISSINGOPTPARAM, ESME_RINVOPTPARAMVAL, ESME_RINVSCHED,
    };

    begin(HERE "window = 100");
    for (size_t i = 0; i < ROWS(statuses); i++) {
        uint64_t id = submit();

        refuse(statuses[i]);
        lone_operator_check_end(lone, id, "undeliverable");
        CHECK_EQ(look().alarms, i + 1, smpp_status_name(statuses[i]));
    }
    end();
}

/* By their numbers, some of which the specification keeps or has not. */
TEST(a_status_of_a_link_without_sections_is_for_good_or_for_a_time)
{
    static const struct {
        uint32_t status;
        bool for_good;
    } rows[] = {
        {0x08, false},
        {0x14, false},
        {0x45, false},
        {0x64, false},
        {0x65, true },
        {0x66, true },
        {0x67, false},
        {0x94, true },
        {0xFE, false},
        {0xFF, false},
    };

    begin(HERE "window = 100");
    for (size_t i = 0; i < ROWS(rows); i++) {
        const struct gateway_counters *counters = &lone_gateway_of(lone)->counters;
        uint64_t ended = counters->ends[MESSAGE_UNDELIVERABLE];
        uint64_t id = submit();
        char name[16];

        snprintf(name, sizeof(name), "0x%02x", rows[i].status);
        refuse(rows[i].status);
        CHECK(is_silent(50), name); /* no new try at once */
        CHECK_EQ(counters->ends[MESSAGE_UNDELIVERABLE] - ended, rows[i].for_good, name);
        if (rows[i].for_good)
            lone_operator_check_end(lone, id, "undeliverable");
    }
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(a_pause_doubles_while_nothing_is_taken),
        RUN(a_throttled_link_goes_slower_and_climbs_back),
        RUN(an_operator_that_tells_congestion_is_given_less),
        RUN(a_link_may_keep_its_rate),
        RUN(a_wrong_state_makes_the_bind_anew),
        RUN(a_number_no_sms_reaches_is_not_tried_again),
        RUN(what_speaks_of_our_configuration_is_an_alarm),
        RUN(a_status_of_a_link_without_sections_is_for_good_or_for_a_time),
    };

    return RUN_ALL(tests);
}
