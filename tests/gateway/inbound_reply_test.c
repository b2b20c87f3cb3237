/* What a subscriber is answered by itself. */
#include "gateway/inbound.h"

#include "gateway/intake.h"
#include "smpp/command.h"
#include "tests/gateway/inbound_scene.h"
#include "tests/test.h"

#define REPLY                                                                              \
    "inbound \"all\" { to = \"12345\" account = \"shop\" reply = \"Thank you\" "           \
    "stop_reply = \"Never again\" }\n"

static void expect_reply(const char *to, const char *text)
{
    struct smpp_pdu pdu;

    if (scene.submitted.count == 0) {
        lone_line_expect(&scene.op, SMPP_SUBMIT_SM, &pdu);
        scene_note_submit(&pdu);
    }
    CHECK_EQ(scene.submitted.count, 1, text);
    CHECK_STR(scene.submitted.to, to, text);
    CHECK_STR(scene.submitted.from, "12345", text);
    CHECK_STR(scene.submitted.text, text, text);
    scene.submitted.count = 0;
}

TEST(a_writer_is_answered_once_in_a_time)
{
    scene_begin(ACCOUNTS REPLY);
    scene_write_taken("79161234567", "hello");
    expect_reply("79161234567", "Thank you");
    scene_write_taken("79161234567", "hello again");
    scene_expect_nothing(&scene.op);
    CHECK_EQ(scene.submitted.count, 0, "a second reply");
    scene_write_taken("79161234568", "hello");
    expect_reply("79161234568", "Thank you");
    CHECK_EQ(scene_counters()->inbound_replied, 2, "replies");
    CHECK_EQ(scene_counters()->inbound_unreplied, 1, "not given");
    CHECK_EQ(scene_counters()->accepted, 2, "messages of the account");
    scene_end();
}

/* Nothing that the account may not do by itself keeps it from answering, but its country.
 */
TEST(a_reply_is_no_repetition_and_has_no_sender_of_the_accounts_choice)
{
    scene_begin(
        "account \"shop\" { password = \"p\" plan = \"dear\" opening = \"1000\""
        " dedupe_within = \"1h\" sources = {\"ACME\"} destinations = {\"RU\"} }\n" REPLY);
    scene_write_taken("79161234567", "hello");
    expect_reply("79161234567", "Thank you");
    scene_write_taken("79161234568", "hello");
    expect_reply("79161234568", "Thank you");
    scene_write_taken("4917012345678", "hello");
    scene_expect_nothing(&scene.op);
    CHECK_EQ(scene_counters()->refused[INTAKE_DENIED_DESTINATION], 1, "another country");
    CHECK_EQ(scene_counters()->accepted, 2, "messages of the account");
    scene_end();
}

TEST(who_stops_is_told_so_and_nothing_more)
{
    scene_begin(ACCOUNTS REPLY);
    scene_write_taken("79161234567", "STOP");
    expect_reply("79161234567", "Never again");
    CHECK_EQ(scene_send_advert("79161234567"), 403, "an advert");
    scene_end();
}

TEST(what_is_no_person_is_not_answered)
{
    static const char *const machines[] = {"900", "12345", "Bank", "123456"};

    for (size_t i = 0; i < ROWS(machines); i++) {
        scene_begin(ACCOUNTS REPLY);
        scene_write_taken(machines[i], "hello");
        scene_expect_nothing(&scene.op);
        CHECK_EQ(scene.submitted.count, 0, machines[i]);
        CHECK_EQ(scene_counters()->inbound_replied, 0, machines[i]);
        scene_end();
    }
}

TEST(what_is_a_report_is_not_answered_though_it_is_not_marked)
{
    static const char text[] = "id:1 sub:001 dlvrd:001 stat:DELIVRD err:000 text:";
    const struct written ack = {.from = "79161234567",
                                .to = "12345",
                                .esm_class = 0x08,
                                .octets = "read",
                                .size = 4};

    scene_begin(ACCOUNTS REPLY);
    scene_write_taken("79161234567", text);
    scene_write_deliver(&ack);
    scene_expect_answer(ESME_ROK);
    scene_expect_nothing(&scene.op);
    CHECK_EQ(scene.submitted.count, 0, "replies");
    CHECK_EQ(scene_counters()->inbound_unreplied, 2, "withheld");
    scene_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(a_writer_is_answered_once_in_a_time),
        RUN(a_reply_is_no_repetition_and_has_no_sender_of_the_accounts_choice),
        RUN(who_stops_is_told_so_and_nothing_more),
        RUN(what_is_no_person_is_not_answered),
        RUN(what_is_a_report_is_not_answered_though_it_is_not_marked),
    };

    return RUN_ALL(tests);
}
