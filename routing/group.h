/*
 * Which channel of a step takes a message.  The rule is the step's; what is up, where the
 * message waits and what each way would cost come in with the question.
 */
#ifndef ROUTING_GROUP_H
#define ROUTING_GROUP_H

#include <stdint.h>

#include "routing/plan.h"

/*
 * Whose turn it is by weight: the ways of a step in an even mixture (3:1 is a a b a, not
 * a a a b), the same each time.  Zeroed before its first use; the caller keeps it.
 */
struct group_turns {
    int32_t owed[PLAN_WAYS_MAX];
};

struct group_facts {
    unsigned open;                    /* ways, as bits, that take messages now */
    int kept;                         /* where it waits or was tried last; -1: nowhere */
    int64_t buy_micro[PLAN_WAYS_MAX]; /* by CHEAPEST alone; INT64_MAX: not known */
};

/* The way, an index in step->ways; -1 when none is open. */
int group_choose(const struct plan_step *step, const struct group_facts *facts,
                 struct group_turns *turns);

#endif
