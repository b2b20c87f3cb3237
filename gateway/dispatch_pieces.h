/*
 * What the parts of the dispatcher share: dispatch.c holds the timers, the pass and the
 * end, dispatch_permit.c what becomes of a try that is wanted, dispatch_verdicts.c what is
 * said of one that was made, dispatch_ways.c the channels of a group, dispatch_channels.c
 * the channels.  Only they include this.
 */
#ifndef GATEWAY_DISPATCH_PIECES_H
#define GATEWAY_DISPATCH_PIECES_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/backlog.h"
#include "gateway/catalog.h"
#include "gateway/clock.h"
#include "gateway/dispatch.h"
#include "gateway/queue.h"

enum { DISPATCH_READING_MS = 1 }; /* until more texts may be read */

struct channel {
    struct gateway *gateway;
    uint32_t number;
    const struct channel_ops *ops;
    void *self;
    struct queue *queue;
    struct backlog backlog; /* of reports; monotonic */
    struct queue *moving;   /* who waited when it went down; NULL: nobody is moved */
    bool move_again;        /* it went down once more meanwhile */
    struct clock_timer move;
    int64_t suspended_until_ms; /* monotonic; 0: it is not */
    uint64_t probe;             /* after a suspension: the one try that is on its way */
    struct clock_timer more;    /* the rest of a long pump */
    uint64_t verdicts[5];
    uint64_t unreported; /* tries that were accepted, and nothing final was told of them */
    int64_t under_cost_after_ms; /* monotonic; until then it is not logged once more */
};

struct dispatch_turns;

struct dispatch {
    struct gateway *gateway;
    struct channel *channels[CATALOG_CHANNELS_MAX + 1];
    struct dispatch_turns *turns[CATALOG_PLANS_MAX];
    uint8_t *octets; /* for a segment on its way out */
    char *text;
};

/* The message is looked at not later than this. */
void dispatch_arm_by(struct gateway *gateway, struct live *live, int64_t due_wall_ms);

/* Whoever waits for the channel is looked at after so long. */
void dispatch_room_in(struct channel *channel, int64_t delay_ms);

/* --- channels (dispatch_channels.c) ------------------------------------------------- */

/* NULL: it is not there. */
struct channel *dispatch_channel_at(const struct gateway *gateway, uint32_t number);

/* Its reports are too far behind, while the gateway has no time: nothing is permitted. */
bool dispatch_is_held_back(const struct channel *channel);
/* Slots it would give now; 0 while it is held back. */
uint32_t dispatch_room_of(const struct channel *channel);
/* Whoever waits for it is looked at soon, if it is held back. */
void dispatch_look_for_room(struct channel *channel);
/* The channel has refused a try that it was handed. */
void dispatch_refused(struct channel *channel, const struct attempt *attempt);
/* The first final report of a try has come. */
void dispatch_heard(struct gateway *gateway, const struct live *live,
                    const struct attempt *attempt);

/* --- groups (dispatch_ways.c) ------------------------------------------------------- */

/* The channel that is to take the try; of several that are all down the first; NULL: none
 * of them exists. */
struct channel *dispatch_choose_way(struct gateway *gateway, struct live *live,
                                    const struct delivery_decision *decision);

void dispatch_ways_free(struct dispatch *dispatch);

/* --- permits (dispatch_permit.c) ---------------------------------------------------- */

/* The last tenth of what a channel can hold is kept for transactional messages. */
bool dispatch_may_take(const struct channel *channel, uint8_t class);

/* At the end of the channel's queue, or, when its turn had come, at its head. */
void dispatch_enqueue(struct channel *channel, struct live *live);

/* In a decision: nothing is sent on this channel in this step. */
void dispatch_skip(struct gateway *gateway, struct live *live, uint32_t channel,
                   enum reason reason);

/*
 * A try is wanted.  True: something changed and routing is to be asked again; false: it
 * waits in the queue of its channel, or for its texts.
 */
bool dispatch_try(struct gateway *gateway, struct live *live,
                  const struct delivery_decision *decision, bool queued_first);

#endif
