/*
 * Messages in memory: those that live, and for a moment those that have ended or were
 * brought back because something came late.
 *
 * One that only waits, for the report of its operator, its time or its turn, is packed
 * after a while: a tenth of the memory, and no struct live.  Who asks for it by its id
 * unpacks it, and need not know; a pointer to one is good until the end of the turn of the
 * loop, unless it stands where the message waits.  Of long texts it keeps the heads alone:
 * who needs all of a text asks texts.h for it.
 */
#ifndef GATEWAY_LIVE_H
#define GATEWAY_LIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/body.h"
#include "gateway/clock.h"
#include "gateway/queue.h"
#include "routing/message.h"
#include "routing/plan.h"
#include "routing/price.h"

struct gateway;
struct lives;

struct live {
    struct message message;
    struct gateway *gateway;
    const struct plan *plan;
    const struct price_pins *pins;
    struct body **bodies;  /* the first is the message's own; owned */
    struct body *own_body; /* where they are while there is but one */
    uint16_t body_count;
    uint16_t body_capacity;
    uint32_t place; /* where it is in memory while it is not packed, from 1 */
    uint8_t class;
    bool thawed;             /* ended long ago, brought back from the database */
    bool lingers;            /* it has ended, and is about to be forgotten */
    uint8_t looks; /* into the database for its texts, when its turn has come (texts.h) */
    uint32_t chosen;         /* the channel whose turn it was, while its texts are read */
    uint64_t origin;         /* the session it came over, 0: none that lives */
    int64_t responded_at_ms; /* monotonic, when its answer was written; 0: long ago */
    /* From here on where it waits: one that is packed has nothing of this.  What stands
     * before it is found again, or kept by resting_new(). */
    struct clock_timer timer;
    struct queue_entry waiting; /* in its channel's queue */
    struct clock_timer collecting;
    void *set;              /* the collector's, while its parts are coming */
    struct live *pair_next; /* of the same pair (pairs.h), younger ones first */
    struct live *pair_previous;
    bool paired;
    struct live *here_next; /* of those that are not packed, in the order of their coming */
    struct live *here_previous;
    int64_t here_since_ms; /* monotonic */
};

struct lives *lives_new(size_t capacity);
/* Accepts a gateway without. */
void lives_free(struct gateway *gateway);

/* Room for so many at once, rather than by and by. */
void lives_expect(struct lives *lives, size_t count);

/* True when no more may be begun. */
bool lives_are_full(const struct lives *lives);
/* True when no long message may have a further part. */
bool lives_parts_are_full(const struct lives *lives);
size_t lives_count(const struct lives *lives);

struct live_rest_counts {
    size_t packed;       /* now */
    size_t without_text; /* of these, those whose texts are in the database alone */
    uint64_t packed_ever;
    uint64_t unpacked_ever;
    uint64_t unpacked_due;  /* of these, because their time had come */
    uint64_t unpacked_turn; /* and because it was their turn */
};

const struct live_rest_counts *lives_rest(const struct gateway *gateway);

/* One that has come is packed so much later, if it only waits. */
void lives_pack_after(struct gateway *gateway, int64_t after_ms);

/* Those that are packed keep their texts if no more than so many octets would be saved. */
void lives_keep_texts_to(struct gateway *gateway, uint32_t octets);

/* The wall clock was moved: those that are packed are due by it. */
void lives_clock_stepped(struct gateway *gateway);

/*
 * A new live message with this id; takes `body`, which may be NULL (recovery adds bodies
 * later).  Zeroed but for that.
 */
struct live *live_new(struct gateway *gateway, uint64_t id, struct body *take_body);
struct live *live_find(const struct gateway *gateway, uint64_t id);
/* By the id of any of its submissions. */
struct live *live_find_submission(const struct gateway *gateway, uint64_t id);
/* The same, first at the place it had: 0, or one where another is now, costs nothing. */
struct live *live_find_at(const struct gateway *gateway, uint32_t place, uint64_t id);

/* What is at this place will soon be found there, and then what it leads to is needed. */
void live_comes(const struct gateway *gateway, uint32_t place, bool is_near);

/* The same, and what is packed stays so: good until the next look, and says nothing of
 * where it waits. */
const struct live *live_look(const struct gateway *gateway, uint64_t id);

/* A message with this id is in memory and has not ended. */
bool live_goes_on(const struct gateway *gateway, uint64_t id);

/* The body of one of its submissions; NULL: it has none with this id. */
const struct body *live_body(const struct live *live, uint64_t id);

/* When one of its bodies came, wall: ids may be ahead of a clock that was set back. */
int64_t live_submitted_ms(const struct live *live, const struct body *body);

/* A further part; takes it. */
void live_join(struct gateway *gateway, struct live *live, struct body *take_body);

/* Its end is durable: it stays for a moment, for who asks, and then is forgotten. */
void live_has_ended(struct gateway *gateway, struct live *live);

/* Out of memory and of every queue. */
void live_forget(struct gateway *gateway, struct live *live);

/* A body of this size from the heap; aborts without memory. */
struct body *live_body_new(uint32_t text_size, uint32_t tlv_size);

/* The ids of all, as many as there is room for; returns how many. */
size_t live_ids(const struct gateway *gateway, uint64_t *out, size_t room);

/* Every message once, looked at, before any comes or goes; as table_next(). */
const struct live *live_look_next(const struct gateway *gateway, size_t *at);

/* Who waits in a queue: unpacked, so that the entry is another; or only looked at. */
struct live *live_waiting(const struct gateway *gateway, const struct queue_entry *entry);
const struct live *live_look_waiting(const struct gateway *gateway,
                                     const struct queue_entry *entry);

/* Those that are not packed, through `here_next`. */
struct live *live_first_here(const struct gateway *gateway);

/* If it only waits it is packed now, and gone. */
bool live_pack(struct gateway *gateway, struct live *live);

#endif
