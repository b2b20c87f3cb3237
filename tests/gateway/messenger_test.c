/*
 * A messenger that reports one message after the other, and not as many as it is given.
 * The test is its API, on virtual time: it takes every post at once.  An operator is not
 * there.
 */
#include <stdio.h>
#include <stdlib.h>

#include "gateway/catalog.h"
#include "gateway/clock.h"
#include "gateway/dispatch.h"
#include "gateway/gateway.h"
#include "gateway/http_client.h"
#include "gateway/channels/http.h"
#include "gateway/intake.h"
#include "gateway/reports.h"
#include "routing/delivery.h"
#include "tests/gateway/lone_gateway.h"
#include "tests/test.h"

enum {
    STEP_MS = 10, /* in each one is reported, */
    OFFERED = 3,  /* and so many are submitted */
    WITHIN_MS = 2000,
    STEPS = 1600,
    FIRST_STEPS = 800, /* to find out */
    POSTS_MAX = (FIRST_STEPS + STEPS) * OFFERED,
};

static const char sections[] =
    "account \"many\" { password = \"p\" plan = \"both\" opening = \"100000\" }\n";

static struct lone_gateway *lone;

/* --- the messenger ------------------------------------------------------------------ */

static struct {
    uint64_t id;
    int64_t at_ms;
} posts[POSTS_MAX];
static size_t posted, answered, reported, reported_in_time;
static bool refusing;

const struct http_client_options http_default_options = {.calls_max = 0};

struct http_client {
    http_client_on_done *on_done;
    void *owner;
};

struct http_client *http_client_new(struct event_base *base, struct clock *clock,
                                    const struct http_client_options *options,
                                    http_client_on_done *on_done, void *owner)
{
    struct http_client *client = calloc(1, sizeof(*client));

    (void)base;
    (void)clock;
    (void)options;
    assert_non_null(client);
    *client = (struct http_client){on_done, owner};
    return client;
}

void http_client_free(struct http_client *client)
{
    free(client);
}

bool http_client_post(struct http_client *client, const struct http_call *call)
{
    struct gateway *gateway = client->owner;

    assert_true(posted < POSTS_MAX);
    posts[posted].id = call->id;
    posts[posted++].at_ms = clock_mono_ms(gateway->clock);
    return true;
}

size_t http_client_calls(const struct http_client *client)
{
    (void)client;
    return posted - answered;
}

static void answer_all(void)
{
    struct http_client *client = lone_gateway_of(lone)->http_client;

    while (answered < posted) {
        uint64_t id = posts[answered++].id;
        char body[48];
        struct http_result result = {.id = id,
                                     .outcome = HTTP_ANSWERED,
                                     .status = 200,
                                     .body = (const uint8_t *)body,
                                     .body_size = (size_t)snprintf(body, sizeof(body),
                                                                   "{\"id\":\"m%llu\"}",
                                                                   (unsigned long long)id),
                                     .reason = ""};

        if (refusing)
            result.outcome = HTTP_NOT_SENT;
        client->on_done(client->owner, &result);
    }
}

/* Delivered, says it of the next one: a first try is its own ref. */
static void report_one(void)
{
    struct gateway *gateway = lone_gateway_of(lone);
    struct report_news news = {.provider_id = "",
                               .event = ATTEMPT_EV_REPORT_DELIVERED,
                               .source = "",
                               .destination = "",
                               .text = ""};

    if (reported == answered)
        return;
    if (clock_mono_ms(gateway->clock) < posts[reported].at_ms + WITHIN_MS)
        reported_in_time++;
    news.ref = posts[reported++].id;
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
        answer_all();
        report_one();
        lone_gateway_pass(lone, STEP_MS);
    }
}

static int start(void **state)
{
    (void)state;
    posted = answered = reported = reported_in_time = 0;
    refusing = false;
    lone = lone_gateway_new_inline(sections);
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
    posted_before = posted;
    in_time_before = reported_in_time;
    pass_steps(STEPS);
    print_message("%zu posted, %d reported, %zu in time\n", posted - posted_before, STEPS,
                  reported_in_time - in_time_before);
    CHECK(reported_in_time - in_time_before >= STEPS * 9 / 10, "nearly all in time");
    CHECK(posted - posted_before <= STEPS * 11 / 10, "few in vain");
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
    refusing = true;
    for (int step = 0; step < 200; step++) {
        submit();
        answer_all();
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
    CHECK_EQ(posted, FIRST_STEPS * OFFERED, "all of them");
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
