/*
 * One context per section, and between each connection and its socket a gate: a BIO that
 * passes octets on, holds handshakes back when a turn has had enough of them, and sees
 * whether what comes is TLS at all.
 *
 * The library may free a bufferevent, and with it our gate, after all else is gone: each
 * gate holds on to the struct tls.
 */
#include "gateway/tls.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/bufferevent_struct.h>
#include <event2/event.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "gateway/clock.h"
#include "gateway/config.h"
#include "gateway/log.h"
#include "smpp/transport.h"

enum {
    LOOK_MS = 60 * 60 * 1000, /* how often the days that are left are counted */
    DAY_S = 24 * 60 * 60,
    HANDSHAKE_RECORD = 22, /* RFC 8446 5.1: the first octet of whoever speaks TLS */
};

/* TLS 1.2 with forward secrecy and authenticated encryption; 1.3 has nothing else. */
#define CIPHERS "ECDHE+AESGCM:ECDHE+CHACHA20"

enum side { LISTEN, LINK };

/* What a section has that may be over one day. */
enum kind { CERTIFICATE, CRL, KINDS };

/* A tls section. */
struct section {
    struct tls *tls;
    const struct config_tls *config;
    enum side side;
    const char *name; /* of the listener or link */
    SSL_CTX *context;
    int64_t expires_at_s[KINDS]; /* 0 = there is none */
    int said_days[KINDS];        /* the last warning: so many days were left */
    struct smpp_transport transport;
};

struct tls {
    unsigned users; /* the owner, and every gate */
    struct clock *clock;
    struct section *sections;
    size_t section_count;
    size_t listen_count; /* the first of them, one for each listener; then the links' */
    BIO_METHOD *gate;
    struct tls_counts counts;

    /* Handshakes of this turn. */
    bool working;
    int64_t began_us;
    struct clock_timer turn;
    struct clock_timer look;
};

struct gate {
    struct tls *tls;
    struct bufferevent *bev; /* which owns it */
    enum side side;
    bool heard;
    bool is_plain; /* what came first begins no record of TLS */
    bool done;     /* the handshake */
};

static const char *const side_names[] = {[LISTEN] = "listen", [LINK] = "link"};

/* --- the gate ----------------------------------------------------------------------- */

static void release(struct tls *tls)
{
    if (--tls->users > 0)
        return;
    BIO_meth_free(tls->gate);
    free(tls->sections);
    free(tls);
}

static void turn_is_over(void *owner)
{
    struct tls *tls = owner;

    tls->working = false;
}

static bool may_work(struct tls *tls)
{
    int64_t now_us = clock_precise_us(tls->clock);

    if (!tls->working) {
        tls->working = true;
        tls->began_us = now_us;
        clock_arm_in(tls->clock, &tls->turn, 0, turn_is_over, tls);
    }
    return now_us - tls->began_us < TLS_HANDSHAKES_US;
}

static int gate_read(BIO *bio, char *data, int size)
{
    struct gate *gate = BIO_get_data(bio);
    int got;

    BIO_clear_retry_flags(bio);
    if (!gate->done && gate->side == LISTEN && !may_work(gate->tls)) {
        BIO_set_retry_read(bio); /* the socket stays readable */
        return -1;
    }
    got = BIO_read(BIO_next(bio), data, size);
    BIO_copy_next_retry(bio);
    if (got > 0 && !gate->heard) {
        gate->heard = true;
        gate->is_plain = data[0] != HANDSHAKE_RECORD;
    }
    return got;
}

static int gate_write(BIO *bio, const char *data, int size)
{
    int put;

    BIO_clear_retry_flags(bio);
    put = BIO_write(BIO_next(bio), data, size);
    BIO_copy_next_retry(bio);
    return put;
}

static long gate_control(BIO *bio, int command, long number, void *pointer)
{
    return BIO_ctrl(BIO_next(bio), command, number, pointer);
}

static int gate_destroy(BIO *bio)
{
    struct gate *gate = BIO_get_data(bio);
    struct tls_counts *counts = &gate->tls->counts;

    if (gate->heard && !gate->done) {
        counts->failed[gate->side]++;
        counts->plain[gate->side] += gate->is_plain;
    }
    release(gate->tls);
    free(gate);
    return 1;
}

static BIO_METHOD *make_gate_method(void)
{
    BIO_METHOD *method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_FILTER, "gate");

    if (method == NULL || !BIO_meth_set_read(method, gate_read) ||
        !BIO_meth_set_write(method, gate_write) ||
        !BIO_meth_set_ctrl(method, gate_control) ||
        !BIO_meth_set_destroy(method, gate_destroy))
        abort();
    return method;
}

/* Between `ssl` and its socket. */
static void put_gate(struct section *section, SSL *ssl, int fd)
{
    struct gate *gate = calloc(1, sizeof(*gate));
    BIO *bio = BIO_new(section->tls->gate);
    BIO *socket = BIO_new_socket(fd, BIO_NOCLOSE);

    if (gate == NULL || bio == NULL || socket == NULL || !SSL_set_app_data(ssl, gate))
        abort();
    gate->tls = section->tls;
    gate->tls->users++;
    gate->side = section->side;
    BIO_set_data(bio, gate);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl, BIO_push(bio, socket), bio);
}

static void on_progress(const SSL *ssl, int where, int result)
{
    struct gate *gate = SSL_get_app_data(ssl);

    (void)result;
    if (where != SSL_CB_HANDSHAKE_DONE || gate->done)
        return;
    gate->done = true;
    gate->tls->counts.done[gate->side]++;
    /* A PDU tells its length: an end without close_notify can cut none short unseen. */
    bufferevent_openssl_set_allow_dirty_shutdown(gate->bev, 1);
}

/* --- the transport ------------------------------------------------------------------ */

static struct bufferevent *wrap_socket(struct section *section, struct event_base *base,
                                       int take_fd, SSL *ssl)
{
    struct bufferevent *bev;
    struct gate *gate;

    smpp_transport_set_up(take_fd);
    put_gate(section, ssl, take_fd);
    /* Deferred, or what is read would be told of from inside the asking for it. */
    bev = bufferevent_openssl_socket_new(
        base, take_fd, ssl,
        section->side == LISTEN ? BUFFEREVENT_SSL_ACCEPTING : BUFFEREVENT_SSL_CONNECTING,
        BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
    if (bev == NULL)
        abort();
    gate = SSL_get_app_data(ssl);
    gate->bev = bev;
    return bev;
}

static SSL *make_ssl(const struct section *section)
{
    SSL *ssl = SSL_new(section->context);

    if (ssl == NULL)
        abort();
    return ssl;
}

static struct bufferevent *accept_tls(void *self, struct event_base *base, int take_fd)
{
    struct section *section = self;

    return wrap_socket(section, base, take_fd, make_ssl(section));
}

static struct bufferevent *connect_tls(void *self, struct event_base *base,
                                       const struct sockaddr *address,
                                       unsigned address_size)
{
    struct section *section = self;
    const char *name = section->config->name;
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    SSL *ssl;
    int error;

    if (fd < 0)
        return NULL;
    if (connect(fd, address, address_size) != 0 && errno != EINPROGRESS) {
        error = errno;
        close(fd);
        errno = error;
        return NULL;
    }
    ssl = make_ssl(section);
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (!X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name) &&
        (!SSL_set1_host(ssl, name) || !SSL_set_tlsext_host_name(ssl, name)))
        abort();
    return wrap_socket(section, base, fd, ssl);
}

static void finish_tls(void *self, struct bufferevent *bev)
{
    SSL *ssl = bufferevent_openssl_get_ssl(bev);

    (void)self;
    if (SSL_is_init_finished(ssl))
        (void)SSL_shutdown(ssl); /* no room for it: the socket's end must do */
    ERR_clear_error();
    shutdown(bufferevent_getfd(bev), SHUT_WR);
}

/* Of a record that was read in part the rest lies decrypted in the library, which waits
 * for its socket all the same. */
static void resume_tls(void *self, struct bufferevent *bev)
{
    (void)self;
    if (SSL_pending(bufferevent_openssl_get_ssl(bev)) > 0)
        event_active(&bev->ev_read, EV_READ, 0);
}

const struct smpp_transport *tls_of_listen(const struct tls *tls, size_t index)
{
    const struct section *section = &tls->sections[index];

    return section->context != NULL ? &section->transport : NULL;
}

const struct smpp_transport *tls_of_link(const struct tls *tls, size_t index)
{
    return tls_of_listen(tls, tls->listen_count + index);
}

/* --- certificates ------------------------------------------------------------------- */

/* A key with a passphrase is an error, not a question on the terminal. */
static int no_passphrase(char *out, int room, int writing, void *owner)
{
    (void)out;
    (void)room;
    (void)writing;
    (void)owner;
    return -1;
}

static const char *describe(unsigned long code, const char *otherwise)
{
    const char *reason;

    if (ERR_SYSTEM_ERROR(code))
        return strerror(ERR_GET_REASON(code));
    reason = code != 0 ? ERR_reason_error_string(code) : NULL;
    return reason != NULL ? reason : otherwise;
}

/* What the library says last is the most general; the first is the cause. */
static const char *cause(void)
{
    return describe(ERR_peek_error(), "it cannot be read");
}

static bool set_own(SSL_CTX *context, const struct config_tls *config, char *why,
                    size_t why_size)
{
    if (config->certificate[0] == '\0')
        return true;
    if (SSL_CTX_use_certificate_chain_file(context, config->certificate) != 1)
        snprintf(why, why_size, "certificate '%s': %s", config->certificate, cause());
    else if (SSL_CTX_use_PrivateKey_file(context, config->key, SSL_FILETYPE_PEM) != 1)
        snprintf(why, why_size, "key '%s': %s", config->key, cause());
    else
        return true; /* the key was compared with the certificate */
    return false;
}

static bool set_theirs(SSL_CTX *context, const struct config_tls *config, enum side side,
                       char *why, size_t why_size)
{
    int mode = config->verify == CONFIG_VERIFY_NO ? SSL_VERIFY_NONE : SSL_VERIFY_PEER;
    STACK_OF(X509_NAME) *names = NULL;

    if (config->verify == CONFIG_VERIFY_REQUIRED && side == LISTEN)
        mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
    SSL_CTX_set_verify(context, mode, NULL);
    if (config->ca[0] == '\0')
        return side == LISTEN || SSL_CTX_set_default_verify_paths(context) == 1;
    if (SSL_CTX_load_verify_locations(context, config->ca, NULL) != 1 ||
        (side == LISTEN && (names = SSL_load_client_CA_file(config->ca)) == NULL)) {
        snprintf(why, why_size, "%s '%s': %s", side == LISTEN ? "client_ca" : "ca",
                 config->ca, cause());
        return false;
    }
    if (side == LISTEN)
        SSL_CTX_set_client_CA_list(context, names); /* which takes them */
    return true;
}

static int64_t seconds_of(const ASN1_TIME *time)
{
    struct tm at;

    return time != NULL && ASN1_TIME_to_tm(time, &at) ? (int64_t)timegm(&at) : 0;
}

/* Takes the list; false: it is over, or cannot be in force. */
static bool add_list(X509_STORE *store, X509_CRL *take_list, int64_t *until_s, char *why,
                     size_t why_size)
{
    int64_t over_s = seconds_of(X509_CRL_get0_nextUpdate(take_list));
    char issuer[200];
    bool good = X509_STORE_add_crl(store, take_list) == 1;

    X509_NAME_oneline(X509_CRL_get_issuer(take_list), issuer, sizeof(issuer));
    X509_CRL_free(take_list);
    if (!good) {
        snprintf(why, why_size, "%s", cause());
    } else if (over_s != 0 && over_s <= (int64_t)time(NULL)) {
        snprintf(why, why_size, "the list of %s is over: it had to be renewed", issuer);
        good = false;
    } else if (over_s != 0 && (*until_s == 0 || over_s < *until_s)) {
        *until_s = over_s;
    }
    return good;
}

/* All lists of the file, and from then on one is asked for of each authority in a chain. */
static bool set_lists(SSL_CTX *context, const struct config_tls *config, int64_t *until_s,
                      char *why, size_t why_size)
{
    X509_STORE *store = SSL_CTX_get_cert_store(context);
    BIO *file = config->crl[0] != '\0' ? BIO_new_file(config->crl, "r") : NULL;
    char reason[400] = "there is no list in it";
    bool good = file != NULL;
    size_t lists = 0;
    X509_CRL *list;

    if (config->crl[0] == '\0')
        return true;
    if (file == NULL)
        snprintf(reason, sizeof(reason), "%s", cause());
    while (good && (list = PEM_read_bio_X509_CRL(file, NULL, NULL, NULL)) != NULL) {
        good = add_list(store, list, until_s, reason, sizeof(reason));
        lists++;
    }
    /* The end of the file is told as a start that is not found. */
    if (good && ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) {
        snprintf(reason, sizeof(reason), "%s", cause());
        good = false;
    }
    BIO_free(file);
    X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
    if (good && lists > 0)
        return true;
    snprintf(why, why_size, "crl '%s': %s", config->crl, reason);
    return false;
}

static void set_protocol(SSL_CTX *context, const struct config_tls *config)
{
    static const unsigned char session_name[] = "sluice";
    int version = config->min_version == CONFIG_TLS_1_3 ? TLS1_3_VERSION : TLS1_2_VERSION;

    SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                     SSL_OP_CIPHER_SERVER_PREFERENCE |
                                     SSL_OP_IGNORE_UNEXPECTED_EOF);
    /* An idle connection gives its buffers back; what waits to be written may move. */
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_info_callback(context, on_progress);
    SSL_CTX_set_default_passwd_cb(context, no_passphrase);
    if (SSL_CTX_set_min_proto_version(context, version) != 1 ||
        SSL_CTX_set_cipher_list(context, CIPHERS) != 1 ||
        SSL_CTX_set_session_id_context(context, session_name, sizeof(session_name)) != 1)
        abort();
}

/* NULL: `error` is a sentence. */
static SSL_CTX *make_context(const struct section *section, int64_t *lists_until_s,
                             char *error, size_t error_size)
{
    SSL_CTX *context =
        SSL_CTX_new(section->side == LISTEN ? TLS_server_method() : TLS_client_method());
    char why[1200] = "its settings are refused";
    bool good;

    if (context == NULL)
        abort();
    ERR_clear_error();
    set_protocol(context, section->config);
    good = set_own(context, section->config, why, sizeof(why)) &&
           set_theirs(context, section->config, section->side, why, sizeof(why)) &&
           set_lists(context, section->config, lists_until_s, why, sizeof(why));
    ERR_clear_error();
    if (good)
        return context;
    SSL_CTX_free(context);
    snprintf(error, error_size, "%s '%s': %s", side_names[section->side], section->name,
             why);
    return NULL;
}

static int64_t expiry_of(const SSL_CTX *context)
{
    const X509 *certificate = SSL_CTX_get0_certificate(context);

    return certificate != NULL ? seconds_of(X509_get0_notAfter(certificate)) : 0;
}

/* A warning when so many days are left, and when none is.  Lists live for days only. */
static void look_at_days(struct section *section, enum kind kind, int64_t now_s)
{
    static const int steps[KINDS][4] = {
        {30, 7, 1, 0},
        {1,  1, 1, 0}
    };
    int64_t left_s = section->expires_at_s[kind] - now_s;
    int days = -1;

    if (section->expires_at_s[kind] == 0)
        return;
    for (size_t i = 0; i < sizeof(steps[kind]) / sizeof(steps[kind][0]); i++)
        if (left_s <= (int64_t)steps[kind][i] * DAY_S)
            days = steps[kind][i];
    if (days < 0 || days == section->said_days[kind])
        return;
    section->said_days[kind] = days;
    log_warning("tls.expires", "%s=%s %s=%s days=%lld", side_names[section->side],
                section->name, kind == CRL ? "crl" : "certificate",
                kind == CRL ? section->config->crl : section->config->certificate,
                (long long)(left_s / DAY_S));
}

static void look_at_all(void *owner)
{
    struct tls *tls = owner;
    int64_t now_s = clock_wall_ms(tls->clock) / 1000;

    for (size_t i = 0; i < tls->section_count; i++)
        for (enum kind kind = 0; kind < KINDS; kind++)
            look_at_days(&tls->sections[i], kind, now_s);
    clock_arm_in(tls->clock, &tls->look, LOOK_MS, look_at_all, tls);
}

bool tls_reload(struct tls *tls, char *error, size_t error_size)
{
    SSL_CTX **fresh = calloc(tls->section_count + 1, sizeof(SSL_CTX *));
    int64_t *lists_until_s = calloc(tls->section_count + 1, sizeof(int64_t));
    bool good = true;

    if (fresh == NULL || lists_until_s == NULL)
        abort();
    for (size_t i = 0; good && i < tls->section_count; i++)
        if (tls->sections[i].config->on)
            good = (fresh[i] = make_context(&tls->sections[i], &lists_until_s[i], error,
                                            error_size)) != NULL;
    for (size_t i = 0; i < tls->section_count; i++) {
        struct section *section = &tls->sections[i];

        if (!good || fresh[i] == NULL) {
            SSL_CTX_free(fresh[i]);
            continue;
        }
        SSL_CTX_free(section->context);
        section->context = fresh[i];
        section->expires_at_s[CERTIFICATE] = expiry_of(fresh[i]);
        section->expires_at_s[CRL] = lists_until_s[i];
        section->said_days[CERTIFICATE] = section->said_days[CRL] = -1;
    }
    free(fresh);
    free(lists_until_s);
    tls->counts.reloads += good;
    tls->counts.reloads_refused += !good;
    if (good && tls->clock != NULL)
        look_at_all(tls);
    return good;
}

/* --- life --------------------------------------------------------------------------- */

static void set_up_section(struct tls *tls, size_t place, enum side side, const char *name,
                           const struct config_tls *config)
{
    struct section *section = &tls->sections[place];

    section->tls = tls;
    section->config = config;
    section->side = side;
    section->name = name;
    section->transport = (struct smpp_transport){.self = section,
                                                 .accepted = accept_tls,
                                                 .connect = connect_tls,
                                                 .finish = finish_tls,
                                                 .resume = resume_tls};
}

struct tls *tls_new(const struct config *config, struct clock *clock, char *error,
                    size_t error_size)
{
    struct tls *tls = calloc(1, sizeof(*tls));

    if (tls == NULL)
        abort();
    tls->users = 1;
    tls->clock = clock;
    tls->gate = make_gate_method();
    tls->listen_count = config->listen_count;
    tls->section_count = config->listen_count + config->link_count;
    tls->sections = calloc(tls->section_count + 1, sizeof(*tls->sections));
    if (tls->sections == NULL)
        abort();
    for (size_t i = 0; i < config->listen_count; i++)
        set_up_section(tls, i, LISTEN, config->listens[i].name, &config->listens[i].tls);
    for (size_t i = 0; i < config->link_count; i++)
        set_up_section(tls, tls->listen_count + i, LINK, config->links[i].name,
                       &config->links[i].tls);
    if (!tls_reload(tls, error, error_size)) {
        tls_free(tls);
        return NULL;
    }
    tls->counts = (struct tls_counts){0};
    return tls;
}

void tls_free(struct tls *tls)
{
    if (tls == NULL)
        return;
    if (tls->clock != NULL) {
        clock_disarm(tls->clock, &tls->turn);
        clock_disarm(tls->clock, &tls->look);
    }
    for (size_t i = 0; i < tls->section_count; i++) {
        SSL_CTX_free(tls->sections[i].context);
        tls->sections[i].context = NULL;
    }
    release(tls);
}

/* --- questions ---------------------------------------------------------------------- */

const char *tls_version(struct bufferevent *bev)
{
    SSL *ssl = bufferevent_openssl_get_ssl(bev);

    return ssl != NULL && SSL_is_init_finished(ssl) ? SSL_get_version(ssl) : "no";
}

bool tls_peer_has_name(struct bufferevent *bev, const char *name)
{
    SSL *ssl = bufferevent_openssl_get_ssl(bev);
    X509 *certificate = ssl != NULL ? SSL_get0_peer_certificate(ssl) : NULL;
    unsigned flags = X509_CHECK_FLAG_ALWAYS_CHECK_SUBJECT | X509_CHECK_FLAG_NO_WILDCARDS;
    bool has;

    if (certificate == NULL || SSL_get_verify_result(ssl) != X509_V_OK)
        return false;
    has = X509_check_host(certificate, name, strlen(name), flags, NULL) == 1;
    ERR_clear_error();
    return has;
}

bool tls_failure(struct bufferevent *bev, char *why, size_t why_size)
{
    SSL *ssl = bufferevent_openssl_get_ssl(bev);
    const struct gate *gate;
    unsigned long code;

    if (ssl == NULL)
        return false;
    gate = SSL_get_app_data(ssl);
    code = bufferevent_get_openssl_error(bev);
    if (code == 0 && (gate->done || !gate->heard))
        return false;
    if (gate->is_plain)
        snprintf(why, why_size, "what came is no TLS");
    else if (SSL_get_verify_result(ssl) != X509_V_OK)
        snprintf(why, why_size, "certificate refused: %s",
                 X509_verify_cert_error_string(SSL_get_verify_result(ssl)));
    else
        snprintf(why, why_size, "%s", describe(code, "the handshake was not finished"));
    return true;
}

struct tls_counts tls_counts(const struct tls *tls)
{
    return tls->counts;
}

static bool next_of(const struct tls *tls, enum kind kind, size_t *place,
                    struct tls_expiry *out)
{
    while (*place < tls->section_count) {
        const struct section *section = &tls->sections[(*place)++];

        if (section->expires_at_s[kind] == 0)
            continue;
        *out = (struct tls_expiry){side_names[section->side], section->name,
                                   section->expires_at_s[kind]};
        return true;
    }
    return false;
}

bool tls_next_certificate(const struct tls *tls, size_t *place, struct tls_expiry *out)
{
    return next_of(tls, CERTIFICATE, place, out);
}

bool tls_next_crl(const struct tls *tls, size_t *place, struct tls_expiry *out)
{
    return next_of(tls, CRL, place, out);
}
