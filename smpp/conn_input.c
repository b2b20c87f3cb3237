/*
 * Frames are cut where the octets lie: the first chunk of the bufferevent's input is
 * walked in place and drained once, and only a PDU that crosses two chunks is moved.
 */
#include "smpp/conn_inside.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>

#include "smpp/command.h"
#include "smpp/frame.h"
#include "smpp/wire.h"

static bool may_take(const struct smpp_conn *conn)
{
    return conn->phase == RUNNING && smpp_conn_output_size(conn) <= OUTPUT_HALF &&
           smpp_session_owed_size(conn->session) <= OUTPUT_HALF &&
           !smpp_session_is_paused(conn->session);
}

/* What is put aside counts for the window, and one more PDU fits. */
bool smpp_conn_may_receive(const struct smpp_conn *conn)
{
    return may_take(conn) &&
           (conn->aside.count == 0 ||
            (conn->aside.count < smpp_session_request_room(conn->session) &&
             smpp_aside_size(&conn->aside) <= SMPP_CONN_ASIDE_MAX - SMPP_PDU_MAX_SIZE));
}

bool smpp_conn_may_take_aside(const struct smpp_conn *conn)
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

    for (; *budget > 0 && smpp_conn_may_take_aside(conn); (*budget)--) {
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
    while (*budget > 0 && smpp_conn_may_receive(conn)) {
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

void smpp_conn_receive_input(struct smpp_conn *conn)
{
    struct evbuffer *input = bufferevent_get_input(conn->bev);
    unsigned budget = SMPP_CONN_PDUS_PER_CALLBACK;

    take_aside(conn, &budget);
    conn->more = budget == 0 && evbuffer_get_length(input) > 0;
    if (budget == 0)
        return;
    while (smpp_conn_may_receive(conn) && evbuffer_get_length(input) > 0) {
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
