/*
 * What the two parts of store_messages.h share: store_messages_read.c has the messages of a
 * window and the memory they lie in, store_messages.c what is done to them.  Only they
 * include this.
 */
#ifndef GATEWAY_STORE_MESSAGES_PIECES_H
#define GATEWAY_STORE_MESSAGES_PIECES_H

#include <stddef.h>
#include <stdint.h>

#include "gateway/packed.h"
#include "gateway/store_messages.h"
#include "routing/message.h"

struct block;
struct table;

/* A message that the window names. */
struct opened {
    struct message message; /* the room of its attempts is kept for the next window */
    struct packed_bodies bodies;
    size_t bodies_room; /* 0: they lie where nothing can be added */
    bool known; /* it came in the window, or lives; else it is in the history, or nowhere */
    bool lives; /* it has a row in live.db */
    bool ended; /* that says that it has ended: it will be moved */
    bool changed; /* since */
};

struct store_messages {
    struct table *places; /* id -> place in `opened`, from 1 */
    struct opened *opened;
    size_t count;
    size_t capacity;
    struct opened **order; /* in which they are written */
    uint64_t *ids;         /* of those that are read */
    size_t id_count;
    size_t id_capacity;
    struct block *blocks; /* that are in use, the last one first */
    struct block *spare;
};

/* Room for `most` octets, which stay where they are until the next window, of which
 * store_messages_keep() takes those that were used. */
uint8_t *store_messages_room(struct store_messages *messages, size_t most);
void store_messages_keep(struct store_messages *messages, size_t used);

/* NULL: it cannot be read.  It is borrowed until the next one is opened. */
struct opened *store_messages_open(struct store_sqlite *store, uint64_t id);

#endif
