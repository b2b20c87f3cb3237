/* evhttp, as the practice roles use it.  See http.h. */
#include "tests/peers/http.h"

#include <stdlib.h>
#include <unistd.h>

#include <event2/buffer.h>

#include "tests/peers/options.h"

enum {
    BODY_MAX_BYTES = 1024 * 1024,
    HEADERS_MAX_BYTES = 32 * 1024,
    IDLE_S = 300,
};

struct evhttp *http_open(struct sim *sim, const char *host, int64_t *port,
                         void (*handle)(struct evhttp_request *, void *), void *cookie,
                         char *error)
{
    int fd = sim_listen(host, port, error);
    struct evhttp *http;

    if (fd < 0)
        return NULL;
    http = evhttp_new(sim->base);
    if (http == NULL || evhttp_accept_socket(http, fd) != 0)
        abort();
    evhttp_set_allowed_methods(http, EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_PUT |
                                         EVHTTP_REQ_DELETE | EVHTTP_REQ_HEAD);
    evhttp_set_max_body_size(http, BODY_MAX_BYTES);
    evhttp_set_max_headers_size(http, HEADERS_MAX_BYTES);
    evhttp_set_timeout(http, IDLE_S);
    evhttp_set_gencb(http, handle, cookie);
    return http;
}

void http_reply(struct evhttp_request *request, int code, const char *type,
                const char *body, size_t size)
{
    struct evbuffer *buffer = evbuffer_new();

    if (buffer == NULL || evbuffer_add(buffer, body, size) != 0)
        abort();
    evhttp_add_header(evhttp_request_get_output_headers(request), "Content-Type", type);
    evhttp_send_reply(request, code, NULL, buffer);
    evbuffer_free(buffer);
}

void http_cut(struct evhttp_request *request)
{
    struct evhttp_connection *connection = evhttp_request_get_connection(request);

    if (connection != NULL)
        evhttp_connection_free(connection); /* takes the request along */
    else
        evhttp_request_free(request);
}

const char *http_body(struct evhttp_request *request, size_t *out_size)
{
    struct evbuffer *buffer = evhttp_request_get_input_buffer(request);
    size_t size = evbuffer_get_length(buffer);

    *out_size = size;
    return size > 0 ? (const char *)evbuffer_pullup(buffer, -1) : "";
}
