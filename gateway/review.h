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

/* While the store is loaded; `account` is the message's. */
void review_load(struct gateway *gateway, uint32_t account, const struct store_kept *kept);

/* In a decision: the message ended.  Harmless for others. */
void review_forget(struct gateway *gateway, struct live *live);

/* Decisions of their own.  False: no such message is kept. */
bool review_release(struct gateway *gateway, uint64_t message);
bool review_drop(struct gateway *gateway, uint64_t message);

/* In place of an account: all of them. */
enum { REVIEW_ALL = 0 };

/* Messages of the account that are kept. */
size_t review_count(const struct gateway *gateway, uint32_t account);

struct review_told {
    uint64_t message;
    const char *rule; /* borrowed until the message is kept no more */
};

/*
 * Fills `out` with those of the accounts, the one kept longest first, and returns how many
 * there were, `room` at the most.  Each account is named once; REVIEW_ALL stands alone.
 * What others keep costs nothing.
 */
size_t review_list(const struct gateway *gateway, const uint32_t *accounts,
                   size_t account_count, struct review_told *out, size_t room);

#endif
