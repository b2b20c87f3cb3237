/*
 * What the server takes and refuses, what it answers, and how a connection ends.
 */
#include "gateway/http_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/gateway/http_bench.h"
#include "tests/test.h"

static size_t times(const char *text, const char *what)
{
    size_t count = 0;

    for (; (text = strstr(text, what)) != NULL; text++)
        count++;
    return count;
}

/* ---- The gate ------------------------------------------------------------ */

#define LENGTH(value)   POST HOST "Content-Length: " value "\r\n" END "x"
#define ENCODING(value) POST HOST "Transfer-Encoding: " value "\r\n" END
#define CHUNKS          ENCODING("chunked")
#define TWICE(line)     line line

static const struct {
    const char *row;
    const char *octets;
    size_t size;
    int status;
} corpus[] = {
    {"no Host",                       OCTETS(GET END),                                            400},
    {"empty Host",                    OCTETS(GET "Host:\r\n" END),                                400},
    {"two Hosts",                     OCTETS(GET HOST "host: b\r\n" END),                         400},
    {"two equal Hosts",               OCTETS(GET HOST HOST END),                                  400},
    {"Host of two",                   OCTETS(GET "Host: a, b\r\n" END),                           400},
    {"Host with a path",              OCTETS(GET "Host: a/b\r\n" END),                            400},
    {"Host with a user",              OCTETS(GET "Host: u@a\r\n" END),                            400},
    {"two Content-Lengths",           OCTETS(LENGTH("1\r\nContent-Length: 2")),                   400},
    {"two equal Content-Lengths",     OCTETS(LENGTH("1\r\nContent-Length: 1")),                   400},
    {"Content-Length list",           OCTETS(LENGTH("1, 1")),                                     400},
    {"Content-Length with sign",      OCTETS(LENGTH("+1")),                                       400},
    {"negative Content-Length",       OCTETS(LENGTH("-1")),                                       400},
    {"hex Content-Length",            OCTETS(LENGTH("0x1")),                                      400},
    {"Content-Length with a blank",   OCTETS(LENGTH("1 0")),                                      400},
    {"Content-Length of 11 digits",   OCTETS(LENGTH("00000000001")),                              400},
    {"Content-Length with a point",   OCTETS(LENGTH("1.0")),                                      400},
    {"empty Content-Length",          OCTETS(POST HOST "Content-Length:\r\n" END),                400},
    {"length and chunks",             OCTETS(LENGTH("5\r\nTransfer-Encoding: chunked")),          400},
    {"chunks and length",             OCTETS(ENCODING("chunked\r\nContent-Length: 5")),           400},
    {"unknown encoding",              OCTETS(ENCODING("gzip")),                                   400},
    {"list of encodings",             OCTETS(ENCODING("gzip, chunked")),                          400},
    {"identity",                      OCTETS(ENCODING("identity")),                               400},
    {"misspelt chunked",              OCTETS(ENCODING("xchunked")),                               400},
    {"capital chunked",               OCTETS(ENCODING("Chunked")),                                400},
    {"quoted chunked",                OCTETS(ENCODING("\"chunked\"")),                            400},
    {"chunked with parameter",        OCTETS(ENCODING("chunked;q=1")),                            400},
    {"chunked behind a vertical tab", OCTETS(ENCODING("\vchunked")),                              400},
    {"two encodings",                 OCTETS(ENCODING("chunked\r\nTransfer-Encoding: chunked")),  400},
    {"chunks in HTTP/1.0",
     OCTETS("POST / HTTP/1.0\r\n" HOST "Transfer-Encoding: chunked\r\n" END "0\r\n\r\n"),
     400                                                                                             },
    {"blank before the colon",        OCTETS(POST HOST "Content-Length : 1\r\n" END "x"),         400},
    {"tab before the colon",          OCTETS(POST HOST "Content-Length\t: 1\r\n" END "x"),        400},
    {"no colon",                      OCTETS(GET HOST "Nonsense\r\n" END),                        400},
    {"empty name",                    OCTETS(GET HOST ": x\r\n" END),                             400},
    {"name with a blank",             OCTETS(GET HOST "X Y: 1\r\n" END),                          400},
    {"name with a parenthesis",       OCTETS(GET HOST "X(Y: 1\r\n" END),                          400},
    {"name not of ASCII",             OCTETS(GET HOST "X\xc3\xa4: 1\r\n" END),                    400},
    {"folded line",                   OCTETS(GET HOST "X: 1\r\n two\r\n" END),                    400},
    {"line folded with a tab",        OCTETS(GET HOST "X: 1\r\n\ttwo\r\n" END),                   400},
    {"blank before the first header", OCTETS(GET " X: 1\r\n" HOST END),                           400},
    {"folded encoding",               OCTETS(POST HOST "Transfer-Encoding:\r\n chunked\r\n" END), 400},
    {"NUL in a value",                OCTETS(GET HOST "X: a\0b\r\n" END),                         400},
    {"NUL in a name",                 OCTETS(GET HOST "X\0: ab\r\n" END),                         400},
    {"escape in a value",             OCTETS(GET HOST "X: a\x1b[0m\r\n" END),                     400},
    {"DEL in a value",                OCTETS(GET HOST "X: a\x7f\r\n" END),                        400},
    {"bare CR in a value",            OCTETS(GET HOST "X: a\rb\r\n" END),                         400},
    {"bare LF",                       OCTETS("GET / HTTP/1.1\nHost: a\n\n"),                      400},
    {"bare LF in the headers",        OCTETS(GET HOST "X: a\nContent-Length: 5\r\n" END),         400},
    {"CR CR LF",                      OCTETS(GET HOST "X: a\r\r\n" END),                          400},
    {"leading empty line",            OCTETS("\r\n" GET HOST END),                                400},
    {"leading blank",                 OCTETS(" " GET HOST END),                                   400},
    {"two blanks",                    OCTETS("GET  / HTTP/1.1\r\n" HOST END),                     400},
    {"tab between",                   OCTETS("GET\t/ HTTP/1.1\r\n" HOST END),                     400},
    {"no version",                    OCTETS("GET /\r\n" HOST END),                               400},
    {"words behind the version",      OCTETS("GET / HTTP/1.1 x\r\n" HOST END),                    400},
    {"blank behind the version",      OCTETS("GET / HTTP/1.1 \r\n" HOST END),                     400},
    {"small version",                 OCTETS("GET / http/1.1\r\n" HOST END),                      400},
    {"version of three digits",       OCTETS("GET / HTTP/1.10\r\n" HOST END),                     400},
    {"version with a sign",           OCTETS("GET / HTTP/+1.1\r\n" HOST END),                     400},
    {"method with a parenthesis",     OCTETS("GE(T / HTTP/1.1\r\n" HOST END),                     400},
    {"target of another host",        OCTETS("GET http://b/ HTTP/1.1\r\n" HOST END),              400},
    {"target without a slash",        OCTETS("GET index HTTP/1.1\r\n" HOST END),                  400},
    {"target with a fragment",        OCTETS("GET /a#b HTTP/1.1\r\n" HOST END),                   400},
    {"target not of ASCII",           OCTETS("GET /\xc3\xa4 HTTP/1.1\r\n" HOST END),              400},
    {"target with a backslash",       OCTETS("GET /a\\b HTTP/1.1\r\n" HOST END),                  400},
    {"bad percent",                   OCTETS("GET /%zz HTTP/1.1\r\n" HOST END),                   400},
    {"cut percent",                   OCTETS("GET /a%4 HTTP/1.1\r\n" HOST END),                   400},
    {"NUL by percent",                OCTETS("GET /a%00b HTTP/1.1\r\n" HOST END),                 400},
    {"line end by percent",           OCTETS("GET /a%0d%0ab HTTP/1.1\r\n" HOST END),              400},
    {"slash by percent",              OCTETS("GET /a%2Fb HTTP/1.1\r\n" HOST END),                 400},
    {"preface of HTTP/2",             OCTETS("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),                 400},
    {"TLS hello",                     OCTETS("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),     400},
    {"two Authorizations",            OCTETS(GET HOST TWICE("Authorization: a\r\n") END),         400},
    {"chunk with a sign",             OCTETS(CHUNKS "+1\r\nx\r\n0\r\n\r\n"),                      400},
    {"chunk with 0x",                 OCTETS(CHUNKS "0x1\r\nx\r\n0\r\n\r\n"),                     400},
    {"chunk behind a blank",          OCTETS(CHUNKS " 1\r\nx\r\n0\r\n\r\n"),                      400},
    {"chunk with extension",          OCTETS(CHUNKS "1;a=b\r\nx\r\n0\r\n\r\n"),                   400},
    {"chunk line ending in LF",       OCTETS(CHUNKS "1\nx\r\n0\r\n\r\n"),                         400},
    {"chunk of no digits",            OCTETS(CHUNKS "\r\nx\r\n0\r\n\r\n"),                        400},
    {"chunk of nine digits",          OCTETS(CHUNKS "000000001\r\nx\r\n0\r\n\r\n"),               400},
    {"chunk longer than said",        OCTETS(CHUNKS "1\r\nxy\r\n0\r\n\r\n"),                      400},
    {"trailer",                       OCTETS(CHUNKS "0\r\nHost: b\r\n\r\n"),                      400},
    {"chunk larger than any body",    OCTETS(CHUNKS "ffffffff\r\n"),                              413},
    {"body larger than any",          OCTETS(POST HOST "Content-Length: 9999999999\r\n" END),     413},
    {"body one too large",            OCTETS(POST HOST "Content-Length: 262145\r\n" END),         413},
    {"unknown method",                OCTETS("TRACE / HTTP/1.1\r\n" HOST END),                    501},
    {"newer version",                 OCTETS("GET / HTTP/2.0\r\n" HOST END),                      505},
    {"older version",                 OCTETS("GET / HTTP/0.9\r\n" HOST END),                      505},
    {"unknown expectation",
     OCTETS(POST HOST "Expect: wonders\r\nContent-Length: 1\r\n" END "x"),                        417},
};

TEST(what_the_gate_refuses_is_answered_and_the_connection_closed)
{
    struct bench *bench = bench_new(NULL);

    for (size_t i = 0; i < ROWS(corpus); i++) {
        char expected[16], answer[4096];
        bool closed;
        int fd = bench_dial(bench);

        bench->said[0] = '\0';
        snprintf(expected, sizeof(expected), "HTTP/1.1 %d ", corpus[i].status);
        bench_say(bench, fd, corpus[i].octets, corpus[i].size);
        bench_hear(bench, fd, answer, sizeof(answer), &closed);
        if (!begins(answer, expected))
            fail_msg("%s: answered %.20s", corpus[i].row, answer);
        CHECK_EQ(times(answer, "HTTP/1.1"), 1, corpus[i].row);
        CHECK_EQ(times(answer, "\r\nConnection: close\r\n"), 1, corpus[i].row);
        CHECK(closed, corpus[i].row);
        CHECK_STR(bench->said, "", corpus[i].row);
        close(fd);
        bench_turn(bench);
    }
    CHECK_EQ(http_server_connections(bench->server), 0, "all are gone");
    CHECK_EQ(http_server_counts(bench->server).requests, 0, "none was a request");
    bench_free(bench);
}

/* A smuggled second request must not be seen behind a refused first. */
TEST(nothing_behind_a_refused_request_is_read)
{
    struct bench *bench = bench_new(NULL);
    char answer[4096];
    bool closed;
    int fd = bench_dial(bench);

    bench->said[0] = '\0';
    bench_say(bench, fd,
              OCTETS(POST HOST "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n" END
                               "0\r\n\r\n" GET HOST END));
    bench_hear(bench, fd, answer, sizeof(answer), &closed);
    CHECK_EQ(times(answer, "HTTP/1.1"), 1, "one answer");
    CHECK(closed, "closed");
    CHECK_STR(bench->said, "", "nothing was asked");
    close(fd);
    bench_free(bench);
}

static const struct {
    const char *row;
    const char *octets;
    const char *said;
} good[] = {
    {"plain",                        GET HOST END,                                               "GET / ? q=none from=127.0.0.1 test=none body="},
    {"query",                        "GET /a/b?x=1&q=%41+%2fz&y HTTP/1.1\r\n" HOST END,
     "GET /a/b ?x=1&q=%41+%2fz&y q=A /z from=127.0.0.1 test=none body="                                                                         },
    {"decoded path",                 "DELETE /v1/%61%20b HTTP/1.1\r\n" HOST END,
     "DELETE /v1/a b ? q=none from=127.0.0.1 test=none body="                                                                                   },
    {"broken query",                 "GET /?q=%4 HTTP/1.1\r\n" HOST END,
     "GET / ?q=%4 q=none from=127.0.0.1 test=none body="                                                                                        },
    {"header trimmed",               GET HOST "x-TEST:  \t two words \t\r\n" END,
     "GET / ? q=none from=127.0.0.1 test=two words body="                                                                                       },
    {"empty header",                 GET HOST "X-Test:\r\n" END,
     "GET / ? q=none from=127.0.0.1 test= body="                                                                                                },
    {"octets over ASCII in a value", GET HOST "X-Test: \xc3\xa4\r\n" END,
     "GET / ? q=none from=127.0.0.1 test=\xc3\xa4 body="                                                                                        },
    {"host with port",               GET "Host: [::1]:8775\r\n" END,
     "GET / ? q=none from=127.0.0.1 test=none body="                                                                                            },
    {"body",                         POST HOST "Content-Length: 5\r\n" END "hello",
     "POST / ? q=none from=127.0.0.1 test=none body=hello"                                                                                      },
    {"empty body",                   POST HOST "Content-Length: 0\r\n" END,
     "POST / ? q=none from=127.0.0.1 test=none body="                                                                                           },
    {"no body",                      "PUT /x HTTP/1.1\r\n" HOST END,
     "PUT /x ? q=none from=127.0.0.1 test=none body="                                                                                           },
    {"chunks",
     POST HOST "Transfer-Encoding: chunked\r\n" END "3\r\nhel\r\n02\r\nlo\r\n0\r\n\r\n",
     "POST / ? q=none from=127.0.0.1 test=none body=hello"                                                                                      },
    {"no chunks",                    POST HOST "Transfer-Encoding: chunked\r\n" END "0\r\n\r\n",
     "POST / ? q=none from=127.0.0.1 test=none body="                                                                                           },
};

TEST(what_is_right_is_told_whole_in_one_piece_or_octet_by_octet)
{
    struct bench *bench = bench_new(NULL);

    for (size_t i = 0; i < ROWS(good); i++) {
        char answer[4096];
        bool closed;
        int fd = bench_dial(bench);

        bench_say(bench, fd, good[i].octets, strlen(good[i].octets));
        CHECK_STR(bench->said, good[i].said, good[i].row);
        bench_hear(bench, fd, answer, sizeof(answer), &closed);
        CHECK(begins(answer, "HTTP/1.1 200 OK\r\n"), good[i].row);
        CHECK(strstr(answer, "\r\nContent-Length: 4\r\n") != NULL, good[i].row);
        CHECK(strstr(answer, "\r\nX-Seen: yes\r\n") != NULL, good[i].row);
        CHECK(strstr(answer, "Set-Cookie") == NULL, "a header cannot be split");
        CHECK(!closed, good[i].row);

        /* Again on the same connection, now octet by octet. */
        bench->said[0] = '\0';
        for (size_t at = 0; good[i].octets[at] != '\0'; at++) {
            CHECK_STR(bench->said, "", "not before it is whole");
            bench_say(bench, fd, good[i].octets + at, 1);
        }
        CHECK_STR(bench->said, good[i].said, good[i].row);
        bench_hear(bench, fd, answer, sizeof(answer), &closed);
        CHECK(begins(answer, "HTTP/1.1 200 OK\r\n"), good[i].row);
        close(fd);
        bench_turn(bench);
    }
    CHECK_EQ(http_server_connections(bench->server), 0, "all are gone");
    bench_free(bench);
}

TEST(an_answer_says_its_date_and_whether_it_is_the_last)
{
    struct bench *bench = bench_new(NULL);
    static const struct {
        const char *row, *octets;
        bool closes;
    } rows[] = {
        {"keep",      GET HOST END,                              false},
        {"close",     GET HOST "Connection: foo, Close\r\n" END, true },
        {"not close", GET HOST "Connection: closed\r\n" END,     false},
        {"old",       "GET / HTTP/1.0\r\n" HOST END,             true },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        char answer[4096];
        bool closed;
        int fd = bench_dial(bench);

        bench_say(bench, fd, rows[i].octets, strlen(rows[i].octets));
        bench_hear(bench, fd, answer, sizeof(answer), &closed);
        CHECK(strstr(answer, "\r\nDate: Sat, 21 Nov 2026 22:40:01 GMT\r\n") != NULL,
              rows[i].row);
        CHECK_EQ(closed, rows[i].closes, rows[i].row);
        CHECK_EQ(times(answer, "\r\nConnection: close\r\n"), rows[i].closes, rows[i].row);
        close(fd);
    }
    bench_free(bench);
}

TEST(the_answer_to_head_has_no_body)
{
    struct bench *bench = bench_new(NULL);
    char answer[4096];
    bool closed;
    int fd = bench_dial(bench);

    bench_say(bench, fd, OCTETS("HEAD / HTTP/1.1\r\n" HOST END));
    bench_hear(bench, fd, answer, sizeof(answer), &closed);
    CHECK(strstr(answer, "\r\nContent-Length: 4\r\n") != NULL, "announced");
    CHECK_STR(strstr(answer, "\r\n\r\n"), "\r\n\r\n", "not written");
    close(fd);
    bench_free(bench);
}

/* ---- Pipelining and closing ---------------------------------------------- */

TEST(pipelined_requests_are_answered_in_order_one_at_a_time)
{
    struct bench *bench = bench_new(NULL);
    char answer[4096];
    bool closed;
    int fd = bench_dial(bench);

    bench_say(bench, fd,
              OCTETS("POST /later HTTP/1.1\r\n" HOST "Content-Length: 1\r\n" END "a"
                     "POST /later HTTP/1.1\r\n" HOST "Content-Length: 1\r\n" END
                     "b" GET HOST END));
    CHECK_EQ(bench->waiting_count, 1, "only the first");
    CHECK(strstr(bench->said, "body=a") != NULL, "the first");
    http_server_answer(bench->server, bench->waiting[0], 201, "text/plain", NULL, 0, "1",
                       1);
    bench_turn(bench);
    CHECK_EQ(bench->waiting_count, 2, "then the second");
    http_server_answer(bench->server, bench->waiting[1], 202, "text/plain", NULL, 0, "2",
                       1);
    bench_hear(bench, fd, answer, sizeof(answer), &closed);
    CHECK_EQ(times(answer, "HTTP/1.1 "), 3, "three answers");
    CHECK(strstr(answer, "201 ") < strstr(answer, "202 "), "in order");
    CHECK(strstr(answer, "202 ") < strstr(answer, "200 "), "in order");
    CHECK(!closed, "open");
    close(fd);
    bench_free(bench);
}

TEST(too_many_requests_in_a_row_end_the_connection)
{
    struct http_limits limits = http_default_limits;
    struct bench *bench;
    char answer[16384];
    bool closed;
    int fd;

    limits.pipelined_max = 10;
    bench = bench_new(&limits);
    fd = bench_dial(bench);
    for (int i = 0; i < 20; i++) {
        bench_say(bench, fd, OCTETS(GET HOST END));
        bench_hear(bench, fd, answer, sizeof(answer), &closed);
    }
    CHECK(!closed, "waiting for each answer is no pipelining");
    for (int i = 0; i < 20; i++)
        assert_int_equal(send(fd, GET HOST END, strlen(GET HOST END), 0),
                         strlen(GET HOST END));
    bench_hear(bench, fd, answer, sizeof(answer), &closed);
    CHECK_EQ(times(answer, "HTTP/1.1 200 "), 11, "the first and ten behind it");
    CHECK_EQ(times(answer, "Connection: close"), 1, "told");
    CHECK(closed, "closed");
    close(fd);
    bench_free(bench);
}

TEST(an_answer_to_a_connection_that_has_gone_is_dropped)
{
    struct bench *bench = bench_new(NULL);
    struct linger reset = {1, 0};
    int fd = bench_dial(bench);

    bench_say(bench, fd, OCTETS("GET /later HTTP/1.1\r\n" HOST END));
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
    close(fd);
    bench_turn(bench);
    CHECK_EQ(http_server_connections(bench->server), 0, "gone");
    http_server_answer(bench->server, bench->waiting[0], 200, NULL, NULL, 0, "x", 1);
    CHECK_EQ(http_server_counts(bench->server).unheard, 1, "counted");
    bench_free(bench);
}

TEST(a_peer_that_has_closed_its_half_is_still_answered)
{
    struct bench *bench = bench_new(NULL);
    char answer[4096];
    bool closed;
    int fd = bench_dial(bench);

    bench_say(bench, fd, OCTETS("GET /later HTTP/1.1\r\n" HOST END GET HOST END "GE"));
    shutdown(fd, SHUT_WR);
    bench_turn(bench);
    http_server_answer(bench->server, bench->waiting[0], 202, NULL, NULL, 0, "x", 1);
    bench_hear(bench, fd, answer, sizeof(answer), &closed);
    CHECK(begins(answer, "HTTP/1.1 202 "), "the first");
    CHECK_EQ(times(answer, "HTTP/1.1 "), 2, "and what was pipelined");
    CHECK(closed, "then closed");
    close(fd);
    bench_turn(bench);
    CHECK_EQ(http_server_connections(bench->server), 0, "gone");
    bench_free(bench);
}

TEST(draining_answers_what_is_in_flight_and_closes_the_rest)
{
    struct bench *bench = bench_new(NULL);
    char answer[4096];
    bool closed;
    int busy = bench_dial(bench), idle = bench_dial(bench), late;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(bench->port)};

    bench_say(bench, busy, OCTETS("GET /later HTTP/1.1\r\n" HOST END));
    http_server_drain(bench->server);
    bench_hear(bench, idle, answer, sizeof(answer), &closed);
    CHECK(closed, "an idle connection is closed");
    close(idle);
    late = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK(connect(late, (struct sockaddr *)&address, sizeof(address)) != 0,
          "nobody listens");
    close(late);
    http_server_answer(bench->server, bench->waiting[0], 200, NULL, NULL, 0, "x", 1);
    bench_hear(bench, busy, answer, sizeof(answer), &closed);
    CHECK(begins(answer, "HTTP/1.1 200 ") && closed,
          "the busy one is answered, then closed");
    close(busy);
    bench_turn(bench);
    CHECK_EQ(http_server_connections(bench->server), 0, "drained");
    bench_free(bench);
}

/* ---- Listening ----------------------------------------------------------- */

TEST(a_taken_port_and_a_wrong_address_are_named)
{
    struct bench *bench = bench_new(NULL);
    char error[128], expected[128];

    snprintf(expected, sizeof(expected),
             "cannot listen on 127.0.0.1 port %u: Address already in use",
             (unsigned)bench->port);
    CHECK(!http_server_listen(bench->server, "127.0.0.1", bench->port, NULL, error,
                              sizeof(error)),
          "taken");
    CHECK_STR(error, expected, "taken");
    CHECK(!http_server_listen(bench->server, "localhost", 0, NULL, error, sizeof(error)),
          "name");
    CHECK_STR(error, "cannot listen on localhost: not a numeric address", "name");
    bench_free(bench);
}

TEST(the_unix_socket_is_ours_alone_and_taken_over_only_when_left_behind)
{
    struct bench *bench = bench_new(NULL);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char folder[] = "/tmp/http_server_test.XXXXXX";
    char error[256], answer[4096];
    struct stat what;
    bool closed;
    int left, fd;

    assert_non_null(mkdtemp(folder));
    snprintf(address.sun_path, sizeof(address.sun_path), "%s/s", folder);
    left = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(left, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(left, 1), 0);
    CHECK(!http_server_listen_unix(bench->server, address.sun_path, error, sizeof(error)),
          "somebody listens");
    CHECK(strstr(error, address.sun_path) && strstr(error, "in use"), "named");
    close(left);
    CHECK(http_server_listen_unix(bench->server, address.sun_path, error, sizeof(error)),
          "left behind");
    assert_int_equal(stat(address.sun_path, &what), 0);
    CHECK_EQ(what.st_mode & 0777, 0600, "mode");

    fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    bench_say(bench, fd, OCTETS(GET HOST END));
    CHECK_STR(bench->said, "GET / ? q=none from=unix test=none body=", "who");
    bench_hear(bench, fd, answer, sizeof(answer), &closed);
    CHECK(begins(answer, "HTTP/1.1 200 "), "answered");
    close(fd);
    bench_free(bench);
    CHECK(stat(address.sun_path, &what) != 0, "removed at the end");
    rmdir(folder);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        RUN(what_the_gate_refuses_is_answered_and_the_connection_closed),
        RUN(nothing_behind_a_refused_request_is_read),
        RUN(what_is_right_is_told_whole_in_one_piece_or_octet_by_octet),
        RUN(an_answer_says_its_date_and_whether_it_is_the_last),
        RUN(the_answer_to_head_has_no_body),
        RUN(pipelined_requests_are_answered_in_order_one_at_a_time),
        RUN(too_many_requests_in_a_row_end_the_connection),
        RUN(an_answer_to_a_connection_that_has_gone_is_dropped),
        RUN(a_peer_that_has_closed_its_half_is_still_answered),
        RUN(draining_answers_what_is_in_flight_and_closes_the_rest),
        RUN(a_taken_port_and_a_wrong_address_are_named),
        RUN(the_unix_socket_is_ours_alone_and_taken_over_only_when_left_behind),
    };

    return RUN_ALL(tests);
}
