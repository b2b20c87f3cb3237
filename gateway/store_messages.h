/*
 * The messages that a window of the journal changes.  Each is read once, or comes in the
 * window; record after record changes it in memory; at the end its row is written once: to
 * live.db, or, if it has ended, to its day of the history.
 */
#ifndef GATEWAY_STORE_MESSAGES_H
#define GATEWAY_STORE_MESSAGES_H

#include <stdbool.h>

#include "gateway/store_sqlite.h"

struct store_messages;

/* Never NULL. */
struct store_messages *store_messages_new(void);
void store_messages_free(struct store_messages *messages);

/* At the beginning of a window, also of one that is tried again. */
void store_messages_begin(struct store_messages *messages);
/*
 * Reads the messages of the window that have a row, in the order of their ids: those that
 * come in the order of their reports would each be looked for where nothing is in the
 * caches any more.  False: live.db failed.
 */
bool store_messages_read(struct store_sqlite *store, const struct store_window *window);
/* At its end; false: live.db, or the day, failed. */
bool store_messages_write(struct store_sqlite *store, const struct store_window *window);

/*
 * The operations.  Each counts, with its postings, only if it changes what is known: what
 * was applied before changes nothing.  False on failure.
 */
bool store_apply_accept(struct store_sqlite *store, struct store_record *record);
bool store_apply_join(struct store_sqlite *store, struct store_record *record);
bool store_apply_message(struct store_sqlite *store, struct store_record *record);
bool store_apply_permit(struct store_sqlite *store, struct store_record *record);
bool store_apply_attempt(struct store_sqlite *store, struct store_record *record);
bool store_apply_replace(struct store_sqlite *store, struct store_record *record);

#endif
