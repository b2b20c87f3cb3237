/*
 * What late reports changed of messages that had ended: rows of `late` in live.db, laid
 * over what their day says by whoever reads it.  When no more is to be expected they are
 * written into the day, at the latest before it is closed; those of a day whose file is
 * gone go too.
 */
#ifndef GATEWAY_STORE_LATE_H
#define GATEWAY_STORE_LATE_H

#include <stdbool.h>
#include <stdint.h>

struct store_sqlite;

/* Whether late reports may still come of what ended on this day, or came so short a time
 * ago that who reads the books may look at the moment before. */
bool store_late_is_awaited(const struct store_sqlite *store, const char *day,
                           int64_t now_ms, int64_t late_window_ms);

enum store_laid {
    STORE_LAID_ALL,
    STORE_LAID_SOME, /* there are more, from `from` on */
    STORE_LAID_NOT,  /* not now */
};

/*
 * Writes some of those of a day, whose file is there, into it: they are durable there
 * first, then they are taken out here.  Done again after a crash they say the same.
 * `from` is 0 at first, and is moved on.  What cannot be laid over its message, because
 * that is damaged, stays.
 */
enum store_laid store_late_lay(struct store_sqlite *store, const char *day, uint64_t *from);

/*
 * Goes on with the days that have some, from `late_next` on: writes into those that are not
 * closed and of which no more is awaited, also if a message of them lives for a year; takes
 * out what is of a day that has no file any more.  True: there may be others.
 */
bool store_late_tend(struct store_sqlite *store, int64_t now_ms, int64_t late_window_ms);

#endif
