/* Those who have had enough of the account "sms", as its support would enter them. */
#ifndef TESTS_SIMULATION_OPTOUT_H
#define TESTS_SIMULATION_OPTOUT_H

#include <stdbool.h>

struct optouts;
struct world;

/* New ones come as long as there are faults. */
struct optouts *optouts_begin(struct world *world);
void optouts_end(struct optouts *optouts);

/* The number of one whose wish was confirmed; NULL: there is none yet. */
const char *optouts_choose(struct world *world);
/* Whether this one's was. */
bool optouts_has(const struct world *world, const char *number);

#endif
