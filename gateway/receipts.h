/*
 * The outbox: what became of a submission, on its way to the account until it is
 * acknowledged.  One for each submission that asked, made with the end of its message.
 */
#ifndef GATEWAY_RECEIPTS_H
#define GATEWAY_RECEIPTS_H

#include <stddef.h>
#include <stdint.h>

#include "gateway/live.h"
#include "gateway/store.h"
#include "smpp/session.h"

struct gateway;
struct receipts;

struct receipts *receipts_new(struct gateway *gateway);
void receipts_free(struct receipts *receipts);

/* In a decision: the receipts of a message that has just ended. */
void receipts_make(struct gateway *gateway, struct live *live);

/* One that was made before the start. */
void receipts_load(struct gateway *gateway, const struct store_receipt *receipt);

/* A session of the account can take receipts (again). */
void receipts_room(struct gateway *gateway, uint32_t account);

/* The answer to a receipt, or that none came: in time, or because the session ended. */
void receipts_answered(struct gateway *gateway, uint64_t id, uint32_t status);
void receipts_unanswered(struct gateway *gateway, uint64_t id, bool session_ended);

size_t receipts_waiting(const struct gateway *gateway);
size_t receipts_waiting_of(const struct gateway *gateway, uint32_t account);
/* When the oldest of the account's was made; 0: there is none. */
int64_t receipts_oldest_ms(const struct gateway *gateway, uint32_t account);

#endif
