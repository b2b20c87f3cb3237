/*
 * A message of which nothing was submitted yet, with another text, other times and another
 * wish for a receipt: it stays the same submission, with its id, its plan and its pinned
 * prices, and has one receipt.  What is held becomes exactly what the new number of parts
 * may cost.
 */
#ifndef GATEWAY_REPLACE_H
#define GATEWAY_REPLACE_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/live.h"
#include "smpp/pdu.h"

struct gateway;

enum { REPLACE_AS_IT_WAS = -1 };

struct replacement {
    struct body *body;   /* the new one: owned by the caller until replace_apply() */
    int64_t start_at_ms; /* REPLACE_AS_IT_WAS; 0 or past: now */
    int64_t deadline_ms; /* REPLACE_AS_IT_WAS; 0: the plan's */
    /* Worked out by replace_measure(). */
    uint16_t segments;
    uint16_t parts;
    bool is_text;
    bool in_latin;
    const char *kept_by; /* the rule that keeps it for review; NULL */
    int64_t more_micro; /* to be held, or (below 0) to be released */
    uint32_t more_parts;
};

/* Gives the body that is to replace the message's own its names, a revision later, and the
 * time. */
void replace_name(const struct live *live, struct body *body);

/* ESME_ROK, or why it cannot be: the status to answer. */
uint32_t replace_measure(struct gateway *gateway, const struct live *live,
                         struct replacement *replacement);

/* In a decision: takes the body.  The balance was moved by the caller before. */
void replace_apply(struct gateway *gateway, struct live *live,
                   struct replacement *replacement);

/* What must be held more (or less) for all of them together; false: it does not fit, in
 * the balance or in the account's limits. */
bool replace_hold(struct gateway *gateway, uint32_t account, uint32_t more_parts,
                  int64_t more_micro) __attribute__((warn_unused_result));

/*
 * For replace_if_present (SMPP 3.4 5.2.18): the youngest message with the source,
 * destination and service_type of `body` that may be replaced; NULL: there is none.
 */
struct live *replace_find(struct gateway *gateway, uint32_t account,
                          const struct body *body);

#endif
