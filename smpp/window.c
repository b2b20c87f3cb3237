/*
 * Entries live in an array and are threaded twice by index: on a chain per bucket, to be
 * found by sequence_number, and on one list in the order of sending, whose head is the
 * oldest.  Sequence numbers of one session follow each other, so the low bits spread them
 * evenly.  What was sent is always a prefix of the list.
 *
 * The array begins with no room and doubles up to the capacity: most sessions are idle, and
 * thousands of them must cost little.
 *
 * Index 0 means "none": slot i of the array has the index i + 1.
 */
#include "smpp/window.h"

#include <assert.h>
#include <stdlib.h>

enum { ROOM_FIRST = 16 };

struct slot {
    struct smpp_window_entry entry;
    uint32_t chain; /* the next one of the bucket, or of the free slots */
    uint32_t older;
    uint32_t newer;
};

struct smpp_window {
    struct slot *slots;
    uint32_t *buckets;
    uint32_t bucket_mask;
    uint32_t room; /* slots there are */
    uint32_t capacity;
    uint32_t used;
    uint32_t free;
    uint32_t oldest;
    uint32_t newest;
    uint32_t unsent; /* the oldest one that has no deadline */
};

static struct slot *slot_at(const struct smpp_window *window, uint32_t index)
{
    return &window->slots[index - 1];
}

static uint32_t *bucket_of(const struct smpp_window *window, uint32_t sequence)
{
    return &window->buckets[sequence & window->bucket_mask];
}

struct smpp_window *smpp_window_new(size_t capacity)
{
    struct smpp_window *window = calloc(1, sizeof(*window));

    assert(capacity > 0 && capacity <= UINT32_MAX / 4);
    if (window == NULL)
        abort();
    window->capacity = (uint32_t)capacity;
    return window;
}

/* Twice the slots, or all there may be, and a bucket for each; every slot is in use. */
static void grow(struct smpp_window *window)
{
    uint32_t room = window->room == 0 ? ROOM_FIRST : window->room * 2;
    uint32_t buckets = 1;

    if (room > window->capacity)
        room = window->capacity;
    while (buckets < room)
        buckets *= 2;
    window->slots = realloc(window->slots, room * sizeof(*window->slots));
    free(window->buckets);
    window->buckets = calloc(buckets, sizeof(*window->buckets));
    if (window->slots == NULL || window->buckets == NULL)
        abort();
    window->bucket_mask = buckets - 1;
    for (uint32_t i = 1; i <= window->room; i++) {
        struct slot *slot = slot_at(window, i);
        uint32_t *bucket = bucket_of(window, slot->entry.sequence);

        slot->chain = *bucket;
        *bucket = i;
    }
    for (uint32_t i = window->room + 1; i <= room; i++)
        slot_at(window, i)->chain = i < room ? i + 1 : 0;
    window->free = window->room + 1;
    window->room = room;
}

void smpp_window_free(struct smpp_window *window)
{
    if (window == NULL)
        return;
    free(window->slots);
    free(window->buckets);
    free(window);
}

static uint32_t find_index(const struct smpp_window *window, uint32_t sequence)
{
    uint32_t index = window->room == 0 ? 0 : *bucket_of(window, sequence);

    while (index != 0 && slot_at(window, index)->entry.sequence != sequence)
        index = slot_at(window, index)->chain;
    return index;
}

bool smpp_window_add(struct smpp_window *window, const struct smpp_window_entry *entry)
{
    uint32_t *bucket;
    uint32_t index;
    struct slot *slot;

    if (window->used == window->capacity)
        return false;
    if (window->free == 0)
        grow(window);
    bucket = bucket_of(window, entry->sequence);
    index = window->free;
    assert(find_index(window, entry->sequence) == 0);
    slot = slot_at(window, index);
    window->free = slot->chain;
    slot->entry = *entry;
    slot->entry.deadline_ms = INT64_MAX;
    slot->chain = *bucket;
    *bucket = index;

    slot->older = window->newest;
    slot->newer = 0;
    if (window->newest != 0)
        slot_at(window, window->newest)->newer = index;
    else
        window->oldest = index;
    window->newest = index;
    if (window->unsent == 0)
        window->unsent = index;
    window->used++;
    return true;
}

static void remove_index(struct smpp_window *window, uint32_t index)
{
    struct slot *slot = slot_at(window, index);
    uint32_t *link = bucket_of(window, slot->entry.sequence);

    while (*link != index)
        link = &slot_at(window, *link)->chain;
    *link = slot->chain;

    if (slot->older != 0)
        slot_at(window, slot->older)->newer = slot->newer;
    else
        window->oldest = slot->newer;
    if (slot->newer != 0)
        slot_at(window, slot->newer)->older = slot->older;
    else
        window->newest = slot->older;
    if (window->unsent == index)
        window->unsent = slot->newer;

    slot->chain = window->free;
    window->free = index;
    window->used--;
}

const struct smpp_window_entry *smpp_window_find(const struct smpp_window *window,
                                                 uint32_t sequence)
{
    uint32_t index = find_index(window, sequence);

    return index == 0 ? NULL : &slot_at(window, index)->entry;
}

bool smpp_window_take(struct smpp_window *window, uint32_t sequence,
                      struct smpp_window_entry *out_entry)
{
    uint32_t index = find_index(window, sequence);

    if (index == 0)
        return false;
    *out_entry = slot_at(window, index)->entry;
    remove_index(window, index);
    return true;
}

void smpp_window_sent(struct smpp_window *window, uint64_t octets, int64_t deadline_ms)
{
    while (window->unsent != 0) {
        struct slot *slot = slot_at(window, window->unsent);

        if (slot->entry.end > octets)
            return;
        slot->entry.deadline_ms = deadline_ms;
        window->unsent = slot->newer;
    }
}

bool smpp_window_expired(struct smpp_window *window, int64_t now_ms,
                         struct smpp_window_entry *out_entry)
{
    if (smpp_window_deadline_ms(window) > now_ms)
        return false;
    return smpp_window_take_oldest(window, out_entry);
}

bool smpp_window_take_oldest(struct smpp_window *window,
                             struct smpp_window_entry *out_entry)
{
    uint32_t index = window->oldest;

    if (index == 0)
        return false;
    *out_entry = slot_at(window, index)->entry;
    remove_index(window, index);
    return true;
}

int64_t smpp_window_deadline_ms(const struct smpp_window *window)
{
    return window->oldest == 0 ? INT64_MAX
                               : slot_at(window, window->oldest)->entry.deadline_ms;
}

size_t smpp_window_used(const struct smpp_window *window)
{
    return window->used;
}

size_t smpp_window_capacity(const struct smpp_window *window)
{
    return window->capacity;
}
