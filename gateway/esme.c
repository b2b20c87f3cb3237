/*
 * Sessions of ESMEs: from the accepted socket to the bound session of an account, and
 * the way back for answers and receipts.  Sessions are named by ids that never come
 * again.
 */
#include "gateway/esme.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <event2/bufferevent.h>

#include "gateway/accounts.h"
#include "gateway/catalog.h"
#include "gateway/clock.h"
#include "gateway/config.h"
#include "gateway/gateway.h"
#include "gateway/intake.h"
#include "gateway/log.h"
#include "gateway/receipts.h"
#include "gateway/table.h"
#include "smpp/client.h"
#include "smpp/command.h"
#include "smpp/conn.h"
#include "smpp/listener.h"

enum {
    SESSIONS_MAX = 1 << 20,
    LEAVE_MS = 5000,
    PROBE_MS = 3000,       /* an idle bind must answer so soon to keep its place */
    BIND_WINDOW = 1000,    /* our receipts unanswered, before the account is known */
    RESUME_MS = 1000,      /* without descriptors */
    ACCEPTS_PER_TURN = 64,
    BACKLOG = 4096,
};

struct esme {
    struct gateway *gateway;
    struct door *door;
    struct smpp_conn *conn;
    uint64_t id;
    size_t account;        /* index of the configuration; meaningful once `known` */
    bool known;            /* the password was right */
    bool bound;            /* and it has one of the account's binds */
    bool probed;           /* it is asked whether it still lives */
    struct esme *next;     /* bound: of the account; waiting for a place: of the account */
    struct esme *previous;
    struct clock_timer tick;
    struct sockaddr_storage address;
    uint8_t ip[16];
};

/* A listener. */
struct door {
    struct gateway *gateway;
    const struct config_listen *config;
    struct smpp_listener *listener;
    struct clock_timer resume;
};

/* The sessions of one account. */
struct binds {
    struct esme *bound;   /* in a ring of turns: the first is next for receipts */
    struct esme *waiting; /* for a place at the bind limit */
    size_t count;
    size_t probes;
};

struct esmes {
    struct gateway *gateway;
    struct door *doors;
    size_t door_count;
    struct table *by_id;
    struct binds *binds; /* by index of the configuration */
    struct esme_counters past;
};

static const struct smpp_session_ops session_ops;
static const struct smpp_conn_ops conn_ops;

/* --- life --------------------------------------------------------------------------- */

struct esmes *esmes_new(struct gateway *gateway)
{
    struct esmes *esmes = calloc(1, sizeof(*esmes));
    const struct config *config = gateway->config;

    if (esmes == NULL)
        abort();
    esmes->gateway = gateway;
    esmes->by_id = table_new(SESSIONS_MAX);
    esmes->binds = calloc(config->account_count + 1, sizeof(*esmes->binds));
    esmes->doors = calloc(config->listen_count + 1, sizeof(*esmes->doors));
    if (esmes->binds == NULL || esmes->doors == NULL)
        abort();
    return esmes;
}

static struct esme *find(const struct gateway *gateway, uint64_t id)
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
    for (size_t i = 0; i < esmes->door_count; i++) {
        clock_disarm(esmes->gateway->clock, &esmes->doors[i].resume);
        smpp_listener_free(esmes->doors[i].listener);
    }
    for (size_t at = 0; table_next(esmes->by_id, &at, &id, &value);) {
        struct esme *esme = (struct esme *)(uintptr_t)value;

        clock_disarm(esmes->gateway->clock, &esme->tick);
        smpp_conn_free(esme->conn);
        free(esme);
    }
    table_free(esmes->by_id);
    free(esmes->binds);
    free(esmes->doors);
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

static void on_accept(void *owner, int fd, const struct sockaddr *address,
                      unsigned address_size)
{
    struct door *door = owner;
    struct gateway *gateway = door->gateway;
    struct esmes *esmes = gateway->esmes;
    struct bufferevent *bev =
        gateway->transport->accepted(gateway->transport->self, gateway->base, fd);
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
}

void esmes_accept(struct gateway *gateway, int fd, const struct sockaddr *address,
                  unsigned address_size)
{
    on_accept(&gateway->esmes->doors[0], fd, address, address_size);
}

static void resume(void *owner)
{
    struct door *door = owner;

    smpp_listener_resume(door->listener);
}

static void on_exhausted(void *owner, int error)
{
    struct door *door = owner;

    log_warning("listener.exhausted", "listen=%s error=\"%s\"", door->config->name,
                strerror(error));
    clock_arm_in(door->gateway->clock, &door->resume, RESUME_MS, resume, door);
}

static const struct smpp_listener_ops listener_ops = {on_accept, on_exhausted};

bool esmes_listen(struct gateway *gateway, char *error, size_t error_size)
{
    struct esmes *esmes = gateway->esmes;

    for (size_t i = 0; i < gateway->config->listen_count; i++) {
        const struct config_listen *config = &gateway->config->listens[i];
        struct door *door = &esmes->doors[i];
        char address[300];
        const struct smpp_listener_config listener = {
            .address = address,
            .backlog = BACKLOG,
            .accepts_per_turn = ACCEPTS_PER_TURN,
            .connections_max = config->max_connections,
        };
        bool six = strchr(config->address.host, ':') != NULL;

        snprintf(address, sizeof(address), six ? "[%s]:%u" : "%s:%u", config->address.host,
                 config->address.port);
        door->gateway = gateway;
        door->config = config;
        door->listener = smpp_listener_new(gateway->base, &listener, &listener_ops, door,
                                           error, error_size);
        if (door->listener == NULL)
            return false;
        esmes->door_count++;
        log_info("listener.open", "listen=%s address=%s port=%u", config->name, address,
                 smpp_listener_port(door->listener));
    }
    return true;
}

uint16_t esmes_port(const struct gateway *gateway)
{
    return gateway->esmes->door_count > 0
               ? smpp_listener_port(gateway->esmes->doors[0].listener)
               : 0;
}

/* --- lists of an account ------------------------------------------------------------ */

static void link_in(struct esme **first, struct esme *esme)
{
    struct esme **last = first;

    while (*last)
        last = &(*last)->next;
    esme->next = NULL;
    *last = esme;
}

static void link_out(struct esme **first, struct esme *esme)
{
    for (struct esme **at = first; *at; at = &(*at)->next) {
        if (*at != esme)
            continue;
        *at = esme->next;
        esme->next = NULL;
        return;
    }
}

static struct binds *binds_of(const struct esme *esme)
{
    return &esme->gateway->esmes->binds[esme->account];
}

/* --- binding ------------------------------------------------------------------------ */

static const struct config_account *account_config(const struct esme *esme)
{
    return &esme->gateway->config->accounts[esme->account];
}

static int64_t now_of(const struct esme *esme)
{
    return clock_mono_ms(esme->gateway->clock);
}

static void refuse(struct esme *esme, uint32_t status)
{
    esme->gateway->esmes->past.binds_refused++;
    log_info("session.refused", "id=%llu account=%s reason=%s",
             (unsigned long long)esme->id, esme->known ? account_config(esme)->name : "?",
             smpp_status_name(status));
    smpp_session_bind_answer(smpp_conn_session(esme->conn), status, NULL, now_of(esme));
}

static void admit(struct esme *esme)
{
    const struct config_account *account = account_config(esme);
    const struct config_listen *listen = esme->door->config;
    const struct smpp_session_limits limits = {
        .window = account->window,
        .peer_window = account->window,
        .enquire_link_ms = (uint32_t)listen->enquire_link_ms,
        .response_ms = (uint32_t)listen->response_timeout_ms,
    };
    struct binds *binds = binds_of(esme);

    esme->bound = true;
    link_in(&binds->bound, esme);
    binds->count++;
    esme->gateway->esmes->past.binds++;
    smpp_session_bind_answer(smpp_conn_session(esme->conn), ESME_ROK, &limits,
                             now_of(esme));
    log_info("session.bound", "id=%llu account=%s binds=%zu", (unsigned long long)esme->id,
             account->name, binds->count);
    receipts_room(esme->gateway, catalog_account_at(esme->gateway->catalog, esme->account)
                                     ->number);
}

/* At the limit: whoever holds a place and does not answer loses it. */
static void wait_for_place(struct esme *esme)
{
    struct binds *binds = binds_of(esme);

    link_in(&binds->waiting, esme);
    for (struct esme *other = binds->bound; other; other = other->next) {
        if (other->probed)
            continue;
        other->probed = true;
        binds->probes++;
        smpp_session_probe(smpp_conn_session(other->conn), PROBE_MS, now_of(esme));
    }
}

static void refuse_waiting(struct binds *binds)
{
    while (binds->waiting) {
        struct esme *esme = binds->waiting;

        link_out(&binds->waiting, esme);
        refuse(esme, ESME_RALYBND);
    }
}

static void probe_is_over(struct esme *esme)
{
    struct binds *binds = binds_of(esme);

    if (!esme->probed)
        return;
    esme->probed = false;
    binds->probes--;
}

static void on_alive(void *owner)
{
    struct esme *esme = owner;

    probe_is_over(esme);
    if (esme->bound && binds_of(esme)->probes == 0)
        refuse_waiting(binds_of(esme));
}

static void password_was_right(struct esme *esme, uint32_t account)
{
    esme->known = true;
    esme->account = account;
    if (accounts_take_bind(esme->gateway->accounts, account))
        admit(esme);
    else
        wait_for_place(esme);
}

void esmes_on_checked(void *owner, uint64_t id, enum accounts_answer answer,
                      uint32_t account)
{
    struct gateway *gateway = owner;
    struct esme *esme = find(gateway, id);

    if (esme == NULL)
        return;
    if (answer == ACCOUNTS_OK)
        password_was_right(esme, account);
    else
        refuse(esme, answer == ACCOUNTS_BUSY ? ESME_RSYSERR : ESME_RINVPASWD);
}

static void on_bind(void *owner, const struct smpp_pdu *bind)
{
    struct esme *esme = owner;
    struct gateway *gateway = esme->gateway;
    struct accounts_question question = {
        .id = esme->id,
        .system_id = bind->system_id.data,
        .system_id_size = bind->system_id.size,
        .password = bind->password.data,
        .password_size = bind->password.size,
        .now_ms = now_of(esme),
    };
    enum accounts_answer answer;
    uint32_t account = 0;

    if (!gateway->ready || gateway->draining) {
        refuse(esme, ESME_RSYSERR);
        return;
    }
    memcpy(question.address, esme->ip, sizeof(question.address));
    answer = accounts_check(gateway->accounts, &question, &account);
    if (answer != ACCOUNTS_PENDING)
        esmes_on_checked(gateway, esme->id, answer, account);
}

/* --- what a session tells ----------------------------------------------------------- */

static void on_submit(void *owner, const struct smpp_pdu *request)
{
    struct esme *esme = owner;
    uint32_t status = ESME_RINVCMDID;

    if (request->command != SMPP_SUBMIT_MULTI)
        status = intake_submit(esme->gateway, esme->account, esme->id, request);
    if (status != ESME_ROK)
        smpp_session_answer_submit(smpp_conn_session(esme->conn), request->sequence,
                                   request->command, status, NULL);
}

static void on_response(void *owner, const struct smpp_pdu *response, uint64_t cookie)
{
    struct esme *esme = owner;

    receipts_answered(esme->gateway, cookie,
                      response->command == SMPP_GENERIC_NACK && response->status == ESME_ROK
                          ? (uint32_t)ESME_RUNKNOWNERR
                          : response->status);
}

static void on_no_response(void *owner, uint64_t cookie, enum smpp_fate fate)
{
    struct esme *esme = owner;

    receipts_unanswered(esme->gateway, cookie, fate != SMPP_FATE_TIMED_OUT);
}

static uint32_t account_number(const struct esme *esme)
{
    return catalog_account_at(esme->gateway->catalog, esme->account)->number;
}

static void on_room(void *owner)
{
    struct esme *esme = owner;

    if (esme->bound)
        receipts_room(esme->gateway, account_number(esme));
}

static const struct smpp_session_ops session_ops = {
    .on_bind = on_bind,
    .on_submit = on_submit,
    .on_response = on_response,
    .on_no_response = on_no_response,
    .on_room = on_room,
    .on_alive = on_alive,
};

static int64_t conn_now_ms(void *owner)
{
    return now_of(owner);
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

/* Its place is free: the first that waits for it comes in. */
static void give_place(struct esme *esme)
{
    struct binds *binds = binds_of(esme);
    struct esme *next = binds->waiting;

    link_out(&binds->bound, esme);
    binds->count--;
    accounts_give_bind(esme->gateway->accounts, (uint32_t)esme->account);
    esme->bound = false;
    if (next && accounts_take_bind(esme->gateway->accounts, (uint32_t)next->account)) {
        link_out(&binds->waiting, next);
        esme->gateway->esmes->past.displaced++;
        admit(next);
    }
    if (binds->probes == 0)
        refuse_waiting(binds);
}

static void conn_on_closed(void *owner, enum smpp_end end, int error)
{
    struct esme *esme = owner;
    struct gateway *gateway = esme->gateway;

    clock_disarm(gateway->clock, &esme->tick);
    table_remove(gateway->esmes->by_id, esme->id);
    add_past(&gateway->esmes->past, esme);
    smpp_listener_gone(esme->door->listener, (struct sockaddr *)&esme->address);
    if (esme->known)
        log_info("session.closed", "id=%llu account=%s reason=%s error=%d",
                 (unsigned long long)esme->id, account_config(esme)->name,
                 smpp_end_name(end), error);
    if (esme->bound) {
        uint32_t account = account_number(esme);

        probe_is_over(esme);
        give_place(esme);
        /* What it had not acknowledged is offered to the others. */
        receipts_room(gateway, account);
    } else if (esme->known) {
        link_out(&binds_of(esme)->waiting, esme);
    }
    free(esme);
}

static const struct smpp_conn_ops conn_ops = {conn_now_ms, conn_wake_at, conn_on_closed};

/* --- from above --------------------------------------------------------------------- */

static const char hex_digits[] = "0123456789abcdef";

/* The public id, in the form the account asked for. */
static void write_id(const struct config_account *account, uint64_t id, char out[40])
{
    char digits[24];
    size_t count = 0;
    unsigned base = account->id_form == CONFIG_ID_HEX ? 16 : 10;

    do
        digits[count++] = hex_digits[id % base];
    while ((id /= base) > 0);
    for (size_t i = 0; i < count; i++)
        out[i] = digits[count - 1 - i];
    out[count] = 0;
}

void esmes_answer(struct gateway *gateway, uint64_t session, uint32_t sequence,
                  uint32_t command, uint32_t status, uint64_t message)
{
    struct esme *esme = find(gateway, session);
    char id[40];

    if (esme == NULL)
        return;
    write_id(account_config(esme), message, id);
    smpp_session_answer_submit(smpp_conn_session(esme->conn), sequence, command, status, id);
}

static enum esme_deliver deliver_to(struct esme *esme, struct smpp_pdu *pdu, uint64_t cookie)
{
    struct smpp_session *session = smpp_conn_session(esme->conn);

    if (!(smpp_session_state(session) & SMPP_STATE_DELIVERS))
        return ESME_DELIVER_AWAY;
    switch (smpp_session_send(session, pdu, cookie)) {
    case SMPP_SEND_OK:
        return ESME_DELIVER_SENT;
    case SMPP_SEND_WAIT:
        return ESME_DELIVER_FULL;
    default:
        return ESME_DELIVER_AWAY;
    }
}

enum esme_deliver esmes_deliver(struct gateway *gateway, uint32_t account,
                                uint64_t preferred, bool others, struct smpp_pdu *pdu,
                                uint64_t cookie)
{
    const struct account *its = catalog_account(gateway->catalog, account);
    struct esme *esme = find(gateway, preferred);
    enum esme_deliver best = ESME_DELIVER_AWAY;
    struct binds *binds;

    if (its->config == NULL)
        return ESME_DELIVER_AWAY;
    if (esme && esme->bound && (best = deliver_to(esme, pdu, cookie)) == ESME_DELIVER_SENT)
        return best;
    if (!others)
        return best;
    binds = &gateway->esmes->binds[its->config - gateway->config->accounts];
    for (size_t i = 0; i < binds->count; i++) {
        enum esme_deliver result;

        /* In turn: the first goes to the end. */
        esme = binds->bound;
        link_out(&binds->bound, esme);
        link_in(&binds->bound, esme);
        result = deliver_to(esme, pdu, cookie);
        if (result == ESME_DELIVER_SENT)
            return result;
        if (result == ESME_DELIVER_FULL)
            best = result;
    }
    return best;
}

void esmes_drain(struct gateway *gateway)
{
    struct esmes *esmes = gateway->esmes;
    uint64_t id;
    uint64_t value;

    for (size_t i = 0; i < esmes->door_count; i++)
        smpp_listener_pause(esmes->doors[i].listener);
    for (size_t at = 0; table_next(esmes->by_id, &at, &id, &value);) {
        struct esme *esme = (struct esme *)(uintptr_t)value;

        smpp_session_unbind(smpp_conn_session(esme->conn), now_of(esme));
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
    for (size_t at = 0; table_next(gateway->esmes->by_id, &at, &id, &value);)
        add_past(out, (struct esme *)(uintptr_t)value);
}
