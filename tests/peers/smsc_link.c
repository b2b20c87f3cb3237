/* One socket of the practice SMSC: octets in and out, and its end. */
#include "tests/peers/smsc_parts.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/util.h>

#include "tests/peers/journal.h"

enum { DRAIN_MS = 2000 };

uint64_t link_serial(const struct link *link)
{
    return link->number / SMSC_LINKS_MAX;
}

struct link *link_find(const struct smsc *smsc, uint64_t number)
{
    struct link *link = smsc->links[number % SMSC_LINKS_MAX];

    return link != NULL && link->number == number && !link->closing ? link : NULL;
}

void link_mark_dirty(struct link *link)
{
    link->dirty = true;
    smsc_want_turn(link->smsc);
}

void link_close(struct link *link, const char *reason)
{
    struct smsc *smsc = link->smsc;

    if (link->closing)
        return;
    link_flush(link);
    link->closing = true;
    if (link->state & LINK_BOUND)
        smsc->counters.binds_open--;
    journal_begin(smsc->sim->journal, "closed", smsc->name);
    journal_number(smsc->sim->journal, "bind", (int64_t)link_serial(link));
    journal_text(smsc->sim->journal, "reason", reason);
    journal_number(smsc->sim->journal, "unsent_octets",
                   (int64_t)(link->output.used - link->output_sent));
    journal_end(smsc->sim->journal);
    event_del(link->readable);
    event_del(link->writable);
    report_link_lost(link);
    smsc_want_turn(smsc);
}

void link_drain(struct link *link)
{
    if (link->closing || link->state == LINK_DRAINING)
        return;
    if (link->state & LINK_BOUND)
        link->smsc->counters.binds_open--;
    link->state = LINK_DRAINING;
    link->drain_ms = link->smsc->now_ms + DRAIN_MS;
    report_link_lost(link);
    link_mark_dirty(link);
}

static bool frame_handled(struct link *link, size_t *at)
{
    struct smsc *smsc = link->smsc;
    struct wire_header header;
    enum wire_frame frame =
        wire_read_header(link->input + *at, link->input_used - *at, &header);

    if (frame == WIRE_FRAME_PARTIAL)
        return false;
    if (frame == WIRE_FRAME_BROKEN) {
        /* 4.3: nothing behind a length that cannot be true can be trusted. */
        smsc->counters.nacks++;
        if (!wire_write_bare(&link->output, WIRE_GENERIC_NACK, WIRE_BAD_COMMAND_LENGTH,
                             header.sequence))
            abort();
        link_drain(link);
        return false;
    }
    session_handle(link, &header,
                   (struct wire_view){link->input + *at + WIRE_HEADER_BYTES,
                                      header.length - WIRE_HEADER_BYTES});
    *at += header.length;
    return true;
}

void link_process(struct link *link)
{
    size_t at = 0;

    while (!link->closing && link->state != LINK_DRAINING &&
           link->output.capacity - link->output.used >= LINK_ANSWER_ROOM_BYTES &&
           frame_handled(link, &at))
        ;
    if (link->state == LINK_DRAINING)
        at = link->input_used;
    if (at > 0 && at < link->input_used)
        memmove(link->input, link->input + at, link->input_used - at);
    link->input_used -= at;
    if (!link->closing && link->input_used == LINK_INPUT_BYTES)
        event_del(link->readable); /* until the output has room again */
}

static void on_readable(evutil_socket_t fd, short what, void *cookie)
{
    struct link *link = cookie;
    ssize_t count;

    (void)what;
    if (link->closing)
        return;
    count =
        recv(fd, link->input + link->input_used, LINK_INPUT_BYTES - link->input_used, 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (count <= 0) {
        link_close(link, count == 0 ? "end" : strerror(errno));
        return;
    }
    link->input_used += (size_t)count;
    link->smsc->now_ms = sim_now_ms();
    link->heard_ms = link->smsc->now_ms;
    link_process(link);
    link_mark_dirty(link);
}

static void on_writable(evutil_socket_t fd, short what, void *cookie)
{
    struct link *link = cookie;

    (void)fd;
    (void)what;
    if (!link->closing)
        link_mark_dirty(link);
}

/* Once all is out: a draining link says that nothing more will come. */
static void flushed(struct link *link)
{
    link->output.used = 0;
    link->output_sent = 0;
    if (link->state == LINK_DRAINING)
        (void)shutdown(link->fd, SHUT_WR);
}

void link_flush(struct link *link)
{
    ssize_t count = 0;

    link->dirty = false;
    if (link->closing)
        return;
    if (link->output.used > link->output_sent)
        count = send(link->fd, link->output.at + link->output_sent,
                     link->output.used - link->output_sent, MSG_NOSIGNAL);
    if (count < 0 && errno != EAGAIN && errno != EINTR) {
        /* The reason shows when the socket is read. */
        link->output_sent = link->output.used;
        count = 0;
    }
    if (count > 0)
        link->output_sent += (size_t)count;
    if (link->output_sent == link->output.used) {
        flushed(link);
        return;
    }
    memmove(link->output.at, link->output.at + link->output_sent,
            link->output.used - link->output_sent);
    link->output.used -= link->output_sent;
    link->output_sent = 0;
    event_add(link->writable, NULL);
}

static size_t free_place(struct smsc *smsc)
{
    size_t place = 0;

    while (place < SMSC_LINKS_MAX && smsc->links[place] != NULL)
        place++;
    return place;
}

void link_new(struct smsc *smsc, int fd)
{
    size_t place = free_place(smsc);
    struct link *link;
    int one = 1;

    if (place == SMSC_LINKS_MAX || evutil_make_socket_nonblocking(fd) != 0) {
        close(fd);
        return;
    }
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    link = sim_alloc(1, sizeof(*link));
    link->smsc = smsc;
    link->number = ++smsc->link_serial * SMSC_LINKS_MAX + place;
    link->fd = fd;
    link->state = LINK_OPEN;
    link->next_sequence = 1;
    link->heard_ms = smsc->now_ms;
    link->input = sim_alloc(1, LINK_INPUT_BYTES);
    link->output =
        (struct wire_buffer){sim_alloc(1, LINK_OUTPUT_BYTES), LINK_OUTPUT_BYTES, 0};
    link->readable =
        event_new(smsc->sim->base, fd, EV_READ | EV_PERSIST, on_readable, link);
    link->writable = event_new(smsc->sim->base, fd, EV_WRITE, on_writable, link);
    if (link->readable == NULL || link->writable == NULL ||
        event_add(link->readable, NULL) != 0)
        abort();
    smsc->links[place] = link;
    if (place >= smsc->links_top)
        smsc->links_top = place + 1;
    smsc->counters.connections++;
}

void link_free(struct link *link)
{
    if (link == NULL)
        return;
    link->smsc->links[link->number % SMSC_LINKS_MAX] = NULL;
    event_free(link->readable);
    event_free(link->writable);
    close(link->fd);
    free(link->input);
    free(link->output.at);
    free(link);
}
