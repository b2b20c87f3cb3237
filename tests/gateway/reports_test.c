/*
 * Whose report is it, where the id alone does not tell: tries in doubt, parts of which one
 * speaks for all, rules that are learned, floods of reports for nobody.  The test is the
 * operator.
 */
#include "gateway/reports.h"

#include <glob.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "gateway/catalog_pieces.h"
#include <sqlite3.h>

#include "gateway/config.h"
#include "gateway/gateway.h"
#include "gateway/live.h"
#include "gateway/reports_pieces.h"
#include "gateway/store_reader.h"
#include "routing/delivery.h"
#include "smpp/command.h"
#include "tests/gateway/lone_operator.h"
#include "tests/test.h"

#define WIDE HERE "window = 1000 "
#define DOUBTFUL                                                                           \
    WIDE "response_timeout = \"150ms\" in_doubt_wait = \"5s\" in_doubt_resends = 0 "

static int listener;
static struct lone_gateway *lone;
static struct lone_line line;

static const struct gateway_counters *counters(void)
{
    return &lone_gateway_of(lone)->counters;
}

static struct smpp_octets view(const char *text)
{
    return (struct smpp_octets){(const uint8_t *)text, (uint32_t)strlen(text)};
}

static void begin_with(const char *settings, const char *sections)
{
    lone = lone_operator_open(&listener, settings, sections);
    lone_operator_bind(&line, lone, listener, SMPP_BIND_TRANSCEIVER, 0x34);
}

static void begin(const char *settings)
{
    begin_with(settings, "");
}

static void end(void)
{
    lone_line_close(&line);
    close(listener);
    lone_gateway_free(lone);
}

static void turn_for(int ms)
{
    lone_line_stay(&line, ms);
}

static uint64_t submit_as(const char *account, const char *to, const char *text,
                          const char *more)
{
    char body[512];
    struct lone_answer answer;

    snprintf(body, sizeof(body),
             "{\"account\":\"%s\",\"from\":\"Shop\",\"to\":\"%s\",\"text\":\"%s\"%s}",
             account, to, text, more);
    answer = lone_gateway_ask(lone, "admin-token", "POST", "/v1/messages", "", body);
    CHECK_EQ(answer.status, 202, answer.body);
    return strtoull(strstr(answer.body, "\"id\":\"") + 6, NULL, 10);
}

static uint64_t submit_with(const char *to, const char *text, const char *more)
{
    return submit_as("direct", to, text, more);
}

/* The operator has got one: the sequence of its answer. */
static uint32_t expect_submit(void)
{
    struct smpp_pdu seen;

    lone_line_expect(&line, SMPP_SUBMIT_SM, &seen);
    return seen.sequence;
}

/* Submitted, and with the operator; its answer is to be `sequence`'s. */
static uint64_t submit(const char *to, const char *text, uint32_t *sequence)
{
    uint64_t id = submit_with(to, text, "");

    *sequence = expect_submit();
    return id;
}

static void take(uint32_t sequence, const char *id)
{
    struct smpp_pdu pdu;

    smpp_pdu_init(&pdu, SMPP_SUBMIT_SM, 0, sequence);
    lone_line_take(&line, &pdu, id);
    turn_for(20);
}

static void report_on(struct lone_line *at, const char *from, const char *text)
{
    struct smpp_pdu pdu, answer;

    smpp_pdu_init(&pdu, SMPP_DELIVER_SM, 0, 7);
    pdu.esm_class = 0x04;
    pdu.source = view(from);
    pdu.destination = view("Shop");
    pdu.short_message = view(text);
    lone_line_send(at, &pdu);
    lone_line_expect(at, SMPP_DELIVER_SM | SMPP_RESPONSE, &answer);
    CHECK_EQ(answer.status, ESME_ROK, text);
}

static void report(const char *from, const char *text)
{
    report_on(&line, from, text);
}

static struct attempt *try_of(uint64_t message)
{
    struct live *live = live_find(lone_gateway_of(lone), message);

    assert_non_null(live);
    assert_true(live->message.attempt_count > 0);
    return &live->message.attempts[0];
}

static void check_state(uint64_t message, enum attempt_state state, const char *row)
{
    CHECK_STR(attempt_state_name((enum attempt_state)try_of(message)->state),
              attempt_state_name(state), row);
}

/* How it ended, once it has. */
static void check_end(uint64_t message, enum message_end wanted)
{
    struct live *live;

    for (int i = 0; i < SOON_MS * 2; i++) {
        live = live_find(lone_gateway_of(lone), message);
        assert_non_null(live);
        if (live->message.state == MESSAGE_ENDED) {
            CHECK_STR(message_end_name((enum message_end)live->message.end),
                      message_end_name(wanted), "the end");
            return;
        }
        lone_gateway_turn(lone);
    }
    fail_msg("it did not end");
}

/* ---- Doubt ------------------------------------------------------------------ */

TEST(the_text_of_a_receipt_tells_which_of_two_unanswered_messages_is_meant)
{
    static const struct {
        const char *row;
        const char *text; /* of the receipt */
        bool resolved;
    } rows[] = {
        {"the whole text",       "text:Your code is 4711",     true },
        {"its first letters",    "text:Your code is 4",        true },
        {"no text",              "",                           false},
        {"not enough of it",     "text:Your code is",          false},
        {"what both could be",   "text:Your code is ????",     false},
        {"another text",         "text:Hello world",           false},
        {"capital, spaces",      "Text:  Your code is 4711  ", true },
        {"an escape for a sign", "text:Your code?is 4711",     true },
    };

    uint64_t first[ROWS(rows)], second[ROWS(rows)];
    char number[16], text[128];
    uint32_t sequence;

    begin(DOUBTFUL);
    for (size_t i = 0; i < ROWS(rows); i++) {
        snprintf(number, sizeof(number), "49170000000%zu", i);
        first[i] = submit(number, "Your code is 4711", &sequence);
        second[i] = submit(number, "Your code is 0815", &sequence);
    }
    turn_for(200);
    for (size_t i = 0; i < ROWS(rows); i++) {
        check_state(first[i], ATTEMPT_UNKNOWN, rows[i].row);
        snprintf(number, sizeof(number), "49170000000%zu", i);
        snprintf(text, sizeof(text), "id:7%zu stat:DELIVRD err:000 %s", i, rows[i].text);
        report(number, text);
    }
    turn_for(200);
    for (size_t i = 0; i < ROWS(rows); i++) {
        check_state(first[i], rows[i].resolved ? ATTEMPT_DELIVERED : ATTEMPT_UNKNOWN,
                    rows[i].row);
        check_state(second[i], ATTEMPT_UNKNOWN, rows[i].row);
    }
    end();
}

TEST(a_link_may_say_that_the_text_in_its_receipts_means_nothing)
{
    uint32_t sequence;
    uint64_t id;

    begin(DOUBTFUL "receipt_text = \"ignored\"");
    id = submit("491700000001", "Your code is 4711", &sequence);
    turn_for(200);
    report("491700000001", "id:77 stat:DELIVRD err:000 text:450A DLVRD TO SMSC");
    check_end(id, MESSAGE_DELIVERED);
    end();
}

TEST(a_try_that_may_still_be_answered_keeps_a_report_from_another_in_doubt)
{
    uint32_t sequence;
    uint64_t doubtful, open;

    begin(WIDE "response_timeout = \"1s\" in_doubt_wait = \"5s\" in_doubt_resends = 0");
    doubtful = submit("491700000001", "same text", &sequence);
    turn_for(700);
    open = submit("491700000001", "same text", &sequence);
    turn_for(500);
    check_state(doubtful, ATTEMPT_UNKNOWN, "it was not answered");
    report("491700000001", "id:78 stat:DELIVRD err:000 text:same text");
    turn_for(200);
    check_state(doubtful, ATTEMPT_UNKNOWN, "the report may be the other's");
    take(sequence, "78");
    check_end(open, MESSAGE_DELIVERED);
    check_state(doubtful, ATTEMPT_UNKNOWN, "and it was");
    end();
}

TEST(news_of_a_try_in_doubt_is_followed_by_its_final_report)
{
    uint32_t sequence;
    uint64_t id;

    begin(DOUBTFUL "id_rule = \"receipt-decimal\"");
    id = submit("491700000001", "Your code is 4711", &sequence);
    turn_for(200);
    report("+491700000001", "id:12107289 stat:ENROUTE err:000 text:Your code");
    turn_for(200);
    check_state(id, ATTEMPT_ACCEPTED, "on its way");
    CHECK_STR(try_of(id)->provider_id, "b8be19", "the id as an answer would have it");
    report("491700000001", "id:0012107289 stat:DELIVRD err:000 text:Your code");
    check_end(id, MESSAGE_DELIVERED);
    end();
}

/* 5.2.23: some operators take a message and tell no id. */
TEST(what_was_taken_without_an_id_is_known_by_its_addresses_and_its_text)
{
    uint32_t first, second;
    uint64_t one, other, early;

    begin(WIDE);
    one = submit("491700000001", "Your code is 4711", &first);
    other = submit("491700000001", "Your parcel is here", &second);
    take(first, "");
    take(second, "");
    check_state(one, ATTEMPT_ACCEPTED, "taken");
    report("491700000001", "id:78 stat:ENROUTE err:000 text:Your parcel");
    report("491700000001", "id:77 stat:DELIVRD err:000 text:Your code");
    report("491700000001", "id:78 stat:DELIVRD err:000 text:Your parcel");
    check_end(one, MESSAGE_DELIVERED);
    check_end(other, MESSAGE_DELIVERED);
    CHECK_STR(try_of(one)->provider_id, "77", "the id");
    early = submit("491700000001", "Your code is 4712", &first);
    report("491700000001", "stat:DELIVRD err:000 text:Your code is 4712");
    turn_for(200);
    check_state(early, ATTEMPT_SENT, "not answered");
    take(first, "");
    check_end(early, MESSAGE_DELIVERED);
    end();
}

TEST(what_was_taken_without_an_id_is_known_after_a_start_too)
{
    uint32_t sequence;
    uint16_t port;
    uint64_t id;

    begin(WIDE);
    id = submit("491700000001", "Your code is 4711", &sequence);
    take(sequence, "");
    turn_for(50);
    lone_line_close(&line);
    close(listener);
    listener = lone_line_listen(&port);
    lone_gateway_start_again(lone, port, WIDE, LONE_OPERATOR_ACCOUNT);
    lone_operator_bind(&line, lone, listener, SMPP_BIND_TRANSCEIVER, 0x34);
    report("491700000001", "id:77 stat:DELIVRD err:000 text:Your code");
    check_end(id, MESSAGE_DELIVERED);
    end();
}

TEST(of_two_that_were_taken_without_an_id_and_are_alike_none_is_meant)
{
    uint32_t first, second;
    uint64_t one, other;

    begin(WIDE);
    one = submit("491700000001", "same text", &first);
    other = submit("491700000001", "same text", &second);
    take(first, "");
    take(second, "");
    report("491700000001", "id:77 stat:DELIVRD err:000 text:same text");
    turn_for(300);
    check_state(one, ATTEMPT_ACCEPTED, "perhaps the other");
    check_state(other, ATTEMPT_ACCEPTED, "perhaps the other");
    end();
}

/* Its answer would be waited for longer than it has. */
TEST(a_report_that_fits_counts_at_the_deadline_though_the_answer_may_come_still)
{
    uint64_t id;
    struct smpp_pdu seen;

    begin(WIDE "response_timeout = \"60s\" grace = \"200ms\"");
    id = submit_with("491700000001", "hello", ",\"validity\":1");
    lone_line_expect(&line, SMPP_SUBMIT_SM, &seen);
    report("491700000001", "id:79 stat:DELIVRD err:000 text:hello");
    turn_for(100);
    check_state(id, ATTEMPT_SENT, "before its deadline the answer may tell");
    check_end(id, MESSAGE_DELIVERED);
    end();
}

/* ---- Parts of long messages ---------------------------------------------------- */

enum { PARTS = 3 };

/* A text of three segments; their answers are to be `sequences`'. */
static uint64_t submit_long(uint32_t sequences[PARTS])
{
    char text[401];
    struct smpp_pdu seen;
    uint64_t id;

    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    id = submit_with("491700000001", text, "");
    for (int i = 0; i < PARTS; i++) {
        lone_line_expect(&line, SMPP_SUBMIT_SM, &seen);
        sequences[i] = seen.sequence;
    }
    return id;
}

static const struct {
    const char *row;
    const char *policy;
    const char *reports; /* in their order: the part, d delivered or f failed; 0: none */
    enum message_end end;
    uint64_t counted; /* for other parts */
} parts_rows[] = {
    {"each its own",                       "all",   "1d2d3d", MESSAGE_DELIVERED,     0},
    {"each its own, one failed",           "all",   "1d2f3d", MESSAGE_UNDELIVERABLE, 0},
    {"only the first is told",             "first", "1d",     MESSAGE_DELIVERED,     2},
    {"the first failed",                   "first", "1f",     MESSAGE_UNDELIVERABLE, 2},
    {"another one says nothing",           "first", "2f3f1d", MESSAGE_DELIVERED,     2},
    {"only the last is told",              "last",  "3d",     MESSAGE_DELIVERED,     2},
    {"the first of the last says nothing", "last",  "1f3d",   MESSAGE_DELIVERED,     2},
    {"any of them",                        "any",   "2d",     MESSAGE_DELIVERED,     2},
    {"any of them, the first word counts", "any",   "3f1d",   MESSAGE_UNDELIVERABLE, 2},
};

static void report_part(const char *numbers[PARTS], const char *to, const char *said)
{
    char text[128];

    snprintf(text, sizeof(text), "id:%s stat:%s err:000 text:", numbers[said[0] - '1'],
             said[1] == 'd' ? "DELIVRD" : "UNDELIV");
    report(to, text);
}

TEST(the_segments_of_a_message_are_reported_by_the_policy_of_the_link)
{
    for (size_t i = 0; i < ROWS(parts_rows); i++) {
        const char *numbers[PARTS] = {"501", "502", "503"};
        uint32_t sequences[PARTS];
        char settings[256];
        uint64_t id;

        snprintf(settings, sizeof(settings), "%sparts_report = \"%s\"", WIDE,
                 parts_rows[i].policy);
        begin(settings);
        id = submit_long(sequences);
        for (int part = 0; part < PARTS; part++)
            take(sequences[part], numbers[part]);
        for (const char *said = parts_rows[i].reports; *said; said += 2)
            report_part(numbers, "491700000001", said);
        check_end(id, parts_rows[i].end);
        CHECK_EQ(counters()->reports_for_parts, parts_rows[i].counted, parts_rows[i].row);
        end();
    }
}

TEST(a_part_that_is_taken_later_inherits_what_was_told)
{
    uint32_t sequences[PARTS];
    struct smpp_pdu pdu;
    uint64_t id;

    begin(WIDE "parts_report = \"first\"");
    id = submit_long(sequences);
    take(sequences[0], "511");
    report("491700000001", "id:511 stat:DELIVRD err:000 text:");
    take(sequences[1], "512");
    take(sequences[2], "513");
    check_end(id, MESSAGE_DELIVERED);
    end();

    begin(WIDE "parts_report = \"first\"");
    id = submit_long(sequences);
    take(sequences[0], "521");
    report("491700000001", "id:521 stat:DELIVRD err:000 text:");
    take(sequences[1], "522");
    smpp_pdu_init(&pdu, SMPP_SUBMIT_SM, 0, sequences[2]);
    lone_line_answer(&line, &pdu, ESME_RINVMSGLEN);
    check_end(id, MESSAGE_UNDELIVERABLE); /* what was refused is not delivered */
    end();
}

/* Three parts that a client has cut; each is a message. */
static void submit_parts(struct lone_line *client, uint8_t reference,
                         uint32_t sequences[PARTS], uint64_t ids[PARTS])
{
    for (uint8_t part = 1; part <= PARTS; part++) {
        const uint8_t octets[] = {5, 0, 3, reference, PARTS, part, 'h', 'i'};
        struct smpp_pdu pdu;
        char id[24] = "";

        smpp_pdu_init(&pdu, SMPP_SUBMIT_SM, 0, part + 1u);
        pdu.source = view("Shop");
        pdu.destination = view("491700000001");
        pdu.esm_class = 0x40;
        pdu.short_message = (struct smpp_octets){octets, sizeof(octets)};
        lone_line_send(client, &pdu);
        lone_line_expect(client, SMPP_SUBMIT_SM | SMPP_RESPONSE, &pdu);
        CHECK_EQ(pdu.status, ESME_ROK, "a part");
        memcpy(id, pdu.message_id.data, pdu.message_id.size);
        ids[part - 1] = strtoull(id, NULL, 10);
        lone_line_expect(&line, SMPP_SUBMIT_SM, &pdu);
        sequences[part - 1] = pdu.sequence;
    }
}

static void bind_client(struct lone_line *client)
{
    struct smpp_pdu pdu;

    lone_line_connect(client, lone);
    smpp_pdu_init(&pdu, SMPP_BIND_TRANSMITTER, 0, 1);
    pdu.system_id = view("direct");
    pdu.password = view("p");
    pdu.interface_version = 0x34;
    lone_line_send(client, &pdu);
    lone_line_expect(client, SMPP_BIND_TRANSMITTER | SMPP_RESPONSE, &pdu);
    CHECK_EQ(pdu.status, ESME_ROK, "the client's bind");
}

TEST(parts_that_a_client_has_cut_are_reported_by_the_policy_of_the_link)
{
    const char *numbers[PARTS] = {"531", "532", "533"};
    const char *others[PARTS] = {"541", "542", "543"};
    static struct lone_line client;
    uint32_t sequences[PARTS], other_sequences[PARTS];
    uint64_t ids[PARTS], other_ids[PARTS];

    begin(WIDE "parts_report = \"last\"");
    bind_client(&client);
    submit_parts(&client, 7, sequences, ids);
    submit_parts(&client, 8, other_sequences, other_ids);
    for (int part = 0; part < PARTS; part++)
        take(other_sequences[part], others[part]);
    take(sequences[0], numbers[0]);
    take(sequences[2], numbers[2]);
    report_part(numbers, "491700000001", "1f");
    check_state(ids[0], ATTEMPT_ACCEPTED, "the first says nothing");
    report_part(numbers, "491700000001", "3d");
    check_end(ids[2], MESSAGE_DELIVERED);
    check_end(ids[0], MESSAGE_DELIVERED);
    take(sequences[1], numbers[1]); /* answered late, and told before */
    check_end(ids[1], MESSAGE_DELIVERED);
    for (int part = 0; part < PARTS; part++)
        check_state(other_ids[part], ATTEMPT_ACCEPTED, "another long message");
    report_part(others, "491700000001", "3f");
    for (int part = 0; part < PARTS; part++)
        check_end(other_ids[part], MESSAGE_UNDELIVERABLE);
    lone_line_close(&client);
    end();
}

/* ---- Rules that are learned --------------------------------------------------- */

/* Answers in decimal, receipts in hexadecimal. */
static void exchange(unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++) {
        char number[32], id[32], text[128];
        uint32_t sequence;

        snprintf(number, sizeof(number), "4917%08u", i);
        snprintf(id, sizeof(id), "%u", 12107289 + i * 16);
        submit(number, "hello", &sequence);
        take(sequence, id);
        snprintf(text, sizeof(text),
                 "id:%08X stat:DELIVRD err:000 text:", 12107289 + i * 16);
        report(number, text);
    }
}

static uint64_t delivered(void)
{
    return counters()->ends[MESSAGE_DELIVERED];
}

TEST(twenty_pairs_teach_a_rule_and_what_was_parked_is_found_by_it)
{
    static const struct {
        const char *setting;
        const char *rule_after;
        bool used;
    } rows[] = {
        {"id_rule = \"learn\"", "receipt-hex", true },
        {"",                    "as-is",       false},
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        char settings[256];
        uint32_t channel;

        snprintf(settings, sizeof(settings), "%s%s", WIDE, rows[i].setting);
        begin(settings);
        /* The first of all is not heard: nothing was known to be missing. */
        exchange(0, 20);
        CHECK_EQ(counters()->id_rules_proposed, 0, "nineteen pairs are no proof");
        CHECK_EQ(delivered(), 0, "nothing is matched by a rule that is not used");
        exchange(20, 21);
        CHECK_EQ(counters()->id_rules_proposed, 1, rows[i].rule_after);
        turn_for(500);
        CHECK_EQ(delivered(), rows[i].used ? 21 : 0, rows[i].rule_after);
        exchange(21, 23);
        CHECK_EQ(delivered(), rows[i].used ? 23 : 0, rows[i].rule_after);
        channel = 0;
        while (channel++ < 8)
            if (reports_id_rule(lone_gateway_of(lone), channel))
                CHECK_STR(reports_id_rule(lone_gateway_of(lone), channel),
                          rows[i].rule_after, "the rule");
        end();
    }
}

TEST(one_report_that_speaks_against_it_begins_the_count_again)
{
    begin(WIDE "id_rule = \"learn\"");
    exchange(0, 20);
    report("491700000007", "id:FFFF stat:DELIVRD err:000 text:");
    exchange(20, 30);
    CHECK_EQ(counters()->id_rules_proposed, 0, "it is begun again");
    exchange(30, 40);
    CHECK_EQ(counters()->id_rules_proposed, 1, "twenty in a row");
    end();
}

enum { LIVING = 43000, LOOKED_AT = 20000 /* at once */ };

/* Messages that an operator has answered, and nothing else. */
static void live_many(struct gateway *gateway, uint32_t channel)
{
    for (unsigned i = 1; i <= LIVING; i++) {
        struct live *live = live_new(gateway, i, live_body_new(0, 0));
        struct attempt *attempt = message_add_attempt(&live->message);

        live->bodies[0]->id = i;
        attempt->channel = channel;
        snprintf(attempt->provider_id, sizeof(attempt->provider_id), "%u", i);
    }
}

/* Those that were looked at first go, and others come to where they were. */
TEST(a_new_rule_is_used_for_each_that_lives_whoever_ends_meanwhile)
{
    uint64_t ids[LOOKED_AT];
    struct reports_channel *channel;
    struct gateway *gateway;

    begin(WIDE);
    gateway = lone_gateway_of(lone);
    channel = reports_channel(gateway->reports, 1);
    live_many(gateway, channel->number);
    channel->reindexing = true;
    reports_follow_rules(gateway->reports);
    CHECK_EQ(reports_ids(gateway), LOOKED_AT, "of the first");
    CHECK_EQ(live_ids(gateway, ids, LOOKED_AT), LOOKED_AT, "that were looked at");
    for (size_t i = 0; i < LOOKED_AT; i++)
        live_forget(gateway, live_find(gateway, ids[i]));
    while (channel->reindexing)
        reports_follow_rules(gateway->reports);
    CHECK_EQ(reports_ids(gateway), LIVING, "of all");
    end();
}

/* Others that live, up to this id. */
static void live_on(struct gateway *gateway, uint64_t id)
{
    for (uint64_t i = lives_count(gateway->lives) + 1; i <= id; i++)
        (void)live_new(gateway, i, live_body_new(0, 0));
}

/* The table of all that lives grows when the first are looked at, and has grown when the
 * others are. */
TEST(a_new_rule_is_used_for_each_that_lives_whoever_comes_meanwhile)
{
    struct reports_channel *channel;
    struct gateway *gateway;

    begin(WIDE);
    gateway = lone_gateway_of(lone);
    channel = reports_channel(gateway->reports, 1);
    live_many(gateway, channel->number);
    live_on(gateway, LIVING + 5000);
    channel->reindexing = true;
    reports_follow_rules(gateway->reports);
    live_on(gateway, LIVING + 10000);
    while (channel->reindexing)
        reports_follow_rules(gateway->reports);
    CHECK_EQ(reports_ids(gateway), LIVING, "of all that were answered");
    end();
}

/* ---- Reports for nobody -------------------------------------------------------- */

TEST(an_id_is_known_for_as_long_as_its_message_lives)
{
    struct gateway *gateway;
    uint32_t sequence;
    uint64_t id;

    begin(WIDE);
    gateway = lone_gateway_of(lone);
    id = submit("491700000001", "hello", &sequence);
    take(sequence, "80");
    reports_forget_ids(gateway->reports, gateway_now_ms(gateway) + 10000);
    report("491700000001", "id:80 stat:DELIVRD err:000 text:hello");
    check_end(id, MESSAGE_DELIVERED);
    reports_forget_ids(gateway->reports, gateway_now_ms(gateway) + 10000);
    CHECK_EQ(reports_ids(gateway), 0, "it has ended");
    end();
}

/* At a thousand messages a second the table is full of those that have ended in an hour. */
TEST(the_ids_of_what_has_ended_crowd_out_no_id_of_a_message_that_lives)
{
    enum { LIVE = 12, MESSAGES = 1000, IDS = 4 * MESSAGES, NOBODY = 1 << 20 };
    struct gateway *gateway;
    uint64_t ids[LIVE];
    char text[64];

    begin_with(WIDE, "max_messages = 1000\n");
    gateway = lone_gateway_of(lone);
    for (int i = 0; i < LIVE; i++) {
        uint32_t sequence;

        ids[i] = submit("491700000001", "hello", &sequence);
        snprintf(text, sizeof(text), "c%d", i);
        take(sequence, text);
    }
    for (uint64_t i = 1; i <= 3 * IDS; i++)
        reports_remember(gateway->reports, NOBODY + i, i, gateway_now_ms(gateway));
    assert_in_range(reports_ids(gateway), IDS - LIVE, IDS + LIVE);
    for (int i = 0; i < LIVE; i++) {
        snprintf(text, sizeof(text), "id:c%d stat:DELIVRD err:000", i);
        report("491700000001", text);
        check_end(ids[i], MESSAGE_DELIVERED);
    }
    end();
}

TEST(an_id_of_another_link_is_nobodys)
{
    struct lone_line other;
    char sections[1024];
    uint32_t sequence;
    uint16_t port;
    int other_listener = lone_line_listen(&port);
    uint64_t id;

    snprintf(sections, sizeof(sections),
             "link \"other\" { host = \"127.0.0.1\" port = %u system_id = \"s\" "
             "password = \"s\" reconnect_min = \"20ms\" }\n",
             port);
    begin_with(WIDE, sections);
    lone_operator_bind(&other, lone, other_listener, SMPP_BIND_TRANSCEIVER, 0x34);
    id = submit("491700000001", "hello", &sequence);
    take(sequence, "80");
    report_on(&other, "491700000001", "id:80 stat:UNDELIV err:001 text:hello");
    check_state(id, ATTEMPT_ACCEPTED, "the other link's id");
    CHECK_EQ(reports_parked(lone_gateway_of(lone)), 1, "parked");
    report("491700000001", "id:80 stat:DELIVRD err:000 text:hello");
    check_end(id, MESSAGE_DELIVERED);
    lone_line_close(&other);
    close(other_listener);
    end();
}

/* Virtual time, while which we live. */
static void pass(int64_t ms)
{
    enum { SLICE_MS = 1000 };

    for (; ms > 0; ms -= SLICE_MS) {
        lone_gateway_pass(lone, ms < SLICE_MS ? ms : SLICE_MS);
        turn_for(2);
    }
}

TEST(a_report_before_the_response_is_kept_for_its_time_and_no_longer)
{
    static const struct {
        const char *row;
        int64_t late_ms;
        bool found;
    } rows[] = {
        {"just in time", 58000, true },
        {"too late",     62000, false},
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        uint32_t sequence;
        uint16_t port;
        uint64_t id;

        listener = lone_line_listen(&port);
        lone = lone_gateway_new_virtual(port, WIDE "response_timeout = \"5m\"",
                                        "parked_for = \"60s\"\n" LONE_OPERATOR_ACCOUNT);
        lone_operator_bind(&line, lone, listener, SMPP_BIND_TRANSCEIVER, 0x34);
        id = submit("491700000001", "hello", &sequence);
        report("491700000001", "id:E1 stat:DELIVRD err:000");
        pass(rows[i].late_ms);
        CHECK_EQ(reports_parked(lone_gateway_of(lone)), rows[i].found, rows[i].row);
        take(sequence, "E1");
        if (rows[i].found)
            check_end(id, MESSAGE_DELIVERED);
        else
            check_state(id, ATTEMPT_ACCEPTED, rows[i].row);
        end();
    }
}

TEST(a_receiver_may_hear_the_reports_of_another_link)
{
    struct lone_line other;
    char sections[1024];
    uint32_t sequence;
    uint16_t port;
    int other_listener = lone_line_listen(&port);
    uint64_t id;

    snprintf(sections, sizeof(sections),
             "link \"other\" { host = \"127.0.0.1\" port = %u system_id = \"s\" "
             "password = \"s\" bind = \"receiver\" reports_of = \"smsc\" }\n",
             port);
    begin_with("id_rule = \"receipt-hex\" " WIDE, sections);
    lone_operator_bind(&other, lone, other_listener, SMPP_BIND_RECEIVER, 0x34);
    id = submit("491700000001", "hello", &sequence);
    take(sequence, "80");
    report_on(&other, "491700000001", "id:50 stat:DELIVRD err:000 text:hello");
    check_end(id, MESSAGE_DELIVERED);
    lone_line_close(&other);
    close(other_listener);
    end();
}

TEST(a_flood_of_unknown_ids_costs_the_link_that_sends_it)
{
    enum { MOST = 100, FLOOD = 300 };
    struct lone_line other;
    char sections[1024], text[64];
    uint32_t sequence;
    uint16_t port;
    int other_listener = lone_line_listen(&port);
    uint64_t id;

    snprintf(sections, sizeof(sections),
             "parked_max = %d\nlink \"other\" { host = \"127.0.0.1\" port = %u "
             "system_id = \"s\" password = \"s\" reconnect_min = \"20ms\" }\n",
             MOST, port);
    begin_with(WIDE, sections);
    lone_operator_bind(&other, lone, other_listener, SMPP_BIND_TRANSCEIVER, 0x34);
    id = submit("491700000001", "hello", &sequence);
    report("491700000001", "id:81 stat:DELIVRD err:000 text:hello");
    for (int i = 0; i < FLOOD; i++) {
        snprintf(text, sizeof(text), "id:x%d stat:DELIVRD", i);
        report_on(&other, "491700000001", text);
    }
    CHECK_EQ(reports_parked(lone_gateway_of(lone)), MOST, "parked, and no more");
    take(sequence, "81");
    check_end(id, MESSAGE_DELIVERED);
    lone_line_close(&other);
    close(other_listener);
    end();
}

TEST(one_id_again_and_again_keeps_few_reports)
{
    begin(WIDE);
    for (int i = 0; i < 60; i++)
        report("491700000001", "id:82 stat:DELIVRD");
    assert_true(reports_parked(lone_gateway_of(lone)) <= 16);
    report("", "stat:DELIVRD");
    assert_true(reports_parked(lone_gateway_of(lone)) <= 16);
    end();
}

/* What was parked under two ids is under one when the link compares them otherwise. */
TEST(reports_whose_ids_a_new_rule_makes_equal_are_there_at_the_next_start)
{
    uint16_t port;

    begin(WIDE);
    for (int i = 0; i < 24; i++)
        report("491700000001", i % 2 ? "id:ab stat:DELIVRD" : "id:AB stat:DELIVRD");
    CHECK_EQ(reports_parked(lone_gateway_of(lone)), 24, "two ids");
    lone_line_close(&line);
    close(listener);
    listener = lone_line_listen(&port);
    lone_gateway_start_again(lone, port, WIDE "id_rule = \"any-case\" ",
                             LONE_OPERATOR_ACCOUNT);
    CHECK_EQ(reports_parked(lone_gateway_of(lone)), 24, "one id");
    lone_operator_bind(&line, lone, listener, SMPP_BIND_TRANSCEIVER, 0x34);
    report("491700000001", "id:Ab stat:DELIVRD");
    CHECK_EQ(reports_parked(lone_gateway_of(lone)), 24, "the oldest of it goes");
    end();
}

/* All of them are about the message that is given the id, and its answer is one decision.
 */
TEST(very_many_reports_that_a_new_rule_gives_one_id_are_not_too_many)
{
    enum { MANY = 3000 };
    char spelt[] = "abcdefghijkl";
    struct report_news news = {.provider_id = spelt,
                               .event = ATTEMPT_EV_REPORT_ACCEPTED,
                               .source = "",
                               .destination = "",
                               .text = ""};
    uint32_t sequence;
    uint16_t port;
    uint64_t id;

    begin(WIDE);
    id = submit("491700000001", "hello", &sequence);
    for (int i = 0; i < MANY; i++) {
        for (int letter = 0; letter < 12; letter++)
            spelt[letter] = (char)((i >> letter & 1 ? 'A' : 'a') + letter);
        assert_true(reports_in(lone_gateway_of(lone), try_of(id)->channel, &news, NULL));
    }
    turn_for(50);
    lone_line_close(&line);
    close(listener);
    listener = lone_line_listen(&port);
    lone_gateway_start_again(lone, port, WIDE "id_rule = \"any-case\" ",
                             LONE_OPERATOR_ACCOUNT);
    CHECK_EQ(reports_parked(lone_gateway_of(lone)), MANY, "one id");
    lone_operator_bind(&line, lone, listener, SMPP_BIND_TRANSCEIVER, 0x34);
    id = submit("491700000001", "hello", &sequence);
    take(sequence, "abcdefghijkl");
    CHECK_EQ(reports_parked(lone_gateway_of(lone)), 0, "told");
    check_state(id, ATTEMPT_ACCEPTED, "all say so");
    end();
}

/* A content rule made it advertising, which costs us something else. */
TEST(what_a_late_report_earns_is_of_the_class_the_message_was_accepted_in)
{
    enum { GONE_MS = 1500 };
    struct lone_answer answer;
    struct smpp_pdu seen;
    char path[64];
    uint16_t port;
    uint64_t id;

    listener = lone_line_listen(&port);
    lone = lone_gateway_new_with(
        port, WIDE "grace = \"200ms\"",
        "account \"direct\" { password = \"p\" plan = \"dear\" opening = \"1000\" "
        "classes = {\"transactional\", \"advertising\"} }\n"
        "content \"ads\" { text = {\"sale\"} class = \"advertising\" }\n"
        "price { side = \"buy\" channel = \"smsc\" class = \"advertising\" price = "
        "\"0.04\" on = \"delivered\" }\n");
    lone_operator_bind(&line, lone, listener, SMPP_BIND_TRANSCEIVER, 0x34);
    id = submit_with("491700000001", "sale", ",\"validity\":1");
    lone_line_expect(&line, SMPP_SUBMIT_SM, &seen);
    take(seen.sequence, "85");
    check_end(id, MESSAGE_EXPIRED);
    turn_for(GONE_MS);
    CHECK_EQ(lives_count(lone_gateway_of(lone)->lives), 0, "messages in memory");
    report("491700000001", "id:85 stat:DELIVRD err:000");
    snprintf(path, sizeof(path), "/v1/messages/%llu", (unsigned long long)id);
    answer = lone_gateway_ask(lone, "admin-token", "GET", path, "", NULL);
    CHECK_EQ(strstr(answer.body, "\"cost\":\"0.040000\"") != NULL, true, answer.body);
    end();
}

/* The messages in memory that name the prices of this one. */
static uint32_t named(uint32_t pins)
{
    const struct pinned *pinned = &lone_gateway_of(lone)->catalog->pinned;

    for (uint32_t i = 0; i < pinned->used; i++)
        if (pinned->sets[i].prices && pinned->sets[i].number == pins)
            return pinned->sets[i].named;
    return UINT32_MAX;
}

/* Who names them may look at them: they do not go before. */
TEST(a_message_names_its_prices_as_long_as_it_is_in_memory)
{
    enum { GONE_MS = 1500 };
    static const char settings[] = WIDE "grace = \"200ms\"";
    struct gateway *gateway;
    struct live *live;
    uint16_t port;
    uint32_t pins;
    uint64_t id;

    listener = lone_line_listen(&port);
    lone = lone_gateway_new_with(port, settings, LONE_OPERATOR_ACCOUNT);
    lone_operator_bind(&line, lone, listener, SMPP_BIND_TRANSCEIVER, 0x34);
    id = submit_with("491700000001", "hello", ",\"validity\":4");
    take(expect_submit(), "85");
    gateway = lone_gateway_of(lone);
    live = live_find(gateway, id);
    pins = live->message.pins;
    CHECK_EQ(named(pins), 1, "it lives");
    assert_true(live_pack(gateway, live));
    CHECK_EQ(named(pins), 1, "packed");
    assert_true(live_find(gateway, id)->pins == catalog_pins(gateway->catalog, pins));
    CHECK_EQ(named(pins), 1, "unpacked");
    lone_line_close(&line);
    lone_gateway_start_again(lone, port, settings, LONE_OPERATOR_ACCOUNT);
    lone_operator_bind(&line, lone, listener, SMPP_BIND_TRANSCEIVER, 0x34);
    CHECK_EQ(named(pins), 1, "after a start");
    check_end(id, MESSAGE_EXPIRED);
    turn_for(GONE_MS);
    CHECK_EQ(named(pins), 0, "it is gone");
    report("491700000001", "id:85 stat:DELIVRD err:000");
    turn_for(100);
    CHECK_EQ(named(pins), 1, "a late report brought it back");
    lone_line_close(&line);
    lone_gateway_start_again(lone, port, settings, LONE_OPERATOR_ACCOUNT);
    lone_operator_bind(&line, lone, listener, SMPP_BIND_TRANSCEIVER, 0x34);
    CHECK_EQ(named(pins), 0, "after another start");
    end();
}

/* Of the history, as it is made on this day; what it was before is kept beside. */
static void change_history(const char *sql)
{
    char path[PATH_MAX];
    sqlite3 *database;
    glob_t days;
    char *error = NULL;

    snprintf(path, sizeof(path), "%s/history/*.db", lone_gateway_folder(lone));
    assert_int_equal(glob(path, 0, NULL, &days), 0);
    for (size_t i = 0; i < days.gl_pathc; i++) {
        assert_int_equal(sqlite3_open(days.gl_pathv[i], &database), SQLITE_OK);
        sqlite3_busy_timeout(database, 1000);
        sqlite3_exec(database, sql, NULL, NULL, &error);
        CHECK(error == NULL, error);
        sqlite3_close(database);
    }
    globfree(&days);
}

/* Its row is damaged, and mended before the report is too old. */
static void try_again(bool restart)
{
    enum { GONE_MS = 1500, AGAIN_MS = 2500 };
    struct lone_answer answer;
    uint32_t sequence;
    char path[64];
    uint64_t id;

    begin(WIDE "grace = \"100ms\"");
    id = submit_with("491700000001", "hello", ",\"validity\":1");
    sequence = expect_submit();
    take(sequence, "86");
    check_end(id, MESSAGE_EXPIRED);
    turn_for(GONE_MS);
    CHECK_EQ(lives_count(lone_gateway_of(lone)->lives), 0, "messages in memory");
    change_history("CREATE TABLE was AS SELECT * FROM known;"
                   "UPDATE message SET content=x'00'; UPDATE aged SET content=x'00'");
    report("491700000001", "id:86 stat:DELIVRD err:000");
    turn_for(100);
    CHECK_EQ(reports_parked(lone_gateway_of(lone)), 1, "kept");
    change_history(
        "UPDATE message SET content=(SELECT content FROM was WHERE was.id=message.id);"
        "UPDATE aged SET content=(SELECT content FROM was WHERE was.id=aged.id);"
        "DROP TABLE was");
    if (restart) {
        uint16_t port;

        lone_line_close(&line);
        close(listener);
        listener = lone_line_listen(&port);
        lone_gateway_start_again(lone, port, WIDE, LONE_OPERATOR_ACCOUNT);
        lone_operator_bind(&line, lone, listener, SMPP_BIND_TRANSCEIVER, 0x34);
    }
    turn_for(restart ? 500 : AGAIN_MS);
    CHECK_EQ(reports_parked(lone_gateway_of(lone)), 0, "tried again");
    snprintf(path, sizeof(path), "/v1/messages/%llu", (unsigned long long)id);
    answer = lone_gateway_ask(lone, "admin-token", "GET", path, "", NULL);
    CHECK(strstr(answer.body, "\"delivered\"") != NULL, answer.body);
    end();
}

TEST(a_late_report_is_tried_again_if_its_message_could_not_be_read)
{
    try_again(false);
    try_again(true);
}

/* All of them wait for one message to be brought back, which is one decision. */
TEST(very_many_reports_of_a_message_that_is_long_gone_harm_nobody)
{
    enum { MANY = 2500, GONE_MS = 1500 };
    struct smpp_pdu pdu, answer;
    unsigned later = 0;
    uint32_t sequence;

    begin(HERE "window = 5000 ");
    submit("491700000001", "hello", &sequence);
    take(sequence, "84");
    report("491700000001", "id:84 stat:DELIVRD err:000 text:hello");
    turn_for(GONE_MS);
    CHECK_EQ(lives_count(lone_gateway_of(lone)->lives), 0, "messages in memory");
    /* Who reads the tables waits until this one is in them. */
    submit("491700000003", "hello", &sequence);
    for (uint32_t i = 0; i < MANY; i++) {
        smpp_pdu_init(&pdu, SMPP_DELIVER_SM, 0, 100 + i);
        pdu.esm_class = 0x04;
        pdu.source = view("491700000002");
        pdu.destination = view("Shop");
        pdu.short_message = view("id:84 stat:UNDELIV err:001");
        lone_line_send(&line, &pdu);
    }
    for (uint32_t i = 0; i < MANY; i++) {
        lone_line_expect(&line, SMPP_DELIVER_SM | SMPP_RESPONSE, &answer);
        later += answer.status != ESME_ROK;
    }
    assert_true(later < MANY);
    end();
}

/* What a content rule made of it when it came, not what its account sends otherwise. */
TEST(one_that_was_brought_back_is_owed_for_as_the_class_it_was_sent_in)
{
    enum { GONE_MS = 3000 };
    struct lone_answer answer;
    uint32_t sequence;
    char path[64];
    uint64_t id;

    begin_with(WIDE "grace = \"100ms\"",
               "account \"seller\" { password = \"p\" plan = \"dear\" opening = \"10\""
               " classes = {\"transactional\", \"advertising\"} }\n"
               "content \"ads\" { text = {\"bargain\"} class = \"advertising\" }\n"
               "price { side = \"buy\" channel = \"smsc\" class = \"advertising\""
               " on = \"delivered\" price = \"0.02\" }\n"
               "price { side = \"buy\" channel = \"smsc\" class = \"transactional\""
               " on = \"delivered\" price = \"0.01\" }\n");
    id = submit_as("seller", "491700000001", "a bargain", ",\"validity\":1");
    sequence = expect_submit();
    take(sequence, "85");
    for (int ms = 0; ms < GONE_MS && lives_count(lone_gateway_of(lone)->lives) > 0;
         ms += 50)
        turn_for(50);
    CHECK_EQ(lives_count(lone_gateway_of(lone)->lives), 0, "messages in memory");
    report("491700000001", "id:85 stat:DELIVRD err:000 text:");
    turn_for(50);
    snprintf(path, sizeof(path), "/v1/messages/%llu", (unsigned long long)id);
    answer = lone_gateway_ask(lone, "admin-token", "GET", path, "", NULL);
    CHECK(strstr(answer.body, "\"cost\":\"0.020000\"") != NULL, answer.body);
    end();
}

static void note_verified(void *owner, uint64_t tag, const struct verification *found)
{
    (void)tag;
    *(bool *)owner = found->ok;
}

TEST(late_reports_leave_the_reader_room_for_who_asks)
{
    enum { MANY = 300 };
    const struct kept_report report = {.event = ATTEMPT_EV_REPORT_FAILED};
    struct gateway *gateway;
    unsigned taken = 0;
    bool verified = false;

    begin(WIDE);
    gateway = lone_gateway_of(lone);
    for (uint64_t i = 1; i <= MANY; i++)
        taken += reports_bring_back(gateway->reports, i, &report, NULL);
    assert_in_range(taken, 100, MANY - 100);
    assert_true(store_reader_verify(gateway->reader, note_verified, &verified, 0));
    for (int i = 0; i < 2000 && !verified; i++)
        lone_gateway_turn(lone);
    assert_true(verified);
    /* They are read, and there is room again. */
    assert_true(reports_bring_back(gateway->reports, 1, &report, NULL));
    end();
}

TEST(a_final_report_that_comes_again_is_counted_and_changes_nothing)
{
    uint32_t sequence;
    uint64_t id;

    begin(WIDE);
    id = submit("491700000001", "hello", &sequence);
    take(sequence, "83");
    for (int i = 0; i < 3; i++)
        report("491700000001", "id:83 stat:DELIVRD err:000 text:hello");
    check_end(id, MESSAGE_DELIVERED);
    CHECK_EQ(counters()->reports_repeated, 2, "repeated");
    report("491700000001", "id:83 stat:UNDELIV err:001 text:hello");
    CHECK_EQ(counters()->reports_contradictory, 1, "contradictory");
    CHECK_EQ(counters()->reports_repeated, 2, "and not repeated");
    check_state(id, ATTEMPT_DELIVERED, "the better one");
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(the_text_of_a_receipt_tells_which_of_two_unanswered_messages_is_meant),
        RUN(a_link_may_say_that_the_text_in_its_receipts_means_nothing),
        RUN(a_try_that_may_still_be_answered_keeps_a_report_from_another_in_doubt),
        RUN(news_of_a_try_in_doubt_is_followed_by_its_final_report),
        RUN(what_was_taken_without_an_id_is_known_by_its_addresses_and_its_text),
        RUN(what_was_taken_without_an_id_is_known_after_a_start_too),
        RUN(of_two_that_were_taken_without_an_id_and_are_alike_none_is_meant),
        RUN(a_report_that_fits_counts_at_the_deadline_though_the_answer_may_come_still),
        RUN(the_segments_of_a_message_are_reported_by_the_policy_of_the_link),
        RUN(a_part_that_is_taken_later_inherits_what_was_told),
        RUN(parts_that_a_client_has_cut_are_reported_by_the_policy_of_the_link),
        RUN(twenty_pairs_teach_a_rule_and_what_was_parked_is_found_by_it),
        RUN(one_report_that_speaks_against_it_begins_the_count_again),
        RUN(a_new_rule_is_used_for_each_that_lives_whoever_ends_meanwhile),
        RUN(a_new_rule_is_used_for_each_that_lives_whoever_comes_meanwhile),
        RUN(an_id_is_known_for_as_long_as_its_message_lives),
        RUN(the_ids_of_what_has_ended_crowd_out_no_id_of_a_message_that_lives),
        RUN(an_id_of_another_link_is_nobodys),
        RUN(a_report_before_the_response_is_kept_for_its_time_and_no_longer),
        RUN(a_receiver_may_hear_the_reports_of_another_link),
        RUN(a_flood_of_unknown_ids_costs_the_link_that_sends_it),
        RUN(one_id_again_and_again_keeps_few_reports),
        RUN(reports_whose_ids_a_new_rule_makes_equal_are_there_at_the_next_start),
        RUN(very_many_reports_that_a_new_rule_gives_one_id_are_not_too_many),
        RUN(a_message_names_its_prices_as_long_as_it_is_in_memory),
        RUN(a_late_report_is_tried_again_if_its_message_could_not_be_read),
        RUN(what_a_late_report_earns_is_of_the_class_the_message_was_accepted_in),
        RUN(very_many_reports_of_a_message_that_is_long_gone_harm_nobody),
        RUN(one_that_was_brought_back_is_owed_for_as_the_class_it_was_sent_in),
        RUN(late_reports_leave_the_reader_room_for_who_asks),
        RUN(a_final_report_that_comes_again_is_counted_and_changes_nothing),
    };

    return RUN_ALL(tests);
}
