#include "gateway/clock.h"

#include <stdlib.h>
#include <time.h>

#include <event2/event.h>

#include "tests/test.h"

#define START_MS 1000
#define WALL_MS  1700000000000

/* What fired, in order, with the time it found. */
struct trace {
    struct clock *clock;
    struct event_base *base;
    int fired[64];
    int64_t at_ms[64];
    size_t count;
};

struct alarm {
    struct clock_timer timer;
    struct trace *trace;
    int name;
    int64_t again_ms; /* arms itself after this; 0 = not */
    struct alarm *victim;
};

static void on_alarm(void *owner)
{
    struct alarm *alarm = owner;
    struct trace *trace = alarm->trace;

    if (trace->count < ROWS(trace->fired)) {
        trace->fired[trace->count] = alarm->name;
        trace->at_ms[trace->count] = clock_mono_ms(trace->clock);
    }
    trace->count++;
    if (alarm->victim != NULL)
        clock_disarm(trace->clock, &alarm->victim->timer);
    if (alarm->again_ms != 0)
        clock_arm_in(trace->clock, &alarm->timer, alarm->again_ms, on_alarm, alarm);
}

TEST(timers_fire_in_order_of_time_and_then_of_arming)
{
    struct clock *clock = clock_new_virtual(START_MS, WALL_MS);
    struct trace trace = {.clock = clock};
    static const int64_t due_ms[] = {1030, 1010, 1020, 1010, 1030, 1010};
    static const int expected[] = {1, 3, 5, 2, 0, 4};
    struct alarm alarms[ROWS(due_ms)] = {0};

    for (size_t i = 0; i < ROWS(due_ms); i++) {
        alarms[i].trace = &trace;
        alarms[i].name = (int)i;
        clock_arm(clock, &alarms[i].timer, due_ms[i], on_alarm, &alarms[i]);
    }
    CHECK_EQ(clock_timers_armed(clock), 6, "before");
    CHECK_EQ(clock_next_due_ms(clock), 1010, "before");
    clock_advance(clock, 2000);
    CHECK_EQ(trace.count, 6, "all");
    for (size_t i = 0; i < ROWS(expected); i++) {
        CHECK_EQ(trace.fired[i], expected[i], "order");
        CHECK_EQ(trace.at_ms[i], due_ms[expected[i]], "time");
    }
    CHECK_EQ(clock_timers_armed(clock), 0, "after");
    CHECK_EQ(clock_next_due_ms(clock), INT64_MAX, "after");
    CHECK_EQ(clock_mono_ms(clock), 2000, "after");
    CHECK_EQ(clock_wall_ms(clock), WALL_MS + 1000, "the wall clock moves along");
    clock_free(clock);
}

TEST(nothing_fires_before_its_time_nor_from_inside_arming)
{
    struct clock *clock = clock_new_virtual(START_MS, WALL_MS);
    struct trace trace = {.clock = clock};
    struct alarm past = {.trace = &trace, .name = 1};
    struct alarm later = {.trace = &trace, .name = 2};

    clock_arm(clock, &past.timer, 5, on_alarm, &past);
    clock_arm_in(clock, &later.timer, 10, on_alarm, &later);
    CHECK_EQ(trace.count, 0, "arming");
    clock_advance(clock, START_MS);
    CHECK_EQ(trace.count, 1, "the past");
    CHECK_EQ(trace.at_ms[0], START_MS, "time does not go back");
    clock_advance(clock, START_MS + 9);
    CHECK_EQ(trace.count, 1, "too early");
    clock_advance(clock, START_MS + 10);
    CHECK_EQ(trace.count, 2, "in time");
    clock_free(clock);
}

TEST(a_timer_may_be_moved_disarmed_and_armed_from_where_it_fires)
{
    struct clock *clock = clock_new_virtual(START_MS, WALL_MS);
    struct trace trace = {.clock = clock};
    struct alarm victim = {.trace = &trace, .name = 1};
    struct alarm killer = {.trace = &trace, .name = 2, .victim = &victim};
    struct alarm ticker = {.trace = &trace, .name = 3, .again_ms = 100};

    clock_arm_in(clock, &victim.timer, 10, on_alarm, &victim);
    clock_arm_in(clock, &victim.timer, 50, on_alarm, &victim); /* moved */
    clock_arm_in(clock, &killer.timer, 20, on_alarm, &killer);
    clock_arm_in(clock, &ticker.timer, 100, on_alarm, &ticker);
    CHECK(clock_is_armed(&victim.timer), "armed");
    clock_advance(clock, START_MS + 350);
    CHECK(!clock_is_armed(&victim.timer), "disarmed");
    CHECK(clock_is_armed(&ticker.timer), "armed itself");
    CHECK_EQ(trace.count, 4, "the killer, three ticks and no victim");
    CHECK_EQ(trace.at_ms[3], START_MS + 300, "third tick");
    clock_disarm(clock, &ticker.timer);
    clock_disarm(clock, &ticker.timer);
    CHECK_EQ(clock_timers_armed(clock), 0, "disarming twice is harmless");
    clock_free(clock);
}

/* The heap against a plain array of what should be armed. */
TEST(ten_thousand_random_changes_keep_the_order)
{
    enum { TIMERS = 300 };
    struct clock *clock = clock_new_virtual(0, WALL_MS);
    struct trace trace = {.clock = clock};
    struct alarm *alarms = calloc(TIMERS, sizeof(*alarms));
    uint32_t seed = 20261121;

    for (int i = 0; i < TIMERS; i++)
        alarms[i] = (struct alarm){.trace = &trace, .name = i};
    for (int change = 0; change < 10000; change++) {
        struct alarm *alarm;
        int64_t least = INT64_MAX;
        uint64_t armed = 0;

        seed = seed * 1664525 + 1013904223;
        alarm = &alarms[(seed >> 8) % TIMERS];
        if ((seed >> 28) < 5)
            clock_disarm(clock, &alarm->timer);
        else
            clock_arm_in(clock, &alarm->timer, (seed >> 16) % 1000, on_alarm, alarm);
        if ((seed >> 24) % 7 == 0)
            clock_advance(clock, clock_mono_ms(clock) + (seed >> 20) % 20);
        for (int i = 0; i < TIMERS; i++) {
            if (!clock_is_armed(&alarms[i].timer))
                continue;
            armed++;
            if (alarms[i].timer.due_ms < least)
                least = alarms[i].timer.due_ms;
        }
        CHECK_EQ(clock_timers_armed(clock), armed, "armed");
        CHECK_EQ(clock_next_due_ms(clock), least, "next");
    }
    CHECK(trace.count > 1000, "many fired");
    free(alarms);
    clock_free(clock);
}

static void on_step(void *owner, int64_t by_ms)
{
    *(int64_t *)owner += by_ms;
}

TEST(a_step_of_the_wall_clock_is_told_once_it_is_over_a_second)
{
    struct clock *clock = clock_new_virtual(START_MS, WALL_MS);
    int64_t stepped_ms = 0;

    clock_on_step(clock, on_step, &stepped_ms);
    clock_step_wall(clock, 600);
    CHECK_EQ(stepped_ms, 0, "small");
    clock_step_wall(clock, 600);
    CHECK_EQ(stepped_ms, 1200, "two small ones make one");
    clock_step_wall(clock, -3600000);
    CHECK_EQ(stepped_ms, 1200 - 3600000, "back");
    CHECK_EQ(clock_mono_ms(clock), START_MS, "timers do not feel it");
    CHECK_EQ(clock_wall_ms(clock), WALL_MS + 1200 - 3600000, "wall");
    clock_free(clock);
}

static void on_last(void *owner)
{
    struct alarm *alarm = owner;

    on_alarm(alarm);
    event_base_loopbreak(alarm->trace->base);
}

TEST(on_a_loop_one_event_serves_all_timers)
{
    struct event_base *base = event_base_new();
    struct clock *clock = clock_new(base);
    struct trace trace = {.clock = clock, .base = base};
    struct alarm alarms[3] = {0};
    struct alarm gone = {.trace = &trace, .name = 9};
    int64_t start_ms = clock_mono_ms(clock);
    int64_t wall_error_ms = clock_wall_ms(clock) - (int64_t)time(NULL) * 1000;

    CHECK(wall_error_ms > -100 && wall_error_ms < 1100, "wall");
    for (int i = 0; i < 3; i++) {
        alarms[i] = (struct alarm){.trace = &trace, .name = i};
        clock_arm(clock, &alarms[i].timer, start_ms + 30 - 10 * i,
                  i == 0 ? on_last : on_alarm, &alarms[i]);
    }
    clock_arm(clock, &gone.timer, start_ms + 1, on_alarm, &gone);
    clock_disarm(clock, &gone.timer);
    event_base_dispatch(base);
    CHECK_EQ(trace.count, 3, "all but the disarmed one");
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(trace.fired[i], 2 - i, "order");
        CHECK(trace.at_ms[i] >= start_ms + 10 + 10 * i, "never early");
    }
    CHECK(clock_precise_us(clock) >= (start_ms + 30) * 1000, "precise");
    clock_free(clock);
    event_base_free(base);
}

static void on_turn(evutil_socket_t fd, short what, void *arg)
{
    struct trace *trace = arg;

    (void)fd;
    (void)what;
    event_base_loopbreak(trace->base);
}

static void arm_for_now(evutil_socket_t fd, short what, void *arg)
{
    struct alarm *alarm = arg;

    (void)fd;
    (void)what;
    clock_arm_in(alarm->trace->clock, &alarm->timer, 0, on_alarm, alarm);
}

TEST(what_is_due_at_once_needs_no_other_turn_of_the_loop)
{
    struct event_base *base = event_base_new();
    struct clock *clock = clock_new(base);
    struct trace trace = {.clock = clock, .base = base};
    struct alarm now = {.trace = &trace, .name = 1}, later = {.trace = &trace, .name = 2};
    struct timeval at_once = {0, 0};

    clock_arm_in(clock, &later.timer, 20, on_last, &later);
    event_base_once(base, -1, EV_TIMEOUT, arm_for_now, &now, &at_once);
    event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
    CHECK_EQ(trace.count, 1, "in the turn that armed it");
    event_base_dispatch(base);
    CHECK_EQ(trace.count, 2, "and the others as before");
    clock_free(clock);
    event_base_free(base);
}

TEST(a_timer_that_arms_itself_for_now_leaves_the_loop_its_turns)
{
    struct event_base *base = event_base_new();
    struct clock *clock = clock_new(base);
    struct trace trace = {.clock = clock, .base = base};
    struct alarm greedy = {.trace = &trace, .name = 1, .again_ms = -5};
    struct timeval delay = {0, 20000};

    clock_arm_in(clock, &greedy.timer, 0, on_alarm, &greedy);
    event_base_once(base, -1, EV_TIMEOUT, on_turn, &trace, &delay);
    event_base_dispatch(base);
    CHECK(trace.count >= 2, "fires again");
    CHECK(trace.count <= 40, "at most once a millisecond");
    clock_free(clock);
    event_base_free(base);
}

static int64_t time_ms(void)
{
    struct timeval now;

    evutil_gettimeofday(&now, NULL);
    return (int64_t)now.tv_sec * 1000 + now.tv_usec / 1000;
}

static int keep_expiry(const struct event_base *base, const struct event *event, void *out)
{
    struct timeval expiry;

    (void)base;
    if (event_pending(event, EV_TIMEOUT, &expiry))
        *(int64_t *)out = (int64_t)expiry.tv_sec * 1000 + expiry.tv_usec / 1000;
    return 0;
}

TEST(who_calls_turn_by_turn_has_one_time_in_each)
{
    struct event_base *base = event_base_new();
    struct clock *clock = clock_new(base);
    int64_t begun_ms = time_ms();
    int64_t mono_ms;
    int64_t wall_ms;

    clock_turn(clock);
    mono_ms = clock_mono_ms(clock);
    wall_ms = clock_wall_ms(clock);
    while (time_ms() < begun_ms + 20)
        ;
    CHECK_EQ(clock_mono_ms(clock), mono_ms, "it stands");
    CHECK_EQ(clock_wall_ms(clock), wall_ms, "as on the wall");
    clock_turn(clock);
    CHECK(clock_mono_ms(clock) >= mono_ms + 10, "until the next turn");
    CHECK(clock_wall_ms(clock) >= wall_ms + 10, "on the wall too");
    clock_free(clock);
    event_base_free(base);
}

TEST(a_held_time_stands_and_then_the_loop_is_woken_when_it_was_to_be)
{
    struct event_base *base = event_base_new();
    struct clock *clock = clock_new(base);
    struct trace trace = {.clock = clock, .base = base};
    struct alarm alarm = {.trace = &trace, .name = 1};
    int64_t expiry_ms = 0;
    int64_t held_ms;
    int64_t mono_ms;

    clock_hold(clock);
    held_ms = time_ms();
    mono_ms = clock_mono_ms(clock);
    while (time_ms() < held_ms + 60)
        ;
    CHECK_EQ(clock_mono_ms(clock), mono_ms, "it stands");
    clock_arm_in(clock, &alarm.timer, 10000, on_alarm, &alarm);
    clock_go_on(clock);
    CHECK(clock_mono_ms(clock) >= mono_ms + 50, "it goes on");
    event_base_foreach_event(base, keep_expiry, &expiry_ms);
    CHECK(expiry_ms > 0, "the loop will be woken");
    CHECK(expiry_ms < held_ms + 10000 + 30, "not as much later as the time was held");
    clock_free(clock);
    event_base_free(base);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        RUN(timers_fire_in_order_of_time_and_then_of_arming),
        RUN(nothing_fires_before_its_time_nor_from_inside_arming),
        RUN(a_timer_may_be_moved_disarmed_and_armed_from_where_it_fires),
        RUN(ten_thousand_random_changes_keep_the_order),
        RUN(a_step_of_the_wall_clock_is_told_once_it_is_over_a_second),
        RUN(on_a_loop_one_event_serves_all_timers),
        RUN(what_is_due_at_once_needs_no_other_turn_of_the_loop),
        RUN(a_timer_that_arms_itself_for_now_leaves_the_loop_its_turns),
        RUN(who_calls_turn_by_turn_has_one_time_in_each),
        RUN(a_held_time_stands_and_then_the_loop_is_woken_when_it_was_to_be),
    };

    return RUN_ALL(tests);
}
