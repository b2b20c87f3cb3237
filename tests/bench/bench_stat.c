#include "tests/bench/bench_stat.h"

#include <string.h>
#include <strings.h>

/* Both by enum bench_stat. */
static const char *const words[BENCH_STAT_COUNT] = {
    "none",
#define STAT(name, word, message_state) word,
    BENCH_STATS(STAT)
#undef STAT
        "other",
};

static const uint8_t states[BENCH_STAT_COUNT] = {
    0,
#define STAT(name, word, message_state) message_state,
    BENCH_STATS(STAT)
#undef STAT
        0,
};

const char *bench_stat_word(enum bench_stat stat)
{
    return words[stat];
}

enum bench_stat bench_stat_from_word(const char *word, size_t size)
{
    for (unsigned stat = BENCH_STAT_NONE + 1; stat < BENCH_STAT_OTHER; stat++) {
        if (size == strlen(words[stat]) && strncasecmp(word, words[stat], size) == 0)
            return (enum bench_stat)stat;
    }
    return BENCH_STAT_OTHER;
}

enum bench_stat bench_stat_from_state(uint8_t message_state)
{
    for (unsigned stat = BENCH_STAT_NONE + 1; stat < BENCH_STAT_OTHER; stat++) {
        if (states[stat] == message_state)
            return (enum bench_stat)stat;
    }
    return BENCH_STAT_OTHER;
}
