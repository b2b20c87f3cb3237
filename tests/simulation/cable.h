/*
 * The network: a cable lies between one connection of the gateway and one peer.  What
 * goes in at one end comes out at the other after a while, in order, cut anywhere; a
 * cable can be closed or cut.
 *
 * This is the gateway's transport (smpp/transport.h) and its listener (smpp/listener.h):
 * no socket exists.
 */
#ifndef TESTS_SIMULATION_CABLE_H
#define TESTS_SIMULATION_CABLE_H

#include <stddef.h>
#include <stdint.h>

#include "tests/simulation/world.h"

struct cable;
struct smpp_transport;

struct cable_ops {
    void (*on_octets)(void *owner, const uint8_t *octets, size_t size);
    /* The other end is gone; the cable is, too, when this returns. */
    void (*on_closed)(void *owner);
};

/* From a peer to the gateway's door; NULL when nobody is there. */
struct cable *cable_connect(struct world *world, const struct cable_ops *ops, void *owner);

/* `moment` comes when they arrive, before the gateway looks at them; MOMENTS: none. */
void cable_send(struct cable *cable, const void *octets, size_t size, enum moment moment);
/* After all that was sent; no callback comes any more. */
void cable_close(struct cable *cable);
/* At once; what is on its way is lost.  No callback comes any more. */
void cable_cut(struct cable *cable);

/* Those that are left, with the world. */
void cables_free(struct world *world);

/* What the gateway is to connect and to accept with. */
void cable_transport(struct world *world, struct smpp_transport *out);

#endif
