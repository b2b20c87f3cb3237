#include "gateway/cli/demo_audience.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/*
 * A round is 20 contacts, sent in this order; the mailing is 20 rounds.  The words are
 * those of sluice-sim(1), NULL where nobody asks.  Of the free messenger: 40 % are
 * reached, 35 % have no account there, 25 % are silent.
 */
static const struct demo_group {
    const char *digits;
    unsigned per_round;
    const char *does[DEMO_CHANNELS];
} groups[] = {
    {"79001", 8, {"delivered", NULL, NULL, NULL}                            },
    {"79002", 3, {"404", "delivered", NULL, NULL}                           },
    {"79003", 2, {"404", "404", "sent+delivered", NULL}                     },
    {"79004", 2, {"404", "404", "404", "delivered"}                         },
    {"79005", 2, {"silent", "delivered", NULL, NULL}                        },
    {"79006", 1, {"silent", "failed+reason:blocked", "delivered+read", NULL}},
    {"79007", 1, {"silent", "silent", "delivered", NULL}                    },
    {"79008", 1, {"silent", "failed+reason:blocked", "silent", "delivered"} },
};

enum { GROUPS = sizeof(groups) / sizeof(groups[0]), ROUNDS = 20 };

static const char *const channel_names[DEMO_CHANNELS] = {
    [DEMO_FREE] = "free",
    [DEMO_CHEAP] = "cheap",
    [DEMO_DEAR] = "dear",
    [DEMO_OPERATOR] = "operator",
};

/* Before the rules of the groups: some numbers are not in use any more. */
static const char *const exceptions[DEMO_CHANNELS] = {
    [DEMO_OPERATOR] = "rule=79004*7:undelivered+err:001",
};

const char *demo_channel_name(enum demo_channel channel)
{
    return channel_names[channel];
}

unsigned demo_audience_size(void)
{
    unsigned per_round = 0;

    for (size_t i = 0; i < GROUPS; i++)
        per_round += groups[i].per_round;
    return per_round * ROUNDS;
}

/* One more item of a list joined by commas; the tables above fit. */
static void add(char out[DEMO_SCRIPT_SIZE], const char *item, ...)
    __attribute__((format(printf, 2, 3)));

static void add(char out[DEMO_SCRIPT_SIZE], const char *item, ...)
{
    size_t used = strlen(out);
    va_list values;
    int wanted;

    if (used > 0)
        out[used++] = ',';
    va_start(values, item);
    wanted = vsnprintf(out + used, DEMO_SCRIPT_SIZE - used, item, values);
    va_end(values);
    assert(wanted >= 0 && (size_t)wanted < DEMO_SCRIPT_SIZE - used);
}

void demo_audience_rules(enum demo_channel channel, char out[DEMO_SCRIPT_SIZE])
{
    out[0] = '\0';
    if (exceptions[channel] != NULL)
        add(out, "%s", exceptions[channel]);
    for (size_t i = 0; i < GROUPS; i++)
        if (groups[i].does[channel] != NULL)
            add(out, "rule=%s*:%s", groups[i].digits, groups[i].does[channel]);
}

void demo_audience_destinations(char out[DEMO_SCRIPT_SIZE])
{
    out[0] = '\0';
    for (size_t i = 0; i < GROUPS; i++)
        add(out, "%s######:%u", groups[i].digits, groups[i].per_round);
}

const char *demo_audience_fallback(void)
{
    return "79008000000";
}

const char *demo_audience_saved(void)
{
    return "79002000000";
}
