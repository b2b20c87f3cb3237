/* What a world asks of a life of the gateway: its beginning, what it counts, its end. */
#ifndef TESTS_SIMULATION_LIFE_H
#define TESTS_SIMULATION_LIFE_H

struct world;

/* Writes the configuration of this seed and reads it. */
void life_configure(struct world *world);

/* After each step of time: what must hold at every moment; moments that have come. */
void life_watch(struct world *world);

/* Whether it is so full that submits are refused: also before it has had time to empty. */
void life_look_at_ring(struct world *world);

/* The present life is over; the next begins in a while. */
void life_end(struct world *world);

/* Frees it as it is. */
void life_drop(struct world *world);

/* All counters of the present life, into the situations met. */
void life_count(struct world *world);

#endif
