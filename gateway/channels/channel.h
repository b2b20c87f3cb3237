/*
 * One way of reaching people.  A channel is one file in gateway/channels/ that fills
 * in a channel_ops; the dispatcher holds its queue, its suspension and its numbers.
 *
 * All calls come from the loop and must not block.  A try has three moments: a slot
 * is reserved (the permit is issued with it), the permit is durable and send() is
 * called with what is to be carried, the verdict comes by dispatch_verdict(), exactly
 * one per send() that said CHANNEL_SENT and never from inside send().  Of a try that was
 * UNSURE the answer may come after all, by dispatch_verdict_late(), once.
 */
#ifndef GATEWAY_CHANNELS_CHANNEL_H
#define GATEWAY_CHANNELS_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/body.h"
#include "routing/message.h"
#include "smpp/parts.h"

/* What a channel answered to one try. */
enum verdict {
    VERDICT_OK,      /* the provider has it; reports may follow */
    VERDICT_RETRY,   /* certainly not sent; the same channel, later */
    VERDICT_NEXT,    /* this recipient cannot be reached here */
    VERDICT_SUSPEND, /* our account or configuration is wrong; suspend the channel */
    VERDICT_UNSURE,  /* a byte left us and no answer came: in doubt */
};

struct verdict_news {
    enum verdict verdict;
    enum reason reason;
    uint32_t code;            /* the provider's own (code.h), for people and receipts; 0: none */
    int64_t retry_after_ms;   /* RETRY: not before so long; SUSPEND: for how long */
    bool next_way;            /* NEXT: the cause is the way; another channel of the step may do */
    const char *provider_id;  /* OK: NULL or "" when there is none */
    uint32_t place;           /* as it was handed over; 0: not kept */
};

/* What is to be carried by one try; borrowed for the call. */
struct handover {
    uint64_t message;
    uint64_t attempt;         /* the try */
    uint32_t place;           /* of the message (live.h): with the verdict it comes back */
    uint64_t ref;             /* the attempt's first try: what a provider may echo */
    uint32_t slot;            /* as reserve() gave it */
    const struct body *body;
    /* Links: the segment as it goes into submit_sm. */
    uint8_t esm_class;
    uint8_t data_coding;
    const char *sender; /* in the place of the body's source; NULL: that */
    const uint8_t *octets;
    size_t octet_count;
    const struct smpp_part *sar; /* to be told by sar_ parameters; NULL: not */
    const char *text;         /* others: the whole text, UTF-8, NUL ended */
    int64_t ttl_ms;           /* how long the provider may go on trying */
};

/* What came in about an attempt (strings are borrowed for the call, "" = not told). */
struct report_news {
    const char *provider_id;
    uint64_t ref;             /* 0: not told */
    uint8_t event;            /* enum attempt_event: one of the reports */
    enum reason reason;
    uint32_t code;            /* the provider's own (code.h) */
    const char *source;       /* of the message reported on, when told */
    const char *destination;
    const char *text;         /* of the message, as far as the report tells it */
    bool has_user_message_reference;
    uint16_t user_message_reference;
};

enum channel_send {
    CHANNEL_SENT,     /* a verdict follows */
    CHANNEL_NOT_SENT, /* certainly not sent, another time it may be; the slot is free again */
    CHANNEL_CANNOT,   /* this cannot be said on this channel, now or later; the slot is free again */
};

/* Whether what belongs together goes the same way, in order. */
enum channel_way {
    CHANNEL_ANY_WAY,
    CHANNEL_SAME_WAY_IF_ROOM, /* else another: nobody waits for it */
    CHANNEL_SAME_WAY,
};

struct channel_ops {
    /* A slot for one try; false: full, or down.  Tries with the same number belong
     * together. */
    bool (*reserve)(void *self, uint64_t together, enum channel_way way,
                    uint32_t *out_slot);
    /* The slot is given back unused. */
    void (*unreserve)(void *self, uint32_t slot);
    /* octet_count over 254 goes as message_payload. */
    enum channel_send (*send)(void *self, const struct handover *handover);
    /* Slots that reserve() would give now, and how many there are when all is well. */
    uint32_t (*room)(void *self);
    uint32_t (*capacity)(void *self);
    /* True when it could answer and report. */
    bool (*is_up)(void *self);
    /* It is, but will take little for long: another of the group should.  NULL: never. */
    bool (*is_held_up)(void *self);
    /* Stops taking, lets what is open finish; nothing more is reserved. */
    void (*drain)(void *self);
    /* What is open and unanswered; 0 when drained. */
    uint32_t (*open)(void *self);
    void (*close)(void *self);
};

#endif
