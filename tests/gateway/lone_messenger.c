#include "tests/gateway/lone_messenger.h"

#include <stdio.h>
#include <stdlib.h>

#include "gateway/clock.h"
#include "gateway/gateway.h"
#include "gateway/http_client.h"
#include "tests/gateway/lone_gateway.h"
#include "tests/test.h"

enum { POSTS_MAX = 10000 };

static struct lone_post posts[POSTS_MAX];
static size_t posted, answered;
static bool refusing;

const struct http_client_options http_default_options = {.calls_max = 0};

struct http_client {
    http_client_on_done *on_done;
    void *owner;
};

struct http_client *http_client_new(struct event_base *base, struct clock *clock,
                                    const struct http_client_options *options,
                                    http_client_on_done *on_done, void *owner)
{
    struct http_client *client = calloc(1, sizeof(*client));

    (void)base;
    (void)clock;
    (void)options;
    assert_non_null(client);
    *client = (struct http_client){on_done, owner};
    return client;
}

void http_client_free(struct http_client *client)
{
    free(client);
}

bool http_client_post(struct http_client *client, const struct http_call *call)
{
    struct gateway *gateway = client->owner;

    assert_true(posted < POSTS_MAX);
    posts[posted].id = call->id;
    posts[posted++].at_ms = clock_mono_ms(gateway->clock);
    return true;
}

size_t http_client_calls(const struct http_client *client)
{
    (void)client;
    return posted - answered;
}

void lone_messenger_begin(void)
{
    posted = answered = 0;
    refusing = false;
}

void lone_messenger_refuses(bool refuses)
{
    refusing = refuses;
}

void lone_messenger_answer(struct lone_gateway *lone)
{
    struct http_client *client = lone_gateway_of(lone)->http_client;

    while (answered < posted) {
        uint64_t id = posts[answered++].id;
        char body[48];
        struct http_result result = {.id = id,
                                     .outcome = HTTP_ANSWERED,
                                     .status = 200,
                                     .body = (const uint8_t *)body,
                                     .body_size = (size_t)snprintf(body, sizeof(body),
                                                                   "{\"id\":\"m%llu\"}",
                                                                   (unsigned long long)id),
                                     .reason = ""};

        if (refusing)
            result.outcome = HTTP_NOT_SENT;
        client->on_done(client->owner, &result);
    }
}

size_t lone_messenger_posted(void)
{
    return posted;
}

size_t lone_messenger_answered(void)
{
    return answered;
}

const struct lone_post *lone_messenger_post(size_t index)
{
    assert_true(index < posted);
    return &posts[index];
}
