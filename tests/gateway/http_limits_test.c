/*
 * Sizes, numbers and deadlines of the server's connections.
 */
#include "gateway/http_server.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/buffer.h>

#include "gateway/clock.h"
#include "gateway/http_chunks.h"
#include "tests/gateway/http_bench.h"
#include "tests/test.h"

/* ---- Limits -------------------------------------------------------------- */

TEST(a_head_too_large_is_refused_before_it_ends)
{
    struct bench *bench = bench_new(NULL);
    char *head = malloc(40000);
    char answer[4096];
    bool closed;
    int fd = bench_dial(bench);

    memset(head, 'a', 40000);
    memcpy(head, GET HOST "X: ", strlen(GET HOST "X: "));
    bench_say(bench, fd, head, 40000);
    bench_hear(bench, fd, answer, sizeof(answer), &closed);
    CHECK(begins(answer, "HTTP/1.1 431 "), "size");
    CHECK(closed, "size");
    close(fd);

    fd = bench_dial(bench);
    bench_say(bench, fd, OCTETS(GET HOST));
    for (int i = 0; i < 70; i++)
        bench_say(bench, fd, OCTETS("X: 1\r\n"));
    bench_say(bench, fd, OCTETS(END));
    bench_hear(bench, fd, answer, sizeof(answer), &closed);
    CHECK(begins(answer, "HTTP/1.1 431 "), "count");
    close(fd);
    free(head);
    bench_free(bench);
}

TEST(the_largest_body_passes)
{
    struct bench *bench = bench_new(NULL);
    size_t size = http_default_limits.body_max_bytes;
    char *body = malloc(size);
    char answer[4096];
    bool closed;
    int fd = bench_dial(bench);

    memset(body, 'b', size);
    for (int i = 0; i < 2; i++) {
        bench->body_size = 0;
        bench_say(bench, fd, OCTETS(POST HOST "Content-Length: 262144\r\n" END));
        bench_say(bench, fd, body, size);
        CHECK_EQ(bench->body_size, size, "length");
        bench_hear(bench, fd, answer, sizeof(answer), &closed);
        CHECK(begins(answer, "HTTP/1.1 200 "), "length");
    }
    for (int i = 0; i < 2; i++) {
        bench->body_size = 0;
        bench_say(bench, fd,
                  OCTETS(POST HOST "Transfer-Encoding: chunked\r\n" END "30000\r\n"));
        bench_say(bench, fd, body, 0x30000);
        bench_say(bench, fd, OCTETS("\r\n10000\r\n"));
        bench_say(bench, fd, body, 0x10000);
        bench_say(bench, fd, OCTETS("\r\n0\r\n\r\n"));
        CHECK_EQ(bench->body_size, size, "chunks");
        bench_hear(bench, fd, answer, sizeof(answer), &closed);
        CHECK(begins(answer, "HTTP/1.1 200 "), "chunks");
    }
    bench_say(bench, fd,
              OCTETS(POST HOST "Transfer-Encoding: chunked\r\n" END "40000\r\n"));
    bench_say(bench, fd, body, 0x40000);
    bench_say(bench, fd, OCTETS("\r\n1\r\n"));
    bench_hear(bench, fd, answer, sizeof(answer), &closed);
    CHECK(begins(answer, "HTTP/1.1 413 ") && closed, "the sum of chunks counts");
    close(fd);
    free(body);
    bench_free(bench);
}

TEST(a_client_that_waits_for_100_gets_it)
{
    struct bench *bench = bench_new(NULL);
    char answer[4096];
    bool closed;
    int fd = bench_dial(bench);

    bench_say(bench, fd,
              OCTETS(POST HOST "Expect: 100-continue\r\nContent-Length: 2\r\n" END));
    bench_hear(bench, fd, answer, sizeof(answer), &closed);
    CHECK_STR(answer, "HTTP/1.1 100 Continue\r\n\r\n", "asked to go on");
    bench_say(bench, fd, "ok", 2);
    bench_hear(bench, fd, answer, sizeof(answer), &closed);
    CHECK(begins(answer, "HTTP/1.1 200 "), "answered");
    close(fd);
    bench_free(bench);
}

/* A server that keeps a thousand octets of bodies and no more. */
static struct bench *new_of_little_room(void)
{
    struct http_limits limits = http_default_limits;

    limits.buffered_max_bytes = 1000;
    return bench_new(&limits);
}

TEST(bodies_being_read_are_bounded_together)
{
    char octets[1000] = "";
    struct bench *bench = new_of_little_room();
    char answer[4096];
    bool closed;
    int first, second;

    first = bench_dial(bench);
    second = bench_dial(bench);
    bench_say(bench, first, OCTETS(POST HOST "Content-Length: 700\r\n" END));
    bench_say(bench, second, OCTETS(POST HOST "Transfer-Encoding: chunked\r\n" END));
    bench_say(bench, first, octets, 600);
    bench_say(bench, second, OCTETS("2bc\r\n"));
    bench_say(bench, second, octets, 400);
    bench_hear(bench, second, answer, sizeof(answer), &closed);
    CHECK_STR(answer, "", "so much fits");
    bench_say(bench, second, octets, 1);
    bench_hear(bench, second, answer, sizeof(answer), &closed);
    CHECK(begins(answer, "HTTP/1.1 503 ") && closed, "the second does not fit");
    bench_say(bench, first, octets, 99);
    bench_hear(bench, first, answer, sizeof(answer), &closed);
    CHECK_STR(answer, "", "but the rest of the first does");
    close(second);
    second = bench_dial(bench);
    bench_say(bench, second, OCTETS(POST HOST "Content-Length: 600\r\n" END));
    bench_say(bench, second, octets, 500);
    bench_hear(bench, second, answer, sizeof(answer), &closed);
    CHECK(begins(answer, "HTTP/1.1 503 ") && closed, "nor does it with a length");
    close(first);
    close(second);
    bench_turn(bench);
    first = bench_dial(bench);
    bench_say(bench, first, OCTETS(POST HOST "Content-Length: 1001\r\n" END));
    bench_say(bench, first, octets, 1000);
    bench_hear(bench, first, answer, sizeof(answer), &closed);
    CHECK_STR(answer, "", "fits again");
    close(first);
    bench_free(bench);
}

TEST(who_announces_a_body_and_sends_nothing_takes_no_room)
{
    static const char *const announced[] = {
        POST HOST "Transfer-Encoding: chunked\r\n" END "3e8\r\n",
        POST HOST "Content-Length: 1000\r\n" END,
        POST HOST "Content-Length: 1000\r\n" END,
    };
    struct bench *bench = new_of_little_room();
    char answer[4096];
    bool closed;
    int idle[ROWS(announced)], other;

    for (size_t i = 0; i < ROWS(idle); i++) {
        idle[i] = bench_dial(bench);
        bench_say(bench, idle[i], announced[i], strlen(announced[i]));
    }
    other = bench_dial(bench);
    bench_say(bench, other, OCTETS(POST HOST "Content-Length: 10\r\n" END));
    bench_say(bench, other, "01234", 5);
    bench_say(bench, other, "56789", 5);
    bench_hear(bench, other, answer, sizeof(answer), &closed);
    CHECK(begins(answer, "HTTP/1.1 200 "), answer);
    for (size_t i = 0; i < ROWS(idle); i++) {
        bench_hear(bench, idle[i], answer, sizeof(answer), &closed);
        CHECK(answer[0] == '\0' && !closed, "they may go on");
        close(idle[i]);
    }
    close(other);
    bench_free(bench);
}

TEST(a_body_that_came_at_once_is_answered_where_others_have_taken_the_room)
{
    char octets[1000] = "";
    struct bench *bench = new_of_little_room();
    char answer[4096];
    bool closed;
    int first, second;

    first = bench_dial(bench);
    bench_say(bench, first, OCTETS(POST HOST "Content-Length: 1000\r\n" END));
    bench_say(bench, first, octets, 999);
    second = bench_dial(bench);
    bench_say(bench, second, OCTETS(POST HOST "Content-Length: 4\r\n" END "body"));
    bench_hear(bench, second, answer, sizeof(answer), &closed);
    CHECK(begins(answer, "HTTP/1.1 200 "), answer);
    close(first);
    close(second);
    bench_free(bench);
}

TEST(connections_are_bounded_in_all_and_by_address)
{
    struct http_limits limits = http_default_limits;
    struct bench *bench;
    char answer[256];
    bool closed;
    int fds[4];

    limits.connections_per_address_max = 3;
    bench = bench_new(&limits);
    for (int i = 0; i < 4; i++)
        fds[i] = bench_dial(bench);
    bench_hear(bench, fds[3], answer, sizeof(answer), &closed);
    CHECK(closed, "the fourth is turned away");
    CHECK_EQ(http_server_connections(bench->server), 3, "three stay");
    close(fds[0]);
    bench_turn(bench);
    fds[0] = bench_dial(bench);
    bench_hear(bench, fds[0], answer, sizeof(answer), &closed);
    CHECK(!closed, "one gone, one may come");
    CHECK_EQ(http_server_counts(bench->server).turned_away, 1, "counted");
    for (int i = 0; i < 4; i++)
        close(fds[i]);
    bench_free(bench);

    limits.connections_per_address_max = 100;
    limits.connections_max = 1;
    bench = bench_new(&limits);
    fds[0] = bench_dial(bench);
    fds[1] = bench_dial(bench);
    bench_hear(bench, fds[1], answer, sizeof(answer), &closed);
    CHECK(closed, "the second is turned away");
    close(fds[0]);
    close(fds[1]);
    bench_free(bench);
}

/* Who has to look, or to suspend an account, while strangers take all there is. */
TEST(strangers_leave_room_for_those_at_the_unix_socket)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct http_limits limits = http_default_limits;
    struct bench *bench;
    char answer[4096], error[256];
    bool closed;
    char octets[900] = "";
    int strangers[2], ours;

    limits.connections_max = 1;
    limits.buffered_max_bytes = 1000;
    bench = bench_new(&limits);
    snprintf(address.sun_path, sizeof(address.sun_path), "http_limits_%d.sock",
             (int)getpid());
    CHECK(http_server_listen_unix(bench->server, address.sun_path, error, sizeof(error)),
          error);
    strangers[0] = bench_dial(bench);
    strangers[1] = bench_dial(bench);
    bench_hear(bench, strangers[1], answer, sizeof(answer), &closed);
    CHECK(closed, "there is no room for a second stranger");
    bench_say(bench, strangers[0], OCTETS(POST HOST "Content-Length: 901\r\n" END));
    bench_say(bench, strangers[0], octets, sizeof(octets));
    ours = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(connect(ours, (struct sockaddr *)&address, sizeof(address)), 0);
    fcntl(ours, F_SETFL, O_NONBLOCK);
    bench_turn(bench);
    bench_say(bench, ours, OCTETS(POST HOST "Content-Length: 200\r\n" END));
    for (int i = 0; i < 20; i++)
        bench_say(bench, ours, "0123456789", 10);
    bench_hear(bench, ours, answer, sizeof(answer), &closed);
    CHECK(begins(answer, "HTTP/1.1 200 "), answer);
    close(ours);
    close(strangers[0]);
    close(strangers[1]);
    bench_free(bench);
}

TEST(over_the_number_in_flight_is_503_and_the_connection_stays)
{
    struct http_limits limits = http_default_limits;
    struct bench *bench;
    char answer[4096];
    bool closed;
    int first, second;

    limits.in_flight_max = 1;
    bench = bench_new(&limits);
    first = bench_dial(bench);
    second = bench_dial(bench);
    bench_say(bench, first, OCTETS("GET /later HTTP/1.1\r\n" HOST END));
    bench_say(bench, second, OCTETS(GET HOST END));
    bench_hear(bench, second, answer, sizeof(answer), &closed);
    CHECK(begins(answer, "HTTP/1.1 503 ") && !closed, "full");
    CHECK(strstr(answer, "\r\nRetry-After: 1\r\n") != NULL, "says when again");
    http_server_answer(bench->server, bench->waiting[0], 204, NULL, NULL, 0, NULL, 0);
    bench_hear(bench, first, answer, sizeof(answer), &closed);
    CHECK(begins(answer, "HTTP/1.1 204 "), "answered later");
    CHECK(strstr(answer, "Content-Length") == NULL, "204 has no length");
    bench_say(bench, second, OCTETS(GET HOST END));
    bench_hear(bench, second, answer, sizeof(answer), &closed);
    CHECK(begins(answer, "HTTP/1.1 200 "), "room again");
    close(first);
    close(second);
    bench_free(bench);
}

/* ---- Deadlines ----------------------------------------------------------- */

static void pass(struct bench *bench, int64_t ms)
{
    clock_advance(bench->clock, clock_mono_ms(bench->clock) + ms);
    bench_turn(bench);
}

TEST(a_slow_head_or_body_is_cut_at_its_deadline)
{
    struct bench *bench = bench_new(NULL);
    char answer[4096];
    bool closed;
    int silent = bench_dial(bench), slow = bench_dial(bench), body = bench_dial(bench);

    /* From the first octet of the head on. */
    bench_say(bench, body, OCTETS(POST HOST));
    for (int s = 0; s < 9; s++) {
        bench_say(bench, slow, s == 0 ? "G" : s == 1 ? "E" : "T", 1);
        if (s == 8)
            bench_say(bench, body, OCTETS("Content-Length: 100\r\n" END));
        if (s >= 8)
            bench_say(bench, body, "b", 1);
        pass(bench, 1000);
    }
    bench_hear(bench, silent, answer, sizeof(answer), &closed);
    CHECK(!closed, "silent, 9 s");
    bench_hear(bench, slow, answer, sizeof(answer), &closed);
    CHECK_STR(answer, "", "slow, 9 s");
    pass(bench, 1000);
    bench_hear(bench, silent, answer, sizeof(answer), &closed);
    CHECK(closed, "silent from the start, 10 s");
    bench_hear(bench, slow, answer, sizeof(answer), &closed);
    CHECK(begins(answer, "HTTP/1.1 408 ") && closed, "slow head, 10 s");
    for (int s = 10; s < 29; s++) {
        bench_say(bench, body, "b", 1);
        pass(bench, 1000);
    }
    bench_hear(bench, body, answer, sizeof(answer), &closed);
    CHECK(!closed, "slow body, 29 s");
    pass(bench, 1000);
    bench_hear(bench, body, answer, sizeof(answer), &closed);
    CHECK(begins(answer, "HTTP/1.1 408 ") && closed, "slow body, 30 s");
    CHECK_EQ(http_server_counts(bench->server).too_slow, 2, "counted");
    close(silent);
    close(slow);
    close(body);
    bench_free(bench);
}

TEST(after_a_stall_what_has_arrived_is_read_before_anybody_was_too_slow)
{
    static const char request[] = GET HOST END;
    struct bench *bench = bench_new(NULL);
    char answer[4096];
    bool closed;
    int whole = bench_dial(bench), rest = bench_dial(bench), none = bench_dial(bench);

    bench_say(bench, rest, request, 3);
    bench_say(bench, none, request, 3);
    assert_int_equal(send(whole, request, sizeof(request) - 1, 0), sizeof(request) - 1);
    assert_int_equal(send(rest, request + 3, sizeof(request) - 4, 0), sizeof(request) - 4);
    /* Nobody looked at the sockets. */
    clock_advance(bench->clock,
                  clock_mono_ms(bench->clock) + http_default_limits.header_deadline_ms);
    bench_hear(bench, whole, answer, sizeof(answer), &closed);
    CHECK(begins(answer, "HTTP/1.1 200 "), "all of it had come");
    bench_hear(bench, rest, answer, sizeof(answer), &closed);
    CHECK(begins(answer, "HTTP/1.1 200 "), "the rest had come");
    pass(bench, 1);
    bench_hear(bench, none, answer, sizeof(answer), &closed);
    CHECK(begins(answer, "HTTP/1.1 408 "), "nothing more had come");
    close(whole);
    close(rest);
    close(none);
    bench_free(bench);
}

TEST(an_idle_connection_is_closed_and_one_in_flight_is_not)
{
    struct bench *bench = bench_new(NULL);
    char answer[4096];
    bool closed;
    int idle = bench_dial(bench), busy = bench_dial(bench);

    bench_say(bench, idle, OCTETS(GET HOST END));
    bench_hear(bench, idle, answer, sizeof(answer), &closed);
    bench_say(bench, busy, OCTETS("GET /later HTTP/1.1\r\n" HOST END));
    pass(bench, 74999);
    bench_hear(bench, idle, answer, sizeof(answer), &closed);
    CHECK(!closed, "just before");
    pass(bench, 1);
    bench_hear(bench, idle, answer, sizeof(answer), &closed);
    CHECK(closed, "75 s");
    pass(bench, 3600000);
    bench_hear(bench, busy, answer, sizeof(answer), &closed);
    CHECK(!closed, "the answer is ours to give");
    close(idle);
    close(busy);
    bench_free(bench);
}

TEST(a_peer_that_does_not_read_its_answer_is_cut_and_one_that_reads_slowly_is_not)
{
    struct bench *bench = bench_new(NULL);
    char *answer = malloc(BIG_BYTES);
    size_t got = 0;
    int deaf = bench_dial(bench), slow = bench_dial(bench);

    bench_say(bench, deaf, OCTETS("GET /big HTTP/1.1\r\n" HOST END));
    bench_say(bench, slow, OCTETS("GET /big HTTP/1.1\r\n" HOST END));
    for (int i = 0; i < 10; i++) {
        for (int reads = 0; reads < 20; reads++) {
            ssize_t size = recv(slow, answer, 50000, 0);

            got += size > 0 ? (size_t)size : 0;
            bench_turn(bench);
        }
        pass(bench, 29000);
    }
    CHECK_EQ(http_server_connections(bench->server), 1, "the deaf one is gone");
    CHECK(got > 5000000, "the slow one has got on");
    close(deaf);
    close(slow);
    free(answer);
    bench_free(bench);
}

/* An octet takes an octet, not a whole piece of memory, however it came: what is counted is
 * the body. */
TEST(a_body_of_small_chunks_takes_no_more_memory_than_its_octets)
{
    struct http_chunks chunks = {0};
    struct evbuffer *input = evbuffer_new();

    assert_non_null(input);
    http_chunks_begin(&chunks);
    for (int i = 0; i < 4096; i++) {
        evbuffer_add(input, "1\r\n", 3);
        CHECK_EQ(http_chunks_read(&chunks, input), HTTP_CHUNKS_ANNOUNCED, "its line");
        evbuffer_add(input, "x", 1);
        CHECK_EQ(http_chunks_read(&chunks, input), HTTP_CHUNKS_ON, "its octet");
        evbuffer_add(input, "\r\n", 2);
        CHECK_EQ(http_chunks_read(&chunks, input), HTTP_CHUNKS_ON, "its end");
    }
    CHECK_EQ(evbuffer_get_length(chunks.body), 4096, "octets");
    CHECK(evbuffer_peek(chunks.body, -1, NULL, NULL, 0) < 16, "pieces of memory");
    http_chunks_done(&chunks);
    evbuffer_free(input);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        RUN(a_head_too_large_is_refused_before_it_ends),
        RUN(the_largest_body_passes),
        RUN(a_client_that_waits_for_100_gets_it),
        RUN(bodies_being_read_are_bounded_together),
        RUN(who_announces_a_body_and_sends_nothing_takes_no_room),
        RUN(a_body_that_came_at_once_is_answered_where_others_have_taken_the_room),
        RUN(a_body_of_small_chunks_takes_no_more_memory_than_its_octets),
        RUN(connections_are_bounded_in_all_and_by_address),
        RUN(strangers_leave_room_for_those_at_the_unix_socket),
        RUN(over_the_number_in_flight_is_503_and_the_connection_stays),
        RUN(a_slow_head_or_body_is_cut_at_its_deadline),
        RUN(after_a_stall_what_has_arrived_is_read_before_anybody_was_too_slow),
        RUN(an_idle_connection_is_closed_and_one_in_flight_is_not),
        RUN(a_peer_that_does_not_read_its_answer_is_cut_and_one_that_reads_slowly_is_not),
    };

    return RUN_ALL(tests);
}
