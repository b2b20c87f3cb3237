/*
 * One text to one recipient under one plan, and what has been tried for it.
 *
 * This is the part of a live message that decisions are made from: numbers only,
 * no text, no pointer to anything that lives elsewhere.  Times are wall clock
 * milliseconds, money micro-units.  The numbers of the enumerations are stored:
 * never change one.
 */
#ifndef ROUTING_MESSAGE_H
#define ROUTING_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum message_state {
    MESSAGE_COLLECTING = 1, /* parts of a long message are still coming */
    MESSAGE_SCHEDULED = 2,  /* its time has not come */
    MESSAGE_WAITING = 3,    /* for a slot, a link, a new try */
    MESSAGE_SENT = 4,       /* something was handed over and is open */
    MESSAGE_ENDED = 5,
};

enum message_end {
    MESSAGE_END_NONE = 0,
    MESSAGE_DELIVERED = 1,
    MESSAGE_ACCEPTED = 2,
    MESSAGE_UNDELIVERABLE = 3,
    MESSAGE_EXPIRED = 4,
    MESSAGE_REJECTED = 5,
    MESSAGE_CANCELLED = 6,
    MESSAGE_UNKNOWN = 7,
};

/* intent < sent < accepted < delivered < read < clicked, beside the negative ones. */
enum attempt_state {
    ATTEMPT_INTENT = 1, /* the permit is issued, nothing left us yet */
    ATTEMPT_SENT = 2,
    ATTEMPT_ACCEPTED = 3,
    ATTEMPT_DELIVERED = 4,
    ATTEMPT_READ = 5,
    ATTEMPT_CLICKED = 6,
    ATTEMPT_FAILED = 7,
    ATTEMPT_EXPIRED = 8,
    ATTEMPT_UNKNOWN = 9, /* in doubt, or closed without knowing */
};

enum reason {
    REASON_NONE = 0,
    REASON_NO_ACCOUNT = 1,
    REASON_UNREACHABLE = 2,
    REASON_BLOCKED = 3,
    REASON_CONTENT = 4,
    REASON_QUOTA = 5,
    REASON_PROVIDER_DOWN = 6,
    REASON_EXPIRED = 7,
    REASON_NO_CONSENT = 8,
    REASON_NO_ADDRESS = 9,
    REASON_NO_PRICE = 10,
    REASON_QUIET_HOURS = 11,
    REASON_CAP = 12,
    REASON_CHANNEL_GONE = 13,
    REASON_UNKNOWN = 14,
    REASON_OPTED_OUT = 15,
    REASON_SENDER = 16, /* the way does not take the sender's name */
    REASONS
};

enum {
    ATTEMPT_PROVIDER_ID_SIZE = 66, /* 65 octets of SMPP and a NUL */
    MESSAGE_SEGMENTS_MAX = 255,    /* of one message over a link */
    MESSAGE_ATTEMPTS_MAX = 4096,   /* the later ones at longer intervals (step.c) */
};

/*
 * One try: one sending of one segment of the message on one channel in one step.
 * All tries of a segment share `anchor`, the id of the first of them: there the
 * sender's money is charged, and it is the `ref` a messenger is given.
 */
struct attempt {
    uint64_t id;
    uint64_t anchor;
    int64_t sent_at_ms; /* 0 until the first byte was handed over */
    int64_t updated_at_ms;
    int64_t
        again_at_ms; /* retry: not before this; in doubt: until then a report is awaited */
    int64_t charged_micro; /* on the anchor only */
    int64_t cost_micro;
    int64_t buy_micro; /* what we owe for it when it is billed: fixed with its permit */
    uint32_t channel;
    uint16_t ordinal; /* its place in the message, from 1 */
    uint16_t segment; /* from 1 */
    uint8_t step;
    uint8_t number; /* of the try, from 1 */
    uint8_t state;  /* enum attempt_state */
    uint8_t reason; /* enum reason */
    uint16_t flags; /* ATTEMPT_ bits below */
    uint8_t buy_on; /* enum attempt_state: when that is billed; 0: nobody said */
    uint32_t code;  /* the operator's own (code.h) */
    char provider_id[ATTEMPT_PROVIDER_ID_SIZE];
};

enum {
    ATTEMPT_RETRY = 1 << 0,        /* certainly not sent; the segment wants a new try */
    ATTEMPT_IN_DOUBT = 1 << 1,     /* a byte left us and no answer came */
    ATTEMPT_WAS_ACCEPTED = 1 << 2, /* the answer or a report proved it */
    ATTEMPT_CONTRADICTED = 1 << 3, /* a negative report after a positive one */
    ATTEMPT_RETURNED = 1 << 4,     /* the permit was given back unused */
    ATTEMPT_UNSENT = 1 << 5,       /* never had a permit: the step could not be tried */
    ATTEMPT_AWAITED = 1 << 7, /* in memory only: a report without its id may be its own */
    ATTEMPT_UNANSWERED = 1 << 8, /* in memory only: permitted, and no verdict came yet */
    ATTEMPT_NEXT_WAY = 1 << 6,   /* refused for its way only: another channel of the step */
    ATTEMPT_BOUGHT_WHOLE = 1 << 9, /* we owe once for all segments */
};

struct message {
    uint64_t id;
    int64_t accepted_at_ms;
    int64_t start_at_ms; /* scheduled: not before this; collecting: closed at this */
    int64_t deadline_ms;
    int64_t entered_at_ms; /* the current step */
    int64_t ended_at_ms;
    int64_t held_micro;
    int64_t charged_micro;
    int64_t cost_micro;
    int64_t baseline_micro; /* what SMS alone would have cost, fixed at acceptance */
    uint32_t account;
    uint32_t plan;
    uint32_t pins;     /* the pinned prices */
    uint16_t segments; /* of the steps that go over links (to MESSAGE_SEGMENTS_MAX); 1 for
                          others */
    uint16_t parts;    /* as billed */
    uint8_t state;     /* enum message_state */
    uint8_t end;       /* enum message_end */
    uint8_t step;
    uint8_t flags; /* MESSAGE_ bits below */
    uint16_t attempt_count;
    uint16_t attempt_capacity;
    struct attempt *attempts; /* in order of their making; owned */
};

enum {
    MESSAGE_BINARY = 1 << 0,         /* no text: only links may carry it */
    MESSAGE_COLLECTED = 1 << 1,      /* from the parts of an SMS-only client */
    MESSAGE_TRANSLITERATED = 1 << 2, /* links carry its Cyrillic in Latin letters */
    MESSAGE_ADVERTISING = 1 << 3,    /* what is in doubt is never sent again */
    MESSAGE_REPLY = 1 << 4,          /* to what the recipient wrote: no opt-out stops it */
    MESSAGE_SERVICE = 1 << 5,        /* neither: transactional */
    MESSAGE_KEPT = 1 << 6,           /* for review: nothing is sent */
    MESSAGE_REVIEWED = 1 << 7,       /* it was kept, and released or dropped */
};

/* Its class, 0 transactional, 1 service, 2 advertising: fixed at acceptance. */
uint8_t message_class(const struct message *message);
uint8_t message_class_flags(uint8_t class);
/* NULL behind the last. */
const char *message_class_name(uint8_t class);

const char *message_state_name(enum message_state state);
const char *message_end_name(enum message_end end);
const char *attempt_state_name(enum attempt_state state);
const char *reason_name(enum reason reason);
/* REASONS when no reason has this name. */
enum reason reason_find(const char *name);

/* The new last attempt, zeroed but for its place; the array may move.  Aborts without
 * memory. */
struct attempt *message_add_attempt(struct message *message);
struct attempt *message_attempt(struct message *message, uint64_t id);
/* Frees the attempts, not the message. */
void message_done(struct message *message);

#endif
