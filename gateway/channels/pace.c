#include "gateway/channels/pace.h"

enum { SECOND_MS = 1000, KEPT_OF_4 = 3, CLIMB_DIVISOR = 20, FREE_AT = 2 };

void pace_init(struct pace *pace, uint32_t per_s, int64_t now_ms)
{
    *pace = (struct pace){.given_per_s = per_s, .second_at_ms = now_ms};
    bucket_init(&pace->bucket, per_s, now_ms);
}

static void count_seconds(struct pace *pace, int64_t now_ms)
{
    if (now_ms < pace->second_at_ms + SECOND_MS)
        return;
    pace->taken_before = now_ms < pace->second_at_ms + 2 * SECOND_MS ? pace->taken : 0;
    pace->taken = 0;
    pace->second_at_ms = now_ms;
}

void pace_taken(struct pace *pace, int64_t now_ms)
{
    count_seconds(pace, now_ms);
    pace->taken++;
}

static int64_t at_least_one(int64_t rate)
{
    return rate > 1 ? rate : 1;
}

static void climb(struct pace *pace, int64_t now_ms)
{
    int64_t seconds = (now_ms - pace->climbed_at_ms) / SECOND_MS;
    int64_t full = pace->given_per_s ? pace->given_per_s : pace->throttled_at;
    int64_t rate;

    if (pace->throttled_at == 0 || seconds <= 0)
        return;
    pace->climbed_at_ms += seconds * SECOND_MS;
    rate = pace->bucket.per_s + seconds * at_least_one(full / CLIMB_DIVISOR);
    if (rate >= (pace->given_per_s ? full : FREE_AT * full)) {
        rate = pace->given_per_s;
        pace->throttled_at = 0;
    }
    bucket_set_rate(&pace->bucket, rate, now_ms);
}

int64_t pace_wait_ms(struct pace *pace, int64_t now_ms)
{
    climb(pace, now_ms);
    return bucket_wait_ms(&pace->bucket, now_ms);
}

/* Below `rate`, which was too much, or below its present one. */
static void lower(struct pace *pace, int64_t rate, int64_t now_ms)
{
    if (rate == 0 || (pace->bucket.per_s != 0 && rate > pace->bucket.per_s))
        rate = pace->bucket.per_s;
    if (rate == 0)
        return; /* no limit, and nothing to go by */
    pace->throttled_at = rate;
    pace->climbed_at_ms = now_ms;
    bucket_set_rate(&pace->bucket, at_least_one(pace->throttled_at * KEPT_OF_4 / 4),
                    now_ms);
}

void pace_throttled(struct pace *pace, int64_t now_ms)
{
    count_seconds(pace, now_ms);
    lower(pace, pace->taken > pace->taken_before ? pace->taken : pace->taken_before,
          now_ms);
}

void pace_congested(struct pace *pace, int64_t now_ms)
{
    count_seconds(pace, now_ms);
    if (now_ms < pace->eased_at_ms + SECOND_MS)
        return;
    pace->eased_at_ms = now_ms;
    lower(pace, pace->taken_before, now_ms);
}

int64_t pace_per_s(const struct pace *pace)
{
    return pace->bucket.per_s;
}

bool pace_is_lowered(const struct pace *pace)
{
    return pace->throttled_at != 0;
}
