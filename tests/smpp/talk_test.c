/*
 * Two sessions that speak to each other, an ESME and an SMSC, with nothing between them.
 */
#include "tests/test.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "smpp/command.h"
#include "smpp/session.h"
#include "smpp/wire.h"

/* One of two sessions that speak to each other. */
struct side {
    struct smpp_session *session;
    struct side *other;
    uint64_t answers;
    uint64_t octets; /* that it has said */
    size_t used;     /* of them not yet heard by the other */
    uint8_t out[64 * 1024];
};

static uint8_t *side_reserve(void *self, size_t room)
{
    struct side *side = self;

    assert_true(sizeof(side->out) - side->used >= room);
    return side->out + side->used;
}

static void side_commit(void *self, size_t size)
{
    struct side *side = self;

    side->used += size;
    side->octets += size;
}

static void side_wake(void *self)
{
    (void)self;
}

static void side_finish(void *self, enum smpp_end why)
{
    (void)self;
    fail_msg("it ended: %s", smpp_end_name(why));
}

static void let_in(void *owner, const struct smpp_pdu *bind)
{
    (void)bind;
    smpp_session_bind_answer(((struct side *)owner)->session, ESME_ROK, NULL, 0);
}

static void take_submit(void *owner, const struct smpp_pdu *request)
{
    smpp_session_answer_submit(((struct side *)owner)->session, request->sequence,
                               request->command, ESME_ROK, "1234567890");
}

static void take_deliver(void *owner, const struct smpp_pdu *request)
{
    smpp_session_answer_deliver(((struct side *)owner)->session, request->sequence,
                                request->command, ESME_ROK);
}

static void count_answer(void *owner, const struct smpp_pdu *response, uint64_t cookie)
{
    struct side *side = owner;

    assert_int_equal(response->status, ESME_ROK);
    assert_int_equal(cookie, side->answers++);
}

static void lose_answer(void *owner, uint64_t cookie, enum smpp_fate fate)
{
    (void)owner;
    fail_msg("no answer to %llu: %d", (unsigned long long)cookie, fate);
}

static const struct smpp_session_io side_io = {side_reserve, side_commit, side_wake,
                                               side_finish};
static const struct smpp_session_ops side_ops = {
    .on_bind = let_in,
    .on_submit = take_submit,
    .on_deliver = take_deliver,
    .on_response = count_answer,
    .on_no_response = lose_answer,
};

/* What each has said goes to the other, until there is nothing more. */
static void talk(struct side sides[2], int64_t now_ms)
{
    static uint8_t said[sizeof(sides->out)];
    size_t size;

    for (size_t quiet = 0, at = 0; quiet < 2; at ^= 1) {
        struct side *from = &sides[at];

        size = from->used;
        quiet = size == 0 ? quiet + 1 : 0;
        memcpy(said, from->out, size);
        from->used = 0;
        smpp_session_sent(from->session, from->octets, now_ms);
        for (size_t done_size = 0; done_size < size;) {
            uint32_t length = smpp_wire_get_32(said + done_size);

            assert_false(smpp_session_is_paused(from->other->session));
            smpp_session_receive(from->other->session, said + done_size, length, now_ms);
            done_size += length;
        }
    }
}

static void ask(struct side *side, uint32_t command, uint64_t cookie)
{
    static const char text[] = "Your code is 4711";
    struct smpp_pdu pdu;

    smpp_pdu_init(&pdu, command, 0, 0);
    pdu.source = (struct smpp_octets){(const uint8_t *)"Shop", 4};
    pdu.destination = (struct smpp_octets){(const uint8_t *)"491700000001", 12};
    pdu.short_message = (struct smpp_octets){(const uint8_t *)text, sizeof(text) - 1};
    assert_int_equal(smpp_session_send(side->session, &pdu, cookie), SMPP_SEND_OK);
}

/* Octets of the heap in use; 0 where the library does not tell. */
static size_t heap_used(void)
{
#ifdef __GLIBC__
    return mallinfo2().uordblks;
#else
    return 0;
#endif
}

TEST(a_million_each_way_leave_nothing_behind_and_stop_nothing)
{
    enum { MILLION = 1000000, WINDOW = 10, WARM = 1000, TURN_MS = 1 };
    static struct side sides[2];
    struct smpp_session_config config = {
        .interface_version = 0x34,
        .untold_version = 0x34,
        .first_sequence = 0x7FFFFFFF - MILLION / 2, /* it wraps on the way */
        .limits = {.window = WINDOW,
                   .peer_window = WINDOW,
                   .enquire_link_ms = 3600000,
                   .response_ms = 60000},
    };
    const struct smpp_bind bind = {
        .command = SMPP_BIND_TRANSCEIVER, .system_id = "s", .password = "p"};
    size_t used_before = 0;
    int64_t now_ms = 0;

    for (size_t i = 0; i < 2; i++) {
        config.role = i == 0 ? SMPP_ROLE_ESME : SMPP_ROLE_SMSC;
        sides[i] = (struct side){.other = &sides[1 - i]};
        sides[i].session =
            smpp_session_new(&config, &side_ops, &sides[i], &side_io, &sides[i], now_ms);
    }
    assert_true(smpp_session_bind(sides[0].session, &bind));
    talk(sides, now_ms);
    for (uint64_t sent = 0; sent < MILLION; now_ms += TURN_MS) {
        for (size_t i = 0; i < WINDOW; i++, sent++) {
            ask(&sides[0], SMPP_SUBMIT_SM, sent);
            ask(&sides[1], SMPP_DELIVER_SM, sent);
        }
        talk(sides, now_ms);
        if (sent == WARM)
            used_before = heap_used();
    }
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(sides[i].answers, MILLION);
        assert_int_equal(smpp_session_window_used(sides[i].session), 0);
        assert_int_equal(smpp_session_pending(sides[i].session), 0);
    }
    assert_int_equal(heap_used(), used_before);
    for (size_t i = 0; i < 2; i++)
        smpp_session_free(sides[i].session);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(a_million_each_way_leave_nothing_behind_and_stop_nothing),
    };

    return RUN_ALL(tests);
}
