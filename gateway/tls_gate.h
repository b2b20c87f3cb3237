/*
 * Between each connection that speaks TLS and its socket: how far its handshake is, and a
 * bound on how much of a turn of the loop handshakes may take (gateway/tls.h).  Behind its
 * handshake a side may change its keys: who does it without end is cut, as the library
 * would read for as long as he goes on.
 *
 * The library may free a connection, and with it its gate, after all else is gone: what
 * they share is let go when its owner and the last gate are.
 */
#ifndef GATEWAY_TLS_GATE_H
#define GATEWAY_TLS_GATE_H

#include <stdbool.h>
#include <stdint.h>

#include <openssl/types.h>

#include "gateway/tls.h"

struct tls_gates;

/* The last of them is gone: what they were given may go. */
typedef void tls_gates_on_gone(void *owner);

/* Handshakes are counted in `counts`, which is borrowed until on_gone().  `clock` may be
 * NULL as long as there is no gate. */
struct tls_gates *tls_gates_new(struct clock *clock, struct tls_counts *counts,
                                tls_gates_on_gone *on_gone, void *owner);

/* May tell on_gone(). */
void tls_gates_free(struct tls_gates *gates);

/* Of a connection; freed with its SSL. */
struct tls_gate {
    struct tls_gates *gates;
    enum tls_side side;
    bool heard;
    bool is_plain;    /* what came first begins no record of TLS */
    bool done;        /* the handshake */
    int error;        /* of the socket; 0: none */
    unsigned steps;   /* of handshakes behind the first, */
    int64_t since_ms; /* since then */
};

/* Between `ssl` and the socket, which stays its owner's. */
void tls_gate_put(struct tls_gates *gates, enum tls_side side, SSL *ssl, int fd);

const struct tls_gate *tls_gate_of(const SSL *ssl);

#endif
