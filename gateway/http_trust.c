#include "gateway/http_trust.h"

#include <stdio.h>
#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "gateway/tls_context.h"

struct http_trust {
    X509_STORE *ours;
};

struct http_trust *http_trust_new(const char *path, char *error, size_t error_size)
{
    struct http_trust *trust = calloc(1, sizeof(*trust));

    if (trust == NULL || (trust->ours = X509_STORE_new()) == NULL)
        abort();
    ERR_clear_error();
    if (X509_STORE_load_file(trust->ours, path) == 1)
        return trust;
    snprintf(error, error_size, "private_ca '%s': %s", path,
             tls_context_words(ERR_peek_error(), "there is no certificate in it"));
    http_trust_free(trust);
    return NULL;
}

void http_trust_free(struct http_trust *trust)
{
    if (trust == NULL)
        return;
    X509_STORE_free(trust->ours);
    free(trust);
}

void http_trust_put(const struct http_trust *trust, SSL_CTX *context)
{
    const STACK_OF(X509_OBJECT) *all = X509_STORE_get0_objects(trust->ours);
    X509_STORE *store = SSL_CTX_get_cert_store(context);

    for (int i = 0; i < sk_X509_OBJECT_num(all); i++) {
        X509 *one = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(all, i));

        if (one != NULL && X509_STORE_add_cert(store, one) != 1)
            abort();
    }
}
