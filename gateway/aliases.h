/*
 * Short names of submissions: 8 hexadecimal digits, for clients that were written for
 * SMPP 3.3.  A bounded number is remembered: the oldest name whose message has ended is
 * forgotten for a new one, and a name is never given to two that live.
 */
#ifndef GATEWAY_ALIASES_H
#define GATEWAY_ALIASES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct aliases;
struct gateway;
struct public_id;

/* At most `capacity` names. */
struct aliases *aliases_new(size_t capacity, uint32_t first);
void aliases_free(struct aliases *aliases);

/* One that was given before the start, in the order of their giving. */
void aliases_load(struct aliases *aliases, uint32_t alias, uint64_t id);

/* False: all that are remembered still live, as far as can be seen in a moment. */
bool aliases_have_room(struct gateway *gateway);

/* In a decision, with room: a name for the submission. */
uint32_t aliases_give(struct gateway *gateway, uint64_t id);

/* The submission that a public id names; 0: it is a name nobody has. */
uint64_t aliases_resolve(const struct gateway *gateway, const struct public_id *id);

size_t aliases_count(const struct aliases *aliases);

#endif
