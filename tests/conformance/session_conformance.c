/*
 * What SMPP 3.4 asks of a session: the rows of session_rows.def, each held twice, said at
 * once and octet by octet; the matrix of paragraph 2.3; and what takes more than one
 * exchange.  The octets are written from the text of the specification.
 */
#include "tests/conformance/clauses.h"

#include "tests/smpp/line.h"

#define BIND_BODY   "676F6F6400 707700 00 34 000000"
#define BOUND(kind) "8000000" kind "00000000 736C7569636500 0210 0001 34"
#define SUBMIT_BODY "00 000000 0101 3339303000 00 00 00 00 00 01 00 00 00 02 6869"
#define MULTI_BODY  "00 000000 01 01 0101 3339303000 00 00 00 00 00 01 00 00 00 02 6869"
#define DATA_BODY   "00 000000 0101 3339303000 00 00 00 0424 0002 6869"

enum given { OPEN, TX, RX, TRX };

static const struct row {
    enum smpp_role role;
    enum given given;
    const char *paragraph;
    const char *requirement;
    const char *said;
    const char *heard;
    enum smpp_end end; /* SMPP_END_NONE: the session stays */
} rows[] = {
#define ROW(role, given, paragraph, requirement, said, heard, end)                         \
    {SMPP_ROLE_##role, given, paragraph, requirement, said, heard, SMPP_END_##end},
#include "tests/conformance/session_rows.def"
#undef ROW
};

static const char *const kinds[] = {[TX] = "2", [RX] = "1", [TRX] = "9"};
static const uint32_t binds[] = {
    [TX] = SMPP_BIND_TRANSMITTER, [RX] = SMPP_BIND_RECEIVER, [TRX] = SMPP_BIND_TRANSCEIVER};

static void open_given(struct line *line, enum smpp_role role, enum given given)
{
    struct smpp_session_config config = line_config(role);
    char response[128];

    line_open(line, &config);
    if (given == OPEN)
        return;
    if (role == SMPP_ROLE_SMSC) {
        line_bind_esme(line, kinds[given], "34");
        return;
    }
    snprintf(response, sizeof(response),
             "0000001B 8000000%s 00000000 00000001 6D6E6F2D6100 0210 0001 34",
             kinds[given]);
    line_bind_us(line, binds[given], response);
}

static void hold_in_slices(const struct row *row, size_t slice)
{
    static struct line line;
    char name[256];

    snprintf(name, sizeof(name), "%s%s", row->requirement,
             slice == 0 ? "" : ", octet by octet");
    open_given(&line, row->role, row->given);
    line_say(&line, row->said, slice);
    line_hears(&line, row->heard, name);
    CHECK_EQ(line.far_closed, row->end != SMPP_END_NONE, name);
    if (row->end != SMPP_END_NONE) {
        line_pass(&line, SMPP_CONN_LINGER_MS);
        CHECK(line.closed, name);
        CHECK_EQ(line.end, row->end, name);
    }
    line_close(&line);
}

static void hold(const void *row)
{
    hold_in_slices(row, 0);
    hold_in_slices(row, 1);
}

static enum smpp_send deliver_or_submit(struct line *line, uint32_t command,
                                        uint64_t cookie)
{
    struct smpp_pdu request;

    smpp_pdu_init(&request, command, ESME_ROK, 0);
    request.source_ton = request.source_npi = 1;
    request.source = (struct smpp_octets){(const uint8_t *)"3900", 4};
    request.short_message = (struct smpp_octets){(const uint8_t *)"hi", 2};
    return smpp_session_send(line->session, &request, cookie);
}

/* ---- every request in every state ---- */

enum { LEAVING = TRX + 1, CELLS };

static const struct matrix_row {
    enum smpp_role from;
    const char *paragraph;
    const char *requirement;
    const char *command;
    const char *body;
    const char *taken;
    const char *cells;
} matrix[] = {
#define ROW(from, ...) {SMPP_ROLE_##from, __VA_ARGS__},
#include "tests/conformance/matrix_rows.def"
#undef ROW
};

/* Puts length and sequence_number 0x21 around the command, the status and the body. */
static void frame_of(const char *hex, char *out, size_t room)
{
    uint8_t octets[512];
    size_t size = line_octets(hex, octets, sizeof(octets));
    int used = snprintf(out, room, "%08zX ", size == 0 ? 0 : size + 8);

    assert_true(size >= 8);
    for (size_t i = 0; i < size; i++)
        used += snprintf(out + used, room - (size_t)used, "%02X%s", octets[i],
                         i == 7 ? " 00000021 " : "");
}

static void open_cell(struct line *line, enum smpp_role role, int state)
{
    open_given(line, role, state == LEAVING ? TRX : (enum given)state);
    if (state != LEAVING)
        return;
    /* What is open holds the unbind up. */
    line->hold_submits = true;
    if (role == SMPP_ROLE_SMSC)
        line_say(line, LINE_SUBMIT("00000077"), 0);
    else
        assert_int_equal(deliver_or_submit(line, SMPP_SUBMIT_SM, 0x77), SMPP_SEND_OK);
    line_run(line);
    line_forget(line);
    smpp_session_unbind(line->session, line->now_ms);
    line_run(line);
    assert_int_equal(smpp_session_state(line->session), SMPP_STATE_LEAVING);
}

static void hold_cell(const struct matrix_row *row, int state)
{
    enum smpp_role role = row->from == SMPP_ROLE_ESME ? SMPP_ROLE_SMSC : SMPP_ROLE_ESME;
    static const char *const states[] = {"open", "transmitter", "receiver", "transceiver",
                                         "leaving"};
    char response[16], said[512], heard[512] = "", text[600], name[128];
    static struct line line;

    snprintf(name, sizeof(name), "%s, %s", row->requirement, states[state]);
    snprintf(text, sizeof(text), "%s 00000000 %s", row->command, row->body);
    frame_of(text, said, sizeof(said));
    snprintf(response, sizeof(response), "8%s", row->command + 1);
    switch (row->cells[state]) {
    case 'T':
        frame_of(row->taken, heard, sizeof(heard));
        break;
    case '4':
        snprintf(heard, sizeof(heard), "00000010 %s 00000004 00000021", response);
        break;
    case '5':
        snprintf(heard, sizeof(heard), "00000010 %s 00000005 00000021", response);
        break;
    case 'N':
        snprintf(heard, sizeof(heard), LINE_NACK("00000003", "00000021"));
        break;
    default:
        break;
    }
    open_cell(&line, role, state);
    line_say(&line, said, 0);
    line_hears(&line, heard, name);
    CHECK_EQ(line.far_closed,
             row->cells[state] == 'E' ||
                 (strcmp(row->command, "00000006") == 0 && row->cells[state] == 'T'),
             name);
    line_close(&line);
}

static void hold_cells(const void *row)
{
    for (int cell = 0; cell < CELLS; cell++)
        hold_cell(row, cell);
}

/* ---- what takes more than one exchange ---- */

static enum smpp_send deliver(struct line *line, uint64_t cookie)
{
    return deliver_or_submit(line, SMPP_DELIVER_SM, cookie);
}

/* 5.0 4.7.24, 3.4 5.1.4 */
CLAUSE(our_sequence_numbers_begin_at_1_and_wrap_to_1)
{
    struct smpp_session_config config = line_config(SMPP_ROLE_SMSC);
    static struct line line;

    for (int i = 0; i < 2; i++) {
        config.first_sequence = i == 0 ? 0 : 0x7FFFFFFF;
        line_open(&line, &config);
        line_bind_esme(&line, "9", "34");
        assert_int_equal(deliver(&line, 1), SMPP_SEND_OK);
        assert_int_equal(deliver(&line, 2), SMPP_SEND_OK);
        line_run(&line);
        line_hears(&line,
                   i == 0 ? LINE_DELIVER("00000001") LINE_DELIVER("00000002")
                          : LINE_DELIVER("7FFFFFFF") LINE_DELIVER("00000001"),
                   "our numbers");
        line_close(&line);
    }
}

/* 5.0 2.6.1; 5.1.3: and our own requests carry status 0 */
CLAUSE(each_direction_has_its_own_sequence_numbers)
{
    static struct line line;

    open_given(&line, SMPP_ROLE_SMSC, TRX);
    assert_int_equal(deliver(&line, 0x51), SMPP_SEND_OK);
    line_say(&line, LINE_SUBMIT("00000001"), 0);
    line_hears(&line, LINE_DELIVER("00000001") LINE_SUBMIT_RESP("00000001"), "both");
    line_say(&line, LINE_DELIVER_RESP("00000001"), 0);
    assert_string_equal(line.log, "answer 51;status 0;");
    line_close(&line);
}

/* 2.6.2 */
CLAUSE(responses_may_come_in_any_order)
{
    static struct line line;

    open_given(&line, SMPP_ROLE_SMSC, RX);
    for (uint64_t cookie = 0xA1; cookie <= 0xA3; cookie++)
        assert_int_equal(deliver(&line, cookie), SMPP_SEND_OK);
    line_say(&line,
             LINE_DELIVER_RESP("00000003") LINE_DELIVER_RESP("00000001")
                 LINE_DELIVER_RESP("00000002"),
             0);
    assert_string_equal(line.log,
                        "answer a3;status 0;answer a1;status 0;answer a2;status 0;");
    line_close(&line);
}

/* 5.0 3.2.1.3, 4.3: an error with a body, and generic_nack, are answers too */
CLAUSE(an_error_is_an_answer_with_or_without_a_body)
{
    static struct line line;

    open_given(&line, SMPP_ROLE_SMSC, RX);
    for (uint64_t cookie = 1; cookie <= 3; cookie++)
        assert_int_equal(deliver(&line, cookie), SMPP_SEND_OK);
    line_say(&line,
             "00000011 80000005 00000058 00000001 00" LINE_HEADER(
                 "80000005", "00000064", "00000002") LINE_NACK("00000003", "00000003"),
             0);
    assert_string_equal(line.log,
                        "answer 1;status 58;answer 2;status 64;answer 3;status 3;");
    line_close(&line);
}

/* 2.3 */
CLAUSE(nothing_is_delivered_to_a_transmitter)
{
    static struct line line;

    open_given(&line, SMPP_ROLE_SMSC, TX);
    assert_int_equal(deliver(&line, 1), SMPP_SEND_NOT_BOUND);
    line_run(&line);
    line_hears(&line, "", "a transmitter");
    line_close(&line);
}

/* par. 3.4, both roles */
CLAUSE(a_peer_that_told_no_version_gets_no_tlvs)
{
    static const struct {
        const char *row;
        enum smpp_role role;
        const char *version; /* in hexadecimal, of the ESME or of the SMSC; "" = not told */
        bool takes;
    } peers[] = {
        {"an ESME of 3.3",         SMPP_ROLE_SMSC, "33", false},
        {"an ESME of 3.4",         SMPP_ROLE_SMSC, "34", true },
        {"an ESME of 5.0",         SMPP_ROLE_SMSC, "50", true },
        {"an SMSC that tells 3.4", SMPP_ROLE_ESME, "34", true },
        {"an SMSC that tells 3.3", SMPP_ROLE_ESME, "33", false},
        {"an SMSC that is silent", SMPP_ROLE_ESME, "",   false},
    };
    static struct line line;

    for (size_t i = 0; i < ROWS(peers); i++) {
        struct smpp_session_config config = line_config(peers[i].role);
        struct smpp_pdu request;
        char response[128];

        line_open(&line, &config);
        snprintf(response, sizeof(response),
                 "000000%s 80000009 00000000 00000001 6D00 %s %s",
                 peers[i].version[0] == '\0' ? "12" : "17",
                 peers[i].version[0] == '\0' ? "" : "0210 0001", peers[i].version);
        if (peers[i].role == SMPP_ROLE_SMSC)
            line_bind_esme(&line, "9", peers[i].version);
        else
            line_bind_us(&line, SMPP_BIND_TRANSCEIVER, response);
        smpp_pdu_init(&request,
                      peers[i].role == SMPP_ROLE_SMSC ? SMPP_DELIVER_SM : SMPP_SUBMIT_SM, 0,
                      0);
        request.destination = (struct smpp_octets){(const uint8_t *)"1", 1};
        assert_true(smpp_pdu_add_tlv(&request, SMPP_TLV_MESSAGE_STATE, "\2", 1));
        assert_int_equal(smpp_session_send(line.session, &request, 1), SMPP_SEND_OK);
        line_run(&line);
        CHECK_EQ(line_forget(&line), 16 + 18 + (peers[i].takes ? 5 : 0), peers[i].row);

        assert_true(smpp_pdu_add_tlv(&request, SMPP_TLV_MESSAGE_PAYLOAD, "long", 4));
        CHECK_EQ(smpp_session_send(line.session, &request, 2),
                 peers[i].takes ? SMPP_SEND_OK : SMPP_SEND_REFUSED, peers[i].row);
        line_close(&line);
    }
}

/* 4.1 */
CLAUSE(another_kind_of_bind_may_follow_one_that_is_not_served)
{
    static struct line line;

    open_given(&line, SMPP_ROLE_SMSC, OPEN);
    line.bind_status = ESME_RINVCMDID;
    line_say(&line, LINE_BIND("9", "34"), 0);
    line_hears(&line, LINE_HEADER("80000009", "00000003", "00000001"), "transceiver");
    line.bind_status = ESME_ROK;
    line_say(&line, LINE_BIND("2", "34"), 0);
    line_hears(&line, LINE_BIND_RESP("2", "34"), "transmitter");
    line_close(&line);
}

/* 7.2 session_init_timer */
CLAUSE(who_does_not_bind_in_time_is_closed)
{
    static struct line line;

    open_given(&line, SMPP_ROLE_SMSC, OPEN);
    line_say(&line, "0000001D 00000009", 0);
    line_pass(&line, 9999);
    assert_false(line.closed);
    line_pass(&line, 1);
    assert_true(line.closed && line.far_closed);
    assert_int_equal(line.end, SMPP_END_NOT_BOUND_IN_TIME);
    line_close(&line);
}

/* 7.2, as an ESME: the response to our bind */
CLAUSE(an_SMSC_that_does_not_answer_our_bind_in_time_is_left)
{
    struct smpp_bind bind = {
        .command = SMPP_BIND_TRANSCEIVER, .system_id = "good", .password = "pw"};
    static struct line line;

    open_given(&line, SMPP_ROLE_ESME, OPEN);
    assert_true(smpp_session_bind(line.session, &bind));
    line_run(&line);
    line_hears(&line, LINE_BIND("9", "34"), "bind");
    line_pass(&line, 9999);
    assert_false(line.closed);
    line_pass(&line, 1);
    assert_true(line.closed && line.far_closed);
    assert_int_equal(line.end, SMPP_END_NOT_BOUND_IN_TIME);
    line_close(&line);
}

/* 4.1.2, as an ESME */
CLAUSE(a_bind_that_an_SMSC_refuses_ends_without_an_unbind)
{
    struct smpp_bind bind = {
        .command = SMPP_BIND_TRANSMITTER, .system_id = "good", .password = "pw"};
    static struct line line;

    open_given(&line, SMPP_ROLE_ESME, OPEN);
    assert_true(smpp_session_bind(line.session, &bind));
    line_run(&line);
    line_hears(&line, LINE_BIND("2", "34"), "bind");
    line_say(&line, LINE_HEADER("80000002", "0000000D", "00000001"), 0);
    line_hears(&line, "", "after a refusal");
    assert_true(line.far_closed);
    assert_string_equal(line.log, "refused d;");
    line_close(&line);
}

/* 7.2 enquire_link_timer, 4.11: any PDU is an answer */
CLAUSE(a_silent_peer_is_asked_and_then_closed)
{
    static struct line line;

    open_given(&line, SMPP_ROLE_SMSC, TRX);
    line_pass(&line, 29999);
    line_hears(&line, "", "too early to ask");
    line_pass(&line, 1);
    line_hears(&line, LINE_ENQUIRE("00000001"), "asked");
    line_say(&line, LINE_SUBMIT("00000002"), 0);
    line_hears(&line, LINE_SUBMIT_RESP("00000002"), "a submit_sm is an answer");
    line_pass(&line, 30000);
    line_hears(&line, LINE_ENQUIRE("00000002"), "asked again");
    line_say(&line, LINE_ENQUIRE_RESP("00000002"), 0);
    line_pass(&line, 30000);
    line_hears(&line, LINE_ENQUIRE("00000003"), "and again");
    line_pass(&line, 4999);
    assert_false(line.closed);
    line_pass(&line, 1);
    assert_true(line.closed);
    assert_int_equal(line.end, SMPP_END_SILENT);
    line_close(&line);
}

/* 7.2 inactivity_timer: enquire_link is no transaction */
CLAUSE(an_inactive_peer_is_unbound)
{
    struct smpp_session_config config = line_config(SMPP_ROLE_SMSC);
    static struct line line;

    config.limits.inactivity_ms = 60000;
    config.limits.enquire_link_ms = 0;
    line_open(&line, &config);
    line_bind_esme(&line, "2", "34");
    line_pass(&line, 59999);
    line_say(&line, LINE_ENQUIRE("00000002"), 0);
    line_forget(&line);
    line_pass(&line, 1);
    line_hears(&line, LINE_HEADER("00000006", "00000000", "00000001"), "unbind");
    line_pass(&line, 2999);
    assert_false(line.far_closed);
    line_pass(&line, 1);
    assert_true(line.far_closed);
    line_pass(&line, SMPP_CONN_LINGER_MS);
    assert_int_equal(line.end, SMPP_END_INACTIVE);
    line_close(&line);
}

/* 7.2 response_timer */
CLAUSE(a_request_that_is_swallowed_times_out)
{
    static struct line line;

    open_given(&line, SMPP_ROLE_SMSC, TRX);
    assert_int_equal(deliver(&line, 0x51), SMPP_SEND_OK);
    line_pass(&line, 4999);
    assert_string_equal(line.log, "");
    line_pass(&line, 1);
    assert_string_equal(line.log, "timed-out 51;");
    line_say(&line, LINE_DELIVER_RESP("00000001"), 0);
    assert_string_equal(line.log, "timed-out 51;");
    assert_int_equal(smpp_session_counters(line.session)->unmatched_responses, 1);
    line_close(&line);
}

/* 4.2: all that was submitted is answered before the unbind is */
CLAUSE(an_unbind_waits_for_what_is_pending)
{
    static struct line line;

    open_given(&line, SMPP_ROLE_SMSC, TRX);
    line.hold_submits = true;
    line_say(&line,
             LINE_SUBMIT("00000002") LINE_SUBMIT("00000003") LINE_SUBMIT("00000004")
                 LINE_SUBMIT("00000005") LINE_SUBMIT("00000006")
                     LINE_HEADER("00000006", "00000000", "00000007")
                         LINE_SUBMIT("00000008"),
             0);
    line_hears(&line, LINE_HEADER("80000004", "00000004", "00000008"), "too late");
    line_answer_held(&line);
    line_run(&line);
    line_hears(&line,
               LINE_SUBMIT_RESP("00000002") LINE_SUBMIT_RESP("00000003")
                   LINE_SUBMIT_RESP("00000004") LINE_SUBMIT_RESP("00000005")
                       LINE_SUBMIT_RESP("00000006")
                           LINE_HEADER("80000006", "00000000", "00000007"),
               "drained");
    assert_true(line.far_closed);
    line_close(&line);
}

/* 4.2, 2.3: the SMSC may unbind */
CLAUSE(we_unbind_when_what_we_sent_is_answered)
{
    static struct line line;

    open_given(&line, SMPP_ROLE_SMSC, TRX);
    assert_int_equal(deliver(&line, 1), SMPP_SEND_OK);
    line_run(&line);
    line_forget(&line);
    smpp_session_unbind(line.session, line.now_ms);
    line_run(&line);
    line_hears(&line, "", "one is open");
    assert_int_equal(deliver(&line, 2), SMPP_SEND_NOT_BOUND);
    line_say(&line, LINE_DELIVER_RESP("00000001"), 0);
    line_hears(&line, LINE_HEADER("00000006", "00000000", "00000002"), "unbind");
    assert_false(line.far_closed);
    line_say(&line, LINE_HEADER("80000006", "00000000", "00000002"), 0);
    assert_true(line.far_closed);
    line_pass(&line, SMPP_CONN_LINGER_MS);
    assert_int_equal(line.end, SMPP_END_UNBOUND);
    line_close(&line);
}

/* 2.4: TCP may end without an unbind. */
CLAUSE(a_connection_that_ends_ends_the_session_and_what_was_open_is_told)
{
    static struct line line;

    open_given(&line, SMPP_ROLE_SMSC, TRX);
    assert_int_equal(deliver(&line, 0x51), SMPP_SEND_OK);
    line_run(&line);
    bufferevent_flush(line.far, EV_WRITE, BEV_FINISHED);
    line_run(&line);
    assert_true(line.closed);
    assert_int_equal(line.end, SMPP_END_PEER_CLOSED);
    assert_string_equal(line.log, "lost 51;");
    line_close(&line);
}

/* 2.2.1 */
static void bind_back(void *owner, const struct smpp_pdu *outbind)
{
    struct line *line = owner;
    struct smpp_bind bind = {
        .command = SMPP_BIND_RECEIVER, .system_id = "good", .password = "pw"};

    (void)outbind;
    assert_true(smpp_session_bind(line->session, &bind));
}

CLAUSE(an_outbind_leads_to_a_bind_or_to_the_end_without_a_pdu)
{
    static const char outbind[] = "00000013 0000000B 00000000 00000001 6100 00";
    static struct line line;

    for (int known = 0; known < 2; known++) {
        open_given(&line, SMPP_ROLE_ESME, OPEN);
        line.ops.on_outbind = known ? bind_back : NULL;
        line_say(&line, outbind, 0);
        line_hears(&line, known ? LINE_BIND("1", "34") : "", "outbind");
        CHECK_EQ(line.far_closed, !known, "outbind");
        line_close(&line);
    }
}

int main(void)
{
    static struct clauses clauses;

    for (size_t i = 0; i < ROWS(rows); i++)
        clauses_add(&clauses, rows[i].paragraph, rows[i].requirement, "", hold, &rows[i]);
    for (size_t i = 0; i < ROWS(matrix); i++)
        clauses_add(&clauses, matrix[i].paragraph, matrix[i].requirement,
                    matrix[i].from == SMPP_ROLE_ESME ? ", from an ESME, in every state"
                                                     : ", from an SMSC, in every state",
                    hold_cells, &matrix[i]);
    CLAUSES_ADD_NAMED(&clauses, "5.1.4, 5.0 4.7.24",
                      our_sequence_numbers_begin_at_1_and_wrap_to_1);
    CLAUSES_ADD_NAMED(&clauses, "5.1.3, 5.0 2.6.1",
                      each_direction_has_its_own_sequence_numbers);
    CLAUSES_ADD_NAMED(&clauses, "2.6.1, 2.6.2", responses_may_come_in_any_order);
    CLAUSES_ADD_NAMED(&clauses, "4.3, 5.0 3.2.1.3",
                      an_error_is_an_answer_with_or_without_a_body);
    CLAUSES_ADD_NAMED(&clauses, "2.3, 2.5", nothing_is_delivered_to_a_transmitter);
    CLAUSES_ADD_NAMED(&clauses, "3.4", a_peer_that_told_no_version_gets_no_tlvs);
    CLAUSES_ADD_NAMED(&clauses, "4.1",
                      another_kind_of_bind_may_follow_one_that_is_not_served);
    CLAUSES_ADD_NAMED(&clauses, "2.9, 7.2", who_does_not_bind_in_time_is_closed);
    CLAUSES_ADD_NAMED(&clauses, "2.9, 7.2",
                      an_SMSC_that_does_not_answer_our_bind_in_time_is_left);
    CLAUSES_ADD_NAMED(&clauses, "4.1.2",
                      a_bind_that_an_SMSC_refuses_ends_without_an_unbind);
    CLAUSES_ADD_NAMED(&clauses, "2.9, 4.11, 7.2", a_silent_peer_is_asked_and_then_closed);
    CLAUSES_ADD_NAMED(&clauses, "2.9, 7.2", an_inactive_peer_is_unbound);
    CLAUSES_ADD_NAMED(&clauses, "2.8, 2.9, 7.2", a_request_that_is_swallowed_times_out);
    CLAUSES_ADD_NAMED(&clauses, "4.2", an_unbind_waits_for_what_is_pending);
    CLAUSES_ADD_NAMED(&clauses, "4.2, 2.3", we_unbind_when_what_we_sent_is_answered);
    CLAUSES_ADD_NAMED(&clauses, "2.4",
                      a_connection_that_ends_ends_the_session_and_what_was_open_is_told);
    CLAUSES_ADD_NAMED(&clauses, "2.2.1, 4.1.7",
                      an_outbind_leads_to_a_bind_or_to_the_end_without_a_pdu);
    return clauses_run(&clauses);
}
