/*
 * A relay that does nothing: what the price of a message in sluiced is held against.
 *
 *     relay PORT OPERATOR_PORT
 *
 * Each connection taken on PORT (0: a free one) gets one of its own to the operator, and
 * each PDU of either side is decoded and encoded by libsmpp34 and goes to the other.
 * Nothing is stored, looked up, counted or decided: not even an id or a sequence number
 * is changed.  One thread, one loop; a turn reads what is there and ends with one write
 * for each connection that has something to say.
 *
 * The library is given the header and the mandatory fields; optional parameters are put
 * behind what it encoded, as they came.  What it does not carry ends the relay with a
 * sentence, and so does a side that leaves OUTPUT_BYTES unread: this is for the bench,
 * which sends no such thing.
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

#include <smpp34.h>
#include <smpp34_structs.h>
#include <smpp34_params.h>

#include "tests/peers/wire.h"

#define INPUT_BYTES  ((size_t)256 * 1024)
#define OUTPUT_BYTES ((size_t)4 * 1024 * 1024)
#define EVENTS_MAX   256
#define EXIT_USAGE   2

/* Everything the library can decode into. */
union pdu {
    bind_receiver_t bind;
    bind_receiver_resp_t bind_resp;
    submit_sm_t submit_sm;
    submit_sm_resp_t submit_sm_resp;
    deliver_sm_t deliver_sm;
    data_sm_t data_sm;
    query_sm_t query_sm;
    query_sm_resp_t query_sm_resp;
    cancel_sm_t cancel_sm;
    replace_sm_t replace_sm;
    submit_multi_t submit_multi;
    submit_multi_resp_t submit_multi_resp;
    alert_notification_t alert_notification;
    outbind_t outbind;
};

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

/* ---- One PDU ---- */

static void put_long(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 24);
    at[1] = (uint8_t)(value >> 16);
    at[2] = (uint8_t)(value >> 8);
    at[3] = (uint8_t)value;
}

/* Octets of optional parameters at the end of a PDU. */
static size_t optional_bytes(const uint8_t *pdu, const struct wire_header *header)
{
    struct wire_view body = {pdu + WIRE_HEADER_BYTES, header->length - WIRE_HEADER_BYTES};
    struct wire_message message;

    switch (header->id) {
    case WIRE_SUBMIT_SM:
    case WIRE_DELIVER_SM:
        if (wire_read_message(body, &message) != WIRE_OK)
            fail("a message that cannot be read");
        return message.tlvs.size;
    case WIRE_BIND_RECEIVER | WIRE_RESPONSE:
    case WIRE_BIND_TRANSMITTER | WIRE_RESPONSE:
    case WIRE_BIND_TRANSCEIVER | WIRE_RESPONSE:
        return body.size > 0 ? body.size - (wire_read_id(body).size + 1) : 0;
    default:
        return 0;
    }
}

/* `pdu` is changed: its length becomes that of its mandatory part. */
static void pass(uint8_t *pdu, const struct wire_header *header, struct side *to)
{
    size_t optional = optional_bytes(pdu, header);
    uint32_t mandatory = header->length - (uint32_t)optional;
    uint8_t *out = to->output + to->output_used;
    size_t room = OUTPUT_BYTES - to->output_used;
    union pdu fields;
    int size = 0;

    if (room < header->length + 1)
        fail("the other side does not read");
    memset(&fields, 0, sizeof(fields));
    put_long(pdu, mandatory);
    if (smpp34_unpack2(&fields, pdu, (int)mandatory) != 0)
        fail("libsmpp34 does not decode a PDU");
    if (smpp34_pack2(out, (int)(room - optional), &size, &fields) != 0)
        fail("libsmpp34 does not encode a PDU");
    memcpy(out + size, pdu + mandatory, optional);
    put_long(out, (uint32_t)((size_t)size + optional));
    to->output_used += (size_t)size + optional;
}

/* ---- Connections ---- */

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
        pass(pdu, &header, side->other);
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
    struct relay relay = {.poll = epoll_create1(EPOLL_CLOEXEC)};

    if (argc != 3) {
        fprintf(stderr, "usage: relay PORT OPERATOR_PORT\n");
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
