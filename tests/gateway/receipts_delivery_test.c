/* Which session gets a receipt, and when it comes again. */
#include "gateway/receipts.h"

#include "gateway/catalog.h"
#include "gateway/gateway.h"
#include "smpp/command.h"
#include "tests/gateway/lone_line.h"
#include "tests/gateway/receipts_scene.h"
#include "tests/test.h"

/* So much time in which nothing is said but that both sides live. */
static void pass_in_silence(int64_t ms, const char *row)
{
    for (; ms > 0; ms -= SLICE_MS) {
        lone_gateway_pass(scene.lone, ms < SLICE_MS ? ms : SLICE_MS);
        scene_expect_silence(&scene.smsc, row);
        for (size_t i = 0; i < LINES; i++)
            if (scene.lines[i].fd >= 0)
                scene_expect_silence(&scene.lines[i], row);
    }
}

TEST(what_is_refused_for_now_is_offered_again_and_holds_nobody_back)
{
    static const uint32_t statuses[] = {ESME_RSYSERR, ESME_RMSGQFUL, ESME_RTHROTTLED,
                                        ESME_RX_T_APPN};
    static const int64_t waits_ms[] = {5000, 30000, 120000, 120000};
    struct smpp_pdu pdu;
    char first[32];
    char second[32];

    scene_begin_bound();
    scene_deliver_one(&scene.lines[0], "op1", first);
    for (size_t i = 0; i < ROWS(waits_ms); i++) {
        char operators[8];

        scene_expect(&scene.lines[0], 0x04, first, "stat:DELIVRD", &pdu);
        lone_line_answer(&scene.lines[0], &pdu, statuses[i]);
        snprintf(operators, sizeof(operators), "other%zu", i);
        scene_deliver_one(&scene.lines[0], operators, second);
        scene_expect(&scene.lines[0], 0x04, second, "stat:DELIVRD", &pdu);
        lone_line_answer(&scene.lines[0], &pdu, ESME_ROK);
        pass_in_silence(waits_ms[i] - 3500, "too soon");
        lone_gateway_pass(scene.lone, 3500);
    }
    scene_expect(&scene.lines[0], 0x04, first, "stat:DELIVRD", &pdu);
    lone_line_answer(&scene.lines[0], &pdu, ESME_ROK);
    lone_gateway_pass(scene.lone, 1000);
    CHECK_EQ(outbox_waiting(lone_gateway_of(scene.lone), LETTER_RECEIPT), 0,
             "acknowledged");
    scene_end();
}

TEST(any_other_status_is_final)
{
    static const uint32_t statuses[] = {
        ESME_RINVMSGLEN,  ESME_RINVCMDID, ESME_RINVSRCADR, ESME_RINVDSTADR,  ESME_RINVPASWD,
        ESME_RSUBMITFAIL, ESME_RX_P_APPN, ESME_RX_R_APPN,  ESME_RUNKNOWNERR, 0x0400};
    struct smpp_pdu pdu;
    char id[32];

    scene_begin_bound();
    for (size_t i = 0; i < ROWS(statuses); i++) {
        char operators[8];

        snprintf(operators, sizeof(operators), "op%zu", i);
        scene_deliver_one(&scene.lines[0], operators, id);
        scene_expect(&scene.lines[0], 0x04, id, "stat:DELIVRD", &pdu);
        lone_line_answer(&scene.lines[0], &pdu, statuses[i]);
        lone_gateway_pass(scene.lone, 6000);
        scene_expect_silence(&scene.lines[0], smpp_status_name(statuses[i]));
    }
    CHECK_EQ(outbox_waiting(lone_gateway_of(scene.lone), LETTER_RECEIPT), 0,
             "none is kept");
    CHECK_EQ(scene_counters()->receipts_refused, ROWS(statuses), "refused");
    scene_end();
}

TEST(what_is_not_answered_is_offered_again)
{
    struct smpp_pdu pdu;
    char id[32];

    scene_begin_bound();
    scene_deliver_one(&scene.lines[0], "op1", id);
    scene_expect(&scene.lines[0], 0x04, id, "stat:DELIVRD", &pdu);
    /* Alive all the same: it answers when it is asked. */
    lone_gateway_pass(scene.lone, 29000);
    scene_expect_silence(&scene.lines[0], "not timed out");
    lone_gateway_pass(scene.lone, 4000);
    scene_expect_silence(&scene.lines[0], "timed out, and resting");
    lone_gateway_pass(scene.lone, 3000);
    scene_expect(&scene.lines[0], 0x04, id, "stat:DELIVRD", &pdu);
    scene_end();
}

TEST(a_bind_that_answers_nothing_leaves_them_to_another)
{
    struct smpp_pdu pdu;
    char ids[4][32];

    scene_begin_bound();
    scene_bind_line(&scene.lines[1], SMPP_BIND_RECEIVER);
    scene_deliver_one(&scene.lines[0], "op0", ids[0]);
    scene_expect(&scene.lines[0], 0x04, ids[0], "stat:DELIVRD", &pdu);
    lone_gateway_pass(scene.lone, 5000);
    for (size_t i = 1; i < ROWS(ids); i++) {
        char operators[8];

        snprintf(operators, sizeof(operators), "op%zu", i);
        scene_deliver_one(&scene.lines[0], operators, ids[i]);
        scene_expect(&scene.lines[1], 0x04, ids[i], "stat:DELIVRD", &pdu);
        lone_line_answer(&scene.lines[1], &pdu, ESME_ROK);
    }
    scene_expect_silence(&scene.lines[0], "the silent bind");
    lone_line_close(&scene.lines[0]);
    scene_expect(&scene.lines[1], 0x04, ids[0], "stat:DELIVRD", &pdu);
    scene_end();
}

TEST(a_bind_that_let_one_time_out_is_passed_over_until_it_answers)
{
    struct smpp_pdu pdu;
    char first[32];
    char second[32];
    char third[32];

    scene_begin_bound();
    scene_bind_line(&scene.lines[1], SMPP_BIND_RECEIVER);
    scene_deliver_one(&scene.lines[0], "op1", first);
    scene_expect(&scene.lines[0], 0x04, first, "stat:DELIVRD", &pdu);
    pass_in_silence(32000, "timed out, and resting");
    lone_gateway_pass(scene.lone, 4000);
    scene_expect(&scene.lines[1], 0x04, first, "stat:DELIVRD", &pdu);
    lone_line_answer(&scene.lines[1], &pdu, ESME_ROK);
    scene_deliver_one(&scene.lines[0], "op2", second);
    lone_gateway_pass(scene.lone, 200);
    scene_expect(&scene.lines[1], 0x04, second, "stat:DELIVRD", &pdu);
    lone_line_answer(&scene.lines[1], &pdu, ESME_ROK);
    scene_expect_silence(&scene.lines[0], "the bind that was silent");
    /* Alone it is offered one, and answers. */
    lone_line_close(&scene.lines[1]);
    scene_deliver_one(&scene.lines[0], "op3", third);
    lone_gateway_pass(scene.lone, 200);
    scene_expect(&scene.lines[0], 0x04, third, "stat:DELIVRD", &pdu);
    lone_line_answer(&scene.lines[0], &pdu, ESME_ROK);
    scene_bind_line(&scene.lines[1], SMPP_BIND_RECEIVER);
    scene_deliver_one(&scene.lines[0], "op4", first);
    scene_expect(&scene.lines[0], 0x04, first, "stat:DELIVRD", &pdu);
    scene_end();
}

TEST(a_silent_bind_alone_gets_all_there_is)
{
    struct smpp_pdu pdu;
    char first[32];
    char second[32];

    scene_begin_bound();
    scene_deliver_one(&scene.lines[0], "op1", first);
    scene_expect(&scene.lines[0], 0x04, first, "stat:DELIVRD", &pdu);
    lone_gateway_pass(scene.lone, 6000);
    scene_deliver_one(&scene.lines[0], "op2", second);
    scene_expect(&scene.lines[0], 0x04, second, "stat:DELIVRD", &pdu);
    scene_end();
}

TEST(a_transmitter_gets_no_receipt)
{
    struct smpp_pdu pdu;
    char id[32];

    scene_begin();
    scene_bind_operator();
    scene_bind_line(&scene.lines[0], SMPP_BIND_TRANSMITTER);
    scene_deliver_one(&scene.lines[0], "op1", id);
    lone_gateway_pass(scene.lone, 10000);
    scene_expect_silence(&scene.lines[0], "the transmitter");
    CHECK_EQ(outbox_waiting(lone_gateway_of(scene.lone), LETTER_RECEIPT), 1, "it waits");
    assert_in_range(
        gateway_now_ms(lone_gateway_of(scene.lone)) -
            outbox_oldest_ms(
                lone_gateway_of(scene.lone), LETTER_RECEIPT,
                catalog_account_at(lone_gateway_of(scene.lone)->catalog, ACCOUNT)->number),
        10000, 11000);
    scene_bind_line(&scene.lines[1], SMPP_BIND_RECEIVER);
    scene_expect(&scene.lines[1], 0x04, id, "stat:DELIVRD", &pdu);
    scene_end();
}

TEST(of_more_than_the_outbox_holds_the_oldest_go)
{
    struct smpp_pdu pdu;
    char ids[103][32];

    scene_begin_with("", "outbox_max = 100");
    scene_bind_operator();
    scene_bind_line(&scene.lines[0], SMPP_BIND_TRANSMITTER);
    for (size_t i = 0; i < ROWS(ids); i++) {
        char operators[8];

        snprintf(operators, sizeof(operators), "op%zu", i);
        scene_deliver_one(&scene.lines[0], operators, ids[i]);
    }
    CHECK_EQ(outbox_waiting(lone_gateway_of(scene.lone), LETTER_RECEIPT), 100, "kept");
    CHECK_EQ(scene_counters()->receipts_dropped, 3, "dropped");
    scene_bind_line(&scene.lines[1], SMPP_BIND_RECEIVER);
    scene_expect(&scene.lines[1], 0x04, ids[3], "stat:DELIVRD", &pdu);
    scene_end();
}

TEST(the_outbox_holds_no_more_though_all_are_on_their_way)
{
    char id[32];

    scene_begin_with("", "outbox_max = 100 window = 200");
    scene_bind_operator();
    scene_bind_line(&scene.lines[0], SMPP_BIND_TRANSMITTER);
    scene_bind_line(&scene.lines[1], SMPP_BIND_RECEIVER); /* it answers nothing */
    for (size_t i = 0; i < 103; i++) {
        char operators[8];

        snprintf(operators, sizeof(operators), "op%zu", i);
        scene_deliver_one(&scene.lines[0], operators, id);
        if (i < 99)
            continue;
        lone_gateway_pass(scene.lone, 200); /* they may go to another bind after 100 ms */
        CHECK_EQ(scene_counters()->receipts_sent, i + 1, "offered");
    }
    CHECK_EQ(outbox_waiting(lone_gateway_of(scene.lone), LETTER_RECEIPT), 100, "kept");
    CHECK_EQ(scene_counters()->receipts_dropped, 3, "dropped");
    scene_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(what_is_refused_for_now_is_offered_again_and_holds_nobody_back),
        RUN(any_other_status_is_final),
        RUN(what_is_not_answered_is_offered_again),
        RUN(a_bind_that_answers_nothing_leaves_them_to_another),
        RUN(a_bind_that_let_one_time_out_is_passed_over_until_it_answers),
        RUN(a_silent_bind_alone_gets_all_there_is),
        RUN(a_transmitter_gets_no_receipt),
        RUN(of_more_than_the_outbox_holds_the_oldest_go),
        RUN(the_outbox_holds_no_more_though_all_are_on_their_way),
    };

    return RUN_ALL(tests);
}
