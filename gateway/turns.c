#include "gateway/turns.h"

enum {
    BEAT_MAX_US = 4000,
    BEAT_MIN_US = 300, /* a commit takes about as long: they gather by themselves */
    COMPANY = 48,      /* operations that are worth a beat: seven messages or so */
    ALONE = 7,         /* in the longest one: there is nobody to wait for */

    OPEN_US = 12000,  /* two of them are looked at: one may have been a stall */
    TRIAL_US = 16000, /* and longer, until so many were to be expected: */
    TRIAL_COUNT = 100,
    TRIAL_MAX_US = 48000,
    PACED_US = 2000000,
    KEPT_PERCENT = 60, /* of the rate: nobody was waiting for us */

    REFUSED_US = 25000, /* and twice as long each time */
    REFUSED_MAX_US = 2000000,
};

static void look_anew(struct turns *turns, int64_t now_us, uint64_t decided)
{
    turns->window_us = now_us;
    turns->window_count = decided;
}

static void open_up(struct turns *turns)
{
    turns->paced = false;
    turns->open_per_s = -1;
}

/* How long the beat has to be for company, at this rate; 0: none is worth it. */
static int64_t beat_for(int64_t per_s)
{
    int64_t beat_us;

    if (per_s * BEAT_MAX_US < (int64_t)ALONE * 1000000)
        return 0;
    beat_us = (int64_t)COMPANY * 1000000 / per_s;
    if (beat_us < BEAT_MIN_US)
        return 0;
    return beat_us < BEAT_MAX_US ? beat_us : BEAT_MAX_US;
}

static void try_a_beat(struct turns *turns, int64_t now_us, int64_t per_s)
{
    int64_t before_per_s = turns->open_per_s;

    turns->open_per_s = per_s;
    if (before_per_s < 0)
        return;
    if (before_per_s > per_s)
        per_s = before_per_s;
    turns->beat_us = beat_for(per_s);
    if (turns->beat_us == 0 || now_us < turns->refused_until_us)
        return;
    turns->open_per_s = per_s;
    turns->paced = true;
    turns->on_trial = true;
    turns->began_us = now_us;
    turns->next_us = now_us + turns->beat_us;
}

static void refuse(struct turns *turns, int64_t now_us)
{
    turns->refused_us = turns->refused_us == 0 ? REFUSED_US : turns->refused_us * 2;
    if (turns->refused_us > REFUSED_MAX_US)
        turns->refused_us = REFUSED_MAX_US;
    turns->refused_until_us = now_us + turns->refused_us;
}

static void judge(struct turns *turns, int64_t now_us, int64_t per_s)
{
    if (per_s * 100 < turns->open_per_s * KEPT_PERCENT) {
        if (turns->on_trial)
            refuse(turns, now_us);
        open_up(turns);
        return;
    }
    turns->on_trial = false;
    turns->refused_us = 0;
    turns->beat_us = beat_for(per_s);
    if (turns->beat_us == 0 || now_us - turns->began_us >= PACED_US)
        open_up(turns);
}

static int64_t window_length_us(const struct turns *turns)
{
    int64_t length_us;

    if (!turns->paced)
        return OPEN_US;
    length_us = (int64_t)TRIAL_COUNT * 1000000 / turns->open_per_s;
    if (length_us < TRIAL_US)
        return TRIAL_US;
    return length_us < TRIAL_MAX_US ? length_us : TRIAL_MAX_US;
}

bool turns_end(struct turns *turns, int64_t now_us, uint64_t decided)
{
    int64_t counted_us = now_us - turns->window_us;
    bool is_due;

    if (counted_us >= window_length_us(turns)) {
        int64_t per_s = (int64_t)(decided - turns->window_count) * 1000000 / counted_us;

        if (turns->paced)
            judge(turns, now_us, per_s);
        else
            try_a_beat(turns, now_us, per_s);
        look_anew(turns, now_us, decided);
    }
    is_due = !turns->paced || now_us >= turns->next_us;
    if (turns->paced && is_due)
        turns->next_us = now_us + turns->beat_us;
    return is_due;
}

int64_t turns_rest_us(const struct turns *turns, int64_t now_us)
{
    if (!turns->paced || now_us >= turns->next_us)
        return 0;
    return turns->next_us - now_us;
}
