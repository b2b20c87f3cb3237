/*
 * One SMPP session, either side of it: which command is allowed in which state
 * (SMPP 3.4 2.3), what is answered to what, which requests wait for an answer, and
 * what is due when.  It has no socket and no clock: whole frames come in, octets go
 * out through `smpp_session_io`, and every call that depends on time is told the
 * time in monotonic milliseconds.
 *
 * It answers by itself: enquire_link (also before the bind), unbind, commands it does
 * not know, commands in the wrong state, and bodies that do not decode.  The state is
 * looked at before the body: of a peer that is not bound only bind and outbind are
 * decoded.  All else goes to the owner through `smpp_session_ops`.
 *
 * Callbacks may call anything here on the same session; none may free it.
 */
#ifndef SMPP_SESSION_H
#define SMPP_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "smpp/pdu.h"

struct smpp_session;

enum smpp_role {
    SMPP_ROLE_SMSC, /* we serve an ESME */
    SMPP_ROLE_ESME, /* we are the ESME of an operator's SMSC */
};

/* Bits, so that a row or a question can name a set. */
enum smpp_state {
    SMPP_STATE_OPEN = 1 << 0,    /* connected (or connecting), not bound */
    SMPP_STATE_BINDING = 1 << 1, /* a bind waits for its answer */
    SMPP_STATE_BOUND_TX = 1 << 2,
    SMPP_STATE_BOUND_RX = 1 << 3,
    SMPP_STATE_BOUND_TRX = 1 << 4,
    SMPP_STATE_LEAVING = 1 << 5, /* no new requests either way; what is open is answered */
    SMPP_STATE_CLOSED = 1 << 6,

    SMPP_STATE_BOUND = SMPP_STATE_BOUND_TX | SMPP_STATE_BOUND_RX | SMPP_STATE_BOUND_TRX,
    SMPP_STATE_SUBMITS = SMPP_STATE_BOUND_TX | SMPP_STATE_BOUND_TRX,  /* ESME may submit */
    SMPP_STATE_DELIVERS = SMPP_STATE_BOUND_RX | SMPP_STATE_BOUND_TRX, /* SMSC may deliver */
};

/* Why a session, or the connection under it, ended. */
enum smpp_end {
    SMPP_END_NONE = 0,          /* it has not */
    SMPP_END_ASKED,             /* the owner closed it */
    SMPP_END_UNBOUND,           /* unbind and its response, either direction */
    SMPP_END_REFUSED,           /* the bind was refused */
    SMPP_END_PEER_CLOSED,       /* end of the stream */
    SMPP_END_FAILED,            /* the socket failed: connect refused, reset ... */
    SMPP_END_BROKEN,            /* a frame that cannot be cut: the stream is not trusted */
    SMPP_END_NOT_BOUND_IN_TIME, /* session_init_timer (7.2) */
    SMPP_END_SILENT,            /* enquire_link not answered */
    SMPP_END_INACTIVE,          /* inactivity_timer (7.2) */
    SMPP_END_STUCK,             /* the peer did not read for too long */
};

/* "unbound", "not-bound-in-time" ...; for logs and labels. */
const char *smpp_end_name(enum smpp_end end);

/* What became of a request that was never answered. */
enum smpp_fate {
    SMPP_FATE_TIMED_OUT, /* handed to the transport; no answer in response_ms */
    SMPP_FATE_LOST,      /* an octet of it was handed to the transport; the session ended */
    SMPP_FATE_UNSENT, /* the session ended and no octet of it had left: certainly not sent
                       */
};

/* What may differ by account or link.  Times in milliseconds, 0 = never. */
struct smpp_session_limits {
    uint32_t window;      /* our unanswered requests; at least 1; fixed by the bind */
    uint32_t peer_window; /* the peer's unanswered requests; at it reading pauses; >= 1 */
    uint32_t enquire_link_ms; /* silence of the peer after which we ask */
    bool enquire_always;      /* ask so often whatever else it sends */
    uint32_t response_ms;     /* from the writing of a request to its answer */
    uint32_t inactivity_ms;   /* without any PDU but enquire_link: unbind and close */
};

struct smpp_session_config {
    uint64_t id; /* the owner's name for it; never used twice */
    enum smpp_role role;
    uint8_t interface_version; /* ours: 0x34 or 0x50 */
    /* ESME: the version of an SMSC that tells none.  0x33 by the book (3.4: then no TLVs).
     */
    uint8_t untold_version;
    char system_id[16];      /* SMSC: ours, as bind_resp tells it */
    uint32_t first_sequence; /* of our requests; 0 = 1 */
    uint32_t init_ms;        /* from creation until bound; the owner's own time to answer a
                                bind does not count */
    uint32_t leave_ms;       /* how long what is open may hold up an unbind */
    struct smpp_session_limits limits;
};

/*
 * What the owner is told.  A NULL entry is allowed everywhere; a request without its
 * callback is answered: on_bind ESME_RBINDFAIL, on_query ESME_RQUERYFAIL, on_cancel
 * ESME_RCANCELFAIL, on_replace ESME_RREPLACEFAIL, on_submit and on_deliver
 * ESME_RSYSERR.  PDUs are borrowed for the call.
 *
 * Every request given to on_submit, on_query, on_cancel, on_replace and on_deliver is
 * owed exactly one answer (in the callback or later), and counts against peer_window
 * until it has it.
 */
struct smpp_session_ops {
    /* SMSC: bind_* in OPEN; answer with smpp_session_bind_answer(), now or later.
     * Nothing more is read from the peer until then. */
    void (*on_bind)(void *owner, const struct smpp_pdu *bind);
    /* SMSC: submit_sm, data_sm, submit_multi; answer with smpp_session_answer_submit(). */
    void (*on_submit)(void *owner, const struct smpp_pdu *request);
    /* SMSC: answer with smpp_session_answer(). */
    void (*on_query)(void *owner, const struct smpp_pdu *request);
    void (*on_cancel)(void *owner, const struct smpp_pdu *request);
    void (*on_replace)(void *owner, const struct smpp_pdu *request);

    /* ESME: our bind was accepted. `response` holds the SMSC's system_id. */
    void (*on_bound)(void *owner, const struct smpp_pdu *response);
    /* ESME: our bind was refused with this status; the session ends (SMPP_END_REFUSED). */
    void (*on_refused)(void *owner, uint32_t status);
    /* ESME: deliver_sm, data_sm; answer with smpp_session_answer_deliver(). */
    void (*on_deliver)(void *owner, const struct smpp_pdu *request);
    void (*on_alert)(void *owner, const struct smpp_pdu *alert);
    /* ESME: the SMSC connected and asks for smpp_session_bind(); NULL: the session ends. */
    void (*on_outbind)(void *owner, const struct smpp_pdu *outbind);

    /* The answer to our request `cookie`; its status may be anything, and its command
     * SMPP_GENERIC_NACK.  Exactly one of these two comes for every smpp_session_send(). */
    void (*on_response)(void *owner, const struct smpp_pdu *response, uint64_t cookie);
    void (*on_no_response)(void *owner, uint64_t cookie, enum smpp_fate fate);
    /* Each request that was TIMED_OUT comes here once more: with its answer, which came
     * late, or with NULL when none is known any more.  As many are remembered as the window
     * has places, the oldest is forgotten, and all when the session ends.  NULL: late
     * answers are dropped, and none of this is told. */
    void (*on_late_response)(void *owner, const struct smpp_pdu *response, uint64_t cookie);

    /* smpp_session_send() had said WAIT, and there is room again. */
    void (*on_room)(void *owner);
    /* The peer is alive after smpp_session_probe(). */
    void (*on_alive)(void *owner);
    /* Either side has begun to unbind: send nothing more. */
    void (*on_unbind)(void *owner);
};

/* What carries the octets (smpp/conn.h, or a test). */
struct smpp_session_io {
    /* Room for a PDU of up to `room` octets; never NULL.  Always followed by commit. */
    uint8_t *(*reserve)(void *self, size_t room);
    /* `size` octets of it are to be written; 0 = none after all. */
    void (*commit)(void *self, size_t size);
    /* Something moved outside smpp_session_receive/sent/tick: look at is_paused() and
     * next_due_ms() again.  Comes often, must be cheap. */
    void (*wake)(void *self);
    /* Write what was committed, then close; smpp_session_ended() follows. */
    void (*finish)(void *self, enum smpp_end why);
};

/* Owned by the caller.  `config` is copied, `ops` and `io` are borrowed for its life. */
struct smpp_session *smpp_session_new(const struct smpp_session_config *config,
                                      const struct smpp_session_ops *ops, void *owner,
                                      const struct smpp_session_io *io, void *io_self,
                                      int64_t now_ms);

/* Accepts NULL.  Calls nobody: smpp_session_ended() does. */
void smpp_session_free(struct smpp_session *session);

/* --- from below: who carries the octets --------------------------------------------- */

/* One whole frame, exactly as smpp/frame.h cuts it.  Not while is_paused(). */
void smpp_session_receive(struct smpp_session *session, const uint8_t *frame, size_t size,
                          int64_t now_ms);

/* The stream cannot be cut any more: generic_nack ESME_RINVCMDLEN, then the end.
 * `sequence` is the broken header's if it was readable, else 0. */
void smpp_session_receive_broken(struct smpp_session *session, uint32_t sequence);

/* The first `octets` octets committed so far were handed to the transport.  Response
 * time-outs begin here. */
void smpp_session_sent(struct smpp_session *session, uint64_t octets, int64_t now_ms);

/* Whether the peer is being listened to.  What measures the peer's silence (response,
 * enquire_link, inactivity) stands still while it is not.  True at creation. */
void smpp_session_reading(struct smpp_session *session, bool reading, int64_t now_ms);

/* The peer's window is full or its bind waits for an answer: receive() is not to be called;
 * the octets stay where they are. */
bool smpp_session_is_paused(const struct smpp_session *session);
bool smpp_session_is_held(const struct smpp_session *session);

/* What may come in one frame in this state: SMPP_BIND_MAX_SIZE or SMPP_PDU_MAX_SIZE. */
size_t smpp_session_frame_max_size(const struct smpp_session *session);

/*
 * Does what is due: time-outs, enquire_link, the ends.  Whatever has arrived must have
 * been given to receive() first, so that after a stall of the loop nobody is blamed for
 * our own deafness.
 */
void smpp_session_tick(struct smpp_session *session, int64_t now_ms);

/* When tick() has something to do; INT64_MAX = nothing is awaited. */
int64_t smpp_session_next_due_ms(const struct smpp_session *session);

/*
 * The peer says nothing more, but may still listen: what an ESME is owed is answered, for
 * leave_ms at most, and then it is the end (SMPP_END_PEER_CLOSED, or that of an unbind
 * under way).  With an SMSC it is the end at once: what it was sent is in doubt, and its
 * reports come again.
 */
void smpp_session_peer_ended(struct smpp_session *session, int64_t now_ms);

/* The connection is gone: every request still open gets its on_no_response().  The
 * first `octets_sent` octets had been handed over.  Twice is harmless. */
void smpp_session_ended(struct smpp_session *session, uint64_t octets_sent);

/* --- from above: the owner -------------------------------------------------------------
 */

/* SMSC: answers the bind.  ESME_ROK binds, with `limits` (NULL: those of the config).
 * ESME_RINVCMDID (this kind of bind is not served) leaves the session open for another
 * bind; every other status ends it (SMPP_END_REFUSED) once it is written.  Ignored when
 * no bind waits any more. */
void smpp_session_bind_answer(struct smpp_session *session, uint32_t status,
                              const struct smpp_session_limits *limits, int64_t now_ms);

/*
 * Answers submit_sm, data_sm or submit_multi (`command`, the request's) number
 * `sequence`.  `message_id` (at most 64 characters; NULL = "") goes out with ESME_ROK
 * only.  Ignored once the session is CLOSED.
 */
void smpp_session_answer_submit(struct smpp_session *session, uint32_t sequence,
                                uint32_t command, uint32_t status, const char *message_id);

/* The same for deliver_sm and data_sm on our ESME side (3.4 4.6.2: the id is empty). */
void smpp_session_answer_deliver(struct smpp_session *session, uint32_t sequence,
                                 uint32_t command, uint32_t status);

/* Any other answer: command (with SMPP_RESPONSE), status, sequence and fields are the
 * caller's.  TLVs are left out for a peer that takes none. */
void smpp_session_answer(struct smpp_session *session, const struct smpp_pdu *response);

enum smpp_send {
    SMPP_SEND_OK = 0,
    SMPP_SEND_WAIT,      /* the window is full, or the output is: on_room() follows */
    SMPP_SEND_NOT_BOUND, /* not in a state in which we may send this command */
    SMPP_SEND_REFUSED,   /* cannot be encoded, or needs a TLV and the peer takes none */
};

/*
 * Sends a request; its sequence is chosen here (and written into `request`).  `cookie`
 * comes back with its answer.  For a peer below 0x34 the TLVs are left out; a
 * message_payload is then REFUSED.
 */
enum smpp_send smpp_session_send(struct smpp_session *session, struct smpp_pdu *request,
                                 uint64_t cookie) __attribute__((warn_unused_result));

/* What an ESME says of itself.  Strings are borrowed for the call. */
struct smpp_bind {
    uint32_t command; /* SMPP_BIND_TRANSMITTER, _RECEIVER or _TRANSCEIVER */
    const char *system_id;
    const char *password;
    const char *system_type;
    const char *address_range;
    uint8_t addr_ton;
    uint8_t addr_npi;
};

/* ESME in OPEN: sends the bind; on_bound() or on_refused() follows, or the end.  False:
 * a value passes its limit; nothing was sent. */
bool smpp_session_bind(struct smpp_session *session, const struct smpp_bind *bind)
    __attribute__((warn_unused_result));

/* Asks whether the peer is alive: on_alive(), or the end SMPP_END_SILENT after
 * `wait_ms`.  Any PDU counts as an answer (3.4 4.11). */
void smpp_session_probe(struct smpp_session *session, uint32_t wait_ms, int64_t now_ms);

/*
 * Leaves politely: no new requests, what is open both ways is answered (for leave_ms at
 * most), unbind, its response (for leave_ms at most), the end SMPP_END_UNBOUND.  A
 * session that is not bound ends at once.
 */
void smpp_session_unbind(struct smpp_session *session, int64_t now_ms);

/* New limits for a bound session; `window` is not changed. */
void smpp_session_set_limits(struct smpp_session *session,
                             const struct smpp_session_limits *limits);

/* While it is held no request of the peer is to be given to it but enquire_link; answers
 * are.  Its owner's connection puts the others aside, up to the window. */
void smpp_session_hold(struct smpp_session *session, bool held);

/* The output has room or not (set from below, asked by send()). */
void smpp_session_output_full(struct smpp_session *session, bool full);

/* --- questions ---------------------------------------------------------------------------
 */

uint64_t smpp_session_id(const struct smpp_session *session);
enum smpp_state smpp_session_state(const struct smpp_session *session);

/* min(the peer's interface_version, ours), once bound. */
uint8_t smpp_session_version(const struct smpp_session *session);

/* Below 0x34 the peer takes no TLVs, and ids of at most 8 characters (3.4 par. 3.4). */
bool smpp_session_takes_tlvs(const struct smpp_session *session);

/* How many requests smpp_session_send() would take now. */
size_t smpp_session_window_room(const struct smpp_session *session);
size_t smpp_session_window_used(const struct smpp_session *session);

/* The peer's requests that wait for our answer, and the octets these answers and that to
 * one more request may have together. */
size_t smpp_session_pending(const struct smpp_session *session);
size_t smpp_session_owed_size(const struct smpp_session *session);
/* Requests of the peer that still fit in its window. */
size_t smpp_session_request_room(const struct smpp_session *session);

/* Since creation. */
struct smpp_session_counters {
    uint64_t pdus_in;
    uint64_t pdus_out;
    uint64_t unknown_commands;    /* answered generic_nack ESME_RINVCMDID */
    uint64_t wrong_state;         /* answered ESME_RINVBNDSTS or ESME_RALYBND */
    uint64_t undecodable;         /* requests answered by the decoder's status */
    uint64_t unmatched_responses; /* too late, or to nothing we sent */
    uint64_t timed_out;           /* our requests */
    uint64_t late_responses;      /* of these, answered after all */
    uint64_t tolerated;           /* PDUs in which something was tolerated (pdu.h) */
};

const struct smpp_session_counters *
smpp_session_counters(const struct smpp_session *session);

#endif
