/*
 * Whether the gateway has time left: the core loop, and the thread of the tables behind it.
 * Where one has none, what waits in a queue waits for us, not for an operator, and to take
 * more of it only makes the rest dearer.
 *
 * What counts is how long the loop could not have done more: it ran, or was ready to and
 * the processor was another's; and whether the tables are at work in one look after the
 * other.
 */
#ifndef GATEWAY_STRAIN_H
#define GATEWAY_STRAIN_H

#include <stdbool.h>
#include <stdint.h>

/* Zero it before its first use. */
struct strain {
    int64_t since_us; /* when this look began */
    int64_t busy_us;  /* as it was then */
    unsigned tables;  /* looks that found them at work, in a row */
    bool is_short;    /* of time */
    int64_t short_us; /* the last look that found it so; 0: none has */
};

/* The last look is long enough ago. */
bool strain_is_due(const struct strain *strain, int64_t now_us);

/* A turn has ended; `busy_us` is how long the loop was busy since it began. */
void strain_look(struct strain *strain, int64_t now_us, int64_t busy_us,
                 bool tables_are_busy);

/* It is short of time, or has been within the last second: one look that finds it is not
 * does not say that this is over. */
bool strain_lasts(const struct strain *strain, int64_t now_us);

#endif
