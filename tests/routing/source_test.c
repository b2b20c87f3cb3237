/* Senders against patterns. */
#include "routing/source.h"

#include "tests/test.h"

static const struct {
    const char *pattern;
    const char *source;
    bool fits;
} rows[] = {
    {"*",             "",               true },
    {"*",             "Shop",           true },
    {"numeric",       "491701234567",   true },
    {"numeric",       "+49 170 123",    true },
    {"numeric",       "Shop",           false},
    {"numeric",       "",               false},
    {"alphanumeric",  "Shop",           true },
    {"alphanumeric",  "4917012",        false},
    {"alphanumeric",  "12",             true }, /* too short for a number */
    {"alphanumeric",  "",               false},
    {"ACME*",         "ACME",           true },
    {"ACME*",         "ACME Bank",      true },
    {"ACME*",         "ACM",            false},
    {"ACME*",         "acme",           false},
    {"ACME",          "ACME",           true },
    {"ACME",          "ACME Bank",      false},
    {"+4479*",        "447911123456",   true },
    {"+4479*",        "+447911123456",  true },
    {"4479*",         "00447911123456", true },
    {"+4479*",        "447811123456",   false},
    {"+4479*",        "4479x",          false},
    {"0044*",         "447811123456",   true },
    {"+447911123456", "447911123456",   true },
    {"+447911123456", "4479111234567",  false},
    {"447*",          "447",            true },
    {"7*",            "7 Days",         false}, /* a number's beginning fits no name */
    {"7 D*",          "7 Days",         true },
};

TEST(a_source_fits_what_its_pattern_says)
{
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct source_pattern pattern;

        CHECK(source_pattern_read(rows[i].pattern, &pattern), rows[i].pattern);
        if (source_fits(&pattern, 1, rows[i].source) != rows[i].fits)
            fail_msg("\"%s\" and \"%s\"", rows[i].pattern, rows[i].source);
    }
}

TEST(one_pattern_of_several_is_enough_and_none_is_never)
{
    struct source_pattern patterns[2];

    assert_true(source_pattern_read("ACME*", &patterns[0]));
    assert_true(source_pattern_read("+4479*", &patterns[1]));
    assert_true(source_fits(patterns, 2, "ACME"));
    assert_true(source_fits(patterns, 2, "447900000000"));
    assert_false(source_fits(patterns, 2, "Other"));
    assert_false(source_fits(patterns, 0, "ACME"));
}

TEST(a_star_stands_at_the_end_and_a_sender_has_twenty_characters)
{
    struct source_pattern pattern;

    assert_false(source_pattern_read("A*ME", &pattern));
    assert_false(source_pattern_read("**", &pattern));
    assert_false(source_pattern_read("123456789012345678901", &pattern));
    assert_false(source_pattern_read("123456789012345678901*", &pattern));
    assert_true(source_pattern_read("12345678901234567890*", &pattern));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(a_source_fits_what_its_pattern_says),
        RUN(one_pattern_of_several_is_enough_and_none_is_never),
        RUN(a_star_stands_at_the_end_and_a_sender_has_twenty_characters),
    };

    return RUN_ALL(tests);
}
