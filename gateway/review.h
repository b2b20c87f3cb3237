/*
 * Messages kept for review: accepted, paid for and durable like any other, but nothing is
 * sent until somebody releases them.  Their deadline still ends them.
 */
#ifndef GATEWAY_REVIEW_H
#define GATEWAY_REVIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/live.h"
#include "gateway/store.h"

struct gateway;
struct review;

struct review *review_new(void);
void review_free(struct review *review);

/* True when no more may be kept. */
bool review_is_full(const struct gateway *gateway);

/* In a decision: it is kept for what this rule says; its own row is the caller's to write.
 */
void review_keep(struct gateway *gateway, struct live *live, const char *rule);

/* While the store is loaded. */
void review_load(struct gateway *gateway, const struct store_kept *kept);

/* In a decision: the message ended.  Harmless for others. */
void review_forget(struct gateway *gateway, struct live *live);

/* Decisions of their own.  False: no such message is kept. */
bool review_release(struct gateway *gateway, uint64_t message);
bool review_drop(struct gateway *gateway, uint64_t message);

/* The one kept longest, and the one after; 0 when there is none.  *out_rule may be NULL. */
uint64_t review_oldest(const struct gateway *gateway, const char **out_rule);
uint64_t review_next(const struct gateway *gateway, uint64_t message,
                     const char **out_rule);
size_t review_count(const struct gateway *gateway);

#endif
