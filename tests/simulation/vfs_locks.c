/* Locks as SQLite wants them, within one process. */
#include "tests/simulation/vfs_pieces.h"

#include <stdlib.h>
#include <string.h>

void vfs_free_regions(struct file *file)
{
    for (int i = 0; i < SHM_REGIONS_MAX; i++) {
        free(file->regions[i]);
        file->regions[i] = NULL;
    }
}

void vfs_forget_locks(struct file *file)
{
    file->shared = 0;
    file->reserved = file->pending = file->exclusive = NULL;
    file->mapped = 0;
    memset(file->shm_shared, 0, sizeof(file->shm_shared));
    memset(file->shm_exclusive, 0, sizeof(file->shm_exclusive));
    /* Dead connections may still look at the shared memory, until the next start. */
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

int vfs_handle_lock(sqlite3_file *base, int level)
{
    struct handle *handle = (struct handle *)base;
    int result = SQLITE_OK;

    pthread_mutex_lock(&handle->vfs->lock);
    if (vfs_is_dead(handle) || (handle->read_only && level > SQLITE_LOCK_SHARED))
        result = SQLITE_IOERR_LOCK;
    else if (level > handle->level)
        result = lock_locked(handle, level);
    pthread_mutex_unlock(&handle->vfs->lock);
    return result;
}

void vfs_unlock_locked(struct handle *handle, int level)
{
    struct file *file = handle->file;

    if (vfs_is_dead(handle) || level >= handle->level)
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

int vfs_handle_unlock(sqlite3_file *base, int level)
{
    struct handle *handle = (struct handle *)base;

    pthread_mutex_lock(&handle->vfs->lock);
    vfs_unlock_locked(handle, level);
    pthread_mutex_unlock(&handle->vfs->lock);
    return SQLITE_OK;
}

int vfs_handle_is_reserved(sqlite3_file *base, int *out)
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
    if (vfs_is_dead(handle) || region >= SHM_REGIONS_MAX)
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

int vfs_handle_shm_map(sqlite3_file *base, int region, int size, int extend,
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

    if (vfs_is_dead(handle))
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

int vfs_handle_shm_lock(sqlite3_file *base, int from, int count, int flags)
{
    struct handle *handle = (struct handle *)base;
    int result;

    pthread_mutex_lock(&handle->vfs->lock);
    result = shm_lock_locked(handle, from, count, flags);
    pthread_mutex_unlock(&handle->vfs->lock);
    return result;
}

void vfs_handle_shm_barrier(sqlite3_file *base)
{
    struct handle *handle = (struct handle *)base;

    pthread_mutex_lock(&handle->vfs->lock);
    pthread_mutex_unlock(&handle->vfs->lock);
}

void vfs_shm_unmap_locked(struct handle *handle)
{
    if (!handle->has_shm || vfs_is_dead(handle))
        return;
    for (int slot = 0; slot < SQLITE_SHM_NLOCK; slot++)
        shm_release(handle, slot);
    handle->has_shm = false;
    if (--handle->file->mapped == 0)
        vfs_free_regions(handle->file);
}

int vfs_handle_shm_unmap(sqlite3_file *base, int delete_it)
{
    struct handle *handle = (struct handle *)base;

    (void)delete_it;
    pthread_mutex_lock(&handle->vfs->lock);
    vfs_shm_unmap_locked(handle);
    pthread_mutex_unlock(&handle->vfs->lock);
    return SQLITE_OK;
}
