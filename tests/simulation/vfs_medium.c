/*
 * Each file twice, sector by sector: as the process sees it, and as it is after a power
 * cut.
 */
#include "tests/simulation/vfs_pieces.h"

#include <stdlib.h>
#include <string.h>

uint64_t vfs_chance(struct vfs *vfs)
{
    vfs->random ^= vfs->random << 13;
    vfs->random ^= vfs->random >> 7;
    vfs->random ^= vfs->random << 17;
    return vfs->random;
}

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

void vfs_mark(struct file *file, size_t from, size_t to, enum mark how)
{
    if (to > from)
        memset(file->marks + from / SECTOR, how, sectors(to) - from / SECTOR);
}

void vfs_set_size(struct file *file, size_t size)
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
    vfs_mark(file, size, size_before, MARK_WRITTEN);
}

static void copy_sector(struct content *to, const struct content *from, size_t sector)
{
    size_t at = sector * SECTOR;
    size_t count = from->size - at < SECTOR ? from->size - at : SECTOR;

    memcpy(to->octets + at, from->octets + at, count);
}

void vfs_make_durable(struct file *file)
{
    set_size(&file->durable, file->now.size);
    for (size_t i = 0; i < sectors(file->now.size); i++)
        if (file->marks[i] == MARK_WRITTEN) {
            copy_sector(&file->durable, &file->now, i);
            file->marks[i] = MARK_SAME;
        }
    file->exists_durably = true;
}

void vfs_give_up_written(struct file *file)
{
    for (size_t i = 0; i < sectors(file->now.size); i++)
        if (file->marks[i] == MARK_WRITTEN)
            file->marks[i] = MARK_LOST;
}

static size_t folder_length(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? (size_t)(slash - path) : 0;
}

void vfs_make_names_durable(struct vfs *vfs, const char *path)
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

    if (file->exists && vfs_chance(vfs) % 100 < vfs->luck_percent)
        file->exists_durably = true;
    if (file->now.size != file->durable.size && vfs_chance(vfs) % 100 < vfs->luck_percent)
        set_size(&file->durable, file->now.size);
    for (size_t i = 0; i < sectors(file->now.size) && i < sectors(file->durable.size); i++)
        if (file->marks[i] == MARK_SAME) {
            continue;
        } else if (vfs_chance(vfs) % 100 >= vfs->luck_percent) {
            lost = true;
        } else {
            size_t end = file->durable.size;

            kept = true;
            set_size(&file->durable, file->now.size > end ? file->now.size : end);
            copy_sector(&file->durable, &file->now, i);
            set_size(&file->durable, end);
        }
    vfs->torn += kept && lost && strstr(file->path, "/journal-") != NULL;
    vfs_set_size(file, 0);
    vfs_set_size(file, file->durable.size);
    if (file->durable.size > 0)
        memcpy(file->now.octets, file->durable.octets, file->durable.size);
    vfs_mark(file, 0, file->now.capacity, MARK_SAME);
    file->exists = file->exists_durably;
    if (!file->exists) {
        vfs_set_size(file, 0);
        set_size(&file->durable, 0);
    }
}

void vfs_go_down(struct vfs *vfs, bool power)
{
    if (vfs->down)
        return;
    vfs->down = true;
    vfs->generation++;
    for (struct file *file = vfs->files; file; file = file->next) {
        if (power)
            lose(vfs, file);
        vfs_forget_locks(file);
    }
}
