/*
 * A plan: the steps of a cascade, as decisions read it.  Channels are named by their
 * number in the store; what a decision must know of one is its channel_traits.
 */
#ifndef ROUTING_PLAN_H
#define ROUTING_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "routing/message.h"

enum {
    PLAN_STEPS_MAX = 8,
    PLAN_WAYS_MAX = 8,
    PLAN_NAME_SIZE = 32,
    PLAN_ADVERTISING = 2, /* of the classes: what is in doubt is never sent again */
    PLAN_ANY_CLASS = 3,   /* the account's own */
};

/* Which of a step's channels takes a message, of those that are up. */
enum plan_choice {
    PLAN_IN_ORDER,  /* the first */
    PLAN_BY_WEIGHT, /* each in turn, as often as its weight says */
    PLAN_CHEAPEST,  /* the one that costs us least for this number */
};

struct plan_step {
    char name[PLAN_NAME_SIZE];
    uint32_t ways[PLAN_WAYS_MAX]; /* channels */
    uint16_t weights[PLAN_WAYS_MAX];
    uint8_t choice; /* enum plan_choice */
    uint8_t way_count;
    uint8_t until; /* enum attempt_state: ACCEPTED, DELIVERED or READ */
    bool wait_full;
    bool stop_on_silence;
    bool flash_as_text; /* its channels, if no links, show class 0 as any text */
    int64_t within_ms;
    int64_t enter_within_ms;
};

/* The place of a channel among the step's ways; -1: it is none of them. */
int plan_way_of(const struct plan_step *step, uint32_t channel);

struct plan {
    uint32_t id;
    char name[PLAN_NAME_SIZE];
    bool collects; /* some step needs the whole text of a long message */
    uint8_t class; /* or PLAN_ANY_CLASS */
    uint8_t step_count;
    int64_t deadline_ms;
    int64_t collect_within_ms;
    struct plan_step steps[PLAN_STEPS_MAX];
};

struct channel_traits {
    bool is_link;        /* carries segments and binary; others one text */
    bool repeats_safely; /* knows a key: the same request again is harmless */
    uint8_t proves;      /* enum attempt_state: the most it can report */
    uint8_t in_doubt_resends;
    int64_t in_doubt_wait_ms; /* 0: what is left of the step when no repeat is left */
    int64_t grace_ms;         /* after the deadline, for a last report */
};

#endif
