/* Callbacks, repeated until they are heard.  See callback.h. */
#include "tests/peers/callback.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <event2/buffer.h>
#include <event2/http.h>

#include "tests/peers/journal.h"
#include "tests/peers/options.h"

enum {
    PENDING_MAX = 1000000,
    AGAIN_MS = 1000,
    GIVE_UP_MS = 60000,
    ANSWER_TIMEOUT_S = 10,
};

struct callback {
    TAILQ_ENTRY(callback) all; /* in callbacks->all for all its life */
    TAILQ_ENTRY(callback) ready;
    struct callbacks *callbacks;
    struct event *due;
    int64_t first_ms; /* of its first try; 0 = none yet */
    int64_t tries;
    bool once;
    bool is_ready;
    char *signature;
    char *id;
    char *status;
    char *body;
};

/* One connection and what is on it. */
struct lane {
    struct callbacks *callbacks;
    struct evhttp_connection *connection;
    struct callback *busy;
};

TAILQ_HEAD(callback_list, callback);

struct callbacks {
    struct sim *sim;
    const char *role;
    const char *signature_header;
    struct callback_counters *counters;
    char *host;
    char *path;
    size_t pending;
    bool ending;
    struct callback_list all;
    struct callback_list ready;
    struct lane *lanes;
    size_t lane_count;
};

static char *copy_of(const char *text)
{
    char *copy = strdup(text);

    if (copy == NULL)
        abort();
    return copy;
}

static void forget(struct callback *callback)
{
    struct callbacks *callbacks = callback->callbacks;

    TAILQ_REMOVE(&callbacks->all, callback, all);
    if (callback->is_ready)
        TAILQ_REMOVE(&callbacks->ready, callback, ready);
    callbacks->pending--;
    event_free(callback->due);
    free(callback->signature);
    free(callback->id);
    free(callback->status);
    free(callback->body);
    free(callback);
}

static void wait_for(struct callback *callback, int64_t wait_ms)
{
    const struct timeval wait = {wait_ms / 1000, wait_ms % 1000 * 1000};

    event_add(callback->due, &wait);
}

static void log_try(const struct callback *callback, int code)
{
    struct journal *journal = callback->callbacks->sim->journal;

    journal_begin(journal, "callback", callback->callbacks->role);
    journal_text(journal, "id", callback->id);
    journal_text(journal, "status", callback->status);
    journal_number(journal, "http", code);
    journal_number(journal, "try", callback->tries);
    journal_end(journal);
    journal_flush(journal);
}

static void send_ready(struct callbacks *callbacks);

/* `request` is NULL when there was no answer at all. */
static void on_answer(struct evhttp_request *request, void *cookie)
{
    struct lane *lane = cookie;
    struct callbacks *callbacks = lane->callbacks;
    struct callback *callback = lane->busy;
    int code = request != NULL ? evhttp_request_get_response_code(request) : 0;

    if (callbacks->ending)
        return;
    lane->busy = NULL;
    log_try(callback, code);
    if (code == 200) {
        callbacks->counters->callbacks_acknowledged++;
        forget(callback);
    } else if (callback->once || sim_now_ms() - callback->first_ms >= GIVE_UP_MS) {
        callbacks->counters->callbacks_given_up++;
        forget(callback);
    } else {
        wait_for(callback, AGAIN_MS);
    }
    send_ready(callbacks);
}

static void send_on(struct lane *lane, struct callback *callback)
{
    struct callbacks *callbacks = lane->callbacks;
    struct evhttp_request *request = evhttp_request_new(on_answer, lane);
    struct evkeyvalq *headers;

    if (request == NULL)
        abort();
    lane->busy = callback;
    if (callback->tries++ == 0) {
        callback->first_ms = sim_now_ms();
        callbacks->counters->callbacks++;
    } else {
        callbacks->counters->callbacks_retried++;
    }
    headers = evhttp_request_get_output_headers(request);
    evhttp_add_header(headers, "Host", callbacks->host);
    evhttp_add_header(headers, "Content-Type", "application/json");
    if (callback->signature != NULL)
        evhttp_add_header(headers, callbacks->signature_header, callback->signature);
    evbuffer_add(evhttp_request_get_output_buffer(request), callback->body,
                 strlen(callback->body));
    if (evhttp_make_request(lane->connection, request, EVHTTP_REQ_POST, callbacks->path) !=
            0 &&
        lane->busy == callback) {
        lane->busy = NULL;
        wait_for(callback, AGAIN_MS);
    }
}

static void send_ready(struct callbacks *callbacks)
{
    for (size_t i = 0; i < callbacks->lane_count; i++) {
        struct callback *callback = TAILQ_FIRST(&callbacks->ready);

        if (callback == NULL)
            return;
        if (callbacks->lanes[i].busy != NULL)
            continue;
        TAILQ_REMOVE(&callbacks->ready, callback, ready);
        callback->is_ready = false;
        send_on(&callbacks->lanes[i], callback);
    }
}

static void on_due(evutil_socket_t fd, short what, void *cookie)
{
    struct callback *callback = cookie;

    (void)fd;
    (void)what;
    TAILQ_INSERT_TAIL(&callback->callbacks->ready, callback, ready);
    callback->is_ready = true;
    send_ready(callback->callbacks);
}

void callbacks_send(struct callbacks *callbacks, const struct callback_order *order)
{
    struct callback *callback;

    if (callbacks->pending == PENDING_MAX) {
        callbacks->counters->callbacks_overflowed++;
        return;
    }
    callback = sim_alloc(1, sizeof(*callback));
    callback->callbacks = callbacks;
    callback->once = order->once;
    callback->body = copy_of(order->body);
    callback->id = copy_of(order->id);
    callback->status = copy_of(order->status);
    callback->signature = order->signature != NULL ? copy_of(order->signature) : NULL;
    callback->due = event_new(callbacks->sim->base, -1, 0, on_due, callback);
    if (callback->due == NULL)
        abort();
    callbacks->pending++;
    TAILQ_INSERT_TAIL(&callbacks->all, callback, all);
    wait_for(callback, order->wait_ms);
}

static void open_lanes(struct callbacks *callbacks, const char *host, int port)
{
    callbacks->lanes = sim_alloc(callbacks->lane_count, sizeof(*callbacks->lanes));
    for (size_t i = 0; i < callbacks->lane_count; i++) {
        struct lane *lane = &callbacks->lanes[i];

        lane->callbacks = callbacks;
        lane->connection = evhttp_connection_base_new(callbacks->sim->base, NULL, host,
                                                      (unsigned short)port);
        if (lane->connection == NULL)
            abort();
        evhttp_connection_set_timeout(lane->connection, ANSWER_TIMEOUT_S);
    }
}

struct callbacks *callbacks_new(struct sim *sim, const char *role, const char *url,
                                const char *signature_header, size_t connections,
                                struct callback_counters *counters, char *error)
{
    struct evhttp_uri *uri = evhttp_uri_parse(url);
    const char *scheme = uri != NULL ? evhttp_uri_get_scheme(uri) : NULL;
    const char *host = uri != NULL ? evhttp_uri_get_host(uri) : NULL;
    const char *path;
    struct callbacks *callbacks = NULL;
    int port;

    if (scheme == NULL || strcmp(scheme, "http") != 0 || host == NULL || host[0] == 0) {
        snprintf(error, OPTION_ERROR_BYTES, "callback=%s: http://HOST:PORT/PATH is wanted",
                 url);
    } else {
        callbacks = sim_alloc(1, sizeof(*callbacks));
        callbacks->sim = sim;
        callbacks->role = role;
        callbacks->signature_header = signature_header;
        callbacks->lane_count = connections;
        callbacks->counters = counters;
        path = evhttp_uri_get_path(uri);
        port = evhttp_uri_get_port(uri) > 0 ? evhttp_uri_get_port(uri) : 80;
        callbacks->host = copy_of(host);
        callbacks->path = copy_of(path != NULL && path[0] != 0 ? path : "/");
        TAILQ_INIT(&callbacks->all);
        TAILQ_INIT(&callbacks->ready);
        open_lanes(callbacks, host, port);
    }
    if (uri != NULL)
        evhttp_uri_free(uri);
    return callbacks;
}

void callbacks_free(struct callbacks *callbacks)
{
    if (callbacks == NULL)
        return;
    callbacks->ending = true;
    for (size_t i = 0; i < callbacks->lane_count; i++)
        evhttp_connection_free(callbacks->lanes[i].connection);
    while (!TAILQ_EMPTY(&callbacks->all))
        forget(TAILQ_FIRST(&callbacks->all));
    free(callbacks->lanes);
    free(callbacks->host);
    free(callbacks->path);
    free(callbacks);
}
