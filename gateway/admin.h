/*
 * For those who run the gateway: whether it lives, whether it is ready, what it counts.
 */
#ifndef GATEWAY_ADMIN_H
#define GATEWAY_ADMIN_H

struct api_call;

/* GET /livez: 200 as long as the loop turns. */
void admin_livez(struct api_call *call);

/* GET /readyz: 200 when messages are taken, else 503 with the reasons. */
void admin_readyz(struct api_call *call);

/* GET /metrics: the rows of metrics.def in the Prometheus text format. */
void admin_metrics(struct api_call *call);

#endif
