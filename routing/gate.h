/*
 * The gate: one function asked just before every submit and again after every
 * wait, whether this step may be tried for this message now.
 */
#ifndef ROUTING_GATE_H
#define ROUTING_GATE_H

#include <stdbool.h>
#include <stdint.h>

#include "routing/message.h"

struct gate_facts {
    int64_t now_ms;
    int64_t deadline_ms;
    bool has_address; /* the recipient can be named on this channel */
    bool is_text;     /* the channel may carry what this is */
    bool needs_text;
    bool has_price;      /* a sell price is pinned for the step */
    bool suspended;      /* the channel's own account or configuration is wrong */
    int64_t probe_at_ms; /* suspended: the one probe that is allowed then */
    int64_t sell_micro;  /* of the whole step */
    int64_t buy_micro;
    int64_t margin_floor_micro;
    int64_t held_micro; /* what it holds, and paid for this step: the step must fit in it */
    bool opted_out;     /* the recipient wants nothing of the account */
    bool sender_refused; /* the way does not take the name */
};

enum gate_answer { GATE_GO, GATE_WAIT, GATE_SKIP };

struct gate_verdict {
    enum gate_answer answer;
    int64_t wait_until_ms;
    enum reason reason;
    bool under_cost; /* no price that leaves the margin */
};

struct gate_verdict gate_ask(const struct gate_facts *facts);

#endif
