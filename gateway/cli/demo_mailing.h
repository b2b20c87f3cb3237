/*
 * The mailing: what a business sends with the SMPP client it has.  Here that is
 * sluice-bench, which also judges: one final receipt for each contact, no more.
 */
#ifndef GATEWAY_CLI_DEMO_MAILING_H
#define GATEWAY_CLI_DEMO_MAILING_H

#include <stdbool.h>

#include "gateway/cli/demo_api.h"
#include "gateway/cli/demo_look.h"
#include "gateway/cli/demo_progress.h"
#include "gateway/cli/demo_stage.h"

/*
 * Sends it and shows how it goes until it is over; `out` is the last moment.  False, and
 * said on standard error, when it went wrong; or when we were asked to end.
 */
bool demo_mailing_run(struct demo_stage *stage, const struct demo_look *look,
                      struct demo_moment *out) __attribute__((warn_unused_result));

/* The id of the message to this contact, as the client was told it. */
bool demo_mailing_find_id(const struct demo_stage *stage, const char *destination,
                          char out[DEMO_ID_SIZE]) __attribute__((warn_unused_result));

#endif
