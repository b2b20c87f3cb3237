/*
 * Long messages of SMS-only clients, put together while their parts come in: only for
 * plans with a step that needs the whole text.  Each part is durable and answered at
 * once, with its own id.
 */
#ifndef GATEWAY_COLLECTOR_H
#define GATEWAY_COLLECTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/live.h"
#include "smpp/parts.h"

struct collector;
struct gateway;

struct collector *collector_new(struct gateway *gateway);
void collector_free(struct collector *collector);

/* The message that is waiting for this part; NULL: it opens a set of its own. */
struct live *collector_find(struct gateway *gateway, uint32_t account,
                            const struct body *body, const struct smpp_part *part);

/* In a decision: opens a set with its first part, or adds one; may complete it. */
void collector_open(struct gateway *gateway, struct live *live,
                    const struct smpp_part *part);
void collector_join(struct gateway *gateway, struct live *live, struct body *take_body,
                    const struct smpp_part *part);

/* After the start: a message that was being collected goes on waiting. */
void collector_resume(struct gateway *gateway, struct live *live);

/* The message ended or is forgotten: nothing waits for its parts any more.  Harmless for others. */
void collector_forget(struct gateway *gateway, struct live *live);

/* What the parts of one long message have in common, as a number. */
uint64_t collector_key(uint32_t account, const struct body *body,
                       const struct smpp_part *part);

size_t collector_sets(const struct gateway *gateway);

#endif
