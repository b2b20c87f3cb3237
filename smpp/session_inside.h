/*
 * What the parts of a session share: session.c holds its life, session_bind.c the bind,
 * session_receive.c what comes, session_send.c what goes, session_time.c what is due and
 * the leaving.  Only they include this.
 */
#ifndef SMPP_SESSION_INSIDE_H
#define SMPP_SESSION_INSIDE_H

#include "smpp/pulse.h"
#include "smpp/session.h"
#include "smpp/window.h"

/* The longest answers: query_sm_resp, and submit_multi_resp that refuses every one of 254
 * destinations of 20 digits (3.4 4.8.2, 4.5.2). */
enum { ANSWER_MAX_SIZE = 100, MULTI_ANSWER_MAX_SIZE = 7168 };

struct smpp_session {
    struct smpp_session_config config;
    const struct smpp_session_ops *ops;
    void *owner;
    const struct smpp_session_io *io;
    void *io_self;

    enum smpp_state state;
    uint8_t version;
    bool takes_tlvs;
    uint32_t next_sequence;
    uint64_t octets;        /* committed so far */
    bool held; /* by its owner: requests wait */
    size_t pending;         /* the peer's requests that are owed an answer */
    size_t answer_max_size; /* of each of these answers */
    bool output_full;
    bool owes_room; /* a sender was told to wait */

    /* The bind that waits for its answer, either role. */
    uint32_t bind_command;
    uint32_t bind_sequence;
    int64_t init_due_ms;

    /* LEAVING: whose unbind it is, and how far it has come. */
    bool peer_leaves;
    bool peer_ended; /* it says nothing more: no unbind is sent */
    bool unbind_sent;
    uint32_t unbind_sequence; /* the peer's, if peer_leaves */
    uint64_t unbind_end;      /* ours: the octet at which it ends; 0 once it has left */
    int64_t leave_due_ms;
    enum smpp_end leave_end;

    /* An enquire_link that waits for its answer.  Times are on the pulse's clock. */
    int64_t asked_ms; /* the last one; before it, the bind */
    bool asked;
    bool probed;        /* the owner wants to hear of it */
    uint64_t asked_end; /* the octet of the stream at which it ends */
    int64_t answer_due_ms;

    struct smpp_pulse pulse;
    struct smpp_window *window; /* NULL until bound */
    struct smpp_window *late;   /* timed out, may still be answered; NULL until one has */
    struct smpp_session_counters counters;
};

/* INT64_MAX for a delay of 0, which is never. */
static inline int64_t due_in(int64_t now_ms, uint32_t delay_ms)
{
    return delay_ms == 0 ? INT64_MAX : now_ms + delay_ms;
}

static inline int64_t earlier(int64_t one_ms, int64_t other_ms)
{
    return one_ms < other_ms ? one_ms : other_ms;
}

/* ---- octets out (session.c) ---- */

void smpp_session_commit(struct smpp_session *session, size_t size);
void smpp_session_put_header(struct smpp_session *session, uint32_t command,
                             uint32_t status, uint32_t sequence);

/* False, and nothing is written, when the PDU cannot be encoded. */
bool smpp_session_put_cold(struct smpp_session *session, const struct smpp_pdu *pdu)
    __attribute__((warn_unused_result));

/* The sequence_number of our next request. */
uint32_t smpp_session_take_sequence(struct smpp_session *session);

/* Nothing more is received or sent. */
void smpp_session_finish(struct smpp_session *session, enum smpp_end end);

/* Tells a sender who had to wait that there is room, if there is. */
void smpp_session_tell_room(struct smpp_session *session);

/* The oldest of the requests that may still be answered late is forgotten; false: there is
 * none. */
bool smpp_session_forget_late(struct smpp_session *session);

/* ---- the bind (session_bind.c) ---- */

void smpp_session_take_bind(struct smpp_session *session, const struct smpp_pdu *bind,
                            int64_t now_ms);
void smpp_session_take_bind_response(struct smpp_session *session,
                                     const struct smpp_pdu *response, int64_t now_ms);

/* ---- leaving (session_time.c) ---- */

void smpp_session_take_unbind(struct smpp_session *session, uint32_t sequence,
                              int64_t now_ms);

/* If it is leaving: goes on with the unbind when nothing is open any more, or `at_once`. */
void smpp_session_advance_leaving(struct smpp_session *session, bool at_once);

#endif
