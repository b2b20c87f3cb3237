/*
 * The messenger of a lone_gateway: the test is its API, which takes every post.  It stands
 * in the place of http_client.c.
 */
#ifndef TESTS_GATEWAY_LONE_MESSENGER_H
#define TESTS_GATEWAY_LONE_MESSENGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lone_gateway;

struct lone_post {
    uint64_t id; /* of the try: a first one's is also its ref */
    int64_t at_ms;
};

/* Nothing was posted yet. */
void lone_messenger_begin(void);

/* From now on no post goes out; or they do. */
void lone_messenger_refuses(bool refuses);

/* What waits for its answer is taken, as "m" and the id of the try. */
void lone_messenger_answer(struct lone_gateway *lone);

size_t lone_messenger_posted(void);
size_t lone_messenger_answered(void);
const struct lone_post *lone_messenger_post(size_t index);

#endif
