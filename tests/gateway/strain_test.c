#include "gateway/strain.h"

#include "tests/test.h"

TEST(a_loop_that_is_busy_all_the_time_is_short_of_it)
{
    static const struct {
        int64_t passed_us;
        int64_t busy_us;
        bool is_short;
    } rows[] = {
        {20000, 20000, true },
        {20000, 18000, true },
        {20000, 17999, false},
        {20000, 0,     false},
        {90000, 81000, true }, /* one turn may be long */
        {90000, 40000, false},
    };
    struct strain strain = {0};
    int64_t now_us = 1000000, busy_us = 5000;

    strain_look(&strain, now_us, busy_us, false);
    for (size_t i = 0; i < ROWS(rows); i++) {
        now_us += rows[i].passed_us;
        busy_us += rows[i].busy_us;
        assert_true(strain_is_due(&strain, now_us));
        strain_look(&strain, now_us, busy_us, false);
        if (strain.is_short != rows[i].is_short)
            fail_msg("row %zu", i);
        assert_false(strain_is_due(&strain, now_us + 19999));
    }
}

TEST(tables_that_never_rest_are_short_of_time_too)
{
    enum { LOOKS = 20 };
    struct strain strain = {0};
    int64_t now_us = 0;

    for (unsigned round = 0; round < 2; round++) {
        for (unsigned look = 1; look <= LOOKS; look++) {
            strain_look(&strain, now_us += 20000, 0, true);
            assert_int_equal(strain.is_short, look == LOOKS);
        }
        strain_look(&strain, now_us += 20000, 0, false);
        assert_false(strain.is_short);
    }
}

TEST(it_lasts_a_second_longer_than_the_last_look_that_found_it)
{
    struct strain strain = {0};

    assert_false(strain_lasts(&strain, 500000));
    strain_look(&strain, 1000000, 1000000, false);
    assert_true(strain_lasts(&strain, 1000000));
    strain_look(&strain, 1020000, 1000000, false);
    assert_false(strain.is_short);
    assert_true(strain_lasts(&strain, 1999999));
    assert_false(strain_lasts(&strain, 2000000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(a_loop_that_is_busy_all_the_time_is_short_of_it),
        RUN(tables_that_never_rest_are_short_of_time_too),
        RUN(it_lasts_a_second_longer_than_the_last_look_that_found_it),
    };

    return RUN_ALL(tests);
}
