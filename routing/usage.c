/* Four sums, each of its hour or day. */
#include "routing/usage.h"

#include <stdbool.h>

#include "routing/money.h"

static const struct {
    const char *name;
    int64_t window_ms;
    bool is_spend;
} kinds[USAGE_KINDS] = {
    [USAGE_PARTS_HOUR] = {"parts_per_hour", 3600000,  false},
    [USAGE_PARTS_DAY] = {"parts_per_day",  86400000, false},
    [USAGE_SPEND_HOUR] = {"spend_per_hour", 3600000,  true },
    [USAGE_SPEND_DAY] = {"spend_per_day",  86400000, true },
};

const char *usage_name(enum usage_kind kind)
{
    return kinds[kind].name;
}

void usage_roll(struct usage *usage, int64_t now_ms)
{
    for (int i = 0; i < USAGE_KINDS; i++) {
        int64_t window = now_ms / kinds[i].window_ms;

        if (window == usage->window[i] || window == usage->window[i] - 1)
            continue;
        usage->window[i] = window;
        usage->used[i] = 0;
        if (usage->since_ms > now_ms)
            usage->since_ms = now_ms;
    }
}

enum usage_kind usage_ask(const struct usage *usage, const struct usage_limits *limits,
                          uint32_t parts, int64_t spend)
{
    for (int i = 0; i < USAGE_KINDS; i++) {
        int64_t more = kinds[i].is_spend ? spend : (int64_t)parts;

        if (limits->of[i] > 0 && more > limits->of[i] - usage->used[i])
            return (enum usage_kind)i;
    }
    return USAGE_FITS;
}

void usage_add(struct usage *usage, uint32_t parts, int64_t spend)
{
    for (int i = 0; i < USAGE_KINDS; i++)
        if (!money_add(usage->used[i], kinds[i].is_spend ? spend : (int64_t)parts,
                       &usage->used[i]))
            usage->used[i] = INT64_MAX;
}

void usage_correct(struct usage *usage, int64_t then_ms, int64_t spend)
{
    for (int i = 0; i < USAGE_KINDS && then_ms >= usage->since_ms; i++) {
        if (!kinds[i].is_spend || then_ms / kinds[i].window_ms != usage->window[i])
            continue;
        if (!money_add(usage->used[i], spend, &usage->used[i]))
            usage->used[i] = INT64_MAX;
        if (usage->used[i] < 0)
            usage->used[i] = 0;
    }
}

int64_t usage_ends_ms(const struct usage *usage, enum usage_kind kind)
{
    return (usage->window[kind] + 1) * kinds[kind].window_ms;
}
