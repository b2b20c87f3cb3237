/*
 * A gateway between an operator and two accounts, for tests of what subscribers write.  The
 * octets of the operator are written by the tables of SMPP 3.4 4.6.1.  One at a time.
 */
#ifndef TESTS_GATEWAY_INBOUND_SCENE_H
#define TESTS_GATEWAY_INBOUND_SCENE_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/gateway.h"
#include "tests/gateway/lone_line.h"

#define HERE "host = \"127.0.0.1\" reconnect_min = \"20ms\" reconnect_max = \"40ms\""
#define ACCOUNTS                                                                           \
    "account \"shop\" { password = \"p\" plan = \"dear\" opening = \"1000\" class = "      \
    "\"advertising\" }\n"                                                                  \
    "account \"bank\" { password = \"p\" plan = \"dear\" opening = \"1000\" inbound_as = " \
    "\"payload\" }\n"
#define JOIN "inbound \"join\" { to = \"12345\" keyword = \"JOIN\" account = \"shop\" }\n"
#define ALL  "inbound \"all\" { to = \"12345\" account = \"bank\" }\n"

struct scene {
    int listener; /* the operator's */
    struct lone_gateway *lone;
    struct lone_line op, shop, bank;
    uint32_t sequence; /* the operator's last */

    /* What we submit meanwhile; the last of it is kept. */
    struct {
        unsigned count;
        uint32_t sequence;
        char to[24];
        char from[24];
        char text[64];
    } submitted;
};

extern struct scene scene;

const struct gateway_counters *scene_counters(void);

/* The link's bind comes and is taken. */
void scene_bind_operator(void);

/* With these sections, and the operator bound. */
void scene_begin(const char *sections);
void scene_end(void);

/* A session of the account of this name, as a receiver. */
void scene_bind_client(struct lone_line *line, const char *name, uint8_t version);

/* What a subscriber wrote. */
struct written {
    const char *from;
    const char *to;
    uint8_t esm_class;
    uint8_t data_coding;
    const void *octets;
    size_t size;
    const void *tlvs; /* on the wire */
    size_t tlv_size;
};

/* A deliver_sm by 4.6.1, field by field. */
void scene_write_deliver(const struct written *it);

/* As what we submit to the operator. */
void scene_note_submit(const struct smpp_pdu *pdu);

/* To the last that was written; what we submit before it is noted. */
void scene_expect_answer(uint32_t status);

/* To 12345; and the answer to it is that it was taken. */
void scene_write_text(const char *from, const char *text);
void scene_write_taken(const char *from, const char *text);

/* Nothing comes. */
void scene_expect_nothing(struct lone_line *line);

/* The status of an advert of the shop to this number. */
int scene_send_advert(const char *to);

#endif
