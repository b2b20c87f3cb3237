/*
 * Messages that their sender wants no more.
 */
#ifndef GATEWAY_CANCEL_H
#define GATEWAY_CANCEL_H

#include <stdbool.h>

#include "gateway/live.h"

struct gateway;

/*
 * A decision: ends the message as cancelled, with its receipt and the return of what is
 * held.  False: all of it is submitted already, or it has ended; nothing has changed.
 *
 * A cascade whose last step has not begun is stopped where it is.  What an earlier step
 * has handed over is not called back: what is heard of it is a late report.
 */
bool cancel_message(struct gateway *gateway, struct live *live)
    __attribute__((warn_unused_result));

#endif
