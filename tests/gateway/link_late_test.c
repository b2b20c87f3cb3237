/*
 * An operator that answers when the link waits no more: the test is the operator.
 */
#include "gateway/channels/channel.h"

#include <unistd.h>

#include "gateway/gateway.h"
#include "smpp/command.h"
#include "tests/gateway/lone_operator.h"
#include "tests/test.h"

enum { DOUBT_MS = 200 };

#define TIMES "response_timeout = \"300ms\" in_doubt_wait = \"200ms\" "

static int listener;
static struct lone_gateway *lone;
static struct lone_line line;

static const struct gateway_counters *counters(void)
{
    return &lone_gateway_of(lone)->counters;
}

static void begin(const char *settings, const char *sections)
{
    lone = lone_operator_open_virtual(&listener, settings, sections);
    lone_operator_bind(&line, lone, listener, SMPP_BIND_TRANSCEIVER, 0x34);
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

static uint64_t submit(void)
{
    return lone_operator_submit(lone, "491700000001", "hello");
}

/* The next submit_sm, of which only the header is kept. */
static struct smpp_pdu expect_submit(void)
{
    struct smpp_pdu pdu;

    lone_line_expect(&line, SMPP_SUBMIT_SM, &pdu);
    return (struct smpp_pdu){.command = pdu.command, .sequence = pdu.sequence};
}

/* The link gives up the answer, and asks whether anybody is there. */
static void expect_doubt(void)
{
    struct smpp_pdu pdu;

    lone_line_expect(&line, SMPP_ENQUIRE_LINK, &pdu);
    pdu = (struct smpp_pdu){.command = pdu.command, .sequence = pdu.sequence};
    lone_line_answer(&line, &pdu, ESME_ROK);
}

/* One has been sent and is in doubt. */
static uint64_t begin_in_doubt(const char *settings, struct smpp_pdu *out_first)
{
    uint64_t id;

    begin(settings, "");
    id = submit();
    *out_first = expect_submit();
    expect_doubt();
    return id;
}

/* Of a text of two parts the first has been sent, and sent again; the second is to be. */
static uint64_t begin_with_a_rest(const char *more, struct smpp_pdu *out_first,
                                  struct smpp_pdu *out_again)
{
    struct smpp_pdu rest;
    char settings[300], text[201];
    uint64_t id;

    memset(text, 'a', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    snprintf(settings, sizeof(settings), "%s %s",
             HERE TIMES "on_status \"0x14\" { action = \"retry\" delays = {\"2s\"} }",
             more);
    begin(settings, "");
    id = lone_operator_submit(lone, "491700000001", text);
    *out_first = expect_submit();
    rest = expect_submit();
    lone_line_answer(&line, &rest, ESME_RMSGQFUL);
    expect_doubt();
    *out_again = expect_submit();
    return id;
}

static void check_nothing_is_sent(const char *row)
{
    struct smpp_pdu pdu;

    while (lone_line_read(&line, &pdu, 20))
        CHECK(pdu.command != SMPP_SUBMIT_SM, row);
}

static void check_told(uint64_t id, const char *member, const char *row)
{
    char path[64];
    struct lone_answer answer;

    snprintf(path, sizeof(path), "/v1/messages/%llu", (unsigned long long)id);
    answer = lone_gateway_ask(lone, "admin-token", "GET", path, "", NULL);
    if (strstr(answer.body, member) == NULL)
        fail_msg("%s: no %s in %s", row, member, answer.body);
}

TEST(an_answer_that_comes_late_resolves_the_doubt)
{
    struct smpp_pdu first;
    uint64_t id;

    id = begin_in_doubt(HERE TIMES, &first);
    CHECK_EQ(counters()->in_doubt, 1, "in doubt");
    lone_line_take(&line, &first, "x1");
    turn_for(3 * DOUBT_MS);
    check_nothing_is_sent("sent again");
    CHECK_EQ(counters()->in_doubt_resolved, 1, "resolved");
    CHECK_EQ(counters()->answers_late, 1, "late");
    check_told(id, "\"state\":\"accepted\"", "the try");
    check_told(id, "\"provider_id\":\"x1\"", "the id");
    lone_operator_report(&line, "x1", "DELIVRD");
    lone_operator_check_end(lone, id, "delivered");
    check_told(id, "\"charged\":\"0.050000\"", "charged");
    CHECK_EQ(counters()->reports_parked, 0, "reports of nobody");
    CHECK_EQ(counters()->resends, 0, "sent again");
    end();
}

TEST(a_refusal_that_comes_late_is_one)
{
    static const struct {
        const char *row;
        uint32_t status;
        bool again;
    } rows[] = {
        {"for good",            ESME_RINVDSTADR, false},
        {"for now",             ESME_RMSGQFUL,   true },
        {"for all of the link", ESME_RTHROTTLED, true },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct smpp_pdu pdu;
        uint64_t id;

        begin(HERE TIMES "on_status \"0x14\" { action = \"retry\" delays = {\"50ms\"} } "
                         "on_status \"0x58\" { action = \"pause\" delays = {\"50ms\"} }",
              "");
        id = submit();
        pdu = expect_submit();
        expect_doubt();
        lone_line_answer(&line, &pdu, rows[i].status);
        if (rows[i].again) {
            pdu = expect_submit();
            lone_line_take(&line, &pdu, "x2");
            lone_operator_report(&line, "x2", "DELIVRD");
        } else {
            turn_for(3 * DOUBT_MS);
            check_nothing_is_sent(rows[i].row);
        }
        lone_operator_check_end(lone, id, rows[i].again ? "delivered" : "undeliverable");
        check_told(id,
                   rows[i].again ? "\"charged\":\"0.050000\"" : "\"charged\":\"0.000000\"",
                   rows[i].row);
        CHECK_EQ(counters()->resends, 0, rows[i].row);
        CHECK_EQ(counters()->in_doubt_resolved, 1, rows[i].row);
        end();
    }
}

TEST(both_tries_are_known_and_one_is_charged_when_the_second_has_gone)
{
    struct smpp_pdu first, second;
    uint64_t id;

    id = begin_in_doubt(HERE TIMES, &first);
    second = expect_submit();
    CHECK_EQ(counters()->resends, 1, "sent again");
    lone_line_take(&line, &first, "x1");
    lone_line_take(&line, &second, "x2");
    turn_for(20);
    check_told(id, "\"provider_id\":\"x1\"", "the first id");
    check_told(id, "\"provider_id\":\"x2\"", "the second id");
    lone_operator_report(&line, "x1", "DELIVRD");
    lone_operator_check_end(lone, id, "delivered");
    lone_operator_report(&line, "x2", "DELIVRD");
    turn_for(20);
    CHECK_EQ(counters()->duplicate_deliveries, 1, "delivered twice");
    CHECK_EQ(counters()->reports_parked, 0, "reports of nobody");
    check_told(id, "\"charged\":\"0.050000\",\"cost\":\"0.060000\"", "money");
    end();
}

/* The report of the first counts although the second was refused. */
TEST(the_first_is_heard_though_the_second_was_refused)
{
    struct smpp_pdu first, second;
    uint64_t id;

    id = begin_in_doubt(HERE TIMES, &first);
    second = expect_submit();
    lone_line_take(&line, &first, "x1");
    lone_line_answer(&line, &second, ESME_RINVDSTADR);
    turn_for(20);
    lone_operator_report(&line, "x1", "DELIVRD");
    lone_operator_check_end(lone, id, "delivered");
    check_told(id, "\"charged\":\"0.050000\"", "charged");
    end();
}

/* The rest of the text has not gone yet: it may go where the second try went. */
TEST(a_way_that_is_refused_late_stays_open_when_the_second_try_has_gone_it)
{
    struct smpp_pdu first, rest, second;
    uint64_t id;

    id = begin_with_a_rest("on_status \"0x0A\" { action = \"next\" }", &first, &second);
    lone_line_answer(&line, &first, ESME_RINVSRCADR);
    lone_line_take(&line, &second, "x1");
    rest = expect_submit();
    lone_line_take(&line, &rest, "x2");
    lone_operator_report(&line, "x1", "DELIVRD");
    lone_operator_report(&line, "x2", "DELIVRD");
    lone_operator_check_end(lone, id, "delivered");
    end();
}

/* Of the first it is reported so: the second may do better there, and the rest of the text.
 */
TEST(a_way_whose_first_try_failed_stays_open_when_the_second_has_gone_it)
{
    struct smpp_pdu first, rest, second, heard;
    uint64_t id;

    id = begin_with_a_rest("on_report = {\"undelivered\"}", &first, &second);
    lone_line_take(&line, &first, "x1");
    lone_operator_report(&line, "x1", "UNDELIV");
    lone_line_expect(&line, SMPP_DELIVER_SM | SMPP_RESPONSE, &heard);
    lone_line_take(&line, &second, "x2");
    rest = expect_submit();
    lone_line_take(&line, &rest, "x3");
    lone_operator_report(&line, "x2", "DELIVRD");
    lone_operator_report(&line, "x3", "DELIVRD");
    lone_operator_check_end(lone, id, "delivered");
    end();
}

TEST(an_answer_is_good_once_and_on_its_own_connection)
{
    struct smpp_pdu first, second;
    uint64_t id;

    id = begin_in_doubt(HERE TIMES, &first);
    lone_line_close(&line);
    lone_operator_bind(&line, lone, listener, SMPP_BIND_TRANSCEIVER, 0x34);
    second = expect_submit();
    CHECK_EQ(second.sequence, first.sequence, "the numbers begin again");
    lone_line_take(&line, &second, "x2");
    lone_line_take(&line, &first, "x1");
    turn_for(20);
    CHECK_EQ(counters()->answers_late, 0, "late");
    check_told(id, "\"try\":1,\"state\":\"unknown\"", "the first");
    check_told(id, "\"provider_id\":\"x2\"", "the second");
    end();
}

/* What is forgotten gives its place back, again and again. */
TEST(as_many_late_answers_are_awaited_as_the_window_has_places)
{
    enum { MESSAGES = 7, WINDOW = 2 };
    struct smpp_pdu all[MESSAGES];

    begin(HERE "window = 2 response_timeout = \"300ms\" in_doubt_wait = \"1h\"", "");
    for (int i = 0; i < MESSAGES; i++) {
        submit();
        all[i] = expect_submit();
        expect_doubt();
        turn_for(20);
    }
    for (int i = 0; i < MESSAGES; i++)
        lone_line_take(&line, &all[i], "x");
    turn_for(20);
    CHECK_EQ(counters()->in_doubt, MESSAGES, "in doubt");
    CHECK_EQ(counters()->answers_late, WINDOW, "late");
    CHECK_EQ(counters()->in_doubt_resolved, WINDOW, "resolved");
    end();
}

TEST(after_the_end_the_try_is_set_right_and_the_end_stays)
{
    struct smpp_pdu first, second;
    uint64_t id;

    id = begin_in_doubt(HERE TIMES, &first);
    second = expect_submit();
    expect_doubt();
    lone_operator_check_end(lone, id, "unknown");
    check_told(id, "\"charged\":\"0.000000\"", "charged");
    lone_line_take(&line, &first, "x1");
    lone_line_take(&line, &second, "x2");
    turn_for(20);
    lone_operator_check_end(lone, id, "unknown");
    check_told(id, "\"try\":1,\"state\":\"accepted\"", "the first");
    check_told(id, "\"charged\":\"0.050000\",\"cost\":\"0.060000\"", "money");
    lone_operator_report(&line, "x2", "DELIVRD");
    turn_for(20);
    CHECK_EQ(counters()->reports_late, 1, "late reports");
    CHECK_EQ(counters()->reports_parked, 0, "reports of nobody");
    end();
}

TEST(an_answer_to_what_nobody_knows_any_more_is_counted)
{
    static const uint32_t statuses[] = {ESME_ROK, ESME_RMSGQFUL};

    for (size_t i = 0; i < ROWS(statuses); i++) {
        struct smpp_pdu first;
        uint64_t id;

        begin(HERE TIMES "in_doubt_resends = 0", "parked_for = \"1s\"\n");
        id = submit();
        first = expect_submit();
        expect_doubt();
        lone_operator_check_end(lone, id, "unknown");
        turn_for(2500);
        lone_line_answer(&line, &first, statuses[i]);
        turn_for(20);
        CHECK_EQ(counters()->answers_late, 1, "late");
        CHECK_EQ(counters()->in_doubt_resolved, 0, "resolved");
        lone_operator_check_end(lone, id, "unknown");
        check_nothing_is_sent("nothing more");
        end();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(an_answer_that_comes_late_resolves_the_doubt),
        RUN(a_refusal_that_comes_late_is_one),
        RUN(both_tries_are_known_and_one_is_charged_when_the_second_has_gone),
        RUN(the_first_is_heard_though_the_second_was_refused),
        RUN(a_way_that_is_refused_late_stays_open_when_the_second_try_has_gone_it),
        RUN(a_way_whose_first_try_failed_stays_open_when_the_second_has_gone_it),
        RUN(an_answer_is_good_once_and_on_its_own_connection),
        RUN(as_many_late_answers_are_awaited_as_the_window_has_places),
        RUN(after_the_end_the_try_is_set_right_and_the_end_stays),
        RUN(an_answer_to_what_nobody_knows_any_more_is_counted),
    };

    return RUN_ALL(tests);
}
