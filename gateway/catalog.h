/*
 * What has a number for good: accounts, channels, versions of plans and of pinned prices
 * (these two go when nothing can name them any more, and their numbers with them).  The
 * numbers are the store's; what the configuration says now is tied to them at the start,
 * and what a live message names stays as it was.
 */
#ifndef GATEWAY_CATALOG_H
#define GATEWAY_CATALOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/config.h"
#include "gateway/store.h"
#include "routing/ledger.h"
#include "routing/plan.h"
#include "routing/price.h"
#include "routing/rule.h"

enum {
    CATALOG_ACCOUNTS_MAX = 65536,
    CATALOG_CHANNELS_MAX = 1024,
    CATALOG_PLANS_MAX = 65536,  /* at once, no two with the same remainder of numbers */
    CATALOG_PLANS_KEPT = 32768, /* of more those go that nothing can name */
    CATALOG_PINS_MAX = 65536,   /* at once; their numbers go on */
};

struct duplicates;
struct limit;

/* A sender, as the loop knows it. */
struct account {
    uint32_t number;
    const char *name;
    const struct config_account *config; /* NULL: no longer configured */
    uint32_t currency;
    struct balance balance;
    uint64_t accepted; /* messages, since the start */
    uint64_t refused;
    uint64_t repeated;             /* answered with the id of the first */
    int64_t suspended_since_ms;    /* wall; 0: it may send */
    struct limit *limit;           /* limits.c's; NULL: it has none */
    struct duplicates *duplicates; /* duplicates.c's; NULL: they are not looked for */
};

struct catalog;

struct catalog *catalog_new(const struct config *config);
void catalog_free(struct catalog *catalog);

/* While the store is loaded. */
void catalog_load(struct catalog *catalog, const struct store_definition *definition);
void catalog_load_balance(struct catalog *catalog, uint64_t ledger, uint32_t currency,
                          int64_t amount);
void catalog_load_opening(struct catalog *catalog, uint32_t account, int64_t amount);

/*
 * After the store was loaded: gives numbers to what is new and posts openings, as
 * decisions of the store.  False with a sentence when a table is full, or what is stored is
 * now said to be something else.
 */
bool catalog_settle(struct catalog *catalog, struct store *store, char *error,
                    size_t error_size);

/* By number; NULL for one nobody has. */
struct account *catalog_account(const struct catalog *catalog, uint32_t number);
struct account *catalog_account_named(const struct catalog *catalog, const char *name);
/* The account of config->accounts[index]. */
struct account *catalog_account_at(const struct catalog *catalog, size_t index);
size_t catalog_account_count(const struct catalog *catalog);

/* For a look: who keeps it names it.  NULL for a number nobody has (any more). */
const struct plan *catalog_plan(const struct catalog *catalog, uint32_t number);
/* The present version of config->plans[index]. */
const struct plan *catalog_plan_at(const struct catalog *catalog, size_t index);
/* For a look: who keeps them names them (below). */
const struct price_pins *catalog_pins(const struct catalog *catalog, uint32_t number);

/* For a message in memory: it stays until that leaves it.  NULL as above. */
const struct plan *catalog_name_plan(struct catalog *catalog, uint32_t number);
void catalog_leave_plan(struct catalog *catalog, uint32_t number);
/* In the decision in which a message that names it ends. */
void catalog_plan_ended(struct catalog *catalog, struct store *store, uint32_t number,
                        int64_t now_ms);
/* When all that lives has been read: of many versions those go that nothing can name, in
 * decisions of their own; those for which the store has no room another time. */
void catalog_give_back_plans(struct catalog *catalog, struct store *store, int64_t now_ms);
uint32_t catalog_plan_count(const struct catalog *catalog);

/* The link in whose form texts are written, and counted: the first of the last step that
 * has one.  NULL: there is none. */
const struct config_link *catalog_form_link(const struct catalog *catalog,
                                            const struct plan *plan);

/* Indexed by channel number, for delivery_decide(). */
const struct channel_traits *catalog_traits(const struct catalog *catalog);
const char *catalog_channel_name(const struct catalog *catalog, uint32_t number);
uint32_t catalog_channel_count(const struct catalog *catalog); /* the highest number */
/* The number of a configured link or channel. */
uint32_t catalog_link(const struct catalog *catalog, size_t index);
/* NULL: no link has this number now. */
const struct config_link *catalog_link_config(const struct catalog *catalog,
                                              uint32_t number);
uint32_t catalog_messenger(const struct catalog *catalog, size_t index);

/* The prices from now on; what is pinned stays.  Accounts and channels must be the same as
 * those it was settled with.  False: they are too many, and nothing has changed. */
bool catalog_take_prices(struct catalog *catalog, const struct config *from)
    __attribute__((warn_unused_result));
const struct price_book *catalog_prices(const struct catalog *catalog);
/* The rules with account and plan numbers as indexes of the configuration. */
const struct rule *catalog_rules(const struct catalog *catalog, size_t *out_count);

/*
 * The prices of all steps of a plan for this sender, class and number, as they are now:
 * into `out` the number under which they are stored, 0 when no step can be sold.  Made
 * within the caller's decision when they are new, which also gives back those that no
 * message can name any more.  False: there is no room for new ones; it is logged.
 */
bool catalog_pin(struct catalog *catalog, struct store *store, const struct plan *plan,
                 uint32_t account, uint32_t class, const char *digits, int64_t now_ms,
                 uint32_t *out) __attribute__((warn_unused_result));
/* For a message in memory: they stay until it leaves them.  NULL for a number nobody has
 * (any more). */
const struct price_pins *catalog_name_pins(struct catalog *catalog, uint32_t number);
void catalog_leave_pins(struct catalog *catalog, uint32_t number);
/* In the decision in which a message that names them ends: late reports come until the late
 * window after it. */
void catalog_pins_ended(struct catalog *catalog, struct store *store, uint32_t number,
                        int64_t now_ms);
uint32_t catalog_pins_count(const struct catalog *catalog);
/* Messages, since the start, for whose prices there was no room. */
uint64_t catalog_pins_refused(const struct catalog *catalog);

#endif
