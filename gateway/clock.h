/*
 * Time and timers.  Everything in the gateway that waits, waits here: no other
 * time-out exists on any libevent object, so that a simulator can be the clock.
 *
 * Two times: `mono` never jumps and runs all timers; `wall` is milliseconds since
 * 1970 UTC and is only for what people and peers read (deadlines are wall, and are
 * turned into timers again when the wall clock steps).  Both are read once per turn
 * of the loop and cached.
 */
#ifndef GATEWAY_CLOCK_H
#define GATEWAY_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct event_base;
struct clock;

/* Embedded in what waits; zero it before its first use. */
struct clock_timer {
    int64_t due_ms; /* monotonic; meaningful while armed */
    uint32_t place; /* in the heap, from 1; 0 = not armed */
    uint32_t order; /* of equal due times the one armed first fires first */
    void (*fire)(void *owner);
    void *owner;
};

/*
 * On a libevent base: one event serves all timers, a bounded number of them per turn.
 * A base with EVENT_BASE_FLAG_PRECISE_TIMER reads the time anew in each turn; any other
 * in each tick of the kernel's coarse clock (up to 4 ms), which saves a system call.
 */
struct clock *clock_new(struct event_base *base);

/* On virtual time, which stands still until clock_advance(). */
struct clock *clock_new_virtual(int64_t mono_ms, int64_t wall_ms);

/* Accepts NULL.  Timers still armed are forgotten; they must not be used again. */
void clock_free(struct clock *clock);

/*
 * Who calls the loop turn by turn says before each that it begins: then the time is read
 * where it is first asked for in it, and stands until the next.  Without, each question is
 * one to libevent, whether it has waited since.
 */
void clock_turn(struct clock *clock);

int64_t clock_mono_ms(const struct clock *clock);
int64_t clock_wall_ms(const struct clock *clock);

/* Outside of the loop each reading is a call to the system, and later than the one before:
 * for long work there, as one turn, the time is held. */
void clock_hold(struct clock *clock);
void clock_go_on(struct clock *clock);

/* Microseconds, read from the system now (virtual: ms * 1000); for measuring only.  The one
 * question that any thread may ask. */
int64_t clock_precise_us(const struct clock *clock);

/*
 * Arms, or moves, the timer; a due time in the past fires at the end of this turn, or, if it
 * is armed from a timer, in the next.  `fire` finds its timer disarmed, and may arm it again,
 * disarm others and free what owns them.
 */
void clock_arm(struct clock *clock, struct clock_timer *timer, int64_t due_ms,
               void (*fire)(void *owner), void *owner);
void clock_arm_in(struct clock *clock, struct clock_timer *timer, int64_t delay_ms,
                  void (*fire)(void *owner), void *owner);

/* Harmless when not armed. */
void clock_disarm(struct clock *clock, struct clock_timer *timer);
bool clock_is_armed(const struct clock_timer *timer);

/*
 * Called when the wall clock has moved against the monotonic one by more than a second,
 * within a second of it.  One listener; it is called from a timer, never from a reading.
 */
void clock_on_step(struct clock *clock, void (*stepped)(void *owner, int64_t by_ms),
                   void *owner);

/* Virtual only: the next due time (INT64_MAX: none); moves time and fires what is due, in
 * order. */
int64_t clock_next_due_ms(const struct clock *clock);
void clock_advance(struct clock *clock, int64_t to_mono_ms);
/* Virtual only: a step of the wall clock, which is told of at once. */
void clock_step_wall(struct clock *clock, int64_t by_ms);

/* Counters for /metrics. */
uint64_t clock_timers_armed(const struct clock *clock);

#endif
