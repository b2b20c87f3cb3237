#include "tests/test.h"

#include <errno.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <event2/event.h>

#include "smpp/listener.h"

enum { SOCKETS_MAX = 64 };

struct house {
    struct event_base *base;
    struct smpp_listener *listener;
    int in[SOCKETS_MAX];
    struct sockaddr_in from[SOCKETS_MAX];
    size_t in_count;
    int out[SOCKETS_MAX];
    size_t out_count;
    int exhausted;
};

static void on_accept(void *owner, int fd, const struct sockaddr *address, unsigned size)
{
    struct house *house = owner;

    assert_int_equal(size, sizeof(struct sockaddr_in));
    memcpy(&house->from[house->in_count], address, size);
    house->in[house->in_count++] = fd;
}

static void on_exhausted(void *owner, int error)
{
    ((struct house *)owner)->exhausted = error;
}

static const struct smpp_listener_ops ops = {on_accept, on_exhausted};

static void open_house(struct house *house, struct smpp_listener_config config)
{
    char error[128];

    memset(house, 0, sizeof(*house));
    house->base = event_base_new();
    config.address = "127.0.0.1:0";
    config.backlog = 128;
    house->listener =
        smpp_listener_new(house->base, &config, &ops, house, error, sizeof(error));
    assert_non_null(house->listener);
    assert_true(smpp_listener_port(house->listener) > 0);
}

/* From 127.0.0.`host`. */
static void knock(struct house *house, unsigned host)
{
    struct sockaddr_in from = {.sin_family = AF_INET,
                               .sin_addr.s_addr = htonl(0x7F000000 + host)};
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(smpp_listener_port(house->listener)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&from, sizeof(from)), 0);
    if (connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0)
        assert_int_equal(errno, EINPROGRESS);
    house->out[house->out_count++] = fd;
}

static void turn(struct house *house)
{
    event_base_loop(house->base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

static void close_house(struct house *house)
{
    for (size_t i = 0; i < house->in_count; i++)
        close(house->in[i]);
    for (size_t i = 0; i < house->out_count; i++)
        close(house->out[i]);
    smpp_listener_free(house->listener);
    event_base_free(house->base);
}

TEST(a_turn_accepts_only_so_many)
{
    struct house house;

    open_house(&house, (struct smpp_listener_config){.accepts_per_turn = 4,
                                                     .connections_max = 100});
    for (int i = 0; i < 10; i++)
        knock(&house, 1);
    turn(&house);
    assert_int_equal(house.in_count, 4);
    turn(&house);
    assert_int_equal(house.in_count, 8);
    turn(&house);
    assert_int_equal(house.in_count, 10);
    assert_int_equal(smpp_listener_connections(house.listener), 10);
    close_house(&house);
}

TEST(there_is_a_limit_in_all_and_room_again_when_one_has_gone)
{
    struct house house;
    char octet;

    open_house(&house,
               (struct smpp_listener_config){.accepts_per_turn = 16, .connections_max = 2});
    for (int i = 0; i < 3; i++)
        knock(&house, 1);
    turn(&house);
    assert_int_equal(house.in_count, 2);
    assert_int_equal(smpp_listener_counters(house.listener)->refused_total, 1);
    assert_int_equal(recv(house.out[2], &octet, 1, 0), 0); /* closed, unread */
    smpp_listener_gone(house.listener, (struct sockaddr *)&house.from[0]);
    knock(&house, 1);
    turn(&house);
    assert_int_equal(house.in_count, 3);
    close_house(&house);
}

TEST(one_address_cannot_take_the_place_of_all)
{
    struct house house;

    open_house(&house, (struct smpp_listener_config){.accepts_per_turn = 64,
                                                     .connections_max = 20,
                                                     .connections_per_address_max = 2});
    for (int i = 0; i < 5; i++)
        knock(&house, 1);
    for (unsigned host = 2; host <= 9; host++)
        knock(&house, host);
    turn(&house);
    assert_int_equal(house.in_count, 2 + 8);
    assert_int_equal(smpp_listener_counters(house.listener)->refused_address, 3);

    /* All go, in another order than they came, and all may come again. */
    for (size_t i = house.in_count; i-- > 0;)
        smpp_listener_gone(house.listener, (struct sockaddr *)&house.from[i]);
    assert_int_equal(smpp_listener_connections(house.listener), 0);
    for (unsigned host = 1; host <= 9; host++)
        knock(&house, host);
    turn(&house);
    assert_int_equal(house.in_count, 10 + 9);
    close_house(&house);
}

TEST(the_count_by_address_survives_many_comings_and_goings)
{
    enum { HOSTS = 60 };
    struct house house;
    unsigned count[HOSTS] = {0};
    uint64_t random = 88172645463325252u;
    unsigned total = 0;

    open_house(&house, (struct smpp_listener_config){.accepts_per_turn = 64,
                                                     .connections_max = HOSTS});
    for (unsigned host = 0; host < HOSTS; host++) {
        knock(&house, 1 + host);
        count[host] = 1;
        total++;
    }
    turn(&house);
    assert_int_equal(smpp_listener_connections(house.listener), total);
    for (int step = 0; step < HOSTS; step++) {
        unsigned host;

        do {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            host = (unsigned)(random % HOSTS);
        } while (count[host] == 0);
        for (size_t i = 0; i < house.in_count; i++) {
            if (house.from[i].sin_addr.s_addr == htonl(0x7F000001 + host))
                smpp_listener_gone(house.listener, (struct sockaddr *)&house.from[i]);
        }
        count[host] = 0;
        assert_int_equal(smpp_listener_connections(house.listener), --total);
    }
    close_house(&house);
}

TEST(without_descriptors_it_stops_and_waits_to_be_resumed)
{
    struct house house;
    struct rlimit old;
    struct rlimit none;

    open_house(&house, (struct smpp_listener_config){.accepts_per_turn = 16,
                                                     .connections_max = 20});
    knock(&house, 1);
    getrlimit(RLIMIT_NOFILE, &old);
    none = old;
    none.rlim_cur = (rlim_t)house.out[0] + 1;
    setrlimit(RLIMIT_NOFILE, &none);
    turn(&house);
    assert_int_equal(house.exhausted, EMFILE);
    house.exhausted = 0;
    for (int i = 0; i < 5; i++)
        turn(&house);
    setrlimit(RLIMIT_NOFILE, &old);
    assert_int_equal(house.exhausted, 0); /* it did not try again by itself */
    assert_int_equal(smpp_listener_counters(house.listener)->exhausted, 1);
    assert_int_equal(house.in_count, 0);
    smpp_listener_resume(house.listener);
    turn(&house);
    assert_int_equal(house.in_count, 1);
    close_house(&house);
}

TEST(it_says_which_address_it_cannot_have)
{
    struct smpp_listener_config config = {
        .backlog = 1, .accepts_per_turn = 1, .connections_max = 1};
    struct house house;
    char address[32];
    char error[128] = "";

    open_house(&house,
               (struct smpp_listener_config){.accepts_per_turn = 1, .connections_max = 1});
    snprintf(address, sizeof(address), "127.0.0.1:%u", smpp_listener_port(house.listener));
    config.address = address;
    assert_null(smpp_listener_new(house.base, &config, &ops, &house, error, sizeof(error)));
    assert_non_null(strstr(error, address));
    assert_non_null(strstr(error, strerror(EADDRINUSE)));
    config.address = "nowhere";
    assert_null(smpp_listener_new(house.base, &config, &ops, &house, error, sizeof(error)));
    assert_non_null(strstr(error, "nowhere"));
    close_house(&house);
}

static const struct CMUnitTest tests[] = {
    RUN(a_turn_accepts_only_so_many),
    RUN(there_is_a_limit_in_all_and_room_again_when_one_has_gone),
    RUN(one_address_cannot_take_the_place_of_all),
    RUN(the_count_by_address_survives_many_comings_and_goings),
    RUN(without_descriptors_it_stops_and_waits_to_be_resumed),
    RUN(it_says_which_address_it_cannot_have),
};

int main(void)
{
    return RUN_ALL(tests);
}
