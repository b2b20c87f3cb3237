/* Longest prefix. */
#include "routing/prefix.h"

#include "tests/test.h"

static struct prefix_map *example(bool with_all)
{
    struct prefix_map *map = prefix_map_new();

    if (with_all)
        CHECK(prefix_map_add(map, "", 1), "all");
    CHECK(prefix_map_add(map, "7", 7), "7");
    CHECK(prefix_map_add(map, "7900", 79), "7900");
    CHECK(prefix_map_add(map, "49", 49), "49");
    return map;
}

static const struct {
    const char *digits;
    uint32_t value; /* 0: none without a value for all, which is 1 */
} rows[] = {
    {"79001234567", 79},
    {"7900",        79},
    {"790",         7 },
    {"7",           7 },
    {"78",          7 },
    {"491",         49},
    {"4",           0 },
    {"",            0 },
    {"380",         0 },
    {"x",           0 },
    {"7900x",       79},
    {"7x900",       7 },
};

TEST(the_longest_prefix_wins)
{
    for (int with_all = 0; with_all < 2; with_all++) {
        struct prefix_map *map = example(with_all);

        for (size_t i = 0; i < ROWS(rows); i++) {
            uint32_t expected = rows[i].value ? rows[i].value : (uint32_t)with_all;
            uint32_t value = 0;

            CHECK_EQ(prefix_map_find(map, rows[i].digits, &value), expected != 0,
                     rows[i].digits);
            CHECK_EQ(value, expected, rows[i].digits);
        }
        prefix_map_free(map);
    }
}

TEST(a_second_value_replaces_the_first)
{
    struct prefix_map *map = example(false);
    uint32_t value = 0;

    CHECK(prefix_map_add(map, "49", 0), "again");
    CHECK(prefix_map_find(map, "4917", &value), "again");
    CHECK_EQ(value, 0, "zero is a value too");
    prefix_map_free(map);
}

TEST(what_is_not_digits_is_refused_and_leaves_nothing)
{
    struct prefix_map *map = prefix_map_new();
    uint32_t value;

    CHECK(!prefix_map_add(map, "12x", 5), "letters");
    CHECK(!prefix_map_add(map, "+49", 5), "plus");
    CHECK(!prefix_map_add(map, " ", 5), "blank");
    CHECK(!prefix_map_find(map, "12", &value), "nothing was added");
    prefix_map_free(map);
    prefix_map_free(NULL);
}

/* Against a search through all of them. */
TEST(many_prefixes_are_found_as_a_plain_search_finds_them)
{
    enum { COUNT = 3000 };
    static char prefixes[COUNT][8];
    struct prefix_map *map = prefix_map_new();
    uint64_t random = 88172645463325252u;

    for (uint32_t i = 0; i < COUNT; i++) {
        size_t length = 1 + random % 6;

        for (size_t at = 0; at < length; at++) {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            prefixes[i][at] = (char)('0' + random % 10);
        }
        CHECK(prefix_map_add(map, prefixes[i], i), prefixes[i]);
    }
    for (unsigned number = 0; number < 20000; number++) {
        char digits[16];
        size_t best_length = 0;
        uint32_t best = 0;
        uint32_t value = 0;

        snprintf(digits, sizeof(digits), "%07u", number * 499u);
        for (uint32_t i = 0; i < COUNT; i++) {
            size_t length = strlen(prefixes[i]);

            if (length >= best_length && strncmp(prefixes[i], digits, length) == 0) {
                best_length = length;
                best = i;
            }
        }
        CHECK_EQ(prefix_map_find(map, digits, &value), best_length > 0, digits);
        CHECK_EQ(value, best, digits);
    }
    prefix_map_free(map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(the_longest_prefix_wins),
        RUN(a_second_value_replaces_the_first),
        RUN(what_is_not_digits_is_refused_and_leaves_nothing),
        RUN(many_prefixes_are_found_as_a_plain_search_finds_them),
    };

    return RUN_ALL(tests);
}
