/*
 * The day of the history that ended messages are written to at once: of those that came
 * and ended within one window of the journal nothing is ever in live.db but what they
 * paid, the others leave it in the window they end in.  One file is open at a time: that of
 * the newest day of which a message ends in the window.  What ends of other days is moved
 * later (store_history.c).
 *
 * A window is durable here before it is in live.db: after a crash between the two it is
 * written again, and what lives is newer than what was written here.
 */
#ifndef GATEWAY_STORE_DAY_H
#define GATEWAY_STORE_DAY_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/store_bulk.h"

struct store_day;

/* What a window added. */
struct store_day_sum {
    const char *name; /* of the file */
    uint64_t messages;
    int64_t ended_at_ms; /* of the last one */
};

/* `folder` is borrowed; nothing is opened yet.  Never NULL. */
struct store_day *store_day_new(const char *folder, const char *vfs);
/* The log is copied into the file, unless it failed or it is not `well`. */
void store_day_close(struct store_day *day, bool well);

/* At the beginning of a window.  `again`: it may be in the file already. */
void store_day_begin(struct store_day *day, bool again);
/* Days up to this one are closed (store_closed.h): none of them is taken. */
void store_day_close_up_to(struct store_day *day, const char *name);
/*
 * Whether this message can be written; the first that is asked about in a window decides
 * which day it is.
 * Not after a failure, until store_day_forgive().
 */
bool store_day_takes(struct store_day *day, uint64_t message);
/* The row of a message that was taken, borrowed until the commit; `lived`: it came in
 * another window.  False on failure. */
bool store_day_add(struct store_day *day, const struct store_message_row *row, bool lived);
/* A submission that joined it, and its id. */
bool store_day_add_part(struct store_day *day, const int64_t values[2]);
/* It is complete, and ended then. */
void store_day_count(struct store_day *day, int64_t ended_at_ms);
/* Of the window so far; valid until the next one begins. */
const struct store_day_sum *store_day_sum(const struct store_day *day);
/* All of the window is durable; false on failure. */
bool store_day_commit(struct store_day *day);
/* Nothing of the window is there. */
void store_day_roll_back(struct store_day *day);

bool store_day_has_failed(const struct store_day *day);
/* The history can be written again. */
void store_day_forgive(struct store_day *day);

/* The days that are not wanted any more may be deleted, also the one that is open. */
bool store_day_is_deleted(sqlite3 *database, const char *folder, const char *name);

/*
 * In a connection that was opened for nothing else, or to which the file was attached as
 * `schema`: makes it durable, uses up a log that was left, and makes its tables.
 */
bool store_day_prepare(sqlite3 *database, const char *schema, char *error,
                       size_t error_size);

#endif
