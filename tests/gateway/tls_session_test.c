/*
 * A session over TLS: what is said of what it sent when it ends, and who outlives whom.
 */
#include "gateway/tls.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/bufferevent.h>
#include <openssl/ssl.h>

#include "smpp/wire.h"
#include "tests/gateway/tls_place.h"
#include "tests/test.h"

#include "tests/smpp/line.h"

static char why_closed[200];

static void note_why(void *owner, enum smpp_end end, int error)
{
    struct line *line = owner;

    why_closed[0] = '\0';
    (void)tls_failure(smpp_conn_bufferevent(line->conn), why_closed, sizeof(why_closed));
    line_on_closed(owner, end, error);
}

static const struct smpp_conn_ops conn_ops = {
    .now_ms = line_now_ms,
    .exact_ms = line_exact_ms,
    .wake_at = line_wake_at,
    .on_closed = note_why,
};

/* A client's bind over TLS. */
static void bind_client(struct tls_place *place, struct line *line,
                        struct tls_client *client, const struct smpp_session_config *config)
{
    uint8_t octets[64];
    size_t size = line_octets(LINE_BIND("9", "34"), octets, sizeof(octets));

    tls_place_connect(place, client);
    line_begin(line, place->base);
    line->conn = smpp_conn_new(client->bev, config, &line->ops, &conn_ops, line);
    line->session = smpp_conn_session(line->conn);
    smpp_conn_set_transport(line->conn, tls_of_listen(place->tls, 0));
    for (unsigned i = 0; i < TURNS_MAX && SSL_connect(client->ssl) != 1; i++)
        tls_place_turn(place);
    assert_int_equal(SSL_write(client->ssl, octets, (int)size), size);
    for (unsigned i = 0; i < TURNS_MAX && SSL_read(client->ssl, octets, 64) != 28; i++)
        tls_place_turn(place);
    assert_int_equal(smpp_session_state(line->session), SMPP_STATE_BOUND_TRX);
}

static unsigned fates[3];

static void count_fate(void *owner, uint64_t cookie, enum smpp_fate fate)
{
    (void)owner;
    (void)cookie;
    fates[fate]++;
}

TEST(what_has_left_in_a_whole_record_is_not_called_unsent)
{
    enum { TEXT_SIZE = 200, REQUESTS = 150, SNDBUF = 4096, RECORD_SIZE = 16384 };
    struct smpp_session_config config = line_config(SMPP_ROLE_SMSC);
    static uint8_t text[TEXT_SIZE], got[RECORD_SIZE];
    int room = SNDBUF;
    struct tls_client client;
    struct tls_place place;
    struct line line;
    size_t taken = 0, whole = 0;

    tls_place_begin(&place);
    config.limits.window = REQUESTS;
    bind_client(&place, &line, &client, &config);
    line.ops.on_no_response = count_fate;
    setsockopt(bufferevent_getfd(client.bev), SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
    for (unsigned i = 0; i < REQUESTS; i++) {
        struct smpp_pdu request;

        smpp_pdu_init(&request, SMPP_DELIVER_SM, 0, 0);
        request.short_message = (struct smpp_octets){text, TEXT_SIZE};
        assert_int_equal(smpp_session_send(line.session, &request, i), SMPP_SEND_OK);
    }
    for (unsigned i = 0; i < TURNS_MAX && taken < RECORD_SIZE; i++) {
        int size = SSL_read(client.ssl, got + taken, (int)(RECORD_SIZE - taken));

        taken += size > 0 ? (size_t)size : 0;
        tls_place_turn(&place);
    }
    assert_int_equal(taken, RECORD_SIZE);
    for (size_t at = 0; at + smpp_wire_get_32(got + at) <= RECORD_SIZE; whole++)
        at += smpp_wire_get_32(got + at);
    smpp_conn_close(line.conn);
    memset(fates, 0, sizeof(fates));
    for (unsigned i = 0; i < TURNS_MAX && !line.closed; i++)
        tls_place_turn(&place);
    assert_in_range(fates[SMPP_FATE_LOST], whole, REQUESTS);
    SSL_free(client.ssl);
    close(client.fd);
    tls_place_end(&place);
}

TEST(a_reset_ends_the_connection_at_once)
{
    enum { TEXT_SIZE = 200, REQUESTS = 150, SNDBUF = 4096 };
    struct smpp_session_config config = line_config(SMPP_ROLE_SMSC);
    static uint8_t text[TEXT_SIZE];
    const struct linger hard = {.l_onoff = 1};
    int room = SNDBUF;
    struct tls_client client;
    struct tls_place place;
    struct line line;
    unsigned turns = 0;

    tls_place_begin(&place);
    config.limits.window = REQUESTS;
    bind_client(&place, &line, &client, &config);
    setsockopt(client.fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
    setsockopt(bufferevent_getfd(client.bev), SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
    for (unsigned i = 0; i < REQUESTS; i++) {
        struct smpp_pdu request;

        smpp_pdu_init(&request, SMPP_DELIVER_SM, 0, 0);
        request.short_message = (struct smpp_octets){text, TEXT_SIZE};
        assert_int_equal(smpp_session_send(line.session, &request, i), SMPP_SEND_OK);
    }
    for (int i = 0; i < 10; i++)
        tls_place_turn(&place);
    assert_true(smpp_conn_output_size(line.conn) > 0);
    setsockopt(client.fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
    close(client.fd);
    for (; turns < 200 && !line.closed; turns++) {
        usleep(1000);
        tls_place_turn(&place);
    }
    assert_true(line.closed);
    assert_int_equal(line.end, SMPP_END_FAILED);
    assert_true(line.error == ECONNRESET || line.error == EPIPE);
    assert_true(strcmp(why_closed, "Connection reset by peer") == 0 ||
                strcmp(why_closed, "Broken pipe") == 0);
    SSL_free(client.ssl);
    tls_place_end(&place);
}

TEST(who_ends_its_side_without_a_word_is_still_answered)
{
    struct smpp_session_config config = line_config(SMPP_ROLE_SMSC);
    struct tls_client client;
    struct tls_place place;
    struct line line;
    uint8_t octets[64], expected[64];
    size_t size;
    int got = 0;

    tls_place_begin(&place);
    bind_client(&place, &line, &client, &config);
    size = line_octets(LINE_SUBMIT("00000002"), octets, sizeof(octets));
    assert_int_equal(SSL_write(client.ssl, octets, (int)size), size);
    shutdown(client.fd, SHUT_WR);
    for (unsigned i = 0; i < TURNS_MAX && got <= 0; i++) {
        tls_place_turn(&place);
        got = SSL_read(client.ssl, octets, sizeof(octets));
    }
    size = line_octets(LINE_SUBMIT_RESP("00000002"), expected, sizeof(expected));
    assert_int_equal(got, size);
    assert_memory_equal(octets, expected, size);
    for (unsigned i = 0; i < TURNS_MAX && !line.closed; i++)
        tls_place_turn(&place);
    assert_int_equal(line.end, SMPP_END_PEER_CLOSED);
    SSL_free(client.ssl);
    close(client.fd);
    tls_place_end(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(what_has_left_in_a_whole_record_is_not_called_unsent),
        RUN(a_reset_ends_the_connection_at_once),
        RUN(who_ends_its_side_without_a_word_is_still_answered),
    };

    signal(SIGPIPE, SIG_IGN); /* as the daemon */
    return cmocka_run_group_tests(tests, tls_place_enter, tls_place_leave);
}
