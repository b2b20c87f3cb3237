/*
 * A listener over TLS with a certificate of its own, and clients through the library
 * itself: the test is they.
 */
#ifndef TESTS_GATEWAY_TLS_PLACE_H
#define TESTS_GATEWAY_TLS_PLACE_H

#include <openssl/ssl.h>

#include "gateway/config.h"

struct bufferevent;
struct event_base;

enum { TURNS_MAX = 5000 }; /* until what is waited for has come */

/* The files, for all tests of a program. */
extern char tls_place_certificate[64], tls_place_key[64];

int tls_place_enter(void **state);
int tls_place_leave(void **state);

struct tls_place {
    struct event_base *base;
    struct clock *clock;
    struct config_listen listen;
    struct config config;
    struct tls *tls;
    SSL_CTX *context; /* of the clients */
};

struct tls_client {
    SSL *ssl;
    int fd;
    struct bufferevent *bev; /* our side */
};

void tls_place_begin(struct tls_place *place);
void tls_place_end(struct tls_place *place);

/* One turn, as the daemon runs them. */
void tls_place_turn(struct tls_place *place);

/* Two ends of a connection of TCP, which may be reset. */
void tls_place_make_ends(int ends[2]);

/* Connected, and its hello is on its way. */
void tls_place_connect(struct tls_place *place, struct tls_client *client);
void tls_client_close(struct tls_client *client);

#endif
