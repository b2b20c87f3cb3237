/*
 * The parts of long messages: of which reports the link says that they speak for all.
 */
#include "gateway/reports.h"

#include <stdlib.h>

#include "gateway/gateway.h"
#include "smpp/command.h"
#include "tests/gateway/reports_scene.h"
#include "tests/test.h"

enum { PARTS = 3 };

/* A text of three segments; their answers are to be `sequences`'. */
static uint64_t submit_long(uint32_t sequences[PARTS])
{
    char text[401];
    struct smpp_pdu seen;
    uint64_t id;

    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    id = scene_submit_with("491700000001", text, "");
    for (int i = 0; i < PARTS; i++) {
        lone_line_expect(&scene.line, SMPP_SUBMIT_SM, &seen);
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
    scene_report(to, text);
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
        scene_begin(settings);
        id = submit_long(sequences);
        for (int part = 0; part < PARTS; part++)
            scene_take(sequences[part], numbers[part]);
        for (const char *said = parts_rows[i].reports; *said; said += 2)
            report_part(numbers, "491700000001", said);
        scene_check_end(id, parts_rows[i].end);
        CHECK_EQ(scene_counters()->reports_for_parts, parts_rows[i].counted,
                 parts_rows[i].row);
        scene_end();
    }
}

TEST(a_part_that_is_taken_later_inherits_what_was_told)
{
    uint32_t sequences[PARTS];
    struct smpp_pdu pdu;
    uint64_t id;

    scene_begin(WIDE "parts_report = \"first\"");
    id = submit_long(sequences);
    scene_take(sequences[0], "511");
    scene_report("491700000001", "id:511 stat:DELIVRD err:000 text:");
    scene_take(sequences[1], "512");
    scene_take(sequences[2], "513");
    scene_check_end(id, MESSAGE_DELIVERED);
    scene_end();

    scene_begin(WIDE "parts_report = \"first\"");
    id = submit_long(sequences);
    scene_take(sequences[0], "521");
    scene_report("491700000001", "id:521 stat:DELIVRD err:000 text:");
    scene_take(sequences[1], "522");
    smpp_pdu_init(&pdu, SMPP_SUBMIT_SM, 0, sequences[2]);
    lone_line_answer(&scene.line, &pdu, ESME_RINVMSGLEN);
    scene_check_end(id, MESSAGE_UNDELIVERABLE); /* what was refused is not delivered */
    scene_end();
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
        pdu.source = scene_view("Shop");
        pdu.destination = scene_view("491700000001");
        pdu.esm_class = 0x40;
        pdu.short_message = (struct smpp_octets){octets, sizeof(octets)};
        lone_line_send(client, &pdu);
        lone_line_expect(client, SMPP_SUBMIT_SM | SMPP_RESPONSE, &pdu);
        CHECK_EQ(pdu.status, ESME_ROK, "a part");
        memcpy(id, pdu.message_id.data, pdu.message_id.size);
        ids[part - 1] = strtoull(id, NULL, 10);
        lone_line_expect(&scene.line, SMPP_SUBMIT_SM, &pdu);
        sequences[part - 1] = pdu.sequence;
    }
}

static void bind_client(struct lone_line *client)
{
    struct smpp_pdu pdu;

    lone_line_connect(client, scene.lone);
    smpp_pdu_init(&pdu, SMPP_BIND_TRANSMITTER, 0, 1);
    pdu.system_id = scene_view("direct");
    pdu.password = scene_view("p");
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

    scene_begin(WIDE "parts_report = \"last\"");
    bind_client(&client);
    submit_parts(&client, 7, sequences, ids);
    submit_parts(&client, 8, other_sequences, other_ids);
    for (int part = 0; part < PARTS; part++)
        scene_take(other_sequences[part], others[part]);
    scene_take(sequences[0], numbers[0]);
    scene_take(sequences[2], numbers[2]);
    report_part(numbers, "491700000001", "1f");
    scene_check_state(ids[0], ATTEMPT_ACCEPTED, "the first says nothing");
    report_part(numbers, "491700000001", "3d");
    scene_check_end(ids[2], MESSAGE_DELIVERED);
    scene_check_end(ids[0], MESSAGE_DELIVERED);
    scene_take(sequences[1], numbers[1]); /* answered late, and told before */
    scene_check_end(ids[1], MESSAGE_DELIVERED);
    for (int part = 0; part < PARTS; part++)
        scene_check_state(other_ids[part], ATTEMPT_ACCEPTED, "another long message");
    report_part(others, "491700000001", "3f");
    for (int part = 0; part < PARTS; part++)
        scene_check_end(other_ids[part], MESSAGE_UNDELIVERABLE);
    lone_line_close(&client);
    scene_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(the_segments_of_a_message_are_reported_by_the_policy_of_the_link),
        RUN(a_part_that_is_taken_later_inherits_what_was_told),
        RUN(parts_that_a_client_has_cut_are_reported_by_the_policy_of_the_link),
    };

    return RUN_ALL(tests);
}
