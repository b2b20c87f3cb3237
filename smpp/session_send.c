/*
 * What goes to the peer on the owner's behalf: the answers it owes, and requests of ours.
 */
#include "smpp/session_inside.h"

#include <assert.h>
#include <string.h>

#include "smpp/command.h"
#include "smpp/operation.h"
#include "smpp/wire.h"

enum { MESSAGE_ID_MAX = 64 };

/* ---- answers ---- */

static void settle(struct smpp_session *session)
{
    bool was_paused = smpp_session_is_paused(session);

    assert(session->pending > 0);
    if (--session->pending == 0)
        session->answer_max_size = 0;
    smpp_session_advance_leaving(session, false);
    if (was_paused)
        session->io->wake(session->io_self);
}

void smpp_session_answer_submit(struct smpp_session *session, uint32_t sequence,
                                uint32_t command, uint32_t status, const char *message_id)
{
    uint8_t *out;
    size_t size = SMPP_HEADER_SIZE;

    if (session->state == SMPP_STATE_CLOSED)
        return;
    out = session->io->reserve(session->io_self, SMPP_HEADER_SIZE + MESSAGE_ID_MAX + 2);
    smpp_pdu_encode_header(command | SMPP_RESPONSE, status, sequence, out);
    if (status == ESME_ROK) {
        size_t id_size = message_id == NULL ? 0 : strlen(message_id);

        assert(id_size <= MESSAGE_ID_MAX);
        if (id_size > 0)
            memcpy(out + size, message_id, id_size);
        size += id_size;
        out[size++] = 0;
        if (command == SMPP_SUBMIT_MULTI)
            out[size++] = 0; /* no_unsuccess */
        smpp_wire_put_32(out, (uint32_t)size);
    }
    smpp_session_commit(session, size);
    settle(session);
}

void smpp_session_answer_deliver(struct smpp_session *session, uint32_t sequence,
                                 uint32_t command, uint32_t status)
{
    smpp_session_answer_submit(session, sequence, command, status, NULL);
}

/* As smpp_pdu_encode(), without the TLVs if the peer takes none. */
static size_t encode_for_peer(const struct smpp_session *session,
                              const struct smpp_pdu *pdu, uint8_t *out, size_t room)
{
    struct smpp_pdu bare;

    if (session->takes_tlvs || pdu->tlv_count == 0)
        return smpp_pdu_encode(pdu, out, room);
    bare = *pdu;
    bare.tlv_count = 0;
    return smpp_pdu_encode(&bare, out, room);
}

void smpp_session_answer(struct smpp_session *session, const struct smpp_pdu *response)
{
    size_t room = smpp_pdu_encoded_size(response);
    size_t size;

    if (session->state == SMPP_STATE_CLOSED)
        return;
    size = encode_for_peer(session, response, session->io->reserve(session->io_self, room),
                           room);
    smpp_session_commit(session, size);
    /* A field passed its limit; the request is owed an answer all the same. */
    if (size == 0)
        smpp_session_put_header(session, response->command, ESME_RSYSERR,
                                response->sequence);
    settle(session);
}

/* ---- requests ---- */

static bool may_send(const struct smpp_session *session, uint32_t command)
{
    const struct smpp_operation *operation = smpp_operation(command);
    unsigned states;

    if (operation == NULL || !operation->has_response)
        return false;
    states = session->config.role == SMPP_ROLE_SMSC ? operation->esme_states
                                                    : operation->smsc_states;
    return (states & session->state & SMPP_STATE_BOUND) != 0 &&
           operation->kind != SMPP_OPERATION_UNBIND &&
           operation->kind != SMPP_OPERATION_ENQUIRE_LINK;
}

/* After a wrap of the numbers an old request may still wait under this one, or its answer
 * come late. */
static bool is_taken(const struct smpp_session *session, uint32_t sequence)
{
    return smpp_window_find(session->window, sequence) != NULL ||
           (session->late != NULL && smpp_window_find(session->late, sequence) != NULL);
}

enum smpp_send smpp_session_send(struct smpp_session *session, struct smpp_pdu *request,
                                 uint64_t cookie)
{
    struct smpp_window_entry entry = {.cookie = cookie, .command = request->command};
    size_t room;
    size_t size;
    bool added;

    if (!may_send(session, request->command))
        return SMPP_SEND_NOT_BOUND;
    if (session->output_full || smpp_session_window_room(session) == 0) {
        session->owes_room = true;
        return SMPP_SEND_WAIT;
    }
    if (!session->takes_tlvs && smpp_pdu_tlv(request, SMPP_TLV_MESSAGE_PAYLOAD) != NULL)
        return SMPP_SEND_REFUSED;

    while (is_taken(session, session->next_sequence))
        (void)smpp_session_take_sequence(session);
    request->sequence = session->next_sequence;
    room = smpp_pdu_encoded_size(request);
    size = encode_for_peer(session, request, session->io->reserve(session->io_self, room),
                           room);
    if (size > 0) {
        entry.sequence = smpp_session_take_sequence(session);
        entry.size = (uint32_t)size;
        entry.end = session->octets + size;
        added = smpp_window_add(session->window, &entry);
        assert(added);
    }
    smpp_session_commit(session, size);
    return size > 0 ? SMPP_SEND_OK : SMPP_SEND_REFUSED;
}

void smpp_session_output_full(struct smpp_session *session, bool full)
{
    session->output_full = full;
    if (!full)
        smpp_session_tell_room(session);
}
