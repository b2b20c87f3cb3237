/*
 * What the files of the messages in memory share: live.c holds the tables and the messages
 * that something is done for, live_resting.c how one that only waits is kept,
 * live_rest.c which are, when each is looked at again, and how it comes back, and
 * live_ended.c when those that have ended are forgotten.  Only they include this.
 */
#ifndef GATEWAY_LIVE_PIECES_H
#define GATEWAY_LIVE_PIECES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/clock.h"
#include "gateway/live.h"

struct table;

/* --- one message at rest (live_resting.c) ------------------------------------------- */

struct resting {
    uint64_t id;
    uint64_t origin;
    int64_t responded_at_ms;
    uint32_t place; /* among those that are due some day, from 1; 0: never */
    uint32_t size : 28;
    uint32_t class : 2;
    uint32_t is_queued : 1; /* its entry is behind the octets */
    uint32_t has_heads : 1; /* the texts are in the database */
    uint8_t bytes[];        /* packed.h */
};

#define RESTING_SIZE_MAX ((1u << 28) - 1)

/* Where it is written before its size is known. */
struct resting_room {
    uint8_t *bytes;
    size_t used;
    size_t size;
};

/* A copy of all but where it waits (live.h), its plan and its pins; from malloc().  For one
 * that is in a queue there is room for its entry.  Where it saves more than so many octets
 * only the heads of its texts are kept. */
struct resting *resting_new(const struct live *live, uint32_t worth,
                            struct resting_room *room);

struct queue_entry *resting_waiting(struct resting *resting);

/* All that resting_new() kept, into one of no message. */
void resting_read(const struct resting *resting, struct live *out);

/* --- those that are not packed ------------------------------------------------------ */

/* In the order of their coming, here_since_ms; through here_next. */
struct live_list {
    struct live *first;
    struct live *last;
};

/* Last, as from now. */
void live_list_add(struct live_list *list, struct live *live, int64_t now_ms);
void live_list_remove(struct live_list *list, struct live *live);

/* --- those that only wait (live_rest.c) --------------------------------------------- */

/* In the order in which they are due; the first is at 1. */
struct rest_due {
    int64_t due_wall_ms;
    struct resting *resting;
};

struct rest {
    struct live_list here; /* those that are not packed, in the order of their coming */
    struct clock_timer turn;
    int64_t after_ms;
    uint32_t worth; /* octets of texts that are not kept if there are more of them */
    struct rest_due *due;
    uint32_t due_used;
    uint32_t due_room;
    struct clock_timer next_due;
    struct resting_room room;
    struct live seen; /* what was last looked at without being brought back */
    struct live_rest_counts counts;
};

void rest_init(struct rest *rest);
/* The messages themselves are gone. */
void rest_done(struct gateway *gateway);

/* It is new, or was brought back. */
void rest_add(struct gateway *gateway, struct live *live);
/* It is about to go. */
void rest_remove(struct gateway *gateway, struct live *live);

/* The message, no longer packed; `resting` is gone. */
struct live *rest_unpack(struct gateway *gateway, struct resting *resting);
/* As it is, until the next look; the fields that say where it waits mean nothing. */
const struct live *rest_look(struct gateway *gateway, const struct resting *resting);

/* --- those that have ended (live_ended.c) ------------------------------------------- */

struct ended {
    struct live_list list;
    struct clock_timer timer;
};

void ended_done(struct gateway *gateway);
/* It is about to go. */
void ended_remove(struct gateway *gateway, struct live *live);

/* --- the tables (live.c) ------------------------------------------------------------ */

/* As long as whole lines of the processor's cache. */
union live_slot {
    struct live live;
    char lines[(sizeof(struct live) + 63) / 64 * 64];
};

struct lives {
    union live_slot **chunks;
    uint32_t chunk_count;
    uint32_t slot_count; /* that were ever taken */
    struct table *by_id; /* -> struct live, or with the lowest bit set struct resting */
    struct table *parts; /* id of a part that is not the message's own -> message */
    struct live *spare;  /* a free list, linked through `set` */
    size_t spare_count;
    size_t capacity;
    size_t parts_capacity;
    struct rest rest;
    struct ended ended;
};

/* Zeroed but for room for a body and an attempt, of no table. */
struct live *live_take(struct gateway *gateway);
/* Its bodies are freed, and itself: or kept, with the room it has, for the next. */
void live_give(struct gateway *gateway, struct live *live);

/* Which of the two this id leads to. */
void live_is_now(struct gateway *gateway, uint64_t id, struct live *live);
void live_rests(struct gateway *gateway, uint64_t id, struct resting *resting);
/* The same for a place in a queue. */
void *live_owner_at_rest(struct resting *resting);

/* Takes it. */
void live_add_body(struct live *live, struct body *body);

/* It will be needed soon; when it has been fetched, what it leads to. */
void live_prefetch(const struct live *live);
void live_prefetch_parts(const struct live *live);

/* Frees the bodies and the attempts: of no message. */
void live_release(struct live *live);

#endif
