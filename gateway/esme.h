/*
 * The ESMEs: who is bound to us, over which sessions, and what passes there.
 */
#ifndef GATEWAY_ESME_H
#define GATEWAY_ESME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/accounts.h"
#include "gateway/outbox.h"
#include "smpp/pdu.h"

struct esmes;
struct gateway;
struct live;
struct sockaddr;

/* The end of a password check, for accounts_new(); `owner` is the gateway. */
void esmes_on_checked(void *owner, uint64_t session, enum accounts_answer answer,
                      uint32_t account);

struct esmes *esmes_new(struct gateway *gateway);
void esmes_free(struct esmes *esmes);

/* Opens the listeners of the configuration; false with a sentence that names the address.
 */
bool esmes_listen(struct gateway *gateway, char *error, size_t error_size);

/* A connection, as the first listener would have accepted it: takes `fd`. */
void esmes_accept(struct gateway *gateway, int fd, const struct sockaddr *address,
                  unsigned address_size);

/* The port of the first listener, for port 0. */
uint16_t esmes_port(const struct gateway *gateway);

/* Answers a submit_sm or data_sm that was accepted, with the public id; nothing happens
 * when the session has gone. */
void esmes_answer(struct gateway *gateway, uint64_t session, uint32_t sequence,
                  uint32_t command, const char *id);
/* Any other answer to a request of the session. */
void esmes_answer_with(struct gateway *gateway, uint64_t session,
                       const struct smpp_pdu *answer);

/* Having submitted this message it waits for its next turn, if it must (turnstile.h). */
void esmes_end_turn(struct gateway *gateway, uint64_t session, const struct live *live);

/* The session bound with a version below 3.4. */
bool esmes_is_old(const struct gateway *gateway, uint64_t session);

/*
 * Sends a deliver_sm to a session of the account: `preferred` if it lives and can
 * receive, else, with `others`, any other; to one that does not answer only for want of
 * another.  Its answer comes to outbox_answered().
 */
enum outbox_sent esmes_deliver(struct gateway *gateway, uint32_t account,
                               uint64_t preferred, bool others, struct smpp_pdu *pdu,
                               uint64_t cookie);

/* The account was suspended: those who wait for a place are refused, its sessions are
 * unbound. */
void esmes_suspend(struct gateway *gateway, uint32_t account);

/* Unbinds all; done when esmes_count() is 0. */
void esmes_drain(struct gateway *gateway);
size_t esmes_count(const struct gateway *gateway);
size_t esmes_bound(const struct gateway *gateway, uint32_t account);

struct esme_counters {
    uint64_t accepted;
    uint64_t binds;
    uint64_t binds_refused;
    uint64_t displaced;
    uint64_t hurried; /* right binds refused: too many of one address */
    uint64_t inactive;
    uint64_t held;        /* submits over their rate whose session had to wait */
    uint64_t turns_ended; /* submits after which it waited for a commit */
    uint64_t pdus_in;
    uint64_t pdus_out;
    uint64_t octets_in;
    uint64_t octets_out;
    uint64_t tolerated;
    uint64_t undecodable;
    uint64_t wrong_state;
    uint64_t buffered;         /* octets that wait to be written, now */
    uint64_t buffered_largest; /* and of the connection that has most of them */
    uint64_t tls_on_plain;     /* connections that spoke TLS where none is spoken */
};

/* Of sessions that have ended and those that live. */
void esmes_counters(const struct gateway *gateway, struct esme_counters *out);

#endif
