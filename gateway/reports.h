/*
 * Reports coming in: whose they are, and what to do with those of nobody.
 *
 * A report is matched by the provider's id; else by our ref where the provider echoes
 * it; else it is parked, durably, until its id is learned; an attempt in doubt may claim it
 * by reference, source, destination and text, if no other try could be meant.
 */
#ifndef GATEWAY_REPORTS_H
#define GATEWAY_REPORTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/channels/channel.h"
#include "gateway/live.h"
#include "gateway/store.h"

struct gateway;
struct reports;

struct reports *reports_new(struct gateway *gateway);
void reports_free(struct reports *reports);

/*
 * News about an attempt on this channel.  `acknowledge` runs when the news is durable,
 * also when it was no news or nobody's.  False: not taken now, the sender is to try
 * again later; `acknowledge` will not run.
 */
bool reports_in(struct gateway *gateway, uint32_t channel, const struct report_news *news,
                const struct store_effect *acknowledge);

/*
 * The same of one of many that come together, which is always taken: when its message is no
 * longer in memory it is kept until that has been read.  What is decided behind it is
 * durable after it.
 */
void reports_take(struct gateway *gateway, uint32_t channel,
                  const struct report_news *news);

/* In a decision: the provider's id of an attempt is known; what was parked for it is
 * applied. */
void reports_learn(struct gateway *gateway, struct live *live, struct attempt *attempt);
/* The ref of an attempt may come back before its id. */
void reports_expect_ref(struct gateway *gateway, const struct live *live,
                        const struct attempt *attempt);
/*
 * A try was handed over to a link and its id is not known; until it is settled, a report
 * to its destination that nobody knows may be its own.  Both harmless twice.
 */
void reports_await(struct gateway *gateway, const struct live *live,
                   struct attempt *attempt);
void reports_settle(struct gateway *gateway, const struct live *live,
                    struct attempt *attempt);
/* Offers what is parked to every try in doubt that it may be meant for, in a decision of
 * its own. */
void reports_claim(struct gateway *gateway);
/*
 * The same for one message whose time may be over, in a decision of its own: after its
 * deadline also to tries that could still be answered.
 */
void reports_claim_for(struct gateway *gateway, struct live *live);

/* It was taken, and no id was told: what is said of it has to be known otherwise. */
bool reports_lacks_id(const struct attempt *attempt);

/* In a decision: an attempt on a link is in doubt, or lacks its id. */
void reports_doubt(struct gateway *gateway, struct live *live, struct attempt *attempt);

/* While the store is loaded; rules first, then how many messages will have ids. */
void reports_load_rule(struct gateway *gateway, const struct store_definition *rule);
void reports_expect(struct gateway *gateway, size_t messages);
void reports_load(struct gateway *gateway, const struct store_parked *parked);
void reports_load_late(struct gateway *gateway, uint64_t message,
                       const struct attempt *attempt);
/* Outside of a decision, while no report is parked, of a message that is not in doubt: the
 * ids by which it is told of.  False: what was told of another may count for it, and nothing
 * was done. */
bool reports_recall(struct gateway *gateway, const struct live *live);

/* How ids are compared on a link now, in the words of sluice.conf(5); NULL: no link. */
const char *reports_id_rule(struct gateway *gateway, uint32_t channel);

size_t reports_parked(const struct gateway *gateway);
size_t reports_ids(const struct gateway *gateway);

#endif
