/*
 * The HTTP client: a call goes in by value, and exactly one result comes out, which
 * says for certain whether the other side can have seen the call.  Nothing is ever sent
 * twice, redirected or sent through a proxy.  Connections are kept and used again.
 *
 * All calls come from the loop thread.  on_done() is never called from inside
 * http_client_post(); it may itself post.
 */
#ifndef GATEWAY_HTTP_CLIENT_H
#define GATEWAY_HTTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/http_header.h"

struct clock;
struct config_network;
struct event_base;
struct http_client;
struct http_trust;

enum http_outcome {
    HTTP_ANSWERED, /* a whole answer came: status and body say which */
    HTTP_NOT_SENT, /* certainly not one octet of the request was written */
    HTTP_IN_DOUBT, /* octets left and no whole answer came: time-out, cut, too large */
};

/*
 * Copied by http_client_post().  A header with a control octet is left out; both times
 * must be more than 0.
 */
struct http_call {
    uint64_t id; /* the caller's; comes back in the result */
    const char *url;
    const struct http_header *headers;
    size_t header_count;
    const void *body;
    size_t body_size;
    int64_t connect_timeout_ms; /* name, connection and TLS */
    int64_t timeout_ms;         /* all of it */
};

/* Valid only during on_done(). */
struct http_result {
    uint64_t id;
    enum http_outcome outcome;
    int status;          /* 0 unless answered */
    const uint8_t *body; /* of an answer; ends with a NUL beyond body_size */
    size_t body_size;
    int64_t retry_after_s; /* 0: not asked for */
    const char *reason;    /* why it was not answered, for the log; "" if it was */
};

typedef void http_client_on_done(void *owner, const struct http_result *result);

struct http_client_options {
    size_t calls_max;        /* at once; over it a call is not taken */
    size_t connections_max;  /* kept open for later calls */
    size_t answer_max_bytes; /* of a body; over it the call is in doubt */
    bool allow_private;      /* loopback, link-local and private networks may be called */
    /* These of them may be called anyway; borrowed for the life of the client. */
    const struct config_network *private_networks;
    size_t private_network_count;
    /* Whom calls over TLS trust beside whom the system trusts; borrowed too, may be NULL. */
    const struct http_trust *trust;
};

extern const struct http_client_options http_default_options;

/* `options` may be NULL for the defaults.  Owned by the caller. */
struct http_client *http_client_new(struct event_base *base, struct clock *clock,
                                    const struct http_client_options *options,
                                    http_client_on_done *on_done, void *owner);

/* Accepts NULL.  Calls still under way are forgotten. */
void http_client_free(struct http_client *client);

/* False when `calls_max` are under way; nothing has changed then. */
bool http_client_post(struct http_client *client, const struct http_call *call)
    __attribute__((warn_unused_result));

/* Calls under way. */
size_t http_client_calls(const struct http_client *client);

#endif
