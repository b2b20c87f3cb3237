#include "gateway/notify.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "gateway/clock.h"
#include "gateway/log.h"

enum {
    EXTEND_MS = 60000, /* how long a start may be silent */
    EXTEND_EACH_MS = 1000,
    TEXT_MAX = 200,
};

enum said { NOTHING, READY, STOPPING };

struct notify {
    int fd; /* -1: nobody wants to be told */
    struct sockaddr_un address;
    socklen_t address_size;
    bool unheard; /* that was logged */
    enum said said;
    int64_t extend_at_ms; /* not before */

    struct clock *clock;
    int64_t each_ms; /* half of the watchdog's time; 0: there is none */
    struct clock_timer timer;
    bool stalled;
    int64_t (*stalled_ms)(void *owner);
    void *owner;
};

/* False: it is neither a path nor an abstract name, or too long. */
static bool set_address(struct notify *notify, const char *name)
{
    size_t length = strlen(name);

    if ((name[0] != '/' && name[0] != '@') || length >= sizeof(notify->address.sun_path))
        return false;
    notify->address.sun_family = AF_UNIX;
    memcpy(notify->address.sun_path, name, length);
    if (name[0] == '@')
        notify->address.sun_path[0] = '\0';
    notify->address_size =
        (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + (name[0] == '/'));
    return true;
}

static void log_unheard(struct notify *notify, const char *reason)
{
    if (!notify->unheard)
        log_warning("service.unheard", "reason=\"%s\"", reason);
    notify->unheard = true;
}

/* Never waits: a manager that does not read finds out by its own times. */
static void tell(struct notify *notify, const char *text)
{
    if (notify->fd >= 0 &&
        sendto(notify->fd, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL,
               (const struct sockaddr *)&notify->address, notify->address_size) < 0)
        log_unheard(notify, strerror(errno));
}

static int64_t watchdog_ms(const struct notify_environment *environment)
{
    const char *pid = environment->watchdog_pid;
    int64_t us;

    if (environment->watchdog_us == NULL || (pid != NULL && atol(pid) != (long)getpid()))
        return 0;
    us = atoll(environment->watchdog_us);
    return us > 0 ? (us + 999) / 1000 : 0;
}

struct notify *notify_new(struct clock *clock, const struct notify_environment *environment)
{
    struct notify *notify = calloc(1, sizeof(*notify));

    if (notify == NULL)
        abort();
    notify->clock = clock;
    notify->fd = -1;
    if (environment->socket == NULL || environment->socket[0] == '\0')
        return notify;
    if (!set_address(notify, environment->socket)) {
        log_unheard(notify, "NOTIFY_SOCKET names no socket that can be used");
        return notify;
    }
    notify->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (notify->fd < 0)
        log_unheard(notify, strerror(errno));
    notify->each_ms = (watchdog_ms(environment) + 1) / 2;
    return notify;
}

void notify_free(struct notify *notify)
{
    if (notify == NULL)
        return;
    clock_disarm(notify->clock, &notify->timer);
    if (notify->fd >= 0)
        close(notify->fd);
    free(notify);
}

void notify_loading(struct notify *notify, uint64_t rows)
{
    int64_t now_ms = clock_mono_ms(notify->clock);
    char text[TEXT_MAX];

    if (notify->fd < 0 || now_ms < notify->extend_at_ms)
        return;
    notify->extend_at_ms = now_ms + EXTEND_EACH_MS;
    snprintf(text, sizeof(text),
             "EXTEND_TIMEOUT_USEC=%d000\nSTATUS=loading, %llu rows so far", EXTEND_MS,
             (unsigned long long)rows);
    tell(notify, text);
}

void notify_follow(struct notify *notify, bool ready, bool draining)
{
    if (draining && notify->said != STOPPING) {
        notify->said = STOPPING;
        tell(notify, "STOPPING=1\nSTATUS=letting finish what is open");
    } else if (ready && notify->said == NOTHING) {
        notify->said = READY;
        tell(notify, "READY=1\nSTATUS=taking messages");
    }
}

void notify_reloading(struct notify *notify)
{
    char text[TEXT_MAX];

    snprintf(text, sizeof(text),
             "RELOADING=1\nMONOTONIC_USEC=%lld\nSTATUS=reading the configuration",
             (long long)clock_precise_us(notify->clock));
    tell(notify, text);
}

void notify_reloaded(struct notify *notify)
{
    tell(notify, notify->said == READY ? "READY=1\nSTATUS=taking messages" : "READY=1");
}

static void on_watch(void *self)
{
    struct notify *notify = self;
    int64_t stalled_ms = notify->stalled_ms(notify->owner);
    bool stalled = stalled_ms >= notify->each_ms;

    if (!stalled)
        tell(notify, "WATCHDOG=1");
    if (stalled && !notify->stalled) {
        log_error("service.stalled", "what=store ms=%lld", (long long)stalled_ms);
        tell(notify, "STATUS=the disk does not answer");
    } else if (!stalled && notify->stalled) {
        log_info("service.resumed", "what=store");
        tell(notify, "STATUS=taking messages");
    }
    notify->stalled = stalled;
    /* Who stands still is looked at more often: it may go on just in time. */
    clock_arm_in(notify->clock, &notify->timer,
                 stalled ? notify->each_ms / 8 + 1 : notify->each_ms, on_watch, notify);
}

void notify_watch(struct notify *notify, int64_t (*stalled_ms)(void *owner), void *owner)
{
    notify->stalled_ms = stalled_ms;
    notify->owner = owner;
    if (notify->fd >= 0 && notify->each_ms > 0)
        clock_arm_in(notify->clock, &notify->timer, 0, on_watch, notify);
}
