/*
 * A messenger that reports one message after the other, and not as many as it is given, on
 * virtual time.  An operator is not there.
 */
#include "gateway/catalog.h"
#include "gateway/clock.h"
#include "gateway/dispatch.h"
#include "gateway/gateway.h"
#include "gateway/intake.h"
#include "gateway/reports.h"
#include "routing/delivery.h"
#include "tests/gateway/lone_gateway.h"
#include "tests/gateway/lone_messenger.h"
#include "tests/test.h"

enum {
    STEP_MS = 10, /* in each one is reported, */
    OFFERED = 3,  /* and so many are submitted */
    WITHIN_MS = 2000,
    STEPS = 1600,
    FIRST_STEPS = 800, /* to find out */
};

static const char sections[] =
    "account \"many\" { password = \"p\" plan = \"both\" opening = \"100000\" }\n";

static struct lone_gateway *lone;

/* --- the messenger ------------------------------------------------------------------ */

static size_t reported, reported_in_time;

/* Delivered, says it of the next one: a first try is its own ref. */
static void report_one(void)
{
    struct gateway *gateway = lone_gateway_of(lone);
    struct report_news news = {.provider_id = "",
                               .event = ATTEMPT_EV_REPORT_DELIVERED,
                               .source = "",
                               .destination = "",
                               .text = ""};

    if (reported == lone_messenger_answered())
        return;
    if (clock_mono_ms(gateway->clock) < lone_messenger_post(reported)->at_ms + WITHIN_MS)
        reported_in_time++;
    news.ref = lone_messenger_post(reported++)->id;
    assert_true(reports_in(gateway, catalog_messenger(gateway->catalog, 0), &news, NULL));
}

/* --- the load ----------------------------------------------------------------------- */

static void is_accepted(void *owner, const struct store_effect *effect)
{
    (void)owner;
    (void)effect;
}

static void submit(void)
{
    const struct intake_request request = {
        .account = "many", .from = "Shop", .to = "491700000001", .text = "hello"};
    const struct store_effect effect = {.run = is_accepted};
    uint64_t id;

    assert_int_equal(intake_api(lone_gateway_of(lone), &request, &effect, &id), INTAKE_OK);
}

static void pass_steps(int steps)
{
    for (int step = 0; step < steps; step++) {
        for (int i = 0; i < OFFERED; i++)
            submit();
        lone_messenger_answer(lone);
        report_one();
        lone_gateway_pass(lone, STEP_MS);
    }
}

static int start(void **state)
{
    (void)state;
    reported = reported_in_time = 0;
    lone = lone_gateway_new_inline(sections);
    lone_messenger_begin();
    return 0;
}

static int stop(void **state)
{
    (void)state;
    lone_gateway_free(lone);
    return 0;
}

TEST(who_has_no_time_for_three_times_too_much_has_as_much_delivered_as_is_reported)
{
    size_t posted_before, in_time_before;

    lone_gateway_of(lone)->strain.is_short = true;
    pass_steps(FIRST_STEPS);
    posted_before = lone_messenger_posted();
    in_time_before = reported_in_time;
    pass_steps(STEPS);
    print_message("%zu posted, %d reported, %zu in time\n",
                  lone_messenger_posted() - posted_before, STEPS,
                  reported_in_time - in_time_before);
    CHECK(reported_in_time - in_time_before >= STEPS * 9 / 10, "nearly all in time");
    CHECK(lone_messenger_posted() - posted_before <= STEPS * 11 / 10, "few in vain");
}

TEST(a_clock_that_is_set_changes_nothing)
{
    static const int64_t by_ms[] = {-3600 * 1000, 3600 * 1000};

    lone_gateway_of(lone)->strain.is_short = true;
    pass_steps(FIRST_STEPS);
    for (size_t i = 0; i < ROWS(by_ms); i++) {
        size_t in_time_before;

        clock_step_wall(lone_gateway_of(lone)->clock, by_ms[i]);
        pass_steps(STEPS / 4);
        in_time_before = reported_in_time;
        pass_steps(STEPS / 2);
        CHECK(reported_in_time - in_time_before >= STEPS / 2 * 9 / 10, "nearly all");
    }
}

static size_t waiting(void)
{
    struct gateway *gateway = lone_gateway_of(lone);
    uint32_t number = catalog_messenger(gateway->catalog, 0) - 1;
    struct dispatch_channel_facts facts;

    assert_true(dispatch_next_channel(gateway, &number, &facts));
    return facts.queued;
}

/* Nothing will be reported of it. */
TEST(what_cannot_be_posted_holds_nothing_back)
{
    lone_gateway_of(lone)->strain.is_short = true;
    pass_steps(FIRST_STEPS);
    CHECK(waiting() > OFFERED, "held back");
    lone_messenger_refuses(true);
    for (int step = 0; step < 200; step++) {
        submit();
        lone_messenger_answer(lone);
        lone_gateway_pass(lone, STEP_MS);
    }
    CHECK(waiting() <= OFFERED, "each went on at once");
}

TEST(who_has_time_again_holds_nothing_back_any_more)
{
    lone_gateway_of(lone)->strain.is_short = true;
    pass_steps(FIRST_STEPS);
    CHECK(waiting() > OFFERED, "held back");
    lone_gateway_of(lone)->strain.is_short = false;
    pass_steps(20);
    CHECK_EQ(waiting(), 0, "all of them posted");
}

/* Then it is the messenger that is slow, and its affair. */
TEST(who_has_time_holds_nothing_back)
{
    pass_steps(FIRST_STEPS);
    CHECK_EQ(lone_messenger_posted(), FIRST_STEPS * OFFERED, "all of them");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            who_has_no_time_for_three_times_too_much_has_as_much_delivered_as_is_reported,
            start, stop),
        cmocka_unit_test_setup_teardown(a_clock_that_is_set_changes_nothing, start, stop),
        cmocka_unit_test_setup_teardown(what_cannot_be_posted_holds_nothing_back, start,
                                        stop),
        cmocka_unit_test_setup_teardown(who_has_time_again_holds_nothing_back_any_more,
                                        start, stop),
        cmocka_unit_test_setup_teardown(who_has_time_holds_nothing_back, start, stop),
    };

    return RUN_ALL(tests);
}
