/* What the roles of one process share.  One thread, one event_base. */
#ifndef TESTS_PEERS_SIM_H
#define TESTS_PEERS_SIM_H

#include <stdint.h>

#include <event2/event.h>
#include <jansson.h>

#include "tests/peers/random.h"

struct journal;

struct sim {
    struct event_base *base;
    struct journal *journal; /* NULL: no log is kept */
    struct random random;
};

/*
 * A kind of role: --NAME DESCRIPTION on the command line makes one.  It listens when
 * open() returns; NULL is a refusal with a sentence in `error` (OPTION_ERROR_BYTES).
 * The sim is borrowed and outlives its roles.
 */
struct sim_role_kind {
    const char *name;
    void *(*open)(struct sim *sim, const char *description, char *error);
    void (*close)(void *role);
    json_t *(*stats)(const void *role); /* has "name" and "port" in any case */
    void (*help)(void);
};

/* One counter of a role's statistics, by name. */
struct sim_counter {
    const char *name;
    size_t offset; /* of a uint64_t */
};

/* Monotonic; never 0. */
int64_t sim_now_ms(void);
int64_t sim_now_us(void);

/* Never NULL: no memory ends the program. */
void *sim_alloc(size_t count, size_t size);

/*
 * A non-blocking listening socket, or -1 with a sentence in `error` (OPTION_ERROR_BYTES).
 * `port` 0 is replaced by the one the kernel chose.
 */
int sim_listen(const char *host, int64_t *port, char *error);

/* {"role":..., "name":..., "port":..., counters} */
json_t *sim_stats(const char *role, const char *name, int64_t port,
                  const struct sim_counter *counters, size_t count, const void *from);

#endif
