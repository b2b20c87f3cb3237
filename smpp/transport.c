#include "smpp/transport.h"

#include <errno.h>
#include <stdlib.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <event2/bufferevent.h>

/* Answers are small and awaited: none waits for the acknowledgement of another. */
static struct bufferevent *wrap_socket(struct event_base *base, int take_fd)
{
    struct bufferevent *bev = bufferevent_socket_new(base, take_fd, BEV_OPT_CLOSE_ON_FREE);
    int on = 1;

    if (bev == NULL)
        abort();
    setsockopt(take_fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)); /* not TCP: no matter */
    return bev;
}

static struct bufferevent *accept_plain(void *self, struct event_base *base, int take_fd)
{
    (void)self;
    return wrap_socket(base, take_fd);
}

static struct bufferevent *connect_plain(void *self, struct event_base *base,
                                         const struct sockaddr *address,
                                         unsigned address_size)
{
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct bufferevent *bev;
    int error;

    (void)self;
    if (fd < 0)
        return NULL;
    bev = wrap_socket(base, fd);
    if (bufferevent_socket_connect(bev, address, (int)address_size) == 0)
        return bev;
    error = errno;
    bufferevent_free(bev);
    errno = error;
    return NULL;
}

const struct smpp_transport smpp_transport_plain = {
    .accepted = accept_plain,
    .connect = connect_plain,
};
