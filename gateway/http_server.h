/*
 * The HTTP/1.1 server: complete requests come out, answers go in, by id.  What is
 * between is nobody's business above: no connection, buffer or library object is shown.
 *
 * Every octet passes a strict gate (http_gate.h) first; what it refuses is answered and
 * the connection closed.  One request of a connection is worked on at a time; what is
 * pipelined behind it waits in a bounded buffer.
 *
 * All calls come from the loop thread.  Time is the clock's alone.
 */
#ifndef GATEWAY_HTTP_SERVER_H
#define GATEWAY_HTTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/http_header.h"

struct clock;
struct event_base;
struct http_server;

/* Valid only during on_request(). */
struct http_request {
    uint64_t id;        /* to be answered under; never 0, never used again */
    const char *method; /* GET, HEAD, POST, PUT, PATCH or DELETE */
    const char *path;   /* begins with '/', percent-decoded, without the query */
    const char *query;  /* as it came, without the '?'; "" if none */
    const char *peer;   /* address without port; "unix" on the socket */
    bool is_local;      /* came over the unix socket */
    const struct http_header *headers;
    size_t header_count;
    const uint8_t *body;
    size_t body_size;
};

/*
 * Each request must be answered exactly once, from inside or at any later time.
 */
typedef void http_server_on_request(void *owner, const struct http_request *request);

/* NULL when absent; of several equal names the first. */
const char *http_request_header(const struct http_request *request, const char *name);

/*
 * The decoded value (plus signs are blanks) of the query's first parameter `name`, which
 * is "" for one without '='.  False, with `out` untouched, when it is absent, is not well
 * encoded, holds a NUL or does not fit.
 */
bool http_request_query(const struct http_request *request, const char *name, char *out,
                        size_t room) __attribute__((warn_unused_result));

struct http_limits {
    size_t connections_max;
    size_t connections_per_address_max; /* not counted on the unix socket */
    size_t in_flight_max;               /* over it: 503 */
    size_t body_max_bytes;              /* over it: 413 */
    size_t buffered_max_bytes;          /* here of bodies that are not whole: 503 */
    unsigned pipelined_max;             /* in a row on one connection, then it is closed */
    int64_t header_deadline_ms;         /* from accepting, or from the first octet */
    int64_t request_deadline_ms;        /* whole request, from its first octet */
    int64_t idle_ms;                    /* between two requests */
    int64_t stall_ms;                   /* without the peer taking any of our answer */
};

extern const struct http_limits http_default_limits;

/* `limits` may be NULL for the defaults.  Owned by the caller; nothing listens yet. */
struct http_server *http_server_new(struct event_base *base, struct clock *clock,
                                    const struct http_limits *limits,
                                    http_server_on_request *on_request, void *owner);

/* Accepts NULL.  All connections are cut; requests not answered are forgotten. */
void http_server_free(struct http_server *server);

/*
 * Listens on a numeric address, IPv4 or IPv6; port 0 takes a free one, which is told in
 * `out_port` (may be NULL).  False with a sentence that names address and port in `error`.
 */
bool http_server_listen(struct http_server *server, const char *address, uint16_t port,
                        uint16_t *out_port, char *error, size_t error_size)
    __attribute__((warn_unused_result));

/*
 * Listens on a unix socket that only our user may open.  A path left behind by a process
 * that has died is taken over; one that somebody listens on is not.
 */
bool http_server_listen_unix(struct http_server *server, const char *path, char *error,
                             size_t error_size) __attribute__((warn_unused_result));

/*
 * The answer to a request.  All is copied.  `content_type` may be NULL when there is no
 * body.  An id whose connection has gone is dropped in silence.  Content-Length, Date and
 * Connection are ours; an extra header with an octet no header may have is left out.
 */
void http_server_answer(struct http_server *server, uint64_t id, int status,
                        const char *content_type, const struct http_header *extra,
                        size_t extra_count, const void *body, size_t size);

/*
 * Stops listening and reading new requests; what is in flight is still answered.  Done
 * when http_server_connections() has come down to 0.
 */
void http_server_drain(struct http_server *server);

size_t http_server_connections(const struct http_server *server);

/* For /metrics; they only grow. */
struct http_server_counts {
    uint64_t accepted;    /* connections */
    uint64_t turned_away; /* connections over a limit */
    uint64_t requests;    /* given to on_request */
    uint64_t refused;     /* by the gate */
    uint64_t too_slow;    /* cut by a deadline while a request was being read */
    uint64_t overload;    /* 503 of our own */
    uint64_t unheard;     /* answers whose connection had gone */
};

struct http_server_counts http_server_counts(const struct http_server *server);

#endif
