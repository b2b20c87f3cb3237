/* The table of messages in memory, and of the parts that lead to them. */
#include "gateway/live_pieces.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "gateway/catalog.h"
#include "gateway/collector.h"
#include "gateway/gateway.h"
#include "gateway/pairs.h"
#include "gateway/reports.h"
#include "gateway/table.h"

enum {
    SPARE_ROOM_MAX = 16384, /* places whose room for attempts is kept */
    SPARE_ATTEMPTS_MAX = 2, /* and for how many, as most messages need */
    CHUNK_BYTES = 2 * 1024 * 1024,
    CHUNK_SLOTS = CHUNK_BYTES / sizeof(union live_slot),
    PARTS_PER_MESSAGE = 2,
};

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
    rest_init(&lives->rest);
    return lives;
}

/* --- places ------------------------------------------------------------------------- */

/* It stays one, whoever is in it: who remembers a place may look there. */
static union live_slot *slot_at(const struct lives *lives, uint32_t place)
{
    assert(place > 0 && place <= lives->slot_count);
    return &lives->chunks[(place - 1) / CHUNK_SLOTS][(place - 1) % CHUNK_SLOTS];
}

/* --- what an id leads to ------------------------------------------------------------ */

static struct resting *resting_of(uint64_t value)
{
    return value & 1 ? (struct resting *)(uintptr_t)(value - 1) : NULL;
}

static void lead(struct gateway *gateway, uint64_t id, uint64_t value)
{
    if (!table_put(gateway->lives->by_id, id, value))
        abort();
}

void live_is_now(struct gateway *gateway, uint64_t id, struct live *live)
{
    lead(gateway, id, (uint64_t)(uintptr_t)live);
}

void *live_owner_at_rest(struct resting *resting)
{
    return (uint8_t *)resting + 1;
}

void live_rests(struct gateway *gateway, uint64_t id, struct resting *resting)
{
    lead(gateway, id, (uint64_t)(uintptr_t)live_owner_at_rest(resting));
}

static struct live *unpacked(const struct gateway *gateway, uint64_t value)
{
    struct resting *resting = resting_of(value);

    /* What a gateway's messages are written in is no part of what it is. */
    return resting ? rest_unpack((struct gateway *)gateway, resting)
                   : (struct live *)(uintptr_t)value;
}

static const struct live *seen(const struct gateway *gateway, uint64_t value)
{
    const struct resting *resting = resting_of(value);

    return resting ? rest_look((struct gateway *)gateway, resting)
                   : (const struct live *)(uintptr_t)value;
}

/* --- those that are not packed ------------------------------------------------------ */

void live_list_add(struct live_list *list, struct live *live, int64_t now_ms)
{
    live->here_since_ms = now_ms;
    live->here_next = NULL;
    live->here_previous = list->last;
    if (list->last)
        list->last->here_next = live;
    else
        list->first = live;
    list->last = live;
}

void live_list_remove(struct live_list *list, struct live *live)
{
    if (live->here_previous)
        live->here_previous->here_next = live->here_next;
    else
        list->first = live->here_next;
    if (live->here_next)
        live->here_next->here_previous = live->here_previous;
    else
        list->last = live->here_previous;
}

/* --- beginning and end -------------------------------------------------------------- */

static void free_bodies(struct live *live)
{
    for (uint16_t i = 0; i < live->body_count; i++)
        free(live->bodies[i]);
    if (live->bodies != &live->own_body)
        free(live->bodies);
}

void live_release(struct live *live)
{
    free_bodies(live);
    live->bodies = NULL;
    live->body_count = live->body_capacity = 0;
    message_done(&live->message);
}

void lives_free(struct gateway *gateway)
{
    struct lives *lives = gateway->lives;
    uint64_t id;
    uint64_t value;

    if (lives == NULL)
        return;
    for (size_t at = 0; table_next(lives->by_id, &at, &id, &value);) {
        struct live *live = (struct live *)(uintptr_t)value;

        if (resting_of(value)) {
            free(resting_of(value));
            continue;
        }
        clock_disarm(gateway->clock, &live->timer);
        collector_forget(gateway, live);
        live_release(live);
    }
    for (struct live *spare = lives->spare; spare; spare = spare->set)
        message_done(&spare->message);
    for (uint32_t i = 0; i < lives->chunk_count; i++)
        free(lives->chunks[i]);
    free(lives->chunks);
    rest_done(gateway);
    ended_done(gateway);
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

void live_add_body(struct live *live, struct body *body)
{
    if (live->body_count == live->body_capacity) {
        bool own = live->bodies == &live->own_body;

        live->body_capacity = live->body_capacity ? live->body_capacity * 2 : 1;
        live->bodies =
            realloc(own ? NULL : live->bodies, live->body_capacity * sizeof(*live->bodies));
        if (live->bodies == NULL)
            abort();
        if (own)
            live->bodies[0] = live->own_body;
    }
    live->bodies[live->body_count++] = body;
}

/* More slots, on large pages: one at any place is on any page. */
static void grow(struct lives *lives)
{
    union live_slot *chunk = aligned_alloc(CHUNK_BYTES, CHUNK_BYTES);

    lives->chunks =
        realloc(lives->chunks, (lives->chunk_count + 1) * sizeof(*lives->chunks));
    if (chunk == NULL || lives->chunks == NULL)
        abort();
    if (lives->chunk_count > 0)
        (void)madvise(chunk, CHUNK_BYTES, MADV_HUGEPAGE); /* without it is slower */
    lives->chunks[lives->chunk_count++] = chunk;
}

static struct live *take_slot(struct lives *lives)
{
    struct live *live;

    if (lives->slot_count == lives->chunk_count * CHUNK_SLOTS)
        grow(lives);
    live = &slot_at(lives, ++lives->slot_count)->live;
    *live = (struct live){.place = lives->slot_count};
    return live;
}

struct live *live_take(struct gateway *gateway)
{
    struct lives *lives = gateway->lives;
    struct live *live = lives->spare;

    if (live) {
        struct message room = {.attempts = live->message.attempts,
                               .attempt_capacity = live->message.attempt_capacity};

        lives->spare = live->set;
        lives->spare_count--;
        *live = (struct live){.message = room, .place = live->place};
    } else {
        live = take_slot(lives);
    }
    live->gateway = gateway;
    live->bodies = &live->own_body;
    live->body_capacity = 1;
    return live;
}

void live_give(struct gateway *gateway, struct live *live)
{
    struct lives *lives = gateway->lives;

    free_bodies(live);
    live->body_count = 0;
    if (lives->spare_count >= SPARE_ROOM_MAX ||
        live->message.attempt_capacity > SPARE_ATTEMPTS_MAX)
        message_done(&live->message);
    live->message.id = 0; /* it is no longer here */
    live->message.attempt_count = 0;
    live->set = lives->spare;
    lives->spare = live;
    lives->spare_count++;
}

struct live *live_new(struct gateway *gateway, uint64_t id, struct body *take_body)
{
    struct live *live = live_take(gateway);

    live->message.id = id;
    if (take_body)
        live_add_body(live, take_body);
    live_is_now(gateway, id, live);
    rest_add(gateway, live);
    return live;
}

struct live *live_find(const struct gateway *gateway, uint64_t id)
{
    uint64_t value;

    if (id == 0 || !table_get(gateway->lives->by_id, id, &value))
        return NULL;
    return unpacked(gateway, value);
}

/* --- what will be needed soon ------------------------------------------------------- */

enum { LINE = 64 }; /* octets that the processor fetches at once */

static void prefetch(const void *at, size_t size)
{
    for (size_t offset = 0; offset < size; offset += LINE)
        __builtin_prefetch((const char *)at + offset);
}

void live_prefetch(const struct live *live)
{
    prefetch(live, sizeof(*live));
}

void live_prefetch_parts(const struct live *live)
{
    if (live->message.attempt_count > 0)
        prefetch(live->message.attempts, sizeof(struct attempt));
    if (live->body_count > 0)
        prefetch(live->bodies[0], sizeof(struct body));
}

void live_comes(const struct gateway *gateway, uint32_t place, bool is_near)
{
    const struct live *live = &slot_at(gateway->lives, place)->live;

    if (is_near)
        live_prefetch_parts(live);
    else
        live_prefetch(live);
}

struct live *live_find_submission(const struct gateway *gateway, uint64_t id)
{
    struct live *live = live_find(gateway, id);
    uint64_t message;

    if (live == NULL && id != 0 && table_get(gateway->lives->parts, id, &message))
        live = live_find(gateway, message);
    return live;
}

struct live *live_find_at(const struct gateway *gateway, uint32_t place, uint64_t id)
{
    if (place != 0) {
        struct live *live = &slot_at(gateway->lives, place)->live;

        if (live->message.id == id && id != 0)
            return live;
    }
    return live_find_submission(gateway, id);
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
    live_add_body(live, take_body);
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
    if (live->plan)
        catalog_leave_plan(gateway->catalog, live->message.plan);
    if (live->pins)
        catalog_leave_pins(gateway->catalog, live->message.pins);
    table_remove(lives->by_id, live->message.id);
    if (live->lingers)
        ended_remove(gateway, live);
    else
        rest_remove(gateway, live);
    live_give(gateway, live);
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

const struct live *live_look_next(const struct gateway *gateway, size_t *at)
{
    uint64_t id;
    uint64_t value;

    return table_next(gateway->lives->by_id, at, &id, &value) ? seen(gateway, value) : NULL;
}

const struct live *live_look(const struct gateway *gateway, uint64_t id)
{
    const struct lives *lives = gateway->lives;
    uint64_t value;

    if (id == 0 ||
        (!table_get(lives->by_id, id, &value) &&
         (!table_get(lives->parts, id, &id) || !table_get(lives->by_id, id, &value))))
        return NULL;
    return seen(gateway, value);
}

/* What is packed has not. */
bool live_goes_on(const struct gateway *gateway, uint64_t id)
{
    uint64_t value;

    return id != 0 && table_get(gateway->lives->by_id, id, &value) &&
           (resting_of(value) ||
            ((const struct live *)(uintptr_t)value)->message.state != MESSAGE_ENDED);
}

struct live *live_waiting(const struct gateway *gateway, const struct queue_entry *entry)
{
    uint64_t value = (uint64_t)(uintptr_t)entry->owner;

    gateway->lives->rest.counts.unpacked_turn += resting_of(value) != NULL;
    return unpacked(gateway, value);
}

const struct live *live_look_waiting(const struct gateway *gateway,
                                     const struct queue_entry *entry)
{
    return seen(gateway, (uint64_t)(uintptr_t)entry->owner);
}
