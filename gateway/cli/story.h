/*
 * A message's trace as a story: what happened, one line each, in the order of time.
 */
#ifndef GATEWAY_CLI_STORY_H
#define GATEWAY_CLI_STORY_H

#include <stdio.h>

#include "gateway/json.h"

/* `trace` is the answer of GET /v1/messages/ID/trace. */
void story_print(const struct json_value *trace, FILE *out);

#endif
