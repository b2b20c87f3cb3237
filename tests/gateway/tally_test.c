#include "gateway/tally.h"

#include "tests/test.h"

enum { MESSAGES = 200000 };

/* All is right but for what is added here: said by rows, then by postings. */
static void say_all(struct tally *tally, int64_t extra_rows, int64_t extra_postings)
{
    for (uint64_t message = 1; message <= MESSAGES; message++)
        tally_say(tally, TALLY_CHARGED, message, message + 1, (int64_t)message * 50, 0);
    tally_say(tally, TALLY_HELD, 77, 0, extra_rows, 0);
    for (uint64_t message = MESSAGES; message >= 1; message--) {
        tally_say(tally, TALLY_CHARGED, message, message + 1, 0, (int64_t)message * 20);
        tally_say(tally, TALLY_CHARGED, message, message + 1, 0, (int64_t)message * 30);
    }
    tally_say(tally, TALLY_HELD, 77, 0, 0, extra_postings);
}

TEST(what_is_said_twice_alike_in_any_order_and_in_pieces_is_even)
{
    struct tally *tally = tally_new();

    say_all(tally, 5, 5);
    assert_false(tally_begin_naming(tally));
    tally_free(tally);
}

TEST(what_differs_is_named_and_nothing_else)
{
    static const struct {
        const char *row;
        int64_t by_rows;
        int64_t by_postings;
    } rows[] = {
        {"one too many",       7,         6        },
        {"only a row",         1,         0        },
        {"only a posting",     0,         -1       },
        {"the ends of it all", INT64_MIN, INT64_MAX},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tally *tally = tally_new();
        const struct tally_difference *one;
        size_t at = 0;

        say_all(tally, rows[i].by_rows, rows[i].by_postings);
        CHECK(tally_begin_naming(tally), rows[i].row);
        say_all(tally, rows[i].by_rows, rows[i].by_postings);
        one = tally_next(tally, &at);
        CHECK(one != NULL, rows[i].row);
        CHECK_EQ(one->side, TALLY_HELD, rows[i].row);
        CHECK_EQ(one->message, 77, rows[i].row);
        CHECK_EQ(one->attempt, 0, rows[i].row);
        CHECK_EQ(one->by_rows, rows[i].by_rows, rows[i].row);
        CHECK_EQ(one->by_postings, rows[i].by_postings, rows[i].row);
        CHECK(tally_next(tally, &at) == NULL, rows[i].row);
        tally_free(tally);
    }
}

TEST(the_same_amount_of_another_message_is_no_comfort)
{
    struct tally *tally = tally_new();
    const struct tally_difference *one;
    size_t named = 0;

    for (int reading = 0; reading < 2; reading++) {
        tally_say(tally, TALLY_COST, 1, 10, 300, 0);
        tally_say(tally, TALLY_COST, 2, 10, 0, 300);
        if (reading == 0)
            assert_true(tally_begin_naming(tally));
    }
    for (size_t at = 0; (one = tally_next(tally, &at)) != NULL; named++)
        assert_int_equal(one->by_rows + one->by_postings, 300);
    assert_int_equal(named, 2);
    tally_free(tally);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_said_twice_alike_in_any_order_and_in_pieces_is_even),
        cmocka_unit_test(what_differs_is_named_and_nothing_else),
        cmocka_unit_test(the_same_amount_of_another_message_is_no_comfort),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
