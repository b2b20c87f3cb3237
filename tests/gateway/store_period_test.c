/* Postings of months that are over: moved in time, read wherever they are. */
#include "gateway/store.h"

#include <stdlib.h>

#include <sqlite3.h>

#include "tests/gateway/store_life.h"
#include "tests/test.h"

/* Four postings each: two links of the chain and a part of the third. */
enum { MESSAGES = 700, POSTINGS = 1 + 4 * MESSAGES, LINK = 1024, MOVED = 2 * LINK };

/* An id of the month after. */
enum { NEXT_MONTH_N = 20 * 86400 };

static const char month[] = "ledger/2026-11.db";

static void live_a_month(struct life *life)
{
    life_start(life);
    for (unsigned n = 1; n <= MESSAGES; n++) {
        assert_true(life_begin(life, n));
        life_run(life, 5);
    }
    life_run(life, 1000);
    assert_int_equal(life_ask(life, "live.db", "SELECT count(*) FROM posting"), POSTINGS);
}

/* Something comes in December. */
static void begin_a_month(struct life *life)
{
    struct body *body = life_new_body(NEXT_MONTH_N, 10);
    struct message message;

    life_fill_message(NEXT_MONTH_N, &message);
    message.held_micro = 0;
    assert_true(store_begin(life->store, STORE_CONTINUATION));
    store_accept(life->store, &message, body, NULL);
    store_end(life->store);
    free(body);
    life_run(life, 1500);
}

static void check_right(struct life *life)
{
    struct verification verification;

    life_verify(life, &verification);
    CHECK(verification.ok, verification.mismatches[0]);
    assert_int_equal(verification.postings, POSTINGS);
}

TEST(postings_of_a_month_that_is_over_move_link_by_link_and_are_read_there)
{
    struct life life;

    live_a_month(&life);
    begin_a_month(&life);
    assert_int_equal(life_ask(&life, "live.db", "SELECT count(*) FROM posting"),
                     POSTINGS - MOVED);
    assert_int_equal(life_ask(&life, month, "SELECT count(*) FROM posting"), MOVED);
    check_right(&life);
    /* The next posting goes on from the last one, also after another start. */
    life_close(&life);
    assert_true(life_open(&life));
    assert_true(life_load(&life, NULL, NULL));
    check_right(&life);
    assert_true(life_begin(&life, MESSAGES + 1));
    life_run(&life, 100);
    assert_int_equal(life_ask(&life, "live.db", "SELECT max(id) FROM posting"),
                     POSTINGS + 4);
    life_free(&life);
}

TEST(what_is_changed_in_a_month_of_the_ledger_is_named)
{
    static const struct {
        const char *row;
        const char *sql;
        const char *told;
    } rows[] = {
        {"an amount",   "UPDATE posting SET amount=amount+1 WHERE id=1500",
         "postings 1025 to 2048: they are not what was posted"},
        {"a moment",    "UPDATE posting SET at=at+1 WHERE id=7",
         "postings 1 to 1024: they are not what was posted"   },
        {"one is gone", "DELETE FROM posting WHERE id=2048",
         "postings 1025 to 2048: some of them are missing"    },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct life life;
        struct verification verification;

        live_a_month(&life);
        begin_a_month(&life);
        life_close(&life);
        life_tamper(&life, month, rows[i].sql);
        life_open_reader(&life);
        life_verify(&life, &verification);
        CHECK(!verification.ok, rows[i].row);
        CHECK(strcmp(verification.mismatches[0], rows[i].told) == 0,
              verification.mismatches[0]);
        life_free(&life);
    }
}

/* Of the writes of a move some find no room: it is made then, or after a while. */
TEST(a_move_that_finds_no_room_ends_nothing_and_loses_nothing)
{
    unsigned tried = 0;
    unsigned later = 0;
    bool there = true;

    for (uint64_t nth = 1; there; nth += 20) {
        struct life life;
        uint64_t before;

        live_a_month(&life);
        before = vfs_calls(life.vfs, VFS_WRITE);
        vfs_fail_at(life.vfs, VFS_WRITE, nth, SQLITE_FULL);
        begin_a_month(&life);
        there = vfs_calls(life.vfs, VFS_WRITE) >= before + nth;
        CHECK_EQ(life.failures, 0, life.error);
        check_right(&life);
        later += life_ask(&life, "live.db", "SELECT count(*) FROM posting") == POSTINGS;
        tried++;
        life_run(&life, 10000);
        begin_a_month(&life);
        assert_int_equal(life_ask(&life, "live.db", "SELECT count(*) FROM posting"),
                         POSTINGS - MOVED);
        check_right(&life);
        life_free(&life);
    }
    assert_true(tried > 5 && later > 0);
}

TEST(a_month_of_the_ledger_that_is_gone_is_named)
{
    struct life life;
    struct verification verification;
    sqlite3_vfs *vfs;
    char path[128];

    live_a_month(&life);
    begin_a_month(&life);
    life_close(&life);
    vfs = sqlite3_vfs_find("store-life");
    snprintf(path, sizeof(path), "%s/%s", life.folder, month);
    assert_int_equal(vfs->xDelete(vfs, path, 1), SQLITE_OK);
    life_open_reader(&life);
    life_verify(&life, &verification);
    assert_false(verification.ok);
    assert_string_equal(verification.mismatches[0],
                        "ledger/2026-11.db with postings 1 to 2048 is not there");
    life_free(&life);
}

/* False: the move has no such sync. */
static bool interrupt_move(struct life *life, uint64_t nth)
{
    live_a_month(life);
    vfs_set_luck(life->vfs, 50);
    vfs_cut_at(life->vfs, VFS_SYNC, nth, nth % 2);
    begin_a_month(life);
    if (!vfs_is_down(life->vfs))
        return false;
    life_crash(life, true);
    return true;
}

TEST(a_move_that_was_interrupted_loses_and_doubles_no_posting)
{
    struct life life;
    unsigned in_both = 0;
    uint64_t nth = 1;

    for (; interrupt_move(&life, nth); nth++, life_free(&life)) {
        in_both += life_ask(&life, "live.db", "SELECT count(*) FROM posting") == POSTINGS &&
                   life_ask(&life, month, "SELECT count(*) FROM posting") > 0;
        CHECK(life_open(&life), life.error);
        assert_true(life_load(&life, NULL, NULL));
        check_right(&life);
        begin_a_month(&life);
        check_right(&life);
        assert_int_equal(life_ask(&life, month, "SELECT count(*) FROM posting"), MOVED);
    }
    assert_true(nth > 5);
    assert_true(in_both > 0);
    life_free(&life);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(postings_of_a_month_that_is_over_move_link_by_link_and_are_read_there),
        RUN(what_is_changed_in_a_month_of_the_ledger_is_named),
        RUN(a_move_that_finds_no_room_ends_nothing_and_loses_nothing),
        RUN(a_month_of_the_ledger_that_is_gone_is_named),
        RUN(a_move_that_was_interrupted_loses_and_doubles_no_posting),
    };

    return RUN_ALL(tests);
}
