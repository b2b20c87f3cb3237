/*
 * What the parts of the reports share: reports.c holds what comes in and the matching,
 * reports_channels.c what is known of each channel and how its ids are compared,
 * reports_learn.c how that is found out, reports_ids.c the ids and refs that lead to
 * messages, reports_parts.c the parts that speak for others, reports_awaited.c the tries
 * without an id and the doubts, reports_parked.c the reports of nobody, reports_late.c the
 * messages that are brought back for theirs.  Only they include this.
 */
#ifndef GATEWAY_REPORTS_PIECES_H
#define GATEWAY_REPORTS_PIECES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/clock.h"
#include "gateway/config.h"
#include "gateway/reports.h"

struct awaited;
struct config_link;
struct gateway;
struct learned;
struct learner;
struct pending;
struct table;

/* A report with its strings, as it is parked and stored. */
struct kept_report {
    uint64_t ref;
    uint32_t channel;
    uint32_t code;
    uint16_t user_message_reference;
    uint8_t has_user_message_reference;
    uint8_t event;
    uint8_t reason;
    char provider_id[ATTEMPT_PROVIDER_ID_SIZE]; /* as the report writes it */
    char source[24];
    char destination[24];
    char text[48];
};

struct parked {
    struct parked *next; /* of its channel, by age */
    struct parked *previous;
    struct parked *same;  /* the same id, in the order of their coming */
    struct parked *older; /* for the same destination */
    struct parked *newer;
    uint64_t id;
    uint64_t hash;             /* of its id, else its ref; 0: neither */
    uint64_t destination_hash; /* 0: none is told */
    uint64_t unread;           /* its message, which could not be read; 0: none */
    int64_t at_ms;             /* wall */
    struct kept_report report;
};

/* What is known of a channel that may report. */
struct reports_channel {
    uint32_t number;
    const struct config_link *link; /* NULL: a messenger, or no longer configured */
    enum config_id_rule rule;       /* as it is used now: never CONFIG_ID_LEARN */
    uint8_t rules_learned;
    struct learner *learner; /* NULL: nothing has come that it could not explain */
    struct parked *oldest;
    struct parked *newest;
    size_t parked_count;
    size_t rematch_left; /* parked reports that are looked at again under a new rule */
    bool reindexing;     /* ids of live messages are remembered under a new rule */
    uint64_t *reindexed; /* these messages; NULL: they have not been listed yet */
    size_t reindexed_count;
    size_t reindex_at;
};

struct reports {
    struct gateway *gateway;
    struct reports_channel **channels; /* by number; NULL: nothing was heard of it */
    uint32_t channel_last;
    struct table *ids; /* hash of (channel, id) -> message */
    struct learned *learned;
    size_t learned_first;
    size_t learned_count;
    size_t learned_capacity;
    struct table *parked_by_id; /* hash -> struct parked */
    struct table *parked_by_destination;
    size_t parked_count;
    struct awaited *awaited;
    struct pending *pending;
    size_t pending_count;
    size_t reads;         /* messages that are being brought back */
    size_t unread_count;  /* parked reports whose message could not be read */
    int64_t unread_at_ms; /* they are tried again: not before */
    struct clock_timer sweep;
};

/* --- matching (reports.c) ----------------------------------------------------------- */

/* NULL: it is not about a try of this message, or its addresses speak against it. */
struct attempt *reports_attempt_of(struct live *live, const struct kept_report *report);

/* In a decision: the report is about this attempt. */
void reports_apply(struct gateway *gateway, struct live *live, struct attempt *attempt,
                   const struct kept_report *report);

/* In a decision: finds its message among those in memory, or parks it. */
void reports_settle_or_park(struct reports *reports, const struct kept_report *report);

/* --- channels (reports_channels.c) -------------------------------------------------- */

struct reports_channel *reports_channel(struct reports *reports, uint32_t number);
void reports_free_channels(struct reports *reports);

enum { REPORTS_KEY_SIZE = ATTEMPT_PROVIDER_ID_SIZE };

/*
 * An id of an answer and the id of its report have equal keys by the rule.  The answer's,
 * and the report's; "" for an id that is none.
 */
void reports_key_of_answer(enum config_id_rule rule, const char *id,
                           char out[REPORTS_KEY_SIZE]);
void reports_key_of_report(enum config_id_rule rule, const char *id,
                           char out[REPORTS_KEY_SIZE]);

/* The id that the answer would have had whose report has this one. */
void reports_id_as_answered(enum config_id_rule rule, const char *id,
                            char out[REPORTS_KEY_SIZE]);

/* --- learning (reports_learn.c) ----------------------------------------------------- */

void reports_learner_free(struct learner *learner);

/* An answer told an id. */
void reports_learner_hear(struct reports_channel *channel, const char *id,
                          const char *destination);

/* In a decision: a report came that no try is known for. */
void reports_learner_puzzle(struct reports *reports, const struct kept_report *report);

/* Some of the work that a new rule leaves. */
void reports_follow_rules(struct reports *reports);

/* --- parts of long messages (reports_parts.c) --------------------------------------- */

/* False: the link says that this part's final report does not count. */
bool reports_part_speaks(struct reports *reports, const struct live *live,
                         const struct attempt *attempt);

/* In a decision: what was reported on this part counts for those it speaks for. */
void reports_tell_parts(struct reports *reports, struct live *live,
                        const struct attempt *attempt, const struct kept_report *report);

/* What was told of other parts may count for it. */
bool reports_may_inherit(struct reports *reports, const struct attempt *attempt);
/* In a decision: a part was taken; true: what was told before counts for it, too. */
bool reports_inherit(struct reports *reports, struct live *live, struct attempt *attempt);

/* --- ids (reports_ids.c) ------------------------------------------------------------ */

uint64_t reports_hash_of_answer(struct reports *reports, uint32_t channel, const char *id);
/* By its id, else its ref; 0: it has neither. */
uint64_t reports_hash_of_report(struct reports *reports, const struct kept_report *report);
uint64_t reports_hash_of_ref(uint32_t channel, uint64_t ref);

/* An id or a ref, by its hash, is of this message. */
void reports_remember(struct reports *reports, uint64_t hash, uint64_t message,
                      int64_t at_ms);

/* The message that the report's id, else its ref, leads to; false: none is known. */
bool reports_message_of(struct reports *reports, const struct kept_report *report,
                        uint64_t *out_message);

/* Those learned before this wall time. */
void reports_forget_ids(struct reports *reports, int64_t before_ms);

/* --- tries without an id (reports_awaited.c) ---------------------------------------- */

struct awaited *reports_awaited_new(void);
void reports_awaited_free(struct awaited *awaited);

uint64_t reports_hash_of_destination(uint32_t channel, const char *destination);

/* In a decision: what has just been parked goes to a try that lacks its id, if that is
 * meant. */
void reports_claim_new(struct reports *reports, struct parked *parked);

/* --- parked reports (reports_parked.c) ---------------------------------------------- */

/* The first that came with this id, or the last for this destination; NULL: none. */
struct parked *reports_first_parked(const struct reports *reports, uint64_t hash);
struct parked *reports_first_parked_for(const struct reports *reports, uint64_t hash);

/* In a decision: a row is added; NULL: it names nothing it could be found by. */
struct parked *reports_park(struct reports *reports, const struct kept_report *report);

/* The message it is about could not be read (0: it could), and is to be tried again. */
void reports_mark_unread(struct reports *reports, struct parked *parked, uint64_t message);

/* In a decision: out of the lists, and its row goes. */
void reports_unpark(struct reports *reports, struct parked *parked);

/* In a decision of its own: those whose time is over go, some of them at a time. */
void reports_expire_parked(struct reports *reports);

void reports_free_parked(struct reports *reports);

/* --- messages that are no longer in memory (reports_late.c) ------------------------- */

/* As reports_in(): false when it cannot be taken now. */
bool reports_bring_back(struct reports *reports, uint64_t message,
                        const struct kept_report *report,
                        const struct store_effect *acknowledge);

/* In a decision of its own: it is kept, and its message brought back for it when there is
 * room for that. */
void reports_park_late(struct reports *reports, uint64_t message,
                       const struct kept_report *report);

/* Those whose message could not be read, now and then, while they are parked. */
void reports_try_unread(struct reports *reports);

void reports_free_pending(struct reports *reports);

#endif
