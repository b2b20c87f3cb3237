/*
 * Ids, unique without asking anybody: 41 bits of milliseconds since 2026-01-01, 10 of
 * the node, 12 of a sequence.  They never go back, whatever the clock does.
 */
#ifndef GATEWAY_IDS_H
#define GATEWAY_IDS_H

#include <stdint.h>

struct ids {
    uint64_t last_ms; /* since 2026-01-01 */
    uint32_t sequence;
    uint32_t node; /* 0 to 1023 */
};

uint64_t ids_next(struct ids *ids, int64_t wall_ms);

/* This id was given out before, by a process that is gone: none up to it comes again. */
void ids_seen(struct ids *ids, uint64_t id);

/*
 * The id that ids_next() gave `count` calls before or after this one, in a run of calls
 * that were all told the same time.
 */
uint64_t ids_before(uint64_t id, uint32_t count);
uint64_t ids_after(uint64_t id, uint32_t count);

/* When it was made, milliseconds since 1970. */
int64_t ids_time_ms(uint64_t id);
/* The lowest one that can be made then. */
uint64_t ids_first_at(int64_t wall_ms);

#endif
