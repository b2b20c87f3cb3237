/* How often one recipient was written to. */
#include "gateway/repeats.h"

#include "tests/test.h"

static bool take(struct repeats *repeats, const char *digits, int64_t now_ms)
{
    if (!repeats_fits(repeats, digits, now_ms))
        return false;
    repeats_add(repeats, digits, now_ms);
    return true;
}

TEST(within_any_such_time_there_are_never_more)
{
    struct repeats *repeats = repeats_new(2, 1000);

    assert_true(take(repeats, "491", 0));
    assert_true(take(repeats, "491", 900));
    assert_false(take(repeats, "491", 999));
    assert_true(take(repeats, "491", 1000));
    assert_false(take(repeats, "491", 1899));
    assert_true(take(repeats, "491", 1900));
    repeats_free(repeats);
}

TEST(each_recipient_has_a_count_of_his_own)
{
    struct repeats *repeats = repeats_new(1, 1000);
    char digits[24];

    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 5000; i++) {
            snprintf(digits, sizeof(digits), "49170%07d", i);
            CHECK(take(repeats, digits, round * 1000), digits);
            CHECK(!take(repeats, digits, round * 1000), digits);
        }
    }
    assert_int_equal(repeats_forgotten(repeats), 0);
    repeats_free(repeats);
}

TEST(what_is_too_much_is_forgotten_from_its_oldest_and_counted)
{
    struct repeats *repeats = repeats_new(1, 1000);
    char digits[24];

    for (int i = 0; i <= REPEATS_MAX; i++) {
        snprintf(digits, sizeof(digits), "49%09d", i);
        CHECK(take(repeats, digits, 0), digits);
    }
    assert_int_equal(repeats_forgotten(repeats), 1);
    assert_true(repeats_fits(repeats, "49000000000", 0));
    assert_false(repeats_fits(repeats, "49000000001", 0));
    repeats_free(repeats);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(within_any_such_time_there_are_never_more),
        RUN(each_recipient_has_a_count_of_his_own),
        RUN(what_is_too_much_is_forgotten_from_its_oldest_and_counted),
    };

    return RUN_ALL(tests);
}
