/*
 * Which country a number belongs to, by its longest known beginning (countries.def), and
 * which numbers cost who sends to them (premium.def).
 */
#ifndef ROUTING_COUNTRY_H
#define ROUTING_COUNTRY_H

#include <stdint.h>

struct prefix_map;

enum { COUNTRY_NONE = 0, COUNTRY_DIGITS_MIN = 7 };

/* "DE" as a number; COUNTRY_NONE for what is no code of the table. */
uint16_t country_code(const char *letters);

/* All beginnings of the table; prefix_map_free() is the caller's. */
struct prefix_map *country_map_new(void);

/*
 * The country of E.164 digits; COUNTRY_NONE for a number of no country, and for fewer than
 * COUNTRY_DIGITS_MIN digits: a short code is nowhere in the world.
 */
uint16_t country_of(const struct prefix_map *countries, const char *digits);

/* The beginnings of premium.def added to a map. */
void country_add_premium(struct prefix_map *map);

#endif
