/*
 * A disk that can lose its power: a SQLite VFS whose files are in memory, each twice: as
 * the process sees it, and as it would be found after a power cut.  What was written
 * becomes durable by a sync of its file and in no other way; the name of a new file, or
 * its end, by a sync in its folder.
 *
 * It can also fail a call, or be full.  Safe to be used from several threads.  Folders are
 * of no interest to it: any path is a file.
 */
#ifndef TESTS_SIMULATION_VFS_H
#define TESTS_SIMULATION_VFS_H

#include <stdbool.h>
#include <stdint.h>

struct vfs;

enum vfs_call { VFS_WRITE, VFS_SYNC, VFS_CALLS };

/* Registered with SQLite under `name`, which is borrowed; the same seed, the same luck. */
struct vfs *vfs_new(const char *name, uint64_t seed);
/* No connection may be open.  Accepts NULL. */
void vfs_free(struct vfs *vfs);

/* How many of a hundred sectors that were written and not synced survive a power cut; 0. */
void vfs_set_luck(struct vfs *vfs, unsigned percent);
/* Writes are answered SQLITE_FULL. */
void vfs_set_full(struct vfs *vfs, bool full);

/* How often a part of what had not been synced of a journal survived a power cut. */
uint64_t vfs_torn(const struct vfs *vfs);
/* Since it was made. */
uint64_t vfs_calls(const struct vfs *vfs, enum vfs_call call);

/*
 * The nth call (from now on, from 1) fails with this code of SQLite.  What a failed sync
 * should have made durable is lost for good unless it is written again, as on Linux.
 */
void vfs_fail_at(struct vfs *vfs, enum vfs_call call, uint64_t nth, int code);
/* In the nth call (from now on, from 1) the power is cut, before or after its effect. */
void vfs_cut_at(struct vfs *vfs, enum vfs_call call, uint64_t nth, bool after);

/*
 * The end of the process, with or without the machine.  Every call fails from now on, until
 * vfs_start(), before which everything that was open has to be closed.
 */
void vfs_cut_power(struct vfs *vfs);
void vfs_kill(struct vfs *vfs);
bool vfs_is_down(const struct vfs *vfs);
void vfs_start(struct vfs *vfs);

/* Called after each sync that made something durable; `path` is the file's. */
void vfs_on_sync(struct vfs *vfs, void (*synced)(void *owner, const char *path),
                 void *owner);
/* Called before a file is opened. */
void vfs_on_open(struct vfs *vfs, void (*opening)(void *owner, const char *path),
                 void *owner);

#endif
