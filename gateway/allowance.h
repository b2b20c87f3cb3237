/*
 * Parts that may be sent now: a bucket that fills with so many a second, up to a burst.  A
 * full one lends what it does not hold, or a long message could never go, and who has
 * patience takes what will soon be there: both are worked off afterwards.
 *
 * No clock lives here; times are monotonic milliseconds.
 */
#ifndef GATEWAY_ALLOWANCE_H
#define GATEWAY_ALLOWANCE_H

#include <stdbool.h>
#include <stdint.h>

struct allowance {
    uint32_t per_s; /* 0: there is no limit */
    uint32_t burst;
    int64_t milliparts;   /* at filled_at_ms; below zero while it is worked off */
    int64_t filled_at_ms; /* INT64_MIN: never used, and full */
};

void allowance_init(struct allowance *allowance, uint32_t per_s, uint32_t burst);

/* From now on; what was taken stays taken. */
void allowance_change(struct allowance *allowance, uint32_t per_s, uint32_t burst);

/* False, and nothing taken: they are not there and will not be within `patience_ms`. */
bool allowance_take(struct allowance *allowance, uint32_t parts, int64_t patience_ms,
                    int64_t now_ms) __attribute__((warn_unused_result));

/* Gives back what was taken. */
void allowance_give(struct allowance *allowance, uint32_t parts);

/* Milliseconds until `parts` are there; 0: now.  Of no parts: until all is worked off. */
int64_t allowance_due_ms(const struct allowance *allowance, uint32_t parts, int64_t now_ms);

#endif
