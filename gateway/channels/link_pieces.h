/*
 * What the parts of a link share: link.c holds its life, connecting and the binds,
 * link_address.c where the operator is, link_slots.c the windows and the rate,
 * link_submit.c what goes out and its answers, link_reports.c what the operator sends.
 * Only they include this.
 */
#ifndef GATEWAY_CHANNELS_LINK_PIECES_H
#define GATEWAY_CHANNELS_LINK_PIECES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "gateway/channels/bucket.h"
#include "gateway/channels/channel.h"
#include "gateway/clock.h"
#include "smpp/conn.h"

struct config_link;
struct gateway;
struct link;
struct link_lookup;
struct smpp_transport;

enum { LINK_ADDRESSES_MAX = 8 };

/* A try on its way: whose it is, while its place in the window is taken. */
struct flight {
    uint64_t message;
    uint64_t attempt;
    uint32_t next; /* the next free one */
};

struct bind {
    struct link *link;
    struct smpp_conn *conn; /* NULL: not connected */
    uint64_t session;
    uint32_t index;
    uint16_t generation; /* slots of earlier connections are void */
    bool blocked;        /* the output is full */
    bool refused;        /* the last bind, for who we are */
    unsigned failures;   /* to be bound, in a row */
    struct clock_timer tick;
    struct clock_timer again;
    struct flight *flights; /* as many as the window has places */
    uint32_t free_first;
    uint32_t in_flight;
    uint32_t reserved;
};

struct link_address {
    struct sockaddr_storage address;
    unsigned size;
};

struct link {
    struct gateway *gateway;
    const struct config_link *config;
    const struct smpp_transport *transport;
    size_t config_index;
    uint32_t number;
    struct bind *binds;
    uint32_t turn;     /* the bind whose turn it is */
    unsigned refusals; /* binds refused for who we are, none accepted since */
    bool draining;
    bool leaving;
    int64_t paused_until_ms;
    struct clock_timer pause;
    struct bucket rate; /* of segments */
    struct clock_timer room;
    struct link_address addresses[LINK_ADDRESSES_MAX];
    size_t address_count;
    struct link_lookup *lookup; /* under way */
};

/* Monotonic. */
int64_t link_now_ms(const struct link *link);

/* --- where the operator is (link_address.c) ----------------------------------------- */

/*
 * Where to connect after `failures` failed tries: each address of the name in turn.
 * NULL: not known yet.
 */
const struct link_address *link_address(struct link *link, unsigned failures);

/* Asks for it; link_addresses_told() follows.  False: nobody can be asked now. */
bool link_address_ask(struct link *link) __attribute__((warn_unused_result));

/* A name may lead elsewhere by now. */
void link_address_forget(struct link *link);

/* The executor must be gone. */
void link_address_close(struct link *link);

/* To link.c: the addresses are known, or could not be found. */
void link_addresses_told(struct link *link);

/* --- the windows (link_slots.c) ----------------------------------------------------- */

/* The operator takes submits on it. */
bool link_bind_takes(const struct bind *bind);

bool link_reserve(void *self, uint64_t message, bool pinned, uint32_t *out_slot);
void link_unreserve(void *self, uint32_t slot);
uint32_t link_room(void *self);
uint32_t link_capacity(void *self);
bool link_is_up(void *self);
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

/* --- reports (link_reports.c) ------------------------------------------------------- */

void link_on_deliver(void *owner, const struct smpp_pdu *request);

#endif
