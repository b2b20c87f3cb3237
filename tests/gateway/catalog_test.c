/* Numbers stay with the names of accounts and channels, over restarts, in any order. */
#include "gateway/catalog.h"

#include <stdio.h>

#include "gateway/profile.h"
#include "tests/gateway/catalog_place.h"
#include "tests/test.h"

enum { MANY = 3000 };

TEST(numbers_stay_with_their_names_whatever_the_order)
{
    PLACE;
    uint32_t acme;
    uint32_t two;

    catalog_place_start(place);
    acme = catalog_account_at(place->catalog, 0)->number;
    two = catalog_link(place->catalog, 1);
    CHECK(acme != catalog_account_at(place->catalog, 1)->number, "two accounts");
    CHECK(two != catalog_link(place->catalog, 0), "two links");
    place->accounts[0].name = "beta";
    place->accounts[1].name = "acme";
    place->links[0].name = "two";
    place->links[1].name = "one";
    catalog_place_restart(place);
    CHECK_EQ(catalog_account_at(place->catalog, 1)->number, acme, "acme, now second");
    CHECK_STR(catalog_account(place->catalog, acme)->name, "acme", "by number");
    CHECK_EQ(catalog_account_named(place->catalog, "acme")->number, acme, "by name");
    CHECK_EQ(catalog_link(place->catalog, 0), two, "two, now first");
    CHECK_STR(catalog_channel_name(place->catalog, two), "two", "by number");
    catalog_place_stop(place);
}

TEST(who_is_no_longer_configured_is_still_known)
{
    PLACE;
    uint32_t beta;

    catalog_place_start(place);
    beta = catalog_account_at(place->catalog, 1)->number;
    place->config.account_count = 1;
    place->config.price_count = 1;
    catalog_place_restart(place);
    CHECK(catalog_account(place->catalog, beta) != NULL, "beta");
    CHECK(catalog_account(place->catalog, beta)->config == NULL, "not configured");
    CHECK_EQ(catalog_account(place->catalog, beta)->balance.available, 5000000,
             "its money");
    CHECK(catalog_account(place->catalog, 99) == NULL, "nobody's number");
    CHECK(catalog_plan(place->catalog, 99) == NULL, "no plan");
    CHECK(catalog_pins(place->catalog, 99) == NULL, "no prices");
    CHECK_STR(catalog_channel_name(place->catalog, 99), "?", "no channel");
    catalog_place_stop(place);
}

TEST(an_opening_is_posted_once)
{
    PLACE;

    catalog_place_start(place);
    CHECK_EQ(catalog_account_at(place->catalog, 0)->balance.available, 5000000, "at first");
    CHECK_EQ(catalog_account_at(place->catalog, 1)->balance.limit, -1000, "its credit");
    place->accounts[0].opening_micro = 9000000;
    catalog_place_restart(place);
    CHECK_EQ(catalog_account_at(place->catalog, 0)->balance.available, 5000000, "again");
    CHECK_EQ(catalog_account_at(place->catalog, 0)->balance.opening, 5000000, "again");
    CHECK_EQ(catalog_account_at(place->catalog, 0)->currency, ledger_currency("EUR"),
             "EUR");
    catalog_place_stop(place);
}

static void set_currency(struct catalog_place *place, int account, const char *code)
{
    memcpy(place->accounts[account].currency, code, 4);
}

/* What is held, owed and told in one currency cannot be released in another. */
TEST(money_stays_in_its_currency)
{
    PLACE;

    place->accounts[1].opening_micro = 0;
    catalog_place_start(place);
    set_currency(place, 1, "USD");
    catalog_place_restart(place);
    CHECK_EQ(catalog_account_at(place->catalog, 1)->currency, ledger_currency("USD"),
             "there was none of it yet");
    set_currency(place, 0, "USD");
    catalog_place_check_refused(place, "account 'acme' has money in EUR");
    set_currency(place, 0, "EUR");
    catalog_place_restart(place);
    CHECK_EQ(catalog_account_at(place->catalog, 0)->balance.available, 5000000, "is there");
    catalog_place_stop(place);
}

TEST(openings_that_together_are_too_large_to_be_counted_are_refused)
{
    PLACE;

    catalog_place_start(place);
    place->accounts[0].name = "third";
    place->accounts[0].opening_micro = INT64_MAX - 5000000;
    catalog_place_check_refused(place, "opening of account 'third'");
    set_currency(place, 0, "USD");
    catalog_place_restart(place);
    CHECK_EQ(catalog_account_at(place->catalog, 0)->balance.available, INT64_MAX - 5000000,
             "of another currency");
    catalog_place_stop(place);
}

/* What live messages wait for on a link is not what a messenger does. */
TEST(a_name_of_a_link_does_not_become_that_of_a_channel)
{
    PLACE;
    const struct profile profile = {.proves = CONFIG_DELIVERED};
    struct config_channel channel = {.name = "two", .profile = &profile};

    catalog_place_start(place);
    place->config.channels = &channel;
    place->config.channel_count = 1;
    place->config.link_count = 1;
    place->steps[0].way_count = 1;
    catalog_place_check_refused(place, "'two' was a link");
    channel.name = "three";
    catalog_place_restart(place);
    place->config.channel_count = 0;
    place->config.link_count = 2;
    place->links[1].name = "three";
    catalog_place_check_refused(place, "'three' was a channel");
    catalog_place_stop(place);
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
    catalog_place_start(place);
    catalog_place_restart(place);
    CHECK_EQ(catalog_account_count(place->catalog), MANY, "all of them");
    CHECK_EQ(catalog_account_named(place->catalog, "account-2999")->balance.available,
             5000000, "the last one");
    catalog_place_stop(place);
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
    };

    return RUN_ALL(tests);
}
