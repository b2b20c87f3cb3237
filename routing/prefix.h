/*
 * Longest prefix: from digits to a value.  A trie of digits in one array; built once,
 * then only read.
 */
#ifndef ROUTING_PREFIX_H
#define ROUTING_PREFIX_H

#include <stdbool.h>
#include <stdint.h>

struct prefix_map;

/* Never NULL: aborts without memory. */
struct prefix_map *prefix_map_new(void);
void prefix_map_free(struct prefix_map *map);

/* `digits` may be "": the value of every number.  False for anything but digits; a second
 * value for the same prefix replaces the first. */
bool prefix_map_add(struct prefix_map *map, const char *digits, uint32_t value);

/* The value of the longest prefix of `digits`; false when there is none. */
bool prefix_map_find(const struct prefix_map *map, const char *digits, uint32_t *out);

#endif
