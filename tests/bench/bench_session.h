/*
 * One transceiver: the socket, the bind, the window of unanswered submits, and the
 * answers to what the other side asks.  What it carries and what it means is the
 * owner's; the owner hears of all that happens by the functions it gave.
 *
 * Nothing is allocated after bench_session_new().  Octets go out when the owner calls
 * bench_session_flush_all(), once a turn, so that many PDUs share one write.
 */
#ifndef TESTS_BENCH_SESSION_H
#define TESTS_BENCH_SESSION_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include <event2/event.h>

#include "tests/peers/wire.h"

struct bench_session;

/* One submit on its way. */
struct bench_submit {
    uint32_t sequence; /* 0: this place is free */
    uint32_t unit;
    int64_t intended_ns;
    int64_t sent_ns;
};

struct bench_session_ops {
    void (*bound)(void *owner, struct bench_session *session);

    /* A submit was answered; `body` is that of the response. */
    void (*answered)(void *owner, struct bench_session *session,
                     const struct bench_submit *submit, uint32_t status,
                     struct wire_view body);

    /* A deliver_sm came.  True: `out_mark` is told to acknowledged() when answered. */
    bool (*delivered)(void *owner, struct bench_session *session,
                      const struct wire_message *message, uint32_t *out_mark);
    void (*acknowledged)(void *owner, uint32_t mark);

    /* Something no correct peer sends, as a few words. */
    void (*wronged)(void *owner, struct bench_session *session, const char *what);

    /*
     * The connection or the attempt at one is over; `reason` says why.  Called after
     * unanswered() for each submit that was on its way.
     */
    void (*unanswered)(void *owner, const struct bench_submit *submit);
    void (*closed)(void *owner, struct bench_session *session, const char *reason,
                   bool was_bound);
};

struct bench_session_config {
    struct event_base *base;
    const struct sockaddr *address;
    socklen_t address_size;
    const char *system_id;
    const char *password;
    uint16_t account;
    uint16_t number;
    unsigned window;
    bool no_ack;
    int64_t ack_delay_ns;
    struct bench_session **unflushed; /* the owner's, of all its sessions; NULL at first */
    const struct bench_session_ops *ops;
    void *owner;
};

enum bench_session_state {
    BENCH_SESSION_CLOSED,
    BENCH_SESSION_CONNECTING,
    BENCH_SESSION_BINDING,
    BENCH_SESSION_BOUND,
    BENCH_SESSION_UNBINDING,
};

/* `config` is copied, what it points at is borrowed.  Never NULL. */
struct bench_session *bench_session_new(const struct bench_session_config *config);
void bench_session_free(struct bench_session *session);

/* Connects and binds.  Only when closed; a failure is told by closed(), later. */
void bench_session_connect(struct bench_session *session);

/* Sends unbind; closed() follows when it is answered.  Only when bound. */
void bench_session_unbind(struct bench_session *session);

/* True when bound and neither window nor output is full. */
bool bench_session_has_room(const struct bench_session *session);

/*
 * Takes a place in the window: the caller then writes one submit_sm with the sequence
 * number returned to bench_session_output().  Only when there is room.
 */
uint32_t bench_session_take(struct bench_session *session, uint32_t unit,
                            int64_t intended_ns, int64_t now_ns);
struct wire_buffer *bench_session_output(struct bench_session *session);

/*
 * Of the sessions that put themselves into `unflushed`: answers receipts whose time has
 * come and writes what is there to write.  Returns when the next one has to be answered;
 * INT64_MAX: none waits.
 */
int64_t bench_session_flush_all(struct bench_session **unflushed, int64_t now_ns);

enum bench_session_state bench_session_state(const struct bench_session *session);
uint16_t bench_session_account(const struct bench_session *session);
uint16_t bench_session_number(const struct bench_session *session);
unsigned bench_session_in_flight(const struct bench_session *session);

/* When what is being told was read. */
int64_t bench_session_read_ns(const struct bench_session *session);

/*
 * Looks whether there is anything to read, where answers are awaited; and when there last
 * was nothing (0: never).
 */
void bench_session_probe(struct bench_session *session);
int64_t bench_session_drained_ns(const struct bench_session *session);

#endif
