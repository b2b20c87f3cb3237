/*
 * The accepting is done here and not by evconnlistener, which accepts until nobody waits
 * any more: a turn of the loop must not be as long as the queue of newcomers.
 *
 * Addresses are counted in a table of fixed size with open addressing: at most
 * connections_max of its entries are in use, and it has twice as many.
 */
#include "smpp/listener.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <netdb.h>
#include <unistd.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <event2/event.h>

/* Whom a connection is counted for: an IPv4 address, or the first half of an IPv6 one. */
struct address_key {
    uint8_t family; /* 4 or 6; 0 = an entry that is free */
    uint8_t octets[8];
};

struct address_count {
    struct address_key key;
    unsigned connections;
};

struct smpp_listener {
    struct smpp_listener_config config;
    const struct smpp_listener_ops *ops;
    void *owner;
    int fd;
    struct event *readable;
    struct address_count *counts;
    size_t counts_mask;
    unsigned connections;
    struct smpp_listener_counters counters;
};

/* ---- who has how many ---- */

static struct address_key key_of(const struct sockaddr *address)
{
    struct address_key key = {0};

    if (address->sa_family == AF_INET6) {
        const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)address;

        if (IN6_IS_ADDR_V4MAPPED(&six->sin6_addr)) {
            key.family = 4;
            memcpy(key.octets, &six->sin6_addr.s6_addr[12], 4);
        } else {
            key.family = 6;
            memcpy(key.octets, six->sin6_addr.s6_addr, sizeof(key.octets));
        }
    } else {
        key.family = 4;
        memcpy(key.octets, &((const struct sockaddr_in *)address)->sin_addr, 4);
    }
    return key;
}

static size_t place_of(const struct smpp_listener *listener, const struct address_key *key)
{
    uint64_t mixed = key->family;

    for (size_t i = 0; i < sizeof(key->octets); i++)
        mixed = (mixed ^ key->octets[i]) * UINT64_C(0x100000001B3);
    return (size_t)(mixed ^ (mixed >> 32)) & listener->counts_mask;
}

/* The entry of the key, or the free one where it would be. */
static size_t find_place(const struct smpp_listener *listener,
                         const struct address_key *key)
{
    size_t place = place_of(listener, key);

    while (listener->counts[place].key.family != 0 &&
           memcmp(&listener->counts[place].key, key, sizeof(*key)) != 0)
        place = (place + 1) & listener->counts_mask;
    return place;
}

/* Frees the entry and moves up those behind it that would not be found any more. */
static void free_place(struct smpp_listener *listener, size_t hole)
{
    size_t place = hole;

    listener->counts[hole] = (struct address_count){0};
    for (;;) {
        struct address_count moved;

        place = (place + 1) & listener->counts_mask;
        if (listener->counts[place].key.family == 0)
            return;
        moved = listener->counts[place];
        listener->counts[place] = (struct address_count){0};
        listener->counts[find_place(listener, &moved.key)] = moved;
    }
}

/* False when the newcomer is over a limit. */
static bool count_in(struct smpp_listener *listener, const struct sockaddr *address)
{
    struct address_key key = key_of(address);
    struct address_count *count = &listener->counts[find_place(listener, &key)];
    unsigned limit = listener->config.connections_per_address_max;

    if (listener->connections >= listener->config.connections_max) {
        listener->counters.refused_total++;
        return false;
    }
    if (limit > 0 && count->connections >= limit) {
        listener->counters.refused_address++;
        return false;
    }
    count->key = key;
    count->connections++;
    listener->connections++;
    return true;
}

void smpp_listener_gone(struct smpp_listener *listener, const struct sockaddr *address)
{
    struct address_key key = key_of(address);
    size_t place = find_place(listener, &key);

    assert(listener->counts[place].connections > 0);
    listener->connections--;
    if (--listener->counts[place].connections == 0)
        free_place(listener, place);
}

/* ---- accepting ---- */

static bool is_exhaustion(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

static void on_readable(evutil_socket_t fd, short what, void *self)
{
    struct smpp_listener *listener = self;

    (void)what;
    for (unsigned i = 0; i < listener->config.accepts_per_turn; i++) {
        struct sockaddr_storage address;
        socklen_t size = sizeof(address);
        int taken =
            accept4(fd, (struct sockaddr *)&address, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (taken < 0 && is_exhaustion(errno)) {
            int error = errno;

            listener->counters.exhausted++;
            smpp_listener_pause(listener);
            listener->ops->on_exhausted(listener->owner, error);
            return;
        }
        if (taken < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return;
        if (taken < 0)
            continue; /* this one has gone again: ECONNABORTED and the like */
        if (!count_in(listener, (struct sockaddr *)&address)) {
            close(taken);
            continue;
        }
        listener->counters.accepted++;
        listener->ops->on_accept(listener->owner, taken, (struct sockaddr *)&address, size);
        if (!event_pending(listener->readable, EV_READ, NULL))
            return; /* paused by its owner */
    }
}

void smpp_listener_pause(struct smpp_listener *listener)
{
    event_del(listener->readable);
}

void smpp_listener_resume(struct smpp_listener *listener)
{
    if (event_add(listener->readable, NULL) != 0)
        abort();
}

/* ---- life ---- */

/* "127.0.0.1:2775" or "[::1]:2775"; names are not looked up.  NULL: it is neither. */
static struct addrinfo *parse_address(const char *text)
{
    const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
                                   .ai_socktype = SOCK_STREAM};
    const char *colon = strrchr(text, ':');
    struct addrinfo *found = NULL;
    char host[64];
    size_t size;

    if (colon == NULL || colon == text)
        return NULL;
    size = (size_t)(colon - text);
    if (text[0] == '[' && text[size - 1] == ']') {
        text++;
        size -= 2;
    }
    if (size >= sizeof(host))
        return NULL;
    memcpy(host, text, size);
    host[size] = '\0';
    return getaddrinfo(host, colon + 1, &hints, &found) == 0 ? found : NULL;
}

/* The descriptor, or -1 with errno. */
static int open_socket(const struct sockaddr *address, socklen_t size, unsigned backlog)
{
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int on = 1;
    int error;

    if (fd < 0)
        return -1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
        bind(fd, address, size) == 0 && listen(fd, (int)backlog) == 0)
        return fd;
    error = errno;
    close(fd);
    errno = error;
    return -1;
}

struct smpp_listener *smpp_listener_new(struct event_base *base,
                                        const struct smpp_listener_config *config,
                                        const struct smpp_listener_ops *ops, void *owner,
                                        char *error, size_t error_size)
{
    struct addrinfo *address = parse_address(config->address);
    struct smpp_listener *listener;
    size_t counts = 2;
    int fd;

    assert(config->connections_max > 0 && config->accepts_per_turn > 0);
    if (address == NULL) {
        snprintf(error, error_size, "\"%s\" is not an address and a port", config->address);
        return NULL;
    }
    fd = open_socket(address->ai_addr, address->ai_addrlen, config->backlog);
    if (fd < 0)
        snprintf(error, error_size, "cannot listen on %s: %s", config->address,
                 strerror(errno));
    freeaddrinfo(address);
    if (fd < 0)
        return NULL;
    while (counts < 2 * (size_t)config->connections_max)
        counts *= 2;
    listener = calloc(1, sizeof(*listener));
    if (listener == NULL)
        abort();
    listener->config = *config;
    listener->ops = ops;
    listener->owner = owner;
    listener->fd = fd;
    listener->counts_mask = counts - 1;
    listener->counts = calloc(counts, sizeof(*listener->counts));
    listener->readable = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, listener);
    if (listener->counts == NULL || listener->readable == NULL)
        abort();
    smpp_listener_resume(listener);
    return listener;
}

void smpp_listener_free(struct smpp_listener *listener)
{
    if (listener == NULL)
        return;
    event_free(listener->readable);
    close(listener->fd);
    free(listener->counts);
    free(listener);
}

/* ---- questions ---- */

uint16_t smpp_listener_port(const struct smpp_listener *listener)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof(address);

    if (getsockname(listener->fd, (struct sockaddr *)&address, &size) != 0)
        return 0;
    return ntohs(address.ss_family == AF_INET6
                     ? ((const struct sockaddr_in6 *)&address)->sin6_port
                     : ((const struct sockaddr_in *)&address)->sin_port);
}

const struct smpp_listener_counters *
smpp_listener_counters(const struct smpp_listener *listener)
{
    return &listener->counters;
}

unsigned smpp_listener_connections(const struct smpp_listener *listener)
{
    return listener->connections;
}
