/*
 * The windows of a link's binds and its rate.  A slot is a place in the window of one
 * bind; it dies with the connection.
 */
#include "gateway/channels/link_pieces.h"

#include "gateway/config.h"
#include "gateway/dispatch.h"
#include "gateway/gateway.h"

/* Not while it unbinds or closes, whoever began: what is sent then comes back unsent. */
bool link_bind_takes(const struct bind *bind)
{
    return bind->conn &&
           (smpp_session_state(smpp_conn_session(bind->conn)) & SMPP_STATE_SUBMITS);
}

static uint32_t room_of(const struct bind *bind)
{
    uint32_t window = bind->breadth.now;
    uint32_t used = bind->in_flight + bind->reserved;

    return link_bind_takes(bind) && !bind->blocked && !bind->doubted && !bind->resting &&
                   used < window
               ? window - used
               : 0;
}

/* A pair without its receivers would not hear what is reported. */
static bool takes_nothing(struct link *link)
{
    return link->draining || link_now_ms(link) < link->paused_until_ms ||
           (link->config->bind == CONFIG_PAIR && !link_is_up(link));
}

static void room_again(void *owner)
{
    struct link *link = owner;

    link_tell_state(link);
    dispatch_room(link->gateway, link->number);
}

/* Over the rate the link asks again when it may. */
static bool is_in_rate(struct link *link)
{
    int64_t wait_ms = pace_wait_ms(&link->pace, link_now_ms(link));

    if (wait_ms > 0)
        clock_arm_in(link->gateway->clock, &link->room, wait_ms, room_again, link);
    return wait_ms == 0;
}

/* Where what belongs together begins.  Mixed: the last bits of most ids are zero. */
static uint32_t home_of(uint64_t together)
{
    return (uint32_t)(together * 0x9E3779B97F4A7C15ULL >> 32);
}

static struct bind *pick(struct link *link, uint64_t together, enum channel_way way)
{
    uint32_t count = link->bind_count;
    uint32_t first = (way != CHANNEL_ANY_WAY ? home_of(together) : link->turn) % count;

    for (uint32_t i = 0; i < count; i++) {
        struct bind *bind = &link->binds[(first + i) % count];

        if (room_of(bind) > 0) {
            link->turn = bind->index + 1;
            return bind;
        }
        /* Its segments wait for the bind they began on. */
        if (way == CHANNEL_SAME_WAY && link_bind_takes(bind) && !bind->resting)
            return NULL;
    }
    return NULL;
}

bool link_reserve(void *self, uint64_t together, enum channel_way way, uint32_t *out_slot)
{
    struct link *link = self;
    struct bind *bind;

    if (takes_nothing(link) || !is_in_rate(link) ||
        (bind = pick(link, together, way)) == NULL)
        return false;
    bind->reserved++;
    bucket_take(&link->pace.bucket);
    *out_slot = bind->index << 16 | bind->generation;
    return true;
}

struct bind *link_use_slot(struct link *link, uint32_t slot)
{
    struct bind *bind = &link->binds[slot >> 16];

    if (bind->generation != (uint16_t)slot)
        return NULL;
    bind->reserved--;
    return bind;
}

void link_slot_unused(struct link *link)
{
    bucket_give(&link->pace.bucket);
    clock_arm_in(link->gateway->clock, &link->room, 0, room_again, link);
}

void link_unreserve(void *self, uint32_t slot)
{
    struct bind *bind = link_use_slot(self, slot);

    if (bind)
        link_bind_less(bind);
    link_slot_unused(self);
}

void link_pause_until(struct link *link, int64_t until_ms)
{
    link->paused_until_ms = until_ms;
    clock_arm(link->gateway->clock, &link->pause, until_ms, room_again, link);
    link_tell_state(link);
}

uint32_t link_room(void *self)
{
    struct link *link = self;
    uint32_t sum = 0;

    if (takes_nothing(link))
        return 0;
    for (uint32_t i = 0; i < link->bind_count; i++)
        sum += room_of(&link->binds[i]);
    return sum;
}

uint32_t link_capacity(void *self)
{
    const struct link *link = self;

    return link->config->connections * link->config->window;
}

bool link_is_up(void *self)
{
    const struct link *link = self;
    unsigned states = 0;

    for (uint32_t i = 0; i < link->bind_count; i++)
        if (link->binds[i].conn)
            states |= smpp_session_state(smpp_conn_session(link->binds[i].conn));
    /* Of a pair both halves: what is reported would not be heard. */
    return link->config->bind == CONFIG_PAIR
               ? (states & SMPP_STATE_BOUND_TX) && (states & SMPP_STATE_BOUND_RX)
               : (states & SMPP_STATE_SUBMITS) != 0;
}

bool link_is_held_up(void *self)
{
    const struct link *link = self;

    return link_now_ms(link) < link->paused_until_ms &&
           link->pause_ms > link->config->held_up_after_ms;
}

uint32_t link_open_tries(void *self)
{
    const struct link *link = self;
    uint32_t sum = 0;

    for (uint32_t i = 0; i < link->bind_count; i++)
        sum += link->binds[i].in_flight + link->binds[i].reserved;
    return sum;
}
