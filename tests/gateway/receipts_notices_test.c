/* What the account is told on the way, before the receipt. */
#include "gateway/receipts.h"

#include "smpp/command.h"
#include "tests/gateway/lone_line.h"
#include "tests/gateway/receipts_scene.h"
#include "tests/test.h"

TEST(a_step_that_was_taken_is_told_once_and_the_receipt_is_last)
{
    struct smpp_pdu pdu;
    char id[32];

    scene_begin_bound();
    scene_submit(&scene.lines[0], 0x11, id);
    scene_take("op1");
    scene_expect(&scene.lines[0], 0x20, id, "stat:ENROUTE err:000", &pdu);
    CHECK_EQ(smpp_tlv_integer(smpp_pdu_tlv(&pdu, SMPP_TLV_MESSAGE_STATE)), 1, "ENROUTE");
    CHECK(scene_says(&pdu, "dlvrd:000"), "nothing is delivered");
    lone_line_answer(&scene.lines[0], &pdu, ESME_RSYSERR);
    scene_report("op1", "stat:ACCEPTD err:000 text:");
    scene_report("op1", "stat:ENROUTE err:000 text:");
    lone_gateway_pass(scene.lone, 10000);
    scene_expect_silence(&scene.lines[0],
                         "neither again after a refusal, nor for the same news");
    scene_report("op1", "stat:DELIVRD err:000 text:");
    scene_expect(&scene.lines[0], 0x04, id, "stat:DELIVRD", &pdu);
    lone_line_answer(&scene.lines[0], &pdu, ESME_ROK);
    scene_expect_silence(&scene.lines[0], "after the receipt");
    CHECK_EQ(scene_counters()->notices_sent, 1, "notifications");
    CHECK_EQ(scene_counters()->receipts_sent, 1, "receipts");
    scene_end();
}

TEST(who_does_not_ask_is_told_nothing_on_the_way)
{
    struct smpp_pdu pdu;
    char id[32];

    scene_begin_bound();
    scene_submit(&scene.lines[0], 0x0F, id);
    scene_take("op1");
    scene_expect_silence(&scene.lines[0], "bit 4 is not set");
    scene_report("op1", "stat:DELIVRD err:000 text:");
    scene_expect(&scene.lines[0], 0x04, id, "stat:DELIVRD", &pdu);
    scene_submit(&scene.lines[0], 0x10, id);
    scene_take("op2");
    scene_expect(&scene.lines[0], 0x20, id, "stat:ENROUTE", &pdu);
    scene_report("op2", "stat:DELIVRD err:000 text:");
    scene_expect_silence(&scene.lines[0], "bits 0 and 1 are not set");
    scene_end();
}

TEST(a_step_that_cannot_be_taken_now_is_told_with_the_operators_code)
{
    struct smpp_pdu pdu;
    char id[32];

    scene_begin_with(
        "on_status \"0x14\" { action = \"retry\" delays = {\"1s\", \"1s\", \"1s\"} }", "");
    scene_bind_operator();
    scene_bind_line(&scene.lines[0], SMPP_BIND_TRANSCEIVER);
    scene_submit(&scene.lines[0], 0x11, id);
    scene_hear_this(&scene.smsc, SMPP_SUBMIT_SM, &pdu);
    lone_line_answer(&scene.smsc, &pdu, ESME_RMSGQFUL);
    scene_expect(&scene.lines[0], 0x20, id, "stat:ENROUTE err:020", &pdu);
    lone_gateway_pass(scene.lone, 1000);
    scene_hear_this(&scene.smsc, SMPP_SUBMIT_SM, &pdu);
    lone_line_answer(&scene.smsc, &pdu, ESME_RMSGQFUL);
    scene_expect_silence(&scene.lines[0], "it was told so already");
    lone_gateway_pass(scene.lone, 1000);
    scene_take("op1");
    scene_expect(&scene.lines[0], 0x20, id, "stat:ENROUTE err:000", &pdu);
    scene_end();
}

TEST(a_link_that_is_down_is_told_after_the_answer)
{
    struct smpp_pdu pdu;
    char id[32];

    scene_begin();
    scene_bind_line(&scene.lines[0], SMPP_BIND_TRANSCEIVER);
    scene_submit(&scene.lines[0], 0x11, id);
    scene_expect(&scene.lines[0], 0x20, id, "stat:ENROUTE", &pdu);
    scene_end();
}

TEST(notifications_wait_for_nobody)
{
    struct smpp_pdu pdu;
    char id[32];

    scene_begin();
    scene_bind_operator();
    scene_bind_line(&scene.lines[0], SMPP_BIND_TRANSMITTER);
    scene_submit(&scene.lines[0], 0x11, id);
    scene_take("op1");
    scene_report("op1", "stat:DELIVRD err:000 text:");
    scene_bind_line(&scene.lines[1], SMPP_BIND_RECEIVER);
    scene_expect(&scene.lines[1], 0x04, id, "stat:DELIVRD", &pdu);
    lone_line_answer(&scene.lines[1], &pdu, ESME_ROK);
    scene_expect_silence(&scene.lines[1], "what was on the way is old");
    CHECK_EQ(scene_counters()->notices_dropped, 1, "notifications dropped");
    CHECK_EQ(outbox_waiting(lone_gateway_of(scene.lone), LETTER_RECEIPT), 0,
             "nothing is kept");
    scene_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(a_step_that_was_taken_is_told_once_and_the_receipt_is_last),
        RUN(who_does_not_ask_is_told_nothing_on_the_way),
        RUN(a_step_that_cannot_be_taken_now_is_told_with_the_operators_code),
        RUN(a_link_that_is_down_is_told_after_the_answer),
        RUN(notifications_wait_for_nobody),
    };

    return RUN_ALL(tests);
}
