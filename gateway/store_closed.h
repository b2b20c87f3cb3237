/*
 * Databases that are written no more: a day of the history, once all that was accepted up
 * to it has ended and moved, no late report is expected, and what came late is in it
 * (store_late.h).  What each of them is then, block by block, is kept in live.db: an octet
 * that changes later is found, and where.
 */
#ifndef GATEWAY_STORE_CLOSED_H
#define GATEWAY_STORE_CLOSED_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/store_walk.h"

struct store_sqlite;

/* At the opening: which days are closed. */
void store_read_closed(struct store_sqlite *store);
/* Something has moved, or a new day has begun: there may be one to close. */
bool store_closed_is_due(const struct store_sqlite *store);
/* Goes on with it for a bounded time: late reports come for so long after the end.  False:
 * live.db failed. */
bool store_close_some(struct store_sqlite *store, int64_t now_ms, int64_t late_window_ms);
/* The day is written again: what was noted of it is void, before that.  False: it cannot
 * be. */
bool store_closed_reopen(struct store_sqlite *store, const char *day);
/* At the end; what was begun is begun again another time. */
void store_closed_done(struct store_sqlite *store);

/*
 * Reads all of them that are there, and tells what is wrong.  One that was let go is asked
 * about no more.  False: live.db cannot be read.
 */
bool store_check_closed(const struct store_view *view,
                        void (*tell)(void *owner, const char *sentence), void *owner,
                        int64_t *out_count, char *error, size_t error_size);

#endif
