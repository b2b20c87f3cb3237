/* The journal alone, on the disk of this machine. */
#include "gateway/store_journal.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/test.h"

struct at {
    char folder[128];
    struct store_journal *journal;
    char error[256];
    uint8_t frame[STORE_FRAME_HEAD_BYTES + STORE_BATCH_BYTES];
};

static void path_of(const struct at *at, int file, char path[160])
{
    snprintf(path, 160, "%s/journal-%d", at->folder, file);
}

static bool open_journal(struct at *at, uint64_t done)
{
    at->error[0] = 0;
    at->journal = store_journal_open(at->folder, NULL, done, at->error, sizeof(at->error));
    return at->journal != NULL;
}

static void close_journal(struct at *at)
{
    store_journal_close(at->journal);
    at->journal = NULL;
}

static void begin(struct at *at)
{
    const char *folder = getenv("TMPDIR");

    snprintf(at->folder, sizeof(at->folder), "%.80s/journal-XXXXXX",
             folder ? folder : "/tmp");
    assert_non_null(mkdtemp(at->folder));
    assert_true(open_journal(at, 0));
}

static void end(struct at *at)
{
    char path[160];

    close_journal(at);
    for (int file = 1; file <= 2; file++) {
        path_of(at, file, path);
        unlink(path);
    }
    rmdir(at->folder);
}

/* Each batch is as long as told, and filled with its number. */
static void append(struct at *at, size_t size)
{
    uint8_t number = (uint8_t)(store_journal_sequence(at->journal) + 1);

    memset(at->frame + STORE_FRAME_HEAD_BYTES, number, size);
    assert_int_equal(
        store_journal_append(at->journal, at->frame, size, at->error, sizeof(at->error)),
        STORE_APPLIED);
}

/* What is found is `first` to the last, each whole. */
static void check_found(struct at *at, uint64_t first, size_t count, size_t size)
{
    uint64_t sequence;
    size_t found_size;
    uint8_t *records;

    assert_int_equal(store_journal_found(at->journal), count);
    for (uint64_t i = 0; i < count; i++) {
        records = store_journal_next(at->journal, &sequence, &found_size, at->error,
                                     sizeof(at->error));
        assert_non_null(records);
        assert_int_equal(sequence, first + i);
        assert_int_equal(found_size, size);
        assert_int_equal(records[0], (uint8_t)sequence);
        assert_int_equal(records[size - 1], (uint8_t)sequence);
        free(records);
    }
    assert_null(store_journal_next(at->journal, &sequence, &found_size, at->error,
                                   sizeof(at->error)));
    assert_string_equal(at->error, "");
}

/* Changes one octet of a file. */
static void damage(const struct at *at, int file, off_t place)
{
    char path[160];
    uint8_t octet;
    int fd;

    path_of(at, file, path);
    fd = open(path, O_RDWR);
    assert_true(fd >= 0);
    assert_int_equal(pread(fd, &octet, 1, place), 1);
    octet ^= 0x10;
    assert_int_equal(pwrite(fd, &octet, 1, place), 1);
    close(fd);
}

TEST(what_was_appended_is_found_again)
{
    /* The longest is a batch that is as long as one may be. */
    static const size_t sizes[] = {8, 4096, 131072, 131072 - 32, STORE_BATCH_BYTES};

    for (size_t i = 0; i < ROWS(sizes); i++) {
        struct at at;

        begin(&at);
        for (int n = 0; n < 3; n++)
            append(&at, sizes[i]);
        close_journal(&at);
        assert_true(open_journal(&at, 0));
        assert_int_equal(store_journal_sequence(at.journal), 3);
        check_found(&at, 1, 3, sizes[i]);
        end(&at);
    }
}

TEST(what_is_in_the_tables_is_not_found_again)
{
    struct at at;

    begin(&at);
    for (int n = 0; n < 5; n++)
        append(&at, 800);
    close_journal(&at);
    assert_true(open_journal(&at, 3));
    check_found(&at, 4, 2, 800);
    close_journal(&at);
    assert_true(open_journal(&at, 5));
    check_found(&at, 6, 0, 800);
    assert_int_equal(store_journal_sequence(at.journal), 5);
    end(&at);
}

TEST(a_last_frame_that_is_torn_was_never_there)
{
    static const struct {
        const char *row;
        off_t place;
    } rows[] = {
        {"its mark",            2 * 832 + 3  },
        {"its number",          2 * 832 + 8  },
        {"its size",            2 * 832 + 17 },
        {"its sum",             2 * 832 + 25 },
        {"its first record",    2 * 832 + 32 },
        {"in the middle",       2 * 832 + 400},
        {"its very last octet", 3 * 832 - 1  },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct at at;

        begin(&at);
        for (int n = 0; n < 3; n++)
            append(&at, 800);
        close_journal(&at);
        damage(&at, 1, rows[i].place);
        CHECK(open_journal(&at, 0), rows[i].row);
        check_found(&at, 1, 2, 800);
        /* The next one takes its number. */
        store_journal_release(at.journal, 2);
        append(&at, 800);
        CHECK_EQ(store_journal_sequence(at.journal), 3, rows[i].row);
        close_journal(&at);
        CHECK(open_journal(&at, 2), rows[i].row);
        check_found(&at, 3, 1, 800);
        end(&at);
    }
}

TEST(a_frame_that_is_missing_before_others_is_refused)
{
    struct at at;

    begin(&at);
    for (int n = 0; n < 3; n++)
        append(&at, 800);
    close_journal(&at);
    damage(&at, 1, 832 + 100);
    assert_false(open_journal(&at, 0));
    assert_string_equal(at.error,
                        "batch 2 of the journal is damaged or missing and batch 3 is "
                        "there; the tables end with batch 0");
    /* Nor do tables belong to it that are older than its first frame. */
    damage(&at, 1, 832 + 100);
    damage(&at, 1, 100);
    assert_false(open_journal(&at, 0));
    assert_true(open_journal(&at, 1));
    check_found(&at, 2, 2, 800);
    end(&at);
}

static off_t size_of(const struct at *at, int file)
{
    struct stat stat_of;
    char path[160];

    path_of(at, file, path);
    assert_int_equal(stat(path, &stat_of), 0);
    return stat_of.st_size;
}

TEST(two_files_take_turns_while_the_tables_follow)
{
    enum { FRAME = 1000000, COUNT = 100, LAG = 5 };
    struct at at;

    begin(&at);
    for (uint64_t n = 1; n <= COUNT; n++) {
        append(&at, FRAME);
        store_journal_release(at.journal, n > LAG ? n - LAG : 0);
    }
    close_journal(&at);
    for (int file = 1; file <= 2; file++)
        assert_in_range(size_of(&at, file), 1000000, 18000000);
    assert_true(open_journal(&at, COUNT - LAG));
    check_found(&at, COUNT - LAG + 1, LAG, FRAME);
    end(&at);
}

TEST(nothing_is_written_over_that_is_not_in_the_tables)
{
    enum { FRAME = 1000000, COUNT = 50 };
    struct at at;

    begin(&at);
    for (int n = 0; n < COUNT; n++)
        append(&at, FRAME);
    close_journal(&at);
    assert_true(open_journal(&at, 0));
    check_found(&at, 1, COUNT, FRAME);
    /* When it is, the room is used again from the head. */
    store_journal_release(at.journal, COUNT);
    append(&at, FRAME);
    close_journal(&at);
    assert_true(size_of(&at, 1) + size_of(&at, 2) < 52000000);
    assert_true(open_journal(&at, COUNT));
    check_found(&at, COUNT + 1, 1, FRAME);
    end(&at);
}

TEST(a_folder_that_cannot_be_written_is_told)
{
    struct at at = {.folder = "/proc"};

    assert_false(open_journal(&at, 0));
    assert_non_null(strstr(at.error, "/proc/journal-1 cannot be opened"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(what_was_appended_is_found_again),
        RUN(what_is_in_the_tables_is_not_found_again),
        RUN(a_last_frame_that_is_torn_was_never_there),
        RUN(a_frame_that_is_missing_before_others_is_refused),
        RUN(two_files_take_turns_while_the_tables_follow),
        RUN(nothing_is_written_over_that_is_not_in_the_tables),
        RUN(a_folder_that_cannot_be_written_is_told),
    };

    return RUN_ALL(tests);
}
