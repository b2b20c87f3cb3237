/*
 * The authorities of ours that calls over TLS trust beside those the system trusts: read
 * once, and put into the context of each connection.
 */
#ifndef GATEWAY_HTTP_TRUST_H
#define GATEWAY_HTTP_TRUST_H

#include <stddef.h>

#include <openssl/types.h>

struct http_trust;

/* The certificates of the file, PEM; NULL after a sentence in `error`. */
struct http_trust *http_trust_new(const char *path, char *error, size_t error_size);
void http_trust_free(struct http_trust *trust); /* accepts NULL */

/* Twice into the same store is as good as once. */
void http_trust_put(const struct http_trust *trust, SSL_CTX *context);

#endif
