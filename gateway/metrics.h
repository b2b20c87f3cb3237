/*
 * The rows of metrics.def as a page in the Prometheus text format.
 */
#ifndef GATEWAY_METRICS_H
#define GATEWAY_METRICS_H

#include <stdbool.h>

struct evbuffer;
struct gateway;

/*
 * Appends the page; the gateway has recovered.  `with_accounts`: also what is told per
 * account, which is not for everybody.
 */
void metrics_write(const struct gateway *gateway, bool with_accounts, struct evbuffer *out);

#endif
