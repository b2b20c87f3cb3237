/* Which plan a message takes. */
#include "routing/rule.h"

#include "tests/test.h"

enum { ACME = 1, BETA = 2, SERVICE = 1, ADVERTISING = 2, OTHERWISE = 99 };

static const struct rule rules[] = {
    {ACME,     RULE_ANY,    "CMT", "",     "",   1},
    {RULE_ANY, ADVERTISING, "",    "",     "7",  2},
    {RULE_ANY, RULE_ANY,    "",    "Bank", "",   3},
    {ACME,     RULE_ANY,    "",    "4479", "",   6},
    {BETA,     SERVICE,     "",    "",     "79", 4},
    {BETA,     RULE_ANY,    "",    "",     "",   5},
};

static const struct {
    const char *row;
    struct rule_facts facts;
    uint32_t plan;
} rows[] = {
    {"account and service type",              {ACME, SERVICE, "CMT", "x", "7900"},     1        },
    {"service type in another case",          {ACME, SERVICE, "cmt", "x", "7900"},     OTHERWISE},
    {"class and prefix",                      {ACME, ADVERTISING, "", "x", "7900"},    2        },
    {"another prefix",                        {ACME, ADVERTISING, "", "x", "4917"},    OTHERWISE},
    {"the source, whoever sends",             {ACME, SERVICE, "", "Bank", "4917"},     3        },
    {"the source is not a prefix",            {ACME, SERVICE, "", "Banks", "4917"},    OTHERWISE},
    {"a number as the source",                {ACME, SERVICE, "", "4479", "4917"},     6        },
    {"a number with its plus",                {ACME, SERVICE, "", "+4479", "4917"},    6        },
    {"the first that fits, not the best",     {BETA, ADVERTISING, "", "Bank", "7900"}, 2        },
    {"a longer prefix",                       {BETA, SERVICE, "", "x", "7900"},        4        },
    {"a destination shorter than the prefix", {BETA, SERVICE, "", "x", "7"},           5        },
    {"the account alone",                     {BETA, SERVICE, "CMT", "x", "1"},        5        },
    {"none",                                  {ACME, SERVICE, "", "", ""},             OTHERWISE},
};

TEST(the_first_rule_that_fits_names_the_plan)
{
    for (size_t i = 0; i < ROWS(rows); i++)
        CHECK_EQ(rule_find(rules, ROWS(rules), &rows[i].facts, OTHERWISE), rows[i].plan,
                 rows[i].row);
    CHECK_EQ(rule_find(NULL, 0, &rows[0].facts, OTHERWISE), OTHERWISE, "no rules");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(the_first_rule_that_fits_names_the_plan),
    };

    return RUN_ALL(tests);
}
