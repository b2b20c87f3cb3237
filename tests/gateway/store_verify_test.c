/* The verification of all that is in the database: what is wrong is named. */
#include "gateway/store_reader.h"

#include <stdlib.h>

#include <event2/event.h>

#include "gateway/clock.h"
#include "gateway/store.h"
#include "tests/gateway/store_life.h"
#include "tests/test.h"

TEST(near_the_end_nothing_is_read_any_more)
{
    struct life life;
    struct verification verification;

    life_live_six(&life, true);
    store_reader_end(life_reader(&life));
    life_verify(&life, &verification);
    assert_false(verification.ok);
    assert_int_equal(verification.mismatch_count, 1);
    assert_int_equal(verification.postings, 0);
    life_free(&life);
}

TEST(a_store_that_is_right_verifies)
{
    for (int moved = 0; moved < 2; moved++) {
        struct life life;
        struct verification verification;

        life_live_six(&life, moved);
        life_verify(&life, &verification);
        CHECK(verification.ok, verification.mismatches[0]);
        assert_int_equal(verification.mismatch_count, 0);
        /* An opening; a hold for each; capture, cost and release of those that ended. */
        assert_int_equal(verification.postings, 1 + 6 + 4 * 3);
        /* Funding, available, held, revenue, payable, cost. */
        assert_int_equal(verification.accounts, 6);
        assert_int_equal(verification.sum_count, 1);
        assert_int_equal(verification.sums[0].currency, ledger_currency("EUR"));
        assert_int_equal(verification.sums[0].sum_micro, 0);
        assert_int_equal(verification.ended_with_hold, 0);
        assert_int_equal(verification.attempts_without_posting, 0);
        life_free(&life);
    }
}

TEST(an_empty_store_verifies)
{
    struct life life;
    struct verification verification;

    life_new(&life, 1);
    assert_true(life_open(&life));
    life_verify(&life, &verification);
    assert_true(verification.ok);
    assert_int_equal(verification.postings, 0);
    life_free(&life);
}

static bool is_told(const struct verification *verification, const char *sentence)
{
    for (size_t i = 0; i < verification->mismatch_count && i < VERIFICATION_SENTENCES_MAX;
         i++)
        if (strstr(verification->mismatches[i], sentence))
            return true;
    for (size_t i = 0; i < verification->mismatch_count && i < VERIFICATION_SENTENCES_MAX;
         i++)
        print_message("told: %s\n", verification->mismatches[i]);
    return false;
}

/*
 * Something is changed in a store that stands still; `sentences` are told, and nothing
 * else.  %M and %A stand for the ids of message 2 and its attempt.
 */
static const struct tampering {
    const char *row;
    const char *file;
    const char *sql;
    size_t told;
    int64_t attempts_without_posting;
    int64_t ended_with_hold;
    const char *sentences[5];
} tamperings[] = {
    {"a balance",
     "live.db",               "UPDATE balance SET amount=amount+50000 WHERE ledger=258",
     2,                                                                                                             0,
     0,                                                                                                                   {"account sms: available is 999.730000, its postings give 999.680000",
      "the sum of all balances in EUR is 0.050000"}                                                                                                                                          },
    {"a balance of the house",
     "live.db",               "UPDATE balance SET amount=0 WHERE ledger=4",
     2,                                                                                                             0,
     0,                                                                                                                   {"the house: revenue is 0.000000, its postings give 0.200000",
      "the sum of all balances in EUR is -0.200000"}                                                                                                                                         },
    {"a balance is gone",
     "live.db",               "DELETE FROM balance WHERE ledger=263",
     2,                                                                                                             0,
     0,                                                                                                                   {"supplier smsc: payable is 0.000000, its postings give -0.120000"}       },
    {"a capture",
     "live.db",               "UPDATE posting SET amount=amount+1 WHERE kind=3 AND message=%M",
     5,                                                                                                             1,
     0,                                                                                                                   {"account sms: held is 0.120000, its postings give 0.119999",
      "the house: revenue is 0.200000, its postings give 0.200001",
      "message %M attempt %A: 0.050000 is charged, its postings give 0.050001",
      "message %M: 0.000000 is held, its postings give -0.000001",
      "postings 1 to 19: they are not what was posted"}                                                                                                                                      },
    {"a cost",
     "live.db",               "UPDATE posting SET amount=20000 WHERE kind=7 AND message=%M",
     4,                                                                                                             1,
     0,                                                                                                                   {"supplier smsc: payable is -0.120000, its postings give -0.110000",
      "the house: cost is 0.120000, its postings give 0.110000",
      "message %M attempt %A: 0.030000 is owed, its postings give 0.020000"}                                                                                                                 },
    {"a hold",
     "live.db",               "UPDATE posting SET amount=70000 WHERE kind=2 AND message=%M",
     4,                                                                                                             0,
     0,                                                                                                                   {"account sms: available is 999.680000, its postings give 999.670000",
      "message %M: 0.000000 is held, its postings give 0.010000"}                                                                                                                            },
    {"a posting is gone",
     "live.db",               "DELETE FROM posting WHERE kind=4 AND message=%M",
     4,                                                                                                             0,
     0,                                                                                                                   {"message %M: 0.000000 is held, its postings give 0.010000",
      "postings 1 to 19: some of them are missing"}                                                                                                                                          },
    {"a posting of another attempt",
     "live.db",               "UPDATE posting SET attempt=12345 WHERE kind=3 AND message=%M",
     3,                                                                                                             2,
     0,                                                                                                                   {"message %M attempt %A: 0.050000 is charged, its postings give 0.000000",
      "message %M attempt 12345: 0.000000 is charged, its postings give 0.050000"}                                                                                                           },
    {"a posting twice",
     "live.db",               "INSERT INTO posting SELECT 9999, at, kind, source, target, amount, currency, message,"
     " attempt FROM posting WHERE kind=7 AND message=%M",                                         4,
     1,                                                                                                                0,
     {"message %M attempt %A: 0.030000 is owed, its postings give 0.060000",
      "postings 9999 to 9999: nobody posted them"}                                                                                                                                                  },
    {"a negative posting",
     "live.db",               "INSERT INTO posting VALUES(9999, 1, 1, 1, 258, -5, 4543826, 0, 0)",
     4,                                                                                                             0,
     0,                                                                                                                   {"message 0: a posting of -0.000005"}                                     },
    {"the moment of a posting",
     "live.db",               "UPDATE posting SET at=at+1 WHERE id=7",
     1,                                                                                                             0,
     0,                                                                                                                   {"postings 1 to 19: they are not what was posted"}                        },
    {"two postings have changed places",
     "live.db",               "UPDATE posting SET id=-3 WHERE id=3; UPDATE posting SET id=3 WHERE id=7;"
     " UPDATE posting SET id=7 WHERE id=-3",                                                      1,
     0,                                                                                                                0,
     {"postings 1 to 19: they are not what was posted"}                                                                                                                                             },
    {"an amount that is no whole number",
     "live.db",               "UPDATE posting SET amount=amount+0.4 WHERE id=7",
     1,                                                                                                             0,
     0,                                                                                                                   {"postings 1 to 19: they are not what was posted"}                        },
    {"two postings that make no difference to any sum",
     "live.db",               "INSERT INTO posting SELECT id+100, at, kind, source, target, amount,"
     " currency, 0, 0 FROM posting WHERE id=1 UNION ALL SELECT id+101, at, kind, target,"
     " source, amount, currency, 0, 0 FROM posting WHERE id=1",                                   1,
     0,                                                                                                                0,
     {"postings 101 to 102: nobody posted them"}                                                                                                                                                    },
    {"the chain",
     "live.db",               "UPDATE chain SET digest=digest+1",
     1,                                                                                                             0,
     0,                                                                                                                   {"postings 1 to 19: they are not what was posted"}                        },
    {"a link is gone",
     "live.db",               "DELETE FROM chain",
     1,                                                                                                             0,
     0,                                                                                                                   {"postings 1 to 19: nobody posted them"}                                  },
    {"an attempt's charge",
     "history/2026-11-18.db", "UPDATE message SET content=with_field(content, 'charged', 49999, 1) WHERE id=%M",
     1,                                                                                                             1,
     0,                                                                                                                   {"message %M attempt %A: 0.049999 is charged, its postings give 0.050000"}},
    {"an attempt is gone",
     "history/2026-11-18.db", "UPDATE message SET content=with_field(content, 'attempts', 0) WHERE id=%M",
     2,                                                                                                             2,
     0,                                                                                                                   {"message %M attempt %A: 0.000000 is charged, its postings give 0.050000",
      "message %M attempt %A: 0.000000 is owed, its postings give 0.030000"}                                                                                                                 },
    {"a message has ended with a hold",
     "history/2026-11-18.db", "UPDATE message SET content=with_field(content, 'held', 10000) WHERE id=%M",
     3,                                                                                                             0,
     1,                                                                                                                   {"message %M: it has ended and 0.010000 is held",
      "message %M: 0.010000 is held, its postings give 0.000000",
      "account sms: held is 0.120000, its messages hold 0.130000"}                                                                                                                           },
    {"a receipt is gone",
     "live.db",               "DELETE FROM outbox WHERE id=(SELECT min(id) FROM outbox)",
     1,                                                                                                             0,
     0,                                                                                                                   {"outbox of account sms: receipt %1 is missing"}                          },
    {"a receipt too many",
     "live.db",               "INSERT INTO outbox VALUES(77, 1, 1, NULL)",
     1,                                                                                                             0,
     0,                                                                                                                   {"outbox of account sms: nobody put receipt 77 there"}                    },
    {"receipts are gone",
     "live.db",               "DELETE FROM outbox",
     1,                                                                                                             0,
     0,                                                                                                                   {"outbox of account sms: 2 receipts are missing"}                         },
    {"another receipt",
     "live.db",               "UPDATE outbox SET id=77 WHERE id=(SELECT min(id) FROM outbox)",
     1,                                                                                                             0,
     0,                                                                                                                   {"outbox of account sms: its receipts are not those that were put there"} },
    {"the ledger is gone",
     "live.db",               "DROP TABLE posting",
     1,                                                                                                             0,
     0,                                                                                                                   {"the database cannot be read: no such table: posting"}                   },
    {"a day of the history is not known",
     "live.db",               "UPDATE history SET day='2026-11-17.db'",
     8,                                                                                                             8,
     0,                                                                                                                   {"message %M attempt %A: 0.000000 is charged, its postings give 0.050000"}},
};

/* %M: id of message 2, %A: of its attempt, %1 and %5: of messages 1 and 5. */
static const char *fill_in(const char *pattern, char out[500])
{
    char *at = out;

    for (; *pattern && at < out + 450; pattern++) {
        if (pattern[0] != '%') {
            *at++ = *pattern;
            continue;
        }
        pattern++;
        at += snprintf(at, 40, "%llu",
                       (unsigned long long)(*pattern == 'M'   ? life_message_id(2)
                                            : *pattern == '5' ? life_message_id(5)
                                            : *pattern == 'A' ? life_attempt_id(2)
                                                              : life_message_id(1)));
    }
    *at = 0;
    return out;
}

struct meanwhile {
    struct life *life;
    unsigned openings; /* of the day, by the reader */
    bool busy;
};

TEST(whatever_is_changed_behind_its_back_is_named)
{
    for (size_t i = 0; i < ROWS(tamperings); i++) {
        const struct tampering *tampering = &tamperings[i];
        struct life life;
        struct verification verification;
        char text[500];

        life_live_six(&life, true);
        life_close(&life);
        life_tamper(&life, tampering->file, fill_in(tampering->sql, text));
        /* The reader alone: the store might not open what was done to it. */
        life_open_reader(&life);
        life_verify(&life, &verification);
        CHECK(!verification.ok, tampering->row);
        for (size_t k = 0; k < ROWS(tampering->sentences) && tampering->sentences[k]; k++)
            CHECK(is_told(&verification, fill_in(tampering->sentences[k], text)),
                  tampering->row);
        CHECK_EQ(verification.mismatch_count, tampering->told, tampering->row);
        CHECK_EQ(verification.attempts_without_posting, tampering->attempts_without_posting,
                 tampering->row);
        CHECK_EQ(verification.ended_with_hold, tampering->ended_with_hold, tampering->row);
        life_free(&life);
    }
}

/*
 * While the verification reads: a message goes through all of its life, first its money
 * and then its rows, and message 5, which has ended and been copied, is deleted.
 */
static void move_meanwhile(void *owner, const char *path)
{
    static const struct {
        unsigned opening; /* of the day: to see that it is there, to read it */
        const char *file;
        const char *sql;
    } rows[] = {
        {1, "live.db",
         "INSERT INTO posting SELECT id + 1000, at, kind, source, target, amount, currency,"
         " message + 100000000000, attempt + 100000000000 FROM posting WHERE message=%M"},
        {2, "history/2026-11-18.db",
         "INSERT INTO message SELECT id + 100000000000, state, ended_at,"
         " with_field(with_field(content, 'id', id + 100000000000),"
         " 'id', field(content, 'id', 1) + 100000000000, 1) FROM message WHERE id=%M"   },
        {2, "live.db",               "DELETE FROM message WHERE id=%5"                  },
    };
    struct meanwhile *meanwhile = owner;
    unsigned opening;
    char text[500];

    if (meanwhile->busy || strstr(path, "history/2026-11-18.db") == NULL ||
        strstr(path, "-wal"))
        return;
    opening = ++meanwhile->openings;
    meanwhile->busy = true;
    for (size_t i = 0; i < ROWS(rows); i++)
        if (rows[i].opening == opening)
            life_tamper(meanwhile->life, rows[i].file, fill_in(rows[i].sql, text));
    meanwhile->busy = false;
}

TEST(what_happens_after_the_first_look_is_not_seen)
{
    struct life life;
    struct meanwhile meanwhile = {.life = &life};
    struct verification verification;
    char text[500];

    life_live_six(&life, true);
    /* Message 5 has been copied, not deleted. */
    assert_true(store_begin(life.store, STORE_CONTINUATION));
    life_charge(&life, 5, 0);
    life_end(&life, 5);
    store_end(life.store);
    life_run(&life, 50);
    life_close(&life);
    snprintf(text, sizeof(text),
             "ATTACH '%s/live.db' AS live;"
             "INSERT INTO message SELECT * FROM live.message WHERE state=5",
             life.folder);
    life_tamper(&life, "history/2026-11-18.db", text);
    life_open_reader(&life);
    vfs_on_open(life.vfs, move_meanwhile, &meanwhile);
    life_verify(&life, &verification);
    assert_int_equal(meanwhile.openings, 2);
    CHECK(verification.ok, verification.mismatches[0]);
    assert_int_equal(verification.postings, 1 + 6 + 5 * 3);
    vfs_on_open(life.vfs, NULL, NULL);
    life_free(&life);
}

/* --- while the store works ---------------------------------------------------------- */

enum { WAVES = 13, WAVE = 300 };

struct waves {
    struct life *life;
    struct event_base *base;
    struct clock_timer timer;
    unsigned begun;
    unsigned verified;
    unsigned wrong;
    char why[VERIFICATION_SENTENCE_SIZE];
    bool ending;
};

static void verify_again(struct waves *waves);

static void verified(void *owner, uint64_t tag, const struct verification *verification)
{
    struct waves *waves = owner;

    (void)tag;
    waves->verified++;
    if (!verification->ok) {
        waves->wrong++;
        memcpy(waves->why, verification->mismatches[0], sizeof(waves->why));
    }
    if (waves->ending)
        event_base_loopbreak(waves->base);
    else
        verify_again(waves);
}

static void verify_again(struct waves *waves)
{
    assert_true(store_reader_verify(life_reader(waves->life), verified, waves, 0));
}

/* When the one before has ended and has been moved. */
static void next_wave(void *owner)
{
    struct waves *waves = owner;

    clock_arm_in(waves->life->clock, &waves->timer, 20, next_wave, waves);
    if (store_counters(waves->life->store)->moved < waves->begun)
        return;
    if (waves->begun == WAVES * WAVE) {
        waves->ending = true;
        return;
    }
    for (unsigned i = 0; i < WAVE; i++)
        assert_true(life_begin(waves->life, ++waves->begun));
}

TEST(a_verification_sees_one_moment_while_messages_come_end_and_are_moved)
{
    struct life life;
    struct waves waves = {.life = &life, .base = event_base_new()};

    life_new(&life, 1);
    assert_true(life_open_threads(&life, waves.base));
    life_settle(&life);
    next_wave(&waves);
    verify_again(&waves);
    event_base_dispatch(waves.base);
    CHECK(waves.wrong == 0, waves.why);
    assert_in_range(waves.verified, 10, 1000000);
    assert_int_equal(life.steps[WAVES * WAVE], LIFE_ENDED);

    life_free(&life);
    event_base_free(waves.base);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(near_the_end_nothing_is_read_any_more),
        RUN(a_store_that_is_right_verifies),
        RUN(an_empty_store_verifies),
        RUN(whatever_is_changed_behind_its_back_is_named),
        RUN(what_happens_after_the_first_look_is_not_seen),
        RUN(a_verification_sees_one_moment_while_messages_come_end_and_are_moved),
    };

    return RUN_ALL(tests);
}
