/*
 * What the parts of the ESMEs' side share: esme.c holds the sessions and what passes there,
 * esme_binds.c who has which place of an account, esme_turns.c who is heard when,
 * esme_doors.c the listeners.  Only they include this.
 */
#ifndef GATEWAY_ESME_PIECES_H
#define GATEWAY_ESME_PIECES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "gateway/clock.h"
#include "gateway/esme.h"
#include "gateway/log_share.h"
#include "gateway/turnstile.h"
#include "smpp/conn.h"

struct config_listen;
struct gateway;
struct smpp_listener;
struct smpp_transport;
struct table;

enum { ESME_FROM_SIZE = 48 };

/* A listener. */
struct door {
    struct gateway *gateway;
    const struct config_listen *config;
    const struct smpp_transport *transport;
    struct smpp_listener *listener;
    struct clock_timer resume;
};

struct esme {
    struct gateway *gateway;
    struct door *door;
    struct smpp_conn *conn;
    uint64_t id;
    size_t account;      /* index of the configuration; meaningful once `known` */
    bool known;          /* the password was right */
    bool bound;          /* and it has one of the account's places */
    bool waiting;        /* for one of them, at the bind limit */
    bool probed;         /* it is asked whether it still lives */
    uint64_t octets_out; /* when it was asked */
    bool mute;           /* it let one of our requests time out, and answered none since */
    uint32_t offered;    /* our requests it has not answered */
    int64_t heard_ms;    /* monotonic: its last answer, or the first of those requests */
    struct esme *prev;   /* bound, or waiting for a place: of the account */
    struct esme *next;
    struct clock_timer tick;
    struct clock_timer held;     /* until it is heard again: it was over its rate */
    struct turnstile_place turn; /* and until this is */
    struct sockaddr_storage address;
    uint8_t ip[16];
};

/* The places of one account. */
struct binds {
    struct gateway *gateway;
    struct esme *bound;   /* in a ring of turns: the first is next for receipts */
    struct esme *waiting; /* for a place at the bind limit */
    size_t count;
    size_t probes; /* unanswered, of the round that decides about those who wait */
    struct clock_timer round;
};

struct esmes {
    struct gateway *gateway;
    struct door *doors;
    size_t door_count;
    struct table *by_id;
    struct binds *binds; /* by index of the configuration */
    struct esme_counters past;
    struct log_share strangers; /* lines about them */
    struct table *came;         /* right binds in this second, by address */
    int64_t came_since_ms;
};

/* NULL: it has gone. */
struct esme *esme_find(const struct gateway *gateway, uint64_t id);

/* Monotonic. */
int64_t esme_now_ms(const struct esme *esme);

const struct config_account *esme_account(const struct esme *esme);

/* Whether a line about somebody who has not been let in may be logged: so many a second, or
 * whoever knocks without end would fill the disk. */
bool esmes_may_tell(struct esmes *esmes);

/* Where it comes from, without the port; returns `out`. */
const char *esme_from(const struct esme *esme, char out[ESME_FROM_SIZE]);

/* --- turns (esme_turns.c) ----------------------------------------------------------- */

/* Hears of it or not, by all there is to make it wait. */
void esme_hold(struct esme *esme);

/* It has submitted. */
void esme_turn_taken(struct esme *esme);

/* --- places (esme_binds.c) ---------------------------------------------------------- */

struct binds *esme_binds_new(struct gateway *gateway);
void esme_binds_free(struct gateway *gateway, struct binds *binds);

/* Everybody goes. */
void esme_binds_suspend(struct binds *binds);

/* The session's callbacks. */
void esme_on_bind(void *owner, const struct smpp_pdu *bind);
void esme_on_alive(void *owner);

/* Its connection is over: its place, or its turn to get one, goes on. */
void esme_leave(struct esme *esme);

/* The bound session whose turn it is, which goes to the end; there is one. */
struct esme *esme_next_in_turn(struct binds *binds);

/* --- listeners (esme_doors.c) ------------------------------------------------------- */

/* A connection came through the door (esme.c): takes `fd`. */
void esme_accept(struct door *door, int fd, const struct sockaddr *address,
                 unsigned address_size);

struct door *esme_doors_new(const struct gateway *gateway);
void esme_doors_free(struct esmes *esmes);

/* No more come in. */
void esme_doors_shut(struct esmes *esmes);

#endif
