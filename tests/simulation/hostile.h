/* What no ESME sends: octets that are no SMPP, frames that cannot be, PDUs cut or mangled.
 */
#ifndef TESTS_SIMULATION_HOSTILE_H
#define TESTS_SIMULATION_HOSTILE_H

#include <stdbool.h>
#include <stdint.h>

struct cable;
struct world;

/* Instead of a bind. */
void hostile_greet(struct world *world, struct cable *cable);

/* Something; false: the cable is gone with it. */
bool hostile_act(struct world *world, struct cable *cable, uint32_t sequence);

#endif
