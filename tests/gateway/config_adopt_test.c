/* What of a configuration may change while it runs, and that nothing else does. */
#include "gateway/config_adopt.h"

#include <stdlib.h>
#include <unistd.h>

#include "tests/test.h"

static char folder[] = "/tmp/sluice-adopt-XXXXXX";

#define PLAIN                                                                              \
    "practice = true\ncountry = \"GB\"\nlisten \"smpp\" { address = \"127.0.0.1:0\" }\n"
#define LINK(password)                                                                     \
    "link \"l\" { host = \"h\" port = 1 system_id = \"s\" password = \"" password "\" }\n"
#define PLAN              "plan \"p\" { step \"a\" { channels = {\"l\"} } }\n"
#define ACCOUNT(settings) "account \"x\" { password = \"p\" plan = \"p\" " settings " }\n"
#define PRICE(amount)     "price { side = \"sell\" price = \"" amount "\" }\n"
#define WHOLE             PLAIN LINK("one") PLAN ACCOUNT("tps = 5") PRICE("0.05")

static struct config *load(const char *text)
{
    struct config_errors errors;
    struct config *config;
    char path[64];
    FILE *file;

    snprintf(path, sizeof(path), "%s/c.conf", folder);
    file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    config = config_load(path, &errors);
    if (config == NULL)
        fail_msg("%s", errors.lines[0]);
    unlink(path);
    return config;
}

TEST(what_may_change_changes_and_the_rest_stays_where_it_was)
{
    struct config *running = load(WHOLE);
    struct config *fresh =
        load("log_level = \"debug\"\n" PLAIN LINK("one") PLAN ACCOUNT(
            "tps = 7 credit = \"3\" parts_per_day = 9 allow_from = {\"10.0.0.0/8\"} "
            "destinations = {\"DE\"}")
                 PRICE("0.06") "price { side = \"buy\" price = \"0.01\" }\n");
    const struct config_account *account = &running->accounts[0];
    char why[400];

    assert_null(config_may_adopt(running, fresh, why, sizeof(why)));
    assert_true(config_differs(running, fresh));
    config_adopt(running, fresh);
    CHECK(account == &running->accounts[0], "its address");
    CHECK_EQ(account->tps, 7, "the rate");
    CHECK_EQ(account->credit_micro, 3000000, "the credit");
    CHECK_EQ(account->limits.of[USAGE_PARTS_DAY], 9, "the limit");
    CHECK_EQ(account->allow_from_count, 1, "the networks");
    CHECK_EQ(running->log_level, LOG_LEVEL_DEBUG, "the level");
    CHECK_EQ(running->price_count, 2, "the prices");
    CHECK_EQ(running->prices[0].price_micro, 60000, "the first of them");
    assert_false(config_differs(running, fresh));
    config_free(running);
}

TEST(anything_else_is_told_and_waits_for_a_restart)
{
    static const struct {
        const char *row;
        const char *text;
        const char *why;
    } rows[] = {
        {"a link's password",         PLAIN LINK("two") PLAN ACCOUNT("tps = 5") PRICE("0.05"),
         "the secret of l: "                                                                                                      },
        {"a link's setting",
         PLAIN
         "link \"l\" { host = \"h\" port = 2 system_id = \"s\" password = \"one\" }\n" PLAN
             ACCOUNT("tps = 5") PRICE("0.05"),
         "link l: port = 2, which was port = 1: "                                                                                 },
        {"another account",           WHOLE "account \"y\" { password = \"p\" plan = \"p\" }\n",
         "account y, which was "                                                                                                  },
        {"an account that is gone",   PLAIN LINK("one") PLAN PRICE("0.05"),
         "link l, which was account x: "                                                                                          },
        {"its window of repetitions",
         PLAIN LINK("one") PLAN ACCOUNT("tps = 5 dedupe_within = \"1h\"") PRICE("0.05"),
         "account x: dedupe_within = 1h, which was "                                                                              },
        {"a global",                  "max_messages = 5000\n" WHOLE,                             "max_messages = 5000, which was "},
        {"another step",
         PLAIN LINK("one") "plan \"p\" { step \"b\" { channels = {\"l\"} } }\n" ACCOUNT(
             "tps = 5") PRICE("0.05"),
         "plan p: step b, which was step a: "                                                                                     },
    };
    struct config *running = load(WHOLE);

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct config *fresh = load(rows[i].text);
        char room[400];
        const char *why = config_may_adopt(running, fresh, room, sizeof(room));

        CHECK(why != NULL, rows[i].row);
        if (strncmp(why, rows[i].why, strlen(rows[i].why)) != 0)
            CHECK_STR(why, rows[i].why, rows[i].row);
        CHECK(config_differs(running, fresh), rows[i].row);
        config_free(fresh);
    }
    CHECK_EQ(running->accounts[0].tps, 5, "nothing has changed");
    config_free(running);
}

TEST(the_same_is_the_same_and_another_password_is_not)
{
    struct config *running = load(WHOLE);
    struct config *same = load("# a remark\n" WHOLE);
    struct config *other =
        load(PLAIN LINK("one") PLAN
             "account \"x\" { password = \"q\" plan = \"p\" tps = 5 }\n" PRICE("0.05"));
    char why[400];

    assert_null(config_may_adopt(running, same, why, sizeof(why)));
    assert_false(config_differs(running, same));
    assert_null(config_may_adopt(running, other, why, sizeof(why)));
    assert_true(config_differs(running, other));
    assert_true(config_password_differs(&running->accounts[0], &other->accounts[0]));
    config_adopt(running, other);
    assert_string_equal(running->accounts[0].password, "q");
    config_free(same);
    config_free(running);
}

/* Each time it is read they are other ones. */
TEST(secrets_that_were_masked_are_the_same_as_before_and_others_are_not)
{
    static const char text[] = PLAIN LINK("****") PLAN
        "account \"x\" { password = \"****\" plan = \"p\" tps = 5 }\n" PRICE("0.05");
    struct config *running = load(text);
    struct config *same = load(text);
    struct config *other =
        load(PLAIN LINK("two") PLAN
             "account \"x\" { password = \"****\" plan = \"p\" tps = 5 }\n" PRICE("0.05"));
    char why[400];

    assert_null(config_may_adopt(running, same, why, sizeof(why)));
    assert_false(config_differs(running, same));
    assert_non_null(config_may_adopt(running, other, why, sizeof(why)));
    config_free(same);
    config_free(other);
    config_free(running);
}

static int start(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL ? -1 : 0;
}

static int stop(void **state)
{
    (void)state;
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(what_may_change_changes_and_the_rest_stays_where_it_was),
        RUN(anything_else_is_told_and_waits_for_a_restart),
        RUN(the_same_is_the_same_and_another_password_is_not),
        RUN(secrets_that_were_masked_are_the_same_as_before_and_others_are_not),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
