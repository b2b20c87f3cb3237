/*
 * Two links in one step, and the test as both operators.
 */
#include "gateway/channels/link.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "gateway/catalog.h"
#include "gateway/dispatch.h"
#include "gateway/gateway.h"
#include "gateway/live.h"
#include "gateway/pairs.h"
#include "gateway/texts.h"
#include "smpp/command.h"
#include "tests/gateway/lone_operator.h"
#include "tests/test.h"

enum { LINKS = 2 };

static struct lone_gateway *lone;
static int listeners[LINKS];
static struct lone_line lines[LINKS];

#define PRICES                                                                             \
    "price { side = \"sell\" channel = \"other\" price = \"0.07\" }\n"                     \
    "price { side = \"buy\" channel = \"other\" price = \"0.01\" }\n"

/* `step` is what the step says of its two links; `settings` are both links'. */
static void open_group(const char *step, const char *settings, const char *prices)
{
    char sections[2048];
    char first[512];
    uint16_t port;

    listeners[1] = lone_line_listen(&port);
    snprintf(sections, sizeof(sections),
             "link \"other\" { port = %u system_id = \"o\" password = \"o\" " HERE "%s }\n"
             "account \"grouped\" { password = \"p\" plan = \"group\" opening = \"10\" }\n"
             "plan \"group\" { step \"sms\" { %s } }\n%s",
             port, settings, step, prices);
    snprintf(first, sizeof(first), HERE "%s", settings);
    lone = lone_operator_open(&listeners[0], first, sections);
}

static void bind_link(int link)
{
    lone_operator_bind(&lines[link], lone, listeners[link], SMPP_BIND_TRANSCEIVER, 0x34);
    lone_gateway_turn_for(lone, 20);
}

static void begin(const char *step, const char *settings, const char *prices)
{
    open_group(step, settings, prices);
    bind_link(0);
    bind_link(1);
}

static void end(void)
{
    for (int i = 0; i < LINKS; i++) {
        if (lines[i].fd >= 0)
            lone_line_close(&lines[i]);
        close(listeners[i]);
    }
    lone_gateway_free(lone);
}

static uint64_t submit(void)
{
    return lone_operator_submit_as(lone, "grouped", "491700000001", "hello");
}

/* A text of which only the head is kept, for so many milliseconds from now. */
static void submit_for(int in_ms)
{
    char at[32], body[512], text[161];
    int64_t at_ms = gateway_now_ms(lone_gateway_of(lone)) + in_ms;
    time_t at_s = (time_t)(at_ms / 1000);
    struct tm date;

    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    assert_true(strftime(at, sizeof(at), "%Y-%m-%dT%H:%M:%S", gmtime_r(&at_s, &date)) > 0);
    snprintf(body, sizeof(body),
             "{\"account\":\"grouped\",\"from\":\"Shop\",\"to\":\"491700000001\","
             "\"text\":\"%s\",\"schedule\":\"%s.%03dZ\"}",
             text, at, (int)(at_ms % 1000));
    CHECK_EQ(lone_gateway_ask(lone, "admin-token", "POST", "/v1/messages", "", body).status,
             202, body);
}

static void expect(int link, struct smpp_pdu *out)
{
    lone_line_expect(&lines[link], SMPP_SUBMIT_SM, out);
}

static void take(int link, const char *id)
{
    struct smpp_pdu pdu;

    expect(link, &pdu);
    lone_line_take(&lines[link], &pdu, id);
}

static void refuse(int link, uint32_t status)
{
    struct smpp_pdu pdu;

    expect(link, &pdu);
    lone_line_answer(&lines[link], &pdu, status);
}

static void report(int link, const char *id, const char *word)
{
    struct smpp_pdu pdu;

    lone_operator_report(&lines[link], id, word);
    lone_line_expect(&lines[link], SMPP_DELIVER_SM | SMPP_RESPONSE, &pdu);
}

static bool is_silent(int link)
{
    struct smpp_pdu pdu;

    return !lone_line_read(&lines[link], &pdu, 100);
}

/* What the account has been charged, in the API's words. */
static void check_charged(const char *wanted)
{
    struct lone_answer answer = lone_gateway_ask(lone, "admin-token", "GET",
                                                 "/v1/accounts/grouped/balance", "", NULL);
    char member[64];

    snprintf(member, sizeof(member), "\"charged\":\"%s\"", wanted);
    CHECK(strstr(answer.body, member) != NULL, answer.body);
    CHECK(strstr(answer.body, "\"held\":\"0.000000\"") != NULL, answer.body);
}

#define IN_ORDER "channels = {\"smsc\", \"other\"}"

/* ---- Who is there ----------------------------------------------------------- */

TEST(what_waits_for_a_link_that_goes_down_moves_to_the_other)
{
    struct smpp_pdu pdu;

    begin(IN_ORDER, "window = 1", PRICES);
    submit();
    submit();
    submit();
    expect(0, &pdu);
    assert_true(is_silent(1));
    lone_line_close(&lines[0]);
    close(listeners[0]);
    take(1, "a");
    take(1, "b");
    listeners[0] = -1;
    lines[0].fd = -1;
    end();
}

TEST(what_waits_while_all_are_down_goes_to_the_first_that_comes_up)
{
    open_group(IN_ORDER, "", PRICES);
    lone_gateway_turn_for(lone, 20);
    submit();
    submit();
    bind_link(1);
    take(1, "a");
    take(1, "b");
    lines[0].fd = -1;
    end();
}

TEST(a_message_of_one_link_stays_where_it_is)
{
    struct smpp_pdu pdu;

    begin(IN_ORDER, "window = 1", PRICES);
    lone_operator_submit(lone, "491700000001", "one");
    lone_operator_submit(lone, "491700000001", "two");
    expect(0, &pdu);
    lone_line_close(&lines[0]);
    assert_true(is_silent(1));
    bind_link(0);
    expect(0, &pdu);
    end();
}

/* ---- Whose turn it is ------------------------------------------------------- */

TEST(weights_share_the_load)
{
    int counts[LINKS] = {0, 0};
    struct smpp_pdu pdu;

    begin("channels = {\"smsc:3\", \"other:1\"} choose = \"weight\"", "window = 100",
          PRICES);
    for (int i = 0; i < 40; i++)
        submit();
    for (int link = 0; link < LINKS; link++)
        while (lone_line_read(&lines[link], &pdu, 50))
            counts[link] += pdu.command == SMPP_SUBMIT_SM;
    CHECK_EQ(counts[0], 30, "of weight 3");
    CHECK_EQ(counts[1], 10, "of weight 1");
    end();
}

/* Each is chosen a way for when its time has come, and sent when its text is here. */
TEST(weights_share_those_whose_texts_are_read_before)
{
    enum { COUNT = 20, FIRST_MS = 400, EACH_MS = 10 };
    int counts[LINKS] = {0, 0};
    struct smpp_pdu pdu;

    begin("channels = {\"smsc:1\", \"other:1\"} choose = \"weight\"", "window = 100",
          PRICES);
    lives_keep_texts_to(lone_gateway_of(lone), 0);
    lives_pack_after(lone_gateway_of(lone), 0);
    for (int i = 0; i < COUNT; i++)
        submit_for(FIRST_MS + i * EACH_MS);
    lone_gateway_turn_for(lone, FIRST_MS + COUNT * EACH_MS);
    for (int link = 0; link < LINKS; link++)
        while (lone_line_read(&lines[link], &pdu, 50))
            counts[link] += pdu.command == SMPP_SUBMIT_SM;
    CHECK_EQ(texts_counts(lone_gateway_of(lone))->read, COUNT, "read");
    CHECK_EQ(counts[0], COUNT / 2, "the one");
    CHECK_EQ(counts[1], COUNT / 2, "the other");
    end();
}

TEST(the_cheapest_for_the_number_takes_it)
{
    begin("channels = {\"smsc\", \"other\"} choose = \"cheapest\"", "",
          PRICES "price { side = \"buy\" channel = \"other\" prefix = \"7\" price = "
                 "\"0.09\" }\n");
    submit();
    take(1, "a"); /* 0.01 against 0.03 */
    lone_operator_submit_as(lone, "grouped", "79030000001", "hello");
    take(0, "b"); /* 0.09 against 0.03 */
    end();
}

/* ---- What one refuses ------------------------------------------------------- */

TEST(what_one_refuses_for_itself_the_other_takes_and_it_is_charged_once)
{
    uint64_t id;

    begin(IN_ORDER, "", PRICES);
    id = submit();
    refuse(0, ESME_RINVDSTADR);
    take(1, "a");
    report(1, "a", "DELIVRD");
    lone_operator_check_end(lone, id, "delivered");
    check_charged("0.070000");
    end();
}

/* cancel_sm by addresses finds it while nobody has it. */
TEST(what_one_refuses_may_be_stopped_while_it_waits_for_the_other)
{
    struct gateway *gateway;
    uint32_t account;
    struct smpp_pdu pdu;
    uint64_t id;

    open_group(IN_ORDER, "", PRICES);
    bind_link(0);
    gateway = lone_gateway_of(lone);
    account = catalog_account_named(gateway->catalog, "grouped")->number;
    assert_null(pairs_first(gateway, account, "Shop", "491700000001"));
    id = submit();
    expect(0, &pdu);
    assert_null(pairs_first(gateway, account, "Shop", "491700000001"));
    lone_line_answer(&lines[0], &pdu, ESME_RINVDSTADR);
    lone_gateway_turn_for(lone, 20);
    assert_ptr_equal(pairs_first(gateway, account, "Shop", "491700000001"),
                     live_find(gateway, id));
    lines[1].fd = -1;
    end();
}

TEST(a_failed_delivery_goes_on_only_if_its_cause_is_named)
{
    static const struct {
        const char *row;
        const char *settings;
        const char *word;
        bool goes_on;
    } rows[] = {
        {"nothing is named",      "",                              "UNDELIV", false},
        {"another word is named", "on_report = {\"expired\"}",     "UNDELIV", false},
        {"its word",              "on_report = {\"undelivered\"}", "UNDELIV", true },
        {"expired",               "on_report = {\"expired\"}",     "EXPIRED", true },
        {"its code",              "on_report = {\"9\", \"7\"}",    "UNDELIV", true },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        uint64_t id;

        begin(IN_ORDER, rows[i].settings, PRICES);
        id = submit();
        take(0, "a");
        report(0, "a", rows[i].word);
        if (rows[i].goes_on) {
            take(1, "b");
            report(1, "b", "DELIVRD");
        }
        lone_operator_check_end(lone, id, rows[i].goes_on ? "delivered" : "undeliverable");
        check_charged("0.050000"); /* for the first answer, and never again */
        end();
    }
}

TEST(a_link_without_a_price_is_passed_over)
{
    uint64_t id;

    begin("channels = {\"other\", \"smsc\"}", "",
          "price { side = \"buy\" channel = \"other\" price = \"0.01\" }\n");
    id = submit();
    take(0, "a");
    report(0, "a", "DELIVRD");
    lone_operator_check_end(lone, id, "delivered");
    check_charged("0.050000");
    end();
}

TEST(a_link_that_is_throttled_for_long_gives_its_messages_to_the_other)
{
    begin(IN_ORDER,
          "window = 1 held_up_after = \"100ms\" on_status \"0x58\" { action = \"pause\" "
          "delays = {\"80ms\", \"60s\"} }",
          PRICES);
    submit();
    submit();
    refuse(0, ESME_RTHROTTLED);
    assert_true(is_silent(1)); /* a short pause: they wait */
    refuse(0, ESME_RTHROTTLED);
    take(1, "a");
    take(1, "b");
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(what_waits_for_a_link_that_goes_down_moves_to_the_other),
        RUN(what_waits_while_all_are_down_goes_to_the_first_that_comes_up),
        RUN(a_message_of_one_link_stays_where_it_is),
        RUN(weights_share_the_load),
        RUN(weights_share_those_whose_texts_are_read_before),
        RUN(the_cheapest_for_the_number_takes_it),
        RUN(what_one_refuses_for_itself_the_other_takes_and_it_is_charged_once),
        RUN(what_one_refuses_may_be_stopped_while_it_waits_for_the_other),
        RUN(a_failed_delivery_goes_on_only_if_its_cause_is_named),
        RUN(a_link_without_a_price_is_passed_over),
        RUN(a_link_that_is_throttled_for_long_gives_its_messages_to_the_other),
    };

    return RUN_ALL(tests);
}
