#include "gateway/tls_context.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

/* TLS 1.2 with forward secrecy and authenticated encryption; 1.3 has nothing else. */
#define CIPHERS "ECDHE+AESGCM:ECDHE+CHACHA20"

const char *tls_context_words(unsigned long code, const char *otherwise)
{
    const char *reason;

    if (ERR_SYSTEM_ERROR(code))
        return strerror(ERR_GET_REASON(code));
    reason = code != 0 ? ERR_reason_error_string(code) : NULL;
    return reason != NULL ? reason : otherwise;
}

/* A key with a passphrase is an error, not a question on the terminal. */
static int no_passphrase(char *out, int room, int writing, void *owner)
{
    (void)out;
    (void)room;
    (void)writing;
    (void)owner;
    return -1;
}

/* What the library says last is the most general; the first is the cause. */
static const char *cause(void)
{
    return tls_context_words(ERR_peek_error(), "it cannot be read");
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

static bool set_theirs(SSL_CTX *context, const struct config_tls *config,
                       enum tls_side side, char *why, size_t why_size)
{
    int mode = config->verify == CONFIG_VERIFY_NO ? SSL_VERIFY_NONE : SSL_VERIFY_PEER;
    STACK_OF(X509_NAME) *names = NULL;

    if (config->verify == CONFIG_VERIFY_REQUIRED && side == TLS_LISTEN)
        mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
    SSL_CTX_set_verify(context, mode, NULL);
    if (config->ca[0] == '\0')
        return side == TLS_LISTEN || SSL_CTX_set_default_verify_paths(context) == 1;
    if (SSL_CTX_load_verify_locations(context, config->ca, NULL) != 1 ||
        (side == TLS_LISTEN && (names = SSL_load_client_CA_file(config->ca)) == NULL)) {
        snprintf(why, why_size, "%s '%s': %s", side == TLS_LISTEN ? "client_ca" : "ca",
                 config->ca, cause());
        return false;
    }
    if (side == TLS_LISTEN)
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
    /* An idle connection gives its buffers back; what waits to be written may move. Partial
     * writes must stay off: libevent goes on with the next chunk of its buffer after one.
     */
    SSL_CTX_set_mode(context,
                     SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_default_passwd_cb(context, no_passphrase);
    if (SSL_CTX_set_min_proto_version(context, version) != 1 ||
        SSL_CTX_set_cipher_list(context, CIPHERS) != 1 ||
        SSL_CTX_set_session_id_context(context, session_name, sizeof(session_name)) != 1)
        abort();
}

static void on_message(int is_ours, int version, int type, const void *octets, size_t size,
                       SSL *ssl, void *owner)
{
    (void)version;
    (void)owner;
    if (!is_ours && type == SSL3_RT_HANDSHAKE && size > 0 &&
        *(const uint8_t *)octets == SSL3_MT_HELLO_REQUEST &&
        SSL_get_state(ssl) != TLS_ST_OK)
        SSL_set_shutdown(ssl, SSL_RECEIVED_SHUTDOWN); /* nothing more is read */
}

void tls_context_leave_askers(SSL_CTX *context)
{
    SSL_CTX_set_msg_callback(context, on_message);
}

SSL_CTX *tls_context_new(const struct config_tls *config, enum tls_side side,
                         int64_t *out_lists_until_s, char *error, size_t error_size)
{
    SSL_CTX *context =
        SSL_CTX_new(side == TLS_LISTEN ? TLS_server_method() : TLS_client_method());
    int64_t until_s = 0;
    bool good;

    if (context == NULL)
        abort();
    snprintf(error, error_size, "its settings are refused");
    ERR_clear_error();
    set_protocol(context, config);
    if (side == TLS_LINK)
        tls_context_leave_askers(context);
    good = set_own(context, config, error, error_size) &&
           set_theirs(context, config, side, error, error_size) &&
           set_lists(context, config, &until_s, error, error_size);
    ERR_clear_error();
    if (!good) {
        SSL_CTX_free(context);
        return NULL;
    }
    *out_lists_until_s = until_s;
    return context;
}

int64_t tls_context_expires_s(const SSL_CTX *context)
{
    const X509 *certificate = SSL_CTX_get0_certificate(context);

    return certificate != NULL ? seconds_of(X509_get0_notAfter(certificate)) : 0;
}
