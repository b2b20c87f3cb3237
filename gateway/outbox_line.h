/*
 * The letters of one kind for one account: all of them by age, and of those that are not
 * on their way the ones that are ready to be sent, in the order of their making, and the
 * ones that rest after a refusal.  Nothing here is linear but for who comes back out of
 * order.
 */
#ifndef GATEWAY_OUTBOX_LINE_H
#define GATEWAY_OUTBOX_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/clock.h"
#include "gateway/outbox.h"

struct outbox;

enum envelope_state { ENVELOPE_MAKING, ENVELOPE_READY, ENVELOPE_OFFERED, ENVELOPE_RESTING };

/* A letter, and how far it has come. */
struct envelope {
    struct envelope *next; /* of those that are ready, or that rest */
    struct envelope *previous;
    struct envelope *older; /* all of the line, by age */
    struct envelope *newer;
    struct outbox *outbox;
    enum letter_kind kind;
    enum envelope_state state;
    unsigned tries;
    unsigned refusals; /* for now, or by silence */
    uint64_t id;
    uint64_t submission;
    int64_t made_at_ms;
    uint64_t origin;
    int64_t responded_at_ms;
    struct clock_timer timer; /* resting after a refusal */
    uint32_t size;
    uint8_t bytes[];
};

struct envelope_list {
    struct envelope *first;
    struct envelope *last;
};

struct line {
    struct envelope_list ready;
    struct envelope_list resting;
    struct envelope *came_back; /* the last that did, while it is ready; NULL: none is */
    struct envelope *oldest;
    struct envelope *newest;
    size_t count;
};

/* The newest of all, in the making. */
void line_add(struct line *line, struct envelope *envelope);

/* Out of the line, whatever its state; it is the caller's to free. */
void line_remove(struct line *line, struct envelope *envelope);

/* One that is not on a list, behind all that are ready; at its place among them by its id;
 * or among those that rest. */
void line_make_ready(struct line *line, struct envelope *envelope);
void line_put_back(struct line *line, struct envelope *envelope);
void line_rest(struct line *line, struct envelope *envelope);

/* It leaves the list it is on, if any, for a new state. */
void line_take(struct line *line, struct envelope *envelope, enum envelope_state state);

/* What goes first if one must: the first that is ready or rests, else the oldest of those
 * that are on their way.  NULL: there is none at all. */
struct envelope *line_victim(const struct line *line);

#endif
