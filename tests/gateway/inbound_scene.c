#include "tests/gateway/inbound_scene.h"

#include <sys/socket.h>
#include <unistd.h>

#include "gateway/gateway.h"
#include "smpp/command.h"
#include "tests/gateway/lone_line.h"
#include "tests/test.h"

enum { SOON_MS = 3000, QUIET_MS = 150 };

struct scene scene;

const struct gateway_counters *scene_counters(void)
{
    return &lone_gateway_of(scene.lone)->counters;
}

void scene_bind_operator(void)
{
    struct smpp_pdu bind;

    assert_true(lone_line_accept(&scene.op, scene.lone, scene.listener, SOON_MS));
    lone_line_expect(&scene.op, SMPP_BIND_TRANSCEIVER, &bind);
    lone_line_answer(&scene.op, &bind, ESME_ROK);
}

void scene_begin(const char *sections)
{
    uint16_t port;

    scene.listener = lone_line_listen(&port);
    scene.lone = lone_gateway_new_with(port, HERE, sections);
    scene.op.fd = scene.shop.fd = scene.bank.fd = -1;
    scene.submitted.count = 0;
    scene_bind_operator();
}

void scene_end(void)
{
    struct lone_line *const lines[] = {&scene.op, &scene.shop, &scene.bank};

    for (size_t i = 0; i < ROWS(lines); i++)
        if (lines[i]->fd >= 0)
            lone_line_close(lines[i]);
    close(scene.listener);
    lone_gateway_free(scene.lone);
}

void scene_bind_client(struct lone_line *line, const char *name, uint8_t version)
{
    struct smpp_pdu pdu;

    lone_line_connect(line, scene.lone);
    smpp_pdu_init(&pdu, SMPP_BIND_RECEIVER, 0, 1);
    pdu.system_id = (struct smpp_octets){(const uint8_t *)name, (uint32_t)strlen(name)};
    pdu.password = (struct smpp_octets){(const uint8_t *)"p", 1};
    pdu.interface_version = version;
    lone_line_send(line, &pdu);
    lone_line_expect(line, SMPP_BIND_RECEIVER | SMPP_RESPONSE, &pdu);
    CHECK_EQ(pdu.status, ESME_ROK, name);
}

static size_t put_text(uint8_t *out, size_t at, const char *text)
{
    size_t size = strlen(text) + 1;

    memcpy(out + at, text, size);
    return at + size;
}

void scene_write_deliver(const struct written *it)
{
    static uint8_t out[80 * 1024];
    size_t at = 12;

    memset(out, 0, 16);
    out[7] = 0x05; /* deliver_sm */

    scene.sequence++;
    out[at++] = 0;
    out[at++] = 0;
    out[at++] = (uint8_t)(scene.sequence >> 8);
    out[at++] = (uint8_t)scene.sequence;
    out[at++] = 0; /* service_type */
    out[at++] = 1; /* source_addr_ton: international */
    out[at++] = 1; /* source_addr_npi: E.164 */
    at = put_text(out, at, it->from);
    out[at++] = 3; /* dest_addr_ton: network specific */
    out[at++] = 0; /* dest_addr_npi: unknown */
    at = put_text(out, at, it->to);
    out[at++] = it->esm_class;
    out[at++] = 0; /* protocol_id */
    out[at++] = 0; /* priority_flag */
    out[at++] = 0; /* schedule_delivery_time */
    out[at++] = 0; /* validity_period */
    out[at++] = 0; /* registered_delivery */
    out[at++] = 0; /* replace_if_present_flag */
    out[at++] = it->data_coding;
    out[at++] = 0; /* sm_default_msg_id */
    out[at++] = (uint8_t)it->size;
    if (it->size > 0)
        memcpy(out + at, it->octets, it->size);
    at += it->size;
    if (it->tlv_size > 0)
        memcpy(out + at, it->tlvs, it->tlv_size);
    at += it->tlv_size;
    out[1] = (uint8_t)(at >> 16);
    out[2] = (uint8_t)(at >> 8);
    out[3] = (uint8_t)at;
    assert_int_equal(send(scene.op.fd, out, at, MSG_NOSIGNAL), at);
}

static void scene_copy(struct smpp_octets octets, char *out, size_t room)
{
    snprintf(out, room, "%.*s", (int)octets.size, (const char *)octets.data);
}

void scene_note_submit(const struct smpp_pdu *pdu)
{
    scene.submitted.count++;
    scene.submitted.sequence = pdu->sequence;
    scene_copy(pdu->source, scene.submitted.from, sizeof(scene.submitted.from));
    scene_copy(pdu->destination, scene.submitted.to, sizeof(scene.submitted.to));
    scene_copy(pdu->short_message, scene.submitted.text, sizeof(scene.submitted.text));
}

void scene_expect_answer(uint32_t status)
{
    struct smpp_pdu answer;

    do {
        if (!lone_line_read(&scene.op, &answer, SOON_MS))
            fail_msg("no answer came");
        if (answer.command == SMPP_SUBMIT_SM)
            scene_note_submit(&answer);
    } while (answer.command == SMPP_SUBMIT_SM);
    CHECK_EQ(answer.command, SMPP_DELIVER_SM | SMPP_RESPONSE, "to the operator");
    CHECK_EQ(answer.status, status, "the answer to the operator");
    CHECK_EQ(answer.sequence, scene.sequence, "its number");
}

void scene_write_text(const char *from, const char *text)
{
    const struct written it = {
        .from = from, .to = "12345", .octets = text, .size = strlen(text)};

    scene_write_deliver(&it);
}

void scene_write_taken(const char *from, const char *text)
{
    scene_write_text(from, text);
    scene_expect_answer(ESME_ROK);
}

void scene_expect_nothing(struct lone_line *line)
{
    struct smpp_pdu pdu;

    assert_false(lone_line_read(line, &pdu, QUIET_MS));
}

int scene_send_advert(const char *to)
{
    char body[256];

    snprintf(body, sizeof(body),
             "{\"account\":\"shop\",\"from\":\"Shop\",\"to\":\"%s\",\"text\":\"Buy\"}", to);
    return lone_gateway_ask(scene.lone, "admin-token", "POST", "/v1/messages", "", body)
        .status;
}
