/* Read off the attempts each time, as routing/step.c does. */
#include "routing/recall.h"

#include <stdint.h>

/* Nobody holds it: permitted and not handed over, refused, or never sent. */
static bool is_with_nobody(const struct attempt *attempt)
{
    return attempt->state == ATTEMPT_INTENT ||
           (attempt->state == ATTEMPT_FAILED && !(attempt->flags & ATTEMPT_WAS_ACCEPTED));
}

bool recall_may_stop(const struct message *message, const struct plan *plan)
{
    if (message->state == MESSAGE_ENDED)
        return false;
    for (uint16_t i = 0; i < message->attempt_count; i++)
        if (message->attempts[i].step + 1 == plan->step_count &&
            !is_with_nobody(&message->attempts[i]))
            return false;
    return true;
}

/* All attempts are failed ones with one of these flags. */
static bool all_came_back(const struct message *message, unsigned flags)
{
    if (message->state == MESSAGE_ENDED)
        return false;
    for (uint16_t i = 0; i < message->attempt_count; i++)
        if (message->attempts[i].state != ATTEMPT_FAILED ||
            !(message->attempts[i].flags & flags))
            return false;
    return true;
}

bool recall_is_untouched(const struct message *message)
{
    return all_came_back(message, ATTEMPT_RETRY | ATTEMPT_UNSENT);
}

bool recall_is_unbegun(const struct message *message)
{
    return all_came_back(message, ATTEMPT_UNSENT);
}
