/*
 * What may still be done about a message that was accepted: stopped, or changed.
 */
#ifndef ROUTING_RECALL_H
#define ROUTING_RECALL_H

#include <stdbool.h>

#include "routing/message.h"
#include "routing/plan.h"

/*
 * It may be cancelled: something of the plan is not submitted yet, because its last step
 * has nothing in the hands of anybody.  What an earlier step has handed over is not called
 * back; whatever is heard of it comes after the end.
 */
bool recall_may_stop(const struct message *message, const struct plan *plan);

/*
 * It may be replaced: nothing of it was ever submitted, or all that was came back as
 * certainly not sent.
 */
bool recall_is_untouched(const struct message *message);

/* ... and nothing was even begun, so that it may wait for a time of its own again. */
bool recall_is_unbegun(const struct message *message);

#endif
