/*
 * The session by itself: frames in by hand, octets out into a buffer, time a number.
 * What the specification asks is in tests/conformance/session_conformance.c.
 */
#include "tests/test.h"

#include "smpp/command.h"
#include "smpp/session.h"
#include "smpp/session_inside.h"
#include "smpp/wire.h"

struct bench {
    struct smpp_session *session;
    struct smpp_session_ops ops;
    int64_t now_ms;
    uint8_t out[1 << 20];
    size_t out_used;
    size_t out_read;
    unsigned wakes;
    enum smpp_end finished;
    char log[4096];
};

static void note(struct bench *bench, const char *what, uint64_t number)
{
    size_t used = strlen(bench->log);

    snprintf(bench->log + used, sizeof(bench->log) - used, "%s %llx;", what,
             (unsigned long long)number);
}

static uint8_t *reserve(void *self, size_t room)
{
    struct bench *bench = self;

    assert_true(sizeof(bench->out) - bench->out_used >= room);
    return bench->out + bench->out_used;
}

static void commit(void *self, size_t size)
{
    ((struct bench *)self)->out_used += size;
}

static void wake(void *self)
{
    ((struct bench *)self)->wakes++;
}

static void finish(void *self, enum smpp_end why)
{
    ((struct bench *)self)->finished = why;
}

static const struct smpp_session_io io = {reserve, commit, wake, finish};

static void on_bind(void *owner, const struct smpp_pdu *bind)
{
    note(owner, "bind", bind->sequence);
}

static void on_submit(void *owner, const struct smpp_pdu *request)
{
    note(owner, "submit", request->sequence);
}

static void on_response(void *owner, const struct smpp_pdu *response, uint64_t cookie)
{
    (void)response;
    note(owner, "answer", cookie);
}

static void on_no_response(void *owner, uint64_t cookie, enum smpp_fate fate)
{
    static const char *const words[] = {"timed-out", "lost", "unsent"};

    note(owner, words[fate], cookie);
}

static void on_late_response(void *owner, const struct smpp_pdu *response, uint64_t cookie)
{
    note(owner, response != NULL ? "late" : "forgotten", cookie);
}

static void on_room(void *owner)
{
    note(owner, "room", 0);
}

static void on_alive(void *owner)
{
    note(owner, "alive", 0);
}

static void on_unbind(void *owner)
{
    note(owner, "unbind", 0);
}

static const struct smpp_session_ops all_ops = {
    .on_bind = on_bind,
    .on_submit = on_submit,
    .on_deliver = on_submit,
    .on_response = on_response,
    .on_no_response = on_no_response,
    .on_late_response = on_late_response,
    .on_room = on_room,
    .on_alive = on_alive,
    .on_unbind = on_unbind,
};

static const struct smpp_session_limits limits = {
    .window = 3,
    .peer_window = 3,
    .enquire_link_ms = 30000,
    .response_ms = 5000,
};

static void open_session(struct bench *bench, enum smpp_role role)
{
    struct smpp_session_config config = {
        .id = 81,
        .role = role,
        .interface_version = 0x34,
        .untold_version = 0x33,
        .system_id = "sluice",
        .init_ms = 10000,
        .leave_ms = 3000,
        .limits = limits,
    };

    memset(bench, 0, sizeof(*bench));
    bench->ops = all_ops;
    bench->now_ms = 500;
    bench->session =
        smpp_session_new(&config, &bench->ops, bench, &io, bench, bench->now_ms);
}

static void receive(struct bench *bench, const struct smpp_pdu *pdu)
{
    static uint8_t frame[SMPP_PDU_MAX_SIZE];
    size_t size = smpp_pdu_encode(pdu, frame, sizeof(frame));

    assert_true(size > 0);
    smpp_session_receive(bench->session, frame, size, bench->now_ms);
}

static void receive_header(struct bench *bench, uint32_t command, uint32_t sequence)
{
    uint8_t frame[SMPP_HEADER_SIZE];

    smpp_pdu_encode_header(command, 0, sequence, frame);
    smpp_session_receive(bench->session, frame, sizeof(frame), bench->now_ms);
}

static void receive_bind(struct bench *bench)
{
    struct smpp_pdu bind;

    smpp_pdu_init(&bind, SMPP_BIND_TRANSCEIVER, 0, 1);
    bind.interface_version = 0x34;
    receive(bench, &bind);
}

static void receive_submit(struct bench *bench, uint32_t sequence)
{
    struct smpp_pdu submit;

    smpp_pdu_init(&submit, SMPP_SUBMIT_SM, 0, sequence);
    submit.destination = (struct smpp_octets){(const uint8_t *)"3900", 4};
    receive(bench, &submit);
}

static void forget(struct bench *bench)
{
    bench->out_read = bench->out_used;
    bench->log[0] = '\0';
}

static void open_bound(struct bench *bench)
{
    open_session(bench, SMPP_ROLE_SMSC);
    receive_bind(bench);
    smpp_session_bind_answer(bench->session, ESME_ROK, NULL, bench->now_ms);
    assert_int_equal(smpp_session_state(bench->session), SMPP_STATE_BOUND_TRX);
    forget(bench);
}

static enum smpp_send deliver(struct bench *bench, uint64_t cookie)
{
    struct smpp_pdu request;

    smpp_pdu_init(&request, SMPP_DELIVER_SM, 0, 0);
    return smpp_session_send(bench->session, &request, cookie);
}

static void sent_all(struct bench *bench)
{
    smpp_session_sent(bench->session, bench->out_used, bench->now_ms);
}

/* The next PDU that went out, header only; command 0 when there is none. */
static struct smpp_pdu heard(struct bench *bench)
{
    const uint8_t *at = bench->out + bench->out_read;
    struct smpp_pdu pdu;

    if (bench->out_read == bench->out_used) {
        smpp_pdu_init(&pdu, 0, 0, 0);
        return pdu;
    }
    assert_int_equal(smpp_pdu_decode(at, smpp_wire_get_32(at), &pdu), ESME_ROK);
    bench->out_read += pdu.length;
    return pdu;
}

static void done(struct bench *bench)
{
    smpp_session_free(bench->session);
}

TEST(nothing_more_is_taken_while_a_bind_waits)
{
    static struct bench bench;

    open_session(&bench, SMPP_ROLE_SMSC);
    assert_false(smpp_session_is_paused(bench.session));
    receive_bind(&bench);
    assert_true(smpp_session_is_paused(bench.session));
    assert_int_equal(smpp_session_next_due_ms(bench.session), INT64_MAX);
    bench.now_ms += 60000; /* our own slowness is not the peer's */
    smpp_session_tick(bench.session, bench.now_ms);
    assert_int_equal(bench.finished, SMPP_END_NONE);
    smpp_session_bind_answer(bench.session, ESME_ROK, NULL, bench.now_ms);
    assert_int_equal(heard(&bench).command, SMPP_BIND_TRANSCEIVER | SMPP_RESPONSE);
    assert_true(bench.wakes > 0);
    assert_false(smpp_session_is_paused(bench.session));
    done(&bench);
}

TEST(an_answer_to_a_bind_that_has_gone_is_ignored)
{
    static struct bench bench;

    open_session(&bench, SMPP_ROLE_SMSC);
    smpp_session_bind_answer(bench.session, ESME_ROK, NULL, bench.now_ms);
    receive_bind(&bench);
    smpp_session_ended(bench.session, 0);
    smpp_session_bind_answer(bench.session, ESME_ROK, NULL, bench.now_ms);
    assert_int_equal(heard(&bench).command, 0);
    assert_int_equal(smpp_session_state(bench.session), SMPP_STATE_CLOSED);
    done(&bench);
}

TEST(the_frame_of_an_unbound_peer_is_small)
{
    static struct bench bench;

    open_session(&bench, SMPP_ROLE_SMSC);
    assert_int_equal(smpp_session_frame_max_size(bench.session), SMPP_BIND_MAX_SIZE);
    receive_bind(&bench);
    assert_int_equal(smpp_session_frame_max_size(bench.session), SMPP_BIND_MAX_SIZE);
    smpp_session_bind_answer(bench.session, ESME_ROK, NULL, bench.now_ms);
    assert_int_equal(smpp_session_frame_max_size(bench.session), SMPP_PDU_MAX_SIZE);
    done(&bench);
}

TEST(a_peer_over_its_window_is_paused_until_it_is_answered)
{
    static struct bench bench;
    unsigned wakes;

    open_bound(&bench);
    for (uint32_t i = 1; i <= 3; i++) {
        assert_false(smpp_session_is_paused(bench.session));
        receive_submit(&bench, i);
    }
    assert_true(smpp_session_is_paused(bench.session));
    assert_int_equal(smpp_session_pending(bench.session), 3);
    wakes = bench.wakes;
    smpp_session_answer_submit(bench.session, 2, SMPP_SUBMIT_SM, ESME_ROK, "42");
    assert_false(smpp_session_is_paused(bench.session));
    assert_int_equal(bench.wakes, wakes + 1);
    done(&bench);
}

TEST(a_window_that_is_full_says_wait_and_then_tells_of_room)
{
    static struct bench bench;

    open_bound(&bench);
    for (uint64_t cookie = 1; cookie <= 3; cookie++)
        assert_int_equal(deliver(&bench, cookie), SMPP_SEND_OK);
    assert_int_equal(smpp_session_window_room(bench.session), 0);
    assert_int_equal(deliver(&bench, 4), SMPP_SEND_WAIT);
    receive_header(&bench, SMPP_DELIVER_SM | SMPP_RESPONSE, 2);
    assert_string_equal(bench.log, "answer 2;room 0;");
    receive_header(&bench, SMPP_DELIVER_SM | SMPP_RESPONSE, 1);
    assert_string_equal(bench.log, "answer 2;room 0;answer 1;");
    done(&bench);
}

TEST(full_output_says_wait_too)
{
    static struct bench bench;

    open_bound(&bench);
    smpp_session_output_full(bench.session, true);
    assert_int_equal(smpp_session_window_room(bench.session), 0);
    assert_int_equal(deliver(&bench, 1), SMPP_SEND_WAIT);
    smpp_session_output_full(bench.session, false);
    assert_string_equal(bench.log, "room 0;");
    assert_int_equal(deliver(&bench, 1), SMPP_SEND_OK);
    done(&bench);
}

TEST(a_response_of_another_kind_is_no_answer)
{
    static struct bench bench;

    open_bound(&bench);
    assert_int_equal(deliver(&bench, 0x51), SMPP_SEND_OK);
    receive_header(&bench, SMPP_SUBMIT_SM | SMPP_RESPONSE, 1);
    receive_header(&bench, SMPP_DELIVER_SM | SMPP_RESPONSE, 2);
    assert_string_equal(bench.log, "");
    assert_int_equal(smpp_session_counters(bench.session)->unmatched_responses, 2);
    receive_header(&bench, SMPP_GENERIC_NACK, 1);
    assert_string_equal(bench.log, "answer 51;");
    done(&bench);
}

TEST(a_response_is_not_late_before_its_request_was_written)
{
    static struct bench bench;

    open_bound(&bench);
    assert_int_equal(deliver(&bench, 1), SMPP_SEND_OK);
    bench.now_ms += 20000;
    smpp_session_tick(bench.session, bench.now_ms);
    assert_string_equal(bench.log, "");
    sent_all(&bench);
    assert_int_equal(smpp_session_next_due_ms(bench.session), bench.now_ms + 5000);
    bench.now_ms += 5000;
    smpp_session_tick(bench.session, bench.now_ms);
    assert_string_equal(bench.log, "timed-out 1;");
    done(&bench);
}

/* Everything that was sent is unanswered for so long that nobody waits any more. */
static void time_out(struct bench *bench)
{
    sent_all(bench);
    bench->now_ms += limits.response_ms;
    smpp_session_tick(bench->session, bench->now_ms);
}

TEST(an_answer_that_comes_late_is_told_once)
{
    static struct bench bench;

    open_bound(&bench);
    for (uint64_t cookie = 0x11; cookie <= 0x13; cookie++)
        assert_int_equal(deliver(&bench, cookie), SMPP_SEND_OK);
    time_out(&bench);
    assert_string_equal(bench.log, "timed-out 11;timed-out 12;timed-out 13;");
    assert_int_equal(smpp_session_window_used(bench.session), 0);
    forget(&bench);
    receive_header(&bench, SMPP_DELIVER_SM | SMPP_RESPONSE, 2);
    assert_string_equal(bench.log, "late 12;");
    receive_header(&bench, SMPP_DELIVER_SM | SMPP_RESPONSE, 2);
    receive_header(&bench, SMPP_SUBMIT_SM | SMPP_RESPONSE, 1);
    receive_header(&bench, SMPP_DELIVER_SM | SMPP_RESPONSE, 9);
    assert_string_equal(bench.log, "late 12;");
    assert_int_equal(smpp_session_counters(bench.session)->unmatched_responses, 3);
    receive_header(&bench, SMPP_GENERIC_NACK, 1);
    assert_string_equal(bench.log, "late 12;late 11;");
    assert_int_equal(smpp_session_counters(bench.session)->late_responses, 2);
    done(&bench);
}

TEST(no_more_late_answers_are_awaited_than_the_window_has_places)
{
    static struct bench bench;

    open_bound(&bench);
    for (uint64_t cookie = 1; cookie <= 3; cookie++)
        assert_int_equal(deliver(&bench, cookie), SMPP_SEND_OK);
    time_out(&bench);
    assert_int_equal(deliver(&bench, 4), SMPP_SEND_OK);
    forget(&bench);
    time_out(&bench);
    assert_string_equal(bench.log, "forgotten 1;timed-out 4;");
    receive_header(&bench, SMPP_DELIVER_SM | SMPP_RESPONSE, 1);
    assert_int_equal(smpp_session_counters(bench.session)->unmatched_responses, 1);
    receive_header(&bench, SMPP_DELIVER_SM | SMPP_RESPONSE, 4);
    assert_string_equal(bench.log, "forgotten 1;timed-out 4;late 4;");
    forget(&bench);
    smpp_session_ended(bench.session, bench.out_used);
    smpp_session_ended(bench.session, bench.out_used);
    assert_string_equal(bench.log, "forgotten 2;forgotten 3;");
    done(&bench);
}

TEST(a_number_that_may_be_answered_late_is_not_given_again)
{
    static struct bench bench;

    open_bound(&bench);
    assert_int_equal(deliver(&bench, 0x51), SMPP_SEND_OK);
    time_out(&bench);
    bench.session->next_sequence = 1; /* all others were used meanwhile */
    forget(&bench);
    assert_int_equal(deliver(&bench, 0x52), SMPP_SEND_OK);
    assert_int_equal(heard(&bench).sequence, 2);
    receive_header(&bench, SMPP_DELIVER_SM | SMPP_RESPONSE, 1);
    receive_header(&bench, SMPP_DELIVER_SM | SMPP_RESPONSE, 2);
    assert_string_equal(bench.log, "late 51;answer 52;");
    done(&bench);
}

TEST(who_does_not_ask_for_late_answers_is_not_told_of_them)
{
    static struct bench bench;

    open_bound(&bench);
    bench.ops.on_late_response = NULL;
    assert_int_equal(deliver(&bench, 1), SMPP_SEND_OK);
    time_out(&bench);
    receive_header(&bench, SMPP_DELIVER_SM | SMPP_RESPONSE, 1);
    smpp_session_ended(bench.session, bench.out_used);
    assert_string_equal(bench.log, "timed-out 1;");
    assert_int_equal(smpp_session_counters(bench.session)->unmatched_responses, 1);
    done(&bench);
}

TEST(a_peer_is_not_late_while_we_do_not_listen)
{
    static struct bench bench;

    open_bound(&bench);
    assert_int_equal(deliver(&bench, 1), SMPP_SEND_OK);
    sent_all(&bench);
    bench.now_ms += 2000;
    smpp_session_reading(bench.session, false, bench.now_ms);
    assert_int_equal(smpp_session_next_due_ms(bench.session), INT64_MAX);
    bench.now_ms += 100000;
    smpp_session_tick(bench.session, bench.now_ms);
    assert_string_equal(bench.log, "");
    smpp_session_reading(bench.session, true, bench.now_ms);
    assert_int_equal(smpp_session_next_due_ms(bench.session), bench.now_ms + 3000);
    smpp_session_tick(bench.session, bench.now_ms + 2999);
    assert_string_equal(bench.log, "");
    smpp_session_tick(bench.session, bench.now_ms + 3000);
    assert_string_equal(bench.log, "timed-out 1;");
    done(&bench);
}

TEST(at_the_end_each_request_learns_whether_it_had_left)
{
    static struct bench bench;
    uint64_t first;

    open_bound(&bench);
    assert_int_equal(deliver(&bench, 1), SMPP_SEND_OK);
    first = bench.out_used;
    assert_int_equal(deliver(&bench, 2), SMPP_SEND_OK);
    assert_int_equal(deliver(&bench, 3), SMPP_SEND_OK);
    smpp_session_ended(bench.session, first + 1); /* one octet of the second */
    assert_string_equal(bench.log, "lost 1;lost 2;unsent 3;");
    smpp_session_ended(bench.session, first + 1);
    assert_string_equal(bench.log, "lost 1;lost 2;unsent 3;");
    assert_int_equal(deliver(&bench, 4), SMPP_SEND_NOT_BOUND);
    done(&bench);
}

TEST(a_probe_hears_of_life_or_ends_the_session)
{
    static struct bench bench;

    open_bound(&bench);
    smpp_session_probe(bench.session, 3000, bench.now_ms);
    assert_int_equal(heard(&bench).command, SMPP_ENQUIRE_LINK);
    receive_header(&bench, SMPP_ENQUIRE_LINK | SMPP_RESPONSE, 1);
    assert_string_equal(bench.log, "alive 0;");
    smpp_session_probe(bench.session, 3000, bench.now_ms);
    assert_int_equal(heard(&bench).command, SMPP_ENQUIRE_LINK);
    smpp_session_tick(bench.session, bench.now_ms + 2999);
    assert_int_equal(bench.finished, SMPP_END_NONE);
    smpp_session_tick(bench.session, bench.now_ms + 3000);
    assert_int_equal(bench.finished, SMPP_END_SILENT);
    done(&bench);
}

TEST(an_unbind_does_not_wait_for_ever)
{
    static struct bench bench;

    /* Ours: for an answer that does not come, then for the response. */
    open_bound(&bench);
    assert_int_equal(deliver(&bench, 1), SMPP_SEND_OK);
    forget(&bench);
    smpp_session_unbind(bench.session, bench.now_ms);
    assert_int_equal(heard(&bench).command, 0);
    bench.now_ms += 3000;
    smpp_session_tick(bench.session, bench.now_ms);
    assert_int_equal(heard(&bench).command, SMPP_UNBIND);
    bench.now_ms += 1000;
    sent_all(&bench);
    smpp_session_tick(bench.session, bench.now_ms + 2999);
    assert_int_equal(bench.finished, SMPP_END_NONE);
    smpp_session_tick(bench.session, bench.now_ms + 3000);
    assert_int_equal(bench.finished, SMPP_END_UNBOUND);
    done(&bench);

    /* The peer's: for an answer of ours that does not come. */
    open_bound(&bench);
    receive_submit(&bench, 2);
    receive_header(&bench, SMPP_UNBIND, 3);
    assert_string_equal(bench.log, "submit 2;unbind 0;");
    assert_int_equal(heard(&bench).command, 0);
    smpp_session_tick(bench.session, bench.now_ms + 3000);
    assert_int_equal(heard(&bench).command, SMPP_UNBIND | SMPP_RESPONSE);
    assert_int_equal(bench.finished, SMPP_END_UNBOUND);
    /* Too late, and harmless. */
    smpp_session_answer_submit(bench.session, 2, SMPP_SUBMIT_SM, ESME_ROK, "1");
    assert_int_equal(heard(&bench).command, 0);
    done(&bench);
}

static enum smpp_send submit(struct bench *bench, uint64_t cookie)
{
    struct smpp_pdu request;

    smpp_pdu_init(&request, SMPP_SUBMIT_SM, 0, 0);
    return smpp_session_send(bench->session, &request, cookie);
}

static void open_bound_as_client(struct bench *bench)
{
    struct smpp_bind bind = {.command = SMPP_BIND_TRANSCEIVER, .system_id = "us"};
    struct smpp_pdu answer;

    open_session(bench, SMPP_ROLE_ESME);
    assert_true(smpp_session_bind(bench->session, &bind));
    smpp_pdu_init(&answer, SMPP_BIND_TRANSCEIVER | SMPP_RESPONSE, ESME_ROK, 1);
    receive(bench, &answer);
    assert_int_equal(smpp_session_state(bench->session), SMPP_STATE_BOUND_TRX);
    assert_int_equal(submit(bench, 1), SMPP_SEND_OK);
    assert_int_equal(submit(bench, 2), SMPP_SEND_OK);
    forget(bench);
}

TEST(an_smsc_that_unbinds_may_answer_what_it_has)
{
    static struct bench bench;

    open_bound_as_client(&bench);
    receive_header(&bench, SMPP_UNBIND, 9);
    assert_int_equal(submit(&bench, 3), SMPP_SEND_NOT_BOUND);
    receive_header(&bench, SMPP_SUBMIT_SM | SMPP_RESPONSE, 2);
    assert_int_equal(heard(&bench).command, 0);
    receive_header(&bench, SMPP_SUBMIT_SM | SMPP_RESPONSE, 3);
    assert_string_equal(bench.log, "unbind 0;answer 1;answer 2;");
    assert_int_equal(heard(&bench).command, SMPP_UNBIND | SMPP_RESPONSE);
    assert_int_equal(bench.finished, SMPP_END_UNBOUND);
    done(&bench);

    /* Not for ever. */
    open_bound_as_client(&bench);
    receive_header(&bench, SMPP_UNBIND, 9);
    smpp_session_tick(bench.session, bench.now_ms + 2999);
    assert_int_equal(heard(&bench).command, 0);
    smpp_session_tick(bench.session, bench.now_ms + 3000);
    assert_int_equal(heard(&bench).command, SMPP_UNBIND | SMPP_RESPONSE);
    assert_int_equal(bench.finished, SMPP_END_UNBOUND);
    done(&bench);
}

static void answer_on_unbind(void *owner)
{
    struct bench *bench = owner;

    smpp_session_answer_submit(bench->session, 2, SMPP_SUBMIT_SM, ESME_RSYSERR, NULL);
}

TEST(an_unbind_is_answered_once_though_its_callback_answers_the_rest)
{
    static struct bench bench;

    open_bound(&bench);
    bench.ops.on_unbind = answer_on_unbind;
    receive_submit(&bench, 2);
    receive_header(&bench, SMPP_UNBIND, 3);
    assert_int_equal(heard(&bench).command, SMPP_SUBMIT_SM | SMPP_RESPONSE);
    assert_int_equal(heard(&bench).command, SMPP_UNBIND | SMPP_RESPONSE);
    assert_int_equal(heard(&bench).command, 0);
    done(&bench);
}

TEST(two_unbinds_that_cross_end_the_session_once)
{
    static struct bench bench;

    open_bound(&bench);
    smpp_session_unbind(bench.session, bench.now_ms);
    smpp_session_unbind(bench.session, bench.now_ms);
    assert_int_equal(heard(&bench).command, SMPP_UNBIND);
    receive_header(&bench, SMPP_UNBIND, 9);
    assert_int_equal(heard(&bench).command, SMPP_UNBIND | SMPP_RESPONSE);
    assert_int_equal(heard(&bench).command, 0);
    assert_int_equal(bench.finished, SMPP_END_UNBOUND);
    assert_string_equal(bench.log, "unbind 0;");
    done(&bench);
}

TEST(a_request_without_a_callback_has_its_answer)
{
    static const struct {
        const char *row;
        uint32_t command;
        uint32_t status;
    } rows[] = {
        {"submit_sm",  SMPP_SUBMIT_SM,  ESME_RSYSERR     },
        {"query_sm",   SMPP_QUERY_SM,   ESME_RQUERYFAIL  },
        {"cancel_sm",  SMPP_CANCEL_SM,  ESME_RCANCELFAIL },
        {"replace_sm", SMPP_REPLACE_SM, ESME_RREPLACEFAIL},
    };
    static struct bench bench;

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct smpp_pdu request;
        struct smpp_pdu answer;

        open_bound(&bench);
        bench.ops = (struct smpp_session_ops){0};
        smpp_pdu_init(&request, rows[i].command, 0, 5);
        request.destination = (struct smpp_octets){(const uint8_t *)"3900", 4};
        receive(&bench, &request);
        answer = heard(&bench);
        CHECK_EQ(answer.command, rows[i].command | SMPP_RESPONSE, rows[i].row);
        CHECK_EQ(answer.status, rows[i].status, rows[i].row);
        CHECK_EQ(answer.sequence, 5, rows[i].row);
        CHECK_EQ(smpp_session_pending(bench.session), 0, rows[i].row);
        done(&bench);
    }
}

TEST(what_cannot_be_encoded_is_refused_and_leaves_no_trace)
{
    static struct bench bench;
    static const char too_long[] = "0123456789012345678901";
    struct smpp_pdu request;

    open_bound(&bench);
    smpp_pdu_init(&request, SMPP_DELIVER_SM, 0, 0);
    request.source = (struct smpp_octets){(const uint8_t *)too_long, sizeof(too_long) - 1};
    assert_int_equal(smpp_session_send(bench.session, &request, 1), SMPP_SEND_REFUSED);
    assert_int_equal(heard(&bench).command, 0);
    assert_int_equal(smpp_session_window_used(bench.session), 0);
    assert_int_equal(deliver(&bench, 2), SMPP_SEND_OK);
    assert_int_equal(heard(&bench).sequence, 1);
    done(&bench);
}

TEST(an_answer_that_cannot_be_encoded_is_an_error_and_not_silence)
{
    static struct bench bench;
    uint8_t too_long[80];
    struct smpp_pdu answer;

    open_bound(&bench);
    receive_submit(&bench, 7);
    memset(too_long, '1', sizeof(too_long));
    smpp_pdu_init(&answer, SMPP_SUBMIT_SM | SMPP_RESPONSE, ESME_ROK, 7);
    answer.message_id = (struct smpp_octets){too_long, sizeof(too_long)};
    smpp_session_answer(bench.session, &answer);
    answer = heard(&bench);
    assert_int_equal(answer.status, ESME_RSYSERR);
    assert_int_equal(answer.sequence, 7);
    assert_int_equal(smpp_session_pending(bench.session), 0);
    done(&bench);
}

TEST(our_bind_passes_no_limit)
{
    static struct bench bench;
    struct smpp_bind bind = {.command = SMPP_BIND_TRANSCEIVER,
                             .system_id = "sixteen-letters-",
                             .password = "pw"};

    open_session(&bench, SMPP_ROLE_ESME);
    assert_false(smpp_session_bind(bench.session, &bind));
    assert_int_equal(heard(&bench).command, 0);
    bind.system_id = "fifteen-letters";
    assert_true(smpp_session_bind(bench.session, &bind));
    assert_int_equal(heard(&bench).sequence, 1);
    bench.now_ms += 10000;
    assert_int_equal(smpp_session_next_due_ms(bench.session), bench.now_ms);
    smpp_session_tick(bench.session, bench.now_ms);
    assert_int_equal(bench.finished, SMPP_END_NOT_BOUND_IN_TIME);
    done(&bench);
}

TEST(every_end_has_a_name)
{
    for (int end = SMPP_END_NONE; end <= SMPP_END_STUCK; end++)
        CHECK(smpp_end_name((enum smpp_end)end) != NULL, "end");
}

TEST(who_is_held_is_let_go_with_a_wake)
{
    static struct bench bench;
    unsigned wakes;

    open_bound(&bench);
    smpp_session_hold(bench.session, true);
    assert_true(smpp_session_is_held(bench.session));
    wakes = bench.wakes;
    smpp_session_hold(bench.session, false);
    assert_false(smpp_session_is_held(bench.session));
    assert_true(bench.wakes > wakes);
    receive_submit(&bench, 7);
    assert_string_equal(bench.log, "submit 7;");
    done(&bench);
}

/* What he is not answered he says again; what he was sent is in doubt from now on. */
TEST(an_smsc_that_has_ended_is_gone_though_he_is_owed_an_answer)
{
    static struct bench bench;
    struct smpp_bind bind = {
        .command = SMPP_BIND_TRANSCEIVER, .system_id = "sluice", .password = "pw"};
    struct smpp_pdu pdu;

    open_session(&bench, SMPP_ROLE_ESME);
    assert_true(smpp_session_bind(bench.session, &bind));
    smpp_pdu_init(&pdu, SMPP_BIND_TRANSCEIVER | SMPP_RESPONSE, ESME_ROK, 1);
    receive(&bench, &pdu);
    smpp_pdu_init(&pdu, SMPP_DELIVER_SM, 0, 7);
    receive(&bench, &pdu);
    assert_int_equal(smpp_session_pending(bench.session), 1);
    smpp_session_peer_ended(bench.session, bench.now_ms);
    assert_int_equal(bench.finished, SMPP_END_PEER_CLOSED);
    done(&bench);
}

static const struct CMUnitTest tests[] = {
    RUN(nothing_more_is_taken_while_a_bind_waits),
    RUN(an_answer_to_a_bind_that_has_gone_is_ignored),
    RUN(the_frame_of_an_unbound_peer_is_small),
    RUN(a_peer_over_its_window_is_paused_until_it_is_answered),
    RUN(a_window_that_is_full_says_wait_and_then_tells_of_room),
    RUN(full_output_says_wait_too),
    RUN(a_response_of_another_kind_is_no_answer),
    RUN(a_response_is_not_late_before_its_request_was_written),
    RUN(an_answer_that_comes_late_is_told_once),
    RUN(no_more_late_answers_are_awaited_than_the_window_has_places),
    RUN(a_number_that_may_be_answered_late_is_not_given_again),
    RUN(who_does_not_ask_for_late_answers_is_not_told_of_them),
    RUN(a_peer_is_not_late_while_we_do_not_listen),
    RUN(at_the_end_each_request_learns_whether_it_had_left),
    RUN(a_probe_hears_of_life_or_ends_the_session),
    RUN(an_unbind_does_not_wait_for_ever),
    RUN(an_smsc_that_unbinds_may_answer_what_it_has),
    RUN(an_unbind_is_answered_once_though_its_callback_answers_the_rest),
    RUN(two_unbinds_that_cross_end_the_session_once),
    RUN(a_request_without_a_callback_has_its_answer),
    RUN(what_cannot_be_encoded_is_refused_and_leaves_no_trace),
    RUN(an_answer_that_cannot_be_encoded_is_an_error_and_not_silence),
    RUN(our_bind_passes_no_limit),
    RUN(every_end_has_a_name),
    RUN(who_is_held_is_let_go_with_a_wake),
    RUN(an_smsc_that_has_ended_is_gone_though_he_is_owed_an_answer),
};

int main(void)
{
    return RUN_ALL(tests);
}
