/*
 * The life of a session and what it answers about itself.  Once it is bound nothing here
 * allocates, but for the window when it is fuller than ever before.
 */
#include "smpp/session_inside.h"

#include <assert.h>
#include <stdlib.h>

#include "smpp/library.h"

enum { SEQUENCE_LAST = 0x7FFFFFFF }; /* 3.4 5.1.4 */

static const char *const end_names[] = {
    [SMPP_END_NONE] = "none",
    [SMPP_END_ASKED] = "asked",
    [SMPP_END_UNBOUND] = "unbound",
    [SMPP_END_REFUSED] = "refused",
    [SMPP_END_PEER_CLOSED] = "peer-closed",
    [SMPP_END_FAILED] = "failed",
    [SMPP_END_BROKEN] = "broken-frame",
    [SMPP_END_NOT_BOUND_IN_TIME] = "not-bound-in-time",
    [SMPP_END_SILENT] = "silent",
    [SMPP_END_INACTIVE] = "inactive",
    [SMPP_END_STUCK] = "stuck",
};

const char *smpp_end_name(enum smpp_end end)
{
    return end_names[end];
}

struct smpp_session *smpp_session_new(const struct smpp_session_config *config,
                                      const struct smpp_session_ops *ops, void *owner,
                                      const struct smpp_session_io *io, void *io_self,
                                      int64_t now_ms)
{
    struct smpp_session *session = calloc(1, sizeof(*session));

    assert(config->limits.window > 0 && config->limits.peer_window > 0);
    assert(config->first_sequence <= SEQUENCE_LAST);
    if (session == NULL)
        abort();
    session->config = *config;
    session->ops = ops;
    session->owner = owner;
    session->io = io;
    session->io_self = io_self;
    session->state = SMPP_STATE_OPEN;
    session->next_sequence = config->first_sequence == 0 ? 1 : config->first_sequence;
    session->init_due_ms = due_in(now_ms, config->init_ms);
    smpp_pulse_init(&session->pulse, now_ms);
    return session;
}

void smpp_session_free(struct smpp_session *session)
{
    if (session == NULL)
        return;
    smpp_window_free(session->window);
    smpp_window_free(session->late);
    free(session);
}

/* ---- octets out ---- */

void smpp_session_commit(struct smpp_session *session, size_t size)
{
    session->octets += size;
    session->counters.pdus_out += size > 0;
    session->io->commit(session->io_self, size);
}

void smpp_session_put_header(struct smpp_session *session, uint32_t command,
                             uint32_t status, uint32_t sequence)
{
    uint8_t *out = session->io->reserve(session->io_self, SMPP_HEADER_SIZE);

    smpp_pdu_encode_header(command, status, sequence, out);
    smpp_session_commit(session, SMPP_HEADER_SIZE);
}

bool smpp_session_put_cold(struct smpp_session *session, const struct smpp_pdu *pdu)
{
    size_t room = smpp_pdu_encoded_size(pdu);
    uint8_t *out = session->io->reserve(session->io_self, room);
    size_t size = smpp_library_encode_cold(pdu, out, room);

    smpp_session_commit(session, size);
    return size > 0;
}

uint32_t smpp_session_take_sequence(struct smpp_session *session)
{
    uint32_t sequence = session->next_sequence;

    session->next_sequence = sequence == SEQUENCE_LAST ? 1 : sequence + 1;
    return sequence;
}

void smpp_session_finish(struct smpp_session *session, enum smpp_end end)
{
    if (session->state == SMPP_STATE_CLOSED)
        return;
    session->state = SMPP_STATE_CLOSED;
    session->io->finish(session->io_self, end);
}

void smpp_session_tell_room(struct smpp_session *session)
{
    if (!session->owes_room || session->output_full ||
        smpp_session_window_room(session) == 0)
        return;
    session->owes_room = false;
    if (session->ops->on_room != NULL)
        session->ops->on_room(session->owner);
}

bool smpp_session_forget_late(struct smpp_session *session)
{
    struct smpp_window_entry entry;

    if (session->late == NULL || !smpp_window_take_oldest(session->late, &entry))
        return false;
    session->ops->on_late_response(session->owner, NULL, entry.cookie);
    return true;
}

void smpp_session_ended(struct smpp_session *session, uint64_t octets_sent)
{
    struct smpp_window_entry entry;

    session->state = SMPP_STATE_CLOSED;
    while (smpp_session_forget_late(session))
        ;
    while (session->window != NULL && smpp_window_take_oldest(session->window, &entry)) {
        bool begun = entry.end - entry.size < octets_sent;

        if (session->ops->on_no_response != NULL)
            session->ops->on_no_response(session->owner, entry.cookie,
                                         begun ? SMPP_FATE_LOST : SMPP_FATE_UNSENT);
    }
}

/* ---- questions ---- */

bool smpp_session_is_paused(const struct smpp_session *session)
{
    return session->pending >= session->config.limits.peer_window ||
           (session->state == SMPP_STATE_BINDING && session->config.role == SMPP_ROLE_SMSC);
}

bool smpp_session_is_held(const struct smpp_session *session)
{
    return session->held;
}

void smpp_session_hold(struct smpp_session *session, bool held)
{
    session->held = held;
    session->io->wake(session->io_self);
}

size_t smpp_session_frame_max_size(const struct smpp_session *session)
{
    return (session->state & (SMPP_STATE_OPEN | SMPP_STATE_BINDING)) != 0
               ? SMPP_BIND_MAX_SIZE
               : SMPP_PDU_MAX_SIZE;
}

void smpp_session_set_limits(struct smpp_session *session,
                             const struct smpp_session_limits *limits)
{
    session->config.limits = *limits;
    session->io->wake(session->io_self);
}

uint64_t smpp_session_id(const struct smpp_session *session)
{
    return session->config.id;
}

enum smpp_state smpp_session_state(const struct smpp_session *session)
{
    return session->state;
}

uint8_t smpp_session_version(const struct smpp_session *session)
{
    return session->version;
}

bool smpp_session_takes_tlvs(const struct smpp_session *session)
{
    return session->takes_tlvs;
}

size_t smpp_session_window_room(const struct smpp_session *session)
{
    if ((session->state & SMPP_STATE_BOUND) == 0 || session->output_full)
        return 0;
    return smpp_window_capacity(session->window) - smpp_window_used(session->window);
}

size_t smpp_session_window_used(const struct smpp_session *session)
{
    return session->window == NULL ? 0 : smpp_window_used(session->window);
}

size_t smpp_session_request_room(const struct smpp_session *session)
{
    uint32_t window = session->config.limits.peer_window;

    return session->pending < window ? window - session->pending : 0;
}

size_t smpp_session_pending(const struct smpp_session *session)
{
    return session->pending;
}

size_t smpp_session_owed_size(const struct smpp_session *session)
{
    return session->pending * session->answer_max_size + ANSWER_MAX_SIZE;
}

const struct smpp_session_counters *
smpp_session_counters(const struct smpp_session *session)
{
    return &session->counters;
}
