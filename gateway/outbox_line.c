/* Lists that run through the envelopes themselves. */
#include "gateway/outbox_line.h"

static struct envelope_list *list_of(struct line *line, const struct envelope *envelope)
{
    switch (envelope->state) {
    case ENVELOPE_READY:
        return &line->ready;
    case ENVELOPE_RESTING:
        return &line->resting;
    default:
        return NULL;
    }
}

/* Behind `previous`; NULL: before all. */
static void link_behind(struct envelope_list *list, struct envelope *previous,
                        struct envelope *envelope)
{
    envelope->previous = previous;
    envelope->next = previous ? previous->next : list->first;
    if (envelope->next)
        envelope->next->previous = envelope;
    else
        list->last = envelope;
    if (previous)
        previous->next = envelope;
    else
        list->first = envelope;
}

void line_take(struct line *line, struct envelope *envelope, enum envelope_state state)
{
    struct envelope_list *list = list_of(line, envelope);

    envelope->state = state;
    if (list == NULL)
        return;
    if (line->came_back == envelope)
        line->came_back = NULL;
    if (envelope->previous)
        envelope->previous->next = envelope->next;
    else
        list->first = envelope->next;
    if (envelope->next)
        envelope->next->previous = envelope->previous;
    else
        list->last = envelope->previous;
    envelope->next = envelope->previous = NULL;
}

void line_make_ready(struct line *line, struct envelope *envelope)
{
    line_take(line, envelope, ENVELOPE_READY);
    link_behind(&line->ready, line->ready.last, envelope);
}

/* Several come back together, oldest first: the place of each is behind the one before. */
void line_put_back(struct line *line, struct envelope *envelope)
{
    struct envelope *before = line->came_back;
    struct envelope *next;

    if (before && before->id > envelope->id)
        before = NULL;
    for (next = before ? before->next : line->ready.first; next && next->id < envelope->id;
         next = next->next)
        before = next;
    line_take(line, envelope, ENVELOPE_READY);
    link_behind(&line->ready, before, envelope);
    line->came_back = envelope;
}

void line_rest(struct line *line, struct envelope *envelope)
{
    line_take(line, envelope, ENVELOPE_RESTING);
    link_behind(&line->resting, line->resting.last, envelope);
}

void line_add(struct line *line, struct envelope *envelope)
{
    envelope->older = line->newest;
    if (line->newest)
        line->newest->newer = envelope;
    else
        line->oldest = envelope;
    line->newest = envelope;
    line->count++;
}

void line_remove(struct line *line, struct envelope *envelope)
{
    line_take(line, envelope, ENVELOPE_MAKING);
    if (envelope->older)
        envelope->older->newer = envelope->newer;
    else
        line->oldest = envelope->newer;
    if (envelope->newer)
        envelope->newer->older = envelope->older;
    else
        line->newest = envelope->older;
    line->count--;
}

struct envelope *line_victim(const struct line *line)
{
    struct envelope *ready = line->ready.first;
    struct envelope *resting = line->resting.first;

    if (ready && resting)
        return ready->id < resting->id ? ready : resting;
    if (ready || resting)
        return ready ? ready : resting;
    return line->oldest;
}
