/*
 * What an account may send, and how much of it: its permissions, its parts and money per
 * hour and day, its messages to one recipient.
 *
 * What it has used is durable: it is counted in the decision that accepts the message.  A
 * hold counts as spent; what comes back of it counts no more, while the hour or day of the
 * message lasts.  At four fifths of a limit there is an alarm, once in its hour or day;
 * what would go over it is refused.
 */
#ifndef GATEWAY_LIMITS_H
#define GATEWAY_LIMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/body.h"
#include "routing/permission.h"
#include "routing/usage.h"

struct account;
struct gateway;
struct limits;
struct store_usage;

struct limits *limits_new(struct gateway *gateway);
/* Accepts NULL. */
void limits_free(struct limits *limits);

/* While the store is loaded; and after the catalogue is settled, and again when the limits
 * have changed. */
void limits_load(struct gateway *gateway, const struct store_usage *usage);
void limits_settle(struct gateway *gateway);

/* Whether the account may send this, and there.  A reply is sent as who was written to,
 * whatever senders the account may name. */
enum permission limits_permit(const struct gateway *gateway, const struct account *account,
                              const struct body *body, bool is_reply);

/* Whether it may send one more to this recipient now. */
bool limits_recipient_fits(const struct gateway *gateway, const struct account *account,
                           const char *digits);

/* The first limit these would go over; USAGE_FITS: none. */
enum usage_kind limits_ask(struct gateway *gateway, struct account *account, uint32_t parts,
                           int64_t spend);

/* In a decision: a message is accepted. */
void limits_count(struct gateway *gateway, struct account *account, uint32_t parts,
                  int64_t spend, const char *digits);

/* In a decision: a message accepted at `then_ms` was replaced by one of so many more parts
 * and so much more (or, below 0, less) money. */
void limits_count_more(struct gateway *gateway, struct account *account, int64_t then_ms,
                       uint32_t parts, int64_t spend);

/* In a decision: money of a message accepted at `then_ms` comes back (below 0), or is
 * charged beside what it held. */
void limits_correct(struct gateway *gateway, struct account *account, int64_t then_ms,
                    int64_t spend);

/* For people.  False when the account has no limit of this kind. */
struct limits_facts {
    int64_t used;
    int64_t limit;
    int64_t ends_ms; /* when the hour or day does, wall */
    uint64_t alarms;
};

bool limits_facts(const struct gateway *gateway, const struct account *account,
                  enum usage_kind kind, struct limits_facts *out);
/* Recipients forgotten before their time. */
uint64_t limits_forgotten(const struct account *account);

#endif
