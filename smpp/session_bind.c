/*
 * The bind, from either side: who is asked, what versions are agreed (3.4 par. 3.4), what
 * is answered.
 */
#include "smpp/session_inside.h"

#include <assert.h>
#include <string.h>

#include "smpp/command.h"

enum { VERSION_WITH_TLVS = 0x34 };

static enum smpp_state bound_state(uint32_t bind_command)
{
    switch (bind_command) {
    case SMPP_BIND_TRANSMITTER:
        return SMPP_STATE_BOUND_TX;
    case SMPP_BIND_RECEIVER:
        return SMPP_STATE_BOUND_RX;
    default:
        return SMPP_STATE_BOUND_TRX;
    }
}

static void become_bound(struct smpp_session *session, int64_t now_ms)
{
    session->state = bound_state(session->bind_command);
    session->window = smpp_window_new(session->config.limits.window);
    smpp_pulse_hear(&session->pulse, true, now_ms);
    session->asked_ms = session->pulse.heard_ms;
}

static void agree_version(struct smpp_session *session, uint8_t theirs)
{
    uint8_t ours = session->config.interface_version;

    session->version = theirs < ours ? theirs : ours;
    session->takes_tlvs = session->version >= VERSION_WITH_TLVS;
}

void smpp_session_take_bind(struct smpp_session *session, const struct smpp_pdu *bind,
                            int64_t now_ms)
{
    session->state = SMPP_STATE_BINDING;
    session->bind_command = bind->command;
    session->bind_sequence = bind->sequence;
    agree_version(session, bind->interface_version);
    if (session->ops->on_bind != NULL)
        session->ops->on_bind(session->owner, bind);
    else
        smpp_session_bind_answer(session, ESME_RBINDFAIL, NULL, now_ms);
}

static void put_bind_response(struct smpp_session *session)
{
    struct smpp_pdu response;
    bool fits = true;

    smpp_pdu_init(&response, session->bind_command | SMPP_RESPONSE, ESME_ROK,
                  session->bind_sequence);
    response.system_id.data = (const uint8_t *)session->config.system_id;
    response.system_id.size =
        (uint32_t)strnlen(session->config.system_id, sizeof(session->config.system_id) - 1);
    if (session->takes_tlvs)
        fits = smpp_pdu_add_tlv(&response, SMPP_TLV_SC_INTERFACE_VERSION, &session->version,
                                1);
    fits = smpp_session_put_cold(session, &response) && fits;
    assert(fits);
}

void smpp_session_bind_answer(struct smpp_session *session, uint32_t status,
                              const struct smpp_session_limits *limits, int64_t now_ms)
{
    if (session->state != SMPP_STATE_BINDING || session->config.role != SMPP_ROLE_SMSC)
        return;
    if (status == ESME_ROK) {
        if (limits != NULL)
            session->config.limits = *limits;
        become_bound(session, now_ms);
        put_bind_response(session);
    } else {
        session->state = SMPP_STATE_OPEN;
        smpp_session_put_header(session, session->bind_command | SMPP_RESPONSE, status,
                                session->bind_sequence);
        if (status != ESME_RINVCMDID)
            smpp_session_finish(session, SMPP_END_REFUSED);
    }
    session->io->wake(session->io_self);
}

static struct smpp_octets octets_of(const char *text)
{
    if (text == NULL)
        return (struct smpp_octets){NULL, 0};
    return (struct smpp_octets){(const uint8_t *)text, (uint32_t)strlen(text)};
}

bool smpp_session_bind(struct smpp_session *session, const struct smpp_bind *bind)
{
    struct smpp_pdu request;

    assert(session->config.role == SMPP_ROLE_ESME && session->state == SMPP_STATE_OPEN);
    smpp_pdu_init(&request, bind->command, ESME_ROK, session->next_sequence);
    request.system_id = octets_of(bind->system_id);
    request.password = octets_of(bind->password);
    request.system_type = octets_of(bind->system_type);
    request.address_range = octets_of(bind->address_range);
    request.interface_version = session->config.interface_version;
    request.addr_ton = bind->addr_ton;
    request.addr_npi = bind->addr_npi;
    if (!smpp_session_put_cold(session, &request))
        return false;
    session->bind_command = bind->command;
    session->bind_sequence = smpp_session_take_sequence(session);
    session->state = SMPP_STATE_BINDING;
    return true;
}

static void refuse_us(struct smpp_session *session, uint32_t status)
{
    if (session->ops->on_refused != NULL)
        session->ops->on_refused(session->owner, status);
    smpp_session_finish(session, SMPP_END_REFUSED);
}

void smpp_session_take_bind_response(struct smpp_session *session,
                                     const struct smpp_pdu *response, int64_t now_ms)
{
    const struct smpp_tlv *told;

    if (response->status != ESME_ROK) {
        refuse_us(session, response->status);
        return;
    }
    told = smpp_pdu_tlv(response, SMPP_TLV_SC_INTERFACE_VERSION);
    agree_version(session, told != NULL ? (uint8_t)smpp_tlv_integer(told)
                                        : session->config.untold_version);
    become_bound(session, now_ms);
    if (session->ops->on_bound != NULL)
        session->ops->on_bound(session->owner, response);
}
