/*
 * Messages that lived longer than a window of the journal and ended: their rows are in the
 * day, and `gone` names them until the old ones are taken out of live.db, in the order of
 * their ids, many of a page at once.
 */
#ifndef GATEWAY_STORE_GONE_H
#define GATEWAY_STORE_GONE_H

#include <stdbool.h>
#include <stddef.h>

struct store_sqlite;

/* How many there are; at the opening.  False and the reason. */
bool store_gone_read(struct store_sqlite *store, char *error, size_t error_size);

/* Whether it is worth it; `idle`: as soon as there is one. */
bool store_gone_is_due(const struct store_sqlite *store, bool idle);

/*
 * Takes some of them out; `out_done` false: not now.  False: live.db cannot be written, and
 * is not touched any more.
 */
bool store_gone_sweep(struct store_sqlite *store, bool *out_done);

#endif
