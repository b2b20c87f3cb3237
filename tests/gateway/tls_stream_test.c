/*
 * A random stream through TLS, and through none.
 *
 * Both sides send what can be told from its number alone, in pieces and at times that are
 * drawn, through sockets whose buffers are drawn too; the test is the client and looks at
 * every octet it reads, the application at every octet it is given.
 */
#include "gateway/tls.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "smpp/transport.h"
#include "smpp/wire.h"
#include "tests/gateway/tls_place.h"
#include "tests/test.h"

#include "tests/smpp/line.h"

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
                       struct tls_place *place, int version)
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
        tls_place_turn(place);
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
            tls_place_turn(place);
        }
    }
    if (stream.answers != STREAM_SUBMITS || stream.acknowledged != STREAM_DELIVERS)
        fail_msg("seed %llu: %u answers and %u acknowledgements", (unsigned long long)seed,
                 stream.answers, stream.acknowledged);
    smpp_conn_free(stream.line.conn);
    tls_place_turn(place);
    SSL_free(stream.ssl);
    close(stream.fd);
    free(stream.out);
    free(stream.in);
}

TEST(every_octet_of_a_random_stream_arrives_both_ways)
{
    enum { SEEDS = 12 };
    static const int versions[] = {0, TLS1_2_VERSION, TLS1_3_VERSION};
    struct tls_place place;

    tls_place_begin(&place);
    for (size_t i = 0; i < ROWS(versions); i++)
        for (uint64_t seed = 1; seed <= SEEDS; seed++)
            run_stream(seed,
                       versions[i] == 0 ? &smpp_transport_plain
                                        : tls_of_listen(place.tls, 0),
                       &place, versions[i]);
    tls_place_end(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(every_octet_of_a_random_stream_arrives_both_ways),
    };

    signal(SIGPIPE, SIG_IGN); /* as the daemon */
    return cmocka_run_group_tests(tests, tls_place_enter, tls_place_leave);
}
