/* Which names a link takes. */
#include "routing/sender.h"

#include "tests/test.h"

enum { TRANSACTIONAL, SERVICE, ADVERTISING };

static const struct sender_row rows[] = {
    {"ACME", "",    SENDER_ANY_CLASS, false, ""       },
    {"ACME", "44",  SENDER_ANY_CLASS, false, "ACME-UK"},
    {"ACME", "447", SENDER_ANY_CLASS, true,  ""       },
    {"ACME", "44",  ADVERTISING,      true,  ""       },
    {"Bank", "",    SENDER_ANY_CLASS, true,  ""       },
    {"*",    "49",  SENDER_ANY_CLASS, false, "4930100"},
    {"*",    "",    ADVERTISING,      true,  ""       },
    {"ACME", "44",  SENDER_ANY_CLASS, false, "second" },
    {"447900", "",  SENDER_ANY_CLASS, true,  ""       },
    {"Plus", "",    SENDER_ANY_CLASS, true,  ""       },
};

TEST(the_most_precise_row_says_what_becomes_of_a_name)
{
    static const struct {
        const char *row;
        const char *name;
        uint32_t class;
        const char *destination;
        enum sender_answer answer;
        const char *becomes;
    } cases[] = {
        {"named, no prefix",              "ACME", SERVICE,       "336123", SENDER_STAYS,    NULL     },
        {"named, a prefix",               "ACME", SERVICE,       "441234", SENDER_REPLACED, "ACME-UK"},
        {"a longer prefix",               "ACME", SERVICE,       "447123", SENDER_REFUSED,  NULL     },
        {"the class at equal prefixes",   "ACME", ADVERTISING,   "441234", SENDER_REFUSED,
         NULL                                                                                        },
        {"the prefix before the class",   "ACME", ADVERTISING,   "447123", SENDER_REFUSED,
         NULL                                                                                        },
        {"the name before any prefix",    "ACME", SERVICE,       "491701", SENDER_STAYS,    NULL     },
        {"the case does not count",       "bANK", TRANSACTIONAL, "336123", SENDER_REFUSED,  NULL     },
        {"a name nobody named, a prefix", "Shop", SERVICE,       "491701", SENDER_REPLACED,
         "4930100"                                                                                   },
        {"... and its class",             "Shop", ADVERTISING,   "336123", SENDER_REFUSED,  NULL     },
        {"no row",                        "Shop", SERVICE,       "336123", SENDER_STAYS,    NULL     },
        {"part of a name is another",     "ACM",  SERVICE,       "441234", SENDER_STAYS,    NULL     },
        {"a number with its plus",        "+447900", SERVICE,    "441234", SENDER_REFUSED,  NULL     },
        {"a number in another way",       "00 44-7900", SERVICE, "441234", SENDER_REFUSED,  NULL     },
        {"a plus before a name",          "+Plus", SERVICE,      "441234", SENDER_STAYS,    NULL     },
        {"no name at all",                "",     SERVICE,       "441234", SENDER_STAYS,    NULL     },
    };

    for (size_t i = 0; i < ROWS(cases); i++) {
        const char *becomes = NULL;

        CHECK_EQ(sender_find(rows, ROWS(rows), cases[i].name, cases[i].class,
                             cases[i].destination, &becomes),
                 cases[i].answer, cases[i].row);
        CHECK_EQ(becomes != NULL, cases[i].becomes != NULL, cases[i].row);
        if (becomes != NULL)
            CHECK_STR(becomes, cases[i].becomes, cases[i].row);
    }
    assert_int_equal(sender_find(NULL, 0, "ACME", SERVICE, "441234", NULL), SENDER_STAYS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(the_most_precise_row_says_what_becomes_of_a_name),
    };

    return RUN_ALL(tests);
}
