/* The control door.  See control.h. */
#include "tests/peers/control.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/keyvalq_struct.h>

#include "tests/peers/http.h"
#include "tests/peers/options.h"

struct control {
    int64_t port;
    char host[OPTION_TEXT_BYTES];
    struct control_questions questions;
    struct evhttp *http;
};

static const struct option_row rows[] = {
    {"port", OPTION_NUMBER, offsetof(struct control, port), 0, 65535, NULL,
     "where it listens; 0 = a free one (0)"},
    {"host", OPTION_TEXT,   offsetof(struct control, host), 0, 0,     NULL,
     "address to listen on (127.0.0.1)"    },
};

static const char *value_of(struct evkeyvalq *query, const char *name)
{
    const char *value = evhttp_find_header(query, name);

    return value != NULL ? value : "";
}

static int on_stats(struct control *control, struct evkeyvalq *query,
                    struct evhttp_request *request)
{
    json_t *stats = control->questions.stats(control->questions.cookie);
    char *text = json_dumps(stats, JSON_INDENT(1));

    (void)query;
    if (text == NULL)
        abort();
    http_reply(request, 200, "application/json", text, strlen(text));
    free(text);
    json_decref(stats);
    return 0;
}

static int on_message(struct control *control, struct evkeyvalq *query,
                      struct evhttp_request *request)
{
    struct smsc *smsc =
        control->questions.smsc_named(control->questions.cookie, value_of(query, "smsc"));

    const char *cut_name = value_of(query, "cut");
    enum smsc_cut cut = CUT_UDH8;

    (void)request;
    if (smsc == NULL)
        return 404;
    if (*cut_name != 0 && !smsc_cut_find(cut_name, &cut))
        return 400;
    return smsc_receive(smsc, value_of(query, "from"), value_of(query, "to"),
                        value_of(query, "text"), cut)
               ? 200
               : 503;
}

static int on_drop(struct control *control, struct evkeyvalq *query,
                   struct evhttp_request *request)
{
    struct smsc *smsc =
        control->questions.smsc_named(control->questions.cookie, value_of(query, "smsc"));

    (void)request;
    if (smsc == NULL)
        return 404;
    smsc_drop(smsc);
    return 200;
}

/* Each gives the HTTP status to answer, or 0 when it has answered itself. */
static const struct {
    enum evhttp_cmd_type method;
    const char *path;
    int (*handle)(struct control *control, struct evkeyvalq *query,
                  struct evhttp_request *request);
} routes[] = {
    {EVHTTP_REQ_GET,  "/stats",   on_stats  },
    {EVHTTP_REQ_POST, "/message", on_message},
    {EVHTTP_REQ_POST, "/drop",    on_drop   },
};

static void on_request(struct evhttp_request *request, void *cookie)
{
    struct control *control = cookie;
    const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(request);
    const char *path = evhttp_uri_get_path(uri);
    const char *text = evhttp_uri_get_query(uri);
    struct evkeyvalq query;
    int status = 404;

    if (evhttp_parse_query_str(text != NULL ? text : "", &query) != 0) {
        http_reply(request, 400, "text/plain", "", 0);
        return;
    }
    for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
        if (routes[i].method == evhttp_request_get_command(request) && path != NULL &&
            strcmp(routes[i].path, path) == 0)
            status = routes[i].handle(control, &query, request);
    }
    evhttp_clear_headers(&query);
    if (status != 0)
        http_reply(request, status, "text/plain", "", 0);
}

struct control *control_open(struct sim *sim, const char *description,
                             struct control_questions questions, char *error)
{
    struct control *control = sim_alloc(1, sizeof(*control));

    snprintf(control->host, sizeof(control->host), "127.0.0.1");
    control->questions = questions;
    if (options_read(rows, sizeof(rows) / sizeof(rows[0]), description, control, error))
        control->http =
            http_open(sim, control->host, &control->port, on_request, control, error);
    if (control->http == NULL) {
        free(control);
        return NULL;
    }
    return control;
}

void control_close(struct control *control)
{
    if (control == NULL)
        return;
    evhttp_free(control->http);
    free(control);
}

int64_t control_port(const struct control *control)
{
    return control->port;
}

void control_help(void)
{
    printf("--control KEY=VALUE,...\n");
    options_print(rows, sizeof(rows) / sizeof(rows[0]));
    printf("\n  GET /stats, POST /message?smsc=&from=&to=&text=&cut=, POST /drop?smsc=\n");
}
