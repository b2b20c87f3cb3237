/*
 * How many segments a bind may leave unanswered: its window, and less while the operator is
 * slow.  An answer that took more than half of the time it had halves what there is, once
 * for all that was sent before.  One within a quarter of it gives one place back, which may
 * double them by the time all are answered; between the two it takes as many answers as
 * there are places.  Who answers late is then asked less, before he answers too late and all
 * is sent again.
 *
 * It has no clock; times are monotonic milliseconds.
 */
#ifndef GATEWAY_CHANNELS_BREADTH_H
#define GATEWAY_CHANNELS_BREADTH_H

#include <stdint.h>

struct breadth {
    uint32_t full; /* at least 1 */
    uint32_t now;
    uint32_t fair; /* answers neither late nor quick, since there was one place more */
    int64_t narrowed_at_ms;
};

/* Embedded; all of the window. */
void breadth_init(struct breadth *breadth, uint32_t window);

/* What was sent then is answered now, and might have been for `time_ms`. */
void breadth_answered(struct breadth *breadth, int64_t sent_at_ms, int64_t now_ms,
                      int64_t time_ms);

#endif
