/*
 * What the files of catalog.h share: catalog.c knows what has a number and answers
 * questions, catalog_settle.c gives numbers to what the configuration says.  Only they
 * include this.
 */
#ifndef GATEWAY_CATALOG_PIECES_H
#define GATEWAY_CATALOG_PIECES_H

#include "gateway/catalog.h"

struct table;

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

/* What has a number from now on; names and plans are copied. */
void catalog_know_account(struct catalog *catalog, uint32_t number, const char *name);
void catalog_know_channel(struct catalog *catalog, uint32_t number, const char *name,
                          const struct channel_traits *traits);
void catalog_know_plan(struct catalog *catalog, uint32_t number, const struct plan *plan);

/* In a decision: the number, and what it stands for. */
void catalog_define(struct store *store, enum store_definition_kind kind, uint32_t number,
                    const char *name, const void *content, size_t size);

#endif
