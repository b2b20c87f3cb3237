/*
 * Output is gathered in one linear buffer, where the session encodes, and leaves at the end
 * of the callback that caused it: straight into the socket if nothing waits before it, and
 * through the bufferevent what does not fit there.
 */
#include "smpp/conn_inside.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>

#include "smpp/transport.h"

enum {
    OUTPUT_FIRST_SIZE = 1024,
    OUTPUT_KEPT_SIZE = 64 * 1024,
    OUTPUT_FULL = OUTPUT_HALF - SMPP_PDU_MAX_SIZE,
    OUTPUT_LOW = OUTPUT_FULL / 2,
};

size_t smpp_conn_output_size(const struct smpp_conn *conn)
{
    return conn->out_used + evbuffer_get_length(bufferevent_get_output(conn->bev));
}

uint64_t smpp_conn_octets_sent(const struct smpp_conn *conn)
{
    return conn->octets_committed - smpp_conn_output_size(conn);
}

/* ---- from the session ---- */

uint8_t *smpp_conn_reserve_output(void *self, size_t room)
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

void smpp_conn_commit_output(void *self, size_t size)
{
    struct smpp_conn *conn = self;

    conn->out_used += size;
    conn->octets_committed += size;
    if (!conn->output_full && smpp_conn_output_size(conn) > OUTPUT_FULL) {
        conn->output_full = true;
        conn->counters.output_full++;
        smpp_session_output_full(conn->session, true);
    }
    smpp_conn_wake(conn);
}

/* ---- to the transport ---- */

void smpp_conn_forget_output_room(struct smpp_conn *conn)
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
        smpp_session_sent(conn->session, smpp_conn_octets_sent(conn), conn->progress_ms);
}

/* The transport took some of the output. */
void smpp_conn_on_output(struct evbuffer *output, const struct evbuffer_cb_info *info,
                         void *self)
{
    struct smpp_conn *conn = self;

    (void)output;
    if (info->n_deleted == 0)
        return;
    count_output(conn, info->n_deleted);
    smpp_conn_wake(conn);
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
    /* A pair takes them, and smpp_conn_on_output() counts, before it returns. */
    conn->out_used = 0;
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

void smpp_conn_give_output(struct smpp_conn *conn)
{
    if (conn->out_used == 0)
        return;
    if (conn->transport != NULL && conn->transport->piece_max_size > 0)
        give_pieces(conn);
    else
        give_all(conn);
    if (conn->out_used == 0 && conn->out_room > OUTPUT_KEPT_SIZE)
        smpp_conn_forget_output_room(conn);
}

void smpp_conn_watch_output(struct smpp_conn *conn)
{
    if (!conn->output_full || smpp_conn_output_size(conn) >= OUTPUT_LOW)
        return;
    conn->output_full = false;
    smpp_session_output_full(conn->session, false);
    smpp_conn_wake(conn);
}
