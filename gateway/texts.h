/*
 * Long texts that are not in memory: a message that only waits keeps their heads (live.h),
 * and when its turn comes to be sent the rest is read from the database.  Most end without.
 *
 * So many are read at once, and no more; for the others it stays as if it were not their
 * turn yet.  What is read meanwhile of a message waits in no queue; its timer holds, and
 * reports, cancel_sm and replace_sm find it.
 */
#ifndef GATEWAY_TEXTS_H
#define GATEWAY_TEXTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gateway;
struct live;
struct texts;

struct texts *texts_new(void);
/* After the reader was closed.  Accepts NULL. */
void texts_free(struct texts *texts);

/* All of its texts is in memory. */
bool texts_are_here(const struct live *live);

/* More may be read at once; the last places are kept for transactional messages. */
bool texts_have_room(const struct gateway *gateway, uint8_t class);

/*
 * Reads those that are not here, after which it is its turn at once.  One of which they
 * cannot be read ends as unknown.  False: too many are being read.
 */
bool texts_fetch(struct gateway *gateway, struct live *live)
    __attribute__((warn_unused_result));

struct texts_counts {
    size_t reading; /* messages, now */
    uint64_t read;
    uint64_t again;    /* looks at what was not in the tables yet */
    uint64_t unwanted; /* the message had ended when they came */
    uint64_t lost;     /* could not be read */
};

const struct texts_counts *texts_counts(const struct gateway *gateway);

#endif
