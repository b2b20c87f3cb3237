/*
 * What is in live.db of messages, read once at the start: in pieces, each by the thread of
 * the tables while the one before is told.
 */
#ifndef GATEWAY_STORE_LIVING_H
#define GATEWAY_STORE_LIVING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct executor;
struct message;
struct store_cursor;
struct store_loader;
struct store_sqlite;

/*
 * Tells all messages that live, each with its bodies and attempts, and of those that have
 * ended, which are remembered, the attempts that were changed since.  One that is damaged
 * is left out: nothing is known of it.  The check of the ledger names it too.  False and
 * the reason: they could not be read.
 */
bool store_load_living(struct store_sqlite *store, struct executor *executor,
                       const struct store_loader *loader, void *owner,
                       int64_t late_since_ms, char *error, size_t error_size);

#endif
