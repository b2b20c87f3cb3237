/* Takes webhooks, logs what it got, and answers as it was told. */
#ifndef TESTS_PEERS_SINK_H
#define TESTS_PEERS_SINK_H

#include "tests/peers/sim.h"

extern const struct sim_role_kind sink_role;

#endif
