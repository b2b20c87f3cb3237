/*
 * Whose time is over: when it begins, what stops it, and what a stall of our own changes.
 */
#include "tests/test.h"

#include <sys/socket.h>
#include <unistd.h>

#include "smpp/wire.h"
#include "tests/smpp/conn_line.h"

TEST(the_time_for_an_answer_begins_when_the_request_leaves_not_when_the_turn_began)
{
    static struct line line;

    conn_line_open_bound(&line);
    assert_int_equal(conn_line_deliver(&line, 0x51), SMPP_SEND_OK);
    line.ahead_ms = 10000; /* the process was stopped in the middle of this turn */
    line_run(&line);
    line.ahead_ms = 0;
    line_pass(&line, 10000 + 4999);
    assert_string_equal(line.log, "");
    line_pass(&line, 1);
    assert_string_equal(line.log, "timed-out 51;");
    line_close(&line);
}

TEST(no_time_out_runs_while_a_peer_is_not_read_from)
{
    struct smpp_session_config config = line_config(SMPP_ROLE_SMSC);
    static struct line line;

    config.limits.peer_window = 1;
    line_open(&line, &config);
    line_bind_esme(&line, "9", "34");
    line.hold_submits = true;
    assert_int_equal(conn_line_deliver(&line, 0x51), SMPP_SEND_OK);
    line_say(&line, LINE_SUBMIT("00000002"), 0);
    line_pass(&line, 100000);
    assert_string_equal(line.log, "");
    line_answer_held(&line);
    line_pass(&line, 4999);
    assert_string_equal(line.log, "");
    line_pass(&line, 1);
    assert_string_equal(line.log, "timed-out 51;");
    line_close(&line);
}

TEST(after_a_stall_what_has_arrived_is_heard_before_anybody_is_late)
{
    struct smpp_session_config config = line_config(SMPP_ROLE_SMSC);
    static struct line line;
    uint8_t response[17];

    conn_line_open_sockets(&line, &config);
    line_bind_esme(&line, "9", "34");
    assert_int_equal(conn_line_deliver(&line, 0x51), SMPP_SEND_OK);
    line_run(&line);
    line_octets(LINE_DELIVER_RESP("00000001"), response, sizeof(response));
    assert_int_equal(write(bufferevent_getfd(line.far), response, sizeof(response)),
                     sizeof(response));
    line.now_ms += 60000; /* nobody looked at the socket */
    smpp_conn_tick(line.conn);
    assert_string_equal(line.log, "");
    assert_int_equal(line.wake_ms <= line.now_ms, true);
    line_pass(&line, 0);
    assert_string_equal(line.log, "answer 51;status 0;");
    assert_false(line.closed);
    line_close(&line);
}

TEST(so_it_is_after_every_stall)
{
    enum { STALLS = 300 };
    struct smpp_session_config config = line_config(SMPP_ROLE_SMSC);
    static struct line line;
    uint8_t response[17];

    conn_line_open_sockets(&line, &config);
    line_bind_esme(&line, "9", "34");
    line_octets(LINE_DELIVER_RESP("00000000"), response, sizeof(response));
    for (uint32_t i = 1; i <= STALLS; i++) {
        assert_int_equal(conn_line_deliver(&line, 0x51), SMPP_SEND_OK);
        line_run(&line);
        smpp_wire_put_32(response + 12, i);
        assert_int_equal(write(bufferevent_getfd(line.far), response, sizeof(response)),
                         sizeof(response));
        line.now_ms += 6000; /* its time was 5 s */
        smpp_conn_tick(line.conn);
        line_pass(&line, 0);
        assert_string_equal(line.log, "answer 51;status 0;");
        line.log[0] = '\0';
        line_forget(&line);
    }
    line_close(&line);
}

TEST(after_a_stall_what_is_about_to_be_written_is_not_stuck)
{
    static struct line line;

    conn_line_open_bound(&line);
    line.now_ms += SMPP_CONN_STUCK_MS + 1000;
    assert_int_equal(conn_line_deliver(&line, 0x51), SMPP_SEND_OK);
    smpp_conn_tick(line.conn); /* in the same turn */
    line_run(&line);
    assert_false(line.closed);
    line_close(&line);
}

TEST(after_a_stall_who_has_read_all_meanwhile_is_not_stuck)
{
    enum { COUNT = 400, SMALLEST = 1 };
    static uint8_t octets[39 * COUNT], heard[18 * COUNT];
    struct smpp_session_config config = line_config(SMPP_ROLE_SMSC);
    static struct line line;
    int room = SMALLEST;

    conn_line_open_sockets(&line, &config);
    line_bind_esme(&line, "9", "34");
    bufferevent_disable(line.far, EV_READ);
    assert_int_equal(setsockopt(bufferevent_getfd(smpp_conn_bufferevent(line.conn)),
                                SOL_SOCKET, SO_SNDBUF, &room, sizeof(room)),
                     0);
    line_say_octets(&line, octets, conn_line_make_submits(octets, 2, COUNT), 0);
    assert_in_range(smpp_conn_output_size(line.conn), 1, 18 * COUNT - 1);
    assert_true(recv(bufferevent_getfd(line.far), heard, sizeof(heard), 0) > 0);
    line.now_ms += SMPP_CONN_STUCK_MS + 1000; /* nobody looked at the socket */
    smpp_conn_tick(line.conn);
    line_run(&line);
    assert_false(line.closed);
    line_close(&line);
}

TEST(who_never_stops_sending_does_not_put_off_a_time_out_for_ever)
{
    struct smpp_session_config config = line_config(SMPP_ROLE_SMSC);
    static struct line line;
    int ticks = 0;

    conn_line_open_sockets(&line, &config);
    line_bind_esme(&line, "9", "34");
    assert_int_equal(conn_line_deliver(&line, 0x51), SMPP_SEND_OK);
    line_run(&line);
    assert_int_equal(write(bufferevent_getfd(line.far), "\0", 1), 1);
    line.now_ms += 60000;
    for (; line.log[0] == '\0' && ticks < 1000; ticks++)
        smpp_conn_tick(line.conn);
    assert_string_equal(line.log, "timed-out 51;");
    assert_in_range(ticks, 2, 999);
    line_close(&line);
}

static const struct CMUnitTest tests[] = {
    RUN(the_time_for_an_answer_begins_when_the_request_leaves_not_when_the_turn_began),
    RUN(no_time_out_runs_while_a_peer_is_not_read_from),
    RUN(after_a_stall_what_has_arrived_is_heard_before_anybody_is_late),
    RUN(so_it_is_after_every_stall),
    RUN(after_a_stall_what_is_about_to_be_written_is_not_stuck),
    RUN(after_a_stall_who_has_read_all_meanwhile_is_not_stuck),
    RUN(who_never_stops_sending_does_not_put_off_a_time_out_for_ever),
};

int main(void)
{
    return RUN_ALL(tests);
}
