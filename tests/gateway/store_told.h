/*
 * What a store tells when it is loaded, one letter for each call, so that a test can look
 * at what came and in which order.
 */
#ifndef TESTS_GATEWAY_STORE_TOLD_H
#define TESTS_GATEWAY_STORE_TOLD_H

#include <stdint.h>

#include "gateway/store.h"
#include "tests/gateway/store_life.h"

/* What a loader was told. */
struct told {
    struct message message;
    struct body *body;
    struct attempt attempt;
    struct attempt late;
    struct store_receipt receipt;
    struct store_parked parked;
    struct store_kept kept;
    unsigned keeps;
    unsigned messages;
    unsigned bodies;
    unsigned attempts;
    unsigned lates;
    unsigned receipts;
    unsigned parks;
    unsigned definitions;
    int64_t available;
    int64_t opening;
    uint64_t highest;
    char order[64];   /* m, b, a, l as they came */
    uint64_t aliases; /* three digits each: the name and the id */
};

/* Its owner is a struct told. */
extern const struct store_loader told_loader;

/* Closes the store and loads it again; `told` is zeroed first. */
void told_reopen(struct life *life, struct told *told);

#endif
