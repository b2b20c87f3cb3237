/* The wheel of jobs.c: every job comes once, in time, whatever its wait. */
#include "tests/test.h"

#include <stdlib.h>

#include "tests/peers/jobs.h"
#include "tests/peers/random.h"

enum {
    CAPACITY = 1000,
    QUEUES = 2,
};

TEST(every_wait_ends_in_its_own_millisecond)
{
    static const int64_t waits_ms[] = {0,    1,    63,   64,     4095,    4096,
                                       4097, 8191, 8192, 100000, 3600000, 14400000};
    /* Begins of all kinds: at a border of the wheel's blocks, before and behind one. */
    static const int64_t begins_ms[] = {0, 1, 4095, 4096, 4097, 16777215, 16777216};

    for (size_t b = 0; b < ROWS(begins_ms); b++) {
        for (size_t w = 0; w < ROWS(waits_ms); w++) {
            struct jobs *jobs = jobs_new(CAPACITY, QUEUES);
            struct job *job = jobs_take(jobs);
            int64_t now_ms = begins_ms[b];
            struct job *due = NULL;

            jobs_wait(jobs, job, now_ms, waits_ms[w]);
            while (due == NULL) {
                now_ms = jobs_ask_at_ms(jobs);
                CHECK(now_ms <= begins_ms[b] + waits_ms[w], "asked too late");
                due = jobs_due(jobs, now_ms);
            }
            CHECK(due == job, "the job");
            CHECK_EQ(now_ms, begins_ms[b] + waits_ms[w], "due");
            CHECK_EQ(jobs_ask_at_ms(jobs), -1, "nothing waits");
            jobs_free(jobs);
        }
    }
}

TEST(a_thousand_waits_come_in_order_and_once)
{
    struct jobs *jobs = jobs_new(CAPACITY, QUEUES);
    struct random random = {7};
    int64_t now_ms = 123456;
    int64_t last_ms = 0;
    size_t count = 0;
    struct job *job;

    for (size_t i = 0; i < CAPACITY; i++)
        jobs_wait(jobs, jobs_take(jobs), now_ms, (int64_t)random_below(&random, 20000));
    assert_null(jobs_take(jobs));
    for (; count < CAPACITY; now_ms += 37) {
        while ((job = jobs_due(jobs, now_ms)) != NULL) {
            CHECK(job->due_ms <= now_ms && job->due_ms > now_ms - 37, "in time");
            CHECK(job->due_ms >= last_ms, "in order");
            last_ms = job->due_ms;
            jobs_give(jobs, job);
            count++;
        }
        CHECK(now_ms < 123456 + 30000, "all come");
    }
    CHECK_EQ(jobs_in_use(jobs), 0, "all are back");
    jobs_free(jobs);
}

TEST(a_wait_that_begins_after_a_long_silence_is_not_shortened)
{
    struct jobs *jobs = jobs_new(CAPACITY, QUEUES);
    struct job *job = jobs_take(jobs);
    const int64_t later_ms = 10LL * 24 * 3600 * 1000;

    jobs_wait(jobs, job, 5, 1);
    CHECK(jobs_due(jobs, 10) == job, "first");
    jobs_wait(jobs, job, later_ms, 500);
    CHECK(jobs_due(jobs, later_ms + 499) == NULL, "not yet");
    CHECK(jobs_due(jobs, later_ms + 500) == job, "now");
    jobs_free(jobs);
}

TEST(a_job_moves_between_wheel_and_queues_without_being_in_two_places)
{
    struct jobs *jobs = jobs_new(CAPACITY, QUEUES);
    struct job *first = jobs_take(jobs);
    struct job *second = jobs_take(jobs);

    jobs_wait(jobs, first, 100, 5);
    jobs_queue(jobs, first, 1);
    jobs_queue_first(jobs, second, 1);
    CHECK(jobs_due(jobs, 1000) == NULL, "left the wheel");
    CHECK(jobs_head(jobs, 0) == NULL, "the other queue");
    CHECK(jobs_head(jobs, 1) == second, "put first");
    jobs_give(jobs, second);
    CHECK(jobs_head(jobs, 1) == first, "the next");
    CHECK(jobs_walk(jobs, NULL) == first, "walked");
    CHECK(jobs_walk(jobs, first) == NULL, "walked to the end");
    jobs_give(jobs, first);
    CHECK(jobs_head(jobs, 1) == NULL, "empty");
    CHECK_EQ(jobs_spare(jobs), CAPACITY, "spare");
    jobs_free(jobs);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        RUN(every_wait_ends_in_its_own_millisecond),
        RUN(a_thousand_waits_come_in_order_and_once),
        RUN(a_wait_that_begins_after_a_long_silence_is_not_shortened),
        RUN(a_job_moves_between_wheel_and_queues_without_being_in_two_places),
    };

    return RUN_ALL(tests);
}
