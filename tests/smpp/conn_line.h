/*
 * A line on which we are an SMSC, between two ends in memory or on sockets, and what is
 * said on it in tests of the connection.
 */
#ifndef TESTS_SMPP_CONN_LINE_H
#define TESTS_SMPP_CONN_LINE_H

#include <sys/socket.h>

#include "smpp/transport.h"
#include "smpp/wire.h"
#include "tests/smpp/line.h"

static inline void conn_line_open(struct line *line)
{
    struct smpp_session_config config = line_config(SMPP_ROLE_SMSC);

    line_open(line, &config);
}

/* And an ESME has bound. */
static inline void conn_line_open_bound(struct line *line)
{
    conn_line_open(line);
    line_bind_esme(line, "9", "34");
}

/* On a pair of real sockets. */
static inline void conn_line_open_sockets(struct line *line,
                                          const struct smpp_session_config *config)
{
    struct event_base *base = event_base_new();
    int sockets[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sockets), 0);
    line_open_on(line, base, config, smpp_transport_plain.accepted(NULL, base, sockets[0]),
                 bufferevent_socket_new(base, sockets[1], BEV_OPT_CLOSE_ON_FREE));
    smpp_conn_set_transport(line->conn, &smpp_transport_plain);
}

static inline enum smpp_send conn_line_deliver(struct line *line, uint64_t cookie)
{
    struct smpp_pdu request;

    smpp_pdu_init(&request, SMPP_DELIVER_SM, 0, 0);
    return smpp_session_send(line->session, &request, cookie);
}

/* LINE_SUBMITs, of 39 octets each. */
static inline size_t conn_line_make_submits(uint8_t *out, uint32_t first, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        line_octets(LINE_SUBMIT("00000000"), out + 39 * i, 39);
        smpp_wire_put_32(out + 39 * i + 12, first + (uint32_t)i);
    }
    return 39 * count;
}

#endif
