/* Two places in one file take turns: one that was torn leaves the other. */
#include "gateway/store_head.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "gateway/digest.h"
#include "gateway/log.h"

enum { PLACES = 2, PLACE_BYTES = 4096 }; /* no two of them in one sector of any disk */

static const uint64_t head_mark = 0x3164616568656C73; /* "slehead1" */

/* In the order of octets of this machine, as the journal. */
struct record {
    uint64_t mark;
    struct store_position position;
    uint64_t sum; /* of the others */
};

struct store_head {
    sqlite3_file *file;
    char path[4096];
    struct store_position found;
    bool failed;
};

static uint64_t sum_of(const struct record *record)
{
    return digest_add(0, record, offsetof(struct record, sum));
}

/* A file that is too short reads as zeros, which are no record. */
static bool read_found(struct store_head *head)
{
    for (int place = 0; place < PLACES; place++) {
        struct record record = {0};
        int result = head->file->pMethods->xRead(head->file, &record, sizeof(record),
                                                 place * PLACE_BYTES);

        if (result != SQLITE_OK && result != SQLITE_IOERR_SHORT_READ)
            return false;
        if (record.mark == head_mark && record.sum == sum_of(&record) &&
            record.position.sequence >= head->found.sequence)
            head->found = record.position;
    }
    return true;
}

static int write_position(struct store_head *head, struct store_position position)
{
    struct record record = {.mark = head_mark, .position = position};

    record.sum = sum_of(&record);
    return head->file->pMethods->xWrite(head->file, &record, sizeof(record),
                                        (sqlite3_int64)(position.sequence % PLACES) *
                                            PLACE_BYTES);
}

/* One that is new gets its size and its name, so that notes need no sync for those. */
static int make_whole(struct store_head *head)
{
    static const struct record none;
    const struct sqlite3_io_methods *io = head->file->pMethods;
    sqlite3_int64 last = (PLACES - 1) * PLACE_BYTES;
    sqlite3_int64 size;
    int result = io->xFileSize(head->file, &size);

    if (result != SQLITE_OK || size > last)
        return result;
    result = io->xWrite(head->file, &none, sizeof(none), last);
    return result == SQLITE_OK ? io->xSync(head->file, SQLITE_SYNC_NORMAL) : result;
}

struct store_head *store_head_open(const char *folder, const char *name,
                                   const char *vfs_name, char *error, size_t error_size)
{
    struct store_head *head = calloc(1, sizeof(*head));
    sqlite3_vfs *vfs = sqlite3_vfs_find(vfs_name);
    int result;

    if (head == NULL || vfs == NULL ||
        (head->file = calloc(1, (size_t)vfs->szOsFile)) == NULL)
        abort();
    /* SQLite's systems may look at a second NUL behind the name: calloc() has put it there.
     */
    snprintf(head->path, sizeof(head->path) - 1, "%s/%s", folder, name);
    result =
        vfs->xOpen(vfs, head->path, head->file,
                   SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MAIN_DB, NULL);
    if (result == SQLITE_OK && !read_found(head))
        result = SQLITE_IOERR_READ;
    if (result == SQLITE_OK)
        result = make_whole(head);
    if (result == SQLITE_OK)
        return head;
    snprintf(error, error_size, "%s cannot be used: %s", head->path,
             sqlite3_errstr(result));
    store_head_close(head);
    return NULL;
}

void store_head_close(struct store_head *head)
{
    if (head == NULL)
        return;
    if (head->file->pMethods)
        head->file->pMethods->xClose(head->file);
    free(head->file);
    free(head);
}

const char *store_head_path(const struct store_head *head)
{
    return head->path;
}

struct store_position store_head_found(const struct store_head *head)
{
    return head->found;
}

void store_head_note(struct store_head *head, struct store_position position)
{
    int result = write_position(head, position);

    if (result != SQLITE_OK && !head->failed)
        log_error("store.head",
                  "file=%s reason=\"%s\" effect=\"a shortened file may not be"
                  " noticed\"",
                  head->path, sqlite3_errstr(result));
    head->failed = result != SQLITE_OK;
}
