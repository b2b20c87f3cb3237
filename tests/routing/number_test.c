/* What peers write as a phone number. */
#include "routing/number.h"

#include "tests/test.h"

static const struct {
    const char *text;
    const char *digits; /* NULL: refused */
} rows[] = {
    {"79001234567",           "79001234567"         },
    {"+49 170 1234567",       "491701234567"        },
    {"0049-170-1234567",      "491701234567"        },
    {"(7) 900.123-45-67",     "79001234567"         },
    {"112",                   "112"                 },
    {"00112",                 "112"                 },
    {"000",                   NULL                  }, /* of the prefix alone nothing is left */
    {"01234",                 "01234"               },
    {"12345678901234567890",  "12345678901234567890"},
    {"+12345678901234567890", "12345678901234567890"},
    {"123456789012345678901", NULL                  },
    {"12",                    NULL                  },
    {"+12",                   NULL                  },
    {"",                      NULL                  },
    {"+",                     NULL                  },
    {"00",                    NULL                  },
    {"++49170",               NULL                  },
    {"49+170",                NULL                  },
    {" +49170",               NULL                  },
    {"Sluice",                NULL                  },
    {"4917O1234",             NULL                  },
    {"---",                   NULL                  },
    {"49170\n",               NULL                  },
};

TEST(a_number_becomes_digits_or_is_refused)
{
    for (size_t i = 0; i < ROWS(rows); i++) {
        char out[NUMBER_SIZE] = "before";
        bool ok = number_normalise(rows[i].text, strlen(rows[i].text), out);

        CHECK_EQ(ok, rows[i].digits != NULL, rows[i].text);
        CHECK_STR(out, rows[i].digits ? rows[i].digits : "before", rows[i].text);
    }
}

TEST(only_the_octets_it_was_given_are_read)
{
    const char octets[] = {'4', '9', '1', '7', '0', 'x'};
    const char zero[] = {'4', '9', 0, '7', '0'};
    char out[NUMBER_SIZE];

    CHECK(number_normalise(octets, 5, out), "without the last");
    CHECK_STR(out, "49170", "without the last");
    CHECK(!number_normalise(octets, 6, out), "with it");
    CHECK(!number_normalise(zero, 5, out), "a zero octet is no digit");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(a_number_becomes_digits_or_is_refused),
        RUN(only_the_octets_it_was_given_are_read),
    };

    return RUN_ALL(tests);
}
