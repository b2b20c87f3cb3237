/*
 * A BIO that passes octets on, holds handshakes back when a turn has had enough of them,
 * and sees whether what comes is TLS at all.
 */
#include "gateway/tls_gate.h"

#include <errno.h>
#include <stdlib.h>

#include <openssl/ssl.h>

#include "gateway/clock.h"

enum {
    HANDSHAKE_RECORD = 22, /* RFC 8446 5.1: the first octet of whoever speaks TLS */

    /* New keys and tickets take a few steps each, and are for each hour or gigabyte. */
    STEPS_MAX = 200,
    STEPS_MS = 60 * 1000,
};

struct tls_gates {
    unsigned users; /* the owner, and every gate */
    struct clock *clock;
    BIO_METHOD *method;
    tls_gates_on_gone *on_gone;
    void *owner;
    struct tls_counts *counts;

    /* Handshakes of this turn. */
    bool working;
    int64_t began_us;
    struct clock_timer turn;
};

static void release(struct tls_gates *gates)
{
    if (--gates->users > 0)
        return;
    gates->on_gone(gates->owner);
    BIO_meth_free(gates->method);
    free(gates);
}

static void turn_is_over(void *owner)
{
    struct tls_gates *gates = owner;

    gates->working = false;
}

static bool may_work(struct tls_gates *gates)
{
    int64_t now_us = clock_precise_us(gates->clock);

    if (!gates->working) {
        gates->working = true;
        gates->began_us = now_us;
        clock_arm_in(gates->clock, &gates->turn, 0, turn_is_over, gates);
    }
    return now_us - gates->began_us < TLS_HANDSHAKES_US;
}

static void note_error(struct tls_gate *gate, BIO *bio, int result)
{
    if (result < 0 && !BIO_should_retry(bio) && gate->error == 0)
        gate->error = errno;
}

static int gate_read(BIO *bio, char *data, int size)
{
    struct tls_gate *gate = BIO_get_data(bio);
    int got;

    BIO_clear_retry_flags(bio);
    if (!gate->done && gate->side == TLS_LISTEN && !may_work(gate->gates)) {
        BIO_set_retry_read(bio); /* the socket stays readable */
        return -1;
    }
    if (gate->steps > STEPS_MAX) {
        gate->error = errno = EPROTO;
        return -1;
    }
    got = BIO_read(BIO_next(bio), data, size);
    BIO_copy_next_retry(bio);
    note_error(gate, bio, got);
    if (got > 0 && !gate->heard) {
        gate->heard = true;
        gate->is_plain = data[0] != HANDSHAKE_RECORD;
    }
    return got;
}

static int gate_write(BIO *bio, const char *data, int size)
{
    int put;

    BIO_clear_retry_flags(bio);
    put = BIO_write(BIO_next(bio), data, size);
    BIO_copy_next_retry(bio);
    note_error(BIO_get_data(bio), bio, put);
    return put;
}

static long gate_control(BIO *bio, int command, long number, void *pointer)
{
    return BIO_ctrl(BIO_next(bio), command, number, pointer);
}

static int gate_destroy(BIO *bio)
{
    struct tls_gate *gate = BIO_get_data(bio);
    struct tls_counts *counts = gate->gates->counts;

    if (gate->heard && !gate->done) {
        counts->failed[gate->side]++;
        counts->plain[gate->side] += gate->is_plain;
    }
    release(gate->gates);
    free(gate);
    return 1;
}

static BIO_METHOD *make_gate_method(void)
{
    BIO_METHOD *method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_FILTER, "gate");

    if (method == NULL || !BIO_meth_set_read(method, gate_read) ||
        !BIO_meth_set_write(method, gate_write) ||
        !BIO_meth_set_ctrl(method, gate_control) ||
        !BIO_meth_set_destroy(method, gate_destroy))
        abort();
    return method;
}

struct tls_gates *tls_gates_new(struct clock *clock, struct tls_counts *counts,
                                tls_gates_on_gone *on_gone, void *owner)
{
    struct tls_gates *gates = calloc(1, sizeof(*gates));

    if (gates == NULL)
        abort();
    gates->users = 1;
    gates->clock = clock;
    gates->method = make_gate_method();
    gates->counts = counts;
    gates->on_gone = on_gone;
    gates->owner = owner;
    return gates;
}

void tls_gates_free(struct tls_gates *gates)
{
    if (gates->clock != NULL)
        clock_disarm(gates->clock, &gates->turn);
    release(gates);
}

static void count_step(struct tls_gate *gate)
{
    int64_t now_ms = clock_mono_ms(gate->gates->clock);

    if (now_ms - gate->since_ms >= STEPS_MS) {
        gate->since_ms = now_ms;
        gate->steps = 0;
    }
    gate->steps++;
}

static void on_progress(const SSL *ssl, int where, int result)
{
    struct tls_gate *gate = SSL_get_app_data(ssl);

    (void)result;
    if (gate->done && (where & SSL_CB_LOOP) != 0)
        count_step(gate);
    if (where != SSL_CB_HANDSHAKE_DONE || gate->done)
        return;
    gate->done = true;
    gate->gates->counts->done[gate->side]++;
}

void tls_gate_put(struct tls_gates *gates, enum tls_side side, SSL *ssl, int fd)
{
    struct tls_gate *gate = calloc(1, sizeof(*gate));
    BIO *bio = BIO_new(gates->method);
    BIO *socket = BIO_new_socket(fd, BIO_NOCLOSE);

    if (gate == NULL || bio == NULL || socket == NULL || !SSL_set_app_data(ssl, gate))
        abort();
    gate->gates = gates;
    gates->users++;
    gate->side = side;
    BIO_set_data(bio, gate);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl, BIO_push(bio, socket), bio);
    SSL_set_info_callback(ssl, on_progress);
}

const struct tls_gate *tls_gate_of(const SSL *ssl)
{
    return SSL_get_app_data(ssl);
}
