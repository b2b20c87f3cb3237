/*
 * One POST per try.  What the answer means is the profile's table; whether the other
 * side can have seen the request is the http client's word.
 */
#include "gateway/channels/http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/catalog.h"
#include "gateway/channels/bucket.h"
#include "gateway/channels/channel.h"
#include "gateway/clock.h"
#include "gateway/config.h"
#include "gateway/dispatch.h"
#include "gateway/gateway.h"
#include "gateway/http_client.h"
#include "gateway/log.h"
#include "gateway/profile.h"
#include "gateway/table.h"

enum {
    REQUEST_MAX = 256 * 1024,
    RETRY_MS = 1000, /* asked to wait without being told how long */
    RETRY_MAX_S = 24 * 3600,
};

struct messenger {
    struct gateway *gateway;
    const struct config_channel *config;
    uint32_t number;
    uint32_t reserved;
    uint32_t open;
    bool draining;
    struct bucket rate; /* of requests */
    struct clock_timer room;
};

/* A call on its way. */
struct call {
    struct messenger *messenger;
    uint64_t message;
    uint64_t attempt;
};

struct messengers {
    struct table *calls; /* attempt -> struct call */
    char *buffer;
};

struct messengers *messengers_new(struct gateway *gateway)
{
    struct messengers *messengers = calloc(1, sizeof(*messengers));

    (void)gateway;
    if (messengers == NULL || (messengers->buffer = malloc(REQUEST_MAX)) == NULL)
        abort();
    messengers->calls = table_new(1 << 20);
    return messengers;
}

void messengers_free(struct messengers *messengers)
{
    uint64_t attempt;
    uint64_t value;

    if (messengers == NULL)
        return;
    for (size_t at = 0; table_next(messengers->calls, &at, &attempt, &value);)
        free((void *)(uintptr_t)value);
    table_free(messengers->calls);
    free(messengers->buffer);
    free(messengers);
}

/* --- slots -------------------------------------------------------------------------- */

static void room_again(void *owner)
{
    struct messenger *messenger = owner;

    dispatch_room(messenger->gateway, messenger->number);
}

/* Over the rate the channel asks again when it may. */
static bool is_in_rate(struct messenger *messenger)
{
    int64_t wait_ms =
        bucket_wait_ms(&messenger->rate, clock_mono_ms(messenger->gateway->clock));

    if (wait_ms > 0)
        clock_arm_in(messenger->gateway->clock, &messenger->room, wait_ms, room_again,
                     messenger);
    return wait_ms == 0;
}

static uint32_t room(void *self)
{
    const struct messenger *messenger = self;
    uint32_t used = messenger->open + messenger->reserved;

    if (messenger->draining || used >= messenger->config->concurrency)
        return 0;
    return messenger->config->concurrency - used;
}

static bool reserve(void *self, uint64_t together, enum channel_way way, uint32_t *out_slot)
{
    struct messenger *messenger = self;

    (void)together;
    (void)way;
    if (room(self) == 0 || !is_in_rate(messenger))
        return false;
    bucket_take(&messenger->rate);
    messenger->reserved++;
    *out_slot = 0;
    return true;
}

/* It came to nothing: it is not counted, and whoever waits for a place is asked again. */
static void slot_unused(struct messenger *messenger)
{
    messenger->reserved--;
    bucket_give(&messenger->rate);
    clock_arm_in(messenger->gateway->clock, &messenger->room, 0, room_again, messenger);
}

static void unreserve(void *self, uint32_t slot)
{
    (void)slot;
    slot_unused(self);
}

static uint32_t capacity(void *self)
{
    const struct messenger *messenger = self;

    return messenger->config->concurrency;
}

/* Nobody knows before a call is tried. */
static bool is_up(void *self)
{
    (void)self;
    return true;
}

static uint32_t open_calls(void *self)
{
    const struct messenger *messenger = self;

    return messenger->open + messenger->reserved;
}

/* --- out and back ------------------------------------------------------------------- */

static enum channel_send post(struct messenger *messenger, const struct handover *handover)
{
    const struct profile *profile = messenger->config->profile;
    struct gateway *gateway = messenger->gateway;
    int64_t ttl_ms = handover->ttl_ms;
    struct profile_request request;
    struct profile_values values = {
        .url = messenger->config->url,
        .token = messenger->config->token,
        .to = handover->body->destination,
        .from = handover->body->source,
        .text = handover->text,
    };
    char ref[24];

    if (ttl_ms < messenger->config->ttl_min_ms)
        ttl_ms = messenger->config->ttl_min_ms;
    snprintf(ref, sizeof(ref), "%llu", (unsigned long long)handover->ref);
    values.ref = ref;
    values.ttl_s = (ttl_ms + 999) / 1000;
    if (!profile_render(profile, &values, gateway->messengers->buffer, REQUEST_MAX,
                        &request))
        return CHANNEL_CANNOT;
    const struct http_call call = {
        .id = handover->attempt,
        .url = request.url,
        .headers = request.headers,
        .header_count = request.header_count,
        .body = request.body,
        .body_size = request.body_size,
        .connect_timeout_ms = messenger->config->timeout_ms,
        .timeout_ms = messenger->config->timeout_ms,
    };

    return http_client_post(gateway->http_client, &call) ? CHANNEL_SENT : CHANNEL_NOT_SENT;
}

static enum channel_send send_message(void *self, const struct handover *handover)
{
    struct messenger *messenger = self;
    enum channel_send sent = post(messenger, handover);
    struct call *call;

    if (sent != CHANNEL_SENT) {
        slot_unused(messenger);
        return sent;
    }
    messenger->reserved--;
    call = malloc(sizeof(*call));
    if (call == NULL)
        abort();
    *call = (struct call){messenger, handover->message, handover->attempt};
    if (!table_put(messenger->gateway->messengers->calls, handover->attempt,
                   (uint64_t)(uintptr_t)call))
        abort();
    messenger->open++;
    return CHANNEL_SENT;
}

/* What an answer says, as a verdict. */
static void read_answer(const struct messenger *messenger, const struct http_result *result,
                        struct profile_verdict *answer, struct verdict_news *news)
{
    int64_t wait_s = result->retry_after_s;

    profile_verdict(messenger->config->profile, result->status, result->body,
                    result->body_size, answer);
    news->verdict = answer->verdict;
    news->reason = answer->reason;
    news->provider_id = answer->id;
    if (news->verdict != VERDICT_OK)
        news->code = (uint32_t)result->status;
    if (news->verdict == VERDICT_RETRY)
        news->retry_after_ms =
            wait_s > 0 ? (wait_s < RETRY_MAX_S ? wait_s : RETRY_MAX_S) * 1000 : RETRY_MS;
    if (news->verdict == VERDICT_SUSPEND)
        news->retry_after_ms = messenger->config->suspend_ms;
}

void messengers_on_done(void *owner, const struct http_result *result)
{
    struct gateway *gateway = owner;
    struct profile_verdict answer;
    struct verdict_news news = {.reason = REASON_PROVIDER_DOWN};
    struct call call;
    uint64_t value;

    if (!table_get(gateway->messengers->calls, result->id, &value))
        return;
    call = *(struct call *)(uintptr_t)value;
    free((void *)(uintptr_t)value);
    table_remove(gateway->messengers->calls, result->id);
    call.messenger->open--;
    if (result->outcome == HTTP_ANSWERED) {
        read_answer(call.messenger, result, &answer, &news);
    } else {
        news.verdict = result->outcome == HTTP_NOT_SENT ? VERDICT_NEXT : VERDICT_UNSURE;
        if (log_share_take(&gateway->calls_told, "channel.untold",
                           clock_mono_ms(gateway->clock)))
            log_info("channel.unanswered", "id=%llu channel=%s sent=%s reason=\"%s\"",
                     (unsigned long long)call.message, call.messenger->config->name,
                     result->outcome == HTTP_NOT_SENT ? "no" : "unknown", result->reason);
    }
    dispatch_verdict(gateway, call.message, call.attempt, &news);
    dispatch_room(gateway, call.messenger->number);
}

/* --- life --------------------------------------------------------------------------- */

static void drain(void *self)
{
    struct messenger *messenger = self;

    messenger->draining = true;
}

static void close_messenger(void *self)
{
    struct messenger *messenger = self;

    clock_disarm(messenger->gateway->clock, &messenger->room);
    free(messenger);
}

static const struct channel_ops ops = {
    .reserve = reserve,
    .unreserve = unreserve,
    .send = send_message,
    .room = room,
    .capacity = capacity,
    .is_up = is_up,
    .drain = drain,
    .open = open_calls,
    .close = close_messenger,
};

void messenger_open(struct gateway *gateway, size_t index, uint32_t number)
{
    struct messenger *messenger = calloc(1, sizeof(*messenger));

    if (messenger == NULL)
        abort();
    messenger->gateway = gateway;
    messenger->config = &gateway->config->channels[index];
    messenger->number = number;
    bucket_init(&messenger->rate, messenger->config->tps, clock_mono_ms(gateway->clock));
    dispatch_add_channel(gateway, number, &ops, messenger);
}
