/*
 * What an account may send and how much, as its clients see it: each refusal by its status
 * or code, over SMPP and over HTTP; suspending; repetitions.  Nobody is behind the
 * channels: what is accepted waits.
 */
#include "gateway/limits.h"

#include <stdlib.h>

#include "gateway/catalog.h"
#include "gateway/gateway.h"
#include "gateway/intake.h"
#include "gateway/live.h"
#include "smpp/command.h"
#include "tests/gateway/lone_line.h"
#include "tests/test.h"

enum { SOON_MS = 3000 };

static const char sections[] =
    "account \"strict\" { password = \"p\" plan = \"dear\" opening = \"1000\""
    " country = \"DE\" destinations = {\"home\"} sources = {\"ACME*\", \"+4917*\"}"
    " esm_classes = {\"0x00\", \"0x40\"} window = 100 }\n"
    "account \"parts\" { password = \"p\" plan = \"dear\" opening = \"1000\""
    " parts_per_hour = 5 window = 100 }\n"
    "account \"spender\" { password = \"p\" plan = \"dear\" opening = \"1000\""
    " spend_per_day = \"0.12\" window = 100 }\n"
    "account \"patient\" { password = \"p\" plan = \"dear\" opening = \"1000\""
    " recipient_max = 2 recipient_within = \"1h\" window = 100 }\n"
    "account \"once\" { password = \"p\" plan = \"dear\" opening = \"1000\""
    " dedupe_within = \"1h\" window = 100 }\n"
    "account \"drip\" { password = \"p\" plan = \"dear\" opening = \"1000\""
    " dedupe_within = \"1h\" tps = 1 burst = 2 window = 100 }\n"
    "account \"long\" { password = \"p\" plan = \"both\" opening = \"1000\""
    " dedupe_within = \"1h\" parts_per_day = 3 window = 100 }\n"
    "account \"hex\" { password = \"p\" plan = \"dear\" opening = \"1000\""
    " dedupe_within = \"1h\" message_id = \"hex\" parts_per_day = 3 window = 100 }\n";

static struct lone_gateway *lone;
static struct lone_line line;
static uint32_t sequence;

static int start(void **state)
{
    (void)state;
    lone = lone_gateway_new_with(
        1, "host = \"127.0.0.1\" sender { name = \"Rogue\" refuse = true }", sections);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    lone_gateway_free(lone);
    return 0;
}

static struct gateway *gateway(void)
{
    return lone_gateway_of(lone);
}

static struct account *account(const char *name)
{
    return catalog_account_named(gateway()->catalog, name);
}

static struct smpp_octets text_of(const char *text)
{
    return (struct smpp_octets){(const uint8_t *)text, (uint32_t)strlen(text)};
}

/* ---- Over SMPP --------------------------------------------------------------- */

static uint32_t bind_as(const char *system_id)
{
    struct smpp_pdu pdu;

    lone_line_connect(&line, lone);
    smpp_pdu_init(&pdu, SMPP_BIND_TRANSCEIVER, 0, 1);
    pdu.system_id = text_of(system_id);
    pdu.password = text_of("p");
    pdu.interface_version = 0x34;
    lone_line_send(&line, &pdu);
    lone_line_expect(&line, SMPP_BIND_TRANSCEIVER | SMPP_RESPONSE, &pdu);
    sequence = 1;
    return pdu.status;
}

static void fill(struct smpp_pdu *pdu, const char *to)
{
    smpp_pdu_init(pdu, SMPP_SUBMIT_SM, 0, ++sequence);
    pdu->source = text_of("ACME");
    pdu->destination = text_of(to);
    pdu->short_message = text_of("hello");
}

/* The status; the id in `out_id`, if that is not NULL. */
static uint32_t submit(const struct smpp_pdu *pdu, char out_id[32])
{
    struct smpp_pdu answer;

    lone_line_send(&line, pdu);
    lone_line_expect(&line, SMPP_SUBMIT_SM | SMPP_RESPONSE, &answer);
    if (out_id != NULL && answer.status == ESME_ROK)
        snprintf(out_id, 32, "%.*s", (int)answer.message_id.size,
                 (const char *)answer.message_id.data);
    return answer.status;
}

static const struct {
    const char *row;
    const char *from;
    const char *to;
    uint8_t esm_class;
    uint8_t protocol_id;
    uint8_t data_coding;
    const char *octets; /* of a header and a text; NULL: "hello" */
    uint32_t octets_size;
    uint32_t status;
    enum intake_result counted;
} rows[] = {
    {"good",              "ACME",    "4917012345678", 0x00, 0x00, 0x00, NULL,             0, ESME_ROK,          INTAKE_OK           },
    {"another sender",    "Bank",    "4917012345678", 0x00, 0x00, 0x00, NULL,             0, ESME_RINVSRCADR,
     INTAKE_DENIED_SOURCE                                                                                                           },
    {"another number",    "4916012", "4917012345678", 0x00, 0x00, 0x00, NULL,             0,
     ESME_RINVSRCADR,                                                                                           INTAKE_DENIED_SOURCE},
    {"no sender",         "",        "4917012345678", 0x00, 0x00, 0x00, NULL,             0, ESME_RINVSRCADR,
     INTAKE_DENIED_SOURCE                                                                                                           },
    {"esm_class",         "ACME",    "4917012345678", 0x80, 0x00, 0x00, NULL,             0, ESME_RINVESMCLASS,
     INTAKE_DENIED_ESM_CLASS                                                                                                        },
    {"SIM data download", "ACME",    "4917012345678", 0x00, 0x7F, 0x00, NULL,             0, 0x402,
     INTAKE_DENIED_PROTOCOL_ID                                                                                                      },
    {"class 2",           "ACME",    "4917012345678", 0x00, 0x00, 0xF2, NULL,             0, 0x401,
     INTAKE_DENIED_DATA_CODING                                                                                                      },
 /* Header of 6 octets: element 05, ports 2948 (WAP push) and 9200. */
    {"WAP push",          "ACME",    "4917012345678", 0x40, 0x00, 0x04,
     "\x06\x05\x04\x0B\x84\x23\xF0hi",                                                    9, 0x403,             INTAKE_DENIED_PORT  },
 /* 5505 is for ring tones. */
    {"a ring tone",       "ACME",    "4917012345678", 0x40, 0x00, 0x04,
     "\x06\x05\x04\x15\x81\x00\x00hi",                                                    9, ESME_ROK,          INTAKE_OK           },
 /* Header of 2 octets: element 70, a SIM toolkit command packet. */
    {"SIM toolkit",       "ACME",    "4917012345678", 0x40, 0x00, 0x04, "\x02\x70\x00hi", 5, 0x402,
     INTAKE_DENIED_PROTOCOL_ID                                                                                                      },
    {"another country",   "ACME",    "447400123456",  0x00, 0x00, 0x00, NULL,             0, ESME_RINVDSTADR,
     INTAKE_DENIED_DESTINATION                                                                                                      },
    {"a short code",      "ACME",    "12345",         0x00, 0x00, 0x00, NULL,             0, ESME_RINVDSTADR,
     INTAKE_DENIED_DESTINATION                                                                                                      },
    {"premium",           "ACME",    "499001234567",  0x00, 0x00, 0x00, NULL,             0, 0x404,
     INTAKE_DENIED_PREMIUM                                                                                                          },
};

TEST(each_refusal_has_its_status_and_its_counter)
{
    assert_int_equal(bind_as("strict"), ESME_ROK);
    for (size_t i = 0; i < ROWS(rows); i++) {
        uint64_t before = gateway()->counters.refused[rows[i].counted];
        struct smpp_pdu pdu;

        fill(&pdu, rows[i].to);
        pdu.source = text_of(rows[i].from);
        pdu.esm_class = rows[i].esm_class;
        pdu.protocol_id = rows[i].protocol_id;
        pdu.data_coding = rows[i].data_coding;
        if (rows[i].octets != NULL)
            pdu.short_message =
                (struct smpp_octets){(const uint8_t *)rows[i].octets, rows[i].octets_size};
        CHECK_EQ(submit(&pdu, NULL), rows[i].status, rows[i].row);
        if (rows[i].status != ESME_ROK)
            CHECK_EQ(gateway()->counters.refused[rows[i].counted], before + 1, rows[i].row);
    }
    lone_line_close(&line);
}

TEST(a_port_and_a_card_may_be_named_by_parameters_too)
{
    static const uint8_t wap_push[] = {0x0B, 0x84}, card[] = {3};
    struct smpp_pdu pdu;

    assert_int_equal(bind_as("strict"), ESME_ROK);
    fill(&pdu, "4917012345678");
    assert_true(smpp_pdu_add_tlv(&pdu, 0x020B, wap_push, 2));
    assert_int_equal(submit(&pdu, NULL), 0x403);
    fill(&pdu, "4917012345678");
    assert_true(smpp_pdu_add_tlv(&pdu, 0x0005, card, 1));
    assert_int_equal(submit(&pdu, NULL), 0x402);
    lone_line_close(&line);
}

/* data_sm has room for 64 characters; submit_sm and the receipt's deliver_sm for 20. */
TEST(a_sender_that_no_other_pdu_can_name_is_refused)
{
    static const struct {
        const char *row;
        const char *from;
        uint32_t status;
    } senders[] = {
        {"20 characters", "ABCDEFGHIJKLMNOPQRST",  ESME_ROK       },
        {"21 characters", "ABCDEFGHIJKLMNOPQRSTU", ESME_RINVSRCADR},
    };

    assert_int_equal(bind_as("rich"), ESME_ROK);
    for (size_t i = 0; i < ROWS(senders); i++) {
        uint64_t before = gateway()->counters.refused[INTAKE_BAD_SOURCE];
        struct smpp_pdu pdu, answer;

        smpp_pdu_init(&pdu, SMPP_DATA_SM, 0, ++sequence);
        pdu.source = text_of(senders[i].from);
        pdu.destination = text_of("4917012345678");
        assert_true(smpp_pdu_add_tlv(&pdu, SMPP_TLV_MESSAGE_PAYLOAD, "hello", 5));
        lone_line_send(&line, &pdu);
        lone_line_expect(&line, SMPP_DATA_SM | SMPP_RESPONSE, &answer);
        CHECK_EQ(answer.status, senders[i].status, senders[i].row);
        CHECK_EQ(gateway()->counters.refused[INTAKE_BAD_SOURCE],
                 before + (senders[i].status != ESME_ROK), senders[i].row);
    }
    lone_line_close(&line);
}

TEST(what_is_to_replace_is_asked_about_too)
{
    struct smpp_pdu pdu;

    assert_int_equal(bind_as("strict"), ESME_ROK);
    fill(&pdu, "4917012345699");
    assert_int_equal(submit(&pdu, NULL), ESME_ROK);
    fill(&pdu, "4917012345699");
    pdu.replace_if_present = 1;
    pdu.data_coding = 0xF2;
    assert_int_equal(submit(&pdu, NULL), 0x401);
    pdu.sequence = ++sequence;
    pdu.data_coding = 0;
    assert_int_equal(submit(&pdu, NULL), ESME_ROK);
    lone_line_close(&line);
}

TEST(parts_are_counted_exactly_and_a_refusal_holds_nothing)
{
    int64_t held;

    assert_int_equal(bind_as("parts"), ESME_ROK);
    for (int i = 0; i < 10; i++) {
        struct smpp_pdu pdu;

        fill(&pdu, "4917012345678");
        assert_int_equal(submit(&pdu, NULL), i < 5 ? ESME_ROK : 0x405);
    }
    held = account("parts")->balance.held;
    assert_int_equal(held, 5 * 50000);
    lone_line_close(&line);
}

TEST(money_is_counted_exactly_and_what_comes_back_counts_no_more)
{
    struct smpp_pdu pdu;
    struct limits_facts limit;

    assert_int_equal(bind_as("spender"), ESME_ROK);
    for (int i = 0; i < 4; i++) {
        fill(&pdu, "4917012345678");
        assert_int_equal(submit(&pdu, NULL), i < 2 ? ESME_ROK : 0x406);
    }
    assert_true(limits_facts(gateway(), account("spender"), USAGE_SPEND_DAY, &limit));
    assert_int_equal(limit.used, 100000);
    assert_int_equal(limit.alarms, 1);
    assert_false(limits_facts(gateway(), account("spender"), USAGE_SPEND_HOUR, &limit));
    lone_line_close(&line);
}

TEST(one_recipient_is_written_to_so_often_and_others_still)
{
    struct smpp_pdu pdu;

    assert_int_equal(bind_as("patient"), ESME_ROK);
    for (int i = 0; i < 4; i++) {
        fill(&pdu, "4917012345678");
        assert_int_equal(submit(&pdu, NULL), i < 2 ? ESME_ROK : 0x407);
    }
    fill(&pdu, "4917012345679");
    assert_int_equal(submit(&pdu, NULL), ESME_ROK);
    lone_line_close(&line);
}

/* ---- Repetitions --------------------------------------------------------------- */

static void fill_part(struct smpp_pdu *pdu, uint8_t octets[8], uint8_t reference,
                      uint8_t number, char letter)
{
    const uint8_t part[] = {5, 0, 3, reference, 2, number, (uint8_t)letter};

    memcpy(octets, part, sizeof(part));
    fill(pdu, "4917012345678");
    pdu->esm_class = 0x40;
    pdu->short_message = (struct smpp_octets){octets, sizeof(part)};
}

TEST(a_repetition_gets_the_first_ones_id_and_nothing_is_held)
{
    char first[32], again[32];
    struct smpp_pdu pdu;
    int64_t held;

    assert_int_equal(bind_as("once"), ESME_ROK);
    fill(&pdu, "4917012345678");
    assert_int_equal(submit(&pdu, first), ESME_ROK);
    held = account("once")->balance.held;
    pdu.sequence = ++sequence;
    assert_int_equal(submit(&pdu, again), ESME_ROK);
    assert_string_equal(again, first);
    assert_int_equal(account("once")->balance.held, held);
    assert_int_equal(account("once")->repeated, 1);
    lone_line_close(&line);
}

TEST(repetitions_count_for_the_rate)
{
    struct smpp_pdu pdu;
    unsigned throttled = 0;

    CHECK_EQ(bind_as("drip"), ESME_ROK, "the bind");
    for (int i = 0; i < 20; i++) {
        fill(&pdu, "491700000001");
        throttled += submit(&pdu, NULL) == ESME_RTHROTTLED;
    }
    assert_in_range(throttled, 12, 18); /* two at once, then one a second */
    CHECK_EQ(account("drip")->repeated, 19 - throttled, "the others are told the first id");
    lone_line_close(&line);
}

TEST(its_id_has_the_form_it_was_given_out_in)
{
    char first[32], again[32];
    struct smpp_pdu pdu;

    assert_int_equal(bind_as("hex"), ESME_ROK);
    fill(&pdu, "4917012345678");
    assert_int_equal(submit(&pdu, first), ESME_ROK);
    assert_int_equal(strlen(first), 16);
    pdu.sequence = ++sequence;
    assert_int_equal(submit(&pdu, again), ESME_ROK);
    assert_string_equal(again, first);
    lone_line_close(&line);
}

static uint32_t replace(const char *id, const char *text)
{
    struct smpp_pdu pdu;

    smpp_pdu_init(&pdu, SMPP_REPLACE_SM, 0, ++sequence);
    pdu.message_id = text_of(id);
    pdu.source = text_of("ACME");
    pdu.short_message = text_of(text);
    lone_line_send(&line, &pdu);
    lone_line_expect(&line, SMPP_REPLACE_SM | SMPP_RESPONSE, &pdu);
    return pdu.status;
}

/* One of the account's three parts is used. */
TEST(what_is_replaced_counts_what_it_is_longer_and_nothing_repeats_it)
{
    static const char two_parts[] =
        "0123456789012345678901234567890123456789012345678901234567890123456789012345678901"
        "234567890123456789012345678901234567890123456789012345678901234567890123456789012"
        "3";
    struct limits_facts limit;
    char first[32];
    struct smpp_pdu pdu;

    assert_int_equal(bind_as("hex"), ESME_ROK);
    fill(&pdu, "4917012345679");
    assert_int_equal(submit(&pdu, first), ESME_ROK);
    assert_int_equal(replace(first, two_parts), ESME_ROK);
    assert_true(limits_facts(gateway(), account("hex"), USAGE_PARTS_DAY, &limit));
    assert_int_equal(limit.used, 3);
    pdu.sequence = ++sequence;
    assert_int_equal(submit(&pdu, NULL), 0x405);
    assert_int_equal(replace(first, "short"), ESME_ROK);
    assert_int_equal(replace(first, two_parts), ESME_RSUBMITFAIL);
    lone_line_close(&line);
}

static const struct {
    const char *row;
    const char *from;
    const char *to;
    const char *text;
    uint8_t data_coding;
} others[] = {
    {"another sender",    "ACM",  "4917012345670", "hello", 0},
    {"another recipient", "ACME", "4917012345671", "hello", 0},
    {"another text",      "ACME", "4917012345670", "hallo", 0},
    {"another coding",    "ACME", "4917012345670", "hello", 3},
};

TEST(what_differs_in_anything_is_a_message_of_its_own)
{
    char first[32], other[32];
    struct smpp_pdu pdu;

    assert_int_equal(bind_as("once"), ESME_ROK);
    fill(&pdu, "4917012345670");
    assert_int_equal(submit(&pdu, first), ESME_ROK);
    for (size_t i = 0; i < ROWS(others); i++) {
        fill(&pdu, others[i].to);
        pdu.source = text_of(others[i].from);
        pdu.short_message = text_of(others[i].text);
        pdu.data_coding = others[i].data_coding;
        CHECK_EQ(submit(&pdu, other), ESME_ROK, others[i].row);
        CHECK(strcmp(first, other) != 0, others[i].row);
    }
    lone_line_close(&line);
}

TEST(parts_are_told_apart_by_their_place_and_not_by_their_reference)
{
    char first[32], second[32], again[32];
    uint8_t octets[8];
    struct smpp_pdu pdu;

    assert_int_equal(bind_as("once"), ESME_ROK);
    fill_part(&pdu, octets, 7, 1, 'x');
    assert_int_equal(submit(&pdu, first), ESME_ROK);
    fill_part(&pdu, octets, 7, 2, 'x');
    assert_int_equal(submit(&pdu, second), ESME_ROK);
    assert_string_not_equal(first, second);
    fill_part(&pdu, octets, 8, 1, 'x');
    assert_int_equal(submit(&pdu, again), ESME_ROK);
    assert_string_equal(again, first);
    fill_part(&pdu, octets, 8, 2, 'x');
    assert_int_equal(submit(&pdu, again), ESME_ROK);
    assert_string_equal(again, second);
    lone_line_close(&line);
}

TEST(a_long_message_counts_all_its_parts_when_the_first_one_comes)
{
    char id[32], again[32];
    uint8_t octets[8];
    struct smpp_pdu pdu;
    struct limits_facts limit;

    assert_int_equal(bind_as("long"), ESME_ROK);
    fill_part(&pdu, octets, 7, 1, 'x');
    assert_int_equal(submit(&pdu, id), ESME_ROK);
    assert_true(limits_facts(gateway(), account("long"), USAGE_PARTS_DAY, &limit));
    assert_int_equal(limit.used, 2);
    fill_part(&pdu, octets, 7, 2, 'y');
    assert_int_equal(submit(&pdu, id), ESME_ROK);
    fill_part(&pdu, octets, 7, 2, 'y');
    assert_int_equal(submit(&pdu, again), ESME_ROK);
    assert_string_equal(again, id);
    fill_part(&pdu, octets, 9, 1, 'z'); /* two more do not fit in three */
    assert_int_equal(submit(&pdu, NULL), 0x405);
    lone_line_close(&line);
}

/* ---- Over HTTP ----------------------------------------------------------------- */

static struct lone_answer post(const char *path, const char *body)
{
    return lone_gateway_ask(lone, "admin-token", "POST", path, "", body);
}

static struct lone_answer send_as(const char *name, const char *from, const char *to,
                                  const char *text)
{
    char body[300];

    snprintf(body, sizeof(body),
             "{\"account\":\"%s\",\"from\":\"%s\",\"to\":\"%s\",\"text\":\"%s\"}", name,
             from, to, text);
    return post("/v1/messages", body);
}

TEST(over_http_each_refusal_has_its_code)
{
    static const struct {
        const char *account;
        const char *from;
        const char *to;
        int status;
        const char *code;
        bool retry_after;
    } asked[] = {
        {"strict",  "Bank", "4917012345678", 403, "denied_source",      false},
        {"strict",  "ACME", "447400123456",  403, "denied_destination", false},
        {"strict",  "ACME", "499001234567",  403, "denied_premium",     false},
        {"parts",   "ACME", "4917012345678", 429, "parts_limit",        true },
        {"spender", "ACME", "4917012345678", 429, "spend_limit",        true },
        {"patient", "ACME", "4917012345678", 429, "recipient_limit",    true },
    };

    for (size_t i = 0; i < ROWS(asked); i++) {
        struct lone_answer answer =
            send_as(asked[i].account, asked[i].from, asked[i].to, "hello");
        char wanted[64];

        snprintf(wanted, sizeof(wanted), "\"code\":\"%s\"", asked[i].code);
        CHECK_EQ(answer.status, asked[i].status, asked[i].code);
        CHECK(strstr(answer.body, wanted) != NULL, asked[i].code);
        CHECK((strstr(answer.head, "Retry-After: ") != NULL) == asked[i].retry_after,
              asked[i].code);
    }
}

TEST(over_http_a_repetition_is_answered_with_the_first_ones_id)
{
    struct lone_answer answer = send_as("once", "ACME", "4917012345672", "twice");
    size_t size = strcspn(answer.body, ",");
    char id[64];

    assert_int_equal(answer.status, 202);
    snprintf(id, sizeof(id), "%.*s", (int)size, answer.body);
    answer = send_as("once", "ACME", "4917012345672", "twice");
    assert_int_equal(answer.status, 202);
    assert_true(strncmp(answer.body, id, size) == 0);
    assert_non_null(
        strstr(answer.body, "\"parts\":1,\"held\":\"0.050000\",\"currency\":\"EUR\""));
}

static struct lone_answer send_named(const char *account, const char *name,
                                     const char *text)
{
    char header[400], body[200];

    snprintf(header, sizeof(header), "Idempotency-Key: %s\r\n", name);
    snprintf(
        body, sizeof(body),
        "{\"account\":\"%s\",\"from\":\"ACME\",\"to\":\"4917012345690\",\"text\":\"%s\"}",
        account, text);
    return lone_gateway_ask(lone, "admin-token", "POST", "/v1/messages", header, body);
}

TEST(over_http_a_request_with_the_same_key_gets_the_same_answer)
{
    char first[200], too_long[300] = {0};
    struct lone_answer answer = send_named("rich", "order 17", "one");
    int64_t held;

    assert_int_equal(answer.status, 202);
    snprintf(first, sizeof(first), "%s", answer.body);
    held = account("rich")->balance.held;
    answer = send_named("rich", "order 17", "one");
    CHECK_EQ(answer.status, 202, "again");
    CHECK_STR(answer.body, first, "all of it");
    CHECK_EQ(account("rich")->balance.held, held, "nothing more is held");
    answer = send_named("rich", "order 17", "two");
    CHECK_EQ(answer.status, 422, "another text");
    CHECK(strstr(answer.body, "\"code\":\"other_request\"") != NULL, answer.body);
    answer = send_named("once", "order 17", "one");
    CHECK_EQ(answer.status, 202, "another account");
    CHECK(strcmp(answer.body, first) != 0, "has names of its own");
    answer = send_named("rich", "order 18", "one");
    CHECK_EQ(answer.status, 202, "another key");
    CHECK(strcmp(answer.body, first) != 0, "is another message");
    /* What is told by its content is not told by its name, and the other way. */
    answer = send_as("rich", "ACME", "4917012345690", "one");
    CHECK(strcmp(answer.body, first) != 0, "without a key");
    answer = send_named("once", "order 19", "one");
    CHECK_EQ(answer.status, 202, "the same text under another key");
    memset(too_long, 'k', 256);
    answer = send_named("rich", too_long, "one");
    CHECK_EQ(answer.status, 400, "too long");
    CHECK(strstr(answer.body, "\"code\":\"bad_key\"") != NULL, answer.body);
    answer = send_named("rich", too_long + 1, "one");
    CHECK_EQ(answer.status, 202, "as long as it may be");
}

/* Nobody takes its sender: it ends in the decision that accepts it, and holds no more. */
TEST(over_http_what_ends_at_once_says_what_was_held_for_it)
{
    static const char request[] = "{\"account\":\"once\",\"from\":\"Rogue\","
                                  "\"to\":\"4917012345691\",\"text\":\"%s\"}";
    static const char *const headers[] = {"Idempotency-Key: rogue\r\n", ""};
    char body[200], first[200];

    for (size_t i = 0; i < ROWS(headers); i++) {
        struct lone_answer answer;
        int64_t held = account("once")->balance.held;

        snprintf(body, sizeof(body), request, headers[i][0] != '\0' ? "named" : "nameless");
        answer =
            lone_gateway_ask(lone, "admin-token", "POST", "/v1/messages", headers[i], body);
        CHECK_EQ(answer.status, 202, answer.body);
        CHECK(strstr(answer.body, "\"held\":\"0.050000\"") != NULL, answer.body);
        CHECK_EQ(account("once")->balance.held, held, "it has ended");
        snprintf(first, sizeof(first), "%s", answer.body);
        answer =
            lone_gateway_ask(lone, "admin-token", "POST", "/v1/messages", headers[i], body);
        CHECK_EQ(answer.status, 202, answer.body);
        CHECK_STR(answer.body, first, "the same answer again");
    }
}

TEST(over_http_what_was_refused_may_be_asked_again_with_its_key)
{
    CHECK_EQ(send_named("poor", "order 1", "one").status, 202, "most of the balance");
    CHECK_EQ(send_named("poor", "order 2", "one").status, 402, "no money");
    CHECK_EQ(send_named("poor", "order 1", "one").status, 202, "the same answer still");
    account("poor")->balance.available += 100000;
    CHECK_EQ(send_named("poor", "order 2", "one").status, 202, "it is accepted now");
    CHECK_EQ(send_named("poor", "order 2", "two").status, 422, "and remembered");
}

TEST(limits_are_told_with_what_was_used)
{
    struct lone_answer answer =
        lone_gateway_ask(lone, "admin-token", "GET", "/v1/accounts/parts/limits", "", NULL);

    assert_int_equal(answer.status, 200);
    assert_non_null(strstr(answer.body, "\"suspended_at\":null"));
    assert_non_null(
        strstr(answer.body, "\"parts_per_hour\":{\"used\":5,\"limit\":5,\"ends_at\":\"2"));
    assert_non_null(strstr(answer.body, "\"spend_per_day\":null"));
    answer = lone_gateway_ask(lone, "admin-token", "GET", "/metrics", "", NULL);
    assert_non_null(strstr(
        answer.body,
        "sluice_account_parts_used{account=\"parts\",limit=\"parts_per_hour\"} 5\n"));
    assert_non_null(strstr(answer.body,
                           "sluice_account_limit_alarms_total{account=\"parts\",limit="
                           "\"parts_per_hour\"} 1\n"));
    assert_non_null(strstr(answer.body, "sluice_refused_total{cause=\"parts_per_hour\"} "));
    assert_non_null(strstr(answer.body, "sluice_account_spend_used{account=\"spender\","
                                        "limit=\"spend_per_day\"} 0.100000\n"));
}

/* ---- Suspending ---------------------------------------------------------------- */

TEST(a_suspended_account_is_closed_refused_and_may_come_back)
{
    struct lone_answer answer;
    struct smpp_pdu pdu;

    assert_int_equal(bind_as("patient"), ESME_ROK);
    answer = post("/v1/accounts/patient/suspend", NULL);
    assert_int_equal(answer.status, 200);
    assert_non_null(strstr(answer.body, "\"cancelled\":0"));
    lone_line_expect(&line, SMPP_UNBIND, &pdu);
    lone_line_answer(&line, &pdu, ESME_ROK);
    assert_true(lone_line_ends(&line, SOON_MS));
    lone_line_close(&line);
    assert_int_equal(bind_as("patient"), ESME_RBINDFAIL);
    lone_line_close(&line);
    answer = send_as("patient", "ACME", "4917012345673", "hello");
    assert_int_equal(answer.status, 403);
    assert_non_null(strstr(answer.body, "\"code\":\"suspended\""));
    answer = lone_gateway_ask(lone, "", "GET", "/v1/status", "", NULL);
    assert_non_null(strstr(answer.body, "account patient is suspended"));

    answer = post("/v1/accounts/patient/resume", NULL);
    assert_int_equal(answer.status, 200);
    assert_non_null(strstr(answer.body, "\"suspended_at\":null"));
    assert_int_equal(bind_as("patient"), ESME_ROK);
    fill(&pdu, "4917012345673");
    assert_int_equal(submit(&pdu, NULL), ESME_ROK);
    lone_line_close(&line);
}

TEST(what_was_not_handed_over_is_cancelled_and_its_holds_come_back)
{
    struct account *spender = account("spender");
    struct limits_facts limit;
    struct lone_answer answer;

    assert_int_equal(spender->balance.held, 100000);
    answer = post("/v1/accounts/spender/suspend", "{\"drop_queued\":true}");
    assert_int_equal(answer.status, 200);
    assert_non_null(strstr(answer.body, "\"cancelled\":2,\"returned\":\"0.100000\""));
    assert_int_equal(spender->balance.held, 0);
    assert_int_equal(spender->balance.available, spender->balance.opening);
    assert_true(limits_facts(gateway(), spender, USAGE_SPEND_DAY, &limit));
    assert_int_equal(limit.used, 0);
    /* Others keep what they have. */
    assert_int_equal(account("parts")->balance.held, 5 * 50000);
    answer = post("/v1/accounts/spender/suspend", "{\"drop_queued\":true}");
    assert_non_null(strstr(answer.body, "\"cancelled\":0"));
    answer = post("/v1/accounts/spender/resume", NULL);
    assert_int_equal(answer.status, 200);
}

TEST(suspending_needs_the_scope_and_a_right_body)
{
    struct lone_answer answer =
        lone_gateway_ask(lone, "rich-send", "POST", "/v1/accounts/rich/suspend", "", NULL);

    assert_int_equal(answer.status, 403);
    answer = post("/v1/accounts/rich/suspend", "{\"drop\":true}");
    assert_int_equal(answer.status, 400);
    answer = post("/v1/accounts/nobody/suspend", NULL);
    assert_int_equal(answer.status, 404);
    assert_int_equal(account("rich")->suspended_since_ms, 0);
}

TEST(a_repetition_of_what_has_ended_still_gets_its_id)
{
    struct lone_answer answer = send_as("once", "ACME", "4917012345674", "over");
    char id[64];

    assert_int_equal(answer.status, 202);
    snprintf(id, sizeof(id), "%.*s", (int)strcspn(answer.body, ","), answer.body);
    post("/v1/accounts/once/suspend", "{\"drop_queued\":true}");
    post("/v1/accounts/once/resume", NULL);
    for (int i = 0; i < 3000 && lives_count(gateway()->lives) > 0 &&
                    live_find(gateway(), strtoull(strpbrk(id, "123456789"), NULL, 10));
         i++)
        lone_gateway_turn(lone);
    answer = send_as("once", "ACME", "4917012345674", "over");
    assert_int_equal(answer.status, 202);
    CHECK(strncmp(answer.body, id, strlen(id)) == 0, answer.body);
    assert_non_null(
        strstr(answer.body, "\"parts\":1,\"held\":\"0.050000\",\"currency\":\"EUR\""));
    assert_int_equal(account("once")->balance.held, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(each_refusal_has_its_status_and_its_counter),
        RUN(a_port_and_a_card_may_be_named_by_parameters_too),
        RUN(a_sender_that_no_other_pdu_can_name_is_refused),
        RUN(what_is_to_replace_is_asked_about_too),
        RUN(parts_are_counted_exactly_and_a_refusal_holds_nothing),
        RUN(money_is_counted_exactly_and_what_comes_back_counts_no_more),
        RUN(one_recipient_is_written_to_so_often_and_others_still),
        RUN(a_repetition_gets_the_first_ones_id_and_nothing_is_held),
        RUN(repetitions_count_for_the_rate),
        RUN(its_id_has_the_form_it_was_given_out_in),
        RUN(what_is_replaced_counts_what_it_is_longer_and_nothing_repeats_it),
        RUN(what_differs_in_anything_is_a_message_of_its_own),
        RUN(parts_are_told_apart_by_their_place_and_not_by_their_reference),
        RUN(a_long_message_counts_all_its_parts_when_the_first_one_comes),
        RUN(over_http_each_refusal_has_its_code),
        RUN(over_http_a_repetition_is_answered_with_the_first_ones_id),
        RUN(over_http_a_request_with_the_same_key_gets_the_same_answer),
        RUN(over_http_what_ends_at_once_says_what_was_held_for_it),
        RUN(over_http_what_was_refused_may_be_asked_again_with_its_key),
        RUN(limits_are_told_with_what_was_used),
        RUN(a_suspended_account_is_closed_refused_and_may_come_back),
        RUN(what_was_not_handed_over_is_cancelled_and_its_holds_come_back),
        RUN(suspending_needs_the_scope_and_a_right_body),
        RUN(a_repetition_of_what_has_ended_still_gets_its_id),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
