/*
 * A stream of whatever octets said to a session, in pieces: the first octet chooses the
 * role and how the stream is cut.  What it asks of its owner is answered, and every request
 * of ours has exactly one fate.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "smpp/command.h"
#include "smpp/frame.h"
#include "smpp/session.h"
#include "tests/fuzz/fuzz.h"

enum { ROOM = 128 * 1024, REQUESTS = 3 };

struct owner {
    struct smpp_session *session;
    uint8_t *room;
    uint64_t committed;
    unsigned fates[REQUESTS];
    unsigned choice;
    bool finished;
};

static uint8_t *reserve(void *self, size_t room)
{
    assert(room <= ROOM);
    return ((struct owner *)self)->room;
}

static void commit(void *self, size_t size)
{
    struct owner *owner = self;
    size_t pdu;

    owner->committed += size;
    /* What leaves us is always a PDU that can be cut. */
    assert(size == 0 || smpp_frame_cut(owner->room, size, ROOM, &pdu) == SMPP_FRAME_PDU);
}

static void wake(void *self)
{
    (void)self;
}

static void finish(void *self, enum smpp_end why)
{
    (void)why;
    ((struct owner *)self)->finished = true;
}

static void on_bind(void *self, const struct smpp_pdu *bind)
{
    struct owner *owner = self;
    const struct smpp_session_limits limits = {
        .window = 2, .peer_window = 4, .enquire_link_ms = 1000, .response_ms = 1000};

    (void)bind;
    smpp_session_bind_answer(owner->session, owner->choice & 2 ? ESME_ROK : ESME_RINVPASWD,
                             &limits, 0);
}

static void on_submit(void *self, const struct smpp_pdu *request)
{
    struct owner *owner = self;

    smpp_session_answer_submit(owner->session, request->sequence, request->command,
                               ESME_ROK, "77");
}

static void on_deliver(void *self, const struct smpp_pdu *request)
{
    struct owner *owner = self;

    smpp_session_answer_deliver(owner->session, request->sequence, request->command,
                                ESME_ROK);
}

static void on_response(void *self, const struct smpp_pdu *response, uint64_t cookie)
{
    (void)response;
    ((struct owner *)self)->fates[cookie]++;
}

static void on_no_response(void *self, uint64_t cookie, enum smpp_fate fate)
{
    (void)fate;
    ((struct owner *)self)->fates[cookie]++;
}

static const struct smpp_session_ops ops = {.on_bind = on_bind,
                                            .on_submit = on_submit,
                                            .on_deliver = on_deliver,
                                            .on_response = on_response,
                                            .on_no_response = on_no_response};
static const struct smpp_session_io io = {reserve, commit, wake, finish};

/* As many requests as the window takes; those that were taken have a fate to come. */
static unsigned send_some(struct owner *owner)
{
    unsigned taken = 0;

    for (uint64_t cookie = 0; cookie < REQUESTS; cookie++) {
        struct smpp_pdu request = {.command = owner->choice & 1 ? SMPP_SUBMIT_SM
                                                                : SMPP_DELIVER_SM};

        if (smpp_session_send(owner->session, &request, cookie) != SMPP_SEND_OK)
            break;
        taken++;
    }
    return taken;
}

/* All whole PDUs of what has come so far. */
static size_t receive(struct owner *owner, const uint8_t *data, size_t size)
{
    size_t used = 0;
    size_t pdu;

    while (!owner->finished && !smpp_session_is_paused(owner->session)) {
        enum smpp_frame frame = smpp_frame_cut(
            data + used, size - used, smpp_session_frame_max_size(owner->session), &pdu);

        if (frame == SMPP_FRAME_BROKEN)
            smpp_session_receive_broken(owner->session, 0);
        if (frame != SMPP_FRAME_PDU)
            break;
        smpp_session_receive(owner->session, data + used, pdu, 0);
        used += pdu;
    }
    return used;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct smpp_bind bind = {
        .command = SMPP_BIND_TRANSCEIVER, .system_id = "a", .password = "b"};
    struct smpp_session_config config = {
        .id = 1,
        .interface_version = 0x34,
        .limits = {.window = 2, .peer_window = 4, .response_ms = 1000},
    };
    struct owner owner = {.choice = size > 0 ? data[0] : 0};
    size_t used = size > 0;
    size_t step = 1 + (owner.choice >> 2);
    unsigned taken = 0;

    owner.room = malloc(ROOM);
    config.role = owner.choice & 1 ? SMPP_ROLE_ESME : SMPP_ROLE_SMSC;
    owner.session = smpp_session_new(&config, &ops, &owner, &io, &owner, 0);
    if (owner.choice & 1)
        (void)!smpp_session_bind(owner.session, &bind);
    for (size_t end = used; end < size && !owner.finished;) {
        size_t before = used;

        end = end + step < size ? end + step : size;
        used += receive(&owner, data + used, end - used);
        if (taken == 0 && used > before)
            taken = send_some(&owner);
        smpp_session_sent(owner.session, owner.committed, 0);
    }
    smpp_session_tick(owner.session, 500);
    smpp_session_ended(owner.session, owner.committed);
    for (unsigned i = 0; i < REQUESTS; i++)
        assert(owner.fates[i] == (i < taken));
    smpp_session_free(owner.session);
    free(owner.room);
    return 0;
}
