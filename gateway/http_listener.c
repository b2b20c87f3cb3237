#include "gateway/http_listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/event.h>

#include "gateway/clock.h"
#include "gateway/log.h"

/* Connections accepted in one turn; the rest wait in the kernel's queue. */
#define ACCEPTS_MAX 64
#define BACKLOG     1024
#define REST_MS     100

struct http_listener {
    int fd;
    struct event *event;
    struct clock *clock;
    struct clock_timer rest; /* until accepting is tried again */
    char *path;              /* of a unix socket */
    http_listener_on_accept *on_accept;
    void *owner;
};

union address {
    struct sockaddr any;
    struct sockaddr_in ip4;
    struct sockaddr_in6 ip6;
    struct sockaddr_un path;
    struct sockaddr_storage room;
};

/* ---- Accepting ----------------------------------------------------------- */

static void on_rest_over(void *arg)
{
    struct http_listener *listener = arg;

    event_add(listener->event, NULL);
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
    struct http_listener *listener = arg;

    (void)what;
    for (int i = 0; i < ACCEPTS_MAX; i++) {
        union address peer = {0};
        socklen_t size = sizeof(peer);
        int one = 1;
        int accepted = accept4(fd, &peer.any, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (accepted < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return;
        if (accepted < 0 && (errno == EINTR || errno == ECONNABORTED))
            continue;
        if (accepted < 0) {
            /* No descriptor or memory left: the socket stays readable, so do not spin. */
            log_warning("http.accept", "error=\"%s\"", strerror(errno));
            event_del(listener->event);
            clock_arm_in(listener->clock, &listener->rest, REST_MS, on_rest_over, listener);
            return;
        }
        if (peer.any.sa_family != AF_UNIX)
            setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
        listener->on_accept(listener->owner, accepted, &peer.any);
    }
}

void http_listener_start(struct http_listener *listener, http_listener_on_accept *on_accept,
                         void *owner)
{
    listener->on_accept = on_accept;
    listener->owner = owner;
    if (event_add(listener->event, NULL) != 0)
        abort();
}

/* ---- Making and freeing -------------------------------------------------- */

static struct http_listener *listener_of(struct event_base *base, struct clock *clock,
                                         int fd)
{
    struct http_listener *listener = calloc(1, sizeof(*listener));

    if (listener == NULL)
        abort();
    listener->fd = fd;
    listener->clock = clock;
    listener->event = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, listener);
    if (listener->event == NULL)
        abort();
    return listener;
}

void http_listener_free(struct http_listener *listener)
{
    if (listener == NULL)
        return;
    clock_disarm(listener->clock, &listener->rest);
    event_free(listener->event);
    close(listener->fd);
    if (listener->path != NULL)
        unlink(listener->path);
    free(listener->path);
    free(listener);
}

static bool read_address(const char *text, uint16_t port, union address *out,
                         socklen_t *out_size)
{
    memset(out, 0, sizeof(*out));
    if (inet_pton(AF_INET, text, &out->ip4.sin_addr) == 1) {
        out->ip4.sin_family = AF_INET;
        out->ip4.sin_port = htons(port);
        *out_size = sizeof(out->ip4);
        return true;
    }
    if (inet_pton(AF_INET6, text, &out->ip6.sin6_addr) == 1) {
        out->ip6.sin6_family = AF_INET6;
        out->ip6.sin6_port = htons(port);
        *out_size = sizeof(out->ip6);
        return true;
    }
    return false;
}

/* The port is at the same place in both. */
static uint16_t bound_port(int fd)
{
    union address bound = {0};
    socklen_t size = sizeof(bound);

    if (getsockname(fd, &bound.any, &size) != 0)
        abort();
    return ntohs(bound.any.sa_family == AF_INET6 ? bound.ip6.sin6_port
                                                 : bound.ip4.sin_port);
}

struct http_listener *http_listener_new(struct event_base *base, struct clock *clock,
                                        const char *text, uint16_t port, uint16_t *out_port,
                                        char *error, size_t error_size)
{
    union address address;
    socklen_t size;
    int one = 1;
    int fd;

    if (!read_address(text, port, &address, &size)) {
        snprintf(error, error_size, "cannot listen on %s: not a numeric address", text);
        return NULL;
    }
    fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        goto fail;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (address.any.sa_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
    if (bind(fd, &address.any, size) != 0 || listen(fd, BACKLOG) != 0)
        goto fail;
    if (out_port != NULL)
        *out_port = bound_port(fd);
    return listener_of(base, clock, fd);

fail:
    snprintf(error, error_size, "cannot listen on %s port %u: %s", text, (unsigned)port,
             strerror(errno));
    if (fd >= 0)
        close(fd);
    return NULL;
}

/* ---- Unix sockets -------------------------------------------------------- */

/* A socket at the path that nobody listens on any more. */
static bool is_left_behind(const union address *address)
{
    struct stat what;
    int fd;
    bool refused;

    if (lstat(address->path.sun_path, &what) != 0 || !S_ISSOCK(what.st_mode))
        return false;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    refused =
        connect(fd, &address->any, sizeof(address->path)) != 0 && errno == ECONNREFUSED;
    close(fd);
    return refused;
}

struct http_listener *http_listener_new_unix(struct event_base *base, struct clock *clock,
                                             const char *path, char *error,
                                             size_t error_size)
{
    union address address = {.path = {.sun_family = AF_UNIX}};
    struct http_listener *listener;
    int fd;

    if (strlen(path) >= sizeof(address.path.sun_path)) {
        snprintf(error, error_size, "cannot listen on %s: longer than %zu octets", path,
                 sizeof(address.path.sun_path) - 1);
        return NULL;
    }
    memcpy(address.path.sun_path, path, strlen(path) + 1);
    if (is_left_behind(&address))
        unlink(path);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, &address.any, sizeof(address.path)) != 0)
        goto fail;
    /* Before listen(): until then nobody can connect, whatever the mode. */
    if (chmod(path, 0600) != 0 || listen(fd, BACKLOG) != 0) {
        unlink(path);
        goto fail;
    }
    listener = listener_of(base, clock, fd);
    listener->path = strdup(path);
    if (listener->path == NULL)
        abort();
    return listener;

fail:
    snprintf(error, error_size, "cannot listen on %s: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    return NULL;
}
