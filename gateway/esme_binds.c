/*
 * The places of an account: whose password is right gets one, and at the limit those who
 * hold one are asked whether they live.  Who does not answer loses his to who waits.
 */
#include "gateway/esme_pieces.h"

#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "gateway/accounts.h"
#include "gateway/catalog.h"
#include "gateway/config.h"
#include "gateway/gateway.h"
#include "gateway/log.h"
#include "gateway/outbox.h"
#include "gateway/table.h"
#include "gateway/tls.h"
#include "smpp/command.h"

enum {
    PROBE_MS = 3000, /* an idle bind must answer so soon to keep its place */
    ROUND_MS = 3400, /* after which those who wait are answered in any case */
    SECOND_MS = 1000,
    ADDRESSES_MAX = 16384, /* that came in one second */
};

struct binds *esme_binds_new(struct gateway *gateway)
{
    struct binds *binds = calloc(gateway->config->account_count + 1, sizeof(*binds));

    if (binds == NULL)
        abort();
    for (size_t i = 0; i < gateway->config->account_count; i++)
        binds[i].gateway = gateway;
    return binds;
}

void esme_binds_free(struct gateway *gateway, struct binds *binds)
{
    for (size_t i = 0; i < gateway->config->account_count; i++)
        clock_disarm(gateway->clock, &binds[i].round);
    free(binds);
}

static struct binds *binds_of(const struct esme *esme)
{
    return &esme->gateway->esmes->binds[esme->account];
}

struct esme *esme_next_in_turn(struct binds *binds)
{
    struct esme *esme = binds->bound;

    DL_DELETE(binds->bound, esme);
    DL_APPEND(binds->bound, esme);
    return esme;
}

/* --- answers to a bind -------------------------------------------------------------- */

static void refuse(struct esme *esme, uint32_t status, const char *reason)
{
    char from[ESME_FROM_SIZE];

    esme->gateway->esmes->past.binds_refused++;
    if (esme->known || esmes_may_tell(esme->gateway->esmes))
        log_info("session.refused", "id=%llu account=%s reason=%s from=%s",
                 (unsigned long long)esme->id, esme->known ? esme_account(esme)->name : "?",
                 reason, esme_from(esme, from));
    smpp_session_bind_answer(smpp_conn_session(esme->conn), status, NULL,
                             esme_now_ms(esme));
}

static void admit(struct esme *esme)
{
    const struct config_account *account = esme_account(esme);
    const struct config_listen *listen = esme->door->config;
    const struct smpp_session_limits limits = {
        .window = account->window,
        .peer_window = account->window,
        .enquire_link_ms = (uint32_t)listen->enquire_link_ms,
        .inactivity_ms = (uint32_t)listen->inactive_after_ms,
        .response_ms = (uint32_t)listen->response_timeout_ms,
    };
    struct binds *binds = binds_of(esme);
    char from[ESME_FROM_SIZE];

    esme->bound = true;
    DL_APPEND(binds->bound, esme);
    binds->count++;
    esme->gateway->esmes->past.binds++;
    smpp_session_bind_answer(smpp_conn_session(esme->conn), ESME_ROK, &limits,
                             esme_now_ms(esme));
    log_info("session.bound", "id=%llu account=%s binds=%zu from=%s tls=%s",
             (unsigned long long)esme->id, account->name, binds->count,
             esme_from(esme, from), tls_version(smpp_conn_bufferevent(esme->conn)));
    outbox_room(esme->gateway,
                catalog_account_at(esme->gateway->catalog, esme->account)->number);
}

/* --- at the limit -------------------------------------------------------------------- */

static void stop_waiting(struct esme *esme)
{
    esme->waiting = false;
    DL_DELETE(binds_of(esme)->waiting, esme);
}

static void refuse_waiting(struct binds *binds, uint32_t status, const char *reason)
{
    while (binds->waiting) {
        struct esme *esme = binds->waiting;

        stop_waiting(esme);
        refuse(esme, status, reason);
    }
}

void esme_binds_suspend(struct binds *binds)
{
    refuse_waiting(binds, ESME_RBINDFAIL, "suspended");
    for (struct esme *esme = binds->bound; esme; esme = esme->next)
        smpp_session_unbind(smpp_conn_session(esme->conn), esme_now_ms(esme));
}

static void end_round_if_told(struct binds *binds)
{
    if (binds->probes > 0)
        return;
    clock_disarm(binds->gateway->clock, &binds->round);
    refuse_waiting(binds, ESME_RALYBND, "bind-limit");
}

static void probe_is_over(struct esme *esme)
{
    if (!esme->probed)
        return;
    esme->probed = false;
    binds_of(esme)->probes--;
}

/* It has taken nothing of what we wrote since it was asked. */
static bool is_stuck(const struct esme *esme)
{
    return smpp_conn_output_size(esme->conn) > 0 &&
           smpp_conn_counters(esme->conn)->octets_out == esme->octets_out;
}

/*
 * Those who have not answered by now are not being read, or they would be closed.  Where
 * it is we who owe them answers they keep their place; who does not read loses it.
 */
static void round_is_over(void *owner)
{
    struct binds *binds = owner;

    for (struct esme *esme = binds->bound; esme; esme = esme->next) {
        if (!esme->probed)
            continue;
        if (is_stuck(esme))
            smpp_conn_close(esme->conn);
        else
            probe_is_over(esme);
    }
    end_round_if_told(binds);
}

static void begin_round(struct binds *binds)
{
    int64_t now_ms = clock_mono_ms(binds->gateway->clock);

    for (struct esme *esme = binds->bound; esme; esme = esme->next) {
        esme->probed = true;
        esme->octets_out = smpp_conn_counters(esme->conn)->octets_out;
        binds->probes++;
        smpp_session_probe(smpp_conn_session(esme->conn), PROBE_MS, now_ms);
    }
    clock_arm_in(binds->gateway->clock, &binds->round, ROUND_MS, round_is_over, binds);
}

/* Who comes while a round is on its way is answered with it. */
static void wait_for_place(struct esme *esme)
{
    struct binds *binds = binds_of(esme);

    esme->waiting = true;
    DL_APPEND(binds->waiting, esme);
    if (binds->probes == 0)
        begin_round(binds);
}

void esme_on_alive(void *owner)
{
    struct esme *esme = owner;

    probe_is_over(esme);
    end_round_if_told(binds_of(esme));
}

/* Its place is free: the first that waits for it comes in. */
static void give_place(struct esme *esme)
{
    struct binds *binds = binds_of(esme);
    struct esme *next = binds->waiting;

    DL_DELETE(binds->bound, esme);
    binds->count--;
    accounts_give_bind(esme->gateway->accounts, (uint32_t)esme->account);
    esme->bound = false;
    if (next && accounts_take_bind(esme->gateway->accounts, (uint32_t)next->account)) {
        stop_waiting(next);
        esme->gateway->esmes->past.displaced += esme->probed;
        admit(next);
    }
    probe_is_over(esme);
    end_round_if_told(binds);
}

void esme_leave(struct esme *esme)
{
    if (esme->bound)
        give_place(esme);
    else if (esme->waiting)
        stop_waiting(esme);
}

/* --- passwords ---------------------------------------------------------------------- */

/* Whose account names a certificate must have shown it, whatever his password. */
static bool certificate_is_right(const struct esme *esme, uint32_t account)
{
    const char *name = esme->gateway->config->accounts[account].client_certificate;

    return name[0] == '\0' || tls_peer_has_name(smpp_conn_bufferevent(esme->conn), name);
}

/* One more of this address; too many of them in this second cost whoever is behind it the
 * binds above the limit.  Addresses beyond what is remembered are let in. */
static bool comes_too_often(const struct esme *esme)
{
    struct esmes *esmes = esme->gateway->esmes;
    uint32_t most = esme->door->config->binds_per_address;
    uint64_t key = table_hash(0, esme->ip, sizeof(esme->ip));
    int64_t now_ms = esme_now_ms(esme);
    uint64_t came = 0;

    if (most == 0)
        return false;
    if (esmes->came == NULL || now_ms >= esmes->came_since_ms + SECOND_MS) {
        table_free(esmes->came);
        esmes->came = table_new(ADDRESSES_MAX);
        esmes->came_since_ms = now_ms;
    }
    (void)table_get(esmes->came, key, &came);
    if (came < most && table_put(esmes->came, key, came + 1))
        return false;
    esmes->past.hurried += came >= most;
    return came >= most;
}

static void password_was_right(struct esme *esme, uint32_t account)
{
    esme->known = true;
    esme->account = account;
    if (catalog_account_at(esme->gateway->catalog, account)->suspended_since_ms != 0)
        refuse(esme, ESME_RBINDFAIL, "suspended");
    else if (comes_too_often(esme))
        refuse(esme, ESME_RTHROTTLED, "too-often");
    else if (accounts_take_bind(esme->gateway->accounts, account))
        admit(esme);
    else
        wait_for_place(esme);
}

void esmes_on_checked(void *owner, uint64_t id, enum accounts_answer answer,
                      uint32_t account)
{
    struct gateway *gateway = owner;
    struct esme *esme = esme_find(gateway, id);

    if (esme == NULL)
        return;
    if (answer == ACCOUNTS_BUSY)
        refuse(esme, ESME_RSYSERR, "busy");
    else if (answer != ACCOUNTS_OK)
        refuse(esme, ESME_RINVPASWD, "password");
    else if (!certificate_is_right(esme, account))
        refuse(esme, ESME_RINVPASWD, "certificate");
    else
        password_was_right(esme, account);
}

void esme_on_bind(void *owner, const struct smpp_pdu *bind)
{
    struct esme *esme = owner;
    struct gateway *gateway = esme->gateway;
    struct accounts_question question = {
        .id = esme->id,
        .system_id = bind->system_id.data,
        .system_id_size = bind->system_id.size,
        .password = bind->password.data,
        .password_size = bind->password.size,
        .now_ms = esme_now_ms(esme),
    };
    enum accounts_answer answer;
    uint32_t account = 0;

    if (!gateway->ready || gateway->draining) {
        refuse(esme, ESME_RSYSERR, gateway->draining ? "stopping" : "not-ready");
        return;
    }
    memcpy(question.address, esme->ip, sizeof(question.address));
    answer = accounts_check(gateway->accounts, &question, &account);
    if (answer != ACCOUNTS_PENDING)
        esmes_on_checked(gateway, esme->id, answer, account);
}
