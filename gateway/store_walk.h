/*
 * What the readers of the database share: read-only connections, and a walk over all
 * messages, those that live and those in the history, as they were at one moment.
 */
#ifndef GATEWAY_STORE_WALK_H
#define GATEWAY_STORE_WALK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sqlite3.h>

#include "gateway/store_rows.h"
#include "routing/message.h"

/* live.db of a state folder, with which its history can be found. */
struct store_view {
    sqlite3 *live;
    char *folder;
    char *vfs; /* NULL: SQLite's own */
    atomic_bool ended;
};

bool store_view_open(struct store_view *view, const char *folder, const char *vfs,
                     char *error, size_t error_size);
void store_view_close(struct store_view *view);

/* From any thread: whatever is being read from it fails soon, and all that comes later. */
void store_view_end(struct store_view *view);

/*
 * A day of the history, to be closed with sqlite3_close().  NULL with an empty `error`:
 * there is no such day; else it cannot be read.
 */
sqlite3 *store_view_open_day(const struct store_view *view, const char day[STORE_DAY_SIZE],
                             char *error, size_t error_size);

/* The moment: all that is read from `live` until store_view_let_go() is of now. */
bool store_view_hold(const struct store_view *view, char *error, size_t error_size);
void store_view_let_go(const struct store_view *view);

/* Which days of the history a walk goes through, by name, both included. */
struct store_walk_days {
    char from[STORE_DAY_SIZE];
    char to[STORE_DAY_SIZE];
};

extern const struct store_walk_days store_walk_all;

/*
 * Calls `visit` for each message with its attempts, late changes laid over them: first
 * those of live.db, then day by day.  The view must be held: a message that has ended or
 * been moved since is seen once, as it lived, and one that came since is not seen.
 */
bool store_walk(const struct store_view *view, const struct store_walk_days *days,
                void (*visit)(void *owner, const struct message *message), void *owner,
                char *error, size_t error_size);

#endif
