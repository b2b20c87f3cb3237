/*
 * The PDU that a note is submitted with: submit_sm, data_sm, or one submit_multi for
 * several of them (SMPP 3.4 4.4, 4.7, 4.5); and what is answered to the last.
 */
#ifndef TESTS_SIMULATION_SUBMISSION_H
#define TESTS_SIMULATION_SUBMISSION_H

#include <stdint.h>

#include "tests/peers/wire.h"

struct note;
struct world;

/* How it goes, by chance: more notes may be made that go with it.  How many go. */
unsigned submission_choose(struct world *world, struct note *note);

void submission_write(struct world *world, const struct note *note, uint32_t sequence,
                      struct wire_buffer *out);

/* The status for one of those that went together; WIRE_OK: it was accepted. */
uint32_t submission_status(const struct note *note, const struct wire_header *header,
                           struct wire_view body);

#endif
