/* Plans that change and go: new numbers, and room for them. */
#include "gateway/catalog.h"

#include <stdio.h>

#include "gateway/clock.h"
#include "tests/gateway/catalog_place.h"
#include "tests/test.h"

TEST(a_plan_that_changes_gets_a_new_number_and_the_old_one_stays)
{
    PLACE;
    uint32_t before;
    uint32_t after;

    catalog_place_start(place);
    before = catalog_plan_at(place->catalog, 0)->id;
    catalog_place_restart(place);
    CHECK_EQ(catalog_plan_at(place->catalog, 0)->id, before, "unchanged");
    place->steps[0].within_ms = 2000;
    catalog_place_restart(place);
    after = catalog_plan_at(place->catalog, 0)->id;
    CHECK(after != before, "changed");
    CHECK_EQ(catalog_plan(place->catalog, before)->steps[0].within_ms, 1000, "as it was");
    CHECK_EQ(catalog_plan(place->catalog, after)->steps[0].within_ms, 2000, "as it is");
    place->steps[0].within_ms = 1000;
    catalog_place_restart(place);
    CHECK_EQ(catalog_plan_at(place->catalog, 0)->id, before, "changed back");
    catalog_place_stop(place);
}

/* The plan is another one from the next start on: its number then. */
static uint32_t change_plan(struct catalog_place *place)
{
    place->steps[0].within_ms++;
    catalog_place_restart(place);
    return catalog_plan_at(place->catalog, 0)->id;
}

/* What there is no room for in one go waits for the store. */
static void give_back_plans(struct catalog_place *place, int day)
{
    for (int i = 0; i < 20; i++) {
        catalog_give_back_plans(place->catalog, place->store, day * DAY_MS);
        clock_advance(place->clock, clock_mono_ms(place->clock) + 500);
    }
}

static void end_under(struct catalog_place *place, int day, uint32_t plan)
{
    CHECK(store_begin(place->store, STORE_CONTINUATION), "a decision");
    catalog_plan_ended(place->catalog, place->store, plan, day * DAY_MS);
    store_end(place->store);
}

TEST(of_many_versions_of_plans_those_go_that_nothing_can_name)
{
    static const struct {
        const char *row;
        int ended;  /* how many days later, 0: none did */
        int looked; /* how many days later */
        bool few;
        bool said;
        bool named; /* by a message that lives */
        bool restarted;
        bool kept;
    } rows[] = {
        {"a late report may come",      0, 3,   false, false, false, false, true },
        {"nothing can name it",         0, 4,   false, false, false, false, false},
        {"there are few",               0, 4,   true,  false, false, false, true },
        {"it is said again",            0, 4,   false, true,  false, false, true },
        {"a message names it",          0, 900, false, false, true,  false, true },
        {"late reports of a later end", 7, 10,  false, false, false, false, true },
        {"and none any more",           7, 11,  false, false, false, false, false},
        {"the end before a restart",    7, 10,  false, false, false, true,  true },
        {"and long before it",          7, 11,  false, false, false, true,  false},
        {"a clock that was ahead",      9, 5,   false, false, false, true,  true },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        PLACE;
        uint32_t before;
        uint32_t after;

        catalog_place_start(place);
        before = catalog_plan_at(place->catalog, 0)->id;
        after = change_plan(place);
        give_back_plans(place, TODAY);
        if (rows[i].ended)
            end_under(place, TODAY + rows[i].ended, before);
        if (rows[i].said)
            place->steps[0].within_ms--;
        if (rows[i].restarted || rows[i].said)
            catalog_place_restart(place);
        if (rows[i].named)
            CHECK(catalog_name_plan(place->catalog, before) != NULL, rows[i].row);
        /* All of these can be named. */
        catalog_place_fill_plans(place, 10, CATALOG_PLANS_KEPT - 1 - rows[i].few, "40000");
        give_back_plans(place, TODAY + rows[i].looked);
        CHECK_EQ(catalog_plan(place->catalog, before) != NULL, rows[i].kept, rows[i].row);
        CHECK(catalog_plan(place->catalog, after) != NULL, rows[i].row);
        catalog_place_restart(place);
        CHECK_EQ(catalog_plan(place->catalog, before) != NULL, rows[i].kept, rows[i].row);
        place->steps[0].within_ms += 100;
        CHECK(change_plan(place) > after, "a number of its own");
        catalog_place_stop(place);
        (void)catalog_place_leave(state);
        CHECK(catalog_place_enter(state) == 0, rows[i].row);
    }
}

TEST(a_message_that_leaves_its_plan_lets_it_go)
{
    PLACE;
    uint32_t plan;

    catalog_place_start(place);
    plan = catalog_plan_at(place->catalog, 0)->id;
    (void)change_plan(place);
    give_back_plans(place, TODAY);
    catalog_place_fill_plans(place, 10, CATALOG_PLANS_KEPT, "40000");
    CHECK(catalog_name_plan(place->catalog, plan) != NULL, "one");
    CHECK(catalog_name_plan(place->catalog, plan) != NULL, "another");
    catalog_leave_plan(place->catalog, plan);
    give_back_plans(place, TODAY + 50);
    CHECK(catalog_plan(place->catalog, plan) != NULL, "the other names it");
    catalog_leave_plan(place->catalog, plan);
    give_back_plans(place, TODAY + 50);
    CHECK(catalog_plan(place->catalog, plan) == NULL, "nobody does");
    CHECK(catalog_name_plan(place->catalog, plan) == NULL, "nor will");
    catalog_place_stop(place);
}

/* Settled with so many more versions that were said until a day. */
static void start_full(struct catalog_place *place, const char *day, char error[256])
{
    place->filled_with = day;
    catalog_place_start_or_say(place, error);
    place->filled_with = NULL;
}

/* 65,536 starts with other plans: the next one was refused for ever. */
TEST(a_start_that_has_no_room_for_a_plan_says_so_and_has_it_when_some_have_gone)
{
    PLACE;
    char error[256];
    uint32_t said;

    catalog_place_start(place);
    said = catalog_plan_at(place->catalog, 0)->id;
    catalog_place_stop(place);
    start_full(place, "20000", error);
    CHECK_STR(error, "", "what is there has room");
    CHECK_EQ(catalog_plan_count(place->catalog), CATALOG_PLANS_MAX, "full");
    catalog_place_stop(place);
    place->steps[0].within_ms++;
    start_full(place, "20000", error);
    CHECK(strstr(error, "plan 'sms' is new") != NULL, error);
    catalog_place_stop(place);
    place->steps[0].within_ms--;
    start_full(place, "20000", error);
    CHECK_STR(error, "", "as it was");
    give_back_plans(place, TODAY + 3);
    CHECK_EQ(catalog_plan_count(place->catalog), CATALOG_PLANS_MAX, "all can be named");
    give_back_plans(place, TODAY + 4);
    CHECK_EQ(catalog_plan_count(place->catalog), CATALOG_PLANS_KEPT, "half of them go");
    CHECK_EQ(catalog_plan_at(place->catalog, 0)->id, said, "none that is said");
    CHECK(catalog_plan(place->catalog, said + 1) == NULL, "the oldest first");
    CHECK(catalog_plan(place->catalog, CATALOG_PLANS_MAX) != NULL, "the newest stay");
    catalog_place_stop(place);
}

/* The place of its remainder is taken: it is passed over. */
TEST(numbers_go_on_beyond_the_places)
{
    static const struct store_definition last = {STORE_PLAN, CATALOG_PLANS_MAX, "?", "abc",
                                                 3};
    PLACE;
    uint32_t before;
    uint32_t after;

    catalog_place_start(place);
    before = catalog_plan_at(place->catalog, 0)->id;
    CHECK_EQ(before, 1, "the first");
    /* Of another form. */
    assert_true(store_begin(place->store, STORE_CONTINUATION));
    store_define(place->store, &last);
    store_end(place->store);
    after = change_plan(place);
    CHECK_EQ(after, CATALOG_PLANS_MAX + 2, "not with the place of the first");
    CHECK_EQ(catalog_plan(place->catalog, before)->steps[0].within_ms, 1000, "as it was");
    CHECK_EQ(catalog_plan(place->catalog, after)->steps[0].within_ms, 1001, "as it is");
    CHECK(catalog_plan(place->catalog, 2) == NULL, "the other of that remainder");
    CHECK(catalog_plan(place->catalog, 0) == NULL, "none");
    catalog_place_restart(place);
    CHECK_EQ(catalog_plan_at(place->catalog, 0)->id, after, "the same");
    catalog_place_stop(place);
}

TEST(a_plan_is_what_the_configuration_says)
{
    PLACE;
    const struct plan *plan;
    const struct channel_traits *traits;

    place->steps[0].on_silence = CONFIG_STOP;
    catalog_place_start(place);
    plan = catalog_plan_at(place->catalog, 0);
    traits = catalog_traits(place->catalog);
    CHECK_STR(plan->name, "sms", "name");
    CHECK_EQ(plan->deadline_ms, 60000, "deadline");
    CHECK_EQ(plan->step_count, 1, "steps");
    CHECK_EQ(plan->steps[0].way_count, 2, "ways");
    CHECK_EQ(plan->steps[0].ways[1], catalog_link(place->catalog, 1), "ways");
    CHECK_EQ(plan->steps[0].until, ATTEMPT_ACCEPTED, "until");
    CHECK_EQ(plan->steps[0].enter_within_ms, 500, "time to enter");
    CHECK_EQ(plan->steps[0].stop_on_silence, true, "on silence");
    CHECK_EQ(traits[plan->steps[0].ways[0]].proves, ATTEMPT_DELIVERED, "with receipts");
    CHECK_EQ(traits[plan->steps[0].ways[1]].proves, ATTEMPT_ACCEPTED, "without");
    CHECK_EQ(traits[plan->steps[0].ways[0]].grace_ms, 7, "grace");
    catalog_place_stop(place);
}

TEST(long_texts_are_cut_for_the_last_link_of_the_plan)
{
    PLACE;

    place->steps[0].way_count = 1;
    place->steps[0].ways = &place->ways[1];
    catalog_place_start(place);
    CHECK_EQ(catalog_form_link(place->catalog, catalog_plan_at(place->catalog, 0))->split,
             CONFIG_UDH16, "its own");
    catalog_place_stop(place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLACED(a_plan_that_changes_gets_a_new_number_and_the_old_one_stays),
        PLACED(of_many_versions_of_plans_those_go_that_nothing_can_name),
        PLACED(a_message_that_leaves_its_plan_lets_it_go),
        PLACED(a_start_that_has_no_room_for_a_plan_says_so_and_has_it_when_some_have_gone),
        PLACED(numbers_go_on_beyond_the_places),
        PLACED(a_plan_is_what_the_configuration_says),
        PLACED(long_texts_are_cut_for_the_last_link_of_the_plan),
    };

    return RUN_ALL(tests);
}
