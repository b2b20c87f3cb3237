/*
 * The content rules of the configuration, asked of every message at the door and of a
 * collected one again when it is whole.
 */
#ifndef GATEWAY_CONTENT_H
#define GATEWAY_CONTENT_H

#include "gateway/live.h"
#include "routing/content.h"
#include "smpp/text.h"

struct contents;
struct gateway;

/* The catalogue must be settled. */
struct contents *contents_new(struct gateway *gateway);
void contents_free(struct contents *contents);

/* The first rule that fits what this account submitted; NULL: none does. */
const struct content_rule *contents_judge(const struct gateway *gateway, uint32_t account,
                                          const struct body *body,
                                          enum smpp_alphabet alphabet);

/* The same for all parts that have come. */
const struct content_rule *contents_judge_whole(const struct gateway *gateway,
                                                const struct live *live,
                                                enum smpp_alphabet alphabet);

#endif
