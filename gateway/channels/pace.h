/*
 * How fast a link may go: the rate it was given, and after the operator said that this is
 * too much a lower one, which climbs back.  Lowered to three quarters of what the operator
 * took in the second before (of the present rate, if that was nothing), raised by a
 * twentieth of its own rate in each second that passes without another word.  A link
 * without a rate climbs by a twentieth of what was too much, and is free again at twice of
 * it.
 *
 * It has no clock; times are monotonic milliseconds.
 */
#ifndef GATEWAY_CHANNELS_PACE_H
#define GATEWAY_CHANNELS_PACE_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/channels/bucket.h"

struct pace {
    struct bucket bucket;
    int64_t given_per_s;  /* 0: no limit */
    int64_t throttled_at; /* the rate that was too much; 0: it is not lowered */
    int64_t climbed_at_ms;
    int64_t eased_at_ms;   /* lowered because of congestion */
    int64_t second_at_ms;  /* when the second began that is being counted */
    uint32_t taken;        /* by the operator, in it */
    uint32_t taken_before; /* in the one before */
};

/* Embedded. */
void pace_init(struct pace *pace, uint32_t per_s, int64_t now_ms);

/* Milliseconds until one may go; 0: now. */
int64_t pace_wait_ms(struct pace *pace, int64_t now_ms);

/* The operator took one. */
void pace_taken(struct pace *pace, int64_t now_ms);

/* The operator said that it is too much. */
void pace_throttled(struct pace *pace, int64_t now_ms);

/* The operator took one, and is nearly congested.  Lowered once a second, and by whole
 * seconds only: what it says comes with every answer. */
void pace_congested(struct pace *pace, int64_t now_ms);

/* As it is now; 0: no limit. */
int64_t pace_per_s(const struct pace *pace);
bool pace_is_lowered(const struct pace *pace);

#endif
