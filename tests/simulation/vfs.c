/* Files in memory, sector by sector; locks as SQLite wants them, within one process. */
#include "tests/simulation/vfs.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

enum {
    SECTOR = 512,
    SHM_REGIONS_MAX = 1024,
    PATH_MAX_SIZE = 512,
};

struct content {
    uint8_t *octets;
    size_t size;
    size_t capacity; /* zeroed behind the size */
};

/* How a sector of a file stands to what is durable of it. */
enum mark {
    MARK_SAME,
    MARK_WRITTEN, /* the next sync makes it durable */
    MARK_LOST,    /* a sync failed: none will, until it is written again */
};

/* A name, and what is under it. */
struct file {
    char path[PATH_MAX_SIZE];
    struct file *next;
    bool exists;
    bool exists_durably;
    struct content now;
    struct content durable;
    uint8_t *marks;  /* enum mark of each sector of the capacity of `now` */
    unsigned shared; /* locks of SQLite: how many readers, and who wants more */
    const void *reserved;
    const void *pending;
    const void *exclusive;
    void *regions[SHM_REGIONS_MAX];
    unsigned mapped; /* by so many connections */
    unsigned shm_shared[SQLITE_SHM_NLOCK];
    const void *shm_exclusive[SQLITE_SHM_NLOCK];
};

struct vfs {
    sqlite3_vfs base;
    pthread_mutex_t lock;
    struct file *files;
    unsigned generation; /* of the process: older handles are dead */
    bool down;
    bool full;
    unsigned luck_percent;
    uint64_t torn;
    uint64_t random;
    uint64_t calls[VFS_CALLS];
    uint64_t fail_at[VFS_CALLS]; /* 0: never */
    int fail_code[VFS_CALLS];
    uint64_t cut_at[VFS_CALLS];
    bool cut_after[VFS_CALLS];
    void (*synced)(void *owner, const char *path);
    void *synced_owner;
    void (*opening)(void *owner, const char *path);
    void *opening_owner;
};

/* What SQLite holds.  `base` is first. */
struct handle {
    sqlite3_file base;
    struct vfs *vfs;
    struct file *file;
    unsigned generation;
    int level; /* SQLITE_LOCK_ */
    bool read_only;
    bool delete_on_close;
    bool is_log; /* a journal or log: its sync is also one of the folder */
    bool has_shm;
    uint16_t shm_shared;
    uint16_t shm_exclusive;
};

static uint64_t chance(struct vfs *vfs)
{
    vfs->random ^= vfs->random << 13;
    vfs->random ^= vfs->random >> 7;
    vfs->random ^= vfs->random << 17;
    return vfs->random;
}

/* --- content ------------------------------------------------------------------------ */

static size_t sectors(size_t size)
{
    return (size + SECTOR - 1) / SECTOR;
}

static void set_size(struct content *content, size_t size)
{
    if (size > content->capacity) {
        size_t capacity = sectors(size + size / 2) * SECTOR;

        content->octets = realloc(content->octets, capacity);
        if (content->octets == NULL)
            abort();
        memset(content->octets + content->capacity, 0, capacity - content->capacity);
        content->capacity = capacity;
    } else if (size < content->size) {
        memset(content->octets + size, 0, content->size - size);
    }
    content->size = size;
}

static void mark(struct file *file, size_t from, size_t to, enum mark how)
{
    if (to > from)
        memset(file->marks + from / SECTOR, how, sectors(to) - from / SECTOR);
}

static void set_file_size(struct file *file, size_t size)
{
    size_t before = sectors(file->now.capacity);
    size_t size_before = file->now.size;
    size_t after;

    set_size(&file->now, size);
    after = sectors(file->now.capacity);
    if (after > before) {
        file->marks = realloc(file->marks, after);
        if (file->marks == NULL)
            abort();
        memset(file->marks + before, MARK_SAME, after - before);
    }
    /* What was cut off is not what is durable there, should the file grow again. */
    mark(file, size, size_before, MARK_WRITTEN);
}

static void copy_sector(struct content *to, const struct content *from, size_t sector)
{
    size_t at = sector * SECTOR;
    size_t count = from->size - at < SECTOR ? from->size - at : SECTOR;

    memcpy(to->octets + at, from->octets + at, count);
}

static void make_durable(struct file *file)
{
    set_size(&file->durable, file->now.size);
    for (size_t i = 0; i < sectors(file->now.size); i++)
        if (file->marks[i] == MARK_WRITTEN) {
            copy_sector(&file->durable, &file->now, i);
            file->marks[i] = MARK_SAME;
        }
    file->exists_durably = true;
}

static size_t folder_length(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? (size_t)(slash - path) : 0;
}

static void make_names_durable(struct vfs *vfs, const char *path)
{
    size_t length = folder_length(path);

    for (struct file *file = vfs->files; file; file = file->next)
        if (folder_length(file->path) == length && strncmp(file->path, path, length) == 0)
            file->exists_durably = file->exists;
}

/* The sectors that were not synced come or go by chance. */
static void lose(struct vfs *vfs, struct file *file)
{
    bool kept = false;
    bool lost = false;

    if (file->exists && chance(vfs) % 100 < vfs->luck_percent)
        file->exists_durably = true;
    if (file->now.size != file->durable.size && chance(vfs) % 100 < vfs->luck_percent)
        set_size(&file->durable, file->now.size);
    for (size_t i = 0; i < sectors(file->now.size) && i < sectors(file->durable.size); i++)
        if (file->marks[i] == MARK_SAME) {
            continue;
        } else if (chance(vfs) % 100 >= vfs->luck_percent) {
            lost = true;
        } else {
            size_t end = file->durable.size;

            kept = true;
            set_size(&file->durable, file->now.size > end ? file->now.size : end);
            copy_sector(&file->durable, &file->now, i);
            set_size(&file->durable, end);
        }
    vfs->torn += kept && lost && strstr(file->path, "/journal-") != NULL;
    set_file_size(file, 0);
    set_file_size(file, file->durable.size);
    if (file->durable.size > 0)
        memcpy(file->now.octets, file->durable.octets, file->durable.size);
    mark(file, 0, file->now.capacity, MARK_SAME);
    file->exists = file->exists_durably;
    if (!file->exists) {
        set_file_size(file, 0);
        set_size(&file->durable, 0);
    }
}

static void free_regions(struct file *file)
{
    for (int i = 0; i < SHM_REGIONS_MAX; i++) {
        free(file->regions[i]);
        file->regions[i] = NULL;
    }
}

static void forget_locks(struct file *file)
{
    file->shared = 0;
    file->reserved = file->pending = file->exclusive = NULL;
    file->mapped = 0;
    memset(file->shm_shared, 0, sizeof(file->shm_shared));
    memset(file->shm_exclusive, 0, sizeof(file->shm_exclusive));
    /* Dead connections may still look at the shared memory, until the next start. */
}

static void go_down(struct vfs *vfs, bool power)
{
    if (vfs->down)
        return;
    vfs->down = true;
    vfs->generation++;
    for (struct file *file = vfs->files; file; file = file->next) {
        if (power)
            lose(vfs, file);
        forget_locks(file);
    }
}

/* --- calls that may fail ------------------------------------------------------------ */

static bool is_dead(const struct handle *handle)
{
    return handle->vfs->down || handle->generation != handle->vfs->generation;
}

/* SQLITE_OK: go on.  The power may have gone before. */
static int count_call(struct vfs *vfs, enum vfs_call call)
{
    vfs->calls[call]++;
    if (vfs->cut_at[call] == vfs->calls[call] && !vfs->cut_after[call]) {
        go_down(vfs, true);
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
    go_down(vfs, true);
    return SQLITE_IOERR;
}

/* --- methods of a file -------------------------------------------------------------- */

static int handle_read(sqlite3_file *base, void *out, int count, sqlite3_int64 at)
{
    struct handle *handle = (struct handle *)base;
    const struct content *now = &handle->file->now;
    int result = SQLITE_OK;

    pthread_mutex_lock(&handle->vfs->lock);
    if (is_dead(handle)) {
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

    if (is_dead(handle) || handle->read_only)
        return SQLITE_IOERR_WRITE;
    result = count_call(vfs, VFS_WRITE);
    if (result == SQLITE_OK && vfs->full)
        result = SQLITE_FULL;
    if (result != SQLITE_OK)
        return result;
    if (at + count > file->now.size)
        set_file_size(file, at + count);
    memcpy(file->now.octets + at, octets, count);
    mark(file, at, at + count, MARK_WRITTEN);
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
    if (!is_dead(handle)) {
        set_file_size(handle->file, (size_t)size);
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

    if (is_dead(handle))
        return SQLITE_IOERR_FSYNC;
    result = count_call(vfs, VFS_SYNC);
    if (result != SQLITE_OK) {
        for (size_t i = 0; !vfs->down && i < sectors(file->now.size); i++)
            if (file->marks[i] == MARK_WRITTEN)
                file->marks[i] = MARK_LOST;
        return result;
    }
    make_durable(file);
    if (handle->is_log)
        make_names_durable(vfs, file->path);
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
    if (!is_dead(handle)) {
        *out = (sqlite3_int64)handle->file->now.size;
        result = SQLITE_OK;
    }
    pthread_mutex_unlock(&handle->vfs->lock);
    return result;
}

/* --- locks of files ----------------------------------------------------------------- */

static int lock_locked(struct handle *handle, int level)
{
    struct file *file = handle->file;

    if (level == SQLITE_LOCK_SHARED) {
        if (file->pending || file->exclusive)
            return SQLITE_BUSY;
        file->shared++;
    } else if (level == SQLITE_LOCK_RESERVED) {
        if (file->reserved || file->pending || file->exclusive)
            return SQLITE_BUSY;
        file->reserved = handle;
    } else {
        if ((file->pending && file->pending != handle) ||
            (file->reserved && file->reserved != handle))
            return SQLITE_BUSY;
        file->pending = handle;
        if (file->shared > 1)
            return SQLITE_BUSY;
        file->exclusive = handle;
    }
    handle->level = level;
    return SQLITE_OK;
}

static int handle_lock(sqlite3_file *base, int level)
{
    struct handle *handle = (struct handle *)base;
    int result = SQLITE_OK;

    pthread_mutex_lock(&handle->vfs->lock);
    if (is_dead(handle) || (handle->read_only && level > SQLITE_LOCK_SHARED))
        result = SQLITE_IOERR_LOCK;
    else if (level > handle->level)
        result = lock_locked(handle, level);
    pthread_mutex_unlock(&handle->vfs->lock);
    return result;
}

static void unlock_locked(struct handle *handle, int level)
{
    struct file *file = handle->file;

    if (is_dead(handle) || level >= handle->level)
        return;
    if (file->reserved == handle)
        file->reserved = NULL;
    if (file->pending == handle)
        file->pending = NULL;
    if (file->exclusive == handle)
        file->exclusive = NULL;
    if (level == SQLITE_LOCK_NONE)
        file->shared--;
    handle->level = level;
}

static int handle_unlock(sqlite3_file *base, int level)
{
    struct handle *handle = (struct handle *)base;

    pthread_mutex_lock(&handle->vfs->lock);
    unlock_locked(handle, level);
    pthread_mutex_unlock(&handle->vfs->lock);
    return SQLITE_OK;
}

static int handle_is_reserved(sqlite3_file *base, int *out)
{
    struct handle *handle = (struct handle *)base;

    pthread_mutex_lock(&handle->vfs->lock);
    *out = handle->file->reserved || handle->file->pending || handle->file->exclusive;
    pthread_mutex_unlock(&handle->vfs->lock);
    return SQLITE_OK;
}

/* --- the shared memory of the log --------------------------------------------------- */

static int shm_map_locked(struct handle *handle, int region, int size, int extend,
                          void volatile **out)
{
    struct file *file = handle->file;

    *out = NULL;
    if (is_dead(handle) || region >= SHM_REGIONS_MAX)
        return SQLITE_IOERR_SHMMAP;
    if (!handle->has_shm) {
        handle->has_shm = true;
        file->mapped++;
    }
    if (file->regions[region] == NULL && extend) {
        file->regions[region] = calloc(1, (size_t)size);
        if (file->regions[region] == NULL)
            abort();
    }
    *out = file->regions[region];
    return SQLITE_OK;
}

static int handle_shm_map(sqlite3_file *base, int region, int size, int extend,
                          void volatile **out)
{
    struct handle *handle = (struct handle *)base;
    int result;

    pthread_mutex_lock(&handle->vfs->lock);
    result = shm_map_locked(handle, region, size, extend, out);
    pthread_mutex_unlock(&handle->vfs->lock);
    return result;
}

static void shm_release(struct handle *handle, int slot)
{
    struct file *file = handle->file;
    uint16_t bit = (uint16_t)(1u << slot);

    if (handle->shm_shared & bit)
        file->shm_shared[slot]--;
    if (handle->shm_exclusive & bit)
        file->shm_exclusive[slot] = NULL;
    handle->shm_shared &= (uint16_t)~bit;
    handle->shm_exclusive &= (uint16_t)~bit;
}

static bool shm_is_free(const struct handle *handle, int slot, bool exclusive)
{
    const struct file *file = handle->file;
    unsigned own = (handle->shm_shared >> slot) & 1;

    if (file->shm_exclusive[slot] && file->shm_exclusive[slot] != handle)
        return false;
    return !exclusive || file->shm_shared[slot] == own;
}

static int shm_lock_locked(struct handle *handle, int from, int count, int flags)
{
    bool exclusive = (flags & SQLITE_SHM_EXCLUSIVE) != 0;

    if (is_dead(handle))
        return SQLITE_IOERR_SHMLOCK;
    for (int slot = from; slot < from + count; slot++)
        if ((flags & SQLITE_SHM_LOCK) && !shm_is_free(handle, slot, exclusive))
            return SQLITE_BUSY;
    for (int slot = from; slot < from + count; slot++) {
        uint16_t bit = (uint16_t)(1u << slot);

        if (flags & SQLITE_SHM_UNLOCK) {
            shm_release(handle, slot);
        } else if (exclusive) {
            handle->file->shm_exclusive[slot] = handle;
            handle->shm_exclusive |= bit;
        } else if (!(handle->shm_shared & bit)) {
            handle->file->shm_shared[slot]++;
            handle->shm_shared |= bit;
        }
    }
    return SQLITE_OK;
}

static int handle_shm_lock(sqlite3_file *base, int from, int count, int flags)
{
    struct handle *handle = (struct handle *)base;
    int result;

    pthread_mutex_lock(&handle->vfs->lock);
    result = shm_lock_locked(handle, from, count, flags);
    pthread_mutex_unlock(&handle->vfs->lock);
    return result;
}

static void handle_shm_barrier(sqlite3_file *base)
{
    struct handle *handle = (struct handle *)base;

    pthread_mutex_lock(&handle->vfs->lock);
    pthread_mutex_unlock(&handle->vfs->lock);
}

static void shm_unmap_locked(struct handle *handle)
{
    if (!handle->has_shm || is_dead(handle))
        return;
    for (int slot = 0; slot < SQLITE_SHM_NLOCK; slot++)
        shm_release(handle, slot);
    handle->has_shm = false;
    if (--handle->file->mapped == 0)
        free_regions(handle->file);
}

static int handle_shm_unmap(sqlite3_file *base, int delete_it)
{
    struct handle *handle = (struct handle *)base;

    (void)delete_it;
    pthread_mutex_lock(&handle->vfs->lock);
    shm_unmap_locked(handle);
    pthread_mutex_unlock(&handle->vfs->lock);
    return SQLITE_OK;
}

/* --- the rest of a file ------------------------------------------------------------- */

static int handle_close(sqlite3_file *base)
{
    struct handle *handle = (struct handle *)base;

    pthread_mutex_lock(&handle->vfs->lock);
    shm_unmap_locked(handle);
    unlock_locked(handle, SQLITE_LOCK_NONE);
    if (handle->delete_on_close && !is_dead(handle)) {
        handle->file->exists = handle->file->exists_durably = false;
        set_file_size(handle->file, 0);
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
    .xLock = handle_lock,
    .xUnlock = handle_unlock,
    .xCheckReservedLock = handle_is_reserved,
    .xFileControl = handle_control,
    .xSectorSize = handle_sector_size,
    .xDeviceCharacteristics = handle_characteristics,
    .xShmMap = handle_shm_map,
    .xShmLock = handle_shm_lock,
    .xShmBarrier = handle_shm_barrier,
    .xShmUnmap = handle_shm_unmap,
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
                 (unsigned long long)chance(vfs));
        path = temporary;
    }
    file = find_file(vfs, path);
    if ((file == NULL || !file->exists) && !(flags & SQLITE_OPEN_CREATE))
        return SQLITE_CANTOPEN;
    if (file == NULL)
        file = make_file(vfs, path);
    if (!file->exists) {
        file->exists = true;
        set_file_size(file, 0);
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
        make_names_durable(vfs, path);
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
        out[i] = (char)chance(vfs);
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

        free_regions(vfs->files);
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
    go_down(vfs, true);
    pthread_mutex_unlock(&vfs->lock);
}

void vfs_kill(struct vfs *vfs)
{
    pthread_mutex_lock(&vfs->lock);
    go_down(vfs, false);
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
        free_regions(file);
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
