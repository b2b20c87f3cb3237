/*
 * The journal: what was decided and is durable, batch by batch, before it is in the
 * tables.  A batch is one frame, written and synced in one go; the two files take turns,
 * and a file is written from its head again when all of its frames are in the tables.
 *
 * A frame that was torn by a crash was never seen by anybody: one batch is on its way at a
 * time, so it can only be the last one.  A last frame that is gone altogether would not be
 * missed: journal.head says which one was durable (store_head.h).
 *
 * Knows no thread and no loop; used by one thread at a time.
 */
#ifndef GATEWAY_STORE_JOURNAL_H
#define GATEWAY_STORE_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/store_sqlite.h"

struct store_journal;

/* Room in front of the records of a batch, for the head of its frame. */
enum { STORE_FRAME_HEAD_BYTES = 40 };

/*
 * Opens or makes the files in `folder` and looks for the frames after `done`, the last one
 * that is in the tables.  NULL and a sentence: they cannot be read, what is there does not
 * follow on `done`, or it ends before journal.head.
 */
struct store_journal *store_journal_open(const char *folder, const char *vfs, uint64_t done,
                                         char *error, size_t error_size);
/* Accepts NULL. */
void store_journal_close(struct store_journal *journal);

/* How many frames after `done` were found. */
size_t store_journal_found(const struct store_journal *journal);
/*
 * The records of the next of them, in order, for the caller to free; NULL after the last,
 * or, with a sentence, when it cannot be read.
 */
uint8_t *store_journal_next(struct store_journal *journal, uint64_t *out_sequence,
                            size_t *out_size, char *error, size_t error_size);

/*
 * Makes a batch durable.  `frame` is STORE_FRAME_HEAD_BYTES of room, then `size` octets of
 * records.  STORE_DISK_FULL: it may be tried again.
 */
enum store_applied store_journal_append(struct store_journal *journal, uint8_t *frame,
                                        size_t size, char *error, size_t error_size)
    __attribute__((warn_unused_result));

/* The number of the last frame; 0: none ever. */
uint64_t store_journal_sequence(const struct store_journal *journal);
/* All frames up to this one are in the tables, durably: their room may be used again. */
void store_journal_release(struct store_journal *journal, uint64_t done);
/* Octets written since it was opened. */
uint64_t store_journal_written_bytes(const struct store_journal *journal);

#endif
