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

#endif
