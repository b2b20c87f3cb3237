#include "gateway/http_client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>

#include "gateway/clock.h"
#include "gateway/config.h"
#include "gateway/http_address.h"
#include "tests/gateway/hanging_name.h"
#include "tests/test.h"

/*
 * The other side, which does to the n-th whole request what the n-th letter of its script
 * says.  It counts what it has seen, so that a call sent twice shows.
 */
struct peer {
    struct evconnlistener *listener;
    uint16_t port;
    const char *script;
    const char *answer; /* to '*' */
    size_t requests;
    size_t connections;
    char last[4096];
    struct bufferevent *open[64];
};

/* One result kept. */
struct got {
    enum http_outcome outcome;
    int status;
    char body[64];
    size_t body_size;
    int64_t retry_after_s;
    char reason[128];
    int times;
};

struct bench {
    struct event_base *base;
    struct clock *clock;
    struct http_client *client;
    struct peer peer;
    struct got got[600]; /* by id */
    size_t done;
    size_t awaited;
    size_t again; /* posted from on_done() */
};

/* ---- The peer ------------------------------------------------------------ */

static void drop(struct peer *peer, struct bufferevent *bev)
{
    for (size_t i = 0; i < ROWS(peer->open); i++)
        if (peer->open[i] == bev)
            peer->open[i] = NULL;
    bufferevent_free(bev);
}

#define TEN(it) it it it it it it it it it it

static const struct {
    char action;
    const char *answer; /* NULL: nothing */
    bool closes;
} actions[] = {
    {'a', "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine",                           false},
    {'A', "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine",                           true }, /* without a word */
    {'c', NULL,                                                                         true },
    {'s', NULL,                                                                         false},
    {'h', "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfi",                             true },
    {'H', "HTTP/1.1 200 OK\r\nConte",                                                   true },
    {'e', "HTTP/1.1 204 No Content\r\n\r\n",                                            false},
    {'r', "HTTP/1.1 429 Too Many\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n",       false},
    {'d', "HTTP/1.1 302 Found\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n",        false},
    {'C', "HTTP/1.1 100 Continue\r\n\r\n",                                              true },
    {'x', "SMTP ready\r\n\r\n",                                                         true },
    {'L', "HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\nx",                      false},
    {'k', "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
     false                                                                                   },
    {'t',
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
     "3\r\nabc\r\n0\r\nServer-Timing: 1\r\n\r\n",                                       false},
    {'K',
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n" TEN(
         TEN("0123456789")) "\r\n1\r\nx\r\n0\r\n\r\n",
     false                                                                                   },
    {'E', "HTTP/1.1 200 OK\r\n\r\n" TEN(TEN("0123456789")) "x",                         true },
    {'T', "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-To",
     true                                                                                    },
    {'3',
     "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
     "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine",                                false},
    {'F', "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nConte",     true },
    {'R', "HTTP/1.1 429 Too Many\r\nContent-Length: 0\r\n\r\n",                         false},
};

/* Whole requests of the tests have a length, or none and no body. */
static bool take_request(struct peer *peer, struct evbuffer *input)
{
    size_t size = evbuffer_get_length(input);
    char *octets = (char *)evbuffer_pullup(input, -1);
    const char *length;
    size_t whole;
    char *end;

    if (size == 0 || (end = memmem(octets, size, "\r\n\r\n", 4)) == NULL)
        return false;
    length = memmem(octets, size, "Content-Length: ", 16);
    whole =
        (size_t)(end - octets) + 4 + (length != NULL ? strtoul(length + 16, NULL, 10) : 0);
    if (size < whole)
        return false;
    snprintf(peer->last, sizeof(peer->last), "%.*s", (int)whole, octets);
    evbuffer_drain(input, whole);
    return true;
}

static void on_peer_read(struct bufferevent *bev, void *arg)
{
    struct peer *peer = arg;

    while (take_request(peer, bufferevent_get_input(bev))) {
        size_t at = peer->requests++;
        char action =
            peer->script[at < strlen(peer->script) ? at : strlen(peer->script) - 1];

        if (action == '*')
            assert_true(send(bufferevent_getfd(bev), peer->answer, strlen(peer->answer),
                             MSG_NOSIGNAL) > 0);
        for (size_t i = 0; i < ROWS(actions); i++) {
            if (actions[i].action != action)
                continue;
            /* At once, so that a close does not overtake it. */
            if (actions[i].answer != NULL)
                assert_true(send(bufferevent_getfd(bev), actions[i].answer,
                                 strlen(actions[i].answer), MSG_NOSIGNAL) > 0);
            if (actions[i].closes) {
                drop(peer, bev);
                return;
            }
        }
    }
}

static void on_peer_event(struct bufferevent *bev, short what, void *arg)
{
    (void)what;
    drop(arg, bev);
}

static void on_peer_accept(struct evconnlistener *listener, evutil_socket_t fd,
                           struct sockaddr *address, int size, void *arg)
{
    struct peer *peer = arg;
    struct bufferevent *bev = bufferevent_socket_new(evconnlistener_get_base(listener), fd,
                                                     BEV_OPT_CLOSE_ON_FREE);

    (void)address;
    (void)size;
    for (size_t i = 0; i < ROWS(peer->open); i++)
        if (peer->open[i] == NULL) {
            peer->open[i] = bev;
            break;
        }
    peer->connections++;
    bufferevent_setcb(bev, on_peer_read, NULL, on_peer_event, peer);
    bufferevent_enable(bev, EV_READ | EV_WRITE);
}

/* ---- The bench ----------------------------------------------------------- */

static void post(struct bench *bench, uint64_t id, const char *url, const char *body);

static void on_done(void *owner, const struct http_result *result)
{
    struct bench *bench = owner;
    struct got *got = &bench->got[result->id];

    got->outcome = result->outcome;
    got->status = result->status;
    got->body_size = result->body_size;
    snprintf(got->body, sizeof(got->body), "%s", result->body ? (char *)result->body : "");
    got->retry_after_s = result->retry_after_s;
    snprintf(got->reason, sizeof(got->reason), "%s", result->reason);
    got->times++;
    bench->done++;
    if (bench->again > 0) {
        char url[64];

        bench->again--;
        snprintf(url, sizeof(url), "http://127.0.0.1:%u/again", bench->peer.port);
        post(bench, result->id, url, "again");
    }
    if (bench->done == bench->awaited)
        event_base_loopbreak(bench->base);
}

static struct bench *bench_new(const char *script,
                               const struct http_client_options *options)
{
    static const struct http_client_options lab = {.calls_max = 16,
                                                   .connections_max = 16,
                                                   .answer_max_bytes = 1000,
                                                   .allow_private = true};
    struct bench *bench = calloc(1, sizeof(*bench));
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof(address);

    bench->base = event_base_new();
    bench->clock = clock_new(bench->base);
    bench->client = http_client_new(bench->base, bench->clock, options ? options : &lab,
                                    on_done, bench);
    bench->peer.script = script;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bench->peer.listener = evconnlistener_new_bind(
        bench->base, on_peer_accept, &bench->peer, LEV_OPT_CLOSE_ON_FREE, 16,
        (struct sockaddr *)&address, sizeof(address));
    assert_non_null(bench->peer.listener);
    getsockname(evconnlistener_get_fd(bench->peer.listener), (struct sockaddr *)&address,
                &size);
    bench->peer.port = ntohs(address.sin_port);
    return bench;
}

static void bench_free(struct bench *bench)
{
    http_client_free(bench->client);
    CHECK_EQ(clock_timers_armed(bench->clock), 0, "no timer is left");
    for (size_t i = 0; i < ROWS(bench->peer.open); i++)
        if (bench->peer.open[i] != NULL)
            bufferevent_free(bench->peer.open[i]);
    evconnlistener_free(bench->peer.listener);
    clock_free(bench->clock);
    event_base_free(bench->base);
    free(bench);
}

static void post(struct bench *bench, uint64_t id, const char *url, const char *body)
{
    static const struct http_header headers[] = {
        {"Content-Type",  "application/json"  },
        {"Authorization", "Bearer lab"        },
        {"X-Empty",       ""                  },
        {"X-Bad",         "a\r\nX-Injected: b"},
    };
    const struct http_call call = {
        .id = id,
        .url = url,
        .headers = headers,
        .header_count = ROWS(headers),
        .body = body,
        .body_size = strlen(body),
        .connect_timeout_ms = 5000,
        .timeout_ms = strstr(url, "hurry") ? 150 : 5000,
    };

    CHECK(http_client_post(bench->client, &call), "taken");
}

static void post_peer(struct bench *bench, uint64_t id, const char *path, const char *body)
{
    char url[64];

    snprintf(url, sizeof(url), "http://127.0.0.1:%u/%s", bench->peer.port, path);
    post(bench, id, url, body);
}

/* Until so many more are done. */
static void await(struct bench *bench, size_t count)
{
    bench->awaited = bench->done + count;
    event_base_dispatch(bench->base);
    CHECK_EQ(bench->done, bench->awaited, "done");
}

static void settle(struct bench *bench)
{
    for (int i = 0; i < 10; i++)
        event_base_loop(bench->base, EVLOOP_NONBLOCK);
}

/* ---- Outcomes ------------------------------------------------------------ */

TEST(each_end_of_a_call_is_told_for_what_it_was)
{
    static const struct {
        const char *row, *script, *path;
        enum http_outcome outcome;
        int status;
        const char *body;
        int64_t retry_after_s;
    } rows[] = {
        {"answered",                     "a", "send",  HTTP_ANSWERED, 200, "fine", 0},
        {"answered in chunks",           "k", "send",  HTTP_ANSWERED, 200, "abc",  0},
        {"answered with a trailer",      "t", "send",  HTTP_ANSWERED, 200, "abc",  0},
        {"answered after a hint",        "3", "send",  HTTP_ANSWERED, 200, "fine", 0},
        {"answered without a body",      "e", "send",  HTTP_ANSWERED, 204, "",     0},
        {"throttled",                    "r", "send",  HTTP_ANSWERED, 429, "",     7},
        {"redirected, and not followed", "d", "send",  HTTP_ANSWERED, 302, "",     0},
        {"cut before the answer",        "c", "send",  HTTP_IN_DOUBT, 0,   "",     0},
        {"cut in the head",              "H", "send",  HTTP_IN_DOUBT, 0,   "",     0},
        {"cut in the second head",       "F", "send",  HTTP_IN_DOUBT, 0,   "",     0},
        {"cut in the trailer",           "T", "send",  HTTP_IN_DOUBT, 0,   "",     0},
        {"cut in the body",              "h", "send",  HTTP_IN_DOUBT, 0,   "",     0},
        {"no HTTP",                      "x", "send",  HTTP_IN_DOUBT, 0,   "",     0},
        {"too large",                    "L", "send",  HTTP_IN_DOUBT, 0,   "",     0},
        {"too large by one, in chunks",  "K", "send",  HTTP_IN_DOUBT, 0,   "",     0},
        {"too large, of no told size",   "E", "send",  HTTP_IN_DOUBT, 0,   "",     0},
        {"no answer in time",            "s", "hurry", HTTP_IN_DOUBT, 0,   "",     0},
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct bench *bench = bench_new(rows[i].script, NULL);
        const struct got *got = &bench->got[i];

        post_peer(bench, i, rows[i].path, "{\"to\":\"1\"}");
        CHECK_EQ(got->times, 0, "never from inside posting");
        await(bench, 1);
        settle(bench);
        CHECK_EQ(got->outcome, rows[i].outcome, rows[i].row);
        CHECK_EQ(got->status, rows[i].status, rows[i].row);
        CHECK_STR(got->body, rows[i].body, rows[i].row);
        CHECK_EQ(got->retry_after_s, rows[i].retry_after_s, rows[i].row);
        CHECK_EQ(got->reason[0] == '\0', rows[i].outcome == HTTP_ANSWERED, rows[i].row);
        CHECK_EQ(bench->peer.requests, 1, rows[i].row);
        CHECK_EQ(http_client_calls(bench->client), 0, rows[i].row);
        bench_free(bench);
    }
}

/* The easy handle is the same one each time. */
TEST(what_one_answer_said_is_not_told_of_the_next)
{
    struct bench *bench = bench_new("rRaR", NULL);
    static const int64_t waits_s[] = {7, 0, 0, 0};

    for (uint64_t id = 0; id < ROWS(waits_s); id++) {
        post_peer(bench, id, "send", "{}");
        await(bench, 1);
        CHECK_EQ(bench->got[id].retry_after_s, waits_s[id], "wait");
    }
    bench_free(bench);
}

/* A date counts from our clock, and one of the past asks for nothing. */
TEST(when_to_come_again_is_read_from_a_date_too)
{
    static const struct {
        const char *row, *said;
        int64_t in_s, lowest_s, highest_s;
    } rows[] = {
        {"in a minute",  NULL,    60,  58, 60},
        {"a minute ago", NULL,    -60, 0,  0 },
        {"zero",         "0",     0,   0,  0 },
        {"below zero",   "-5",    0,   0,  0 },
        {"no time",      "later", 0,   0,  0 },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct bench *bench = bench_new("*", NULL);
        time_t at = time(NULL) + rows[i].in_s;
        char date[64], answer[256];
        struct tm parts;

        gmtime_r(&at, &parts);
        strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", &parts);
        snprintf(answer, sizeof(answer),
                 "HTTP/1.1 429 Too Many\r\nRetry-After: %s\r\nContent-Length: 0\r\n\r\n",
                 rows[i].said ? rows[i].said : date);
        bench->peer.answer = answer;
        post_peer(bench, i, "send", "{}");
        await(bench, 1);
        CHECK_EQ(bench->got[i].status, 429, rows[i].row);
        CHECK(bench->got[i].retry_after_s >= rows[i].lowest_s &&
                  bench->got[i].retry_after_s <= rows[i].highest_s,
              rows[i].row);
        bench_free(bench);
    }
}

TEST(what_is_sent_is_what_was_given_and_nothing_else)
{
    struct bench *bench = bench_new("a", NULL);
    char expected[512];

    /* A proxy of the environment is not ours. */
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    post_peer(bench, 1, "send?a=b", "{}");
    await(bench, 1);
    unsetenv("http_proxy");
    snprintf(expected, sizeof(expected),
             "POST /send?a=b HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nAccept: */*\r\n"
             "Content-Type: application/json\r\nAuthorization: Bearer lab\r\nX-Empty:\r\n"
             "Content-Length: 2\r\n\r\n{}",
             bench->peer.port);
    CHECK_STR(bench->peer.last, expected, "request");
    bench_free(bench);
}

TEST(what_never_left_is_told_as_not_sent)
{
    struct bench *bench = bench_new("a", NULL);
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    char refused[64], tls[64];
    const struct {
        const char *row, *url;
    } rows[] = {
        {"refused",      refused             },
        {"no TLS there", tls                 },
        {"other scheme", "ftp://127.0.0.1/"  },
        {"file",         "file:///etc/passwd"},
        {"no URL",       "http://"           },
        {"no host",      "http://:80/"       },
    };

    /* A port that nobody listens on, and that nobody else is given meanwhile. */
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    getsockname(fd, (struct sockaddr *)&address, &size);
    snprintf(refused, sizeof(refused), "http://127.0.0.1:%u/", ntohs(address.sin_port));
    snprintf(tls, sizeof(tls), "https://127.0.0.1:%u/", bench->peer.port);
    bench->peer.script = "x";
    for (size_t i = 0; i < ROWS(rows); i++) {
        post(bench, i, rows[i].url, "{}");
        if (rows[i].url == tls)
            for (int turn = 0; turn < 50 && bench->peer.connections == 0; turn++)
                event_base_loop(bench->base, EVLOOP_ONCE);
        if (rows[i].url == tls)
            drop(&bench->peer, bench->peer.open[0]);
        await(bench, 1);
        CHECK_EQ(bench->got[i].outcome, HTTP_NOT_SENT, rows[i].row);
        CHECK(bench->got[i].reason[0] != '\0', rows[i].row);
    }
    CHECK_EQ(bench->peer.requests, 0, "none");
    close(fd);
    bench_free(bench);
}

TEST(a_connection_not_made_in_time_is_told_as_not_sent)
{
    struct bench *bench = bench_new("a", NULL);
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM, 0), fillers[4];
    char url[64];

    /* A full backlog: the kernel answers no further connection. */
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(fd, 0), 0);
    getsockname(fd, (struct sockaddr *)&address, &size);
    for (size_t i = 0; i < ROWS(fillers); i++) {
        fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        connect(fillers[i], (struct sockaddr *)&address, sizeof(address));
    }
    snprintf(url, sizeof(url), "http://127.0.0.1:%u/hurry", ntohs(address.sin_port));
    post(bench, 1, url, "{}");
    await(bench, 1);
    CHECK_EQ(bench->got[1].outcome, HTTP_NOT_SENT, "outcome");
    for (size_t i = 0; i < ROWS(fillers); i++)
        close(fillers[i]);
    close(fd);
    bench_free(bench);
}

TEST(a_name_that_nobody_answers_for_holds_up_nobody)
{
    struct bench *bench = bench_new("a", NULL);

    post(bench, 1, "http://hangs.example/hurry", "{}");
    await(bench, 1);
    CHECK_EQ(bench->got[1].outcome, HTTP_NOT_SENT, "outcome");
    CHECK_EQ(hanging_name_count(), 1, "the loop did not wait for it");
    hanging_name_let_go();
    bench_free(bench);
}

TEST(addresses_inside_are_dialled_only_when_allowed)
{
    struct http_client_options options = http_default_options;
    struct bench *bench = bench_new("a", &options);
    char local[64];

    snprintf(local, sizeof(local), "http://localhost:%u/", bench->peer.port);
    post_peer(bench, 1, "send", "{}");
    post(bench, 2, local, "{}");
    await(bench, 2);
    CHECK_EQ(bench->got[1].outcome, HTTP_NOT_SENT, "by address");
    CHECK_EQ(bench->got[2].outcome, HTTP_NOT_SENT, "by name");
    for (size_t id = 1; id <= 2; id++)
        CHECK_STR(bench->got[id].reason,
                  "a private address, which is in no network of private_networks", "reason");
    settle(bench);
    CHECK_EQ(bench->peer.connections, 0, "not even a connection");
    bench_free(bench);
}

TEST(of_addresses_inside_those_of_our_networks_are_dialled)
{
    static const struct config_network ours[] = {
        {{[10] = 0xff, [11] = 0xff, 10}, 104},
        {{[10] = 0xff, [11] = 0xff, 127, 0, 0, 1}, 128},
    };
    struct http_client_options options = http_default_options;
    struct bench *bench;
    char other[64];

    options.private_networks = ours;
    options.private_network_count = ROWS(ours);
    bench = bench_new("a", &options);
    snprintf(other, sizeof(other), "http://127.0.0.2:%u/", bench->peer.port);
    post_peer(bench, 1, "send", "{}");
    post(bench, 2, other, "{}");
    await(bench, 2);
    CHECK_EQ(bench->got[1].outcome, HTTP_ANSWERED, "ours");
    CHECK_EQ(bench->got[2].outcome, HTTP_NOT_SENT, "beside it");
    bench_free(bench);
}

TEST(every_network_that_is_not_the_internet_is_inside)
{
    static const struct {
        const char *address;
        bool is_private;
    } rows[] = {
        {"127.0.0.1",        true },
        {"0.0.0.0",          true },
        {"10.1.2.3",         true },
        {"100.64.0.1",       true },
        {"100.128.0.1",      false},
        {"169.254.169.254",  true },
        {"172.16.0.1",       true },
        {"172.31.255.255",   true },
        {"172.32.0.1",       false},
        {"192.168.1.1",      true },
        {"192.0.0.8",        true },
        {"198.19.255.1",     true },
        {"198.20.0.1",       false},
        {"224.0.0.1",        true },
        {"255.255.255.255",  true },
        {"8.8.8.8",          false},
        {"223.255.255.1",    false},
        {"::1",              true },
        {"::",               true },
        {"::ffff:127.0.0.1", true },
        {"::ffff:8.8.8.8",   false},
        {"64:ff9b::a00:1",   true },
        {"64:ff9b::808:808", false},
        {"2002:7f00:1::1",   true },
        {"2002:808:808::1",  false},
        {"fd00::1",          true },
        {"fe80::1",          true },
        {"ff02::1",          true },
        {"2001:db8::1",      true },
        {"2001::1",          true },
        {"2606:4700::1111",  false},
        {"2a00:1450::1",     false},
        {"::127.0.0.1",      true },
    };
    struct sockaddr local = {.sa_family = AF_UNIX};

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct sockaddr_in6 ip6 = {.sin6_family = AF_INET6};
        struct sockaddr_in ip4 = {.sin_family = AF_INET};
        bool is_ip4 = inet_pton(AF_INET, rows[i].address, &ip4.sin_addr) == 1;

        if (!is_ip4)
            assert_int_equal(inet_pton(AF_INET6, rows[i].address, &ip6.sin6_addr), 1);
        CHECK_EQ(http_address_is_private(is_ip4 ? (struct sockaddr *)&ip4
                                                : (struct sockaddr *)&ip6),
                 rows[i].is_private, rows[i].address);
    }
    CHECK(http_address_is_private(&local), "unix socket");
}

/* ---- Once and only once -------------------------------------------------- */

TEST(a_call_on_a_kept_connection_that_is_cut_is_not_repeated)
{
    static const char *const bodies[] = {"{\"to\":\"1\"}", ""};

    for (size_t i = 0; i < ROWS(bodies); i++) {
        struct bench *bench = bench_new("aca", NULL);

        post_peer(bench, 1, "send", bodies[i]);
        await(bench, 1);
        CHECK_EQ(bench->got[1].outcome, HTTP_ANSWERED, "the first");
        post_peer(bench, 2, "send", bodies[i]);
        await(bench, 1);
        settle(bench);
        CHECK_EQ(bench->got[2].outcome, HTTP_IN_DOUBT, "the second was read and cut");
        CHECK_EQ(bench->peer.requests, 2, "each seen once");
        post_peer(bench, 3, "send", bodies[i]);
        await(bench, 1);
        CHECK_EQ(bench->got[3].outcome, HTTP_ANSWERED, "the next call is well again");
        CHECK_EQ(bench->peer.requests, 3, "each seen once");
        bench_free(bench);
    }
}

/* Larger than one write: curl has sent some of the body when it finds the cut. */
TEST(a_large_call_that_is_cut_is_not_repeated_either)
{
    struct bench *bench = bench_new("ac", NULL);
    char *body = malloc(300001);

    memset(body, 'b', 300000);
    body[300000] = '\0';
    post_peer(bench, 1, "send", "{}");
    await(bench, 1);
    post_peer(bench, 2, "send", body);
    await(bench, 1);
    settle(bench);
    CHECK_EQ(bench->got[2].outcome, HTTP_IN_DOUBT, "in doubt");
    CHECK_EQ(bench->peer.requests, 2, "each seen once");
    free(body);
    bench_free(bench);
}

TEST(a_connection_closed_while_it_was_idle_costs_no_call)
{
    struct bench *bench = bench_new("A", NULL);

    for (uint64_t id = 1; id <= 5; id++) {
        post_peer(bench, id, "send", "{}");
        await(bench, 1);
        settle(bench);
        CHECK_EQ(bench->got[id].outcome, HTTP_ANSWERED, "answered on a new connection");
    }
    CHECK_EQ(bench->peer.requests, 5, "each seen once");
    CHECK_EQ(bench->peer.connections, 5, "each on its own");
    bench_free(bench);
}

TEST(connections_are_used_again)
{
    struct bench *bench = bench_new("a", NULL);

    for (uint64_t id = 1; id <= 20; id++) {
        post_peer(bench, id, "send", "{}");
        await(bench, 1);
    }
    CHECK_EQ(bench->peer.connections, 1, "one after the other");
    for (uint64_t id = 21; id <= 30; id++)
        post_peer(bench, id, "send", "{}");
    await(bench, 10);
    CHECK_EQ(bench->peer.connections, 10, "at once");
    CHECK_EQ(bench->peer.requests, 30, "each seen once");
    bench_free(bench);
}

TEST(over_the_bound_a_call_is_not_taken_and_from_its_end_the_next_may_be)
{
    struct bench *bench = bench_new("a", NULL);
    struct http_call call = {
        .id = 99, .url = "http://127.0.0.1/", .connect_timeout_ms = 1, .timeout_ms = 1};

    for (uint64_t id = 0; id < 16; id++)
        post_peer(bench, id, "send", "{}");
    CHECK(!http_client_post(bench->client, &call), "full");
    CHECK_EQ(http_client_calls(bench->client), 16, "under way");
    bench->again = 200;
    await(bench, 216);
    CHECK_EQ(bench->peer.requests, 216, "each seen once");
    CHECK_EQ(bench->got[99].times, 0, "the one not taken never ends");
    CHECK_EQ(http_client_calls(bench->client), 0, "none");
    bench_free(bench);
}

TEST(calls_under_way_are_forgotten_with_their_client)
{
    struct bench *bench = bench_new("s", NULL);

    post_peer(bench, 1, "send", "{}");
    while (bench->peer.requests == 0)
        event_base_loop(bench->base, EVLOOP_ONCE);
    post_peer(bench, 2, "send", "{}");
    bench_free(bench);
}

TEST(after_a_stall_an_answer_that_has_come_is_not_late)
{
    struct bench *bench = bench_new("s", NULL);
    struct bufferevent *peer;

    post_peer(bench, 1, "hurry", "{}"); /* in 150 ms */
    while (bench->peer.requests == 0)
        event_base_loop(bench->base, EVLOOP_ONCE);
    for (size_t i = 0; (peer = bench->peer.open[i]) == NULL;)
        i++;
    assert_true(send(bufferevent_getfd(peer), actions[0].answer, strlen(actions[0].answer),
                     MSG_NOSIGNAL) > 0);
    usleep(300000); /* nobody looks at the socket */
    await(bench, 1);
    CHECK_EQ(bench->got[1].outcome, HTTP_ANSWERED, "it had come in time");
    CHECK_STR(bench->got[1].body, "fine", "it had come in time");
    bench_free(bench);
}

TEST(after_a_stall_a_call_that_leaves_then_has_its_time)
{
    struct bench *bench = bench_new("aaa", NULL);

    for (uint64_t id = 1; id <= 2; id++) { /* over a connection that is new, and kept */
        post_peer(bench, id, "hurry", "{}");
        usleep(300000); /* nobody begins it */
        await(bench, 1);
        CHECK_EQ(bench->got[id].outcome, HTTP_ANSWERED, "it left after its time");
    }
    bench_free(bench);
}

/* ---- Speed --------------------------------------------------------------- */

static void on_evhttp(struct evhttp_request *request, void *arg)
{
    struct evbuffer *body = evbuffer_new();

    (void)arg;
    evbuffer_add(body, "{\"id\":\"1\"}", 10);
    evhttp_send_reply(request, 200, "OK", body);
    evbuffer_free(body);
}

/* In a process of its own, so that what we measure is the client's. */
static pid_t start_evhttp(uint16_t *out_port)
{
    int ready[2];
    pid_t pid;

    assert_int_equal(pipe(ready), 0);
    pid = fork();
    if (pid == 0) {
        struct event_base *base = event_base_new();
        struct evhttp *http = evhttp_new(base);
        struct evhttp_bound_socket *bound =
            evhttp_bind_socket_with_handle(http, "127.0.0.1", 0);
        struct sockaddr_in address;
        socklen_t size = sizeof(address);

        getsockname(evhttp_bound_socket_get_fd(bound), (struct sockaddr *)&address, &size);
        evhttp_set_gencb(http, on_evhttp, NULL);
        if (write(ready[1], &address.sin_port, 2) != 2)
            _exit(1);
        event_base_dispatch(base);
        _exit(0);
    }
    assert_int_equal(read(ready[0], out_port, 2), 2);
    *out_port = ntohs(*out_port);
    close(ready[0]);
    close(ready[1]);
    return pid;
}

static double used_us(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

TEST(two_thousand_calls_go_through_and_their_cost_is_said)
{
    enum { CALLS = 2000, AT_ONCE = 16 };
    uint16_t port;
    pid_t pid = start_evhttp(&port);
    struct bench *bench = bench_new("s", NULL);
    int64_t began_us = clock_precise_us(bench->clock);
    double before_us = used_us();
    int64_t took_us;

    bench->peer.port = port;
    bench->again = CALLS - AT_ONCE;
    for (uint64_t id = 0; id < AT_ONCE; id++)
        post_peer(bench, id, "send",
                  "{\"to\":\"79035550142\",\"text\":\"hello\",\"ref\":\"1\"}");
    await(bench, CALLS);
    took_us = clock_precise_us(bench->clock) - began_us;
    print_message("%d calls, %d at once: %.0f/s, %.1f us of CPU each\n", CALLS, AT_ONCE,
                  CALLS * 1e6 / (double)took_us, (used_us() - before_us) / CALLS);
    for (int i = 0; i < AT_ONCE; i++)
        CHECK_EQ(bench->got[i].status, 200, "answered");
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    bench_free(bench);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        RUN(each_end_of_a_call_is_told_for_what_it_was),
        RUN(what_one_answer_said_is_not_told_of_the_next),
        RUN(when_to_come_again_is_read_from_a_date_too),
        RUN(what_is_sent_is_what_was_given_and_nothing_else),
        RUN(what_never_left_is_told_as_not_sent),
        RUN(a_connection_not_made_in_time_is_told_as_not_sent),
        RUN(a_name_that_nobody_answers_for_holds_up_nobody),
        RUN(addresses_inside_are_dialled_only_when_allowed),
        RUN(of_addresses_inside_those_of_our_networks_are_dialled),
        RUN(every_network_that_is_not_the_internet_is_inside),
        RUN(a_call_on_a_kept_connection_that_is_cut_is_not_repeated),
        RUN(a_large_call_that_is_cut_is_not_repeated_either),
        RUN(a_connection_closed_while_it_was_idle_costs_no_call),
        RUN(connections_are_used_again),
        RUN(over_the_bound_a_call_is_not_taken_and_from_its_end_the_next_may_be),
        RUN(after_a_stall_an_answer_that_has_come_is_not_late),
        RUN(after_a_stall_a_call_that_leaves_then_has_its_time),
        RUN(calls_under_way_are_forgotten_with_their_client),
        RUN(two_thousand_calls_go_through_and_their_cost_is_said),
    };

    return RUN_ALL(tests);
}
