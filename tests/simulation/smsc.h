/*
 * An operator's SMSC: takes submits, answers them or not, and reports what became of them
 * in the dialect of the seed.  It lives through the gateway's crashes, and repeats a report
 * until it is answered.
 */
#ifndef TESTS_SIMULATION_SMSC_H
#define TESTS_SIMULATION_SMSC_H

#include <stdbool.h>
#include <stddef.h>

#include "tests/peers/wire.h"
#include "tests/simulation/cable.h"

enum {
    SMSC_CONNECTIONS = 2,
    SMSC_WINDOW = 8,
    SMSC_DOUBT_MS = 2000,    /* and for a report when none came */
    SMSC_RESPONSE_MS = 3000, /* how long the gateway waits for an answer */
};

struct smsc;
struct world;

struct smsc *smsc_new(struct world *world);
void smsc_free(struct smsc *smsc);

/* Whether somebody connects now. */
bool smsc_listens(const struct smsc *smsc);
/* A new connection; what its cable is to call. */
const struct cable_ops *smsc_accept(struct smsc *smsc, struct cable *cable,
                                    void **out_owner);

/* A client was sent what a subscriber wrote. */
void smsc_letter_has_come(struct smsc *smsc, const char *account, struct wire_view body);
/* What was acknowledged has come, at least once. */
void smsc_judge_letters(const struct smsc *smsc);

/* Nothing is to be answered or reported any more. */
bool smsc_is_quiet(const struct smsc *smsc);

#endif
