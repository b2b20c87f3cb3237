/*
 * Calls over TLS: whose certificate is taken, and what a peer may do behind his handshake.
 * The test is the peer, through the library itself, in turns with the loop.
 */
#include "gateway/http_trust.h"

#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "gateway/clock.h"
#include "gateway/http_client.h"
#include "tests/test.h"

enum { TURNS_MAX = 20000 };

static char folder[] = "/tmp/sluice-trust-XXXXXX";
static char certificate[64], empty[64];
static X509 *own;
static EVP_PKEY *pair;

struct place {
    struct event_base *base;
    struct clock *clock;
    struct http_trust *trust;
    struct http_client *client;
    SSL_CTX *context; /* of the peer */
    int listener;
    int fd;
    SSL *ssl;
    char url[64];
    unsigned turns;
    /* the result */
    unsigned done;
    enum http_outcome outcome;
    int status;
    char reason[200];
};

/* It signs itself: an authority for nobody else. */
static int make_certificate(void **state)
{
    X509_EXTENSION *name;
    FILE *file;

    (void)state;
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(certificate, sizeof(certificate), "%s/own.crt", folder);
    snprintf(empty, sizeof(empty), "%s/empty", folder);
    pair = EVP_EC_gen("P-256");
    own = X509_new();
    name = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "IP:127.0.0.1");
    X509_set_version(own, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(own), 1);
    X509_gmtime_adj(X509_getm_notBefore(own), 0);
    X509_gmtime_adj(X509_getm_notAfter(own), 86400);
    X509_set_pubkey(own, pair);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(own), "CN", MBSTRING_ASC,
                               (const unsigned char *)"hook.example", -1, -1, 0);
    X509_set_issuer_name(own, X509_get_subject_name(own));
    X509_add_ext(own, name, -1);
    X509_sign(own, pair, EVP_sha256());
    X509_EXTENSION_free(name);
    file = fopen(certificate, "w");
    PEM_write_X509(file, own);
    fclose(file);
    file = fopen(empty, "w");
    return fclose(file);
}

static int remove_certificate(void **state)
{
    (void)state;
    X509_free(own);
    EVP_PKEY_free(pair);
    unlink(certificate);
    unlink(empty);
    return rmdir(folder);
}

static void on_done(void *owner, const struct http_result *result)
{
    struct place *place = owner;

    place->done++;
    place->outcome = result->outcome;
    place->status = result->status;
    snprintf(place->reason, sizeof(place->reason), "%s", result->reason);
}

static void begin(struct place *place, const char *trusted)
{
    struct http_client_options options = http_default_options;
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    char error[300] = "";

    *place = (struct place){.base = event_base_new(), .fd = -1};
    place->clock = clock_new(place->base);
    if (trusted != NULL) {
        place->trust = http_trust_new(trusted, error, sizeof(error));
        if (place->trust == NULL)
            fail_msg("%s", error);
    }
    options.allow_private = true;
    options.trust = place->trust;
    place->client = http_client_new(place->base, place->clock, &options, on_done, place);
    place->context = SSL_CTX_new(TLS_server_method());
    assert_int_equal(SSL_CTX_use_certificate(place->context, own), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(place->context, pair), 1);
    place->listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(place->listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(place->listener, 1), 0);
    assert_int_equal(getsockname(place->listener, (struct sockaddr *)&address, &size), 0);
    evutil_make_socket_nonblocking(place->listener);
    snprintf(place->url, sizeof(place->url), "https://127.0.0.1:%u/",
             ntohs(address.sin_port));
}

static void end(struct place *place)
{
    SSL_free(place->ssl);
    SSL_CTX_free(place->context);
    close(place->fd);
    close(place->listener);
    http_client_free(place->client);
    http_trust_free(place->trust);
    clock_free(place->clock);
    event_base_free(place->base);
}

/* One turn, as the daemon runs them; it waits for no more than a moment. */
static void turn(struct place *place)
{
    struct timeval moment = {.tv_usec = 1000};

    event_base_loopexit(place->base, &moment);
    event_base_loop(place->base, EVLOOP_ONCE);
    place->turns++;
}

/* True: the request has come. */
static bool serve(struct place *place)
{
    char request[4096];

    if (place->fd < 0) {
        place->fd = accept(place->listener, NULL, NULL);
        if (place->fd < 0)
            return false;
        evutil_make_socket_nonblocking(place->fd);
        place->ssl = SSL_new(place->context);
        SSL_set_fd(place->ssl, place->fd);
    }
    return SSL_accept(place->ssl) == 1 &&
           SSL_read(place->ssl, request, sizeof(request)) > 0;
}

static void post(struct place *place)
{
    const struct http_call given = {.url = place->url,
                                    .body = "{}",
                                    .body_size = 2,
                                    .connect_timeout_ms = 20000,
                                    .timeout_ms = 20000};

    assert_true(http_client_post(place->client, &given));
}

/* True: the request has come. */
static bool call(struct place *place)
{
    post(place);
    for (unsigned i = 0; i < TURNS_MAX && place->done == 0; i++) {
        turn(place);
        if (serve(place))
            return true;
    }
    return false;
}

static void answer(struct place *place)
{
    static const char text[] = "HTTP/1.1 204 No Content\r\n\r\n";

    assert_int_equal(SSL_write(place->ssl, text, sizeof(text) - 1), sizeof(text) - 1);
    for (unsigned i = 0; i < TURNS_MAX && place->done == 0; i++)
        turn(place);
    assert_int_equal(place->done, 1);
}

TEST(a_peer_with_a_certificate_of_an_authority_of_ours_is_called)
{
    struct place place;

    begin(&place, certificate);
    assert_true(call(&place));
    answer(&place);
    assert_int_equal(place.outcome, HTTP_ANSWERED);
    assert_int_equal(place.status, 204);
    end(&place);
}

TEST(a_peer_whom_nobody_vouches_for_gets_no_octet_of_a_call)
{
    struct place place;

    begin(&place, NULL);
    assert_false(call(&place));
    assert_int_equal(place.outcome, HTTP_NOT_SENT);
    assert_non_null(strstr(place.reason, "certificate"));
    end(&place);
}

TEST(a_file_without_a_certificate_is_told)
{
    char error[300];

    assert_null(http_trust_new(empty, error, sizeof(error)));
    assert_non_null(strstr(error, "private_ca '/tmp/"));
    assert_null(http_trust_new("/nowhere", error, sizeof(error)));
    assert_string_equal(error, "private_ca '/nowhere': No such file or directory");
}

TEST(who_changes_his_keys_without_end_does_not_hold_the_loop)
{
    enum { UPDATES = 3000, A_TURN_MAX = 10 };
    int room = 4 * 1024 * 1024;
    struct place place;
    unsigned before;

    begin(&place, certificate);
    assert_true(call(&place));
    setsockopt(place.fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
    for (unsigned i = 0; i < UPDATES; i++) {
        assert_int_equal(SSL_key_update(place.ssl, SSL_KEY_UPDATE_NOT_REQUESTED), 1);
        assert_int_equal(SSL_do_handshake(place.ssl), 1);
    }
    before = place.turns;
    answer(&place);
    assert_int_equal(place.outcome, HTTP_ANSWERED);
    assert_true(place.turns - before >= UPDATES / A_TURN_MAX);
    end(&place);
}

/* RFC 5246 7.4.1.1: a client that is in a handshake passes over it, and so the library
 * reads on, even before there is a key. */
TEST(who_asks_for_a_handshake_in_the_handshake_is_left)
{
    static const uint8_t hello_request[9] = {22, 3, 3, 0, 4, 0, 0, 0, 0};
    struct place place;

    begin(&place, certificate);
    post(&place);
    for (unsigned i = 0; i < TURNS_MAX && place.fd < 0; i++) {
        turn(&place);
        place.fd = accept(place.listener, NULL, NULL);
    }
    for (unsigned i = 0; i < 1000; i++)
        assert_int_equal(send(place.fd, hello_request, 9, MSG_NOSIGNAL), 9);
    for (unsigned i = 0; i < 50 && place.done == 0; i++)
        turn(&place);
    assert_int_equal(place.done, 1);
    assert_int_equal(place.outcome, HTTP_NOT_SENT);
    end(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(a_peer_with_a_certificate_of_an_authority_of_ours_is_called),
        RUN(a_peer_whom_nobody_vouches_for_gets_no_octet_of_a_call),
        RUN(a_file_without_a_certificate_is_told),
        RUN(who_changes_his_keys_without_end_does_not_hold_the_loop),
        RUN(who_asks_for_a_handshake_in_the_handshake_is_left),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, make_certificate, remove_certificate);
}
