/* The table of messages in memory, and of the parts that lead to them. */
#include "gateway/live.h"

#include <stdlib.h>

#include "gateway/collector.h"
#include "gateway/gateway.h"
#include "gateway/pairs.h"
#include "gateway/reports.h"
#include "gateway/table.h"

struct lives {
    struct table *by_id;
    struct table *parts; /* id of a part that is not the message's own -> message */
    struct live *spare;  /* by bodies: a free list, linked through `set` */
    size_t spare_count;
    size_t capacity;
    size_t parts_capacity;
};

enum { SPARE_MAX = 65536, PARTS_PER_MESSAGE = 2 };

struct lives *lives_new(size_t capacity)
{
    struct lives *lives = calloc(1, sizeof(*lives));

    if (lives == NULL)
        abort();
    lives->capacity = capacity;
    /* The bound is `capacity`; on top of it come thawed and just ended ones, and what was
     * accepted under a higher one. */
    lives->by_id = table_new(SIZE_MAX);
    lives->parts_capacity = capacity * PARTS_PER_MESSAGE;
    lives->parts = table_new(SIZE_MAX);
    return lives;
}

static void release(struct live *live)
{
    for (uint16_t i = 0; i < live->body_count; i++)
        free(live->bodies[i]);
    free(live->bodies);
    message_done(&live->message);
}

void lives_free(struct lives *lives)
{
    uint64_t id;
    uint64_t value;

    if (lives == NULL)
        return;
    for (size_t at = 0; table_next(lives->by_id, &at, &id, &value);) {
        struct live *live = (struct live *)(uintptr_t)value;

        clock_disarm(live->gateway->clock, &live->timer);
        collector_forget(live->gateway, live);
        release(live);
        free(live);
    }
    while (lives->spare) {
        struct live *next = lives->spare->set;

        free(lives->spare);
        lives->spare = next;
    }
    table_free(lives->by_id);
    table_free(lives->parts);
    free(lives);
}

void lives_expect(struct lives *lives, size_t count)
{
    table_reserve(lives->by_id, count);
}

bool lives_are_full(const struct lives *lives)
{
    return table_count(lives->by_id) >= lives->capacity;
}

bool lives_parts_are_full(const struct lives *lives)
{
    return table_count(lives->parts) >= lives->parts_capacity;
}

size_t lives_count(const struct lives *lives)
{
    return table_count(lives->by_id);
}

struct body *live_body_new(uint32_t text_size, uint32_t tlv_size)
{
    struct body *body = calloc(1, body_size(text_size, tlv_size));

    if (body == NULL)
        abort();
    body->text_size = text_size;
    body->tlv_size = tlv_size;
    return body;
}

static void add_body(struct live *live, struct body *body)
{
    if (live->body_count == live->body_capacity) {
        live->body_capacity = live->body_capacity ? live->body_capacity * 2 : 1;
        live->bodies = realloc(live->bodies, live->body_capacity * sizeof(*live->bodies));
        if (live->bodies == NULL)
            abort();
    }
    live->bodies[live->body_count++] = body;
}

struct live *live_new(struct gateway *gateway, uint64_t id, struct body *take_body)
{
    struct lives *lives = gateway->lives;
    struct live *live = lives->spare;

    if (live) {
        lives->spare = live->set;
        lives->spare_count--;
        *live = (struct live){0};
    } else if ((live = calloc(1, sizeof(*live))) == NULL) {
        abort();
    }
    live->gateway = gateway;
    live->message.id = id;
    if (take_body)
        add_body(live, take_body);
    if (!table_put(lives->by_id, id, (uint64_t)(uintptr_t)live))
        abort();
    return live;
}

struct live *live_find(const struct gateway *gateway, uint64_t id)
{
    uint64_t value;

    if (id == 0 || !table_get(gateway->lives->by_id, id, &value))
        return NULL;
    return (struct live *)(uintptr_t)value;
}

struct live *live_find_submission(const struct gateway *gateway, uint64_t id)
{
    struct live *live = live_find(gateway, id);
    uint64_t message;

    if (live == NULL && id != 0 && table_get(gateway->lives->parts, id, &message))
        live = live_find(gateway, message);
    return live;
}

const struct body *live_body(const struct live *live, uint64_t id)
{
    for (uint16_t i = 0; i < live->body_count; i++)
        if (live->bodies[i]->id == id)
            return live->bodies[i];
    return NULL;
}

int64_t live_submitted_ms(const struct live *live, const struct body *body)
{
    return live->message.accepted_at_ms + ids_time_ms(body->id) -
           ids_time_ms(live->message.id);
}

void live_join(struct gateway *gateway, struct live *live, struct body *take_body)
{
    if (take_body->id != live->message.id &&
        !table_put(gateway->lives->parts, take_body->id, live->message.id))
        abort();
    add_body(live, take_body);
}

void live_forget(struct gateway *gateway, struct live *live)
{
    struct lives *lives = gateway->lives;

    clock_disarm(gateway->clock, &live->timer);
    collector_forget(gateway, live);
    pairs_forget(gateway, live);
    queue_remove(&live->waiting);
    for (uint16_t i = 0; i < live->message.attempt_count; i++)
        reports_settle(gateway, live, &live->message.attempts[i]);
    for (uint16_t i = 0; i < live->body_count; i++)
        if (live->bodies[i]->id != live->message.id)
            table_remove(lives->parts, live->bodies[i]->id);
    table_remove(lives->by_id, live->message.id);
    release(live);
    if (lives->spare_count == SPARE_MAX) {
        free(live);
        return;
    }
    live->set = lives->spare;
    lives->spare = live;
    lives->spare_count++;
}

size_t live_ids(const struct gateway *gateway, uint64_t *out, size_t room)
{
    size_t count = 0;
    uint64_t value;

    for (size_t at = 0;
         count < room && table_next(gateway->lives->by_id, &at, &out[count], &value);)
        count++;
    return count;
}

struct live *live_next(const struct gateway *gateway, size_t *at)
{
    uint64_t id;
    uint64_t value;

    if (!table_next(gateway->lives->by_id, at, &id, &value))
        return NULL;
    return (struct live *)(uintptr_t)value;
}
