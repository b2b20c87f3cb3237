/* Messages that end in a later window of the journal than they came in. */
#include "gateway/store_batch.h"

#include <stdio.h>

#include <sqlite3.h>

#include "tests/gateway/store_life.h"
#include "tests/test.h"

static const char day[] = "history/2026-11-18.db";

/* Message `n` lives on in live.db. */
static void live_on(struct life *life, unsigned n)
{
    life->goal = LIFE_PERMITTED;
    assert_true(life_begin(life, n));
    while (life->steps[n] != LIFE_PERMITTED)
        life_run(life, 1);
    life_fold(life);
    life->goal = LIFE_ENDED;
}

static void end(struct life *life, unsigned n)
{
    assert_true(store_begin(life->store, STORE_CONTINUATION));
    life_charge(life, n, 0);
    life_end(life, n);
    store_end(life->store);
}

static void check_ended(struct life *life, unsigned n)
{
    struct stored_message stored;

    life_find(life, life_message_id(n), &stored);
    assert_true(stored.found);
    assert_int_equal(stored.message.end, MESSAGE_DELIVERED);
    assert_int_equal(stored.message.charged_micro, LIFE_SELL);
    assert_int_equal(stored.body_count, 1);
    life_done(&stored);
}

TEST(its_row_waits_in_live_db_and_it_is_known_in_its_day_alone)
{
    struct life life;

    life_start(&life);
    live_on(&life, 4);
    live_on(&life, 2);
    end(&life, 4);
    life_fold(&life);
    assert_int_equal(life_ask(&life, "live.db", "SELECT count(*) FROM message"), 2);
    assert_int_equal(life_ask(&life, "live.db", "SELECT count(*) FROM gone"), 1);
    assert_int_equal(life_ask(&life, "live.db", "SELECT count(*) FROM known"), 1);
    assert_int_equal(life_ask(&life, day, "SELECT count(*) FROM message"), 0);
    assert_int_equal(life_ask(&life, day, "SELECT count(*) FROM known"), 1);
    check_ended(&life, 4);
    life_check_ledger(&life);
    life_free(&life);
}

TEST(when_there_is_nothing_else_to_do_the_row_is_taken_out)
{
    struct life life;

    life_start(&life);
    live_on(&life, 2);
    live_on(&life, 4);
    end(&life, 2);
    life_fold(&life);
    life_run(&life, 1000);
    assert_int_equal(life_ask(&life, "live.db", "SELECT count(*) FROM message"), 1);
    assert_int_equal(life_ask(&life, "live.db", "SELECT count(*) FROM gone"), 0);
    end(&life, 4);
    life_fold(&life);
    life_run(&life, 1000);
    assert_int_equal(life_ask(&life, "live.db", "SELECT count(*) FROM message"), 0);
    assert_int_equal(life_ask(&life, day, "SELECT count(*) FROM aged"), 2);
    check_ended(&life, 2);
    check_ended(&life, 4);
    life_check_ledger(&life);
    life_free(&life);
}

/* The power goes at the `nth` sync of the window that it ends in; false: there are not so
 * many. */
static bool end_and_cut(struct life *life, uint64_t nth)
{
    life_start(life);
    live_on(life, 2);
    end(life, 2);
    life_run(life, 1);
    vfs_cut_at(life->vfs, VFS_SYNC, nth, true);
    life_run(life, 3000);
    if (!vfs_is_down(life->vfs))
        return false;
    life_crash(life, true);
    return true;
}

/* Also with what came behind it, in other windows: it is there once. */
TEST(a_window_that_was_in_the_day_and_not_in_live_db_is_in_both_once)
{
    struct life life;
    unsigned in_both = 0;

    for (uint64_t nth = 1; end_and_cut(&life, nth); nth++, life_free(&life)) {
        int64_t in_live = life_ask(&life, "live.db", "SELECT count(*) FROM known");
        int64_t in_day = life_ask(&life, day, "SELECT count(*) FROM aged");

        in_both += in_live == 1 && in_day == 1;
        CHECK(life_open(&life), life.error);
        life_run(&life, 1000);
        assert_int_equal(life_ask(&life, "live.db", "SELECT count(*) FROM known"), 0);
        assert_int_equal(life_ask(&life, day, "SELECT count(*) FROM known"), 1);
        assert_int_equal(life_ask(&life, "live.db", "SELECT messages FROM history"), 1);
        check_ended(&life, 2);
        life_check_ledger(&life);
    }
    life_free(&life);
    assert_true(in_both > 0);
}

/* What came too late for the window of the end goes over what is in the day. */
TEST(a_report_after_its_end_is_laid_over_the_aged_as_over_others)
{
    struct life life;
    struct stored_message stored;

    life_start(&life);
    live_on(&life, 2);
    assert_true(store_begin(life.store, STORE_CONTINUATION));
    life_end(&life, 2);
    store_end(life.store);
    life_fold(&life);
    assert_true(store_begin(life.store, STORE_CONTINUATION));
    life_charge(&life, 2, 0);
    store_end(life.store);
    life_fold(&life);
    assert_int_equal(life_ask(&life, "live.db", "SELECT count(*) FROM late"), 1);
    life_find(&life, life_message_id(2), &stored);
    assert_true(stored.found);
    assert_int_equal(stored.message.charged_micro, LIFE_SELL);
    life_done(&stored);
    life_check_ledger(&life);
    life_free(&life);
}

/* Of the writes of a window one finds no room; false: there are not so many. */
static bool end_and_fill(uint64_t nth)
{
    struct life life;
    uint64_t before;
    bool there;

    life_start(&life);
    live_on(&life, 2);
    end(&life, 2);
    life.goal = LIFE_ENDED;
    assert_true(life_begin(&life, 4));
    while (life.steps[4] != LIFE_ENDED)
        life_run(&life, 1);
    before = vfs_calls(life.vfs, VFS_WRITE);
    vfs_fail_at(life.vfs, VFS_WRITE, nth, SQLITE_FULL);
    life_fold(&life);
    there = vfs_calls(life.vfs, VFS_WRITE) >= before + nth;
    life_run(&life, 25000);
    CHECK_EQ(life.failures, 0, life.error);
    assert_int_equal(life_ask(&life, "live.db", "SELECT count(*) FROM known"), 0);
    assert_int_equal(life_ask(&life, day, "SELECT count(*) FROM known"), 2);
    assert_int_equal(life_ask(&life, "live.db", "SELECT messages FROM history"), 2);
    check_ended(&life, 2);
    check_ended(&life, 4);
    life_check_ledger(&life);
    life_free(&life);
    return there;
}

TEST(a_window_that_finds_no_room_at_any_write_is_in_the_tables_once)
{
    uint64_t nth = 1;

    while (end_and_fill(nth))
        nth++;
    assert_true(nth > 10);
}

/* After a copy of live.db was put back what had ended since lives again, and its day, which
 * is newer, has it already. */
TEST(what_ends_again_after_a_copy_was_put_back_is_there_once)
{
    static const char *const tables[] = {"message", "aged"};

    for (size_t i = 0; i < ROWS(tables); i++) {
        struct life life;
        char sql[300];

        life_start(&life);
        live_on(&life, 2);
        live_on(&life, 4);
        end(&life, 4);
        life_fold(&life);
        snprintf(sql, sizeof(sql),
                 "ATTACH '%s/live.db' AS live; INSERT INTO %s(id, state, ended_at, content)"
                 " SELECT id, 5, 1, content FROM live.known",
                 life.folder, tables[i]);
        life_tamper(&life, day, sql);
        assert_int_equal(life_ask(&life, day, "SELECT count(*) FROM known"), 2);
        end(&life, 2);
        life_fold(&life);
        assert_int_equal(life_ask(&life, day, "SELECT count(*) FROM known"), 2);
        check_ended(&life, 2);
        life_check_ledger(&life);
        life_run(&life, 1000);
        assert_int_equal(life_ask(&life, day, "SELECT count(*) FROM known"), 2);
        assert_int_equal(life_ask(&life, "live.db", "SELECT count(*) FROM known"), 0);
        check_ended(&life, 2);
        life_check_ledger(&life);
        life_free(&life);
    }
}

static void remove_file(const struct life *life, const char *name)
{
    sqlite3_vfs *vfs = sqlite3_vfs_find("store-life");
    char path[128];

    snprintf(path, sizeof(path), "%s/%s", life->folder, name);
    (void)vfs->xDelete(vfs, path, 1);
}

static void copy_database(struct life *life, const char *from, const char *to)
{
    char sql[128];

    snprintf(sql, sizeof(sql), "VACUUM INTO '%s/%s'", life->folder, to);
    life_tamper(life, from, sql);
}

static void put_back(struct life *life, const char *copy)
{
    static const char *const files[] = {"live.db",   "live.db-wal", "live.db-shm",
                                        "journal-1", "journal-2",   "journal.head",
                                        "live.head"};

    life_close(life);
    for (size_t i = 0; i < ROWS(files); i++)
        remove_file(life, files[i]);
    copy_database(life, copy, "live.db");
}

/* As sluiced(8) says it at COPIES. */
static void take_out_newer(struct life *life)
{
    char sql[400];

    snprintf(sql, sizeof(sql),
             "ATTACH '%s/live.db' AS live; CREATE TEMP TABLE h AS SELECT CAST(value AS"
             " INTEGER) AS id FROM live.meta WHERE key='highest_id';"
             "DELETE FROM part WHERE message > (SELECT id FROM h);"
             "DELETE FROM aged WHERE id > (SELECT id FROM h);"
             "DELETE FROM message WHERE id > (SELECT id FROM h)",
             life->folder);
    life_tamper(life, day, sql);
}

/* The history is newer than the copy, and has rows whose postings were lost with it. */
TEST(what_came_and_ended_after_a_copy_was_made_is_named_unless_it_is_taken_out)
{
    for (int taken_out = 0; taken_out < 2; taken_out++) {
        struct life life;
        struct verification verification;

        life_start(&life);
        assert_true(life_begin(&life, 1));
        life_run(&life, 1000);
        copy_database(&life, "live.db", "copy.db");
        assert_true(life_begin(&life, 2));
        life_run(&life, 1000);
        live_on(&life, 3);
        end(&life, 3);
        life_run(&life, 1000);
        assert_int_equal(life_ask(&life, day, "SELECT count(*) FROM known"), 3);
        put_back(&life, "copy.db");
        if (taken_out)
            take_out_newer(&life);
        CHECK(life_open(&life), life.error);
        assert_true(life_load(&life, NULL, NULL));
        life_check_ledger(&life);
        assert_true(life_begin(&life, 4));
        life_run(&life, 1000);
        life_verify(&life, &verification);
        assert_int_equal(verification.mismatch_count, taken_out ? 0 : 4);
        if (!taken_out)
            CHECK(strstr(verification.mismatches[0], "its postings give 0.000000") != NULL,
                  verification.mismatches[0]);
        assert_int_equal(life_ask(&life, day, "SELECT count(*) FROM known"),
                         taken_out ? 2 : 4);
        life_free(&life);
    }
}

/* Nor does it fill the log with its sentence. */
TEST(on_a_full_disk_it_is_tried_again_after_a_while)
{
    struct life life;
    uint64_t before;

    life_start(&life);
    live_on(&life, 2);
    end(&life, 2);
    life_fold(&life);
    vfs_set_full(life.vfs, true);
    before = vfs_calls(life.vfs, VFS_WRITE);
    life_run(&life, 30000);
    assert_in_range(vfs_calls(life.vfs, VFS_WRITE) - before, 1, 10);
    assert_int_equal(life.failures, 0);
    vfs_set_full(life.vfs, false);
    life_run(&life, 15000);
    assert_int_equal(life_ask(&life, "live.db", "SELECT count(*) FROM gone"), 0);
    assert_int_equal(life_ask(&life, "live.db", "SELECT count(*) FROM message"), 0);
    check_ended(&life, 2);
    life_check_ledger(&life);
    life_free(&life);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(its_row_waits_in_live_db_and_it_is_known_in_its_day_alone),
        RUN(when_there_is_nothing_else_to_do_the_row_is_taken_out),
        RUN(a_window_that_was_in_the_day_and_not_in_live_db_is_in_both_once),
        RUN(a_report_after_its_end_is_laid_over_the_aged_as_over_others),
        RUN(a_window_that_finds_no_room_at_any_write_is_in_the_tables_once),
        RUN(what_ends_again_after_a_copy_was_put_back_is_there_once),
        RUN(what_came_and_ended_after_a_copy_was_made_is_named_unless_it_is_taken_out),
        RUN(on_a_full_disk_it_is_tried_again_after_a_while),
    };

    return RUN_ALL(tests);
}
