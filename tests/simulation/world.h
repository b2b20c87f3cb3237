/*
 * The world of one seed: time, chance, the disk, the lives of the gateway, and those who
 * speak to it.  One thread, virtual time; the same seed gives the same events.
 */
#ifndef TESTS_SIMULATION_WORLD_H
#define TESTS_SIMULATION_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/clock.h"
#include "tests/peers/random.h"

struct book;
struct cable;
struct client;
struct config;
struct event_base;
struct executor;
struct gateway;
struct http_client;
struct http_server;
struct messenger;
struct optouts;
struct smsc;
struct smpp_transport;
struct vfs;
struct world;

enum situation {
#define SITUATION(name, required, what) SITUATION_##name,
#include "tests/simulation/situations.def"
#undef SITUATION
    SITUATIONS
};

/* Moments at which a crash can be asked for. */
enum moment {
    MOMENT_ANY,       /* now */
    MOMENT_COMMITTED, /* a commit is durable, its effects have not run */
    MOMENT_SUBMIT,    /* the operator has a submit */
    MOMENT_ANSWER,    /* the gateway has the operator's answer */
    MOMENT_REPORT,    /* the gateway has a report */
    MOMENTS
};

/* How a life ends. */
enum ending { ENDING_KILL, ENDING_POWER, ENDING_POLITE, ENDINGS };

/* How the operator writes ids and receipts: a row of operator.c, and the link's rule. */
struct dialect {
    const char *name;
    const char *id_rule;  /* of the link, sluice.conf(5) */
    const char *settings; /* more of the link */
    unsigned answer;      /* enum writing */
    unsigned receipt;     /* enum writing */
    unsigned layout;      /* LAYOUT_ bits */
};

enum { CLIENTS_MAX = 12, UPSETS_MAX = 256 };

/* When every world begins: 2026-11-16, in the middle of the day. */
#define WALL_START_MS 1794830400000

struct world {
    uint64_t seed;
    bool verbose;
    struct random chance;
    struct event_base *base;
    struct clock *clock; /* of everybody but the gateway */
    bool faults;         /* the first phase; in the second all is healed */
    bool races;          /* the messenger's reports come as the SMS is about to go */
    bool lists;          /* and several in one body */
    const struct dialect *dialect;

    struct vfs *vfs;
    bool disk_full;
    int64_t congested_ms; /* when last: over 60 % of the ring were full; 0: never */
    int64_t healed_ms;
    int64_t disk_emptied_ms; /* when it was no longer */
    struct smpp_transport *transport;
    struct config *config;
    struct gateway *gateway; /* NULL: not running */
    struct clock *gateway_clock;
    int64_t gateway_offset_ms; /* its monotonic clock less ours */
    struct executor *executor;
    unsigned life; /* number of the present, or last, one; from 1 */
    bool gateway_stopped;
    struct clock_timer restart;
    struct http_client *http_client; /* of the present life */
    struct http_server *http_server;

    bool armed;
    enum moment moment;
    enum ending ending;
    bool ending_now;
    uint64_t syncs_seen;
    uint64_t torn_seen;
    uint64_t unpacked_seen; /* messages, because somebody asked for them */
    uint64_t reports_seen;
    uint64_t operations_seen;

    struct cable *cables;
    struct errand *errands;
    struct book *book;
    struct client *clients[CLIENTS_MAX];
    size_t client_count;
    struct smsc *smsc;
    struct messenger *messenger;

    uint64_t hash; /* of all that was told */
    uint64_t told;
    uint64_t situations[SITUATIONS];
    unsigned id_form; /* of the accounts' ids, identity.h */
    int64_t pace_ms;  /* at most so long between two submits of a client */
    unsigned tps;     /* of account sms; 0: no limit */
    unsigned parts;   /* that it may send in a day; 0: no limit */
    struct optouts *optouts;
    unsigned crashes;
    unsigned upsets; /* crashes, and connections of the operator that were dropped */
    int64_t upset_at_ms[UPSETS_MAX];
    bool verified;
    unsigned violations;
};

/* A world with nobody in it; the current folder is where configuration and state lie. */
struct world *world_new(uint64_t seed, bool verbose);
/* Everything in it, too. */
void world_free(struct world *world);

int64_t world_now_ms(const struct world *world);

/* 0 .. bound - 1 */
uint64_t world_chance(struct world *world, uint64_t bound);
/* True `percent` times of a hundred, while there are faults; never afterwards. */
bool world_fault(struct world *world, unsigned percent);
/* From `low` to `high`, both included. */
int64_t world_between(struct world *world, int64_t low, int64_t high);

/* An event: into the hash, and printed when the world is verbose. */
void world_tell(struct world *world, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* What must hold does not. */
void world_violation(struct world *world, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Something because of which a submit may be in doubt. */
void world_upset(struct world *world);
void world_met(struct world *world, enum situation situation);

/*
 * Calls `run` after a delay; forgotten with the world.  `number` is whatever the caller
 * wants back.
 */
void world_after(struct world *world, int64_t delay_ms,
                 void (*run)(void *owner, uint64_t number), void *owner, uint64_t number);

/* Starts the gateway; it may fail to start while the disk is full, and is tried again. */
void world_start_gateway(struct world *world);
/* The next life ends at this moment, and another begins a little later. */
void world_arm(struct world *world, enum moment moment, enum ending ending);
/* A moment has come. */
void world_moment(struct world *world, enum moment moment);

/* One step of time: to the next thing that is due, not beyond `until_ms`. */
void world_step(struct world *world, int64_t until_ms);
/* Many. */
void world_run_until(struct world *world, int64_t until_ms);

#endif
