/*
 * The price book: what a message costs its sender and us, per channel, class and
 * destination, and when it is billed.
 *
 * A message pins the sell prices of all its steps at acceptance; an attempt the buy price
 * of its channel with its permit.
 */
#ifndef ROUTING_PRICE_H
#define ROUTING_PRICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "routing/plan.h"

enum price_side { PRICE_SELL, PRICE_BUY };

enum { PRICE_ANY = UINT32_MAX }; /* account, channel or class of a row: all */

struct price {
    int64_t price_micro;
    bool per_message; /* else per part */
    uint8_t
        billed; /* enum attempt_state: SENT (= submitted), ACCEPTED, DELIVERED or READ */
};

struct price_row {
    enum price_side side;
    uint32_t account;
    uint32_t channel;
    uint32_t class;
    uint32_t currency;  /* ledger_currency() */
    const char *prefix; /* digits, "" for every number */
    struct price price;
};

struct price_book;

struct price_book *price_book_new(void);
void price_book_free(struct price_book *book);
/* False when the prefix is not digits or the book is full. */
bool price_book_add(struct price_book *book, const struct price_row *row);

/*
 * The most precise row in this currency: account before channel before class before the
 * longest prefix.  False: there is none, and the step cannot be sold.
 */
bool price_book_find(const struct price_book *book, enum price_side side, uint32_t account,
                     uint32_t channel, uint32_t class, uint32_t currency,
                     const char *digits, struct price *out);

/*
 * What a message's steps may cost its sender, on each of their ways; compared by content,
 * stored once.
 */
struct price_pins {
    uint8_t step_count;
    uint8_t sold[PLAN_STEPS_MAX]; /* bits of ways; 0: no price, the step is skipped */
    struct price steps[PLAN_STEPS_MAX][PLAN_WAYS_MAX];
};

/* The price of a step on one of its ways; NULL: it is not sold there. */
const struct price *price_pinned(const struct price_pins *pins, uint8_t step, int way);

/* The first way of a step that is sold, -1: none. */
int price_first_way(const struct price_pins *pins, uint8_t step);

/* The price of one attempt of `parts` parts at this price; false when it does not fit. */
bool price_of(const struct price *price, uint32_t parts, int64_t *out);

/* The most a step may cost, on its dearest way; 0 when it has no price.  False: it does not
 * fit. */
bool price_dearest(const struct price_pins *pins, uint8_t step, uint32_t parts,
                   int64_t *out);

/* The most all steps together may cost; false when no step has a price or the sum does not
 * fit. */
bool price_worst_case(const struct price_pins *pins, uint32_t parts, int64_t *out);

#endif
