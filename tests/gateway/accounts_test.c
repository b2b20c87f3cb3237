/*
 * Accounts: passwords right and wrong, in plain and hashed; who has to wait and who never
 * does; sessions and parts counted.  The pool runs inline on virtual time.
 */
#include "gateway/accounts.h"

#include <stdlib.h>

#include "gateway/clock.h"
#include "gateway/config.h"
#include "gateway/executor.h"
#include "gateway/failures.h"
#include "tests/test.h"

static const uint8_t home[16] = {[10] = 0xFF, [11] = 0xFF, 10, 0, 0, 1};
static const uint8_t abroad[16] = {[10] = 0xFF, [11] = 0xFF, 198, 51, 100, 1};

static char hash[ACCOUNTS_HASH_SIZE];

static struct config_network home_network = {
    .address = {[10] = 0xFF, [11] = 0xFF, 10},
      .bits = 104
};

/* What a test has at hand: four accounts, a pool, and the last answer. */
struct house {
    struct config_account list[4];
    struct config config;
    struct clock *clock;
    struct executor *executor;
    struct accounts *accounts;
    uint64_t id;
    enum accounts_answer answer;
    uint32_t account;
    unsigned answers;
};

enum { PLAIN, HASHED, AT_HOME, SLOW };

static int64_t five_ms(void *owner)
{
    (void)owner;
    return 5;
}

static void on_checked(void *owner, uint64_t id, enum accounts_answer answer,
                       uint32_t account)
{
    struct house *house = owner;

    house->id = id;
    house->answer = answer;
    house->account = account;
    house->answers++;
}

static int setup(void **state)
{
    struct house *house = calloc(1, sizeof(*house));

    if (hash[0] == '\0' && !accounts_hash_password("secret08", hash))
        return -1;
    house->list[PLAIN] = (struct config_account){
        .name = "plain", .system_id = "plain", .password = "secret08", .binds = 2};
    house->list[HASHED] = (struct config_account){
        .name = "hashed", .system_id = "hashed", .password_hash = hash, .binds = 1};
    house->list[AT_HOME] = (struct config_account){.name = "home",
                                                   .system_id = "home",
                                                   .password_hash = hash,
                                                   .binds = 1,
                                                   .allow_from = &home_network,
                                                   .allow_from_count = 1};
    house->list[SLOW] = (struct config_account){.name = "slow",
                                                .system_id = "slow",
                                                .password = "secret08",
                                                .binds = 1,
                                                .tps = 10,
                                                .burst = 10};
    house->config.accounts = house->list;
    house->config.account_count = 4;
    house->clock = clock_new_virtual(1000, 0);
    house->executor = executor_new_inline(house->clock, five_ms, NULL);
    house->accounts = accounts_new(&house->config, house->executor, on_checked, house);
    *state = house;
    return 0;
}

static int teardown(void **state)
{
    struct house *house = *state;

    executor_free(house->executor);
    accounts_free(house->accounts);
    clock_free(house->clock);
    free(house);
    return 0;
}

/* Asks and, when the answer is pending, waits for it. */
static enum accounts_answer ask(struct house *house, const char *system_id,
                                const char *password, const uint8_t from[16],
                                int64_t now_ms)
{
    struct accounts_question question = {
        .id = 77,
        .system_id = system_id,
        .system_id_size = strlen(system_id),
        .password = password,
        .password_size = strlen(password),
        .now_ms = now_ms,
    };
    enum accounts_answer answer;

    memcpy(question.address, from, sizeof(question.address));
    answer = accounts_check(house->accounts, &question, &house->account);
    if (answer != ACCOUNTS_PENDING)
        return answer;
    house->answers = 0;
    clock_advance(house->clock, clock_mono_ms(house->clock) + 100);
    assert_int_equal(house->answers, 1);
    assert_int_equal(house->id, 77);
    return house->answer;
}

static uint64_t hashes(const struct house *house)
{
    return accounts_counts(house->accounts).hashes;
}

TEST(a_plain_password_is_answered_at_once)
{
    struct house *house = *state;

    assert_int_equal(ask(house, "plain", "secret08", abroad, 0), ACCOUNTS_OK);
    assert_int_equal(house->account, PLAIN);
    assert_int_equal(hashes(house), 0);
}

TEST(a_hashed_password_is_checked_on_the_pool_once)
{
    struct house *house = *state;

    assert_int_equal(ask(house, "hashed", "secret08", abroad, 0), ACCOUNTS_OK);
    assert_int_equal(house->account, HASHED);
    assert_int_equal(hashes(house), 1);
    assert_int_equal(ask(house, "hashed", "secret08", abroad, 0), ACCOUNTS_OK);
    assert_int_equal(hashes(house), 1);
    assert_int_equal(ask(house, "hashed", "secret09", abroad, 0), ACCOUNTS_REFUSED);
    assert_int_equal(hashes(house), 2);
}

TEST(wrong_unknown_and_foreign_are_answered_alike_and_after_the_same_work)
{
    static const struct {
        const char *row;
        const char *system_id;
        const char *password;
    } rows[] = {
        {"wrong password",      "hashed", "secret0"  },
        {"longer password",     "hashed", "secret088"},
        {"empty password",      "hashed", ""         },
        {"wrong plain",         "plain",  "secret0"  },
        {"unknown system_id",   "nobody", "secret08" },
        {"empty system_id",     "",       "secret08" },
        {"prefix of another's", "hash",   "secret08" },
        {"from elsewhere",      "home",   "secret08" },
    };
    struct house *house = *state;

    for (size_t i = 0; i < ROWS(rows); i++) {
        uint64_t before = hashes(house);

        CHECK_EQ(ask(house, rows[i].system_id, rows[i].password, abroad, 0),
                 ACCOUNTS_REFUSED, rows[i].row);
        CHECK_EQ(hashes(house), before + 1, rows[i].row);
    }
}

TEST(a_password_that_is_too_long_is_wrong)
{
    struct house *house = *state;
    char password[ACCOUNTS_PASSWORD_MAX + 2];

    memset(password, 'x', sizeof(password));
    password[sizeof(password) - 1] = '\0';
    assert_int_equal(ask(house, "hashed", password, abroad, 0), ACCOUNTS_REFUSED);
    assert_int_equal(hashes(house), 0);
}

TEST(who_fails_too_often_waits)
{
    struct house *house = *state;
    int64_t now_ms = 0;

    for (int i = 0; i < 6; i++)
        assert_int_equal(ask(house, "plain", "wrong", abroad, now_ms), ACCOUNTS_REFUSED);
    assert_int_equal(ask(house, "plain", "secret08", abroad, now_ms + 999),
                     ACCOUNTS_REFUSED);
    assert_int_equal(accounts_counts(house->accounts).held_off, 1);
    /* Others from there, and he from elsewhere, do not. */
    assert_int_equal(ask(house, "slow", "secret08", abroad, now_ms), ACCOUNTS_OK);
    assert_int_equal(ask(house, "plain", "secret08", home, now_ms), ACCOUNTS_OK);
    assert_int_equal(ask(house, "plain", "secret08", abroad, now_ms + 1000), ACCOUNTS_OK);
}

TEST(an_address_that_tries_many_names_waits_as_a_whole)
{
    struct house *house = *state;
    char name[16];

    for (int i = 0; i < 21; i++) {
        snprintf(name, sizeof(name), "guess%d", i);
        assert_int_equal(ask(house, name, "wrong", abroad, 0), ACCOUNTS_REFUSED);
    }
    assert_int_equal(ask(house, "plain", "secret08", abroad, 500), ACCOUNTS_REFUSED);
    assert_int_equal(ask(house, "plain", "secret08", home, 500), ACCOUNTS_OK);
    assert_int_equal(ask(house, "plain", "secret08", abroad, 1000), ACCOUNTS_OK);
}

TEST(nobody_is_locked_out_of_his_own_network)
{
    struct house *house = *state;

    for (int i = 0; i < 50; i++)
        assert_int_equal(ask(house, "home", "wrong", home, 0), ACCOUNTS_REFUSED);
    for (int i = 0; i < 50; i++)
        assert_int_equal(ask(house, "plain", "wrong", home, 0), ACCOUNTS_REFUSED);
    assert_int_equal(ask(house, "plain", "secret08", home, 0), ACCOUNTS_REFUSED);
    assert_int_equal(ask(house, "home", "secret08", home, 0), ACCOUNTS_OK);
}

TEST(passwords_wait_in_a_bounded_queue)
{
    struct house *house = *state;
    struct accounts_question question = {.system_id = "hashed",
                                         .system_id_size = 6,
                                         .password = "secret08",
                                         .password_size = 8};
    uint32_t account;

    memcpy(question.address, abroad, 16);
    for (int i = 0; i < ACCOUNTS_CHECKS_MAX; i++)
        assert_int_equal(accounts_check(house->accounts, &question, &account),
                         ACCOUNTS_PENDING);
    assert_int_equal(accounts_check(house->accounts, &question, &account), ACCOUNTS_BUSY);
    assert_int_equal(accounts_counts(house->accounts).busy, 1);
    /* What is pending is forgotten with the accounts. */
}

/* While it is looked at, SIGHUP takes its password away: now and from then on it is wrong. */
TEST(a_password_that_is_changed_while_it_is_checked_is_wrong)
{
    struct house *house = *state;
    static const char password[] = "secret08";
    const struct accounts_question question = {
        .id = 77,
        .system_id = "hashed",
        .system_id_size = strlen("hashed"),
        .password = password,
        .password_size = strlen(password),
    };
    char other[ACCOUNTS_HASH_SIZE];

    assert_true(accounts_hash_password("secret09", other));
    assert_int_equal(accounts_check(house->accounts, &question, &house->account),
                     ACCOUNTS_PENDING);
    house->list[HASHED].password_hash = other;
    accounts_changed(house->accounts, HASHED, true);
    clock_advance(house->clock, clock_mono_ms(house->clock) + 100);
    assert_int_equal(house->answers, 1);
    assert_int_equal(house->answer, ACCOUNTS_REFUSED);
    assert_int_equal(ask(house, "hashed", "secret08", abroad, 0), ACCOUNTS_REFUSED);
    assert_int_equal(ask(house, "hashed", "secret09", abroad, 0), ACCOUNTS_OK);
}

TEST(sessions_are_counted_per_account)
{
    struct house *house = *state;

    assert_true(accounts_take_bind(house->accounts, PLAIN));
    assert_true(accounts_take_bind(house->accounts, PLAIN));
    assert_false(accounts_take_bind(house->accounts, PLAIN));
    assert_true(accounts_take_bind(house->accounts, HASHED));
    accounts_give_bind(house->accounts, PLAIN);
    assert_int_equal(accounts_binds(house->accounts, PLAIN), 1);
    assert_true(accounts_take_bind(house->accounts, PLAIN));
}

TEST(ten_parts_go_at_once_and_ten_more_each_second)
{
    struct house *house = *state;
    struct accounts *accounts = house->accounts;
    int taken = 0;

    for (int i = 0; i < 10; i++)
        assert_true(accounts_take_parts(accounts, SLOW, 1, 0, 5000));
    assert_false(accounts_take_parts(accounts, SLOW, 1, 0, 5000));
    assert_int_equal(accounts_parts_due_ms(accounts, SLOW, 1, 5000), 100);
    assert_false(accounts_take_parts(accounts, SLOW, 1, 0, 5099));
    assert_true(accounts_take_parts(accounts, SLOW, 1, 0, 5100));
    /* Asking in vain costs nothing: every millisecond for two seconds. */
    for (int64_t now_ms = 5101; now_ms <= 7100; now_ms++)
        taken += accounts_take_parts(accounts, SLOW, 1, 0, now_ms);
    assert_int_equal(taken, 20);
    /* A long silence fills no more than the bucket. */
    for (int i = 0; i < 10; i++)
        assert_true(accounts_take_parts(accounts, SLOW, 1, 0, INT64_MAX));
    assert_false(accounts_take_parts(accounts, SLOW, 1, 0, INT64_MAX));
}

TEST(more_parts_than_the_bucket_holds_go_when_it_is_full)
{
    struct house *house = *state;
    struct accounts *accounts = house->accounts;

    assert_true(accounts_take_parts(accounts, SLOW, 15, 0, 0));
    assert_false(accounts_take_parts(accounts, SLOW, 1, 0, 500));
    assert_true(accounts_take_parts(accounts, SLOW, 1, 0, 600));
    assert_false(accounts_take_parts(accounts, SLOW, 15, 0, 1000));
    assert_true(accounts_take_parts(accounts, SLOW, 15, 0, 1600));
}

TEST(with_patience_parts_are_taken_before_their_time_and_worked_off)
{
    struct house *house = *state;
    struct accounts *accounts = house->accounts;

    assert_true(accounts_take_parts(accounts, SLOW, 10, 0, 0));
    assert_false(accounts_take_parts(accounts, SLOW, 1, 99, 0));
    assert_true(accounts_take_parts(accounts, SLOW, 1, 200, 0));
    assert_int_equal(accounts_parts_due_ms(accounts, SLOW, 0, 0), 100);
    assert_true(accounts_take_parts(accounts, SLOW, 1, 200, 0));
    assert_false(accounts_take_parts(accounts, SLOW, 1, 200, 0));
    assert_int_equal(accounts_parts_due_ms(accounts, SLOW, 0, 0), 200);
    assert_int_equal(accounts_parts_due_ms(accounts, SLOW, 0, 200), 0);
    assert_false(accounts_take_parts(accounts, SLOW, 1, 0, 299));
    assert_true(accounts_take_parts(accounts, SLOW, 1, 0, 300));
}

TEST(parts_given_back_can_be_taken_again)
{
    struct house *house = *state;
    struct accounts *accounts = house->accounts;

    assert_true(accounts_take_parts(accounts, SLOW, 10, 0, 0));
    accounts_give_parts(accounts, SLOW, 4);
    assert_true(accounts_take_parts(accounts, SLOW, 4, 0, 0));
    assert_false(accounts_take_parts(accounts, SLOW, 1, 0, 0));
    accounts_give_parts(accounts, SLOW, 1000);
    assert_true(accounts_take_parts(accounts, SLOW, 10, 0, 0));
    assert_false(accounts_take_parts(accounts, SLOW, 1, 0, 0));
    assert_true(accounts_take_parts(accounts, PLAIN, 1000000, 0, 0));
}

TEST(a_token_is_found_by_its_value_and_allows_its_accounts)
{
    struct house *house = *state;
    const char *only[] = {"slow"};
    struct config_token tokens[] = {
        {.name = "all",   .value = "one",   .all_accounts = true},
        { .name = "few", .value = "two", .accounts = only,   .account_count = 1},
    };
    const struct config_token *found;

    house->config.http.tokens = tokens;
    house->config.http.token_count = 2;
    found = accounts_find_token(house->accounts, "two");
    assert_ptr_equal(found, &tokens[1]);
    assert_true(accounts_token_allows(found, "slow"));
    assert_false(accounts_token_allows(found, "plain"));
    assert_true(accounts_token_allows(&tokens[0], "plain"));
    assert_null(accounts_find_token(house->accounts, "three"));
    assert_null(accounts_find_token(house->accounts, ""));
    assert_null(accounts_find_token(house->accounts, "tw"));
}

TEST(waits_double_up_to_a_minute_and_are_forgotten_after_one)
{
    static const int64_t waits_ms[] = {0,    0,     1000,  2000,  4000,
                                       8000, 16000, 32000, 60000, 60000};
    struct failures *failures = failures_new(4);
    int64_t now_ms = 1000;

    (void)state;
    for (size_t i = 0; i < ROWS(waits_ms); i++) {
        failures_add(failures, 9, 2, now_ms);
        CHECK_EQ(failures_waits(failures, 9, now_ms + waits_ms[i] - 1), waits_ms[i] > 0,
                 "before");
        CHECK_EQ(failures_waits(failures, 9, now_ms + waits_ms[i]), false, "after");
    }
    now_ms += 60001;
    failures_add(failures, 9, 2, now_ms);
    assert_false(failures_waits(failures, 9, now_ms));
    failures_free(failures);
}

TEST(the_table_of_failures_forgets_the_least_recently_used)
{
    struct failures *failures = failures_new(4);

    (void)state;
    for (uint64_t key = 1; key <= 4; key++)
        failures_add(failures, key, 0, 0);
    failures_add(failures, 1, 0, 0);
    failures_add(failures, 5, 0, 0);
    assert_int_equal(failures_count(failures), 4);
    assert_true(failures_waits(failures, 1, 0));
    assert_false(failures_waits(failures, 2, 0));
    failures_forget(failures, 1);
    assert_false(failures_waits(failures, 1, 0));
    assert_int_equal(failures_count(failures), 3);
    for (uint64_t key = 100; key < 10100; key++)
        failures_add(failures, key * 4, 0, 0);
    assert_int_equal(failures_count(failures), 4);
    assert_true(failures_waits(failures, 10099 * 4, 0));
    failures_free(failures);
}

#define TEST_IN_HOUSE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_HOUSE(a_plain_password_is_answered_at_once),
        TEST_IN_HOUSE(a_hashed_password_is_checked_on_the_pool_once),
        TEST_IN_HOUSE(wrong_unknown_and_foreign_are_answered_alike_and_after_the_same_work),
        TEST_IN_HOUSE(a_password_that_is_too_long_is_wrong),
        TEST_IN_HOUSE(who_fails_too_often_waits),
        TEST_IN_HOUSE(an_address_that_tries_many_names_waits_as_a_whole),
        TEST_IN_HOUSE(nobody_is_locked_out_of_his_own_network),
        TEST_IN_HOUSE(passwords_wait_in_a_bounded_queue),
        TEST_IN_HOUSE(a_password_that_is_changed_while_it_is_checked_is_wrong),
        TEST_IN_HOUSE(sessions_are_counted_per_account),
        TEST_IN_HOUSE(ten_parts_go_at_once_and_ten_more_each_second),
        TEST_IN_HOUSE(more_parts_than_the_bucket_holds_go_when_it_is_full),
        TEST_IN_HOUSE(with_patience_parts_are_taken_before_their_time_and_worked_off),
        TEST_IN_HOUSE(parts_given_back_can_be_taken_again),
        TEST_IN_HOUSE(a_token_is_found_by_its_value_and_allows_its_accounts),
        RUN(waits_double_up_to_a_minute_and_are_forgotten_after_one),
        RUN(the_table_of_failures_forgets_the_least_recently_used),
    };

    return RUN_ALL(tests);
}
