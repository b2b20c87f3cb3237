/*
 * The seam of the transport: how a bufferevent is made, from an accepted socket or
 * towards an address.  smpp_transport_plain is TCP without TLS; TLS and a simulator give
 * their own.
 */
#ifndef SMPP_TRANSPORT_H
#define SMPP_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>

struct bufferevent;
struct event_base;
struct sockaddr;

struct smpp_transport {
    void *self;
    /* The octets of the socket are those of the stream: once something has come out of it,
     * output may be put into it past the bufferevent. */
    bool is_bare;
    /* Octets are told of as written only when all the bufferevent was given at once have
     * left: it is given so many at most, and the next when these are gone.  0: as many as
     * there are. */
    size_t piece_max_size;
    /* Over a connected socket, which it takes; NULL: failed, and `fd` is closed. */
    struct bufferevent *(*accepted)(void *self, struct event_base *base, int take_fd);
    /* Being connected; BEV_EVENT_CONNECTED or an error comes later, from the loop.  NULL:
     * failed at once, errno says why. */
    struct bufferevent *(*connect)(void *self, struct event_base *base,
                                   const struct sockaddr *address, unsigned address_size);
    /* All output was handed over and no more will come: tells the other side.  NULL: the
     * writing half of the socket is shut. */
    void (*finish)(void *self, struct bufferevent *bev);
    /* Reading goes on, or there is room for input again: what the transport holds itself is
     * to come, though the socket may have nothing new. */
    void (*resume)(void *self, struct bufferevent *bev);
};

extern const struct smpp_transport smpp_transport_plain;

/* What every TCP socket of ours is set to. */
void smpp_transport_set_up(int fd);

#endif
