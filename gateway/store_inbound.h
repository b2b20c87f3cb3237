/*
 * What subscribers write, in the store: their messages until somebody has them, marks of
 * what was seen, and who wants nothing more.  Part of store.h's rules: the functions that
 * change something are called in a decision.
 */
#ifndef GATEWAY_STORE_INBOUND_H
#define GATEWAY_STORE_INBOUND_H

#include <stddef.h>
#include <stdint.h>

struct store;

/* The numbers are stored: never change one. */
enum store_inbound_state {
    STORE_INBOUND_GATHERED = 1, /* a part of a long message that is not whole */
    STORE_INBOUND_UNROUTED = 2, /* nobody's */
    STORE_INBOUND_LETTER = 3,   /* of the account, over SMPP */
    STORE_INBOUND_HOOK = 4,     /* of the account, to a webhook */
};

/* A message, or a part, as its row. */
struct store_inbound {
    uint64_t id;
    uint32_t account; /* 0: nobody's, or not known yet */
    uint32_t channel;
    enum store_inbound_state state;
    int64_t at_ms;
    const uint8_t *bytes; /* the form of its state */
    uint32_t size;
};

enum { STORE_INBOUND_BYTES_MAX = 128 * 1024 };

/* Seen once: the hash of something, and when.  Kinds are forgotten by age. */
enum store_mark_kind {
    STORE_MARK_INBOUND = 1, /* a message of a subscriber came in */
    STORE_MARK_REPLY = 2,   /* and was replied to */
};

struct store_mark {
    enum store_mark_kind kind;
    uint64_t hash;
    int64_t at_ms;
};

/* A number that wants nothing more of an account, or of one of its senders. */
struct store_optout {
    uint32_t account;
    int64_t at_ms;
    uint64_t origin;    /* of the message that asked for it, 0: by hand */
    const char *number; /* digits */
    const char *sender; /* "": whoever sends */
};

enum { STORE_OPTOUT_SENDER_SIZE = 66 };

/* New, or in the place of that with its id. */
void store_inbound_put(struct store *store, const struct store_inbound *inbound);
void store_inbound_gone(struct store *store, uint64_t id);

void store_mark(struct store *store, const struct store_mark *mark);
void store_marks_gone(struct store *store, enum store_mark_kind kind, int64_t before_ms);

/* `sender` as it is; one that is there stays. */
void store_optout_put(struct store *store, const struct store_optout *optout);
void store_optout_gone(struct store *store, uint32_t account, const char *number,
                       const char *sender);

#endif
