/*
 * The course of a connection, from its first octet to its freeing.  What comes is taken by
 * conn_input.c, what goes is given by conn_output.c.
 *
 * One event, `turn`, is how everything goes on that must not go on where it was noticed:
 * the rest of a long input, output made outside our callbacks, and the freeing itself.
 */
#include "smpp/conn_inside.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>

#include "smpp/command.h"
#include "smpp/transport.h"

enum {
    /* What may lie in our own input; the rest waits in the socket. */
    INPUT_MAX_SIZE = 2 * SMPP_PDU_MAX_SIZE,
    INPUT_UNBOUND_MAX_SIZE = 4 * SMPP_BIND_MAX_SIZE,

    /* Turns in a row for which what has arrived may put off a time-out: enough to empty a
     * socket's buffer after a stall, and an end to it for who never stops sending. */
    DEFERRALS_MAX = 128,
};

void smpp_conn_wake(struct smpp_conn *conn)
{
    if (conn->waking)
        return;
    conn->waking = true;
    event_active(&conn->turn, EV_TIMEOUT, 0);
}

/* ---- what the session asks for ---- */

static void wake_conn(void *self)
{
    smpp_conn_wake(self);
}

static void close_now(struct smpp_conn *conn, enum smpp_end end, int error)
{
    if (conn->phase == CLOSED)
        return;
    if (conn->phase == RUNNING) {
        conn->end = end;
        conn->error = error;
    }
    conn->phase = CLOSED;
    bufferevent_disable(conn->bev, EV_READ | EV_WRITE);
    smpp_conn_wake(conn);
}

static void finish_output(void *self, enum smpp_end why)
{
    struct smpp_conn *conn = self;

    if (conn->phase != RUNNING)
        return;
    if (why == SMPP_END_SILENT || why == SMPP_END_NOT_BOUND_IN_TIME) {
        close_now(conn, why, 0); /* there is nobody to be polite to */
        return;
    }
    conn->phase = FINISHING;
    conn->end = why;
    smpp_conn_wake(conn);
}

static const struct smpp_session_io session_io = {
    .reserve = smpp_conn_reserve_output,
    .commit = smpp_conn_commit_output,
    .wake = wake_conn,
    .finish = finish_output,
};

/* ---- the course of it ---- */

static void finish_writing(struct smpp_conn *conn)
{
    int fd = bufferevent_getfd(conn->bev);

    if (conn->transport != NULL && conn->transport->finish != NULL)
        conn->transport->finish(conn->transport->self, conn->bev);
    else if (fd >= 0)
        shutdown(fd, SHUT_WR);
    else
        bufferevent_flush(conn->bev, EV_WRITE, BEV_FINISHED);
}

static void linger(struct smpp_conn *conn)
{
    conn->phase = LINGERING;
    conn->linger_due_ms = now_of(conn) + SMPP_CONN_LINGER_MS;
    finish_writing(conn);
}

static void watch_reading(struct smpp_conn *conn)
{
    bool reading =
        conn->phase == LINGERING || (smpp_conn_may_receive(conn) && !conn->peer_ended);

    if (!conn->wide && smpp_session_frame_max_size(conn->session) > SMPP_BIND_MAX_SIZE) {
        conn->wide = true;
        bufferevent_setwatermark(conn->bev, EV_READ, 0, INPUT_MAX_SIZE);
    }
    if (conn->reading != reading) {
        conn->reading = reading;
        if (reading)
            bufferevent_enable(conn->bev, EV_READ);
        else
            bufferevent_disable(conn->bev, EV_READ);
        smpp_session_reading(conn->session, reading, now_of(conn));
    }
    if (reading && conn->transport != NULL && conn->transport->resume != NULL)
        conn->transport->resume(conn->transport->self, conn->bev);
}

/* INT64_MAX: nothing was tried to be written that has not left.  Who has ended its side of
 * the stream may be gone, and take nothing any more. */
static int64_t stuck_due_ms(const struct smpp_conn *conn)
{
    if (evbuffer_get_length(bufferevent_get_output(conn->bev)) == 0)
        return INT64_MAX;
    return conn->progress_ms + (conn->phase == FINISHING && conn->peer_ended
                                    ? SMPP_CONN_LINGER_MS
                                    : SMPP_CONN_STUCK_MS);
}

static int64_t next_due_ms(const struct smpp_conn *conn)
{
    int64_t due_ms = INT64_MAX;
    int64_t stuck_ms = stuck_due_ms(conn);

    if (conn->phase == RUNNING)
        due_ms = smpp_session_next_due_ms(conn->session);
    else if (conn->phase == LINGERING)
        due_ms = conn->linger_due_ms;
    return stuck_ms < due_ms ? stuck_ms : due_ms;
}

/* Asks only for what is earlier than was asked: most time-outs are never reached, and
 * to be woken once too often costs less than to move a timer with every PDU. */
static void watch_clock(struct smpp_conn *conn)
{
    int64_t due_ms = next_due_ms(conn);

    if (due_ms >= conn->wake_ms)
        return;
    conn->wake_ms = due_ms;
    conn->ops->wake_at(conn->owner, due_ms);
}

/* The end of every callback of ours, and nothing happens after it. */
static void settle(struct smpp_conn *conn)
{
    if (conn->phase == CLOSED)
        return;
    smpp_conn_give_output(conn);
    smpp_conn_watch_output(conn);
    if (conn->phase == FINISHING && smpp_conn_output_size(conn) == 0) {
        if (conn->end == SMPP_END_PEER_CLOSED || conn->peer_ended) {
            /* The socket's closing says it; a transport may have more to say. */
            if (conn->transport != NULL && conn->transport->finish != NULL)
                conn->transport->finish(conn->transport->self, conn->bev);
            close_now(conn, conn->end, 0);
            return;
        }
        linger(conn);
    }
    watch_reading(conn);
    watch_clock(conn);
    if ((conn->more && smpp_conn_may_receive(conn)) || smpp_conn_may_take_aside(conn))
        smpp_conn_wake(conn);
}

/* A socket's other side sees the closing; without one it must be told, and must not be
 * given what the session has been told was not sent. */
static void hang_up(struct smpp_conn *conn)
{
    struct evbuffer *output = bufferevent_get_output(conn->bev);

    evbuffer_remove_cb(output, smpp_conn_on_output, conn);
    bufferevent_setcb(conn->bev, NULL, NULL, NULL, NULL);
    if (bufferevent_getfd(conn->bev) >= 0)
        return;
    evbuffer_unfreeze(output, 1);
    evbuffer_drain(output, SIZE_MAX);
    bufferevent_flush(conn->bev, EV_WRITE, BEV_FINISHED);
}

static void free_parts(struct smpp_conn *conn)
{
    hang_up(conn);
    event_del(&conn->turn);
    smpp_session_free(conn->session);
    bufferevent_free(conn->bev);
    smpp_aside_clear(&conn->aside);
    free(conn->out);
    free(conn);
}

static void reap(struct smpp_conn *conn)
{
    smpp_session_ended(conn->session, smpp_conn_octets_sent(conn));
    conn->ops->on_closed(conn->owner, conn->end, conn->error);
    free_parts(conn);
}

/* All that came before the end of the stream was heard, unless it may not be yet. */
static void tell_end_of_stream(struct smpp_conn *conn)
{
    if (conn->peer_ended && smpp_conn_may_receive(conn) && !conn->more &&
        conn->aside.count == 0)
        smpp_session_peer_ended(conn->session, now_of(conn));
}

static void on_turn(evutil_socket_t fd, short what, void *self)
{
    struct smpp_conn *conn = self;

    (void)fd;
    (void)what;
    conn->waking = false;
    if (conn->phase == CLOSED) {
        reap(conn);
        return;
    }
    smpp_conn_receive_input(conn);
    tell_end_of_stream(conn);
    settle(conn);
}

static void on_readable(struct bufferevent *bev, void *self)
{
    struct smpp_conn *conn = self;

    if (conn->phase == LINGERING)
        evbuffer_drain(bufferevent_get_input(bev), SIZE_MAX);
    smpp_conn_receive_input(conn);
    settle(conn);
}

/* What came before the end is still heard, and answered: who closes its side may listen on
 * the other. */
static void on_event(struct bufferevent *bev, short what, void *self)
{
    struct smpp_conn *conn = self;
    int error = EVUTIL_SOCKET_ERROR();

    (void)bev;
    if ((what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) == 0)
        return;
    do
        smpp_conn_receive_input(conn);
    while (conn->more && smpp_conn_may_receive(conn));
    if ((what & BEV_EVENT_ERROR) != 0)
        close_now(conn, SMPP_END_FAILED, error);
    else if (conn->phase == LINGERING)
        close_now(conn, SMPP_END_PEER_CLOSED, 0);
    else
        conn->peer_ended = true;
    tell_end_of_stream(conn);
    /* Some transports stop both ways at the end of one. */
    if (conn->phase != CLOSED)
        bufferevent_enable(conn->bev, EV_WRITE);
    settle(conn);
}

static bool socket_is(const struct smpp_conn *conn, short ready)
{
    struct pollfd socket = {.fd = bufferevent_getfd(conn->bev), .events = ready};

    return socket.fd >= 0 && poll(&socket, 1, 0) == 1;
}

/* Something lies in the socket, or in our input, that was sent before this moment, or what
 * is stuck has been read. */
static bool has_unnoticed(const struct smpp_conn *conn, int64_t now_ms)
{
    if (now_ms >= stuck_due_ms(conn) && socket_is(conn, POLLOUT))
        return true;
    return conn->phase == RUNNING && conn->reading &&
           (conn->more || socket_is(conn, POLLIN));
}

static void fire_due(struct smpp_conn *conn, int64_t now_ms)
{
    if (now_ms >= stuck_due_ms(conn))
        close_now(conn, SMPP_END_STUCK, 0);
    else if (conn->phase == LINGERING)
        close_now(conn, conn->end, 0);
    else if (conn->phase == RUNNING)
        smpp_session_tick(conn->session, now_ms);
}

void smpp_conn_tick(struct smpp_conn *conn)
{
    int64_t now_ms = now_of(conn);

    if (conn->phase == CLOSED)
        return;
    conn->wake_ms = INT64_MAX;
    /* Timers are for the quiet: a busy connection finds new room soon enough. */
    if (conn->out_used == 0)
        smpp_conn_forget_output_room(conn);
    if (conn->aside.count == 0)
        smpp_aside_clear(&conn->aside);
    /* What a transport has read and not yet told of lies in our input. */
    if (next_due_ms(conn) <= now_ms)
        smpp_conn_receive_input(conn);
    if (next_due_ms(conn) > now_ms) {
        conn->deferrals = 0;
    } else if (conn->deferrals < DEFERRALS_MAX && has_unnoticed(conn, now_ms)) {
        conn->deferrals++;
    } else {
        conn->deferrals = 0;
        fire_due(conn, now_ms);
    }
    settle(conn);
}

/* ---- life ---- */

struct smpp_conn *smpp_conn_new(struct bufferevent *take_bev,
                                const struct smpp_session_config *config,
                                const struct smpp_session_ops *session_ops,
                                const struct smpp_conn_ops *conn_ops, void *owner)
{
    struct smpp_conn *conn = calloc(1, sizeof(*conn));

    if (conn == NULL)
        abort();
    conn->bev = take_bev;
    conn->ops = conn_ops;
    conn->owner = owner;
    conn->wake_ms = INT64_MAX;
    conn->reading = true;
    conn->session =
        smpp_session_new(config, session_ops, owner, &session_io, conn, now_of(conn));

    event_assign(&conn->turn, bufferevent_get_base(take_bev), -1, 0, on_turn, conn);
    if (evbuffer_add_cb(bufferevent_get_output(take_bev), smpp_conn_on_output, conn) ==
        NULL)
        abort();
    bufferevent_setcb(take_bev, on_readable, NULL, on_event, conn);
    bufferevent_setwatermark(take_bev, EV_READ, 0, INPUT_UNBOUND_MAX_SIZE);
    bufferevent_set_max_single_write(take_bev, SMPP_CONN_OUTPUT_MAX);
    bufferevent_enable(take_bev, EV_READ | EV_WRITE);
    smpp_conn_wake(conn); /* its first time-out is asked for from the loop */
    return conn;
}

void smpp_conn_set_transport(struct smpp_conn *conn, const struct smpp_transport *transport)
{
    conn->transport = transport;
}

struct bufferevent *smpp_conn_bufferevent(const struct smpp_conn *conn)
{
    return conn->bev;
}

struct smpp_session *smpp_conn_session(struct smpp_conn *conn)
{
    return conn->session;
}

void smpp_conn_close(struct smpp_conn *conn)
{
    close_now(conn, SMPP_END_ASKED, 0);
}

void smpp_conn_finish(struct smpp_conn *conn)
{
    finish_output(conn, SMPP_END_ASKED);
}

void smpp_conn_free(struct smpp_conn *conn)
{
    if (conn != NULL)
        free_parts(conn);
}

const struct smpp_conn_counters *smpp_conn_counters(const struct smpp_conn *conn)
{
    return &conn->counters;
}
