/* How many tries may be ahead of their reports.  The step lasts 2 s. */
#include "gateway/backlog.h"

#include "tests/test.h"

enum { WITHIN_MS = 2000, LEAST = 10, MOST = 100000 };

static struct backlog backlog;

/* One each millisecond, from then on. */
static void send(int64_t from_ms, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        backlog_sent(&backlog, from_ms + i);
}

static void heard(int64_t sent_ms, int64_t now_ms)
{
    backlog_heard(&backlog, sent_ms, now_ms, WITHIN_MS, true);
}

/* So many more may be sent at this moment. */
static uint64_t room(int64_t now_ms)
{
    struct backlog after = backlog;
    uint64_t count = 0;

    for (; count < MOST && backlog_has_room(&after, now_ms); count++)
        backlog_sent(&after, now_ms);
    return count;
}

TEST(a_late_report_halves_the_line_behind_it)
{
    backlog_init(&backlog, LEAST, MOST, 0);
    send(1000, 1200);
    heard(1200, 2200);
    CHECK_EQ(room(2200), MOST, "half of the step is not late");
    heard(1199, 2200);
    CHECK(!backlog_has_room(&backlog, 2200), "about 1000 are in it");
    heard(1650, 2300);
    CHECK(!backlog_has_room(&backlog, 2300), "about 550 are");
    heard(1750, 2400);
    CHECK(backlog_has_room(&backlog, 2400), "about 450 are");
    CHECK(room(2400) >= 40 && room(2400) <= 90, "up to 500, to the next mark");
}

TEST(what_was_sent_into_the_longer_line_says_no_more)
{
    backlog_init(&backlog, LEAST, MOST, 0);
    send(1000, 1200);
    heard(1100, 2200);
    for (int64_t sent_ms = 1110; sent_ms < 2200; sent_ms++)
        heard(sent_ms, 2200);
    heard(1105, 2400);
    CHECK(room(2400) >= 500, "halved once");
}

/* We were not there to hear of it. */
TEST(what_was_sent_before_the_start_says_nothing)
{
    backlog_init(&backlog, LEAST, MOST, 5000);
    send(5000, 100);
    heard(1000, 5100);
    CHECK_EQ(room(5100), MOST, "nothing is held back");
}

TEST(what_has_its_permit_is_in_the_line)
{
    backlog_init(&backlog, LEAST, MOST, 0);
    backlog_sent(&backlog, 1000);
    heard(1000, 2400);
    CHECK_EQ(room(2400), LEAST, "the least");
    for (int i = 0; i < LEAST; i++)
        backlog_permit(&backlog);
    CHECK(!backlog_has_room(&backlog, 2400), "all of them permitted");
    backlog_permit_durable(&backlog);
    CHECK_EQ(room(2400), 1, "one came back");
}

TEST(some_may_always_be_sent)
{
    backlog_init(&backlog, LEAST, MOST, 0);
    for (int64_t at_ms = 1000; at_ms < 100000; at_ms += 1500) {
        backlog_sent(&backlog, at_ms);
        heard(at_ms, at_ms + 1400);
    }
    CHECK_EQ(room(100000), LEAST, "not less");
}

/* Of those that never report nobody waits longer than the step. */
TEST(who_reports_nothing_makes_no_line)
{
    backlog_init(&backlog, LEAST, MOST, 0);
    send(1000, 1200);
    heard(1100, 2200);
    CHECK(!backlog_has_room(&backlog, 2200), "in the line");
    CHECK(backlog_has_room(&backlog, 2200 + WITHIN_MS), "out of it");
}

TEST(what_is_refused_leaves_the_line)
{
    backlog_init(&backlog, LEAST, MOST, 0);
    backlog_sent(&backlog, 1000);
    heard(1000, 2400);
    for (int i = 0; i < LEAST; i++)
        backlog_sent(&backlog, 2400);
    CHECK(!backlog_has_room(&backlog, 2450), "in the line");
    for (int i = 0; i < LEAST; i++)
        backlog_refused(&backlog, 2400);
    CHECK_EQ(room(2450), LEAST, "out of it");
}

/* The last that were sent too, all at once, though nothing follows them. */
TEST(who_stops_reporting_is_tried_again)
{
    backlog_init(&backlog, LEAST, MOST, 0);
    backlog_sent(&backlog, 1000);
    heard(1000, 2400);
    for (int i = 0; i < LEAST; i++)
        backlog_sent(&backlog, 2400);
    CHECK(!backlog_has_room(&backlog, 2400), "in the line");
    CHECK_EQ(room(2440 + WITHIN_MS), LEAST, "out of it");
}

TEST(who_has_time_is_not_told_by_late_reports)
{
    backlog_init(&backlog, LEAST, MOST, 0);
    send(1000, 1200);
    backlog_heard(&backlog, 1100, 2200, WITHIN_MS, false);
    CHECK_EQ(room(2200), MOST, "nothing is held back");
}

TEST(quick_reports_let_it_grow_again)
{
    backlog_init(&backlog, LEAST, MOST, 0);
    send(1000, 1200);
    heard(1100, 2200);
    for (int64_t i = 0; i < 100; i++)
        heard(2199, 2300);
    CHECK(room(2300) >= 600 && room(2300) <= 700, "by one each");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(a_late_report_halves_the_line_behind_it),
        RUN(what_was_sent_into_the_longer_line_says_no_more),
        RUN(what_was_sent_before_the_start_says_nothing),
        RUN(what_has_its_permit_is_in_the_line),
        RUN(some_may_always_be_sent),
        RUN(who_reports_nothing_makes_no_line),
        RUN(what_is_refused_leaves_the_line),
        RUN(who_stops_reporting_is_tried_again),
        RUN(who_has_time_is_not_told_by_late_reports),
        RUN(quick_reports_let_it_grow_again),
    };

    return RUN_ALL(tests);
}
