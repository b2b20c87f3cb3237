/*
 * How the ids of a link are to be compared: rules that are learned or set anew, and what
 * they make of the ids that are known.
 */
#include "gateway/reports.h"

#include <unistd.h>

#include "gateway/gateway.h"
#include "gateway/live.h"
#include "gateway/reports_pieces.h"
#include "smpp/command.h"
#include "tests/gateway/reports_scene.h"
#include "tests/test.h"

/* Answers in decimal, receipts in hexadecimal. */
static void exchange(unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++) {
        char number[32], id[32], text[128];
        uint32_t sequence;

        snprintf(number, sizeof(number), "4917%08u", i);
        snprintf(id, sizeof(id), "%u", 12107289 + i * 16);
        scene_submit(number, "hello", &sequence);
        scene_take(sequence, id);
        snprintf(text, sizeof(text),
                 "id:%08X stat:DELIVRD err:000 text:", 12107289 + i * 16);
        scene_report(number, text);
    }
}

static uint64_t delivered(void)
{
    return scene_counters()->ends[MESSAGE_DELIVERED];
}

TEST(twenty_pairs_teach_a_rule_and_what_was_parked_is_found_by_it)
{
    static const struct {
        const char *setting;
        const char *rule_after;
        bool used;
    } rows[] = {
        {"id_rule = \"learn\"", "receipt-hex", true },
        {"",                    "as-is",       false},
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        char settings[256];
        uint32_t channel;

        snprintf(settings, sizeof(settings), "%s%s", WIDE, rows[i].setting);
        scene_begin(settings);
        /* The first of all is not heard: nothing was known to be missing. */
        exchange(0, 20);
        CHECK_EQ(scene_counters()->id_rules_proposed, 0, "nineteen pairs are no proof");
        CHECK_EQ(delivered(), 0, "nothing is matched by a rule that is not used");
        exchange(20, 21);
        CHECK_EQ(scene_counters()->id_rules_proposed, 1, rows[i].rule_after);
        scene_turn_for(500);
        CHECK_EQ(delivered(), rows[i].used ? 21 : 0, rows[i].rule_after);
        exchange(21, 23);
        CHECK_EQ(delivered(), rows[i].used ? 23 : 0, rows[i].rule_after);
        channel = 0;
        while (channel++ < 8)
            if (reports_id_rule(lone_gateway_of(scene.lone), channel))
                CHECK_STR(reports_id_rule(lone_gateway_of(scene.lone), channel),
                          rows[i].rule_after, "the rule");
        scene_end();
    }
}

TEST(one_report_that_speaks_against_it_begins_the_count_again)
{
    scene_begin(WIDE "id_rule = \"learn\"");
    exchange(0, 20);
    scene_report("491700000007", "id:FFFF stat:DELIVRD err:000 text:");
    exchange(20, 30);
    CHECK_EQ(scene_counters()->id_rules_proposed, 0, "it is begun again");
    exchange(30, 40);
    CHECK_EQ(scene_counters()->id_rules_proposed, 1, "twenty in a row");
    scene_end();
}

enum { LIVING = 43000, LOOKED_AT = 20000 /* at once */ };

/* Messages that an operator has answered, and nothing else. */
static void live_many(struct gateway *gateway, uint32_t channel)
{
    for (unsigned i = 1; i <= LIVING; i++) {
        struct live *live = live_new(gateway, i, live_body_new(0, 0));
        struct attempt *attempt = message_add_attempt(&live->message);

        live->bodies[0]->id = i;
        attempt->channel = channel;
        snprintf(attempt->provider_id, sizeof(attempt->provider_id), "%u", i);
    }
}

/* Those that were looked at first go, and others come to where they were. */
TEST(a_new_rule_is_used_for_each_that_lives_whoever_ends_meanwhile)
{
    uint64_t ids[LOOKED_AT];
    struct reports_channel *channel;
    struct gateway *gateway;

    scene_begin(WIDE);
    gateway = lone_gateway_of(scene.lone);
    channel = reports_channel(gateway->reports, 1);
    live_many(gateway, channel->number);
    channel->reindexing = true;
    reports_follow_rules(gateway->reports);
    CHECK_EQ(reports_ids(gateway), LOOKED_AT, "of the first");
    CHECK_EQ(live_ids(gateway, ids, LOOKED_AT), LOOKED_AT, "that were looked at");
    for (size_t i = 0; i < LOOKED_AT; i++)
        live_forget(gateway, live_find(gateway, ids[i]));
    while (channel->reindexing)
        reports_follow_rules(gateway->reports);
    CHECK_EQ(reports_ids(gateway), LIVING, "of all");
    scene_end();
}

/* Others that live, up to this id. */
static void live_on(struct gateway *gateway, uint64_t id)
{
    for (uint64_t i = lives_count(gateway->lives) + 1; i <= id; i++)
        (void)live_new(gateway, i, live_body_new(0, 0));
}

/* The table of all that lives grows when the first are looked at, and has grown when the
 * others are. */
TEST(a_new_rule_is_used_for_each_that_lives_whoever_comes_meanwhile)
{
    struct reports_channel *channel;
    struct gateway *gateway;

    scene_begin(WIDE);
    gateway = lone_gateway_of(scene.lone);
    channel = reports_channel(gateway->reports, 1);
    live_many(gateway, channel->number);
    live_on(gateway, LIVING + 5000);
    channel->reindexing = true;
    reports_follow_rules(gateway->reports);
    live_on(gateway, LIVING + 10000);
    while (channel->reindexing)
        reports_follow_rules(gateway->reports);
    CHECK_EQ(reports_ids(gateway), LIVING, "of all that were answered");
    scene_end();
}

/* What was parked under two ids is under one when the link compares them otherwise. */
TEST(reports_whose_ids_a_new_rule_makes_equal_are_there_at_the_next_start)
{
    uint16_t port;

    scene_begin(WIDE);
    for (int i = 0; i < 24; i++)
        scene_report("491700000001", i % 2 ? "id:ab stat:DELIVRD" : "id:AB stat:DELIVRD");
    CHECK_EQ(reports_parked(lone_gateway_of(scene.lone)), 24, "two ids");
    lone_line_close(&scene.line);
    close(scene.listener);
    scene.listener = lone_line_listen(&port);
    lone_gateway_start_again(scene.lone, port, WIDE "id_rule = \"any-case\" ",
                             LONE_OPERATOR_ACCOUNT);
    CHECK_EQ(reports_parked(lone_gateway_of(scene.lone)), 24, "one id");
    lone_operator_bind(&scene.line, scene.lone, scene.listener, SMPP_BIND_TRANSCEIVER,
                       0x34);
    scene_report("491700000001", "id:Ab stat:DELIVRD");
    CHECK_EQ(reports_parked(lone_gateway_of(scene.lone)), 24, "the oldest of it goes");
    scene_end();
}

/* All of them are about the message that is given the id, and its answer is one decision.
 */
TEST(very_many_reports_that_a_new_rule_gives_one_id_are_not_too_many)
{
    enum { MANY = 3000 };
    char spelt[] = "abcdefghijkl";
    struct report_news news = {.provider_id = spelt,
                               .event = ATTEMPT_EV_REPORT_ACCEPTED,
                               .source = "",
                               .destination = "",
                               .text = ""};
    uint32_t sequence;
    uint16_t port;
    uint64_t id;

    scene_begin(WIDE);
    id = scene_submit("491700000001", "hello", &sequence);
    for (int i = 0; i < MANY; i++) {
        for (int letter = 0; letter < 12; letter++)
            spelt[letter] = (char)((i >> letter & 1 ? 'A' : 'a') + letter);
        assert_true(reports_in(lone_gateway_of(scene.lone), scene_try_of(id)->channel,
                               &news, NULL));
    }
    scene_turn_for(50);
    lone_line_close(&scene.line);
    close(scene.listener);
    scene.listener = lone_line_listen(&port);
    lone_gateway_start_again(scene.lone, port, WIDE "id_rule = \"any-case\" ",
                             LONE_OPERATOR_ACCOUNT);
    CHECK_EQ(reports_parked(lone_gateway_of(scene.lone)), MANY, "one id");
    lone_operator_bind(&scene.line, scene.lone, scene.listener, SMPP_BIND_TRANSCEIVER,
                       0x34);
    id = scene_submit("491700000001", "hello", &sequence);
    scene_take(sequence, "abcdefghijkl");
    CHECK_EQ(reports_parked(lone_gateway_of(scene.lone)), 0, "told");
    scene_check_state(id, ATTEMPT_ACCEPTED, "all say so");
    scene_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(twenty_pairs_teach_a_rule_and_what_was_parked_is_found_by_it),
        RUN(one_report_that_speaks_against_it_begins_the_count_again),
        RUN(a_new_rule_is_used_for_each_that_lives_whoever_ends_meanwhile),
        RUN(a_new_rule_is_used_for_each_that_lives_whoever_comes_meanwhile),
        RUN(reports_whose_ids_a_new_rule_makes_equal_are_there_at_the_next_start),
        RUN(very_many_reports_that_a_new_rule_gives_one_id_are_not_too_many),
    };

    return RUN_ALL(tests);
}
