/*
 * The inside of the server, shared by http_server.c, which admits connections and gives
 * requests their ids, and http_connection.c, which leads each connection through its
 * states.  Nobody else includes this.
 */
#ifndef GATEWAY_HTTP_CONNECTION_H
#define GATEWAY_HTTP_CONNECTION_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/clock.h"
#include "gateway/http_chunks.h"
#include "gateway/http_gate.h"
#include "gateway/http_server.h"

#define HTTP_LISTENERS_MAX 8

enum http_connection_state {
    HTTP_IDLE,      /* nothing of the next request is here */
    HTTP_IN_HEAD,   /* some of it is */
    HTTP_IN_BODY,   /* Content-Length octets are awaited in the input */
    HTTP_IN_CHUNKS, /* chunks are put together in `chunks` */
    HTTP_IN_FLIGHT, /* on_request() was told; the answer is awaited */
    HTTP_ENDING,    /* the last answer is being written */
    HTTP_LINGERING, /* written; what still comes is thrown away, so that it is read there */
};

struct http_connection {
    struct http_server *server;
    struct http_connection *next;
    struct http_connection **link; /* what points to us in the server's list */
    struct bufferevent *bev;
    struct clock_timer timer;
    struct http_peer *peer; /* NULL on the unix socket */
    char peer_text[INET6_ADDRSTRLEN];
    enum http_connection_state state;
    bool closed;     /* waits for the reaper */
    bool peer_ended; /* nothing more will come */
    bool is_used;    /* has had a request */
    bool delivering; /* inside on_request() */
    unsigned pipelined;
    unsigned deferrals;   /* of its deadline */
    size_t stalled_bytes; /* the output when the timer was set */
    size_t lingered_bytes;

    int64_t began_ms; /* first octet of the request */
    size_t scanned;
    char *octets; /* the head, which `head` points into */
    size_t octets_room;
    struct http_head head;
    struct http_chunks chunks;
    size_t reserved_bytes; /* of the server's buffered_max_bytes */
    uint32_t slot;         /* in flight */
};

/* A request given out and not yet answered, also after its connection has gone. */
struct http_slot {
    struct http_connection *connection;
    uint32_t generation;
    uint32_t next_free;
    bool taken;
};

struct http_server {
    struct event_base *base;
    struct clock *clock;
    struct http_limits limits;
    http_server_on_request *on_request;
    void *owner;

    struct http_listener *listeners[HTTP_LISTENERS_MAX];
    size_t listener_count;
    bool draining;

    struct http_connection *connections;
    struct http_connection *dead;
    struct event *reaper;
    struct http_peer *peers;
    size_t connection_count;
    size_t buffered_bytes;

    struct http_slot *slots;
    uint32_t free_slot;

    char date[40];
    int64_t date_s;
    struct http_server_counts counts;
};

/* ---- http_server.c ------------------------------------------------------- */

/* A new id for the request of `connection`, or 0: as many as may be are in flight. */
uint64_t http_server_take_slot(struct http_server *server,
                               struct http_connection *connection);
const char *http_server_date(struct http_server *server);
void http_server_forget_peer(struct http_server *server, struct http_peer *peer);

/* ---- http_connection.c --------------------------------------------------- */

/* Takes the socket over; `peer` may be NULL.  It is in the server's list then. */
void http_connection_open(struct http_server *server, int fd, struct http_peer *peer,
                          const char *peer_text);

struct http_answer;
void http_connection_answer(struct http_connection *connection, struct http_answer *answer);

/* No other request will be read from it. */
void http_connection_drain(struct http_connection *connection);

/* Safe from anywhere, twice too: the reaper frees it from the loop. */
void http_connection_close(struct http_connection *connection);
void http_connection_free(struct http_connection *connection);

#endif
