#include "gateway/turns.h"

enum {
    BEAT_MAX_US = 7000,
    BEAT_MIN_US = 300, /* a commit takes about as long: they gather by themselves */
    COMPANY = 48,      /* operations that are worth a beat: seven messages or so */
    ALONE = 12,        /* in the longest one: there is nobody to wait for */

    OPEN_US = 12000,  /* two of them: the first has the rest of what was on its way */
    TRIAL_US = 16000, /* and longer, until so many were to be expected: */
    TRIAL_COUNT = 100,
    TRIAL_MAX_US = 48000,
    PACED_US = 2000000,
    KEPT_PERCENT = 60, /* of the rate: nobody was waiting for us */

    REFUSED_US = 25000, /* and twice as long each time */
    REFUSED_MAX_US = 2000000,

    CLEAR_COUNT = 300,      /* begun without a beat: with it, less than this */
    CLEAR_PERCENT = 85,     /* of that rate is to be slowed down; and if it is not clear */
    CLEAR_MAX_US = 2000000, /* after so long without one, it is counted anew */
    SLOWED_US = 30000000,   /* and twice as long each time */
    SLOWED_MAX_US = 300000000,
    OTHERS_US = 1000000, /* it is the same load as long as it begins as much in this */

    MADE_UP_US = 50000,     /* after it stood still */
    STILL_MAX_US = 2000000, /* for longer, that is how the disk is */
};

static void look_anew(struct turns *turns, int64_t now_us, uint64_t decided, uint64_t begun)
{
    turns->window_us = now_us;
    turns->window_count = decided;
    turns->window_begun = begun;
}

void turns_stand_still(struct turns *turns, int64_t now_us)
{
    if (now_us - turns->still_us >= MADE_UP_US)
        turns->still_since_us = now_us;
    turns->still_us = now_us;
}

static bool stood_still(const struct turns *turns, int64_t now_us)
{
    return turns->still_us > 0 && now_us - turns->still_us < MADE_UP_US &&
           turns->still_us - turns->still_since_us < STILL_MAX_US;
}

static void forget_counts(struct turns *turns)
{
    turns->with = turns->without = (struct turns_count){0};
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

static bool is_clear(const struct turns *turns)
{
    return turns->with.us > 0 && turns->without.begun >= CLEAR_COUNT;
}

static int64_t per_s_of(const struct turns_count *count)
{
    return (int64_t)count->begun * 1000000 / count->us;
}

static bool slows_down(const struct turns *turns)
{
    return per_s_of(&turns->with) * 100 < per_s_of(&turns->without) * CLEAR_PERCENT;
}

static void refuse_for_long(struct turns *turns, int64_t now_us)
{
    turns->slowed_per_s = per_s_of(&turns->without);
    turns->slowed_us = turns->slowed_us == 0 ? SLOWED_US : turns->slowed_us * 2;
    if (turns->slowed_us > SLOWED_MAX_US)
        turns->slowed_us = SLOWED_MAX_US;
    turns->refused_until_us = now_us + turns->slowed_us;
}

/* When a beat is over. */
static void look_back(struct turns *turns, int64_t now_us)
{
    if (!is_clear(turns))
        return;
    if (slows_down(turns))
        refuse_for_long(turns, now_us);
    else
        turns->slowed_us = 0;
    forget_counts(turns);
}

/* Who was slowed down may have gone, and others have come. */
static void look_who_comes(struct turns *turns, int64_t now_us)
{
    int64_t per_s;

    if (turns->slowed_per_s == 0 || turns->without.us < OTHERS_US)
        return;
    per_s = per_s_of(&turns->without);
    forget_counts(turns);
    if (now_us < turns->refused_until_us &&
        per_s * 100 > turns->slowed_per_s * KEPT_PERCENT &&
        per_s * KEPT_PERCENT < turns->slowed_per_s * 100)
        return;
    turns->refused_until_us = now_us;
    turns->slowed_per_s = 0;
}

static void try_a_beat(struct turns *turns, const struct turns_count *window,
                       int64_t now_us, int64_t per_s)
{
    int64_t before_per_s = turns->open_per_s;
    struct turns_count before = turns->last;

    turns->last = *window;
    turns->open_per_s = per_s;
    if (before_per_s < 0)
        return;
    turns->open.us = before.us + window->us;
    turns->open.begun = before.begun + window->begun;
    turns->beat_us = turns->first_us = beat_for(per_s);
    if (turns->beat_us == 0 || turns->without.us > CLEAR_MAX_US)
        forget_counts(turns);
    look_who_comes(turns, now_us);
    if (turns->beat_us == 0 || now_us < turns->refused_until_us)
        return;
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

/* By what was submitted: the rest of what is decided for it is late by some beats, and is
 * missing in the first window of a beat, and added to the first without one. */
static bool is_kept(const struct turns *turns, const struct turns_count *window,
                    int64_t per_s)
{
    if (turns->open.begun == 0)
        return per_s * 100 >= turns->open_per_s * KEPT_PERCENT;
    return per_s_of(window) * 100 >= per_s_of(&turns->open) * KEPT_PERCENT;
}

static void judge(struct turns *turns, const struct turns_count *window, int64_t now_us,
                  int64_t per_s)
{
    if (!is_kept(turns, window, per_s)) {
        if (turns->on_trial)
            refuse(turns, now_us);
        else
            look_back(turns, now_us);
        open_up(turns);
        return;
    }
    turns->on_trial = false;
    turns->refused_us = 0;
    /* Not longer: who waits would send less by a longer beat, which would make it longer.
     */
    turns->beat_us = beat_for(per_s);
    if (turns->beat_us > turns->first_us)
        turns->beat_us = turns->first_us;
    if (turns->beat_us == 0 || now_us - turns->began_us >= PACED_US) {
        look_back(turns, now_us);
        open_up(turns);
    }
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

/* The trial of a beat belongs to neither. */
static void add_up(struct turns *turns, const struct turns_count *window)
{
    struct turns_count *count = turns->paced ? &turns->with : &turns->without;

    if (turns->paced && turns->on_trial)
        return;
    count->us += window->us;
    count->begun += window->begun;
}

bool turns_end(struct turns *turns, int64_t now_us, uint64_t decided, uint64_t begun)
{
    int64_t counted_us;
    bool is_due;

    if (stood_still(turns, now_us))
        look_anew(turns, now_us, decided, begun);
    counted_us = now_us - turns->window_us;
    if (counted_us >= window_length_us(turns)) {
        int64_t per_s = (int64_t)(decided - turns->window_count) * 1000000 / counted_us;
        const struct turns_count window = {counted_us, begun - turns->window_begun};

        add_up(turns, &window);
        if (turns->paced)
            judge(turns, &window, now_us, per_s);
        else
            try_a_beat(turns, &window, now_us, per_s);
        look_anew(turns, now_us, decided, begun);
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
