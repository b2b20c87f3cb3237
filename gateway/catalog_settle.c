/*
 * What the configuration says gets its numbers: those it had, or new ones, which are
 * stored.
 */
#include "gateway/catalog_pieces.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/profile.h"
#include "routing/money.h"

/* --- what cannot become something else ---------------------------------------------- */

/* Holds are released, and postings summed up, in the currency they were made in. */
static bool currencies_stay(const struct catalog *catalog, char *error, size_t error_size)
{
    for (size_t i = 0; i < catalog->config->account_count; i++) {
        const struct config_account *config = &catalog->config->accounts[i];
        const struct account *account = catalog_account_named(catalog, config->name);
        char was[4];

        if (account == NULL || account->currency == 0 ||
            account->currency == ledger_currency(config->currency))
            continue;
        snprintf(
            error, error_size,
            "account '%s' has money in %s, which cannot become %s: make another account",
            config->name, ledger_currency_code(account->currency, was), config->currency);
        return false;
    }
    return true;
}

/* What waits for a link is not what waits for a messenger. */
static bool stays_a_link(const struct catalog *catalog, const char *name, bool is_link,
                         char *error, size_t error_size)
{
    for (uint32_t i = 1; i <= catalog->channel_last; i++) {
        if (!catalog->channels[i].known || strcmp(catalog->channels[i].name, name) != 0 ||
            catalog->traits[i].is_link == is_link)
            continue;
        snprintf(error, error_size,
                 "'%s' was a %s in this state folder: what is a %s now needs another name",
                 name, is_link ? "channel" : "link", is_link ? "link" : "channel");
        return false;
    }
    return true;
}

static bool links_stay(const struct catalog *catalog, char *error, size_t error_size)
{
    const struct config *config = catalog->config;

    for (size_t i = 0; i < config->link_count; i++)
        if (!stays_a_link(catalog, config->links[i].name, true, error, error_size))
            return false;
    for (size_t i = 0; i < config->channel_count; i++)
        if (!stays_a_link(catalog, config->channels[i].name, false, error, error_size))
            return false;
    return true;
}

/* The purse that all openings of a currency come from can still count them. */
static bool opening_fits(const struct catalog *catalog, uint32_t currency, int64_t opening)
{
    int64_t sum = opening;

    for (uint32_t i = 1; i <= catalog->account_last; i++)
        if (catalog->accounts[i] && catalog->accounts[i]->currency == currency &&
            catalog->openings[i] > 0 && !money_add(sum, catalog->openings[i], &sum))
            return false;
    return true;
}

/* --- numbers ------------------------------------------------------------------------ */

static bool settle_accounts(struct catalog *catalog, struct store *store, char *error,
                            size_t error_size)
{
    for (size_t i = 0; i < catalog->config->account_count; i++) {
        const struct config_account *config = &catalog->config->accounts[i];
        struct account *account = catalog_account_named(catalog, config->name);

        if (account == NULL) {
            uint32_t number = catalog->account_last + 1;

            if (number > CATALOG_ACCOUNTS_MAX)
                return false;
            catalog_know_account(catalog, number, config->name);
            account = catalog->accounts[number];
            catalog_define_alone(store, STORE_ACCOUNT, number, config->name, NULL, 0);
        }
        account->config = config;
        account->currency = ledger_currency(config->currency);
        account->balance.limit = -config->credit_micro;
        catalog->account_of_config[i] = account->number;
        if (catalog->openings[account->number] < 0 && config->opening_micro > 0) {
            struct posting opening =
                ledger_posting(POSTING_OPENING, account->number, config->opening_micro);

            if (!opening_fits(catalog, account->currency, config->opening_micro)) {
                snprintf(
                    error, error_size,
                    "the opening of account '%s' is more than can be counted with those "
                    "of the others",
                    config->name);
                return false;
            }
            opening.currency = account->currency;
            if (!store_begin(store, STORE_CONTINUATION))
                return false;
            store_post(store, account->number, &opening);
            store_end(store);
            catalog->openings[account->number] = config->opening_micro;
            account->balance.available += config->opening_micro;
        }
        account->balance.opening =
            catalog->openings[account->number] > 0 ? catalog->openings[account->number] : 0;
    }
    return true;
}

static uint32_t settle_channel(struct catalog *catalog, struct store *store,
                               const char *name, const struct channel_traits *traits)
{
    uint32_t number;

    for (number = 1; number <= catalog->channel_last; number++) {
        if (catalog->channels[number].known &&
            strcmp(catalog->channels[number].name, name) == 0) {
            catalog->traits[number] = *traits;
            return number;
        }
    }
    if (number > CATALOG_CHANNELS_MAX)
        return 0;
    catalog_know_channel(catalog, number, name, traits);
    catalog_define_alone(store, STORE_CHANNEL, number, name, traits, sizeof(*traits));
    return number;
}

static const uint8_t proofs[] = {
    [CONFIG_ACCEPTED] = ATTEMPT_ACCEPTED,
    [CONFIG_DELIVERED] = ATTEMPT_DELIVERED,
    [CONFIG_READ] = ATTEMPT_READ,
};

static bool settle_channels(struct catalog *catalog, struct store *store)
{
    for (size_t i = 0; i < catalog->config->link_count; i++) {
        const struct config_link *link = &catalog->config->links[i];
        struct channel_traits traits;

        memset(&traits, 0, sizeof(traits));
        traits.is_link = true;
        traits.proves = link->receipts ? ATTEMPT_DELIVERED : ATTEMPT_ACCEPTED;
        traits.in_doubt_resends = (uint8_t)link->in_doubt_resends;
        traits.in_doubt_wait_ms = link->in_doubt_wait_ms;
        traits.grace_ms = link->grace_ms;
        catalog->links[i] = settle_channel(catalog, store, link->name, &traits);
        if (catalog->links[i] == 0)
            return false;
        catalog->link_configs[catalog->links[i]] = link;
    }
    for (size_t i = 0; i < catalog->config->channel_count; i++) {
        const struct config_channel *channel = &catalog->config->channels[i];
        struct channel_traits traits;

        memset(&traits, 0, sizeof(traits));
        traits.repeats_safely = channel->profile->repeats_safely;
        traits.in_doubt_resends = 1;
        traits.proves = proofs[channel->profile->proves];
        catalog->messengers[i] = settle_channel(catalog, store, channel->name, &traits);
        if (catalog->messengers[i] == 0)
            return false;
    }
    return true;
}

static const uint8_t choices[] = {
    [CONFIG_CHOOSE_ORDER] = PLAN_IN_ORDER,
    [CONFIG_CHOOSE_WEIGHT] = PLAN_BY_WEIGHT,
    [CONFIG_CHOOSE_CHEAPEST] = PLAN_CHEAPEST,
};

static void fill_step(struct catalog *catalog, const struct config_step *config,
                      struct plan_step *step)
{
    snprintf(step->name, sizeof(step->name), "%s", config->name);
    for (size_t i = 0; i < config->way_count && i < PLAN_WAYS_MAX; i++)
        step->ways[step->way_count++] = config->ways[i].is_link
                                            ? catalog->links[config->ways[i].index]
                                            : catalog->messengers[config->ways[i].index];
    for (size_t i = 0; i < step->way_count; i++)
        step->weights[i] = (uint16_t)config->ways[i].weight;
    step->choice = choices[config->choose];
    step->until = proofs[config->until];
    step->wait_full = config->wait_full;
    step->stop_on_silence = config->on_silence == CONFIG_STOP;
    step->flash_as_text = config->flash == CONFIG_FLASH_AS_TEXT;
    step->within_ms = config->within_ms;
    step->enter_within_ms = config->enter_within_ms;
}

static uint32_t settle_plan(struct catalog *catalog, struct store *store,
                            const struct config_plan *config)
{
    struct plan plan;

    memset(&plan, 0, sizeof(plan));
    snprintf(plan.name, sizeof(plan.name), "%s", config->name);
    plan.collects = config->collects;
    plan.class = (uint8_t)config->class;
    plan.deadline_ms = config->deadline_ms;
    plan.collect_within_ms = config->collect_within_ms;
    for (size_t i = 0; i < config->step_count && i < PLAN_STEPS_MAX; i++)
        fill_step(catalog, &config->steps[i], &plan.steps[plan.step_count++]);
    return catalog_number_plan(catalog, store, &plan);
}

static bool settle_plans(struct catalog *catalog, struct store *store, char *error,
                         size_t error_size)
{
    for (size_t i = 0; i < catalog->config->plan_count; i++) {
        catalog->plan_of_config[i] =
            settle_plan(catalog, store, &catalog->config->plans[i]);
        if (catalog->plan_of_config[i] == 0) {
            snprintf(error, error_size,
                     "plan '%s' is new, and all %d versions of plans that there can be are"
                     " kept for messages: start with plans that were there before, and"
                     " change them when late_window and a day are over",
                     catalog->config->plans[i].name, CATALOG_PLANS_MAX);
            return false;
        }
    }
    return true;
}

static const uint8_t billings[] = {
    [CONFIG_ON_SUBMIT] = ATTEMPT_SENT,
    [CONFIG_ON_ACCEPTED] = ATTEMPT_ACCEPTED,
    [CONFIG_ON_DELIVERED] = ATTEMPT_DELIVERED,
    [CONFIG_ON_READ] = ATTEMPT_READ,
};

/* Those of the row's beginnings that were said so. */
static bool add_price(const struct catalog *catalog, const struct config_price *config,
                      enum config_said_by said_by, struct price_book *book)
{
    struct price_row row = {
        .side = config->side == CONFIG_SELL ? PRICE_SELL : PRICE_BUY,
        .account = config->any_account ? (uint32_t)PRICE_ANY
                                       : catalog->account_of_config[config->account],
        .channel = (uint32_t)PRICE_ANY,
        .class = config->class == CONFIG_ANY_CLASS ? (uint32_t)PRICE_ANY : config->class,
        .currency = ledger_currency(config->currency),
        .price = {.price_micro = config->price_micro,
                  .per_message = config->unit == CONFIG_PER_MESSAGE,
                  .billed = billings[config->billed]},
    };

    if (*config->channel.name)
        row.channel = config->channel.is_link ? catalog->links[config->channel.index]
                                              : catalog->messengers[config->channel.index];
    for (size_t i = 0; i < config->reach.count; i++) {
        row.prefix = config->reach.beginnings[i].digits;
        if (config->reach.beginnings[i].said_by == said_by && !price_book_add(book, &row))
            return false;
    }
    return true;
}

bool catalog_take_prices(struct catalog *catalog, const struct config *from)
{
    struct price_book *book = price_book_new();

    for (int said_by = CONFIG_SAID_BY - 1; said_by >= 0; said_by--)
        for (size_t i = 0; i < from->price_count; i++)
            if (!add_price(catalog, &from->prices[i], (enum config_said_by)said_by, book)) {
                price_book_free(book);
                return false;
            }
    price_book_free(catalog->prices);
    catalog->prices = book;
    return true;
}

static void settle_rules(struct catalog *catalog)
{
    for (size_t i = 0; i < catalog->config->rule_count; i++) {
        const struct config_rule *config = &catalog->config->rules[i];

        for (size_t j = 0; j < config->reach.count; j++)
            catalog->rules[catalog->rule_count++] = (struct rule){
                .account = config->any_account
                               ? (uint32_t)RULE_ANY
                               : catalog->account_of_config[config->account],
                .class =
                    config->class == CONFIG_ANY_CLASS ? (uint32_t)RULE_ANY : config->class,
                .service_type = config->service_type,
                .source = config->source,
                .prefix = config->reach.beginnings[j].digits,
                .plan = catalog->plan_of_config[config->plan],
            };
    }
}

bool catalog_settle(struct catalog *catalog, struct store *store, char *error,
                    size_t error_size)
{
    bool ok;

    snprintf(error, error_size,
             "the state folder has no room for more accounts, channels, plans or prices");
    ok = currencies_stay(catalog, error, error_size) &&
         links_stay(catalog, error, error_size) &&
         settle_accounts(catalog, store, error, error_size) &&
         settle_channels(catalog, store) &&
         settle_plans(catalog, store, error, error_size) &&
         catalog_take_prices(catalog, catalog->config);
    settle_rules(catalog);
    if (ok)
        error[0] = '\0';
    return ok;
}
