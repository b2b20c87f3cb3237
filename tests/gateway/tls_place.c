#include "tests/gateway/tls_place.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/bufferevent.h>
#include <event2/event.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "gateway/clock.h"
#include "gateway/tls.h"
#include "smpp/transport.h"
#include "tests/test.h"

enum { KEY_BITS = 3072 }; /* a signature with it takes about a millisecond */

static char folder[] = "/tmp/sluice-tls-XXXXXX";
char tls_place_certificate[64], tls_place_key[64];

int tls_place_enter(void **state)
{
    EVP_PKEY *pair = EVP_RSA_gen(KEY_BITS);
    X509 *own = X509_new();
    FILE *file;

    (void)state;
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(tls_place_certificate, sizeof(tls_place_certificate), "%s/own.crt", folder);
    snprintf(tls_place_key, sizeof(tls_place_key), "%s/own.key", folder);
    X509_set_version(own, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(own), 1);
    X509_gmtime_adj(X509_getm_notBefore(own), 0);
    X509_gmtime_adj(X509_getm_notAfter(own), 5 * 86400);
    X509_set_pubkey(own, pair);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(own), "CN", MBSTRING_ASC,
                               (const unsigned char *)"sluice.example", -1, -1, 0);
    X509_set_issuer_name(own, X509_get_subject_name(own));
    X509_sign(own, pair, EVP_sha256());
    file = fopen(tls_place_certificate, "w");
    PEM_write_X509(file, own);
    fclose(file);
    file = fopen(tls_place_key, "w");
    PEM_write_PrivateKey(file, pair, NULL, NULL, 0, NULL, NULL);
    fclose(file);
    X509_free(own);
    EVP_PKEY_free(pair);
    return 0;
}

int tls_place_leave(void **state)
{
    (void)state;
    unlink(tls_place_certificate);
    unlink(tls_place_key);
    return rmdir(folder);
}

void tls_place_begin(struct tls_place *place)
{
    char error[512] = "";

    *place = (struct tls_place){.base = event_base_new()};
    place->clock = clock_new(place->base);
    place->listen.name = "smpps";
    place->listen.tls = (struct config_tls){.on = true,
                                            .certificate = tls_place_certificate,
                                            .key = tls_place_key,
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
void tls_place_end(struct tls_place *place)
{
    tls_free(place->tls);
    clock_free(place->clock);
    event_base_free(place->base);
    SSL_CTX_free(place->context);
}

void tls_place_make_ends(int ends[2])
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

void tls_place_connect(struct tls_place *place, struct tls_client *client)
{
    const struct smpp_transport *transport = tls_of_listen(place->tls, 0);
    int ends[2];

    tls_place_make_ends(ends);
    client->fd = ends[0];
    client->bev = transport->accepted(transport->self, place->base, ends[1]);
    client->ssl = SSL_new(place->context);
    SSL_set_fd(client->ssl, client->fd);
    assert_int_equal(SSL_connect(client->ssl), -1);
}

void tls_client_close(struct tls_client *client)
{
    bufferevent_free(client->bev);
    SSL_free(client->ssl);
    close(client->fd);
}

void tls_place_turn(struct tls_place *place)
{
    event_base_loop(place->base, EVLOOP_NONBLOCK | EVLOOP_ONCE);
}
