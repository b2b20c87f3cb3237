/*
 * Reports for nobody: until when an id is known, what is kept for an answer that comes
 * later, and floods of them.
 */
#include "gateway/reports.h"

#include <unistd.h>

#include "gateway/gateway.h"
#include "gateway/reports_pieces.h"
#include "smpp/command.h"
#include "tests/gateway/reports_scene.h"
#include "tests/test.h"

TEST(an_id_is_known_for_as_long_as_its_message_lives)
{
    struct gateway *gateway;
    uint32_t sequence;
    uint64_t id;

    scene_begin(WIDE);
    gateway = lone_gateway_of(scene.lone);
    id = scene_submit("491700000001", "hello", &sequence);
    scene_take(sequence, "80");
    reports_forget_ids(gateway->reports, gateway_now_ms(gateway) + 10000);
    scene_report("491700000001", "id:80 stat:DELIVRD err:000 text:hello");
    scene_check_end(id, MESSAGE_DELIVERED);
    reports_forget_ids(gateway->reports, gateway_now_ms(gateway) + 10000);
    CHECK_EQ(reports_ids(gateway), 0, "it has ended");
    scene_end();
}

/* At a thousand messages a second the table is full of those that have ended in an hour. */
TEST(the_ids_of_what_has_ended_crowd_out_no_id_of_a_message_that_lives)
{
    enum { LIVE = 12, MESSAGES = 1000, IDS = 4 * MESSAGES, NOBODY = 1 << 20 };
    struct gateway *gateway;
    uint64_t ids[LIVE];
    char text[64];

    scene_begin_with(WIDE, "max_messages = 1000\n");
    gateway = lone_gateway_of(scene.lone);
    for (int i = 0; i < LIVE; i++) {
        uint32_t sequence;

        ids[i] = scene_submit("491700000001", "hello", &sequence);
        snprintf(text, sizeof(text), "c%d", i);
        scene_take(sequence, text);
    }
    for (uint64_t i = 1; i <= 3 * IDS; i++)
        reports_remember(gateway->reports, NOBODY + i, i, gateway_now_ms(gateway));
    assert_in_range(reports_ids(gateway), IDS - LIVE, IDS + LIVE);
    for (int i = 0; i < LIVE; i++) {
        snprintf(text, sizeof(text), "id:c%d stat:DELIVRD err:000", i);
        scene_report("491700000001", text);
        scene_check_end(ids[i], MESSAGE_DELIVERED);
    }
    scene_end();
}

/* Another link with these settings, bound; where it listens is returned. */
static int begin_with_another(const char *settings, const char *its, uint32_t command,
                              struct lone_line *out_line)
{
    char sections[1024];
    uint16_t port;
    int listener = lone_line_listen(&port);

    snprintf(sections, sizeof(sections),
             "link \"other\" { host = \"127.0.0.1\" port = %u system_id = \"s\" "
             "password = \"s\" %s }\n",
             port, its);
    scene_begin_with(settings, sections);
    lone_operator_bind(out_line, scene.lone, listener, command, 0x34);
    return listener;
}

TEST(an_id_of_another_link_is_nobodys)
{
    struct lone_line other;
    uint32_t sequence;
    int other_listener =
        begin_with_another(WIDE, "reconnect_min = \"20ms\"", SMPP_BIND_TRANSCEIVER, &other);
    uint64_t id;

    id = scene_submit("491700000001", "hello", &sequence);
    scene_take(sequence, "80");
    scene_report_on(&other, "491700000001", "id:80 stat:UNDELIV err:001 text:hello");
    scene_check_state(id, ATTEMPT_ACCEPTED, "the other link's id");
    CHECK_EQ(reports_parked(lone_gateway_of(scene.lone)), 1, "parked");
    scene_report("491700000001", "id:80 stat:DELIVRD err:000 text:hello");
    scene_check_end(id, MESSAGE_DELIVERED);
    lone_line_close(&other);
    close(other_listener);
    scene_end();
}

/* Virtual time, while which we live. */
static void pass(int64_t ms)
{
    enum { SLICE_MS = 1000 };

    for (; ms > 0; ms -= SLICE_MS) {
        lone_gateway_pass(scene.lone, ms < SLICE_MS ? ms : SLICE_MS);
        scene_turn_for(2);
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

        scene.listener = lone_line_listen(&port);
        scene.lone =
            lone_gateway_new_virtual(port, WIDE "response_timeout = \"5m\"",
                                     "parked_for = \"60s\"\n" LONE_OPERATOR_ACCOUNT);
        lone_operator_bind(&scene.line, scene.lone, scene.listener, SMPP_BIND_TRANSCEIVER,
                           0x34);
        id = scene_submit("491700000001", "hello", &sequence);
        scene_report("491700000001", "id:E1 stat:DELIVRD err:000");
        pass(rows[i].late_ms);
        CHECK_EQ(reports_parked(lone_gateway_of(scene.lone)), rows[i].found, rows[i].row);
        scene_take(sequence, "E1");
        if (rows[i].found)
            scene_check_end(id, MESSAGE_DELIVERED);
        else
            scene_check_state(id, ATTEMPT_ACCEPTED, rows[i].row);
        scene_end();
    }
}

TEST(a_receiver_may_hear_the_reports_of_another_link)
{
    struct lone_line other;
    uint32_t sequence;
    int other_listener = begin_with_another("id_rule = \"receipt-hex\" " WIDE,
                                            "bind = \"receiver\" reports_of = \"smsc\"",
                                            SMPP_BIND_RECEIVER, &other);
    uint64_t id;

    id = scene_submit("491700000001", "hello", &sequence);
    scene_take(sequence, "80");
    scene_report_on(&other, "491700000001", "id:50 stat:DELIVRD err:000 text:hello");
    scene_check_end(id, MESSAGE_DELIVERED);
    lone_line_close(&other);
    close(other_listener);
    scene_end();
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
    scene_begin_with(WIDE, sections);
    lone_operator_bind(&other, scene.lone, other_listener, SMPP_BIND_TRANSCEIVER, 0x34);
    id = scene_submit("491700000001", "hello", &sequence);
    scene_report("491700000001", "id:81 stat:DELIVRD err:000 text:hello");
    for (int i = 0; i < FLOOD; i++) {
        snprintf(text, sizeof(text), "id:x%d stat:DELIVRD", i);
        scene_report_on(&other, "491700000001", text);
    }
    CHECK_EQ(reports_parked(lone_gateway_of(scene.lone)), MOST, "parked, and no more");
    scene_take(sequence, "81");
    scene_check_end(id, MESSAGE_DELIVERED);
    lone_line_close(&other);
    close(other_listener);
    scene_end();
}

TEST(one_id_again_and_again_keeps_few_reports)
{
    scene_begin(WIDE);
    for (int i = 0; i < 60; i++)
        scene_report("491700000001", "id:82 stat:DELIVRD");
    assert_true(reports_parked(lone_gateway_of(scene.lone)) <= 16);
    scene_report("", "stat:DELIVRD");
    assert_true(reports_parked(lone_gateway_of(scene.lone)) <= 16);
    scene_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(an_id_is_known_for_as_long_as_its_message_lives),
        RUN(the_ids_of_what_has_ended_crowd_out_no_id_of_a_message_that_lives),
        RUN(an_id_of_another_link_is_nobodys),
        RUN(a_report_before_the_response_is_kept_for_its_time_and_no_longer),
        RUN(a_receiver_may_hear_the_reports_of_another_link),
        RUN(a_flood_of_unknown_ids_costs_the_link_that_sends_it),
        RUN(one_id_again_and_again_keeps_few_reports),
    };

    return RUN_ALL(tests);
}
