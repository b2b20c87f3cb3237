/* A table of hashes and a ring in the order of their coming, for each kind. */
#include "gateway/marks.h"

#include <stdlib.h>

#include "gateway/clock.h"
#include "gateway/config.h"
#include "gateway/gateway.h"
#include "gateway/store.h"
#include "gateway/table.h"

enum {
    KINDS = STORE_MARK_REPLY + 1,
    MARKS_MAX = 1 << 20, /* of a kind */
    SWEEP_MS = 60 * 1000,
};

struct ring {
    struct table *at; /* hash -> when it was seen last */
    struct store_mark *marks;
    size_t first;
    size_t count;
    size_t capacity;
};

struct marks {
    struct gateway *gateway;
    struct ring rings[KINDS];
    struct clock_timer sweep;
};

static void sweep(void *owner);

struct marks *marks_new(struct gateway *gateway)
{
    struct marks *marks = calloc(1, sizeof(*marks));

    if (marks == NULL)
        abort();
    marks->gateway = gateway;
    for (size_t i = 1; i < KINDS; i++)
        marks->rings[i].at = table_new(MARKS_MAX);
    clock_arm_in(gateway->clock, &marks->sweep, SWEEP_MS, sweep, marks);
    return marks;
}

void marks_free(struct marks *marks)
{
    if (marks == NULL)
        return;
    clock_disarm(marks->gateway->clock, &marks->sweep);
    for (size_t i = 1; i < KINDS; i++) {
        table_free(marks->rings[i].at);
        free(marks->rings[i].marks);
    }
    free(marks);
}

/* Seen again since, it stays in the table. */
static void forget_first(struct ring *ring)
{
    const struct store_mark *mark = &ring->marks[ring->first];
    uint64_t at_ms;

    if (table_get(ring->at, mark->hash, &at_ms) && (int64_t)at_ms == mark->at_ms)
        table_remove(ring->at, mark->hash);
    ring->first = (ring->first + 1) % ring->capacity;
    ring->count--;
}

static void grow(struct ring *ring)
{
    size_t capacity = ring->capacity ? ring->capacity * 2 : 256;
    struct store_mark *marks = malloc(capacity * sizeof(*marks));

    if (marks == NULL)
        abort();
    for (size_t i = 0; i < ring->count; i++)
        marks[i] = ring->marks[(ring->first + i) % ring->capacity];
    free(ring->marks);
    ring->marks = marks;
    ring->first = 0;
    ring->capacity = capacity;
}

void marks_load(struct gateway *gateway, const struct store_mark *mark)
{
    struct ring *ring;

    if (mark->kind < STORE_MARK_INBOUND || mark->kind > STORE_MARK_REPLY || mark->hash == 0)
        return;
    ring = &gateway->marks->rings[mark->kind];
    if (ring->count == MARKS_MAX)
        forget_first(ring);
    if (ring->count == ring->capacity)
        grow(ring);
    ring->marks[(ring->first + ring->count++) % ring->capacity] = *mark;
    if (!table_put(ring->at, mark->hash, (uint64_t)mark->at_ms))
        abort();
}

void marks_note(struct gateway *gateway, enum store_mark_kind kind, uint64_t hash)
{
    const struct store_mark mark = {kind, hash, gateway_now_ms(gateway)};

    marks_load(gateway, &mark);
    store_mark(gateway->store, &mark);
}

bool marks_seen(const struct gateway *gateway, enum store_mark_kind kind, uint64_t hash,
                int64_t within_ms)
{
    uint64_t at_ms;

    return table_get(gateway->marks->rings[kind].at, hash, &at_ms) &&
           gateway_now_ms(gateway) - (int64_t)at_ms < within_ms;
}

/* The longest that anybody asks back for. */
static int64_t keep_ms(const struct config *config, enum store_mark_kind kind)
{
    int64_t longest_ms = 0;

    if (kind == STORE_MARK_INBOUND)
        return config->inbound_repeat_within_ms;
    for (size_t i = 0; i < config->inbound_count; i++)
        if (config->inbounds[i].reply_every_ms > longest_ms)
            longest_ms = config->inbounds[i].reply_every_ms;
    return longest_ms;
}

static void sweep(void *owner)
{
    struct marks *marks = owner;
    struct gateway *gateway = marks->gateway;

    clock_arm_in(gateway->clock, &marks->sweep, SWEEP_MS, sweep, marks);
    for (int kind = 1; kind < KINDS; kind++) {
        struct ring *ring = &marks->rings[kind];
        int64_t before_ms =
            gateway_now_ms(gateway) - keep_ms(gateway->config, (enum store_mark_kind)kind);
        size_t count = ring->count;

        while (ring->count > 0 && ring->marks[ring->first].at_ms < before_ms)
            forget_first(ring);
        if (ring->count == count || !store_begin(gateway->store, STORE_CONTINUATION))
            continue;
        store_marks_gone(gateway->store, (enum store_mark_kind)kind, before_ms);
        store_end(gateway->store);
    }
}
