/*
 * Reports of a messenger on their way out: HTTP POSTs over some kept-alive connections,
 * each repeated once a second until it is answered 200 or a minute has passed.
 */
#ifndef TESTS_PEERS_CALLBACK_H
#define TESTS_PEERS_CALLBACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/peers/sim.h"

struct callbacks;

struct callback_counters {
    uint64_t callbacks, callbacks_acknowledged, callbacks_retried, callbacks_given_up;
    uint64_t callbacks_overflowed;
};

/* What one callback is; all is copied. */
struct callback_order {
    const char *body;
    const char *signature; /* value of the signature header; NULL: unsigned */
    const char *id;        /* for the log */
    const char *status;
    int64_t wait_ms;
    bool once; /* not repeated, whatever the answer */
};

/*
 * `url` is http://HOST[:PORT]/PATH; `role` names it in the log.  `counters` are the
 * caller's.  NULL with a sentence in `error` (OPTION_ERROR_BYTES) for another URL.
 */
struct callbacks *callbacks_new(struct sim *sim, const char *role, const char *url,
                                const char *signature_header, size_t connections,
                                struct callback_counters *counters, char *error);

/* Accepts NULL.  What is on its way is forgotten. */
void callbacks_free(struct callbacks *callbacks);

void callbacks_send(struct callbacks *callbacks, const struct callback_order *order);

#endif
