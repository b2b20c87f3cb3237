/*
 * A gateway whose operator is the test, and messages put in over the API: for tests of
 * what its reports do.  One at a time.
 */
#ifndef TESTS_GATEWAY_REPORTS_SCENE_H
#define TESTS_GATEWAY_REPORTS_SCENE_H

#include <stdint.h>

#include "gateway/gateway.h"
#include "routing/delivery.h"
#include "tests/gateway/lone_operator.h"

#define WIDE HERE "window = 1000 "

struct scene {
    int listener; /* the operator's */
    struct lone_gateway *lone;
    struct lone_line line; /* to the operator, as a transceiver */
};

extern struct scene scene;

const struct gateway_counters *scene_counters(void);

/* The text's octets, borrowed. */
struct smpp_octets scene_view(const char *text);

/* With these settings of the link and these sections, and the operator bound. */
void scene_begin_with(const char *settings, const char *sections);
void scene_begin(const char *settings);
void scene_end(void);

void scene_turn_for(int ms);

/* A message over the API, of account "direct" or another, with `more` members; its id. */
uint64_t scene_submit_as(const char *account, const char *to, const char *text,
                         const char *more);
uint64_t scene_submit_with(const char *to, const char *text, const char *more);

/* The operator has got one: the sequence of its answer. */
uint32_t scene_expect_submit(void);

/* Submitted, and with the operator; its answer is to be `sequence`'s. */
uint64_t scene_submit(const char *to, const char *text, uint32_t *sequence);

/* The operator takes it under this id. */
void scene_take(uint32_t sequence, const char *id);

/* The operator, or who is at the other end of this line, reports. */
void scene_report_on(struct lone_line *at, const char *from, const char *text);
void scene_report(const char *from, const char *text);

/* The message's first try, which must be in memory. */
struct attempt *scene_try_of(uint64_t message);
void scene_check_state(uint64_t message, enum attempt_state state, const char *row);

/* How it ended, once it has. */
void scene_check_end(uint64_t message, enum message_end wanted);

#endif
