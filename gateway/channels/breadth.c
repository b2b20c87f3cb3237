#include "gateway/channels/breadth.h"

void breadth_init(struct breadth *breadth, uint32_t window)
{
    *breadth = (struct breadth){.full = window, .now = window, .narrowed_at_ms = INT64_MIN};
}

void breadth_answered(struct breadth *breadth, int64_t sent_at_ms, int64_t now_ms,
                      int64_t time_ms)
{
    int64_t took_ms = now_ms - sent_at_ms;

    if (took_ms > time_ms / 2) {
        if (sent_at_ms < breadth->narrowed_at_ms)
            return; /* it was sent into the wider window */
        breadth->now = (breadth->now + 1) / 2;
        breadth->narrowed_at_ms = now_ms;
    } else if (took_ms <= time_ms / 4 && breadth->now < breadth->full) {
        breadth->now++;
    }
}
