/*
 * Amounts that are said twice, by a row and by its postings, and must be equal for each key
 * (side, message, attempt).
 *
 * All is said once; then it is known whether there is a difference, and, when it is all
 * said again in any order, which.  The memory grows with the differences, not with what is
 * said.
 */
#ifndef GATEWAY_TALLY_H
#define GATEWAY_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TALLY_DIFFERENCES_MAX = 1 << 20 }; /* the others are not named */

enum tally_side { TALLY_CHARGED, TALLY_COST, TALLY_HELD, TALLY_SIDES };

struct tally;

/* Never NULL. */
struct tally *tally_new(void);
/* Accepts NULL. */
void tally_free(struct tally *tally);

/* Micro-units; a key may be said in pieces.  Sums wrap. */
void tally_say(struct tally *tally, enum tally_side side, uint64_t message,
               uint64_t attempt, int64_t by_rows, int64_t by_postings);

/* After the first reading.  False: there is no difference. */
bool tally_begin_naming(struct tally *tally) __attribute__((warn_unused_result));

struct tally_difference {
    enum tally_side side;
    uint64_t message;
    uint64_t attempt;
    int64_t by_rows;
    int64_t by_postings;
};

/* After the second: the next one; `at` starts at 0.  NULL: no more. */
const struct tally_difference *tally_next(const struct tally *tally, size_t *at);

#endif
