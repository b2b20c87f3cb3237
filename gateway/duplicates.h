/*
 * Repeated submissions of accounts with dedupe_within: same source, destination, content
 * and part as one that lives or ended within that time.  The repetition gets the first
 * one's id; nothing is held or sent for it.
 *
 * A long message's reference number is no content: who sends again may choose a new one.
 * What is remembered is durable with the message, and bounded (dedupe_max): beyond it what
 * ended first is forgotten first, and counted.
 */
#ifndef GATEWAY_DUPLICATES_H
#define GATEWAY_DUPLICATES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/body.h"
#include "gateway/live.h"

struct account;
struct gateway;
struct store_duplicate;

/* Two hashes of what makes a submission the same: its content, or the name its client gave
 * it and all that was asked for under it. */
struct duplicates_key {
    uint64_t key;
    uint64_t check;
    bool named;
};

struct duplicates_key duplicates_key_of(const struct body *body);
struct duplicates_key duplicates_key_named(const char *name, const char *const *asked,
                                           size_t asked_count);

/* The account's repetitions are told by their content. */
bool duplicates_by_content(const struct account *account);

/* The first submission of which this is a repetition, and its public id (public_id.h). */
struct duplicates_first {
    uint64_t id;
    uint64_t told_id; /* of the whole submit_multi for one of its destinations */
    uint32_t alias;
    uint32_t form;
    uint32_t parts;
    int64_t held_micro; /* when it was accepted */
};

enum duplicates_found {
    DUPLICATES_NONE, /* or they are not looked for */
    DUPLICATES_FIRST,
    DUPLICATES_OTHER, /* the name is another submission's */
};

enum duplicates_found duplicates_find(const struct gateway *gateway,
                                      const struct account *account,
                                      const struct duplicates_key *key,
                                      struct duplicates_first *out);

/* In a decision: it is accepted under the names of the body.  Nothing where repetitions are
 * not looked for. */
void duplicates_remember(struct gateway *gateway, struct account *account,
                         const struct duplicates_key *key, const struct body *body,
                         uint32_t parts, int64_t held_micro);

/* In a decision: it has another text now, and none is its repetition. */
void duplicates_replaced(struct gateway *gateway, const struct live *live);

/* In a decision: its message ended. */
void duplicates_ended(struct gateway *gateway, const struct live *live);

/* While the store is loaded; and after the catalogue is settled and lives are known. */
void duplicates_load(struct gateway *gateway, const struct store_duplicate *duplicate);
void duplicates_settle(struct gateway *gateway);
void duplicates_free(struct gateway *gateway);

/* Remembered now, and forgotten before their time. */
size_t duplicates_count(const struct account *account);
uint64_t duplicates_forgotten(const struct account *account);

#endif
