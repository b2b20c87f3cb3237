/*
 * What the files of the disk share: the disk, its files, and what SQLite holds of them. For
 * vfs*.c only.  All but the methods are called with the lock held.
 */
#ifndef TESTS_SIMULATION_VFS_PIECES_H
#define TESTS_SIMULATION_VFS_PIECES_H

#include <pthread.h>
#include <stddef.h>

#include <sqlite3.h>

#include "tests/simulation/vfs.h"

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

static inline bool vfs_is_dead(const struct handle *handle)
{
    return handle->vfs->down || handle->generation != handle->vfs->generation;
}

/* --- vfs_medium.c: what is durable, and what is lost ---------------------------------- */

/* The luck of this disk. */
uint64_t vfs_chance(struct vfs *vfs);

void vfs_set_size(struct file *file, size_t size);
void vfs_mark(struct file *file, size_t from, size_t to, enum mark how);

/* All that was written to it, and that it is there. */
void vfs_make_durable(struct file *file);
/* A sync failed: none makes it durable, until it is written again. */
void vfs_give_up_written(struct file *file);
/* Which files are in the folder of this path. */
void vfs_make_names_durable(struct vfs *vfs, const char *path);

/* The end of the process; `power`: with the machine. */
void vfs_go_down(struct vfs *vfs, bool power);

/* --- vfs_locks.c: locks, and the shared memory of the log ----------------------------- */

void vfs_free_regions(struct file *file);
/* Nobody holds any. */
void vfs_forget_locks(struct file *file);

void vfs_unlock_locked(struct handle *handle, int level);
void vfs_shm_unmap_locked(struct handle *handle);

/* Methods of a file. */
int vfs_handle_lock(sqlite3_file *base, int level);
int vfs_handle_unlock(sqlite3_file *base, int level);
int vfs_handle_is_reserved(sqlite3_file *base, int *out);
int vfs_handle_shm_map(sqlite3_file *base, int region, int size, int extend,
                       void volatile **out);
int vfs_handle_shm_lock(sqlite3_file *base, int from, int count, int flags);
void vfs_handle_shm_barrier(sqlite3_file *base);
int vfs_handle_shm_unmap(sqlite3_file *base, int delete_it);

#endif
