#include "tests/gateway/lone_line.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "gateway/esme.h"
#include "smpp/command.h"
#include "smpp/frame.h"
#include "tests/test.h"

enum { EXPECT_MS = 5000 };

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int lone_line_listen(uint16_t *out_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(fd, 64), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    *out_port = ntohs(address.sin_port);
    return fd;
}

static void begin(struct lone_line *line, struct lone_gateway *lone, int fd)
{
    line->lone = lone;
    line->fd = fd;
    line->ended = false;
    line->used = 0;
    line->taken = 0;
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
}

bool lone_line_accept(struct lone_line *line, struct lone_gateway *lone, int listener,
                      int wait_ms)
{
    int64_t until_ms = now_ms() + wait_ms;
    int fd = -1;

    while (fd < 0 && now_ms() < until_ms) {
        lone_gateway_turn(lone);
        fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    }
    if (fd >= 0)
        begin(line, lone, fd);
    return fd >= 0;
}

void lone_line_connect(struct lone_line *line, struct lone_gateway *lone)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(esmes_port(lone_gateway_of(lone)))};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    begin(line, lone, fd);
}

void lone_line_close(struct lone_line *line)
{
    close(line->fd);
    line->fd = -1;
}

void lone_line_send(struct lone_line *line, const struct smpp_pdu *pdu)
{
    uint8_t octets[LONE_LINE_SIZE];
    size_t size = smpp_pdu_encode(pdu, octets, sizeof(octets));

    assert_true(size > 0);
    assert_int_equal(send(line->fd, octets, size, MSG_NOSIGNAL), size);
}

void lone_line_answer(struct lone_line *line, const struct smpp_pdu *request,
                      uint32_t status)
{
    struct smpp_pdu answer;

    smpp_pdu_init(&answer, request->command | SMPP_RESPONSE, status, request->sequence);
    lone_line_send(line, &answer);
}

void lone_line_take(struct lone_line *line, const struct smpp_pdu *submit, const char *id)
{
    struct smpp_pdu answer;

    smpp_pdu_init(&answer, SMPP_SUBMIT_SM | SMPP_RESPONSE, ESME_ROK, submit->sequence);
    answer.message_id = (struct smpp_octets){(const uint8_t *)id, (uint32_t)strlen(id)};
    lone_line_send(line, &answer);
}

/* The PDU given out before is no longer needed. */
static void make_room(struct lone_line *line)
{
    memmove(line->octets, line->octets + line->taken, line->used - line->taken);
    line->used -= line->taken;
    line->taken = 0;
}

static bool cut(struct lone_line *line, struct smpp_pdu *out)
{
    size_t size = 0;

    if (smpp_frame_cut(line->octets, line->used, SMPP_PDU_MAX_SIZE, &size) !=
        SMPP_FRAME_PDU)
        return false;
    assert_int_equal(smpp_pdu_decode(line->octets, size, out), ESME_ROK);
    line->taken = size;
    return true;
}

static void hear(struct lone_line *line)
{
    ssize_t got = recv(line->fd, line->octets + line->used, LONE_LINE_SIZE - line->used, 0);

    if (got > 0)
        line->used += (size_t)got;
    else if (got == 0 || errno != EAGAIN)
        line->ended = true;
}

bool lone_line_read(struct lone_line *line, struct smpp_pdu *out, int wait_ms)
{
    int64_t until_ms = now_ms() + wait_ms;

    make_room(line);
    while (!cut(line, out)) {
        if (line->ended || now_ms() >= until_ms)
            return false;
        lone_gateway_turn(line->lone);
        hear(line);
    }
    return true;
}

void lone_line_stay(struct lone_line *line, int ms)
{
    int64_t until_ms = now_ms() + ms;
    struct smpp_pdu pdu;

    make_room(line);
    while (now_ms() < until_ms && !line->ended) {
        lone_gateway_turn(line->lone);
        hear(line);
        if (!cut(line, &pdu))
            continue;
        if (pdu.command == SMPP_ENQUIRE_LINK) {
            lone_line_answer(line, &pdu, ESME_ROK);
            make_room(line);
        } else {
            line->taken = 0;
        }
    }
}

void lone_line_expect(struct lone_line *line, uint32_t command, struct smpp_pdu *out)
{
    for (;;) {
        if (!lone_line_read(line, out, EXPECT_MS))
            fail_msg("no PDU came");
        if (out->command != SMPP_ENQUIRE_LINK || command == SMPP_ENQUIRE_LINK)
            break;
        lone_line_answer(line, out, ESME_ROK);
    }
    CHECK_EQ(out->command, command, "the next PDU");
}

bool lone_line_ends(struct lone_line *line, int wait_ms)
{
    int64_t until_ms = now_ms() + wait_ms;
    struct smpp_pdu pdu;

    while (!line->ended && now_ms() < until_ms)
        (void)lone_line_read(line, &pdu, 20);
    return line->ended;
}
