/*
 * Frames are cut where the octets lie: the first chunk of the bufferevent's input is
 * walked in place and drained once, and only a PDU that crosses two chunks is moved.
 * Output is gathered in one linear buffer, where the session encodes, and leaves at the end
 * of the callback that caused it: straight into the socket if nothing waits before it, and
 * through the bufferevent what does not fit there.
 *
 * One event, `turn`, is how everything goes on that must not go on where it was noticed:
 * the rest of a long input, output made outside our callbacks, and the freeing itself.
 */
#include "smpp/conn.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/event_struct.h>

#include "smpp/aside.h"
#include "smpp/command.h"
#include "smpp/frame.h"
#include "smpp/transport.h"
#include "smpp/wire.h"

enum {
    OUTPUT_FIRST_SIZE = 1024,
    OUTPUT_KEPT_SIZE = 64 * 1024,

    /* Half of the output is for what we send: beyond this mark no request of ours is begun,
     * and one more PDU still fits.  The other half is for the answers that are owed, so
     * nothing is read whose answer might not fit. */
    OUTPUT_HALF = SMPP_CONN_OUTPUT_MAX / 2,
    OUTPUT_FULL = OUTPUT_HALF - SMPP_PDU_MAX_SIZE,
    OUTPUT_LOW = OUTPUT_FULL / 2,

    /* What may lie in our own input; the rest waits in the socket. */
    INPUT_MAX_SIZE = 2 * SMPP_PDU_MAX_SIZE,
    INPUT_UNBOUND_MAX_SIZE = 4 * SMPP_BIND_MAX_SIZE,

    /* Turns in a row for which what has arrived may put off a time-out: enough to empty a
     * socket's buffer after a stall, and an end to it for who never stops sending. */
    DEFERRALS_MAX = 128,
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

static void wake(struct smpp_conn *conn)
{
    if (conn->waking)
        return;
    conn->waking = true;
    event_active(&conn->turn, EV_TIMEOUT, 0);
}

static int64_t now_of(const struct smpp_conn *conn)
{
    return conn->ops->now_ms(conn->owner);
}

size_t smpp_conn_output_size(const struct smpp_conn *conn)
{
    return conn->out_used + evbuffer_get_length(bufferevent_get_output(conn->bev));
}

static uint64_t octets_sent(const struct smpp_conn *conn)
{
    return conn->octets_committed - smpp_conn_output_size(conn);
}

/* ---- what the session asks for ---- */

static uint8_t *reserve_output(void *self, size_t room)
{
    struct smpp_conn *conn = self;

    if (conn->out_room - conn->out_used < room) {
        size_t wanted = conn->out_room == 0 ? OUTPUT_FIRST_SIZE : conn->out_room;

        while (wanted - conn->out_used < room)
            wanted *= 2;
        conn->out = realloc(conn->out, wanted);
        if (conn->out == NULL)
            abort();
        conn->out_room = wanted;
    }
    return conn->out + conn->out_used;
}

static void commit_output(void *self, size_t size)
{
    struct smpp_conn *conn = self;

    conn->out_used += size;
    conn->octets_committed += size;
    if (!conn->output_full && smpp_conn_output_size(conn) > OUTPUT_FULL) {
        conn->output_full = true;
        conn->counters.output_full++;
        smpp_session_output_full(conn->session, true);
    }
    wake(conn);
}

static void wake_conn(void *self)
{
    wake(self);
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
    wake(conn);
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
    wake(conn);
}

static const struct smpp_session_io session_io = {
    .reserve = reserve_output,
    .commit = commit_output,
    .wake = wake_conn,
    .finish = finish_output,
};

/* ---- in ---- */

static bool may_take(const struct smpp_conn *conn)
{
    return conn->phase == RUNNING && smpp_conn_output_size(conn) <= OUTPUT_HALF &&
           smpp_session_owed_size(conn->session) <= OUTPUT_HALF &&
           !smpp_session_is_paused(conn->session);
}

/* What is put aside counts for the window, and one more PDU fits. */
static bool may_receive(const struct smpp_conn *conn)
{
    return may_take(conn) &&
           (conn->aside.count == 0 ||
            (conn->aside.count < smpp_session_request_room(conn->session) &&
             smpp_aside_size(&conn->aside) <= SMPP_CONN_ASIDE_MAX - SMPP_PDU_MAX_SIZE));
}

static bool may_take_aside(const struct smpp_conn *conn)
{
    return conn->aside.count > 0 && !smpp_session_is_held(conn->session) && may_take(conn);
}

/* Answers and signs of life pass what waits; requests keep their order. */
static bool goes_aside(const struct smpp_conn *conn, const uint8_t *frame)
{
    uint32_t command = smpp_wire_get_32(frame + 4);

    return (smpp_session_is_held(conn->session) || conn->aside.count > 0) &&
           (command & SMPP_RESPONSE) == 0 && command != SMPP_ENQUIRE_LINK;
}

static void take_aside(struct smpp_conn *conn, unsigned *budget)
{
    int64_t now_ms = now_of(conn);

    for (; *budget > 0 && may_take_aside(conn); (*budget)--) {
        size_t size;
        const uint8_t *frame = smpp_aside_take(&conn->aside, &size);

        smpp_session_receive(conn->session, frame, size, now_ms);
    }
}

/*
 * Gives the session the frames at the start of `data`; returns the octets they had.
 * `out_needed` is what the next one needs, 0 if something else ended the walk.
 */
static size_t receive_frames(struct smpp_conn *conn, const uint8_t *data, size_t size,
                             unsigned *budget, size_t *out_needed)
{
    int64_t now_ms = now_of(conn);
    size_t used = 0;

    *out_needed = 0;
    while (*budget > 0 && may_receive(conn)) {
        size_t frame_size = 0;

        switch (smpp_frame_cut(data + used, size - used,
                               smpp_session_frame_max_size(conn->session), &frame_size)) {
        case SMPP_FRAME_PDU:
            if (goes_aside(conn, data + used))
                smpp_aside_put(&conn->aside, data + used, frame_size);
            else
                smpp_session_receive(conn->session, data + used, frame_size, now_ms);
            used += frame_size;
            (*budget)--;
            break;
        case SMPP_FRAME_MORE:
            *out_needed = frame_size;
            return used;
        case SMPP_FRAME_BROKEN:
            conn->counters.broken_length = smpp_wire_get_32(data + used);
            smpp_session_receive_broken(
                conn->session,
                size - used < SMPP_HEADER_SIZE ? 0 : smpp_wire_get_32(data + used + 12));
            return used;
        }
    }
    return used;
}

static void receive_input(struct smpp_conn *conn)
{
    struct evbuffer *input = bufferevent_get_input(conn->bev);
    unsigned budget = SMPP_CONN_PDUS_PER_CALLBACK;

    take_aside(conn, &budget);
    conn->more = budget == 0 && evbuffer_get_length(input) > 0;
    if (budget == 0)
        return;
    while (may_receive(conn) && evbuffer_get_length(input) > 0) {
        size_t size = evbuffer_get_contiguous_space(input);
        const uint8_t *data = evbuffer_pullup(input, (ev_ssize_t)size);
        size_t needed;
        size_t used = receive_frames(conn, data, size, &budget, &needed);

        evbuffer_drain(input, used);
        conn->counters.octets_in += used;
        if (budget == 0) {
            conn->more = evbuffer_get_length(input) > 0;
            return;
        }
        if (needed > evbuffer_get_length(input))
            return;
        if (needed > evbuffer_get_contiguous_space(input))
            evbuffer_pullup(input, (ev_ssize_t)needed);
    }
}

/* ---- out ---- */

static void forget_output_room(struct smpp_conn *conn)
{
    free(conn->out);
    conn->out = NULL;
    conn->out_room = 0;
}

static void count_output(struct smpp_conn *conn, size_t size)
{
    conn->counters.octets_out += size;
    conn->progress_ms =
        conn->ops->exact_ms != NULL ? conn->ops->exact_ms(conn->owner) : now_of(conn);
    if (conn->phase == RUNNING)
        smpp_session_sent(conn->session, octets_sent(conn), conn->progress_ms);
}

/* The transport took some of the output. */
static void on_output(struct evbuffer *output, const struct evbuffer_cb_info *info,
                      void *self)
{
    struct smpp_conn *conn = self;

    (void)output;
    if (info->n_deleted == 0)
        return;
    count_output(conn, info->n_deleted);
    wake(conn);
}

/* To the bufferevent an octet costs a turn of the loop and two changes of what is polled.
 * What fails is left to it, and it will find out why.  Before anything was read the socket
 * may be connecting, and its error is not ours to take. */
static size_t write_now(struct smpp_conn *conn)
{
    ssize_t sent;

    if (conn->transport == NULL || !conn->transport->is_bare ||
        conn->counters.octets_in == 0)
        return 0;
    sent = send(bufferevent_getfd(conn->bev), conn->out, conn->out_used, MSG_NOSIGNAL);
    return sent > 0 ? (size_t)sent : 0;
}

/* All there is, and straight into the socket what fits. */
static void give_all(struct smpp_conn *conn)
{
    size_t size = conn->out_used;
    size_t sent = 0;

    if (evbuffer_get_length(bufferevent_get_output(conn->bev)) == 0) {
        conn->progress_ms = now_of(conn);
        sent = write_now(conn);
    }
    conn->out_used = 0; /* a pair takes them, and on_output() counts, before it returns */
    if (sent < size && bufferevent_write(conn->bev, conn->out + sent, size - sent) != 0)
        abort();
    if (sent > 0)
        count_output(conn, sent);
}

static void give_pieces(struct smpp_conn *conn)
{
    struct evbuffer *output = bufferevent_get_output(conn->bev);

    while (conn->out_used > 0 && evbuffer_get_length(output) == 0) {
        size_t most = conn->transport->piece_max_size;
        size_t size = conn->out_used < most ? conn->out_used : most;

        conn->progress_ms = now_of(conn);
        conn->out_used -= size; /* which may have left before it returns */
        if (bufferevent_write(conn->bev, conn->out, size) != 0)
            abort();
        memmove(conn->out, conn->out + size, conn->out_used);
    }
}

static void give_output(struct smpp_conn *conn)
{
    if (conn->out_used == 0)
        return;
    if (conn->transport != NULL && conn->transport->piece_max_size > 0)
        give_pieces(conn);
    else
        give_all(conn);
    if (conn->out_used == 0 && conn->out_room > OUTPUT_KEPT_SIZE)
        forget_output_room(conn);
}

static void watch_output(struct smpp_conn *conn)
{
    if (!conn->output_full || smpp_conn_output_size(conn) >= OUTPUT_LOW)
        return;
    conn->output_full = false;
    smpp_session_output_full(conn->session, false);
    wake(conn);
}

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
    bool reading = conn->phase == LINGERING || (may_receive(conn) && !conn->peer_ended);

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
    give_output(conn);
    watch_output(conn);
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
    if ((conn->more && may_receive(conn)) || may_take_aside(conn))
        wake(conn);
}

/* A socket's other side sees the closing; without one it must be told, and must not be
 * given what the session has been told was not sent. */
static void hang_up(struct smpp_conn *conn)
{
    struct evbuffer *output = bufferevent_get_output(conn->bev);

    evbuffer_remove_cb(output, on_output, conn);
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
    smpp_session_ended(conn->session, octets_sent(conn));
    conn->ops->on_closed(conn->owner, conn->end, conn->error);
    free_parts(conn);
}

/* All that came before the end of the stream was heard, unless it may not be yet. */
static void tell_end_of_stream(struct smpp_conn *conn)
{
    if (conn->peer_ended && may_receive(conn) && !conn->more && conn->aside.count == 0)
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
    receive_input(conn);
    tell_end_of_stream(conn);
    settle(conn);
}

static void on_readable(struct bufferevent *bev, void *self)
{
    struct smpp_conn *conn = self;

    if (conn->phase == LINGERING)
        evbuffer_drain(bufferevent_get_input(bev), SIZE_MAX);
    receive_input(conn);
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
        receive_input(conn);
    while (conn->more && may_receive(conn));
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
        forget_output_room(conn);
    if (conn->aside.count == 0)
        smpp_aside_clear(&conn->aside);
    /* What a transport has read and not yet told of lies in our input. */
    if (next_due_ms(conn) <= now_ms)
        receive_input(conn);
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
    if (evbuffer_add_cb(bufferevent_get_output(take_bev), on_output, conn) == NULL)
        abort();
    bufferevent_setcb(take_bev, on_readable, NULL, on_event, conn);
    bufferevent_setwatermark(take_bev, EV_READ, 0, INPUT_UNBOUND_MAX_SIZE);
    bufferevent_set_max_single_write(take_bev, SMPP_CONN_OUTPUT_MAX);
    bufferevent_enable(take_bev, EV_READ | EV_WRITE);
    wake(conn); /* its first time-out is asked for from the loop */
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
