/*
 * Who wants nothing more of an account, or of one of its senders: asked before each submit,
 * durable, and changed by what the people themselves write or by hand.
 *
 * Without any entry a question costs a comparison, else one look into a table.
 */
#ifndef GATEWAY_OPTOUTS_H
#define GATEWAY_OPTOUTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/store_inbound.h"

struct gateway;
struct optouts;

struct optouts *optouts_new(void);
void optouts_free(struct optouts *optouts); /* accepts NULL */

/* While the store is loaded. */
void optouts_load(struct gateway *gateway, const struct store_optout *optout);

/*
 * In a decision.  `sender` may be written as it comes; a number that has stopped very many
 * senders of the account has stopped all of them.  False when the table is full, and
 * nothing has changed; true also for what was there already.
 */
bool optouts_put(struct gateway *gateway, const struct store_optout *optout)
    __attribute__((warn_unused_result));

/* In a decision: those of this sender, or, when it is NULL, all of the number.  How many.
 */
size_t optouts_remove(struct gateway *gateway, uint32_t account, const char *number,
                      const char *sender);

/* A message of this class, from this sender, must not go to this number. */
bool optouts_forbid(const struct gateway *gateway, uint32_t account, uint8_t class,
                    const char *sender, const char *number);

size_t optouts_count(const struct gateway *gateway);

/*
 * The entries of an account, the newest first: the first one, or the one behind `after`;
 * NULL at the end.  Valid until something is changed.
 */
const struct store_optout *optouts_next(const struct gateway *gateway, uint32_t account,
                                        const struct store_optout *after);

/* A page ended with `last`: where is kept for a while, also when `last` goes. */
void optouts_end_page(struct gateway *gateway, const struct store_optout *last);

/*
 * What was behind the entry of this number and sender and is still there, NULL at the end.
 * False: there is no such entry, and no page has ended with it lately.
 */
bool optouts_next_page(const struct gateway *gateway, uint32_t account, const char *number,
                       const char *sender, const struct store_optout **out)
    __attribute__((warn_unused_result));

/* The entry of a number for this sender, or, when that is NULL, any; NULL: there is none. */
const struct store_optout *optouts_find(const struct gateway *gateway, uint32_t account,
                                        const char *number, const char *sender);

#endif
