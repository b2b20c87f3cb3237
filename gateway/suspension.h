/*
 * Accounts that were stopped: their binds are refused and closed, their submissions
 * refused, until they are resumed, over restarts too.  What is on its way goes on, unless
 * it is dropped: then all that may still be cancelled (cancel.h) ends so, with its
 * receipts, and its holds come back.
 */
#ifndef GATEWAY_SUSPENSION_H
#define GATEWAY_SUSPENSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct account;
struct gateway;
struct store_suspension;
struct suspensions;

struct suspensions *suspensions_new(struct gateway *gateway);
/* Accepts NULL.  What was still to be dropped is not. */
void suspensions_free(struct suspensions *suspensions);

/* While the store is loaded. */
void suspension_load(struct gateway *gateway, const struct store_suspension *suspension);

/* What became of it; on the loop, when all of it is durable. */
struct suspension_result {
    const struct account *account;
    uint64_t cancelled; /* messages */
    int64_t returned_micro;
};

typedef void suspension_done(struct gateway *gateway, uint64_t request,
                             const struct suspension_result *result);

/* At once in memory; `done` follows with `request`.  Again: only drops again. */
void suspension_begin(struct gateway *gateway, struct account *account, bool drop_queued,
                      suspension_done *done, uint64_t request);
void suspension_end(struct gateway *gateway, struct account *account, suspension_done *done,
                    uint64_t request);

#endif
