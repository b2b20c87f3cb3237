#include "gateway/channels/bucket.h"

enum { TRY = 1000 };

void bucket_init(struct bucket *bucket, uint32_t per_s, int64_t now_ms)
{
    *bucket = (struct bucket){per_s, (int64_t)per_s * TRY, now_ms};
}

void bucket_set_rate(struct bucket *bucket, int64_t per_s, int64_t now_ms)
{
    /* Without a limit nothing was counted. */
    if (bucket->per_s == 0)
        bucket->level = 0;
    else
        (void)bucket_wait_ms(bucket, now_ms);
    bucket->per_s = per_s;
    bucket->filled_at_ms = now_ms;
    if (bucket->level > per_s * TRY)
        bucket->level = per_s * TRY;
}

int64_t bucket_wait_ms(struct bucket *bucket, int64_t now_ms)
{
    if (bucket->per_s == 0)
        return 0;
    bucket->level += (now_ms - bucket->filled_at_ms) * bucket->per_s;
    bucket->filled_at_ms = now_ms;
    if (bucket->level > bucket->per_s * TRY)
        bucket->level = bucket->per_s * TRY;
    if (bucket->level >= TRY)
        return 0;
    return (TRY - bucket->level + bucket->per_s - 1) / bucket->per_s;
}

void bucket_take(struct bucket *bucket)
{
    bucket->level -= TRY;
}

void bucket_give(struct bucket *bucket)
{
    bucket->level += TRY;
}
