/*
 * What the service manager is told, as sd_notify(3) has it: datagrams to the socket that
 * it named in the environment.  Who named none is told nothing.
 *
 * The watchdog is heard at half of its time, and only while all goes on: each time it is
 * asked for how long something has stood still that should not.
 */
#ifndef GATEWAY_NOTIFY_H
#define GATEWAY_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

struct clock;
struct notify;

/* As in the environment; each may be NULL. */
struct notify_environment {
    const char *socket;       /* NOTIFY_SOCKET: a path, or "@" and an abstract name */
    const char *watchdog_us;  /* WATCHDOG_USEC */
    const char *watchdog_pid; /* WATCHDOG_PID: whom that is for */
};

struct notify *notify_new(struct clock *clock,
                          const struct notify_environment *environment);

/* Accepts NULL. */
void notify_free(struct notify *notify);

/* The start goes on: as long as this is called, at least once a minute, it may take. */
void notify_loading(struct notify *notify, uint64_t rows);

/* To be called in each turn; what was told already is not told again. */
void notify_follow(struct notify *notify, bool ready, bool draining);

/* Around a reading of the configuration. */
void notify_reloading(struct notify *notify);
void notify_reloaded(struct notify *notify);

/* Begins to tell the watchdog, if there is one, of this. */
void notify_watch(struct notify *notify, int64_t (*stalled_ms)(void *owner), void *owner);

#endif
