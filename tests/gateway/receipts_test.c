/*
 * Receipts and notifications as the account sees them: the test is its client, and behind
 * the gateway the operator too.  Time is virtual.
 */
#include "gateway/receipts.h"

#include <stdlib.h>
#include <unistd.h>

#include "gateway/catalog.h"
#include "gateway/gateway.h"
#include "gateway/intake.h"
#include "gateway/receipts_pieces.h"
#include "smpp/command.h"
#include "tests/gateway/lone_line.h"
#include "tests/test.h"

enum {
    LINES = 3,
    QUIET_MS = 20,
    SLICE_MS = 20000,
    ACCOUNT = 3 /* by index, after lone_gateway.c's own */
};

static int listener;
static struct lone_gateway *lone;
static struct lone_line operator;
static struct lone_line lines[LINES];

static struct gateway_counters *counters(void)
{
    return &lone_gateway_of(lone)->counters;
}

/* With these settings of the link and of the account "esme". */
static void begin_with(const char *link, const char *account)
{
    char settings[512];
    char sections[2048];
    uint16_t port;

    listener = lone_line_listen(&port);
    snprintf(settings, sizeof(settings), "host = \"127.0.0.1\" %s", link);
    snprintf(sections, sizeof(sections),
             "account \"esme\" { password = \"p\" plan = \"dear\" opening = \"1000\" "
             "binds = 8 %s }",
             account);
    lone = lone_gateway_new_virtual(port, settings, sections);
    operator.fd = - 1;
    for (size_t i = 0; i < LINES; i++)
        lines[i].fd = -1;
}

static void begin(void)
{
    begin_with("", "");
}

static void end(void)
{
    for (size_t i = 0; i < LINES; i++)
        if (lines[i].fd >= 0)
            lone_line_close(&lines[i]);
    if (operator.fd >= 0)
        lone_line_close(&operator);
    close(listener);
    lone_gateway_free(lone);
}

static struct smpp_octets view(const char *text)
{
    return (struct smpp_octets){(const uint8_t *)text, (uint32_t)strlen(text)};
}

/* The next PDU but for questions whether we live, which are answered. */
static bool hear(struct lone_line *line, struct smpp_pdu *out, int wait_ms)
{
    while (lone_line_read(line, out, wait_ms)) {
        if (out->command != SMPP_ENQUIRE_LINK)
            return true;
        lone_line_answer(line, out, ESME_ROK);
    }
    return false;
}

static void hear_this(struct lone_line *line, uint32_t command, struct smpp_pdu *out)
{
    if (!hear(line, out, 5000))
        fail_msg("no PDU came");
    CHECK_EQ(out->command, command, "the next PDU");
}

static void bind_operator(void)
{
    struct smpp_pdu bind;

    assert_true(lone_line_accept(&operator, lone, listener, 3000));
    hear_this(&operator, SMPP_BIND_TRANSCEIVER, &bind);
    lone_line_answer(&operator, & bind, ESME_ROK);
}

static void bind_version(struct lone_line *line, uint32_t command, uint8_t version,
                         struct smpp_pdu *out_answer)
{
    struct smpp_pdu pdu;

    lone_line_connect(line, lone);
    smpp_pdu_init(&pdu, command, 0, 1);
    pdu.system_id = view("esme");
    pdu.password = view("p");
    pdu.interface_version = version;
    lone_line_send(line, &pdu);
    hear_this(line, command | SMPP_RESPONSE, out_answer);
    CHECK_EQ(out_answer->status, ESME_ROK, "the bind");
}

static void bind_line(struct lone_line *line, uint32_t command)
{
    struct smpp_pdu answer;

    bind_version(line, command, 0x34, &answer);
}

/* Sends one that asks so, and keeps the id it is given. */
static void submit(struct lone_line *line, uint8_t registered, char out_id[32])
{
    struct smpp_pdu pdu;

    smpp_pdu_init(&pdu, SMPP_SUBMIT_SM, 0, 2);
    pdu.source = view("1234");
    pdu.destination = view("491700000001");
    pdu.registered_delivery = registered;
    pdu.short_message = view("hello");
    lone_line_send(line, &pdu);
    hear_this(line, SMPP_SUBMIT_SM | SMPP_RESPONSE, &pdu);
    CHECK_EQ(pdu.status, ESME_ROK, "submit_sm");
    assert_in_range(pdu.message_id.size, 1, 31);
    memcpy(out_id, pdu.message_id.data, pdu.message_id.size);
    out_id[pdu.message_id.size] = '\0';
}

/* The operator takes the next segment under this id. */
static void take(const char *id)
{
    struct smpp_pdu pdu;

    hear_this(&operator, SMPP_SUBMIT_SM, &pdu);
    lone_line_take(&operator, & pdu, id);
}

/* The operator reports; its words are those of Appendix B. */
static void report(const char *id, const char *rest)
{
    struct smpp_pdu pdu;
    char text[128];

    snprintf(text, sizeof(text), "id:%s sub:001 dlvrd:001 %s", id, rest);
    smpp_pdu_init(&pdu, SMPP_DELIVER_SM, 0, 9);
    pdu.esm_class = 0x04;
    pdu.short_message = view(text);
    lone_line_send(&operator, & pdu);
    hear_this(&operator, SMPP_DELIVER_SM | SMPP_RESPONSE, &pdu);
    CHECK_EQ(pdu.status, ESME_ROK, "the report");
}

static bool says(const struct smpp_pdu *deliver, const char *what)
{
    char text[256];

    assert_in_range(deliver->short_message.size, 1, 254);
    memcpy(text, deliver->short_message.data, deliver->short_message.size);
    text[deliver->short_message.size] = '\0';
    return strstr(text, what) != NULL;
}

static void expect(struct lone_line *line, uint8_t esm_class, const char *id,
                   const char *stat, struct smpp_pdu *out)
{
    char told[64];

    hear_this(line, SMPP_DELIVER_SM, out);
    snprintf(told, sizeof(told), "id:%s sub:", id);
    CHECK_EQ(out->esm_class, esm_class, stat);
    CHECK(says(out, told), stat);
    CHECK(says(out, stat), stat);
}

static void expect_silence(struct lone_line *line, const char *row)
{
    struct smpp_pdu pdu;

    CHECK(!hear(line, &pdu, QUIET_MS), row);
}

/* So much time in which nothing is said but that both sides live. */
static void pass_in_silence(int64_t ms, const char *row)
{
    for (; ms > 0; ms -= SLICE_MS) {
        lone_gateway_pass(lone, ms < SLICE_MS ? ms : SLICE_MS);
        expect_silence(&operator, row);
        for (size_t i = 0; i < LINES; i++)
            if (lines[i].fd >= 0)
                expect_silence(&lines[i], row);
    }
}

/* One message through to DELIVRD, its receipt not yet read. */
static void deliver_one(struct lone_line *line, const char *operators, char out_id[32])
{
    submit(line, 1, out_id);
    take(operators);
    report(operators, "stat:DELIVRD err:000 text:");
}

/* ---- What is asked for, and what is told ------------------------------------------ */

/* Design of the ends: their words, states, and who hears of them. */
TEST(each_end_has_its_word_and_its_hearers)
{
    static const struct {
        const char *row;
        const char *accepted_as;
        enum message_end end;
        const char *stat;
        uint8_t state;
        bool success;
    } rows[] = {
        {"delivered",           "ACCEPTD", MESSAGE_DELIVERED,     "stat:DELIVRD", 2, true },
        {"accepted",            "ACCEPTD", MESSAGE_ACCEPTED,      "stat:ACCEPTD", 6, true },
        {"accepted as DELIVRD", "DELIVRD", MESSAGE_ACCEPTED,      "stat:DELIVRD", 2, true },
        {"accepted as UNKNOWN", "UNKNOWN", MESSAGE_ACCEPTED,      "stat:UNKNOWN", 7, false},
        {"undeliverable",       "DELIVRD", MESSAGE_UNDELIVERABLE, "stat:UNDELIV", 5, false},
        {"expired",             "DELIVRD", MESSAGE_EXPIRED,       "stat:EXPIRED", 3, false},
        {"rejected",            "DELIVRD", MESSAGE_REJECTED,      "stat:REJECTD", 8, false},
        {"cancelled",           "DELIVRD", MESSAGE_CANCELLED,     "stat:DELETED", 4, false},
        {"unknown",             "DELIVRD", MESSAGE_UNKNOWN,       "stat:UNKNOWN", 7, false},
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        char setting[64];
        struct body *body = live_body_new(5, 0);
        struct live live = {.bodies = &body, .body_count = 1};
        struct store_receipt row;
        struct letter letter;
        const struct smpp_tlv *told;

        snprintf(setting, sizeof(setting), "accepted_as = \"%s\"", rows[i].accepted_as);
        begin_with("", setting);
        live.message.account =
            catalog_account_at(lone_gateway_of(lone)->catalog, ACCOUNT)->number;
        live.message.end = (uint8_t)rows[i].end;
        live.message.segments = 1;
        memcpy(body->bytes, "hello", 5);
        for (unsigned registered = 0; registered < 256; registered++) {
            bool wanted = (registered & 3) == 1 ||
                          ((registered & 3) == 2 && !rows[i].success) ||
                          ((registered & 3) == 3 && rows[i].success);

            body->registered_delivery = (uint8_t)registered;
            CHECK_EQ(receipts_write_row(lone_gateway_of(lone), &live, body, &row), wanted,
                     rows[i].row);
        }
        body->registered_delivery = 1;
        assert_true(receipts_write_row(lone_gateway_of(lone), &live, body, &row));
        receipts_write_letter(lone_gateway_of(lone), live.message.account, row.bytes,
                              row.size, &letter);
        CHECK(says(&letter.pdu, rows[i].stat), rows[i].row);
        CHECK_EQ(letter.pdu.esm_class, 0x04, rows[i].row);
        told = smpp_pdu_tlv(&letter.pdu, SMPP_TLV_MESSAGE_STATE);
        assert_non_null(told);
        CHECK_EQ(smpp_tlv_integer(told), rows[i].state, rows[i].row);
        free(body);
        end();
    }
}

TEST(the_account_chooses_its_form)
{
    struct smpp_pdu pdu;
    char id[32];
    char text[256];

    begin_with("", "receipt_date_digits = 14 receipt_zone = \"+03:00\" "
                   "receipt_text_length = 3 receipt_err_digits = 4 receipt_tlvs = false");
    bind_operator();
    bind_line(&lines[0], SMPP_BIND_TRANSCEIVER);
    submit(&lines[0], 1, id);
    take("op1");
    report("op1", "stat:UNDELIV err:021 text:");
    hear_this(&lines[0], SMPP_DELIVER_SM, &pdu);
    snprintf(text, sizeof(text), "id:%s sub:001 dlvrd:000 submit date:202607311530", id);
    CHECK(says(&pdu, text), "dates in the zone");
    CHECK(says(&pdu, " stat:UNDELIV err:0021 text:hel"), "the error and the text");
    CHECK_EQ(pdu.short_message.size,
             strlen(text) + 2 + strlen(" done date:20260731153005") +
                 strlen(" stat:UNDELIV err:0021 text:hel"),
             "and no more");
    CHECK_EQ(pdu.tlv_count, 0, "optional parameters");
    end();
}

/* Vonage, Kannel msg-id-type: an id in hex is answered and one in decimal reported. */
TEST(the_id_of_a_receipt_may_have_another_form)
{
    static const struct {
        const char *answered;
        const char *reported;
        int base_answered;
        int base_reported;
        size_t digits; /* of the receipt's; 0: as many as it has */
    } rows[] = {
        {"hex",     "decimal",  16, 10, 0 },
        {"decimal", "hex",      10, 16, 16},
        {"alias",   "decimal",  16, 10, 0 },
        {"alias",   "as-given", 16, 16, 8 },
        {"hex",     "as-given", 16, 16, 16},
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        const struct smpp_tlv *told;
        char settings[96], id[32], text[64];
        struct smpp_pdu pdu;

        snprintf(settings, sizeof(settings), "message_id = \"%s\" receipt_id = \"%s\"",
                 rows[i].answered, rows[i].reported);
        begin_with("", settings);
        bind_operator();
        bind_line(&lines[0], SMPP_BIND_TRANSCEIVER);
        deliver_one(&lines[0], "op1", id);
        hear_this(&lines[0], SMPP_DELIVER_SM, &pdu);
        told = smpp_pdu_tlv(&pdu, SMPP_TLV_RECEIPTED_MESSAGE_ID);
        assert_non_null(told);
        CHECK_EQ(strtoull((const char *)told->value, NULL, rows[i].base_reported),
                 strtoull(id, NULL, rows[i].base_answered), settings);
        if (rows[i].digits > 0)
            CHECK_EQ(strlen((const char *)told->value), rows[i].digits, settings);
        snprintf(text, sizeof(text), "id:%s sub:", (const char *)told->value);
        CHECK(says(&pdu, text), settings);
        end();
    }
}

TEST(dates_of_an_operator_are_not_told)
{
    static const char *const dates[] = {
        "submit date:7001010000 done date:9912312359 ",
        "submit date:19700101000000 done date:20991231235959 ",
        "submit date:0000000000 done date:0000000000 ",
    };
    struct smpp_pdu pdu;
    struct lone_answer answer;
    char id[32], operators[8], rest[128], path[64];

    begin();
    bind_operator();
    bind_line(&lines[0], SMPP_BIND_TRANSCEIVER);
    for (size_t i = 0; i < ROWS(dates); i++) {
        submit(&lines[0], 1, id);
        snprintf(operators, sizeof(operators), "d%zu", i);
        take(operators);
        snprintf(rest, sizeof(rest), "%sstat:DELIVRD err:000 text:", dates[i]);
        report(operators, rest);
        expect(&lines[0], 0x04, id, "stat:DELIVRD", &pdu);
        CHECK(says(&pdu, "submit date:2607311230 done date:2607311230"), dates[i]);
        lone_line_answer(&lines[0], &pdu, ESME_ROK);
        snprintf(path, sizeof(path), "/v1/messages/%s", id);
        answer = lone_gateway_ask(lone, "admin-token", "GET", path, "", NULL);
        CHECK(strstr(answer.body, "\"ended_at\":\"2026-07-31T12:30:") != NULL, answer.body);
        CHECK(strstr(answer.body, "\"updated_at\":\"2026-07-31T12:30:") != NULL,
              answer.body);
    }
    end();
}

/* The ids do not go back with it: they are of the hour that was. */
TEST(after_the_clock_was_set_back_no_receipt_tells_of_a_time_to_come)
{
    struct gateway *gateway;
    char dates[2][16], id[32], text[160];
    const char *at;
    struct smpp_pdu pdu;

    begin();
    gateway = lone_gateway_of(lone);
    (void)ids_next(&gateway->ids, gateway_now_ms(gateway) + 3600 * 1000);
    bind_operator();
    bind_line(&lines[0], SMPP_BIND_TRANSCEIVER);
    deliver_one(&lines[0], "op1", id);
    expect(&lines[0], 0x04, id, "stat:DELIVRD", &pdu);
    memcpy(text, pdu.short_message.data, pdu.short_message.size);
    text[pdu.short_message.size] = '\0';
    at = strstr(text, "submit date:");
    assert_non_null(at);
    assert_int_equal(sscanf(at, "submit date:%15s done date:%15s", dates[0], dates[1]), 2);
    CHECK(strcmp(dates[0], dates[1]) <= 0, text);
    end();
}

TEST(acknowledgements_of_the_recipient_are_for_the_operator)
{
    static const struct {
        uint8_t asked;
        uint8_t passed;
    } rows[] = {
        {0x00, 0x01},
        {0x01, 0x01},
        {0x04, 0x05},
        {0x0A, 0x09},
        {0xFF, 0x0D},
    };
    struct smpp_pdu pdu;
    char id[32];

    begin();
    bind_operator();
    bind_line(&lines[0], SMPP_BIND_TRANSMITTER);
    for (size_t i = 0; i < ROWS(rows); i++) {
        submit(&lines[0], rows[i].asked, id);
        hear_this(&operator, SMPP_SUBMIT_SM, &pdu);
        CHECK_EQ(pdu.registered_delivery, rows[i].passed, "what the operator is asked");
        lone_line_take(&operator, & pdu, id);
    }
    end();
}

TEST(below_34_nothing_has_optional_parameters)
{
    static const struct {
        const char *row;
        uint8_t version;
        int told; /* sc_interface_version, 0: none */
    } rows[] = {
        {"3.3",       0x33, 0   },
        {"none said", 0x00, 0   },
        {"3.4",       0x34, 0x34},
        {"5.0",       0x50, 0x34},
    };

    begin_with("", "tlv \"0x3D02\" { }");
    bind_operator();
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct smpp_pdu pdu;
        const struct smpp_tlv *told;
        char id[32];
        char operators[8];

        snprintf(operators, sizeof(operators), "op%zu", i);
        bind_version(&lines[0], SMPP_BIND_TRANSCEIVER, rows[i].version, &pdu);
        told = smpp_pdu_tlv(&pdu, SMPP_TLV_SC_INTERFACE_VERSION);
        CHECK_EQ(told ? smpp_tlv_integer(told) : 0, rows[i].told, rows[i].row);
        CHECK_EQ(pdu.tlv_count, rows[i].told ? 1 : 0, rows[i].row);
        deliver_one(&lines[0], operators, id);
        expect(&lines[0], 0x04, id, "stat:DELIVRD", &pdu);
        CHECK_EQ(pdu.tlv_count, rows[i].told ? 3 : 0, rows[i].row);
        lone_line_answer(&lines[0], &pdu, ESME_ROK);
        lone_line_close(&lines[0]);
    }
    end();
}

/* ---- The dictionary --------------------------------------------------------------- */

static void check_tlv(const struct smpp_pdu *pdu, uint16_t tag, const void *value,
                      size_t size, const char *row)
{
    const struct smpp_tlv *tlv = smpp_pdu_tlv(pdu, tag);

    if (tlv == NULL)
        fail_msg("%s: it is not there", row);
    CHECK_BYTES(tlv->value, tlv->size, value, size, row);
}

static const char dictionary[] =
    "tlv \"0x3D01\" { where = \"both\" } tlv \"0x3D02\" { form = \"cstring\" } "
    "tlv \"0x3D03\" { form = \"int1\" values = {\"1 = chat\", \"2 = sms\"} } "
    "tlv \"0x3D04\" { } tlv \"0x3D05\" { } tlv \"0x1405\" { means = \"reason\" } "
    "tlv \"0x1400\" { means = \"reference\" } tlv \"0x1401\" { means = \"pass\" } "
    "plans = {\"both\"}";

static void submit_with(struct lone_line *line, const uint16_t tags[2],
                        const char *const values[2], struct smpp_pdu *out_answer)
{
    struct smpp_pdu pdu;

    smpp_pdu_init(&pdu, SMPP_SUBMIT_SM, 0, 2);
    pdu.destination = view("491700000001");
    pdu.registered_delivery = 1;
    pdu.short_message = view("hello");
    for (size_t i = 0; i < 2 && tags[i] != 0; i++)
        assert_true(
            smpp_pdu_add_tlv(&pdu, tags[i], values[i], (uint16_t)strlen(values[i])));
    lone_line_send(line, &pdu);
    hear_this(line, SMPP_SUBMIT_SM | SMPP_RESPONSE, out_answer);
}

TEST(a_receipt_says_what_the_dictionary_turns_on)
{
    static const uint16_t tags[] = {0x1400, 0x1401};
    static const char *const values[] = {"order 17", "for the operator"};
    struct smpp_pdu pdu;

    begin_with("tlv \"0x1401\" { means = \"pass\" } "
               "tlv \"0x1414\" { means = \"fixed\" value = \"OTP\" }",
               dictionary);
    bind_operator();
    bind_line(&lines[0], SMPP_BIND_TRANSCEIVER);
    submit_with(&lines[0], tags, values, &pdu);
    hear_this(&operator, SMPP_SUBMIT_SM, &pdu);
    CHECK_EQ(pdu.tlv_count, 2, "to the operator");
    check_tlv(&pdu, 0x1401, "for the operator", 16, "passed on");
    check_tlv(&pdu, 0x1414, "OTP", 3, "fixed");
    lone_line_take(&operator, & pdu, "op1");
    report("op1", "stat:DELIVRD err:000 text:");
    hear_this(&lines[0], SMPP_DELIVER_SM, &pdu);
    check_tlv(&pdu, 0x3D01, "dear", 4, "plan");
    check_tlv(&pdu, 0x3D02, "smsc", 5, "channel, a C string");
    check_tlv(&pdu, 0x3D03, "\x02", 1, "step, a number");
    check_tlv(&pdu, 0x3D04, "0.050000", 8, "charged");
    check_tlv(&pdu, 0x3D05, "EUR", 3, "currency");
    check_tlv(&pdu, 0x1400, "order 17", 8, "what came back");
    CHECK_EQ(pdu.tlv_count, 8, "and the two of each receipt; no reason");
    end();
}

TEST(a_failure_says_its_reason_as_the_operator_told_it)
{
    struct smpp_pdu pdu;
    char id[32];

    begin_with("tlv \"0x1403\" { means = \"reason\" form = \"int1\" "
               "values = {\"21 = no_account\"} } tlv \"0x1404\" { means = \"code\" }",
               dictionary);
    bind_operator();
    bind_line(&lines[0], SMPP_BIND_TRANSCEIVER);
    submit(&lines[0], 1, id);
    take("op1");
    smpp_pdu_init(&pdu, SMPP_DELIVER_SM, 0, 9);
    pdu.esm_class = 0x04;
    pdu.short_message = view("id:op1 stat:UNDELIV err:001");
    assert_true(smpp_pdu_add_tlv(&pdu, 0x1403, "\x15", 1));
    assert_true(smpp_pdu_add_tlv(&pdu, 0x1404, "407", 3));
    lone_line_send(&operator, & pdu);
    expect(&lines[0], 0x04, id, "stat:UNDELIV err:407", &pdu);
    check_tlv(&pdu, 0x1405, "no_account", 10, "reason");
    check_tlv(&pdu, 0x3D04, "0.050000", 8, "charged");
    end();
}

TEST(a_plan_by_parameter_is_taken_or_refused_with_a_status_of_its_own)
{
    static const uint16_t tags[2] = {0x3D01};
    struct smpp_pdu pdu;

    begin_with("", dictionary);
    bind_operator();
    bind_line(&lines[0], SMPP_BIND_TRANSCEIVER);
    submit_with(&lines[0], tags, (const char *const[2]){"none"}, &pdu);
    CHECK_EQ(pdu.status, ESME_RINVOPTPARAMVAL, "no such plan");
    CHECK_EQ(counters()->refused[INTAKE_NO_SUCH_PLAN], 1, "counted");
    expect_silence(&operator, "nothing is sent");
    /* Its first step is a messenger nobody answers for: skipped at once. */
    submit_with(&lines[0], tags, (const char *const[2]){"both"}, &pdu);
    CHECK_EQ(pdu.status, ESME_ROK, "granted");
    take("op1");
    report("op1", "stat:DELIVRD err:000 text:");
    hear_this(&lines[0], SMPP_DELIVER_SM, &pdu);
    check_tlv(&pdu, 0x3D01, "both", 4, "the plan");
    check_tlv(&pdu, 0x3D03, "\x02", 1, "its second step");
    end();
}

TEST(without_a_dictionary_a_vendors_parameter_is_nothing)
{
    static const uint16_t tags[2] = {0x3D01, 0x1400};
    static const char *const values[2] = {"none", "order 17"};
    struct smpp_pdu pdu;

    begin();
    bind_operator();
    bind_line(&lines[0], SMPP_BIND_TRANSCEIVER);
    submit_with(&lines[0], tags, values, &pdu);
    CHECK_EQ(pdu.status, ESME_ROK, "not looked at");
    hear_this(&operator, SMPP_SUBMIT_SM, &pdu);
    CHECK_EQ(pdu.tlv_count, 0, "to the operator");
    lone_line_take(&operator, & pdu, "op1");
    report("op1", "stat:DELIVRD err:000 text:");
    hear_this(&lines[0], SMPP_DELIVER_SM, &pdu);
    CHECK_EQ(pdu.tlv_count, 2, "receipted_message_id and message_state");
    end();
}

/* ---- On the way ------------------------------------------------------------------- */

TEST(a_step_that_was_taken_is_told_once_and_the_receipt_is_last)
{
    struct smpp_pdu pdu;
    char id[32];

    begin();
    bind_operator();
    bind_line(&lines[0], SMPP_BIND_TRANSCEIVER);
    submit(&lines[0], 0x11, id);
    take("op1");
    expect(&lines[0], 0x20, id, "stat:ENROUTE err:000", &pdu);
    CHECK_EQ(smpp_tlv_integer(smpp_pdu_tlv(&pdu, SMPP_TLV_MESSAGE_STATE)), 1, "ENROUTE");
    CHECK(says(&pdu, "dlvrd:000"), "nothing is delivered");
    lone_line_answer(&lines[0], &pdu, ESME_RSYSERR);
    report("op1", "stat:ACCEPTD err:000 text:");
    report("op1", "stat:ENROUTE err:000 text:");
    lone_gateway_pass(lone, 10000);
    expect_silence(&lines[0], "neither again after a refusal, nor for the same news");
    report("op1", "stat:DELIVRD err:000 text:");
    expect(&lines[0], 0x04, id, "stat:DELIVRD", &pdu);
    lone_line_answer(&lines[0], &pdu, ESME_ROK);
    expect_silence(&lines[0], "after the receipt");
    CHECK_EQ(counters()->notices_sent, 1, "notifications");
    CHECK_EQ(counters()->receipts_sent, 1, "receipts");
    end();
}

TEST(who_does_not_ask_is_told_nothing_on_the_way)
{
    struct smpp_pdu pdu;
    char id[32];

    begin();
    bind_operator();
    bind_line(&lines[0], SMPP_BIND_TRANSCEIVER);
    submit(&lines[0], 0x0F, id);
    take("op1");
    expect_silence(&lines[0], "bit 4 is not set");
    report("op1", "stat:DELIVRD err:000 text:");
    expect(&lines[0], 0x04, id, "stat:DELIVRD", &pdu);
    submit(&lines[0], 0x10, id);
    take("op2");
    expect(&lines[0], 0x20, id, "stat:ENROUTE", &pdu);
    report("op2", "stat:DELIVRD err:000 text:");
    expect_silence(&lines[0], "bits 0 and 1 are not set");
    end();
}

TEST(a_step_that_cannot_be_taken_now_is_told_with_the_operators_code)
{
    struct smpp_pdu pdu;
    char id[32];

    begin_with(
        "on_status \"0x14\" { action = \"retry\" delays = {\"1s\", \"1s\", \"1s\"} }", "");
    bind_operator();
    bind_line(&lines[0], SMPP_BIND_TRANSCEIVER);
    submit(&lines[0], 0x11, id);
    hear_this(&operator, SMPP_SUBMIT_SM, &pdu);
    lone_line_answer(&operator, & pdu, ESME_RMSGQFUL);
    expect(&lines[0], 0x20, id, "stat:ENROUTE err:020", &pdu);
    lone_gateway_pass(lone, 1000);
    hear_this(&operator, SMPP_SUBMIT_SM, &pdu);
    lone_line_answer(&operator, & pdu, ESME_RMSGQFUL);
    expect_silence(&lines[0], "it was told so already");
    lone_gateway_pass(lone, 1000);
    take("op1");
    expect(&lines[0], 0x20, id, "stat:ENROUTE err:000", &pdu);
    end();
}

TEST(a_link_that_is_down_is_told_after_the_answer)
{
    struct smpp_pdu pdu;
    char id[32];

    begin();
    bind_line(&lines[0], SMPP_BIND_TRANSCEIVER);
    submit(&lines[0], 0x11, id);
    expect(&lines[0], 0x20, id, "stat:ENROUTE", &pdu);
    end();
}

TEST(notifications_wait_for_nobody)
{
    struct smpp_pdu pdu;
    char id[32];

    begin();
    bind_operator();
    bind_line(&lines[0], SMPP_BIND_TRANSMITTER);
    submit(&lines[0], 0x11, id);
    take("op1");
    report("op1", "stat:DELIVRD err:000 text:");
    bind_line(&lines[1], SMPP_BIND_RECEIVER);
    expect(&lines[1], 0x04, id, "stat:DELIVRD", &pdu);
    lone_line_answer(&lines[1], &pdu, ESME_ROK);
    expect_silence(&lines[1], "what was on the way is old");
    CHECK_EQ(counters()->notices_dropped, 1, "notifications dropped");
    CHECK_EQ(outbox_waiting(lone_gateway_of(lone), LETTER_RECEIPT), 0, "nothing is kept");
    end();
}

/* ---- Their delivery --------------------------------------------------------------- */

TEST(what_is_refused_for_now_is_offered_again_and_holds_nobody_back)
{
    static const uint32_t statuses[] = {ESME_RSYSERR, ESME_RMSGQFUL, ESME_RTHROTTLED,
                                        ESME_RX_T_APPN};
    static const int64_t waits_ms[] = {5000, 30000, 120000, 120000};
    struct smpp_pdu pdu;
    char first[32];
    char second[32];

    begin();
    bind_operator();
    bind_line(&lines[0], SMPP_BIND_TRANSCEIVER);
    deliver_one(&lines[0], "op1", first);
    for (size_t i = 0; i < ROWS(waits_ms); i++) {
        char operators[8];

        expect(&lines[0], 0x04, first, "stat:DELIVRD", &pdu);
        lone_line_answer(&lines[0], &pdu, statuses[i]);
        snprintf(operators, sizeof(operators), "other%zu", i);
        deliver_one(&lines[0], operators, second);
        expect(&lines[0], 0x04, second, "stat:DELIVRD", &pdu);
        lone_line_answer(&lines[0], &pdu, ESME_ROK);
        pass_in_silence(waits_ms[i] - 3500, "too soon");
        lone_gateway_pass(lone, 3500);
    }
    expect(&lines[0], 0x04, first, "stat:DELIVRD", &pdu);
    lone_line_answer(&lines[0], &pdu, ESME_ROK);
    lone_gateway_pass(lone, 1000);
    CHECK_EQ(outbox_waiting(lone_gateway_of(lone), LETTER_RECEIPT), 0, "acknowledged");
    end();
}

TEST(any_other_status_is_final)
{
    static const uint32_t statuses[] = {
        ESME_RINVMSGLEN,  ESME_RINVCMDID, ESME_RINVSRCADR, ESME_RINVDSTADR,  ESME_RINVPASWD,
        ESME_RSUBMITFAIL, ESME_RX_P_APPN, ESME_RX_R_APPN,  ESME_RUNKNOWNERR, 0x0400};
    struct smpp_pdu pdu;
    char id[32];

    begin();
    bind_operator();
    bind_line(&lines[0], SMPP_BIND_TRANSCEIVER);
    for (size_t i = 0; i < ROWS(statuses); i++) {
        char operators[8];

        snprintf(operators, sizeof(operators), "op%zu", i);
        deliver_one(&lines[0], operators, id);
        expect(&lines[0], 0x04, id, "stat:DELIVRD", &pdu);
        lone_line_answer(&lines[0], &pdu, statuses[i]);
        lone_gateway_pass(lone, 6000);
        expect_silence(&lines[0], smpp_status_name(statuses[i]));
    }
    CHECK_EQ(outbox_waiting(lone_gateway_of(lone), LETTER_RECEIPT), 0, "none is kept");
    CHECK_EQ(counters()->receipts_refused, ROWS(statuses), "refused");
    end();
}

TEST(what_is_not_answered_is_offered_again)
{
    struct smpp_pdu pdu;
    char id[32];

    begin();
    bind_operator();
    bind_line(&lines[0], SMPP_BIND_TRANSCEIVER);
    deliver_one(&lines[0], "op1", id);
    expect(&lines[0], 0x04, id, "stat:DELIVRD", &pdu);
    /* Alive all the same: it answers when it is asked. */
    lone_gateway_pass(lone, 29000);
    expect_silence(&lines[0], "not timed out");
    lone_gateway_pass(lone, 4000);
    expect_silence(&lines[0], "timed out, and resting");
    lone_gateway_pass(lone, 3000);
    expect(&lines[0], 0x04, id, "stat:DELIVRD", &pdu);
    end();
}

TEST(a_bind_that_answers_nothing_leaves_them_to_another)
{
    struct smpp_pdu pdu;
    char ids[4][32];

    begin();
    bind_operator();
    bind_line(&lines[0], SMPP_BIND_TRANSCEIVER);
    bind_line(&lines[1], SMPP_BIND_RECEIVER);
    deliver_one(&lines[0], "op0", ids[0]);
    expect(&lines[0], 0x04, ids[0], "stat:DELIVRD", &pdu);
    lone_gateway_pass(lone, 5000);
    for (size_t i = 1; i < ROWS(ids); i++) {
        char operators[8];

        snprintf(operators, sizeof(operators), "op%zu", i);
        deliver_one(&lines[0], operators, ids[i]);
        expect(&lines[1], 0x04, ids[i], "stat:DELIVRD", &pdu);
        lone_line_answer(&lines[1], &pdu, ESME_ROK);
    }
    expect_silence(&lines[0], "the silent bind");
    lone_line_close(&lines[0]);
    expect(&lines[1], 0x04, ids[0], "stat:DELIVRD", &pdu);
    end();
}

TEST(a_bind_that_let_one_time_out_is_passed_over_until_it_answers)
{
    struct smpp_pdu pdu;
    char first[32];
    char second[32];
    char third[32];

    begin();
    bind_operator();
    bind_line(&lines[0], SMPP_BIND_TRANSCEIVER);
    bind_line(&lines[1], SMPP_BIND_RECEIVER);
    deliver_one(&lines[0], "op1", first);
    expect(&lines[0], 0x04, first, "stat:DELIVRD", &pdu);
    pass_in_silence(32000, "timed out, and resting");
    lone_gateway_pass(lone, 4000);
    expect(&lines[1], 0x04, first, "stat:DELIVRD", &pdu);
    lone_line_answer(&lines[1], &pdu, ESME_ROK);
    deliver_one(&lines[0], "op2", second);
    lone_gateway_pass(lone, 200);
    expect(&lines[1], 0x04, second, "stat:DELIVRD", &pdu);
    lone_line_answer(&lines[1], &pdu, ESME_ROK);
    expect_silence(&lines[0], "the bind that was silent");
    /* Alone it is offered one, and answers. */
    lone_line_close(&lines[1]);
    deliver_one(&lines[0], "op3", third);
    lone_gateway_pass(lone, 200);
    expect(&lines[0], 0x04, third, "stat:DELIVRD", &pdu);
    lone_line_answer(&lines[0], &pdu, ESME_ROK);
    bind_line(&lines[1], SMPP_BIND_RECEIVER);
    deliver_one(&lines[0], "op4", first);
    expect(&lines[0], 0x04, first, "stat:DELIVRD", &pdu);
    end();
}

TEST(a_silent_bind_alone_gets_all_there_is)
{
    struct smpp_pdu pdu;
    char first[32];
    char second[32];

    begin();
    bind_operator();
    bind_line(&lines[0], SMPP_BIND_TRANSCEIVER);
    deliver_one(&lines[0], "op1", first);
    expect(&lines[0], 0x04, first, "stat:DELIVRD", &pdu);
    lone_gateway_pass(lone, 6000);
    deliver_one(&lines[0], "op2", second);
    expect(&lines[0], 0x04, second, "stat:DELIVRD", &pdu);
    end();
}

TEST(a_transmitter_gets_no_receipt)
{
    struct smpp_pdu pdu;
    char id[32];

    begin();
    bind_operator();
    bind_line(&lines[0], SMPP_BIND_TRANSMITTER);
    deliver_one(&lines[0], "op1", id);
    lone_gateway_pass(lone, 10000);
    expect_silence(&lines[0], "the transmitter");
    CHECK_EQ(outbox_waiting(lone_gateway_of(lone), LETTER_RECEIPT), 1, "it waits");
    assert_in_range(
        gateway_now_ms(lone_gateway_of(lone)) -
            outbox_oldest_ms(
                lone_gateway_of(lone), LETTER_RECEIPT,
                catalog_account_at(lone_gateway_of(lone)->catalog, ACCOUNT)->number),
        10000, 11000);
    bind_line(&lines[1], SMPP_BIND_RECEIVER);
    expect(&lines[1], 0x04, id, "stat:DELIVRD", &pdu);
    end();
}

TEST(an_address_that_is_too_long_for_a_receipt_holds_nobody_back)
{
    static const char sender[] = "a-name-that-only-data_sm-has-room-for";
    struct smpp_pdu pdu;
    char id[32];

    begin();
    bind_operator();
    bind_line(&lines[0], SMPP_BIND_TRANSCEIVER);
    smpp_pdu_init(&pdu, SMPP_DATA_SM, 0, 2);
    pdu.source = view(sender);
    pdu.source_ton = 5;
    pdu.destination = view("491700000001");
    pdu.registered_delivery = 1;
    assert_true(smpp_pdu_add_tlv(&pdu, SMPP_TLV_MESSAGE_PAYLOAD, "hello", 5));
    lone_line_send(&lines[0], &pdu);
    hear_this(&lines[0], SMPP_DATA_SM | SMPP_RESPONSE, &pdu);
    CHECK_EQ(pdu.status, ESME_ROK, "data_sm");
    hear_this(&lines[0], SMPP_DELIVER_SM, &pdu);
    CHECK_BYTES(pdu.destination.data, pdu.destination.size, sender, 20, "its head");
    lone_line_answer(&lines[0], &pdu, ESME_ROK);
    deliver_one(&lines[0], "op1", id);
    expect(&lines[0], 0x04, id, "stat:DELIVRD", &pdu);
    end();
}

TEST(of_more_than_the_outbox_holds_the_oldest_go)
{
    struct smpp_pdu pdu;
    char ids[103][32];

    begin_with("", "outbox_max = 100");
    bind_operator();
    bind_line(&lines[0], SMPP_BIND_TRANSMITTER);
    for (size_t i = 0; i < ROWS(ids); i++) {
        char operators[8];

        snprintf(operators, sizeof(operators), "op%zu", i);
        deliver_one(&lines[0], operators, ids[i]);
    }
    CHECK_EQ(outbox_waiting(lone_gateway_of(lone), LETTER_RECEIPT), 100, "kept");
    CHECK_EQ(counters()->receipts_dropped, 3, "dropped");
    bind_line(&lines[1], SMPP_BIND_RECEIVER);
    expect(&lines[1], 0x04, ids[3], "stat:DELIVRD", &pdu);
    end();
}

TEST(the_outbox_holds_no_more_though_all_are_on_their_way)
{
    char id[32];

    begin_with("", "outbox_max = 100 window = 200");
    bind_operator();
    bind_line(&lines[0], SMPP_BIND_TRANSMITTER);
    bind_line(&lines[1], SMPP_BIND_RECEIVER); /* it answers nothing */
    for (size_t i = 0; i < 103; i++) {
        char operators[8];

        snprintf(operators, sizeof(operators), "op%zu", i);
        deliver_one(&lines[0], operators, id);
        if (i < 99)
            continue;
        lone_gateway_pass(lone, 200); /* they may go to another bind after 100 ms */
        CHECK_EQ(counters()->receipts_sent, i + 1, "offered");
    }
    CHECK_EQ(outbox_waiting(lone_gateway_of(lone), LETTER_RECEIPT), 100, "kept");
    CHECK_EQ(counters()->receipts_dropped, 3, "dropped");
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(each_end_has_its_word_and_its_hearers),
        RUN(the_account_chooses_its_form),
        RUN(the_id_of_a_receipt_may_have_another_form),
        RUN(dates_of_an_operator_are_not_told),
        RUN(after_the_clock_was_set_back_no_receipt_tells_of_a_time_to_come),
        RUN(acknowledgements_of_the_recipient_are_for_the_operator),
        RUN(below_34_nothing_has_optional_parameters),
        RUN(a_receipt_says_what_the_dictionary_turns_on),
        RUN(a_failure_says_its_reason_as_the_operator_told_it),
        RUN(a_plan_by_parameter_is_taken_or_refused_with_a_status_of_its_own),
        RUN(without_a_dictionary_a_vendors_parameter_is_nothing),
        RUN(a_step_that_was_taken_is_told_once_and_the_receipt_is_last),
        RUN(who_does_not_ask_is_told_nothing_on_the_way),
        RUN(a_step_that_cannot_be_taken_now_is_told_with_the_operators_code),
        RUN(a_link_that_is_down_is_told_after_the_answer),
        RUN(notifications_wait_for_nobody),
        RUN(what_is_refused_for_now_is_offered_again_and_holds_nobody_back),
        RUN(any_other_status_is_final),
        RUN(what_is_not_answered_is_offered_again),
        RUN(a_bind_that_answers_nothing_leaves_them_to_another),
        RUN(a_bind_that_let_one_time_out_is_passed_over_until_it_answers),
        RUN(a_silent_bind_alone_gets_all_there_is),
        RUN(a_transmitter_gets_no_receipt),
        RUN(an_address_that_is_too_long_for_a_receipt_holds_nobody_back),
        RUN(of_more_than_the_outbox_holds_the_oldest_go),
        RUN(the_outbox_holds_no_more_though_all_are_on_their_way),
    };

    return RUN_ALL(tests);
}
