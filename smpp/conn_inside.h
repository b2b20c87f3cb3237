/*
 * What the parts of a conn share: conn.c holds its course and its life, conn_input.c what
 * comes, conn_output.c what goes.  Only they include this.
 */
#ifndef SMPP_CONN_INSIDE_H
#define SMPP_CONN_INSIDE_H

#include <event2/event.h>
#include <event2/event_struct.h>

#include "smpp/aside.h"
#include "smpp/conn.h"

struct evbuffer;
struct evbuffer_cb_info;

enum {
    /* Half of the output is for what we send: beyond this mark no request of ours is begun,
     * and one more PDU still fits.  The other half is for the answers that are owed, so
     * nothing is read whose answer might not fit. */
    OUTPUT_HALF = SMPP_CONN_OUTPUT_MAX / 2,
};

enum phase {
    RUNNING,
    FINISHING, /* nothing more is read; what is to be written is written */
    LINGERING, /* our side is shut; what comes is dropped until the peer closes too */
    CLOSED,    /* to be freed from the loop */
};

struct smpp_conn {
    struct bufferevent *bev;
    struct smpp_session *session;
    const struct smpp_conn_ops *ops;
    void *owner;
    const struct smpp_transport *transport; /* NULL: it has nothing to be told */
    struct event turn;

    enum phase phase;
    enum smpp_end end;
    int error;
    bool reading;
    bool peer_ended; /* its side of the stream */
    bool wide;       /* the limits of a bound peer apply */
    bool output_full;
    bool waking; /* `turn` is active */
    bool more;   /* whole frames may still lie in the input */

    struct smpp_aside aside; /* requests that came while the session is held */

    uint8_t *out; /* committed by the session, not yet given to the bufferevent */
    size_t out_used;
    size_t out_room;
    uint64_t octets_committed;

    int64_t progress_ms; /* when an octet last left, or the output began to fill */
    int64_t linger_due_ms;
    int64_t wake_ms; /* asked for; INT64_MAX = nothing is */
    unsigned deferrals;
    struct smpp_conn_counters counters;
};

static inline int64_t now_of(const struct smpp_conn *conn)
{
    return conn->ops->now_ms(conn->owner);
}

/* `turn` comes soon. */
void smpp_conn_wake(struct smpp_conn *conn);

/* ---- in (conn_input.c) ---- */

/* Gives the session what has come, as much as may be in one callback. */
void smpp_conn_receive_input(struct smpp_conn *conn);
bool smpp_conn_may_receive(const struct smpp_conn *conn);
bool smpp_conn_may_take_aside(const struct smpp_conn *conn);

/* ---- out (conn_output.c) ---- */

/* As smpp_session_io wants them. */
uint8_t *smpp_conn_reserve_output(void *self, size_t room);
void smpp_conn_commit_output(void *self, size_t size);

/* Octets that were handed to the transport. */
uint64_t smpp_conn_octets_sent(const struct smpp_conn *conn);

/* To the transport, as much as it takes; and the session hears when there is room again. */
void smpp_conn_give_output(struct smpp_conn *conn);
void smpp_conn_watch_output(struct smpp_conn *conn);
void smpp_conn_forget_output_room(struct smpp_conn *conn);

/* The transport took some of the output. */
void smpp_conn_on_output(struct evbuffer *output, const struct evbuffer_cb_info *info,
                         void *self);

#endif
