/*
 * The database: synchronous calls that put what is durable in the journal into the tables.
 * Knows no thread and no loop; used by one thread at a time.
 */
#ifndef GATEWAY_STORE_SQLITE_H
#define GATEWAY_STORE_SQLITE_H

#include "gateway/store_batch.h"

struct executor;
struct store_sqlite;

/* `folder`, and `history` in it, are there. */
struct store_sqlite *store_sqlite_open(const char *folder, const char *vfs, char *error,
                                       size_t error_size);
/* The log is copied into the database, unless one of them failed or it is not `well`: then
 * it stays as it is, to be read at the start. */
void store_sqlite_close(struct store_sqlite *store, bool well);

/* The messages are read by the thread of the tables while the caller is told of them. */
bool store_sqlite_load(struct store_sqlite *store, struct executor *executor,
                       const struct store_loader *loader, void *owner,
                       int64_t late_since_ms, char *error, size_t error_size);

enum store_applied {
    STORE_APPLIED = 0,
    STORE_DISK_FULL, /* nothing of it is in the database; it may be applied again */
    STORE_FAILED,    /* what of it is in the database is known after a restart only */
};

/*
 * What a window of the journal says is in the tables afterwards, in one transaction: all of
 * it or nothing.  What came and ended in it is in the history.
 * `error` says why it failed.
 */
enum store_applied store_sqlite_apply(struct store_sqlite *store,
                                      const struct store_window *window, char *error,
                                      size_t error_size)
    __attribute__((warn_unused_result));

/* The last batch of the journal that is in the tables. */
uint64_t store_sqlite_journal_sequence(const struct store_sqlite *store);

/* Octets of the write-ahead log not yet in the database; of all of it; written so far. */
uint64_t store_sqlite_wal_bytes(const struct store_sqlite *store);
uint64_t store_sqlite_log_bytes(const struct store_sqlite *store);
uint64_t store_sqlite_written_bytes(const struct store_sqlite *store);
/* Copies the log into the database; `restart` also makes the next write begin at its head.
 */
bool store_sqlite_checkpoint(struct store_sqlite *store, bool restart);

/* Messages that came into the history, since it was opened. */
uint64_t store_sqlite_in_history(const struct store_sqlite *store);
/* Ended messages that are still in live.db. */
size_t store_sqlite_ended(const struct store_sqlite *store);
/*
 * Moves up to `limit` of them to the history.  A file of the history that cannot be
 * written is logged: they stay, and nothing is moved.  False: live.db failed.
 */
bool store_sqlite_move(struct store_sqlite *store, size_t limit, size_t *out_moved);

/* Since it was opened. */
uint64_t store_sqlite_rows(const struct store_sqlite *store);

#endif
