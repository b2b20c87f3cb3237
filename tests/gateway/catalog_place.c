#include "tests/gateway/catalog_place.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "gateway/clock.h"
#include "gateway/executor.h"
#include "gateway/log.h"
#include "tests/test.h"

static void configure(struct catalog_place *place)
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
    struct catalog_place *place = owner;

    catalog_load(place->catalog, definition);
}

static void on_balance(void *owner, uint64_t ledger, uint32_t currency, int64_t amount)
{
    struct catalog_place *place = owner;

    catalog_load_balance(place->catalog, ledger, currency, amount);
}

static void on_opening(void *owner, uint32_t account, int64_t amount)
{
    struct catalog_place *place = owner;

    catalog_load_opening(place->catalog, account, amount);
}

void catalog_place_fill_plans(struct catalog_place *place, uint32_t from, uint32_t count,
                              const char *day)
{
    struct plan plan = {.name = "sms", .step_count = 1};
    struct store_definition it = {STORE_PLAN, 0, day, &plan, sizeof(plan)};

    for (it.number = from; it.number < from + count; it.number++) {
        plan.id = it.number;
        plan.deadline_ms = 1000000 + it.number;
        catalog_load(place->catalog, &it);
    }
}

void catalog_place_start_or_say(struct catalog_place *place, char error[256])
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
        catalog_place_fill_plans(place, 2, CATALOG_PLANS_MAX - 1, place->filled_with);
    ok = catalog_settle(place->catalog, place->store, error, 256);
    CHECK_EQ(ok, error[0] == '\0', error);
}

void catalog_place_start(struct catalog_place *place)
{
    char error[256];

    catalog_place_start_or_say(place, error);
    CHECK_STR(error, "", "it is settled");
}

void catalog_place_stop(struct catalog_place *place)
{
    catalog_free(place->catalog);
    store_close(place->store);
    executor_free(place->executor);
    clock_free(place->clock);
}

void catalog_place_restart(struct catalog_place *place)
{
    catalog_place_stop(place);
    catalog_place_start(place);
}

void catalog_place_check_refused(struct catalog_place *place, const char *wanted)
{
    char error[256];

    catalog_place_stop(place);
    catalog_place_start_or_say(place, error);
    CHECK(strstr(error, wanted) != NULL, error);
}

int catalog_place_enter(void **state)
{
    struct catalog_place *place = calloc(1, sizeof(*place));
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

int catalog_place_leave(void **state)
{
    static const char *const left[] = {"live.db",   "live.db-wal", "live.db-shm",
                                       "live.head", "lock",        "reserve"};
    struct catalog_place *place = *state;
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
