#include "gateway/turns.h"

#include <string.h>

#include "tests/test.h"

enum {
    SECOND_US = 1000000,
    OPERATIONS = 7,  /* of a message */
    ANSWER_US = 200, /* from its reading to the next one of who waits for it, or: */
    REST_MAX_US = 7000,
    STILL_US = TURNS_STILL_MS * 1000,
};

/* A loop with its clients, who send at their own pace or wait for what they are answered.
 */
struct loop {
    struct turns turns;
    int64_t now_us;
    int64_t steady_every_us; /* 0: none */
    int64_t steady_us;       /* the next of these */
    int64_t waits;           /* clients that wait */
    int64_t answer_us;       /* 0: ANSWER_US */
    int64_t waiting_us;      /* and when they send again */
    int64_t stall_every_us;  /* the machine stands still for 20 ms; 0: never */
    int64_t disk_every_us;   /* the disk does, for so long, and the loop turns on; */
    int64_t disk_us;         /* 0: never */
    uint64_t window;         /* so many of the steady are on their way at most; 0: any */
    uint64_t answered;       /* of them */
    uint64_t steady_read;
    uint64_t waiting_read;
    int64_t paced_us;
    int64_t longest_us; /* that one lay unread */
    uint64_t turned;
    uint64_t let_go;
};

/* For how long the disk has stood still. */
static int64_t stood_us(const struct loop *loop)
{
    int64_t us = loop->disk_every_us > 0 ? loop->now_us % loop->disk_every_us : 0;

    return us < loop->disk_us ? us : 0;
}

static bool is_full(const struct loop *loop)
{
    return loop->window > 0 && loop->steady_read - loop->answered >= loop->window;
}

static int64_t next_us(const struct loop *loop)
{
    int64_t us = INT64_MAX;

    if (is_full(loop))
        us = loop->now_us + loop->disk_us - stood_us(loop);
    else if (loop->steady_every_us > 0)
        us = loop->steady_us;
    if (loop->waits > 0 && loop->waiting_us < us)
        us = loop->waiting_us;
    return us < loop->now_us ? loop->now_us : us;
}

static void read_all(struct loop *loop)
{
    if (stood_us(loop) == 0)
        loop->answered = loop->steady_read;
    while (loop->steady_every_us > 0 && loop->steady_us <= loop->now_us && !is_full(loop)) {
        if (loop->now_us - loop->steady_us > loop->longest_us)
            loop->longest_us = loop->now_us - loop->steady_us;
        loop->steady_us += loop->steady_every_us;
        loop->steady_read++;
    }
    if (loop->waits > 0 && loop->waiting_us <= loop->now_us) {
        loop->waiting_us =
            loop->now_us + (loop->answer_us > 0 ? loop->answer_us : ANSWER_US);
        loop->waiting_read += (uint64_t)loop->waits;
    }
}

static void run_for(struct loop *loop, int64_t us)
{
    int64_t until_us = loop->now_us + us;

    while (loop->now_us < until_us) {
        int64_t before_us = loop->now_us;
        bool was_paced = loop->turns.paced;

        loop->now_us =
            was_paced ? before_us + turns_rest_us(&loop->turns, before_us) : next_us(loop);
        if (loop->stall_every_us > 0 &&
            loop->now_us / loop->stall_every_us != before_us / loop->stall_every_us)
            loop->now_us += 20000;
        loop->paced_us += was_paced ? loop->now_us - before_us : 0;
        read_all(loop);
        loop->turned++;
        if (stood_us(loop) > STILL_US)
            turns_stand_still(&loop->turns, loop->now_us);
        loop->let_go += turns_end(&loop->turns, loop->now_us,
                                  OPERATIONS * (loop->steady_read + loop->waiting_read),
                                  loop->steady_read + loop->waiting_read);
    }
}

TEST(what_comes_all_the_time_is_taken_by_a_beat)
{
    static const int64_t per_s[] = {300, 600, 1000, 2000, 5000, 10000};

    for (size_t i = 0; i < sizeof(per_s) / sizeof(*per_s); i++) {
        struct loop loop = {.steady_every_us = SECOND_US / per_s[i]};

        run_for(&loop, 10 * SECOND_US);
        CHECK(loop.steady_read >= 10 * (uint64_t)per_s[i], "all are read");
        CHECK(loop.paced_us > 95 * SECOND_US / 10, "nearly always");
        CHECK(loop.longest_us <= REST_MAX_US, "none lies for longer");
        CHECK(loop.let_go <= loop.turned, "never more than once a turn");
        CHECK(loop.turned < 10 * (uint64_t)per_s[i], "fewer turns than messages");
    }
}

TEST(what_comes_rarely_is_taken_at_once)
{
    struct loop loop = {.steady_every_us = SECOND_US / 100};

    run_for(&loop, 10 * SECOND_US);
    CHECK_EQ(loop.paced_us, 0, "no beat");
    CHECK_EQ(loop.longest_us, 0, "none lies");
    CHECK_EQ(loop.let_go, loop.turned, "nothing is held");
}

TEST(what_gathers_by_itself_needs_no_beat)
{
    struct loop loop = {.steady_every_us = SECOND_US / 50000};

    run_for(&loop, 10 * SECOND_US);
    CHECK_EQ(loop.paced_us, 0, "no beat");
}

TEST(who_waits_for_each_answer_is_hardly_slowed_down)
{
    enum { SECONDS = 20, FREELY = SECONDS * (SECOND_US / ANSWER_US) };

    for (int64_t waits = 1; waits <= 2; waits++) {
        struct loop loop = {.waits = waits};

        run_for(&loop, SECONDS * SECOND_US);
        CHECK(loop.waiting_read > (uint64_t)waits * FREELY * 98 / 100, "hardly");
        CHECK(loop.waiting_read <= (uint64_t)waits * FREELY, "no more than it can");
    }
}

/* With ten on their way the beat is so short that a third is lost, which one window does
 * not show for certain. */
TEST(who_waits_with_several_on_their_way_is_hardly_slowed_down)
{
    enum { SECONDS = 600 };
    static const int64_t answers_us[] = {500, 700, 900, 1300, 1700};

    for (size_t i = 0; i < ROWS(answers_us); i++) {
        struct loop loop = {.waits = 10, .answer_us = answers_us[i]};
        uint64_t freely = (uint64_t)10 * SECONDS * SECOND_US / (uint64_t)answers_us[i];

        run_for(&loop, SECONDS * SECOND_US);
        CHECK(loop.waiting_read > freely * 95 / 100, "hardly");
        CHECK(loop.waiting_read <= freely, "no more than it can");
    }
}

TEST(a_machine_that_stands_still_now_and_then_does_not_change_that)
{
    struct loop loop = {.waits = 1, .stall_every_us = SECOND_US / 3};

    run_for(&loop, 20 * SECOND_US);
    CHECK(loop.paced_us < SECOND_US, "a twentieth of the time at most");
}

/* Nobody sends what there is no room for, and that is not the beat's doing. */
TEST(a_disk_that_stands_still_now_and_then_does_not_end_the_beat)
{
    enum { SECONDS = 60 };
    struct loop loop = {.steady_every_us = SECOND_US / 5000,
                        .window = 100,
                        .disk_every_us = SECOND_US,
                        .disk_us = 90000};

    run_for(&loop, SECONDS * SECOND_US);
    CHECK(loop.steady_read >= SECONDS * (uint64_t)5000 * 99 / 100, "all are read");
    CHECK(loop.paced_us > SECONDS * SECOND_US / 10 * 9, "nearly always");
}

/* Among those who do not; after this he still waits. */
static void check_who_begins_to_wait_is_noticed(struct loop *loop)
{
    int64_t before_us;

    run_for(loop, 10 * SECOND_US);
    loop->waits = 1;
    loop->waiting_us = loop->now_us;
    run_for(loop, 3 * SECOND_US);
    before_us = loop->paced_us;
    run_for(loop, 10 * SECOND_US);
    CHECK(loop->paced_us - before_us < SECOND_US, "within three seconds");
}

TEST(who_begins_to_wait_is_noticed_among_those_who_do_not)
{
    struct loop loop = {.steady_every_us = SECOND_US / 1000};
    int64_t before_us;

    check_who_begins_to_wait_is_noticed(&loop);
    loop.waits = 0;
    run_for(&loop, 3 * SECOND_US);
    before_us = loop.paced_us;
    run_for(&loop, 10 * SECOND_US);
    CHECK(loop.paced_us - before_us > 9 * SECOND_US, "and that it has gone");
}

TEST(who_begins_to_wait_is_noticed_where_the_disk_is_always_slow)
{
    struct loop loop = {.steady_every_us = SECOND_US / 1000,
                        .disk_every_us = 2 * STILL_US,
                        .disk_us = 2 * STILL_US - 1000};

    check_who_begins_to_wait_is_noticed(&loop);
}

TEST(the_beat_ends_soon_after_the_last_message)
{
    struct loop loop = {.steady_every_us = SECOND_US / 1000};

    run_for(&loop, 10 * SECOND_US);
    loop.steady_us = INT64_MAX;
    loop.paced_us = 0;
    for (int turn = 0; turn < 100 && loop.turns.paced; turn++)
        run_for(&loop, 1);
    CHECK(!loop.turns.paced, "it ends");
    CHECK(loop.paced_us <= 100000, "within a tenth of a second");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        RUN(what_comes_all_the_time_is_taken_by_a_beat),
        RUN(what_comes_rarely_is_taken_at_once),
        RUN(what_gathers_by_itself_needs_no_beat),
        RUN(who_waits_for_each_answer_is_hardly_slowed_down),
        RUN(who_waits_with_several_on_their_way_is_hardly_slowed_down),
        RUN(a_machine_that_stands_still_now_and_then_does_not_change_that),
        RUN(a_disk_that_stands_still_now_and_then_does_not_end_the_beat),
        RUN(who_begins_to_wait_is_noticed_among_those_who_do_not),
        RUN(who_begins_to_wait_is_noticed_where_the_disk_is_always_slow),
        RUN(the_beat_ends_soon_after_the_last_message),
    };

    return RUN_ALL(tests);
}
