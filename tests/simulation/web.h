/*
 * HTTP in the simulation: the gateway's http_client.h and http_server.h without a socket,
 * and the other end of both.
 */
#ifndef TESTS_SIMULATION_WEB_H
#define TESTS_SIMULATION_WEB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/http_client.h"

struct http_header;
struct world;

/*
 * A request to the gateway.  `on_answer` comes once: status 0 when nobody was there, or
 * the gateway ended before it had answered.  All is copied.
 */
struct web_request {
    const char *method;
    const char *path;
    const struct http_header *headers;
    size_t header_count;
    const char *body;
    bool is_local; /* over the unix socket */
    void (*on_answer)(void *owner, uint64_t number, int status, const char *body);
    void *owner;
    uint64_t number;
};

void web_send(struct world *world, const struct web_request *request);

/*
 * The end of a call of the gateway's client, if the life that made it has not ended;
 * nothing happens when it has timed out.
 */
void web_answer(struct world *world, unsigned life, uint64_t call,
                const struct http_result *result);

#endif
