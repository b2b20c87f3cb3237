/*
 * libcurl's multi interface on our loop: curl says which sockets to watch and when it
 * wants to be called again, and we call it.  Easy handles are kept with what never
 * changes about them set once.  How long a call may take is our own timer: curl looks at
 * the time before it reads, and after a stall of the loop all that has come would be late.
 *
 * Why a call is never sent twice: when a kept connection dies before the first octet of
 * the answer, curl sends the request again on a new one by itself.  For that it must
 * rewind the body, so the body comes from a read function without a seek function, and
 * the repeat ends in CURLE_SEND_FAIL_REWIND instead.  A call without a body has nothing
 * to rewind; it goes out on a connection of its own, where curl does not repeat.
 */
#include "gateway/http_client.h"

#include <assert.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <curl/curl.h>
#include <event2/event.h>
#include <openssl/ssl.h>

#include "gateway/clock.h"
#include "gateway/config.h"
#include "gateway/http_address.h"
#include "gateway/http_trust.h"
#include "gateway/tls_context.h"

#define CONNECTIONS_IDLE_S 60L

/* Turns for which what lies in the socket may put off the end of a call's time. */
#define DEFERRALS_MAX 128

const struct http_client_options http_default_options = {
    .calls_max = 256,
    .connections_max = 256,
    .answer_max_bytes = (size_t)1024 * 1024,
    .allow_private = false,
};

/* One call under way, or free with its easy handle kept. */
struct call {
    struct http_client *client;
    struct call *next_free;
    CURL *easy;
    bool is_under_way;
    struct clock_timer timer; /* when its time is over */
    int64_t timeout_ms;
    int64_t due_ms;   /* the same; not moved by what defers it */
    int64_t begun_ms; /* when its connection was begun or its body asked for; 0: not yet */
    unsigned deferrals; /* of its end */
    int fd;             /* the last one curl had watched for it; -1: none */
    uint64_t id;
    struct curl_slist *headers;
    char *body;
    size_t body_size;
    size_t body_sent;
    char *answer;
    size_t answer_size;
    size_t answer_room;
    bool is_too_large;
    bool is_private; /* the address that was not dialled */
    bool head_ended; /* of the answer; curl takes one cut in its head for an answer, and
                        tells the lines of a trailer after it like those of a head */
    char reason[CURL_ERROR_SIZE];
};

struct http_client {
    struct event_base *base;
    struct clock *clock;
    struct http_client_options options;
    http_client_on_done *on_done;
    void *owner;
    CURLM *multi;
    struct clock_timer timer; /* when curl wants to be called */
    struct call *calls;
    struct call *free_call;
    size_t under_way;
};

/* What curl refuses here is a misuse of ours. */
static void must(CURLcode code)
{
    assert(code == CURLE_OK);
    (void)code;
}

static void must_multi(CURLMcode code)
{
    assert(code == CURLM_OK);
    (void)code;
}

/* ---- One call ------------------------------------------------------------ */

static void note_begin(struct call *call)
{
    if (call->begun_ms == 0)
        call->begun_ms = clock_mono_ms(call->client->clock);
}

static size_t on_want_body(char *out, size_t size, size_t count, void *arg)
{
    struct call *call = arg;
    size_t left = call->body_size - call->body_sent;
    size_t taken = left < size * count ? left : size * count;

    note_begin(call);
    memcpy(out, call->body + call->body_sent, taken);
    call->body_sent += taken;
    return taken;
}

static size_t on_answer(char *octets, size_t size, size_t count, void *arg)
{
    struct call *call = arg;
    size_t more = size * count;
    size_t wanted = call->answer_size + more + 1;

    if (more > call->client->options.answer_max_bytes - call->answer_size) {
        call->is_too_large = true;
        return 0;
    }
    if (wanted > call->answer_room) {
        call->answer_room = wanted < 1024 ? 1024 : wanted * 2;
        call->answer = realloc(call->answer, call->answer_room);
        if (call->answer == NULL)
            abort();
    }
    memcpy(call->answer + call->answer_size, octets, more);
    call->answer_size += more;
    call->answer[call->answer_size] = '\0';
    return more;
}

static size_t on_answer_line(char *line, size_t size, size_t count, void *arg)
{
    struct call *call = arg;
    size_t length = size * count;

    if (length > 0 && (line[0] == '\r' || line[0] == '\n'))
        call->head_ended = true;
    else if (length >= 5 && memcmp(line, "HTTP/", 5) == 0)
        call->head_ended = false; /* another head: that before was of 1xx */
    return length;
}

static bool may_dial(const struct http_client_options *options,
                     const struct sockaddr *address)
{
    uint8_t octets[16];

    if (options->allow_private || !http_address_is_private(address))
        return true;
    if (!http_address_as_ip6(address, octets))
        return false;
    for (size_t i = 0; i < options->private_network_count; i++)
        if (config_network_contains(&options->private_networks[i], octets))
            return true;
    return false;
}

/* The one place that sees the address really dialled, whatever its name was. */
static curl_socket_t on_open_socket(void *arg, curlsocktype purpose,
                                    struct curl_sockaddr *address)
{
    struct call *call = arg;

    (void)purpose;
    note_begin(call);
    if (!may_dial(&call->client->options, &address->addr)) {
        call->is_private = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* By itself the library reads on until there is something for us: who sends nothing but new
 * keys would hold the loop for as long as he goes on. */
static CURLcode on_tls(CURL *easy, void *context, void *arg)
{
    const struct http_client *client = arg;

    (void)easy;
    SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);
    tls_context_leave_askers(context);
    if (client->options.trust != NULL)
        http_trust_put(client->options.trust, context);
    return CURLE_OK;
}

static void make_easy(struct http_client *client, struct call *call)
{
    CURL *easy = curl_easy_init();

    if (easy == NULL)
        abort();
    call->client = client;
    call->easy = easy;
    must(curl_easy_setopt(easy, CURLOPT_PRIVATE, call));
    must(curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, call->reason));
    must(curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L));
    /* A lookup that outlasts its call ends in its own thread; else curl waits for it. */
    must(curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L));
    must(curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https"));
    must(curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L));
    must(curl_easy_setopt(easy, CURLOPT_PROXY, ""));
    must(curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED));
    must(curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1));
    must(curl_easy_setopt(easy, CURLOPT_HTTP09_ALLOWED, 0L));
    must(curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L));
    must(curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L));
    must(curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, CONNECTIONS_IDLE_S));
    must(curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket));
    must(curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, call));
    must(curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, on_tls));
    must(curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, client));
    must(curl_easy_setopt(easy, CURLOPT_POST, 1L));
    must(curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_want_body));
    must(curl_easy_setopt(easy, CURLOPT_READDATA, call));
    must(curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_answer));
    must(curl_easy_setopt(easy, CURLOPT_WRITEDATA, call));
    must(curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_answer_line));
    must(curl_easy_setopt(easy, CURLOPT_HEADERDATA, call));
    must(curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE,
                          (curl_off_t)client->options.answer_max_bytes));
}

static struct curl_slist *append(struct curl_slist *list, const char *line)
{
    list = curl_slist_append(list, line);
    if (list == NULL)
        abort();
    return list;
}

/* "Name;" is how curl is told of a header without a value; "Name:" takes its own away. */
static struct curl_slist *headers_of(const struct http_call *given)
{
    struct curl_slist *list = append(NULL, "Expect:");

    for (size_t i = 0; i < given->header_count; i++) {
        const struct http_header *header = &given->headers[i];
        size_t room = strlen(header->name) + strlen(header->value) + 3;
        char *line;

        if (!http_header_is_safe(header))
            continue;
        line = malloc(room);
        if (line == NULL)
            abort();
        if (header->value[0] == '\0')
            snprintf(line, room, "%s;", header->name);
        else
            snprintf(line, room, "%s: %s", header->name, header->value);
        list = append(list, line);
        free(line);
    }
    return list;
}

static void on_time_over(void *arg);

bool http_client_post(struct http_client *client, const struct http_call *given)
{
    struct call *call = client->free_call;
    CURL *easy;

    assert(given->timeout_ms > 0 && given->connect_timeout_ms > 0);
    if (call == NULL)
        return false;
    client->free_call = call->next_free;
    client->under_way++;
    if (call->easy == NULL)
        make_easy(client, call);
    easy = call->easy;
    call->is_under_way = true;
    call->id = given->id;
    call->headers = headers_of(given);
    call->body = malloc(given->body_size + 1);
    if (call->body == NULL)
        abort();
    if (given->body_size > 0)
        memcpy(call->body, given->body, given->body_size);
    call->body_size = given->body_size;
    call->body_sent = 0;
    call->answer_size = 0;
    call->is_too_large = false;
    call->is_private = false;
    call->head_ended = false;
    call->fd = -1;
    call->deferrals = 0;
    call->reason[0] = '\0';

    must(curl_easy_setopt(easy, CURLOPT_URL, given->url));
    must(curl_easy_setopt(easy, CURLOPT_HTTPHEADER, call->headers));
    must(curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)given->body_size));
    must(curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, given->body_size == 0 ? 1L : 0L));
    must(
        curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)given->connect_timeout_ms));
    must_multi(curl_multi_add_handle(client->multi, easy));
    call->begun_ms = 0;
    call->timeout_ms = given->timeout_ms;
    call->due_ms = clock_mono_ms(client->clock) + given->timeout_ms;
    clock_arm(client->clock, &call->timer, call->due_ms, on_time_over, call);
    return true;
}

/* ---- Its end ------------------------------------------------------------- */

static void release(struct call *call)
{
    struct http_client *client = call->client;

    clock_disarm(client->clock, &call->timer);
    curl_slist_free_all(call->headers);
    free(call->body);
    call->headers = NULL;
    call->body = NULL;
    call->is_under_way = false;
    call->next_free = client->free_call;
    client->free_call = call;
    client->under_way--;
}

static const char *reason_of(const struct call *call, CURLcode code)
{
    if (call->is_too_large || code == CURLE_FILESIZE_EXCEEDED)
        return "the answer is too large";
    if (code == CURLE_COULDNT_CONNECT && call->is_private)
        return "a private address, which is in no network of private_networks";
    if (code == CURLE_SEND_FAIL_REWIND || code == CURLE_OK)
        return "the connection was closed before a whole answer";
    return call->reason[0] != '\0' ? call->reason : curl_easy_strerror(code);
}

/* The call is free again before its owner is told, who may post the next at once. */
static void end_call(struct call *call, CURLcode code)
{
    struct http_client *client = call->client;
    struct http_result result = {.id = call->id, .reason = ""};
    char *answer = call->answer;
    char reason[CURL_ERROR_SIZE];
    long request_size = 0, status = 0;
    curl_off_t retry_after_s = 0;

    must(curl_easy_getinfo(call->easy, CURLINFO_REQUEST_SIZE, &request_size));
    must(curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status));
    must(curl_easy_getinfo(call->easy, CURLINFO_RETRY_AFTER, &retry_after_s));
    if (code == CURLE_OK && call->head_ended && status >= 200) {
        result.outcome = HTTP_ANSWERED;
        result.status = (int)status;
        result.body = (const uint8_t *)(call->answer_size > 0 ? answer : "");
        result.body_size = call->answer_size;
        result.retry_after_s =
            retry_after_s > 0 ? retry_after_s : 0; /* below: a past date */
    } else {
        result.outcome = request_size > 0 ? HTTP_IN_DOUBT : HTTP_NOT_SENT;
        snprintf(reason, sizeof(reason), "%s", reason_of(call, code));
        result.reason = reason;
    }
    must_multi(curl_multi_remove_handle(client->multi, call->easy));
    call->answer = NULL;
    call->answer_room = 0;
    release(call);
    client->on_done(client->owner, &result);
    free(answer);
}

static void end_done(struct http_client *client)
{
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(client->multi, &left)) != NULL) {
        struct call *call;
        CURLcode code = message->data.result;

        must(curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &call));
        end_call(call, code);
    }
}

/* What a stall let begin only when its time was over has its time from then. */
static bool began_late(struct call *call)
{
    if (call->begun_ms < call->due_ms)
        return false;
    call->due_ms = call->begun_ms + call->timeout_ms;
    return true;
}

static void on_time_over(void *arg)
{
    struct call *call = arg;
    struct pollfd socket = {.fd = call->fd, .events = POLLIN};

    if (began_late(call))
        clock_arm(call->client->clock, &call->timer, call->due_ms, on_time_over, call);
    else if (call->fd >= 0 && call->deferrals++ < DEFERRALS_MAX && poll(&socket, 1, 0) == 1)
        clock_arm_in(call->client->clock, &call->timer, 1, on_time_over, call);
    else
        end_call(call, CURLE_OPERATION_TIMEDOUT);
}

size_t http_client_calls(const struct http_client *client)
{
    return client->under_way;
}

/* ---- curl on the loop ---------------------------------------------------- */

static void call_curl(struct http_client *client, curl_socket_t fd, int what)
{
    int running;

    must_multi(curl_multi_socket_action(client->multi, fd, what, &running));
    end_done(client);
}

static void on_socket(evutil_socket_t fd, short what, void *arg)
{
    struct http_client *client = arg;

    call_curl(client, fd,
              (what & EV_READ ? CURL_CSELECT_IN : 0) |
                  (what & EV_WRITE ? CURL_CSELECT_OUT : 0));
}

static void on_timer(void *arg)
{
    call_curl(arg, CURL_SOCKET_TIMEOUT, 0);
}

/* Curl has handles of its own too, which are nobody's. */
static void note_socket(CURL *easy, curl_socket_t fd, bool is_watched)
{
    struct call *call = NULL;

    if (curl_easy_getinfo(easy, CURLINFO_PRIVATE, &call) != CURLE_OK || call == NULL)
        return;
    if (is_watched)
        call->fd = fd;
    else if (call->fd == fd)
        call->fd = -1;
}

static int on_watch(CURL *easy, curl_socket_t fd, int want, void *client_arg,
                    void *event_arg)
{
    struct http_client *client = client_arg;
    struct event *event = event_arg;
    short what = (short)((want & CURL_POLL_IN ? EV_READ : 0) |
                         (want & CURL_POLL_OUT ? EV_WRITE : 0));

    note_socket(easy, fd, want != CURL_POLL_REMOVE);
    if (want == CURL_POLL_REMOVE) {
        if (event != NULL)
            event_free(event);
        return 0;
    }
    if (event == NULL) {
        event = event_new(client->base, fd, what | EV_PERSIST, on_socket, client);
        if (event == NULL)
            abort();
        must_multi(curl_multi_assign(client->multi, fd, event));
    } else {
        event_del(event);
        event_assign(event, client->base, fd, what | EV_PERSIST, on_socket, client);
    }
    if (event_add(event, NULL) != 0)
        abort();
    return 0;
}

static int on_set_timer(CURLM *multi, long delay_ms, void *arg)
{
    struct http_client *client = arg;

    (void)multi;
    if (delay_ms < 0)
        clock_disarm(client->clock, &client->timer);
    else
        clock_arm_in(client->clock, &client->timer, delay_ms, on_timer, client);
    return 0;
}

/* ---- Making and freeing -------------------------------------------------- */

struct http_client *http_client_new(struct event_base *base, struct clock *clock,
                                    const struct http_client_options *options,
                                    http_client_on_done *on_done, void *owner)
{
    struct http_client *client = calloc(1, sizeof(*client));
    long connections;

    if (client == NULL)
        abort();
    client->base = base;
    client->clock = clock;
    client->options = options != NULL ? *options : http_default_options;
    client->on_done = on_done;
    client->owner = owner;
    client->calls = calloc(client->options.calls_max, sizeof(*client->calls));
    /* Counted by curl itself: as many cleanups in http_client_free(). */
    must(curl_global_init(CURL_GLOBAL_DEFAULT));
    client->multi = curl_multi_init();
    if (client->calls == NULL || client->multi == NULL)
        abort();
    for (size_t i = client->options.calls_max; i > 0; i--) {
        client->calls[i - 1].next_free = client->free_call;
        client->free_call = &client->calls[i - 1];
    }
    connections = (long)client->options.connections_max;
    must_multi(curl_multi_setopt(client->multi, CURLMOPT_MAXCONNECTS, connections));
    must_multi(curl_multi_setopt(client->multi, CURLMOPT_SOCKETFUNCTION, on_watch));
    must_multi(curl_multi_setopt(client->multi, CURLMOPT_SOCKETDATA, client));
    must_multi(curl_multi_setopt(client->multi, CURLMOPT_TIMERFUNCTION, on_set_timer));
    must_multi(curl_multi_setopt(client->multi, CURLMOPT_TIMERDATA, client));
    return client;
}

void http_client_free(struct http_client *client)
{
    if (client == NULL)
        return;
    for (size_t i = 0; i < client->options.calls_max; i++) {
        struct call *call = &client->calls[i];

        if (call->is_under_way) {
            curl_multi_remove_handle(client->multi, call->easy);
            release(call);
        }
        free(call->answer);
        curl_easy_cleanup(call->easy);
    }
    curl_multi_cleanup(client->multi);
    curl_global_cleanup();
    clock_disarm(client->clock, &client->timer);
    free(client->calls);
    free(client);
}
