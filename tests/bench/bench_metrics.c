#include "tests/bench/bench_metrics.h"

#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#define PAGE_BYTES_MAX ((size_t)4 * 1024 * 1024)
#define TIMEOUT_S      5

struct url {
    char host[256];
    char port[8];
    const char *path;
};

static bool read_url(const char *text, struct url *out)
{
    int end = 0;

    snprintf(out->port, sizeof(out->port), "80");
    if (sscanf(text, "http://%255[^:/]%n", out->host, &end) != 1)
        return false;
    if (text[end] == ':') {
        int more = 0;

        if (sscanf(text + end, ":%5[0-9]%n", out->port, &more) != 1)
            return false;
        end += more;
    }
    out->path = text[end] ? text + end : "/metrics";
    return *out->path == '/';
}

struct fetch {
    struct event_base *base;
    struct bufferevent *connection;
    bool ended; /* the other side has sent all and closed */
};

static void on_read(struct bufferevent *connection, void *argument)
{
    struct fetch *fetch = argument;

    if (evbuffer_get_length(bufferevent_get_input(connection)) > PAGE_BYTES_MAX)
        event_base_loopbreak(fetch->base);
}

static void on_event(struct bufferevent *connection, short what, void *argument)
{
    struct fetch *fetch = argument;

    (void)connection;
    if (what & BEV_EVENT_CONNECTED)
        return;
    fetch->ended = (what & BEV_EVENT_EOF) != 0;
    event_base_loopbreak(fetch->base);
}

/* HTTP/1.0, so that the page comes in one piece and ends with the connection. */
static const char *exchange(struct fetch *fetch, const struct bench_metrics_source *source,
                            const struct url *url)
{
    const struct timeval timeout = {TIMEOUT_S, 0};
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *address;

    if (getaddrinfo(url->host, url->port, &hints, &address) != 0)
        return "the host of the metrics is unknown";
    evbuffer_add_printf(bufferevent_get_output(fetch->connection),
                        "GET %s HTTP/1.0\r\nHost: %s\r\nConnection: close\r\n%s%s%s\r\n",
                        url->path, url->host, source->token ? "Authorization: Bearer " : "",
                        source->token ? source->token : "", source->token ? "\r\n" : "");
    bufferevent_setcb(fetch->connection, on_read, NULL, on_event, fetch);
    bufferevent_set_timeouts(fetch->connection, &timeout, &timeout);
    bufferevent_enable(fetch->connection, EV_READ | EV_WRITE);

    int failed = bufferevent_socket_connect(fetch->connection, address->ai_addr,
                                            (int)address->ai_addrlen);

    freeaddrinfo(address);
    if (failed == 0)
        event_base_dispatch(fetch->base);
    return fetch->ended ? NULL : "the metrics could not be read";
}

static const char *read_answer(struct evbuffer *input,
                               const struct bench_metrics_source *source,
                               struct bench_metrics *out_metrics)
{
    size_t size = evbuffer_get_length(input);
    char *answer = malloc(size + 1);

    if (!answer)
        abort();
    evbuffer_remove(input, answer, size);
    answer[size] = '\0';

    const char *body = strstr(answer, "\r\n\r\n");
    bool is_ok = strncmp(answer, "HTTP/1.", 7) == 0 && size > 12 &&
                 strncmp(answer + 8, " 200", 4) == 0 && body;

    if (is_ok)
        bench_metrics_read(source, body + 4, out_metrics);
    free(answer);
    return is_ok ? NULL : "the metrics were not answered with 200";
}

const char *bench_metrics_fetch(const struct bench_metrics_source *source,
                                struct bench_metrics *out_metrics)
{
    struct url url;
    struct fetch fetch = {.base = event_base_new()};

    if (!read_url(source->url, &url)) {
        event_base_free(fetch.base);
        return "--metrics is a URL such as http://127.0.0.1:8775/metrics";
    }
    fetch.connection = bufferevent_socket_new(fetch.base, -1, BEV_OPT_CLOSE_ON_FREE);

    const char *error = exchange(&fetch, source, &url);

    if (!error)
        error = read_answer(bufferevent_get_input(fetch.connection), source, out_metrics);
    bufferevent_free(fetch.connection);
    event_base_free(fetch.base);
    return error;
}

static bool is_wanted(const struct bench_metrics_source *source, const char *name,
                      size_t size)
{
    static const char prefix[] = "sluice_store_";

    for (unsigned i = 0; i < source->name_count; i++) {
        if (strlen(source->names[i]) == size && memcmp(source->names[i], name, size) == 0)
            return true;
    }
    return size > sizeof(prefix) - 1 && memcmp(name, prefix, sizeof(prefix) - 1) == 0;
}

static bool ends_with(const char *name, size_t size, const char *end)
{
    size_t end_size = strlen(end);

    return size >= end_size && memcmp(name + size - end_size, end, end_size) == 0;
}

/* One line of the page: `name{labels} value`. */
static void read_row(const struct bench_metrics_source *source, const char *line,
                     size_t size, struct bench_metrics *out)
{
    size_t name_size = strcspn(line, "{ ");
    const char *labels_end = memchr(line, '}', size);
    size_t full_size =
        line[name_size] == '{' && labels_end ? (size_t)(labels_end + 1 - line) : name_size;

    if (name_size >= size || full_size >= BENCH_METRIC_NAME_BYTES ||
        out->count == BENCH_METRIC_ROWS_MAX || !is_wanted(source, line, name_size) ||
        ends_with(line, name_size, "_bucket"))
        return;

    struct bench_metric *row = &out->rows[out->count++];

    memcpy(row->name, line, full_size);
    row->name[full_size] = '\0';
    row->value = strtod(line + full_size, NULL);
}

void bench_metrics_read(const struct bench_metrics_source *source, const char *page,
                        struct bench_metrics *out_metrics)
{
    bool in_gauge = false;

    out_metrics->count = 0;
    while (*page) {
        size_t size = strcspn(page, "\r\n");

        if (strncmp(page, "# TYPE ", 7) == 0)
            in_gauge = ends_with(page, size, " gauge");
        else if (*page != '#' && !in_gauge)
            read_row(source, page, size, out_metrics);
        page += size;
        page += strspn(page, "\r\n");
    }
}

double bench_metrics_growth(const struct bench_metrics *before,
                            const struct bench_metric *after)
{
    for (unsigned i = 0; i < before->count; i++) {
        if (strcmp(before->rows[i].name, after->name) == 0)
            return after->value - before->rows[i].value;
    }
    return after->value;
}
