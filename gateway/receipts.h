/*
 * Receipts: what became of a submission, told to the account through its outbox.  One for
 * each submission that asked, made with the end of its message.
 */
#ifndef GATEWAY_RECEIPTS_H
#define GATEWAY_RECEIPTS_H

#include <stddef.h>
#include <stdint.h>

#include "gateway/live.h"
#include "gateway/outbox.h"
#include "gateway/store.h"
#include "smpp/receipt.h"

struct gateway;

/* In a decision: the receipts of a message that has just ended. */
void receipts_make(struct gateway *gateway, struct live *live);

/* One that was made before the start. */
void receipts_load(struct gateway *gateway, const struct store_receipt *receipt);

/* For the outbox: its deliver_sm, to a session of the account. */
enum outbox_sent receipts_send(struct gateway *gateway, const struct outbox_letter *letter,
                               bool others);

/*
 * What the receipt of one of its submissions tells, or would tell: the state of an ended
 * message as the account is told it, and the operator's code (0: none).  The plan may be
 * NULL.
 */
enum smpp_message_state receipts_state(const struct gateway *gateway,
                                       const struct live *live, const struct body *body);
uint32_t receipts_code(const struct live *live, const struct body *body);

#endif
