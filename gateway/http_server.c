/*
 * Who may connect, and under which id a request is known above.  What happens on a
 * connection is http_connection.c's, what its octets mean http_gate.c's.
 */
#include "gateway/http_server.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <event2/event.h>
#include <uthash.h>

#include "gateway/http_answer.h"
#include "gateway/http_connection.h"
#include "gateway/http_listener.h"

#define NO_SLOT UINT32_MAX

/* Of the unix sockets, beyond connections_max: somebody must be able to look. */
#define LOCAL_CONNECTIONS 16

const struct http_limits http_default_limits = {
    .connections_max = 4096,
    .connections_per_address_max = 1024,
    .in_flight_max = 4096,
    .body_max_bytes = (size_t)256 * 1024,
    .buffered_max_bytes = (size_t)64 * 1024 * 1024,
    .pipelined_max = 1000,
    .header_deadline_ms = 10000,
    .request_deadline_ms = 30000,
    .idle_ms = 75000,
    .stall_ms = 30000,
};

/* An IPv4 address, or an IPv6 network of 64 bits: what one customer is given. */
struct http_peer {
    uint8_t key[16];
    size_t connections;
    UT_hash_handle hh;
};

/* ---- Requests ------------------------------------------------------------ */

const char *http_request_header(const struct http_request *request, const char *name)
{
    for (size_t i = 0; i < request->header_count; i++)
        if (strcasecmp(request->headers[i].name, name) == 0)
            return request->headers[i].value;
    return NULL;
}

bool http_request_query(const struct http_request *request, const char *name, char *out,
                        size_t room)
{
    size_t name_size = strlen(name);
    const char *at = request->query;

    while (*at != '\0') {
        size_t size = strcspn(at, "&");

        if (size >= name_size && memcmp(at, name, name_size) == 0 &&
            (size == name_size || at[name_size] == '=')) {
            size_t skip = size == name_size ? size : name_size + 1;
            char *decoded = malloc(size - skip + 1);
            bool fits;

            if (decoded == NULL)
                abort();
            fits =
                http_gate_decode(at + skip, size - skip, true, decoded, size - skip + 1) &&
                strlen(decoded) < room;
            if (fits)
                memcpy(out, decoded, strlen(decoded) + 1);
            free(decoded);
            return fits;
        }
        at += size;
        at += *at == '&';
    }
    return false;
}

/* ---- Ids ----------------------------------------------------------------- */

uint64_t http_server_take_slot(struct http_server *server,
                               struct http_connection *connection)
{
    uint32_t index = server->free_slot;
    struct http_slot *slot;

    if (index == NO_SLOT)
        return 0;
    slot = &server->slots[index];
    server->free_slot = slot->next_free;
    slot->taken = true;
    slot->connection = connection;
    connection->slot = index;
    return (uint64_t)slot->generation << 32 | (index + 1);
}

void http_server_answer(struct http_server *server, uint64_t id, int status,
                        const char *content_type, const struct http_header *extra,
                        size_t extra_count, const void *body, size_t size)
{
    uint32_t index = (uint32_t)id - 1;
    struct http_slot *slot = &server->slots[index];
    struct http_answer answer = {
        .status = status,
        .content_type = content_type,
        .extra = extra,
        .extra_count = extra_count,
        .body = body,
        .size = size,
    };

    assert(index < server->limits.in_flight_max && slot->taken);
    assert(slot->generation == (uint32_t)(id >> 32));
    slot->taken = false;
    slot->generation++;
    slot->next_free = server->free_slot;
    server->free_slot = index;
    if (slot->connection == NULL)
        server->counts.unheard++;
    else
        http_connection_answer(slot->connection, &answer);
}

const char *http_server_date(struct http_server *server)
{
    time_t now_s = (time_t)(clock_wall_ms(server->clock) / 1000);
    struct tm date;

    if (server->date[0] == '\0' || now_s != server->date_s) {
        server->date_s = now_s;
        gmtime_r(&now_s, &date);
        strftime(server->date, sizeof(server->date), "%a, %d %b %Y %H:%M:%S GMT", &date);
    }
    return server->date;
}

/* ---- Admission ----------------------------------------------------------- */

void http_server_forget_peer(struct http_server *server, struct http_peer *peer)
{
    if (peer == NULL || --peer->connections > 0)
        return;
    HASH_DEL(server->peers, peer);
    free(peer);
}

static void read_peer(const struct sockaddr *address, uint8_t key[16], char *text,
                      size_t room)
{
    memset(key, 0, 16);
    if (address->sa_family == AF_INET6) {
        const struct sockaddr_in6 *ip6 = (const struct sockaddr_in6 *)address;

        memcpy(key, &ip6->sin6_addr, 8);
        inet_ntop(AF_INET6, &ip6->sin6_addr, text, (socklen_t)room);
    } else {
        const struct sockaddr_in *ip4 = (const struct sockaddr_in *)address;

        /* As no network of IPv6 begins. */
        memset(key + 8, 0xFF, 4);
        memcpy(key + 12, &ip4->sin_addr, 4);
        inet_ntop(AF_INET, &ip4->sin_addr, text, (socklen_t)room);
    }
}

/* NULL when this address has as many connections as it may. */
static struct http_peer *count_peer(struct http_server *server, const uint8_t key[16])
{
    struct http_peer *peer;

    HASH_FIND(hh, server->peers, key, sizeof(peer->key), peer);
    if (peer == NULL) {
        peer = calloc(1, sizeof(*peer));
        if (peer == NULL)
            abort();
        memcpy(peer->key, key, sizeof(peer->key));
        HASH_ADD(hh, server->peers, key, sizeof(peer->key), peer);
    }
    if (peer->connections >= server->limits.connections_per_address_max)
        return NULL;
    peer->connections++;
    return peer;
}

static void turn_away(struct http_server *server, int fd)
{
    server->counts.turned_away++;
    close(fd);
}

static void on_accept(void *owner, int fd, const struct sockaddr *address)
{
    struct http_server *server = owner;
    struct http_peer *peer = NULL;
    char text[INET6_ADDRSTRLEN] = "unix";
    uint8_t key[16];
    bool is_local = address->sa_family == AF_UNIX;

    if (server->connection_count >=
        server->limits.connections_max + (is_local ? LOCAL_CONNECTIONS : 0)) {
        turn_away(server, fd);
        return;
    }
    if (!is_local) {
        read_peer(address, key, text, sizeof(text));
        peer = count_peer(server, key);
        if (peer == NULL) {
            turn_away(server, fd);
            return;
        }
    }
    server->counts.accepted++;
    http_connection_open(server, fd, peer, text);
}

/* ---- Listening ----------------------------------------------------------- */

static bool add_listener(struct http_server *server, struct http_listener *listener)
{
    if (listener == NULL)
        return false;
    server->listeners[server->listener_count++] = listener;
    http_listener_start(listener, on_accept, server);
    return true;
}

static bool has_room(const struct http_server *server, char *error, size_t error_size)
{
    if (server->listener_count < HTTP_LISTENERS_MAX)
        return true;
    snprintf(error, error_size, "cannot listen in more than %d places", HTTP_LISTENERS_MAX);
    return false;
}

bool http_server_listen(struct http_server *server, const char *address, uint16_t port,
                        uint16_t *out_port, char *error, size_t error_size)
{
    return has_room(server, error, error_size) &&
           add_listener(server, http_listener_new(server->base, server->clock, address,
                                                  port, out_port, error, error_size));
}

bool http_server_listen_unix(struct http_server *server, const char *path, char *error,
                             size_t error_size)
{
    return has_room(server, error, error_size) &&
           add_listener(server, http_listener_new_unix(server->base, server->clock, path,
                                                       error, error_size));
}

static void stop_listening(struct http_server *server)
{
    while (server->listener_count > 0)
        http_listener_free(server->listeners[--server->listener_count]);
}

void http_server_drain(struct http_server *server)
{
    struct http_connection *next;

    stop_listening(server);
    server->draining = true;
    for (struct http_connection *at = server->connections; at != NULL; at = next) {
        next = at->next;
        http_connection_drain(at);
    }
}

/* ---- The server ---------------------------------------------------------- */

size_t http_server_connections(const struct http_server *server)
{
    return server->connection_count;
}

struct http_server_counts http_server_counts(const struct http_server *server)
{
    return server->counts;
}

static void on_reap(evutil_socket_t fd, short what, void *arg)
{
    struct http_server *server = arg;

    (void)fd;
    (void)what;
    while (server->dead != NULL) {
        struct http_connection *connection = server->dead;

        server->dead = connection->next;
        http_connection_free(connection);
    }
}

struct http_server *http_server_new(struct event_base *base, struct clock *clock,
                                    const struct http_limits *limits,
                                    http_server_on_request *on_request, void *owner)
{
    struct http_server *server = calloc(1, sizeof(*server));
    size_t slots;

    if (server == NULL)
        abort();
    server->base = base;
    server->clock = clock;
    server->limits = limits != NULL ? *limits : http_default_limits;
    server->on_request = on_request;
    server->owner = owner;
    server->reaper = event_new(base, -1, 0, on_reap, server);
    slots = server->limits.in_flight_max;
    assert(slots > 0 && slots < NO_SLOT);
    server->slots = calloc(slots, sizeof(*server->slots));
    if (server->reaper == NULL || server->slots == NULL)
        abort();
    for (size_t i = 0; i < slots; i++)
        server->slots[i].next_free = i + 1 < slots ? (uint32_t)i + 1 : NO_SLOT;
    return server;
}

void http_server_free(struct http_server *server)
{
    if (server == NULL)
        return;
    stop_listening(server);
    while (server->connections != NULL)
        http_connection_close(server->connections);
    on_reap(-1, 0, server);
    event_free(server->reaper);
    free(server->slots);
    free(server);
}
