/* A ring of what went, oldest first, and a count for each recipient in it. */
#include "gateway/repeats.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/table.h"

struct sent {
    uint64_t recipient;
    int64_t at_ms;
};

struct repeats {
    uint32_t max;
    int64_t within_ms;
    struct table *counts; /* recipient -> messages in the ring */
    struct sent *ring;
    size_t first;
    size_t count;
    size_t room;
    uint64_t forgotten;
};

enum { ROOM_AT_FIRST = 256, SEED = 1 };

struct repeats *repeats_new(uint32_t max, int64_t within_ms)
{
    struct repeats *repeats = calloc(1, sizeof(*repeats));

    if (repeats == NULL)
        abort();
    repeats->max = max;
    repeats->within_ms = within_ms;
    repeats->counts = table_new(REPEATS_MAX);
    return repeats;
}

void repeats_free(struct repeats *repeats)
{
    if (repeats == NULL)
        return;
    table_free(repeats->counts);
    free(repeats->ring);
    free(repeats);
}

static uint64_t recipient_of(const char *digits)
{
    return table_hash(SEED, digits, strlen(digits));
}

static uint64_t count_of(const struct repeats *repeats, uint64_t recipient)
{
    uint64_t count = 0;

    (void)!table_get(repeats->counts, recipient, &count);
    return count;
}

static void set_count(struct repeats *repeats, uint64_t recipient, uint64_t count)
{
    if (count == 0)
        table_remove(repeats->counts, recipient);
    else if (!table_put(repeats->counts, recipient, count))
        abort(); /* it has room for as many as the ring */
}

static void drop_first(struct repeats *repeats)
{
    uint64_t recipient = repeats->ring[repeats->first].recipient;

    set_count(repeats, recipient, count_of(repeats, recipient) - 1);
    repeats->first = (repeats->first + 1) % repeats->room;
    repeats->count--;
}

static void drop_old(struct repeats *repeats, int64_t now_ms)
{
    while (repeats->count > 0 &&
           now_ms - repeats->ring[repeats->first].at_ms >= repeats->within_ms)
        drop_first(repeats);
}

static void grow(struct repeats *repeats)
{
    size_t room = repeats->room > 0 ? repeats->room * 2 : ROOM_AT_FIRST;
    struct sent *ring = malloc(room * sizeof(*ring));

    if (ring == NULL)
        abort();
    for (size_t i = 0; i < repeats->count; i++)
        ring[i] = repeats->ring[(repeats->first + i) % repeats->room];
    free(repeats->ring);
    repeats->ring = ring;
    repeats->first = 0;
    repeats->room = room;
}

bool repeats_fits(struct repeats *repeats, const char *digits, int64_t now_ms)
{
    drop_old(repeats, now_ms);
    return count_of(repeats, recipient_of(digits)) < repeats->max;
}

void repeats_add(struct repeats *repeats, const char *digits, int64_t now_ms)
{
    uint64_t recipient = recipient_of(digits);

    drop_old(repeats, now_ms);
    if (repeats->count == REPEATS_MAX) {
        drop_first(repeats);
        repeats->forgotten++;
    }
    if (repeats->count == repeats->room)
        grow(repeats);
    repeats->ring[(repeats->first + repeats->count) % repeats->room] =
        (struct sent){recipient, now_ms};
    repeats->count++;
    set_count(repeats, recipient, count_of(repeats, recipient) + 1);
}

uint64_t repeats_forgotten(const struct repeats *repeats)
{
    return repeats->forgotten;
}
