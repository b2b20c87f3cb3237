/*
 * A relay that does nothing: what the price of a message in sluiced is held against.
 *
 *     relay PORT OPERATOR_PORT [library | wire]
 *
 * Each connection taken on PORT (0: a free one) gets one of its own to the operator, and
 * each PDU of either side is decoded and encoded, by libsmpp34 unless it is to be the
 * codec of the peers, and goes to the other.  Nothing is stored, looked up, counted or
 * decided: not even an id or a sequence number is changed.  One thread, one loop; a turn
 * reads what is there and ends with one write for each connection that has something to
 * say.
 *
 * A PDU that the codec does not carry ends the relay with a sentence, and so does a side
 * that leaves OUTPUT_BYTES unread: this is for the bench, which sends no such thing.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/bench/recode.h"

#define INPUT_BYTES  ((size_t)256 * 1024)
#define OUTPUT_BYTES ((size_t)4 * 1024 * 1024)
#define EVENTS_MAX   256
#define EXIT_USAGE   2

/* One connection.  Its output is written when the turn ends. */
struct side {
    int fd; /* -1: closed */
    struct side *other;
    struct side *next_dirty;
    bool is_dirty;
    bool waits; /* for room in the socket */
    size_t input_used;
    size_t output_used;
    uint8_t input[INPUT_BYTES];
    uint8_t output[OUTPUT_BYTES];
};

struct relay {
    int poll;
    int listener;
    int signals;
    uint16_t operator_port;
    recode_pdu *recode;
    struct side *dirty;
};

static void fail(const char *what)
{
    fprintf(stderr, "relay: %s\n", what);
    exit(EXIT_FAILURE);
}

/* For a system call. */
static void fail_call(const char *what)
{
    fprintf(stderr, "relay: %s: %s\n", what, strerror(errno));
    exit(EXIT_FAILURE);
}

/* ---- Connections ---- */

static void pass(const struct relay *relay, uint8_t *pdu, const struct wire_header *header,
                 struct side *to)
{
    size_t room = OUTPUT_BYTES - to->output_used;

    /* More than it can have grown by. */
    if (room < header->length + WIRE_HEADER_BYTES)
        fail("the other side does not read");

    size_t size = relay->recode(pdu, header, to->output + to->output_used, room);

    if (size == 0)
        fail("a PDU that the codec does not carry");
    to->output_used += size;
}

static void watch(struct relay *relay, struct side *side, int operation, uint32_t what)
{
    struct epoll_event event = {.events = what, .data.ptr = side};

    if (epoll_ctl(relay->poll, operation, side->fd, &event) != 0)
        fail_call("epoll_ctl");
}

static struct side *side_new(struct relay *relay, int fd)
{
    struct side *side = calloc(1, sizeof(*side));
    int one = 1;

    if (!side)
        abort();
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    side->fd = fd;
    watch(relay, side, EPOLL_CTL_ADD, EPOLLIN);
    return side;
}

/* Both sides end together, and are freed by write_all(). */
static void side_close(struct side *side)
{
    if (side->fd >= 0)
        close(side->fd);
    side->fd = -1;
}

static void mark(struct relay *relay, struct side *side)
{
    if (side->is_dirty)
        return;
    side->is_dirty = true;
    side->next_dirty = relay->dirty;
    relay->dirty = side;
}

static void on_caller(struct relay *relay)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(relay->operator_port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    int caller = accept4(relay->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    int operator_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (caller < 0 || operator_fd < 0)
        fail_call("a connection");
    if (connect(operator_fd, (struct sockaddr *)&address, sizeof(address)) != 0)
        fail_call("the operator");

    struct side *client = side_new(relay, caller);
    struct side *smsc = side_new(relay, operator_fd);

    client->other = smsc;
    smsc->other = client;
}

static void on_readable(struct relay *relay, struct side *side)
{
    ssize_t size = recv(side->fd, side->input + side->input_used,
                        INPUT_BYTES - side->input_used, MSG_DONTWAIT);
    size_t taken = 0;

    if (size < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    mark(relay, side->other);
    if (size <= 0) {
        side_close(side);
        return;
    }
    side->input_used += (size_t)size;
    for (;;) {
        uint8_t *pdu = side->input + taken;
        struct wire_header header;
        enum wire_frame frame = wire_read_header(pdu, side->input_used - taken, &header);

        if (frame == WIRE_FRAME_BROKEN)
            fail("a broken frame");
        if (frame == WIRE_FRAME_PARTIAL)
            break;
        pass(relay, pdu, &header, side->other);
        taken += header.length;
    }
    side->input_used -= taken;
    memmove(side->input, side->input + taken, side->input_used);
}

/* What the socket does not take waits for it. */
static void side_write(struct relay *relay, struct side *side)
{
    ssize_t size =
        send(side->fd, side->output, side->output_used, MSG_NOSIGNAL | MSG_DONTWAIT);

    if (size < 0 && errno != EAGAIN && errno != EINTR) {
        side_close(side);
        return;
    }
    if (size > 0) {
        side->output_used -= (size_t)size;
        memmove(side->output, side->output + size, side->output_used);
    }

    bool waits = side->output_used > 0;

    if (waits != side->waits)
        watch(relay, side, EPOLL_CTL_MOD, EPOLLIN | (waits ? EPOLLOUT : 0u));
    side->waits = waits;
}

/*
 * The end of a turn.  A pair of which one side is closed was marked by its reader; what
 * the other was to be told is written, and it ends too.
 */
static void write_all(struct relay *relay)
{
    while (relay->dirty) {
        struct side *side = relay->dirty;

        relay->dirty = side->next_dirty;
        side->is_dirty = false;
        if (side->fd >= 0 && side->output_used > 0)
            side_write(relay, side);
        if (side->fd < 0 || side->other->fd < 0) {
            side_close(side);
            side_close(side->other);
            if (!side->other->is_dirty) {
                free(side->other);
                free(side);
            }
        }
    }
}

static void loop(struct relay *relay)
{
    for (;;) {
        struct epoll_event events[EVENTS_MAX];
        int count = epoll_wait(relay->poll, events, EVENTS_MAX, -1);

        for (int i = 0; i < count; i++) {
            if (events[i].data.ptr == &relay->signals)
                return;
            if (events[i].data.ptr == &relay->listener) {
                on_caller(relay);
                continue;
            }

            struct side *side = events[i].data.ptr;

            if (side->fd >= 0 && events[i].events & EPOLLOUT)
                mark(relay, side);
            if (side->fd >= 0 && events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR))
                on_readable(relay, side);
        }
        write_all(relay);
    }
}

/* ---- Start ---- */

static uint16_t listen_on(struct relay *relay, uint16_t port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    socklen_t size = sizeof(address);
    int one = 1;

    relay->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(relay->listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (bind(relay->listener, (struct sockaddr *)&address, size) != 0 ||
        listen(relay->listener, SOMAXCONN) != 0 ||
        getsockname(relay->listener, (struct sockaddr *)&address, &size) != 0)
        fail_call("the port");
    return ntohs(address.sin_port);
}

static int catch_signals(void)
{
    sigset_t ends;

    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    sigprocmask(SIG_BLOCK, &ends, NULL);
    return signalfd(-1, &ends, SFD_CLOEXEC);
}

static void watch_for(struct relay *relay, int *fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = fd};

    if (epoll_ctl(relay->poll, EPOLL_CTL_ADD, *fd, &event) != 0)
        fail_call("epoll_ctl");
}

int main(int argc, char **argv)
{
    struct relay relay = {
        .poll = epoll_create1(EPOLL_CLOEXEC),
        .recode = argc > 3 && strcmp(argv[3], "wire") == 0 ? recode_with_wire
                                                           : recode_with_library,
    };

    if (argc < 3 || argc > 4) {
        fprintf(stderr, "usage: relay PORT OPERATOR_PORT [library | wire]\n");
        return EXIT_USAGE;
    }
    relay.operator_port = (uint16_t)atoi(argv[2]);
    relay.signals = catch_signals();

    uint16_t port = listen_on(&relay, (uint16_t)atoi(argv[1]));

    watch_for(&relay, &relay.listener);
    watch_for(&relay, &relay.signals);
    printf("ready relay=%u\n", port);
    fflush(stdout);
    loop(&relay);
    return EXIT_SUCCESS;
}
