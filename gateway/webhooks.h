/*
 * Reports of messengers coming in: POST /v1/hooks/CHANNEL, shaped and signed as the
 * channel's profile says.  Answered 200 when the news is durable, also when it is no news.
 *
 * Of a body with many, those that cannot be understood are passed over and told of in the
 * log, for a refusal would bring all of them back again and again; only when none can be, it
 * is refused.
 */
#ifndef GATEWAY_WEBHOOKS_H
#define GATEWAY_WEBHOOKS_H

struct api_call;

/* The channel is the name in the path.  Nothing is stored of what is refused. */
void webhooks_on_report(struct api_call *call);

#endif
