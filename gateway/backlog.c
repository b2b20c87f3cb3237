#include "gateway/backlog.h"

#include <assert.h>

enum { MARK_MS = 32 };

void backlog_init(struct backlog *backlog, uint32_t least, uint32_t most, int64_t now_ms)
{
    *backlog = (struct backlog){.least = least, .heard_ms = INT64_MIN};
    breadth_init(&backlog->breadth, most > least ? most : least);
    /* What was sent before says nothing: we were not there to hear of it. */
    backlog->breadth.narrowed_at_ms = now_ms;
}

/* The one before so many others. */
static unsigned before(const struct backlog *backlog, unsigned others)
{
    return (backlog->last + BACKLOG_MARKS - others) % BACKLOG_MARKS;
}

void backlog_permit(struct backlog *backlog)
{
    backlog->permits++;
}

void backlog_permit_durable(struct backlog *backlog)
{
    assert(backlog->permits > 0);
    backlog->permits--;
}

void backlog_sent(struct backlog *backlog, int64_t now_ms)
{
    struct backlog_mark *mark = &backlog->marks[backlog->last];

    if (now_ms >= mark->at_ms && now_ms < mark->at_ms + MARK_MS) {
        mark->open++;
        return;
    }
    backlog->last = (backlog->last + 1) % BACKLOG_MARKS;
    backlog->marks[backlog->last] = (struct backlog_mark){.at_ms = now_ms, .open = 1};
}

void backlog_refused(struct backlog *backlog, int64_t sent_ms)
{
    for (unsigned i = 0; i < BACKLOG_MARKS; i++) {
        struct backlog_mark *mark = &backlog->marks[before(backlog, i)];

        if (mark->at_ms > sent_ms)
            continue;
        if (mark->open > 0)
            mark->open--;
        return;
    }
}

/* Those that were sent since then, about: not more than the marks tell. */
static uint32_t sent_since(const struct backlog *backlog, int64_t at_ms)
{
    uint32_t sum = 0;

    for (unsigned i = 0; i < BACKLOG_MARKS; i++) {
        const struct backlog_mark *mark = &backlog->marks[before(backlog, i)];

        if (mark->at_ms + MARK_MS <= at_ms)
            break;
        sum += mark->open;
    }
    return sum;
}

void backlog_heard(struct backlog *backlog, int64_t sent_ms, int64_t now_ms,
                   int64_t within_ms, bool is_short)
{
    struct breadth *breadth = &backlog->breadth;

    backlog_refused(backlog, sent_ms);
    if (sent_ms > backlog->heard_ms)
        backlog->heard_ms = sent_ms;
    if (!is_short) {
        breadth_answered(breadth, now_ms, now_ms, within_ms);
        return;
    }
    if (now_ms - sent_ms > within_ms / 2 && sent_ms >= breadth->narrowed_at_ms) {
        uint32_t line = sent_since(backlog, sent_ms);

        backlog->within_ms = within_ms;
        if (breadth->now > line)
            breadth->now = line;
    }
    breadth_answered(breadth, sent_ms, now_ms, within_ms);
    if (breadth->now < backlog->least)
        breadth->now = backlog->least;
}

bool backlog_has_room(const struct backlog *backlog, int64_t now_ms)
{
    const struct breadth *breadth = &backlog->breadth;
    int64_t since_ms = now_ms - backlog->within_ms;

    if (breadth->now == breadth->full)
        return true;
    if (since_ms < backlog->heard_ms)
        since_ms = backlog->heard_ms;
    return backlog->permits + sent_since(backlog, since_ms) < breadth->now;
}
