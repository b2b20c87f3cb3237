/*
 * A listening socket, TCP or unix.  Accepts a bounded number of connections per turn of
 * the loop, and rests for a moment when the process has no descriptor left.
 */
#ifndef GATEWAY_HTTP_LISTENER_H
#define GATEWAY_HTTP_LISTENER_H

#include <stddef.h>
#include <stdint.h>

struct clock;
struct event_base;
struct http_listener;
struct sockaddr;

/* Given a connected, non-blocking socket, which is then the owner's. */
typedef void http_listener_on_accept(void *owner, int fd, const struct sockaddr *peer);

/*
 * Owned by the caller.  `address` is numeric; port 0 takes a free one, told in `out_port`
 * (may be NULL).  NULL with a sentence in `error` naming address and port.
 */
struct http_listener *http_listener_new(struct event_base *base, struct clock *clock,
                                        const char *address, uint16_t port,
                                        uint16_t *out_port, char *error, size_t error_size);

/* At a path, mode 0600; one left behind by a process that has died is taken over. */
struct http_listener *http_listener_new_unix(struct event_base *base, struct clock *clock,
                                             const char *path, char *error,
                                             size_t error_size);

void http_listener_start(struct http_listener *listener, http_listener_on_accept *on_accept,
                         void *owner);

/* Accepts NULL.  Closes the socket and removes the path of a unix one. */
void http_listener_free(struct http_listener *listener);

#endif
