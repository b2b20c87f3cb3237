/* How a link is, for people. */
#include "gateway/channels/link.h"

#include "gateway/channels/link_pieces.h"
#include "gateway/config.h"
#include "gateway/gateway.h"

static const char *state_of(const struct link *link, const struct link_facts *facts)
{
    if (facts->bound == 0)
        return link->refusals > 0 ? "refused" : "down";
    if (link_now_ms(link) < link->paused_until_ms)
        return "paused";
    return facts->bound < facts->wanted ? "partial" : "up";
}

/* Of the first bind that is up; with none of them up, where the first one goes next. */
static const char *host_of(const struct link *link)
{
    for (uint32_t i = 0; i < link->bind_count; i++)
        if (link->binds[i].was_bound)
            return link->hosts[link->binds[i].host].at->host;
    return link->hosts[link->binds[0].host].at->host;
}

static uint32_t window_of(const struct link *link)
{
    uint32_t sum = 0;

    for (uint32_t i = 0; i < link->bind_count; i++)
        if (link_bind_takes(&link->binds[i]))
            sum += link->binds[i].breadth.now;
    return sum;
}

void link_look(const struct link *link, struct link_facts *out)
{
    *out = (struct link_facts){
        .host = host_of(link),
        .bound = (uint32_t)link_bound(link),
        .wanted = link->bind_count,
        .per_s = pace_per_s(&link->pace),
        .rate_is_lowered = pace_is_lowered(&link->pace),
        .window = window_of(link),
        .binds_refused = link->refused,
        .throttled = link->throttled,
        .congested = link->congested,
        .unreceived = link->unreceived,
        .alarms = link->alarms,
        .alarm_status = link->alarm_status,
    };
    out->state = state_of(link, out);
}

const struct link *link_of_channel(const struct gateway *gateway, uint32_t channel)
{
    for (size_t i = 0; i < gateway->config->link_count; i++)
        if (gateway->links[i]->number == channel)
            return gateway->links[i];
    return NULL;
}
