/*
 * Rows gather, and many go into their table by one statement that reads them where they
 * lie: that costs half of binding one after the other.
 */
#ifndef GATEWAY_STORE_FRESH_H
#define GATEWAY_STORE_FRESH_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum store_fresh_kind {
    STORE_FRESH_MESSAGES, /* struct store_message_row; it takes the place of an older one */
    STORE_FRESH_POSTINGS, /* integers, as STORE_POSTING_COLUMNS names them; none is there */
    STORE_FRESH_KINDS
};

struct store_fresh;

/* Which tables there are. */
enum store_fresh_rows { STORE_FRESH_IN_LIVE, STORE_FRESH_IN_DAY /* no postings */ };

struct store_message_row {
    uint64_t id;
    int64_t ended_at_ms;
    const uint8_t *octets; /* packed.h */
    size_t size;
    uint8_t state;
};

/* NULL and the reason.  `database` has the tables, and is closed after it. */
struct store_fresh *store_fresh_new(sqlite3 *database, enum store_fresh_rows rows,
                                    char *error, size_t error_size);
void store_fresh_free(struct store_fresh *fresh);

/*
 * `row` is borrowed until store_fresh_write(), but for a posting, which is copied.  False:
 * what has gathered could not be written.
 */
bool store_fresh_add(struct store_fresh *fresh, enum store_fresh_kind kind,
                     const void *row);
/* Puts all that has gathered into the tables; false on failure. */
bool store_fresh_write(struct store_fresh *fresh);
/* Forgets what has gathered. */
void store_fresh_clear(struct store_fresh *fresh);

#endif
