/*
 * The operator of a lone gateway's link, in the test's hand: it takes binds, messages are
 * put in over the API (account "direct", plan "dear": the link alone), and how they end is
 * asked for.
 */
#ifndef TESTS_GATEWAY_LONE_OPERATOR_H
#define TESTS_GATEWAY_LONE_OPERATOR_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/gateway/lone_gateway.h"
#include "tests/gateway/lone_line.h"

enum { SOON_MS = 3000 };

/* What a link needs to be told for a test on loopback. */
#define QUICK "reconnect_min = \"20ms\" reconnect_max = \"40ms\" "
#define HERE  "host = \"127.0.0.1\" " QUICK

/* The section of the account. */
#define LONE_OPERATOR_ACCOUNT                                                              \
    "account \"direct\" { password = \"p\" plan = \"dear\" opening = \"1000\" window = "   \
    "5000 }\n"

/* A gateway whose link is set up so, and the listener it comes to; more `sections` may
 * follow those of the account. */
struct lone_gateway *lone_operator_open(int *out_listener, const char *settings,
                                        const char *sections);

/* The same on virtual time: for what must happen before or after a time. */
struct lone_gateway *lone_operator_open_virtual(int *out_listener, const char *settings,
                                                const char *sections);

/* Takes the next bind, which must be this command, as an SMSC of this version. */
void lone_operator_bind(struct lone_line *line, struct lone_gateway *lone, int listener,
                        uint32_t command, uint8_t version);

void lone_gateway_turn_for(struct lone_gateway *lone, int ms);

/* A message over the API, of account "direct" or another; its id. */
uint64_t lone_operator_submit_as(struct lone_gateway *lone, const char *account,
                                 const char *to, const char *text);
uint64_t lone_operator_submit(struct lone_gateway *lone, const char *to, const char *text);

/* Turns until the message has ended; it must be so, as the API says it. */
void lone_operator_check_end(struct lone_gateway *lone, uint64_t id, const char *wanted);

/* A receipt with this word and code 7, as text. */
void lone_operator_report(struct lone_line *line, const char *id, const char *word);

#endif
