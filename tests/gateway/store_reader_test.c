/* What is answered from the database alone: messages and statements. */
#include "gateway/store_reader.h"

#include <stdlib.h>

#include <event2/event.h>
#include <sqlite3.h>

#include "gateway/store.h"
#include "tests/gateway/store_life.h"
#include "tests/test.h"

/* --- messages ----------------------------------------------------------------------- */

TEST(a_message_is_found_where_it_lives_and_in_the_history)
{
    for (int moved = 0; moved < 2; moved++) {
        struct life life;

        life_live_six(&life, moved);
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

    life_live_six(&life, true);
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

    life_live_six(&life, true);
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

    life_live_six(&life, true);
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

        life_live_six(&life, moved);
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

    life_live_six(&life, true);
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

    life_live_six(&life, true);
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

        life_live_six(&life, true);
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

    life_live_six(&life, true);
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

TEST(a_day_that_was_let_go_is_asked_about_no_more)
{
    struct life life;
    struct stored_message stored;
    struct statement statement;
    sqlite3_vfs *vfs;
    char path[128];

    life_live_six(&life, true);
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
        RUN(a_day_that_was_let_go_is_asked_about_no_more),
        RUN(who_asks_for_a_message_does_not_wait_behind_the_books),
    };

    return RUN_ALL(tests);
}
