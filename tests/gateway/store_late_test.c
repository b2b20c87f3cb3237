/* What came late: written into its day before that is closed, and gone with it. */
#include "gateway/store_batch.h"

#include <stdio.h>
#include <stdlib.h>

#include <sqlite3.h>

#include "gateway/clock.h"
#include "tests/gateway/store_told.h"
#include "tests/test.h"

enum { DAY_N = 86400, HOUR_MS = 3600 * 1000, MANY = 2500 };

static const char day[] = "history/2026-11-18.db";

static void new_life(struct life *life)
{
    life_start(life);
    life->goal = LIFE_PERMITTED;
}

/* Message `n` has ended without a charge, after a life in live.db. */
static void expire_aged(struct life *life, unsigned n)
{
    assert_true(life_begin(life, n));
    while (life->steps[n] != LIFE_PERMITTED)
        life_run(life, 1);
    life_fold(life);
    life_end_uncharged(life, n);
    life_fold(life);
}

/* The same within one window of the journal. */
static void expire(struct life *life, unsigned n)
{
    const struct posting hold = life_posting(POSTING_HOLD, n, LIFE_HOLD);
    struct body *body = life_new_body(n, 20);
    struct message message;
    struct attempt attempt;

    life_fill_message(n, &message);
    life_fill_attempt(n, &attempt);
    life_decide(life);
    store_accept(life->store, &message, body, &hold);
    store_permit(life->store, message.id, &attempt);
    store_end(life->store);
    free(body);
    life_end_uncharged(life, n);
    life_fold(life);
}

/* Messages 1 and 2, and a report on each. */
static void report_late(struct life *life)
{
    new_life(life);
    expire(life, 1);
    expire_aged(life, 2);
    life_charge_late(life, 1, 0);
    life_charge_late(life, 2, 0);
    life_fold(life);
}

static int64_t late_rows(struct life *life)
{
    return life_ask(life, "live.db", "SELECT count(*) FROM late");
}

static int64_t closed_days(struct life *life)
{
    return life_ask(life, "live.db", "SELECT count(*) FROM closed");
}

static int64_t charged_in_day(struct life *life)
{
    return life_ask(
        life, day, "SELECT count(*) FROM known WHERE field(content, 'charged', 1) = 50000");
}

/* What comes and ends is of another day, hours later. */
static void begin_day(struct life *life, unsigned n)
{
    struct body *body = life_new_body(n, 20);
    struct message message;

    clock_step_wall(life->clock, 2 * HOUR_MS);
    life_fill_message(n, &message);
    message.held_micro = 0;
    life_decide(life);
    store_accept(life->store, &message, body, NULL);
    message.state = MESSAGE_ENDED;
    store_message(life->store, &message, NULL);
    store_end(life->store);
    free(body);
    life_run(life, 3000);
}

static void check_charged(struct life *life, unsigned n)
{
    struct stored_message stored;
    char id[16];

    snprintf(id, sizeof(id), "late%u", n);
    life_find(life, life_message_id(n), &stored);
    assert_true(stored.found);
    assert_int_equal(stored.message.end, MESSAGE_EXPIRED);
    assert_int_equal(stored.message.charged_micro, LIFE_SELL);
    assert_int_equal(stored.message.cost_micro, LIFE_BUY);
    assert_int_equal(stored.body_count, 1);
    assert_int_equal(stored.message.attempt_count, 1);
    assert_int_equal(stored.message.attempts[0].state, ATTEMPT_DELIVERED);
    assert_string_equal(stored.message.attempts[0].provider_id, id);
    life_done(&stored);
}

static void remove_day(const struct life *life)
{
    sqlite3_vfs *vfs = sqlite3_vfs_find("store-life");
    char path[128];

    snprintf(path, sizeof(path), "%s/%s", life->folder, day);
    assert_int_equal(vfs->xDelete(vfs, path, 1), SQLITE_OK);
}

TEST(it_is_written_into_its_day_before_that_is_closed)
{
    struct life life;
    struct told told;

    report_late(&life);
    assert_int_equal(late_rows(&life), 2);
    assert_int_equal(charged_in_day(&life), 0);
    begin_day(&life, DAY_N);
    assert_int_equal(late_rows(&life), 0);
    assert_int_equal(closed_days(&life), 1);
    assert_int_equal(charged_in_day(&life), 2);
    assert_int_equal(life_ask(&life, day, "SELECT count(*) FROM message"), 1);
    assert_int_equal(life_ask(&life, day, "SELECT count(*) FROM aged"), 1);
    check_charged(&life, 1);
    check_charged(&life, 2);
    life_check_ledger(&life);
    told_reopen(&life, &told);
    assert_int_equal(told.lates, 2);
    assert_string_equal(told.late.provider_id, "late2");
    free(told.body);
    life_free(&life);
}

/* The power goes at the `nth` sync from where its day would be closed; false: there are not
 * so many. */
static bool close_and_cut(struct life *life, uint64_t nth)
{
    report_late(life);
    vfs_set_luck(life->vfs, 50);
    vfs_cut_at(life->vfs, VFS_SYNC, nth, nth % 2);
    begin_day(life, DAY_N);
    if (!vfs_is_down(life->vfs))
        return false;
    life_crash(life, true);
    return true;
}

TEST(a_power_cut_at_any_sync_leaves_it_in_effect_once)
{
    struct life life;
    unsigned in_both = 0;
    uint64_t nth = 1;

    for (; close_and_cut(&life, nth); nth++, life_free(&life)) {
        int64_t in_live = late_rows(&life);
        int64_t in_day = charged_in_day(&life);

        in_both += in_live == 2 && in_day == 2;
        CHECK(life_open(&life), life.error);
        assert_true(life_load(&life, NULL, NULL));
        check_charged(&life, 1);
        check_charged(&life, 2);
        life_check_ledger(&life);
        begin_day(&life, DAY_N + 1);
        assert_int_equal(late_rows(&life), 0);
        assert_int_equal(closed_days(&life), 1);
        check_charged(&life, 1);
        check_charged(&life, 2);
        life_check_ledger(&life);
    }
    life_free(&life);
    assert_true(nth > 6);
    assert_true(in_both > 0);
}

/* A sync fails, and what it should have made durable is lost; later the power too. */
static bool close_and_fail(struct life *life, uint64_t nth)
{
    uint64_t before;
    bool there;

    report_late(life);
    before = vfs_calls(life->vfs, VFS_SYNC);
    vfs_fail_at(life->vfs, VFS_SYNC, nth, SQLITE_IOERR_FSYNC);
    begin_day(life, DAY_N);
    there = vfs_calls(life->vfs, VFS_SYNC) >= before + nth;
    vfs_fail_at(life->vfs, VFS_SYNC, 0, SQLITE_OK);
    if (life->failures == 0) {
        check_charged(life, 1);
        check_charged(life, 2);
    }
    life->failures = 0;
    life_crash(life, true);
    return there;
}

TEST(a_sync_that_fails_leaves_it_in_effect_once)
{
    uint64_t nth = 1;
    bool there = true;

    for (; there; nth++) {
        struct life life;

        there = close_and_fail(&life, nth);
        CHECK(life_open(&life), life.error);
        assert_true(life_load(&life, NULL, NULL));
        check_charged(&life, 1);
        check_charged(&life, 2);
        life_check_ledger(&life);
        begin_day(&life, 2 * DAY_N);
        assert_int_equal(late_rows(&life), 0);
        check_charged(&life, 1);
        check_charged(&life, 2);
        life_check_ledger(&life);
        life_free(&life);
    }
    assert_true(nth > 6);
}

/* Of the writes of the closing one finds no room; false: there are not so many. */
static bool close_and_fill(uint64_t nth)
{
    struct life life;
    uint64_t before;
    bool there;

    report_late(&life);
    before = vfs_calls(life.vfs, VFS_WRITE);
    vfs_fail_at(life.vfs, VFS_WRITE, nth, SQLITE_FULL);
    begin_day(&life, DAY_N);
    there = vfs_calls(life.vfs, VFS_WRITE) >= before + nth;
    life_run(&life, 25000);
    CHECK_EQ(life.failures, 0, life.error);
    check_charged(&life, 1);
    check_charged(&life, 2);
    begin_day(&life, 2 * DAY_N);
    assert_int_equal(late_rows(&life), 0);
    check_charged(&life, 1);
    check_charged(&life, 2);
    life_check_ledger(&life);
    life_free(&life);
    return there;
}

TEST(a_write_that_finds_no_room_leaves_it_in_effect_once)
{
    uint64_t nth = 1;

    while (close_and_fill(nth))
        nth++;
    assert_true(nth > 10);
}

/* The same, and more may come for three days. */
static void report_late_in_days(struct life *life)
{
    report_late(life);
    life_close(life);
    life->late_window_ms = 72 * HOUR_MS;
    assert_true(life_open(life));
    assert_true(life_load(life, NULL, NULL));
}

TEST(a_day_is_closed_when_no_late_report_is_expected)
{
    struct life life;

    report_late_in_days(&life);
    begin_day(&life, DAY_N);
    assert_int_equal(closed_days(&life), 0);
    assert_int_equal(late_rows(&life), 2);
    clock_step_wall(life.clock, 72 * HOUR_MS);
    begin_day(&life, 3 * DAY_N);
    assert_int_equal(closed_days(&life), 2);
    assert_int_equal(late_rows(&life), 0);
    check_charged(&life, 1);
    life_check_ledger(&life);
    life_free(&life);
}

/* By a step back the last of the day seems to end in an hour. */
TEST(a_clock_that_was_set_back_closes_no_day_early)
{
    struct life life;
    int64_t ended_ms = life_accepted_at_ms(2) + 40;

    report_late_in_days(&life);
    clock_step_wall(life.clock, ended_ms - 3 * HOUR_MS - clock_wall_ms(life.clock));
    begin_day(&life, DAY_N);
    assert_int_equal(closed_days(&life), 0);
    assert_int_equal(late_rows(&life), 2);
    clock_step_wall(life.clock, 72 * HOUR_MS);
    begin_day(&life, 2 * DAY_N);
    assert_int_equal(closed_days(&life), 2);
    assert_int_equal(late_rows(&life), 0);
    check_charged(&life, 1);
    life_free(&life);
}

/* Nobody waits a year for it. */
TEST(a_day_that_ended_by_a_clock_far_ahead_is_closed)
{
    struct life life;

    report_late_in_days(&life);
    clock_step_wall(life.clock, -500 * HOUR_MS);
    begin_day(&life, DAY_N);
    assert_int_equal(closed_days(&life), 1);
    assert_int_equal(late_rows(&life), 0);
    check_charged(&life, 1);
    life_free(&life);
}

TEST(what_comes_after_its_day_was_closed_lies_over_it_until_that_is_deleted)
{
    struct life life;

    new_life(&life);
    expire(&life, 1);
    begin_day(&life, DAY_N);
    assert_int_equal(closed_days(&life), 1);
    life_charge_late(&life, 1, 0);
    begin_day(&life, 2 * DAY_N);
    assert_int_equal(late_rows(&life), 1);
    check_charged(&life, 1);
    life_check_ledger(&life);
    remove_day(&life);
    begin_day(&life, 3 * DAY_N);
    assert_int_equal(late_rows(&life), 0);
    assert_int_equal(life.failures, 0);
    life_free(&life);
}

TEST(what_came_late_of_a_day_that_was_deleted_goes_with_it)
{
    struct life life;

    report_late(&life);
    remove_day(&life);
    begin_day(&life, DAY_N);
    assert_int_equal(late_rows(&life), 0);
    assert_int_equal(life.failures, 0);
    life_free(&life);
}

TEST(more_than_are_written_at_once_are_written_one_after_the_other)
{
    struct life life;

    new_life(&life);
    for (unsigned n = 1; n <= MANY; n++)
        assert_true(life_begin(&life, n));
    while (life.steps[MANY] != LIFE_PERMITTED)
        life_run(&life, 1);
    for (unsigned n = 1; n <= MANY; n++)
        life_end_uncharged(&life, n);
    life_fold(&life);
    life_run(&life, 3000);
    for (unsigned n = 1; n <= MANY; n++)
        life_charge_late(&life, n, 0);
    assert_int_equal(late_rows(&life), MANY);
    begin_day(&life, DAY_N);
    assert_int_equal(late_rows(&life), 0);
    assert_int_equal(charged_in_day(&life), MANY);
    assert_int_equal(closed_days(&life), 1);
    check_charged(&life, MANY);
    life_check_ledger(&life);
    life_free(&life);
}

TEST(what_lies_over_a_damaged_message_stays_and_holds_up_nothing)
{
    struct life life;
    char sql[160];

    report_late(&life);
    snprintf(sql, sizeof(sql),
             "UPDATE message SET content = zeroblob(length(content)) WHERE id = %llu",
             (unsigned long long)life_message_id(1));
    life_tamper(&life, day, sql);
    begin_day(&life, DAY_N);
    assert_int_equal(late_rows(&life), 1);
    assert_int_equal(closed_days(&life), 1);
    check_charged(&life, 2);
    assert_int_equal(life.failures, 0);
    life_free(&life);
}

/* A message of the day waits, perhaps for a year: it is not closed all the time. */
TEST(it_is_written_into_a_day_of_which_something_lives)
{
    struct life life;

    report_late(&life);
    assert_true(life_begin(&life, 3));
    life_run(&life, 100);
    begin_day(&life, DAY_N);
    assert_int_equal(closed_days(&life), 0);
    assert_int_equal(late_rows(&life), 0);
    assert_int_equal(charged_in_day(&life), 2);
    check_charged(&life, 1);
    life_check_ledger(&life);
    expire_aged(&life, 4);
    life_charge_late(&life, 4, 0);
    life_fold(&life);
    assert_int_equal(late_rows(&life), 1);
    begin_day(&life, 2 * DAY_N);
    assert_int_equal(closed_days(&life), 0);
    assert_int_equal(late_rows(&life), 0);
    life_end_uncharged(&life, 3);
    life_run(&life, 3000);
    assert_int_equal(charged_in_day(&life), 3);
    assert_int_equal(closed_days(&life), 2);
    check_charged(&life, 4);
    life_check_ledger(&life);
    life_free(&life);
}

/* The first octets of its file are others. */
static void spoil_day(const struct life *life)
{
    static const char other[100] = "spoilt";
    sqlite3_vfs *vfs = sqlite3_vfs_find("store-life");
    sqlite3_file *file = calloc(1, (size_t)vfs->szOsFile);
    char path[128] = {0};

    assert_non_null(file);
    snprintf(path, sizeof(path) - 1, "%s/%s", life->folder, day);
    assert_int_equal(
        vfs->xOpen(vfs, path, file, SQLITE_OPEN_READWRITE | SQLITE_OPEN_MAIN_DB, NULL),
        SQLITE_OK);
    assert_int_equal(file->pMethods->xWrite(file, other, sizeof(other), 0), SQLITE_OK);
    file->pMethods->xClose(file);
    free(file);
}

TEST(a_day_that_cannot_be_closed_does_not_hold_up_the_next_one)
{
    struct life life;

    report_late(&life);
    expire(&life, DAY_N);
    life_charge_late(&life, DAY_N, 0);
    life_close(&life);
    spoil_day(&life);
    assert_true(life_open(&life));
    assert_true(life_load(&life, NULL, NULL));
    begin_day(&life, 2 * DAY_N);
    assert_int_equal(late_rows(&life), 2);
    assert_int_equal(
        life_ask(&life, "live.db",
                 "SELECT count(*) FROM closed WHERE name = 'history/2026-11-19.db'"),
        1);
    check_charged(&life, DAY_N);
    assert_int_equal(life.failures, 0);
    life_free(&life);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(it_is_written_into_its_day_before_that_is_closed),
        RUN(a_power_cut_at_any_sync_leaves_it_in_effect_once),
        RUN(a_sync_that_fails_leaves_it_in_effect_once),
        RUN(a_write_that_finds_no_room_leaves_it_in_effect_once),
        RUN(a_day_is_closed_when_no_late_report_is_expected),
        RUN(a_clock_that_was_set_back_closes_no_day_early),
        RUN(a_day_that_ended_by_a_clock_far_ahead_is_closed),
        RUN(what_comes_after_its_day_was_closed_lies_over_it_until_that_is_deleted),
        RUN(what_came_late_of_a_day_that_was_deleted_goes_with_it),
        RUN(more_than_are_written_at_once_are_written_one_after_the_other),
        RUN(what_lies_over_a_damaged_message_stays_and_holds_up_nothing),
        RUN(it_is_written_into_a_day_of_which_something_lives),
        RUN(a_day_that_cannot_be_closed_does_not_hold_up_the_next_one),
    };

    return RUN_ALL(tests);
}
