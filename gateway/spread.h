/*
 * How fast a long work that is not urgent goes: not at once, which would take a processor
 * from those who wait for answers for as long as it takes, but in small pieces with rests
 * between, over most of the time until the next such work comes.  A machine that has no
 * time for rests takes none.
 *
 * How long that is, and how long the work will take, is guessed by the last.
 */
#ifndef GATEWAY_SPREAD_H
#define GATEWAY_SPREAD_H

#include <stdint.h>

enum {
    SPREAD_REST_PERCENT_MAX = 400, /* of what was worked */
    SPREAD_PIECE_US = 1000,        /* of work; it may be longer */
};

/* Zero it before its first use. */
struct spread {
    int64_t rest_percent;
    int64_t since_us;  /* when this piece began */
    int64_t rested_us; /* so far */

    int64_t began_us;
    int64_t size; /* in any unit, and of the work before */
    int64_t last_size;
    int64_t last_us; /* that took so long, without its rests */
};

/* A work of this size begins; the next comes in about `until_next_us`. */
void spread_begin(struct spread *spread, int64_t now_us, int64_t size,
                  int64_t until_next_us);
/* How long to rest now; 0: go on. */
int64_t spread_rest_us(const struct spread *spread, int64_t now_us);
/* That rest is over. */
void spread_rested(struct spread *spread, int64_t began_us, int64_t now_us);
/* It is done; returns how long it took without its rests. */
int64_t spread_end(struct spread *spread, int64_t now_us);

#endif
