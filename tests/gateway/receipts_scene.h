/*
 * A gateway between an operator and up to three sessions of one account, on virtual time:
 * for tests of what the account is told.  One at a time.
 */
#ifndef TESTS_GATEWAY_RECEIPTS_SCENE_H
#define TESTS_GATEWAY_RECEIPTS_SCENE_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/gateway.h"
#include "tests/gateway/lone_line.h"

enum {
    LINES = 3,
    QUIET_MS = 20,
    SLICE_MS = 20000,
    ACCOUNT = 3 /* by index, after lone_gateway.c's own */
};

struct scene {
    int listener; /* the operator's */
    struct lone_gateway *lone;
    struct lone_line smsc;
    struct lone_line lines[LINES]; /* the account's sessions */
};

extern struct scene scene;

struct gateway_counters *scene_counters(void);

/* With these settings of the link and of the account "esme". */
void scene_begin_with(const char *link, const char *account);
/* With those of lone_gateway.c alone. */
void scene_begin(void);
/* And the operator is there, and the account's first session, a transceiver. */
void scene_begin_bound(void);
void scene_end(void);

/* The text's octets, borrowed. */
struct smpp_octets scene_view(const char *text);

/* The next PDU on the line, which must be this. */
void scene_hear_this(struct lone_line *line, uint32_t command, struct smpp_pdu *out);

/* The link's bind comes and is taken. */
void scene_bind_operator(void);

/* A session of the account binds, as 3.4 unless it is said. */
void scene_bind_version(struct lone_line *line, uint32_t command, uint8_t version,
                        struct smpp_pdu *out_answer);
void scene_bind_line(struct lone_line *line, uint32_t command);

/* Sends one that asks so, and keeps the id it is given. */
void scene_submit(struct lone_line *line, uint8_t registered, char out_id[32]);

/* The operator takes the next segment under this id. */
void scene_take(const char *id);

/* The operator reports; its words are those of Appendix B. */
void scene_report(const char *id, const char *rest);

/* The text of a receipt holds this. */
bool scene_says(const struct smpp_pdu *deliver, const char *what);

/* The next PDU is a deliver_sm of this esm_class about this id in this state. */
void scene_expect(struct lone_line *line, uint8_t esm_class, const char *id,
                  const char *stat, struct smpp_pdu *out);

/* Nothing comes. */
void scene_expect_silence(struct lone_line *line, const char *row);

/* One message through to DELIVRD, its receipt not yet read. */
void scene_deliver_one(struct lone_line *line, const char *operators, char out_id[32]);

#endif
