/* Which channel of a step takes a message. */
#include "routing/group.h"

#include "tests/test.h"

TEST(weights_make_an_even_mixture_that_is_always_the_same)
{
    static const struct plan_step step = {
        .way_count = 3, .choice = PLAN_BY_WEIGHT, .weights = {5, 1, 1}
    };
    static const int wanted[] = {0, 0, 1, 0, 2, 0, 0};
    const struct group_facts facts = {.open = 7, .kept = -1};
    struct group_turns turns = {0};

    for (int round = 0; round < 3; round++)
        for (size_t i = 0; i < ROWS(wanted); i++)
            CHECK_EQ(group_choose(&step, &facts, &turns), wanted[i], "the mixture");
}

TEST(who_is_down_misses_its_turns_and_does_not_catch_up)
{
    static const struct plan_step step = {
        .way_count = 2, .choice = PLAN_BY_WEIGHT, .weights = {1, 1}
    };
    struct group_facts facts = {.open = 2, .kept = -1};
    struct group_turns turns = {0};
    int first = 0;

    for (int i = 0; i < 100; i++)
        CHECK_EQ(group_choose(&step, &facts, &turns), 1, "the other is down");
    facts.open = 3;
    for (int i = 0; i < 10; i++)
        first += group_choose(&step, &facts, &turns) == 0;
    CHECK_EQ(first, 5, "half of them");
}

TEST(each_rule_chooses_among_those_that_are_open)
{
    static const struct {
        const char *row;
        enum plan_choice choice;
        struct group_facts facts;
        int wanted;
    } rows[] = {
        {"the first",               PLAN_IN_ORDER,  {7, -1, {0}},                        0 },
        {"the first that is up",    PLAN_IN_ORDER,  {6, -1, {0}},                        1 },
        {"where it waits",          PLAN_IN_ORDER,  {7, 2, {0}},                         2 },
        {"it waits for one down",   PLAN_IN_ORDER,  {3, 2, {0}},                         0 },
        {"all are down",            PLAN_IN_ORDER,  {0, 1, {0}},                         -1},
        {"the cheapest",            PLAN_CHEAPEST,  {7, -1, {30, 10, 20}},               1 },
        {"the cheapest that is up", PLAN_CHEAPEST,  {5, -1, {30, 10, 20}},               2 },
        {"as cheap as the first",   PLAN_CHEAPEST,  {7, -1, {10, 10, 10}},               0 },
        {"a price nobody told",     PLAN_CHEAPEST,  {3, -1, {INT64_MAX, INT64_MAX - 1}}, 1 },
        {"nobody told any",         PLAN_CHEAPEST,  {6, -1, {0, INT64_MAX, INT64_MAX}},  1 },
        {"by weight, all down",     PLAN_BY_WEIGHT, {0, -1, {0}},                        -1},
        {"by weight, it waits",     PLAN_BY_WEIGHT, {7, 0, {0}},                         0 },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        const struct plan_step step = {
            .way_count = 3, .choice = (uint8_t)rows[i].choice, .weights = {1, 1, 9}
        };
        struct group_turns turns = {0};

        CHECK_EQ(group_choose(&step, &rows[i].facts, &turns), rows[i].wanted, rows[i].row);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(weights_make_an_even_mixture_that_is_always_the_same),
        RUN(who_is_down_misses_its_turns_and_does_not_catch_up),
        RUN(each_rule_chooses_among_those_that_are_open),
    };

    return RUN_ALL(tests);
}
