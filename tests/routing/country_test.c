/* Countries of numbers. */
#include "routing/country.h"

#include "routing/prefix.h"
#include "tests/test.h"

/* Numbers of ITU-T E.164 plans as their administrations publish them. */
static const struct {
    const char *digits;
    const char *country; /* "" is none */
} rows[] = {
    {"4917012345678", "DE"},
    {"447400123456",  "GB"},
    {"447781123456",  "GG"}, /* 7781: Guernsey */
    {"441534123456",  "JE"},
    {"12125550100",   "US"},
    {"14165550100",   "CA"}, /* Toronto */
    {"18765550100",   "JM"},
    {"79001234567",   "RU"},
    {"77011234567",   "KZ"},
    {"390669812345",  "VA"},
    {"393331234567",  "IT"},
    {"4779123456",    "SJ"},
    {"262639123456",  "YT"},
    {"262692123456",  "RE"},
    {"3581812345",    "AX"},
    {"35318012345",   "IE"},
    {"97912345678",   ""  }, /* international premium rate */
    {"881612345678",  ""  }, /* satellite */
    {"80012345678",   ""  },
    {"21012345678",   ""  }, /* not assigned */
    {"12345",         ""  }, /* a short code is nowhere */
    {"491234",        ""  },
    {"01701234567",   ""  }, /* as dialled at home */
};

TEST(a_number_is_of_the_country_whose_beginning_fits_best)
{
    struct prefix_map *map = country_map_new();

    for (size_t i = 0; i < ROWS(rows); i++)
        CHECK_EQ(country_of(map, rows[i].digits),
                 rows[i].country[0] ? country_code(rows[i].country) : COUNTRY_NONE,
                 rows[i].digits);
    prefix_map_free(map);
}

TEST(only_codes_of_the_table_are_countries)
{
    assert_int_equal(country_code("DE"), 'D' << 8 | 'E');
    assert_int_equal(country_code("de"), COUNTRY_NONE);
    assert_int_equal(country_code("XX"), COUNTRY_NONE);
    assert_int_equal(country_code("DEU"), COUNTRY_NONE);
    assert_int_equal(country_code(""), COUNTRY_NONE);
}

TEST(no_beginning_stands_twice)
{
    static const char *const digits[] = {
#define COUNTRY(beginning, code) beginning,
#include "routing/countries.def"
#undef COUNTRY
    };

    for (size_t i = 1; i < ROWS(digits); i++)
        CHECK(strcmp(digits[i - 1], digits[i]) < 0, digits[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(a_number_is_of_the_country_whose_beginning_fits_best),
        RUN(only_codes_of_the_table_are_countries),
        RUN(no_beginning_stands_twice),
    };

    return RUN_ALL(tests);
}
