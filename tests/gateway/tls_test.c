/*
 * TLS below the session: what a turn of the loop may spend on handshakes, what is read and
 * written, and what is said of who speaks something else.
 */
#include "gateway/tls.h"

#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <openssl/ssl.h>

#include "gateway/config.h"
#include "gateway/tls_context.h"
#include "smpp/transport.h"
#include "tests/gateway/tls_place.h"
#include "tests/test.h"

/* A signature takes about a millisecond, and a turn looks at 32 sockets: all of them would
 * be far over the limit. */
enum { CROWD = 100, ANSWERED_MAX = 20 };

static unsigned count_answered(const struct tls_client *clients)
{
    unsigned answered = 0;

    for (size_t i = 0; i < CROWD; i++) {
        struct pollfd readable = {.fd = clients[i].fd, .events = POLLIN};

        answered += poll(&readable, 1, 0) == 1;
    }
    return answered;
}

TEST(a_crowd_of_handshakes_is_spread_over_turns_and_nobody_is_forgotten)
{
    static struct tls_client clients[CROWD];
    struct tls_place place;
    unsigned answered, done = 0;

    tls_place_begin(&place);
    for (size_t i = 0; i < CROWD; i++)
        tls_place_connect(&place, &clients[i]);
    /* Time that other programs take counts too: a turn may end before the first. */
    do
        tls_place_turn(&place);
    while ((answered = count_answered(clients)) == 0);
    assert_in_range(answered, 1, ANSWERED_MAX);
    for (unsigned i = 0; i < TURNS_MAX && done < CROWD; i++) {
        done = 0;
        tls_place_turn(&place);
        for (size_t j = 0; j < CROWD; j++)
            done += SSL_connect(clients[j].ssl) == 1;
    }
    assert_int_equal(done, CROWD);
    for (unsigned i = 0; i < TURNS_MAX && tls_counts(place.tls).done[0] < CROWD; i++)
        tls_place_turn(&place);
    assert_int_equal(tls_counts(place.tls).done[0], CROWD);
    for (size_t i = 0; i < CROWD; i++)
        tls_client_close(&clients[i]);
    tls_place_end(&place);
}

/* ---- Reading ------------------------------------------------------------------------ */

static void take_input(struct bufferevent *bev, void *out)
{
    struct evbuffer *input = bufferevent_get_input(bev);

    *(size_t *)out += evbuffer_get_length(input);
    evbuffer_drain(input, SIZE_MAX);
}

TEST(a_record_that_passes_the_watermark_is_read_to_its_end)
{
    enum { RECORD_SIZE = 10000, WATERMARK = 4096 };
    static const uint8_t octets[RECORD_SIZE];
    const struct smpp_transport *transport;
    struct tls_client client;
    struct tls_place place;
    size_t taken = 0;

    tls_place_begin(&place);
    tls_place_connect(&place, &client);
    bufferevent_setcb(client.bev, take_input, NULL, NULL, &taken);
    bufferevent_setwatermark(client.bev, EV_READ, 0, WATERMARK);
    bufferevent_enable(client.bev, EV_READ | EV_WRITE);
    for (unsigned i = 0; i < TURNS_MAX && SSL_connect(client.ssl) != 1; i++)
        tls_place_turn(&place);
    assert_int_equal(SSL_write(client.ssl, octets, RECORD_SIZE), RECORD_SIZE);
    transport = tls_of_listen(place.tls, 0);
    for (unsigned i = 0; i < 50; i++) {
        tls_place_turn(&place);
        transport->resume(transport->self, client.bev);
    }
    assert_int_equal(taken, RECORD_SIZE);
    tls_client_close(&client);
    tls_place_end(&place);
}

/* ---- Writing ------------------------------------------------------------------------ */

TEST(what_waits_in_pieces_longer_than_a_record_arrives_in_its_order)
{
    enum { PIECES = 12, PIECE_SIZE = 20000, SIZE = PIECES * PIECE_SIZE };
    static uint32_t sent[SIZE / 4], got[SIZE / 4];
    struct tls_client client;
    struct tls_place place;
    size_t taken = 0;

    for (uint32_t i = 0; i < SIZE / 4; i++)
        sent[i] = i;
    tls_place_begin(&place);
    tls_place_connect(&place, &client);
    bufferevent_set_max_single_write(client.bev, SIZE);
    bufferevent_enable(client.bev, EV_READ | EV_WRITE);
    for (size_t i = 0; i < PIECES; i++)
        bufferevent_write(client.bev, sent + i * PIECE_SIZE / 4, PIECE_SIZE);
    for (unsigned i = 0; i < TURNS_MAX && SSL_connect(client.ssl) != 1; i++)
        tls_place_turn(&place);
    for (unsigned i = 0; i < TURNS_MAX && taken < SIZE; i++) {
        int size = SSL_read(client.ssl, (uint8_t *)got + taken, (int)(SIZE - taken));

        taken += size > 0 ? (size_t)size : 0;
        tls_place_turn(&place);
    }
    assert_int_equal(taken, SIZE);
    for (uint32_t i = 0; i < SIZE / 4; i++)
        assert_int_equal(got[i], sent[i]);
    tls_client_close(&client);
    tls_place_end(&place);
}

static void note_event(struct bufferevent *bev, short what, void *out)
{
    (void)bev;
    *(short *)out = what;
}

TEST(who_changes_his_keys_without_end_is_cut)
{
    enum { UPDATES = 20000, UPDATE_SIZE = 27, TAKEN_MAX = 500 };
    struct tls_client client;
    struct tls_place place;
    int before = 0, after = 0, said = 0, room = 4 * 1024 * 1024;
    char why[200] = "";
    short what = 0;

    tls_place_begin(&place);
    tls_place_connect(&place, &client);
    bufferevent_setcb(client.bev, NULL, NULL, note_event, &what);
    bufferevent_enable(client.bev, EV_READ | EV_WRITE);
    for (unsigned i = 0; i < TURNS_MAX && SSL_connect(client.ssl) != 1; i++)
        tls_place_turn(&place);
    for (unsigned i = 0; i < TURNS_MAX && tls_counts(place.tls).done[0] == 0; i++)
        tls_place_turn(&place);
    setsockopt(client.fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
    what = 0;
    while (said < UPDATES &&
           SSL_key_update(client.ssl, SSL_KEY_UPDATE_NOT_REQUESTED) == 1 &&
           SSL_do_handshake(client.ssl) == 1)
        said++;
    assert_in_range(said, 5 * TAKEN_MAX, UPDATES);
    ioctl(bufferevent_getfd(client.bev), FIONREAD, &before);
    tls_place_turn(&place);
    tls_place_turn(&place);
    ioctl(bufferevent_getfd(client.bev), FIONREAD, &after);
    assert_in_range(before - after, 1, TAKEN_MAX * UPDATE_SIZE);
    for (unsigned i = 0; i < 100 && what == 0; i++)
        tls_place_turn(&place);
    assert_true((what & BEV_EVENT_ERROR) != 0);
    assert_true(tls_failure(client.bev, why, sizeof(why)));
    assert_string_equal(why, "Protocol error");
    tls_client_close(&client);
    tls_place_end(&place);
}

/* RFC 5246 7.4.1.1: a client that is in a handshake passes over it, and so the library
 * reads on, even before there is a key. */
TEST(an_operator_who_asks_for_a_handshake_in_the_handshake_is_left)
{
    static const uint8_t hello_request[9] = {22, 3, 3, 0, 4, 0, 0, 0, 0};
    const struct config_tls config = {
        .on = true, .certificate = "", .key = "", .ca = "", .crl = "", .name = ""};
    char error[200];
    int64_t until_s;
    SSL_CTX *context = tls_context_new(&config, TLS_LINK, &until_s, error, sizeof(error));
    SSL *ssl;
    int ends[2];

    if (context == NULL)
        fail_msg("%s", error);
    tls_place_make_ends(ends);
    ssl = SSL_new(context);
    SSL_set_fd(ssl, ends[0]);
    for (unsigned i = 0; i < 1000; i++)
        assert_int_equal(send(ends[1], hello_request, 9, MSG_NOSIGNAL), 9);
    for (int status = SSL_connect(ssl), i = 0; i < 3; i++, status = SSL_connect(ssl))
        assert_int_not_equal(SSL_get_error(ssl, status), SSL_ERROR_WANT_READ);
    SSL_free(ssl);
    SSL_CTX_free(context);
    close(ends[0]);
    close(ends[1]);
}

/* ---- What is refused ---------------------------------------------------------------- */

TEST(a_bind_in_plain_text_ends_the_connection_and_is_counted)
{
    static const char bind[] =
        "\0\0\0\x26\0\0\0\x09\0\0\0\0\0\0\0\x01sms\0secret08\0\0\x34";
    const struct smpp_transport *transport;
    struct bufferevent *bev;
    struct tls_place place;
    char why[100] = "";
    short what = 0;
    int ends[2];

    tls_place_begin(&place);
    transport = tls_of_listen(place.tls, 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    bev = transport->accepted(transport->self, place.base, ends[1]);
    bufferevent_setcb(bev, NULL, NULL, note_event, &what);
    assert_int_equal(write(ends[0], bind, sizeof(bind)), sizeof(bind));
    for (int i = 0; i < 20; i++)
        tls_place_turn(&place);
    assert_true((what & BEV_EVENT_ERROR) != 0);
    assert_true(tls_failure(bev, why, sizeof(why)));
    assert_string_equal(why, "what came is no TLS");
    bufferevent_free(bev);
    for (int i = 0; i < 3; i++)
        tls_place_turn(&place);
    assert_int_equal(tls_counts(place.tls).plain[0], 1);
    assert_int_equal(tls_counts(place.tls).failed[0], 1);
    close(ends[0]);
    tls_place_end(&place);
}

/* An operator whose certificate is not looked at, and who wants one of ours. */
TEST(the_reason_told_is_the_one_there_was)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    const struct smpp_transport *transport;
    struct config_link link = {
        .name = "smsc",
        .tls = {.on = true,
                .verify = CONFIG_VERIFY_NO,
                .certificate = "",
                .key = "",
                .ca = "",
                .crl = "",
                .name = "smsc.example"}
    };
    struct bufferevent *bev;
    struct tls_place place;
    char error[512] = "", why[200] = "";
    short what = 0;
    SSL *ssl;
    int fd;

    tls_place_begin(&place);
    tls_free(place.tls);
    place.config.links = &link;
    place.config.link_count = 1;
    place.tls = tls_new(&place.config, place.clock, error, sizeof(error));
    assert_non_null(place.tls);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    transport = tls_of_link(place.tls, 0);
    bev =
        transport->connect(transport->self, place.base, (struct sockaddr *)&address, size);
    assert_non_null(bev);
    bufferevent_setcb(bev, NULL, NULL, note_event, &what);
    bufferevent_enable(bev, EV_READ | EV_WRITE);
    fd = accept(listener, NULL, NULL);
    evutil_make_socket_nonblocking(fd);
    assert_int_equal(
        SSL_CTX_use_certificate_file(context, tls_place_certificate, SSL_FILETYPE_PEM), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey_file(context, tls_place_key, SSL_FILETYPE_PEM),
                     1);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    ssl = SSL_new(context);
    SSL_set_fd(ssl, fd);
    for (unsigned i = 0; i < TURNS_MAX && (what & BEV_EVENT_ERROR) == 0; i++) {
        tls_place_turn(&place);
        (void)SSL_accept(ssl);
    }
    assert_true(tls_failure(bev, why, sizeof(why)));
    assert_string_equal(why, "tlsv13 alert certificate required");
    bufferevent_free(bev);
    tls_place_turn(&place);
    SSL_free(ssl);
    SSL_CTX_free(context);
    close(fd);
    close(listener);
    tls_place_end(&place);
}

TEST(a_wrong_file_is_named_and_changes_nothing)
{
    const char *right = tls_place_certificate;
    struct tls_expiry own;
    struct tls_place place;
    char error[512] = "";
    size_t at = 0;

    tls_place_begin(&place);
    place.listen.tls.certificate = tls_place_key; /* a key is no certificate */
    assert_false(tls_reload(place.tls, error, sizeof(error)));
    assert_non_null(strstr(error, "listen 'smpps': certificate '"));
    assert_non_null(strstr(error, "own.key"));
    assert_int_equal(tls_counts(place.tls).reloads_refused, 1);
    place.listen.tls.certificate = right;
    place.listen.tls.crl = tls_place_key; /* nor a list */
    assert_false(tls_reload(place.tls, error, sizeof(error)));
    assert_non_null(strstr(error, "listen 'smpps': crl '"));
    assert_non_null(strstr(error, "own.key': there is no list in it"));
    place.listen.tls.crl = "";
    assert_false(tls_next_crl(place.tls, &at, &own));
    at = 0;
    assert_true(tls_next_certificate(place.tls, &at, &own));
    assert_in_range(own.at_s - time(NULL), 5 * 86400 - 60, 5 * 86400);
    assert_false(tls_next_certificate(place.tls, &at, &own));
    tls_place_end(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(a_crowd_of_handshakes_is_spread_over_turns_and_nobody_is_forgotten),
        RUN(a_record_that_passes_the_watermark_is_read_to_its_end),
        RUN(what_waits_in_pieces_longer_than_a_record_arrives_in_its_order),
        RUN(who_changes_his_keys_without_end_is_cut),
        RUN(an_operator_who_asks_for_a_handshake_in_the_handshake_is_left),
        RUN(a_bind_in_plain_text_ends_the_connection_and_is_counted),
        RUN(the_reason_told_is_the_one_there_was),
        RUN(a_wrong_file_is_named_and_changes_nothing),
    };

    signal(SIGPIPE, SIG_IGN); /* as the daemon */
    return cmocka_run_group_tests(tests, tls_place_enter, tls_place_leave);
}
