/*
 * A session on a bufferevent: octets in, frames to the session; the session's octets
 * out, gathered and written once per turn of the loop.
 *
 * The bufferevent is the seam of the transport: a plain socket, TLS, or one end of a
 * bufferevent_pair in a simulator.  No libevent time-out is used: the owner is asked
 * to call smpp_conn_tick() at a time, and is asked what time it is.
 *
 * Bounds: a bounded number of PDUs per callback, so that no peer starves another; at most
 * SMPP_CONN_OUTPUT_MAX octets of output: smpp_session_send() says WAIT long before, and
 * nothing more is read from a peer that leaves no room for the answers; at most
 * SMPP_CONN_ASIDE_MAX octets of requests put aside while the session is held;
 * SMPP_CONN_STUCK_MS with output and without an octet leaving (or a piece of it, as its
 * transport tells), or SMPP_CONN_LINGER_MS when the peer has ended its side of the stream
 * and nothing more is owed, and the connection is closed.
 */
#ifndef SMPP_CONN_H
#define SMPP_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "smpp/session.h"

struct bufferevent;
struct smpp_conn;
struct smpp_transport;

enum {
    SMPP_CONN_OUTPUT_MAX = 256 * 1024,
    SMPP_CONN_ASIDE_MAX = 256 * 1024,
    SMPP_CONN_WINDOW_MAX = 1300, /* requests whose answers fit: no more are unanswered */
    SMPP_CONN_STUCK_MS = 60 * 1000,
    SMPP_CONN_LINGER_MS = 2 * 1000, /* after our last octet, for the peer to close */
    SMPP_CONN_PDUS_PER_CALLBACK = 256,
};

/* What a connection asks of its owner; `owner` is the one of the session. */
struct smpp_conn_ops {
    /* Monotonic milliseconds; the same within a turn of the loop. */
    int64_t (*now_ms)(void *owner);
    /* The same clock at this very moment, for when octets have left: the loop may have
     * stood still since the turn began.  NULL: now_ms() is as good. */
    int64_t (*exact_ms)(void *owner);
    /* Call smpp_conn_tick() at `due_ms` (or later); replaces the time asked for before. */
    void (*wake_at)(void *owner, int64_t due_ms);
    /*
     * The connection is over; every callback of the session was made.  Comes from the
     * loop, never from inside a call of the owner; the conn and its session are freed
     * when it returns.  `error` is an errno, 0 if there is none to tell.
     */
    void (*on_closed)(void *owner, enum smpp_end end, int error);
};

/*
 * Takes the bufferevent, connected or being connected, and its callbacks, and starts
 * reading.  `ops` of both kinds are borrowed for its
 * life, `config` is copied.  Never NULL.
 */
struct smpp_conn *smpp_conn_new(struct bufferevent *take_bev,
                                const struct smpp_session_config *config,
                                const struct smpp_session_ops *session_ops,
                                const struct smpp_conn_ops *conn_ops, void *owner);

/* The transport that made the bufferevent, if it wants to be told of its end and of
 * reading; borrowed for the conn's life. */
void smpp_conn_set_transport(struct smpp_conn *conn,
                             const struct smpp_transport *transport);

/* What it runs on: for questions to the transport, up to the end of on_closed(). */
struct bufferevent *smpp_conn_bufferevent(const struct smpp_conn *conn);

/* Lives as long as the conn. */
struct smpp_session *smpp_conn_session(struct smpp_conn *conn);

/* To be called at the time asked for by wake_at(); earlier is harmless. */
void smpp_conn_tick(struct smpp_conn *conn);

/*
 * Ends it now, what is not written is lost.  Safe from anywhere, twice too: the conn is
 * freed, after on_closed(), once the stack that is using it has unwound to the loop.
 */
void smpp_conn_close(struct smpp_conn *conn);

/* Writes what there is, then closes; for a bound session use smpp_session_unbind(). */
void smpp_conn_finish(struct smpp_conn *conn);

/* Frees it without the loop and without any callback: for the end of the process, and
 * never from inside one of its callbacks.  Accepts NULL. */
void smpp_conn_free(struct smpp_conn *conn);

struct smpp_conn_counters {
    uint64_t octets_in;
    uint64_t octets_out;    /* handed to the transport */
    uint64_t output_full;   /* times the output passed its mark */
    uint32_t broken_length; /* the command_length that ended it; 0 = none did */
};

const struct smpp_conn_counters *smpp_conn_counters(const struct smpp_conn *conn);

/* Octets that wait to be written. */
size_t smpp_conn_output_size(const struct smpp_conn *conn);

#endif
