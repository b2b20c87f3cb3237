/*
 * Rows gather, and many go into their table by one statement that reads them where they
 * lie: that costs half of binding one after the other.
 */
#ifndef GATEWAY_STORE_BULK_H
#define GATEWAY_STORE_BULK_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum store_bulk_kind {
    STORE_BULK_MESSAGES, /* struct store_message_row; it takes the place of an older one */
    STORE_BULK_AGED,     /* the same, of messages that are not there; in a day only */
    STORE_BULK_POSTINGS, /* integers, as STORE_POSTING_COLUMNS names them; none is there */
    STORE_BULK_KINDS
};

struct store_bulk;

/* Which tables there are. */
enum store_bulk_rows { STORE_BULK_IN_LIVE, STORE_BULK_IN_DAY };

struct store_message_row {
    uint64_t id;
    int64_t ended_at_ms;
    const uint8_t *octets; /* packed.h */
    size_t size;
    uint8_t state;
};

/* NULL and the reason.  `database` has the tables, and is closed after it. */
struct store_bulk *store_bulk_new(sqlite3 *database, enum store_bulk_rows rows, char *error,
                                  size_t error_size);
void store_bulk_free(struct store_bulk *bulk);

/*
 * `row` is borrowed until store_bulk_write(), but for a posting, which is copied.  False:
 * what has gathered could not be written.
 */
bool store_bulk_add(struct store_bulk *bulk, enum store_bulk_kind kind, const void *row);
/* Puts all that has gathered into the tables; false on failure. */
bool store_bulk_write(struct store_bulk *bulk);
/* Forgets what has gathered. */
void store_bulk_clear(struct store_bulk *bulk);

#endif
