/*
 * Sessions of ESMEs: from the accepted socket to its end, what comes in over them, and
 * the way back for answers and receipts.  Sessions are named by ids that never come
 * again.
 */
#include "gateway/esme.h"

#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/bufferevent.h>

#include "gateway/catalog.h"
#include "gateway/config.h"
#include "gateway/esme_pieces.h"
#include "gateway/gateway.h"
#include "gateway/intake.h"
#include "gateway/log.h"
#include "gateway/operations.h"
#include "gateway/store.h"
#include "gateway/table.h"
#include "gateway/tls.h"
#include "smpp/client.h"
#include "smpp/command.h"
#include "smpp/listener.h"

enum {
    SESSIONS_MAX = 1 << 20,
    LEAVE_MS = 5000,
    BIND_WINDOW = 1000, /* our receipts unanswered, before the account is known */
    SILENT_MS = 5000,   /* without an answer to them */
};

static const struct smpp_session_ops session_ops;
static const struct smpp_conn_ops conn_ops;

int64_t esme_now_ms(const struct esme *esme)
{
    return clock_mono_ms(esme->gateway->clock);
}

const struct config_account *esme_account(const struct esme *esme)
{
    return &esme->gateway->config->accounts[esme->account];
}

const char *esme_from(const struct esme *esme, char out[ESME_FROM_SIZE])
{
    if (getnameinfo((const struct sockaddr *)&esme->address, sizeof(esme->address), out,
                    ESME_FROM_SIZE, NULL, 0, NI_NUMERICHOST) != 0)
        snprintf(out, ESME_FROM_SIZE, "?");
    return out;
}

bool esmes_may_tell(struct esmes *esmes)
{
    return log_share_take(&esmes->strangers, "session.untold",
                          clock_mono_ms(esmes->gateway->clock));
}

/* --- life --------------------------------------------------------------------------- */

struct esmes *esmes_new(struct gateway *gateway)
{
    struct esmes *esmes = calloc(1, sizeof(*esmes));

    if (esmes == NULL)
        abort();
    esmes->gateway = gateway;
    esmes->by_id = table_new(SESSIONS_MAX);
    esmes->binds = esme_binds_new(gateway);
    esmes->doors = esme_doors_new(gateway);
    return esmes;
}

struct esme *esme_find(const struct gateway *gateway, uint64_t id)
{
    uint64_t value;

    if (id == 0 || !table_get(gateway->esmes->by_id, id, &value))
        return NULL;
    return (struct esme *)(uintptr_t)value;
}

void esmes_free(struct esmes *esmes)
{
    uint64_t id;
    uint64_t value;

    if (esmes == NULL)
        return;
    for (size_t at = 0; table_next(esmes->by_id, &at, &id, &value);) {
        struct esme *esme = (struct esme *)(uintptr_t)value;

        clock_disarm(esmes->gateway->clock, &esme->tick);
        clock_disarm(esmes->gateway->clock, &esme->held);
        turnstile_leave(esme->gateway->turnstile, &esme->turn);
        smpp_conn_free(esme->conn);
        free(esme);
    }
    table_free(esmes->by_id);
    table_free(esmes->came);
    esme_binds_free(esmes->gateway, esmes->binds);
    esme_doors_free(esmes);
    free(esmes);
}

static void fill_ip(const struct sockaddr *address, uint8_t out[16])
{
    memset(out, 0, 16);
    if (address->sa_family == AF_INET6) {
        memcpy(out, &((const struct sockaddr_in6 *)address)->sin6_addr, 16);
    } else if (address->sa_family == AF_INET) {
        out[10] = out[11] = 0xFF;
        memcpy(out + 12, &((const struct sockaddr_in *)address)->sin_addr, 4);
    }
}

void esme_accept(struct door *door, int fd, const struct sockaddr *address,
                 unsigned address_size)
{
    struct gateway *gateway = door->gateway;
    struct esmes *esmes = gateway->esmes;
    struct bufferevent *bev =
        door->transport->accepted(door->transport->self, gateway->base, fd);
    struct esme *esme = calloc(1, sizeof(*esme));
    struct smpp_session_config config = {
        .role = SMPP_ROLE_SMSC,
        .interface_version = 0x34,
        .system_id = "sluice",
        .init_ms = (uint32_t)door->config->bind_within_ms,
        .leave_ms = LEAVE_MS,
        .limits = {.window = BIND_WINDOW,
                   .peer_window = BIND_WINDOW,
                   .enquire_link_ms = (uint32_t)door->config->enquire_link_ms,
                   .response_ms = (uint32_t)door->config->response_timeout_ms},
    };

    if (esme == NULL)
        abort();
    if (bev == NULL) {
        smpp_listener_gone(door->listener, address);
        free(esme);
        return;
    }
    esme->gateway = gateway;
    esme->door = door;
    esme->id = gateway_id(gateway);
    memcpy(&esme->address, address,
           address_size < sizeof(esme->address) ? address_size : sizeof(esme->address));
    fill_ip(address, esme->ip);
    config.id = esme->id;
    esmes->past.accepted++;
    if (!table_put(esmes->by_id, esme->id, (uint64_t)(uintptr_t)esme))
        abort();
    esme->conn = smpp_conn_new(bev, &config, &session_ops, &conn_ops, esme);
    smpp_conn_set_transport(esme->conn, door->transport);
}

void esmes_accept(struct gateway *gateway, int fd, const struct sockaddr *address,
                  unsigned address_size)
{
    esme_accept(&gateway->esmes->doors[0], fd, address, address_size);
}

/* --- what a session tells ----------------------------------------------------------- */

static void hear_again(void *owner)
{
    struct esme *esme = owner;

    esme_hold(esme);
}

/* What was taken before its time is worked off before more is heard of the session: a
 * client that waits for answers comes down to its rate and is refused nothing.  A long
 * message may take more; nobody is deaf for longer than was said. */
static void hold_back(struct esme *esme)
{
    int64_t most_ms = esme_account(esme)->over_rate_wait_ms;
    int64_t wait_ms = accounts_parts_due_ms(esme->gateway->accounts,
                                            (uint32_t)esme->account, 0, esme_now_ms(esme));

    if (wait_ms == 0 || most_ms == 0)
        return;
    if (wait_ms > most_ms)
        wait_ms = most_ms;
    esme->gateway->esmes->past.held++;
    clock_arm_in(esme->gateway->clock, &esme->held, wait_ms, hear_again, esme);
    esme_hold(esme);
}

static void on_submit(void *owner, const struct smpp_pdu *request)
{
    struct esme *esme = owner;
    uint32_t status;

    if (request->command == SMPP_SUBMIT_MULTI)
        status = intake_submit_multi(esme->gateway, esme->account, esme->id, request);
    else
        status = intake_submit(esme->gateway, esme->account, esme->id, request);
    if (status != ESME_ROK)
        smpp_session_answer_submit(smpp_conn_session(esme->conn), request->sequence,
                                   request->command, status, NULL);
    else
        hold_back(esme);
    esme_turn_taken(esme);
}

static void on_operation(void *owner, const struct smpp_pdu *request)
{
    struct esme *esme = owner;

    operations_take(esme->gateway, esme->account, esme->id, request);
}

static void on_response(void *owner, const struct smpp_pdu *response, uint64_t cookie)
{
    struct esme *esme = owner;

    if (esme->offered > 0)
        esme->offered--;
    esme->mute = false;
    esme->heard_ms = esme_now_ms(esme);
    outbox_answered(esme->gateway, cookie, response->status);
}

static void on_no_response(void *owner, uint64_t cookie, enum smpp_fate fate)
{
    struct esme *esme = owner;

    if (esme->offered > 0)
        esme->offered--;
    if (fate == SMPP_FATE_TIMED_OUT)
        esme->mute = true;
    outbox_unanswered(esme->gateway, cookie, fate != SMPP_FATE_TIMED_OUT);
}

static uint32_t account_number(const struct esme *esme)
{
    return catalog_account_at(esme->gateway->catalog, esme->account)->number;
}

static void on_room(void *owner)
{
    struct esme *esme = owner;

    if (esme->bound)
        outbox_room(esme->gateway, account_number(esme));
}

static const struct smpp_session_ops session_ops = {
    .on_bind = esme_on_bind,
    .on_submit = on_submit,
    .on_query = on_operation,
    .on_cancel = on_operation,
    .on_replace = on_operation,
    .on_response = on_response,
    .on_no_response = on_no_response,
    .on_room = on_room,
    .on_alive = esme_on_alive,
};

static int64_t conn_now_ms(void *owner)
{
    return esme_now_ms(owner);
}

static void tick(void *owner)
{
    struct esme *esme = owner;

    smpp_conn_tick(esme->conn);
}

static void conn_wake_at(void *owner, int64_t due_ms)
{
    struct esme *esme = owner;

    if (due_ms == INT64_MAX)
        clock_disarm(esme->gateway->clock, &esme->tick);
    else
        clock_arm(esme->gateway->clock, &esme->tick, due_ms, tick, esme);
}

static void add_past(struct esme_counters *sum, const struct esme *esme)
{
    const struct smpp_session_counters *session =
        smpp_session_counters(smpp_conn_session(esme->conn));
    const struct smpp_conn_counters *conn = smpp_conn_counters(esme->conn);

    sum->pdus_in += session->pdus_in;
    sum->pdus_out += session->pdus_out;
    sum->octets_in += conn->octets_in;
    sum->octets_out += conn->octets_out;
    sum->tolerated += session->tolerated;
    sum->undecodable += session->undecodable;
    sum->wrong_state += session->wrong_state;
}

/* TLS where we speak none: the first two octets of a record (RFC 8446 5.1), where a PDU has
 * its length. */
static bool spoke_tls(const struct esme *esme)
{
    return smpp_conn_counters(esme->conn)->broken_length >> 16 == 0x1603;
}

/* Of who has not been let in there is only this to tell. */
static void tell_stranger(struct esme *esme)
{
    char from[ESME_FROM_SIZE];
    char why[200];
    bool failed = tls_failure(smpp_conn_bufferevent(esme->conn), why, sizeof(why));

    if (!failed && !spoke_tls(esme))
        return;
    if (!failed)
        esme->gateway->esmes->past.tls_on_plain++;
    if (!esmes_may_tell(esme->gateway->esmes))
        return;
    log_info(failed ? "tls.failed" : "session.broken", "listen=%s from=%s reason=\"%s\"",
             esme->door->config->name, esme_from(esme, from),
             failed ? why : "TLS, where none is spoken");
}

static void conn_on_closed(void *owner, enum smpp_end end, int error)
{
    struct esme *esme = owner;
    struct gateway *gateway = esme->gateway;
    bool was_bound;

    clock_disarm(gateway->clock, &esme->tick);
    clock_disarm(gateway->clock, &esme->held);
    turnstile_leave(esme->gateway->turnstile, &esme->turn);
    gateway->esmes->past.inactive += end == SMPP_END_INACTIVE;
    table_remove(gateway->esmes->by_id, esme->id);
    add_past(&gateway->esmes->past, esme);
    smpp_listener_gone(esme->door->listener, (struct sockaddr *)&esme->address);
    if (esme->known)
        log_info("session.closed", "id=%llu account=%s reason=%s error=%d",
                 (unsigned long long)esme->id, esme_account(esme)->name, smpp_end_name(end),
                 error);
    else
        tell_stranger(esme);
    was_bound = esme->bound;
    esme_leave(esme);
    /* What it had not acknowledged is offered to the others. */
    if (was_bound)
        outbox_room(gateway, account_number(esme));
    free(esme);
}

static int64_t conn_exact_ms(void *owner)
{
    const struct esme *esme = owner;

    return clock_precise_us(esme->gateway->clock) / 1000;
}

static const struct smpp_conn_ops conn_ops = {.now_ms = conn_now_ms,
                                              .exact_ms = conn_exact_ms,
                                              .wake_at = conn_wake_at,
                                              .on_closed = conn_on_closed};

/* --- from above --------------------------------------------------------------------- */

void esmes_answer(struct gateway *gateway, uint64_t session, uint32_t sequence,
                  uint32_t command, const char *id)
{
    struct esme *esme = esme_find(gateway, session);

    if (esme)
        smpp_session_answer_submit(smpp_conn_session(esme->conn), sequence, command,
                                   ESME_ROK, id);
}

void esmes_answer_with(struct gateway *gateway, uint64_t session,
                       const struct smpp_pdu *answer)
{
    struct esme *esme = esme_find(gateway, session);

    if (esme)
        smpp_session_answer(smpp_conn_session(esme->conn), answer);
}

bool esmes_is_old(const struct gateway *gateway, uint64_t session)
{
    const struct esme *esme = esme_find(gateway, session);

    return esme && !smpp_session_takes_tlvs(smpp_conn_session(esme->conn));
}

static enum outbox_sent deliver_to(struct esme *esme, struct smpp_pdu *pdu, uint64_t cookie)
{
    struct smpp_session *session = smpp_conn_session(esme->conn);

    if (!(smpp_session_state(session) & SMPP_STATE_DELIVERS))
        return OUTBOX_AWAY;
    switch (smpp_session_send(session, pdu, cookie)) {
    case SMPP_SEND_OK:
        if (esme->offered++ == 0)
            esme->heard_ms = esme_now_ms(esme);
        return OUTBOX_SENT;
    case SMPP_SEND_WAIT:
        return OUTBOX_FULL;
    case SMPP_SEND_REFUSED:
        return OUTBOX_CANNOT;
    default:
        return OUTBOX_AWAY;
    }
}

/* What is given to it now may wait long for an answer. */
static bool is_silent(const struct esme *esme)
{
    return esme->mute ||
           (esme->offered > 0 && esme_now_ms(esme) - esme->heard_ms >= SILENT_MS);
}

/* What is to be told of two tries that came to nothing: that there will be room, if there
 * will. */
static enum outbox_sent better(enum outbox_sent best, enum outbox_sent result)
{
    return result == OUTBOX_FULL || best == OUTBOX_AWAY ? result : best;
}

/* To the binds that answer, in turn. */
static enum outbox_sent deliver_in_turn(struct binds *binds, struct smpp_pdu *pdu,
                                        uint64_t cookie)
{
    enum outbox_sent best = OUTBOX_AWAY;

    for (size_t i = 0; i < binds->count; i++) {
        struct esme *esme = esme_next_in_turn(binds);
        enum outbox_sent result;

        if (is_silent(esme))
            continue;
        result = deliver_to(esme, pdu, cookie);
        if (result == OUTBOX_SENT)
            return result;
        best = better(best, result);
    }
    return best;
}

/* To those that do not: all they take when there is no other, else one at a time. */
static enum outbox_sent deliver_to_silent(struct binds *binds, enum outbox_sent best,
                                          struct smpp_pdu *pdu, uint64_t cookie)
{
    for (size_t i = 0; i < binds->count; i++) {
        struct esme *esme = esme_next_in_turn(binds);
        enum outbox_sent result;

        if (!is_silent(esme) || (best == OUTBOX_FULL && esme->offered > 0))
            continue;
        result = deliver_to(esme, pdu, cookie);
        if (result == OUTBOX_SENT)
            return result;
        best = better(best, result);
    }
    return best;
}

enum outbox_sent esmes_deliver(struct gateway *gateway, uint32_t account,
                               uint64_t preferred, bool others, struct smpp_pdu *pdu,
                               uint64_t cookie)
{
    const struct account *its = catalog_account(gateway->catalog, account);
    struct esme *esme = esme_find(gateway, preferred);
    enum outbox_sent best = OUTBOX_AWAY;
    struct binds *binds;

    if (its->config == NULL)
        return OUTBOX_AWAY;
    if (esme && esme->bound && !is_silent(esme) &&
        (best = deliver_to(esme, pdu, cookie)) == OUTBOX_SENT)
        return best;
    if (!others)
        return best;
    binds = &gateway->esmes->binds[its->config - gateway->config->accounts];
    best = deliver_in_turn(binds, pdu, cookie);
    return best == OUTBOX_SENT ? best : deliver_to_silent(binds, best, pdu, cookie);
}

void esmes_suspend(struct gateway *gateway, uint32_t account)
{
    const struct account *its = catalog_account(gateway->catalog, account);

    if (its != NULL && its->config != NULL)
        esme_binds_suspend(&gateway->esmes->binds[its->config - gateway->config->accounts]);
}

void esmes_drain(struct gateway *gateway)
{
    struct esmes *esmes = gateway->esmes;
    uint64_t id;
    uint64_t value;

    esme_doors_shut(esmes);
    for (size_t at = 0; table_next(esmes->by_id, &at, &id, &value);) {
        struct esme *esme = (struct esme *)(uintptr_t)value;

        smpp_session_unbind(smpp_conn_session(esme->conn), esme_now_ms(esme));
    }
}

size_t esmes_count(const struct gateway *gateway)
{
    return table_count(gateway->esmes->by_id);
}

size_t esmes_bound(const struct gateway *gateway, uint32_t account)
{
    const struct account *its = catalog_account(gateway->catalog, account);

    if (its == NULL || its->config == NULL)
        return 0;
    return gateway->esmes->binds[its->config - gateway->config->accounts].count;
}

void esmes_counters(const struct gateway *gateway, struct esme_counters *out)
{
    uint64_t id;
    uint64_t value;

    *out = gateway->esmes->past;
    for (size_t at = 0; table_next(gateway->esmes->by_id, &at, &id, &value);) {
        const struct esme *esme = (const struct esme *)(uintptr_t)value;
        uint64_t buffered = smpp_conn_output_size(esme->conn);

        add_past(out, esme);
        out->buffered += buffered;
        if (out->buffered_largest < buffered)
            out->buffered_largest = buffered;
    }
}
