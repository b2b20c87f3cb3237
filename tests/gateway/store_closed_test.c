/* Days of the history that are written no more: closed in time, and what is found then. */
#include "gateway/store.h"

#include <stdlib.h>

#include <sqlite3.h>

#include "tests/gateway/store_life.h"
#include "tests/test.h"

enum { DAY_N = 86400, BLOCK = 1024 * 1024, MESSAGES = 60 };

static const char day[] = "history/2026-11-18.db";

static void decide(struct life *life)
{
    assert_true(store_begin(life->store, STORE_CONTINUATION));
}

/* Message `n` of the first day, or of the one after; it ends at once, or later. */
static void accept(struct life *life, unsigned n, bool ends)
{
    struct body *body = life_new_body(n, life->text_size);
    struct message message;

    life_fill_message(n, &message);
    message.held_micro = 0;
    decide(life);
    store_accept(life->store, &message, body, NULL);
    if (ends) {
        message.state = MESSAGE_ENDED;
        store_message(life->store, &message, NULL);
    }
    store_end(life->store);
    free(body);
}

static void end(struct life *life, unsigned n)
{
    struct message message;

    life_fill_message(n, &message);
    message.held_micro = 0;
    message.state = MESSAGE_ENDED;
    decide(life);
    store_message(life->store, &message, NULL);
    store_end(life->store);
}

/* The first day has ended, and been moved. */
static void live_a_day(struct life *life, size_t text_size)
{
    life_new(life, 1);
    life->text_size = text_size;
    assert_true(life_open(life));
    for (unsigned n = 1; n <= MESSAGES; n++)
        accept(life, n, true);
    life_run(life, 2000);
    assert_int_equal(store_counters(life->store)->moved, MESSAGES);
}

static int64_t closed_days(struct life *life)
{
    return life_ask(life, "live.db", "SELECT count(*) FROM closed");
}

TEST(a_day_is_closed_when_nothing_of_it_lives_and_none_will_come)
{
    struct life life;
    struct verification verification;

    live_a_day(&life, 20);
    /* More may come of it. */
    assert_int_equal(closed_days(&life), 0);
    accept(&life, 100, false);
    accept(&life, DAY_N, true);
    life_run(&life, 2000);
    assert_int_equal(closed_days(&life), 0);
    end(&life, 100);
    life_run(&life, 2000);
    assert_int_equal(closed_days(&life), 1);
    assert_int_equal(life_ask(&life, "live.db",
                              "SELECT count(*) FROM closed WHERE name ="
                              " 'history/2026-11-18.db' AND size > 0"),
                     1);
    life_verify(&life, &verification);
    CHECK(verification.ok, verification.mismatches[0]);
    assert_int_equal(verification.closed, 1);
    life_free(&life);
}

TEST(a_day_that_is_over_before_the_next_start_is_closed_then)
{
    struct life life;

    live_a_day(&life, 20);
    accept(&life, DAY_N, true);
    life_close(&life);
    assert_true(life_open(&life));
    assert_true(life_load(&life, NULL, NULL));
    life_run(&life, 2000);
    assert_int_equal(closed_days(&life), 1);
    life_free(&life);
}

/* With a closed day of several blocks, at rest. */
static void close_a_day(struct life *life)
{
    live_a_day(life, 60000);
    accept(life, DAY_N, true);
    life_run(life, 2000);
    assert_int_equal(closed_days(life), 1);
    life_close(life);
}

static sqlite3_file *open_raw(const struct life *life, const char *name)
{
    sqlite3_vfs *vfs = sqlite3_vfs_find("store-life");
    sqlite3_file *file = calloc(1, (size_t)vfs->szOsFile);
    char path[128];

    memset(path, 0, sizeof(path));
    snprintf(path, sizeof(path) - 1, "%s/%s", life->folder, name);
    assert_non_null(file);
    assert_int_equal(
        vfs->xOpen(vfs, path, file,
                   SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MAIN_DB, NULL),
        SQLITE_OK);
    return file;
}

static void close_raw(sqlite3_file *file)
{
    file->pMethods->xClose(file);
    free(file);
}

static void flip(const struct life *life, int64_t at, unsigned bit)
{
    sqlite3_file *file = open_raw(life, day);
    uint8_t octet;

    assert_int_equal(file->pMethods->xRead(file, &octet, 1, at), SQLITE_OK);
    octet ^= (uint8_t)(1 << bit);
    assert_int_equal(file->pMethods->xWrite(file, &octet, 1, at), SQLITE_OK);
    close_raw(file);
}

static void verify_at_rest(struct life *life, struct verification *out)
{
    life_open_reader(life);
    life_verify(life, out);
    life_close(life);
}

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

TEST(each_flipped_bit_of_a_closed_day_is_found_and_its_block_named)
{
    struct life life;
    struct verification verification;
    sqlite3_file *file;
    sqlite3_int64 size;
    uint64_t random = 815;

    close_a_day(&life);
    file = open_raw(&life, day);
    assert_int_equal(file->pMethods->xFileSize(file, &size), SQLITE_OK);
    close_raw(file);
    assert_true(size > 3 * BLOCK);
    for (int i = 0; i < 200; i++) {
        int64_t at = (int64_t)(next_random(&random) % (uint64_t)size);
        unsigned bit = next_random(&random) % 8;
        int64_t first = at / BLOCK * BLOCK;
        int64_t end_of = first + BLOCK < size ? first + BLOCK : size;
        char sentence[160];

        snprintf(sentence, sizeof(sentence),
                 "%s: octets %lld to %lld are not what was written", day, (long long)first,
                 (long long)end_of - 1);
        flip(&life, at, bit);
        verify_at_rest(&life, &verification);
        CHECK(!verification.ok, sentence);
        CHECK(strcmp(verification.mismatches[0], sentence) == 0,
              verification.mismatches[0]);
        flip(&life, at, bit);
    }
    verify_at_rest(&life, &verification);
    CHECK(verification.ok, verification.mismatches[0]);
    life_free(&life);
}

static void write_end(const struct life *life, const char *name, int64_t size)
{
    sqlite3_file *file = open_raw(life, name);

    if (size > 0)
        assert_int_equal(file->pMethods->xWrite(file, "x", 1, size - 1), SQLITE_OK);
    assert_int_equal(file->pMethods->xTruncate(file, size), SQLITE_OK);
    close_raw(file);
}

TEST(a_closed_day_that_is_shorter_or_has_a_log_is_named_and_one_let_go_is_not)
{
    struct life life;
    struct verification verification;
    sqlite3_vfs *vfs;
    char path[128];

    close_a_day(&life);
    write_end(&life, "history/2026-11-18.db-wal", 40);
    verify_at_rest(&life, &verification);
    assert_false(verification.ok);
    assert_string_equal(verification.mismatches[0],
                        "history/2026-11-18.db-wal: it has come after the database was"
                        " closed");
    write_end(&life, "history/2026-11-18.db-wal", 0);
    verify_at_rest(&life, &verification);
    CHECK(verification.ok, verification.mismatches[0]);
    write_end(&life, day, 2 * BLOCK);
    verify_at_rest(&life, &verification);
    assert_false(verification.ok);
    assert_memory_equal(verification.mismatches[0],
                        "history/2026-11-18.db: it has 2097152 octets, and had ", 54);
    vfs = sqlite3_vfs_find("store-life");
    snprintf(path, sizeof(path), "%s/%s", life.folder, day);
    assert_int_equal(vfs->xDelete(vfs, path, 1), SQLITE_OK);
    verify_at_rest(&life, &verification);
    CHECK(verification.ok, verification.mismatches[0]);
    assert_int_equal(verification.closed, 0);
    life_free(&life);
}

TEST(a_day_that_is_damaged_does_not_keep_it_from_starting)
{
    static const int64_t places[] = {0, 100, 4096 * 2 + 3, 4096 * 5};
    struct life life;
    struct verification verification;

    close_a_day(&life);
    for (size_t i = 0; i < ROWS(places); i++) {
        for (int octet = 0; octet < 8; octet++)
            flip(&life, places[i] + octet, 6);
        CHECK(life_open(&life), life.error);
        CHECK(life_load(&life, NULL, NULL), life.error);
        life_verify(&life, &verification);
        assert_false(verification.ok);
        assert_memory_equal(verification.mismatches[0],
                            "history/2026-11-18.db: octets 0 to 1048575 are not", 50);
        life_close(&life);
        for (int octet = 0; octet < 8; octet++)
            flip(&life, places[i] + octet, 6);
    }
    life_free(&life);
}

/* A message of a day that is closed comes back, as with an older live.db.  False: there is
 * no such sync. */
static bool write_again(struct life *life, uint64_t nth)
{
    live_a_day(life, 20);
    accept(life, DAY_N, true);
    life_run(life, 2000);
    assert_int_equal(closed_days(life), 1);
    vfs_set_luck(life->vfs, 50);
    vfs_cut_at(life->vfs, VFS_SYNC, nth, nth % 2);
    accept(life, 200, true);
    life_run(life, 2000);
    if (!vfs_is_down(life->vfs))
        return false;
    life_crash(life, true);
    return true;
}

TEST(a_day_that_is_written_again_is_closed_again_whatever_happens)
{
    struct life life;
    struct verification verification;
    uint64_t nth = 1;

    for (; write_again(&life, nth); nth++, life_free(&life)) {
        CHECK(life_open(&life), life.error);
        assert_true(life_load(&life, NULL, NULL));
        life_verify(&life, &verification);
        CHECK(verification.ok, verification.mismatches[0]);
        life_run(&life, 2000);
        assert_int_equal(closed_days(&life), 1);
        life_verify(&life, &verification);
        CHECK(verification.ok, verification.mismatches[0]);
        assert_int_equal(verification.closed, 1);
    }
    assert_true(nth > 6);
    life_verify(&life, &verification);
    CHECK(verification.ok, verification.mismatches[0]);
    assert_int_equal(life_ask(&life, day, "SELECT count(*) FROM known"), MESSAGES + 1);
    life_free(&life);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(a_day_is_closed_when_nothing_of_it_lives_and_none_will_come),
        RUN(a_day_that_is_over_before_the_next_start_is_closed_then),
        RUN(each_flipped_bit_of_a_closed_day_is_found_and_its_block_named),
        RUN(a_closed_day_that_is_shorter_or_has_a_log_is_named_and_one_let_go_is_not),
        RUN(a_day_that_is_damaged_does_not_keep_it_from_starting),
        RUN(a_day_that_is_written_again_is_closed_again_whatever_happens),
    };

    return RUN_ALL(tests);
}
