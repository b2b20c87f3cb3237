/*
 * A share of the log, for lines that one cause brings by the thousand: strangers who knock,
 * a messenger that is down.  What is over it is counted, and told with the next line.
 */
#ifndef GATEWAY_LOG_SHARE_H
#define GATEWAY_LOG_SHARE_H

#include <stdbool.h>
#include <stdint.h>

enum { LOG_SHARE_PER_S = 20 };

/* Zero it before the first use. */
struct log_share {
    int64_t since_ms; /* when its second began */
    unsigned told;
    uint64_t untold;
};

/* Whether one more line may be written at `now_ms`.  `untold` is the event of the line that
 * tells how many were not. */
bool log_share_take(struct log_share *share, const char *untold, int64_t now_ms);

#endif
