/*
 * What becomes of a message: its attempts change by the rows of one table, and one
 * function says what is to be done next.  Pure: the time and the traits of the
 * channels come in with the question.
 */
#ifndef ROUTING_DELIVERY_H
#define ROUTING_DELIVERY_H

#include <stdbool.h>
#include <stdint.h>

#include "routing/message.h"
#include "routing/plan.h"

/* All that may happen to an attempt. */
enum attempt_event {
    ATTEMPT_EV_HANDED_OVER, /* the first byte goes to the kernel */
    ATTEMPT_EV_OK,          /* verdicts ... */
    ATTEMPT_EV_RETRY,
    ATTEMPT_EV_REFUSED,
    ATTEMPT_EV_UNSURE,
    ATTEMPT_EV_RETURNED,        /* the permit, unused */
    ATTEMPT_EV_REPORT_ACCEPTED, /* reports ... */
    ATTEMPT_EV_REPORT_DELIVERED,
    ATTEMPT_EV_REPORT_READ,
    ATTEMPT_EV_REPORT_FAILED,
    ATTEMPT_EV_REPORT_EXPIRED,
    ATTEMPT_EV_DOUBT_OVER, /* no report came while in doubt */
    ATTEMPT_EVENTS
};

/*
 * True when the event changed the attempt's state.  False: the event was no news, or
 * came against a better one; it may still have set flags (was accepted,
 * contradicted), and the caller keeps it with the attempt.
 */
bool delivery_apply(struct attempt *attempt, enum attempt_event event, enum reason reason,
                    int64_t now_ms);

/* What is to be done, found by delivery_decide(). */
struct delivery_decision {
    enum message_end end; /* not NONE: the message ends, nothing else counts */
    bool entered_step;    /* message->step moved on (once or more) */
    bool send; /* a try of `segment` on `channel` is wanted as soon as there is a slot */
    uint16_t segment;
    uint32_t channel; /* the first of `channels` */
    uint32_t
        channels[PLAN_WAYS_MAX]; /* all that may take it: the first that is up should */
    uint8_t channel_count;
    uint8_t try_number; /* 255: that or more */
    uint64_t anchor;    /* of the segment; 0: this is its first try */
    bool unsent;        /* the step's time to enter passed: record why, then ask again */
    enum reason unsent_reason;
    int64_t due_ms; /* ask again then, INT64_MAX: only after an event */
};

/*
 * Looks at the whole message at `now_ms` and moves it on: may change its state and step,
 * close doubts whose time is over, and nothing else.  Idempotent: asked twice without
 * news it answers the same.  `traits` is indexed by channel number.
 *
 * A message that is still being collected is left to its collector; one that is kept for
 * review only ends, at its deadline.  Of a group of
 * channels that take segments, the one that took the first takes them all.
 */
void delivery_decide(struct message *message, const struct plan *plan,
                     const struct channel_traits *traits, int64_t now_ms,
                     struct delivery_decision *out);

/*
 * False: the permit of this try must not be used any more.  The message has ended or left
 * the step, the deadline has passed, another segment was refused for good, or an earlier try
 * of its own was told of meanwhile.
 */
bool delivery_still_wanted(struct message *message, const struct plan *plan,
                           const struct channel_traits *traits,
                           const struct attempt *attempt, int64_t now_ms);

/*
 * When the step is over: `within` after its first byte was handed over, INT64_MAX before
 * that, and at the deadline at the latest.
 */
int64_t delivery_step_end_ms(const struct message *message, const struct plan *plan,
                             uint8_t step);

/*
 * The current step cannot be tried on `channel`: an unsent attempt of it for `reason` is
 * added.  Reasons of the way (no price, provider down, quota, channel gone) leave the
 * step's other channels to be tried.
 */
struct attempt *delivery_skip_step(struct message *message, uint32_t channel, uint64_t id,
                                   enum reason reason, int64_t now_ms);

/* The best state proved on any one try, a state of the positive lattice, or 0. */
enum attempt_state delivery_best(const struct message *message);

/* The state a submission's own receipt tells: that of its segment if it went as one, else
 * the message's. */
enum message_end delivery_segment_end(const struct message *message,
                                      const struct plan *plan,
                                      const struct channel_traits *traits,
                                      uint16_t segment);

/* True while some try waits for its verdict, also when a report came before it: the message
 * may end, but is not forgotten. */
bool delivery_in_flight(const struct message *message);

#endif
