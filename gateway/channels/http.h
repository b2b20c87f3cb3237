/*
 * Messengers reached by HTTP, each shaped by its profile.
 */
#ifndef GATEWAY_CHANNELS_HTTP_H
#define GATEWAY_CHANNELS_HTTP_H

#include <stddef.h>
#include <stdint.h>

struct gateway;
struct http_result;
struct messengers;

/* What the channels share: which call belongs to which try. */
struct messengers *messengers_new(struct gateway *gateway);
void messengers_free(struct messengers *messengers);

/* Makes the channel of config->channels[index]. */
void messenger_open(struct gateway *gateway, size_t index, uint32_t number);

/* The http client's answer to one of their calls; `owner` is the gateway. */
void messengers_on_done(void *owner, const struct http_result *result);

#endif
