/* The state folder: whose it is, and how it is closed. */
#include "gateway/store.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/gateway/store_told.h"
#include "tests/test.h"

static struct {
    char above[PATH_MAX];
    unsigned syncs; /* of it */
} watched;

/* Before the one of the system. */
int fsync(int fd)
{
    char name[40], path[PATH_MAX] = "";

    snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
    watched.syncs +=
        readlink(name, path, sizeof(path) - 1) > 0 && strcmp(path, watched.above) == 0;
    return (int)syscall(SYS_fsync, fd);
}

/* Whoever made it was perhaps killed before he had it synced. */
TEST(the_name_of_the_state_folder_is_durable_also_if_it_was_there)
{
    struct life life;

    life_new(&life, 1);
    snprintf(watched.above, sizeof(watched.above), "%s", life.folder);
    *strrchr(watched.above, '/') = '\0';
    assert_int_equal(access(life.folder, F_OK), 0);
    watched.syncs = 0;
    assert_true(life_open(&life));
    assert_true(watched.syncs > 0);
    life_free(&life);
}

TEST(closing_commits_what_was_decided_and_runs_no_effect)
{
    static const int64_t waits_ms[] = {0, 1, 2, 3, 4};

    for (size_t i = 0; i < ROWS(waits_ms); i++) {
        struct life life;
        struct told told;

        life_start(&life);
        life.goal = LIFE_ACCEPTED;
        life_run(&life, 50);
        assert_true(life_begin(&life, 1));
        life_run(&life, waits_ms[i]); /* appended, in flight, applied, told */
        assert_true(life_begin(&life, 2));
        uint64_t effects = life.effects;
        told_reopen(&life, &told);
        assert_int_equal(life.effects, effects);
        assert_int_equal(told.messages, 2);
        free(told.body);
        life_free(&life);
    }
}

/* There is room as soon as the reserve is given back. */
static void make_room(void *owner, const char *path)
{
    struct life *life = owner;
    char reserve[100];
    struct stat now;

    (void)path;
    snprintf(reserve, sizeof(reserve), "%s/reserve", life->folder);
    assert_int_equal(stat(reserve, &now), 0);
    vfs_set_full(life->vfs, now.st_size > 0);
}

/* What was accepted waits for it: its log is copied, and its journal put into the tables.
 */
TEST(a_start_on_a_full_disk_gives_the_reserve_back_first)
{
    struct life life;
    struct told told = {0};
    char reserve[100];

    life_start(&life);
    life.goal = LIFE_ACCEPTED;
    assert_true(life_begin(&life, 1));
    life_run(&life, 100);
    assert_int_equal(life.steps[1], LIFE_ACCEPTED);
    life_crash(&life, false);
    snprintf(reserve, sizeof(reserve), "%s/reserve", life.folder);
    assert_int_equal(truncate(reserve, 1000000), 0);
    vfs_set_full(life.vfs, true);
    vfs_on_open(life.vfs, make_room, &life);
    /* So much that the disk of this machine is all but full. */
    life.disk_reserve_bytes = UINT64_MAX / 8;
    CHECK(life_open(&life), life.error);
    CHECK(life_load(&life, &told_loader, &told), life.error);
    assert_int_equal(told.messages, 1);
    free(told.body);
    life_free(&life);
}

TEST(a_folder_is_used_by_one_store_at_a_time)
{
    struct life life;
    struct life other;
    char expected[200];

    life_new(&life, 1);
    assert_true(life_open(&life));
    other = (struct life){.vfs = life.vfs};
    memcpy(other.folder, life.folder, sizeof(other.folder));
    assert_false(life_open(&other));
    snprintf(expected, sizeof(expected), "state folder %s is in use by another sluiced",
             life.folder);
    assert_string_equal(other.error, expected);
    life_close(&other);
    life_close(&life);
    assert_true(life_open(&life));
    life_free(&life);
}

TEST(a_database_of_somebody_else_is_refused_and_left_as_it_was)
{
    static const struct {
        const char *row;
        const char *sql;
        const char *error;
    } rows[] = {
        {"a stranger's", "CREATE TABLE sheep(name)", "a folder of its own"},
        {"a later one",
         "CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT);"
         "INSERT INTO meta VALUES('schema', '99')",  "schema is 99"       },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct life life;

        life_new(&life, 1);
        life_tamper(&life, "live.db", rows[i].sql);
        CHECK(!life_open(&life), rows[i].row);
        CHECK(strstr(life.error, rows[i].error) != NULL, life.error);
        CHECK(strstr(life.error, "live.db cannot be opened") != NULL, life.error);
        life_close(&life);
        CHECK_EQ(life_ask(&life, "live.db",
                          "SELECT count(*) FROM sqlite_master WHERE type='table'"),
                 1, rows[i].row);
        /* Octet 18 of the file says which kind of log it has. */
        CHECK_EQ(
            life_ask(&life, "live.db",
                     "SELECT count(*) FROM pragma_journal_mode WHERE journal_mode='wal'"),
            0, rows[i].row);
        life_free(&life);
    }
}

TEST(of_a_damaged_database_it_is_told_what_to_do)
{
    struct life life;

    life_new(&life, 1);
    assert_true(life_open(&life));
    life_close(&life);
    life_tamper(&life, "live.db",
                "PRAGMA writable_schema=1;"
                "UPDATE sqlite_master SET rootpage=9999 WHERE name='meta'");
    assert_false(life_open(&life));
    CHECK(strstr(life.error, "live.db cannot be opened") != NULL, life.error);
    CHECK(strstr(life.error, "COPIES in sluiced(8)") != NULL, life.error);
    life_close(&life);
    life_free(&life);
}

TEST(a_state_folder_that_cannot_be_made_is_told_with_its_reason)
{
    struct life life;
    char folder[sizeof(life.folder)];

    life_new(&life, 1);
    memcpy(folder, life.folder, sizeof(folder));
    snprintf(life.folder, sizeof(life.folder), "/nowhere/at/all");
    assert_false(life_open(&life));
    assert_string_equal(
        life.error,
        "state folder /nowhere/at/all cannot be made: No such file or directory");
    life_close(&life);
    memcpy(life.folder, folder, sizeof(folder));
    life_free(&life);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(the_name_of_the_state_folder_is_durable_also_if_it_was_there),
        RUN(closing_commits_what_was_decided_and_runs_no_effect),
        RUN(a_start_on_a_full_disk_gives_the_reserve_back_first),
        RUN(a_folder_is_used_by_one_store_at_a_time),
        RUN(a_database_of_somebody_else_is_refused_and_left_as_it_was),
        RUN(of_a_damaged_database_it_is_told_what_to_do),
        RUN(a_state_folder_that_cannot_be_made_is_told_with_its_reason),
    };

    return RUN_ALL(tests);
}
