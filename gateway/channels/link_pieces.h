/*
 * What the parts of a link share: link.c holds its life, connecting and the binds,
 * link_hosts.c where the operator is, link_slots.c the windows and the rate,
 * link_fields.c how the fields of a submit are written, link_submit.c what goes out and its
 * answers, link_refusals.c the answers that say no,
 * link_reports.c what the operator sends, link_receipt.c what its receipts say.
 * Only they include this.
 */
#ifndef GATEWAY_CHANNELS_LINK_PIECES_H
#define GATEWAY_CHANNELS_LINK_PIECES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "gateway/channels/breadth.h"
#include "gateway/channels/channel.h"
#include "gateway/channels/pace.h"
#include "gateway/clock.h"
#include "gateway/source.h"
#include "smpp/conn.h"
#include "smpp/timestamp.h"

struct bufferevent;
struct config_address;
struct config_link;
struct gateway;
struct link;
struct link_lookup;
struct smpp_receipt;
struct smpp_transport;

enum { LINK_ADDRESSES_MAX = 8 };

/* A try on its way: whose it is, while its place in the window is taken or its answer may
 * come late. */
struct flight {
    uint64_t message;
    uint64_t attempt;
    int64_t sent_at_ms;
    uint32_t place; /* of the message */
    uint32_t next;  /* the next free one */
};

struct bind {
    struct link *link;
    struct smpp_conn *conn; /* NULL: not connected */
    uint64_t session;
    uint32_t index;
    uint32_t command;    /* bind_transceiver ... */
    size_t host;         /* it is at, or goes to next */
    uint16_t generation; /* slots of earlier connections are void */
    bool blocked;        /* the output is full */
    bool was_bound;      /* since it connected */
    bool doubted;        /* an answer did not come, and nothing was heard since */
    bool resting;        /* takes nothing more, and leaves when nothing is open on it */
    bool going_home;     /* it leaves for the first host */
    uint32_t refused;    /* the last bind was, with this status; 0: it was not */
    unsigned failures;   /* to be bound, in a row, by rounds of the hosts */
    struct clock_timer tick;
    struct clock_timer again;
    struct breadth breadth; /* of the window, as it is now */
    struct flight *flights; /* for each place of the window two: one may be answered late */
    uint32_t free_first;
    uint32_t in_flight;
    uint32_t reserved;
};

struct link_address {
    struct sockaddr_storage address;
    unsigned size;
};

/* One of the places the operator is at. */
struct link_host {
    struct link *link;
    const struct config_address *at;
    struct link_address addresses[LINK_ADDRESSES_MAX];
    size_t count;               /* 0: not known */
    struct link_lookup *lookup; /* under way */
};

struct link {
    struct gateway *gateway;
    const struct config_link *config;
    const struct smpp_transport *transport;
    size_t config_index;
    uint32_t number;
    struct bind *binds;
    uint32_t bind_count;
    uint32_t turn;     /* the bind whose turn it is */
    unsigned refusals; /* binds refused for who we are, none accepted since */
    uint64_t refused;  /* binds, since the start */
    bool draining;
    bool leaving;
    bool told_takes;       /* to the dispatcher */
    unsigned rebinds;      /* because of what was answered, nothing taken since */
    uint64_t throttled;    /* answers that paused it, since the start */
    uint64_t congested;    /* answers that told congestion, likewise */
    uint64_t unreceived;   /* deliver_sm answered 0 although it was not taken, likewise */
    uint64_t alarms;       /* answers that ask for somebody, likewise */
    int64_t alarmed_at_ms; /* the last that was written; 0: none */
    uint32_t alarm_status;
    int64_t paused_until_ms;
    int64_t pause_ms;      /* the last one's length */
    bool took_since_pause; /* the operator, something */
    struct clock_timer pause;
    struct pace pace; /* of segments */
    struct clock_timer room;
    struct link_host *hosts;  /* as many as configured */
    struct clock_timer home;  /* the next look at the first host, or the end of one */
    struct bufferevent *look; /* under way */
};

/* Monotonic. */
int64_t link_now_ms(const struct link *link);

/* --- binds (link.c) ----------------------------------------------------------------- */

/* To be called after anything that may have changed link_is_up() or link_is_held_up(). */
void link_tell_state(struct link *link);

/* It takes nothing more; when all is answered it unbinds, and connects again. */
void link_bind_rest(struct bind *bind);
/* The same, and then to the first host. */
void link_bind_go_home(struct bind *bind);
/* Something on it is over: if it rests it may be time to leave. */
void link_bind_less(struct bind *bind);

/* The addresses of a host are known, or could not be found. */
void link_host_told(struct link *link, size_t index);

/* --- where the operator is (link_hosts.c) ------------------------------------------- */

void link_hosts_open(struct link *link);
/* The executor must be gone. */
void link_hosts_close(struct link *link);

/*
 * Where to connect after `failures` failed rounds: each address of the name in turn.
 * NULL: not known yet.
 */
const struct link_address *link_host_address(struct link *link, size_t index,
                                             unsigned failures);

/* Asks for it; link_host_told() follows.  False: nobody can be asked now. */
bool link_host_ask(struct link *link, size_t index) __attribute__((warn_unused_result));

/* Names may lead elsewhere by now. */
void link_hosts_forget(struct link *link);

/* A bind is up: if not at the first host, that is looked at from time to time. */
void link_host_bound(struct link *link, const struct bind *bind);

/* --- the windows (link_slots.c) ----------------------------------------------------- */

/* The operator takes submits on it. */
bool link_bind_takes(const struct bind *bind);

bool link_reserve(void *self, uint64_t together, enum channel_way way, uint32_t *out_slot);
void link_unreserve(void *self, uint32_t slot);
uint32_t link_room(void *self);
uint32_t link_capacity(void *self);
bool link_is_up(void *self);
bool link_is_held_up(void *self);
uint32_t link_open_tries(void *self);

/* Takes the slot out of the reserved ones; NULL: its connection is gone. */
struct bind *link_use_slot(struct link *link, uint32_t slot);

/* A slot came to nothing: its segment is not counted, and whoever waits for a place is
 * asked again, from the loop. */
void link_slot_unused(struct link *link);

/* Nothing is reserved before then. */
void link_pause_until(struct link *link, int64_t until_ms);

/* --- out, and the answers (link_submit.c) ------------------------------------------- */

enum channel_send link_send(void *self, const struct handover *handover);
void link_on_response(void *owner, const struct smpp_pdu *response, uint64_t cookie);
void link_on_no_response(void *owner, uint64_t cookie, enum smpp_fate fate);
void link_on_late_response(void *owner, const struct smpp_pdu *response, uint64_t cookie);

/* --- fields (link_fields.c) --------------------------------------------------------- */

enum { LINK_ADDRESS_SIZE = 24 };

/* Where what is written anew for one submit_sm lives. */
struct link_room {
    struct source sender; /* in place of the body's source */
    char source[LINK_ADDRESS_SIZE];
    char destination[LINK_ADDRESS_SIZE];
    char validity[SMPP_TIMESTAMP_SIZE];
};

/* All but the text and the parameters. */
void link_fill(const struct link *link, const struct handover *handover,
               struct smpp_pdu *pdu, struct link_room *room);

/* A recipient as the operator writes it, in place: as the digits it was submitted with. */
void link_read_number(const struct link *link, uint8_t ton, char number[LINK_ADDRESS_SIZE]);

/* What it reports as the sender may be another text than was submitted. */
bool link_rewrites_sources(const struct link *link);

/* --- refusals (link_refusals.c) ----------------------------------------------------- */

/* The verdict of a try that was answered with this status, and what it does to the link. */
void link_refused(struct bind *bind, const struct flight *flight, uint32_t status,
                  struct verdict_news *news);
/* The operator took one. */
void link_took(struct link *link);
/* What an answer says of the operator's own load (5.0 4.8.4.18). */
void link_hear_congestion(struct link *link, const struct smpp_pdu *response);

/* --- reports (link_reports.c) ------------------------------------------------------- */

void link_on_deliver(void *owner, const struct smpp_pdu *request);

/* --- what they say (link_receipt.c) ------------------------------------------------- */

/* Fills in event, reason and code. */
void link_receipt_news(const struct config_link *link, const struct smpp_receipt *receipt,
                       struct report_news *news);

#endif
