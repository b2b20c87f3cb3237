/* The state folder: made and locked at the start, and the room on its disk. */
#include "gateway/store_pieces.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "gateway/log.h"

enum { DISK_CHECK_MS = 1000 };

static char *path_in(const char *folder, const char *name)
{
    char *path = NULL;

    if (asprintf(&path, "%s/%s", folder, name) < 0)
        abort();
    return path;
}

/*
 * Makes it if it is missing, and its name durable in the folder above.  If it is there a
 * start may have been killed in between; a folder above that is not ours to read was seen
 * to by whoever made it.
 */
static bool make_folder(const char *path, char *error, size_t error_size)
{
    char *above;
    bool made = mkdir(path, 0700) == 0;
    bool ok;
    int fd;

    if (!made && errno != EEXIST) {
        snprintf(error, error_size, "state folder %s cannot be made: %s", path,
                 strerror(errno));
        return false;
    }
    above = path_in(path, "..");
    fd = open(above, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(above);
    ok = fd >= 0 ? fsync(fd) == 0 : !made;
    if (!ok)
        snprintf(error, error_size, "state folder %s cannot be made durable: %s", path,
                 strerror(errno));
    if (fd >= 0)
        close(fd);
    return ok;
}

/* errno says why; most often somebody else was here, such as root to try it out. */
static void refuse(const char *path, const char *folder, const char *name, char *error,
                   size_t error_size)
{
    int why = errno;
    struct stat owner;

    if ((why == EACCES || why == EPERM) &&
        (stat(path, &owner) == 0 || stat(folder, &owner) == 0) && owner.st_uid != geteuid())
        snprintf(
            error, error_size,
            "state folder %s cannot be used: %s: %s: it is user %u's, and this is user %u",
            folder, name, strerror(why), owner.st_uid, geteuid());
    else
        snprintf(error, error_size, "state folder %s cannot be used: %s: %s", folder, name,
                 strerror(why));
}

static int open_in(const char *folder, const char *name, char *error, size_t error_size)
{
    char *path = path_in(folder, name);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    if (fd < 0)
        refuse(path, folder, name, error, error_size);
    free(path);
    return fd;
}

bool store_take_folder(struct store *store, char *error, size_t error_size)
{
    char *history = path_in(store->folder, "history");
    char *ledger = path_in(store->folder, "ledger");
    bool ok = make_folder(store->folder, error, error_size);

    if (ok) {
        store->lock_fd = open_in(store->folder, "lock", error, error_size);
        ok = store->lock_fd >= 0;
    }
    if (ok && flock(store->lock_fd, LOCK_EX | LOCK_NB) != 0) {
        snprintf(error, error_size, "state folder %s is in use by another sluiced",
                 store->folder);
        ok = false;
    }
    ok = ok && make_folder(history, error, error_size) &&
         make_folder(ledger, error, error_size);
    if (ok) {
        store->reserve_fd = open_in(store->folder, "reserve", error, error_size);
        ok = store->reserve_fd >= 0;
    }
    free(history);
    free(ledger);
    return ok;
}

/*
 * The reserve is a file that is given back when the disk is all but full: what was
 * accepted needs room to end.  Intake stops before, while it is still there.
 */
void store_check_disk(void *self)
{
    struct store *store = self;
    uint64_t reserve = store->config.disk_reserve_bytes;
    struct statvfs stat;

    clock_arm_in(store->clock, &store->disk, DISK_CHECK_MS, store_check_disk, store);
    if (reserve == 0 || statvfs(store->folder, &stat) != 0)
        return;
    uint64_t free_bytes = (uint64_t)stat.f_bavail * stat.f_frsize;
    bool low = free_bytes < reserve;

    if (low != store->disk_is_low) {
        store->disk_is_low = low;
        if (low)
            log_error("store.disk_low", "free_bytes=%llu reserve_bytes=%llu intake=stopped",
                      (unsigned long long)free_bytes, (unsigned long long)reserve);
        else
            log_info("store.disk_ok", "free_bytes=%llu intake=open",
                     (unsigned long long)free_bytes);
    }
    if (free_bytes < reserve / 4)
        (void)!ftruncate(store->reserve_fd, 0);
    else if (free_bytes > 3 * reserve)
        (void)!fallocate(store->reserve_fd, 0, 0, (off_t)reserve);
}
