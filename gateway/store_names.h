/* What the numbers of the store are called, for sentences to people; from live.db. */
#ifndef GATEWAY_STORE_NAMES_H
#define GATEWAY_STORE_NAMES_H

#include <stdint.h>

#include <sqlite3.h>

#include "gateway/store.h"

struct store_name {
    char text[96];
};

/* Of an account or a channel; the number itself when it has none, or cannot be read. */
struct store_name store_name_of(sqlite3 *live, enum store_definition_kind kind,
                                uint32_t number);

/* "account sms: available", "supplier smsc: payable", "the house: revenue". */
struct store_name store_ledger_name(sqlite3 *live, uint64_t ledger);

#endif
