/*
 * The words a delivery receipt may end with (SMPP 3.4, table B-2), one row each:
 * STAT(name, word, message_state).  A message_state of 0 is carried by no word.
 */
#ifndef TESTS_BENCH_STAT_H
#define TESTS_BENCH_STAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BENCH_STATS(STAT)                                                                  \
    STAT(ENROUTE, "ENROUTE", 1)                                                            \
    STAT(DELIVRD, "DELIVRD", 2)                                                            \
    STAT(EXPIRED, "EXPIRED", 3)                                                            \
    STAT(DELETED, "DELETED", 4)                                                            \
    STAT(UNDELIV, "UNDELIV", 5)                                                            \
    STAT(ACCEPTD, "ACCEPTD", 6)                                                            \
    STAT(UNKNOWN, "UNKNOWN", 7)                                                            \
    STAT(REJECTD, "REJECTD", 8)

enum bench_stat {
    BENCH_STAT_NONE, /* none given; as an expectation: any will do */
#define STAT(name, word, message_state) BENCH_STAT_##name,
    BENCH_STATS(STAT)
#undef STAT
        BENCH_STAT_OTHER, /* a word, or a message_state, of the peer's own */
    BENCH_STAT_COUNT
};

/* "DELIVRD"; "none" and "other" for the two that have no word. */
const char *bench_stat_word(enum bench_stat stat);

/* Upper or lower case; BENCH_STAT_OTHER for what is not in the table. */
enum bench_stat bench_stat_from_word(const char *word, size_t size);
enum bench_stat bench_stat_from_state(uint8_t message_state);

#endif
