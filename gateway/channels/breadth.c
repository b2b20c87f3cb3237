#include "gateway/channels/breadth.h"

void breadth_init(struct breadth *breadth, uint32_t window)
{
    *breadth = (struct breadth){.full = window, .now = window, .narrowed_at_ms = INT64_MIN};
}

static void narrow(struct breadth *breadth, int64_t sent_at_ms, int64_t now_ms)
{
    if (sent_at_ms < breadth->narrowed_at_ms)
        return; /* it was sent into the wider window */
    breadth->now = (breadth->now + 1) / 2;
    breadth->narrowed_at_ms = now_ms;
}

static void widen(struct breadth *breadth)
{
    breadth->fair = 0;
    if (breadth->now < breadth->full)
        breadth->now++;
}

void breadth_answered(struct breadth *breadth, int64_t sent_at_ms, int64_t now_ms,
                      int64_t time_ms)
{
    int64_t took_ms = now_ms - sent_at_ms;

    if (took_ms > time_ms / 2)
        narrow(breadth, sent_at_ms, now_ms);
    else if (took_ms <= time_ms / 4 || ++breadth->fair >= breadth->now)
        widen(breadth);
}
