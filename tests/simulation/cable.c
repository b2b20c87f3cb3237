/*
 * Each cable has one end of a bufferevent_pair, the gateway has the other; what comes out
 * of it waits in a list until its time has come.  libevent serves the pair alone: there is
 * no descriptor and no time-out in its base.
 */
#include "tests/simulation/cable.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include "gateway/esme.h"
#include "gateway/gateway.h"
#include "smpp/client.h"
#include "smpp/listener.h"
#include "tests/simulation/smsc.h"
#include "tests/simulation/world.h"

struct chunk {
    struct chunk *next;
    int64_t due_ms;
    bool end;
    enum moment moment;
    size_t size;
    uint8_t octets[];
};

struct direction {
    struct chunk *first;
    struct chunk **last;
    int64_t last_due_ms;
    struct clock_timer timer;
};

struct cable {
    struct world *world;
    struct bufferevent *ours;    /* NULL: the gateway has left */
    struct bufferevent *theirs;  /* until the gateway has taken it */
    const struct cable_ops *ops; /* NULL: the peer has left */
    void *owner;
    int64_t latency_ms;
    struct direction to_peer;
    struct direction to_gateway;
    bool busy; /* in a callback of the peer */
    struct cable *next;
    struct cable **link;
};

/* --- life --------------------------------------------------------------------------- */

static void drop_chunks(struct cable *cable, struct direction *direction)
{
    while (direction->first) {
        struct chunk *next = direction->first->next;

        free(direction->first);
        direction->first = next;
    }
    direction->last = &direction->first;
    clock_disarm(cable->world->clock, &direction->timer);
}

/* Tells the gateway that nobody is there, unless it knows. */
static void hang_up(struct cable *cable)
{
    struct bufferevent *ours = cable->ours;

    if (ours == NULL)
        return;
    cable->ours = NULL;
    bufferevent_setcb(ours, NULL, NULL, NULL, NULL);
    bufferevent_flush(ours, EV_WRITE, BEV_FINISHED);
    bufferevent_free(ours);
}

static void free_cable(struct cable *cable)
{
    hang_up(cable);
    drop_chunks(cable, &cable->to_peer);
    drop_chunks(cable, &cable->to_gateway);
    *cable->link = cable->next;
    if (cable->next)
        cable->next->link = cable->link;
    free(cable);
}

/* Nothing more can happen on it. */
static bool is_over(const struct cable *cable)
{
    return !cable->busy && cable->ops == NULL &&
           (cable->ours == NULL || cable->to_gateway.first == NULL);
}

static void settle(struct cable *cable)
{
    if (is_over(cable))
        free_cable(cable);
}

void cables_free(struct world *world)
{
    while (world->cables)
        free_cable(world->cables);
}

/* --- what is on its way ------------------------------------------------------------- */

static void arrive_at_peer(void *owner);
static void arrive_at_gateway(void *owner);

static void arm(struct cable *cable, struct direction *direction)
{
    if (direction->first)
        clock_arm(cable->world->clock, &direction->timer, direction->first->due_ms,
                  direction == &cable->to_peer ? arrive_at_peer : arrive_at_gateway, cable);
}

static void put(struct cable *cable, struct direction *direction, const void *octets,
                size_t size, enum moment moment, bool end)
{
    struct world *world = cable->world;
    struct chunk *chunk = calloc(1, sizeof(*chunk) + size);
    int64_t due_ms = world_now_ms(world) + cable->latency_ms +
                     (world_fault(world, 5) ? world_between(world, 1, 40) : 0);

    if (chunk == NULL)
        abort();
    if (due_ms < direction->last_due_ms)
        due_ms = direction->last_due_ms;
    direction->last_due_ms = due_ms;
    chunk->due_ms = due_ms;
    chunk->end = end;
    chunk->moment = moment;
    chunk->size = size;
    if (size > 0)
        memcpy(chunk->octets, octets, size);
    *direction->last = chunk;
    direction->last = &chunk->next;
    if (direction->first == chunk)
        arm(cable, direction);
}

static struct chunk *take(struct direction *direction)
{
    struct chunk *chunk = direction->first;

    direction->first = chunk->next;
    if (direction->first == NULL)
        direction->last = &direction->first;
    return chunk;
}

static void arrive_at_peer(void *owner)
{
    struct cable *cable = owner;
    struct chunk *chunk = take(&cable->to_peer);

    arm(cable, &cable->to_peer);
    if (cable->ops) {
        cable->busy = true;
        if (chunk->end) {
            const struct cable_ops *ops = cable->ops;

            cable->ops = NULL;
            ops->on_closed(cable->owner);
        } else {
            cable->ops->on_octets(cable->owner, chunk->octets, chunk->size);
        }
        cable->busy = false;
    }
    free(chunk);
    settle(cable);
}

/* Cut anywhere: a frame may come in pieces, and several in one. */
static void arrive_at_gateway(void *owner)
{
    struct cable *cable = owner;
    struct chunk *chunk = take(&cable->to_gateway);
    bool end = chunk->end;

    arm(cable, &cable->to_gateway);
    if (!end && cable->ours) {
        bufferevent_write(cable->ours, chunk->octets, chunk->size);
        if (chunk->moment != MOMENTS)
            world_moment(cable->world, chunk->moment);
    }
    free(chunk);
    if (end)
        free_cable(cable);
    else
        settle(cable);
}

static void on_readable(struct bufferevent *bev, void *owner)
{
    struct cable *cable = owner;
    struct evbuffer *input = bufferevent_get_input(bev);
    size_t size = evbuffer_get_length(input);

    if (size > 0 && cable->ops)
        put(cable, &cable->to_peer, evbuffer_pullup(input, -1), size, MOMENTS, false);
    evbuffer_drain(input, size);
}

static void on_event(struct bufferevent *bev, short what, void *owner)
{
    struct cable *cable = owner;

    if ((what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) == 0)
        return;
    on_readable(bev, cable);
    cable->ours = NULL;
    bufferevent_free(bev);
    drop_chunks(cable, &cable->to_gateway);
    if (cable->ops)
        put(cable, &cable->to_peer, NULL, 0, MOMENTS, true);
    settle(cable);
}

/* --- for peers ---------------------------------------------------------------------- */

static struct cable *cable_new(struct world *world)
{
    struct cable *cable = calloc(1, sizeof(*cable));
    struct bufferevent *pair[2];

    if (cable == NULL || bufferevent_pair_new(world->base, 0, pair) != 0)
        abort();
    cable->world = world;
    cable->ours = pair[0];
    cable->theirs = pair[1];
    cable->latency_ms = world_between(world, 1, 5);
    cable->to_peer.last = &cable->to_peer.first;
    cable->to_gateway.last = &cable->to_gateway.first;
    bufferevent_setcb(cable->ours, on_readable, NULL, on_event, cable);
    bufferevent_enable(cable->ours, EV_READ | EV_WRITE);
    cable->next = world->cables;
    cable->link = &world->cables;
    if (cable->next)
        cable->next->link = &cable->next;
    world->cables = cable;
    return cable;
}

struct cable *cable_connect(struct world *world, const struct cable_ops *ops, void *owner)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct cable *cable;

    if (world->gateway == NULL || world->gateway_stopped)
        return NULL;
    cable = cable_new(world);
    cable->ops = ops;
    cable->owner = owner;
    esmes_accept(world->gateway, 0, (struct sockaddr *)&address, sizeof(address));
    return cable;
}

void cable_send(struct cable *cable, const void *octets, size_t size, enum moment moment)
{
    size_t cut = size;

    if (cable->ours == NULL)
        return;
    if (size > 1 && world_fault(cable->world, 20))
        cut = (size_t)world_between(cable->world, 1, (int64_t)size - 1);
    put(cable, &cable->to_gateway, octets, cut, cut < size ? MOMENTS : moment, false);
    if (cut < size)
        put(cable, &cable->to_gateway, (const uint8_t *)octets + cut, size - cut, moment,
            false);
}

void cable_close(struct cable *cable)
{
    cable->ops = NULL;
    if (cable->ours)
        put(cable, &cable->to_gateway, NULL, 0, MOMENTS, true);
    settle(cable);
}

void cable_cut(struct cable *cable)
{
    cable->ops = NULL;
    drop_chunks(cable, &cable->to_gateway);
    settle(cable);
}

/* --- the gateway's transport and listener ------------------------------------------- */

static struct bufferevent *take_end(struct cable *cable)
{
    struct bufferevent *theirs = cable->theirs;

    cable->theirs = NULL;
    return theirs;
}

/* The cable that is being connected is the newest. */
static struct bufferevent *accepted(void *self, struct event_base *base, int take_fd)
{
    struct world *world = self;

    (void)base;
    (void)take_fd;
    return take_end(world->cables);
}

static struct bufferevent *connect_out(void *self, struct event_base *base,
                                       const struct sockaddr *address,
                                       unsigned address_size)
{
    struct world *world = self;
    struct cable *cable;

    (void)base;
    (void)address;
    (void)address_size;
    if (!smsc_listens(world->smsc)) {
        errno = ECONNREFUSED;
        return NULL;
    }
    cable = cable_new(world);
    cable->ops = smsc_accept(world->smsc, cable, &cable->owner);
    return take_end(cable);
}

void cable_transport(struct world *world, struct smpp_transport *out)
{
    *out = (struct smpp_transport){
        .self = world, .accepted = accepted, .connect = connect_out};
}

struct smpp_listener {
    struct smpp_listener_counters counters;
};

struct smpp_listener *smpp_listener_new(struct event_base *base,
                                        const struct smpp_listener_config *config,
                                        const struct smpp_listener_ops *ops, void *owner,
                                        char *error, size_t error_size)
{
    struct smpp_listener *listener = calloc(1, sizeof(*listener));

    (void)base;
    (void)config;
    (void)ops;
    (void)owner;
    (void)error;
    (void)error_size;
    if (listener == NULL)
        abort();
    return listener;
}

void smpp_listener_free(struct smpp_listener *listener)
{
    free(listener);
}

void smpp_listener_pause(struct smpp_listener *listener)
{
    (void)listener;
}

void smpp_listener_resume(struct smpp_listener *listener)
{
    (void)listener;
}

void smpp_listener_gone(struct smpp_listener *listener, const struct sockaddr *address)
{
    (void)listener;
    (void)address;
}

uint16_t smpp_listener_port(const struct smpp_listener *listener)
{
    (void)listener;
    return 0;
}

const struct smpp_listener_counters *
smpp_listener_counters(const struct smpp_listener *listener)
{
    return &listener->counters;
}

unsigned smpp_listener_connections(const struct smpp_listener *listener)
{
    (void)listener;
    return 0;
}
