/* Bodies of submissions, and messages made of them, for tests of what links are sent. */
#ifndef TESTS_GATEWAY_TRANSLATE_BODIES_H
#define TESTS_GATEWAY_TRANSLATE_BODIES_H

#include <stddef.h>
#include <stdint.h>

#include "gateway/live.h"
#include "gateway/translate.h"

/* GSM, cut behind headers of 8 bits. */
extern const struct translate_form plain_form;

/* The caller's to free. */
struct body *body_new(const void *text, size_t size);

/* A message by hand: bodies, and nothing else of a gateway. */
void live_of(struct live *live, struct body **bodies, uint16_t count);

#endif
