/*
 * Our SMPP connections to one operator: several binds, one channel.
 */
#ifndef GATEWAY_CHANNELS_LINK_H
#define GATEWAY_CHANNELS_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gateway;
struct link;

/* Makes the channel of config->links[index] and begins to connect. */
struct link *link_open(struct gateway *gateway, size_t index, uint32_t number);

/* Says goodbye on all its connections; what is unanswered on them becomes in doubt. */
void link_unbind(struct link *link);
/* Connections that still exist. */
size_t link_connections(const struct link *link);
size_t link_bound(const struct link *link);
/* Some link has this session, and it still lives. */
bool link_has_session(const struct gateway *gateway, uint64_t session);

struct link_facts {
    const char *state; /* up, partial, paused, down, refused (for who we are) */
    const char *host;  /* it is at, or goes to next */
    uint32_t bound;
    uint32_t wanted;
    int64_t per_s; /* segments it may send now; 0: no limit */
    bool rate_is_lowered;
    uint32_t window;        /* segments it may leave unanswered now, of all that is bound */
    uint64_t binds_refused; /* since the start, as all below */
    uint64_t throttled;
    uint64_t congested;
    uint64_t unreceived;
    uint64_t alarms;
    uint32_t alarm_status; /* of the last one that was written */
};

void link_look(const struct link *link, struct link_facts *out);

/* NULL: the channel is no link. */
const struct link *link_of_channel(const struct gateway *gateway, uint32_t channel);

#endif
