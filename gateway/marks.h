/*
 * What was seen once, remembered for a time, across restarts too: so that nothing is taken
 * or said twice.
 */
#ifndef GATEWAY_MARKS_H
#define GATEWAY_MARKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/store_inbound.h"

struct gateway;
struct marks;

struct marks *marks_new(struct gateway *gateway);
void marks_free(struct marks *marks); /* accepts NULL */

/* While the store is loaded. */
void marks_load(struct gateway *gateway, const struct store_mark *mark);

/* In a decision: seen now.  Beyond what can be remembered the oldest is forgotten. */
void marks_note(struct gateway *gateway, enum store_mark_kind kind, uint64_t hash);

/* Seen within the last `within_ms`. */
bool marks_seen(const struct gateway *gateway, enum store_mark_kind kind, uint64_t hash,
                int64_t within_ms);

#endif
