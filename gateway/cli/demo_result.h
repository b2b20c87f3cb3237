/*
 * What the demo tells at its end: a message's whole trace, the funnel, the statement, what
 * was saved; and whether all of it adds up.
 */
#ifndef GATEWAY_CLI_DEMO_RESULT_H
#define GATEWAY_CLI_DEMO_RESULT_H

#include <stdbool.h>

#include "gateway/cli/demo_api.h"
#include "gateway/cli/demo_look.h"
#include "gateway/cli/demo_progress.h"
#include "gateway/cli/demo_stage.h"

/* The messages told about. */
struct demo_examples {
    char fallback_id[DEMO_ID_SIZE]; /* no messenger reached it */
    char saved_id[DEMO_ID_SIZE];    /* the second messenger did */
};

/*
 * True when there is a receipt for each contact, the ledger verifies and the sums agree;
 * what does not is said on standard error.
 */
bool demo_result_tell(const struct demo_stage *stage, const struct demo_look *look,
                      const struct demo_moment *end, const struct demo_examples *examples)
    __attribute__((warn_unused_result));

#endif
