/*
 * Postings of months that are over: they move from live.db to ledger/YYYY-MM.db, link by
 * link of their chain, which stays and covers them there too.  The table `period` says
 * which are where.
 */
#ifndef GATEWAY_STORE_PERIOD_H
#define GATEWAY_STORE_PERIOD_H

#include <stdbool.h>
#include <stddef.h>

#include "gateway/store_walk.h"

struct store_sqlite;

/* A new month has begun, or there is more to move. */
bool store_period_is_due(const struct store_sqlite *store);
/* Moves some.  A file that cannot be written is logged, and they stay, to be tried again:
 * not `out_ok`.  False: live.db failed. */
bool store_period_move(struct store_sqlite *store, bool *out_ok);

/*
 * Calls `each` for all postings of a kind (0: of all) in the order of their numbers,
 * wherever they are, with their columns (STORE_POSTING_COLUMNS).  The view must be held.
 * A file that is not there is told.
 */
bool store_for_postings(const struct store_view *view, int kind,
                        void (*each)(void *owner, sqlite3_stmt *row),
                        void (*tell)(void *owner, const char *sentence), void *owner,
                        char *error, size_t error_size);

#endif
