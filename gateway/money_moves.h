/*
 * What the events of a message cost: captures of what was held, late charges, the
 * supplier's side, and the release at the end.  Moves the balances in memory and makes
 * the postings; all in a decision of the caller.
 */
#ifndef GATEWAY_MONEY_MOVES_H
#define GATEWAY_MONEY_MOVES_H

#include "gateway/live.h"

struct gateway;

/* What we shall owe for a new attempt, by the prices of now: those of later are for others.
 */
void money_fix_cost(struct gateway *gateway, const struct live *live,
                    struct attempt *attempt);

/* The attempt's row, with the postings that its present state asks for. */
void money_record_attempt(struct gateway *gateway, struct live *live,
                          struct attempt *attempt);

/* The message's row at its end, with what it still held. */
void money_record_end(struct gateway *gateway, struct live *live);

/* What SMS alone would have cost: the last step of the plan that is a link. */
int64_t money_baseline(const struct gateway *gateway, const struct plan *plan,
                       const struct price_pins *pins, uint32_t parts);

/*
 * What the current step, all segments of it, costs its sender and us on this channel;
 * false: no price.  One segment says nothing: what is sold or bought by the message is paid
 * with the first.
 */
bool money_step_prices(struct gateway *gateway, const struct live *live, uint32_t channel,
                       int64_t *out_sell, int64_t *out_buy);

/* What the current step was paid already. */
int64_t money_step_charged(const struct message *message);

/* What the message would cost us on this channel; false: nobody said. */
bool money_buy_price(struct gateway *gateway, const struct live *live, uint32_t channel,
                     int64_t *out);

#endif
