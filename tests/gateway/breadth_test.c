/* How many segments may be unanswered while the operator is slow.  Times are in seconds of
 * a time-out of 40 s. */
#include "gateway/channels/breadth.h"

#include "tests/test.h"

static struct breadth breadth;

static void answered(int64_t sent_s, int64_t now_s)
{
    breadth_answered(&breadth, sent_s * 1000, now_s * 1000, 40000);
}

TEST(a_late_answer_halves_it_once_for_all_that_was_sent_before)
{
    breadth_init(&breadth, 100);
    answered(0, 20);
    CHECK_EQ(breadth.now, 100, "half of the time is not late");
    answered(0, 21);
    answered(1, 22);
    answered(20, 41);
    CHECK_EQ(breadth.now, 50, "sent into the wider window");
    answered(21, 42);
    CHECK_EQ(breadth.now, 25, "sent into the narrower one");
}

TEST(there_is_always_one)
{
    breadth_init(&breadth, 100);
    for (int64_t at_s = 0; at_s < 1000; at_s += 30)
        answered(at_s, at_s + 30);
    CHECK_EQ(breadth.now, 1, "one");
}

TEST(quick_answers_give_it_back_and_no_more)
{
    breadth_init(&breadth, 8);
    answered(0, 21);
    answered(30, 45);
    CHECK_EQ(breadth.now, 4, "neither late nor quick");
    answered(50, 60);
    CHECK_EQ(breadth.now, 5, "a quarter of the time is quick");
    for (int64_t at_s = 60; at_s < 80; at_s++)
        answered(at_s, at_s);
    CHECK_EQ(breadth.now, 8, "its window");
}

/* Or a slow operator would be given one at a time for ever. */
TEST(fair_answers_give_it_back_slowly)
{
    breadth_init(&breadth, 8);
    answered(0, 21);
    for (int64_t at_s = 30; at_s < 33; at_s++)
        answered(at_s, at_s + 15);
    CHECK_EQ(breadth.now, 4, "three of four");
    answered(33, 48);
    CHECK_EQ(breadth.now, 5, "as many as there are places");
    for (int64_t at_s = 40; at_s < 40 + 5 + 6 + 7; at_s++)
        answered(at_s, at_s + 15);
    CHECK_EQ(breadth.now, 8, "its window");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(a_late_answer_halves_it_once_for_all_that_was_sent_before),
        RUN(there_is_always_one),
        RUN(quick_answers_give_it_back_and_no_more),
        RUN(fair_answers_give_it_back_slowly),
    };

    return RUN_ALL(tests);
}
