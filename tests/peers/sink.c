/* The webhook sink.  See sink.h. */
#include "tests/peers/sink.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <event2/keyvalq_struct.h>

#include "tests/peers/http.h"
#include "tests/peers/journal.h"
#include "tests/peers/options.h"
#include "tests/peers/seen.h"

enum { REMEMBERED_BODIES = 1 << 22 };

struct sink_counters {
    uint64_t hooks, accepted, refused;
};

struct sink {
    struct sim *sim;
    char name[OPTION_TEXT_BYTES];
    char host[OPTION_TEXT_BYTES];
    int64_t port, status, refuse_first, refuse_status;
    struct evhttp *http;
    struct seen bodies;
    struct sink_counters counters;
};

#define FIELD(name) offsetof(struct sink, name)

/* clang-format off */
#define TEXT(name, field, help) {name, OPTION_TEXT, FIELD(field), 0, 0, NULL, help}
#define NUMBER(name, field, low, high, help) \
    {name, OPTION_NUMBER, FIELD(field), low, high, NULL, help}
/* clang-format on */

static const struct option_row rows[] = {
    NUMBER("port", port, 0, 65535, "where it listens; 0 = a free one (9885)"),
    TEXT("host", host, "address to listen on (127.0.0.1)"),
    TEXT("name", name, "how the log and the statistics call it (sink)"),
    NUMBER("status", status, 200, 599, "HTTP status it answers (200)"),
    NUMBER("refuse_first", refuse_first, 0, INT32_MAX, "so many are refused first (0)"),
    NUMBER("refuse_status", refuse_status, 400, 599, "with this HTTP status (503)"),
};

static void log_hook(struct sink *sink, struct evhttp_request *request, int status)
{
    struct journal *journal = sink->sim->journal;
    size_t size;
    const char *body = http_body(request, &size);
    struct evkeyval *header;
    char name[128];

    journal_begin(journal, "hook", sink->name);
    journal_text(journal, "uri", evhttp_request_get_uri(request));
    journal_number(journal, "http", status);
    journal_octets(journal, "body", body, size);
    TAILQ_FOREACH(header, evhttp_request_get_input_headers(request), next)
    {
        snprintf(name, sizeof(name), "header.%s", header->key);
        journal_text(journal, name, header->value);
    }
    journal_end(journal);
    journal_flush(journal);
}

static void on_request(struct evhttp_request *request, void *cookie)
{
    struct sink *sink = cookie;
    size_t size;
    const char *body = http_body(request, &size);
    bool refused = sink->counters.hooks++ < (uint64_t)sink->refuse_first;
    int status = (int)(refused ? sink->refuse_status : sink->status);

    if (refused)
        sink->counters.refused++;
    else
        sink->counters.accepted++;
    seen_add(&sink->bodies, seen_fold(SEEN_START, body, size));
    log_hook(sink, request, status);
    http_reply(request, status, "text/plain", "", 0);
}

static void close_sink(void *role)
{
    struct sink *sink = role;

    if (sink->http != NULL)
        evhttp_free(sink->http);
    seen_done(&sink->bodies);
    free(sink);
}

static void *open_sink(struct sim *sim, const char *description, char *error)
{
    struct sink *sink = sim_alloc(1, sizeof(*sink));

    sink->sim = sim;
    snprintf(sink->name, sizeof(sink->name), "sink");
    snprintf(sink->host, sizeof(sink->host), "127.0.0.1");
    sink->port = 9885;
    sink->status = 200;
    sink->refuse_status = 503;
    seen_init(&sink->bodies, REMEMBERED_BODIES);
    if (options_read(rows, sizeof(rows) / sizeof(rows[0]), description, sink, error))
        sink->http = http_open(sim, sink->host, &sink->port, on_request, sink, error);
    if (sink->http == NULL) {
        close_sink(sink);
        return NULL;
    }
    return sink;
}

/* clang-format off */
#define COUNTER(field) {#field, offsetof(struct sink_counters, field)}
/* clang-format on */

static const struct sim_counter counter_rows[] = {
    COUNTER(hooks),
    COUNTER(accepted),
    COUNTER(refused),
};

static json_t *stats_of_sink(const void *role)
{
    const struct sink *sink = role;
    json_t *stats =
        sim_stats("sink", sink->name, sink->port, counter_rows,
                  sizeof(counter_rows) / sizeof(counter_rows[0]), &sink->counters);

    json_object_set_new(stats, "distinct", json_integer((json_int_t)sink->bodies.distinct));
    json_object_set_new(stats, "duplicates",
                        json_integer((json_int_t)sink->bodies.duplicates));
    return stats;
}

static void help(void)
{
    printf("--sink KEY=VALUE,...\n");
    options_print(rows, sizeof(rows) / sizeof(rows[0]));
}

const struct sim_role_kind sink_role = {
    .name = "sink",
    .open = open_sink,
    .close = close_sink,
    .stats = stats_of_sink,
    .help = help,
};
