#include "tests/bench/bench_session.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tests/bench/bench_clock.h"
#include "tests/bench/bench_script.h"

#define BUFFER_BYTES ((size_t)256 * 1024)

/* What one answer may take, and what submits leave free for answers. */
#define ANSWER_BYTES_MAX    32
#define ANSWERS_ROOM_BYTES  ((size_t)16 * 1024)
#define SEQUENCE_MAX        0x7FFFFFFFu
#define DELAYED_ANSWERS_MAX 65536u

/* A receipt that is answered later. */
struct delayed {
    int64_t due_ns;
    uint32_t sequence;
    uint32_t mark;
    bool has_mark;
};

struct bench_session {
    struct bench_session_config config;
    enum bench_session_state state;
    int fd; /* -1: none */
    struct event *readable;
    struct event *writable;
    int connect_error; /* told at the next flush */
    bool is_unflushed;
    struct bench_session *next_unflushed;

    uint8_t *input;
    size_t input_used;
    bool stalled; /* whole PDUs are left in the input for lack of room */
    int64_t read_ns;
    int64_t drained_ns;

    struct wire_buffer output;
    size_t output_sent;

    struct bench_submit *places; /* by sequence & place_mask */
    uint32_t place_mask;
    uint32_t next_sequence;
    unsigned in_flight;

    struct delayed *delayed; /* a ring; NULL when receipts are answered at once */
    uint32_t delayed_first;
    uint32_t delayed_count;
};

static void *allocate(size_t count, size_t size)
{
    void *memory = calloc(count, size);

    if (!memory)
        abort();
    return memory;
}

struct bench_session *bench_session_new(const struct bench_session_config *config)
{
    struct bench_session *session = allocate(1, sizeof(*session));
    uint32_t places = 64;

    /* Room for stragglers: a place is found although old ones are still taken. */
    while (places < 4 * config->window)
        places *= 2;
    session->config = *config;
    session->fd = -1;
    session->input = allocate(1, BUFFER_BYTES);
    session->output = (struct wire_buffer){allocate(1, BUFFER_BYTES), BUFFER_BYTES, 0};
    session->places = allocate(places, sizeof(*session->places));
    session->place_mask = places - 1;
    if (config->ack_delay_ns > 0)
        session->delayed = allocate(DELAYED_ANSWERS_MAX, sizeof(*session->delayed));
    return session;
}

static void drop_socket(struct bench_session *session)
{
    if (session->readable)
        event_free(session->readable);
    if (session->writable)
        event_free(session->writable);
    session->readable = session->writable = NULL;
    if (session->fd >= 0)
        close(session->fd);
    session->fd = -1;
}

void bench_session_free(struct bench_session *session)
{
    if (!session)
        return;
    drop_socket(session);
    free(session->input);
    free(session->output.at);
    free(session->places);
    free(session->delayed);
    free(session);
}

static void end(struct bench_session *session, const char *reason)
{
    bool was_bound = session->state >= BENCH_SESSION_BOUND;

    drop_socket(session);
    session->state = BENCH_SESSION_CLOSED;
    session->input_used = session->output.used = session->output_sent = 0;
    session->delayed_count = 0;
    session->stalled = false;
    for (uint32_t i = 0; i <= session->place_mask && session->in_flight > 0; i++) {
        if (session->places[i].sequence == 0)
            continue;
        session->config.ops->unanswered(session->config.owner, &session->places[i]);
        session->places[i].sequence = 0;
        session->in_flight--;
    }
    assert(session->in_flight == 0);
    session->config.ops->closed(session->config.owner, session, reason, was_bound);
}

/* It has something for the next flush to do. */
static void want_flush(struct bench_session *session)
{
    if (session->is_unflushed)
        return;
    session->is_unflushed = true;
    session->next_unflushed = *session->config.unflushed;
    *session->config.unflushed = session;
}

/* ---- What comes in ---- */

static void write_bare(struct bench_session *session, uint32_t id, uint32_t status,
                       uint32_t sequence)
{
    bool fits = wire_write_bare(&session->output, id, status, sequence);

    assert(fits); /* room for an answer is seen to before a PDU is taken up */
    want_flush(session);
}

static void acknowledge(struct bench_session *session, const struct delayed *receipt)
{
    bool fits = wire_write_id_response(&session->output, WIRE_DELIVER_SM | WIRE_RESPONSE,
                                       WIRE_OK, receipt->sequence, wire_view_of(""));

    assert(fits);
    want_flush(session);
    if (receipt->has_mark)
        session->config.ops->acknowledged(session->config.owner, receipt->mark);
}

static void on_deliver(struct bench_session *session, const struct wire_header *header,
                       struct wire_view body)
{
    struct wire_message message;
    struct delayed receipt = {
        .due_ns = session->read_ns + session->config.ack_delay_ns,
        .sequence = header->sequence,
    };

    uint32_t status = wire_read_message(body, &message);

    if (status != WIRE_OK) {
        session->config.ops->wronged(session->config.owner, session,
                                     "a deliver_sm that cannot be read");
        write_bare(session, WIRE_DELIVER_SM | WIRE_RESPONSE, status, header->sequence);
        return;
    }
    receipt.has_mark = session->config.ops->delivered(session->config.owner, session,
                                                      &message, &receipt.mark);
    if (session->config.no_ack)
        return;
    if (!session->delayed) {
        acknowledge(session, &receipt);
        return;
    }

    uint32_t last = session->delayed_first + session->delayed_count++;

    session->delayed[last % DELAYED_ANSWERS_MAX] = receipt;
    want_flush(session);
}

static void on_answer(struct bench_session *session, const struct wire_header *header,
                      struct wire_view body)
{
    struct bench_submit *place = &session->places[header->sequence & session->place_mask];

    if (header->sequence == 0 || place->sequence != header->sequence) {
        session->config.ops->wronged(session->config.owner, session,
                                     "a response that answers nothing");
        return;
    }

    struct bench_submit submit = *place;

    place->sequence = 0;
    session->in_flight--;
    session->config.ops->answered(session->config.owner, session, &submit, header->status,
                                  body);
}

static void on_bind_answer(struct bench_session *session, const struct wire_header *header)
{
    char reason[64];

    if (session->state != BENCH_SESSION_BINDING)
        return;
    if (header->status == WIRE_OK) {
        session->state = BENCH_SESSION_BOUND;
        session->config.ops->bound(session->config.owner, session);
        return;
    }
    snprintf(reason, sizeof(reason), "bind refused with 0x%08X", header->status);
    end(session, reason);
}

static void send_output(struct bench_session *session);

/* May close the session. */
static void on_pdu(struct bench_session *session, const struct wire_header *header,
                   struct wire_view body)
{
    switch (header->id) {
    case WIRE_SUBMIT_SM | WIRE_RESPONSE:
        on_answer(session, header, body);
        break;
    case WIRE_DELIVER_SM:
        on_deliver(session, header, body);
        break;
    case WIRE_ENQUIRE_LINK:
        write_bare(session, WIRE_ENQUIRE_LINK | WIRE_RESPONSE, WIRE_OK, header->sequence);
        break;
    case WIRE_BIND_TRANSCEIVER | WIRE_RESPONSE:
        on_bind_answer(session, header);
        break;
    case WIRE_UNBIND:
        write_bare(session, WIRE_UNBIND | WIRE_RESPONSE, WIRE_OK, header->sequence);
        send_output(session);
        if (session->state != BENCH_SESSION_CLOSED)
            end(session, "unbound by the other side");
        break;
    case WIRE_UNBIND | WIRE_RESPONSE:
        end(session, "unbound");
        break;
    case WIRE_GENERIC_NACK:
        if (session->state == BENCH_SESSION_BINDING)
            on_bind_answer(session, header);
        else
            on_answer(session, header, (struct wire_view){NULL, 0});
        break;
    default:
        if (!(header->id & WIRE_RESPONSE))
            write_bare(session, WIRE_GENERIC_NACK, WIRE_BAD_COMMAND, header->sequence);
        break;
    }
}

static bool can_answer(const struct bench_session *session)
{
    return session->output.capacity - session->output.used >= ANSWER_BYTES_MAX &&
           session->delayed_count < DELAYED_ANSWERS_MAX;
}

/* Takes up the whole PDUs of the input, as far as there is room to answer them. */
static void take_input(struct bench_session *session)
{
    size_t taken = 0;

    session->stalled = false;
    while (session->state != BENCH_SESSION_CLOSED) {
        const uint8_t *pdu = session->input + taken;
        struct wire_header header;
        enum wire_frame frame = wire_read_header(pdu, session->input_used - taken, &header);

        if (frame == WIRE_FRAME_BROKEN) {
            session->config.ops->wronged(session->config.owner, session, "a broken frame");
            end(session, "the stream cannot be followed");
            return;
        }
        if (frame == WIRE_FRAME_PARTIAL)
            break;
        if (!can_answer(session)) {
            session->stalled = true;
            want_flush(session);
            break;
        }
        taken += header.length;
        on_pdu(
            session, &header,
            (struct wire_view){pdu + WIRE_HEADER_BYTES, header.length - WIRE_HEADER_BYTES});
    }
    if (session->state == BENCH_SESSION_CLOSED)
        return;
    session->input_used -= taken;
    memmove(session->input, session->input + taken, session->input_used);
}

static void on_readable(evutil_socket_t fd, short what, void *argument)
{
    struct bench_session *session = argument;
    size_t room = BUFFER_BYTES - session->input_used;

    (void)what;
    assert(room > 0); /* the longest PDU is far shorter than the buffer */
    if (session->stalled) {
        event_del(session->readable); /* flush adds it again */
        return;
    }

    ssize_t size = recv(fd, session->input + session->input_used, room, 0);

    if (size < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (size <= 0) {
        end(session, size == 0 ? "closed by the other side" : strerror(errno));
        return;
    }
    session->read_ns = bench_clock_ns();
    session->input_used += (size_t)size;
    take_input(session);
}

/* ---- What goes out ---- */

/* May close the session. */
static void send_output(struct bench_session *session)
{
    struct wire_buffer *output = &session->output;

    while (session->output_sent < output->used) {
        ssize_t size = send(session->fd, output->at + session->output_sent,
                            output->used - session->output_sent, MSG_NOSIGNAL);

        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0 && errno == EAGAIN)
            break;
        if (size < 0) {
            end(session, strerror(errno));
            return;
        }
        session->output_sent += (size_t)size;
    }
    output->used -= session->output_sent;
    memmove(output->at, output->at + session->output_sent, output->used);
    session->output_sent = 0;
    if (output->used > 0)
        event_add(session->writable, NULL);
}

static int64_t answer_delayed(struct bench_session *session, int64_t now_ns)
{
    while (session->delayed_count > 0) {
        const struct delayed *first =
            &session->delayed[session->delayed_first % DELAYED_ANSWERS_MAX];

        if (first->due_ns > now_ns ||
            session->output.capacity - session->output.used < ANSWER_BYTES_MAX)
            return first->due_ns;
        acknowledge(session, first);
        session->delayed_first++;
        session->delayed_count--;
    }
    return INT64_MAX;
}

static int64_t flush(struct bench_session *session, int64_t now_ns)
{
    if (session->connect_error) {
        int error = session->connect_error;

        session->connect_error = 0;
        end(session, strerror(error));
    }
    if (session->state == BENCH_SESSION_CLOSED ||
        session->state == BENCH_SESSION_CONNECTING)
        return INT64_MAX;

    int64_t next_ns = answer_delayed(session, now_ns);

    send_output(session);
    if (session->stalled && can_answer(session)) {
        take_input(session);
        if (session->state == BENCH_SESSION_CLOSED)
            return INT64_MAX;
        event_add(session->readable, NULL);
        send_output(session);
    }
    if (session->state == BENCH_SESSION_CLOSED)
        return INT64_MAX;
    if (session->delayed_count > 0)
        want_flush(session);
    return next_ns;
}

int64_t bench_session_flush_all(struct bench_session **unflushed, int64_t now_ns)
{
    struct bench_session *next = *unflushed;
    int64_t next_ns = INT64_MAX;

    *unflushed = NULL;
    while (next) {
        struct bench_session *session = next;

        next = session->next_unflushed;
        session->is_unflushed = false;

        int64_t due_ns = flush(session, now_ns);

        if (due_ns < next_ns)
            next_ns = due_ns;
    }
    return next_ns;
}

static void send_bind(struct bench_session *session)
{
    struct wire_bind bind = {
        .system_id = wire_view_of(session->config.system_id),
        .password = wire_view_of(session->config.password),
        .interface_version = WIRE_VERSION_3_4,
    };
    bool fits = wire_write_bind(&session->output, WIRE_BIND_TRANSCEIVER, 1, &bind);

    assert(fits);
    session->next_sequence = 2;
    session->state = BENCH_SESSION_BINDING;
    event_add(session->readable, NULL);
    send_output(session);
}

/* Connected, or writable again; in both cases the loop's turn ends with a flush. */
static void on_writable(evutil_socket_t fd, short what, void *argument)
{
    struct bench_session *session = argument;
    int error = 0;
    socklen_t size = sizeof(error);

    (void)what;
    if (session->state != BENCH_SESSION_CONNECTING) {
        want_flush(session);
        return;
    }
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error)
        end(session, strerror(error));
    else
        send_bind(session);
}

void bench_session_connect(struct bench_session *session)
{
    const struct bench_session_config *config = &session->config;
    int one = 1;

    assert(session->state == BENCH_SESSION_CLOSED);
    session->state = BENCH_SESSION_CONNECTING;
    session->fd = socket(config->address->sa_family,
                         SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
    if (session->fd < 0) {
        session->connect_error = errno;
        want_flush(session);
        return;
    }
    setsockopt(session->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    session->readable =
        event_new(config->base, session->fd, EV_READ | EV_PERSIST, on_readable, session);
    session->writable =
        event_new(config->base, session->fd, EV_WRITE, on_writable, session);
    if (!session->readable || !session->writable)
        abort();
    if (connect(session->fd, config->address, config->address_size) < 0 &&
        errno != EINPROGRESS) {
        session->connect_error = errno;
        want_flush(session);
    } else {
        event_add(session->writable, NULL);
    }
}

void bench_session_unbind(struct bench_session *session)
{
    assert(session->state == BENCH_SESSION_BOUND);
    session->state = BENCH_SESSION_UNBINDING;
    want_flush(session);
    if (!wire_write_bare(&session->output, WIRE_UNBIND, WIRE_OK, session->next_sequence++))
        end(session, "there was no room for an unbind");
}

/* ---- Submits ---- */

bool bench_session_has_room(const struct bench_session *session)
{
    return session->state == BENCH_SESSION_BOUND &&
           session->in_flight < session->config.window &&
           session->output.capacity - session->output.used >=
               BENCH_SUBMIT_BYTES_MAX + ANSWERS_ROOM_BYTES;
}

uint32_t bench_session_take(struct bench_session *session, uint32_t unit,
                            int64_t intended_ns, int64_t now_ns)
{
    assert(session->in_flight < session->config.window);
    for (;;) {
        uint32_t sequence = session->next_sequence;
        struct bench_submit *place = &session->places[sequence & session->place_mask];

        session->next_sequence = sequence == SEQUENCE_MAX ? 1 : sequence + 1;
        if (place->sequence != 0)
            continue;
        *place = (struct bench_submit){sequence, unit, intended_ns, now_ns};
        session->in_flight++;
        want_flush(session);
        return sequence;
    }
}

struct wire_buffer *bench_session_output(struct bench_session *session)
{
    return &session->output;
}

enum bench_session_state bench_session_state(const struct bench_session *session)
{
    return session->state;
}

uint16_t bench_session_account(const struct bench_session *session)
{
    return session->config.account;
}

uint16_t bench_session_number(const struct bench_session *session)
{
    return session->config.number;
}

unsigned bench_session_in_flight(const struct bench_session *session)
{
    return session->in_flight;
}

int64_t bench_session_read_ns(const struct bench_session *session)
{
    return session->read_ns;
}

void bench_session_probe(struct bench_session *session)
{
    int waiting = 0;

    if (session->fd >= 0 && session->in_flight > 0 && session->input_used == 0 &&
        ioctl(session->fd, FIONREAD, &waiting) == 0 && waiting == 0)
        session->drained_ns = bench_clock_ns();
}

int64_t bench_session_drained_ns(const struct bench_session *session)
{
    return session->drained_ns;
}
