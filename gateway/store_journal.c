/* Two files of frames, on the disk that SQLite was given. */
#include "gateway/store_journal.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include "gateway/digest.h"
#include "gateway/store_head.h"

enum {
    FILES = 2,
    TURN_BYTES = 1024 * 1024, /* then the other file, if it may be written again */
    PIECE_BYTES = 64 * 1024,  /* SQLite's systems take less than 128 KiB at a time */
    ROOM_PIECES = 4,          /* of zeros, behind a frame that makes its file longer */
    FRAME_BYTES_MAX = STORE_BATCH_BYTES + STORE_DECISION_BYTES + STORE_FRAME_HEAD_BYTES,
};

static const uint64_t frame_mark = 0x32656D6172666C73; /* "slframe2" */

/*
 * In the order of octets of this machine: a journal does not travel.  Behind the last frame
 * lie the records of an earlier turn, cut anywhere, and in them what clients wrote, which
 * may be frames: nobody can have written the salt, which each process draws anew.
 */
struct frame_head {
    uint64_t mark;
    uint64_t salt; /* the same in all frames of a turn */
    uint64_t sequence;
    uint64_t size; /* of the records */
    uint64_t sum;  /* of all the others and of the records */
};

_Static_assert(sizeof(struct frame_head) == STORE_FRAME_HEAD_BYTES, "head of a frame");

struct journal_file {
    sqlite3_file *file;
    int64_t size;
    int64_t end;       /* of the frames that count */
    uint64_t sequence; /* of the last of them */
};

struct found_frame {
    uint64_t sequence;
    int64_t at;
    size_t size;
    int file;
};

struct store_journal {
    struct store_head *head;
    bool head_is_there; /* the frame that it names, */
    bool head_is_ours;  /* and it is the one that was written */
    struct journal_file files[FILES];
    int turn;
    uint64_t salt;
    uint64_t sequence;
    uint64_t done;
    uint64_t written_bytes;
    struct found_frame *found;
    size_t found_count;
    size_t found_next;
};

/* Tells a torn frame, or one of an earlier turn, from a whole one. */
static uint64_t sum_of(const struct frame_head *head, const uint8_t *records)
{
    uint64_t digest = digest_add(0, head, offsetof(struct frame_head, sum));

    return digest_add(digest, records, head->size);
}

/* --- reading ------------------------------------------------------------------------ */

static bool read_at(sqlite3_file *file, void *out, size_t size, int64_t at)
{
    for (size_t done = 0; done < size; done += PIECE_BYTES) {
        size_t piece = size - done < PIECE_BYTES ? size - done : PIECE_BYTES;

        if (file->pMethods->xRead(file, (uint8_t *)out + done, (int)piece,
                                  at + (int64_t)done) != SQLITE_OK)
            return false;
    }
    return true;
}

static int write_at(sqlite3_file *file, const uint8_t *octets, size_t size, int64_t at)
{
    int result = SQLITE_OK;

    for (size_t done = 0; done < size && result == SQLITE_OK; done += PIECE_BYTES) {
        size_t piece = size - done < PIECE_BYTES ? size - done : PIECE_BYTES;

        result =
            file->pMethods->xWrite(file, octets + done, (int)piece, at + (int64_t)done);
    }
    return result;
}

static uint8_t *read_records(const struct store_journal *journal,
                             const struct found_frame *found)
{
    uint8_t *records = malloc(found->size ? found->size : 1);

    if (records == NULL)
        abort();
    if (read_at(journal->files[found->file].file, records, found->size,
                found->at + STORE_FRAME_HEAD_BYTES))
        return records;
    free(records);
    return NULL;
}

static void remember(struct store_journal *journal, const struct found_frame *frame)
{
    journal->found =
        realloc(journal->found, (journal->found_count + 1) * sizeof(*journal->found));
    if (journal->found == NULL)
        abort();
    journal->found[journal->found_count++] = *frame;
}

static void compare_with_head(struct store_journal *journal, const struct frame_head *frame)
{
    struct store_position head = store_head_found(journal->head);

    if (frame->sequence != head.sequence)
        return;
    journal->head_is_there = true;
    journal->head_is_ours = journal->head_is_ours || frame->sum == head.digest;
}

/* Frames from the head on; what follows the last whole one is of an earlier turn, or torn.
 */
static bool look_through(struct store_journal *journal, int which, char *error,
                         size_t error_size)
{
    sqlite3_file *file = journal->files[which].file;
    struct found_frame frame = {.file = which};
    uint64_t salt = 0;
    sqlite3_int64 size;

    if (file->pMethods->xFileSize(file, &size) != SQLITE_OK) {
        snprintf(error, error_size, "the journal cannot be read");
        return false;
    }
    journal->files[which].size = size;
    while (frame.at + STORE_FRAME_HEAD_BYTES <= size) {
        struct frame_head head;
        uint8_t *records;
        bool whole;

        if (!read_at(file, &head, sizeof(head), frame.at)) {
            snprintf(error, error_size, "the journal cannot be read");
            return false;
        }
        if (frame.at == 0)
            salt = head.salt;
        if (head.mark != frame_mark || head.salt != salt || head.size % 8 != 0 ||
            head.size > FRAME_BYTES_MAX - STORE_FRAME_HEAD_BYTES ||
            frame.at + STORE_FRAME_HEAD_BYTES + (int64_t)head.size > size)
            break;
        frame.sequence = head.sequence;
        frame.size = head.size;
        records = read_records(journal, &frame);
        if (records == NULL) {
            snprintf(error, error_size, "the journal cannot be read");
            return false;
        }
        whole = sum_of(&head, records) == head.sum;
        free(records);
        if (whole)
            compare_with_head(journal, &head);
        if (whole && frame.sequence > journal->done)
            remember(journal, &frame);
        frame.at += STORE_FRAME_HEAD_BYTES + (int64_t)head.size;
    }
    return true;
}

static int by_sequence(const void *left, const void *right)
{
    uint64_t a = ((const struct found_frame *)left)->sequence;
    uint64_t b = ((const struct found_frame *)right)->sequence;

    return (a > b) - (a < b);
}

/* For somebody who has to decide at night: the files that stand in the way. */
static bool refuse(char *error, size_t error_size, const char *folder, const char *files,
                   uint64_t last)
{
    size_t used = strlen(error);

    snprintf(
        error + used, error_size - used,
        ". Put the right files back; or, to go on without what was accepted after batch"
        " %llu, move %s of %s away. See COPIES in sluiced(8)",
        (unsigned long long)last, files, folder);
    return false;
}

static const char all_files[] = "journal-1, journal-2 and journal.head";

/* One batch was on its way at a time: a frame that is missing was never the last one. */
static bool is_complete(const struct store_journal *journal, const char *folder,
                        char *error, size_t error_size)
{
    for (size_t i = 0; i < journal->found_count; i++) {
        uint64_t expected = journal->done + 1 + i;

        if (journal->found[i].sequence == expected)
            continue;
        snprintf(error, error_size,
                 "batch %llu of the journal is damaged or missing and batch %llu is there; "
                 "the tables end with batch %llu",
                 (unsigned long long)expected,
                 (unsigned long long)journal->found[i].sequence,
                 (unsigned long long)journal->done);
        return refuse(error, error_size, folder, all_files, journal->done);
    }
    return true;
}

/* What was durable once, and is neither in the tables nor here, was taken away. */
static bool reaches_head(const struct store_journal *journal, const char *folder,
                         char *error, size_t error_size)
{
    uint64_t head = store_head_found(journal->head).sequence;

    if (head > journal->sequence) {
        snprintf(
            error, error_size,
            "the journal ends with batch %llu, and batch %llu was durable: journal-1 or"
            " journal-2 was shortened, removed or replaced, or the disk has lost what it"
            " had confirmed",
            (unsigned long long)journal->sequence, (unsigned long long)head);
        return refuse(error, error_size, folder, "journal.head", journal->sequence);
    }
    if (journal->head_is_there && !journal->head_is_ours) {
        snprintf(error, error_size,
                 "batch %llu of the journal is not the one that was durable: journal-1 or"
                 " journal-2 is that of another folder, or of another time",
                 (unsigned long long)head);
        return refuse(error, error_size, folder, all_files, journal->done);
    }
    return true;
}

size_t store_journal_found(const struct store_journal *journal)
{
    return journal->found_count;
}

uint8_t *store_journal_next(struct store_journal *journal, uint64_t *out_sequence,
                            size_t *out_size, char *error, size_t error_size)
{
    const struct found_frame *found;
    uint8_t *records;

    if (journal->found_next == journal->found_count)
        return NULL;
    found = &journal->found[journal->found_next];
    records = read_records(journal, found);
    if (records == NULL)
        snprintf(error, error_size, "the journal cannot be read");
    *out_sequence = found->sequence;
    *out_size = found->size;
    journal->found_next++;
    return records;
}

/* --- life --------------------------------------------------------------------------- */

/* The names of new files are made durable; SQLite does that for its own only. */
static bool sync_folder(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;

    if (fd >= 0)
        close(fd);
    return ok;
}

static bool open_file(struct store_journal *journal, int which, const char *folder,
                      sqlite3_vfs *vfs, char *error, size_t error_size)
{
    sqlite3_file *file = calloc(1, (size_t)vfs->szOsFile);
    char path[4096];
    int result;

    if (file == NULL)
        abort();
    /* SQLite's own files end their names with two NULs, and its systems may look there. */
    memset(path, 0, sizeof(path));
    snprintf(path, sizeof(path) - 1, "%s/journal-%d", folder, which + 1);
    result =
        vfs->xOpen(vfs, path, file,
                   SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MAIN_DB, NULL);
    if (result != SQLITE_OK) {
        snprintf(error, error_size, "%s cannot be opened: %s", path,
                 sqlite3_errstr(result));
        free(file);
        return false;
    }
    journal->files[which].file = file;
    return true;
}

struct store_journal *store_journal_open(const char *folder, const char *vfs_name,
                                         uint64_t done, char *error, size_t error_size)
{
    struct store_journal *journal = calloc(1, sizeof(*journal));
    sqlite3_vfs *vfs = sqlite3_vfs_find(vfs_name);

    if (journal == NULL || vfs == NULL)
        abort();
    vfs->xRandomness(vfs, sizeof(journal->salt), (char *)&journal->salt);
    journal->done = journal->sequence = done;
    journal->head = store_head_open(folder, "journal.head", vfs_name, error, error_size);
    if (journal->head == NULL)
        goto fail;
    for (int i = 0; i < FILES; i++)
        if (!open_file(journal, i, folder, vfs, error, error_size) ||
            !look_through(journal, i, error, error_size))
            goto fail;
    if (!sync_folder(folder)) {
        snprintf(error, error_size, "the journal's files in %s cannot be made durable",
                 folder);
        goto fail;
    }
    if (journal->found_count > 0)
        qsort(journal->found, journal->found_count, sizeof(*journal->found), by_sequence);
    if (!is_complete(journal, folder, error, error_size))
        goto fail;
    for (size_t i = 0; i < journal->found_count; i++) {
        struct found_frame *found = &journal->found[i];
        struct journal_file *file = &journal->files[found->file];

        file->sequence = journal->sequence = found->sequence;
        file->end = found->at + STORE_FRAME_HEAD_BYTES + (int64_t)found->size;
        journal->turn = found->file;
    }
    if (!reaches_head(journal, folder, error, error_size))
        goto fail;
    return journal;

fail:
    store_journal_close(journal);
    return NULL;
}

void store_journal_close(struct store_journal *journal)
{
    if (journal == NULL)
        return;
    for (int i = 0; i < FILES; i++) {
        sqlite3_file *file = journal->files[i].file;

        if (file && file->pMethods)
            file->pMethods->xClose(file);
        free(file);
    }
    store_head_close(journal->head);
    free(journal->found);
    free(journal);
}

/* --- writing ------------------------------------------------------------------------ */

/* The file for the next frame: from its head again as soon as nothing in it is needed. */
static struct journal_file *file_in_turn(struct store_journal *journal)
{
    struct journal_file *file = &journal->files[journal->turn];
    struct journal_file *other = &journal->files[1 - journal->turn];

    if (file->sequence <= journal->done) {
        file->end = 0;
    } else if (file->end >= TURN_BYTES && other->sequence <= journal->done) {
        journal->turn = 1 - journal->turn;
        file = other;
        file->end = 0;
    }
    return file;
}

/*
 * At the end of its file.  One that makes it longer takes room for the next ones with it:
 * to sync octets that take the place of others costs two thirds of what it costs while the
 * file grows, which changes its inode.  That there is no room is no fault.
 */
static int write_frame(struct journal_file *file, const uint8_t *frame, size_t size)
{
    static const uint8_t zeros[PIECE_BYTES];
    int64_t end = file->end + (int64_t)size;
    int result = write_at(file->file, frame, size, file->end);

    if (result != SQLITE_OK || end <= file->size)
        return result;
    file->size = end;
    for (int i = 0; i < ROOM_PIECES && result == SQLITE_OK; i++) {
        result = write_at(file->file, zeros, sizeof(zeros), file->size);
        if (result == SQLITE_OK)
            file->size += PIECE_BYTES;
    }
    return result == SQLITE_FULL ? SQLITE_OK : result; /* the frame is there */
}

enum store_applied store_journal_append(struct store_journal *journal, uint8_t *frame,
                                        size_t size, char *error, size_t error_size)
{
    struct journal_file *file = file_in_turn(journal);
    const struct sqlite3_io_methods *io = file->file->pMethods;
    struct frame_head head = {.mark = frame_mark,
                              .salt = journal->salt,
                              .sequence = journal->sequence + 1,
                              .size = size};
    size_t total = size + STORE_FRAME_HEAD_BYTES;
    int result;

    head.sum = sum_of(&head, frame + STORE_FRAME_HEAD_BYTES);
    memcpy(frame, &head, sizeof(head));
    result = write_frame(file, frame, total);
    if (result == SQLITE_FULL) {
        snprintf(error, error_size, "the disk is full");
        return STORE_DISK_FULL;
    }
    if (result == SQLITE_OK)
        result = io->xSync(file->file, SQLITE_SYNC_NORMAL | SQLITE_SYNC_DATAONLY);
    if (result != SQLITE_OK) {
        snprintf(error, error_size, "the journal cannot be written: %s",
                 sqlite3_errstr(result));
        return STORE_FAILED;
    }
    file->end += (int64_t)total;
    file->sequence = journal->sequence = head.sequence;
    journal->written_bytes += total;
    store_head_note(journal->head, (struct store_position){head.sequence, head.sum});
    return STORE_APPLIED;
}

uint64_t store_journal_sequence(const struct store_journal *journal)
{
    return journal->sequence;
}

void store_journal_release(struct store_journal *journal, uint64_t done)
{
    journal->done = done;
}

uint64_t store_journal_written_bytes(const struct store_journal *journal)
{
    return journal->written_bytes;
}
