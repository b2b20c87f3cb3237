#include "gateway/executor.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

#include <event2/event.h>

#include "gateway/clock.h"
#include "tests/test.h"

struct bench {
    struct event_base *base;
    struct clock *clock;
    pthread_t core;
    int left; /* completions until the loop ends */
    int order[64];
    int completed;
    bool wrong_thread;
};

struct task {
    struct executor_job job;
    struct bench *bench;
    int name;
    bool ran;
    bool ran_on_core;
    int hold_fd; /* read by run() before it returns; -1 = not */
    int64_t ran_ms, completed_ms;
};

static void run(void *self)
{
    struct task *task = self;
    char octet;

    if (task->hold_fd >= 0 && read(task->hold_fd, &octet, 1) != 1)
        abort();
    task->ran = true;
    task->ran_on_core = pthread_equal(pthread_self(), task->bench->core);
    if (task->bench->clock != NULL)
        task->ran_ms = clock_mono_ms(task->bench->clock);
}

static void complete(void *self)
{
    struct task *task = self;
    struct bench *bench = task->bench;

    if (!pthread_equal(pthread_self(), bench->core))
        bench->wrong_thread = true;
    if (bench->clock != NULL)
        task->completed_ms = clock_mono_ms(bench->clock);
    bench->order[bench->completed++ % 64] = task->name;
    if (--bench->left == 0 && bench->base != NULL)
        event_base_loopbreak(bench->base);
}

static struct task task_of(struct bench *bench, int name)
{
    return (struct task){
        .job = {.run = run, .complete = complete},
        .bench = bench,
        .name = name,
        .hold_fd = -1
    };
}

TEST(jobs_run_elsewhere_and_complete_here_in_order)
{
    struct event_base *base = event_base_new();
    struct executor *executor = executor_new(base);
    struct bench bench = {.base = base, .core = pthread_self(), .left = 50};
    struct task tasks[50];

    for (int i = 0; i < 50; i++) {
        tasks[i] = task_of(&bench, i);
        tasks[i].job.self = &tasks[i];
        CHECK(executor_submit(executor, EXECUTOR_STORE, &tasks[i].job), "submit");
    }
    event_base_dispatch(base);
    CHECK_EQ(bench.completed, 50, "completed");
    CHECK(!bench.wrong_thread, "on the core thread");
    for (int i = 0; i < 50; i++) {
        CHECK(tasks[i].ran && !tasks[i].ran_on_core, "on a thread of the lane");
        CHECK_EQ(bench.order[i], i, "order");
    }
    CHECK_EQ(executor_waiting(executor, EXECUTOR_STORE), 0, "nothing waits");
    executor_free(executor);
    event_base_free(base);
}

TEST(a_slow_lane_does_not_hold_another)
{
    struct event_base *base = event_base_new();
    struct executor *executor = executor_new(base);
    struct bench bench = {.base = base, .core = pthread_self(), .left = 1};
    struct task slow = task_of(&bench, 1), quick = task_of(&bench, 2);
    int hold[2];

    assert_int_equal(pipe(hold), 0);
    slow.job.self = &slow;
    slow.hold_fd = hold[0];
    quick.job.self = &quick;
    CHECK(executor_submit(executor, EXECUTOR_READER, &slow.job), "slow");
    CHECK(executor_submit(executor, EXECUTOR_STORE, &quick.job), "quick");
    event_base_dispatch(base);
    CHECK_EQ(bench.order[0], 2, "the quick one is done while the slow one runs");
    bench.left = 1;
    assert_int_equal(write(hold[1], "x", 1), 1);
    event_base_dispatch(base);
    CHECK_EQ(bench.order[1], 1, "then the slow one");
    executor_free(executor);
    event_base_free(base);
    close(hold[0]);
    close(hold[1]);
}

TEST(a_rest_ends_with_the_job_that_is_to_be_completed)
{
    struct event_base *base = event_base_new();
    struct executor *executor = executor_new(base);
    struct clock *clock = clock_new(base);
    struct bench bench = {.base = base, .core = pthread_self(), .left = 1};
    struct task task = task_of(&bench, 1);
    int64_t before_us = clock_precise_us(clock), after_us;

    executor_wait(executor, 2000);
    after_us = clock_precise_us(clock);
    CHECK(after_us - before_us >= 2000, "nothing is to be done");
    task.job.self = &task;
    CHECK(executor_submit(executor, EXECUTOR_STORE, &task.job), "submit");
    executor_wait(executor, 60 * 1000000);
    CHECK(clock_precise_us(clock) - after_us < 50 * 1000000, "it does not last");
    CHECK(task.ran, "it was run,");
    CHECK_EQ(bench.completed, 0, "and is completed");
    event_base_dispatch(base);
    CHECK_EQ(bench.completed, 1, "by the loop");
    clock_free(clock);
    executor_free(executor);
    event_base_free(base);
}

TEST(a_full_lane_refuses_and_freeing_leaves_what_was_not_begun)
{
    enum { MANY = 300 };
    struct event_base *base = event_base_new();
    struct executor *executor = executor_new(base);
    struct bench bench = {.base = base, .core = pthread_self()};
    struct task *tasks = calloc(MANY, sizeof(*tasks));
    int hold[2], taken = 0, ran = 0;

    assert_int_equal(pipe(hold), 0);
    for (int i = 0; i < MANY; i++) {
        tasks[i] = task_of(&bench, i);
        tasks[i].job.self = &tasks[i];
        tasks[i].hold_fd = i == 0 ? hold[0] : -1;
        if (executor_submit(executor, EXECUTOR_READER, &tasks[i].job))
            taken++;
        while (i == 0 && executor_waiting(executor, EXECUTOR_READER) == 1)
            usleep(100);
    }
    CHECK_EQ(taken, 257, "one runs, 256 wait");
    CHECK_EQ(executor_waiting(executor, EXECUTOR_READER), 256, "waiting");
    assert_int_equal(write(hold[1], "x", 1), 1);
    executor_free(executor);
    for (int i = 0; i < MANY; i++)
        ran += tasks[i].ran;
    CHECK(tasks[0].ran, "the running one was waited for");
    CHECK(ran < MANY, "the refused ones never ran");
    CHECK_EQ(bench.completed, 0, "nothing completes after the loop");
    free(tasks);
    event_base_free(base);
    close(hold[0]);
    close(hold[1]);
}

static int64_t delay_ms(void *owner)
{
    int *calls = owner;

    /* The later the call the shorter the delay: order must not depend on it. */
    return 100 - 10 * (*calls)++;
}

/* What a name server that says nothing would take, however long that is. */
TEST(freeing_does_not_wait_for_a_name)
{
    struct event_base *base = event_base_new();
    struct executor *executor = executor_new(base);
    struct bench bench = {.base = base, .core = pthread_self()};
    struct task asking = task_of(&bench, 1);
    int nobody[2];

    CHECK_EQ(pipe(nobody), 0, "pipe");
    asking.job.self = &asking;
    asking.hold_fd = nobody[0];
    CHECK(executor_submit(executor, EXECUTOR_NAMES, &asking.job), "submit");
    while (executor_waiting(executor, EXECUTOR_NAMES) > 0)
        sched_yield();
    alarm(10);
    executor_free(executor);
    alarm(0);
    CHECK(!asking.ran && bench.completed == 0, "it was cut, and is not completed");
    close(nobody[0]);
    close(nobody[1]);
    event_base_free(base);
}

TEST(inline_jobs_take_virtual_time_and_keep_their_order)
{
    int calls = 0;
    struct clock *clock = clock_new_virtual(0, 0);
    struct executor *executor = executor_new_inline(clock, delay_ms, &calls);
    struct bench bench = {.clock = clock, .core = pthread_self()};
    struct task first = task_of(&bench, 1), second = task_of(&bench, 2);

    first.job.self = &first;
    second.job.self = &second;
    CHECK(executor_submit(executor, EXECUTOR_STORE, &first.job), "first");
    CHECK(executor_submit(executor, EXECUTOR_STORE, &second.job), "second");
    CHECK(!first.ran, "not from inside submitting");
    CHECK_EQ(executor_waiting(executor, EXECUTOR_STORE), 2, "waiting");
    clock_advance(clock, 100);
    CHECK(first.ran && second.ran && bench.completed == 0, "run and not yet completed");
    clock_advance(clock, 1000);
    CHECK_EQ(bench.completed, 2, "completed");
    CHECK_EQ(bench.order[0], 1, "order");
    CHECK_EQ(first.ran_ms, 100, "first delay");
    CHECK_EQ(first.completed_ms, 180, "another delay");
    executor_free(executor);
    clock_free(clock);
}

TEST(an_inline_executor_may_be_freed_between_run_and_completion)
{
    struct clock *clock = clock_new_virtual(0, 0);
    struct executor *executor = executor_new_inline(clock, NULL, NULL);
    struct bench bench = {.clock = clock, .core = pthread_self()};
    struct task done = task_of(&bench, 1), left = task_of(&bench, 2);
    int calls = 0;

    done.job.self = &done;
    left.job.self = &left;
    CHECK(executor_submit(executor, EXECUTOR_POOL, &done.job), "submit");
    clock_advance(clock, 0);
    CHECK_EQ(bench.completed, 1, "no delay");
    executor_free(executor);

    executor = executor_new_inline(clock, delay_ms, &calls);
    CHECK(executor_submit(executor, EXECUTOR_POOL, &left.job), "submit");
    clock_advance(clock, 100);
    executor_free(executor);
    clock_advance(clock, 1000);
    CHECK(left.ran, "ran");
    CHECK_EQ(bench.completed, 1, "not completed");
    CHECK_EQ(clock_timers_armed(clock), 0, "no timer is left behind");
    clock_free(clock);
}

static int64_t one_ms(void *owner)
{
    (void)owner;
    return 1;
}

TEST(an_errand_has_run_when_it_was_waited_for)
{
    struct event_base *base = event_base_new();
    struct clock *clock = clock_new_virtual(1000, 1700000000000);
    struct executor *const executors[] = {executor_new(base),
                                          executor_new_inline(clock, one_ms, NULL)};
    struct bench bench = {.core = pthread_self()};

    for (size_t i = 0; i < ROWS(executors); i++) {
        struct executor_errand errand = {.run = run};

        for (int again = 0; again < 100; again++) {
            struct task task = task_of(&bench, again);

            errand.self = &task;
            CHECK(executor_begin(executors[i], EXECUTOR_TABLES, &errand), "begin");
            executor_join(&errand);
            CHECK(task.ran, "ran");
            CHECK_EQ(task.ran_on_core, i == 1, "elsewhere, but inline");
        }
        CHECK_EQ(executor_waiting(executors[i], EXECUTOR_TABLES), 0, "nothing waits");
        executor_free(executors[i]);
    }
    CHECK_EQ(event_base_loop(base, EVLOOP_NONBLOCK), 1, "nothing is left for the loop");
    CHECK_EQ(bench.completed, 0, "nothing is completed");
    clock_free(clock);
    event_base_free(base);
}

TEST(a_pause_takes_its_time_with_threads_and_none_inline)
{
    enum { PAUSE_US = 30000 };
    struct event_base *base = event_base_new();
    struct clock *real = clock_new(base);
    struct clock *virtual = clock_new_virtual(1000, 1700000000000);
    struct executor *const executors[] = {executor_new(base),
                                          executor_new_inline(virtual, one_ms, NULL)};
    int64_t took_us[ROWS(executors)];

    for (size_t i = 0; i < ROWS(executors); i++) {
        int64_t before_us = clock_precise_us(real);

        for (int again = 0; again < 100; again++)
            executor_pause(executors[i], PAUSE_US / 100);
        took_us[i] = clock_precise_us(real) - before_us;
        executor_free(executors[i]);
    }
    CHECK(took_us[0] >= PAUSE_US, "paused");
    CHECK(took_us[1] < PAUSE_US, "not paused");
    CHECK_EQ(clock_mono_ms(virtual), 1000, "nor in virtual time");
    clock_free(virtual);
    clock_free(real);
    event_base_free(base);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        RUN(jobs_run_elsewhere_and_complete_here_in_order),
        RUN(a_slow_lane_does_not_hold_another),
        RUN(a_rest_ends_with_the_job_that_is_to_be_completed),
        RUN(a_full_lane_refuses_and_freeing_leaves_what_was_not_begun),
        RUN(freeing_does_not_wait_for_a_name),
        RUN(inline_jobs_take_virtual_time_and_keep_their_order),
        RUN(an_inline_executor_may_be_freed_between_run_and_completion),
        RUN(an_errand_has_run_when_it_was_waited_for),
        RUN(a_pause_takes_its_time_with_threads_and_none_inline),
    };

    return RUN_ALL(tests);
}
