/*
 * A batch: typed records in one block of memory, in the order of their appending, and
 * the effects that wait for them.  Filled on the loop, read by the store thread, never
 * both at once.
 */
#ifndef GATEWAY_STORE_BATCH_H
#define GATEWAY_STORE_BATCH_H

#include "gateway/store.h"

enum store_record_kind {
    STORE_RECORD_ACCEPT,
    STORE_RECORD_JOIN,
    STORE_RECORD_MESSAGE,
    STORE_RECORD_PERMIT,
    STORE_RECORD_ATTEMPT,
    STORE_RECORD_OPENING,
    STORE_RECORD_RECEIPT_ADD,
    STORE_RECORD_RECEIPT_GONE,
    STORE_RECORD_PARK,
    STORE_RECORD_UNPARK,
    STORE_RECORD_DEFINE,
};

enum { STORE_POSTINGS_MAX = 4 };

/* Every record begins with this; `size` leads to the next one. */
struct store_record {
    uint32_t size;
    uint16_t kind;
    uint16_t posting_count;
};

struct store_record_message { /* ACCEPT (a body follows), MESSAGE */
    struct store_record head;
    struct message message;
    struct posting posting;
};

struct store_record_body { /* JOIN */
    struct store_record head;
    struct body body;
};

struct store_record_attempt { /* PERMIT, ATTEMPT */
    struct store_record head;
    uint64_t message;
    int64_t charged_before;
    int64_t cost_before;
    struct attempt attempt;
    struct posting postings[STORE_POSTINGS_MAX];
};

struct store_record_opening {
    struct store_record head;
    uint32_t account;
    struct posting posting;
};

struct store_record_receipt { /* RECEIPT_ADD; GONE reads id and account only */
    struct store_record head;
    struct store_receipt receipt;
};

struct store_record_parked { /* PARK; UNPARK reads the id only */
    struct store_record head;
    struct store_parked parked;
};

struct store_record_define {
    struct store_record head;
    uint32_t kind;
    uint32_t number;
    uint32_t name_size; /* with its NUL; the content follows it */
    uint32_t content_size;
    uint8_t bytes[];
};

struct store_batch {
    struct store_batch *next;
    uint8_t *bytes; /* STORE_BATCH_BYTES and room for one more decision */
    size_t used;
    uint32_t operations;
    bool awaited;
    struct store_effect *effects;
    size_t effect_count;
    size_t effect_capacity;
};

/* Records lie at multiples of this. */
enum { STORE_RECORD_ALIGNMENT = 8 };

#endif
