/*
 * One connection and the requests on it.  It is in one state; each of its events (octets,
 * room to write, the end, its one timer) leads through advance() to the next.
 *
 * Between us and the socket is a plain bufferevent, so that TLS may be put there.
 */
#include "gateway/http_connection.h"

#include <assert.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include "gateway/http_answer.h"

/* Read ahead of what is being worked on; holds any head. */
#define INPUT_MAX_BYTES ((size_t)2 * HTTP_HEAD_MAX_BYTES)

/* Unsent answers over which the next request of the connection waits. */
#define OUTPUT_HIGH_BYTES ((size_t)256 * 1024)

/* Turns for which what lies in the socket may put off a deadline. */
#define DEFERRALS_MAX 128

/* What a refused peer may still send before we stop listening to it. */
#define LINGER_MS        1000
#define LINGER_MAX_BYTES ((size_t)1024 * 1024)

static void advance(struct http_connection *connection);

/* ---- Closing ------------------------------------------------------------- */

static void release_body(struct http_connection *connection)
{
    connection->server->buffered_bytes -= connection->reserved_bytes;
    connection->reserved_bytes = 0;
    http_chunks_done(&connection->chunks);
}

void http_connection_close(struct http_connection *connection)
{
    struct http_server *server = connection->server;

    if (connection->closed)
        return;
    connection->closed = true;
    bufferevent_disable(connection->bev, EV_READ | EV_WRITE);
    clock_disarm(server->clock, &connection->timer);
    if (connection->state == HTTP_IN_FLIGHT)
        server->slots[connection->slot].connection = NULL;
    release_body(connection);
    http_server_forget_peer(server, connection->peer);
    server->connection_count--;

    *connection->link = connection->next;
    if (connection->next != NULL)
        connection->next->link = connection->link;
    connection->next = server->dead;
    server->dead = connection;
    event_active(server->reaper, EV_TIMEOUT, 0);
}

void http_connection_free(struct http_connection *connection)
{
    bufferevent_free(connection->bev);
    free(connection->octets);
    free(connection);
}

/* ---- Deadlines ----------------------------------------------------------- */

static size_t output_bytes(const struct http_connection *connection)
{
    return evbuffer_get_length(bufferevent_get_output(connection->bev));
}

static size_t input_bytes(const struct http_connection *connection)
{
    return evbuffer_get_length(bufferevent_get_input(connection->bev));
}

static void on_timer(void *arg);

/* The one deadline of the state the connection is in. */
static void set_timer(struct http_connection *connection)
{
    struct http_server *server = connection->server;
    const struct http_limits *limits = &server->limits;
    int64_t now_ms = clock_mono_ms(server->clock);
    int64_t due_ms;

    connection->stalled_bytes = output_bytes(connection);
    connection->deferrals = 0;
    switch (connection->state) {
    case HTTP_IDLE:
        if (connection->stalled_bytes > 0)
            due_ms = now_ms + limits->stall_ms;
        else
            due_ms = now_ms +
                     (connection->is_used ? limits->idle_ms : limits->header_deadline_ms);
        break;
    case HTTP_IN_HEAD:
        due_ms = connection->began_ms + limits->header_deadline_ms;
        break;
    case HTTP_IN_BODY:
    case HTTP_IN_CHUNKS:
        due_ms = connection->began_ms + limits->request_deadline_ms;
        break;
    case HTTP_ENDING:
        due_ms = now_ms + limits->stall_ms;
        break;
    case HTTP_LINGERING:
        due_ms = now_ms + LINGER_MS;
        break;
    default: /* HTTP_IN_FLIGHT: the answer is ours to give */
        clock_disarm(server->clock, &connection->timer);
        return;
    }
    clock_arm(server->clock, &connection->timer, due_ms, on_timer, connection);
}

static void set_state(struct http_connection *connection, enum http_connection_state state)
{
    connection->state = state;
    set_timer(connection);
}

/* ---- Answering ----------------------------------------------------------- */

static void write_answer(struct http_connection *connection, struct http_answer *answer)
{
    answer->date = http_server_date(connection->server);
    answer->closes = connection->head.closes;
    answer->is_head = strcmp(connection->head.method, "HEAD") == 0;
    http_answer_write(answer, bufferevent_get_output(connection->bev));
}

/* RFC 9457, with nothing to say but the status. */
static void write_problem(struct http_connection *connection, int status)
{
    static const struct http_header retry = {"Retry-After", "1"};
    char body[160];
    int size = snprintf(body, sizeof(body),
                        "{\"type\":\"about:blank\",\"title\":\"%s\",\"status\":%d}",
                        http_answer_reason(status), status);
    struct http_answer answer = {
        .status = status,
        .content_type = "application/problem+json",
        .extra = &retry,
        .extra_count = status == 503 ? 1 : 0,
        .body = body,
        .size = (size_t)size,
    };

    assert(size > 0 && (size_t)size < sizeof(body));
    write_answer(connection, &answer);
}

static void end_after_output(struct http_connection *connection)
{
    release_body(connection);
    set_state(connection, HTTP_ENDING);
    if (output_bytes(connection) == 0)
        advance(connection);
}

/* The last words to a peer whose next octets could not be told from a new request. */
static void refuse(struct http_connection *connection, int status)
{
    bufferevent_setwatermark(connection->bev, EV_READ, 0, INPUT_MAX_BYTES);
    evbuffer_drain(bufferevent_get_input(connection->bev), input_bytes(connection));
    connection->head.closes = true;
    connection->head.method = "";
    write_problem(connection, status);
    end_after_output(connection);
}

/* The answer is in the output; what now? */
static void finish_request(struct http_connection *connection)
{
    connection->is_used = true;
    if (connection->head.closes) {
        end_after_output(connection);
        return;
    }
    set_state(connection, HTTP_IDLE);
    if (connection->peer_ended && input_bytes(connection) == 0) {
        end_after_output(connection);
        return;
    }
    /* The next one is looked at in a turn of its own. */
    if (input_bytes(connection) > 0) {
        connection->pipelined++;
        bufferevent_trigger(connection->bev, EV_READ,
                            BEV_TRIG_IGNORE_WATERMARKS | BEV_TRIG_DEFER_CALLBACKS);
    } else {
        connection->pipelined = 0;
    }
}

void http_connection_answer(struct http_connection *connection, struct http_answer *answer)
{
    struct http_server *server = connection->server;

    if (server->draining || connection->pipelined >= server->limits.pipelined_max)
        connection->head.closes = true;
    write_answer(connection, answer);
    connection->state = HTTP_IDLE;
    if (!connection->delivering)
        finish_request(connection);
}

/* ---- Requests ------------------------------------------------------------ */

static void deliver(struct http_connection *connection, const uint8_t *body, size_t size)
{
    struct http_server *server = connection->server;
    const struct http_head *head = &connection->head;
    struct http_request request = {
        .id = http_server_take_slot(server, connection),
        .method = head->method,
        .path = head->path,
        .query = head->query,
        .peer = connection->peer_text,
        .is_local = connection->peer == NULL,
        .headers = head->headers,
        .header_count = head->header_count,
        .body = size > 0 ? body : (const uint8_t *)"",
        .body_size = size,
    };

    connection->delivering = true;
    if (request.id != 0) {
        set_state(connection, HTTP_IN_FLIGHT);
        server->counts.requests++;
        server->on_request(server->owner, &request);
    } else {
        server->counts.overload++;
        write_problem(connection, 503);
        connection->state = HTTP_IDLE;
    }
    connection->delivering = false;
    if (!head->is_chunked)
        evbuffer_drain(bufferevent_get_input(connection->bev), size);
    release_body(connection);
    if (connection->state == HTTP_IDLE && !connection->closed)
        finish_request(connection);
}

/* Whether a body of which there is so much may go on by so much; false when it was
 * refused. */
static bool may_go_on(struct http_connection *connection, size_t here_bytes,
                      uint64_t more_bytes)
{
    if (more_bytes <= connection->server->limits.body_max_bytes - here_bytes)
        return true;
    refuse(connection, 413);
    return false;
}

/* Room for what is here of a body that is not whole: what was only announced takes none. */
static void take_room(struct http_connection *connection, size_t here_bytes)
{
    struct http_server *server = connection->server;
    size_t more_bytes = here_bytes - connection->reserved_bytes;

    /* What strangers have begun does not keep those at the unix socket from asking. */
    if (connection->peer != NULL && more_bytes > 0 &&
        (server->buffered_bytes > server->limits.buffered_max_bytes ||
         more_bytes > server->limits.buffered_max_bytes - server->buffered_bytes)) {
        server->counts.overload++;
        refuse(connection, 503);
        return;
    }
    connection->reserved_bytes += more_bytes;
    server->buffered_bytes += more_bytes;
}

static void refuse_by_gate(struct http_connection *connection, http_gate_status status)
{
    connection->server->counts.refused++;
    refuse(connection, status);
}

static void read_chunks(struct http_connection *connection)
{
    struct http_chunks *chunks = &connection->chunks;

    for (;;) {
        switch (http_chunks_read(chunks, bufferevent_get_input(connection->bev))) {
        case HTTP_CHUNKS_ON:
            break;
        case HTTP_CHUNKS_ANNOUNCED:
            if (!may_go_on(connection, evbuffer_get_length(chunks->body), chunks->left))
                return;
            break;
        case HTTP_CHUNKS_WAIT:
            take_room(connection, evbuffer_get_length(chunks->body));
            return;
        case HTTP_CHUNKS_WHOLE:
            deliver(connection, evbuffer_pullup(chunks->body, -1),
                    evbuffer_get_length(chunks->body));
            return;
        case HTTP_CHUNKS_WRONG:
            refuse_by_gate(connection, 400);
            return;
        }
    }
}

static void read_body(struct http_connection *connection)
{
    size_t size = connection->head.content_length;

    if (input_bytes(connection) < size) {
        take_room(connection, input_bytes(connection));
        return;
    }
    bufferevent_setwatermark(connection->bev, EV_READ, 0, INPUT_MAX_BYTES);
    deliver(connection,
            evbuffer_pullup(bufferevent_get_input(connection->bev), (ssize_t)size), size);
}

/* The head is whole and right: make ready for the body. */
static void begin_body(struct http_connection *connection)
{
    const struct http_head *head = &connection->head;

    if (!may_go_on(connection, 0, head->content_length))
        return;
    if (head->is_chunked)
        http_chunks_begin(&connection->chunks);
    connection->state = head->is_chunked ? HTTP_IN_CHUNKS : HTTP_IN_BODY;
    if (head->content_length > INPUT_MAX_BYTES)
        bufferevent_setwatermark(connection->bev, EV_READ, 0, head->content_length);
    if (head->wants_continue && input_bytes(connection) == 0 &&
        (head->is_chunked || head->content_length > 0))
        evbuffer_add(bufferevent_get_output(connection->bev),
                     "HTTP/1.1 100 Continue\r\n\r\n", 25);
}

static void take_octets(struct http_connection *connection, size_t size)
{
    if (connection->octets_room < size) {
        free(connection->octets);
        connection->octets = malloc(size);
        connection->octets_room = size;
        if (connection->octets == NULL)
            abort();
    }
    evbuffer_remove(bufferevent_get_input(connection->bev), connection->octets, size);
}

static void read_head(struct http_connection *connection)
{
    struct evbuffer *input = bufferevent_get_input(connection->bev);
    size_t size = evbuffer_get_length(input);
    size_t head_size;
    http_gate_status status;

    if (size > INPUT_MAX_BYTES)
        size = INPUT_MAX_BYTES;
    status = http_gate_find_head(evbuffer_pullup(input, (ssize_t)size), size,
                                 &connection->scanned, &head_size);
    if (status == 0 && head_size > 0) {
        connection->scanned = 0;
        take_octets(connection, head_size);
        status = http_gate_read_head(connection->octets, head_size, &connection->head);
        if (status == 0) {
            begin_body(connection);
            return;
        }
    }
    if (status != 0)
        refuse_by_gate(connection, status);
}

static void linger(struct http_connection *connection)
{
    if (connection->peer_ended) {
        http_connection_close(connection);
        return;
    }
    shutdown(bufferevent_getfd(connection->bev), SHUT_WR);
    set_state(connection, HTTP_LINGERING);
}

static void throw_away(struct http_connection *connection)
{
    connection->lingered_bytes += input_bytes(connection);
    evbuffer_drain(bufferevent_get_input(connection->bev), input_bytes(connection));
    if (connection->peer_ended || connection->lingered_bytes > LINGER_MAX_BYTES)
        http_connection_close(connection);
}

static bool is_reading(const struct http_connection *connection)
{
    return connection->state == HTTP_IDLE || connection->state == HTTP_IN_HEAD ||
           connection->state == HTTP_IN_BODY || connection->state == HTTP_IN_CHUNKS;
}

/* As far as what is here allows, but no further than to the end of one request. */
static void advance(struct http_connection *connection)
{
    enum http_connection_state before = connection->state;

    if (connection->closed)
        return; /* a callback that was already on its way */
    if (connection->state == HTTP_IDLE && input_bytes(connection) > 0 &&
        output_bytes(connection) <= OUTPUT_HIGH_BYTES) {
        connection->began_ms = clock_mono_ms(connection->server->clock);
        connection->state = HTTP_IN_HEAD;
    }
    if (connection->state == HTTP_IN_HEAD)
        read_head(connection);
    if (connection->state == HTTP_IN_BODY)
        read_body(connection);
    else if (connection->state == HTTP_IN_CHUNKS)
        read_chunks(connection);
    else if (connection->state == HTTP_ENDING && output_bytes(connection) == 0)
        linger(connection);
    if (connection->state == HTTP_LINGERING)
        throw_away(connection);

    /* Now, and not before: most requests come whole and never need their deadlines. */
    if (is_reading(connection) && connection->state != before && !connection->closed)
        set_timer(connection);
    if (is_reading(connection) && connection->peer_ended && connection->state != HTTP_IDLE)
        end_after_output(connection);
}

/* ---- Events -------------------------------------------------------------- */

static void on_octets(struct bufferevent *bev, void *arg)
{
    (void)bev;
    advance(arg);
}

/* The output is written to the last octet. */
static void on_written(struct bufferevent *bev, void *arg)
{
    struct http_connection *connection = arg;

    (void)bev;
    if (connection->state == HTTP_IDLE && input_bytes(connection) == 0 &&
        !connection->closed)
        set_timer(connection);
    else
        advance(connection);
}

static void on_end(struct bufferevent *bev, short what, void *arg)
{
    struct http_connection *connection = arg;

    (void)bev;
    if (!(what & BEV_EVENT_EOF)) {
        http_connection_close(connection);
        return;
    }
    /* The peer may have closed its half only: what it asked is still answered. */
    connection->peer_ended = true;
    if (connection->state == HTTP_IDLE && input_bytes(connection) == 0)
        end_after_output(connection);
    else
        advance(connection);
}

/* It came before this moment, and we have not looked: not for ever, or who never stops
 * would never be late. */
static bool has_unheard(struct http_connection *connection)
{
    struct pollfd socket = {.fd = bufferevent_getfd(connection->bev), .events = POLLIN};

    return is_reading(connection) && connection->deferrals++ < DEFERRALS_MAX &&
           poll(&socket, 1, 0) == 1;
}

static void on_timer(void *arg)
{
    struct http_connection *connection = arg;
    bool moves = output_bytes(connection) < connection->stalled_bytes;

    if (has_unheard(connection)) {
        clock_arm_in(connection->server->clock, &connection->timer, 1, on_timer,
                     connection);
        return;
    }
    switch (connection->state) {
    case HTTP_IN_HEAD:
    case HTTP_IN_BODY:
    case HTTP_IN_CHUNKS:
        connection->server->counts.too_slow++;
        refuse(connection, 408);
        break;
    case HTTP_IDLE:
    case HTTP_ENDING:
        if (moves)
            set_timer(connection);
        else
            http_connection_close(connection);
        break;
    default: /* lingering */
        http_connection_close(connection);
        break;
    }
}

/* ---- Beginning and draining ---------------------------------------------- */

void http_connection_open(struct http_server *server, int fd, struct http_peer *peer,
                          const char *peer_text)
{
    struct http_connection *connection = calloc(1, sizeof(*connection));

    if (connection == NULL)
        abort();
    connection->server = server;
    connection->peer = peer;
    snprintf(connection->peer_text, sizeof(connection->peer_text), "%s", peer_text);
    connection->bev = bufferevent_socket_new(server->base, fd, BEV_OPT_CLOSE_ON_FREE);
    if (connection->bev == NULL)
        abort();
    connection->next = server->connections;
    connection->link = &server->connections;
    if (connection->next != NULL)
        connection->next->link = &connection->next;
    server->connections = connection;
    server->connection_count++;

    bufferevent_setcb(connection->bev, on_octets, on_written, on_end, connection);
    bufferevent_setwatermark(connection->bev, EV_READ, 0, INPUT_MAX_BYTES);
    bufferevent_enable(connection->bev, EV_READ | EV_WRITE);
    set_state(connection, HTTP_IDLE);
}

void http_connection_drain(struct http_connection *connection)
{
    if (connection->state == HTTP_IDLE && input_bytes(connection) == 0)
        end_after_output(connection);
}
