/* Ids from time, node and sequence. */
#include "gateway/ids.h"

enum { SEQUENCE_BITS = 12, NODE_BITS = 10 };

static const int64_t epoch_ms = 1767225600000; /* 2026-01-01T00:00:00Z */

uint64_t ids_next(struct ids *ids, int64_t wall_ms)
{
    uint64_t now_ms = wall_ms > epoch_ms ? (uint64_t)(wall_ms - epoch_ms) : 1;

    if (now_ms > ids->last_ms) {
        ids->last_ms = now_ms;
        ids->sequence = 0;
    } else if (++ids->sequence == 1u << SEQUENCE_BITS) {
        /* More than the sequence holds in one millisecond: the next one is borrowed. */
        ids->last_ms++;
        ids->sequence = 0;
    }
    return ids->last_ms << (SEQUENCE_BITS + NODE_BITS) |
           (uint64_t)ids->node << SEQUENCE_BITS | ids->sequence;
}

void ids_seen(struct ids *ids, uint64_t id)
{
    uint64_t then_ms = id >> (SEQUENCE_BITS + NODE_BITS);

    if (then_ms >= ids->last_ms) {
        ids->last_ms = then_ms;
        ids->sequence = (1u << SEQUENCE_BITS) - 1;
    }
}

/* Time and sequence without the node between them: a plain count within a run. */
static uint64_t place_of(uint64_t id)
{
    return id >> (SEQUENCE_BITS + NODE_BITS) << SEQUENCE_BITS |
           (id & ((1u << SEQUENCE_BITS) - 1));
}

static uint64_t id_at(uint64_t place, uint64_t neighbour)
{
    uint64_t node = neighbour & (((1u << NODE_BITS) - 1) << SEQUENCE_BITS);

    return place >> SEQUENCE_BITS << (SEQUENCE_BITS + NODE_BITS) | node |
           (place & ((1u << SEQUENCE_BITS) - 1));
}

uint64_t ids_before(uint64_t id, uint32_t count)
{
    return id_at(place_of(id) - count, id);
}

uint64_t ids_after(uint64_t id, uint32_t count)
{
    return id_at(place_of(id) + count, id);
}

int64_t ids_time_ms(uint64_t id)
{
    return epoch_ms + (int64_t)(id >> (SEQUENCE_BITS + NODE_BITS));
}

uint64_t ids_first_at(int64_t wall_ms)
{
    return wall_ms > epoch_ms
               ? (uint64_t)(wall_ms - epoch_ms) << (SEQUENCE_BITS + NODE_BITS)
               : 0;
}
