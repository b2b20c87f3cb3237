/* The channels of the dispatcher: their queues, and what is told of them. */
#include "gateway/dispatch_pieces.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/gateway.h"
#include "gateway/translate.h"

enum { BEHIND_MS = 20 };

struct dispatch *dispatch_new(struct gateway *gateway)
{
    struct dispatch *dispatch = calloc(1, sizeof(*dispatch));

    if (dispatch == NULL || (dispatch->octets = malloc(TRANSLATE_SEGMENT_MAX)) == NULL ||
        (dispatch->text = malloc(TRANSLATE_TEXT_MAX)) == NULL)
        abort();
    dispatch->gateway = gateway;
    return dispatch;
}

void dispatch_free(struct dispatch *dispatch)
{
    if (dispatch == NULL)
        return;
    for (size_t i = 0; i <= CATALOG_CHANNELS_MAX; i++) {
        struct channel *channel = dispatch->channels[i];

        if (channel == NULL)
            continue;
        clock_disarm(dispatch->gateway->clock, &channel->more);
        channel->ops->close(channel->self);
        clock_disarm(dispatch->gateway->clock, &channel->move);
        queue_free(channel->moving);
        queue_free(channel->queue);
        free(channel);
    }
    dispatch_ways_free(dispatch);
    free(dispatch->octets);
    free(dispatch->text);
    free(dispatch);
}

void dispatch_add_channel(struct gateway *gateway, uint32_t number,
                          const struct channel_ops *ops, void *self)
{
    struct channel *channel = calloc(1, sizeof(*channel));

    if (channel == NULL)
        abort();
    channel->gateway = gateway;
    channel->number = number;
    channel->ops = ops;
    channel->self = self;
    channel->queue = queue_new();
    backlog_init(&channel->backlog, ops->capacity(self), gateway->config->max_messages,
                 clock_mono_ms(gateway->clock));
    gateway->dispatch->channels[number] = channel;
}

struct channel *dispatch_channel_at(const struct gateway *gateway, uint32_t number)
{
    return number <= CATALOG_CHANNELS_MAX ? gateway->dispatch->channels[number] : NULL;
}

bool dispatch_is_held_back(const struct channel *channel)
{
    const struct gateway *gateway = channel->gateway;
    int64_t now_ms = clock_mono_ms(gateway->clock);

    return !backlog_has_room(&channel->backlog, now_ms) &&
           strain_lasts(&gateway->strain, now_ms * 1000);
}

uint32_t dispatch_room_of(const struct channel *channel)
{
    return dispatch_is_held_back(channel) ? 0 : channel->ops->room(channel->self);
}

void dispatch_look_for_room(struct channel *channel)
{
    if (queue_length(channel->queue) > 0 && !clock_is_armed(&channel->more) &&
        dispatch_is_held_back(channel))
        dispatch_room_in(channel, BEHIND_MS);
}

/* On the monotonic clock; after now if the other one was set back since then. */
static int64_t sent_at_ms(const struct gateway *gateway, const struct attempt *attempt)
{
    return clock_mono_ms(gateway->clock) + attempt->sent_at_ms - gateway_now_ms(gateway);
}

void dispatch_refused(struct channel *channel, const struct attempt *attempt)
{
    backlog_refused(&channel->backlog, sent_at_ms(channel->gateway, attempt));
}

void dispatch_heard(struct gateway *gateway, const struct live *live,
                    const struct attempt *attempt)
{
    struct channel *channel = dispatch_channel_at(gateway, attempt->channel);
    int64_t now_ms = clock_mono_ms(gateway->clock);
    int64_t sent_ms = sent_at_ms(gateway, attempt);

    if (channel && !catalog_traits(gateway->catalog)[attempt->channel].is_link &&
        sent_ms <= now_ms)
        backlog_heard(&channel->backlog, sent_ms, now_ms,
                      live->plan->steps[attempt->step].within_ms, gateway->strain.is_short);
}

bool dispatch_channel_is_up(const struct gateway *gateway, uint32_t number)
{
    const struct channel *channel = dispatch_channel_at(gateway, number);

    return channel && channel->ops->is_up(channel->self);
}

static size_t queued_of_class(const struct channel *channel, uint8_t class)
{
    return queue_class_length(channel->queue, class) +
           (channel->moving ? queue_class_length(channel->moving, class) : 0);
}

static size_t queued(const struct channel *channel)
{
    size_t sum = 0;

    for (uint8_t class = 0; class < QUEUE_CLASSES; class ++)
        sum += queued_of_class(channel, class);
    return sum;
}

static void look_at(const struct channel *channel, struct dispatch_channel_facts *out)
{
    out->up = channel->ops->is_up(channel->self);
    out->suspended = channel->suspended_until_ms != 0;
    out->behind = dispatch_is_held_back(channel);
    out->room = dispatch_room_of(channel);
    out->capacity = channel->ops->capacity(channel->self);
    out->open = channel->ops->open(channel->self);
    out->queued = queued(channel);
    for (uint8_t class = 0; class < QUEUE_CLASSES; class ++)
        out->queued_by_class[class] = queued_of_class(channel, class);
    out->unreported = channel->unreported;
    memcpy(out->verdicts, channel->verdicts, sizeof(out->verdicts));
}

bool dispatch_next_channel(const struct gateway *gateway, uint32_t *number,
                           struct dispatch_channel_facts *out)
{
    while (++*number <= catalog_channel_count(gateway->catalog)) {
        const struct channel *channel = dispatch_channel_at(gateway, *number);

        if (channel == NULL)
            continue;
        look_at(channel, out);
        return true;
    }
    return false;
}

size_t dispatch_queued(const struct gateway *gateway)
{
    size_t sum = 0;

    for (size_t i = 0; i <= CATALOG_CHANNELS_MAX; i++)
        if (gateway->dispatch->channels[i])
            sum += queued(gateway->dispatch->channels[i]);
    return sum;
}

void dispatch_drain(struct gateway *gateway)
{
    for (size_t i = 0; i <= CATALOG_CHANNELS_MAX; i++) {
        struct channel *channel = gateway->dispatch->channels[i];

        if (channel)
            channel->ops->drain(channel->self);
    }
}

bool dispatch_is_drained(const struct gateway *gateway)
{
    for (size_t i = 0; i <= CATALOG_CHANNELS_MAX; i++) {
        const struct channel *channel = gateway->dispatch->channels[i];

        if (channel && channel->ops->open(channel->self) > 0)
            return false;
    }
    return true;
}
