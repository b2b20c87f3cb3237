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

/* What a repetition is answered with: the first one's public id and parts, and what was
 * held for it. */
struct intake_first {
    const char *id;
    uint32_t account;
    uint32_t parts;
    int64_t held_micro;
};

/* `answer` is as it was given with the repetition. */
typedef void intake_told(struct gateway *gateway, const struct store_effect *answer,
                         const struct intake_first *first);

/* Answers to repetitions that wait until the first is durable. */
struct repeat_answers;
struct repeat_answers *intake_repeat_new(void);
/* Accepts NULL. */
void intake_repeat_free(struct repeat_answers *answers);

/* A message of the API, all of UTF-8. */
struct intake_request {
    const char *account;
    const char *from;
    const char *to;
    const char *text;
    const char *plan;    /* NULL: by the rules */
    int64_t validity_ms; /* 0: the plan's deadline */
    int64_t start_at_ms; /* 0 or past: now */
    const char *name;    /* by which its repetition is told; NULL: it has none */
    intake_told *tell_first;
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
    INTAKE_NO_CLASS, /* the message's class is not granted to the account */
    INTAKE_DENIED,   /* by a content rule */
    INTAKE_NO_MONEY,
    INTAKE_RATE,
    INTAKE_FULL,
    INTAKE_OPTED_OUT, /* the recipient wants nothing of the account */
    INTAKE_SUSPENDED,
    INTAKE_DENIED_SOURCE, /* as enum permission, from here ... */
    INTAKE_DENIED_DATA_CODING,
    INTAKE_DENIED_ESM_CLASS,
    INTAKE_DENIED_PROTOCOL_ID,
    INTAKE_DENIED_PORT,
    INTAKE_DENIED_DESTINATION,
    INTAKE_DENIED_PREMIUM, /* ... to here */
    INTAKE_PARTS_PER_HOUR, /* as enum usage_kind, from here ... */
    INTAKE_PARTS_PER_DAY,
    INTAKE_SPEND_PER_HOUR,
    INTAKE_SPEND_PER_DAY, /* ... to here */
    INTAKE_RECIPIENT,
    INTAKE_OTHER, /* its name is another request's */
    INTAKE_RESULTS
};

/*
 * Answers for which SMPP 3.4 has no status: of the range 0x400-0x4FF, the SMSC's own
 * (5.1.3).  sluiced(8) tells what each means; their numbers do not change.  They have no
 * names in smpp/status.def: an operator's 0x400 is something else.
 */
enum intake_status {
    INTAKE_RSUSPENDED = 0x400,
    INTAKE_RDATACODING = 0x401,
    INTAKE_RPROTOCOLID = 0x402,
    INTAKE_RPORT = 0x403,
    INTAKE_RPREMIUM = 0x404,
    INTAKE_RPARTS = 0x405,
    INTAKE_RSPEND = 0x406,
    INTAKE_RRECIPIENT = 0x407,
};

/*
 * INTAKE_OK: `answer` runs when the message is durable, with `id` set to the
 * submission's, which is also in *out_id, and `number` and `extra` taken; or it is a
 * repetition, and request->tell_first does, with the first one's id in *out_id.
 */
enum intake_result intake_api(struct gateway *gateway, const struct intake_request *request,
                              const struct store_effect *answer, uint64_t *out_id);

/* In the run of its `answer`: what was held for it when it was accepted. */
int64_t intake_held(const struct store_effect *answer);

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

/* Why, in a sentence; and in a word, for metrics. */
const char *intake_result_text(enum intake_result result);
const char *intake_result_cause(enum intake_result result);

#endif
