/* A configuration by hand, a state folder, and a catalogue on top of them. */
#ifndef TESTS_GATEWAY_CATALOG_PLACE_H
#define TESTS_GATEWAY_CATALOG_PLACE_H

#include <stdint.h>

#include "gateway/catalog.h"
#include "gateway/config.h"
#include "gateway/store.h"

enum { ACCOUNTS = 2, TODAY = 20000 };

static const int64_t DAY_MS = 86400000;

struct catalog_place {
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

/* Before and after each test: *state is its struct catalog_place. */
int catalog_place_enter(void **state);
int catalog_place_leave(void **state);

#define PLACED(name)                                                                       \
    cmocka_unit_test_setup_teardown(name, catalog_place_enter, catalog_place_leave)
#define PLACE struct catalog_place *place = *state

/* Opens the store and settles the catalogue with the configuration as it is now; what it
 * does not like comes into `error`. */
void catalog_place_start_or_say(struct catalog_place *place, char error[256]);
void catalog_place_start(struct catalog_place *place);
void catalog_place_stop(struct catalog_place *place);
void catalog_place_restart(struct catalog_place *place);

/* The configuration as it is now does not go with what is stored. */
void catalog_place_check_refused(struct catalog_place *place, const char *wanted);

/* Loaded, as if so many, from this number on, had been said until a day. */
void catalog_place_fill_plans(struct catalog_place *place, uint32_t from, uint32_t count,
                              const char *day);

#endif
