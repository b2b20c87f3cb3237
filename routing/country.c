/* Two tables, as longest prefixes. */
#include "routing/country.h"

#include <stddef.h>
#include <string.h>

#include "routing/prefix.h"

static const struct {
    const char *digits;
    const char *code;
} countries[] = {
#define COUNTRY(digits, code) {digits, code},
#include "routing/countries.def"
#undef COUNTRY
};

enum { COUNTRIES = sizeof(countries) / sizeof(countries[0]) };

static uint16_t packed(const char *letters)
{
    return (uint16_t)(letters[0] << 8 | letters[1]);
}

uint16_t country_code(const char *letters)
{
    for (size_t i = 0; i < COUNTRIES; i++)
        if (strcmp(countries[i].code, letters) == 0)
            return packed(letters);
    return COUNTRY_NONE;
}

struct prefix_map *country_map_new(void)
{
    struct prefix_map *map = prefix_map_new();

    for (size_t i = 0; i < COUNTRIES; i++)
        (void)!prefix_map_add(map, countries[i].digits, packed(countries[i].code));
    return map;
}

uint16_t country_of(const struct prefix_map *map, const char *digits)
{
    uint32_t code;

    if (strlen(digits) < COUNTRY_DIGITS_MIN || !prefix_map_find(map, digits, &code))
        return COUNTRY_NONE;
    return (uint16_t)code;
}

void country_add_premium(struct prefix_map *map)
{
#define PREMIUM(digits) (void)!prefix_map_add(map, digits, 1);
#include "routing/premium.def"
#undef PREMIUM
}
