/*
 * What the parts of the reports share: reports.c holds what comes in, the matching and the
 * doubts, reports_ids.c what is known of tries by their ids, refs and destinations,
 * reports_parked.c the reports of nobody, reports_late.c the messages that are brought back
 * for theirs.  Only they include this.
 */
#ifndef GATEWAY_REPORTS_PIECES_H
#define GATEWAY_REPORTS_PIECES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/clock.h"
#include "gateway/reports.h"

struct doubt;
struct gateway;
struct learned;
struct pending;
struct table;

/* A report with its strings, as it is parked and stored. */
struct kept_report {
    uint64_t ref;
    uint32_t channel;
    uint32_t code;
    uint8_t event;
    uint8_t reason;
    char provider_id[ATTEMPT_PROVIDER_ID_SIZE];
    char source[24];
    char destination[24];
    char text[24];
};

struct parked {
    struct parked *next; /* by age */
    struct parked *previous;
    struct parked *same; /* the same id, in the order of their coming */
    uint64_t id;
    uint64_t hash;
    int64_t at_ms; /* wall */
    struct kept_report report;
};

struct reports {
    struct gateway *gateway;
    struct table *ids; /* hash of (channel, id) -> message */
    struct learned *learned;
    size_t learned_first;
    size_t learned_count;
    size_t learned_capacity;
    struct table *parked_by_id; /* hash -> struct parked */
    struct parked *oldest;
    struct parked *newest;
    size_t parked_count;
    uint64_t claimed_up_to; /* ids of parked reports: the sweep goes on behind it */
    struct doubt *doubts;
    struct table *awaited; /* hash of (channel, destination) -> tries without an id */
    struct pending *pending;
    size_t pending_count;
    struct clock_timer sweep;
};

/* --- matching (reports.c) ----------------------------------------------------------- */

/* NULL: it is not about a try of this message. */
struct attempt *reports_attempt_of(struct live *live, const struct kept_report *report);

/* In a decision: the report is about this attempt. */
void reports_apply(struct gateway *gateway, struct live *live, struct attempt *attempt,
                   const struct kept_report *report);

/* --- ids (reports_ids.c) ------------------------------------------------------------ */

uint64_t reports_hash_of_id(uint32_t channel, const char *id);
uint64_t reports_hash_of_ref(uint32_t channel, uint64_t ref);

/* An id or a ref, by its hash, is of this message. */
void reports_remember(struct reports *reports, uint64_t hash, uint64_t message,
                      int64_t at_ms);

/* The message that the report's id, else its ref, leads to; false: none is known. */
bool reports_message_of(const struct reports *reports, const struct kept_report *report,
                        uint64_t *out_message);

/* Those learned before this wall time. */
void reports_forget_ids(struct reports *reports, int64_t before_ms);

/* Tries to the report's destination whose id is not known. */
uint64_t reports_awaited(const struct reports *reports, const struct kept_report *report);

/* --- parked reports (reports_parked.c) ---------------------------------------------- */

/* The first that came with this id; NULL: none. */
struct parked *reports_first_parked(const struct reports *reports, uint64_t hash);

/* In a decision: a row is added. */
void reports_park(struct reports *reports, const struct kept_report *report);

/* In a decision: out of the lists, and its row goes. */
void reports_unpark(struct reports *reports, struct parked *parked);

void reports_free_parked(struct reports *reports);

/* --- messages that are no longer in memory (reports_late.c) ------------------------- */

/* As reports_in(): false when it cannot be taken now. */
bool reports_bring_back(struct reports *reports, uint64_t message,
                        const struct kept_report *report,
                        const struct store_effect *acknowledge);

void reports_free_pending(struct reports *reports);

#endif
