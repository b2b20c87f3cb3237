#include "tests/gateway/reports_scene.h"

#include <stdlib.h>
#include <unistd.h>

#include "gateway/gateway.h"
#include "gateway/live.h"
#include "smpp/command.h"
#include "tests/test.h"

struct scene scene;

const struct gateway_counters *scene_counters(void)
{
    return &lone_gateway_of(scene.lone)->counters;
}

struct smpp_octets scene_view(const char *text)
{
    return (struct smpp_octets){(const uint8_t *)text, (uint32_t)strlen(text)};
}

void scene_begin_with(const char *settings, const char *sections)
{
    scene.lone = lone_operator_open(&scene.listener, settings, sections);
    lone_operator_bind(&scene.line, scene.lone, scene.listener, SMPP_BIND_TRANSCEIVER,
                       0x34);
}

void scene_begin(const char *settings)
{
    scene_begin_with(settings, "");
}

void scene_end(void)
{
    lone_line_close(&scene.line);
    close(scene.listener);
    lone_gateway_free(scene.lone);
}

void scene_turn_for(int ms)
{
    lone_line_stay(&scene.line, ms);
}

uint64_t scene_submit_as(const char *account, const char *to, const char *text,
                         const char *more)
{
    char body[512];
    struct lone_answer answer;

    snprintf(body, sizeof(body),
             "{\"account\":\"%s\",\"from\":\"Shop\",\"to\":\"%s\",\"text\":\"%s\"%s}",
             account, to, text, more);
    answer = lone_gateway_ask(scene.lone, "admin-token", "POST", "/v1/messages", "", body);
    CHECK_EQ(answer.status, 202, answer.body);
    return strtoull(strstr(answer.body, "\"id\":\"") + 6, NULL, 10);
}

uint64_t scene_submit_with(const char *to, const char *text, const char *more)
{
    return scene_submit_as("direct", to, text, more);
}

uint32_t scene_expect_submit(void)
{
    struct smpp_pdu seen;

    lone_line_expect(&scene.line, SMPP_SUBMIT_SM, &seen);
    return seen.sequence;
}

uint64_t scene_submit(const char *to, const char *text, uint32_t *sequence)
{
    uint64_t id = scene_submit_with(to, text, "");

    *sequence = scene_expect_submit();
    return id;
}

void scene_take(uint32_t sequence, const char *id)
{
    struct smpp_pdu pdu;

    smpp_pdu_init(&pdu, SMPP_SUBMIT_SM, 0, sequence);
    lone_line_take(&scene.line, &pdu, id);
    scene_turn_for(20);
}

void scene_report_on(struct lone_line *at, const char *from, const char *text)
{
    struct smpp_pdu pdu, answer;

    smpp_pdu_init(&pdu, SMPP_DELIVER_SM, 0, 7);
    pdu.esm_class = 0x04;
    pdu.source = scene_view(from);
    pdu.destination = scene_view("Shop");
    pdu.short_message = scene_view(text);
    lone_line_send(at, &pdu);
    lone_line_expect(at, SMPP_DELIVER_SM | SMPP_RESPONSE, &answer);
    CHECK_EQ(answer.status, ESME_ROK, text);
}

void scene_report(const char *from, const char *text)
{
    scene_report_on(&scene.line, from, text);
}

struct attempt *scene_try_of(uint64_t message)
{
    struct live *live = live_find(lone_gateway_of(scene.lone), message);

    assert_non_null(live);
    assert_true(live->message.attempt_count > 0);
    return &live->message.attempts[0];
}

void scene_check_state(uint64_t message, enum attempt_state state, const char *row)
{
    CHECK_STR(attempt_state_name((enum attempt_state)scene_try_of(message)->state),
              attempt_state_name(state), row);
}

void scene_check_end(uint64_t message, enum message_end wanted)
{
    struct live *live;

    for (int i = 0; i < SOON_MS * 2; i++) {
        live = live_find(lone_gateway_of(scene.lone), message);
        assert_non_null(live);
        if (live->message.state == MESSAGE_ENDED) {
            CHECK_STR(message_end_name((enum message_end)live->message.end),
                      message_end_name(wanted), "the end");
            return;
        }
        lone_gateway_turn(scene.lone);
    }
    fail_msg("it did not end");
}
