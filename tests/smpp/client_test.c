#include "tests/test.h"

#include <errno.h>
#include <unistd.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "tests/smpp/line.h"
#include "smpp/client.h"
#include "smpp/listener.h"

/* An SMSC and an ESME of ours in one loop, each on its own line. */
struct pair {
    struct event_base *base;
    struct smpp_listener *listener;
    struct line smsc;
    struct line esme;
    struct sockaddr_in address;
};

static void on_accept(void *owner, int fd, const struct sockaddr *address, unsigned size)
{
    struct pair *pair = owner;
    struct smpp_session_config config = line_config(SMPP_ROLE_SMSC);

    (void)address;
    (void)size;
    pair->smsc.conn = smpp_conn_new(
        smpp_transport_plain.accepted(smpp_transport_plain.self, pair->base, fd), &config,
        &pair->smsc.ops, &line_conn_ops, &pair->smsc);
    pair->smsc.session = smpp_conn_session(pair->smsc.conn);
}

static void on_exhausted(void *owner, int error)
{
    (void)owner;
    fail_msg("no descriptors: %s", strerror(error));
}

static const struct smpp_listener_ops listener_ops = {on_accept, on_exhausted};

static void init_line(struct line *line, struct event_base *base)
{
    memset(line, 0, sizeof(*line));
    line->base = base;
    line->now_ms = 1000000;
    line->wake_ms = INT64_MAX;
    line->ops = line_ops;
}

static void open_pair(struct pair *pair)
{
    struct smpp_listener_config config = {.address = "127.0.0.1:0",
                                          .backlog = 8,
                                          .accepts_per_turn = 8,
                                          .connections_max = 8};
    char error[128];

    pair->base = event_base_new();
    init_line(&pair->smsc, pair->base);
    init_line(&pair->esme, pair->base);
    pair->listener =
        smpp_listener_new(pair->base, &config, &listener_ops, pair, error, sizeof(error));
    assert_non_null(pair->listener);
    pair->address =
        (struct sockaddr_in){.sin_family = AF_INET,
                             .sin_port = htons(smpp_listener_port(pair->listener)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static void connect_as(struct pair *pair, const char *system_id, const char *password)
{
    struct smpp_session_config config = line_config(SMPP_ROLE_ESME);
    struct smpp_bind bind = {
        .command = SMPP_BIND_TRANSCEIVER, .system_id = system_id, .password = password};

    pair->esme.conn =
        smpp_client_connect(pair->base, &smpp_transport_plain,
                            (struct sockaddr *)&pair->address, sizeof(pair->address),
                            &config, &bind, &pair->esme.ops, &line_conn_ops, &pair->esme);
    if (pair->esme.conn != NULL)
        pair->esme.session = smpp_conn_session(pair->esme.conn);
}

/* Loopback is quick but not instant: turns until it is so, or a second has passed. */
static void run_until(struct pair *pair, bool (*so)(const struct pair *))
{
    for (int i = 0; i < 1000 && !so(pair); i++) {
        event_base_loop(pair->base, EVLOOP_NONBLOCK);
        if (!so(pair))
            usleep(1000);
    }
    assert_true(so(pair));
}

static void close_pair(struct pair *pair)
{
    smpp_conn_free(pair->smsc.conn);
    smpp_conn_free(pair->esme.conn);
    smpp_listener_free(pair->listener);
    event_base_free(pair->base);
}

static bool esme_was_told(const struct pair *pair)
{
    return pair->esme.log[0] != '\0';
}

static bool esme_is_closed(const struct pair *pair)
{
    return pair->esme.closed;
}

static bool both_are_closed(const struct pair *pair)
{
    return pair->esme.closed && pair->smsc.closed;
}

TEST(a_right_bind_is_bound_and_messages_pass_both_ways)
{
    static struct pair pair;
    struct smpp_pdu request;

    open_pair(&pair);
    connect_as(&pair, "good", "pw");
    run_until(&pair, esme_was_told);
    assert_string_equal(pair.esme.log, "bound 6;");
    assert_int_equal(smpp_session_state(pair.esme.session), SMPP_STATE_BOUND_TRX);
    assert_true(smpp_session_takes_tlvs(pair.esme.session));

    pair.esme.log[0] = '\0';
    smpp_pdu_init(&request, SMPP_SUBMIT_SM, 0, 0);
    request.destination = (struct smpp_octets){(const uint8_t *)"3900", 4};
    assert_int_equal(smpp_session_send(pair.esme.session, &request, 0x51), SMPP_SEND_OK);
    smpp_pdu_init(&request, SMPP_DELIVER_SM, 0, 0);
    assert_int_equal(smpp_session_send(pair.smsc.session, &request, 0x52), SMPP_SEND_OK);
    run_until(&pair, esme_was_told);
    assert_string_equal(pair.esme.log, "answer 51;status 0;");
    assert_int_equal(pair.smsc.submits, 1);

    smpp_session_unbind(pair.esme.session, pair.esme.now_ms);
    run_until(&pair, both_are_closed);
    assert_int_equal(pair.esme.end, SMPP_END_UNBOUND);
    assert_int_equal(pair.smsc.end, SMPP_END_UNBOUND);
    close_pair(&pair);
}

TEST(a_wrong_password_is_refused_with_its_status_and_ends)
{
    static struct pair pair;

    open_pair(&pair);
    connect_as(&pair, "good", "no");
    run_until(&pair, both_are_closed);
    assert_string_equal(pair.esme.log, "refused e;");
    assert_int_equal(pair.esme.end, SMPP_END_REFUSED);
    assert_int_equal(pair.smsc.end, SMPP_END_REFUSED);
    close_pair(&pair);
}

TEST(where_nobody_listens_the_attempt_fails_with_its_error)
{
    static struct pair pair;

    open_pair(&pair);
    smpp_listener_free(pair.listener);
    pair.listener = NULL;
    connect_as(&pair, "good", "pw");
    assert_false(pair.esme.closed); /* never from inside the call */
    if (pair.esme.conn == NULL)
        assert_int_equal(errno, ECONNREFUSED);
    else {
        run_until(&pair, esme_is_closed);
        assert_int_equal(pair.esme.end, SMPP_END_FAILED);
        assert_int_equal(pair.esme.error, ECONNREFUSED);
    }
    assert_string_equal(pair.esme.log, "");
    close_pair(&pair);
}

TEST(an_smsc_that_says_nothing_is_given_up)
{
    static struct pair pair;

    open_pair(&pair);
    smpp_listener_pause(pair.listener); /* the system accepts, we do not */
    connect_as(&pair, "good", "pw");
    for (int i = 0; i < 5; i++)
        event_base_loop(pair.base, EVLOOP_NONBLOCK);
    assert_int_equal(pair.esme.wake_ms, pair.esme.now_ms + 10000);
    pair.esme.now_ms += 10000;
    smpp_conn_tick(pair.esme.conn);
    run_until(&pair, esme_is_closed);
    assert_int_equal(pair.esme.end, SMPP_END_NOT_BOUND_IN_TIME);
    close_pair(&pair);
}

TEST(a_bind_past_its_limits_begins_nothing)
{
    static struct pair pair;

    open_pair(&pair);
    connect_as(&pair, "a-name-of-sixteen", "pw");
    assert_null(pair.esme.conn);
    assert_int_equal(errno, EINVAL);
    close_pair(&pair);
}

TEST(a_back_off_doubles_to_its_limit_and_jitters_about_it)
{
    static const struct {
        const char *row;
        unsigned failures;
        int64_t lowest_ms;
        int64_t highest_ms;
    } rows[] = {
        {"none yet",     0,          800,   1200 },
        {"the first",    1,          800,   1200 },
        {"the second",   2,          1600,  2400 },
        {"the third",    3,          3200,  4800 },
        {"at the limit", 7,          48000, 72000},
        {"for ever",     UINT32_MAX, 48000, 72000},
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        uint64_t random = 88172645463325252u;
        int64_t lowest_ms = INT64_MAX;
        int64_t highest_ms = 0;

        for (int step = 0; step < 20000; step++) {
            int64_t delay_ms =
                smpp_backoff_ms(1000, 60000, rows[i].failures, 20, (uint32_t)random);

            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            lowest_ms = delay_ms < lowest_ms ? delay_ms : lowest_ms;
            highest_ms = delay_ms > highest_ms ? delay_ms : highest_ms;
        }
        CHECK(lowest_ms >= rows[i].lowest_ms, rows[i].row);
        CHECK(highest_ms <= rows[i].highest_ms, rows[i].row);
        CHECK(highest_ms - lowest_ms > (rows[i].highest_ms - rows[i].lowest_ms) * 9 / 10,
              rows[i].row);
    }
    assert_int_equal(smpp_backoff_ms(1000, 60000, 3, 0, 77), 4000);
}

static const struct CMUnitTest tests[] = {
    RUN(a_right_bind_is_bound_and_messages_pass_both_ways),
    RUN(a_wrong_password_is_refused_with_its_status_and_ends),
    RUN(where_nobody_listens_the_attempt_fails_with_its_error),
    RUN(an_smsc_that_says_nothing_is_given_up),
    RUN(a_bind_past_its_limits_begins_nothing),
    RUN(a_back_off_doubles_to_its_limit_and_jitters_about_it),
};

int main(void)
{
    return RUN_ALL(tests);
}
