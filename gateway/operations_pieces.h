/*
 * What the operations share: operations.c finds the messages and answers, query.c,
 * cancel.c and replace.c say what is done with each of them.  Only they include this.
 */
#ifndef GATEWAY_OPERATIONS_PIECES_H
#define GATEWAY_OPERATIONS_PIECES_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/body.h"
#include "gateway/clock.h"
#include "gateway/live.h"
#include "gateway/operations.h"
#include "routing/number.h"
#include "smpp/parts.h"

enum {
    OPERATION_ID_SIZE = 66,
    OPERATION_MEMBERS_MAX = SMPP_DESTINATIONS_MAX, /* messages of one shared id */
};

struct operation;

/*
 * What is done with the messages of an id, one after the other: those in memory, and those
 * that have ended and are in the database (as a struct live that is not in any table).
 */
struct operation_kind {
    void (*on_live)(struct operation *operation, struct live *live,
                    const struct body *body);
    void (*on_ended)(struct operation *operation, const struct live *stored,
                     const struct body *body);
    /* All have been seen, at least one: the status of the answer. */
    uint32_t (*finish)(struct operation *operation);
    uint32_t unread; /* the status when the database cannot be read */
};

extern const struct operation_kind operation_query;
extern const struct operation_kind operation_cancel;
extern const struct operation_kind operation_replace;

/* A request that waits for its answer. */
struct operation {
    struct gateway *gateway;
    const struct operation_kind *kind;
    uint64_t number;
    uint64_t session;
    uint32_t sequence;
    uint32_t command;
    uint32_t account;
    uint32_t status;
    uint64_t id;
    uint32_t place; /* of the message that is looked for, from 1 */
    bool found;
    bool enough; /* the others need not be seen */
    struct operation *next_to_read;
    char given[OPERATION_ID_SIZE];
    char source[BODY_ADDRESS_SIZE];
    char destination[NUMBER_SIZE]; /* "": any */
    char service_type[BODY_SERVICE_TYPE_SIZE];

    /* query_sm: what is told. */
    uint8_t state; /* 0: nothing yet */
    uint8_t error_code;
    int64_t final_ms; /* 0: one is open */

    /* cancel_sm: how many were cancelled; a pair of addresses takes several turns. */
    uint32_t cancelled;
    struct clock_timer more;

    /* replace_sm: what is asked for, and the messages it will be done to. */
    struct replace_request *replacing;
};

/* It is answered with this status when all that memory says is durable, and freed. */
void operation_answer(struct operation *operation, uint32_t status);

/* cancel_sm without an id; goes on by itself and answers. */
void operation_cancel_pair(struct operation *operation);

/* replace_sm: false with the status to answer when its times are none. */
uint32_t operation_replace_read(struct operation *operation,
                                const struct smpp_pdu *request);
void operation_replace_done(struct operation *operation);

/* query_sm_resp: what was found, into the answer; `final_date` has 16 octets. */
void operation_query_write(const struct operation *operation, struct smpp_pdu *answer,
                           char final_date[16]);

#endif
