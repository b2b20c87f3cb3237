/*
 * The stream below a session: PDUs however it is cut, what is none, and how what is said
 * leaves.
 */
#include "tests/test.h"

#include <sys/socket.h>

#include "smpp/transport.h"
#include "smpp/wire.h"
#include "tests/smpp/conn_line.h"

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
        conn_line_open(&line);
        line_say_octets(&line, octets, cut, 0);
        line_say_octets(&line, octets + cut, size - cut, 0);
        line_hears(&line, heard, "one cut");
        line_close(&line);
    }
    for (size_t slice = 1; slice < 20; slice++) {
        conn_line_open(&line);
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
        conn_line_open_sockets(&line, &config);
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

    conn_line_open_bound(&line);
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

    conn_line_open_bound(&line);
    line_say_octets(&line, octets, conn_line_make_submits(octets, 2, COUNT), 0);
    assert_int_equal(line.submits, COUNT);
    assert_int_equal(line_forget(&line), 18 * COUNT);
    line_close(&line);
}

TEST(so_are_those_that_nothing_is_answered_to)
{
    enum { COUNT = 2000 };
    static uint8_t octets[SMPP_HEADER_SIZE * COUNT];
    static struct line line;

    conn_line_open_bound(&line);
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

        conn_line_open(&line);
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

        conn_line_open_bound(&line);
        smpp_wire_put_32(octets, length);
        line_say_octets(&line, octets, sizeof(octets), 0);
        line_hears(&line, LINE_NACK("00000002", "00000000"), "length");
        assert_true(line.far_closed);
        line_close(&line);
    }
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
    line_say_octets(&line, octets, conn_line_make_submits(octets, 2, COUNT), 0);
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

    conn_line_open_sockets(&line, &config);
    line_bind_esme(&line, "9", "34");
    bufferevent_disable(line.far, EV_READ);
    assert_int_equal(setsockopt(bufferevent_getfd(smpp_conn_bufferevent(line.conn)),
                                SOL_SOCKET, SO_SNDBUF, &room, sizeof(room)),
                     0);
    line.hold_submits = true;
    line_say_octets(&line, octets, conn_line_make_submits(octets, 2, COUNT), 0);
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
    RUN(answers_of_one_turn_leave_in_one_piece),
    RUN(what_does_not_fit_into_the_socket_follows_in_order),
};

int main(void)
{
    return RUN_ALL(tests);
}
