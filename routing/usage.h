/*
 * What an account has used of its parts and its money in this hour and this day (UTC, by
 * the clock), against its limits.  Exact: what would go over a limit is refused whole.
 */
#ifndef ROUTING_USAGE_H
#define ROUTING_USAGE_H

#include <stdint.h>

/* The four limits. */
enum usage_kind {
    USAGE_PARTS_HOUR,
    USAGE_PARTS_DAY,
    USAGE_SPEND_HOUR,
    USAGE_SPEND_DAY,
    USAGE_KINDS,
    USAGE_FITS = USAGE_KINDS
};

/* "parts_per_hour" ...: as the settings are named. */
const char *usage_name(enum usage_kind kind);

/* Parts, and money in micro-units; 0: no limit. */
struct usage_limits {
    int64_t of[USAGE_KINDS];
};

/* `window`: which hour or day since 1970 `used` is of. */
struct usage {
    int64_t since_ms; /* what was accepted before does not count; never ahead for long */
    int64_t window[USAGE_KINDS];
    int64_t used[USAGE_KINDS];
};

/*
 * Begins a new hour or day when `now_ms` (wall) lies in one.  A clock that went back by
 * less than a window does not begin the one before again.
 */
void usage_roll(struct usage *usage, int64_t now_ms);

/* The first limit that `parts` and `spend` more would go over; USAGE_FITS: none.  After
 * usage_roll(). */
enum usage_kind usage_ask(const struct usage *usage, const struct usage_limits *limits,
                          uint32_t parts, int64_t spend);

/* Counts them.  After usage_roll(). */
void usage_add(struct usage *usage, uint32_t parts, int64_t spend);

/*
 * `spend` (which may be negative: given back) of a message that was accepted at `then_ms`;
 * changes only what is still of that hour and day, if the message was counted at all.
 */
void usage_correct(struct usage *usage, int64_t then_ms, int64_t spend);

/* When the present window of this kind ends, wall. */
int64_t usage_ends_ms(const struct usage *usage, enum usage_kind kind);

#endif
