/*
 * What is due: unanswered requests, questions to a silent peer, and the stages of
 * leaving.  What measures the peer's silence runs on the pulse's clock, the rest on the
 * monotonic one.
 */
#include "smpp/session_inside.h"

#include <assert.h>

#include "smpp/command.h"

/* ---- leaving ---- */

/* Something is unanswered, on one side or the other.  An SMSC that unbinds may have answers
 * for us on their way; a client that leaves has none. */
static bool is_owed(const struct smpp_session *session)
{
    bool hears = !session->peer_leaves || session->config.role == SMPP_ROLE_ESME;

    return session->pending > 0 || (hears && smpp_session_window_used(session) > 0);
}

void smpp_session_advance_leaving(struct smpp_session *session, bool at_once)
{
    if (session->state != SMPP_STATE_LEAVING)
        return;
    if (session->peer_leaves) {
        if (is_owed(session) && !at_once)
            return;
        smpp_session_put_header(session, SMPP_UNBIND | SMPP_RESPONSE, ESME_ROK,
                                session->unbind_sequence);
        smpp_session_finish(session, session->leave_end);
    } else if (session->peer_ended) {
        if (session->pending == 0 || at_once)
            smpp_session_finish(session, session->leave_end);
    } else if (!session->unbind_sent) {
        if (is_owed(session) && !at_once)
            return;
        session->unbind_sent = true;
        smpp_session_put_header(session, SMPP_UNBIND, ESME_ROK,
                                smpp_session_take_sequence(session));
        session->unbind_end = session->octets;
    }
}

/* True when it was not leaving before. */
static bool begin_leaving(struct smpp_session *session, enum smpp_end why, int64_t now_ms)
{
    if (session->state == SMPP_STATE_LEAVING)
        return false;
    session->state = SMPP_STATE_LEAVING;
    session->leave_end = why;
    session->leave_due_ms = now_ms + session->config.leave_ms;
    return true;
}

static void tell_unbind(struct smpp_session *session)
{
    if (session->ops->on_unbind != NULL)
        session->ops->on_unbind(session->owner);
}

static void leave(struct smpp_session *session, enum smpp_end why, int64_t now_ms)
{
    if (!begin_leaving(session, why, now_ms))
        return;
    tell_unbind(session);
    smpp_session_advance_leaving(session, false);
    session->io->wake(session->io_self);
}

void smpp_session_unbind(struct smpp_session *session, int64_t now_ms)
{
    if ((session->state & (SMPP_STATE_BOUND | SMPP_STATE_LEAVING)) == 0)
        smpp_session_finish(session, SMPP_END_UNBOUND);
    else
        leave(session, SMPP_END_UNBOUND, now_ms);
}

void smpp_session_take_unbind(struct smpp_session *session, uint32_t sequence,
                              int64_t now_ms)
{
    bool first = begin_leaving(session, SMPP_END_UNBOUND, now_ms);

    session->peer_leaves = true;
    session->unbind_sequence = sequence;
    if (first)
        tell_unbind(session);
    smpp_session_advance_leaving(session, false);
}

void smpp_session_peer_ended(struct smpp_session *session, int64_t now_ms)
{
    session->peer_ended = true;
    if (session->pending == 0 || session->config.role == SMPP_ROLE_ESME)
        smpp_session_finish(session, SMPP_END_PEER_CLOSED);
    else
        leave(session, SMPP_END_PEER_CLOSED, now_ms);
}

/* ---- due ---- */

void smpp_session_sent(struct smpp_session *session, uint64_t octets, int64_t now_ms)
{
    int64_t listened_ms = smpp_pulse_listened_ms(&session->pulse, now_ms);

    if (session->window != NULL)
        smpp_window_sent(session->window, octets,
                         due_in(listened_ms, session->config.limits.response_ms));
    if (session->asked && session->answer_due_ms == INT64_MAX &&
        octets >= session->asked_end)
        session->answer_due_ms = due_in(listened_ms, session->config.limits.response_ms);
    if (session->unbind_end != 0 && octets >= session->unbind_end) {
        session->unbind_end = 0;
        session->leave_due_ms = now_ms + session->config.leave_ms;
    }
}

static void ask(struct smpp_session *session, int64_t listened_ms)
{
    smpp_session_put_header(session, SMPP_ENQUIRE_LINK, ESME_ROK,
                            smpp_session_take_sequence(session));
    session->asked = true;
    session->asked_ms = listened_ms;
    session->asked_end = session->octets;
    session->answer_due_ms = INT64_MAX;
}

void smpp_session_probe(struct smpp_session *session, uint32_t wait_ms, int64_t now_ms)
{
    int64_t listened_ms = smpp_pulse_listened_ms(&session->pulse, now_ms);

    if ((session->state & (SMPP_STATE_BOUND | SMPP_STATE_LEAVING)) == 0)
        return;
    if (!session->asked)
        ask(session, listened_ms);
    session->probed = true;
    session->answer_due_ms = earlier(session->answer_due_ms, listened_ms + wait_ms);
    session->io->wake(session->io_self);
}

void smpp_session_reading(struct smpp_session *session, bool reading, int64_t now_ms)
{
    smpp_pulse_listen(&session->pulse, reading, now_ms);
}

/* Its answer may still come, and is then known. */
static void remember_late(struct smpp_session *session,
                          const struct smpp_window_entry *entry)
{
    bool added;

    if (session->ops->on_late_response == NULL)
        return;
    if (session->late == NULL)
        session->late = smpp_window_new(smpp_window_capacity(session->window));
    if (smpp_window_used(session->late) == smpp_window_capacity(session->late))
        (void)smpp_session_forget_late(session);
    added = smpp_window_add(session->late, entry);
    assert(added);
}

static void expire_requests(struct smpp_session *session, int64_t now_ms)
{
    int64_t listened_ms = smpp_pulse_listened_ms(&session->pulse, now_ms);
    struct smpp_window_entry entry;
    bool any = false;

    while (session->window != NULL &&
           smpp_window_expired(session->window, listened_ms, &entry)) {
        any = true;
        session->counters.timed_out++;
        remember_late(session, &entry);
        if (session->ops->on_no_response != NULL)
            session->ops->on_no_response(session->owner, entry.cookie, SMPP_FATE_TIMED_OUT);
    }
    if (!any)
        return;
    smpp_session_advance_leaving(session, false);
    smpp_session_tell_room(session);
}

/* The unbind has taken its time: its next stage, ready or not. */
static void hurry_leaving(struct smpp_session *session, int64_t now_ms)
{
    if (!session->peer_leaves && (session->unbind_sent || session->peer_ended)) {
        smpp_session_finish(session, session->leave_end);
        return;
    }
    session->leave_due_ms = now_ms + session->config.leave_ms;
    smpp_session_advance_leaving(session, true);
}

/* Listened times: when the peer's silence is due for a question, and for a farewell. */
static int64_t question_due_ms(const struct smpp_session *session)
{
    const struct smpp_session_limits *limits = &session->config.limits;

    if (session->asked)
        return INT64_MAX;
    return due_in(limits->enquire_always ? session->asked_ms : session->pulse.heard_ms,
                  limits->enquire_link_ms);
}

static int64_t farewell_due_ms(const struct smpp_session *session)
{
    return due_in(session->pulse.active_ms, session->config.limits.inactivity_ms);
}

static bool waits_to_be_bound(const struct smpp_session *session)
{
    return session->state == SMPP_STATE_OPEN ||
           (session->state == SMPP_STATE_BINDING && session->config.role == SMPP_ROLE_ESME);
}

void smpp_session_tick(struct smpp_session *session, int64_t now_ms)
{
    int64_t listened_ms = smpp_pulse_listened_ms(&session->pulse, now_ms);

    expire_requests(session, now_ms);
    if (waits_to_be_bound(session) && now_ms >= session->init_due_ms)
        smpp_session_finish(session, SMPP_END_NOT_BOUND_IN_TIME);
    if (session->state == SMPP_STATE_LEAVING && now_ms >= session->leave_due_ms)
        hurry_leaving(session, now_ms);
    if ((session->state & (SMPP_STATE_BOUND | SMPP_STATE_LEAVING)) == 0)
        return;
    if (session->asked && listened_ms >= session->answer_due_ms)
        smpp_session_finish(session, SMPP_END_SILENT);
    else if (session->state == SMPP_STATE_LEAVING)
        return;
    else if (listened_ms >= farewell_due_ms(session))
        leave(session, SMPP_END_INACTIVE, now_ms);
    else if (listened_ms >= question_due_ms(session))
        ask(session, listened_ms);
}

int64_t smpp_session_next_due_ms(const struct smpp_session *session)
{
    int64_t due_ms = INT64_MAX; /* monotonic */
    int64_t listened_ms = INT64_MAX;

    if (session->state == SMPP_STATE_CLOSED)
        return INT64_MAX;
    if (waits_to_be_bound(session))
        return session->init_due_ms;
    if (session->window == NULL)
        return INT64_MAX;
    listened_ms = smpp_window_deadline_ms(session->window);
    if (session->asked)
        listened_ms = earlier(listened_ms, session->answer_due_ms);
    if (session->state == SMPP_STATE_LEAVING) {
        due_ms = session->leave_due_ms;
    } else {
        listened_ms = earlier(listened_ms, question_due_ms(session));
        listened_ms = earlier(listened_ms, farewell_due_ms(session));
    }
    return earlier(due_ms, smpp_pulse_when_ms(&session->pulse, listened_ms));
}
