/*
 * One context per section (tls_context.h), and between each connection and its socket a
 * gate (tls_gate.h).  Connections name their section's transport for as long as they are
 * there: all of it goes after the last gate.
 */
#include "gateway/tls.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/bufferevent_struct.h>
#include <event2/event.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "gateway/clock.h"
#include "gateway/config.h"
#include "gateway/log.h"
#include "gateway/tls_context.h"
#include "gateway/tls_gate.h"
#include "smpp/transport.h"

enum {
    LOOK_MS = 60 * 60 * 1000, /* how often the days that are left are counted */
    DAY_S = 24 * 60 * 60,
};

/* What a section has that may be over one day. */
enum kind { CERTIFICATE, CRL, KINDS };

/* A tls section. */
struct section {
    struct tls *tls;
    const struct config_tls *config;
    enum tls_side side;
    const char *name; /* of the listener or link */
    SSL_CTX *context;
    int64_t expires_at_s[KINDS]; /* 0 = there is none */
    int said_days[KINDS];        /* the last warning: so many days were left */
    struct smpp_transport transport;
};

struct tls {
    struct clock *clock;
    struct section *sections;
    size_t section_count;
    size_t listen_count; /* the first of them, one for each listener; then the links' */
    struct tls_gates *gates;
    struct tls_counts counts;
    struct clock_timer look;
};

static const char *const side_names[] = {[TLS_LISTEN] = "listen", [TLS_LINK] = "link"};

/* --- the transport ------------------------------------------------------------------ */

static struct bufferevent *wrap_socket(struct section *section, struct event_base *base,
                                       int take_fd, SSL *ssl)
{
    struct bufferevent *bev;

    smpp_transport_set_up(take_fd);
    tls_gate_put(section->tls->gates, section->side, ssl, take_fd);
    /* Deferred, or what is read would be told of from inside the asking for it. */
    bev = bufferevent_openssl_socket_new(base, take_fd, ssl,
                                         section->side == TLS_LISTEN
                                             ? BUFFEREVENT_SSL_ACCEPTING
                                             : BUFFEREVENT_SSL_CONNECTING,
                                         BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
    if (bev == NULL)
        abort();
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

/* NULL: `error` is a sentence. */
static SSL_CTX *make_context(const struct section *section, int64_t *lists_until_s,
                             char *error, size_t error_size)
{
    char why[1200];
    SSL_CTX *context =
        tls_context_new(section->config, section->side, lists_until_s, why, sizeof(why));

    if (context == NULL)
        snprintf(error, error_size, "%s '%s': %s", side_names[section->side], section->name,
                 why);
    return context;
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
        section->expires_at_s[CERTIFICATE] = tls_context_expires_s(fresh[i]);
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

static void set_up_section(struct tls *tls, size_t place, enum tls_side side,
                           const char *name, const struct config_tls *config)
{
    struct section *section = &tls->sections[place];

    section->tls = tls;
    section->config = config;
    section->side = side;
    section->name = name;
    /* The library tells of a write of several records when the last has left, and the
     * first have been read by then. */
    section->transport = (struct smpp_transport){.self = section,
                                                 .piece_max_size = SSL3_RT_MAX_PLAIN_LENGTH,
                                                 .accepted = accept_tls,
                                                 .connect = connect_tls,
                                                 .finish = finish_tls,
                                                 .resume = resume_tls};
}

static void free_all(void *owner)
{
    struct tls *tls = owner;

    free(tls->sections);
    free(tls);
}

struct tls *tls_new(const struct config *config, struct clock *clock, char *error,
                    size_t error_size)
{
    struct tls *tls = calloc(1, sizeof(*tls));

    if (tls == NULL)
        abort();
    tls->clock = clock;
    tls->gates = tls_gates_new(clock, &tls->counts, free_all, tls);
    tls->listen_count = config->listen_count;
    tls->section_count = config->listen_count + config->link_count;
    tls->sections = calloc(tls->section_count + 1, sizeof(*tls->sections));
    if (tls->sections == NULL)
        abort();
    for (size_t i = 0; i < config->listen_count; i++)
        set_up_section(tls, i, TLS_LISTEN, config->listens[i].name,
                       &config->listens[i].tls);
    for (size_t i = 0; i < config->link_count; i++)
        set_up_section(tls, tls->listen_count + i, TLS_LINK, config->links[i].name,
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
    if (tls->clock != NULL)
        clock_disarm(tls->clock, &tls->look);
    for (size_t i = 0; i < tls->section_count; i++) {
        SSL_CTX_free(tls->sections[i].context);
        tls->sections[i].context = NULL;
    }
    tls_gates_free(tls->gates);
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
    const struct tls_gate *gate;
    unsigned long code;

    if (ssl == NULL)
        return false;
    gate = tls_gate_of(ssl);
    code = bufferevent_get_openssl_error(bev);
    if (code == 0 && (gate->done || !gate->heard))
        return false;
    if (gate->is_plain)
        snprintf(why, why_size, "what came is no TLS");
    else if (gate->error != 0)
        snprintf(why, why_size, "%s", strerror(gate->error));
    else if (SSL_get_verify_mode(ssl) != SSL_VERIFY_NONE &&
             SSL_get_verify_result(ssl) != X509_V_OK)
        snprintf(why, why_size, "certificate refused: %s",
                 X509_verify_cert_error_string(SSL_get_verify_result(ssl)));
    else
        snprintf(why, why_size, "%s",
                 tls_context_words(code, "the handshake was not finished"));
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
