/* The chain of the postings: what it finds, and that it is the same whatever happens. */
#include "gateway/store_chain.h"

#include <stdlib.h>

#include <sqlite3.h>

#include "gateway/clock.h"
#include "tests/gateway/store_life.h"
#include "tests/test.h"

enum { MESSAGES = 600, POSTINGS = 1 + 4 * MESSAGES, LINK = 1024 };

static const char sum_of_chain[] =
    "SELECT sum((first % 1000003) * (last % 1000003) + (digest % 1000003)) FROM chain";

/* So many messages to their end, at the same times; `fold`: into the tables meanwhile. */
static void live(struct life *life, unsigned messages, bool fold)
{
    life_settle(life);
    for (unsigned n = 1; n <= messages; n++) {
        assert_true(life_begin(life, n));
        life_run(life, n % 40 == 0 ? 20 : 1);
        if (n % 60 == 0) {
            int64_t later_ms = clock_mono_ms(life->clock) + 30;

            if (fold)
                life_fold(life);
            life_run(life, later_ms - clock_mono_ms(life->clock));
        }
    }
    life_run(life, 20);
}

static bool is_told(const struct verification *verification, const char *sentence)
{
    for (size_t i = 0; i < verification->mismatch_count && i < VERIFICATION_SENTENCES_MAX;
         i++)
        if (strcmp(verification->mismatches[i], sentence) == 0)
            return true;
    return false;
}

/* The same random numbers each time. */
static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Xor, which SQLite does not have. */
static void flip(struct life *life, int64_t posting, const char *column, unsigned bit)
{
    char sql[300];

    snprintf(sql, sizeof(sql),
             "UPDATE posting SET %s = (%s | (1 << %u)) - (%s & (1 << %u)) WHERE id=%lld",
             column, column, bit, column, bit, (long long)posting);
    life_tamper(life, "live.db", sql);
}

TEST(each_flipped_bit_of_a_posting_is_found_and_its_link_named)
{
    static const char *const columns[] = {"at",     "kind",     "source",  "target",
                                          "amount", "currency", "message", "attempt"};
    struct life life;
    struct verification verification;
    uint64_t random = 4711;

    life_new(&life, 1);
    assert_true(life_open(&life));
    live(&life, MESSAGES, false);
    life_close(&life);
    assert_int_equal(life_ask(&life, "live.db", "SELECT count(*) FROM posting"), POSTINGS);
    for (int i = 0; i < 250; i++) {
        int64_t posting = 1 + (int64_t)(next_random(&random) % POSTINGS);
        const char *column = columns[next_random(&random) % ROWS(columns)];
        unsigned bit = next_random(&random) % 64;
        int64_t first = (posting - 1) / LINK * LINK + 1;
        char sentence[100];

        snprintf(sentence, sizeof(sentence),
                 "postings %lld to %lld: they are not what was posted", (long long)first,
                 (long long)(first + LINK - 1 < POSTINGS ? first + LINK - 1 : POSTINGS));
        flip(&life, posting, column, bit);
        life_open_reader(&life);
        life_verify(&life, &verification);
        CHECK(!verification.ok, column);
        CHECK(is_told(&verification, sentence), sentence);
        life_close(&life);
        flip(&life, posting, column, bit);
    }
    life_open_reader(&life);
    life_verify(&life, &verification);
    CHECK(verification.ok, verification.mismatches[0]);
    life_free(&life);
}

TEST(a_journal_that_is_replayed_gives_the_same_chain)
{
    int64_t chains[3];

    for (int how = 0; how < 3; how++) {
        struct life life;

        life_new(&life, 1);
        assert_true(life_open(&life));
        live(&life, 200, how == 1);
        if (how == 2) {
            life_crash(&life, true);
            assert_true(life_open(&life));
        }
        life_check_ledger(&life);
        chains[how] = life_ask(&life, "live.db", sum_of_chain);
        life_free(&life);
    }
    assert_int_equal(chains[1], chains[0]);
    assert_int_equal(chains[2], chains[0]);
}

TEST(a_window_that_did_not_fit_on_the_disk_leaves_no_gap)
{
    struct life life;
    bool failed = false;

    for (uint64_t nth = 1; nth < 12; nth++) {
        life_new(&life, nth);
        assert_true(life_open(&life));
        live(&life, 1, true);
        life_fold(&life);
        life.goal = LIFE_PERMITTED;
        for (unsigned n = 2; n <= 30; n++)
            assert_true(life_begin(&life, n));
        life_run(&life, 5);
        vfs_fail_at(life.vfs, VFS_WRITE, nth, SQLITE_FULL);
        life_fold(&life);
        failed = failed || vfs_calls(life.vfs, VFS_WRITE) >= nth;
        vfs_fail_at(life.vfs, VFS_WRITE, 0, SQLITE_OK);
        assert_int_equal(life.failures, 0);
        life_check_ledger(&life);
        assert_int_equal(life_ask(&life, "live.db", "SELECT max(id) FROM posting"),
                         1 + 4 + 29);
        life_free(&life);
    }
    assert_true(failed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(each_flipped_bit_of_a_posting_is_found_and_its_link_named),
        RUN(a_journal_that_is_replayed_gives_the_same_chain),
        RUN(a_window_that_did_not_fit_on_the_disk_leaves_no_gap),
    };

    return RUN_ALL(tests);
}
