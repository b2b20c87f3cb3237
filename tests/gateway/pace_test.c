/* How fast a link may go after its operator said that it is too fast. */
#include "gateway/channels/pace.h"

#include "tests/test.h"

/* The operator takes so many a second, from `from_s` on. */
static void take(struct pace *pace, unsigned per_s, int from_s, int seconds)
{
    for (int second = from_s; second < from_s + seconds; second++)
        for (unsigned i = 0; i < per_s; i++)
            pace_taken(pace, second * 1000 + (int64_t)(i * 1000 / per_s));
}

TEST(it_is_lowered_to_three_quarters_of_what_was_taken)
{
    static const struct {
        const char *row;
        uint32_t given;
        unsigned taken;
        int64_t wanted;
    } rows[] = {
        {"below its own rate",      200, 100, 75},
        {"at its own rate",         100, 100, 75},
        {"without a rate",          0,   100, 75},
        {"nothing was ever taken",  100, 0,   75},
        {"one a second",            100, 1,   1 },
        {"nothing, without a rate", 0,   0,   0 },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct pace pace;

        pace_init(&pace, rows[i].given, 0);
        take(&pace, rows[i].taken, 0, 5);
        pace_throttled(&pace, 5000);
        CHECK_EQ(pace_per_s(&pace), rows[i].wanted, rows[i].row);
        CHECK_EQ(pace_is_lowered(&pace), rows[i].wanted != 0, rows[i].row);
    }
}

TEST(congestion_lowers_it_once_a_second_by_what_was_taken_in_the_one_before)
{
    struct pace pace;

    pace_init(&pace, 0, 0);
    pace_taken(&pace, 1000);
    pace_congested(&pace, 1001);
    CHECK_EQ(pace_per_s(&pace), 0, "one answer is no rate");
    take(&pace, 100, 2, 2);
    pace_taken(&pace, 4000);
    pace_congested(&pace, 4001);
    CHECK_EQ(pace_per_s(&pace), 75, "of the second before");
    pace_congested(&pace, 4500);
    CHECK_EQ(pace_per_s(&pace), 75, "not twice in a second");
    take(&pace, 60, 5, 1);
    pace_taken(&pace, 6000);
    pace_congested(&pace, 6001);
    CHECK_EQ(pace_per_s(&pace), 45, "and again");
}

TEST(it_climbs_back_to_its_own_rate_and_no_higher)
{
    struct pace pace;

    pace_init(&pace, 100, 0);
    take(&pace, 100, 0, 3);
    pace_throttled(&pace, 3000);
    CHECK_EQ(pace_wait_ms(&pace, 3999), 0, "not yet a second");
    CHECK_EQ(pace_per_s(&pace), 75, "at once");
    (void)pace_wait_ms(&pace, 4000);
    CHECK_EQ(pace_per_s(&pace), 80, "after a second");
    (void)pace_wait_ms(&pace, 7500);
    CHECK_EQ(pace_per_s(&pace), 95, "after four");
    CHECK(pace_is_lowered(&pace), "after four");
    (void)pace_wait_ms(&pace, 600000);
    CHECK_EQ(pace_per_s(&pace), 100, "in the end");
    CHECK(!pace_is_lowered(&pace), "in the end");
}

TEST(without_a_rate_it_is_free_again_at_twice_of_what_was_too_much)
{
    struct pace pace;

    pace_init(&pace, 0, 0);
    take(&pace, 100, 0, 2);
    pace_throttled(&pace, 2000);
    (void)pace_wait_ms(&pace, 2000 + 24000);
    CHECK_EQ(pace_per_s(&pace), 195, "on its way");
    (void)pace_wait_ms(&pace, 2000 + 25000);
    CHECK_EQ(pace_per_s(&pace), 0, "no limit");
}

TEST(another_word_lowers_it_further)
{
    struct pace pace;

    pace_init(&pace, 100, 0);
    take(&pace, 100, 0, 2);
    pace_throttled(&pace, 2000);
    take(&pace, 60, 2, 2);
    pace_throttled(&pace, 4000);
    CHECK_EQ(pace_per_s(&pace), 45, "three quarters of 60");
    (void)pace_wait_ms(&pace, 6000);
    CHECK_EQ(pace_per_s(&pace), 55, "as fast back as ever");
}

TEST(a_limit_that_appears_holds_at_once)
{
    struct pace pace;
    int now = 0;

    pace_init(&pace, 0, 0);
    for (int i = 0; i < 1000; i++)
        bucket_take(&pace.bucket);
    take(&pace, 40, 0, 1);
    pace_throttled(&pace, 1000);
    for (; now < 100 && pace_wait_ms(&pace, 1500) == 0; now++)
        bucket_take(&pace.bucket);
    CHECK_EQ(now, 15, "half a second of 30");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(it_is_lowered_to_three_quarters_of_what_was_taken),
        RUN(congestion_lowers_it_once_a_second_by_what_was_taken_in_the_one_before),
        RUN(it_climbs_back_to_its_own_rate_and_no_higher),
        RUN(without_a_rate_it_is_free_again_at_twice_of_what_was_too_much),
        RUN(another_word_lowers_it_further),
        RUN(a_limit_that_appears_holds_at_once),
    };

    return RUN_ALL(tests);
}
