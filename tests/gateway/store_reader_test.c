/* What is answered from the database alone: messages, statements, the verification. */
#include "gateway/store_reader.h"

#include <stdlib.h>

#include <event2/event.h>
#include <sqlite3.h>

#include "gateway/clock.h"
#include "gateway/store.h"
#include "tests/gateway/store_life.h"
#include "tests/test.h"

/* Six messages: 1 to 4 have ended (and are in the history, if `moved`), 5 and 6 are sent.
 */
static void live_six(struct life *life, bool moved)
{
    life_start(life);
    for (unsigned n = 1; n <= 6; n++) {
        life->goal = n <= 4 ? LIFE_ENDED : LIFE_PERMITTED;
        assert_true(life_begin(life, n));
        life_run(life, 20);
        assert_int_equal(life->steps[n], life->goal);
    }
    life_run(life, moved ? 1000 : 30);
    assert_int_equal(store_counters(life->store)->moved, moved ? 4 : 0);
}

/* --- messages ----------------------------------------------------------------------- */

TEST(a_message_is_found_where_it_lives_and_in_the_history)
{
    for (int moved = 0; moved < 2; moved++) {
        struct life life;

        live_six(&life, moved);
        for (unsigned n = 1; n <= 6; n++) {
            struct stored_message stored;
            bool ended = n <= 4;

            life_find(&life, life_message_id(n), &stored);
            assert_true(stored.found);
            assert_int_equal(stored.message.id, life_message_id(n));
            assert_int_equal(stored.message.state, ended ? MESSAGE_ENDED : MESSAGE_WAITING);
            assert_int_equal(stored.message.held_micro, ended ? 0 : LIFE_HOLD);
            assert_int_equal(stored.message.charged_micro, ended ? LIFE_SELL : 0);
            assert_int_equal(stored.message.cost_micro, ended ? LIFE_BUY : 0);
            assert_int_equal(stored.message.attempt_count, 1);
            assert_int_equal(stored.message.attempts[0].id, life_attempt_id(n));
            assert_int_equal(stored.body_count, 1);
            assert_int_equal(stored.bodies[0]->text_size, life.text_size);
            life_done(&stored);
        }
        life_free(&life);
    }
}

TEST(what_nobody_submitted_is_not_found)
{
    static const uint64_t ids[] = {0, 1, UINT64_MAX, INT64_MAX, 116495115878400002};
    struct life life;

    live_six(&life, true);
    for (size_t i = 0; i < ROWS(ids); i++) {
        struct stored_message stored;

        life_find(&life, ids[i], &stored);
        assert_false(stored.found);
        assert_null(stored.bodies);
        assert_null(stored.message.attempts);
    }
    life_free(&life);
}

TEST(what_was_charged_is_not_held_before_the_row_of_the_message_says_so)
{
    struct life life;
    struct stored_message stored;

    live_six(&life, true);
    assert_true(store_begin(life.store, STORE_CONTINUATION));
    life_charge(&life, 5, 0);
    store_end(life.store);
    life_run(&life, 50);
    life_find(&life, life_message_id(5), &stored);
    assert_int_equal(stored.message.charged_micro, LIFE_SELL);
    assert_int_equal(stored.message.held_micro, LIFE_HOLD - LIFE_SELL);
    life_done(&stored);
    life_free(&life);
}

enum { PARTS = 3 };

/* Parts of message `n`: of the same day, of the day after, and after the clock was set. */
static void collect_parts(struct life *life, unsigned n, uint64_t out_ids[PARTS])
{
    const uint64_t day = (uint64_t)86400000 << 22;

    out_ids[0] = life_message_id(n) + 7;
    out_ids[1] = life_message_id(n) + day;
    out_ids[2] = life_message_id(n) + 400 * day;
    assert_true(store_begin(life->store, STORE_CONTINUATION));
    for (int i = 0; i < PARTS; i++) {
        struct body *part = life_new_body(n, 10);

        part->id = out_ids[i];
        part->message = life_message_id(n);
        part->number = (uint16_t)(i + 2);
        store_join(life->store, part);
        free(part);
    }
    store_end(life->store);
}

TEST(each_part_leads_to_its_message_also_from_a_later_day)
{
    for (int moved = 0; moved < 2; moved++) {
        struct life life;
        uint64_t parts[PARTS];

        life_start(&life);
        life.goal = LIFE_PERMITTED;
        assert_true(life_begin(&life, 1));
        collect_parts(&life, 1, parts);
        life_run(&life, 30);
        if (moved) {
            assert_true(store_begin(life.store, STORE_CONTINUATION));
            life_charge(&life, 1, 0);
            life_end(&life, 1);
            store_end(life.store);
            life_run(&life, 1000);
            assert_int_equal(store_counters(life.store)->moved, 1);
        }
        for (int i = 0; i < PARTS; i++) {
            struct stored_message stored;

            life_find(&life, parts[i], &stored);
            assert_true(stored.found);
            assert_int_equal(stored.message.id, life_message_id(1));
            assert_int_equal(stored.body_count, 1 + PARTS);
            assert_int_equal(stored.bodies[0]->id, life_message_id(1));
            for (int n = 0; n < PARTS; n++)
                assert_int_equal(stored.bodies[1 + n]->id, parts[n]);
            life_done(&stored);
        }
        life_free(&life);
    }
}

static void count_answer(void *owner, uint64_t tag, struct stored_message *stored)
{
    (void)tag;
    *(unsigned *)owner += stored->found;
}

TEST(too_many_questions_are_refused_and_open_ones_freed)
{
    struct life life;
    unsigned found = 0;
    unsigned asked = 0;

    live_six(&life, true);
    while (store_reader_message(life_reader(&life), life_message_id(1), count_answer,
                                &found, 0))
        asked++;
    assert_int_equal(asked, 250);
    life_run(&life, 3);
    assert_in_range(found, 1, asked);
    while (store_reader_message(life_reader(&life), life_message_id(2), count_answer,
                                &found, 0))
        ;
    life_free(&life);
}

/* --- statements --------------------------------------------------------------------- */

static void keep_statement(void *owner, uint64_t tag, const struct statement *statement)
{
    struct statement *out = owner;

    assert_int_equal(tag, 3);
    assert_non_null(statement);
    *out = *statement;
    out->lines = NULL;
    if (statement->line_count > 0) {
        out->lines = calloc(statement->line_count, sizeof(*out->lines));
        memcpy(out->lines, statement->lines, statement->line_count * sizeof(*out->lines));
    }
}

static void sum_up(struct life *life, uint32_t account, int64_t from_ms, int64_t to_ms,
                   struct statement *out)
{
    memset(out, 0, sizeof(*out));
    assert_true(store_reader_statement(life_reader(life), account, from_ms, to_ms,
                                       keep_statement, out, 3));
    life_run(life, 10);
}

TEST(a_statement_sums_up_what_lives_and_what_has_ended)
{
    static const struct {
        const char *row;
        uint32_t account;
        unsigned from; /* message */
        unsigned to;
        int64_t messages;
        int64_t delivered;
    } rows[] = {
        {"all",                1, 0, 9, 6, 4},
        {"of all accounts",    0, 0, 9, 6, 4},
        {"of another account", 2, 0, 9, 0, 0},
        {"from is included",   1, 4, 9, 3, 1},
        {"to is not",          1, 0, 4, 3, 3},
        {"nothing",            1, 4, 4, 0, 0},
        {"what lives",         1, 5, 9, 2, 0},
    };

    for (int moved = 0; moved < 2; moved++) {
        struct life life;

        live_six(&life, moved);
        for (size_t i = 0; i < ROWS(rows); i++) {
            struct statement statement;

            sum_up(&life, rows[i].account, life_accepted_at_ms(rows[i].from),
                   life_accepted_at_ms(rows[i].to), &statement);
            CHECK_EQ(statement.messages, rows[i].messages, rows[i].row);
            CHECK_EQ(statement.parts, rows[i].messages, rows[i].row);
            CHECK_EQ(statement.ends[MESSAGE_DELIVERED], rows[i].delivered, rows[i].row);
            CHECK_EQ(statement.ends[0], rows[i].messages - rows[i].delivered, rows[i].row);
            CHECK_EQ(statement.charged_micro, rows[i].delivered * LIFE_SELL, rows[i].row);
            CHECK_EQ(statement.cost_micro, rows[i].delivered * LIFE_BUY, rows[i].row);
            /* Only of those that were handed over. */
            CHECK_EQ(statement.baseline_micro, rows[i].delivered * LIFE_SELL, rows[i].row);
            CHECK_EQ(statement.absorbed_micro, 0, rows[i].row);
            CHECK_EQ(statement.line_count, rows[i].messages > 0, rows[i].row);
            if (statement.line_count == 1) {
                CHECK_EQ(statement.lines[0].channel, 1, rows[i].row);
                CHECK_EQ(statement.lines[0].attempts, rows[i].messages, rows[i].row);
                CHECK_EQ(statement.lines[0].sent, rows[i].delivered, rows[i].row);
                CHECK_EQ(statement.lines[0].accepted, rows[i].delivered, rows[i].row);
                CHECK_EQ(statement.lines[0].delivered, rows[i].delivered, rows[i].row);
                CHECK_EQ(statement.lines[0].charged_micro, rows[i].delivered * LIFE_SELL,
                         rows[i].row);
            }
            free(statement.lines);
        }
        life_free(&life);
    }
}

TEST(what_was_absorbed_is_not_charged)
{
    struct life life;
    struct statement statement;
    struct attempt attempt;
    struct verification verification;
    const struct posting postings[] = {
        life_posting(POSTING_LATE_CAPTURE, 5, 10000),
        life_posting(POSTING_ABSORB, 5, LIFE_SELL - 10000),
    };

    live_six(&life, true);
    life_fill_attempt(5, &attempt);
    attempt.charged_micro = LIFE_SELL;
    assert_true(store_begin(life.store, STORE_CONTINUATION));
    store_attempt(life.store, life_message_id(5), &attempt, 0, 0, postings, 2);
    store_end(life.store);
    life_run(&life, 50);
    sum_up(&life, 1, life_accepted_at_ms(5), life_accepted_at_ms(6), &statement);
    assert_int_equal(statement.charged_micro, 10000);
    assert_int_equal(statement.absorbed_micro, LIFE_SELL - 10000);
    assert_int_equal(statement.line_count, 1);
    assert_int_equal(statement.lines[0].charged_micro, 10000);
    free(statement.lines);
    /* An account that still holds after a late capture is not right, and is named. */
    life_verify(&life, &verification);
    assert_false(verification.ok);
    life_free(&life);
}

TEST(times_without_bounds_are_taken)
{
    struct life life;
    struct statement statement;

    live_six(&life, true);
    sum_up(&life, 0, INT64_MIN, INT64_MAX, &statement);
    assert_int_equal(statement.messages, 6);
    free(statement.lines);
    life_free(&life);
}

/* One octet of the row of message `n`. */
static void damage(struct life *life, const char *file, unsigned n)
{
    char sql[300];

    snprintf(sql, sizeof(sql),
             "UPDATE message SET content = CAST(substr(content, 1, 30) || x'FF' ||"
             " substr(content, 32) AS BLOB) WHERE id=%llu",
             (unsigned long long)life_message_id(n));
    life_tamper(life, file, sql);
}

TEST(a_damaged_message_is_named_by_who_meets_it)
{
    static const struct {
        const char *file;
        unsigned n;
    } rows[] = {
        {"history/2026-11-18.db", 1},
        {"live.db",               5},
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct life life;
        struct stored_message stored;
        struct verification verification;
        char sentence[100];

        live_six(&life, true);
        damage(&life, rows[i].file, rows[i].n);
        life_find(&life, life_message_id(rows[i].n), &stored);
        assert_true(stored.failed);
        life_find(&life, life_message_id(6), &stored);
        assert_true(stored.found);
        life_done(&stored);
        life_verify(&life, &verification);
        assert_false(verification.ok);
        snprintf(sentence, sizeof(sentence), "what is written of message %llu is damaged",
                 (unsigned long long)life_message_id(rows[i].n));
        CHECK(strstr(verification.mismatches[0], sentence), verification.mismatches[0]);
        /* Nothing is done to it, and all else goes on, after a start too. */
        assert_true(store_begin(life.store, STORE_CONTINUATION));
        life_charge(&life, rows[i].n, 0);
        store_end(life.store);
        life_run(&life, 50);
        assert_int_equal(life.failures, 0);
        life_close(&life);
        CHECK(life_open(&life), life.error);
        CHECK(life_load(&life, NULL, NULL), life.error);
        life_free(&life);
    }
}

TEST(what_cannot_be_read_is_not_said_to_be_missing)
{
    struct life life;
    struct stored_message stored;
    struct statement statement;
    struct verification verification;

    live_six(&life, true);
    life_close(&life);
    life_tamper(&life, "history/2026-11-18.db", "DROP TABLE message");
    life_open_reader(&life);
    life_find(&life, life_message_id(1), &stored);
    assert_false(stored.found);
    assert_true(stored.failed);
    assert_null(stored.bodies);
    life_find(&life, life_message_id(5), &stored);
    assert_true(stored.found);
    assert_false(stored.failed);
    life_done(&stored);
    sum_up(&life, 1, 0, INT64_MAX, &statement);
    assert_true(statement.failed);
    free(statement.lines);
    life_verify(&life, &verification);
    assert_false(verification.ok);
    assert_string_equal(verification.mismatches[verification.mismatch_count - 1],
                        "the database cannot be read: no such table: main.message");
    life_free(&life);
}

/* --- the verification --------------------------------------------------------------- */

TEST(near_the_end_nothing_is_read_any_more)
{
    struct life life;
    struct verification verification;

    live_six(&life, true);
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

        live_six(&life, moved);
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

        live_six(&life, true);
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

TEST(a_day_that_was_let_go_is_asked_about_no_more)
{
    struct life life;
    struct stored_message stored;
    struct statement statement;
    sqlite3_vfs *vfs;
    char path[128];

    live_six(&life, true);
    life_close(&life);
    vfs = sqlite3_vfs_find("store-life");
    snprintf(path, sizeof(path), "%s/history/2026-11-18.db", life.folder);
    assert_int_equal(vfs->xDelete(vfs, path, 1), SQLITE_OK);
    assert_true(life_open(&life));
    life_check_ledger(&life);
    life_find(&life, life_message_id(1), &stored);
    assert_false(stored.found);
    sum_up(&life, 1, 0, INT64_MAX, &statement);
    assert_int_equal(statement.messages, 2);
    free(statement.lines);
    life_free(&life);
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

    live_six(&life, true);
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

/* --- lanes -------------------------------------------------------------------------- */

static void count_verification(void *owner, uint64_t tag,
                               const struct verification *verification)
{
    (void)tag;
    assert_true(verification->ok);
    ++*(unsigned *)owner;
}

static void count_message(void *owner, uint64_t tag, struct stored_message *stored)
{
    (void)tag;
    assert_true(stored->found);
    ++*(unsigned *)owner;
}

/* The books are read for minutes in real life. */
TEST(who_asks_for_a_message_does_not_wait_behind_the_books)
{
    enum { BOOKS = 50 };
    struct event_base *base = event_base_new();
    struct life life;
    unsigned verified = 0;
    unsigned found = 0;

    life_new(&life, 1);
    assert_true(life_open_threads(&life, base));
    life_settle(&life);
    assert_true(life_begin(&life, 1));
    while (life.steps[1] != LIFE_ENDED)
        event_base_loop(base, EVLOOP_ONCE);
    for (int i = 0; i < BOOKS; i++)
        assert_true(
            store_reader_verify(life_reader(&life), count_verification, &verified, 0));
    while (verified == 0)
        event_base_loop(base, EVLOOP_ONCE);
    assert_true(
        store_reader_look(life.reader, life_message_id(1), count_message, &found, 0));
    while (found == 0)
        event_base_loop(base, EVLOOP_ONCE);
    assert_in_range(verified, 1, BOOKS - 1);
    while (verified < BOOKS)
        event_base_loop(base, EVLOOP_ONCE);
    life_free(&life);
    event_base_free(base);
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
        RUN(a_message_is_found_where_it_lives_and_in_the_history),
        RUN(what_nobody_submitted_is_not_found),
        RUN(what_was_charged_is_not_held_before_the_row_of_the_message_says_so),
        RUN(each_part_leads_to_its_message_also_from_a_later_day),
        RUN(too_many_questions_are_refused_and_open_ones_freed),
        RUN(a_statement_sums_up_what_lives_and_what_has_ended),
        RUN(what_was_absorbed_is_not_charged),
        RUN(times_without_bounds_are_taken),
        RUN(a_damaged_message_is_named_by_who_meets_it),
        RUN(what_cannot_be_read_is_not_said_to_be_missing),
        RUN(near_the_end_nothing_is_read_any_more),
        RUN(a_store_that_is_right_verifies),
        RUN(an_empty_store_verifies),
        RUN(whatever_is_changed_behind_its_back_is_named),
        RUN(a_day_that_was_let_go_is_asked_about_no_more),
        RUN(what_happens_after_the_first_look_is_not_seen),
        RUN(who_asks_for_a_message_does_not_wait_behind_the_books),
        RUN(a_verification_sees_one_moment_while_messages_come_end_and_are_moved),
    };

    return RUN_ALL(tests);
}
