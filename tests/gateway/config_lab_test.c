/*
 * conf/lab.conf is what it promises to be.
 */
#include "gateway/config.h"

#include "gateway/profile.h"
#include "tests/gateway/config_place.h"
#include "tests/test.h"

TEST(the_lab_listens_where_it_says)
{
    struct config *lab = config_place_load_lab(state);

    assert_true(lab->practice);
    assert_int_equal(lab->listen_count, 1);
    CHECK_STR(lab->listens[0].address.host, "127.0.0.1", "smpp");
    assert_int_equal(lab->listens[0].address.port, 2775);
    CHECK_STR(lab->http.address.host, "127.0.0.1", "http");
    assert_int_equal(lab->http.address.port, 8775);
    assert_int_equal(lab->http.token_count, 1);
    CHECK_STR(lab->http.tokens[0].value, "lab-token", "token");
    assert_int_equal(lab->http.tokens[0].scope, CONFIG_SCOPE_ADMIN);
    assert_true(lab->http.tokens[0].all_accounts);
    config_free(lab);
}

TEST(the_lab_has_its_four_accounts)
{
    static const struct {
        const char *name;
        const char *plan;
        int64_t opening_micro;
        uint32_t binds, tps, burst;
    } rows[] = {
        {"sms",     "sms",                1000000000000, 16, 0,  0 },
        {"cascade", "messenger-then-sms", 1000000000000, 16, 0,  0 },
        {"poor",    "sms",                1000000,       64, 0,  0 },
        {"slow",    "sms",                1000000000000, 16, 10, 10},
    };
    struct config *lab = config_place_load_lab(state);

    assert_int_equal(lab->account_count, ROWS(rows));
    for (size_t i = 0; i < ROWS(rows); i++) {
        int index = config_find_account(lab, rows[i].name);
        const struct config_account *account = &lab->accounts[index];

        CHECK(index >= 0, rows[i].name);
        CHECK_STR(account->system_id, rows[i].name, rows[i].name);
        CHECK_STR(account->password, "secret08", rows[i].name);
        CHECK_STR(lab->plans[account->plan].name, rows[i].plan, rows[i].name);
        CHECK_EQ(account->opening_micro, rows[i].opening_micro, rows[i].name);
        CHECK_EQ(account->credit_micro, 0, rows[i].name);
        CHECK_EQ(account->binds, rows[i].binds, rows[i].name);
        CHECK_EQ(account->tps, rows[i].tps, rows[i].name);
        CHECK_EQ(account->burst, rows[i].burst, rows[i].name);
        CHECK_EQ(account->window, 1000, rows[i].name);
        CHECK_EQ(account->class, CONFIG_TRANSACTIONAL, rows[i].name);
        CHECK_EQ(account->default_alphabet, CONFIG_GSM0338, rows[i].name);
        CHECK_EQ(account->accepted_as, CONFIG_AS_ACCEPTD, rows[i].name);
        CHECK_EQ(account->late_charge, CONFIG_LATE_CHARGE, rows[i].name);
        CHECK(account->receipt_tlvs, rows[i].name);
        CHECK_STR(account->currency, "EUR", rows[i].name);
    }
    config_free(lab);
}

TEST(the_labs_link_behaves_as_it_says)
{
    struct config *lab = config_place_load_lab(state);
    const struct config_link *link = &lab->links[0];
    const struct config_on_status *full = config_link_on_status(link, 0x14);
    const struct config_on_status *throttled = config_link_on_status(link, 0x58);

    assert_int_equal(lab->link_count, 1);
    CHECK_STR(link->name, "smsc", "name");
    CHECK_STR(link->address.host, "127.0.0.1", "host");
    assert_int_equal(link->address.port, 2785);
    CHECK_STR(link->system_id, "sluice", "system_id");
    CHECK_STR(link->password, "sluice", "password");
    assert_false(link->adapt_rate);
    assert_false(link->adapt_window);
    assert_int_equal(link->bind, CONFIG_TRANSCEIVER);
    assert_int_equal(link->connections, 4);
    assert_int_equal(link->window, 256);
    assert_int_equal(link->tps, 0);
    assert_int_equal(link->id_rule, CONFIG_ID_AS_IS);
    assert_int_equal(link->default_alphabet, CONFIG_GSM0338);
    assert_int_equal(link->reconnect_min_ms, 200);
    assert_int_equal(link->reconnect_max_ms, 1000);
    assert_int_equal(link->already_bound_wait_ms, 0);
    assert_int_equal(link->bind_timeout_ms, 5000);
    assert_int_equal(link->response_timeout_ms, 5000);
    assert_int_equal(link->enquire_link_ms, 10000);
    assert_int_equal(link->in_doubt_wait_ms, 2000);
    assert_int_equal(link->in_doubt_resends, 1);
    assert_int_equal(link->grace_ms, 1000);
    assert_true(link->receipts);
    assert_int_equal(throttled->action, CONFIG_ACTION_PAUSE);
    assert_int_equal(throttled->delays_ms[0], 1000);
    assert_int_equal(full->action, CONFIG_ACTION_RETRY);
    assert_int_equal(full->delay_count, 3);
    assert_int_equal(full->delays_ms[0], 1000);
    assert_int_equal(full->delays_ms[1], 2000);
    assert_int_equal(full->delays_ms[2], 4000);
    assert_int_equal(config_link_on_status(link, 0x45)->action, CONFIG_ACTION_FAIL);
    assert_int_equal(config_link_on_status(link, 0x0B)->action, CONFIG_ACTION_FAIL);
    config_free(lab);
}

TEST(the_labs_messenger_and_plans_are_as_it_says)
{
    struct config *lab = config_place_load_lab(state);
    const struct config_channel *messenger = &lab->channels[0];
    const struct config_plan *sms = &lab->plans[config_find_plan(lab, "sms")];
    const struct config_plan *both =
        &lab->plans[config_find_plan(lab, "messenger-then-sms")];

    assert_int_equal(lab->channel_count, 1);
    CHECK_STR(messenger->name, "messenger", "name");
    CHECK_STR(messenger->profile_name, "lab", "profile");
    CHECK_STR(messenger->url, "http://127.0.0.1:9785/send", "url");
    CHECK_STR(messenger->token, "lab", "token");
    CHECK_STR(messenger->key, "lab-hook", "key");
    assert_int_equal(messenger->timeout_ms, 1000);
    assert_int_equal(messenger->suspend_ms, 2000);
    assert_int_equal(messenger->profile->proves, CONFIG_READ);

    assert_int_equal(lab->plan_count, 2);
    assert_false(sms->collects);
    assert_int_equal(sms->step_count, 1);
    assert_int_equal(sms->deadline_ms, 24 * 3600 * 1000);
    assert_true(sms->steps[0].ways[0].is_link);
    assert_int_equal(sms->steps[0].until, CONFIG_DELIVERED);
    assert_int_equal(sms->steps[0].within_ms, 24 * 3600 * 1000);

    assert_true(both->collects);
    assert_int_equal(both->collect_within_ms, 3000);
    assert_int_equal(both->deadline_ms, 24 * 3600 * 1000);
    assert_int_equal(both->step_count, 2);
    CHECK_STR(both->steps[0].name, "messenger", "first step");
    assert_false(both->steps[0].ways[0].is_link);
    assert_int_equal(both->steps[0].until, CONFIG_DELIVERED);
    assert_int_equal(both->steps[0].within_ms, 2000);
    assert_int_equal(both->steps[0].enter_within_ms, 2000);
    CHECK_STR(both->steps[1].name, "sms", "second step");
    assert_true(both->steps[1].ways[0].is_link);
    config_free(lab);
}

TEST(the_labs_prices_are_as_it_says)
{
    static const struct config_price rows[] = {
        {.side = CONFIG_SELL,
         .unit = CONFIG_PER_PART,
         .billed = CONFIG_ON_ACCEPTED,
         .price_micro = 50000},
        {.side = CONFIG_BUY,
         .unit = CONFIG_PER_PART,
         .billed = CONFIG_ON_ACCEPTED,
         .price_micro = 30000},
        {.side = CONFIG_SELL,
         .unit = CONFIG_PER_MESSAGE,
         .billed = CONFIG_ON_DELIVERED,
         .price_micro = 10000},
        {.side = CONFIG_BUY,
         .unit = CONFIG_PER_MESSAGE,
         .billed = CONFIG_ON_DELIVERED,
         .price_micro = 6000 },
    };
    struct config *lab = config_place_load_lab(state);

    assert_int_equal(lab->price_count, ROWS(rows));
    for (size_t i = 0; i < ROWS(rows); i++) {
        const struct config_price *price = &lab->prices[i];

        assert_int_equal(price->side, rows[i].side);
        assert_int_equal(price->unit, rows[i].unit);
        assert_int_equal(price->billed, rows[i].billed);
        assert_int_equal(price->price_micro, rows[i].price_micro);
        assert_int_equal(price->channel.is_link, i < 2);
        assert_int_equal(price->class, CONFIG_ANY_CLASS);
        assert_true(price->any_account);
        CHECK_STR(price->prefix, "", "every destination");
        CHECK_STR(price->currency, "EUR", "currency");
    }
    config_free(lab);
}

#define TEST_IN_FOLDER(name)                                                               \
    cmocka_unit_test_setup_teardown(name, config_place_enter, config_place_leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_FOLDER(the_lab_listens_where_it_says),
        TEST_IN_FOLDER(the_lab_has_its_four_accounts),
        TEST_IN_FOLDER(the_labs_link_behaves_as_it_says),
        TEST_IN_FOLDER(the_labs_messenger_and_plans_are_as_it_says),
        TEST_IN_FOLDER(the_labs_prices_are_as_it_says),
    };

    return RUN_ALL(tests);
}
