/* The journal alone, on the disk of this machine. */
#include "gateway/store_journal.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/test.h"

enum { FRAME = STORE_FRAME_HEAD_BYTES + 800 }; /* of a batch that most tests append */

struct at {
    char folder[128];
    struct store_journal *journal;
    char error[600];
    uint8_t frame[STORE_FRAME_HEAD_BYTES + STORE_BATCH_BYTES];
};

static void path_of(const struct at *at, int file, char path[160])
{
    snprintf(path, 160, "%s/journal-%d", at->folder, file);
}

static void head_of(const struct at *at, char path[160])
{
    snprintf(path, 160, "%s/journal.head", at->folder);
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
    head_of(at, path);
    unlink(path);
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

/* Changes one octet of a file; of the head, if it is 0. */
static void damage(const struct at *at, int file, off_t place)
{
    char path[160];
    uint8_t octet;
    int fd;

    path_of(at, file, path);
    if (file == 0)
        head_of(at, path);
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
        {"its mark",            2 * FRAME + 3  },
        {"its salt",            2 * FRAME + 8  },
        {"its number",          2 * FRAME + 16 },
        {"its size",            2 * FRAME + 25 },
        {"its sum",             2 * FRAME + 33 },
        {"its first record",    2 * FRAME + 40 },
        {"in the middle",       2 * FRAME + 400},
        {"its very last octet", 3 * FRAME - 1  },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct at at;

        begin(&at);
        for (int n = 0; n < 3; n++)
            append(&at, 800);
        close_journal(&at);
        damage(&at, 1, rows[i].place);
        /* It was not durable: its head was not written either. */
        damage(&at, 0, 4096);
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
    damage(&at, 1, FRAME + 100);
    assert_false(open_journal(&at, 0));
    assert_memory_equal(at.error,
                        "batch 2 of the journal is damaged or missing and batch 3 is "
                        "there; the tables end with batch 0. ",
                        84);
    /* Nor do tables belong to it that are older than its first frame. */
    damage(&at, 1, FRAME + 100);
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

/* The whole of a file, and it again; a file that is not there has no octets. */
struct kept {
    uint8_t octets[512 * 1024];
    ssize_t size;
};

static void keep(const char *path, struct kept *out)
{
    int fd = open(path, O_RDONLY);

    out->size = fd < 0 ? 0 : read(fd, out->octets, sizeof(out->octets));
    assert_true(out->size >= 0 && out->size < (ssize_t)sizeof(out->octets));
    if (fd >= 0)
        close(fd);
}

static void put_back(const char *path, const struct kept *kept)
{
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);

    assert_int_equal(write(fd, kept->octets, (size_t)kept->size), kept->size);
    close(fd);
}

TEST(what_was_durable_and_is_gone_is_noticed)
{
    enum { REMOVED = -1, OLDER = -2 };
    static const struct {
        const char *row;
        off_t size;
        uint64_t done;
        bool noticed;
    } rows[] = {
        {"the last frame",                      4 * FRAME,     3, true },
        {"an octet of the last frame",          5 * FRAME - 1, 3, true },
        {"all frames",                          0,             3, true },
        {"the file",                            REMOVED,       3, true },
        {"an older file is there",              OLDER,         3, true },
        {"the last frame, which is in a table", 4 * FRAME,     5, false},
        {"the file, and all was in the tables", REMOVED,       5, false},
        {"nothing",                             5 * FRAME,     3, false},
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        static struct kept older;
        struct at at;
        char path[160];

        begin(&at);
        path_of(&at, 1, path);
        for (int n = 0; n < 5; n++) {
            append(&at, 800);
            if (n == 3)
                keep(path, &older);
        }
        close_journal(&at);
        if (rows[i].size == OLDER)
            put_back(path, &older);
        else if (rows[i].size == REMOVED)
            unlink(path);
        else
            assert_int_equal(truncate(path, rows[i].size), 0);
        CHECK_EQ(!open_journal(&at, rows[i].done), rows[i].noticed, rows[i].row);
        if (rows[i].noticed) {
            CHECK(strstr(at.error, "batch 5 was durable"), at.error);
            CHECK(strstr(at.error, "move journal.head of "), at.error);
            /* Who follows the advice gets what is left. */
            head_of(&at, path);
            unlink(path);
            CHECK(open_journal(&at, rows[i].done), rows[i].row);
            append(&at, 800);
        }
        end(&at);
    }
}

TEST(a_journal_of_another_folder_is_noticed)
{
    static struct kept kept;
    struct at at;
    struct at other;
    char path[160];

    begin(&at);
    begin(&other);
    for (int n = 0; n < 3; n++) {
        append(&at, 800);
        append(&other, 1600);
    }
    close_journal(&at);
    close_journal(&other);
    path_of(&other, 1, path);
    keep(path, &kept);
    path_of(&at, 1, path);
    put_back(path, &kept);
    for (uint64_t done = 0; done <= 3; done++) {
        assert_false(open_journal(&at, done));
        CHECK(strstr(at.error, "batch 3 of the journal is not the one that was durable"),
              at.error);
    }
    end(&at);
    end(&other);
}

TEST(a_head_that_is_damaged_or_older_refuses_nothing)
{
    static const struct {
        const char *row;
        off_t places[2];
    } rows[] = {
        {"the newer of its places", {4096 + 9, -1} },
        {"the older of its places", {9, -1}        },
        {"both",                    {17, 4096 + 17}},
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct at at;

        begin(&at);
        for (int n = 0; n < 3; n++)
            append(&at, 800);
        close_journal(&at);
        for (int k = 0; k < 2; k++)
            if (rows[i].places[k] >= 0)
                damage(&at, 0, rows[i].places[k]);
        CHECK(open_journal(&at, 0), at.error);
        check_found(&at, 1, 3, 800);
        append(&at, 800);
        end(&at);
    }
}

TEST(two_files_take_turns_while_the_tables_follow)
{
    enum { RECORDS = 1000000, COUNT = 150, LAG = 5 };
    struct at at;

    begin(&at);
    for (uint64_t n = 1; n <= COUNT; n++) {
        append(&at, RECORDS);
        store_journal_release(at.journal, n > LAG ? n - LAG : 0);
    }
    close_journal(&at);
    for (int file = 1; file <= 2; file++)
        assert_in_range(size_of(&at, file), 1000000, 8000000);
    assert_true(open_journal(&at, COUNT - LAG));
    check_found(&at, COUNT - LAG + 1, LAG, RECORDS);
    end(&at);
}

/* What grows costs a sync of its inode beside its own. */
TEST(a_frame_is_written_in_the_place_of_others_and_seldom_makes_its_file_longer)
{
    enum { RECORDS = 5000, COUNT = 4000, LAG = 400 };
    struct at at;
    off_t size = 0;
    off_t before;
    int grown = 0;

    begin(&at);
    for (uint64_t n = 1; n <= COUNT; n++) {
        append(&at, RECORDS);
        store_journal_release(at.journal, n > LAG ? n - LAG : 0);
        before = size;
        size = size_of(&at, 1) + size_of(&at, 2);
        grown += size != before;
        CHECK(n <= 3 * LAG || size == before, "it has grown after its third turn");
    }
    assert_in_range(grown, 2, 30);
    close_journal(&at);
    assert_true(open_journal(&at, COUNT - LAG));
    check_found(&at, COUNT - LAG + 1, LAG, RECORDS);
    end(&at);
}

TEST(nothing_is_written_over_that_is_not_in_the_tables)
{
    enum { RECORDS = 1000000, COUNT = 50 };
    struct at at;

    begin(&at);
    for (int n = 0; n < COUNT; n++)
        append(&at, RECORDS);
    close_journal(&at);
    assert_true(open_journal(&at, 0));
    check_found(&at, 1, COUNT, RECORDS);
    /* When it is, the room is used again from the head. */
    store_journal_release(at.journal, COUNT);
    append(&at, RECORDS);
    close_journal(&at);
    assert_true(size_of(&at, 1) + size_of(&at, 2) < 52000000);
    assert_true(open_journal(&at, COUNT));
    check_found(&at, COUNT + 1, 1, RECORDS);
    end(&at);
}

TEST(a_folder_that_cannot_be_written_is_told)
{
    struct at at = {.folder = "/proc"};

    assert_false(open_journal(&at, 0));
    assert_non_null(strstr(at.error, "/proc/journal.head cannot be used"));
}

/* The octets of a frame without records, as a journal of our own would have it. */
static void read_frame(uint8_t out[STORE_FRAME_HEAD_BYTES], uint64_t sequence)
{
    struct at at;
    char path[160];
    int fd;

    begin(&at);
    close_journal(&at);
    assert_true(open_journal(&at, sequence - 1));
    append(&at, 0);
    path_of(&at, 1, path);
    fd = open(path, O_RDONLY);
    assert_int_equal(read(fd, out, STORE_FRAME_HEAD_BYTES), STORE_FRAME_HEAD_BYTES);
    close(fd);
    end(&at);
}

/* Texts lie in a batch as their senders wrote them, and behind the last frame lie batches
 * of an earlier turn, cut anywhere. */
TEST(what_a_sender_wrote_is_no_frame)
{
    static const uint64_t sequences[] = {3, 1000, UINT64_MAX};
    enum { COUNT = 20 };

    for (size_t i = 0; i < ROWS(sequences); i++) {
        struct at at;
        uint8_t *text = at.frame + STORE_FRAME_HEAD_BYTES;

        begin(&at);
        for (size_t n = 0; n < COUNT; n++)
            read_frame(text + n * STORE_FRAME_HEAD_BYTES, sequences[i]);
        assert_int_equal(store_journal_append(at.journal, at.frame,
                                              (size_t)COUNT * STORE_FRAME_HEAD_BYTES,
                                              at.error, sizeof(at.error)),
                         STORE_APPLIED);
        store_journal_release(at.journal, 1);
        append(&at, STORE_FRAME_HEAD_BYTES);
        close_journal(&at);
        CHECK(open_journal(&at, 1), at.error);
        check_found(&at, 2, 1, STORE_FRAME_HEAD_BYTES);
        end(&at);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(what_a_sender_wrote_is_no_frame),
        RUN(what_was_appended_is_found_again),
        RUN(what_is_in_the_tables_is_not_found_again),
        RUN(a_last_frame_that_is_torn_was_never_there),
        RUN(a_frame_that_is_missing_before_others_is_refused),
        RUN(what_was_durable_and_is_gone_is_noticed),
        RUN(a_journal_of_another_folder_is_noticed),
        RUN(a_head_that_is_damaged_or_older_refuses_nothing),
        RUN(two_files_take_turns_while_the_tables_follow),
        RUN(a_frame_is_written_in_the_place_of_others_and_seldom_makes_its_file_longer),
        RUN(nothing_is_written_over_that_is_not_in_the_tables),
        RUN(a_folder_that_cannot_be_written_is_told),
    };

    return RUN_ALL(tests);
}
