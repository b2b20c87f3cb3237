/* The little that messengers, sinks and the control door need of an HTTP server. */
#ifndef TESTS_PEERS_HTTP_H
#define TESTS_PEERS_HTTP_H

#include <stdbool.h>
#include <stddef.h>

#include <event2/http.h>

#include "tests/peers/sim.h"

/*
 * Listens; `handle` gets every request and owes each an http_reply(), now or later.
 * NULL with a sentence in `error` (OPTION_ERROR_BYTES).  Release with evhttp_free().
 */
struct evhttp *http_open(struct sim *sim, const char *host, int64_t *port,
                         void (*handle)(struct evhttp_request *, void *), void *cookie,
                         char *error);

/* Answers and forgets the request, also when its client has gone. */
void http_reply(struct evhttp_request *request, int code, const char *type,
                const char *body, size_t size);

/* Closes the connection of a request instead of answering it. */
void http_cut(struct evhttp_request *request);

/* The body as one run of octets, owned by the request; "" when there is none. */
const char *http_body(struct evhttp_request *request, size_t *out_size);

#endif
