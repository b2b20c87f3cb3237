#include "tests/gateway/lone_operator.h"

#include <stdlib.h>

#include "smpp/command.h"
#include "tests/test.h"

typedef struct lone_gateway *maker(uint16_t operator_port, const char *settings,
                                   const char *sections);

static struct lone_gateway *open_on(maker *make, int *out_listener, const char *settings,
                                    const char *sections)
{
    char all[8192];
    uint16_t port;

    assert_true(snprintf(all, sizeof(all), LONE_OPERATOR_ACCOUNT "%s", sections) <
                (int)sizeof(all));
    *out_listener = lone_line_listen(&port);
    return make(port, settings, all);
}

struct lone_gateway *lone_operator_open(int *out_listener, const char *settings,
                                        const char *sections)
{
    return open_on(lone_gateway_new_with, out_listener, settings, sections);
}

struct lone_gateway *lone_operator_open_virtual(int *out_listener, const char *settings,
                                                const char *sections)
{
    return open_on(lone_gateway_new_virtual, out_listener, settings, sections);
}

void lone_operator_bind(struct lone_line *line, struct lone_gateway *lone, int listener,
                        uint32_t command, uint8_t version)
{
    struct smpp_pdu bind, answer;

    assert_true(lone_line_accept(line, lone, listener, SOON_MS));
    lone_line_expect(line, command, &bind);
    smpp_pdu_init(&answer, command | SMPP_RESPONSE, ESME_ROK, bind.sequence);
    answer.system_id = (struct smpp_octets){(const uint8_t *)"op", 2};
    assert_true(smpp_pdu_add_tlv(&answer, SMPP_TLV_SC_INTERFACE_VERSION, &version,
                                 sizeof(version)));
    lone_line_send(line, &answer);
}

void lone_gateway_turn_for(struct lone_gateway *lone, int ms)
{
    for (int i = 0; i < ms; i++)
        lone_gateway_turn(lone);
}

uint64_t lone_operator_submit(struct lone_gateway *lone, const char *to, const char *text)
{
    return lone_operator_submit_as(lone, "direct", to, text);
}

uint64_t lone_operator_submit_as(struct lone_gateway *lone, const char *account,
                                 const char *to, const char *text)
{
    char body[512];
    struct lone_answer answer;
    const char *id;

    snprintf(body, sizeof(body),
             "{\"account\":\"%s\",\"from\":\"Shop\",\"to\":\"%s\",\"text\":\"%s\"}",
             account, to, text);
    answer = lone_gateway_ask(lone, "admin-token", "POST", "/v1/messages", "", body);
    CHECK_EQ(answer.status, 202, answer.body);
    id = strstr(answer.body, "\"id\":\"");
    assert_non_null(id);
    return strtoull(id + 6, NULL, 10);
}

void lone_operator_check_end(struct lone_gateway *lone, uint64_t id, const char *wanted)
{
    char path[64], member[64];

    snprintf(path, sizeof(path), "/v1/messages/%llu", (unsigned long long)id);
    snprintf(member, sizeof(member), "\"end\":\"%s\"", wanted);
    for (int i = 0; i < 300; i++) {
        struct lone_answer answer =
            lone_gateway_ask(lone, "admin-token", "GET", path, "", NULL);

        if (strstr(answer.body, "\"state\":\"ended\"") != NULL) {
            CHECK(strstr(answer.body, member) != NULL, answer.body);
            return;
        }
        lone_gateway_turn_for(lone, 5);
    }
    fail_msg("it did not end");
}

void lone_operator_report(struct lone_line *line, const char *id, const char *word)
{
    char text[128];
    struct smpp_pdu pdu;

    smpp_pdu_init(&pdu, SMPP_DELIVER_SM, 0, 7);
    pdu.esm_class = 0x04;
    snprintf(text, sizeof(text), "id:%s sub:001 dlvrd:001 stat:%s err:007 text:", id, word);
    pdu.short_message = (struct smpp_octets){(const uint8_t *)text, (uint32_t)strlen(text)};
    lone_line_send(line, &pdu);
}
