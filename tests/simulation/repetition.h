/*
 * A submission that is sent again: because its answer was lost, or for no reason.  It must
 * be answered as the first was, and nothing may come of it (sluice.conf(5), dedupe_within).
 */
#ifndef TESTS_SIMULATION_REPETITION_H
#define TESTS_SIMULATION_REPETITION_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/peers/wire.h"

struct note;
struct world;

/* One of the last submissions of the account that may be repeated; NULL: none was found. */
struct note *repetition_choose(struct world *world, const char *account);
void repetition_sent(struct world *world, struct note *note);
/* Its session has ended. */
void repetition_lost(struct world *world, struct note *note);
void repetition_answered(struct world *world, struct note *note,
                         const struct wire_header *header, struct wire_view body);

#endif
