/* Ids: unique and rising, whatever the clock does. */
#include "gateway/ids.h"

#include "tests/test.h"

enum { EPOCH_S = 1767225600 }; /* 2026-01-01 */

static const int64_t now_ms = (int64_t)EPOCH_S * 1000 + 86400000;

TEST(an_id_says_when_and_where_it_was_made)
{
    struct ids ids = {.node = 1023};
    uint64_t id = ids_next(&ids, now_ms);

    assert_int_equal(ids_time_ms(id), now_ms);
    assert_int_equal(id >> 12 & 1023, 1023);
    assert_true(id < (uint64_t)1 << 63);
    assert_true(ids_first_at(now_ms) <= id && id < ids_first_at(now_ms + 1));
    assert_int_equal(ids_first_at(0), 0);
}

TEST(ids_rise_also_when_a_millisecond_is_used_up)
{
    struct ids ids = {.node = 5};
    uint64_t before = 0;

    for (int i = 0; i < 10000; i++) {
        uint64_t id = ids_next(&ids, now_ms);

        assert_true(id > before);
        assert_int_equal(id >> 12 & 1023, 5);
        before = id;
    }
    /* 4096 in each: the third is in use. */
    assert_int_equal(ids_time_ms(before), now_ms + 2);
}

TEST(ids_rise_when_the_clock_goes_back)
{
    struct ids ids = {0};
    uint64_t before = ids_next(&ids, now_ms);

    for (int64_t back_ms = 1; back_ms < now_ms; back_ms *= 3) {
        uint64_t id = ids_next(&ids, now_ms - back_ms);

        assert_true(id > before);
        before = id;
    }
}

TEST(before_2026_ids_are_made_too)
{
    struct ids ids = {0};
    uint64_t first = ids_next(&ids, 0);

    assert_true(first > 0);
    assert_true(ids_next(&ids, 0) > first);
}

TEST(what_another_process_gave_out_does_not_come_again)
{
    static const struct {
        const char *row;
        uint64_t seen_at_ms; /* after now */
        uint64_t rest;       /* node and sequence */
    } rows[] = {
        {"in the past",                 0,    0       },
        {"the last of a millisecond",   1,    0x3FFFFF},
        {"of another node",             1,    5 << 12 },
        {"an hour ahead of this clock", 3600, 7       },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct ids ids = {0};
        uint64_t seen = ((uint64_t)86400000 + rows[i].seen_at_ms) << 22 | rows[i].rest;

        ids_seen(&ids, seen);
        CHECK(ids_next(&ids, now_ms) > seen, rows[i].row);
        /* One that is older changes nothing. */
        ids_seen(&ids, 1);
        CHECK(ids_next(&ids, now_ms) > seen, rows[i].row);
    }
}

/* A run over the end of a millisecond's sequence. */
TEST(in_a_run_ids_are_found_by_their_distance)
{
    struct ids ids = {.node = 1023};
    uint64_t run[600];

    for (int i = 0; i < 3800; i++)
        (void)ids_next(&ids, now_ms);
    for (size_t i = 0; i < ROWS(run); i++)
        run[i] = ids_next(&ids, now_ms);
    assert_true(ids_time_ms(run[ROWS(run) - 1]) > ids_time_ms(run[0]));
    for (uint32_t i = 0; i < ROWS(run); i++) {
        assert_int_equal(ids_after(run[0], i), run[i]);
        assert_int_equal(ids_before(run[i], i), run[0]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(an_id_says_when_and_where_it_was_made),
        RUN(ids_rise_also_when_a_millisecond_is_used_up),
        RUN(ids_rise_when_the_clock_goes_back),
        RUN(before_2026_ids_are_made_too),
        RUN(what_another_process_gave_out_does_not_come_again),
        RUN(in_a_run_ids_are_found_by_their_distance),
    };

    return RUN_ALL(tests);
}
