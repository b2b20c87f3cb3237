/* Numbers that stay: over restarts, other orders, new versions of plans and prices. */
#include "gateway/catalog.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "gateway/clock.h"
#include "gateway/executor.h"
#include "gateway/log.h"
#include "gateway/profile.h"

#include "tests/test.h"

enum { ACCOUNTS = 2, MANY = 3000, TODAY = 20000 };

static const int64_t DAY_MS = 86400000;

/* A configuration by hand, a state folder, and a catalogue on top of them. */
struct place {
    char folder[64];
    struct config config;
    struct config_account accounts[ACCOUNTS];
    struct config_link links[2];
    struct config_way ways[2];
    struct config_step steps[1];
    struct config_plan plans[1];
    struct config_price prices[3];
    struct config_beginning beginnings[3];
    struct clock *clock;
    struct executor *executor;
    struct store *store;
    struct catalog *catalog;
    const char *filled_with; /* the day of the versions of plans a start is full of */
};

static void configure(struct place *place)
{
    static const char *const names[ACCOUNTS] = {"acme", "beta"};

    for (size_t i = 0; i < ACCOUNTS; i++)
        place->accounts[i] = (struct config_account){.name = names[i],
                                                     .class = CONFIG_TRANSACTIONAL,
                                                     .currency = "EUR",
                                                     .opening_micro = 5000000,
                                                     .credit_micro = 1000 * (int64_t)i};
    place->links[0] = (struct config_link){.name = "one", .receipts = true, .grace_ms = 7};
    place->links[1] = (struct config_link){.name = "two", .split = CONFIG_UDH16};
    place->ways[0] = (struct config_way){.name = "one", .is_link = true, .index = 0};
    place->ways[1] = (struct config_way){.name = "two", .is_link = true, .index = 1};
    place->steps[0] = (struct config_step){.name = "sms",
                                           .ways = place->ways,
                                           .way_count = 2,
                                           .until = CONFIG_ACCEPTED,
                                           .within_ms = 1000,
                                           .enter_within_ms = 500};
    place->plans[0] = (struct config_plan){.name = "sms",
                                           .class = CONFIG_ANY_CLASS,
                                           .deadline_ms = 60000,
                                           .steps = place->steps,
                                           .step_count = 1};
    place->beginnings[0] = (struct config_beginning){"7", CONFIG_BY_PREFIX};
    place->prices[0] = (struct config_price){
        .side = CONFIG_SELL,
        .any_account = true,
        .channel = place->ways[0],
        .class = CONFIG_ANY_CLASS,
        .prefix = "7",
        .reach = {.beginnings = place->beginnings, .count = 1},
        .billed = CONFIG_ON_ACCEPTED,
        .price_micro = 50000,
        .currency = "EUR"
    };
    place->prices[1] = place->prices[0];
    place->prices[1].any_account = false;
    place->prices[1].account = 1;
    place->prices[1].price_micro = 40000;
    place->prices[2] = place->prices[0];
    place->prices[2].side = CONFIG_BUY;
    place->prices[2].price_micro = 30000;
    place->config = (struct config){.accounts = place->accounts,
                                    .account_count = ACCOUNTS,
                                    .links = place->links,
                                    .link_count = 2,
                                    .plans = place->plans,
                                    .plan_count = 1,
                                    .prices = place->prices,
                                    .price_count = 3,
                                    .late_window_ms = 3 * DAY_MS};
}

static void on_definition(void *owner, const struct store_definition *definition)
{
    struct place *place = owner;

    catalog_load(place->catalog, definition);
}

static void on_balance(void *owner, uint64_t ledger, uint32_t currency, int64_t amount)
{
    struct place *place = owner;

    catalog_load_balance(place->catalog, ledger, currency, amount);
}

static void on_opening(void *owner, uint32_t account, int64_t amount)
{
    struct place *place = owner;

    catalog_load_opening(place->catalog, account, amount);
}

/* Loaded, as if so many, from this number on, had been said until a day. */
static void fill_plans(struct place *place, uint32_t from, uint32_t count, const char *day)
{
    struct plan plan = {.name = "sms", .step_count = 1};
    struct store_definition it = {STORE_PLAN, 0, day, &plan, sizeof(plan)};

    for (it.number = from; it.number < from + count; it.number++) {
        plan.id = it.number;
        plan.deadline_ms = 1000000 + it.number;
        catalog_load(place->catalog, &it);
    }
}

/* Opens the store and settles the catalogue with the configuration as it is now; what it
 * does not like comes into `error`. */
static void start_or_say(struct place *place, char error[256])
{
    static const struct store_loader loader = {
        .on_definition = on_definition, .on_balance = on_balance, .on_opening = on_opening};
    const struct store_config config = {
        .folder = place->folder, .ring_operations = 10000, .ring_bytes = 16 * 1024 * 1024};
    bool ok;

    error[0] = '\0';
    place->clock = clock_new_virtual(1000, 1795000000000);
    place->executor = executor_new_inline(place->clock, NULL, NULL);
    place->store = store_open(&config, place->clock, place->executor, place, error, 256);
    CHECK_STR(error, "", "the store opens");
    place->catalog = catalog_new(&place->config);
    CHECK(store_load(place->store, &loader, place, 0, error, 256), error);
    if (place->filled_with)
        fill_plans(place, 2, CATALOG_PLANS_MAX - 1, place->filled_with);
    ok = catalog_settle(place->catalog, place->store, error, 256);
    CHECK_EQ(ok, error[0] == '\0', error);
}

static void start(struct place *place)
{
    char error[256];

    start_or_say(place, error);
    CHECK_STR(error, "", "it is settled");
}

static void stop(struct place *place)
{
    catalog_free(place->catalog);
    store_close(place->store);
    executor_free(place->executor);
    clock_free(place->clock);
}

static void restart(struct place *place)
{
    stop(place);
    start(place);
}

/* The configuration as it is now does not go with what is stored. */
static void check_refused(struct place *place, const char *wanted)
{
    char error[256];

    stop(place);
    start_or_say(place, error);
    CHECK(strstr(error, wanted) != NULL, error);
}

static int set_up(void **state)
{
    struct place *place = calloc(1, sizeof(*place));
    const char *folder = getenv("TMPDIR");

    log_open(-1, LOG_LEVEL_ERROR);
    snprintf(place->folder, sizeof(place->folder), "%.40s/catalog-XXXXXX",
             folder ? folder : "/tmp");
    if (mkdtemp(place->folder) == NULL)
        return -1;
    configure(place);
    *state = place;
    return 0;
}

static int clean_up(void **state)
{
    static const char *const left[] = {"live.db",   "live.db-wal", "live.db-shm",
                                       "live.head", "lock",        "reserve"};
    struct place *place = *state;
    char path[128];

    for (size_t i = 0; i < ROWS(left); i++) {
        snprintf(path, sizeof(path), "%s/%s", place->folder, left[i]);
        unlink(path);
    }
    snprintf(path, sizeof(path), "%s/history", place->folder);
    rmdir(path);
    snprintf(path, sizeof(path), "%s/ledger", place->folder);
    rmdir(path);
    rmdir(place->folder);
    free(place);
    return 0;
}

#define PLACED(name) cmocka_unit_test_setup_teardown(name, set_up, clean_up)
#define PLACE        struct place *place = *state

/* --- accounts and channels ---------------------------------------------------------- */

TEST(numbers_stay_with_their_names_whatever_the_order)
{
    PLACE;
    uint32_t acme;
    uint32_t two;

    start(place);
    acme = catalog_account_at(place->catalog, 0)->number;
    two = catalog_link(place->catalog, 1);
    CHECK(acme != catalog_account_at(place->catalog, 1)->number, "two accounts");
    CHECK(two != catalog_link(place->catalog, 0), "two links");
    place->accounts[0].name = "beta";
    place->accounts[1].name = "acme";
    place->links[0].name = "two";
    place->links[1].name = "one";
    restart(place);
    CHECK_EQ(catalog_account_at(place->catalog, 1)->number, acme, "acme, now second");
    CHECK_STR(catalog_account(place->catalog, acme)->name, "acme", "by number");
    CHECK_EQ(catalog_account_named(place->catalog, "acme")->number, acme, "by name");
    CHECK_EQ(catalog_link(place->catalog, 0), two, "two, now first");
    CHECK_STR(catalog_channel_name(place->catalog, two), "two", "by number");
    stop(place);
}

TEST(who_is_no_longer_configured_is_still_known)
{
    PLACE;
    uint32_t beta;

    start(place);
    beta = catalog_account_at(place->catalog, 1)->number;
    place->config.account_count = 1;
    place->config.price_count = 1;
    restart(place);
    CHECK(catalog_account(place->catalog, beta) != NULL, "beta");
    CHECK(catalog_account(place->catalog, beta)->config == NULL, "not configured");
    CHECK_EQ(catalog_account(place->catalog, beta)->balance.available, 5000000,
             "its money");
    CHECK(catalog_account(place->catalog, 99) == NULL, "nobody's number");
    CHECK(catalog_plan(place->catalog, 99) == NULL, "no plan");
    CHECK(catalog_pins(place->catalog, 99) == NULL, "no prices");
    CHECK_STR(catalog_channel_name(place->catalog, 99), "?", "no channel");
    stop(place);
}

TEST(an_opening_is_posted_once)
{
    PLACE;

    start(place);
    CHECK_EQ(catalog_account_at(place->catalog, 0)->balance.available, 5000000, "at first");
    CHECK_EQ(catalog_account_at(place->catalog, 1)->balance.limit, -1000, "its credit");
    place->accounts[0].opening_micro = 9000000;
    restart(place);
    CHECK_EQ(catalog_account_at(place->catalog, 0)->balance.available, 5000000, "again");
    CHECK_EQ(catalog_account_at(place->catalog, 0)->balance.opening, 5000000, "again");
    CHECK_EQ(catalog_account_at(place->catalog, 0)->currency, ledger_currency("EUR"),
             "EUR");
    stop(place);
}

static void set_currency(struct place *place, int account, const char *code)
{
    memcpy(place->accounts[account].currency, code, 4);
}

/* What is held, owed and told in one currency cannot be released in another. */
TEST(money_stays_in_its_currency)
{
    PLACE;

    place->accounts[1].opening_micro = 0;
    start(place);
    set_currency(place, 1, "USD");
    restart(place);
    CHECK_EQ(catalog_account_at(place->catalog, 1)->currency, ledger_currency("USD"),
             "there was none of it yet");
    set_currency(place, 0, "USD");
    check_refused(place, "account 'acme' has money in EUR");
    set_currency(place, 0, "EUR");
    restart(place);
    CHECK_EQ(catalog_account_at(place->catalog, 0)->balance.available, 5000000, "is there");
    stop(place);
}

TEST(openings_that_together_are_too_large_to_be_counted_are_refused)
{
    PLACE;

    start(place);
    place->accounts[0].name = "third";
    place->accounts[0].opening_micro = INT64_MAX - 5000000;
    check_refused(place, "opening of account 'third'");
    set_currency(place, 0, "USD");
    restart(place);
    CHECK_EQ(catalog_account_at(place->catalog, 0)->balance.available, INT64_MAX - 5000000,
             "of another currency");
    stop(place);
}

/* What live messages wait for on a link is not what a messenger does. */
TEST(a_name_of_a_link_does_not_become_that_of_a_channel)
{
    PLACE;
    const struct profile profile = {.proves = CONFIG_DELIVERED};
    struct config_channel channel = {.name = "two", .profile = &profile};

    start(place);
    place->config.channels = &channel;
    place->config.channel_count = 1;
    place->config.link_count = 1;
    place->steps[0].way_count = 1;
    check_refused(place, "'two' was a link");
    channel.name = "three";
    restart(place);
    place->config.channel_count = 0;
    place->config.link_count = 2;
    place->links[1].name = "three";
    check_refused(place, "'three' was a channel");
    stop(place);
}

TEST(many_accounts_start_at_once)
{
    PLACE;
    static struct config_account accounts[MANY];
    static char names[MANY][16];

    for (int i = 0; i < MANY; i++) {
        snprintf(names[i], sizeof(names[i]), "account-%d", i);
        accounts[i] = place->accounts[0];
        accounts[i].name = names[i];
    }
    place->config.accounts = accounts;
    place->config.account_count = MANY;
    start(place);
    restart(place);
    CHECK_EQ(catalog_account_count(place->catalog), MANY, "all of them");
    CHECK_EQ(catalog_account_named(place->catalog, "account-2999")->balance.available,
             5000000, "the last one");
    stop(place);
}

/* --- plans -------------------------------------------------------------------------- */

TEST(a_plan_that_changes_gets_a_new_number_and_the_old_one_stays)
{
    PLACE;
    uint32_t before;
    uint32_t after;

    start(place);
    before = catalog_plan_at(place->catalog, 0)->id;
    restart(place);
    CHECK_EQ(catalog_plan_at(place->catalog, 0)->id, before, "unchanged");
    place->steps[0].within_ms = 2000;
    restart(place);
    after = catalog_plan_at(place->catalog, 0)->id;
    CHECK(after != before, "changed");
    CHECK_EQ(catalog_plan(place->catalog, before)->steps[0].within_ms, 1000, "as it was");
    CHECK_EQ(catalog_plan(place->catalog, after)->steps[0].within_ms, 2000, "as it is");
    place->steps[0].within_ms = 1000;
    restart(place);
    CHECK_EQ(catalog_plan_at(place->catalog, 0)->id, before, "changed back");
    stop(place);
}

/* --- plans that go ------------------------------------------------------------------ */

/* The plan is another one from the next start on: its number then. */
static uint32_t change_plan(struct place *place)
{
    place->steps[0].within_ms++;
    restart(place);
    return catalog_plan_at(place->catalog, 0)->id;
}

/* What there is no room for in one go waits for the store. */
static void give_back_plans(struct place *place, int day)
{
    for (int i = 0; i < 20; i++) {
        catalog_give_back_plans(place->catalog, place->store, day * DAY_MS);
        clock_advance(place->clock, clock_mono_ms(place->clock) + 500);
    }
}

static void end_under(struct place *place, int day, uint32_t plan)
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

        start(place);
        before = catalog_plan_at(place->catalog, 0)->id;
        after = change_plan(place);
        give_back_plans(place, TODAY);
        if (rows[i].ended)
            end_under(place, TODAY + rows[i].ended, before);
        if (rows[i].said)
            place->steps[0].within_ms--;
        if (rows[i].restarted || rows[i].said)
            restart(place);
        if (rows[i].named)
            CHECK(catalog_name_plan(place->catalog, before) != NULL, rows[i].row);
        /* All of these can be named. */
        fill_plans(place, 10, CATALOG_PLANS_KEPT - 1 - rows[i].few, "40000");
        give_back_plans(place, TODAY + rows[i].looked);
        CHECK_EQ(catalog_plan(place->catalog, before) != NULL, rows[i].kept, rows[i].row);
        CHECK(catalog_plan(place->catalog, after) != NULL, rows[i].row);
        restart(place);
        CHECK_EQ(catalog_plan(place->catalog, before) != NULL, rows[i].kept, rows[i].row);
        place->steps[0].within_ms += 100;
        CHECK(change_plan(place) > after, "a number of its own");
        stop(place);
        (void)clean_up(state);
        CHECK(set_up(state) == 0, rows[i].row);
    }
}

TEST(a_message_that_leaves_its_plan_lets_it_go)
{
    PLACE;
    uint32_t plan;

    start(place);
    plan = catalog_plan_at(place->catalog, 0)->id;
    (void)change_plan(place);
    give_back_plans(place, TODAY);
    fill_plans(place, 10, CATALOG_PLANS_KEPT, "40000");
    CHECK(catalog_name_plan(place->catalog, plan) != NULL, "one");
    CHECK(catalog_name_plan(place->catalog, plan) != NULL, "another");
    catalog_leave_plan(place->catalog, plan);
    give_back_plans(place, TODAY + 50);
    CHECK(catalog_plan(place->catalog, plan) != NULL, "the other names it");
    catalog_leave_plan(place->catalog, plan);
    give_back_plans(place, TODAY + 50);
    CHECK(catalog_plan(place->catalog, plan) == NULL, "nobody does");
    CHECK(catalog_name_plan(place->catalog, plan) == NULL, "nor will");
    stop(place);
}

/* Settled with so many more versions that were said until a day. */
static void start_full(struct place *place, const char *day, char error[256])
{
    place->filled_with = day;
    start_or_say(place, error);
    place->filled_with = NULL;
}

/* 65,536 starts with other plans: the next one was refused for ever. */
TEST(a_start_that_has_no_room_for_a_plan_says_so_and_has_it_when_some_have_gone)
{
    PLACE;
    char error[256];
    uint32_t said;

    start(place);
    said = catalog_plan_at(place->catalog, 0)->id;
    stop(place);
    start_full(place, "20000", error);
    CHECK_STR(error, "", "what is there has room");
    CHECK_EQ(catalog_plan_count(place->catalog), CATALOG_PLANS_MAX, "full");
    stop(place);
    place->steps[0].within_ms++;
    start_full(place, "20000", error);
    CHECK(strstr(error, "plan 'sms' is new") != NULL, error);
    stop(place);
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
    stop(place);
}

/* The place of its remainder is taken: it is passed over. */
TEST(numbers_go_on_beyond_the_places)
{
    static const struct store_definition last = {STORE_PLAN, CATALOG_PLANS_MAX, "?", "abc",
                                                 3};
    PLACE;
    uint32_t before;
    uint32_t after;

    start(place);
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
    restart(place);
    CHECK_EQ(catalog_plan_at(place->catalog, 0)->id, after, "the same");
    stop(place);
}

TEST(a_plan_is_what_the_configuration_says)
{
    PLACE;
    const struct plan *plan;
    const struct channel_traits *traits;

    place->steps[0].on_silence = CONFIG_STOP;
    start(place);
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
    stop(place);
}

/* --- prices ------------------------------------------------------------------------- */

/* False: there is no room. */
static bool pin_on(struct place *place, int day, size_t account, const char *digits,
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

static uint32_t pin(struct place *place, size_t account, const char *digits)
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
        start(place);
        CHECK(price_book_find(catalog_prices(place->catalog), PRICE_SELL, 0,
                              catalog_link(place->catalog, 0), 0, ledger_currency("EUR"),
                              "79001", &price),
              rows[i].row);
        CHECK_EQ(price.price_micro, rows[i].price_micro, rows[i].row);
        stop(place);
    }
}

TEST(pinned_prices_are_stored_once_and_stay)
{
    PLACE;
    uint32_t acme;
    uint32_t beta;

    start(place);
    acme = pin(place, 0, "79001");
    beta = pin(place, 1, "79001");
    CHECK(acme != 0 && beta != 0 && acme != beta, "a price each");
    CHECK_EQ(pin(place, 0, "79777"), acme, "the same prices");
    CHECK_EQ(catalog_pins(place->catalog, acme)->steps[0][0].price_micro, 50000, "acme's");
    CHECK_EQ(catalog_pins(place->catalog, beta)->steps[0][0].price_micro, 40000, "beta's");
    CHECK_EQ(catalog_pins(place->catalog, acme)->steps[0][0].billed, ATTEMPT_ACCEPTED,
             "billed");
    place->prices[0].price_micro = 60000;
    restart(place);
    CHECK_EQ(catalog_pins(place->catalog, acme)->steps[0][0].price_micro, 50000,
             "what was accepted is not changed");
    CHECK(pin(place, 0, "79001") != acme, "what is accepted now costs more");
    CHECK_EQ(pin(place, 1, "79001"), beta, "beta's did not change");
    stop(place);
}

TEST(without_a_price_nothing_is_pinned)
{
    PLACE;

    start(place);
    CHECK_EQ(pin(place, 0, "4917"), 0, "no row for this number");
    stop(place);
}

/* --- prices that go ----------------------------------------------------------------- */

/* Acme's price is another from now on. */
static void change_price(struct place *place)
{
    place->prices[0].price_micro++;
    CHECK(catalog_take_prices(place->catalog, &place->config), "the prices are taken");
}

static uint32_t pin_new(struct place *place, int day)
{
    uint32_t pins;

    change_price(place);
    CHECK(pin_on(place, day, 0, "79001", &pins) && pins != 0, "new prices");
    return pins;
}

static void end_on(struct place *place, int day, uint32_t pins)
{
    CHECK(store_begin(place->store, STORE_CONTINUATION), "a decision");
    catalog_pins_ended(place->catalog, place->store, pins, day * DAY_MS);
    store_end(place->store);
}

/* The places of all sets are looked at. */
static void look_round(struct place *place, int day)
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

        start(place);
        pins = pin_new(place, TODAY);
        last = pin_new(place, TODAY + rows[i].looked);
        if (rows[i].ended)
            end_on(place, TODAY + rows[i].ended, pins);
        if (rows[i].restarted)
            restart(place);
        if (rows[i].named)
            CHECK(catalog_name_pins(place->catalog, pins) != NULL, rows[i].row);
        look_round(place, TODAY + rows[i].looked);
        CHECK_EQ(catalog_pins(place->catalog, pins) != NULL, rows[i].kept, rows[i].row);
        count = catalog_pins_count(place->catalog);
        restart(place);
        CHECK_EQ(catalog_pins(place->catalog, pins) != NULL, rows[i].kept, rows[i].row);
        CHECK_EQ(catalog_pins_count(place->catalog), count, rows[i].row);
        CHECK(pin_new(place, TODAY + rows[i].looked) > last, "a number of its own");
        stop(place);
        (void)clean_up(state);
        CHECK(set_up(state) == 0, rows[i].row);
    }
}

/* All others go, and a new one after a restart is none of them. */
TEST(the_highest_number_stays_and_is_remembered)
{
    PLACE;
    uint32_t last;

    start(place);
    look_round(place, TODAY);
    last = pin_new(place, TODAY);
    restart(place);
    CHECK(catalog_pins(place->catalog, last) != NULL, "as it was");
    CHECK_EQ(pin_new(place, TODAY + 50), last + 1, "the next");
    look_round(place, TODAY + 50);
    CHECK(catalog_pins(place->catalog, last) == NULL, "it is the highest no more");
    restart(place);
    CHECK(catalog_pins(place->catalog, last) == NULL, "and does not come back");
    CHECK_EQ(pin_new(place, TODAY + 50), last + 10, "the next");
    stop(place);
}

TEST(a_message_that_leaves_its_prices_lets_them_go)
{
    PLACE;
    uint32_t pins;

    start(place);
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
    stop(place);
}

/* Loaded, as if they had been made on a day. */
static void fill(struct place *place, const char *day)
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

    start(place);
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
    stop(place);
}

/* All of a kind may be looked at for nothing once a minute: who sends at full speed does
 * not make the gateway look without end. */
TEST(while_it_is_full_all_are_looked_at_once_a_minute)
{
    PLACE;
    uint32_t pins;
    uint32_t free_one = CATALOG_PINS_MAX / 2;

    start(place);
    fill(place, "20000");
    for (uint32_t i = 1; i <= CATALOG_PINS_MAX; i++)
        (void)catalog_name_pins(place->catalog, i);
    CHECK(!pin_on(place, TODAY + 9, 0, "79001", &pins), "no room");
    catalog_leave_pins(place->catalog, free_one);
    CHECK(!pin_on(place, TODAY + 9, 0, "79001", &pins), "not looked at again yet");
    CHECK(pin_on(place, TODAY + 10, 0, "79001", &pins), "now it is");
    CHECK(catalog_pins(place->catalog, free_one) == NULL, "that one went");
    stop(place);
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

    start(place);
    for (size_t i = 0; i < ROWS(rows); i++) {
        const struct store_definition spoilt = {rows[i].kind, rows[i].number, "?", "abc",
                                                3};

        assert_true(store_begin(place->store, STORE_CONTINUATION));
        store_define(place->store, &spoilt);
        store_end(place->store);
    }
    place->steps[0].within_ms = 2000;
    place->links[1].name = "three";
    restart(place);
    CHECK_EQ(catalog_plan_at(place->catalog, 0)->id, 3, "the plan");
    CHECK_EQ(pin(place, 0, "79001"), 2, "the prices");
    CHECK_EQ(catalog_link(place->catalog, 1), 4, "the channel");
    restart(place);
    CHECK_EQ(catalog_plan(place->catalog, 3)->steps[0].within_ms, 2000, "is still there");
    CHECK(catalog_plan(place->catalog, 2) == NULL, "and is nothing");
    stop(place);
}

TEST(long_texts_are_cut_for_the_last_link_of_the_plan)
{
    PLACE;

    place->steps[0].way_count = 1;
    place->steps[0].ways = &place->ways[1];
    start(place);
    CHECK_EQ(catalog_form_link(place->catalog, catalog_plan_at(place->catalog, 0))->split,
             CONFIG_UDH16, "its own");
    stop(place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLACED(numbers_stay_with_their_names_whatever_the_order),
        PLACED(who_is_no_longer_configured_is_still_known),
        PLACED(an_opening_is_posted_once),
        PLACED(money_stays_in_its_currency),
        PLACED(openings_that_together_are_too_large_to_be_counted_are_refused),
        PLACED(a_name_of_a_link_does_not_become_that_of_a_channel),
        PLACED(many_accounts_start_at_once),
        PLACED(a_plan_that_changes_gets_a_new_number_and_the_old_one_stays),
        PLACED(of_many_versions_of_plans_those_go_that_nothing_can_name),
        PLACED(a_message_that_leaves_its_plan_lets_it_go),
        PLACED(a_start_that_has_no_room_for_a_plan_says_so_and_has_it_when_some_have_gone),
        PLACED(numbers_go_on_beyond_the_places),
        PLACED(a_plan_is_what_the_configuration_says),
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
        PLACED(long_texts_are_cut_for_the_last_link_of_the_plan),
    };

    return RUN_ALL(tests);
}
