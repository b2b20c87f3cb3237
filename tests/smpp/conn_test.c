#include "tests/test.h"

#include <errno.h>
#include <unistd.h>
#include <sys/socket.h>

#include "tests/smpp/line.h"
#include "smpp/transport.h"
#include "smpp/wire.h"

static void open_line(struct line *line)
{
    struct smpp_session_config config = line_config(SMPP_ROLE_SMSC);

    line_open(line, &config);
}

static void open_bound(struct line *line)
{
    open_line(line);
    line_bind_esme(line, "9", "34");
}

/* On a pair of real sockets. */
static void open_sockets(struct line *line, const struct smpp_session_config *config)
{
    struct event_base *base = event_base_new();
    int sockets[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sockets), 0);
    line_open_on(line, base, config, smpp_transport_plain.accepted(NULL, base, sockets[0]),
                 bufferevent_socket_new(base, sockets[1], BEV_OPT_CLOSE_ON_FREE));
    smpp_conn_set_transport(line->conn, &smpp_transport_plain);
}

static enum smpp_send deliver(struct line *line, uint64_t cookie)
{
    struct smpp_pdu request;

    smpp_pdu_init(&request, SMPP_DELIVER_SM, 0, 0);
    return smpp_session_send(line->session, &request, cookie);
}

/* 39 octets each. */
static size_t make_submits(uint8_t *out, uint32_t first, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        line_octets(LINE_SUBMIT("00000000"), out + 39 * i, 39);
        smpp_wire_put_32(out + 39 * i + 12, first + (uint32_t)i);
    }
    return 39 * count;
}

TEST(a_stream_means_the_same_wherever_it_is_cut)
{
    static const char said[] = LINE_BIND("9", "34") LINE_SUBMIT("00000002")
        LINE_ENQUIRE("00000003") LINE_SUBMIT("00000004");
    static const char heard[] = LINE_BIND_RESP("9", "34") LINE_SUBMIT_RESP("00000002")
        LINE_ENQUIRE_RESP("00000003") LINE_SUBMIT_RESP("00000004");
    static struct line line;
    uint8_t octets[256];
    size_t size = line_octets(said, octets, sizeof(octets));

    for (size_t cut = 0; cut <= size; cut++) {
        open_line(&line);
        line_say_octets(&line, octets, cut, 0);
        line_say_octets(&line, octets + cut, size - cut, 0);
        line_hears(&line, heard, "one cut");
        line_close(&line);
    }
    for (size_t slice = 1; slice < 20; slice++) {
        open_line(&line);
        line_say_octets(&line, octets, size, slice);
        line_hears(&line, heard, "slices");
        line_close(&line);
    }
}

TEST(so_it_does_on_a_socket)
{
    struct smpp_session_config config = line_config(SMPP_ROLE_SMSC);
    static struct line line;

    for (size_t slice = 0; slice < 2; slice++) {
        open_sockets(&line, &config);
        line_say(&line,
                 LINE_BIND("9", "34") LINE_SUBMIT("00000002") LINE_ENQUIRE("00000003"),
                 slice);
        line_hears(&line,
                   LINE_BIND_RESP("9", "34") LINE_SUBMIT_RESP("00000002")
                       LINE_ENQUIRE_RESP("00000003"),
                   "socket");
        line_close(&line);
    }
}

TEST(a_long_pdu_crosses_many_reads)
{
    enum { TEXT = 60000, SIZE = 37 + 4 + TEXT };
    static uint8_t octets[SIZE + 16];
    static struct line line;

    open_bound(&line);
    line_octets("0000EA89 00000004 00000000 00000002 00 000000 0101 3339303000 "
                "00 00 00 00 00 00 00 00 00 00 0424 EA60",
                octets, 41);
    smpp_wire_put_32(octets, SIZE);
    memset(octets + 41, 'x', TEXT);
    line_octets(LINE_ENQUIRE("00000003"), octets + SIZE, 16);
    line_say_octets(&line, octets, sizeof(octets), 0);
    line_hears(&line, LINE_SUBMIT_RESP("00000002") LINE_ENQUIRE_RESP("00000003"),
               "at once");
    line_say_octets(&line, octets, sizeof(octets), 1000);
    line_hears(&line, LINE_SUBMIT_RESP("00000002") LINE_ENQUIRE_RESP("00000003"),
               "in slices");
    assert_int_equal(line.submits, 2);
    line_close(&line);
}

TEST(more_pdus_than_one_callback_takes_are_all_answered)
{
    enum { COUNT = 2000 };
    static uint8_t octets[39 * COUNT];
    static struct line line;

    open_bound(&line);
    line_say_octets(&line, octets, make_submits(octets, 2, COUNT), 0);
    assert_int_equal(line.submits, COUNT);
    assert_int_equal(line_forget(&line), 18 * COUNT);
    line_close(&line);
}

TEST(so_are_those_that_nothing_is_answered_to)
{
    enum { COUNT = 2000 };
    static uint8_t octets[SMPP_HEADER_SIZE * COUNT];
    static struct line line;

    open_bound(&line);
    for (uint32_t i = 0; i < COUNT; i++)
        smpp_pdu_encode_header(SMPP_GENERIC_NACK, 0, i, octets + SMPP_HEADER_SIZE * i);
    line_say_octets(&line, octets, sizeof(octets), 0);
    assert_int_equal(smpp_session_counters(line.session)->unmatched_responses, COUNT);
    line_close(&line);
}

TEST(what_is_no_smpp_is_refused_and_closed)
{
    static const struct {
        const char *row;
        const char *said;
        bool bound;
        uint32_t sequence;
    } rows[] = {
        {"length 0",           "00000000",                               false, 0         },
        {"length 1",           "00000001",                               false, 0         },
        {"length 7",           "00000007",                               false, 0         },
        {"length 8",           "00000008",                               true,  0         },
        {"length 15",          "0000000F 00000015 00000000 00000005",    true,  5         },
        {"above an unbound's", "00000401 00000009 00000000 00000001",    false, 1         },
        {"above the cap",      "00014001 00000004 00000000 00000009",    true,  9         },
        {"2^31",               "80000000",                               true,  0         },
        {"2^32-1",             "FFFFFFFF",                               true,  0         },
        {"GET / HTTP/1.1",     "474554202F20485454502F312E310D0A0D0A",   false, 0x2E310D0A},
        {"a TLS ClientHello",  "16030100C8010000C40303B0B1B2B3B4B5B6B7", false, 0xB1B2B3B4},
        {"behind a good PDU",  LINE_ENQUIRE("00000007") "00000003",      true,  0         },
    };
    static struct line line;

    for (size_t i = 0; i < ROWS(rows); i++) {
        char nack[256];

        open_line(&line);
        if (rows[i].bound)
            line_bind_esme(&line, "9", "34");
        line_say(&line, rows[i].said, 0);
        snprintf(nack, sizeof(nack), "%s00000010 80000000 00000002 %08X",
                 strncmp(rows[i].row, "behind", 6) == 0 ? LINE_ENQUIRE_RESP("00000007")
                                                        : "",
                 rows[i].sequence);
        line_hears(&line, nack, rows[i].row);
        CHECK(line.far_closed, rows[i].row);
        line_say(&line, LINE_ENQUIRE("00000001"), 0);
        line_hears(&line, "", rows[i].row);
        line_pass(&line, SMPP_CONN_LINGER_MS);
        CHECK(line.closed, rows[i].row);
        CHECK_EQ(line.end, SMPP_END_BROKEN, rows[i].row);
        line_close(&line);
    }
}

TEST(every_length_below_a_header_is_broken)
{
    static struct line line;

    for (unsigned length = 0; length < SMPP_HEADER_SIZE; length++) {
        uint8_t octets[4];

        open_bound(&line);
        smpp_wire_put_32(octets, length);
        line_say_octets(&line, octets, sizeof(octets), 0);
        line_hears(&line, LINE_NACK("00000002", "00000000"), "length");
        assert_true(line.far_closed);
        line_close(&line);
    }
}

TEST(who_does_not_read_is_not_read_from_and_then_closed)
{
    enum { COUNT = 1000 };
    static uint8_t octets[39 * COUNT];
    static struct line line;
    size_t before;

    open_bound(&line);
    bufferevent_setwatermark(line.far, EV_READ, 0, 1); /* takes an octet and no more */
    for (int i = 0; i < 40; i++)
        line_say_octets(&line, octets, make_submits(octets, 2, COUNT), 0);
    assert_in_range(smpp_conn_output_size(line.conn), SMPP_CONN_OUTPUT_MAX / 2,
                    SMPP_CONN_OUTPUT_MAX);
    assert_int_equal(smpp_conn_counters(line.conn)->output_full, 1);
    assert_int_equal(deliver(&line, 1), SMPP_SEND_WAIT);
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
        line_say_octets(&line, octets, make_submits(octets, 2 + (uint32_t)i * COUNT, COUNT),
                        0);
    read = line.submits;
    assert_in_range(read, SMPP_CONN_WINDOW_MAX,
                    SMPP_CONN_WINDOW_MAX + 50); /* no answer of these might not fit */
    while (deliver(&line, sent) == SMPP_SEND_OK)
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

    open_bound(&line);
    bufferevent_setwatermark(line.far, EV_READ, 0, 1000);
    for (int i = 0; i < 40; i++)
        line_say_octets(&line, octets, make_submits(octets, 2, COUNT), 0);
    assert_int_equal(deliver(&line, 1), SMPP_SEND_WAIT);
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
    line_say_octets(&line, octets, make_submits(octets, 2, COUNT), 0);
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

    open_bound(&line);
    assert_int_equal(deliver(&line, 0x51), SMPP_SEND_OK);
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
    line_say_octets(&line, octets, make_submits(octets, 2, COUNT), 0);
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

    open_bound(&line);
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

    open_bound(&line);
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

TEST(the_time_for_an_answer_begins_when_the_request_leaves_not_when_the_turn_began)
{
    static struct line line;

    open_bound(&line);
    assert_int_equal(deliver(&line, 0x51), SMPP_SEND_OK);
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
    assert_int_equal(deliver(&line, 0x51), SMPP_SEND_OK);
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

TEST(an_end_of_the_stream_still_hears_what_came_before_it)
{
    enum { COUNT = 600 };
    struct smpp_session_config config = line_config(SMPP_ROLE_SMSC);
    static struct line line;

    config.limits.window = COUNT;
    line_open(&line, &config);
    line_bind_esme(&line, "9", "34");
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(deliver(&line, 1), SMPP_SEND_OK);
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
            open_sockets(&line, &config);
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
        assert_int_equal(deliver(&line, 1), SMPP_SEND_NOT_BOUND);
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

    open_bound(&line);
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

    open_bound(&line);
    bufferevent_setwatermark(line.far, EV_READ, 0, 1); /* takes an octet and no more */
    line_say_octets(&line, octets, make_submits(octets, 2, 1000), 0);
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

    open_bound(&line);
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

TEST(after_a_stall_what_has_arrived_is_heard_before_anybody_is_late)
{
    struct smpp_session_config config = line_config(SMPP_ROLE_SMSC);
    static struct line line;
    uint8_t response[17];

    open_sockets(&line, &config);
    line_bind_esme(&line, "9", "34");
    assert_int_equal(deliver(&line, 0x51), SMPP_SEND_OK);
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

    open_sockets(&line, &config);
    line_bind_esme(&line, "9", "34");
    line_octets(LINE_DELIVER_RESP("00000000"), response, sizeof(response));
    for (uint32_t i = 1; i <= STALLS; i++) {
        assert_int_equal(deliver(&line, 0x51), SMPP_SEND_OK);
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

    open_bound(&line);
    line.now_ms += SMPP_CONN_STUCK_MS + 1000;
    assert_int_equal(deliver(&line, 0x51), SMPP_SEND_OK);
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

    open_sockets(&line, &config);
    line_bind_esme(&line, "9", "34");
    bufferevent_disable(line.far, EV_READ);
    assert_int_equal(setsockopt(bufferevent_getfd(smpp_conn_bufferevent(line.conn)),
                                SOL_SOCKET, SO_SNDBUF, &room, sizeof(room)),
                     0);
    line_say_octets(&line, octets, make_submits(octets, 2, COUNT), 0);
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

    open_sockets(&line, &config);
    line_bind_esme(&line, "9", "34");
    assert_int_equal(deliver(&line, 0x51), SMPP_SEND_OK);
    line_run(&line);
    assert_int_equal(write(bufferevent_getfd(line.far), "\0", 1), 1);
    line.now_ms += 60000;
    for (; line.log[0] == '\0' && ticks < 1000; ticks++)
        smpp_conn_tick(line.conn);
    assert_string_equal(line.log, "timed-out 51;");
    assert_in_range(ticks, 2, 999);
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

    open_bound(&line);
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

    open_bound(&line);
    assert_int_equal(deliver(&line, 1), SMPP_SEND_OK);
    smpp_conn_close(line.conn);
    line_run(&line);
    assert_true(line.closed);
    assert_string_equal(line.log, "unsent 1;");
    line_hears(&line, "", "unsent");
    line_close(&line);

    open_bound(&line);
    assert_int_equal(deliver(&line, 2), SMPP_SEND_OK);
    line_run(&line);
    smpp_conn_close(line.conn);
    line_run(&line);
    assert_string_equal(line.log, "lost 2;");
    line_close(&line);
}

TEST(what_the_session_was_told_is_unsent_is_never_sent)
{
    static struct line line;

    open_bound(&line);
    bufferevent_setwatermark(line.far, EV_READ, 0, 1); /* takes an octet and no more */
    assert_int_equal(deliver(&line, 1), SMPP_SEND_OK);
    assert_int_equal(deliver(&line, 2), SMPP_SEND_OK);
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

    open_bound(&line);
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

    open_sockets(&line, &config);
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

TEST(answers_of_one_turn_leave_in_one_piece)
{
    enum { COUNT = 100 };
    uint8_t octets[39 * COUNT];
    uint8_t heard[18 * COUNT + 1];
    struct smpp_session_config config = line_config(SMPP_ROLE_SMSC);
    struct event_base *base = event_base_new();
    static struct line line;
    int sockets[2];

    /* Packets keep the borders between writes. */
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, sockets), 0);
    line_open_on(&line, base, &config,
                 smpp_transport_plain.accepted(NULL, base, sockets[0]),
                 bufferevent_socket_new(base, sockets[1], BEV_OPT_CLOSE_ON_FREE));
    smpp_conn_set_transport(line.conn, &smpp_transport_plain);
    line_bind_esme(&line, "9", "34");
    bufferevent_disable(line.far, EV_READ);
    line.hold_submits = true;
    line_say_octets(&line, octets, make_submits(octets, 2, COUNT), 0);
    assert_int_equal(line.held_count, COUNT);
    line_answer_held(&line);
    event_base_loop(line.base, EVLOOP_NONBLOCK); /* no other turn is needed */
    assert_int_equal(recv(sockets[1], heard, sizeof(heard), 0), 18 * COUNT);
    line_close(&line);
}

TEST(what_does_not_fit_into_the_socket_follows_in_order)
{
    enum { COUNT = 400, SMALLEST = 1 }; /* which the kernel raises to its own least */
    uint8_t octets[39 * COUNT];
    static uint8_t heard[18 * COUNT];
    struct smpp_session_config config = line_config(SMPP_ROLE_SMSC);
    static struct line line;
    int room = SMALLEST;
    size_t size = 0;

    open_sockets(&line, &config);
    line_bind_esme(&line, "9", "34");
    bufferevent_disable(line.far, EV_READ);
    assert_int_equal(setsockopt(bufferevent_getfd(smpp_conn_bufferevent(line.conn)),
                                SOL_SOCKET, SO_SNDBUF, &room, sizeof(room)),
                     0);
    line.hold_submits = true;
    line_say_octets(&line, octets, make_submits(octets, 2, COUNT), 0);
    assert_int_equal(line.held_count, COUNT);
    line_answer_held(&line);
    line_run(&line);
    assert_in_range(smpp_conn_output_size(line.conn), 1, 18 * COUNT - 1);
    for (ssize_t some = 1; some > 0; line_run(&line)) {
        some = recv(bufferevent_getfd(line.far), heard + size, sizeof(heard) - size, 0);
        size += some > 0 ? (size_t)some : 0;
    }
    assert_int_equal(size, sizeof(heard));
    for (size_t i = 0; i < COUNT; i++)
        assert_int_equal(smpp_wire_get_32(heard + 18 * i + 12), 2 + i);
    assert_int_equal(smpp_conn_counters(line.conn)->octets_out, 28 + size);
    line_close(&line);
}

static const struct CMUnitTest tests[] = {
    RUN(a_stream_means_the_same_wherever_it_is_cut),
    RUN(so_it_does_on_a_socket),
    RUN(a_long_pdu_crosses_many_reads),
    RUN(more_pdus_than_one_callback_takes_are_all_answered),
    RUN(so_are_those_that_nothing_is_answered_to),
    RUN(what_is_no_smpp_is_refused_and_closed),
    RUN(every_length_below_a_header_is_broken),
    RUN(who_does_not_read_is_not_read_from_and_then_closed),
    RUN(all_that_is_owed_and_sent_to_who_does_not_read_fits),
    RUN(a_slow_reader_is_served_at_its_own_pace),
    RUN(a_peer_over_its_window_stays_unread_until_it_is_answered),
    RUN(who_is_held_is_heard_answering_and_his_requests_keep_their_order),
    RUN(of_who_is_held_no_more_is_read_than_his_window),
    RUN(what_is_put_aside_has_its_bound_in_octets),
    RUN(an_end_of_the_stream_waits_for_what_was_put_aside),
    RUN(the_time_for_an_answer_begins_when_the_request_leaves_not_when_the_turn_began),
    RUN(no_time_out_runs_while_a_peer_is_not_read_from),
    RUN(an_end_of_the_stream_still_hears_what_came_before_it),
    RUN(who_ends_its_side_of_the_stream_is_answered_what_it_sent_before),
    RUN(who_has_ended_its_side_is_not_waited_for_long),
    RUN(nor_is_who_takes_nothing_any_more),
    RUN(an_unbind_is_answered_though_the_stream_ends_behind_it),
    RUN(after_a_stall_what_has_arrived_is_heard_before_anybody_is_late),
    RUN(so_it_is_after_every_stall),
    RUN(after_a_stall_what_is_about_to_be_written_is_not_stuck),
    RUN(after_a_stall_who_has_read_all_meanwhile_is_not_stuck),
    RUN(who_never_stops_sending_does_not_put_off_a_time_out_for_ever),
    RUN(it_may_be_closed_from_inside_a_callback_and_twice),
    RUN(a_request_that_was_not_written_is_known_to_be_unsent),
    RUN(what_the_session_was_told_is_unsent_is_never_sent),
    RUN(a_polite_close_writes_first),
    RUN(it_ends_when_the_peer_closes_its_side_of_a_polite_close),
    RUN(answers_of_one_turn_leave_in_one_piece),
    RUN(what_does_not_fit_into_the_socket_follows_in_order),
};

int main(void)
{
    return RUN_ALL(tests);
}
