/*
 * What the parts of the intake share: intake.c holds the way of one submission through the
 * door, intake_smpp.c and intake_api.c what brings it there, intake_multi.c that of the
 * destinations of a submit_multi, intake_repeat.c that of a repetition, intake_results.c what
 * may become of it.  Only they include this.
 */
#ifndef GATEWAY_INTAKE_PIECES_H
#define GATEWAY_INTAKE_PIECES_H

#include "gateway/catalog.h"
#include "gateway/duplicates.h"
#include "gateway/intake.h"
#include "gateway/public_id.h"
#include "smpp/parts.h"

/* What the submissions of one submit_multi have in common. */
struct multi {
    uint64_t first_id; /* of a run of ids, one for each destination */
    uint32_t accepted; /* of them, used */
    uint32_t alias;
    uint32_t repeated;         /* destinations that were submitted before */
    char told[PUBLIC_ID_SIZE]; /* the id of the first of these */
};

/* No message may be told to wait, or to live, longer. */
#define INTAKE_VALIDITY_MAX_MS (INT64_C(366) * 24 * 3600 * 1000)

/* One submission on its way through the door. */
struct submission {
    struct gateway *gateway;
    struct account *account;
    size_t account_index;
    struct body *body;
    const struct plan *plan;
    struct multi *multi; /* NULL: it came alone; else the caller is in a decision */
    uint64_t session;
    int64_t now_ms;
    int64_t start_at_ms;        /* 0: now */
    int64_t deadline_ms;        /* 0: the plan's */
    struct store_effect answer; /* without `run`: the caller answers */
    intake_told *tell_first;    /* answers a repetition; NULL: it is not looked for */
    /* Worked out here. */
    uint8_t class;
    uint32_t pins;
    uint16_t segments;
    uint16_t parts;
    const char *kept_by; /* the rule that keeps it for review; NULL */
    bool is_text;
    bool in_latin;
    bool is_part;
    bool is_reply; /* to what the recipient wrote: the caller is in a decision too */
    struct smpp_part part;
    struct duplicates_key key; /* where repetitions are looked for */
};

/* What is the same for all destinations: ESME_ROK, or the status to answer, counted. */
uint32_t intake_read(const struct smpp_pdu *pdu, struct submission *it);

/* Whether the account may send this at all. */
enum intake_result intake_permit(const struct submission *it);

/* Takes the body whatever comes of it.  A message of a submit_multi still wants its first
 * review. */
enum intake_result intake_accept(struct submission *it);

/* --- the API's (intake_api.c) -------------------------------------------------------- */

/* For intake_held(). */
void intake_set_held(struct store_effect *answer, int64_t held_micro);

/* --- repetitions (intake_repeat.c) -------------------------------------------------- */

/* True: it is one, and is answered with the first when that is durable; of a submit_multi
 * the caller answers. */
bool intake_answer_as_first(struct submission *it);

/* Its name was there before, whatever else there is to say about it: it is answered with the
 * first when that is durable (INTAKE_OK), or refused. */
bool intake_is_named_again(struct submission *it, enum intake_result *out);

/* In a decision: it has its names, and is accepted. */
void intake_remember(const struct submission *it, int64_t held_micro);

/* --- what may become of it (intake_results.c) --------------------------------------- */

void intake_count_refusal(struct submission *it, enum intake_result result);

uint32_t intake_status(enum intake_result result);

#endif
