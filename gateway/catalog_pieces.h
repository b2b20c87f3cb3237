/*
 * What the files of catalog.h share: catalog.c knows what has a number and answers
 * questions, catalog_settle.c gives numbers to what the configuration says, catalog_plans.c
 * to versions of plans, catalog_pins.c to prices.  Only they, and their tests, include
 * this.
 */
#ifndef GATEWAY_CATALOG_PIECES_H
#define GATEWAY_CATALOG_PIECES_H

#include "gateway/catalog.h"

struct table;

struct channel_entry {
    char *name;
    bool known;
};

struct pinned_set {
    struct price_pins *prices; /* with the steps it has; NULL: the place is free */
    uint32_t number;           /* of a free place: the next free one + 1 */
    uint32_t named;            /* by messages in memory */
    int32_t day;               /* UTC, since 1970: it was made, or the last of them ended */
};

struct pinned {
    struct pinned_set *sets; /* by place */
    uint32_t used;           /* places that have been used */
    uint32_t spare;          /* the first free one of these + 1; 0: none is */
    uint32_t count;
    uint32_t last; /* the highest number there was */
    uint32_t hand; /* the place that is looked at next */
    struct table *by_number;
    struct table *by_content;
    uint64_t refused;      /* messages, for want of room */
    int64_t full_since_ms; /* when all were looked at for nothing */
};

struct plan_version {
    struct plan *plan; /* NULL: the place is free */
    uint32_t named;    /* by messages in memory */
    int32_t day;       /* UTC: the last of them ended, or it was found not to be said */
    bool is_said;      /* by the configuration */
};

struct plans {
    struct plan_version *versions; /* by the remainder of their numbers */
    uint32_t count;
    uint32_t last; /* the highest number there was */
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
    struct plans plans;
    uint32_t *plan_of_config;
    struct pinned pinned;
    struct price_book *prices;
    struct rule *rules;
    size_t rule_count;
};

/* What has a number from now on; names are copied. */
void catalog_know_account(struct catalog *catalog, uint32_t number, const char *name);
void catalog_know_channel(struct catalog *catalog, uint32_t number, const char *name,
                          const struct channel_traits *traits);

/* Days since 1970, of the last end of what names something, and their names. */
enum { CATALOG_DAY_UNKNOWN = -1 };
int32_t catalog_day_of(int64_t wall_ms);
int32_t catalog_read_day(const char *name);
/* No late report brings back what ended in the last moment of the day. */
bool catalog_day_is_over(const struct catalog *catalog, int32_t day, int64_t now_ms);

void plans_init(struct plans *plans);
void plans_done(struct plans *plans);
/* False: it cannot be read. */
bool catalog_load_plan(struct catalog *catalog, const struct store_definition *it);
/* The number of the version that says this, whatever its id; the configuration says it from
 * now on.  A decision of its own if it has to be stored.  0: there is no room. */
uint32_t catalog_number_plan(struct catalog *catalog, struct store *store,
                             struct plan *plan);

void pinned_init(struct pinned *pinned);
void pinned_done(struct pinned *pinned);
/* False: it cannot be read. */
bool catalog_load_pins(struct catalog *catalog, const struct store_definition *it);

/* In a decision: the number, and what it stands for. */
void catalog_define(struct store *store, enum store_definition_kind kind, uint32_t number,
                    const char *name, const void *content, size_t size);
/* The same as a decision of its own: there may be many. */
void catalog_define_alone(struct store *store, enum store_definition_kind kind,
                          uint32_t number, const char *name, const void *content,
                          size_t size);

#endif
