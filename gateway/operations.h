/*
 * query_sm, cancel_sm and replace_sm (SMPP 3.4 4.8 to 4.10): which of the account's
 * messages is meant, what is done with it, and the answer, once what it says is durable.
 *
 * An id is looked for among the account's own messages only, and the source address must
 * be the one of the submission (its type and plan of numbering are not compared); else the
 * id is unknown.  The id that the destinations of a submit_multi share names all of them:
 * cancel_sm may choose one by its destination, replace_sm changes all or none, and
 * query_sm tells the state they share, ENROUTE while one is open, or the first that was
 * not delivered.
 */
#ifndef GATEWAY_OPERATIONS_H
#define GATEWAY_OPERATIONS_H

#include <stddef.h>
#include <stdint.h>

#include "smpp/pdu.h"

struct gateway;
struct operations;

struct operations *operations_new(struct gateway *gateway);
void operations_free(struct operations *operations);

/*
 * A request of a session of config->accounts[account]; it is answered there, now or
 * later.
 */
void operations_take(struct gateway *gateway, size_t account, uint64_t session,
                     const struct smpp_pdu *request);

/* Requests that wait for their answer. */
size_t operations_waiting(const struct gateway *gateway);

#endif
