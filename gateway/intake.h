/*
 * What comes in: checked, priced, held for, recorded, and only then answered.
 */
#ifndef GATEWAY_INTAKE_H
#define GATEWAY_INTAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/live.h"
#include "gateway/store.h"
#include "smpp/pdu.h"

struct config_account;
struct gateway;

/*
 * A submit_sm or data_sm of a session of config->accounts[account].  ESME_ROK: it is
 * accepted and esmes_answer() follows when it is durable; else the status to answer now.
 */
uint32_t intake_submit(struct gateway *gateway, size_t account, uint64_t session,
                       const struct smpp_pdu *submit);

/* The same for a submit_multi: one message for each destination. */
uint32_t intake_submit_multi(struct gateway *gateway, size_t account, uint64_t session,
                             const struct smpp_pdu *submit);

/* Answers to submit_multi that wait to be durable. */
struct multi_answers *intake_multi_new(void);
void intake_multi_free(struct multi_answers *answers);

/* A message of the API, all of UTF-8. */
struct intake_request {
    const char *account;
    const char *from;
    const char *to;
    const char *text;
    const char *plan;    /* NULL: by the rules */
    int64_t validity_ms; /* 0: the plan's deadline */
    int64_t start_at_ms; /* 0 or past: now */
};

enum intake_result {
    INTAKE_OK = 0,
    INTAKE_NO_ACCOUNT,
    INTAKE_BAD_SOURCE,
    INTAKE_BAD_DESTINATION,
    INTAKE_BAD_TEXT,
    INTAKE_BAD_TIME,
    INTAKE_NO_PLAN,        /* unknown, or not granted to the account */
    INTAKE_NO_SUCH_PLAN,   /* the same, by an optional parameter */
    INTAKE_LONG_REFERENCE, /* more than the receipt can give back */
    INTAKE_NO_PRICE,
    INTAKE_NO_MONEY,
    INTAKE_RATE,
    INTAKE_FULL,
    INTAKE_OPTED_OUT, /* the recipient wants nothing of the account */
    INTAKE_RESULTS
};

/*
 * INTAKE_OK: `answer` runs when the message is durable, with `id` set to the
 * submission's, which is also in *out_id.
 */
enum intake_result intake_api(struct gateway *gateway, const struct intake_request *request,
                              const struct store_effect *answer, uint64_t *out_id);

/*
 * In a decision: the same as an answer to what the recipient wrote, which goes out although
 * he has opted out.  `from` may be a number as it came.
 */
enum intake_result intake_reply(struct gateway *gateway,
                                const struct intake_request *request);

/*
 * The text, addresses and fields of a submit_sm or deliver_sm, from the heap; of a vendor's
 * parameters those that the account's dictionary keeps (NULL: none).
 */
struct body *intake_body(const struct config_account *account, const struct smpp_pdu *pdu,
                         const char *destination);

/* Why, in a sentence. */
const char *intake_result_text(enum intake_result result);

#endif
