#include "gateway/log_share.h"

#include "gateway/log.h"

enum { SECOND_MS = 1000 };

bool log_share_take(struct log_share *share, const char *untold, int64_t now_ms)
{
    if (now_ms - share->since_ms >= SECOND_MS) {
        if (share->untold > 0)
            log_info(untold, "lines=%llu", (unsigned long long)share->untold);
        *share = (struct log_share){.since_ms = now_ms};
    }
    if (share->told == LOG_SHARE_PER_S) {
        share->untold++;
        return false;
    }
    share->told++;
    return true;
}
