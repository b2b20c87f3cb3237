#include "tests/gateway/http_bench.h"

#include "gateway/http_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <event2/event.h>

#include "gateway/clock.h"
#include "tests/test.h"

static void on_request(void *owner, const struct http_request *request)
{
    struct bench *bench = owner;
    const char *test = http_request_header(request, "x-test");
    const struct http_header extra[] = {
        {"X-Seen", "yes"               },
        {"X-Bad",  "a\r\nSet-Cookie: b"}
    };
    char value[64] = "-";

    bench->body_size = request->body_size;
    if (!http_request_query(request, "q", value, sizeof(value)))
        snprintf(value, sizeof(value), "none");
    snprintf(bench->said, sizeof(bench->said), "%s %s ?%s q=%s from=%s test=%s body=%.*s",
             request->method, request->path, request->query, value, request->peer,
             test ? test : "none",
             (int)(request->body_size < 100 ? request->body_size : 100),
             (const char *)request->body);
    if (strcmp(request->path, "/later") == 0) {
        bench->waiting[bench->waiting_count++ % ROWS(bench->waiting)] = request->id;
        return;
    }
    if (strcmp(request->path, "/big") == 0) {
        char *big = calloc(1, BIG_BYTES);

        http_server_answer(bench->server, request->id, 200, "text/plain", NULL, 0, big,
                           BIG_BYTES);
        free(big);
        return;
    }
    http_server_answer(bench->server, request->id, 200, "text/plain", extra, 2, "fine", 4);
}

struct bench *bench_new(const struct http_limits *limits)
{
    struct bench *bench = calloc(1, sizeof(*bench));
    char error[128];

    bench->base = event_base_new();
    bench->clock = clock_new_virtual(1000, 1795300801123);
    bench->server = http_server_new(bench->base, bench->clock, limits, on_request, bench);
    if (!http_server_listen(bench->server, "127.0.0.1", 0, &bench->port, error,
                            sizeof(error)))
        fail_msg("%s", error);
    return bench;
}

void bench_free(struct bench *bench)
{
    http_server_free(bench->server);
    CHECK_EQ(clock_timers_armed(bench->clock), 0, "no timer is left");
    clock_free(bench->clock);
    event_base_free(bench->base);
    free(bench);
}

void bench_turn(struct bench *bench)
{
    for (int i = 0; i < 4; i++)
        event_base_loop(bench->base, EVLOOP_NONBLOCK);
}

int bench_dial(struct bench *bench)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(bench->port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    int one = 1;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0)
        fail_msg("connect: %s", strerror(errno));
    /* What is said in pieces shall arrive in pieces, and at once. */
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    fcntl(fd, F_SETFL, O_NONBLOCK);
    bench_turn(bench);
    return fd;
}

void bench_say(struct bench *bench, int fd, const char *octets, size_t size)
{
    while (size > 0) {
        ssize_t sent = send(fd, octets, size, MSG_NOSIGNAL);

        if (sent < 0 && errno != EAGAIN)
            return; /* the server has closed: what it said is read later */
        if (sent > 0) {
            octets += sent;
            size -= (size_t)sent;
        }
        bench_turn(bench);
    }
    bench_turn(bench);
}

const char *bench_hear(struct bench *bench, int fd, char *out, size_t room,
                       bool *out_closed)
{
    size_t used = 0;

    *out_closed = false;
    for (int quiet = 0; quiet < 5;) {
        ssize_t got = recv(fd, out + used, room - 1 - used, 0);

        if (got > 0)
            used += (size_t)got;
        if (got == 0 || (got < 0 && errno != EAGAIN)) {
            *out_closed = true;
            break;
        }
        quiet = got > 0 ? 0 : quiet + 1;
        bench_turn(bench);
    }
    out[used] = '\0';
    return out;
}

bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}
