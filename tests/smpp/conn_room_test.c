/*
 * How much a connection takes in: of who does not read, who is over his window, who is
 * held.
 */
#include "tests/test.h"

#include "tests/smpp/conn_line.h"

TEST(who_does_not_read_is_not_read_from_and_then_closed)
{
    enum { COUNT = 1000 };
    static uint8_t octets[39 * COUNT];
    static struct line line;
    size_t before;

    conn_line_open_bound(&line);
    bufferevent_setwatermark(line.far, EV_READ, 0, 1); /* takes an octet and no more */
    for (int i = 0; i < 40; i++)
        line_say_octets(&line, octets, conn_line_make_submits(octets, 2, COUNT), 0);
    assert_in_range(smpp_conn_output_size(line.conn), SMPP_CONN_OUTPUT_MAX / 2,
                    SMPP_CONN_OUTPUT_MAX);
    assert_int_equal(smpp_conn_counters(line.conn)->output_full, 1);
    assert_int_equal(conn_line_deliver(&line, 1), SMPP_SEND_WAIT);
    before = line.submits;
    assert_true(before < 40 * COUNT);
    line_pass(&line, SMPP_CONN_STUCK_MS - 1);
    assert_int_equal(line.submits, before);
    assert_false(line.closed);
    line_pass(&line, 1);
    assert_true(line.closed);
    assert_int_equal(line.end, SMPP_END_STUCK);
    line_close(&line);
}

static void count_submit(void *owner, const struct smpp_pdu *request)
{
    struct line *line = owner;

    (void)request;
    line->submits++;
}

TEST(all_that_is_owed_and_sent_to_who_does_not_read_fits)
{
    enum { COUNT = 1000, BATCHES = 4 };
    static const char id[] =
        "1234567890123456789012345678901234567890123456789012345678901234";
    static uint8_t octets[39 * COUNT];
    struct smpp_session_config config = line_config(SMPP_ROLE_SMSC);
    static struct line line;
    unsigned sent = 0;
    size_t read;

    config.limits.peer_window = BATCHES * COUNT;
    config.limits.window = 10000;
    line_open(&line, &config);
    line_bind_esme(&line, "9", "34");
    line.ops.on_submit = count_submit;
    bufferevent_setwatermark(line.far, EV_READ, 0, 1);
    for (int i = 0; i < BATCHES; i++)
        line_say_octets(&line, octets,
                        conn_line_make_submits(octets, 2 + (uint32_t)i * COUNT, COUNT), 0);
    read = line.submits;
    assert_in_range(read, SMPP_CONN_WINDOW_MAX,
                    SMPP_CONN_WINDOW_MAX + 50); /* no answer of these might not fit */
    while (conn_line_deliver(&line, sent) == SMPP_SEND_OK)
        sent++;
    assert_in_range(sent, 100, 9999);
    for (size_t i = 0; i < read; i++)
        smpp_session_answer_submit(line.session, 2 + (uint32_t)i, SMPP_SUBMIT_SM, ESME_ROK,
                                   id);
    line_run(&line);
    assert_in_range(smpp_conn_output_size(line.conn), SMPP_CONN_OUTPUT_MAX / 2,
                    SMPP_CONN_OUTPUT_MAX);
    line_close(&line);
}

TEST(a_slow_reader_is_served_at_its_own_pace)
{
    enum { COUNT = 1000 };
    static uint8_t octets[39 * COUNT];
    static struct line line;
    size_t heard = 0;

    conn_line_open_bound(&line);
    bufferevent_setwatermark(line.far, EV_READ, 0, 1000);
    for (int i = 0; i < 40; i++)
        line_say_octets(&line, octets, conn_line_make_submits(octets, 2, COUNT), 0);
    assert_int_equal(conn_line_deliver(&line, 1), SMPP_SEND_WAIT);
    while (heard < 18 * 40 * COUNT) {
        size_t some = line_forget(&line);

        event_base_loop(line.base, EVLOOP_NONBLOCK);
        heard += some;
        line.now_ms += 10;
    }
    assert_int_equal(line.submits, 40 * COUNT);
    assert_string_equal(line.log, "room 0;");
    line_close(&line);
}

TEST(a_peer_over_its_window_stays_unread_until_it_is_answered)
{
    struct smpp_session_config config = line_config(SMPP_ROLE_SMSC);
    enum { COUNT = 25 };
    uint8_t octets[39 * COUNT];
    static struct line line;

    config.limits.peer_window = 10;
    line_open(&line, &config);
    line_bind_esme(&line, "9", "34");
    line.hold_submits = true;
    line_say_octets(&line, octets, conn_line_make_submits(octets, 2, COUNT), 0);
    assert_int_equal(line.submits, 10);
    for (size_t expected = 20; expected <= 30; expected += 10) {
        line_answer_held(&line);
        line_run(&line);
        assert_int_equal(line.submits, expected < COUNT ? expected : COUNT);
        assert_int_equal(line_forget(&line), 18 * 10);
    }
    line_close(&line);
}

TEST(who_is_held_is_heard_answering_and_his_requests_keep_their_order)
{
    static struct line line;

    conn_line_open_bound(&line);
    assert_int_equal(conn_line_deliver(&line, 0x51), SMPP_SEND_OK);
    line_run(&line);
    line_forget(&line);
    smpp_session_hold(line.session, true);
    line_say(&line,
             LINE_SUBMIT("00000002")
                 LINE_SUBMIT("00000003") "00000011 80000005 00000000 "
                                         "00000001 00" LINE_ENQUIRE("00000004") LINE_HEADER(
                                             "00000006", "00000000", "00000005"),
             0);
    line_hears(&line, LINE_ENQUIRE_RESP("00000004"), "a sign of life");
    assert_string_equal(line.log, "answer 51;status 0;");
    assert_int_equal(line.submits, 0);
    smpp_session_hold(line.session, false);
    line_run(&line);
    line_hears(&line,
               LINE_SUBMIT_RESP("00000002") LINE_SUBMIT_RESP("00000003")
                   LINE_HEADER("80000006", "00000000", "00000005"),
               "then the rest");
    line_close(&line);
}

TEST(of_who_is_held_no_more_is_read_than_his_window)
{
    struct smpp_session_config config = line_config(SMPP_ROLE_SMSC);
    enum { COUNT = 25, WINDOW = 10 };
    uint8_t octets[39 * COUNT];
    static struct line line;

    config.limits.peer_window = WINDOW;
    line_open(&line, &config);
    line_bind_esme(&line, "9", "34");
    smpp_session_hold(line.session, true);
    line_say_octets(&line, octets, conn_line_make_submits(octets, 2, COUNT), 0);
    line_say(&line, LINE_ENQUIRE("00000040"), 0);
    assert_int_equal(line.submits, 0);
    assert_int_equal(line_forget(&line), 0);
    smpp_session_hold(line.session, false);
    line_run(&line);
    assert_int_equal(line.submits, COUNT);
    assert_int_equal(line_forget(&line), 18 * COUNT + 16);
    line_close(&line);
}

TEST(what_is_put_aside_has_its_bound_in_octets)
{
    enum { TEXT = 60000, SIZE = 37 + 4 + TEXT, COUNT = 8 };
    static uint8_t octets[SIZE];
    static struct line line;

    conn_line_open_bound(&line);
    smpp_session_hold(line.session, true);
    for (uint32_t i = 0; i < COUNT; i++) {
        line_octets("0000EA89 00000004 00000000 00000002 00 000000 0101 3339303000 "
                    "00 00 00 00 00 00 00 00 00 00 0424 EA60",
                    octets, 41);
        smpp_wire_put_32(octets, SIZE);
        line_say_octets(&line, octets, sizeof(octets), 0);
    }
    line_say(&line, LINE_ENQUIRE("00000040"), 0);
    assert_int_equal(line_forget(&line), 0);
    smpp_session_hold(line.session, false);
    line_run(&line);
    assert_int_equal(line.submits, COUNT);
    assert_int_equal(line_forget(&line), 18 * COUNT + 16);
    line_close(&line);
}

TEST(an_end_of_the_stream_waits_for_what_was_put_aside)
{
    static struct line line;

    conn_line_open_bound(&line);
    smpp_session_hold(line.session, true);
    line_say(&line, LINE_SUBMIT("00000002"), 0);
    bufferevent_flush(line.far, EV_WRITE, BEV_FINISHED);
    line_run(&line);
    assert_int_equal(line.submits, 0);
    smpp_session_hold(line.session, false);
    line_run(&line);
    assert_int_equal(line.submits, 1);
    line_close(&line);
}

static const struct CMUnitTest tests[] = {
    RUN(who_does_not_read_is_not_read_from_and_then_closed),
    RUN(all_that_is_owed_and_sent_to_who_does_not_read_fits),
    RUN(a_slow_reader_is_served_at_its_own_pace),
    RUN(a_peer_over_its_window_stays_unread_until_it_is_answered),
    RUN(who_is_held_is_heard_answering_and_his_requests_keep_their_order),
    RUN(of_who_is_held_no_more_is_read_than_his_window),
    RUN(what_is_put_aside_has_its_bound_in_octets),
    RUN(an_end_of_the_stream_waits_for_what_was_put_aside),
};

int main(void)
{
    return RUN_ALL(tests);
}
