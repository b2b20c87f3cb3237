/* What a message costs its sender and us, seen over the API, with the test as operator. */
#include "gateway/money_moves.h"

#include <stdlib.h>
#include <unistd.h>

#include "gateway/catalog.h"
#include "gateway/gateway.h"
#include "smpp/command.h"
#include "tests/gateway/lone_operator.h"
#include "tests/test.h"

static struct lone_gateway *lone;
static int listener;
static struct lone_line line;

static void begin(const char *settings, const char *prices)
{
    char all[512];

    snprintf(all, sizeof(all), HERE "%s", settings);
    lone = lone_operator_open(&listener, all, prices);
    lone_operator_bind(&line, lone, listener, SMPP_BIND_TRANSCEIVER, 0x34);
    lone_gateway_turn_for(lone, 20);
}

static void end(void)
{
    lone_line_close(&line);
    close(listener);
    lone_gateway_free(lone);
}

/* More than one short message holds. */
static const char long_text[] =
    "It was the best of times, it was the worst of times, it was the age of wisdom, it was "
    "the age of foolishness, it was the epoch of belief, it was the epoch of incredulity, "
    "it was the season of Light";

static void take(const char *id)
{
    struct smpp_pdu pdu;

    lone_line_expect(&line, SMPP_SUBMIT_SM, &pdu);
    lone_line_take(&line, &pdu, id);
}

static void report(const char *id, const char *word)
{
    struct smpp_pdu pdu;

    lone_operator_report(&line, id, word);
    lone_line_expect(&line, SMPP_DELIVER_SM | SMPP_RESPONSE, &pdu);
}

/* A member of the message, as the API says it. */
static void check_member(uint64_t id, const char *wanted)
{
    struct lone_answer answer;
    char path[64];

    snprintf(path, sizeof(path), "/v1/messages/%llu", (unsigned long long)id);
    answer = lone_gateway_ask(lone, "admin-token", "GET", path, "", NULL);
    CHECK(strstr(answer.body, wanted) != NULL, answer.body);
}

static void check_books(void)
{
    struct lone_answer answer =
        lone_gateway_ask(lone, "admin-token", "GET", "/v1/ledger/verify", "", NULL);

    CHECK(strstr(answer.body, "\"ok\":true") != NULL, answer.body);
}

/* All rows of a side cost so much from now on. */
static void reprice(enum config_side side, int64_t price_micro)
{
    struct gateway *gateway = lone_gateway_of(lone);
    const struct config *config = gateway->config;

    for (size_t i = 0; i < config->price_count; i++)
        if (config->prices[i].side == side)
            config->prices[i].price_micro = price_micro;
    assert_true(catalog_take_prices(gateway->catalog, config));
}

/* ---- The gate --------------------------------------------------------------- */

/* The first segment pays for all: the others earn nothing, and go all the same. */
TEST(a_text_that_is_paid_as_one_goes_whole)
{
    static const struct {
        const char *row;
        const char *prices;
        const char *cost;
    } rows[] = {
        {"bought by the part",
         "price { side = \"sell\" account = \"direct\" channel = \"smsc\" unit = "
         "\"message\" price = \"0.08\" }\n", "\"cost\":\"0.060000\""},
        {"bought by the message",
         "price { side = \"sell\" account = \"direct\" channel = \"smsc\" unit = "
         "\"message\" price = \"0.08\" }\n"
         "price { side = \"buy\" channel = \"smsc\" prefix = \"49\" unit = \"message\" "
         "price = \"0.04\" }\n",             "\"cost\":\"0.040000\""},
        {"bought by the message, sold by the part",
         "price { side = \"buy\" channel = \"smsc\" prefix = \"49\" unit = \"message\" "
         "price = \"0.09\" }\n",             "\"cost\":\"0.090000\""},
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        uint64_t id;

        begin("window = 1", rows[i].prices);
        id = lone_operator_submit(lone, "491700000001", long_text);
        take("a");
        take("b");
        report("a", "DELIVRD");
        report("b", "DELIVRD");
        lone_operator_check_end(lone, id, "delivered");
        check_member(id, rows[i].cost);
        check_books();
        end();
    }
}

/* Just what is left of 0.05 after 0.03, and a micro-unit more. */
TEST(a_step_that_leaves_less_than_the_margin_is_skipped_and_told_of)
{
    struct gateway *gateway;
    uint64_t id;

    begin("", "account \"just\" { password = \"p\" plan = \"dear\" opening = \"1\" "
              "margin_floor = \"0.02\" }\n"
              "account \"more\" { password = \"p\" plan = \"dear\" opening = \"1\" "
              "margin_floor = \"0.020001\" }\n");
    gateway = lone_gateway_of(lone);
    id = lone_operator_submit_as(lone, "just", "491700000001", "hello");
    take("a");
    report("a", "DELIVRD");
    lone_operator_check_end(lone, id, "delivered");
    assert_int_equal(gateway->counters.steps_under_cost, 0);
    id = lone_operator_submit_as(lone, "more", "491700000001", "hello");
    lone_operator_check_end(lone, id, "rejected");
    check_member(id, "\"reason\":\"no_price\"");
    assert_int_equal(gateway->counters.steps_under_cost, 1);
    check_books();
    end();
}

/* ---- The book --------------------------------------------------------------- */

TEST(what_we_owe_is_what_the_book_said_at_the_submit)
{
    struct smpp_pdu pdu;
    uint64_t id;

    begin("", "");
    id = lone_operator_submit(lone, "491700000001", "hello");
    lone_line_expect(&line, SMPP_SUBMIT_SM, &pdu);
    reprice(CONFIG_BUY, 40000);
    reprice(CONFIG_SELL, 70000);
    lone_line_take(&line, &pdu, "a");
    report("a", "DELIVRD");
    lone_operator_check_end(lone, id, "delivered");
    check_member(id, "\"charged\":\"0.050000\",\"cost\":\"0.030000\"");
    id = lone_operator_submit(lone, "491700000001", "again");
    take("b");
    report("b", "DELIVRD");
    lone_operator_check_end(lone, id, "delivered");
    check_member(id, "\"charged\":\"0.070000\",\"cost\":\"0.040000\"");
    check_books();
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(a_text_that_is_paid_as_one_goes_whole),
        RUN(a_step_that_leaves_less_than_the_margin_is_skipped_and_told_of),
        RUN(what_we_owe_is_what_the_book_said_at_the_submit),
    };

    return RUN_ALL(tests);
}
