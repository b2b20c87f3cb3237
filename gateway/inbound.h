/*
 * What subscribers write: taken from the operators, made durable before it is answered,
 * given to the account whose it is, over SMPP or a webhook, and kept until somebody has it.
 */
#ifndef GATEWAY_INBOUND_H
#define GATEWAY_INBOUND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/outbox.h"
#include "gateway/store.h"
#include "gateway/store_inbound.h"

struct body;
struct gateway;
struct http_result;
struct inbound;
struct smpp_pdu;

struct inbound *inbound_new(struct gateway *gateway);
void inbound_free(struct inbound *inbound); /* accepts NULL */

/* While the store is loaded; and after it, when the catalogue is settled. */
void inbound_load(struct gateway *gateway, const struct store_inbound *row);
void inbound_resume(struct gateway *gateway);

/*
 * A deliver_sm or data_sm that is no receipt, from `session` of a link.  ESME_ROK: it is
 * taken, or was before, and `acknowledge` runs when it is durable; else the status to
 * answer now: 0x14 when all that may be kept is, 0x66 when it is nobody's.
 */
uint32_t inbound_take(struct gateway *gateway, uint32_t link, uint64_t session,
                      const struct smpp_pdu *deliver,
                      const struct store_effect *acknowledge);

/* For the outbox: to a session of the account, or to its webhook. */
enum outbox_sent inbound_send(struct gateway *gateway, const struct outbox_letter *letter,
                              bool others);
enum outbox_sent inbound_post(struct gateway *gateway, const struct outbox_letter *letter,
                              bool others);

/* What came of a post; false: it was none of ours. */
bool inbound_posted(struct gateway *gateway, const struct http_result *result);

/* Posts that may be under way at once, for the HTTP client. */
size_t inbound_posts_max(const struct gateway *gateway);

/* All that waits for somebody. */
size_t inbound_waiting(const struct gateway *gateway);

/* When the oldest came that waits for a session or the webhook of this account, wall; 0:
 * nothing waits. */
int64_t inbound_oldest_ms(const struct gateway *gateway, uint32_t account);

/* --- what is nobody's, for people --------------------------------------------------- */

struct inbound_unrouted {
    uint64_t id;
    int64_t at_ms;
    uint32_t link;
    const struct body *body;
};

size_t inbound_unrouted_count(const struct gateway *gateway);
/* The oldest, or the one behind `after`; false at the end. */
bool inbound_unrouted_next(const struct gateway *gateway, uint64_t after,
                           struct inbound_unrouted *out);
/* In a decision: dropped; false: there is none with this id. */
bool inbound_unrouted_drop(struct gateway *gateway, uint64_t id);

/* The text in UTF-8 with a NUL; false: it is no text. */
bool inbound_text(const struct gateway *gateway, uint32_t link, const struct body *body,
                  char *out, size_t room);

#endif
