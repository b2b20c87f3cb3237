/* The methods that SQLite calls, and the calls that fail or cut the power. */
#include "tests/simulation/vfs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/simulation/vfs_pieces.h"

/* --- calls that may fail ------------------------------------------------------------ */

/* SQLITE_OK: go on.  The power may have gone before. */
static int count_call(struct vfs *vfs, enum vfs_call call)
{
    vfs->calls[call]++;
    if (vfs->cut_at[call] == vfs->calls[call] && !vfs->cut_after[call]) {
        vfs_go_down(vfs, true);
        return SQLITE_IOERR;
    }
    if (vfs->fail_at[call] == vfs->calls[call])
        return vfs->fail_code[call];
    return SQLITE_OK;
}

static int finish_call(struct vfs *vfs, enum vfs_call call)
{
    if (vfs->cut_at[call] != vfs->calls[call] || !vfs->cut_after[call])
        return SQLITE_OK;
    vfs_go_down(vfs, true);
    return SQLITE_IOERR;
}

/* --- methods of a file -------------------------------------------------------------- */

static int handle_read(sqlite3_file *base, void *out, int count, sqlite3_int64 at)
{
    struct handle *handle = (struct handle *)base;
    const struct content *now = &handle->file->now;
    int result = SQLITE_OK;

    pthread_mutex_lock(&handle->vfs->lock);
    if (vfs_is_dead(handle)) {
        result = SQLITE_IOERR_READ;
    } else {
        size_t start = (size_t)at < now->size ? (size_t)at : now->size;
        size_t there =
            now->size - start < (size_t)count ? now->size - start : (size_t)count;

        if (there > 0)
            memcpy(out, now->octets + start, there);
        memset((uint8_t *)out + there, 0, (size_t)count - there);
        if (there < (size_t)count)
            result = SQLITE_IOERR_SHORT_READ;
    }
    pthread_mutex_unlock(&handle->vfs->lock);
    return result;
}

static int write_locked(struct handle *handle, const void *octets, size_t count, size_t at)
{
    struct vfs *vfs = handle->vfs;
    struct file *file = handle->file;
    int result;

    if (vfs_is_dead(handle) || handle->read_only)
        return SQLITE_IOERR_WRITE;
    result = count_call(vfs, VFS_WRITE);
    if (result == SQLITE_OK && vfs->full)
        result = SQLITE_FULL;
    if (result != SQLITE_OK)
        return result;
    if (at + count > file->now.size)
        vfs_set_size(file, at + count);
    memcpy(file->now.octets + at, octets, count);
    vfs_mark(file, at, at + count, MARK_WRITTEN);
    return finish_call(vfs, VFS_WRITE);
}

static int handle_write(sqlite3_file *base, const void *octets, int count, sqlite3_int64 at)
{
    struct handle *handle = (struct handle *)base;
    int result;

    pthread_mutex_lock(&handle->vfs->lock);
    result = write_locked(handle, octets, (size_t)count, (size_t)at);
    pthread_mutex_unlock(&handle->vfs->lock);
    return result;
}

static int handle_truncate(sqlite3_file *base, sqlite3_int64 size)
{
    struct handle *handle = (struct handle *)base;
    int result = SQLITE_IOERR_TRUNCATE;

    pthread_mutex_lock(&handle->vfs->lock);
    if (!vfs_is_dead(handle)) {
        vfs_set_size(handle->file, (size_t)size);
        result = SQLITE_OK;
    }
    pthread_mutex_unlock(&handle->vfs->lock);
    return result;
}

static int sync_locked(struct handle *handle)
{
    struct vfs *vfs = handle->vfs;
    struct file *file = handle->file;
    int result;

    if (vfs_is_dead(handle))
        return SQLITE_IOERR_FSYNC;
    result = count_call(vfs, VFS_SYNC);
    if (result != SQLITE_OK) {
        if (!vfs->down)
            vfs_give_up_written(file);
        return result;
    }
    vfs_make_durable(file);
    if (handle->is_log)
        vfs_make_names_durable(vfs, file->path);
    if (vfs->synced)
        vfs->synced(vfs->synced_owner, file->path);
    return finish_call(vfs, VFS_SYNC);
}

static int handle_sync(sqlite3_file *base, int flags)
{
    struct handle *handle = (struct handle *)base;
    int result;

    (void)flags;
    pthread_mutex_lock(&handle->vfs->lock);
    result = sync_locked(handle);
    pthread_mutex_unlock(&handle->vfs->lock);
    return result;
}

static int handle_size(sqlite3_file *base, sqlite3_int64 *out)
{
    struct handle *handle = (struct handle *)base;
    int result = SQLITE_IOERR_FSTAT;

    pthread_mutex_lock(&handle->vfs->lock);
    if (!vfs_is_dead(handle)) {
        *out = (sqlite3_int64)handle->file->now.size;
        result = SQLITE_OK;
    }
    pthread_mutex_unlock(&handle->vfs->lock);
    return result;
}

/* --- the rest of a file ------------------------------------------------------------- */

static int handle_close(sqlite3_file *base)
{
    struct handle *handle = (struct handle *)base;

    pthread_mutex_lock(&handle->vfs->lock);
    vfs_shm_unmap_locked(handle);
    vfs_unlock_locked(handle, SQLITE_LOCK_NONE);
    if (handle->delete_on_close && !vfs_is_dead(handle)) {
        handle->file->exists = handle->file->exists_durably = false;
        vfs_set_size(handle->file, 0);
    }
    pthread_mutex_unlock(&handle->vfs->lock);
    return SQLITE_OK;
}

static int handle_control(sqlite3_file *base, int operation, void *argument)
{
    (void)base;
    (void)operation;
    (void)argument;
    return SQLITE_NOTFOUND;
}

static int handle_sector_size(sqlite3_file *base)
{
    (void)base;
    return SECTOR;
}

/* A write that is cut harms no octet it did not write: what SQLite assumes of a disk. */
static int handle_characteristics(sqlite3_file *base)
{
    (void)base;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = handle_close,
    .xRead = handle_read,
    .xWrite = handle_write,
    .xTruncate = handle_truncate,
    .xSync = handle_sync,
    .xFileSize = handle_size,
    .xLock = vfs_handle_lock,
    .xUnlock = vfs_handle_unlock,
    .xCheckReservedLock = vfs_handle_is_reserved,
    .xFileControl = handle_control,
    .xSectorSize = handle_sector_size,
    .xDeviceCharacteristics = handle_characteristics,
    .xShmMap = vfs_handle_shm_map,
    .xShmLock = vfs_handle_shm_lock,
    .xShmBarrier = vfs_handle_shm_barrier,
    .xShmUnmap = vfs_handle_shm_unmap,
};

/* --- methods of the disk ------------------------------------------------------------ */

static struct file *find_file(struct vfs *vfs, const char *path)
{
    for (struct file *file = vfs->files; file; file = file->next)
        if (strcmp(file->path, path) == 0)
            return file;
    return NULL;
}

static struct file *make_file(struct vfs *vfs, const char *path)
{
    struct file *file = calloc(1, sizeof(*file));

    if (file == NULL)
        abort();
    snprintf(file->path, sizeof(file->path), "%s", path);
    file->next = vfs->files;
    vfs->files = file;
    return file;
}

static int open_locked(struct vfs *vfs, const char *path, struct handle *handle, int flags)
{
    char temporary[32];
    struct file *file;

    if (vfs->down)
        return SQLITE_CANTOPEN;
    if (path == NULL) {
        snprintf(temporary, sizeof(temporary), "temporary-%llx",
                 (unsigned long long)vfs_chance(vfs));
        path = temporary;
    }
    file = find_file(vfs, path);
    if ((file == NULL || !file->exists) && !(flags & SQLITE_OPEN_CREATE))
        return SQLITE_CANTOPEN;
    if (file == NULL)
        file = make_file(vfs, path);
    if (!file->exists) {
        file->exists = true;
        vfs_set_size(file, 0);
    }
    handle->vfs = vfs;
    handle->file = file;
    handle->generation = vfs->generation;
    handle->read_only = (flags & SQLITE_OPEN_READONLY) != 0;
    handle->delete_on_close = (flags & SQLITE_OPEN_DELETEONCLOSE) != 0;
    handle->is_log = (flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL |
                               SQLITE_OPEN_SUPER_JOURNAL)) != 0;
    handle->base.pMethods = &methods;
    return SQLITE_OK;
}

static int disk_open(sqlite3_vfs *base, sqlite3_filename path, sqlite3_file *out, int flags,
                     int *out_flags)
{
    struct vfs *vfs = base->pAppData;
    struct handle *handle = (struct handle *)out;
    int result;

    memset(handle, 0, sizeof(*handle));
    if (vfs->opening && path)
        vfs->opening(vfs->opening_owner, path);
    pthread_mutex_lock(&vfs->lock);
    result = open_locked(vfs, path, handle, flags);
    pthread_mutex_unlock(&vfs->lock);
    if (out_flags)
        *out_flags = flags;
    return result;
}

static int disk_delete(sqlite3_vfs *base, const char *path, int sync_folder)
{
    struct vfs *vfs = base->pAppData;
    struct file *file;
    int result = SQLITE_OK;

    pthread_mutex_lock(&vfs->lock);
    file = find_file(vfs, path);
    if (vfs->down)
        result = SQLITE_IOERR_DELETE;
    else if (file == NULL || !file->exists)
        result = SQLITE_IOERR_DELETE_NOENT;
    else
        file->exists = false;
    if (result == SQLITE_OK && sync_folder)
        vfs_make_names_durable(vfs, path);
    pthread_mutex_unlock(&vfs->lock);
    return result;
}

static int disk_access(sqlite3_vfs *base, const char *path, int flags, int *out)
{
    struct vfs *vfs = base->pAppData;
    struct file *file;

    (void)flags;
    pthread_mutex_lock(&vfs->lock);
    file = find_file(vfs, path);
    *out = file && file->exists;
    pthread_mutex_unlock(&vfs->lock);
    return SQLITE_OK;
}

static int disk_full_path(sqlite3_vfs *base, const char *path, int room, char *out)
{
    (void)base;
    return (size_t)snprintf(out, (size_t)room, "%s", path) < (size_t)room ? SQLITE_OK
                                                                          : SQLITE_CANTOPEN;
}

static int disk_randomness(sqlite3_vfs *base, int count, char *out)
{
    struct vfs *vfs = base->pAppData;

    pthread_mutex_lock(&vfs->lock);
    for (int i = 0; i < count; i++)
        out[i] = (char)vfs_chance(vfs);
    pthread_mutex_unlock(&vfs->lock);
    return count;
}

static int disk_sleep(sqlite3_vfs *base, int microseconds)
{
    (void)base;
    return microseconds;
}

static int disk_time(sqlite3_vfs *base, sqlite3_int64 *out)
{
    (void)base;
    *out = 210866976000000; /* julian milliseconds: 1970-01-01 */
    return SQLITE_OK;
}

static int disk_last_error(sqlite3_vfs *base, int room, char *out)
{
    (void)base;
    if (room > 0)
        out[0] = 0;
    return 0;
}

/* --- for the test ------------------------------------------------------------------- */

struct vfs *vfs_new(const char *name, uint64_t seed)
{
    struct vfs *vfs = calloc(1, sizeof(*vfs));
    pthread_mutexattr_t attributes;

    if (vfs == NULL)
        abort();
    vfs->random = seed | 1;
    /* Who is told of a sync may cut the power there and then. */
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&vfs->lock, &attributes);
    pthread_mutexattr_destroy(&attributes);

    vfs->base = (sqlite3_vfs){
        .iVersion = 2,
        .szOsFile = sizeof(struct handle),
        .mxPathname = PATH_MAX_SIZE,
        .zName = name,
        .pAppData = vfs,
        .xOpen = disk_open,
        .xDelete = disk_delete,
        .xAccess = disk_access,
        .xFullPathname = disk_full_path,
        .xRandomness = disk_randomness,
        .xSleep = disk_sleep,
        .xGetLastError = disk_last_error,
        .xCurrentTimeInt64 = disk_time,
    };
    if (sqlite3_vfs_register(&vfs->base, 0) != SQLITE_OK)
        abort();
    return vfs;
}

void vfs_free(struct vfs *vfs)
{
    if (vfs == NULL)
        return;
    sqlite3_vfs_unregister(&vfs->base);
    while (vfs->files) {
        struct file *next = vfs->files->next;

        vfs_free_regions(vfs->files);
        free(vfs->files->now.octets);
        free(vfs->files->durable.octets);
        free(vfs->files->marks);
        free(vfs->files);
        vfs->files = next;
    }
    pthread_mutex_destroy(&vfs->lock);
    free(vfs);
}

void vfs_set_luck(struct vfs *vfs, unsigned percent)
{
    vfs->luck_percent = percent;
}

uint64_t vfs_torn(const struct vfs *vfs)
{
    return vfs->torn;
}

void vfs_set_full(struct vfs *vfs, bool full)
{
    pthread_mutex_lock(&vfs->lock);
    vfs->full = full;
    pthread_mutex_unlock(&vfs->lock);
}

uint64_t vfs_calls(const struct vfs *vfs, enum vfs_call call)
{
    return vfs->calls[call];
}

void vfs_fail_at(struct vfs *vfs, enum vfs_call call, uint64_t nth, int code)
{
    vfs->fail_at[call] = nth ? vfs->calls[call] + nth : 0;
    vfs->fail_code[call] = code;
}

void vfs_cut_at(struct vfs *vfs, enum vfs_call call, uint64_t nth, bool after)
{
    vfs->cut_at[call] = nth ? vfs->calls[call] + nth : 0;
    vfs->cut_after[call] = after;
}

void vfs_cut_power(struct vfs *vfs)
{
    pthread_mutex_lock(&vfs->lock);
    vfs_go_down(vfs, true);
    pthread_mutex_unlock(&vfs->lock);
}

void vfs_kill(struct vfs *vfs)
{
    pthread_mutex_lock(&vfs->lock);
    vfs_go_down(vfs, false);
    pthread_mutex_unlock(&vfs->lock);
}

bool vfs_is_down(const struct vfs *vfs)
{
    return vfs->down;
}

void vfs_start(struct vfs *vfs)
{
    if (!vfs->down)
        return;
    for (struct file *file = vfs->files; file; file = file->next)
        vfs_free_regions(file);
    vfs->down = false;
}

void vfs_on_sync(struct vfs *vfs, void (*synced)(void *owner, const char *path),
                 void *owner)
{
    vfs->synced = synced;
    vfs->synced_owner = owner;
}

void vfs_on_open(struct vfs *vfs, void (*opening)(void *owner, const char *path),
                 void *owner)
{
    vfs->opening = opening;
    vfs->opening_owner = owner;
}
