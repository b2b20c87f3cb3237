/*
 * A listening socket.  Bounded on every side: so many accepts per turn of the loop, so
 * many connections in all, so many from one address (an IPv6 /64 counts as one).  A
 * connection above a limit is closed at once, unread.  Without descriptors it stops
 * accepting, tells its owner, and waits to be resumed: it never spins.
 */
#ifndef SMPP_LISTENER_H
#define SMPP_LISTENER_H

#include <stddef.h>
#include <stdint.h>

struct event_base;
struct sockaddr;
struct smpp_listener;

struct smpp_listener_config {
    const char *address; /* "127.0.0.1:2775", "[::1]:2775"; port 0 = a free one */
    unsigned backlog;
    unsigned accepts_per_turn;
    unsigned connections_max;
    unsigned connections_per_address_max; /* 0 = only connections_max counts */
};

struct smpp_listener_ops {
    /* Takes `fd` (non-blocking, close-on-exec).  smpp_listener_gone() is owed when the
     * connection has ended. */
    void (*on_accept)(void *owner, int fd, const struct sockaddr *address,
                      unsigned address_size);
    /* Accepting stopped (`error`: EMFILE, ENFILE, ENOBUFS, ENOMEM); call
     * smpp_listener_resume() after a while. */
    void (*on_exhausted)(void *owner, int error);
};

/* NULL when it cannot listen; `error` then says why and names the address. */
struct smpp_listener *smpp_listener_new(struct event_base *base,
                                        const struct smpp_listener_config *config,
                                        const struct smpp_listener_ops *ops, void *owner,
                                        char *error, size_t error_size);

/* Accepts NULL; not from inside its callbacks.  Connections that were accepted live on. */
void smpp_listener_free(struct smpp_listener *listener);

/* Stop and go on accepting; both harmless twice. */
void smpp_listener_pause(struct smpp_listener *listener);
void smpp_listener_resume(struct smpp_listener *listener);

/* A connection accepted from this address has ended. */
void smpp_listener_gone(struct smpp_listener *listener, const struct sockaddr *address);

/* The port it listens on, chosen by the system if 0 was asked for. */
uint16_t smpp_listener_port(const struct smpp_listener *listener);

struct smpp_listener_counters {
    uint64_t accepted;
    uint64_t refused_total;   /* over connections_max */
    uint64_t refused_address; /* over connections_per_address_max */
    uint64_t exhausted;       /* times it stopped for want of descriptors */
};

const struct smpp_listener_counters *
smpp_listener_counters(const struct smpp_listener *listener);
unsigned smpp_listener_connections(const struct smpp_listener *listener);

#endif
