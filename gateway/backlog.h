/*
 * How far the reports of a channel are behind its tries, and how many tries may be ahead of
 * them.  Those sent after the youngest that was reported stand in a line, wherever that is:
 * with the provider, on his connections, in front of our own sockets.  A line that takes
 * longer to be worked off than a step lasts makes every try in it vain, and never gets
 * shorter by itself, for each of them goes on to be sent a second way.
 *
 * So while the gateway has no time left (strain.h) a report that comes when more than half
 * of its step is over halves the line, and quick ones let it grow again (breadth.h), but
 * not below `least`.  While there is time it is the provider who is slow, and the caller
 * holds nothing back.  Who reports nothing makes no line.
 *
 * It has no clock; times are milliseconds of one clock, which is the caller's.
 */
#ifndef GATEWAY_BACKLOG_H
#define GATEWAY_BACKLOG_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/channels/breadth.h"

enum { BACKLOG_MARKS = 64 };

/* Tries that were sent at about one time. */
struct backlog_mark {
    int64_t at_ms;
    uint32_t open; /* not reported */
};

struct backlog {
    struct breadth breadth; /* of the line */
    uint32_t least;
    uint32_t permits;  /* that are not durable yet */
    int64_t heard_ms;  /* when the youngest that was reported was sent */
    int64_t within_ms; /* of the step whose report was late last */
    struct backlog_mark marks[BACKLOG_MARKS];
    unsigned last; /* mark */
};

/* Embedded; `least` and `most` that may be in the line, both at least 1. */
void backlog_init(struct backlog *backlog, uint32_t least, uint32_t most, int64_t now_ms);

/* A permit was issued; it is durable, whatever becomes of it. */
void backlog_permit(struct backlog *backlog);
void backlog_permit_durable(struct backlog *backlog);

/* A try was handed over that may be reported. */
void backlog_sent(struct backlog *backlog, int64_t now_ms);

/* What was sent then was refused: nothing will be reported of it. */
void backlog_refused(struct backlog *backlog, int64_t sent_ms);

/* What was sent then has its first final report; its step lasts `within_ms`. */
void backlog_heard(struct backlog *backlog, int64_t sent_ms, int64_t now_ms,
                   int64_t within_ms, bool is_short);

/* False: what is permitted now would be reported too late. */
bool backlog_has_room(const struct backlog *backlog, int64_t now_ms);

#endif
