/*
 * The outbox: what an account is to be told, on its way until the account has acknowledged
 * it.  A letter is offered to one session at a time, and again after a refusal that may
 * pass, a time-out or the end of the session.
 */
#ifndef GATEWAY_OUTBOX_H
#define GATEWAY_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gateway;
struct outboxes;

enum letter_kind {
    LETTER_RECEIPT, /* what became of a submission */
    LETTER_INBOUND, /* what a subscriber wrote, over SMPP */
    LETTER_HOOK,    /* the same to a webhook */
    LETTER_NOTICE,  /* news of a submission on its way: in memory only, offered once */
    LETTER_KINDS
};

/* A letter as it is put there and as it is sent; `bytes` are the form of its kind. */
struct outbox_letter {
    enum letter_kind kind;
    uint64_t id; /* unique over all kinds */
    uint32_t account;
    int64_t made_at_ms;      /* wall */
    uint64_t submission;     /* whose answer it must not overtake, 0: none */
    uint32_t place;          /* of its message (live.h); 0: unknown */
    uint64_t origin;         /* the session it should go to, 0: any */
    int64_t responded_at_ms; /* monotonic: to others 100 ms later; 0: long ago */
    const uint8_t *bytes;
    uint32_t size;
};

/* What came of sending it. */
enum outbox_sent {
    OUTBOX_SENT,   /* outbox_answered() or outbox_unanswered() follows */
    OUTBOX_FULL,   /* no window has room: outbox_room() follows */
    OUTBOX_AWAY,   /* nobody is there who could take it */
    OUTBOX_CANNOT, /* not this one, as those are who are there: others pass it */
    OUTBOX_STALE,  /* it is no news any more, and goes */
};

struct outboxes *outboxes_new(struct gateway *gateway);
void outboxes_free(struct outboxes *outboxes); /* accepts NULL */

enum { OUTBOX_DROPS_PER_LETTER = 2 };

/* In a decision, behind the operation that adds its row: it is offered once that is
 * durable.  Beyond the account's outbox_max the oldest goes, at most so many for one. */
void outbox_add(struct gateway *gateway, const struct outbox_letter *letter);

/* A letter with this id is there. */
bool outbox_holds(const struct gateway *gateway, uint64_t id);

/* One whose row was there at the start. */
void outbox_load(struct gateway *gateway, const struct outbox_letter *letter);

/* The gateway is ready: what was there is offered.  Who binds would ask for it himself; a
 * webhook does not. */
void outboxes_resume(struct gateway *gateway);

/* A session of the account can take letters (again). */
void outbox_room(struct gateway *gateway, uint32_t account);

/* The answer to a letter, or that none came: in time, or because the session ended. */
void outbox_answered(struct gateway *gateway, uint64_t id, uint32_t status);
void outbox_unanswered(struct gateway *gateway, uint64_t id, bool session_ended);

size_t outbox_waiting(const struct gateway *gateway, enum letter_kind kind);
uint64_t outbox_bytes(const struct gateway *gateway, enum letter_kind kind);
size_t outbox_waiting_of(const struct gateway *gateway, enum letter_kind kind,
                         uint32_t account);
/* When the oldest of the account's was made; 0: there is none. */
int64_t outbox_oldest_ms(const struct gateway *gateway, enum letter_kind kind,
                         uint32_t account);

#endif
