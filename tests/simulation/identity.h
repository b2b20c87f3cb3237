/*
 * The forms of message ids that an account may have (sluice.conf(5), message_id), as a
 * client sees them.  A seed has one of them.
 */
#ifndef TESTS_SIMULATION_IDENTITY_H
#define TESTS_SIMULATION_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>

enum { IDENTITIES = 4, IDENTITY_SIZE = 40 };

/* As the configuration says it; from 0 to IDENTITIES - 1. */
const char *identity_name(unsigned form);

/* It is written as the form demands. */
bool identity_is_sound(unsigned form, const char *id);

/* The number that it stands for. */
uint64_t identity_number(unsigned form, const char *id);
/* That number is a name, and leads to the submission's in the table `alias`. */
bool identity_is_alias(unsigned form);

#endif
