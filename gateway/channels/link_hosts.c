/*
 * Where the operator is: one host, or several in the order of the configuration.  A
 * numeric address asks nobody; a name is looked up by a job that has all it needs and is
 * given back to its host with what it found.
 *
 * A link that had to leave its first host looks from time to time whether that takes
 * connections again, and then moves its binds back, one after the other.
 */
#include "gateway/channels/link_pieces.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/bufferevent.h>

#include "gateway/config.h"
#include "gateway/executor.h"
#include "gateway/gateway.h"
#include "gateway/log.h"
#include "smpp/client.h"
#include "smpp/transport.h"

enum {
    HOME_JITTER_PERCENT = 20,
    NEXT_HOME_MS = 1000, /* from one bind that came back to the next */
};

struct link_lookup {
    struct executor_job job;
    struct link_host *host;
    struct config_address at; /* strings are the configuration's */
    int flags;
    int error;
    struct link_address found[LINK_ADDRESSES_MAX];
    size_t count;
};

/* --- names -------------------------------------------------------------------------- */

static void run(void *self)
{
    struct link_lookup *lookup = self;
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                                   .ai_flags = lookup->flags | AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    char port[8];

    snprintf(port, sizeof(port), "%u", lookup->at.port);
    lookup->error = getaddrinfo(lookup->at.host, port, &hints, &found);
    if (lookup->error != 0)
        return;
    for (struct addrinfo *at = found; at && lookup->count < LINK_ADDRESSES_MAX;
         at = at->ai_next) {
        struct link_address *address = &lookup->found[lookup->count++];

        memcpy(&address->address, at->ai_addr, at->ai_addrlen);
        address->size = (unsigned)at->ai_addrlen;
    }
    freeaddrinfo(found);
}

static void keep(struct link_host *host, const struct link_lookup *lookup)
{
    memcpy(host->addresses, lookup->found, sizeof(host->addresses));
    host->count = lookup->count;
}

static void complete(void *self)
{
    struct link_lookup *lookup = self;
    struct link_host *host = lookup->host;

    host->lookup = NULL;
    if (lookup->error != 0)
        log_warning("link.unresolved", "link=%s host=%s reason=\"%s\"",
                    host->link->config->name, lookup->at.host, gai_strerror(lookup->error));
    keep(host, lookup);
    free(lookup);
    link_host_told(host->link, (size_t)(host - host->link->hosts));
}

const struct link_address *link_host_address(struct link *link, size_t index,
                                             unsigned failures)
{
    struct link_host *host = &link->hosts[index];
    struct link_lookup lookup = {.at = *host->at, .flags = AI_NUMERICHOST};

    if (host->count == 0) {
        run(&lookup);
        keep(host, &lookup);
    }
    return host->count > 0 ? &host->addresses[failures % host->count] : NULL;
}

bool link_host_ask(struct link *link, size_t index)
{
    struct link_host *host = &link->hosts[index];
    struct link_lookup *lookup;

    if (host->lookup)
        return true;
    lookup = calloc(1, sizeof(*lookup));
    if (lookup == NULL)
        abort();
    lookup->job = (struct executor_job){run, complete, lookup, NULL};
    lookup->host = host;
    lookup->at = *host->at;
    if (!executor_submit(link->gateway->executor, EXECUTOR_NAMES, &lookup->job)) {
        free(lookup);
        return false;
    }
    host->lookup = lookup;
    return true;
}

void link_hosts_forget(struct link *link)
{
    for (size_t i = 0; i < link->config->host_count; i++)
        link->hosts[i].count = 0;
}

/* --- back to the first -------------------------------------------------------------- */

static void look_home(void *owner);

static void end_look(struct link *link)
{
    if (link->look)
        bufferevent_free(link->look);
    link->look = NULL;
}

static void arm_home(struct link *link, int64_t delay_ms)
{
    clock_arm_in(link->gateway->clock, &link->home, delay_ms, look_home, link);
}

static int64_t home_delay_ms(struct link *link)
{
    return smpp_backoff_ms(link->config->back_to_first_ms, link->config->back_to_first_ms,
                           1, HOME_JITTER_PERCENT, gateway_random(link->gateway));
}

static struct bind *bind_away(struct link *link)
{
    for (uint32_t i = 0; i < link->bind_count; i++)
        if (link->binds[i].host != 0 && link->binds[i].was_bound)
            return &link->binds[i];
    return NULL;
}

void link_host_bound(struct link *link, const struct bind *bind)
{
    if (link->look) /* under way: the next one follows it */
        return;
    if (bind->host == 0) {
        if (bind_away(link))
            arm_home(link, NEXT_HOME_MS);
    } else if (link->config->back_to_first_ms > 0 && !clock_is_armed(&link->home)) {
        arm_home(link, home_delay_ms(link));
    }
}

static void home_seen(struct bufferevent *look, short what, void *owner)
{
    struct link *link = owner;
    struct bind *bind = bind_away(link);

    (void)look;
    end_look(link);
    clock_disarm(link->gateway->clock, &link->home);
    if (bind == NULL || link->leaving)
        return;
    arm_home(link, home_delay_ms(link));
    if (what & BEV_EVENT_CONNECTED)
        link_bind_go_home(bind);
}

static void look_timed_out(void *owner)
{
    home_seen(NULL, BEV_EVENT_TIMEOUT, owner);
}

/* Whether it takes a connection; a bind is risked only then. */
static void look_home(void *owner)
{
    struct link *link = owner;
    const struct link_address *address = link_host_address(link, 0, 0);

    if (bind_away(link) == NULL || link->leaving)
        return;
    arm_home(link, home_delay_ms(link));
    if (address == NULL) {
        (void)!link_host_ask(link, 0);
        return;
    }
    link->look =
        link->transport->connect(link->transport->self, link->gateway->base,
                                 (const struct sockaddr *)&address->address, address->size);
    if (link->look == NULL)
        return;
    bufferevent_setcb(link->look, NULL, NULL, home_seen, link);
    clock_arm_in(link->gateway->clock, &link->home, link->config->bind_timeout_ms,
                 look_timed_out, link);
}

void link_hosts_open(struct link *link)
{
    link->hosts = calloc(link->config->host_count, sizeof(*link->hosts));
    if (link->hosts == NULL)
        abort();
    for (size_t i = 0; i < link->config->host_count; i++) {
        link->hosts[i].link = link;
        link->hosts[i].at = &link->config->hosts[i];
    }
}

void link_hosts_close(struct link *link)
{
    clock_disarm(link->gateway->clock, &link->home);
    end_look(link);
    for (size_t i = 0; i < link->config->host_count; i++)
        free(link->hosts[i].lookup);
    free(link->hosts);
}
