#include "tests/gateway/receipts_scene.h"

#include <unistd.h>

#include "gateway/gateway.h"
#include "smpp/command.h"
#include "tests/gateway/lone_line.h"
#include "tests/test.h"

struct scene scene;

struct gateway_counters *scene_counters(void)
{
    return &lone_gateway_of(scene.lone)->counters;
}

void scene_begin_with(const char *link, const char *account)
{
    char settings[512];
    char sections[2048];
    uint16_t port;

    scene.listener = lone_line_listen(&port);
    snprintf(settings, sizeof(settings), "host = \"127.0.0.1\" %s", link);
    snprintf(sections, sizeof(sections),
             "account \"esme\" { password = \"p\" plan = \"dear\" opening = \"1000\" "
             "binds = 8 %s }",
             account);
    scene.lone = lone_gateway_new_virtual(port, settings, sections);
    scene.smsc.fd = -1;
    for (size_t i = 0; i < LINES; i++)
        scene.lines[i].fd = -1;
}

void scene_begin(void)
{
    scene_begin_with("", "");
}

void scene_end(void)
{
    for (size_t i = 0; i < LINES; i++)
        if (scene.lines[i].fd >= 0)
            lone_line_close(&scene.lines[i]);
    if (scene.smsc.fd >= 0)
        lone_line_close(&scene.smsc);
    close(scene.listener);
    lone_gateway_free(scene.lone);
}

struct smpp_octets scene_view(const char *text)
{
    return (struct smpp_octets){(const uint8_t *)text, (uint32_t)strlen(text)};
}

/* The next PDU but for questions whether we live, which are answered. */
static bool scene_hear(struct lone_line *line, struct smpp_pdu *out, int wait_ms)
{
    while (lone_line_read(line, out, wait_ms)) {
        if (out->command != SMPP_ENQUIRE_LINK)
            return true;
        lone_line_answer(line, out, ESME_ROK);
    }
    return false;
}

void scene_hear_this(struct lone_line *line, uint32_t command, struct smpp_pdu *out)
{
    if (!scene_hear(line, out, 5000))
        fail_msg("no PDU came");
    CHECK_EQ(out->command, command, "the next PDU");
}

void scene_bind_operator(void)
{
    struct smpp_pdu bind;

    assert_true(lone_line_accept(&scene.smsc, scene.lone, scene.listener, 3000));
    scene_hear_this(&scene.smsc, SMPP_BIND_TRANSCEIVER, &bind);
    lone_line_answer(&scene.smsc, &bind, ESME_ROK);
}

void scene_bind_version(struct lone_line *line, uint32_t command, uint8_t version,
                        struct smpp_pdu *out_answer)
{
    struct smpp_pdu pdu;

    lone_line_connect(line, scene.lone);
    smpp_pdu_init(&pdu, command, 0, 1);
    pdu.system_id = scene_view("esme");
    pdu.password = scene_view("p");
    pdu.interface_version = version;
    lone_line_send(line, &pdu);
    scene_hear_this(line, command | SMPP_RESPONSE, out_answer);
    CHECK_EQ(out_answer->status, ESME_ROK, "the bind");
}

void scene_bind_line(struct lone_line *line, uint32_t command)
{
    struct smpp_pdu answer;

    scene_bind_version(line, command, 0x34, &answer);
}

void scene_begin_bound(void)
{
    scene_begin();
    scene_bind_operator();
    scene_bind_line(&scene.lines[0], SMPP_BIND_TRANSCEIVER);
}

void scene_submit(struct lone_line *line, uint8_t registered, char out_id[32])
{
    struct smpp_pdu pdu;

    smpp_pdu_init(&pdu, SMPP_SUBMIT_SM, 0, 2);
    pdu.source = scene_view("1234");
    pdu.destination = scene_view("491700000001");
    pdu.registered_delivery = registered;
    pdu.short_message = scene_view("hello");
    lone_line_send(line, &pdu);
    scene_hear_this(line, SMPP_SUBMIT_SM | SMPP_RESPONSE, &pdu);
    CHECK_EQ(pdu.status, ESME_ROK, "submit_sm");
    assert_in_range(pdu.message_id.size, 1, 31);
    memcpy(out_id, pdu.message_id.data, pdu.message_id.size);
    out_id[pdu.message_id.size] = '\0';
}

void scene_take(const char *id)
{
    struct smpp_pdu pdu;

    scene_hear_this(&scene.smsc, SMPP_SUBMIT_SM, &pdu);
    lone_line_take(&scene.smsc, &pdu, id);
}

void scene_report(const char *id, const char *rest)
{
    struct smpp_pdu pdu;
    char text[128];

    snprintf(text, sizeof(text), "id:%s sub:001 dlvrd:001 %s", id, rest);
    smpp_pdu_init(&pdu, SMPP_DELIVER_SM, 0, 9);
    pdu.esm_class = 0x04;
    pdu.short_message = scene_view(text);
    lone_line_send(&scene.smsc, &pdu);
    scene_hear_this(&scene.smsc, SMPP_DELIVER_SM | SMPP_RESPONSE, &pdu);
    CHECK_EQ(pdu.status, ESME_ROK, "the report");
}

bool scene_says(const struct smpp_pdu *deliver, const char *what)
{
    char text[256];

    assert_in_range(deliver->short_message.size, 1, 254);
    memcpy(text, deliver->short_message.data, deliver->short_message.size);
    text[deliver->short_message.size] = '\0';
    return strstr(text, what) != NULL;
}

void scene_expect(struct lone_line *line, uint8_t esm_class, const char *id,
                  const char *stat, struct smpp_pdu *out)
{
    char told[64];

    scene_hear_this(line, SMPP_DELIVER_SM, out);
    snprintf(told, sizeof(told), "id:%s sub:", id);
    CHECK_EQ(out->esm_class, esm_class, stat);
    CHECK(scene_says(out, told), stat);
    CHECK(scene_says(out, stat), stat);
}

void scene_expect_silence(struct lone_line *line, const char *row)
{
    struct smpp_pdu pdu;

    CHECK(!scene_hear(line, &pdu, QUIET_MS), row);
}

void scene_deliver_one(struct lone_line *line, const char *operators, char out_id[32])
{
    scene_submit(line, 1, out_id);
    scene_take(operators);
    scene_report(operators, "stat:DELIVRD err:000 text:");
}
