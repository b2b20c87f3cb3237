/*
 * Names that nobody answers for: the lookup of each that begins with "hangs" goes on until
 * it is let go, for a few seconds at most.  It stands in the place of the C library's
 * getaddrinfo() in the whole program, also for its libraries.
 */
#ifndef TESTS_GATEWAY_HANGING_NAME_H
#define TESTS_GATEWAY_HANGING_NAME_H

#include <stddef.h>

/* Lookups that hang now. */
size_t hanging_name_count(void);

/* Lets them end, and waits until they have; no further one hangs. */
void hanging_name_let_go(void);

#endif
