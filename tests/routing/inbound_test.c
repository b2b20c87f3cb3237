/* Whose a subscriber's message is. */
#include "routing/inbound.h"

#include "tests/test.h"

enum { MTS = 1, TELE2 = 2 };

static const char *const stop[] = {"stop", "arret"};
static const char *const start[] = {"start"};

static const struct inbound_rule rules[] = {
    {"12345", false, INBOUND_ANY, "join", stop, 2, start, 1},
    {"12345", false, TELE2,       "vote", NULL, 0, NULL,  0},
    {"4479",  true,  INBOUND_ANY, "",     stop, 1, NULL,  0},
    {"77777", false, INBOUND_ANY, "a",    NULL, 0, NULL,  0},
    {"77777", false, INBOUND_ANY, "b",    stop, 2, start, 1},
    {"",      false, MTS,         "help", NULL, 0, NULL,  0},
};

static const struct {
    const char *row;
    struct inbound_facts facts;
    int rule;
} rows[] = {
    {"number and word",                        {"12345", MTS, "join"},     0 },
    {"another word",                           {"12345", MTS, "joins"},    -1},
    {"no word",                                {"12345", MTS, ""},         -1},
    {"a longer number",                        {"123456", MTS, "join"},    -1},
    {"the link it is for",                     {"12345", TELE2, "vote"},   1 },
    {"another link",                           {"12345", MTS, "vote"},     -1},
    {"a prefix",                               {"447911", TELE2, "hello"}, 2 },
    {"the prefix alone",                       {"4479", TELE2, ""},        2 },
    {"shorter than the prefix",                {"447", TELE2, ""},         -1},
    {"any number",                             {"1", MTS, "help"},         5 },
    {"a stop that has no rule of its own",     {"12345", MTS, "stop"},     0 },
    {"a start too",                            {"12345", TELE2, "start"},  0 },
    {"at the first that knows the word",       {"77777", MTS, "arret"},    4 },
    {"a stop nobody is reached with",          {"55555", TELE2, "stop"},   -1},
    {"a word of the rule comes before a stop", {"77777", MTS, "a"},        3 },
};

TEST(the_first_rule_that_fits_has_it)
{
    for (size_t i = 0; i < ROWS(rows); i++)
        CHECK_EQ(inbound_find(rules, ROWS(rules), &rows[i].facts), rows[i].rule,
                 rows[i].row);
    CHECK_EQ(inbound_find(NULL, 0, &rows[0].facts), -1, "no rules");
}

TEST(a_wish_is_a_word_of_the_rule)
{
    const struct inbound_facts facts[] = {
        {"12345", MTS, "stop" },
        {"12345", MTS, "start"},
        {"12345", MTS, "join" },
        {"12345", MTS, ""     },
    };

    CHECK_EQ(inbound_wish(&rules[0], &facts[0]), INBOUND_STOP, "stop");
    CHECK_EQ(inbound_wish(&rules[0], &facts[1]), INBOUND_START, "start");
    CHECK_EQ(inbound_wish(&rules[0], &facts[2]), INBOUND_NO_WISH, "join");
    CHECK_EQ(inbound_wish(&rules[0], &facts[3]), INBOUND_NO_WISH, "nothing");
    CHECK_EQ(inbound_wish(&rules[1], &facts[0]), INBOUND_NO_WISH, "not of this rule");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(the_first_rule_that_fits_has_it),
        RUN(a_wish_is_a_word_of_the_rule),
    };

    return RUN_ALL(tests);
}
