/*
 * TLS below the session: what a turn of the loop may spend on handshakes, what is said of
 * who speaks something else, and who outlives whom.  The test is the clients, through the
 * library itself.
 */
#include "gateway/tls.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
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
#include "smpp/transport.h"
#include "tests/test.h"

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

/* Connected, and its hello is on its way. */
static void connect_client(struct place *place, struct client *client)
{
    const struct smpp_transport *transport = tls_of_listen(place->tls, 0);
    int ends[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
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

/* ---- What is refused ---------------------------------------------------------------- */

static void note_event(struct bufferevent *bev, short what, void *out)
{
    (void)bev;
    *(short *)out = what;
}

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
        RUN(a_bind_in_plain_text_ends_the_connection_and_is_counted),
        RUN(a_wrong_file_is_named_and_changes_nothing),
    };

    return cmocka_run_group_tests(tests, make_certificate, remove_certificate);
}
