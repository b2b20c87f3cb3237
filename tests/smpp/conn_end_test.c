/*
 * How a connection ends: with the stream, from inside, politely; what was heard before it
 * and what is said of what was sent.
 */
#include "tests/test.h"

#include <sys/socket.h>

#include "tests/smpp/conn_line.h"

TEST(an_end_of_the_stream_still_hears_what_came_before_it)
{
    enum { COUNT = 600 };
    struct smpp_session_config config = line_config(SMPP_ROLE_SMSC);
    static struct line line;

    config.limits.window = COUNT;
    line_open(&line, &config);
    line_bind_esme(&line, "9", "34");
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(conn_line_deliver(&line, 1), SMPP_SEND_OK);
    line_run(&line);
    line.ops.on_response = NULL;
    for (uint32_t i = 1; i < COUNT; i++) {
        uint8_t response[SMPP_HEADER_SIZE];

        smpp_pdu_encode_header(SMPP_DELIVER_SM | SMPP_RESPONSE, 0, i, response);
        bufferevent_write(line.far, response, sizeof(response));
    }
    bufferevent_flush(line.far, EV_WRITE, BEV_FINISHED);
    line_run(&line);
    assert_true(line.closed);
    assert_int_equal(line.end, SMPP_END_PEER_CLOSED);
    assert_string_equal(line.log, "lost 1;");
    line_close(&line);
}

static void end_stream(struct line *line)
{
    int fd = bufferevent_getfd(line->far);

    if (fd >= 0)
        shutdown(fd, SHUT_WR);
    else
        bufferevent_flush(line->far, EV_WRITE, BEV_FINISHED);
    line_run(line);
}

TEST(who_ends_its_side_of_the_stream_is_answered_what_it_sent_before)
{
    struct smpp_session_config config = line_config(SMPP_ROLE_SMSC);
    static struct line line;

    config.limits.peer_window = 2; /* a third waits unread */
    for (int on_sockets = 0; on_sockets < 2; on_sockets++) {
        if (on_sockets)
            conn_line_open_sockets(&line, &config);
        else
            line_open(&line, &config);
        line_bind_esme(&line, "9", "34");
        line.hold_submits = true;
        line_say(&line,
                 LINE_SUBMIT("00000002") LINE_SUBMIT("00000003") LINE_SUBMIT("00000004"),
                 0);
        end_stream(&line);
        assert_false(line.closed);
        line_answer_held(&line);
        line_run(&line);
        line_hears(&line, LINE_SUBMIT_RESP("00000002") LINE_SUBMIT_RESP("00000003"),
                   "two of them");
        assert_false(line.closed);
        assert_int_equal(conn_line_deliver(&line, 1), SMPP_SEND_NOT_BOUND);
        line_answer_held(&line);
        line_run(&line);
        line_hears(&line, LINE_SUBMIT_RESP("00000004"), "the last");
        assert_true(line.closed);
        assert_int_equal(line.end, SMPP_END_PEER_CLOSED);
        line_close(&line);
    }
}

TEST(who_has_ended_its_side_is_not_waited_for_long)
{
    static struct line line;

    conn_line_open_bound(&line);
    line.hold_submits = true;
    line_say(&line, LINE_SUBMIT("00000002"), 0);
    end_stream(&line);
    line_pass(&line, 2000);
    assert_false(line.closed);
    line_pass(&line, 2000);
    assert_true(line.closed);
    assert_int_equal(line.end, SMPP_END_PEER_CLOSED);
    line_close(&line);
}

TEST(nor_is_who_takes_nothing_any_more)
{
    static uint8_t octets[39 * 1000];
    static struct line line;

    conn_line_open_bound(&line);
    bufferevent_setwatermark(line.far, EV_READ, 0, 1); /* takes an octet and no more */
    line_say_octets(&line, octets, conn_line_make_submits(octets, 2, 1000), 0);
    end_stream(&line);
    assert_true(smpp_conn_output_size(line.conn) > 0);
    line_pass(&line, SMPP_CONN_LINGER_MS - 1);
    assert_false(line.closed);
    line_pass(&line, 1);
    assert_true(line.closed);
    assert_int_equal(line.end, SMPP_END_PEER_CLOSED);
    line_close(&line);
}

TEST(an_unbind_is_answered_though_the_stream_ends_behind_it)
{
    static struct line line;

    conn_line_open_bound(&line);
    line.hold_submits = true;
    line_say(&line, LINE_SUBMIT("00000002") LINE_HEADER("00000006", "00000000", "00000003"),
             0);
    end_stream(&line);
    assert_false(line.closed);
    line_answer_held(&line);
    line_run(&line);
    line_hears(&line,
               LINE_SUBMIT_RESP("00000002") LINE_HEADER("80000006", "00000000", "00000003"),
               "all of it");
    assert_true(line.closed);
    assert_int_equal(line.end, SMPP_END_UNBOUND);
    line_close(&line);
}

static void close_inside(void *owner, const struct smpp_pdu *request)
{
    struct line *line = owner;

    line->submits++;
    smpp_conn_close(line->conn);
    smpp_conn_close(line->conn);
    smpp_session_answer_submit(line->session, request->sequence, request->command, 0, "7");
    assert_false(line->closed);
}

TEST(it_may_be_closed_from_inside_a_callback_and_twice)
{
    static struct line line;

    conn_line_open_bound(&line);
    line.ops.on_submit = close_inside;
    line_say(&line, LINE_SUBMIT("00000002") LINE_SUBMIT("00000003"), 0);
    assert_int_equal(line.submits, 1);
    assert_true(line.closed && line.far_closed);
    assert_int_equal(line.end, SMPP_END_ASKED);
    line_hears(&line, "", "closed");
    line_close(&line);
}

TEST(a_request_that_was_not_written_is_known_to_be_unsent)
{
    static struct line line;

    conn_line_open_bound(&line);
    assert_int_equal(conn_line_deliver(&line, 1), SMPP_SEND_OK);
    smpp_conn_close(line.conn);
    line_run(&line);
    assert_true(line.closed);
    assert_string_equal(line.log, "unsent 1;");
    line_hears(&line, "", "unsent");
    line_close(&line);

    conn_line_open_bound(&line);
    assert_int_equal(conn_line_deliver(&line, 2), SMPP_SEND_OK);
    line_run(&line);
    smpp_conn_close(line.conn);
    line_run(&line);
    assert_string_equal(line.log, "lost 2;");
    line_close(&line);
}

TEST(what_the_session_was_told_is_unsent_is_never_sent)
{
    static struct line line;

    conn_line_open_bound(&line);
    bufferevent_setwatermark(line.far, EV_READ, 0, 1); /* takes an octet and no more */
    assert_int_equal(conn_line_deliver(&line, 1), SMPP_SEND_OK);
    assert_int_equal(conn_line_deliver(&line, 2), SMPP_SEND_OK);
    line_run(&line);
    smpp_conn_close(line.conn);
    line_run(&line);
    assert_string_equal(line.log, "lost 1;unsent 2;");
    assert_int_equal(line_forget(&line), 1);
    line_close(&line);
}

TEST(a_polite_close_writes_first)
{
    static struct line line;

    conn_line_open_bound(&line);
    line.hold_submits = true;
    line_say(&line, LINE_SUBMIT("00000002"), 0);
    line_answer_held(&line);
    smpp_conn_finish(line.conn);
    line_run(&line);
    line_hears(&line, LINE_SUBMIT_RESP("00000002"), "polite");
    assert_true(line.far_closed);
    assert_false(line.closed); /* until the peer closes too, or the time is over */
    line_pass(&line, SMPP_CONN_LINGER_MS);
    assert_true(line.closed);
    assert_int_equal(line.end, SMPP_END_ASKED);
    line_close(&line);
}

TEST(it_ends_when_the_peer_closes_its_side_of_a_polite_close)
{
    struct smpp_session_config config = line_config(SMPP_ROLE_SMSC);
    static struct line line;

    conn_line_open_sockets(&line, &config);
    line_bind_esme(&line, "9", "34");
    line_say(&line, LINE_HEADER("00000006", "00000000", "00000002"), 0);
    line_hears(&line, LINE_HEADER("80000006", "00000000", "00000002"), "unbind");
    assert_false(line.closed);
    shutdown(bufferevent_getfd(line.far), SHUT_WR);
    line_run(&line);
    assert_true(line.closed);
    assert_int_equal(line.end, SMPP_END_UNBOUND);
    line_close(&line);
}

static const struct CMUnitTest tests[] = {
    RUN(an_end_of_the_stream_still_hears_what_came_before_it),
    RUN(who_ends_its_side_of_the_stream_is_answered_what_it_sent_before),
    RUN(who_has_ended_its_side_is_not_waited_for_long),
    RUN(nor_is_who_takes_nothing_any_more),
    RUN(an_unbind_is_answered_though_the_stream_ends_behind_it),
    RUN(it_may_be_closed_from_inside_a_callback_and_twice),
    RUN(a_request_that_was_not_written_is_known_to_be_unsent),
    RUN(what_the_session_was_told_is_unsent_is_never_sent),
    RUN(a_polite_close_writes_first),
    RUN(it_ends_when_the_peer_closes_its_side_of_a_polite_close),
};

int main(void)
{
    return RUN_ALL(tests);
}
