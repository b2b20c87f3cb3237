/*
 * A messenger: takes posts, answers them or not, and reports by signed hooks, which it
 * repeats until they are answered 200.
 */
#ifndef TESTS_SIMULATION_MESSENGER_H
#define TESTS_SIMULATION_MESSENGER_H

#include <stdbool.h>

struct http_call;
struct messenger;
struct world;

#define MESSENGER_LIST "list" /* of the reports of a body, in a world of lists */

enum { MESSENGER_CONCURRENCY = 8, MESSENGER_TIMEOUT_MS = 1000, MESSENGER_WITHIN_MS = 2000 };

struct messenger *messenger_new(struct world *world);
void messenger_free(struct messenger *messenger);

/* A call of the gateway's client, in this life of it. */
void messenger_post(struct messenger *messenger, unsigned life,
                    const struct http_call *call);

/* Who was first, at the end. */
void messenger_count_races(const struct messenger *messenger);

bool messenger_is_quiet(const struct messenger *messenger);

#endif
