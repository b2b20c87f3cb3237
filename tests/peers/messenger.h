/*
 * A practice messenger: an HTTP API in the shape of a profile, which answers and reports
 * by callback as its script says for the number.
 */
#ifndef TESTS_PEERS_MESSENGER_H
#define TESTS_PEERS_MESSENGER_H

#include "tests/peers/sim.h"

extern const struct sim_role_kind messenger_role;

#endif
