/* What the roles share: time, memory, sockets, counters.  See sim.h. */
#include "tests/peers/sim.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <netinet/in.h>

#include "tests/peers/options.h"

int64_t sim_now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000 + 1;
}

int64_t sim_now_ms(void)
{
    return sim_now_us() / 1000 + 1;
}

void *sim_alloc(size_t count, size_t size)
{
    void *memory = calloc(count, size);

    if (memory == NULL) {
        fprintf(stderr, "sluice-sim: out of memory\n");
        abort();
    }
    return memory;
}

int sim_listen(const char *host, int64_t *port, char *error)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)*port)};
    socklen_t size = sizeof(address);
    int one = 1;
    int fd;

    if (inet_pton(AF_INET, host, &address.sin_addr) != 1) {
        snprintf(error, OPTION_ERROR_BYTES, "host=%s: an IPv4 address is wanted", host);
        return -1;
    }
    fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == 0 &&
        bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
        listen(fd, 1024) == 0 && getsockname(fd, (struct sockaddr *)&address, &size) == 0) {
        *port = ntohs(address.sin_port);
        return fd;
    }
    snprintf(error, OPTION_ERROR_BYTES, "cannot listen on %s port %lld: %s", host,
             (long long)*port, strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

json_t *sim_stats(const char *role, const char *name, int64_t port,
                  const struct sim_counter *counters, size_t count, const void *from)
{
    json_t *stats =
        json_pack("{ss ss sI}", "role", role, "name", name, "port", (json_int_t)port);

    if (stats == NULL)
        abort();
    for (size_t i = 0; i < count; i++) {
        uint64_t value;

        memcpy(&value, (const char *)from + counters[i].offset, sizeof(value));
        json_object_set_new(stats, counters[i].name, json_integer((json_int_t)value));
    }
    return stats;
}
