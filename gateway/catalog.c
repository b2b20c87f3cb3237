/*
 * Numbers for names.  Content that is stored (plans, traits, pinned prices) is the
 * struct itself, zeroed before it is filled, so that equal means equal octets.
 */
#include "gateway/catalog_pieces.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/log.h"

enum { DAY_MS = 24 * 3600 * 1000 };

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
    catalog->plan_of_config = zeroed(config->plan_count, sizeof(uint32_t));
    plans_init(&catalog->plans);
    pinned_init(&catalog->pinned);
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
    free(catalog->accounts);
    free(catalog->openings);
    free(catalog->account_of_config);
    free(catalog->channels);
    free(catalog->traits);
    free(catalog->links);
    free(catalog->link_configs);
    free(catalog->messengers);
    free(catalog->plan_of_config);
    plans_done(&catalog->plans);
    pinned_done(&catalog->pinned);
    price_book_free(catalog->prices);
    free(catalog->rules);
    free(catalog);
}

/* --- what the store knows ----------------------------------------------------------- */

void catalog_know_account(struct catalog *catalog, uint32_t number, const char *name)
{
    struct account *account = zeroed(1, sizeof(*account));

    account->number = number;
    account->name = copied(name);
    catalog->accounts[number] = account;
    if (number > catalog->account_last)
        catalog->account_last = number;
}

void catalog_know_channel(struct catalog *catalog, uint32_t number, const char *name,
                          const struct channel_traits *traits)
{
    catalog->channels[number] = (struct channel_entry){copied(name), true};
    catalog->traits[number] = *traits;
    if (number > catalog->channel_last)
        catalog->channel_last = number;
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
        {STORE_PLAN,    UINT32_MAX,           &catalog->plans.last  },
        {STORE_PINS,    UINT32_MAX,           &catalog->pinned.last },
    };

    log_error("catalog.unreadable", "kind=%d number=%u name=%s", (int)it->kind, it->number,
              it->name);
    for (size_t i = 0; i < sizeof(numbered) / sizeof(numbered[0]); i++)
        if (numbered[i].kind == it->kind && it->number > *numbered[i].last &&
            it->number <= numbered[i].most)
            *numbered[i].last = it->number;
}

int32_t catalog_day_of(int64_t wall_ms)
{
    return (int32_t)(wall_ms / DAY_MS);
}

int32_t catalog_read_day(const char *name)
{
    char *end;
    long day = strtol(name, &end, 10);

    return end == name || *end != '\0' || day < 0 || day > INT32_MAX ? CATALOG_DAY_UNKNOWN
                                                                     : (int32_t)day;
}

bool catalog_day_is_over(const struct catalog *catalog, int32_t day, int64_t now_ms)
{
    return ((int64_t)day + 1) * DAY_MS + catalog->config->late_window_ms <= now_ms;
}

void catalog_load(struct catalog *catalog, const struct store_definition *it)
{
    if (it->kind == STORE_ACCOUNT && it->number <= CATALOG_ACCOUNTS_MAX)
        catalog_know_account(catalog, it->number, it->name);
    else if (it->kind == STORE_CHANNEL && it->number <= CATALOG_CHANNELS_MAX &&
             it->size == sizeof(struct channel_traits))
        catalog_know_channel(catalog, it->number, it->name, it->content);
    else if ((it->kind != STORE_PLAN || !catalog_load_plan(catalog, it)) &&
             (it->kind != STORE_PINS || !catalog_load_pins(catalog, it)))
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

const struct plan *catalog_plan_at(const struct catalog *catalog, size_t index)
{
    return catalog_plan(catalog, catalog->plan_of_config[index]);
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

void catalog_define(struct store *store, enum store_definition_kind kind, uint32_t number,
                    const char *name, const void *content, size_t size)
{
    const struct store_definition definition = {kind, number, name, content,
                                                (uint32_t)size};

    store_define(store, &definition);
}

void catalog_define_alone(struct store *store, enum store_definition_kind kind,
                          uint32_t number, const char *name, const void *content,
                          size_t size)
{
    if (!store_begin(store, STORE_CONTINUATION))
        abort();
    catalog_define(store, kind, number, name, content, size);
    store_end(store);
}
