/*
 * TLS for SMPP: the listeners and links that have a tls section, each as a transport
 * (smpp/transport.h) with its certificates.
 *
 * Certificates and revocation lists are read when it is made and when it is told to;
 * connections that are there keep what they began with.  Where there is a list, who comes
 * with a certificate of an authority that has none, or none that is in force, is refused.
 * TLS 1.2 is the oldest that is spoken, with forward secrecy and without renegotiation or
 * compression.
 *
 * A handshake costs us a signature, so a turn of the loop begins no more of that work once
 * it has taken TLS_HANDSHAKES_US; who waits keeps its octets in the socket.  How long a
 * handshake may take is the session's bind time.
 */
#ifndef GATEWAY_TLS_H
#define GATEWAY_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bufferevent;
struct clock;
struct config;
struct smpp_transport;
struct tls;

enum { TLS_HANDSHAKES_US = 4000 };

/*
 * Reads all certificates of the configuration, which is borrowed.  NULL: `error` is a
 * sentence that names the section and the file.  `clock` may be NULL to look only whether
 * all is right.
 */
struct tls *tls_new(const struct config *config, struct clock *clock, char *error,
                    size_t error_size);

/* Accepts NULL.  Connections may outlive it. */
void tls_free(struct tls *tls);

/* Reads all files anew for the connections to come.  False: something is wrong with one of
 * them, and nothing has changed. */
bool tls_reload(struct tls *tls, char *error, size_t error_size)
    __attribute__((warn_unused_result));

/* By index of the configuration; NULL: it has no tls section. */
const struct smpp_transport *tls_of_listen(const struct tls *tls, size_t index);
const struct smpp_transport *tls_of_link(const struct tls *tls, size_t index);

/* --- of a connection: any bufferevent may be asked --------------------------------------
 */

/* "TLSv1.3"; "no" while nothing is agreed, and without TLS. */
const char *tls_version(struct bufferevent *bev);

/* The other side showed a certificate, it was verified, and it is for this name. */
bool tls_peer_has_name(struct bufferevent *bev, const char *name);

/* Why TLS gave the connection up, as the end of a sentence; false: it did not.  To be asked
 * once, when the connection has ended. */
bool tls_failure(struct bufferevent *bev, char *why, size_t why_size);

/* --- counters ------------------------------------------------------------------------- */

enum tls_side { TLS_LISTEN, TLS_LINK, TLS_SIDES };

struct tls_counts {
    uint64_t done[TLS_SIDES]; /* handshakes */
    uint64_t failed[TLS_SIDES];
    uint64_t plain[TLS_SIDES]; /* of these: what came was no TLS */
    uint64_t reloads;
    uint64_t reloads_refused;
};

struct tls_counts tls_counts(const struct tls *tls);

/* Until when a file of a section is good. */
struct tls_expiry {
    const char *kind; /* of the section: "listen" or "link" */
    const char *name;
    int64_t at_s; /* seconds since 1970 */
};

/* The next certificate of ours, or revocation list (of those in a file the one that is over
 * first), after *place (first 0); false: no more. */
bool tls_next_certificate(const struct tls *tls, size_t *place, struct tls_expiry *out);
bool tls_next_crl(const struct tls *tls, size_t *place, struct tls_expiry *out);

#endif
