/*
 * A practice SMSC: takes binds and submit_sm, answers, and sends delivery receipts, as
 * well or as badly as its description says.  Its answers and receipts come from fixed
 * buffers: once it runs, a message allocates nothing.
 */
#ifndef TESTS_PEERS_SMSC_H
#define TESTS_PEERS_SMSC_H

#include <stdbool.h>

#include "tests/peers/sim.h"

struct smsc;

extern const struct sim_role_kind smsc_role;

/* A subscriber writes: goes to a receiver as deliver_sm.  False when too many wait. */
bool smsc_receive(struct smsc *smsc, const char *from, const char *to, const char *text);

/* Closes all its links without a word. */
void smsc_drop(struct smsc *smsc);

#endif
