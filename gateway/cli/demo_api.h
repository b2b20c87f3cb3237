/*
 * What the demo asks of sluiced, over the socket of its state folder.  Every number that
 * the demo shows comes from here.  What an answer lacks is 0: the checks at the end tell.
 */
#ifndef GATEWAY_CLI_DEMO_API_H
#define GATEWAY_CLI_DEMO_API_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/cli/demo_audience.h"

struct demo_stage;
struct json_document;

enum { DEMO_TEXT_SIZE = 48, DEMO_ID_SIZE = 24 };

/* What went through a channel; attempts that no report came for are neither of the two. */
struct demo_line {
    char label[DEMO_TEXT_SIZE];
    bool up;
    int64_t attempts;
    int64_t delivered;
    int64_t failed;
    int64_t charged_micro;
};

/* Of the account "shop", since the beginning. */
struct demo_statement {
    int64_t messages;
    int64_t ended;
    int64_t delivered;
    int64_t charged_micro;
    int64_t refunded_micro;
    int64_t baseline_micro;
    int64_t saved_micro;
    char currency[8];
};

struct demo_ledger {
    bool ok;
    int64_t postings;
    int64_t mismatches;
};

/* Money of one message, and what its plan says of each channel. */
struct demo_message {
    char to[DEMO_TEXT_SIZE];
    int64_t parts;
    int64_t charged_micro;
    int64_t baseline_micro;
    char reached_by[DEMO_TEXT_SIZE]; /* the channel's name; "" for none */
    int64_t price_micro[DEMO_CHANNELS];
};

/* Messages are taken and every channel is up. */
bool demo_api_is_ready(const struct demo_stage *stage);

/* False: there was no answer; that has been said. */
bool demo_api_lines(const struct demo_stage *stage, struct demo_line out[DEMO_CHANNELS])
    __attribute__((warn_unused_result));
bool demo_api_statement(const struct demo_stage *stage, struct demo_statement *out)
    __attribute__((warn_unused_result));

/* Receipts that the sender has acknowledged. */
bool demo_api_receipts(const struct demo_stage *stage, int64_t *out_acknowledged)
    __attribute__((warn_unused_result));
bool demo_api_ledger(const struct demo_stage *stage, struct demo_ledger *out)
    __attribute__((warn_unused_result));
bool demo_api_message(const struct demo_stage *stage, const char *id,
                      struct demo_message *out) __attribute__((warn_unused_result));

#endif
