#include "tests/test.h"

#include <stdlib.h>

#include "tests/bench/bench_ledger.h"

/* One thing that happens to a ledger: a response or a receipt for the id `id`. */
struct event {
    enum { END, ACCEPT, RECEIVE, ACKNOWLEDGE } what;
    const char *id;
    int64_t read_ns;
    uint16_t account;
    uint16_t session;
    uint8_t due;      /* of ACCEPT */
    uint8_t stat;     /* of RECEIVE; of ACCEPT the expected one */
    int64_t other_ns; /* of ACCEPT drained_ns, of RECEIVE lost_ns */
};

static uint32_t play_one(struct bench_ledger *ledger, const struct event *event)
{
    const uint8_t *id = (const uint8_t *)event->id;
    uint32_t index = UINT32_MAX;

    if (event->what == ACCEPT) {
        (void)bench_ledger_accept(ledger, id, strlen(event->id),
                                  &(struct bench_acceptance){
                                      .account = event->account,
                                      .session = event->session,
                                      .expected = event->stat,
                                      .due = event->due,
                                      .intended_ns = 1,
                                      .read_ns = event->read_ns,
                                      .drained_ns = event->other_ns,
                                  },
                                  NULL);
    } else {
        (void)bench_ledger_receive(ledger, id, strlen(event->id),
                                   &(struct bench_arrival){
                                       .account = event->account,
                                       .session = event->session,
                                       .stat = event->stat,
                                       .read_ns = event->read_ns,
                                       .lost_ns = event->other_ns,
                                   },
                                   &index);
    }
    return index;
}

/* ACKNOWLEDGE is of the receipt before it. */
static struct bench_ledger_counts play(const struct event *events)
{
    struct bench_ledger *ledger = bench_ledger_new(8);
    uint32_t last = 0;

    for (; events->what != END; events++) {
        if (events->what == ACKNOWLEDGE)
            bench_ledger_acknowledge(ledger, last);
        else
            last = play_one(ledger, events);
    }

    struct bench_ledger_counts counts = *bench_ledger_counts(ledger);

    bench_ledger_free(ledger);
    return counts;
}

#define DELIVRD BENCH_STAT_DELIVRD
#define UNDELIV BENCH_STAT_UNDELIV
#define ALWAYS  BENCH_DUE_ALWAYS
#define NEVER   BENCH_DUE_NEVER

/* What is counted beside what is accepted; a field left out is expected to be 0. */
static const struct {
    const char *row;
    struct event events[6];
    struct bench_ledger_counts expected;
} stories[] = {
    {"a response, its receipt",
     {{ACCEPT, "7", 10, 0, 0, ALWAYS, 0, 0}, {RECEIVE, "7", 20, 0, 0, 0, DELIVRD, 0}},
     {.accepted = 1, .owed = 1, .completed = 1, .received = 1}                                                                     },
    {"a response, no receipt",
     {{ACCEPT, "7", 10, 0, 0, ALWAYS, 0, 0}},
     {.accepted = 1, .owed = 1}                                                                                                    },
    {"an answered receipt, once more",
     {{ACCEPT, "7", 10, 0, 0, ALWAYS, 0, 0},
      {RECEIVE, "7", 20, 0, 0, 0, DELIVRD, 0},
      {ACKNOWLEDGE, NULL, 0, 0, 0, 0, 0, 0},
      {RECEIVE, "7", 30, 0, 0, 0, DELIVRD, 0}},
     {.accepted = 1, .owed = 1, .completed = 1, .received = 2, .duplicates = 1}                                                    },
    {"an answered receipt, once more, after a loss",
     {{ACCEPT, "7", 10, 0, 0, ALWAYS, 0, 0},
      {RECEIVE, "7", 20, 0, 0, 0, DELIVRD, 0},
      {ACKNOWLEDGE, NULL, 0, 0, 0, 0, 0, 0},
      {RECEIVE, "7", 30, 0, 0, 0, DELIVRD, 25}},
     {.accepted = 1, .owed = 1, .completed = 1, .received = 2, .redelivered = 1}                                                   },
    {"an answered receipt, once more, after an older loss",
     {{ACCEPT, "7", 10, 0, 0, ALWAYS, 0, 0},
      {RECEIVE, "7", 20, 0, 0, 0, DELIVRD, 15},
      {ACKNOWLEDGE, NULL, 0, 0, 0, 0, 0, 0},
      {RECEIVE, "7", 30, 0, 0, 0, DELIVRD, 15}},
     {.accepted = 1, .owed = 1, .completed = 1, .received = 2, .duplicates = 1}                                                    },
    {"an unanswered receipt, once more",
     {{ACCEPT, "7", 10, 0, 0, ALWAYS, 0, 0},
      {RECEIVE, "7", 20, 0, 0, 0, DELIVRD, 0},
      {RECEIVE, "7", 30, 0, 0, 0, DELIVRD, 0}},
     {.accepted = 1, .owed = 1, .completed = 1, .received = 2, .redelivered = 1}                                                   },
    {"a receipt answered too late, then once more",
     {{ACCEPT, "7", 10, 0, 0, ALWAYS, 0, 0},
      {RECEIVE, "7", 20, 0, 0, 0, DELIVRD, 0},
      {RECEIVE, "7", 30, 0, 0, 0, DELIVRD, 0},
      {ACKNOWLEDGE, NULL, 0, 0, 0, 0, 0, 0},
      {RECEIVE, "7", 40, 0, 0, 0, DELIVRD, 0}},
     {.accepted = 1, .owed = 1, .completed = 1, .received = 3, .redelivered = 2}                                                   },
    {"redelivered after a loss and answered, then once more",
     {{ACCEPT, "7", 10, 0, 0, ALWAYS, 0, 0},
      {RECEIVE, "7", 20, 0, 0, 0, DELIVRD, 0},
      {RECEIVE, "7", 30, 0, 0, 0, DELIVRD, 25},
      {ACKNOWLEDGE, NULL, 0, 0, 0, 0, 0, 0},
      {RECEIVE, "7", 40, 0, 0, 0, DELIVRD, 25}},
     {.accepted = 1,
      .owed = 1,
      .completed = 1,
      .received = 3,
      .redelivered = 1,
      .duplicates = 1}                                                                                                             },
    {"a receipt for no id",
     {{RECEIVE, "8", 20, 0, 0, 0, DELIVRD, 0}},
     {.received = 1, .unclaimed = 1}                                                                                               },
    {"a receipt before the response, same bind",
     {{RECEIVE, "7", 20, 0, 3, 0, DELIVRD, 0}, {ACCEPT, "7", 20, 0, 3, ALWAYS, 0, 0}},
     {.accepted = 1, .owed = 1, .completed = 1, .received = 1, .early = 1}                                                         },
    {"a receipt before the response, other bind, which had been empty since",
     {{RECEIVE, "7", 20, 0, 3, 0, DELIVRD, 0}, {ACCEPT, "7", 30, 0, 4, ALWAYS, 0, 25}},
     {.accepted = 1, .owed = 1, .completed = 1, .received = 1, .early = 1}                                                         },
    {"a receipt before the response, other bind, not read since",
     {{RECEIVE, "7", 20, 0, 3, 0, DELIVRD, 0}, {ACCEPT, "7", 30, 0, 4, ALWAYS, 0, 15}},
     {.accepted = 1, .owed = 1, .completed = 1, .received = 1, .crossed = 1}                                                       },
    {"an id given twice",
     {{ACCEPT, "7", 10, 0, 0, ALWAYS, 0, 0}, {ACCEPT, "7", 20, 0, 0, ALWAYS, 0, 0}},
     {.accepted = 1, .owed = 1, .repeated_ids = 1}                                                                                 },
    {"a response without an id",                                              {{ACCEPT, "", 10, 0, 0, ALWAYS, 0, 0}}, {.no_ids = 1}},
    {"a receipt nobody asked for",
     {{ACCEPT, "7", 10, 0, 0, NEVER, 0, 0}, {RECEIVE, "7", 20, 0, 0, 0, DELIVRD, 0}},
     {.accepted = 1, .received = 1, .unasked = 1}                                                                                  },
    {"a receipt that may come",
     {{ACCEPT, "7", 10, 0, 0, BENCH_DUE_OPTIONAL, 0, 0},
      {RECEIVE, "7", 20, 0, 0, 0, DELIVRD, 0}},
     {.accepted = 1, .received = 1}                                                                                                },
    {"a receipt on another account",
     {{ACCEPT, "7", 10, 1, 0, ALWAYS, 0, 0}, {RECEIVE, "7", 20, 2, 0, 0, DELIVRD, 0}},
     {.accepted = 1, .owed = 1, .completed = 1, .received = 1, .misdirected = 1}                                                   },
    {"an early receipt on another account",
     {{RECEIVE, "7", 20, 2, 0, 0, DELIVRD, 0}, {ACCEPT, "7", 30, 1, 1, ALWAYS, 0, 25}},
     {.accepted = 1,
      .owed = 1,
      .completed = 1,
      .received = 1,
      .early = 1,
      .misdirected = 1}                                                                                                            },
    {"the word expected",
     {{ACCEPT, "7", 10, 0, 0, ALWAYS, UNDELIV, 0}, {RECEIVE, "7", 20, 0, 0, 0, UNDELIV, 0}},
     {.accepted = 1, .owed = 1, .completed = 1, .received = 1}                                                                     },
    {"another word",
     {{ACCEPT, "7", 10, 0, 0, ALWAYS, UNDELIV, 0}, {RECEIVE, "7", 20, 0, 0, 0, DELIVRD, 0}},
     {.accepted = 1, .owed = 1, .completed = 1, .received = 1, .unexpected = 1}                                                    },
};

TEST(each_story_is_counted_as_what_it_is)
{
    for (size_t i = 0; i < ROWS(stories); i++) {
        struct bench_ledger_counts counts = play(stories[i].events);

        /* Words have a test of their own. */
        memset(counts.stats, 0, sizeof(counts.stats));
        CHECK_BYTES(&counts, sizeof(counts), &stories[i].expected, sizeof(counts),
                    stories[i].row);
    }
}

TEST(the_word_of_the_first_receipt_is_counted)
{
    const struct event events[] = {
        {ACCEPT,  "7",  10, 0, 0, ALWAYS, 0,       0},
        {RECEIVE, "7",  20, 0, 0, 0,      UNDELIV, 0},
        {RECEIVE, "7",  30, 0, 0, 0,      DELIVRD, 0},
        {RECEIVE, "8",  30, 0, 0, 0,      DELIVRD, 0},
        {END,     NULL, 0,  0, 0, 0,      0,       0},
    };
    struct bench_ledger_counts counts = play(events);

    CHECK_EQ(counts.stats[UNDELIV], 1, "of the id that was given");
    CHECK_EQ(counts.stats[DELIVRD], 0, "not of the second, not of an unknown one");
}

static enum bench_ledger_result accept_number(struct bench_ledger *ledger, unsigned number)
{
    char id[BENCH_ID_MAX + 1];
    int size = snprintf(id, sizeof(id), "%u", number);

    return bench_ledger_accept(ledger, (const uint8_t *)id, (size_t)size,
                               &(struct bench_acceptance){.due = ALWAYS, .unit = number},
                               NULL);
}

TEST(a_full_ledger_says_so_and_keeps_what_it_has)
{
    struct bench_ledger *ledger = bench_ledger_new(3);

    for (unsigned number = 0; number < 3; number++)
        CHECK_EQ(accept_number(ledger, number), BENCH_LEDGER_OK, "there is room");
    CHECK_EQ(accept_number(ledger, 3), BENCH_LEDGER_FULL, "the fourth of three");
    CHECK_EQ(accept_number(ledger, 2), BENCH_LEDGER_REPEATED, "an old one is still known");
    CHECK_EQ(bench_ledger_counts(ledger)->overflows, 1, "the refusal is counted");
    CHECK_EQ(bench_ledger_counts(ledger)->accepted, 3, "nothing else is");
    bench_ledger_free(ledger);
}

TEST(a_hundred_thousand_ids_are_told_apart)
{
    enum { IDS = 100000 };
    struct bench_ledger *ledger = bench_ledger_new(IDS);
    char id[BENCH_ID_MAX + 1];

    for (unsigned number = 0; number < IDS; number++)
        CHECK_EQ(accept_number(ledger, number), BENCH_LEDGER_OK, "each is new");

    /* All but every thousandth get their receipt. */
    for (unsigned number = 0; number < IDS; number++) {
        uint32_t index;
        int size = snprintf(id, sizeof(id), "%u", number);

        if (number % 1000 == 0)
            continue;
        CHECK_EQ(bench_ledger_receive(ledger, (const uint8_t *)id, (size_t)size,
                                      &(struct bench_arrival){.stat = DELIVRD}, &index),
                 BENCH_LEDGER_OK, "each is found");
        CHECK_EQ(index, number, "and is the right one");
    }

    unsigned missing = 0;

    for (size_t i = 0; i < bench_ledger_size(ledger); i++) {
        if (!bench_entry_is_missing(bench_ledger_entry(ledger, i)))
            continue;
        bench_ledger_id(ledger, bench_ledger_entry(ledger, i), id);
        CHECK_EQ(strtoul(id, NULL, 10) % 1000, 0, "the missing ones are named");
        missing++;
    }
    CHECK_EQ(missing, IDS / 1000, "all of them");
    bench_ledger_free(ledger);
}

TEST(ids_of_every_length_are_kept_whole)
{
    struct bench_ledger *ledger = bench_ledger_new(BENCH_ID_MAX);
    const struct bench_acceptance acceptance = {.due = ALWAYS};
    uint8_t id[BENCH_ID_MAX + 1];

    /* Each is the beginning of the next, and holds an octet that does not print. */
    memset(id, 'a', sizeof(id));
    id[0] = 0x07;
    for (size_t size = 1; size <= BENCH_ID_MAX; size++)
        CHECK_EQ(bench_ledger_accept(ledger, id, size, &acceptance, NULL), BENCH_LEDGER_OK,
                 "a longer one is another one");
    CHECK_EQ(bench_ledger_accept(ledger, id, BENCH_ID_MAX + 1, &acceptance, NULL),
             BENCH_LEDGER_NO_ID, "too long");

    char shown[BENCH_ID_MAX + 1];

    bench_ledger_id(ledger, bench_ledger_entry(ledger, 3), shown);
    CHECK_STR(shown, "?aaa", "shown");
    CHECK(bench_ledger_knows(ledger, id, BENCH_ID_MAX), "known");
    CHECK(!bench_ledger_knows(ledger, id + 1, 5), "not known");
    bench_ledger_free(ledger);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(each_story_is_counted_as_what_it_is),
        RUN(the_word_of_the_first_receipt_is_counted),
        RUN(a_full_ledger_says_so_and_keeps_what_it_has),
        RUN(a_hundred_thousand_ids_are_told_apart),
        RUN(ids_of_every_length_are_kept_whole),
    };

    return RUN_ALL(tests);
}
