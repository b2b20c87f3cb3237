/*
 * A batch: typed records in one block of memory, in the order of their appending, and
 * the effects that wait for them.  Filled on the loop, read by the store thread, never
 * both at once.  Its records are what a frame of the journal holds: a change of their form
 * is a new STORE_SCHEMA_VERSION.
 */
#ifndef GATEWAY_STORE_BATCH_H
#define GATEWAY_STORE_BATCH_H

#include "gateway/store.h"
#include "gateway/store_inbound.h"

enum store_record_kind {
    STORE_RECORD_ACCEPT = 1,
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
    STORE_RECORD_INBOUND_PUT,
    STORE_RECORD_INBOUND_GONE,
    STORE_RECORD_MARK,
    STORE_RECORD_MARKS_GONE,
    STORE_RECORD_OPTOUT_PUT,
    STORE_RECORD_OPTOUT_GONE,
    STORE_RECORD_REPLACE,
    STORE_RECORD_ALIAS,
    STORE_RECORD_USAGE,
    STORE_RECORD_SUSPEND,
    STORE_RECORD_DUPLICATE,
    STORE_RECORD_DUPLICATE_GONE,
    STORE_RECORD_KEEP,
    STORE_RECORD_UNKEEP,
    STORE_RECORD_UNDEFINE,
};

/* Every record begins with this; `size` leads to the next one. */
struct store_record {
    uint32_t size;
    uint8_t kind;
    uint16_t posting_count;
};

struct store_record_message { /* ACCEPT (a body follows), MESSAGE */
    struct store_record head;
    int64_t posted_at_ms;
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
    int64_t posted_at_ms;
    int64_t charged_before;
    int64_t cost_before;
    struct attempt attempt;
    struct posting postings[]; /* `posting_count` of the head */
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

struct store_record_define { /* UNDEFINE reads kind and number only */
    struct store_record head;
    uint32_t kind;
    uint32_t number;
    uint32_t name_size; /* with its NUL; the content follows it */
    uint32_t content_size;
    uint8_t bytes[];
};

struct store_record_inbound { /* INBOUND_PUT; GONE reads the id only */
    struct store_record head;
    struct store_inbound inbound; /* its bytes follow it */
    uint8_t bytes[];
};

struct store_record_mark { /* MARK; MARKS_GONE reads kind and time only */
    struct store_record head;
    struct store_mark mark;
};

struct store_record_optout { /* OPTOUT_PUT, OPTOUT_GONE */
    struct store_record head;
    uint32_t account;
    int64_t at_ms;
    uint64_t origin;
    char number[24];
    char sender[STORE_OPTOUT_SENDER_SIZE];
};

struct store_record_replace {
    struct store_record head;
    int64_t at_ms;
    int64_t baseline_micro;
    struct posting posting;
    struct body body;
};

struct store_record_alias {
    struct store_record head;
    uint32_t alias;
    uint32_t forgotten; /* 0: none */
    uint64_t id;
};

struct store_record_usage {
    struct store_record head;
    struct store_usage usage;
};

struct store_record_suspend {
    struct store_record head;
    struct store_suspension suspension;
};

struct store_record_duplicate { /* GONE reads the id only */
    struct store_record head;
    struct store_duplicate duplicate;
};

struct store_record_kept { /* KEEP; UNKEEP reads the message only */
    struct store_record head;
    struct store_kept kept;
};

struct store_batch {
    struct store_batch *next;
    uint8_t *frame; /* room for the head of its frame in the journal, then `bytes` */
    uint8_t *bytes; /* STORE_BATCH_BYTES and room for one more decision */
    size_t used;
    uint32_t operations;
    bool awaited;
    struct store_effect *effects;
    size_t effect_count;
    size_t effect_capacity;
};

/* Batches that are durable and not in the tables yet, one behind the other. */
struct store_window {
    uint8_t *bytes;
    size_t used;
    size_t capacity;
    uint64_t sequence; /* of the last batch in it */
    int64_t since_ms;  /* when the first came */
    bool again;        /* what it says may be in the history already */
    /* Called between pieces of putting it into the tables, to let others go first; NULL:
     * nobody is. */
    void (*rest)(void *owner);
    void *owner;
};

/* Before record, or row, number `count` of it. */
static inline void store_window_rest(const struct store_window *window, size_t count)
{
    enum { PIECE = 64 };

    if (window->rest && count % PIECE == 0)
        window->rest(window->owner);
}

/* Records lie at multiples of this. */
enum { STORE_RECORD_ALIGNMENT = 8 };

#endif
