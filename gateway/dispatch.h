/*
 * Moves messages on: asks routing what is to be done, holds the channels and their
 * queues, issues permits, takes verdicts, posts what they cost, ends what is over.
 *
 * Functions marked "in a decision" are called between store_begin() and store_end().
 */
#ifndef GATEWAY_DISPATCH_H
#define GATEWAY_DISPATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/channels/channel.h"
#include "gateway/live.h"
#include "routing/delivery.h"

struct dispatch;
struct gateway;

struct dispatch *dispatch_new(struct gateway *gateway);
/* Closes the channels. */
void dispatch_free(struct dispatch *dispatch);

/* A channel by its number of the catalogue; `self` is closed with the dispatcher. */
void dispatch_add_channel(struct gateway *gateway, uint32_t number,
                          const struct channel_ops *ops, void *self);

/* In a decision: looks at the message and does what is to be done now. */
void dispatch_review(struct gateway *gateway, struct live *live);

/* The same of one whose turn has come before: it goes before those that wait. */
void dispatch_go_on(struct gateway *gateway, struct live *live);

/* As dispatch_review() from the loop, in a decision of its own. */
void dispatch_review_soon(struct gateway *gateway, struct live *live);

/* In a decision: an event of one of its attempts, with what it costs; a review is owed. */
void dispatch_note(struct gateway *gateway, struct live *live, struct attempt *attempt,
                   enum attempt_event event, enum reason reason, uint32_t code);

/* In a decision: ends it for a cause outside the cascade (cancelled). */
void dispatch_end(struct gateway *gateway, struct live *live, enum message_end end);

/* Of one that has ended: nothing is open.  What ended without knowing may be told late;
 * until then its reports are not others'. */
bool dispatch_may_forget(const struct gateway *gateway, const struct live *live);

/* It waits behind a whole window of others for a channel whose slots are all taken. */
bool dispatch_is_behind(const struct gateway *gateway, const struct live *live);

/* A channel has room again, or has come up. */
void dispatch_room(struct gateway *gateway, uint32_t channel);

/* A channel of some group takes messages now, or no longer: who waits for one that does
 * not goes to another of its group. */
void dispatch_way_changed(struct gateway *gateway, uint32_t channel);

/* Outside of a decision, of one that has nothing in doubt: its timer is armed, if it has
 * only to wait.  False: it wants a review. */
bool dispatch_wait(struct gateway *gateway, struct live *live);

/* The message is looked at at this wall time, and not before. */
void dispatch_look_at(struct gateway *gateway, struct live *live, int64_t due_wall_ms);

/* The answer to one try. */
void dispatch_verdict(struct gateway *gateway, uint64_t message, uint64_t attempt,
                      const struct verdict_news *news);

/* The same of a try that is in doubt, as was said before; of a message that is known no
 * more nothing changes. */
void dispatch_verdict_late(struct gateway *gateway, uint64_t message, uint64_t attempt,
                           const struct verdict_news *news);

/* The clock was moved: every timer that stands for a wall time is set anew. */
void dispatch_rearm(struct gateway *gateway);

/* Stops the channels; true when nothing is open on any of them. */
void dispatch_drain(struct gateway *gateway);
bool dispatch_is_drained(const struct gateway *gateway);

bool dispatch_channel_is_up(const struct gateway *gateway, uint32_t channel);

/* What is known of a channel, for people. */
struct dispatch_channel_facts {
    bool up;
    bool suspended;
    bool behind; /* its reports: until they have caught up nothing is handed over */
    uint32_t room;
    uint32_t capacity;
    uint32_t open;
    size_t queued;
    size_t queued_by_class[QUEUE_CLASSES];
    uint64_t verdicts[5];
    uint64_t unreported; /* segments taken, and nothing final told before the end */
};

/* The next channel that is there after *number, which is 0 at first; false: no more. */
bool dispatch_next_channel(const struct gateway *gateway, uint32_t *number,
                           struct dispatch_channel_facts *out)
    __attribute__((warn_unused_result));

/* Messages that wait in queues. */
size_t dispatch_queued(const struct gateway *gateway);

#endif
