/*
 * The gateway's client gives its calls to the messenger and keeps the time-outs; its
 * server hands out requests after a while and carries the answers back.  Both know the
 * world through their owner, the gateway.
 */
#include "tests/simulation/web.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/clock.h"
#include "gateway/gateway.h"
#include "gateway/http_server.h"
#include "smpp/transport.h"
#include "tests/simulation/messenger.h"
#include "tests/simulation/world.h"

enum { HEADERS_MAX = 4, ON_THE_WAY_MS = 3 };

static struct world *world_of(void *gateway)
{
    return ((struct gateway *)gateway)->transport->self;
}

/* --- the client --------------------------------------------------------------------- */

struct call {
    struct http_client *client;
    uint64_t id;
    struct clock_timer timeout;
    struct call *next;
};

struct http_client {
    struct world *world;
    struct clock *clock;
    http_client_on_done *on_done;
    void *owner;
    size_t calls_max;
    size_t count;
    struct call *calls;
};

const struct http_client_options http_default_options = {.calls_max = 0};

struct http_client *http_client_new(struct event_base *base, struct clock *clock,
                                    const struct http_client_options *options,
                                    http_client_on_done *on_done, void *owner)
{
    struct http_client *client = calloc(1, sizeof(*client));

    (void)base;
    if (client == NULL)
        abort();
    *client = (struct http_client){.world = world_of(owner),
                                   .clock = clock,
                                   .on_done = on_done,
                                   .owner = owner,
                                   .calls_max = options->calls_max};
    client->world->http_client = client;
    return client;
}

static void forget(struct http_client *client, struct call *call)
{
    struct call **at = &client->calls;

    while (*at != call)
        at = &(*at)->next;
    *at = call->next;
    client->count--;
    clock_disarm(client->clock, &call->timeout);
    free(call);
}

void http_client_free(struct http_client *client)
{
    if (client == NULL)
        return;
    client->world->http_client = NULL;
    while (client->calls)
        forget(client, client->calls);
    free(client);
}

static void finish(struct http_client *client, struct call *call, struct http_result result)
{
    result.id = call->id;
    forget(client, call);
    client->on_done(client->owner, &result);
}

static void timed_out(void *owner)
{
    struct call *call = owner;

    finish(call->client, call,
           (struct http_result){.outcome = HTTP_IN_DOUBT, .reason = "no answer in time"});
}

bool http_client_post(struct http_client *client, const struct http_call *request)
{
    struct call *call;

    if (client->count >= client->calls_max)
        return false;
    call = calloc(1, sizeof(*call));
    if (call == NULL)
        abort();
    call->client = client;
    call->id = request->id;
    call->next = client->calls;
    client->calls = call;
    client->count++;
    clock_arm_in(client->clock, &call->timeout, request->timeout_ms, timed_out, call);
    messenger_post(client->world->messenger, client->world->life, request);
    return true;
}

size_t http_client_calls(const struct http_client *client)
{
    return client->count;
}

void web_answer(struct world *world, unsigned life, uint64_t id,
                const struct http_result *result)
{
    struct http_client *client = world->http_client;

    if (client == NULL || world->life != life)
        return;
    for (struct call *call = client->calls; call; call = call->next) {
        if (call->id != id)
            continue;
        finish(client, call, *result);
        return;
    }
}

/* --- the server --------------------------------------------------------------------- */

/* A request on its way there, being worked on, or its answer on the way back. */
struct exchange {
    struct world *world;
    uint64_t id;
    struct web_request request;
    struct http_header headers[HEADERS_MAX];
    int status;
    char *body;
    struct exchange *next; /* being worked on */
};

struct http_server {
    struct world *world;
    http_server_on_request *on_request;
    void *owner;
    uint64_t last_id;
    struct exchange *open;
    struct http_server_counts counts;
};

const struct http_limits http_default_limits = {.connections_max = 1};

struct http_server *http_server_new(struct event_base *base, struct clock *clock,
                                    const struct http_limits *limits,
                                    http_server_on_request *on_request, void *owner)
{
    struct http_server *server = calloc(1, sizeof(*server));

    (void)base;
    (void)clock;
    (void)limits;
    if (server == NULL)
        abort();
    server->world = world_of(owner);
    server->on_request = on_request;
    server->owner = owner;
    server->world->http_server = server;
    return server;
}

static void come_back(void *owner, uint64_t number)
{
    struct exchange *exchange = owner;

    (void)number;
    exchange->request.on_answer(exchange->request.owner, exchange->request.number,
                                exchange->status, exchange->body ? exchange->body : "");
    for (size_t i = 0; i < exchange->request.header_count; i++) {
        free((void *)exchange->headers[i].name);
        free((void *)exchange->headers[i].value);
    }
    free((void *)exchange->request.method);
    free((void *)exchange->request.path);
    free((void *)exchange->request.body);
    free(exchange->body);
    free(exchange);
}

static void send_back(struct exchange *exchange, int status)
{
    exchange->status = status;
    world_after(exchange->world, ON_THE_WAY_MS, come_back, exchange, 0);
}

void http_server_free(struct http_server *server)
{
    if (server == NULL)
        return;
    server->world->http_server = NULL;
    while (server->open) {
        struct exchange *next = server->open->next;

        send_back(server->open, 0);
        server->open = next;
    }
    free(server);
}

bool http_server_listen(struct http_server *server, const char *address, uint16_t port,
                        uint16_t *out_port, char *error, size_t error_size)
{
    (void)server;
    (void)address;
    (void)port;
    (void)out_port;
    (void)error;
    (void)error_size;
    return true;
}

bool http_server_listen_unix(struct http_server *server, const char *path, char *error,
                             size_t error_size)
{
    (void)server;
    (void)path;
    (void)error;
    (void)error_size;
    return true;
}

const char *http_request_header(const struct http_request *request, const char *name)
{
    for (size_t i = 0; i < request->header_count; i++)
        if (strcasecmp(request->headers[i].name, name) == 0)
            return request->headers[i].value;
    return NULL;
}

/* No request here has a query. */
bool http_request_query(const struct http_request *request, const char *name, char *out,
                        size_t room)
{
    (void)request;
    (void)name;
    (void)out;
    (void)room;
    return false;
}

static void arrive(void *owner, uint64_t number)
{
    struct exchange *exchange = owner;
    struct world *world = exchange->world;
    struct http_server *server = world->http_server;
    struct http_request request = {
        .method = exchange->request.method,
        .path = exchange->request.path,
        .query = "",
        .peer = "127.0.0.1",
        .is_local = exchange->request.is_local,
        .headers = exchange->headers,
        .header_count = exchange->request.header_count,
        .body = (const uint8_t *)exchange->request.body,
        .body_size = strlen(exchange->request.body),
    };

    (void)number;
    if (server == NULL || world->gateway_stopped) {
        send_back(exchange, 0);
        return;
    }
    request.id = exchange->id = ++server->last_id;
    exchange->next = server->open;
    server->open = exchange;
    server->counts.requests++;
    server->on_request(server->owner, &request);
    world_moment(world, MOMENT_REPORT);
}

static char *copy(const char *text)
{
    char *its = strdup(text);

    if (its == NULL)
        abort();
    return its;
}

void web_send(struct world *world, const struct web_request *request)
{
    struct exchange *exchange = calloc(1, sizeof(*exchange));

    if (exchange == NULL || request->header_count > HEADERS_MAX)
        abort();
    exchange->world = world;
    exchange->request = *request;
    exchange->request.method = copy(request->method);
    exchange->request.path = copy(request->path);
    exchange->request.body = copy(request->body);
    for (size_t i = 0; i < request->header_count; i++) {
        exchange->headers[i].name = copy(request->headers[i].name);
        exchange->headers[i].value = copy(request->headers[i].value);
    }
    world_after(world, ON_THE_WAY_MS + (int64_t)world_chance(world, 5), arrive, exchange,
                0);
}

void http_server_answer(struct http_server *server, uint64_t id, int status,
                        const char *content_type, const struct http_header *extra,
                        size_t extra_count, const void *body, size_t size)
{
    (void)content_type;
    (void)extra;
    (void)extra_count;
    for (struct exchange **at = &server->open; *at; at = &(*at)->next) {
        struct exchange *exchange = *at;

        if (exchange->id != id)
            continue;
        *at = exchange->next;
        exchange->body = calloc(1, size + 1); /* the body has no NUL of its own */
        if (exchange->body == NULL)
            abort();
        if (size > 0)
            memcpy(exchange->body, body, size);
        send_back(exchange, status);
        return;
    }
    world_violation(server->world, "an HTTP request was answered twice, or never asked");
}

void http_server_drain(struct http_server *server)
{
    (void)server;
}

size_t http_server_connections(const struct http_server *server)
{
    (void)server;
    return 0;
}

struct http_server_counts http_server_counts(const struct http_server *server)
{
    return server->counts;
}
