/*
 * What the files of the API share: a request on its way, its answer, and what is kept
 * of it while the store or the reader is asked.  For gateway/api*.c, admin.c and
 * webhooks.c only.
 */
#ifndef GATEWAY_API_PIECES_H
#define GATEWAY_API_PIECES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/api.h"
#include "gateway/config.h"
#include "gateway/gateway.h"
#include "gateway/http_server.h"
#include "gateway/intake.h"
#include "gateway/json.h"
#include "gateway/live.h"
#include "routing/number.h"

struct account;
struct dispatch_channel_facts;

enum { API_NAME_SIZE = 128 };

/* Who asks.  `token` is NULL on the unix socket, and for somebody without one. */
struct api_asker {
    enum api_access rank;
    const struct config_token *token;
};

/* A request; valid while its handler runs. */
struct api_call {
    struct gateway *gateway;
    const struct http_request *request;
    struct api_asker asker;
    char name[API_NAME_SIZE]; /* what stood in the braces of the path */
    char item[API_NAME_SIZE]; /* and in the second ones */
};

bool api_may_act_for(const struct api_asker *asker, const char *account);

/* The account of this name, if there is one and the asker may act for it; else NULL. */
struct account *api_account_for(const struct gateway *gateway,
                                const struct api_asker *asker, const char *name);

/* The account named in the path; NULL: it has been refused. */
struct account *api_find_account(struct api_call *call);

/* What we pay and to whom is our own affair: only for the scope admin. */
bool api_sees_cost(const struct api_asker *asker);
void api_write_cost(struct json_writer *writer, const char *key,
                    const struct api_asker *asker, int64_t micros);

/* ---- Answers ------------------------------------------------------------- */

enum api_problem {
    API_BAD_BODY,
    API_BAD_QUERY,
    API_BAD_SOURCE,
    API_BAD_DESTINATION,
    API_BAD_TEXT,
    API_BAD_TIME,
    API_NO_PLAN,
    API_NO_PRICE,
    API_BAD_REPORT,
    API_UNAUTHENTICATED,
    API_BAD_SIGNATURE,
    API_NO_MONEY,
    API_FORBIDDEN,
    API_NO_CLASS,
    API_DENIED,
    API_UNKNOWN_PATH,
    API_UNKNOWN_ACCOUNT,
    API_UNKNOWN_MESSAGE,
    API_UNKNOWN_CHANNEL,
    API_UNKNOWN_OPTOUT,
    API_UNKNOWN_INBOUND,
    API_METHOD,
    API_TOO_LATE,
    API_NOTHING_TO_TELL,
    API_OTHER_REQUEST,
    API_BAD_KEY,
    API_SUSPENDED,
    API_DENIED_SOURCE,
    API_DENIED_CONTENT,
    API_DENIED_DESTINATION,
    API_DENIED_PREMIUM,
    API_RATE,
    API_OPTED_OUT,
    API_PARTS_LIMIT,
    API_SPEND_LIMIT,
    API_RECIPIENT_LIMIT,
    API_FULL,
    API_NOT_READY,
    API_PROBLEMS
};

/* application/problem+json; `extra` is one more header, or NULL. */
void api_refuse(struct gateway *gateway, uint64_t request, enum api_problem problem,
                const struct http_header *extra, const char *detail, ...)
    __attribute__((format(printf, 5, 6)));

/* The same with Retry-After. */
void api_refuse_for_now(struct gateway *gateway, uint64_t request, enum api_problem problem,
                        int64_t retry_after_s, const char *detail);

/* The reader could not read: 503, and nothing is said of what may be there. */
void api_refuse_unread(struct gateway *gateway, uint64_t request);

/* The one writer of all answers, emptied; it is used up within the turn. */
struct json_writer *api_writer(struct gateway *gateway);

/* What was written, as the answer: now ... */
void api_answer(struct gateway *gateway, uint64_t request, int status);
/* ... or, with 200, when all that memory says now is durable. */
void api_answer_when_durable(struct gateway *gateway, uint64_t request);

/* Octets that are not JSON of ours. */
void api_answer_octets(struct gateway *gateway, uint64_t request, int status,
                       const char *content_type, const void *octets, size_t size);

/* ---- What is asked ------------------------------------------------------- */

enum api_given { API_ABSENT, API_GIVEN, API_UNREADABLE };

/*
 * A parameter of the query, decoded into `out`.  One that is there and cannot be read is
 * not passed over, for it chooses among what would be changed: it has been refused then.
 */
enum api_given api_read_query(struct api_call *call, const char *name, char *out,
                              size_t room) __attribute__((warn_unused_result));

/* An id in decimal, and nothing else; false: it is none. */
bool api_read_id(const char *text, uint64_t *out) __attribute__((warn_unused_result));

/* ---- Questions to the reader --------------------------------------------- */

enum api_wish { API_MESSAGE, API_TRACE, API_CANCEL, API_RETELL };

/* What is remembered of a request while the reader works; on a list of the api's. */
struct api_question {
    struct gateway *gateway;
    struct api_question *next;
    struct api_question *previous;
    uint64_t request;
    struct api_asker asker;
    /* About a message. */
    enum api_wish wish;
    uint64_t submission;
    uint8_t place; /* of those of a submit_multi, from 0, that is looked for */
    bool found;
    uint32_t count; /* of those that were cancelled, or told again */
    char given[API_NAME_SIZE];
    char to[NUMBER_SIZE];
    /* About a period. */
    uint32_t account;
    int64_t from_ms;
    int64_t to_ms;
};

struct api_question *api_question_new(struct api_call *call);
void api_question_free(struct api_question *question);

/* The reader took it, or it is answered that too many wait, and freed. */
void api_question_asked(struct api_question *question, bool taken);

/*
 * `from` and `to` of the query into the question; without them all that is kept, or the
 * last `window_ms` if that is not 0.  False: it has been refused, and the question freed.
 */
bool api_read_period(struct api_call *call, struct api_question *question,
                     int64_t window_ms) __attribute__((warn_unused_result));

/* ---- Messages ------------------------------------------------------------ */

/* A message in memory or from the database; all borrowed. */
struct api_message {
    uint64_t submission; /* that was asked for */
    const struct message *message;
    const struct plan *plan; /* NULL: not known any more */
    struct body **bodies;
    size_t body_count;
};

/* The members of GET /v1/messages/ID, inside an object. */
void api_write_message(struct gateway *gateway, struct json_writer *writer,
                       const struct api_message *it, const struct api_asker *asker);

/* The id of a submission in the form it was given out. */
void api_write_public_id(struct json_writer *writer, const char *key,
                         const struct body *body);

/* True: who has sent this message waits for his next turn, and `tell` is called then. */
bool api_turn_ends(struct gateway *gateway, const struct live *live,
                   const struct store_effect *answer, const struct intake_first *accepted,
                   intake_told *tell);

/* What the trace tells beyond them. */
void api_write_story(struct gateway *gateway, struct json_writer *writer,
                     const struct api_message *it);

/* ---- Channels ------------------------------------------------------------ */

/* As statements name it. */
const char *api_channel_label(const struct gateway *gateway, uint32_t channel);

/* How it is now, inside an object. */
void api_write_channel_facts(struct gateway *gateway, struct json_writer *writer,
                             uint32_t channel, const struct dispatch_channel_facts *facts);

/* ---- Handlers ------------------------------------------------------------ */

void api_on_submit(struct api_call *call);
void api_on_message(struct api_call *call);
void api_on_trace(struct api_call *call);
void api_on_retell(struct api_call *call);
void api_on_cancel(struct api_call *call);
void api_on_balance(struct api_call *call);
void api_on_statement(struct api_call *call);
void api_on_limits(struct api_call *call);
void api_on_suspend(struct api_call *call);
void api_on_resume(struct api_call *call);
void api_on_channels(struct api_call *call);
void api_on_verify(struct api_call *call);
void api_on_status(struct api_call *call);
void api_on_inbound(struct api_call *call);
void api_on_inbound_drop(struct api_call *call);
void api_on_optouts(struct api_call *call);
void api_on_optout(struct api_call *call);
void api_on_optout_put(struct api_call *call);
void api_on_optout_delete(struct api_call *call);
void api_on_review(struct api_call *call);
void api_on_review_release(struct api_call *call);
void api_on_review_drop(struct api_call *call);

#endif
