/* Parts and money of an hour and a day. */
#include "routing/usage.h"

#include "tests/test.h"

static const int64_t hour_ms = 3600000, day_ms = 86400000;
static const int64_t noon_ms = 20000LL * 86400000 + 12 * 3600000; /* of some day, UTC */

static enum usage_kind take(struct usage *usage, const struct usage_limits *limits,
                            int64_t now_ms, uint32_t parts, int64_t spend)
{
    enum usage_kind kind;

    usage_roll(usage, now_ms);
    kind = usage_ask(usage, limits, parts, spend);
    if (kind == USAGE_FITS)
        usage_add(usage, parts, spend);
    return kind;
}

TEST(a_limit_is_reached_and_never_passed)
{
    static const struct {
        const char *row;
        struct usage_limits limits;
        enum usage_kind kind;
    } rows[] = {
        {"parts of an hour", {{5, 0, 0, 0}},     USAGE_PARTS_HOUR},
        {"parts of a day",   {{0, 5, 0, 0}},     USAGE_PARTS_DAY },
        {"money of an hour", {{0, 0, 500, 0}},   USAGE_SPEND_HOUR},
        {"money of a day",   {{9, 9, 900, 500}}, USAGE_SPEND_DAY },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct usage usage = {.since_ms = 1};

        CHECK_EQ(take(&usage, &rows[i].limits, noon_ms, 2, 200), USAGE_FITS, rows[i].row);
        CHECK_EQ(take(&usage, &rows[i].limits, noon_ms, 2, 200), USAGE_FITS, rows[i].row);
        CHECK_EQ(take(&usage, &rows[i].limits, noon_ms, 2, 200), rows[i].kind, rows[i].row);
        CHECK_EQ(take(&usage, &rows[i].limits, noon_ms, 1, 100), USAGE_FITS, rows[i].row);
        CHECK_EQ(take(&usage, &rows[i].limits, noon_ms, 1, 1), rows[i].kind, rows[i].row);
    }
}

TEST(an_hour_and_a_day_begin_by_the_clock)
{
    const struct usage_limits limits = {
        {1, 3, 0, 0}
    };
    struct usage usage = {.since_ms = 1};

    assert_int_equal(take(&usage, &limits, noon_ms, 1, 0), USAGE_FITS);
    assert_int_equal(take(&usage, &limits, noon_ms + hour_ms - 1, 1, 0), USAGE_PARTS_HOUR);
    assert_int_equal(usage_ends_ms(&usage, USAGE_PARTS_HOUR), noon_ms + hour_ms);
    assert_int_equal(take(&usage, &limits, noon_ms + hour_ms, 1, 0), USAGE_FITS);
    assert_int_equal(take(&usage, &limits, noon_ms + 2 * hour_ms, 1, 0), USAGE_FITS);
    assert_int_equal(take(&usage, &limits, noon_ms + 3 * hour_ms, 1, 0), USAGE_PARTS_DAY);
    assert_int_equal(usage_ends_ms(&usage, USAGE_PARTS_DAY), noon_ms + day_ms / 2);
    assert_int_equal(take(&usage, &limits, noon_ms + 12 * hour_ms, 1, 0), USAGE_FITS);
}

TEST(a_clock_that_goes_back_a_little_gives_nothing_back)
{
    const struct usage_limits limits = {
        {1, 0, 0, 0}
    };
    struct usage usage = {.since_ms = 1};

    assert_int_equal(take(&usage, &limits, noon_ms, 1, 0), USAGE_FITS);
    assert_int_equal(take(&usage, &limits, noon_ms - 1, 1, 0), USAGE_PARTS_HOUR);
    /* One that was far ahead does not stop the account for good. */
    assert_int_equal(take(&usage, &limits, noon_ms - 3 * hour_ms, 1, 0), USAGE_FITS);
}

TEST(what_comes_back_counts_no_more_in_its_own_hour_and_day)
{
    const struct usage_limits limits = {
        {0, 0, 100, 150}
    };
    struct usage usage = {.since_ms = noon_ms};

    assert_int_equal(take(&usage, &limits, noon_ms, 1, 100), USAGE_FITS);
    usage_correct(&usage, noon_ms, -40);
    assert_int_equal(take(&usage, &limits, noon_ms, 1, 41), USAGE_SPEND_HOUR);
    assert_int_equal(take(&usage, &limits, noon_ms, 1, 40), USAGE_FITS);
    /* In the next hour it is still of the day. */
    assert_int_equal(take(&usage, &limits, noon_ms + hour_ms, 1, 51), USAGE_SPEND_DAY);
    usage_correct(&usage, noon_ms, -1);
    assert_int_equal(usage.used[USAGE_SPEND_HOUR], 0);
    assert_int_equal(take(&usage, &limits, noon_ms + hour_ms, 1, 51), USAGE_FITS);
    /* Parts do not come back, and what was never counted gives nothing. */
    assert_int_equal(usage.used[USAGE_PARTS_DAY], 3);
    usage_correct(&usage, noon_ms - 1, -10);
    assert_int_equal(usage.used[USAGE_SPEND_DAY], 150);
}

/* The limits came while the clock was years ahead. */
TEST(what_comes_back_is_known_after_the_clock_was_set_right)
{
    const struct usage_limits limits = {
        {0, 0, 0, 1000}
    };
    struct usage usage = {.since_ms = noon_ms + 1000 * day_ms};

    assert_int_equal(take(&usage, &limits, noon_ms + 1000 * day_ms, 1, 400), USAGE_FITS);
    assert_int_equal(take(&usage, &limits, noon_ms, 1, 900), USAGE_FITS);
    usage_correct(&usage, noon_ms, -900);
    assert_int_equal(take(&usage, &limits, noon_ms, 1, 900), USAGE_FITS);
}

TEST(sums_at_the_end_of_the_numbers_stay_there)
{
    const struct usage_limits limits = {
        {0, 0, INT64_MAX, 0}
    };
    struct usage usage = {.since_ms = 1};

    assert_int_equal(take(&usage, &limits, noon_ms, 1, INT64_MAX), USAGE_FITS);
    assert_int_equal(take(&usage, &limits, noon_ms, 1, 1), USAGE_SPEND_HOUR);
    usage_correct(&usage, noon_ms, INT64_MAX);
    assert_int_equal(usage.used[USAGE_SPEND_HOUR], INT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(a_limit_is_reached_and_never_passed),
        RUN(an_hour_and_a_day_begin_by_the_clock),
        RUN(a_clock_that_goes_back_a_little_gives_nothing_back),
        RUN(what_comes_back_counts_no_more_in_its_own_hour_and_day),
        RUN(what_comes_back_is_known_after_the_clock_was_set_right),
        RUN(sums_at_the_end_of_the_numbers_stay_there),
    };

    return RUN_ALL(tests);
}
