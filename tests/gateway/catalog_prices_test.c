/* Prices that are pinned, change and go. */
#include "gateway/catalog.h"

#include <stdio.h>

#include "gateway/clock.h"
#include "tests/gateway/catalog_place.h"
#include "tests/test.h"

/* False: there is no room. */
static bool pin_on(struct catalog_place *place, int day, size_t account, const char *digits,
                   uint32_t *out)
{
    bool begun = store_begin(place->store, STORE_BEGINNING);
    bool fits;

    CHECK(begun, "a decision");
    fits = catalog_pin(place->catalog, place->store, catalog_plan_at(place->catalog, 0),
                       catalog_account_at(place->catalog, account)->number,
                       CONFIG_TRANSACTIONAL, digits, day * DAY_MS, out);
    store_end(place->store);
    return fits;
}

static uint32_t pin(struct catalog_place *place, size_t account, const char *digits)
{
    uint32_t pins;

    CHECK(pin_on(place, TODAY, account, digits, &pins), "room");
    return pins;
}

/* Whatever the order in the file: a prefix, then a network, then all of its country. */
TEST(the_row_that_says_a_number_most_exactly_counts)
{
    static const struct {
        const char *row;
        enum config_said_by said_by[3];
        int64_t price_micro;
    } rows[] = {
        {"in their order",      {CONFIG_BY_PREFIX, CONFIG_BY_NETWORK, CONFIG_BY_COUNTRY},  1},
        {"the other way round",
         {CONFIG_BY_COUNTRY, CONFIG_BY_NETWORK, CONFIG_BY_PREFIX},
         3                                                                                  },
        {"no prefix",           {CONFIG_BY_COUNTRY, CONFIG_BY_NETWORK, CONFIG_BY_COUNTRY}, 2},
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        PLACE;
        struct price price = {0};

        for (size_t j = 0; j < ROWS(place->prices); j++) {
            place->beginnings[j] = (struct config_beginning){"7900", rows[i].said_by[j]};
            place->prices[j] = place->prices[0];
            place->prices[j].price_micro = (int64_t)j + 1;
            place->prices[j].reach.beginnings = &place->beginnings[j];
        }
        catalog_place_start(place);
        CHECK(price_book_find(catalog_prices(place->catalog), PRICE_SELL, 0,
                              catalog_link(place->catalog, 0), 0, ledger_currency("EUR"),
                              "79001", &price),
              rows[i].row);
        CHECK_EQ(price.price_micro, rows[i].price_micro, rows[i].row);
        catalog_place_stop(place);
    }
}

TEST(pinned_prices_are_stored_once_and_stay)
{
    PLACE;
    uint32_t acme;
    uint32_t beta;

    catalog_place_start(place);
    acme = pin(place, 0, "79001");
    beta = pin(place, 1, "79001");
    CHECK(acme != 0 && beta != 0 && acme != beta, "a price each");
    CHECK_EQ(pin(place, 0, "79777"), acme, "the same prices");
    CHECK_EQ(catalog_pins(place->catalog, acme)->steps[0][0].price_micro, 50000, "acme's");
    CHECK_EQ(catalog_pins(place->catalog, beta)->steps[0][0].price_micro, 40000, "beta's");
    CHECK_EQ(catalog_pins(place->catalog, acme)->steps[0][0].billed, ATTEMPT_ACCEPTED,
             "billed");
    place->prices[0].price_micro = 60000;
    catalog_place_restart(place);
    CHECK_EQ(catalog_pins(place->catalog, acme)->steps[0][0].price_micro, 50000,
             "what was accepted is not changed");
    CHECK(pin(place, 0, "79001") != acme, "what is accepted now costs more");
    CHECK_EQ(pin(place, 1, "79001"), beta, "beta's did not change");
    catalog_place_stop(place);
}

TEST(without_a_price_nothing_is_pinned)
{
    PLACE;

    catalog_place_start(place);
    CHECK_EQ(pin(place, 0, "4917"), 0, "no row for this number");
    catalog_place_stop(place);
}

/* Acme's price is another from now on. */
static void change_price(struct catalog_place *place)
{
    place->prices[0].price_micro++;
    CHECK(catalog_take_prices(place->catalog, &place->config), "the prices are taken");
}

static uint32_t pin_new(struct catalog_place *place, int day)
{
    uint32_t pins;

    change_price(place);
    CHECK(pin_on(place, day, 0, "79001", &pins) && pins != 0, "new prices");
    return pins;
}

static void end_on(struct catalog_place *place, int day, uint32_t pins)
{
    CHECK(store_begin(place->store, STORE_CONTINUATION), "a decision");
    catalog_pins_ended(place->catalog, place->store, pins, day * DAY_MS);
    store_end(place->store);
}

/* The places of all sets are looked at. */
static void look_round(struct catalog_place *place, int day)
{
    for (int i = 0; i < 8; i++)
        (void)pin_new(place, day);
}

TEST(prices_that_nothing_can_name_any_more_are_given_back_and_their_number_never_again)
{
    static const struct {
        const char *row;
        int ended;  /* how many days later, 0: it was made that day and that is all */
        int looked; /* how many days later */
        bool named; /* by a message that lives */
        bool restarted;
        bool kept;
    } rows[] = {
        {"of the day",                   0, 0,   false, false, true },
        {"a late report may come",       0, 3,   false, false, true },
        {"nothing can name it",          0, 4,   false, false, false},
        {"a message names it",           0, 900, true,  false, true },
        {"late reports of a later end",  7, 10,  false, false, true },
        {"and none any more",            7, 11,  false, false, false},
        {"the end was before a restart", 7, 10,  false, true,  true },
        {"and long before it",           7, 11,  false, true,  false},
        {"a clock that was ahead",       9, 5,   false, true,  true },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        PLACE;
        uint32_t count;
        uint32_t pins;
        uint32_t last;

        catalog_place_start(place);
        pins = pin_new(place, TODAY);
        last = pin_new(place, TODAY + rows[i].looked);
        if (rows[i].ended)
            end_on(place, TODAY + rows[i].ended, pins);
        if (rows[i].restarted)
            catalog_place_restart(place);
        if (rows[i].named)
            CHECK(catalog_name_pins(place->catalog, pins) != NULL, rows[i].row);
        look_round(place, TODAY + rows[i].looked);
        CHECK_EQ(catalog_pins(place->catalog, pins) != NULL, rows[i].kept, rows[i].row);
        count = catalog_pins_count(place->catalog);
        catalog_place_restart(place);
        CHECK_EQ(catalog_pins(place->catalog, pins) != NULL, rows[i].kept, rows[i].row);
        CHECK_EQ(catalog_pins_count(place->catalog), count, rows[i].row);
        CHECK(pin_new(place, TODAY + rows[i].looked) > last, "a number of its own");
        catalog_place_stop(place);
        (void)catalog_place_leave(state);
        CHECK(catalog_place_enter(state) == 0, rows[i].row);
    }
}

/* All others go, and a new one after a restart is none of them. */
TEST(the_highest_number_stays_and_is_remembered)
{
    PLACE;
    uint32_t last;

    catalog_place_start(place);
    look_round(place, TODAY);
    last = pin_new(place, TODAY);
    catalog_place_restart(place);
    CHECK(catalog_pins(place->catalog, last) != NULL, "as it was");
    CHECK_EQ(pin_new(place, TODAY + 50), last + 1, "the next");
    look_round(place, TODAY + 50);
    CHECK(catalog_pins(place->catalog, last) == NULL, "it is the highest no more");
    catalog_place_restart(place);
    CHECK(catalog_pins(place->catalog, last) == NULL, "and does not come back");
    CHECK_EQ(pin_new(place, TODAY + 50), last + 10, "the next");
    catalog_place_stop(place);
}

TEST(a_message_that_leaves_its_prices_lets_them_go)
{
    PLACE;
    uint32_t pins;

    catalog_place_start(place);
    pins = pin_new(place, TODAY);
    CHECK(catalog_name_pins(place->catalog, pins) != NULL, "one");
    CHECK(catalog_name_pins(place->catalog, pins) != NULL, "another");
    (void)pin_new(place, TODAY);
    catalog_leave_pins(place->catalog, pins);
    look_round(place, TODAY + 50);
    CHECK(catalog_pins(place->catalog, pins) != NULL, "the other names it");
    catalog_leave_pins(place->catalog, pins);
    look_round(place, TODAY + 50);
    CHECK(catalog_pins(place->catalog, pins) == NULL, "nobody does");
    CHECK(catalog_name_pins(place->catalog, pins) == NULL, "nor will");
    catalog_place_stop(place);
}

/* Loaded, as if they had been made on a day. */
static void fill(struct catalog_place *place, const char *day)
{
    struct price_pins pins = {.step_count = 1, .sold = {1}};
    struct store_definition it = {STORE_PINS, 0, day, &pins,
                                  offsetof(struct price_pins, steps) +
                                      sizeof(pins.steps[0])};

    for (it.number = 1; it.number <= CATALOG_PINS_MAX; it.number++) {
        pins.steps[0][0].price_micro = it.number;
        catalog_load(place->catalog, &it);
    }
}

TEST(what_is_full_is_said_as_such_and_has_room_again_by_itself)
{
    PLACE;
    uint32_t pins;

    catalog_place_start(place);
    fill(place, "20000");
    CHECK_EQ(catalog_pins_count(place->catalog), CATALOG_PINS_MAX, "full");
    CHECK(!pin_on(place, TODAY, 0, "79001", &pins), "no room");
    CHECK(!pin_on(place, TODAY + 3, 0, "79001", &pins), "nor while reports may come");
    CHECK_EQ(catalog_pins_refused(place->catalog), 2, "counted");
    CHECK(pin_on(place, TODAY, 0, "4917", &pins), "what has no price needs none");
    CHECK_EQ(pins, 0, "and gets none");
    CHECK(pin_on(place, TODAY + 4, 0, "79001", &pins), "room");
    CHECK_EQ(pins, CATALOG_PINS_MAX + 1, "a number of its own");
    CHECK_EQ(catalog_pins(place->catalog, pins)->steps[0][0].price_micro, 50000, "and its");
    CHECK_EQ(catalog_pins_refused(place->catalog), 2, "no more");
    for (int i = 0; i < CATALOG_PINS_MAX / 4; i++) {
        (void)pin_new(place, TODAY + 4);
        if (i % 200 == 0)
            clock_advance(place->clock, clock_mono_ms(place->clock) + 50);
    }
    CHECK(catalog_pins_count(place->catalog) < CATALOG_PINS_MAX / 2, "few are left");
    catalog_place_stop(place);
}

/* All of a kind may be looked at for nothing once a minute: who sends at full speed does
 * not make the gateway look without end. */
TEST(while_it_is_full_all_are_looked_at_once_a_minute)
{
    PLACE;
    uint32_t pins;
    uint32_t free_one = CATALOG_PINS_MAX / 2;

    catalog_place_start(place);
    fill(place, "20000");
    for (uint32_t i = 1; i <= CATALOG_PINS_MAX; i++)
        (void)catalog_name_pins(place->catalog, i);
    CHECK(!pin_on(place, TODAY + 9, 0, "79001", &pins), "no room");
    catalog_leave_pins(place->catalog, free_one);
    CHECK(!pin_on(place, TODAY + 9, 0, "79001", &pins), "not looked at again yet");
    CHECK(pin_on(place, TODAY + 10, 0, "79001", &pins), "now it is");
    CHECK(catalog_pins(place->catalog, free_one) == NULL, "that one went");
    catalog_place_stop(place);
}

/* Of another version, or spoilt: what is new must not be taken for it at the next start. */
TEST(the_number_of_what_cannot_be_read_is_not_given_again)
{
    static const struct {
        enum store_definition_kind kind;
        uint32_t number;
    } rows[] = {
        {STORE_PLAN,    2},
        {STORE_PINS,    1},
        {STORE_CHANNEL, 3},
    };
    PLACE;

    catalog_place_start(place);
    for (size_t i = 0; i < ROWS(rows); i++) {
        const struct store_definition spoilt = {rows[i].kind, rows[i].number, "?", "abc",
                                                3};

        assert_true(store_begin(place->store, STORE_CONTINUATION));
        store_define(place->store, &spoilt);
        store_end(place->store);
    }
    place->steps[0].within_ms = 2000;
    place->links[1].name = "three";
    catalog_place_restart(place);
    CHECK_EQ(catalog_plan_at(place->catalog, 0)->id, 3, "the plan");
    CHECK_EQ(pin(place, 0, "79001"), 2, "the prices");
    CHECK_EQ(catalog_link(place->catalog, 1), 4, "the channel");
    catalog_place_restart(place);
    CHECK_EQ(catalog_plan(place->catalog, 3)->steps[0].within_ms, 2000, "is still there");
    CHECK(catalog_plan(place->catalog, 2) == NULL, "and is nothing");
    catalog_place_stop(place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLACED(the_row_that_says_a_number_most_exactly_counts),
        PLACED(pinned_prices_are_stored_once_and_stay),
        PLACED(without_a_price_nothing_is_pinned),
        PLACED(
            prices_that_nothing_can_name_any_more_are_given_back_and_their_number_never_again),
        PLACED(the_highest_number_stays_and_is_remembered),
        PLACED(a_message_that_leaves_its_prices_lets_them_go),
        PLACED(what_is_full_is_said_as_such_and_has_room_again_by_itself),
        PLACED(while_it_is_full_all_are_looked_at_once_a_minute),
        PLACED(the_number_of_what_cannot_be_read_is_not_given_again),
    };

    return RUN_ALL(tests);
}
