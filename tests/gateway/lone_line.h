/*
 * One end of an SMPP connection in the test's hand, the other end of which is a lone
 * gateway: the test is its operator, or its client.  It speaks whole PDUs and answers
 * nothing by itself.  What is waited for is waited for while the gateway turns.
 */
#ifndef TESTS_GATEWAY_LONE_LINE_H
#define TESTS_GATEWAY_LONE_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "smpp/pdu.h"
#include "tests/gateway/lone_gateway.h"

enum { LONE_LINE_SIZE = 64 * 1024 };

struct lone_line {
    struct lone_gateway *lone;
    int fd;
    bool ended; /* the gateway has closed it */
    size_t used;
    size_t taken; /* of `octets`: PDUs given out; the last one lies before it */
    uint8_t octets[LONE_LINE_SIZE];
};

/* A listener on loopback; its port is for lone_gateway_new_with(). */
int lone_line_listen(uint16_t *out_port);

/* The gateway connects within `wait_ms`; false: it does not. */
bool lone_line_accept(struct lone_line *line, struct lone_gateway *lone, int listener,
                      int wait_ms);
/* We connect to the gateway's first listener. */
void lone_line_connect(struct lone_line *line, struct lone_gateway *lone);
void lone_line_close(struct lone_line *line);

void lone_line_send(struct lone_line *line, const struct smpp_pdu *pdu);
/* An answer without fields. */
void lone_line_answer(struct lone_line *line, const struct smpp_pdu *request,
                      uint32_t status);
/* submit_sm_resp with this id. */
void lone_line_take(struct lone_line *line, const struct smpp_pdu *submit, const char *id);

/* The next PDU, whose views live until the next call; false: none within `wait_ms`, or the
 * line has ended. */
bool lone_line_read(struct lone_line *line, struct smpp_pdu *out, int wait_ms);
/* The next PDU but enquire_link, which must be this command and come within seconds. */
void lone_line_expect(struct lone_line *line, uint32_t command, struct smpp_pdu *out);
/* Turns for so long, as one who lives: enquire_link is answered, the rest waits. */
void lone_line_stay(struct lone_line *line, int ms);
/* True when the gateway closes it within `wait_ms`; PDUs before that are dropped. */
bool lone_line_ends(struct lone_line *line, int wait_ms);

#endif
