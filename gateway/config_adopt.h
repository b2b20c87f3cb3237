/*
 * Settings that change while it runs.  Of the accounts that are there: passwords, networks,
 * certificates, rates, limits, credit, what they may send, the form of their receipts; all
 * prices; the level of the log.  Whatever else is another than before waits for a restart,
 * and then nothing changes.
 */
#ifndef GATEWAY_CONFIG_ADOPT_H
#define GATEWAY_CONFIG_ADOPT_H

#include <stdbool.h>
#include <stddef.h>

#include "gateway/config.h"

/* NULL when all that is different may change, else what may not, in a sentence without a
 * secret, in `room`. */
const char *config_may_adopt(const struct config *running, const struct config *fresh,
                             char *room, size_t size) __attribute__((warn_unused_result));

/* Something is different, a secret too. */
bool config_differs(const struct config *running, const struct config *fresh);

/* Another password, or its hash, than the account had. */
bool config_password_differs(const struct config_account *running,
                             const struct config_account *fresh);

/*
 * `running`, whose address stays, says what `take_fresh` says; that lives on until the next
 * is adopted, or config_free(running).  What was read of the settings that may change is
 * gone then: who keeps more than a copy of it takes it anew at once (reload.c).
 */
void config_adopt(struct config *running, struct config *take_fresh);

#endif
