/*
 * What has become of one step of a message, read off its attempts each time: nothing of
 * it is stored, so that no two places can disagree.  delivery.c decides from it.
 */
#ifndef ROUTING_STEP_H
#define ROUTING_STEP_H

#include <stdbool.h>
#include <stdint.h>

#include "routing/message.h"
#include "routing/plan.h"

/* What one segment of a step has come to. */
enum progress {
    PROGRESS_NEW,    /* wants its first try, or its first on another way */
    PROGRESS_AGAIN,  /* wants a new try, not before `at_ms` */
    PROGRESS_OPEN,   /* on its way, or accepted: more will be heard of it */
    PROGRESS_DOUBT,  /* in doubt until `at_ms` */
    PROGRESS_PROVED, /* what the step asks for holds */
    PROGRESS_FAILED,
    PROGRESS_UNKNOWN, /* stayed in doubt */
};

struct segment {
    struct attempt *last;
    uint64_t anchor;
    int64_t at_ms;
    uint16_t tries;
    uint16_t doubts;  /* tries that were not certainly unsent */
    uint8_t best;     /* the best state proved on any try, or 0 */
    uint8_t progress; /* enum progress */
    bool unknown;     /* some try was in doubt and is not cleared up */
    bool failed; /* so some try was answered or reported: no other way is to be tried */
};

struct walk {
    struct message *message;
    const struct plan *plan;
    const struct channel_traits *traits;
    int64_t now_ms;
};

/* What a step has come to, over all its segments. */
struct step_view {
    uint8_t step;
    uint16_t count;        /* of segments */
    bool tried;            /* something had a permit that was not given back */
    bool in_flight;        /* some try waits for its verdict */
    bool unsent;           /* some way could not be tried */
    bool closed;           /* the step could not be tried at all: nothing more is begun */
    enum reason reason;    /* of the last try that failed */
    unsigned refused;      /* ways, as bits, that refused for themselves */
    int way;               /* that has taken something: all go there; -1: none yet */
    bool way_settled;      /* and it has answered for it */
    int64_t first_sent_ms; /* INT64_MAX: nothing was handed over yet */
    int64_t within_end_ms; /* INT64_MAX when the deadline comes before it */
    int64_t grace_ms;
    /* Over all segments. */
    bool proved;
    bool lost;    /* some segment failed for good */
    bool unknown; /* some segment stayed in doubt */
    bool open;
    int64_t doubt_end_ms; /* the next one */
    uint16_t wanted;      /* the first segment that wants a try; 0: none */
    struct segment segments[MESSAGE_SEGMENTS_MAX + 1];
};

/* Looks at all attempts of the step; closes doubts whose time is over. */
void step_look(const struct walk *walk, uint8_t step, struct step_view *out);

bool step_is_last(const struct walk *walk, uint8_t step);
const struct channel_traits *step_traits(const struct walk *walk, uint32_t channel);

/* Until when the current step must have had its first permit, if it has none yet. */
int64_t step_enter_end_ms(const struct walk *walk);
bool step_has_begun(const struct step_view *view);

/* The step's ways[way] refused a try for itself: another one may take it. */
bool step_was_refused(const struct step_view *view, int way);

/* The state that is proved for all segments, or 0. */
unsigned step_best(const struct step_view *view);

/* A time and a duration; INT64_MAX when the sum does not fit. */
int64_t step_later_by(int64_t time_ms, int64_t by_ms);

#endif
