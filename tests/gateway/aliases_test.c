/* Short names: which are given, and which are forgotten. */
#include "gateway/aliases.h"

#include "gateway/catalog.h"
#include "gateway/gateway.h"
#include "gateway/live.h"
#include "gateway/public_id.h"
#include "gateway/store.h"
#include "tests/gateway/lone_gateway.h"
#include "tests/test.h"

static struct lone_gateway *lone;
static struct gateway *gateway;

static void begin(void)
{
    lone = lone_gateway_new();
    gateway = lone_gateway_of(lone);
}

static uint32_t give(uint64_t id)
{
    uint32_t alias;

    assert_true(aliases_have_room(gateway));
    assert_true(store_begin(gateway->store, STORE_CONTINUATION));
    alias = aliases_give(gateway, id);
    store_end(gateway->store);
    return alias;
}

static uint64_t resolve(uint32_t alias)
{
    const struct public_id id = {.alias = alias};

    return aliases_resolve(gateway, &id);
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

TEST(the_oldest_that_does_not_live_makes_room)
{
    struct aliases *own;
    struct live *live;
    uint32_t names[5];

    begin();
    own = gateway->aliases;
    gateway->aliases = aliases_new(3, UINT32_MAX - 1);
    live = live_of(11, "a", "1");
    for (uint64_t i = 0; i < 3; i++)
        names[i] = give(11 + i);
    assert_int_equal(names[0], UINT32_MAX - 1);
    assert_int_equal(names[1], UINT32_MAX);
    assert_int_equal(names[2], 1); /* 0 is no name */
    names[3] = give(14);
    assert_int_equal(resolve(names[0]), 11);
    assert_int_equal(resolve(names[1]), 0);
    assert_int_equal(resolve(names[3]), 14);
    live_forget(gateway, live);
    (void)give(15);
    (void)give(16);
    (void)give(17);
    assert_int_equal(resolve(names[0]), 0);
    assert_int_equal(aliases_count(gateway->aliases), 3);
    aliases_free(gateway->aliases);
    gateway->aliases = own;
    lone_gateway_free(lone);
}

TEST(when_all_of_them_live_there_is_no_room)
{
    struct aliases *own;
    struct live *lives[3];
    uint32_t names[3];

    begin();
    own = gateway->aliases;
    gateway->aliases = aliases_new(3, 1);
    for (uint64_t i = 0; i < 3; i++) {
        lives[i] = live_of(21 + i, "a", "1");
        names[i] = give(21 + i);
    }
    assert_false(aliases_have_room(gateway));
    for (uint64_t i = 0; i < 3; i++)
        assert_int_equal(resolve(names[i]), 21 + i);
    lives[1]->message.state = MESSAGE_ENDED;
    (void)give(24);
    assert_int_equal(resolve(names[1]), 0);
    for (int i = 0; i < 3; i++)
        live_forget(gateway, lives[i]);
    aliases_free(gateway->aliases);
    gateway->aliases = own;
    lone_gateway_free(lone);
}

TEST(a_name_that_is_taken_is_passed_over)
{
    struct aliases *own;

    begin();
    own = gateway->aliases;
    gateway->aliases = aliases_new(100, 1);
    aliases_load(gateway->aliases, 7, 1);
    aliases_load(gateway->aliases, 5, 2);
    assert_int_equal(give(3), 6);
    assert_int_equal(give(4), 8);
    assert_int_equal(resolve(7), 1);
    aliases_free(gateway->aliases);
    gateway->aliases = own;
    lone_gateway_free(lone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(the_oldest_that_does_not_live_makes_room),
        RUN(when_all_of_them_live_there_is_no_room),
        RUN(a_name_that_is_taken_is_passed_over),
    };

    return RUN_ALL(tests);
}
