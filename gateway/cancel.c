/* cancel_sm (SMPP 3.4 4.9), by id and by addresses. */
#include "gateway/cancel.h"

#include <assert.h>
#include <string.h>

#include "gateway/clock.h"
#include "gateway/dispatch.h"
#include "gateway/gateway.h"
#include "gateway/operations_pieces.h"
#include "gateway/pairs.h"
#include "gateway/store.h"
#include "routing/recall.h"
#include "smpp/command.h"

enum {
    CANCELS_PER_TURN = 256,
    LOOKS_PER_TURN = 16384,
    CONGESTED_MS = 50,
};

bool cancel_message(struct gateway *gateway, struct live *live)
{
    bool begun;

    if (live->plan == NULL || !recall_may_stop(&live->message, live->plan))
        return false;
    begun = store_begin(gateway->store, STORE_CONTINUATION);
    assert(begun);
    dispatch_end(gateway, live, MESSAGE_CANCELLED);
    store_end(gateway->store);
    return true;
}

/* --- by id -------------------------------------------------------------------------- */

static void on_live(struct operation *operation, struct live *live, const struct body *body)
{
    (void)body;
    operation->cancelled += cancel_message(operation->gateway, live);
}

static void on_ended(struct operation *operation, const struct live *stored,
                     const struct body *body)
{
    (void)operation;
    (void)stored;
    (void)body;
}

static uint32_t finish(struct operation *operation)
{
    return operation->cancelled > 0 ? ESME_ROK : ESME_RCANCELFAIL;
}

const struct operation_kind operation_cancel = {
    .on_live = on_live,
    .on_ended = on_ended,
    .finish = finish,
    .unread = ESME_RSYSERR,
};

/* --- by addresses ------------------------------------------------------------------- */

static bool is_of_service(const struct operation *operation, const struct live *live)
{
    return operation->service_type[0] == 0 ||
           strcmp(operation->service_type, live->bodies[0]->service_type) == 0;
}

static void cancel_more(void *owner)
{
    operation_cancel_pair(owner);
}

/*
 * Those of other services stay listed, and are passed over again in the next turn; behind
 * very many of them nothing is looked for.  What cannot be stopped is listed no more.
 */
void operation_cancel_pair(struct operation *operation)
{
    struct gateway *gateway = operation->gateway;
    struct live *live = NULL;
    struct live *next;
    unsigned cancels = 0;

    if (operation->destination[0] == 0) {
        operation_answer(operation, ESME_RINVDSTADR);
        return;
    }
    live =
        pairs_first(gateway, operation->account, operation->source, operation->destination);
    for (unsigned looks = 0; live && looks < LOOKS_PER_TURN; live = next, looks++) {
        next = pairs_next(live);
        if (!is_of_service(operation, live))
            continue;
        if (store_is_congested(gateway->store) || cancels++ == CANCELS_PER_TURN) {
            clock_arm_in(gateway->clock, &operation->more,
                         store_is_congested(gateway->store) ? CONGESTED_MS : 0, cancel_more,
                         operation);
            return;
        }
        if (cancel_message(gateway, live))
            operation->cancelled++;
        else
            pairs_forget(gateway, live);
    }
    operation_answer(operation, finish(operation));
}
