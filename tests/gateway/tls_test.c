/*
 * TLS below the session: what a turn of the loop may spend on handshakes, what is said of
 * who speaks something else, and who outlives whom.  The test is the clients, through the
 * library itself.
 */
#include "gateway/tls.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "gateway/clock.h"
#include "gateway/config.h"
#include "gateway/tls_context.h"
#include "smpp/transport.h"
#include "smpp/wire.h"
#include "tests/test.h"

#include "tests/smpp/line.h"

/* A signature with this key takes about a millisecond, and a turn looks at 32 sockets: all
 * of them would be far over the limit. */
enum { CROWD = 100, KEY_BITS = 3072, ANSWERED_MAX = 20, TURNS_MAX = 5000 };

static char folder[] = "/tmp/sluice-tls-XXXXXX";
static char certificate[64], key[64];

struct place {
    struct event_base *base;
    struct clock *clock;
    struct config_listen listen;
    struct config config;
    struct tls *tls;
    SSL_CTX *context; /* of the clients */
};

struct client {
    SSL *ssl;
    int fd;
    struct bufferevent *bev; /* our side */
};

static int make_certificate(void **state)
{
    EVP_PKEY *pair = EVP_RSA_gen(KEY_BITS);
    X509 *own = X509_new();
    FILE *file;

    (void)state;
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(certificate, sizeof(certificate), "%s/own.crt", folder);
    snprintf(key, sizeof(key), "%s/own.key", folder);
    X509_set_version(own, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(own), 1);
    X509_gmtime_adj(X509_getm_notBefore(own), 0);
    X509_gmtime_adj(X509_getm_notAfter(own), 5 * 86400);
    X509_set_pubkey(own, pair);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(own), "CN", MBSTRING_ASC,
                               (const unsigned char *)"sluice.example", -1, -1, 0);
    X509_set_issuer_name(own, X509_get_subject_name(own));
    X509_sign(own, pair, EVP_sha256());
    file = fopen(certificate, "w");
    PEM_write_X509(file, own);
    fclose(file);
    file = fopen(key, "w");
    PEM_write_PrivateKey(file, pair, NULL, NULL, 0, NULL, NULL);
    fclose(file);
    X509_free(own);
    EVP_PKEY_free(pair);
    return 0;
}

static int remove_certificate(void **state)
{
    (void)state;
    unlink(certificate);
    unlink(key);
    return rmdir(folder);
}

static void begin(struct place *place)
{
    char error[512] = "";

    *place = (struct place){.base = event_base_new()};
    place->clock = clock_new(place->base);
    place->listen.name = "smpps";
    place->listen.tls = (struct config_tls){.on = true,
                                            .certificate = certificate,
                                            .key = key,
                                            .ca = "",
                                            .crl = "",
                                            .name = ""};
    place->config.listens = &place->listen;
    place->config.listen_count = 1;
    place->tls = tls_new(&place->config, place->clock, error, sizeof(error));
    if (place->tls == NULL)
        fail_msg("%s", error);
    place->context = SSL_CTX_new(TLS_client_method());
}

/* The bufferevents may be freed by the base, after all else. */
static void end(struct place *place)
{
    tls_free(place->tls);
    clock_free(place->clock);
    event_base_free(place->base);
    SSL_CTX_free(place->context);
}

/* Two ends of a connection of TCP, which may be reset. */
static void connect_ends(int ends[2])
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    int listener = socket(AF_INET, SOCK_STREAM, 0);

    assert_int_equal(bind(listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    ends[0] = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(ends[0], (struct sockaddr *)&address, size), 0);
    ends[1] = accept(listener, NULL, NULL);
    close(listener);
    evutil_make_socket_nonblocking(ends[0]);
    evutil_make_socket_nonblocking(ends[1]);
}

/* Connected, and its hello is on its way. */
static void connect_client(struct place *place, struct client *client)
{
    const struct smpp_transport *transport = tls_of_listen(place->tls, 0);
    int ends[2];

    connect_ends(ends);
    client->fd = ends[0];
    client->bev = transport->accepted(transport->self, place->base, ends[1]);
    client->ssl = SSL_new(place->context);
    SSL_set_fd(client->ssl, client->fd);
    assert_int_equal(SSL_connect(client->ssl), -1);
}

static void close_client(struct client *client)
{
    bufferevent_free(client->bev);
    SSL_free(client->ssl);
    close(client->fd);
}

/* One turn, as the daemon runs them. */
static void turn(struct place *place)
{
    event_base_loop(place->base, EVLOOP_NONBLOCK | EVLOOP_ONCE);
}

static unsigned count_answered(const struct client *clients)
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
    static struct client clients[CROWD];
    struct place place;
    unsigned answered, done = 0;

    begin(&place);
    for (size_t i = 0; i < CROWD; i++)
        connect_client(&place, &clients[i]);
    /* Time that other programs take counts too: a turn may end before the first. */
    do
        turn(&place);
    while ((answered = count_answered(clients)) == 0);
    assert_in_range(answered, 1, ANSWERED_MAX);
    for (unsigned i = 0; i < TURNS_MAX && done < CROWD; i++) {
        done = 0;
        turn(&place);
        for (size_t j = 0; j < CROWD; j++)
            done += SSL_connect(clients[j].ssl) == 1;
    }
    assert_int_equal(done, CROWD);
    for (unsigned i = 0; i < TURNS_MAX && tls_counts(place.tls).done[0] < CROWD; i++)
        turn(&place);
    assert_int_equal(tls_counts(place.tls).done[0], CROWD);
    for (size_t i = 0; i < CROWD; i++)
        close_client(&clients[i]);
    end(&place);
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
    struct client client;
    struct place place;
    size_t taken = 0;

    begin(&place);
    connect_client(&place, &client);
    bufferevent_setcb(client.bev, take_input, NULL, NULL, &taken);
    bufferevent_setwatermark(client.bev, EV_READ, 0, WATERMARK);
    bufferevent_enable(client.bev, EV_READ | EV_WRITE);
    for (unsigned i = 0; i < TURNS_MAX && SSL_connect(client.ssl) != 1; i++)
        turn(&place);
    assert_int_equal(SSL_write(client.ssl, octets, RECORD_SIZE), RECORD_SIZE);
    transport = tls_of_listen(place.tls, 0);
    for (unsigned i = 0; i < 50; i++) {
        turn(&place);
        transport->resume(transport->self, client.bev);
    }
    assert_int_equal(taken, RECORD_SIZE);
    close_client(&client);
    end(&place);
}

/* ---- Writing ------------------------------------------------------------------------ */

TEST(what_waits_in_pieces_longer_than_a_record_arrives_in_its_order)
{
    enum { PIECES = 12, PIECE_SIZE = 20000, SIZE = PIECES * PIECE_SIZE };
    static uint32_t sent[SIZE / 4], got[SIZE / 4];
    struct client client;
    struct place place;
    size_t taken = 0;

    for (uint32_t i = 0; i < SIZE / 4; i++)
        sent[i] = i;
    begin(&place);
    connect_client(&place, &client);
    bufferevent_set_max_single_write(client.bev, SIZE);
    bufferevent_enable(client.bev, EV_READ | EV_WRITE);
    for (size_t i = 0; i < PIECES; i++)
        bufferevent_write(client.bev, sent + i * PIECE_SIZE / 4, PIECE_SIZE);
    for (unsigned i = 0; i < TURNS_MAX && SSL_connect(client.ssl) != 1; i++)
        turn(&place);
    for (unsigned i = 0; i < TURNS_MAX && taken < SIZE; i++) {
        int size = SSL_read(client.ssl, (uint8_t *)got + taken, (int)(SIZE - taken));

        taken += size > 0 ? (size_t)size : 0;
        turn(&place);
    }
    assert_int_equal(taken, SIZE);
    for (uint32_t i = 0; i < SIZE / 4; i++)
        assert_int_equal(got[i], sent[i]);
    close_client(&client);
    end(&place);
}

static void note_event(struct bufferevent *bev, short what, void *out)
{
    (void)bev;
    *(short *)out = what;
}

TEST(who_changes_his_keys_without_end_is_cut)
{
    enum { UPDATES = 20000, UPDATE_SIZE = 27, TAKEN_MAX = 500 };
    struct client client;
    struct place place;
    int before = 0, after = 0, said = 0, room = 4 * 1024 * 1024;
    char why[200] = "";
    short what = 0;

    begin(&place);
    connect_client(&place, &client);
    bufferevent_setcb(client.bev, NULL, NULL, note_event, &what);
    bufferevent_enable(client.bev, EV_READ | EV_WRITE);
    for (unsigned i = 0; i < TURNS_MAX && SSL_connect(client.ssl) != 1; i++)
        turn(&place);
    for (unsigned i = 0; i < TURNS_MAX && tls_counts(place.tls).done[0] == 0; i++)
        turn(&place);
    setsockopt(client.fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
    what = 0;
    while (said < UPDATES &&
           SSL_key_update(client.ssl, SSL_KEY_UPDATE_NOT_REQUESTED) == 1 &&
           SSL_do_handshake(client.ssl) == 1)
        said++;
    assert_in_range(said, 5 * TAKEN_MAX, UPDATES);
    ioctl(bufferevent_getfd(client.bev), FIONREAD, &before);
    turn(&place);
    turn(&place);
    ioctl(bufferevent_getfd(client.bev), FIONREAD, &after);
    assert_in_range(before - after, 1, TAKEN_MAX * UPDATE_SIZE);
    for (unsigned i = 0; i < 100 && what == 0; i++)
        turn(&place);
    assert_true((what & BEV_EVENT_ERROR) != 0);
    assert_true(tls_failure(client.bev, why, sizeof(why)));
    assert_string_equal(why, "Protocol error");
    close_client(&client);
    end(&place);
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
    connect_ends(ends);
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

/* ---- A session ---------------------------------------------------------------------- */

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
static void bind_client(struct place *place, struct line *line, struct client *client,
                        const struct smpp_session_config *config)
{
    uint8_t octets[64];
    size_t size = line_octets(LINE_BIND("9", "34"), octets, sizeof(octets));

    connect_client(place, client);
    line_begin(line, place->base);
    line->conn = smpp_conn_new(client->bev, config, &line->ops, &conn_ops, line);
    line->session = smpp_conn_session(line->conn);
    smpp_conn_set_transport(line->conn, tls_of_listen(place->tls, 0));
    for (unsigned i = 0; i < TURNS_MAX && SSL_connect(client->ssl) != 1; i++)
        turn(place);
    assert_int_equal(SSL_write(client->ssl, octets, (int)size), size);
    for (unsigned i = 0; i < TURNS_MAX && SSL_read(client->ssl, octets, 64) != 28; i++)
        turn(place);
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
    struct client client;
    struct place place;
    struct line line;
    size_t taken = 0, whole = 0;

    begin(&place);
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
        turn(&place);
    }
    assert_int_equal(taken, RECORD_SIZE);
    for (size_t at = 0; at + smpp_wire_get_32(got + at) <= RECORD_SIZE; whole++)
        at += smpp_wire_get_32(got + at);
    smpp_conn_close(line.conn);
    memset(fates, 0, sizeof(fates));
    for (unsigned i = 0; i < TURNS_MAX && !line.closed; i++)
        turn(&place);
    assert_in_range(fates[SMPP_FATE_LOST], whole, REQUESTS);
    SSL_free(client.ssl);
    close(client.fd);
    end(&place);
}

TEST(a_reset_ends_the_connection_at_once)
{
    enum { TEXT_SIZE = 200, REQUESTS = 150, SNDBUF = 4096 };
    struct smpp_session_config config = line_config(SMPP_ROLE_SMSC);
    static uint8_t text[TEXT_SIZE];
    const struct linger hard = {.l_onoff = 1};
    int room = SNDBUF;
    struct client client;
    struct place place;
    struct line line;
    unsigned turns = 0;

    begin(&place);
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
        turn(&place);
    assert_true(smpp_conn_output_size(line.conn) > 0);
    setsockopt(client.fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
    close(client.fd);
    for (; turns < 200 && !line.closed; turns++) {
        usleep(1000);
        turn(&place);
    }
    assert_true(line.closed);
    assert_int_equal(line.end, SMPP_END_FAILED);
    assert_true(line.error == ECONNRESET || line.error == EPIPE);
    assert_true(strcmp(why_closed, "Connection reset by peer") == 0 ||
                strcmp(why_closed, "Broken pipe") == 0);
    SSL_free(client.ssl);
    end(&place);
}

TEST(who_ends_its_side_without_a_word_is_still_answered)
{
    struct smpp_session_config config = line_config(SMPP_ROLE_SMSC);
    struct client client;
    struct place place;
    struct line line;
    uint8_t octets[64], expected[64];
    size_t size;
    int got = 0;

    begin(&place);
    bind_client(&place, &line, &client, &config);
    size = line_octets(LINE_SUBMIT("00000002"), octets, sizeof(octets));
    assert_int_equal(SSL_write(client.ssl, octets, (int)size), size);
    shutdown(client.fd, SHUT_WR);
    for (unsigned i = 0; i < TURNS_MAX && got <= 0; i++) {
        turn(&place);
        got = SSL_read(client.ssl, octets, sizeof(octets));
    }
    size = line_octets(LINE_SUBMIT_RESP("00000002"), expected, sizeof(expected));
    assert_int_equal(got, size);
    assert_memory_equal(octets, expected, size);
    for (unsigned i = 0; i < TURNS_MAX && !line.closed; i++)
        turn(&place);
    assert_int_equal(line.end, SMPP_END_PEER_CLOSED);
    SSL_free(client.ssl);
    close(client.fd);
    end(&place);
}

/* ---- A random stream ------------------------------------------------------------------
 */

/*
 * Both sides send what can be told from its number alone, in pieces and at times that are
 * drawn, through sockets whose buffers are drawn too; the test is the client and looks at
 * every octet it reads, the application at every octet it is given.
 */
enum { STREAM_SUBMITS = 150, STREAM_DELIVERS = 150, STREAM_TEXT_MAX = 30000 };

struct stream {
    uint64_t seed;
    struct line line;
    SSL *ssl; /* NULL: the stream is plain */
    int fd;
    uint8_t *out; /* of the client: all it has to say */
    size_t out_size, out_said;
    size_t piece; /* of it, which is being said */
    uint8_t *in;
    size_t in_size;
    uint32_t submits; /* the application was given */
    uint32_t answers; /* the client has heard */
    uint32_t offered, delivers, acknowledged;
};

static uint32_t draw(struct stream *stream, uint32_t below)
{
    stream->seed ^= stream->seed << 13;
    stream->seed ^= stream->seed >> 7;
    stream->seed ^= stream->seed << 17;
    return (uint32_t)(stream->seed >> 20) % below;
}

/* Most are short, some longer than a record. */
static size_t text_of(uint32_t number, uint8_t *out)
{
    uint32_t mixed = number * 2654435761u;
    size_t size = mixed % 8 == 0 ? (mixed >> 8) % STREAM_TEXT_MAX : (mixed >> 8) % 255;

    for (size_t i = 0; i < size; i++)
        out[i] = (uint8_t)(mixed >> i % 24) ^ (uint8_t)i;
    return size;
}

static void make_request(struct smpp_pdu *out, uint32_t command, uint32_t number)
{
    static uint8_t text[STREAM_TEXT_MAX];
    size_t size = text_of(number, text);

    smpp_pdu_init(out, command, ESME_ROK, number);
    out->destination = (struct smpp_octets){(const uint8_t *)"390", 3};
    assert_true(smpp_pdu_add_tlv(out, SMPP_TLV_MESSAGE_PAYLOAD, text, (uint16_t)size));
}

static void check_request(const struct smpp_pdu *request, uint32_t number)
{
    static uint8_t text[STREAM_TEXT_MAX];
    const struct smpp_tlv *payload = smpp_pdu_tlv(request, SMPP_TLV_MESSAGE_PAYLOAD);
    size_t size = text_of(number, text);

    assert_non_null(payload);
    assert_int_equal(payload->size, size);
    assert_memory_equal(payload->value, text, size);
}

static void say_pdu(struct stream *stream, const struct smpp_pdu *pdu)
{
    size_t room = smpp_pdu_encoded_size(pdu);

    stream->out = realloc(stream->out, stream->out_size + room);
    assert_non_null(stream->out);
    stream->out_size += smpp_pdu_encode(pdu, stream->out + stream->out_size, room);
}

static struct stream *stream_of(void *owner)
{
    return (struct stream *)((uint8_t *)owner - offsetof(struct stream, line));
}

static void take_submit(void *owner, const struct smpp_pdu *request)
{
    struct stream *stream = stream_of(owner);

    assert_int_equal(request->sequence, ++stream->submits);
    check_request(request, request->sequence);
    line_on_submit(owner, request);
}

static void take_acknowledgement(void *owner, const struct smpp_pdu *response,
                                 uint64_t cookie)
{
    struct stream *stream = stream_of(owner);

    assert_int_equal(response->status, ESME_ROK);
    assert_int_equal(cookie, stream->acknowledged++);
}

static void offer(struct stream *stream)
{
    struct smpp_pdu request;

    for (; stream->offered < STREAM_DELIVERS && draw(stream, 8) != 0; stream->offered++) {
        make_request(&request, SMPP_DELIVER_SM, 5000 + stream->offered);
        if (smpp_session_send(stream->line.session, &request, stream->offered) !=
            SMPP_SEND_OK)
            return;
    }
}

/* A PDU the client has heard. */
static void hear_pdu(struct stream *stream, const uint8_t *octets, size_t size)
{
    struct smpp_pdu pdu, answer;

    assert_int_equal(smpp_pdu_decode(octets, size, &pdu), ESME_ROK);
    if (pdu.command == (SMPP_SUBMIT_SM | SMPP_RESPONSE)) {
        assert_int_equal(pdu.sequence, ++stream->answers);
        assert_int_equal(size, 18);
    } else if (pdu.command == SMPP_DELIVER_SM) {
        check_request(&pdu, 5000 + stream->delivers++);
        smpp_pdu_init(&answer, SMPP_DELIVER_SM | SMPP_RESPONSE, ESME_ROK, pdu.sequence);
        say_pdu(stream, &answer);
    } else {
        assert_int_equal(pdu.command, SMPP_BIND_TRANSCEIVER | SMPP_RESPONSE);
    }
}

static void hear_some(struct stream *stream)
{
    size_t room = 1 + draw(stream, 20000);
    size_t used = 0;
    ssize_t some;

    stream->in = realloc(stream->in, stream->in_size + room);
    assert_non_null(stream->in);
    some = stream->ssl != NULL
               ? SSL_read(stream->ssl, stream->in + stream->in_size, (int)room)
               : recv(stream->fd, stream->in + stream->in_size, room, 0);
    stream->in_size += some > 0 ? (size_t)some : 0;
    while (stream->in_size - used >= 4 &&
           smpp_wire_get_32(stream->in + used) <= stream->in_size - used) {
        hear_pdu(stream, stream->in + used, smpp_wire_get_32(stream->in + used));
        used += smpp_wire_get_32(stream->in + used);
    }
    memmove(stream->in, stream->in + used, stream->in_size - used);
    stream->in_size -= used;
}

/* What was begun is said to its end before another piece is drawn, as TLS wants it. */
static void say_some(struct stream *stream)
{
    ssize_t some;

    if (stream->piece == 0 && stream->out_said < stream->out_size)
        stream->piece = 1 + draw(stream, 20000);
    if (stream->piece > stream->out_size - stream->out_said)
        stream->piece = stream->out_size - stream->out_said;
    if (stream->piece == 0)
        return;
    some =
        stream->ssl != NULL
            ? SSL_write(stream->ssl, stream->out + stream->out_said, (int)stream->piece)
            : send(stream->fd, stream->out + stream->out_said, stream->piece, MSG_NOSIGNAL);
    if (some <= 0)
        return;
    stream->out_said += (size_t)some;
    stream->piece -= (size_t)some;
    if (stream->ssl != NULL && stream->piece == 0 && draw(stream, 10) == 0 &&
        SSL_version(stream->ssl) == TLS1_3_VERSION)
        (void)SSL_key_update(stream->ssl, SSL_KEY_UPDATE_NOT_REQUESTED);
}

static void set_rooms(struct stream *stream, int fd)
{
    static const int names[] = {SO_SNDBUF, SO_RCVBUF};

    for (size_t i = 0; i < ROWS(names); i++) {
        int room = 2048 << draw(stream, 8);

        setsockopt(fd, SOL_SOCKET, names[i], &room, sizeof(room));
    }
}

static void run_stream(uint64_t seed, const struct smpp_transport *transport,
                       struct place *place, int version)
{
    static struct stream stream;
    struct smpp_session_config config = line_config(SMPP_ROLE_SMSC);
    struct bufferevent *bev;
    struct smpp_pdu bind, request;
    int ends[2];

    stream = (struct stream){.seed = seed * 0x9E3779B97F4A7C15u};
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    set_rooms(&stream, ends[0]);
    set_rooms(&stream, ends[1]);
    stream.fd = ends[0];
    if (version != 0) {
        stream.ssl = SSL_new(place->context);
        SSL_set_max_proto_version(stream.ssl, version);
        SSL_set_mode(stream.ssl, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
        SSL_set_fd(stream.ssl, stream.fd);
        SSL_set_connect_state(stream.ssl);
    }
    bev = transport->accepted(transport->self, place->base, ends[1]);
    config.limits.window = 20;
    line_begin(&stream.line, place->base);
    stream.line.ops.on_submit = take_submit;
    stream.line.ops.on_response = take_acknowledgement;
    stream.line.conn =
        smpp_conn_new(bev, &config, &stream.line.ops, &line_conn_ops, &stream.line);
    stream.line.session = smpp_conn_session(stream.line.conn);
    smpp_conn_set_transport(stream.line.conn, transport);

    smpp_pdu_init(&bind, SMPP_BIND_TRANSCEIVER, ESME_ROK, 1);
    bind.system_id = (struct smpp_octets){(const uint8_t *)"good", 4};
    bind.password = (struct smpp_octets){(const uint8_t *)"pw", 2};
    bind.interface_version = 0x34;
    say_pdu(&stream, &bind);
    for (unsigned i = 0; i < 1000000 && stream.line.session != NULL &&
                         smpp_session_state(stream.line.session) != SMPP_STATE_BOUND_TRX;
         i++) {
        say_some(&stream);
        hear_some(&stream);
        turn(place);
    }
    for (uint32_t i = 1; i <= STREAM_SUBMITS; i++) {
        make_request(&request, SMPP_SUBMIT_SM, i);
        say_pdu(&stream, &request);
    }
    for (unsigned i = 0; i < 1000000 && (stream.answers < STREAM_SUBMITS ||
                                         stream.acknowledged < STREAM_DELIVERS);
         i++) {
        if (stream.line.closed)
            fail_msg("seed %llu, version %x: closed, %s", (unsigned long long)seed, version,
                     smpp_end_name(stream.line.end));
        switch (draw(&stream, 4)) {
        case 0:
            say_some(&stream);
            break;
        case 1:
            hear_some(&stream);
            break;
        case 2:
            offer(&stream);
            break;
        default:
            turn(place);
        }
    }
    if (stream.answers != STREAM_SUBMITS || stream.acknowledged != STREAM_DELIVERS)
        fail_msg("seed %llu: %u answers and %u acknowledgements", (unsigned long long)seed,
                 stream.answers, stream.acknowledged);
    smpp_conn_free(stream.line.conn);
    turn(place);
    SSL_free(stream.ssl);
    close(stream.fd);
    free(stream.out);
    free(stream.in);
}

TEST(every_octet_of_a_random_stream_arrives_both_ways)
{
    enum { SEEDS = 12 };
    static const int versions[] = {0, TLS1_2_VERSION, TLS1_3_VERSION};
    struct place place;

    begin(&place);
    for (size_t i = 0; i < ROWS(versions); i++)
        for (uint64_t seed = 1; seed <= SEEDS; seed++)
            run_stream(seed,
                       versions[i] == 0 ? &smpp_transport_plain
                                        : tls_of_listen(place.tls, 0),
                       &place, versions[i]);
    end(&place);
}

/* ---- What is refused ---------------------------------------------------------------- */

TEST(a_bind_in_plain_text_ends_the_connection_and_is_counted)
{
    static const char bind[] =
        "\0\0\0\x26\0\0\0\x09\0\0\0\0\0\0\0\x01sms\0secret08\0\0\x34";
    const struct smpp_transport *transport;
    struct bufferevent *bev;
    struct place place;
    char why[100] = "";
    short what = 0;
    int ends[2];

    begin(&place);
    transport = tls_of_listen(place.tls, 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    bev = transport->accepted(transport->self, place.base, ends[1]);
    bufferevent_setcb(bev, NULL, NULL, note_event, &what);
    assert_int_equal(write(ends[0], bind, sizeof(bind)), sizeof(bind));
    for (int i = 0; i < 20; i++)
        turn(&place);
    assert_true((what & BEV_EVENT_ERROR) != 0);
    assert_true(tls_failure(bev, why, sizeof(why)));
    assert_string_equal(why, "what came is no TLS");
    bufferevent_free(bev);
    for (int i = 0; i < 3; i++)
        turn(&place);
    assert_int_equal(tls_counts(place.tls).plain[0], 1);
    assert_int_equal(tls_counts(place.tls).failed[0], 1);
    close(ends[0]);
    end(&place);
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
    struct place place;
    char error[512] = "", why[200] = "";
    short what = 0;
    SSL *ssl;
    int fd;

    begin(&place);
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
    assert_int_equal(SSL_CTX_use_certificate_file(context, certificate, SSL_FILETYPE_PEM),
                     1);
    assert_int_equal(SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM), 1);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    ssl = SSL_new(context);
    SSL_set_fd(ssl, fd);
    for (unsigned i = 0; i < TURNS_MAX && (what & BEV_EVENT_ERROR) == 0; i++) {
        turn(&place);
        (void)SSL_accept(ssl);
    }
    assert_true(tls_failure(bev, why, sizeof(why)));
    assert_string_equal(why, "tlsv13 alert certificate required");
    bufferevent_free(bev);
    turn(&place);
    SSL_free(ssl);
    SSL_CTX_free(context);
    close(fd);
    close(listener);
    end(&place);
}

TEST(a_wrong_file_is_named_and_changes_nothing)
{
    const char *right = certificate;
    struct tls_expiry own;
    struct place place;
    char error[512] = "";
    size_t at = 0;

    begin(&place);
    place.listen.tls.certificate = key; /* a key is no certificate */
    assert_false(tls_reload(place.tls, error, sizeof(error)));
    assert_non_null(strstr(error, "listen 'smpps': certificate '"));
    assert_non_null(strstr(error, "own.key"));
    assert_int_equal(tls_counts(place.tls).reloads_refused, 1);
    place.listen.tls.certificate = right;
    place.listen.tls.crl = key; /* nor a list */
    assert_false(tls_reload(place.tls, error, sizeof(error)));
    assert_non_null(strstr(error, "listen 'smpps': crl '"));
    assert_non_null(strstr(error, "own.key': there is no list in it"));
    place.listen.tls.crl = "";
    assert_false(tls_next_crl(place.tls, &at, &own));
    at = 0;
    assert_true(tls_next_certificate(place.tls, &at, &own));
    assert_in_range(own.at_s - time(NULL), 5 * 86400 - 60, 5 * 86400);
    assert_false(tls_next_certificate(place.tls, &at, &own));
    end(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(a_crowd_of_handshakes_is_spread_over_turns_and_nobody_is_forgotten),
        RUN(a_record_that_passes_the_watermark_is_read_to_its_end),
        RUN(what_waits_in_pieces_longer_than_a_record_arrives_in_its_order),
        RUN(who_changes_his_keys_without_end_is_cut),
        RUN(an_operator_who_asks_for_a_handshake_in_the_handshake_is_left),
        RUN(what_has_left_in_a_whole_record_is_not_called_unsent),
        RUN(a_reset_ends_the_connection_at_once),
        RUN(who_ends_its_side_without_a_word_is_still_answered),
        RUN(every_octet_of_a_random_stream_arrives_both_ways),
        RUN(a_bind_in_plain_text_ends_the_connection_and_is_counted),
        RUN(the_reason_told_is_the_one_there_was),
        RUN(a_wrong_file_is_named_and_changes_nothing),
    };

    signal(SIGPIPE, SIG_IGN); /* as the daemon */
    return cmocka_run_group_tests(tests, make_certificate, remove_certificate);
}
