/*
 * What comes from the peer.  Its state is looked at before its body; a response is
 * matched to its request, a request goes to the owner or is refused here.
 */
#include "smpp/session_inside.h"

#include <assert.h>

#include "smpp/command.h"
#include "smpp/operation.h"
#include "smpp/wire.h"

/* Each with the callback it goes to, and the answer where there is none. */
static void give(struct smpp_session *session, const struct smpp_pdu *request,
                 void (*callback)(void *, const struct smpp_pdu *), uint32_t otherwise)
{
    size_t answer_size =
        request->command == SMPP_SUBMIT_MULTI ? MULTI_ANSWER_MAX_SIZE : ANSWER_MAX_SIZE;

    if (callback == NULL) {
        smpp_session_put_header(session, request->command | SMPP_RESPONSE, otherwise,
                                request->sequence);
        return;
    }
    session->pending++;
    if (session->answer_max_size < answer_size)
        session->answer_max_size = answer_size;
    callback(session->owner, request);
}

static void take_outbind(struct smpp_session *session, const struct smpp_pdu *outbind)
{
    if (session->ops->on_outbind != NULL)
        session->ops->on_outbind(session->owner, outbind);
    else
        smpp_session_finish(session, SMPP_END_REFUSED);
}

static void take_request_body(struct smpp_session *session,
                              const struct smpp_operation *operation,
                              const struct smpp_pdu *request, int64_t now_ms)
{
    const struct smpp_session_ops *ops = session->ops;
    bool serving = session->config.role == SMPP_ROLE_SMSC;

    switch (operation->kind) {
    case SMPP_OPERATION_SUBMIT:
        give(session, request, ops->on_submit, ESME_RSYSERR);
        break;
    case SMPP_OPERATION_DELIVER:
        give(session, request, ops->on_deliver, ESME_RSYSERR);
        break;
    case SMPP_OPERATION_DATA:
        give(session, request, serving ? ops->on_submit : ops->on_deliver, ESME_RSYSERR);
        break;
    case SMPP_OPERATION_QUERY:
        give(session, request, ops->on_query, ESME_RQUERYFAIL);
        break;
    case SMPP_OPERATION_CANCEL:
        give(session, request, ops->on_cancel, ESME_RCANCELFAIL);
        break;
    case SMPP_OPERATION_REPLACE:
        give(session, request, ops->on_replace, ESME_RREPLACEFAIL);
        break;
    case SMPP_OPERATION_BIND:
        smpp_session_take_bind(session, request, now_ms);
        break;
    case SMPP_OPERATION_OUTBIND:
        take_outbind(session, request);
        break;
    case SMPP_OPERATION_ALERT:
        if (ops->on_alert != NULL)
            ops->on_alert(session->owner, request);
        break;
    case SMPP_OPERATION_UNBIND:
    case SMPP_OPERATION_ENQUIRE_LINK:
        assert(!"header only");
    }
}

/* A request that may not come in this state: answered from its header alone. */
static void refuse_state(struct smpp_session *session,
                         const struct smpp_operation *operation, uint32_t sequence,
                         unsigned states)
{
    bool again = operation->kind == SMPP_OPERATION_BIND &&
                 (session->state & (SMPP_STATE_BOUND | SMPP_STATE_LEAVING)) != 0;

    session->counters.wrong_state++;
    if (operation->has_response)
        smpp_session_put_header(session, operation->command | SMPP_RESPONSE,
                                again && states != 0 ? ESME_RALYBND : ESME_RINVBNDSTS,
                                sequence);
    else if (states == 0) /* never from this side */
        smpp_session_put_header(session, SMPP_GENERIC_NACK, ESME_RINVCMDID, sequence);
}

static void receive_request(struct smpp_session *session, uint32_t command,
                            uint32_t sequence, const uint8_t *frame, size_t size,
                            int64_t now_ms)
{
    const struct smpp_operation *operation = smpp_operation(command);
    struct smpp_pdu request;
    unsigned states;
    uint32_t status;

    if (operation == NULL) {
        session->counters.unknown_commands++;
        smpp_session_put_header(session, SMPP_GENERIC_NACK, ESME_RINVCMDID, sequence);
        return;
    }
    states = session->config.role == SMPP_ROLE_SMSC ? operation->smsc_states
                                                    : operation->esme_states;
    if ((states & session->state) == 0) {
        refuse_state(session, operation, sequence, states);
        return;
    }
    if (operation->kind == SMPP_OPERATION_ENQUIRE_LINK ||
        operation->kind == SMPP_OPERATION_UNBIND) {
        session->counters.tolerated += size > SMPP_HEADER_SIZE;
        if (operation->kind == SMPP_OPERATION_UNBIND)
            smpp_session_take_unbind(session, sequence, now_ms);
        else
            smpp_session_put_header(session, command | SMPP_RESPONSE, ESME_ROK, sequence);
        return;
    }
    status = smpp_pdu_decode(frame, size, &request);
    session->counters.tolerated += request.tolerated != 0;
    if (status == ESME_ROK) {
        take_request_body(session, operation, &request, now_ms);
        return;
    }
    session->counters.undecodable++;
    if (operation->has_response)
        smpp_session_put_header(session, command | SMPP_RESPONSE, status, sequence);
}

/* ---- responses of the peer ---- */

static bool answers(uint32_t response, uint32_t request)
{
    return response == SMPP_GENERIC_NACK || response == (request | SMPP_RESPONSE);
}

/* The request in this window that it answers, taken out of it; false: there is none. */
static bool take_request(struct smpp_window *window, const struct smpp_pdu *response,
                         struct smpp_window_entry *out)
{
    const struct smpp_window_entry *waiting =
        window != NULL ? smpp_window_find(window, response->sequence) : NULL;

    return waiting != NULL && answers(response->command, waiting->command) &&
           smpp_window_take(window, response->sequence, out);
}

/* To the window, to what has left it unanswered, or to nothing we know of. */
static void take_response(struct smpp_session *session, const struct smpp_pdu *response)
{
    struct smpp_window_entry entry;

    if (!take_request(session->window, response, &entry)) {
        if (take_request(session->late, response, &entry)) {
            session->counters.late_responses++;
            session->ops->on_late_response(session->owner, response, entry.cookie);
        } else {
            session->counters.unmatched_responses++;
        }
        return;
    }
    if (session->ops->on_response != NULL)
        session->ops->on_response(session->owner, response, entry.cookie);
    smpp_session_advance_leaving(session, false);
    smpp_session_tell_room(session);
}

static void receive_response(struct smpp_session *session, uint32_t command,
                             uint32_t sequence, const uint8_t *frame, size_t size,
                             int64_t now_ms)
{
    bool binding =
        session->config.role == SMPP_ROLE_ESME && session->state == SMPP_STATE_BINDING &&
        sequence == session->bind_sequence && answers(command, session->bind_command);
    struct smpp_pdu response;

    if (command == (SMPP_ENQUIRE_LINK | SMPP_RESPONSE))
        return; /* it was heard, and that is all it is for */
    if (command == (SMPP_UNBIND | SMPP_RESPONSE) && session->unbind_sent) {
        smpp_session_finish(session, session->leave_end);
        return;
    }
    if (session->window == NULL && !binding) {
        session->counters.unmatched_responses++;
        return;
    }
    if (smpp_pdu_decode(frame, size, &response) != ESME_ROK) {
        /* Whatever its body says, its request has been answered: with an error. */
        session->counters.undecodable++;
        smpp_pdu_init(&response, command, ESME_RUNKNOWNERR, sequence);
    }
    session->counters.tolerated += response.tolerated != 0;
    if (command == SMPP_GENERIC_NACK && response.status == ESME_ROK)
        response.status = ESME_RUNKNOWNERR;
    if (binding)
        smpp_session_take_bind_response(session, &response, now_ms);
    else
        take_response(session, &response);
}

static void hear(struct smpp_session *session, uint32_t command, int64_t now_ms)
{
    bool probed = session->probed;

    smpp_pulse_hear(&session->pulse, (command & ~SMPP_RESPONSE) != SMPP_ENQUIRE_LINK,
                    now_ms);
    session->asked = false;
    session->probed = false;
    if (probed && session->ops->on_alive != NULL)
        session->ops->on_alive(session->owner);
}

void smpp_session_receive(struct smpp_session *session, const uint8_t *frame, size_t size,
                          int64_t now_ms)
{
    uint32_t command;
    uint32_t sequence;

    if (session->state == SMPP_STATE_CLOSED)
        return;
    assert(size >= SMPP_HEADER_SIZE && !smpp_session_is_paused(session));
    command = smpp_wire_get_32(frame + 4);
    sequence = smpp_wire_get_32(frame + 12);
    session->counters.pdus_in++;
    hear(session, command, now_ms);
    if (session->state == SMPP_STATE_CLOSED)
        return;
    if ((command & SMPP_RESPONSE) != 0)
        receive_response(session, command, sequence, frame, size, now_ms);
    else
        receive_request(session, command, sequence, frame, size, now_ms);
}

void smpp_session_receive_broken(struct smpp_session *session, uint32_t sequence)
{
    if (session->state == SMPP_STATE_CLOSED)
        return;
    smpp_session_put_header(session, SMPP_GENERIC_NACK, ESME_RINVCMDLEN, sequence);
    smpp_session_finish(session, SMPP_END_BROKEN);
}
