/*
 * A message at rest: the octets that its row in the database has, and beside them the
 * little that memory alone knows.
 */
#include "gateway/live_pieces.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/packed.h"

static uint8_t *reserve(struct resting_room *room, size_t size)
{
    if (room->size - room->used < size) {
        room->size = 2 * (room->used + size);
        room->bytes = realloc(room->bytes, room->size);
        if (room->bytes == NULL)
            abort();
    }
    return room->bytes + room->used;
}

static size_t entry_at(size_t size)
{
    return (size + sizeof(void *) - 1) & ~(sizeof(void *) - 1);
}

struct queue_entry *resting_waiting(struct resting *resting)
{
    return (struct queue_entry *)(resting->bytes + entry_at(resting->size));
}

/* People read what is kept for review. */
static bool keeps_heads(const struct live *live, uint32_t worth)
{
    uint64_t saved = 0;

    for (uint16_t i = 0; i < live->body_count; i++) {
        const struct body *body = live->bodies[i];

        if (body->is_head)
            return true;
        saved += body->text_size - body_head_size(body);
    }
    return saved > worth && !(live->message.flags & MESSAGE_KEPT);
}

/* Where it begins, behind the bodies that are part of it. */
static size_t write_message(const struct live *live, bool heads, struct resting_room *room)
{
    const struct message *message = &live->message;
    struct packed_bodies bodies;
    size_t begin;

    room->used = 0;
    for (uint16_t i = 0; i < live->body_count; i++) {
        const struct body *body = live->bodies[i];

        room->used += packed_write_head(message->id, body,
                                        heads ? body_head_size(body) : body->text_size,
                                        reserve(room, packed_most_of_body(body)));
    }
    begin = bodies.size = room->used;
    (void)reserve(room, packed_most(message, &bodies));
    bodies.octets = room->bytes;
    room->used += packed_write(message, &bodies, room->bytes + begin);
    return begin;
}

struct resting *resting_new(const struct live *live, uint32_t worth,
                            struct resting_room *room)
{
    bool heads = keeps_heads(live, worth);
    size_t begin = write_message(live, heads, room);
    size_t size = room->used - begin;
    bool is_queued = live->waiting.queue != NULL;
    struct resting *resting =
        malloc(offsetof(struct resting, bytes) +
               (is_queued ? entry_at(size) + sizeof(struct queue_entry) : size));

    if (resting == NULL || size > RESTING_SIZE_MAX)
        abort();
    resting->id = live->message.id;
    resting->origin = live->origin;
    resting->responded_at_ms = live->responded_at_ms;
    resting->place = 0;
    resting->size = size & RESTING_SIZE_MAX;
    resting->class = live->class & 3;
    resting->is_queued = is_queued;
    resting->has_heads = heads;
    memcpy(resting->bytes, room->bytes + begin, size);
    return resting;
}

void resting_read(const struct resting *resting, struct live *out)
{
    struct packed_bodies bodies;
    bool read = packed_read(resting->bytes, resting->size, &out->message, &bodies);

    assert(read);
    out->class = resting->class;
    out->origin = resting->origin;
    out->responded_at_ms = resting->responded_at_ms;
    while (bodies.size > 0) {
        struct body *body = packed_read_body(resting->id, &bodies);

        assert(body);
        /* One that is as long as a head may be whole; it is read again with the others. */
        body->is_head = resting->has_heads &&
                        body->text_size == (uint32_t)body->header_size + BODY_SHOWN_MAX;
        live_add_body(out, body);
        (void)packed_take_body(&bodies);
    }
}
