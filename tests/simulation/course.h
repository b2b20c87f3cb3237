/* The course of one seed: who is there, what goes wrong, and that all comes to rest. */
#ifndef TESTS_SIMULATION_COURSE_H
#define TESTS_SIMULATION_COURSE_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/simulation/world.h"

enum course_kind {
    COURSE_ANY,
    COURSE_RACES, /* a report of the messenger against the SMS, for every message */
};

struct course_result {
    unsigned violations;
    uint64_t hash; /* of all events */
    uint64_t events;
    uint64_t submissions;
    uint64_t situations[SITUATIONS];
};

/* In the current folder, where nothing must be; nothing is left there. */
void course_run(enum course_kind kind, uint64_t seed, bool verbose,
                struct course_result *out);

#endif
