#include "smpp/transport.h"

#include <errno.h>
#include <stdlib.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <event2/bufferevent.h>

/* What the kernel holds unsent for a peer that does not read; the rest waits with us, where
 * it is counted. */
enum { UNSENT_MAX_SIZE = 64 * 1024 };

/* Answers are small and awaited: none waits for the acknowledgement of another. */
void smpp_transport_set_up(int fd)
{
    int on = 1;
    int unsent = UNSENT_MAX_SIZE;

    /* Not TCP: no matter. */
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof(unsent));
}

static struct bufferevent *wrap_socket(struct event_base *base, int take_fd)
{
    struct bufferevent *bev = bufferevent_socket_new(base, take_fd, BEV_OPT_CLOSE_ON_FREE);

    if (bev == NULL)
        abort();
    smpp_transport_set_up(take_fd);
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
    .is_bare = true,
    .accepted = accept_plain,
    .connect = connect_plain,
};
