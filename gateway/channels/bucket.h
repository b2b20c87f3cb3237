/*
 * So many tries a second: a bucket that holds one second of them and begins full.  It has
 * no clock; times are monotonic milliseconds.
 */
#ifndef GATEWAY_CHANNELS_BUCKET_H
#define GATEWAY_CHANNELS_BUCKET_H

#include <stdint.h>

struct bucket {
    int64_t per_s; /* 0: no limit */
    int64_t level; /* in thousandths of a try */
    int64_t filled_at_ms;
};

/* Embedded. */
void bucket_init(struct bucket *bucket, uint32_t per_s, int64_t now_ms);

/* Another rate from now on; what is in it stays, up to one second of it. */
void bucket_set_rate(struct bucket *bucket, int64_t per_s, int64_t now_ms);

/* Milliseconds until there is a try in it; 0: now. */
int64_t bucket_wait_ms(struct bucket *bucket, int64_t now_ms);

/* Takes one that bucket_wait_ms() has just said to be there; gives back one not used. */
void bucket_take(struct bucket *bucket);
void bucket_give(struct bucket *bucket);

#endif
