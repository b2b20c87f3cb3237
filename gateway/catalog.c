/*
 * Numbers for names.  Content that is stored (plans, traits, pinned prices) is the
 * struct itself, zeroed before it is filled, so that equal means equal octets.
 */
#include "gateway/catalog.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/log.h"
#include "gateway/profile.h"
#include "gateway/table.h"

struct channel_entry {
    char *name;
    bool known;
};

struct catalog {
    const struct config *config;
    struct account **accounts; /* by number */
    uint32_t account_last;
    uint32_t *account_of_config;
    int64_t *openings;              /* by number, -1: not yet */
    struct channel_entry *channels; /* by number */
    struct channel_traits *traits;
    uint32_t channel_last;
    uint32_t *links;
    const struct config_link **link_configs; /* by number */
    uint32_t *messengers;
    struct plan **plans; /* by number */
    uint32_t plan_last;
    uint32_t *plan_of_config;
    struct price_pins **pins; /* by number */
    uint32_t pins_last;
    struct table *pins_by_content;
    struct price_book *prices;
    struct rule *rules;
    size_t rule_count;
};

static void *zeroed(size_t count, size_t size)
{
    void *memory = calloc(count ? count : 1, size);

    if (memory == NULL)
        abort();
    return memory;
}

static char *copied(const char *text)
{
    char *copy = strdup(text);

    if (copy == NULL)
        abort();
    return copy;
}

struct catalog *catalog_new(const struct config *config)
{
    struct catalog *catalog = zeroed(1, sizeof(*catalog));
    size_t rules = 0;

    catalog->config = config;
    catalog->accounts = zeroed(CATALOG_ACCOUNTS_MAX + 1, sizeof(*catalog->accounts));
    catalog->openings = zeroed(CATALOG_ACCOUNTS_MAX + 1, sizeof(*catalog->openings));
    memset(catalog->openings, 0xFF,
           (CATALOG_ACCOUNTS_MAX + 1) * sizeof(*catalog->openings));
    catalog->account_of_config = zeroed(config->account_count, sizeof(uint32_t));
    catalog->channels = zeroed(CATALOG_CHANNELS_MAX + 1, sizeof(*catalog->channels));
    catalog->traits = zeroed(CATALOG_CHANNELS_MAX + 1, sizeof(*catalog->traits));
    catalog->links = zeroed(config->link_count, sizeof(uint32_t));
    catalog->link_configs =
        zeroed(CATALOG_CHANNELS_MAX + 1, sizeof(*catalog->link_configs));
    catalog->messengers = zeroed(config->channel_count, sizeof(uint32_t));
    catalog->plans = zeroed(CATALOG_PLANS_MAX + 1, sizeof(*catalog->plans));
    catalog->plan_of_config = zeroed(config->plan_count, sizeof(uint32_t));
    catalog->pins = zeroed(CATALOG_PINS_MAX + 1, sizeof(*catalog->pins));
    catalog->pins_by_content = table_new(CATALOG_PINS_MAX);
    catalog->prices = price_book_new();
    for (size_t i = 0; i < config->rule_count; i++)
        rules += config->rules[i].reach.count;
    catalog->rules = zeroed(rules, sizeof(*catalog->rules));
    return catalog;
}

void catalog_free(struct catalog *catalog)
{
    if (catalog == NULL)
        return;
    for (uint32_t i = 1; i <= catalog->account_last; i++) {
        if (catalog->accounts[i])
            free((char *)catalog->accounts[i]->name);
        free(catalog->accounts[i]);
    }
    for (uint32_t i = 1; i <= catalog->channel_last; i++)
        free(catalog->channels[i].name);
    for (uint32_t i = 1; i <= catalog->plan_last; i++)
        free(catalog->plans[i]);
    for (uint32_t i = 1; i <= catalog->pins_last; i++)
        free(catalog->pins[i]);
    free(catalog->accounts);
    free(catalog->openings);
    free(catalog->account_of_config);
    free(catalog->channels);
    free(catalog->traits);
    free(catalog->links);
    free(catalog->link_configs);
    free(catalog->messengers);
    free(catalog->plans);
    free(catalog->plan_of_config);
    free(catalog->pins);
    table_free(catalog->pins_by_content);
    price_book_free(catalog->prices);
    free(catalog->rules);
    free(catalog);
}

/* --- what the store knows ----------------------------------------------------------- */

static void know_account(struct catalog *catalog, uint32_t number, const char *name)
{
    struct account *account = zeroed(1, sizeof(*account));

    account->number = number;
    account->name = copied(name);
    catalog->accounts[number] = account;
    if (number > catalog->account_last)
        catalog->account_last = number;
}

static void know_channel(struct catalog *catalog, uint32_t number, const char *name,
                         const struct channel_traits *traits)
{
    catalog->channels[number] = (struct channel_entry){copied(name), true};
    catalog->traits[number] = *traits;
    if (number > catalog->channel_last)
        catalog->channel_last = number;
}

static void know_plan(struct catalog *catalog, uint32_t number, const struct plan *plan)
{
    struct plan *copy = zeroed(1, sizeof(*copy));

    *copy = *plan;
    copy->id = number;
    catalog->plans[number] = copy;
    if (number > catalog->plan_last)
        catalog->plan_last = number;
}

/* Of what is sold alone: most messages have one step and one way. */
static uint64_t hash_of_pins(const struct price_pins *pins)
{
    uint64_t hash = table_hash(1, pins->sold, sizeof(pins->sold));

    for (uint8_t step = 0; step < pins->step_count; step++)
        for (int way = 0; pins->sold[step] >> way != 0; way++)
            hash = table_hash(hash, &pins->steps[step][way], sizeof(struct price));
    return hash;
}

static void know_pins(struct catalog *catalog, uint32_t number,
                      const struct price_pins *pins)
{
    struct price_pins *copy = zeroed(1, sizeof(*copy));

    memcpy(copy, pins, sizeof(*copy));
    catalog->pins[number] = copy;
    if (number > catalog->pins_last)
        catalog->pins_last = number;
    (void)!table_put(catalog->pins_by_content, hash_of_pins(pins), number);
}

/* Of another version, or spoilt.  Its number stays its own: what is new and got it would be
 * taken for it, or lost behind it, at the next start. */
static void pass_over(struct catalog *catalog, const struct store_definition *it)
{
    const struct {
        enum store_definition_kind kind;
        uint32_t most;
        uint32_t *last;
    } numbered[] = {
        {STORE_CHANNEL, CATALOG_CHANNELS_MAX, &catalog->channel_last},
        {STORE_PLAN,    CATALOG_PLANS_MAX,    &catalog->plan_last   },
        {STORE_PINS,    CATALOG_PINS_MAX,     &catalog->pins_last   },
    };

    log_error("catalog.unreadable", "kind=%d number=%u name=%s", (int)it->kind, it->number,
              it->name);
    for (size_t i = 0; i < sizeof(numbered) / sizeof(numbered[0]); i++)
        if (numbered[i].kind == it->kind && it->number > *numbered[i].last &&
            it->number <= numbered[i].most)
            *numbered[i].last = it->number;
}

void catalog_load(struct catalog *catalog, const struct store_definition *it)
{
    if (it->kind == STORE_ACCOUNT && it->number <= CATALOG_ACCOUNTS_MAX)
        know_account(catalog, it->number, it->name);
    else if (it->kind == STORE_CHANNEL && it->number <= CATALOG_CHANNELS_MAX &&
             it->size == sizeof(struct channel_traits))
        know_channel(catalog, it->number, it->name, it->content);
    else if (it->kind == STORE_PLAN && it->number <= CATALOG_PLANS_MAX &&
             it->size == sizeof(struct plan))
        know_plan(catalog, it->number, it->content);
    else if (it->kind == STORE_PINS && it->number <= CATALOG_PINS_MAX &&
             it->size == sizeof(struct price_pins))
        know_pins(catalog, it->number, it->content);
    else
        pass_over(catalog, it);
}

void catalog_load_balance(struct catalog *catalog, uint64_t ledger, uint32_t currency,
                          int64_t amount)
{
    struct account *account = catalog_account(catalog, ledger_owner(ledger));

    if (account == NULL)
        return;
    if (ledger_purse_of(ledger) == LEDGER_AVAILABLE) {
        account->balance.available = amount;
        account->currency = currency;
    } else if (ledger_purse_of(ledger) == LEDGER_HELD) {
        account->balance.held = amount;
    }
}

void catalog_load_opening(struct catalog *catalog, uint32_t account, int64_t amount)
{
    if (account <= CATALOG_ACCOUNTS_MAX)
        catalog->openings[account] = amount;
}

/* --- what the configuration says ---------------------------------------------------- */

static void define(struct store *store, enum store_definition_kind kind, uint32_t number,
                   const char *name, const void *content, size_t size)
{
    const struct store_definition definition = {kind, number, name, content,
                                                (uint32_t)size};

    store_define(store, &definition);
}

/* A decision of its own: there may be many. */
static void define_alone(struct store *store, enum store_definition_kind kind,
                         uint32_t number, const char *name, const void *content,
                         size_t size)
{
    if (!store_begin(store, STORE_CONTINUATION))
        abort();
    define(store, kind, number, name, content, size);
    store_end(store);
}

static bool settle_accounts(struct catalog *catalog, struct store *store)
{
    for (size_t i = 0; i < catalog->config->account_count; i++) {
        const struct config_account *config = &catalog->config->accounts[i];
        struct account *account = catalog_account_named(catalog, config->name);

        if (account == NULL) {
            uint32_t number = catalog->account_last + 1;

            if (number > CATALOG_ACCOUNTS_MAX)
                return false;
            know_account(catalog, number, config->name);
            account = catalog->accounts[number];
            define_alone(store, STORE_ACCOUNT, number, config->name, NULL, 0);
        }
        account->config = config;
        account->currency = ledger_currency(config->currency);
        account->balance.limit = -config->credit_micro;
        catalog->account_of_config[i] = account->number;
        if (catalog->openings[account->number] < 0 && config->opening_micro > 0) {
            struct posting opening =
                ledger_posting(POSTING_OPENING, account->number, config->opening_micro);

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
    know_channel(catalog, number, name, traits);
    define_alone(store, STORE_CHANNEL, number, name, traits, sizeof(*traits));
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
    uint32_t number;

    memset(&plan, 0, sizeof(plan));
    snprintf(plan.name, sizeof(plan.name), "%s", config->name);
    plan.collects = config->collects;
    plan.class = (uint8_t)config->class;
    plan.deadline_ms = config->deadline_ms;
    plan.collect_within_ms = config->collect_within_ms;
    for (size_t i = 0; i < config->step_count && i < PLAN_STEPS_MAX; i++)
        fill_step(catalog, &config->steps[i], &plan.steps[plan.step_count++]);
    for (number = 1; number <= catalog->plan_last; number++) {
        plan.id = number;
        if (catalog->plans[number] &&
            memcmp(catalog->plans[number], &plan, sizeof(plan)) == 0)
            return number;
    }
    if (number > CATALOG_PLANS_MAX)
        return 0;
    plan.id = number;
    know_plan(catalog, number, &plan);
    define_alone(store, STORE_PLAN, number, plan.name, &plan, sizeof(plan));
    return number;
}

static bool settle_plans(struct catalog *catalog, struct store *store)
{
    for (size_t i = 0; i < catalog->config->plan_count; i++) {
        catalog->plan_of_config[i] =
            settle_plan(catalog, store, &catalog->config->plans[i]);
        if (catalog->plan_of_config[i] == 0)
            return false;
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
    bool ok = settle_accounts(catalog, store) && settle_channels(catalog, store) &&
              settle_plans(catalog, store) && catalog_take_prices(catalog, catalog->config);

    settle_rules(catalog);
    if (!ok)
        snprintf(
            error, error_size,
            "the state folder has no room for more accounts, channels, plans or prices");
    return ok;
}

/* --- questions ---------------------------------------------------------------------- */

struct account *catalog_account(const struct catalog *catalog, uint32_t number)
{
    return number <= catalog->account_last ? catalog->accounts[number] : NULL;
}

struct account *catalog_account_named(const struct catalog *catalog, const char *name)
{
    for (uint32_t i = 1; i <= catalog->account_last; i++)
        if (catalog->accounts[i] && strcmp(catalog->accounts[i]->name, name) == 0)
            return catalog->accounts[i];
    return NULL;
}

struct account *catalog_account_at(const struct catalog *catalog, size_t index)
{
    return catalog->accounts[catalog->account_of_config[index]];
}

size_t catalog_account_count(const struct catalog *catalog)
{
    return catalog->account_last;
}

const struct plan *catalog_plan(const struct catalog *catalog, uint32_t number)
{
    return number <= catalog->plan_last ? catalog->plans[number] : NULL;
}

const struct plan *catalog_plan_at(const struct catalog *catalog, size_t index)
{
    return catalog->plans[catalog->plan_of_config[index]];
}

const struct config_link *catalog_form_link(const struct catalog *catalog,
                                            const struct plan *plan)
{
    for (uint8_t i = plan->step_count; i > 0; i--)
        for (size_t link = 0; link < catalog->config->link_count; link++)
            if (catalog->links[link] == plan->steps[i - 1].ways[0])
                return &catalog->config->links[link];
    return NULL;
}

const struct price_pins *catalog_pins(const struct catalog *catalog, uint32_t number)
{
    return number <= catalog->pins_last ? catalog->pins[number] : NULL;
}

const struct channel_traits *catalog_traits(const struct catalog *catalog)
{
    return catalog->traits;
}

const char *catalog_channel_name(const struct catalog *catalog, uint32_t number)
{
    return number <= catalog->channel_last && catalog->channels[number].known
               ? catalog->channels[number].name
               : "?";
}

uint32_t catalog_channel_count(const struct catalog *catalog)
{
    return catalog->channel_last;
}

uint32_t catalog_link(const struct catalog *catalog, size_t index)
{
    return catalog->links[index];
}

const struct config_link *catalog_link_config(const struct catalog *catalog,
                                              uint32_t number)
{
    return number <= CATALOG_CHANNELS_MAX ? catalog->link_configs[number] : NULL;
}

uint32_t catalog_messenger(const struct catalog *catalog, size_t index)
{
    return catalog->messengers[index];
}

const struct price_book *catalog_prices(const struct catalog *catalog)
{
    return catalog->prices;
}

const struct rule *catalog_rules(const struct catalog *catalog, size_t *out_count)
{
    *out_count = catalog->rule_count;
    return catalog->rules;
}

static void pin_step(const struct catalog *catalog, const struct plan_step *step,
                     uint32_t account, uint32_t class, const char *digits,
                     struct price_pins *pins, uint8_t number)
{
    uint32_t currency = catalog_account(catalog, account)->currency;

    for (uint8_t way = 0; way < step->way_count; way++) {
        struct price *pinned = &pins->steps[number][way];
        struct price price;

        if (!price_book_find(catalog->prices, PRICE_SELL, account, step->ways[way], class,
                             currency, digits, &price))
            continue;
        pins->sold[number] |= (uint8_t)(1u << way);
        pinned->price_micro = price.price_micro;
        pinned->per_message = price.per_message;
        pinned->billed = price.billed;
    }
}

uint32_t catalog_pin(struct catalog *catalog, struct store *store, const struct plan *plan,
                     uint32_t account, uint32_t class, const char *digits)
{
    struct price_pins pins;
    uint64_t number;
    bool some = false;

    memset(&pins, 0, sizeof(pins));
    pins.step_count = plan->step_count;
    for (uint8_t i = 0; i < plan->step_count; i++) {
        pin_step(catalog, &plan->steps[i], account, class, digits, &pins, i);
        some = some || pins.sold[i] != 0;
    }
    if (!some)
        return 0;
    if (table_get(catalog->pins_by_content, hash_of_pins(&pins), &number) &&
        memcmp(catalog->pins[number], &pins, sizeof(pins)) == 0)
        return (uint32_t)number;
    if (catalog->pins_last == CATALOG_PINS_MAX)
        return 0;
    know_pins(catalog, catalog->pins_last + 1, &pins);
    define(store, STORE_PINS, catalog->pins_last, "", &pins, sizeof(pins));
    return catalog->pins_last;
}
