/* Amounts: read, written, added and multiplied without loss. */
#include "routing/money.h"

#include "tests/test.h"

static const struct {
    const char *text;
    bool ok;
    int64_t amount;
} readings[] = {
    {"0",                          true,  0            },
    {"-0",                         true,  0            },
    {"0.05",                       true,  50000        },
    {"0.000001",                   true,  1            },
    {"-0.000001",                  true,  -1           },
    {"1000000.00",                 true,  1000000000000},
    {"007",                        true,  7000000      },
    {"-12",                        true,  -12000000    },
    {"9223372036854.775807",       true,  INT64_MAX    },
    {"-9223372036854.775808",      true,  INT64_MIN    },
    {"9223372036854.775808",       false, 0            },
    {"-9223372036854.775809",      false, 0            },
    {"9223372036855",              false, 0            },
    {"99999999999999999999999999", false, 0            },
    {"",                           false, 0            },
    {"-",                          false, 0            },
    {"+1",                         false, 0            },
    {".5",                         false, 0            },
    {"5.",                         false, 0            },
    {"-.5",                        false, 0            },
    {"1.2.3",                      false, 0            },
    {"0.0000001",                  false, 0            },
    {"1,5",                        false, 0            },
    {" 1",                         false, 0            },
    {"1 ",                         false, 0            },
    {"1e3",                        false, 0            },
    {"0x10",                       false, 0            },
    {"--1",                        false, 0            },
};

TEST(an_amount_is_read_whole_or_not_at_all)
{
    for (size_t i = 0; i < ROWS(readings); i++) {
        int64_t amount = 77;

        CHECK_EQ(money_parse(readings[i].text, &amount), readings[i].ok, readings[i].text);
        CHECK_EQ(amount, readings[i].ok ? readings[i].amount : 77, readings[i].text);
    }
}

static const struct {
    int64_t amount;
    const char *text;
} writings[] = {
    {0,         "0.000000"             },
    {1,         "0.000001"             },
    {-1,        "-0.000001"            },
    {50000,     "0.050000"             },
    {999999,    "0.999999"             },
    {1000000,   "1.000000"             },
    {-12345678, "-12.345678"           },
    {INT64_MAX, "9223372036854.775807" },
    {INT64_MIN, "-9223372036854.775808"},
};

TEST(an_amount_is_written_with_six_decimals_and_read_back)
{
    for (size_t i = 0; i < ROWS(writings); i++) {
        char text[MONEY_TEXT_SIZE];
        int64_t amount = 0;

        CHECK(money_format(writings[i].amount, text) == text, writings[i].text);
        CHECK_STR(text, writings[i].text, writings[i].text);
        CHECK(money_parse(text, &amount), writings[i].text);
        CHECK_EQ(amount, writings[i].amount, writings[i].text);
    }
}

TEST(a_sum_that_does_not_fit_is_refused)
{
    int64_t out = 5;

    CHECK(money_add(INT64_MAX - 1, 1, &out), "fits");
    CHECK_EQ(out, INT64_MAX, "fits");
    CHECK(!money_add(INT64_MAX, 1, &out), "above");
    CHECK(!money_add(INT64_MIN, -1, &out), "below");
    CHECK_EQ(out, INT64_MAX, "untouched");
}

TEST(a_product_that_does_not_fit_is_refused)
{
    int64_t out = 5;

    CHECK(money_multiply(-3, UINT32_MAX, &out), "fits");
    CHECK_EQ(out, -3 * (int64_t)UINT32_MAX, "fits");
    CHECK(!money_multiply(INT64_MAX, 2, &out), "above");
    CHECK(!money_multiply(INT64_MIN, 2, &out), "below");
    CHECK_EQ(out, -3 * (int64_t)UINT32_MAX, "untouched");
    CHECK(money_multiply(INT64_MAX, 0, &out), "none");
    CHECK_EQ(out, 0, "none");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(an_amount_is_read_whole_or_not_at_all),
        RUN(an_amount_is_written_with_six_decimals_and_read_back),
        RUN(a_sum_that_does_not_fit_is_refused),
        RUN(a_product_that_does_not_fit_is_refused),
    };

    return RUN_ALL(tests);
}
