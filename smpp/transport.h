/*
 * The seam of the transport: how a bufferevent is made, from an accepted socket or
 * towards an address.  smpp_transport_plain is TCP without TLS; a simulator gives its own.
 */
#ifndef SMPP_TRANSPORT_H
#define SMPP_TRANSPORT_H

struct bufferevent;
struct event_base;
struct sockaddr;

struct smpp_transport {
    void *self;
    /* Over a connected socket, which it takes; NULL: failed, and `fd` is closed. */
    struct bufferevent *(*accepted)(void *self, struct event_base *base, int take_fd);
    /* Being connected; BEV_EVENT_CONNECTED or an error comes later, from the loop.  NULL:
     * failed at once, errno says why. */
    struct bufferevent *(*connect)(void *self, struct event_base *base,
                                   const struct sockaddr *address, unsigned address_size);
};

extern const struct smpp_transport smpp_transport_plain;

#endif
