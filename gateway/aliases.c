/* A table from names to ids, and a ring of the names in the order of their giving. */
#include "gateway/aliases.h"

#include <stdlib.h>

#include "gateway/gateway.h"
#include "gateway/live.h"
#include "gateway/public_id.h"
#include "gateway/store.h"
#include "gateway/table.h"

enum {
    ROTATIONS_MAX = 256
}; /* names of messages that live, passed over for one new name */

struct aliases {
    struct table *ids;
    uint32_t *ring;
    size_t first;
    size_t count;
    size_t room; /* of the ring, which grows up to the capacity */
    size_t capacity;
    uint32_t next;
};

struct aliases *aliases_new(size_t capacity, uint32_t first)
{
    struct aliases *aliases = calloc(1, sizeof(*aliases));

    if (aliases == NULL)
        abort();
    aliases->ids = table_new(capacity + 1);
    aliases->capacity = capacity;
    aliases->next = first;
    return aliases;
}

void aliases_free(struct aliases *aliases)
{
    if (aliases == NULL)
        return;
    table_free(aliases->ids);
    free(aliases->ring);
    free(aliases);
}

static void grow(struct aliases *aliases)
{
    size_t room = aliases->room ? aliases->room * 2 : 1024;
    uint32_t *ring;

    if (room > aliases->capacity + 1)
        room = aliases->capacity + 1;
    ring = malloc(room * sizeof(*ring));
    if (ring == NULL)
        abort();
    for (size_t i = 0; i < aliases->count; i++)
        ring[i] = aliases->ring[(aliases->first + i) % aliases->room];
    free(aliases->ring);
    aliases->ring = ring;
    aliases->first = 0;
    aliases->room = room;
}

static void push(struct aliases *aliases, uint32_t alias)
{
    if (aliases->count == aliases->room)
        grow(aliases);
    aliases->ring[(aliases->first + aliases->count++) % aliases->room] = alias;
}

static uint32_t pop(struct aliases *aliases)
{
    uint32_t alias = aliases->ring[aliases->first];

    aliases->first = (aliases->first + 1) % aliases->room;
    aliases->count--;
    return alias;
}

static bool lives(const struct gateway *gateway, uint32_t alias)
{
    const struct live *live;
    uint64_t id = 0;

    (void)table_get(gateway->aliases->ids, alias, &id);
    live = live_look(gateway, id);
    return live != NULL && live->message.state != MESSAGE_ENDED;
}

/* Those at the head that live go to the back. */
bool aliases_have_room(struct gateway *gateway)
{
    struct aliases *aliases = gateway->aliases;

    if (aliases->count < aliases->capacity)
        return true;
    for (unsigned i = 0; i < ROTATIONS_MAX; i++) {
        if (!lives(gateway, aliases->ring[aliases->first]))
            return true;
        push(aliases, pop(aliases));
    }
    return false;
}

static void remember(struct aliases *aliases, uint32_t alias, uint64_t id)
{
    (void)!table_put(aliases->ids, alias, id);
    push(aliases, alias);
}

void aliases_load(struct aliases *aliases, uint32_t alias, uint64_t id)
{
    aliases->next = alias + 1;
    /* Fewer may be remembered than before the start. */
    if (aliases->count == aliases->capacity)
        table_remove(aliases->ids, pop(aliases));
    remember(aliases, alias, id);
}

uint32_t aliases_give(struct gateway *gateway, uint64_t id)
{
    struct aliases *aliases = gateway->aliases;
    uint32_t forgotten = 0;
    uint64_t taken;

    if (aliases->count == aliases->capacity) {
        forgotten = pop(aliases);
        table_remove(aliases->ids, forgotten);
    }
    while (aliases->next == 0 || table_get(aliases->ids, aliases->next, &taken))
        aliases->next++;
    remember(aliases, aliases->next, id);
    store_alias(gateway->store, aliases->next, id, forgotten);
    return aliases->next++;
}

uint64_t aliases_resolve(const struct gateway *gateway, const struct public_id *id)
{
    uint64_t found = id->id;

    if (id->alias != 0 && !table_get(gateway->aliases->ids, id->alias, &found))
        return 0;
    return found;
}

size_t aliases_count(const struct aliases *aliases)
{
    return table_count(aliases->ids);
}
