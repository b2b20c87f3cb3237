/* Messages by their addresses: what is listed, and what is not. */
#include "gateway/pairs.h"

#include "gateway/catalog.h"
#include "gateway/gateway.h"
#include "gateway/live.h"
#include "tests/gateway/lone_gateway.h"
#include "tests/test.h"

static struct lone_gateway *lone;
static struct gateway *gateway;

static void begin(void)
{
    lone = lone_gateway_new();
    gateway = lone_gateway_of(lone);
}

/* A message in memory that nothing else knows of. */
static struct live *live_of(uint64_t id, const char *source, const char *destination)
{
    struct body *body = live_body_new(0, 0);
    struct live *live;

    body->id = body->message = id;
    snprintf(body->source, sizeof(body->source), "%s", source);
    snprintf(body->destination, sizeof(body->destination), "%s", destination);
    live = live_new(gateway, id, body);
    live->message.plan = catalog_plan_at(gateway->catalog, 0)->id;
    live->plan = catalog_name_plan(gateway->catalog, live->message.plan);
    live->message.account = 1;
    live->message.state = MESSAGE_SCHEDULED;
    return live;
}

static size_t listed(const char *source, const char *destination)
{
    size_t count = 0;

    for (struct live *live = pairs_first(gateway, 1, source, destination); live;
         live = pairs_next(live))
        count++;
    return count;
}

TEST(what_was_there_before_the_first_question_is_listed_too)
{
    struct live *lives[5];

    begin();
    lives[0] = live_of(31, "shop", "491");
    lives[1] = live_of(32, "shop", "491");
    lives[2] = live_of(33, "shop", "492");
    lives[3] = live_of(34, "sho", "p491");
    pairs_note(gateway, lives[0]);
    assert_false(lives[0]->paired); /* nobody has asked */
    assert_int_equal(listed("shop", "491"), 2);
    assert_int_equal(listed("shop", "493"), 0);
    lives[4] = live_of(35, "shop", "491");
    pairs_note(gateway, lives[4]);
    pairs_note(gateway, lives[4]);
    assert_int_equal(listed("shop", "491"), 3);
    assert_ptr_equal(pairs_first(gateway, 1, "shop", "491"), lives[4]);
    assert_int_equal(listed("sho", "p491"), 1);
    assert_null(pairs_first(gateway, 2, "shop", "491"));
    for (int i = 0; i < 5; i++)
        live_forget(gateway, lives[i]);
    assert_int_equal(listed("shop", "491"), 0);
    lone_gateway_free(lone);
}

/* All but the last are packed, and the table of them has just begun to grow. */
TEST(those_at_rest_are_listed_while_the_table_of_all_grows)
{
    enum { GROWS_AT = 683 };

    begin();
    for (uint64_t i = 1; i < GROWS_AT; i++)
        assert_true(live_pack(gateway, live_of(i, "shop", "491")));
    (void)live_of(GROWS_AT, "shop", "491");
    assert_int_equal(listed("shop", "491"), GROWS_AT);
    lone_gateway_free(lone);
}

TEST(from_each_place_of_the_list_one_may_leave)
{
    static const int orders[][3] = {
        {0, 1, 2},
        {0, 2, 1},
        {1, 0, 2},
        {1, 2, 0},
        {2, 0, 1},
        {2, 1, 0}
    };

    begin();
    for (size_t row = 0; row < ROWS(orders); row++) {
        struct live *lives[3];

        assert_int_equal(listed("shop", "491"), 0);
        for (uint64_t i = 0; i < 3; i++) {
            lives[i] = live_of(41 + i, "shop", "491");
            pairs_note(gateway, lives[i]);
        }
        for (size_t i = 0; i < 3; i++) {
            pairs_forget(gateway, lives[orders[row][i]]);
            pairs_forget(gateway, lives[orders[row][i]]);
            assert_int_equal(listed("shop", "491"), 2 - i);
        }
        for (int i = 0; i < 3; i++)
            live_forget(gateway, lives[i]);
    }
    lone_gateway_free(lone);
}

TEST(what_cannot_be_stopped_is_not_listed)
{
    struct live *live;
    struct attempt *attempt;

    begin();
    (void)pairs_first(gateway, 1, "shop", "491");
    live = live_of(51, "shop", "491");
    attempt = message_add_attempt(&live->message);
    attempt->step = (uint8_t)(live->plan->step_count - 1);
    attempt->state = ATTEMPT_ACCEPTED;
    pairs_note(gateway, live);
    assert_int_equal(listed("shop", "491"), 0);
    live_forget(gateway, live);
    lone_gateway_free(lone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(what_was_there_before_the_first_question_is_listed_too),
        RUN(those_at_rest_are_listed_while_the_table_of_all_grows),
        RUN(from_each_place_of_the_list_one_may_leave),
        RUN(what_cannot_be_stopped_is_not_listed),
    };

    return RUN_ALL(tests);
}
