/*
 * The head of something that grows on the disk: up to where it was durable, in a small file
 * of its own.  What ends before its head when it is opened again was shortened, removed or
 * replaced by an older one, which it does not show itself.
 *
 * A head is written after what it tells of was synced, and never synced itself: it costs
 * one short write, is exact after the end of the process, and after a power cut at most
 * older than the truth.  It is never ahead of it, so that no honest end is refused.
 */
#ifndef GATEWAY_STORE_HEAD_H
#define GATEWAY_STORE_HEAD_H

#include <stddef.h>
#include <stdint.h>

struct store_head;

struct store_position {
    uint64_t sequence; /* of the last batch; 0: nothing is known */
    uint64_t digest;   /* of what is there */
};

/*
 * The file `name` in `folder`, made if it is not there.  NULL and a sentence.  A file of
 * which nothing can be read is like one that was not there.
 */
struct store_head *store_head_open(const char *folder, const char *name, const char *vfs,
                                   char *error, size_t error_size);
/* Accepts NULL. */
void store_head_close(struct store_head *head);

/* Its path; as it was found. */
const char *store_head_path(const struct store_head *head);
struct store_position store_head_found(const struct store_head *head);

/* This is durable.  A head that cannot be written is logged once and stays behind. */
void store_head_note(struct store_head *head, struct store_position position);

#endif
