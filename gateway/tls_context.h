/*
 * What the files of a tls section make of the library: our certificate and key, whom we
 * trust, and the revocation lists.  No other file reads a key.
 *
 * Files are read when a context is made, and errors are the ends of sentences that name
 * them.  A key with a passphrase is an error.
 */
#ifndef GATEWAY_TLS_CONTEXT_H
#define GATEWAY_TLS_CONTEXT_H

#include <stddef.h>
#include <stdint.h>

#include <openssl/types.h>

#include "gateway/config.h"
#include "gateway/tls.h"

/*
 * Release with SSL_CTX_free().  *out_lists_until_s: seconds since 1970, until when the
 * first of its revocation lists is in force; 0: there is none.  NULL: `error` says why.
 */
SSL_CTX *tls_context_new(const struct config_tls *config, enum tls_side side,
                         int64_t *out_lists_until_s, char *error, size_t error_size);

/* Until when its own certificate is good, seconds since 1970; 0: it has none. */
int64_t tls_context_expires_s(const SSL_CTX *context);

/* For who calls: a server that asks for a handshake while one is under way is left.  The
 * library passes over that, and reads on for as long as there is more of it. */
void tls_context_leave_askers(SSL_CTX *context);

/* What the library means by this code of an error; `otherwise`: it does not say. */
const char *tls_context_words(unsigned long code, const char *otherwise);

#endif
