/*
 * Whether the receipts in the outbox are those that were put there: how many, and the
 * exclusive or of their ids, are kept for each account.
 */
#ifndef GATEWAY_STORE_OUTBOX_H
#define GATEWAY_STORE_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>

#include <sqlite3.h>

/* Tells what is wrong.  False: live.db cannot be read. */
bool store_check_outbox(sqlite3 *live, void (*tell)(void *owner, const char *sentence),
                        void *owner, char *error, size_t error_size)
    __attribute__((warn_unused_result));

#endif
