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

/*
 * A decision: the receipt of this submission is told once more, also when it was
 * acknowledged; one that is on its way still is not made twice.  The message may be one of
 * the database's: only `message`, `plan` (or NULL) and the bodies are looked at.  False: it
 * has not ended, or no receipt was asked for.
 */
bool receipts_tell_again(struct gateway *gateway, const struct live *live,
                         const struct body *body) __attribute__((warn_unused_result));

/* What an intermediate notification (3.4 2.11) is about. */
enum receipts_notice {
    RECEIPTS_ACCEPTED, /* the channel of a step has it */
    RECEIPTS_WAITING,  /* the channel of a step cannot take it now */
};

/*
 * In a decision: this has become of a segment (0: of all) in its present step.  Who asked
 * for notifications is told once for each step and kind.  A notification is kept in memory
 * for as long as the message lives, is offered once, and never after the receipt.
 */
void receipts_notify(struct gateway *gateway, struct live *live, uint8_t step,
                     uint16_t segment, enum receipts_notice notice, uint32_t code);

/* One that was made before the start. */
void receipts_load(struct gateway *gateway, const struct store_receipt *receipt);

/* For the outbox: its deliver_sm, to a session of the account. */
enum outbox_sent receipts_send(struct gateway *gateway, const struct outbox_letter *letter,
                               bool others);

/*
 * What the receipt of one of its submissions tells, or would tell: the state of an ended
 * message as the account is told it, and the operator's code (code.h; 0: none, or it is a
 * success).  The plan may be NULL.
 */
enum smpp_message_state receipts_state(const struct gateway *gateway,
                                       const struct live *live, const struct body *body);
uint32_t receipts_code(const struct gateway *gateway, const struct live *live,
                       const struct body *body);
/* The same of a notification: stale once its message has ended. */
enum outbox_sent receipts_send_notice(struct gateway *gateway,
                                      const struct outbox_letter *letter, bool others);

#endif
