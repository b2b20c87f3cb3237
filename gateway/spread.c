#include "gateway/spread.h"

enum { USED_PERCENT = 70 /* of the time until the next */ };

static int64_t guess_us(const struct spread *spread)
{
    return spread->last_size > 0 ? spread->size * spread->last_us / spread->last_size : 0;
}

void spread_begin(struct spread *spread, int64_t now_us, int64_t size,
                  int64_t until_next_us)
{
    int64_t work_us;

    spread->since_us = spread->began_us = now_us;
    spread->rested_us = 0;
    spread->size = size;
    work_us = guess_us(spread);
    spread->rest_percent = work_us > 0 ? until_next_us * USED_PERCENT / work_us - 100 : 0;
    if (spread->rest_percent < 0)
        spread->rest_percent = 0;
    if (spread->rest_percent > SPREAD_REST_PERCENT_MAX)
        spread->rest_percent = SPREAD_REST_PERCENT_MAX;
}

int64_t spread_rest_us(const struct spread *spread, int64_t now_us)
{
    int64_t worked_us = now_us - spread->since_us;

    if (worked_us < SPREAD_PIECE_US)
        return 0;
    /* What is longer was others' time, most of it. */
    if (worked_us > 2 * SPREAD_PIECE_US)
        worked_us = 2 * SPREAD_PIECE_US;
    return worked_us * spread->rest_percent / 100;
}

void spread_rested(struct spread *spread, int64_t began_us, int64_t now_us)
{
    spread->rested_us += now_us - began_us;
    spread->since_us = now_us;
}

int64_t spread_end(struct spread *spread, int64_t now_us)
{
    spread->last_size = spread->size;
    spread->last_us = now_us - spread->began_us - spread->rested_us;
    return spread->last_us;
}
