/*
 * Whose report is it, where the id alone does not tell: tries in doubt, what was taken
 * without an id, what is told again.
 */
#include "gateway/reports.h"

#include <unistd.h>

#include "gateway/gateway.h"
#include "smpp/command.h"
#include "tests/gateway/reports_scene.h"
#include "tests/test.h"

#define DOUBTFUL                                                                           \
    WIDE "response_timeout = \"150ms\" in_doubt_wait = \"5s\" in_doubt_resends = 0 "

TEST(the_text_of_a_receipt_tells_which_of_two_unanswered_messages_is_meant)
{
    static const struct {
        const char *row;
        const char *text; /* of the receipt */
        bool resolved;
    } rows[] = {
        {"the whole text",       "text:Your code is 4711",     true },
        {"its first letters",    "text:Your code is 4",        true },
        {"no text",              "",                           false},
        {"not enough of it",     "text:Your code is",          false},
        {"what both could be",   "text:Your code is ????",     false},
        {"another text",         "text:Hello world",           false},
        {"capital, spaces",      "Text:  Your code is 4711  ", true },
        {"an escape for a sign", "text:Your code?is 4711",     true },
    };

    uint64_t first[ROWS(rows)], second[ROWS(rows)];
    char number[16], text[128];
    uint32_t sequence;

    scene_begin(DOUBTFUL);
    for (size_t i = 0; i < ROWS(rows); i++) {
        snprintf(number, sizeof(number), "49170000000%zu", i);
        first[i] = scene_submit(number, "Your code is 4711", &sequence);
        second[i] = scene_submit(number, "Your code is 0815", &sequence);
    }
    scene_turn_for(200);
    for (size_t i = 0; i < ROWS(rows); i++) {
        scene_check_state(first[i], ATTEMPT_UNKNOWN, rows[i].row);
        snprintf(number, sizeof(number), "49170000000%zu", i);
        snprintf(text, sizeof(text), "id:7%zu stat:DELIVRD err:000 %s", i, rows[i].text);
        scene_report(number, text);
    }
    scene_turn_for(200);
    for (size_t i = 0; i < ROWS(rows); i++) {
        scene_check_state(first[i], rows[i].resolved ? ATTEMPT_DELIVERED : ATTEMPT_UNKNOWN,
                          rows[i].row);
        scene_check_state(second[i], ATTEMPT_UNKNOWN, rows[i].row);
    }
    scene_end();
}

TEST(a_link_may_say_that_the_text_in_its_receipts_means_nothing)
{
    uint32_t sequence;
    uint64_t id;

    scene_begin(DOUBTFUL "receipt_text = \"ignored\"");
    id = scene_submit("491700000001", "Your code is 4711", &sequence);
    scene_turn_for(200);
    scene_report("491700000001", "id:77 stat:DELIVRD err:000 text:450A DLVRD TO SMSC");
    scene_check_end(id, MESSAGE_DELIVERED);
    scene_end();
}

TEST(a_try_that_may_still_be_answered_keeps_a_report_from_another_in_doubt)
{
    uint32_t sequence;
    uint64_t doubtful, open;

    scene_begin(WIDE
                "response_timeout = \"1s\" in_doubt_wait = \"5s\" in_doubt_resends = 0");
    doubtful = scene_submit("491700000001", "same text", &sequence);
    scene_turn_for(700);
    open = scene_submit("491700000001", "same text", &sequence);
    scene_turn_for(500);
    scene_check_state(doubtful, ATTEMPT_UNKNOWN, "it was not answered");
    scene_report("491700000001", "id:78 stat:DELIVRD err:000 text:same text");
    scene_turn_for(200);
    scene_check_state(doubtful, ATTEMPT_UNKNOWN, "the report may be the other's");
    scene_take(sequence, "78");
    scene_check_end(open, MESSAGE_DELIVERED);
    scene_check_state(doubtful, ATTEMPT_UNKNOWN, "and it was");
    scene_end();
}

TEST(news_of_a_try_in_doubt_is_followed_by_its_final_report)
{
    uint32_t sequence;
    uint64_t id;

    scene_begin(DOUBTFUL "id_rule = \"receipt-decimal\"");
    id = scene_submit("491700000001", "Your code is 4711", &sequence);
    scene_turn_for(200);
    scene_report("+491700000001", "id:12107289 stat:ENROUTE err:000 text:Your code");
    scene_turn_for(200);
    scene_check_state(id, ATTEMPT_ACCEPTED, "on its way");
    CHECK_STR(scene_try_of(id)->provider_id, "b8be19", "the id as an answer would have it");
    scene_report("491700000001", "id:0012107289 stat:DELIVRD err:000 text:Your code");
    scene_check_end(id, MESSAGE_DELIVERED);
    scene_end();
}

/* 5.2.23: some operators take a message and tell no id. */
TEST(what_was_taken_without_an_id_is_known_by_its_addresses_and_its_text)
{
    uint32_t first, second;
    uint64_t one, other, early;

    scene_begin(WIDE);
    one = scene_submit("491700000001", "Your code is 4711", &first);
    other = scene_submit("491700000001", "Your parcel is here", &second);
    scene_take(first, "");
    scene_take(second, "");
    scene_check_state(one, ATTEMPT_ACCEPTED, "taken");
    scene_report("491700000001", "id:78 stat:ENROUTE err:000 text:Your parcel");
    scene_report("491700000001", "id:77 stat:DELIVRD err:000 text:Your code");
    scene_report("491700000001", "id:78 stat:DELIVRD err:000 text:Your parcel");
    scene_check_end(one, MESSAGE_DELIVERED);
    scene_check_end(other, MESSAGE_DELIVERED);
    CHECK_STR(scene_try_of(one)->provider_id, "77", "the id");
    early = scene_submit("491700000001", "Your code is 4712", &first);
    scene_report("491700000001", "stat:DELIVRD err:000 text:Your code is 4712");
    scene_turn_for(200);
    scene_check_state(early, ATTEMPT_SENT, "not answered");
    scene_take(first, "");
    scene_check_end(early, MESSAGE_DELIVERED);
    scene_end();
}

TEST(what_was_taken_without_an_id_is_known_after_a_start_too)
{
    uint32_t sequence;
    uint16_t port;
    uint64_t id;

    scene_begin(WIDE);
    id = scene_submit("491700000001", "Your code is 4711", &sequence);
    scene_take(sequence, "");
    scene_turn_for(50);
    lone_line_close(&scene.line);
    close(scene.listener);
    scene.listener = lone_line_listen(&port);
    lone_gateway_start_again(scene.lone, port, WIDE, LONE_OPERATOR_ACCOUNT);
    lone_operator_bind(&scene.line, scene.lone, scene.listener, SMPP_BIND_TRANSCEIVER,
                       0x34);
    scene_report("491700000001", "id:77 stat:DELIVRD err:000 text:Your code");
    scene_check_end(id, MESSAGE_DELIVERED);
    scene_end();
}

TEST(of_two_that_were_taken_without_an_id_and_are_alike_none_is_meant)
{
    uint32_t first, second;
    uint64_t one, other;

    scene_begin(WIDE);
    one = scene_submit("491700000001", "same text", &first);
    other = scene_submit("491700000001", "same text", &second);
    scene_take(first, "");
    scene_take(second, "");
    scene_report("491700000001", "id:77 stat:DELIVRD err:000 text:same text");
    scene_turn_for(300);
    scene_check_state(one, ATTEMPT_ACCEPTED, "perhaps the other");
    scene_check_state(other, ATTEMPT_ACCEPTED, "perhaps the other");
    scene_end();
}

/* Its answer would be waited for longer than it has. */
TEST(a_report_that_fits_counts_at_the_deadline_though_the_answer_may_come_still)
{
    uint64_t id;
    struct smpp_pdu seen;

    scene_begin(WIDE "response_timeout = \"60s\" grace = \"200ms\"");
    id = scene_submit_with("491700000001", "hello", ",\"validity\":1");
    lone_line_expect(&scene.line, SMPP_SUBMIT_SM, &seen);
    scene_report("491700000001", "id:79 stat:DELIVRD err:000 text:hello");
    scene_turn_for(100);
    scene_check_state(id, ATTEMPT_SENT, "before its deadline the answer may tell");
    scene_check_end(id, MESSAGE_DELIVERED);
    scene_end();
}

TEST(a_final_report_that_comes_again_is_counted_and_changes_nothing)
{
    uint32_t sequence;
    uint64_t id;

    scene_begin(WIDE);
    id = scene_submit("491700000001", "hello", &sequence);
    scene_take(sequence, "83");
    for (int i = 0; i < 3; i++)
        scene_report("491700000001", "id:83 stat:DELIVRD err:000 text:hello");
    scene_check_end(id, MESSAGE_DELIVERED);
    CHECK_EQ(scene_counters()->reports_repeated, 2, "repeated");
    scene_report("491700000001", "id:83 stat:UNDELIV err:001 text:hello");
    CHECK_EQ(scene_counters()->reports_contradictory, 1, "contradictory");
    CHECK_EQ(scene_counters()->reports_repeated, 2, "and not repeated");
    scene_check_state(id, ATTEMPT_DELIVERED, "the better one");
    scene_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(the_text_of_a_receipt_tells_which_of_two_unanswered_messages_is_meant),
        RUN(a_link_may_say_that_the_text_in_its_receipts_means_nothing),
        RUN(a_try_that_may_still_be_answered_keeps_a_report_from_another_in_doubt),
        RUN(news_of_a_try_in_doubt_is_followed_by_its_final_report),
        RUN(what_was_taken_without_an_id_is_known_by_its_addresses_and_its_text),
        RUN(what_was_taken_without_an_id_is_known_after_a_start_too),
        RUN(of_two_that_were_taken_without_an_id_and_are_alike_none_is_meant),
        RUN(a_report_that_fits_counts_at_the_deadline_though_the_answer_may_come_still),
        RUN(a_final_report_that_comes_again_is_counted_and_changes_nothing),
    };

    return RUN_ALL(tests);
}
