/* Repeatable chance: the same seed gives the same run.  Not for secrets. */
#ifndef TESTS_PEERS_RANDOM_H
#define TESTS_PEERS_RANDOM_H

#include <stdint.h>

struct random {
    uint64_t state;
};

/* Spreads the bits of a number over all of it (splitmix64's last step). */
static inline uint64_t random_mix(uint64_t value)
{
    value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9u;
    value = (value ^ value >> 27) * 0x94D049BB133111EBu;
    return value ^ value >> 31;
}

/* 0 .. bound - 1; `bound` is at least 1. */
static inline uint64_t random_below(struct random *random, uint64_t bound)
{
    random->state += 0x9E3779B97F4A7C15u;
    return random_mix(random->state) % bound;
}

#endif
