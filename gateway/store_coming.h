/*
 * Receipts and parked reports of a window of the journal: one that came and went within it
 * never was there, the others are written at its end.
 */
#ifndef GATEWAY_STORE_COMING_H
#define GATEWAY_STORE_COMING_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/store_batch.h"

/* Each has ids of its own. */
enum store_coming_kind { STORE_COMING_RECEIPT, STORE_COMING_PARKED, STORE_COMING_KINDS };

struct store_coming;

/* Never NULL. */
struct store_coming *store_coming_new(void);
void store_coming_free(struct store_coming *coming);

/* At the beginning of a window. */
void store_coming_begin(struct store_coming *coming);

/* It came, for the first time; the record is borrowed until the next window. */
void store_coming_add(struct store_coming *coming, enum store_coming_kind kind, uint64_t id,
                      struct store_record *record);

/* It went.  True: it had come in this window, and will not be written. */
bool store_coming_remove(struct store_coming *coming, enum store_coming_kind kind,
                         uint64_t id);

/* Calls `write` for what is left, in the order of its coming, until one of them fails. */
struct store_sqlite;
bool store_coming_write(const struct store_coming *coming, struct store_sqlite *store,
                        bool (*write)(struct store_sqlite *, struct store_record *));

#endif
