/* A trie of digits; nodes are numbers in one growing array, 0 is the root. */
#include "routing/prefix.h"

#include <stdlib.h>
#include <string.h>

struct node {
    uint32_t next[10]; /* 0: none, as nothing leads back to the root */
    uint32_t value;
    bool has_value;
};

struct prefix_map {
    struct node *nodes;
    uint32_t count;
    uint32_t capacity;
};

static uint32_t add_node(struct prefix_map *map)
{
    if (map->count == map->capacity) {
        map->capacity = map->capacity ? map->capacity * 2 : 16;
        map->nodes = realloc(map->nodes, map->capacity * sizeof(*map->nodes));
        if (map->nodes == NULL)
            abort();
    }
    memset(&map->nodes[map->count], 0, sizeof(*map->nodes));
    return map->count++;
}

struct prefix_map *prefix_map_new(void)
{
    struct prefix_map *map = calloc(1, sizeof(*map));

    if (map == NULL)
        abort();
    add_node(map);
    return map;
}

void prefix_map_free(struct prefix_map *map)
{
    if (map == NULL)
        return;
    free(map->nodes);
    free(map);
}

bool prefix_map_add(struct prefix_map *map, const char *digits, uint32_t value)
{
    uint32_t at = 0;

    for (const char *c = digits; *c; c++)
        if (*c < '0' || *c > '9')
            return false;
    for (; *digits; digits++) {
        unsigned digit = (unsigned)(*digits - '0');

        if (map->nodes[at].next[digit] == 0) {
            uint32_t made = add_node(map);

            map->nodes[at].next[digit] = made;
        }
        at = map->nodes[at].next[digit];
    }
    map->nodes[at].value = value;
    map->nodes[at].has_value = true;
    return true;
}

bool prefix_map_find(const struct prefix_map *map, const char *digits, uint32_t *out)
{
    uint32_t at = 0;
    bool found = false;

    for (;;) {
        const struct node *node = &map->nodes[at];

        if (node->has_value) {
            *out = node->value;
            found = true;
        }
        if (*digits < '0' || *digits > '9' || node->next[*digits - '0'] == 0)
            return found;
        at = node->next[*digits++ - '0'];
    }
}
