/*
 * Messages by (account, source, destination): for cancel_sm without an id and for
 * replace_if_present.  An account is listed from its first such request on; one that
 * never asks costs nothing.  Listed is what may still be stopped.
 */
#ifndef GATEWAY_PAIRS_H
#define GATEWAY_PAIRS_H

#include <stddef.h>
#include <stdint.h>

#include "gateway/live.h"

struct gateway;
struct pairs;

struct pairs *pairs_new(size_t capacity);
void pairs_free(struct pairs *pairs);

/* A message that has just begun, or may be stopped again. */
void pairs_note(struct gateway *gateway, struct live *live);
/* It has ended, or cannot be stopped any more.  Harmless for those that are not listed. */
void pairs_forget(struct gateway *gateway, struct live *live);

/*
 * The first message of the pair; pairs_next() gives the others.  `destination` as a body
 * has it.  What was begun last comes first, but for what was there before the account's
 * first request.
 */
struct live *pairs_first(struct gateway *gateway, uint32_t account, const char *source,
                         const char *destination);
struct live *pairs_next(const struct live *live);

#endif
