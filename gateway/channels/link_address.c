/*
 * Where the operator is.  A numeric address asks nobody; a name is looked up on the pool,
 * by a job that has all it needs and is given back to the link with what it found.
 */
#include "gateway/channels/link_pieces.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/config.h"
#include "gateway/executor.h"
#include "gateway/gateway.h"
#include "gateway/log.h"

struct link_lookup {
    struct executor_job job;
    struct link *link;
    const char *host; /* the configuration's */
    uint16_t port;
    int flags;
    int error;
    struct link_address found[LINK_ADDRESSES_MAX];
    size_t count;
};

static void run(void *self)
{
    struct link_lookup *lookup = self;
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                                   .ai_flags = lookup->flags | AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    char port[8];

    snprintf(port, sizeof(port), "%u", lookup->port);
    lookup->error = getaddrinfo(lookup->host, port, &hints, &found);
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

static void keep(struct link *link, const struct link_lookup *lookup)
{
    memcpy(link->addresses, lookup->found, sizeof(link->addresses));
    link->address_count = lookup->count;
}

static void complete(void *self)
{
    struct link_lookup *lookup = self;
    struct link *link = lookup->link;

    link->lookup = NULL;
    if (lookup->error != 0)
        log_warning("link.unresolved", "link=%s host=%s reason=\"%s\"", link->config->name,
                    lookup->host, gai_strerror(lookup->error));
    keep(link, lookup);
    free(lookup);
    link_addresses_told(link);
}

const struct link_address *link_address(struct link *link, unsigned failures)
{
    struct link_lookup lookup = {.host = link->config->address.host,
                                 .port = link->config->address.port,
                                 .flags = AI_NUMERICHOST};

    if (link->address_count == 0) {
        run(&lookup);
        keep(link, &lookup);
    }
    return link->address_count > 0 ? &link->addresses[failures % link->address_count]
                                   : NULL;
}

bool link_address_ask(struct link *link)
{
    struct link_lookup *lookup;

    if (link->lookup)
        return true;
    lookup = calloc(1, sizeof(*lookup));
    if (lookup == NULL)
        abort();
    lookup->job = (struct executor_job){run, complete, lookup, NULL};
    lookup->link = link;
    lookup->host = link->config->address.host;
    lookup->port = link->config->address.port;
    if (!executor_submit(link->gateway->executor, EXECUTOR_POOL, &lookup->job)) {
        free(lookup);
        return false;
    }
    link->lookup = lookup;
    return true;
}

void link_address_forget(struct link *link)
{
    link->address_count = 0;
}

void link_address_close(struct link *link)
{
    free(link->lookup);
}
