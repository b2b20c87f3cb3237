/* The history: what has ended is moved there, once, and what comes late lies over it. */
#include "gateway/store.h"

#include <stdlib.h>

#include <sqlite3.h>

#include "tests/gateway/store_told.h"
#include "tests/test.h"

TEST(what_comes_late_lies_over_the_history)
{
    struct life life;
    struct told told;
    struct verification verification;
    struct stored_message stored;

    life_start(&life);
    life.goal = LIFE_PERMITTED;
    assert_true(life_begin(&life, 1));
    life_run(&life, 30);
    life_end_uncharged(&life, 1);
    life_run(&life, 1000);
    assert_int_equal(store_counters(life.store)->moved, 1);
    life_charge_late(&life, 1, 0);
    life_charge_late(&life, 1, 0); /* again: it is there already */
    life_run(&life, 50);
    life_find(&life, life_message_id(1), &stored);
    assert_true(stored.found);
    assert_int_equal(stored.message.end, MESSAGE_EXPIRED);
    assert_int_equal(stored.message.charged_micro, LIFE_SELL);
    assert_int_equal(stored.message.cost_micro, LIFE_BUY);
    assert_int_equal(stored.message.attempts[0].state, ATTEMPT_DELIVERED);
    assert_int_equal(stored.message.attempts[0].sent_at_ms, 21);
    assert_string_equal(stored.message.attempts[0].provider_id, "late1");
    life_done(&stored);
    life_verify(&life, &verification);
    CHECK(verification.ok, verification.mismatches[0]);
    assert_int_equal(verification.postings, 5);
    told_reopen(&life, &told);
    assert_int_equal(told.lates, 1);
    assert_string_equal(told.late.provider_id, "late1");
    assert_int_equal(told.late.channel, 1);
    life_free(&life);
}

TEST(what_never_had_an_id_is_told_of_at_a_start_for_its_ref)
{
    struct life life;
    struct told told;

    for (unsigned moved = 0; moved <= 1; moved++) {
        life_start(&life);
        life.goal = LIFE_PERMITTED;
        assert_true(life_begin(&life, 1));
        life_run(&life, 30);
        life_end_uncharged(&life, 1);
        life_run(&life, moved ? 1000 : 30);
        assert_int_equal(store_counters(life.store)->moved, moved);
        told_reopen(&life, &told);
        assert_int_equal(told.lates, 1);
        assert_string_equal(told.late.provider_id, "");
        assert_int_not_equal(told.late.anchor, 0);
        free(told.body);
        life_free(&life);
    }
}

/*
 * Up to the nth sync after the message has ended; then the power is cut.  False: the move
 * has no such sync.
 */
static bool interrupt_move(struct life *life, uint64_t nth)
{
    life_start(life);
    life->goal = LIFE_PERMITTED;
    assert_true(life_begin(life, 1));
    life_run(life, 30);
    life_fold(life); /* what ends later has to be moved */
    life_end_uncharged(life, 1);
    life_run(life, 30);
    assert_int_equal(store_counters(life->store)->moved, 0);
    vfs_cut_at(life->vfs, VFS_SYNC, nth, true);
    life_run(life, 1000);
    if (!vfs_is_down(life->vfs))
        return false;
    life_crash(life, true);
    return true;
}

TEST(a_move_that_was_interrupted_is_done_again_with_what_is_newer)
{
    static const char day[] = "history/2026-11-18.db";
    unsigned in_both = 0;
    struct life life;

    for (uint64_t nth = 1; interrupt_move(&life, nth); nth++, life_free(&life)) {
        struct verification verification;
        struct stored_message stored;
        struct told told = {0};

        if (life_ask(&life, "live.db", "SELECT count(*) FROM known") == 1 &&
            life_ask(&life, day, "SELECT count(*) FROM known") == 1)
            in_both++;
        CHECK(life_open(&life), life.error);
        CHECK(life_load(&life, &told_loader, &told), life.error);
        life_charge_late(&life, 1, 0);
        life_run(&life, 30);
        life_verify(&life, &verification);
        CHECK(verification.ok, verification.mismatches[0]);
        life_run(&life, 1000);
        life_verify(&life, &verification);
        CHECK(verification.ok, verification.mismatches[0]);
        assert_int_equal(verification.postings, 5);
        life_find(&life, life_message_id(1), &stored);
        assert_true(stored.found);
        assert_int_equal(stored.body_count, 1);
        assert_int_equal(stored.message.charged_micro, LIFE_SELL);
        life_done(&stored);
        life_close(&life);
        assert_int_equal(life_ask(&life, "live.db", "SELECT count(*) FROM known"), 0);
        assert_int_equal(life_ask(&life, day, "SELECT count(*) FROM known"), 1);
        assert_int_equal(life_ask(&life, "live.db", "SELECT messages FROM history"), 1);
    }
    life_free(&life);
    assert_true(in_both > 0);
}

TEST(what_ended_in_the_journal_alone_is_moved_once)
{
    struct life life;
    struct told told = {0};

    life_start(&life);
    assert_true(life_begin(&life, 1));
    while (life.steps[1] != LIFE_ENDED)
        life_run(&life, 1);
    life_crash(&life, false);
    assert_int_equal(life_ask(&life, "live.db", "SELECT count(*) FROM known WHERE state=5"),
                     0);
    assert_true(life_open(&life));
    assert_true(life_load(&life, &told_loader, &told));
    life_run(&life, 1000);
    assert_int_equal(store_counters(life.store)->moved, 1);
    assert_true(life_begin(&life, 2));
    life_run(&life, 1000);
    assert_int_equal(store_counters(life.store)->moved, 2);
    life_close(&life);
    assert_int_equal(life_ask(&life, "live.db", "SELECT count(*) FROM known"), 0);
    life_free(&life);
}

TEST(a_start_finds_the_living_alone_and_takes_out_the_rows_of_the_others)
{
    struct life life;
    struct told told = {0};

    life_start(&life);
    life.goal = LIFE_PERMITTED;
    assert_true(life_begin(&life, 1));
    assert_true(life_begin(&life, 2));
    life_run(&life, 30);
    life_fold(&life);
    assert_true(store_begin(life.store, STORE_CONTINUATION));
    life_charge(&life, 1, 0);
    life_end(&life, 1);
    store_end(life.store);
    life_fold(&life);
    life_crash(&life, false);
    assert_int_equal(life_ask(&life, "live.db", "SELECT count(*) FROM gone"), 1);
    assert_true(life_open(&life));
    assert_true(life_load(&life, &told_loader, &told));
    assert_int_equal(told.messages, 1);
    life_run(&life, 1000);
    assert_int_equal(life_ask(&life, "live.db", "SELECT count(*) FROM message"), 1);
    assert_int_equal(life_ask(&life, "live.db", "SELECT count(*) FROM gone"), 0);
    free(told.body);
    life_free(&life);
}

/* It comes and ends in one decision. */
static void accept_ended(struct life *life, unsigned n)
{
    struct body *body = life_new_body(n, 10);
    struct message message;

    life_fill_message(n, &message);
    life_decide(life);
    store_accept(life->store, &message, body, NULL);
    message.state = MESSAGE_ENDED;
    message.held_micro = 0;
    store_message(life->store, &message, NULL);
    store_end(life->store);
    free(body);
}

TEST(near_the_end_nothing_is_moved_any_more_and_the_store_is_idle)
{
    enum { DAY_N = 86400 };
    struct life life;
    struct told told = {0};

    life_start(&life);
    life.goal = LIFE_PERMITTED;
    accept_ended(&life, 1);
    accept_ended(&life, 1 + DAY_N); /* of another day: it has to be moved */
    store_end_upkeep(life.store);
    life_run(&life, 1000);
    assert_true(store_is_idle(life.store));
    assert_int_equal(store_counters(life.store)->moved, 1);
    life_close(&life);
    assert_true(life_open(&life));
    assert_true(life_load(&life, &told_loader, &told));
    life_run(&life, 1000);
    assert_int_equal(store_counters(life.store)->moved, 1);
    life_free(&life);
}

TEST(two_days_that_end_side_by_side_are_moved_in_two_moves)
{
    enum { PAIRS = 30, DAY_N = 86400 };
    struct life life;

    life_new(&life, 1);
    assert_true(life_open(&life));
    for (unsigned i = 1; i <= PAIRS; i++) {
        accept_ended(&life, i);
        accept_ended(&life, i + DAY_N);
    }
    life_run(&life, 700);
    assert_int_equal(store_counters(life.store)->moved, 2 * PAIRS);
    life_close(&life);
    assert_int_equal(life_ask(&life, "history/2026-11-18.db", "SELECT count(*) FROM known"),
                     PAIRS);
    assert_int_equal(life_ask(&life, "history/2026-11-19.db", "SELECT count(*) FROM known"),
                     PAIRS);
    life_free(&life);
}

/* A day whose last end is not known would not be asked for late reports. */
TEST(a_checkpoint_before_the_move_leaves_the_history_as_it_is)
{
    enum { MESSAGES = 320 };
    struct life life;

    life_start(&life);
    life.text_size = 60000;
    for (unsigned n = 1; n <= MESSAGES; n++) {
        assert_true(life_begin(&life, n));
        life_fold(&life); /* it ends in another window, and has to be moved */
        life_run(&life, 5);
    }
    life_fold(&life);
    assert_true(store_counters(life.store)->checkpoints > 0);
    life_run(&life, 2000);
    assert_int_equal(store_counters(life.store)->moved, MESSAGES);
    life_close(&life);
    assert_int_equal(
        life_ask(&life, "live.db", "SELECT count(*) FROM history WHERE ended_at > 0"), 1);
    life_free(&life);
}

TEST(a_history_that_cannot_be_written_stops_nothing)
{
    struct life life;
    struct stored_message stored;

    life_new(&life, 1);
    life_tamper(&life, "history/2026-11-18.db", "CREATE TABLE message(other)");
    assert_true(life_open(&life));
    life_settle(&life);
    assert_true(life_begin(&life, 1));
    life_run(&life, 1000);
    assert_int_equal(life.failures, 0);
    assert_int_equal(store_counters(life.store)->moved, 0);
    assert_true(life_begin(&life, 2));
    life_run(&life, 30);
    assert_int_equal(life.steps[2], LIFE_ENDED);
    life_find(&life, life_message_id(1), &stored);
    assert_true(stored.found);
    life_done(&stored);
    /* Once it can, it is. */
    life_tamper(&life, "history/2026-11-18.db", "DROP TABLE message");
    life_run(&life, 20000);
    assert_int_equal(store_counters(life.store)->moved, 2);
    life_free(&life);
}

TEST(a_reader_that_stays_stops_neither_commits_nor_later_checkpoints)
{
    struct life life;
    sqlite3 *reader;
    char path[128];
    uint64_t checkpoints;
    struct message message;

    life_start(&life);
    life.text_size = 60000;
    life.goal = LIFE_ACCEPTED;
    life_run(&life, 50);
    snprintf(path, sizeof(path), "%s/live.db", life.folder);
    assert_int_equal(sqlite3_open_v2(path, &reader, SQLITE_OPEN_READONLY, "store-life"), 0);
    assert_int_equal(sqlite3_exec(reader, "BEGIN; SELECT * FROM meta", NULL, NULL, NULL),
                     SQLITE_OK);
    /* 1400 bodies of 60 KB, 84 MB, while it looks at the first moment. */
    for (unsigned i = 0; i < 1400; i++) {
        struct body *body = life_new_body(1 + i, life.text_size);

        life_fill_message(1 + i, &message);
        life_decide(&life);
        store_accept(life.store, &message, body, NULL);
        const struct store_effect effect = life_counted(i);
        store_effect(life.store, &effect);
        store_end(life.store);
        free(body);
        if (i % 16 == 0)
            life_run(&life, 20);
    }
    life_run(&life, 100);
    assert_int_equal(life.effects, 1400);
    checkpoints = store_counters(life.store)->checkpoints;
    /* One after each window of 32 MiB, not one after each commit. */
    assert_in_range(checkpoints, 2, 10);
    sqlite3_close(reader);
    for (unsigned i = 0; i < 400; i++) {
        struct body *body = life_new_body(1401 + i, life.text_size);

        life_fill_message(1401 + i, &message);
        life_decide(&life);
        store_accept(life.store, &message, body, NULL);
        store_end(life.store);
        free(body);
        if (i % 16 == 0)
            life_run(&life, 20);
    }
    life_run(&life, 1000);
    assert_true(store_counters(life.store)->checkpoints > checkpoints);
    assert_int_equal(life.failures, 0);
    life_free(&life);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(what_comes_late_lies_over_the_history),
        RUN(what_never_had_an_id_is_told_of_at_a_start_for_its_ref),
        RUN(a_move_that_was_interrupted_is_done_again_with_what_is_newer),
        RUN(what_ended_in_the_journal_alone_is_moved_once),
        RUN(a_start_finds_the_living_alone_and_takes_out_the_rows_of_the_others),
        RUN(near_the_end_nothing_is_moved_any_more_and_the_store_is_idle),
        RUN(two_days_that_end_side_by_side_are_moved_in_two_moves),
        RUN(a_checkpoint_before_the_move_leaves_the_history_as_it_is),
        RUN(a_history_that_cannot_be_written_stops_nothing),
        RUN(a_reader_that_stays_stops_neither_commits_nor_later_checkpoints),
    };

    return RUN_ALL(tests);
}
