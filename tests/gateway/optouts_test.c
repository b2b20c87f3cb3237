/* Who wants to hear nothing more, and from whom. */
#include "gateway/optouts.h"

#include <stdlib.h>

#include "gateway/catalog.h"
#include "gateway/intake.h"
#include "gateway/store.h"
#include "smpp/command.h"
#include "tests/gateway/inbound_scene.h"
#include "tests/test.h"

TEST(a_stop_reaches_the_list_and_a_start_takes_it_off_again)
{
    scene_begin(ACCOUNTS JOIN ALL);
    CHECK_EQ(scene_send_advert("79161234567"), 202, "before");
    scene_write_taken("79161234567", "STOP");
    CHECK_EQ(scene_send_advert("79161234567"), 403, "after");
    CHECK_EQ(scene_send_advert("79161234568"), 202, "to somebody else");
    CHECK_EQ(optouts_count(lone_gateway_of(scene.lone)), 2, "both accounts of the number");
    CHECK_EQ(scene_counters()->refused[INTAKE_OPTED_OUT], 1, "counted");
    scene_write_taken("79161234567", "Start");
    CHECK_EQ(scene_send_advert("79161234567"), 202, "after a start");
    scene_end();
}

/* The end of a message, as the API says it, once it has one. */
static void check_end(const char *path, const char *wanted)
{
    for (int i = 0; i < 300; i++) {
        struct lone_answer answer =
            lone_gateway_ask(scene.lone, "admin-token", "GET", path, "", NULL);

        if (strstr(answer.body, "\"state\":\"ended\"") != NULL) {
            CHECK(strstr(answer.body, wanted) != NULL, answer.body);
            return;
        }
        lone_gateway_turn(scene.lone);
    }
    fail_msg("it did not end");
}

TEST(who_opts_out_while_a_message_waits_does_not_get_it)
{
    struct smpp_pdu first, other;
    struct lone_answer answer;
    char path[64];

    scene_begin(ACCOUNTS JOIN);
    for (int i = 0; i < 9; i++) /* all that adverts may have of a window of 10 */
        CHECK_EQ(scene_send_advert("79160000000"), 202, "those before it");
    answer = lone_gateway_ask(scene.lone, "admin-token", "POST", "/v1/messages", "",
                              "{\"account\":\"shop\",\"from\":\"Shop\",\"to\":"
                              "\"79161234567\",\"text\":\"Buy\"}");
    CHECK_EQ(answer.status, 202, "accepted");
    snprintf(path, sizeof(path), "/v1/messages/%llu",
             strtoull(strstr(answer.body, "\"id\":\"") + 6, NULL, 10));
    for (int i = 0; i < 9; i++) {
        lone_line_expect(&scene.op, SMPP_SUBMIT_SM, &other);
        if (i == 0)
            first = other;
    }
    scene_write_text("79161234567", "stop");
    scene_expect_answer(ESME_ROK);
    lone_line_take(&scene.op, &first, "1");
    check_end(path, "\"reason\":\"opted_out\"");
    scene_end();
}

TEST(transactional_messages_go_on_unless_the_account_says_otherwise)
{
    static const char *const rows[][2] = {
        {"account \"otp\" { password = \"p\" plan = \"dear\" opening = \"1000\" }\n",
         "202"                                                                             },
        {"account \"otp\" { password = \"p\" plan = \"dear\" opening = \"1000\" "
         "transactional_after_stop = false }\n",                             "403"},
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        char sections[512];

        snprintf(sections, sizeof(sections),
                 "%sinbound \"all\" { to = \"12345\" account = \"otp\" }\n", rows[i][0]);
        scene_begin(sections);
        scene_write_taken("79161234567", "STOP");
        CHECK_EQ(lone_gateway_ask(scene.lone, "admin-token", "POST", "/v1/messages", "",
                                  "{\"account\":\"otp\",\"from\":\"Otp\",\"to\":"
                                  "\"79161234567\",\"text\":\"1234\"}")
                     .status,
                 atoi(rows[i][1]), rows[i][1]);
        scene_end();
    }
}

TEST(a_stop_may_be_for_the_number_written_to_alone)
{
    scene_begin(ACCOUNTS "inbound \"all\" { to = \"12345\" account = \"shop\" opt_out = "
                         "\"sender\" }\n");
    scene_write_taken("79161234567", "STOP");
    CHECK_EQ(scene_send_advert("79161234567"), 202, "from the name");
    CHECK_EQ(lone_gateway_ask(scene.lone, "admin-token", "POST", "/v1/messages", "",
                              "{\"account\":\"shop\",\"from\":\"12345\",\"to\":"
                              "\"79161234567\",\"text\":\"Buy\"}")
                 .status,
             403, "from the number");
    scene_end();
}

/* One decision takes them all off again: it is bounded because they are. */
TEST(who_stops_very_many_senders_of_an_account_stops_all)
{
    struct gateway *gateway;
    char sender[16];
    const struct store_optout optout = {
        .account = 1, .number = "79161234567", .sender = sender};

    scene_begin(ACCOUNTS "inbound \"all\" { to = \"12345\" account = \"shop\" opt_out = "
                         "\"sender\" }\n");
    gateway = lone_gateway_of(scene.lone);
    for (unsigned i = 0; i < 3000; i++) {
        snprintf(sender, sizeof(sender), "Shop%u", i);
        assert_true(store_begin(gateway->store, STORE_CONTINUATION));
        assert_true(optouts_put(gateway, &optout));
        store_end(gateway->store);
    }
    CHECK_EQ(optouts_count(gateway), 65, "64 senders, and all of them");
    assert_true(optouts_forbid(gateway, 1, CONFIG_ADVERTISING, "Other", "79161234567"));
    assert_false(optouts_forbid(gateway, 1, CONFIG_ADVERTISING, "Other", "79161234568"));
    assert_true(store_begin(gateway->store, STORE_CONTINUATION));
    CHECK_EQ(optouts_remove(gateway, 1, "79161234567", NULL), 65, "taken off");
    store_end(gateway->store);
    CHECK_EQ(optouts_count(gateway), 0, "left");
    scene_end();
}

/* What is taken off is more than fits into one decision. */
TEST(a_start_is_for_very_many_accounts_that_share_the_number)
{
    enum { ACCOUNTS_HERE = 60, SENDERS_EACH = 64 };
    static char sections[ACCOUNTS_HERE * 160];
    struct gateway *gateway;
    char sender[16];
    struct store_optout optout = {.number = "79161234567", .sender = sender};
    size_t used = 0;

    for (int i = 0; i < ACCOUNTS_HERE; i++)
        used += (size_t)snprintf(
            sections + used, sizeof(sections) - used,
            "account \"a%d\" { password = \"p\" plan = \"dear\" opening = \"1\" }\n"
            "inbound \"i%d\" { to = \"12345\" account = \"a%d\" }\n",
            i, i, i);
    scene_begin(sections);
    gateway = lone_gateway_of(scene.lone);
    for (int i = 0; i < ACCOUNTS_HERE; i++) {
        char name[16];

        snprintf(name, sizeof(name), "a%d", i);
        optout.account = catalog_account_named(gateway->catalog, name)->number;
        assert_true(store_begin(gateway->store, STORE_CONTINUATION));
        for (int j = 0; j < SENDERS_EACH; j++) {
            snprintf(sender, sizeof(sender), "Shop%d", j);
            assert_true(optouts_put(gateway, &optout));
        }
        store_end(gateway->store);
    }
    CHECK_EQ(optouts_count(gateway), ACCOUNTS_HERE * SENDERS_EACH, "before");
    scene_write_taken("79161234567", "START");
    CHECK_EQ(optouts_count(gateway), 0, "after");
    scene_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(a_stop_reaches_the_list_and_a_start_takes_it_off_again),
        RUN(who_opts_out_while_a_message_waits_does_not_get_it),
        RUN(transactional_messages_go_on_unless_the_account_says_otherwise),
        RUN(a_stop_may_be_for_the_number_written_to_alone),
        RUN(who_stops_very_many_senders_of_an_account_stops_all),
        RUN(a_start_is_for_very_many_accounts_that_share_the_number),
    };

    return RUN_ALL(tests);
}
