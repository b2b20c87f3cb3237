#include "gateway/spread.h"

#include "tests/test.h"

/* A first work of this size and time, without rests; then the next begins. */
static struct spread begun(int64_t size, int64_t took_us, int64_t next_size,
                           int64_t until_next_us)
{
    struct spread spread = {0};

    spread_begin(&spread, 1000, size, until_next_us);
    assert_int_equal(spread_end(&spread, 1000 + took_us), took_us);
    spread_begin(&spread, 500000, next_size, until_next_us);
    return spread;
}

TEST(it_rests_for_most_of_the_time_until_the_next_and_never_where_there_is_none)
{
    static const struct {
        int64_t took_us, next_size, until_next_us;
        int64_t rest_percent;
    } rows[] = {
        {100000, 10, 500000,  250}, /* 350 ms for 100 of work */
        {100000, 20, 500000,  75 }, /* twice as much: 350 for 200 */
        {100000, 10, 143000,  0  },
        {100000, 10, 100000,  0  }, /* it cannot follow */
        {100000, 10, 0,       0  },
        {1000,   10, 2000000, 400}, /* and never much longer than it needs */
        {0,      10, 500000,  0  }, /* nothing is known of it */
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct spread spread =
            begun(10, rows[i].took_us, rows[i].next_size, rows[i].until_next_us);

        if (spread.rest_percent != rows[i].rest_percent)
            fail_msg("row %zu: %lld", i, (long long)spread.rest_percent);
    }
}

TEST(a_first_work_takes_no_rest)
{
    struct spread spread = {0};

    spread_begin(&spread, 0, 10, 1000000);
    assert_int_equal(spread_rest_us(&spread, 50000), 0);
}

TEST(a_piece_is_a_millisecond_and_its_rest_is_no_work)
{
    struct spread spread = begun(10, 100000, 10, 500000);

    assert_int_equal(spread_rest_us(&spread, 500000 + SPREAD_PIECE_US - 1), 0);
    assert_int_equal(spread_rest_us(&spread, 500000 + SPREAD_PIECE_US), 2500);
    spread_rested(&spread, 501000, 504000); /* it was longer than asked */
    assert_int_equal(spread_rest_us(&spread, 504999), 0);
    assert_int_equal(spread_rest_us(&spread, 505200), 3000);
    assert_int_equal(spread_end(&spread, 505200), 2200);
}

TEST(who_was_kept_from_working_does_not_rest_for_it)
{
    struct spread spread = begun(10, 100000, 10, 500000);

    assert_int_equal(spread_rest_us(&spread, 500000 + 40 * SPREAD_PIECE_US), 5000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(it_rests_for_most_of_the_time_until_the_next_and_never_where_there_is_none),
        RUN(a_first_work_takes_no_rest),
        RUN(a_piece_is_a_millisecond_and_its_rest_is_no_work),
        RUN(who_was_kept_from_working_does_not_rest_for_it),
    };

    return RUN_ALL(tests);
}
