/*
 * What programs and people ask over HTTP: which path is answered where, and who may ask.
 *
 * A bearer token of the configuration gives a scope and the accounts it is for; who can
 * open the unix socket of the state folder may do everything.  Refusals are
 * application/problem+json (RFC 9457) with a `code` that does not change.
 */
#ifndef GATEWAY_API_H
#define GATEWAY_API_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/http_server.h"

struct api;
struct api_call;
struct gateway;
struct duration_histogram;

/*
 * What a route asks of its caller; each includes the ones before it.  API_ALL is the scope
 * admin for all accounts: what is asked is of the whole house, such as its channels.
 */
enum api_access { API_OPEN, API_READ, API_SEND, API_ADMIN, API_ALL };

struct api_route {
    const char *method; /* GET also serves HEAD */
    const char *path;   /* one or two segments may be in braces: any text */
    enum api_access access;
    bool before_recovery; /* also while the store is being loaded */
    void (*handle)(struct api_call *call);
};

/* Aborts without memory. */
struct api *api_new(struct gateway *gateway);

/* After the executor has ended: what is still being asked of the reader is forgotten.
 * Accepts NULL. */
void api_free(struct api *api);

/* For http_server_new(); `owner` is the struct gateway. */
void api_on_request(void *owner, const struct http_request *request);

/* By place in the table; NULL behind the last. */
const struct api_route *api_route_at(size_t index);

/* Answers so far with a status of 100 * `class` and up; class is 1 to 5. */
uint64_t api_answers(const struct api *api, unsigned class);

/* The code of a refusal, and how often it was given; NULL behind the last. */
const char *api_refusal_at(const struct api *api, size_t index, uint64_t *out_count);

/* Where the turns of the core loop are counted, for /metrics. */
struct duration_histogram *api_loop_turns(struct api *api);

#endif
