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

/* How a long text of a subscriber is cut: 23.040 9.2.3.24, 3.4 5.3.2.22-24, 5.3.2.32. */
enum smsc_cut { CUT_UDH8, CUT_UDH16, CUT_SAR, CUT_PAYLOAD };

/* "udh8", "udh16", "sar" or "payload". */
bool smsc_cut_find(const char *name, enum smsc_cut *out_cut)
    __attribute__((warn_unused_result));

/*
 * A subscriber writes: goes to a receiver as deliver_sm, or as several.  `text` is UTF-8.
 * False when too many wait, or it is too long.
 */
bool smsc_receive(struct smsc *smsc, const char *from, const char *to, const char *text,
                  enum smsc_cut cut);

/* Closes all its links without a word. */
void smsc_drop(struct smsc *smsc);

#endif
